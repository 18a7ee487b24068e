//! Instances: launched by an Auto Scaling group, spread over its zones, and terminated.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Scene;
use crate::world::{AutoScalingGroup, Event, HealthIssue, Instance, Region, Subnet, World};

/// Seconds from a launch to `running`.
const BOOT: i64 = 45;
/// Seconds from `shutting-down` to `terminated`.
pub(crate) const SHUTDOWN: i64 = 30;
/// Seconds that a terminated instance stays visible: "a short time, usually less than an hour" (EC2 user
/// guide, "Terminate instances").
const MEMORY: i64 = 60 * 60;
/// AWS keeps the first four addresses of a subnet and the last (VPC user guide, "Subnet sizing").
const RESERVED_ADDRESSES: u32 = 4;

pub(super) fn set_running(world: &mut World, account: &str, region: &str, id: &str) {
    if let Some(instance) = world.region_mut(account, region).instances.get_mut(id)
        && instance.state == "pending"
    {
        instance.state = "running".to_owned();
    }
}

pub(super) fn set_terminated(world: &mut World, account: &str, region: &str, id: &str) {
    let now = world.now;
    let place = world.region_mut(account, region);
    let Some(instance) = place.instances.get_mut(id) else {
        return;
    };
    instance.state = "terminated".to_owned();
    instance.terminated_at = Some(now);
    if let Some(subnet) = place.subnets.get_mut(&instance.subnet) {
        subnet.available_ips += 1;
    }
    let event = Event::InstanceForgotten {
        instance: id.to_owned(),
    };
    world.schedule(SignedDuration::from_secs(MEMORY), account, region, event);
}

/// Lets the group's Auto Scaling group launch instances of its current launch template version, as many as
/// it can: what it cannot launch is told as EKS tells it.
pub(super) fn launch(scene: &mut Scene<'_>, count: i64) -> (Vec<String>, Option<HealthIssue>) {
    let mut launched = Vec::new();
    for _ in 0..count.max(0) {
        match launch_one(scene) {
            Ok(id) => launched.push(id),
            Err(issue) => return (launched, Some(issue)),
        }
    }
    (launched, None)
}

fn launch_one(scene: &mut Scene<'_>) -> Result<String, HealthIssue> {
    let id = scene.world.id("i");
    let drawn = scene.world.between(0, i64::from(u32::MAX));
    let now = scene.world.now;
    let group = scene.auto_scaling_group().cloned().ok_or_else(no_group)?;
    let region = scene.region();
    let data = data(region, &group).ok_or_else(|| no_template(&group))?;
    let (subnet, address) = place(region, &group, drawn).ok_or_else(|| no_address(&group))?;
    let instance = Instance {
        image: text(data, "ImageId"),
        instance_type: text(data, "InstanceType"),
        state: "pending".to_owned(),
        zone: subnet.zone,
        private_ip: address.to_string(),
        launched_at: now,
        terminated_at: None,
        auto_scaling_group: Some(group.name.clone()),
        launch_template: Some(group.launch_template.clone()),
        tags: tags(data, &group),
        subnet: subnet.id.clone(),
        id: id.clone(),
    };
    if let Some(subnet) = region.subnets.get_mut(&subnet.id) {
        subnet.available_ips -= 1;
    }
    region.instances.insert(id.clone(), instance);
    let event = Event::InstanceRunning {
        instance: id.clone(),
    };
    let after = SignedDuration::from_secs(BOOT);
    scene
        .world
        .schedule(after, &scene.account, &scene.region_name, event);
    Ok(id)
}

fn data<'r>(region: &'r Region, group: &AutoScalingGroup) -> Option<&'r Value> {
    let (template, version) = &group.launch_template;
    Some(
        &region
            .launch_templates
            .get(template)?
            .versions
            .get(version)?
            .data,
    )
}

/// The codes are EKS's; the texts are not attested.
fn no_group() -> HealthIssue {
    let message = "The Auto Scaling group of the node group was not found".to_owned();
    HealthIssue {
        code: "AutoScalingGroupNotFound".to_owned(),
        message,
        resource_ids: Vec::new(),
    }
}

fn no_template(group: &AutoScalingGroup) -> HealthIssue {
    let (template, version) = &group.launch_template;
    HealthIssue {
        code: "Ec2LaunchTemplateNotFound".to_owned(),
        message: format!("Version {version} of the launch template {template} was not found"),
        resource_ids: vec![template.clone()],
    }
}

fn no_address(group: &AutoScalingGroup) -> HealthIssue {
    HealthIssue {
        code: "InsufficientFreeAddresses".to_owned(),
        message: "The subnets of the node group do not have enough free addresses".to_owned(),
        resource_ids: group.subnets.clone(),
    }
}

