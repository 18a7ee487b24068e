//! Auto Scaling: the groups that EKS makes for its node groups, to look at.

use serde_json::{Value, json};

use crate::input::{Paging, flag, items, page, text, texts};
use crate::world::{AutoScalingGroup, Instance, Region, World};
use crate::{Answer, AwsError, Call, partition, protocol};

pub fn handle(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation {
        "DescribeAutoScalingGroups" => describe(world, call),
        other => Err(AwsError::new(
            400,
            "InvalidAction",
            protocol::not_supported(other),
        )),
    }
}

/// A name that does not exist is left out of the answer, as AWS does.
fn describe(world: &World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let empty = Region::default();
    let region = world.region(call.account, call.region).unwrap_or(&empty);
    let names = texts(input, "AutoScalingGroupNames");
    for filter in items(input, "Filters") {
        let name = text(filter, "Name").unwrap_or_default();
        if !name.starts_with("tag:") && !["tag-key", "tag-value"].contains(&name) {
            return Err(AwsError::new(
                400,
                "ValidationError",
                format!("Filter type {name} is not correct."),
            ));
        }
    }
    // instances are shown unless that is turned off
    let with_instances = input.get("IncludeInstances").is_none() || flag(input, "IncludeInstances");
    let wanted = |group: &&AutoScalingGroup| {
        (names.is_empty() || names.contains(&group.name.as_str()))
            && items(input, "Filters")
                .iter()
                .all(|filter| passes(group, filter))
    };
    let groups = region.auto_scaling_groups.values().filter(wanted);
    let found: Vec<Value> = groups
        .map(|group| show(region, group, call, with_instances))
        .collect();
    let paging = Paging {
        size: "MaxRecords",
        min: 1,
        max: 100,
        default: 50,
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"AutoScalingGroups": shown, "NextToken": next}))
}

fn passes(group: &AutoScalingGroup, filter: &Value) -> bool {
    let values = texts(filter, "Values");
    let is_wanted = |text: &String| values.contains(&text.as_str());
    match text(filter, "Name").unwrap_or_default() {
        "tag-key" => group.tags.keys().any(is_wanted),
        "tag-value" => group.tags.values().any(is_wanted),
        name => name
            .strip_prefix("tag:")
            .and_then(|key| group.tags.get(key))
            .is_some_and(is_wanted),
    }
}

fn show(region: &Region, group: &AutoScalingGroup, call: &Call<'_>, with_instances: bool) -> Value {
    let (template, version) = &group.launch_template;
    let name = region
        .launch_templates
        .get(template)
        .map(|found| &found.name);
    let resource = format!("autoScalingGroup:*:autoScalingGroupName/{}", group.name);
    let arn = partition::arn("autoscaling", call.region, call.account, &resource);
    let instances: Vec<Value> = region
        .members(&group.name)
        .filter(|_| with_instances)
        .map(|it| member(region, it))
        .collect();
    let tags: Vec<Value> = group
        .tags
        .iter()
        .map(|(key, value)| tag(&group.name, key, value))
        .collect();
    json!({
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": arn,
        "LaunchTemplate": {"LaunchTemplateId": template, "LaunchTemplateName": name, "Version": version.to_string()},
        "MinSize": group.min,
        "MaxSize": group.max,
        "DesiredCapacity": group.desired,
        "DefaultCooldown": 300,
        "AvailabilityZones": group.zones,
        "VPCZoneIdentifier": group.subnets.join(","),
        "HealthCheckType": "EC2",
        "HealthCheckGracePeriod": 15,
        "Instances": instances,
        "CreatedTime": group.created_at,
        "SuspendedProcesses": [],
        "Tags": tags,
        "TerminationPolicies": ["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
        "NewInstancesProtectedFromScaleIn": false,
        "CapacityRebalance": true,
    })
}

fn member(region: &Region, instance: &Instance) -> Value {
    let template = instance.launch_template.as_ref().map(|(id, version)| {
        let name = region.launch_templates.get(id).map(|found| &found.name);
        json!({"LaunchTemplateId": id, "LaunchTemplateName": name, "Version": version.to_string()})
    });
    let state = if instance.state == "pending" {
        "Pending"
    } else {
        "InService"
    };
    json!({
        "InstanceId": instance.id,
        "InstanceType": instance.instance_type,
        "AvailabilityZone": instance.zone,
        "LifecycleState": state,
        "HealthStatus": "Healthy",
        "LaunchTemplate": template,
        "ProtectedFromScaleIn": false,
    })
}

fn tag(group: &str, key: &str, value: &str) -> Value {
    json!({
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": true,
    })
}
