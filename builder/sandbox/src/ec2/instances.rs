//! DescribeInstances.

use serde_json::{Value, json};

use super::filters::Filters;
use super::{all_exist, tags};
use crate::input::{EC2_PAGING, page, texts};
use crate::world::{Instance, Region, View, World};
use crate::{Answer, AwsError, Call};

const FILTERS: [&str; 10] = [
    "availability-zone",
    "image-id",
    "instance-id",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "launch-time",
    "private-ip-address",
    "subnet-id",
    "vpc-id",
];

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let view = world.view(call.account, call.region);
    let region = view.own;
    let filters = Filters::read(input, &FILTERS, true)?;
    let ids = texts(input, "InstanceIds");
    if !ids.is_empty() && input.get("MaxResults").is_some() {
        let text = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(AwsError::new(400, "InvalidParameterCombination", text));
    }
    all_exist(&ids, "i", "InvalidInstanceID", "instance ID", |id| {
        region.instances.contains_key(id)
    })?;
    let wanted = |instance: &&Instance| {
        (ids.is_empty() || ids.contains(&instance.id.as_str()))
            && filters.accept(&instance.tags, |name| field(region, instance, name))
    };
    let reservation = |instance: &Instance| {
        json!({
            "ReservationId": instance.id.replacen("i-", "r-", 1),
            "OwnerId": call.account,
            "Instances": [show(view, instance)],
        })
    };
    let found: Vec<Value> = region
        .instances
        .values()
        .filter(wanted)
        .map(reservation)
        .collect();
    let (shown, next) = page(found, input, &EC2_PAGING)?;
    Ok(json!({"Reservations": shown, "NextToken": next}))
}

/// EC2 API reference, InstanceState.
fn state_code(state: &str) -> i64 {
    match state {
        "pending" => 0,
        "running" => 16,
        "shutting-down" => 32,
        "terminated" => 48,
        "stopping" => 64,
        _ => 80,
    }
}

fn vpc<'r>(region: &'r Region, instance: &Instance) -> Option<&'r str> {
    region
        .subnets
        .get(&instance.subnet)
        .map(|subnet| subnet.vpc.as_str())
}

fn field(region: &Region, instance: &Instance, name: &str) -> Vec<String> {
    let value = match name {
        "availability-zone" => instance.zone.clone(),
        "image-id" => instance.image.clone(),
        "instance-id" => instance.id.clone(),
        "instance-state-code" => state_code(&instance.state).to_string(),
        "instance-state-name" => instance.state.clone(),
        "instance-type" => instance.instance_type.clone(),
        "launch-time" => instance.launched_at.to_string(),
        "private-ip-address" => instance.private_ip.clone(),
        "subnet-id" => instance.subnet.clone(),
        _ => vpc(region, instance).unwrap_or_default().to_owned(),
    };
    vec![value]
}

fn show(view: View<'_>, instance: &Instance) -> Value {
    let region = view.own;
    let image = view.image(&instance.image);
    // a terminated instance has lost its place in the network
    let placed = instance.state != "terminated";
    let address = placed.then_some(&instance.private_ip);
    let dns = address.map(|ip| {
        format!(
            "ip-{}.{}",
            ip.replace('.', "-"),
            internal_domain(&instance.zone)
        )
    });
    json!({
        "InstanceId": instance.id,
        "ImageId": instance.image,
        "InstanceType": instance.instance_type,
        "State": {"Code": state_code(&instance.state), "Name": instance.state},
        "LaunchTime": instance.launched_at,
        "AmiLaunchIndex": 0,
        "Placement": {"AvailabilityZone": instance.zone, "Tenancy": "default", "GroupName": ""},
        "PrivateIpAddress": address,
        "PrivateDnsName": dns.unwrap_or_default(),
        "PublicDnsName": "",
        "SubnetId": placed.then_some(&instance.subnet),
        "VpcId": if placed { vpc(region, instance) } else { None },
        "Architecture": image.map(|image| &image.architecture),
        "RootDeviceName": image.map(|image| &image.root_device_name),
        "RootDeviceType": "ebs",
        "Hypervisor": "xen",
        "VirtualizationType": "hvm",
        "EnaSupport": true,
        "Tags": tags::show(&instance.tags),
    })
}

/// `ec2.internal` in us-east-1, and the Region's own elsewhere (Amazon VPC user guide, DNS hostnames).
fn internal_domain(zone: &str) -> String {
    match zone.trim_end_matches(|c: char| c.is_ascii_lowercase()) {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    }
}
