//! What a saved plan was made from, and what is there now: the files of the project, and where calls go.

use std::fs;
use std::path::Path;

use nodemint_core::plan::{Fate, FileDigest, Input, Inputs, SavedPlan};
use nodemint_core::spec;

use crate::args::Global;
use crate::error::{AppError, OtherInputs};
use crate::project::{Project, folder, lock_path, read_named};

/// What calls go to that do not go to AWS; none: they do.
pub fn endpoint(global: &Global) -> Option<String> {
    match &global.sandbox {
        Some(_) => Some("the embedded AWS".to_owned()),
        None => global.endpoint_url.clone().or_else(|| {
            let told = std::env::var("AWS_ENDPOINT_URL").ok();
            told.filter(|url| !url.is_empty())
        }),
    }
}

/// The digests of what a plan is made from.
pub fn of(project: &Project) -> Inputs {
    Inputs {
        spec: Some(FileDigest::of(project.text.as_bytes())),
        lock: digest(&project.lock_path),
        files: project.files.clone(),
    }
}

fn digest(path: &Path) -> Option<FileDigest> {
    fs::read(path).ok().map(|bytes| FileDigest::of(&bytes))
}

/// Refuses a plan that was not made here: from other files, if there is a spec, or against another AWS.
pub fn check(global: &Global, path: &Path, saved: &SavedPlan) -> Result<(), AppError> {
    check_endpoint(global, saved)?;
    check_region(global, saved)?;
    // A pipeline may apply a plan where nothing else is checked out.
    let Ok(text) = fs::read_to_string(&global.file) else {
        return Ok(());
    };
    let lock = lock_path(global);
    let here = folder(&global.file);
    let named = saved.inputs.files.keys();
    let now = Inputs {
        spec: Some(FileDigest::of(text.as_bytes())),
        lock: digest(&lock),
        files: named
            .filter_map(|name| {
                let bytes = read_named(&here, name).ok()?;
                Some((name.clone(), FileDigest::of(&bytes)))
            })
            .collect(),
    };
    let changed = saved.inputs.changed(&now);
    if changed.is_empty() {
        return Ok(());
    }
    let told = |(input, fate): (Input, Fate)| {
        let name = match input {
            Input::Spec => global.file.display().to_string(),
            Input::Lock => lock.display().to_string(),
            Input::File(name) => here.join(name).display().to_string(),
        };
        (name.trim_start_matches("./").to_owned(), fate)
    };
    Err(AppError::OtherInputs(Box::new(OtherInputs {
        path: path.to_owned(),
        changed: changed.into_iter().map(told).collect(),
        fleets: other_fleet(&text, global, saved),
    })))
}

/// The plan's fleet and the one that is here, if they are two.
fn other_fleet(text: &str, global: &Global, saved: &SavedPlan) -> Option<(String, String)> {
    let here = folder(&global.file);
    let loaded = spec::load(text, &mut |path| read_named(&here, path)).ok()?;
    let (planned, now) = (saved.plan.fleet.clone(), loaded.spec.name);
    (planned != now).then_some((planned, now))
}

fn check_endpoint(global: &Global, saved: &SavedPlan) -> Result<(), AppError> {
    let now = endpoint(global);
    if now == saved.endpoint {
        return Ok(());
    }
    let place = |endpoint: &Option<String>| endpoint.clone().unwrap_or_else(|| "AWS".to_owned());
    Err(AppError::usage(
        format!(
            "the plan was made against {}, and this command talks to {}",
            place(&saved.endpoint),
            place(&now)
        ),
        "pass the same --sandbox or --endpoint-url, set the same AWS_ENDPOINT_URL, or plan again",
    ))
}

/// `--region` leaves out a part of the spec, and a plan is applied whole.
fn check_region(global: &Global, saved: &SavedPlan) -> Result<(), AppError> {
    let Some(region) = &global.region else {
        return Ok(());
    };
    let mut others: Vec<&str> = saved
        .plan
        .base
        .scope
        .clusters
        .values()
        .map(|site| site.region.as_str())
        .collect();
    others.retain(|planned| planned != region);
    others.sort_unstable();
    others.dedup();
    match others.is_empty() {
        true => Ok(()),
        false => Err(AppError::usage(
            format!(
                "the plan is for {}, and --region is {region}",
                others.join(", ")
            ),
            "a plan is applied whole: leave --region out, or make a plan with it",
        )),
    }
}
