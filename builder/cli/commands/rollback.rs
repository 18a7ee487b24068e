//! `rollback`: a group goes back to an older version of its launch template.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::observed::ObservedGroup;
use nodemint_core::plan::{Plan, RollbackError, Scope, rollback};
use nodemint_core::site::Site;
use nodemint_core::spec::{MaxUnavailable, NodeGroup, UpdateSettings, UpdateStrategy, edit};
use nodemint_engine::observe::observe;

use super::{Session, apply, plan};
use crate::args::{Output, RollbackArgs};
use crate::console::{NOTE, paint};
use crate::error::AppError;
use crate::project::{Project, write_whole};
use crate::surroundings::Surroundings;

pub async fn run(session: &Session, args: &RollbackArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let (cluster, site) = cluster_of(&project, args)?;
    let named = project
        .spec()
        .node_groups
        .iter()
        .find(|group| group.name == args.group && group.cluster == cluster);
    let (target, result) = session
        .with_aws(async |aws| {
            let plan = make(&project, args, (&cluster, &site), named, aws).await?;
            if session.console.output != Output::Json {
                plan::show(session, &plan)?;
            }
            plan::refuse_blocked(&plan)?;
            let target = plan.node_groups.first().and_then(|group| group.to_version);
            Ok((
                target,
                apply::carry_out(session, &plan, &args.run, false, aws).await,
            ))
        })
        .await?;
    if let (Ok(()) | Err(AppError::StillRunning), Some(version)) = (&result, target) {
        pin(session, &project, args, named, version)?;
    }
    result
}

/// The group's cluster and its region: as told, or the only cluster whose group has the name.
fn cluster_of(project: &Project, args: &RollbackArgs) -> Result<(String, Site), AppError> {
    let spec = project.spec();
    let named: BTreeSet<&String> = spec
        .node_groups
        .iter()
        .filter(|group| group.name == args.group)
        .map(|group| &group.cluster)
        .collect();
    let name = match (&args.cluster, named.len()) {
        (Some(name), _) => name,
        (None, 1) => named.first().copied().unwrap_or(&args.group),
        (None, 0) => {
            let groups: Vec<&str> = spec
                .node_groups
                .iter()
                .map(|group| group.name.as_str())
                .collect();
            return Err(AppError::usage(
                format!("the spec has no node group `{}`", args.group),
                format!(
                    "it has {}; for a group that is not in the spec, pass --cluster",
                    groups.join(", ")
                ),
            ));
        }
        (None, _) => {
            let clusters: Vec<&str> = named.iter().map(|name| name.as_str()).collect();
            return Err(AppError::usage(
                format!("several clusters have a node group `{}`", args.group),
                format!("pass --cluster with one of {}", clusters.join(", ")),
            ));
        }
    };
    let cluster = spec.clusters.iter().find(|cluster| cluster.name == *name);
    let site = cluster.map(|cluster| cluster.site()).ok_or_else(|| {
        AppError::usage(
            format!("the spec has no cluster `{name}`"),
            "add it to `clusters`, with its region",
        )
    })?;
    Ok((name.clone(), site))
}

async fn make(
    project: &Project,
    args: &RollbackArgs,
    (cluster, site): (&str, &Site),
    named: Option<&NodeGroup>,
    aws: &Surroundings,
) -> Result<Plan, AppError> {
    let cloud = aws.clouds.at(site).await?;
    let Some(group) = cloud.node_group(cluster, &args.group).await? else {
        let (cluster, group) = (cluster.to_owned(), args.group.clone());
        return Err(RollbackError::NoGroup { cluster, group }.into());
    };
    let template = group
        .launch_template
        .as_ref()
        .and_then(|template| template.name.clone());
    let scope = Scope {
        clusters: BTreeMap::from([(cluster.to_owned(), site.clone())]),
        templates: BTreeMap::from([(site.clone(), template.into_iter().collect())]),
        groups: BTreeMap::from([(cluster.to_owned(), BTreeSet::from([args.group.clone()]))]),
        every_version: true,
        ..Scope::default()
    };
    let observed = observe(&scope, aws.clouds.as_ref()).await?;
    let settings = named.map_or_else(|| settings_of(&group), |group| group.update.clone());
    let fleet = &project.spec().name;
    let plan = rollback(
        fleet,
        (cluster, &args.group),
        args.to,
        &scope,
        &observed,
        &settings,
        &plan::context(aws),
    )?;
    Ok(plan)
}

/// The settings to roll a group with when the spec does not name it: its own.
fn settings_of(group: &ObservedGroup) -> UpdateSettings {
    group.update_settings.clone().unwrap_or(UpdateSettings {
        max_unavailable: MaxUnavailable::Count(1),
        strategy: UpdateStrategy::Default,
        force: false,
    })
}

/// Pins the group in the spec, or says that nothing does.
fn pin(
    session: &Session,
    project: &Project,
    args: &RollbackArgs,
    named: Option<&NodeGroup>,
    version: i64,
) -> Result<(), AppError> {
    let Some(group) = named.filter(|group| group.launch_template_version != Some(version)) else {
        return Ok(());
    };
    let path = format!("nodeGroups[{}].launchTemplateVersion", group.index);
    let spec = project.spec_path.display();
    if !args.write {
        session.console.say(&format!(
            "{} {spec} does not pin this version: the next apply moves the group to what the spec describes.\n      Pass --write, or set {path}: {version}, to keep it here.",
            paint(NOTE, "note:"),
        ));
        return Ok(());
    }
    let text = edit::set_scalar(&project.text, &path, &version.to_string()).map_err(|error| {
        AppError::usage(
            format!("the pin cannot be written into {spec}: {error}"),
            format!("set {path}: {version} by hand"),
        )
    })?;
    write_whole(&project.spec_path, text.as_bytes())?;
    session
        .console
        .tell(&format!("Pinned: {path}: {version} written to {spec}."));
    Ok(())
}
