//! What EKS does with a request that it takes.

use std::collections::BTreeMap;

use nodemint_core::observed::{GroupTemplate, ObservedGroup, ObservedUpdate};
use nodemint_core::spec::CapacityType;
use nodemint_engine::ports::{ErrorKind, NewNodeGroup};

use super::world::{ACCOUNT, Group, World};

/// What a call is answered with; an error has no effect.
pub type Answer<T> = Result<T, ErrorKind>;

/// EKS: one update at a time.
fn free<'a>(world: &'a mut World, group: &str) -> Answer<&'a mut Group> {
    let group = world.groups.get_mut(group).ok_or(ErrorKind::NotFound)?;
    match group.shown.status.as_str() {
        "ACTIVE" | "DEGRADED" => Ok(group),
        _ => Err(ErrorKind::InUse),
    }
}

pub fn begin_update(
    world: &mut World,
    group: &str,
    kind: &str,
    params: BTreeMap<String, String>,
) -> Answer<String> {
    let (id, now) = (world.id("update"), world.now);
    let group = free(world, group)?;
    group.shown.status = "UPDATING".to_owned();
    group.updates.push(ObservedUpdate {
        id: id.clone(),
        kind: kind.to_owned(),
        status: "InProgress".to_owned(),
        params,
        created_at: Some(now),
        errors: Vec::new(),
    });
    Ok(id)
}

/// EKS deletes what is at rest, and what could not be made or deleted.
pub fn begin_deletion(world: &mut World, name: &str) -> Answer<()> {
    let now = world.now;
    let group = world.groups.get_mut(name).ok_or(ErrorKind::NotFound)?;
    if matches!(
        group.shown.status.as_str(),
        "CREATING" | "UPDATING" | "DELETING"
    ) {
        return Err(ErrorKind::InUse);
    }
    group.shown.status = "DELETING".to_owned();
    group.shown.modified_at = Some(now);
    world.begin_end(name);
    Ok(())
}

pub fn new_group(world: &World, request: &NewNodeGroup) -> Group {
    let template = world
        .templates
        .values()
        .find(|template| template.id == request.template_id);
    Group {
        shown: ObservedGroup {
            name: request.name.clone(),
            cluster: request.cluster.clone(),
            arn: format!(
                "arn:aws:eks:us-east-1:{ACCOUNT}:nodegroup/{}/{}/{}",
                request.cluster,
                request.name,
                world.calls.len()
            ),
            status: "CREATING".to_owned(),
            version: Some("1.34".to_owned()),
            release_version: request.release_version.clone(),
            ami_type: Some(
                request
                    .ami_type
                    .clone()
                    .unwrap_or_else(|| "CUSTOM".to_owned()),
            ),
            launch_template: Some(GroupTemplate {
                id: Some(request.template_id.clone()),
                name: template.map(|template| template.name.clone()),
                version: Some(request.template_version.to_string()),
            }),
            capacity_type: Some(match request.capacity_type {
                CapacityType::OnDemand => "ON_DEMAND".to_owned(),
                CapacityType::Spot => "SPOT".to_owned(),
                CapacityType::CapacityBlock => "CAPACITY_BLOCK".to_owned(),
            }),
            instance_types: request.instance_types.clone(),
            subnets: request.subnets.clone(),
            node_role: Some(request.node_role.clone()),
            labels: request.labels.clone(),
            taints: request.taints.clone(),
            scaling: Some(request.scaling),
            update_settings: Some(request.update.clone()),
            tags: request.tags.clone(),
            health: Vec::new(),
            created_at: Some(world.now),
            modified_at: Some(world.now),
            last_update: None,
        },
        updates: Vec::new(),
        nodes: Vec::new(),
    }
}
