//! `plan`: shows what apply would do.

use nodemint_core::plan::{Context, FindingKind, Plan, Scope, plan, to_json};
use nodemint_engine::observe::observe;

use super::{Session, offline};
use crate::args::{Output, PlanArgs};
use crate::error::AppError;
use crate::project::{Project, write_private};
use crate::report::{json, plan_markdown, plan_text};
use crate::surroundings::Surroundings;

pub async fn run(session: &Session, args: &PlanArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    offline::warn(session, &project);
    let plan = session
        .with_aws(async |aws| make(&project, aws).await)
        .await?;
    show(session, &plan)?;
    refuse_blocked(&plan)?;
    if let Some(path) = &args.out {
        write_private(path, to_json(&plan).as_bytes())?;
        session.console.tell(&format!(
            "Saved to {}. Apply it with `nodemint apply {}`. It holds the user data: keep it like a secret.",
            path.display(),
            path.display()
        ));
    }
    match args.detailed_exitcode && plan.has_changes() {
        true => Err(AppError::Changes),
        false => Ok(()),
    }
}

/// Makes a plan of the spec and its lock against AWS.
pub async fn make(project: &Project, aws: &Surroundings) -> Result<Plan, AppError> {
    let desired = project.desired()?;
    let observed = observe(&Scope::of(&desired), aws.clouds.as_ref()).await?;
    Ok(plan(&desired, &observed, &context(aws)))
}

/// What a plan takes from its surroundings.
pub fn context(aws: &Surroundings) -> Context {
    Context {
        now: aws.clock.now(),
        nodemint: env!("CARGO_PKG_VERSION").to_owned(),
        origin: origin(),
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
    let mut plan = plan.clone();
    if session.console.user_data {
        return plan;
    }
    let templates = plan
        .launch_templates
        .iter_mut()
        .flat_map(|outlook| &mut outlook.changes);
    let groups = plan
        .node_groups
        .iter_mut()
        .flat_map(|outlook| &mut outlook.changes);
    for change in templates
        .chain(groups)
        .filter(|change| change.detail.is_some())
    {
        change.detail = Some("(shown on a terminal, or with --show-user-data)".to_owned());
    }
    plan
}

pub fn show(session: &Session, plan: &Plan) -> Result<(), AppError> {
    match session.console.output {
        Output::Text => session
            .console
            .answer(&plan_text::plan(&shown(session, plan))),
        Output::Markdown => session
            .console
            .answer(&plan_markdown::plan(&shown(session, plan))),
        Output::Json => session.console.answer_json(&json::plan(plan)?),
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
