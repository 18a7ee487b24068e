//! `rollback`: groups go back to older versions of their launch templates.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use nodemint_core::observed::ObservedGroup;
use nodemint_core::plan::{Back, GroupAction, GroupOutlook, Plan, Scope, rollback};
use nodemint_core::spec::{MaxUnavailable, UpdateSettings, UpdateStrategy, edit};
use nodemint_engine::observe::observe;

use super::groups::{Chosen, choose};
use super::{Session, apply, plan};
use crate::args::{RollbackArgs, RunArgs};
use crate::console::{NOTE, paint};
use crate::error::AppError;
use crate::project::{Project, write_whole};
use crate::surroundings::Surroundings;

/// Groups that are looked at at a time, as in `observe`.
const CONCURRENT_READS: usize = 8;

pub async fn run(session: &Session, args: &RollbackArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let chosen = choose(
        project.spec(),
        &args.groups,
        args.cluster.as_deref(),
        &args.selector,
    )?;
    if !args.selector.is_empty() {
        let names: Vec<String> = chosen
            .iter()
            .map(|one| format!("{}/{}", one.cluster, one.name))
            .collect();
        session
            .console
            .tell(&format!("Selected: {}.", names.join(", ")));
    }
    session
        .with_aws(async |aws| {
            let plan = make(&project, args, &chosen, aws).await?;
            plan::show_first(session, &plan, args.dry_run)?;
            plan::refuse_blocked(&plan)?;
            let pins = pins(&plan, &chosen);
            if args.dry_run {
                return Ok(());
            }
            if plan.has_changes() {
                let question = question(&plan);
                session.console.confirm(&question, args.run.yes)?;
            }
            if args.write {
                // Before anything moves: who finishes a killed run by `apply` must not roll forward.
                write_pins(session, &project, &pins)?;
            }
            let asked = RunArgs {
                yes: true,
                ..args.run.clone()
            };
            let end = apply::carry_out(session, &plan, &asked, !args.run.yes, aws).await;
            if !args.write && matches!(end, Ok(()) | Err(AppError::StillRunning)) {
                tell_pins(session, &project, &pins);
            }
            end
        })
        .await
}

fn question(plan: &Plan) -> String {
    let groups = plan.node_groups.iter();
    let moving = groups.filter(|group| group.action != GroupAction::Unchanged);
    match moving.count() {
        1 => "Roll back?".to_owned(),
        many => format!("Roll back {many} node groups, one after the other?"),
    }
}

async fn make(
    project: &Project,
    args: &RollbackArgs,
    chosen: &[Chosen<'_>],
    aws: &Surroundings,
) -> Result<Plan, AppError> {
    let found = look(chosen, aws).await?;
    let mut scope = Scope {
        every_version: true,
        ..Scope::default()
    };
    let mut backs = Vec::new();
    for (one, group) in chosen.iter().zip(&found) {
        scope.clusters.insert(one.cluster.clone(), one.site.clone());
        let groups = scope.groups.entry(one.cluster.clone()).or_default();
        groups.insert(one.name.clone());
        let template = group.as_ref().and_then(|group| {
            let template = group.launch_template.as_ref()?;
            template.name.clone()
        });
        let templates: &mut BTreeSet<String> = scope.templates.entry(one.site.clone()).or_default();
        templates.extend(template);
        backs.push(Back {
            cluster: one.cluster.clone(),
            group: one.name.clone(),
            settings: settings(one, group.as_ref()),
        });
    }
    let observed = observe(&scope, aws.clouds.as_ref()).await?;
    let context = plan::context(args.adopt.given(), aws);
    let fleet = &project.spec().name;
    Ok(rollback(
        fleet, &backs, args.to, &scope, &observed, &context,
    ))
}

/// The groups, for the names of their launch templates.
async fn look(
    chosen: &[Chosen<'_>],
    aws: &Surroundings,
) -> Result<Vec<Option<ObservedGroup>>, AppError> {
    let reads = chosen.iter().map(async |one| {
        let cloud = aws.clouds.at(&one.site).await?;
        cloud.node_group(&one.cluster, &one.name).await
    });
    let found = stream::iter(reads).buffered(CONCURRENT_READS);
    Ok(found.try_collect().await?)
}

/// The settings to roll a group with: the spec's; of a group that it does not name, its own.
fn settings(one: &Chosen<'_>, group: Option<&ObservedGroup>) -> UpdateSettings {
    let of_spec = one.named.map(|named| named.update.clone());
    let own = || group.and_then(|group| group.update_settings.clone());
    of_spec.or_else(own).unwrap_or(UpdateSettings {
        max_unavailable: MaxUnavailable::Count(1),
        strategy: UpdateStrategy::Default,
        force: false,
    })
}

/// A version that a group of the spec is to stay on.
struct Pin {
    group: String,
    path: String,
    version: i64,
    /// what the spec pins it to now
    now: Option<i64>,
}

/// The pins that the spec lacks.
fn pins(plan: &Plan, chosen: &[Chosen<'_>]) -> Vec<Pin> {
    let named: BTreeMap<(&str, &str), _> = chosen
        .iter()
        .filter_map(|one| Some(((one.cluster.as_str(), one.name.as_str()), one.named?)))
        .collect();
    let pin = |outlook: &GroupOutlook| {
        let group = named.get(&(outlook.cluster.as_str(), outlook.name.as_str()))?;
        let version = outlook.to_version?;
        let now = group.launch_template_version;
        (now != Some(version)).then(|| Pin {
            group: format!("{}/{}", outlook.cluster, outlook.name),
            path: format!("nodeGroups[{}].launchTemplateVersion", group.index),
            version,
            now,
        })
    };
    plan.node_groups.iter().filter_map(pin).collect()
}

/// All of them or none, and none that would make the spec invalid.
fn write_pins(session: &Session, project: &Project, pins: &[Pin]) -> Result<(), AppError> {
    if pins.is_empty() {
        return Ok(());
    }
    let spec = project.spec_path.display();
    let mut text = project.text.clone();
    for Pin { path, version, .. } in pins {
        text = edit::set_scalar(&text, path, &version.to_string()).map_err(|error| {
            AppError::usage(
                format!("nothing was moved: the pin cannot be written into {spec}: {error}"),
                format!("set {path}: {version} by hand, and run the command without --write"),
            )
        })?;
    }
    Project::with_text(&session.global, text.clone())?;
    write_whole(&project.spec_path, text.as_bytes())?;
    for Pin { path, version, .. } in pins {
        session
            .console
            .tell(&format!("Pinned: {path}: {version} written to {spec}."));
    }
    Ok(())
}

/// Says, once, that nothing keeps the groups where they are now.
fn tell_pins(session: &Session, project: &Project, pins: &[Pin]) {
    if pins.is_empty() {
        return;
    }
    let spec = project.spec_path.display();
    let what = match pins.len() {
        1 => "this version",
        _ => "these versions",
    };
    let mut text = format!(
        "{} {spec} does not pin {what}: the next apply moves what is not pinned to what the spec describes.\n      Pass --write, or set",
        paint(NOTE, "note:"),
    );
    for pin in pins {
        let now = match pin.now {
            Some(other) => format!(", which is pinned to {other}: the next apply moves it there"),
            None => String::new(),
        };
        text.push_str(&format!(
            "\n        {}: {}   ({}{now})",
            pin.path, pin.version, pin.group
        ));
    }
    session.console.say(&text);
}
