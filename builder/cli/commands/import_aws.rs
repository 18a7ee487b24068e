//! `import aws`: what exists becomes a spec and its lock, and a plan of it is made before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::import::aws::import;
use nodemint_core::import::{Entry, Imported};
use nodemint_core::lock::{self, Lock};
use nodemint_core::plan::{Adopt, Plan, Scope, plan};
use nodemint_core::render::render;
use nodemint_core::site::Site;
use nodemint_core::spec::{FleetSpec, load};
use nodemint_engine::import::{ImportError, Wanted, read};
use nodemint_engine::observe::observe;
use nodemint_engine::resolve::{Options, Resolved, Update, resolve};
use serde::Serialize;

use super::import::{SCHEMA, files, spare_others};
use super::plan::context;
use super::{Session, explain};
use crate::args::{AwsArgs, Output};
use crate::error::AppError;
use crate::project::write_whole;
use crate::report;
use crate::surroundings::Surroundings;

const LOCK: &str = "nodemint.lock";

/// What came of planning the spec that is about to be written.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// It changes nothing.
    pub empty: bool,
    /// What it would do, and what keeps a plan from being made.
    pub found: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema: &'a str,
    spec: &'a str,
    /// by path, in bytes: user data can hold secrets
    files: BTreeMap<&'a str, usize>,
    report: &'a [Entry],
    to_do: usize,
    plan: &'a Check,
    written: Vec<String>,
}

pub async fn run(session: &Session, args: &AwsArgs) -> Result<(), AppError> {
    let region = region(session).await?;
    let (imported, lock, check) = session
        .with_aws(async |aws| found(args, &region, aws).await)
        .await?;
    let mut whole = files(&imported, &args.out);
    let lock = lock.map(|lock| lock::to_yaml(&lock).into_bytes());
    if let Some(lock) = &lock {
        whole.insert(args.out.join(LOCK), lock);
    }
    if !args.dry_run {
        if !args.force {
            spare_others(&whole)?;
        }
        for (path, content) in &whole {
            write_whole(path, content)?;
        }
    }
    let written = match args.dry_run {
        true => Vec::new(),
        false => whole
            .keys()
            .map(|path| path.display().to_string())
            .collect(),
    };
    answer(session, args, &imported, &check, written)
}

async fn region(session: &Session) -> Result<String, AppError> {
    let region = explain::region(&session.global).await;
    region.ok_or_else(|| {
        AppError::usage(
            "which region the cluster is in is not known",
            "pass --region, or set AWS_REGION",
        )
    })
}

async fn found(
    args: &AwsArgs,
    region: &str,
    aws: &Surroundings,
) -> Result<(Imported, Option<Lock>, Check), AppError> {
    let wanted = Wanted {
        cluster: args.cluster.clone(),
        region: region.to_owned(),
        groups: args.group.iter().cloned().collect::<BTreeSet<_>>(),
        fleet: args.fleet.clone(),
    };
    let cloud = aws.clouds.at(&Site::from(region)).await?;
    let facts = read(&wanted, aws.clock.now(), cloud.as_ref())
        .await
        .map_err(nothing_to_import)?;
    let imported = import(&facts);
    let (lock, check) = check(&imported, aws).await?;
    Ok((imported, lock, check))
}

fn nothing_to_import(error: ImportError) -> AppError {
    let hint = match &error {
        ImportError::Cloud(_) => None,
        ImportError::NoCluster { .. } => {
            Some("check the name, the region, and which account the credentials are for")
        }
        ImportError::NoGroup { .. } => Some("name ones that exist, or leave --group out"),
        ImportError::NoGroups { .. } => {
            Some("nodemint manages managed node groups alone; those of other kinds are not seen")
        }
    };
    match (error, hint) {
        (ImportError::Cloud(error), _) => error.into(),
        (error, hint) => AppError::Usage(error.to_string(), hint.map(str::to_owned)),
    }
}

/// Resolves and plans what is about to be written, as the next two commands would.
async fn check(imported: &Imported, aws: &Surroundings) -> Result<(Option<Lock>, Check), AppError> {
    let mut read = |path: &str| {
        let file = imported.files.get(path).cloned();
        file.ok_or_else(|| "not found".to_owned())
    };
    let spec = match load(&imported.spec, &mut read) {
        Ok(loaded) => loaded.spec,
        // Nothing of the cluster can be in a spec: the report says why.
        Err(errors) => {
            let problems = errors.problems.iter().map(ToString::to_string);
            return Ok((None, Check::of(problems)));
        }
    };
    let options = Options {
        update: Update::Nothing,
        strict: false,
    };
    let none = Lock::default();
    let (now, clouds) = (aws.clock.now(), aws.clouds.as_ref());
    let resolved = resolve(&spec, &none, &none, &options, now, clouds).await;
    let mut found = unresolved(&resolved);
    if found.is_empty() {
        match planned(&spec, &resolved.lock, aws).await? {
            Ok(plan) => found = would_do(&plan),
            Err(problems) => found = problems,
        }
    }
    Ok((Some(resolved.lock), Check::of(found)))
}

impl Check {
    fn of(found: impl IntoIterator<Item = String>) -> Self {
        let found: Vec<String> = found.into_iter().collect();
        Self {
            empty: found.is_empty(),
            found,
        }
    }
}

fn unresolved(resolved: &Resolved) -> Vec<String> {
    let problems = resolved.problems.iter();
    let problems = problems.map(|one| format!("{}: {}", one.path, one.message));
    let unreached = resolved.unreached.iter();
    let unreached = unreached.map(|one| format!("{}: {}", one.what.join(", "), one.error));
    problems.chain(unreached).collect()
}

async fn planned(
    spec: &FleetSpec,
    lock: &Lock,
    aws: &Surroundings,
) -> Result<Result<Plan, Vec<String>>, AppError> {
    let desired = match render(spec, lock) {
        Ok(desired) => desired,
        Err(errors) => {
            let problems = errors.problems.into_iter();
            let told = problems.map(|one| format!("{}: {}", one.path, one.message));
            return Ok(Err(told.collect()));
        }
    };
    let observed = observe(&Scope::of(&desired), aws.clouds.as_ref()).await?;
    Ok(Ok(plan(
        &desired,
        &observed,
        &context(Adopt::default(), aws),
    )))
}

/// Whose things they are comes later: what is asked is whether there is anything to do.
fn would_do(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().map(|step| step.id.clone());
    let about_owners = |message: &str| message.contains("--adopt");
    let blockers = plan.blockers.iter();
    let blockers = blockers.filter(|one| !one.hint.as_deref().is_some_and(about_owners));
    let blockers = blockers.map(|one| format!("{}: {}", one.subject, one.message));
    steps.chain(blockers).collect()
}

fn answer(
    session: &Session,
    args: &AwsArgs,
    imported: &Imported,
    check: &Check,
    written: Vec<String>,
) -> Result<(), AppError> {
    let console = &session.console;
    if console.output == Output::Json {
        let sizes = imported.files.iter();
        return console.answer_json(&Answer {
            schema: SCHEMA,
            spec: &imported.spec,
            files: sizes
                .map(|(path, content)| (path.as_str(), content.len()))
                .collect(),
            report: &imported.report,
            to_do: imported.to_do(),
            plan: check,
            written,
        });
    }
    let mut text = String::new();
    if args.dry_run {
        text.push_str(&imported.spec);
        text.push('\n');
    }
    text.push_str(&report::import::text(imported, &written, console));
    text.push_str(&report::import::check(check));
    console.answer(&text)
}
