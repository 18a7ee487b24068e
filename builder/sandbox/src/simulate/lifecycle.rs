//! A node group's creation, its changes of settings, and its end.

use std::collections::{BTreeMap, BTreeSet};

use super::{CREATE_SETUP, DEADLINE, JOIN, Scene, instances, templates};
use crate::world::{
    AutoScalingGroup, Change, FailureMoment, HealthIssue, NodeGroupStep, Settings, Target,
};

/// What EKS says of nodes that do not join (terraform-aws-eks#3346).
pub(super) const NOT_JOINED: &str = "Instances failed to join the kubernetes cluster";
/// Not attested.
const NOT_DELETED: &str = "The node group could not be deleted";
/// Seconds between the last node's joining and ACTIVE.
const SETTLE: i64 = 10;

pub(super) fn create_launch(scene: &mut Scene<'_>) -> Option<()> {
    let Change::Create(target) = scene.group()?.change.clone()? else {
        return None;
    };
    if let Some(issue) = target.refused {
        scene.next(CREATE_SETUP, NodeGroupStep::CreateFail { issue });
        return Some(());
    }
    let never_joins = target.never_joins;
    found(scene, target)?;
    let desired = scene.group()?.desired;
    let issue = match instances::launch(scene, desired) {
        (_, Some(issue)) => Some(issue),
        (nodes, None) if nodes.is_empty() => None,
        (nodes, None) => create_issue(scene, never_joins, nodes),
    };
    match issue {
        Some(issue) => scene.next(DEADLINE, NodeGroupStep::CreateFail { issue }),
        None => scene.next(JOIN + SETTLE, NodeGroupStep::CreateDone),
    }
    Some(())
}

fn create_issue(
    scene: &mut Scene<'_>,
    never_joins: bool,
    nodes: Vec<String>,
) -> Option<HealthIssue> {
    if never_joins {
        return Some(not_joined(nodes));
    }
    scene.strike(FailureMoment::Create, NOT_JOINED, nodes)
}

pub(super) fn not_joined(resource_ids: Vec<String>) -> HealthIssue {
    HealthIssue {
        code: "NodeCreationFailure".to_owned(),
        message: NOT_JOINED.to_owned(),
        resource_ids,
    }
}

/// Makes EKS's launch template and the Auto Scaling group.
fn found(scene: &mut Scene<'_>, target: Target) -> Option<()> {
    let (template, uuid) = templates::make(scene, target.data);
    let now = scene.world.now;
    let name = format!("eks-{}-{uuid}", scene.name);
    let group = scene.group()?.clone();
    let region = scene.region();
    let zones: BTreeSet<String> = group
        .subnets
        .iter()
        .filter_map(|id| region.subnets.get(id))
        .map(|s| s.zone.clone())
        .collect();
    let auto_scaling_group = AutoScalingGroup {
        name: name.clone(),
        min: group.min,
        max: group.max,
        desired: group.desired,
        zones: zones.into_iter().collect(),
        subnets: group.subnets.clone(),
        launch_template: (template, 1),
        created_at: now,
        tags: BTreeMap::from([
            ("eks:cluster-name".to_owned(), group.cluster.clone()),
            ("eks:nodegroup-name".to_owned(), group.name.clone()),
            (
                format!("kubernetes.io/cluster/{}", group.cluster),
                "owned".to_owned(),
            ),
            (
                "k8s.io/cluster-autoscaler/enabled".to_owned(),
                "true".to_owned(),
            ),
            (
                format!("k8s.io/cluster-autoscaler/{}", group.cluster),
                "owned".to_owned(),
            ),
        ]),
    };
    region
        .auto_scaling_groups
        .insert(name.clone(), auto_scaling_group);
    scene.group()?.auto_scaling_group = Some(name);
    Some(())
}

pub(super) fn create_done(scene: &mut Scene<'_>) -> Option<()> {
    close(scene, "ACTIVE")
}

pub(super) fn create_fail(scene: &mut Scene<'_>, issue: HealthIssue) -> Option<()> {
    scene.group()?.health = vec![issue];
    close(scene, "CREATE_FAILED")
}

/// Ends what is being done to the group.
pub(super) fn close(scene: &mut Scene<'_>, status: &str) -> Option<()> {
    let now = scene.world.now;
    let group = scene.group()?;
    group.status = status.to_owned();
    group.change = None;
    group.modified_at = now;
    Some(())
}

pub(super) fn config_done(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    let Change::Config(settings) = scene.group()?.change.clone()? else {
        return None;
    };
    let Settings {
        min, max, desired, ..
    } = *settings;
    let group = scene.group()?;
    (group.min, group.max, group.desired) = (min, max, desired);
    group.labels = settings.labels;
    group.taints = settings.taints;
    group.max_unavailable = settings.max_unavailable;
    group.max_unavailable_percentage = settings.max_unavailable_percentage;
    group.update_strategy = settings.update_strategy;
    scene.update(update)?.status = "Successful".to_owned();
    close(scene, "ACTIVE")?;
    let auto_scaling_group = scene.auto_scaling_group()?;
    (auto_scaling_group.min, auto_scaling_group.max) = (min, max);
    auto_scaling_group.desired = desired;
    instances::resize(scene, desired)
}

/// Deletes the group with everything that EKS made for it, unless the seed has a failure for it.
pub(super) fn delete_done(scene: &mut Scene<'_>) -> Option<()> {
    if let Some(issue) = scene.strike(FailureMoment::Delete, NOT_DELETED, Vec::new()) {
        scene.group()?.health = vec![issue];
        return close(scene, "DELETE_FAILED");
    }
    let auto_scaling_group = scene.auto_scaling_group().cloned();
    let (cluster, name) = (scene.cluster.clone(), scene.name.clone());
    let region = scene.region();
    region.node_groups.get_mut(&cluster)?.remove(&name);
    let auto_scaling_group = auto_scaling_group?;
    region.auto_scaling_groups.remove(&auto_scaling_group.name);
    region
        .launch_templates
        .remove(&auto_scaling_group.launch_template.0);
    Some(())
}
