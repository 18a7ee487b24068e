//! `plan`: shows what apply would do.

use std::path::Path;

use jiff::Timestamp;
use nodemint_core::plan::{Adopt, Context, FindingKind, Inputs, Plan, SavedPlan, Scope, plan};
use nodemint_engine::observe::observe;

use super::{Session, offline};
use crate::args::{Output, PlanArgs};
use crate::error::AppError;
use crate::inputs;
use crate::project::{Project, write_private};
use crate::report::layout::Layout;
use crate::report::time::moment;
use crate::report::{json, plan_markdown, plan_text};
use crate::surroundings::Surroundings;

/// This nodemint, as plans name it.
pub const NODEMINT: &str = env!("CARGO_PKG_VERSION");

pub async fn run(session: &Session, args: &PlanArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    offline::warn(session, &project);
    let inputs = inputs::of(&project);
    let (plan, now) = session
        .with_aws(async |aws| {
            Ok((
                make(&project, args.adopt.given(), aws).await?,
                aws.clock.now(),
            ))
        })
        .await?;
    show(session, &plan)?;
    refuse_blocked(&plan)?;
    if let Some(path) = &args.out {
        save(session, path, &plan, inputs, now + args.expires_in)?;
    }
    match args.detailed_exitcode && plan.has_changes() {
        true => Err(AppError::Changes),
        false => Ok(()),
    }
}

/// Writes the plan for a later apply, and tells how long it can be applied.
fn save(
    session: &Session,
    path: &Path,
    plan: &Plan,
    inputs: Inputs,
    expires: Timestamp,
) -> Result<(), AppError> {
    let saved = SavedPlan {
        expires,
        endpoint: inputs::endpoint(&session.global),
        inputs,
        plan: plan.clone(),
    };
    write_private(path, saved.to_json().as_bytes())?;
    let (path, until) = (path.display(), moment(Some(expires)));
    session.console.tell(&format!(
        "Saved to {path}. Apply it with `nodemint apply {path}` until {until}. It holds the user data: keep it like a secret."
    ));
    Ok(())
}

/// Makes a plan of the spec and its lock against AWS.
pub async fn make(project: &Project, adopt: Adopt, aws: &Surroundings) -> Result<Plan, AppError> {
    let desired = project.desired()?;
    let observed = observe(&Scope::of(&desired), aws.clouds.as_ref()).await?;
    Ok(plan(&desired, &observed, &context(adopt, aws)))
}

/// What a plan takes from its surroundings.
pub fn context(adopt: Adopt, aws: &Surroundings) -> Context {
    Context {
        now: aws.clock.now(),
        nodemint: NODEMINT.to_owned(),
        origin: origin(),
        adopt,
    }
}

/// The commit that a pipeline runs for, as GitHub, GitLab and CodeBuild tell it; NODEMINT_ORIGIN beats
/// them. It becomes a label in the versions that are minted.
fn origin() -> Option<String> {
    const VARIABLES: [&str; 4] = [
        "NODEMINT_ORIGIN",
        "GITHUB_SHA",
        "CI_COMMIT_SHA",
        "CODEBUILD_RESOLVED_SOURCE_VERSION",
    ];
    VARIABLES
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|origin| !origin.is_empty())
}

/// The plan as it may be shown here: see `Console::user_data`.
fn shown(session: &Session, plan: &Plan) -> Plan {
    match session.console.user_data {
        true => plan.clone(),
        false => plan.clone().without_values(),
    }
}

pub fn show(session: &Session, plan: &Plan) -> Result<(), AppError> {
    let layout = Layout::new(session.console.width);
    match session.console.output {
        Output::Text => session
            .console
            .answer(&plan_text::plan(&shown(session, plan), layout)),
        Output::Markdown => session
            .console
            .answer(&plan_markdown::plan(&shown(session, plan))),
        Output::Json => session.console.answer_json(&json::plan(plan)?),
    }
}

/// Shows a plan that is carried out next, unless it is only looked at. In JSON, stdout has the events of the run
/// and nothing else; where nothing will run, it has the plan.
pub fn show_first(session: &Session, plan: &Plan, dry_run: bool) -> Result<(), AppError> {
    let runs = !dry_run && plan.blockers.is_empty();
    match session.console.output {
        Output::Json if runs => Ok(()),
        Output::Json | Output::Text | Output::Markdown => show(session, plan),
    }
}

/// A plan with blockers ends the command; what somebody else is at can pass by itself, so a preflight
/// failure counts first.
pub fn refuse_blocked(plan: &Plan) -> Result<(), AppError> {
    let kinds = plan.blockers.iter().map(|finding| finding.kind);
    match kinds.min_by_key(|kind| match kind {
        FindingKind::Preflight => 0,
        FindingKind::Conflict => 1,
        FindingKind::Warning => 2,
    }) {
        None => Ok(()),
        Some(kind) => Err(AppError::Blocked(kind)),
    }
}
