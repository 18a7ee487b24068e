//! `resolve`: fills the lock.

use std::collections::BTreeSet;

use nodemint_core::lock::Lock;
use nodemint_core::site::Site;
use nodemint_core::spec::FleetSpec;
use nodemint_engine::resolve::{Options, Resolved, Update, resolve};

use super::{Session, offline};
use crate::args::{Output, ResolveArgs};
use crate::error::{AppError, Unresolved};
use crate::project::Project;
use crate::report::progress::Watched;
use crate::report::resolve::{json, text};

pub async fn run(session: &Session, args: &ResolveArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    offline::warn(session, &project);
    let (old, elsewhere) = split(
        project.find_lock()?.unwrap_or_default(),
        session,
        project.spec(),
    );
    let options = Options {
        update: update(args, &project)?,
        strict: args.strict,
    };
    let resolved = session
        .with_aws(async |aws| {
            let spec = project.spec();
            let sites: BTreeSet<Site> = spec.clusters.iter().map(|one| one.site()).collect();
            let clouds = Watched::new(aws.clouds.as_ref(), sites.len(), &session.console);
            Ok(resolve(spec, &old, &elsewhere, &options, aws.clock.now(), &clouds).await)
        })
        .await?;
    for warning in &resolved.warnings {
        session.console.warn(warning);
    }
    let written = !args.check && to_be_written(&resolved, &old, &project);
    if written {
        project.write_lock(&join(resolved.lock.clone(), elsewhere))?;
    }
    let answer = Answer {
        project: &project,
        resolved: &resolved,
        written,
    };
    match session.console.output {
        Output::Json => session.console.answer_json(&json(&answer))?,
        Output::Text | Output::Markdown => session.console.answer(&text(&answer))?,
    }
    match (answer.complete(), args.check) {
        (false, _) => Err(unresolved(project, resolved, written)),
        (true, true) if !resolved.changes.is_empty() => Err(AppError::Changes),
        (true, _) => Ok(()),
    }
}

/// What came out, for people and for programs.
pub struct Answer<'a> {
    pub project: &'a Project,
    pub resolved: &'a Resolved,
    /// whether the lock was written
    pub written: bool,
}

impl Answer<'_> {
    /// Whether everything that the spec asks for is locked.
    pub fn complete(&self) -> bool {
        self.resolved.problems.is_empty() && self.resolved.unreached.is_empty()
    }
}

/// A lock that says nothing new is left as it is, and one that would say nothing at all is not begun.
fn to_be_written(resolved: &Resolved, old: &Lock, project: &Project) -> bool {
    let begun = project.lock_path.exists() || resolved.lock != Lock::default();
    begun && (resolved.lock != *old || !project.lock_path.exists())
}

fn unresolved(project: Project, resolved: Resolved, written: bool) -> AppError {
    let lock = project.lock_path.display();
    let rest = match written {
        true => format!("the rest is in {lock}"),
        false => format!("{lock} stays as it was"),
    };
    let mut problems = resolved.problems;
    for problem in &mut problems {
        problem.path = project.in_file(&problem.path);
    }
    AppError::Unresolved(Box::new(Unresolved {
        spec_path: project.spec_path,
        text: project.text,
        places: project.loaded.places,
        problems,
        unreached: resolved.unreached,
        rest,
    }))
}

/// With --region, what is locked elsewhere is set aside, and stays as it is. A cluster of the spec is where the
/// spec says, wherever it was locked.
fn split(lock: Lock, session: &Session, spec: &FleetSpec) -> (Lock, Lock) {
    let Some(region) = &session.global.region else {
        return (lock, Lock::default());
    };
    let named = |name: &String| spec.clusters.iter().any(|cluster| cluster.name == *name);
    let (mut here, mut elsewhere) = (Lock::default(), Lock::default());
    for (name, cluster) in lock.clusters {
        let side = if cluster.region == *region || named(&name) {
            &mut here
        } else {
            &mut elsewhere
        };
        side.clusters.insert(name, cluster);
    }
    for (template, images) in lock.launch_templates {
        for (cluster, image) in images {
            let side = if image.request.region == *region || named(&cluster) {
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
