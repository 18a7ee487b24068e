//! DeleteNodegroup.

use serde::Deserialize;

use super::{Outcome, input, node_group, settled, show};
use crate::Call;
use crate::simulate::{DELETE, Scene, instances};
use crate::world::{NodeGroupStep, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeleteInput {
    cluster_name: String,
    nodegroup_name: String,
}

pub(super) fn delete_nodegroup(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: DeleteInput = input(call)?;
    let group = node_group(world, call, &given.cluster_name, &given.nodegroup_name)?;
    // a group that could not be created or deleted can still be deleted
    if !matches!(
        group.status.as_str(),
        "CREATE_FAILED" | "DELETE_FAILED" | "DEGRADED"
    ) {
        settled(group)?;
    }
    let now = world.now;
    let (cluster, name) = (&given.cluster_name, &given.nodegroup_name);
    let mut scene = Scene::new(world, call.account, call.region, cluster, name);
    if let Some(group) = scene.group() {
        group.status = "DELETING".to_owned();
        group.health.clear();
        group.modified_at = now;
    }
    if let Some(auto_scaling_group) = scene.auto_scaling_group() {
        (auto_scaling_group.min, auto_scaling_group.desired) = (0, 0);
    }
    let members = scene.members().unwrap_or_default();
    instances::terminate(&mut scene, &members);
    scene.next(DELETE, NodeGroupStep::DeleteDone);
    Ok(show::node_group_answer(node_group(
        world, call, cluster, name,
    )?))
}
