//! A rolling update, phase by phase: setup, scale up, drain and terminate, scale down.
//!
//! Source of the order and the limits: EKS user guide, "Understand each phase of node updates".

use super::lifecycle::{NOT_JOINED, close, not_joined};
use super::{DEADLINE, JOIN, Scene, codes, instances, templates};
use crate::world::{FailureMoment, HealthIssue, NodeGroup, NodeGroupStep};

/// Seconds between two phases.
const BEAT: i64 = 5;
/// Seconds that draining one node takes, at least and at most.
const DRAIN: (i64, i64) = (40, 90);
/// Seconds that EKS waits after a node is cordoned, so that the service controller sees it.
const CORDON: i64 = 60;
/// Seconds between two nodes of the scale-down.
const SCALE_DOWN: i64 = 20;
/// No update takes more nodes away at once, whatever the percentage says.
const MAX_UNAVAILABLE: i64 = 100;

/// Makes EKS's new launch template version and points the Auto Scaling group to it.
pub(super) fn setup(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    let target = scene.roll(update)?.target.clone();
    if let Some(issue) = target.refused {
        return fail(scene, update, issue);
    }
    let old = scene.members()?;
    let Some(version) = templates::add_version(scene, target.data) else {
        return fail(scene, update, no_template());
    };
    scene.auto_scaling_group()?.launch_template.1 = version;
    let nothing_to_roll = old.is_empty();
    scene.roll(update)?.old = old;
    let minimal = scene.group()?.update_strategy == "MINIMAL";
    let update = update.to_owned();
    scene.next(
        BEAT,
        match (nothing_to_roll, minimal) {
            (true, _) => NodeGroupStep::UpdateDone { update },
            (false, true) => NodeGroupStep::UpdateDrain { update },
            (false, false) => NodeGroupStep::UpdateScaleUp { update },
        },
    );
    Some(())
}

/// Somebody deleted EKS's own launch template. An update has no code for it; the text is not attested.
fn no_template() -> HealthIssue {
    let message = "The launch template that EKS made for the node group was not found".to_owned();
    HealthIssue {
        code: "Unknown".to_owned(),
        message,
        resource_ids: Vec::new(),
    }
}

/// Launches the surge: as many as two per zone, or the nodes that may be unavailable if those are more.
pub(super) fn scale_up(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    let unavailable = max_unavailable(scene.group()?);
    let auto_scaling_group = scene.auto_scaling_group()?;
    let zones = i64::try_from(auto_scaling_group.zones.len()).unwrap_or(0);
    let surge = unavailable.max(2 * zones);
    auto_scaling_group.max += surge;
    auto_scaling_group.desired += surge;
    launch_missing(scene, update)
}

/// Drains the next old nodes, chosen at random, as many as may be unavailable.
pub(super) fn drain(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    let mut batch = max_unavailable(scene.group()?);
    let (replaced, force) = (scene.roll(update)?.replaced, scene.roll(update)?.force);
    let doomed = (!force)
        .then(|| scene.scripted(FailureMoment::Drain).map(|f| f.after_nodes))
        .flatten();
    let strikes = doomed.is_some_and(|after| replaced >= after);
    if let Some(after) = doomed.filter(|_| !strikes) {
        batch = batch.min(after - replaced);
    }
    let nodes = choose(scene, update, batch)?;
    if strikes {
        let text = format!(
            "Reached max retries while trying to evict pods from nodes in node group {}",
            scene.name
        );
        let names = instances::node_names(scene, &nodes);
        let issue = scene.strike(FailureMoment::Drain, &text, names)?;
        scene.next(
            DEADLINE,
            NodeGroupStep::UpdateFail {
                update: update.to_owned(),
                issue,
            },
        );
        return Some(());
    }
    let mut slowest = 0;
    for _ in &nodes {
        slowest = slowest.max(scene.world.between(DRAIN.0, DRAIN.1));
    }
    let step = NodeGroupStep::UpdateTerminate {
        update: update.to_owned(),
        instances: nodes,
    };
    scene.next(slowest + CORDON, step);
    Some(())
}

fn choose(scene: &mut Scene<'_>, update: &str, batch: i64) -> Option<Vec<String>> {
    let mut chosen = Vec::new();
    for _ in 0..batch {
        let left = i64::try_from(scene.roll(update)?.old.len()).unwrap_or(0);
        if left == 0 {
            break;
        }
        let place = usize::try_from(scene.world.between(0, left - 1)).unwrap_or(0);
        chosen.push(scene.roll(update)?.old.remove(place));
    }
    Some(chosen)
}

pub(super) fn terminate(scene: &mut Scene<'_>, update: &str, nodes: &[String]) -> Option<()> {
    scene.roll(update)?.replaced += i64::try_from(nodes.len()).unwrap_or(0);
    instances::terminate(scene, nodes);
    let step = NodeGroupStep::UpdateReplace {
        update: update.to_owned(),
    };
    // only then: with MINIMAL there are never more instances than the group wants
    scene.next(instances::SHUTDOWN + BEAT, step);
    Some(())
}