/// The subnet of the group whose zone has the fewest of its instances (Auto Scaling keeps zones balanced),
/// of those that have an address left, and the address.
fn place(region: &Region, group: &AutoScalingGroup, drawn: i64) -> Option<(Subnet, Ipv4Addr)> {
    let subnets = group.subnets.iter().filter_map(|id| region.subnets.get(id));
    let free = subnets
        .filter(|subnet| subnet.available_ips > 0)
        .filter_map(|subnet| Some((subnet, free_address(region, subnet, drawn)?)));
    let members = |zone: &str| {
        region
            .members(&group.name)
            .filter(|m| m.zone == zone)
            .count()
    };
    let (subnet, address) = free.min_by_key(|(subnet, _)| members(&subnet.zone))?;
    Some((subnet.clone(), address))
}

/// An address of the subnet that no instance has: the first free one from a drawn place on.
fn free_address(region: &Region, subnet: &Subnet, drawn: i64) -> Option<Ipv4Addr> {
    let (base, prefix) = subnet.cidr.split_once('/')?;
    let base = u32::from(base.parse::<Ipv4Addr>().ok()?);
    let size = 1u32.checked_shl(32u32.checked_sub(prefix.parse().ok()?)?)?;
    let usable = size
        .checked_sub(RESERVED_ADDRESSES + 1)
        .filter(|usable| *usable > 0)?;
    let taken: BTreeSet<&str> = region
        .instances
        .values()
        .filter(|instance| instance.state != "terminated")
        .map(|instance| instance.private_ip.as_str())
        .collect();
    let start = u32::try_from(drawn).ok()? % usable;
    (0..usable)
        .map(|step| Ipv4Addr::from(base + RESERVED_ADDRESSES + (start + step) % usable))
        .find(|address| !taken.contains(address.to_string().as_str()))
}

/// What EKS and Auto Scaling put on an instance, and the launch template's own tags for instances.
fn tags(data: &Value, group: &AutoScalingGroup) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let specifications = data["TagSpecifications"].as_array().into_iter().flatten();
    for specification in specifications.filter(|s| s["ResourceType"] == "instance") {
        for tag in specification["Tags"].as_array().into_iter().flatten() {
            tags.insert(text(tag, "Key"), text(tag, "Value"));
        }
    }
    tags.extend(group.tags.clone());
    tags.insert("aws:autoscaling:groupName".to_owned(), group.name.clone());
    tags.insert(
        "aws:ec2launchtemplate:id".to_owned(),
        group.launch_template.0.clone(),
    );
    tags.insert(
        "aws:ec2launchtemplate:version".to_owned(),
        group.launch_template.1.to_string(),
    );
    tags
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// Terminates instances; those already on their way out stay as they are.
pub(crate) fn terminate(scene: &mut Scene<'_>, ids: &[String]) {
    for id in ids {
        let Some(instance) = scene.region().instances.get_mut(id) else {
            continue;
        };
        if !matches!(instance.state.as_str(), "pending" | "running") {
            continue;
        }
        instance.state = "shutting-down".to_owned();
        let event = Event::InstanceTerminated {
            instance: id.clone(),
        };
        let after = SignedDuration::from_secs(SHUTDOWN);
        scene
            .world
            .schedule(after, &scene.account, &scene.region_name, event);
    }
}

/// The member that goes first when the group shrinks: of the fullest zone, the oldest.
pub(super) fn surplus(scene: &mut Scene<'_>) -> Option<String> {
    let name = scene.group()?.auto_scaling_group.clone()?;
    let region = scene.region();
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for member in region.members(&name) {
        *zones.entry(member.zone.as_str()).or_default() += 1;
    }
    let rank = |member: &Instance| -> (usize, std::cmp::Reverse<(Timestamp, String)>) {
        let peers = zones.get(member.zone.as_str()).copied().unwrap_or(0);
        (
            peers,
            std::cmp::Reverse((member.launched_at, member.id.clone())),
        )
    };
    region
        .members(&name)
        .max_by_key(|member| rank(member))
        .map(|member| member.id.clone())
}

/// Brings the group to a size: launches what is missing, terminates what is too much. A group that cannot
/// be as large as it should is DEGRADED.
pub(super) fn resize(scene: &mut Scene<'_>, size: i64) -> Option<()> {
    let present = i64::try_from(scene.members()?.len()).unwrap_or(i64::MAX);
    for _ in 0..(present - size).max(0) {
        let id = surplus(scene)?;
        terminate(scene, &[id]);
    }
    if let (_, Some(issue)) = launch(scene, size - present) {
        let group = scene.group()?;
        group.status = "DEGRADED".to_owned();
        group.health = vec![issue];
    }
    Some(())
}

/// The names that Kubernetes knows the instances by.
pub(super) fn node_names(scene: &mut Scene<'_>, ids: &[String]) -> Vec<String> {
    // the private DNS names of EC2 (VPC user guide, "DNS hostnames")
    let suffix = match scene.region_name.as_str() {
        "us-east-1" => "ec2.internal".to_owned(),
        other => format!("{other}.compute.internal"),
    };
    let instances = &scene.region().instances;
    ids.iter()
        .filter_map(|id| instances.get(id))
        .map(|instance| format!("ip-{}.{suffix}", instance.private_ip.replace('.', "-")))
        .collect()
}
