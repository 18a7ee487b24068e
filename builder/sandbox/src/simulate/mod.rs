//! What happens by itself: instances that come up and go away, and the small programs that node groups
//! run through when they are created, updated, configured and deleted.
//!
//! The phases of an update follow the EKS user guide ("Understand each phase of node updates"); where it
//! gives limits and not durations, the durations are plausible ones.
//!
//! Not simulated:
//! - IAM: roles, their policies, who may do what;
//! - EBS's rules for volumes: a size below the snapshot's, iops, throughput;
//! - a node group that becomes DEGRADED because a launch template that it uses was deleted;
//! - quotas, pods and the Kubernetes API.

pub(crate) mod codes;
pub(crate) mod instances;
mod lifecycle;
mod rolling;
mod scene;
mod templates;

pub(crate) use scene::Scene;

use crate::world::{Event, NodeGroupStep, Scheduled, World};

/// Seconds from a CreateNodegroup call to the first instances.
pub(crate) const CREATE_SETUP: i64 = 20;
/// Seconds in which an update makes its version of EKS's launch template.
pub(crate) const UPDATE_SETUP: i64 = 30;
/// Seconds that a change of settings takes.
pub(crate) const CONFIG: i64 = 15;
/// Seconds that the deletion of a node group takes once its instances are told to go.
pub(crate) const DELETE: i64 = 90;
/// Seconds from a launch until the node has joined and is ready.
const JOIN: i64 = 90;
/// Seconds that EKS waits for a node to join, and for one to be drained, before it gives up: 15 minutes
/// each (EKS user guide, "Understand each phase of node updates").
const DEADLINE: i64 = 15 * 60;

/// Lets one event happen. An event whose subject is gone does nothing.
pub fn run(world: &mut World, due: Scheduled) {
    match due.event {
        Event::InstanceRunning { instance } => {
            instances::set_running(world, &due.account, &due.region, &instance);
        }
        Event::InstanceTerminated { instance } => {
            instances::set_terminated(world, &due.account, &due.region, &instance);
        }
        Event::InstanceForgotten { instance } => {
            world
                .region_mut(&due.account, &due.region)
                .instances
                .remove(&instance);
        }
        Event::NodeGroupStep {
            cluster,
            node_group,
            step,
        } => {
            let mut scene = Scene::new(world, &due.account, &due.region, &cluster, &node_group);
            // `None` says that the group, or the change that the step belongs to, is no longer there
            let _gone = take(&mut scene, step);
        }
    }
}

fn take(scene: &mut Scene<'_>, step: NodeGroupStep) -> Option<()> {
    match step {
        NodeGroupStep::CreateLaunch => lifecycle::create_launch(scene),
        NodeGroupStep::CreateDone => lifecycle::create_done(scene),
        NodeGroupStep::CreateFail { issue } => lifecycle::create_fail(scene, issue),
        NodeGroupStep::ConfigDone { update } => lifecycle::config_done(scene, &update),
        NodeGroupStep::DeleteDone => lifecycle::delete_done(scene),
        NodeGroupStep::UpdateSetup { update } => rolling::setup(scene, &update),
        NodeGroupStep::UpdateScaleUp { update } => rolling::scale_up(scene, &update),
        NodeGroupStep::UpdateDrain { update } => rolling::drain(scene, &update),
        NodeGroupStep::UpdateTerminate { update, instances } => {
            rolling::terminate(scene, &update, &instances)
        }
        NodeGroupStep::UpdateReplace { update } => rolling::replace(scene, &update),
        NodeGroupStep::UpdateScaleDown { update } => rolling::scale_down(scene, &update),
        NodeGroupStep::UpdateDone { update } => rolling::done(scene, &update),
        NodeGroupStep::UpdateFail { update, issue } => rolling::fail(scene, &update, issue),
    }
}

#[cfg(test)]
mod tests;