/// The Auto Scaling group replaces what was terminated.
pub(super) fn replace(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    launch_missing(scene, update)
}

/// Launches up to the Auto Scaling group's desired capacity and waits for the nodes to join.
fn launch_missing(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    let present = i64::try_from(scene.members()?.len()).unwrap_or(i64::MAX);
    let missing = scene.auto_scaling_group()?.desired - present;
    let never_joins = scene.roll(update)?.target.never_joins;
    let issue = match instances::launch(scene, missing) {
        (_, Some(issue)) => Some(issue),
        (nodes, None) if nodes.is_empty() => None,
        (nodes, None) if never_joins => Some(not_joined(nodes)),
        (nodes, None) => scene.strike(FailureMoment::Join, NOT_JOINED, nodes),
    };
    if let Some(issue) = issue {
        let step = NodeGroupStep::UpdateFail {
            update: update.to_owned(),
            issue,
        };
        scene.next(DEADLINE, step);
        return Some(());
    }
    let all_replaced = scene.roll(update)?.old.is_empty();
    let update = update.to_owned();
    let step = if all_replaced {
        NodeGroupStep::UpdateScaleDown { update }
    } else {
        NodeGroupStep::UpdateDrain { update }
    };
    scene.next(JOIN, step);
    Some(())
}

/// Takes the surge away again, one node after the other.
pub(super) fn scale_down(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    scene.roll(update)?;
    let desired = scene.group()?.desired;
    let update = update.to_owned();
    let auto_scaling_group = scene.auto_scaling_group()?;
    if auto_scaling_group.desired <= desired {
        scene.next(BEAT, NodeGroupStep::UpdateDone { update });
        return Some(());
    }
    auto_scaling_group.desired -= 1;
    auto_scaling_group.max -= 1;
    let node = instances::surplus(scene)?;
    instances::terminate(scene, &[node]);
    scene.next(SCALE_DOWN, NodeGroupStep::UpdateScaleDown { update });
    Some(())
}

/// Only now does the group show what it was updated to.
pub(super) fn done(scene: &mut Scene<'_>, update: &str) -> Option<()> {
    let target = scene.roll(update)?.target.clone();
    scene.update(update)?.status = "Successful".to_owned();
    let group = scene.group()?;
    group.version = target.version;
    group.release_version = target.release_version;
    group.launch_template = target.launch_template;
    close(scene, "ACTIVE")
}

/// Gives up: the update is Failed, and the group goes back to ACTIVE on what it ran before.
///
/// What becomes of the nodes is not documented. Here the Auto Scaling group goes back to the former
/// version and size, and nodes of the new version are replaced.
pub(super) fn fail(scene: &mut Scene<'_>, update: &str, issue: HealthIssue) -> Option<()> {
    let former = scene.roll(update)?.from_version;
    let code = codes::of_update(&issue.code).to_owned();
    let issue = HealthIssue { code, ..issue };
    let failed = scene.update(update)?;
    failed.status = "Failed".to_owned();
    failed.errors = vec![issue];
    let group = scene.group()?;
    let (min, max, desired) = (group.min, group.max, group.desired);
    close(scene, "ACTIVE")?;
    let auto_scaling_group = scene.auto_scaling_group()?;
    auto_scaling_group.launch_template.1 = former;
    (auto_scaling_group.min, auto_scaling_group.max) = (min, max);
    auto_scaling_group.desired = desired;
    let members = scene.members()?;
    let region = scene.region();
    let newer: Vec<String> = members
        .into_iter()
        .filter(|id| {
            let version = region
                .instances
                .get(id)
                .and_then(|i| i.launch_template.as_ref());
            version.is_some_and(|(_, version)| *version != former)
        })
        .collect();
    instances::terminate(scene, &newer);
    instances::resize(scene, desired)
}

/// How many nodes an update may take away at once. A percentage is of the wanted size, rounded down, and
/// never less than one node.
fn max_unavailable(group: &NodeGroup) -> i64 {
    let by_percentage = group
        .max_unavailable_percentage
        .map(|percent| group.desired * percent / 100);
    let nodes = group.max_unavailable.or(by_percentage).unwrap_or(1);
    nodes.clamp(1, MAX_UNAVAILABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_of_the_wanted_size_and_at_least_one_node() {
        let rows = [
            (None, None, 10, 1),
            (Some(3), None, 10, 3),
            (None, Some(50), 10, 5),
            (None, Some(33), 10, 3),
            (None, Some(1), 10, 1),
            (None, Some(100), 0, 1),
            (None, Some(100), 300, 100),
        ];
        for (max_unavailable, max_unavailable_percentage, desired, expected) in rows {
            let group = NodeGroup {
                max_unavailable,
                max_unavailable_percentage,
                desired,
                ..NodeGroup::default()
            };
            assert_eq!(super::max_unavailable(&group), expected);
        }
    }
}
