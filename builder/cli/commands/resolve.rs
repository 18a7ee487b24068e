//! `resolve`: fills the lock.

use std::collections::BTreeSet;

use nodemint_core::lock::Lock;
use nodemint_engine::resolve::{LockChange, ResolveError, Resolved, Update, resolve};
use serde::Serialize;

use super::{Session, offline};
use crate::args::{Output, ResolveArgs};
use crate::console::{BAD, BOLD, GOOD, paint};
use crate::error::AppError;
use crate::project::Project;

const SCHEMA: &str = "nodemint.dev/resolve/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema: &'static str,
    lock: String,
    written: bool,
    changes: Vec<Change<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    subject: &'a str,
    fact: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

pub async fn run(session: &Session, args: &ResolveArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    offline::warn(session, &project);
    let (old, elsewhere) = split(project.find_lock()?.unwrap_or_default(), session);
    let update = update(args, &project)?;
    let resolved = session
        .with_aws(async |aws| {
            let resolved = resolve(
                project.spec(),
                &old,
                &update,
                aws.clock.now(),
                aws.clouds.as_ref(),
            )
            .await;
            resolved.map_err(|error| refused(error, &project))
        })
        .await?;
    for warning in &resolved.warnings {
        session.console.warn(warning);
    }
    let changed = !resolved.changes.is_empty();
    let exists = project.lock_path.exists();
    let write = !args.check && (changed || !exists);
    if write {
        project.write_lock(&join(resolved.lock.clone(), elsewhere))?;
    }
    answer(session, &project, &resolved, write)?;
    match args.check && changed {
        true => Err(AppError::Changes),
        false => Ok(()),
    }
}

/// With --region, what is locked elsewhere is set aside, and stays as it is.
fn split(lock: Lock, session: &Session) -> (Lock, Lock) {
    let Some(region) = &session.global.region else {
        return (lock, Lock::default());
    };
    let (mut here, mut elsewhere) = (Lock::default(), Lock::default());
    for (name, cluster) in lock.clusters {
        let side = if cluster.region == *region {
            &mut here
        } else {
            &mut elsewhere
        };
        side.clusters.insert(name, cluster);
    }
    for (template, images) in lock.launch_templates {
        for (cluster, image) in images {
            let side = if image.request.region == *region {
                &mut here
            } else {
                &mut elsewhere
            };
            let images = side.launch_templates.entry(template.clone()).or_default();
            images.insert(cluster, image);
        }
    }
    (here, elsewhere)
}

fn join(mut lock: Lock, elsewhere: Lock) -> Lock {
    lock.clusters.extend(elsewhere.clusters);
    for (template, images) in elsewhere.launch_templates {
        lock.launch_templates
            .entry(template)
            .or_default()
            .extend(images);
    }
    lock
}

fn update(args: &ResolveArgs, project: &Project) -> Result<Update, AppError> {
    let known: BTreeSet<String> = project
        .spec()
        .launch_templates
        .iter()
        .map(|template| template.name.clone())
        .collect();
    match &args.update {
        _ if args.check => Ok(Update::All),
        None => Ok(Update::Nothing),
        Some(names) if names.is_empty() => Ok(Update::All),
        Some(names) => match names.iter().find(|name| !known.contains(*name)) {
            None => Ok(Update::Templates(names.iter().cloned().collect())),
            Some(unknown) => Err(AppError::usage(
                format!("the spec has no launch template `{unknown}`"),
                format!(
                    "it has {}",
                    known.into_iter().collect::<Vec<_>>().join(", ")
                ),
            )),
        },
    }
}

fn refused(error: ResolveError, project: &Project) -> AppError {
    match error {
        ResolveError::Cloud(error) => AppError::Cloud(error),
        ResolveError::Problems(problems) => AppError::Resolve {
            path: project.spec_path.clone(),
            text: project.text.clone(),
            problems,
            places: Box::new(project.loaded.places.clone()),
        },
    }
}

fn answer(
    session: &Session,
    project: &Project,
    resolved: &Resolved,
    written: bool,
) -> Result<(), AppError> {
    let console = &session.console;
    if console.output == Output::Json {
        let changes = resolved.changes.iter().map(|change| Change {
            subject: &change.subject,
            fact: &change.fact,
            from: change.from.as_deref(),
            to: change.to.as_deref(),
        });
        return console.answer_json(&Answer {
            schema: SCHEMA,
            lock: project.lock_path.display().to_string(),
            written,
            changes: changes.collect(),
            warnings: &resolved.warnings,
        });
    }
    let mut text = changes(&resolved.changes);
    let lock = project.lock_path.display();
    let summary = match (written, resolved.changes.is_empty()) {
        (true, _) => format!("{lock} written: commit it."),
        (false, true) => format!("{lock} is up to date."),
        (false, false) => {
            format!("{lock} is behind: `nodemint resolve --update` would change it as above.")
        }
    };
    text.push_str(&format!("{}\n", paint(BOLD, summary)));
    console.answer(&text)
}

fn changes(changes: &[LockChange]) -> String {
    let mut text = String::new();
    let mut subject = "";
    for change in changes {
        if change.subject != subject {
            subject = &change.subject;
            text.push_str(&format!("{}\n", paint(BOLD, subject)));
        }
        let values = match (&change.from, &change.to) {
            (Some(from), Some(to)) => format!("{} → {}", paint(BAD, from), paint(GOOD, to)),
            (None, Some(to)) => to.clone(),
            (Some(from), None) => format!("{} → gone", paint(BAD, from)),
            (None, None) => String::new(),
        };
        text.push_str(&format!("  {:22} {values}\n", change.fact));
    }
    text
}
