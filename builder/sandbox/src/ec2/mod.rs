//! EC2: launch templates and their versions, and what there is to look up (images, instances, instance
//! types, subnets, security groups, VPCs, zones, regions, tags).

mod filters;
mod images;
mod instance_types;
mod instances;
mod network;
mod tags;
mod template_data;
mod templates;
mod versions;

use serde_json::Value;

pub(crate) use template_data::{MAX_USER_DATA, TOO_LARGE};

use crate::input::flag;
use crate::world::{Region, World};
use crate::{Answer, AwsError, Call, protocol};

/// Answers an EC2 call.
pub fn handle(world: &mut World, call: &Call<'_>) -> Answer {
    if flag(&call.input, "DryRun") {
        return Err(dry_run(world, call));
    }
    run(world, call)
}

fn run(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation {
        "CreateLaunchTemplate" => templates::create(world, call),
        "DeleteLaunchTemplate" => templates::delete(world, call),
        "ModifyLaunchTemplate" => templates::modify(world, call),
        "DescribeLaunchTemplates" => templates::describe(world, call),
        "CreateLaunchTemplateVersion" => versions::create(world, call),
        "DeleteLaunchTemplateVersions" => versions::delete(world, call),
        "DescribeLaunchTemplateVersions" => versions::describe(world, call),
        "DescribeImages" => images::describe(world, call),
        "DescribeInstances" => instances::describe(world, call),
        "DescribeInstanceTypes" => instance_types::describe(world, call),
        "DescribeInstanceTypeOfferings" => instance_types::offerings(world, call),
        "DescribeSubnets" => network::subnets(world, call),
        "DescribeSecurityGroups" => network::security_groups(world, call),
        "DescribeVpcs" => network::vpcs(world, call),
        "DescribeAvailabilityZones" => network::zones(world, call),
        "DescribeRegions" => network::regions(world, call),
        "CreateTags" => tags::create(world, call),
        "DeleteTags" => tags::delete(world, call),
        "DescribeTags" => tags::describe(world, call),
        other => Err(AwsError::new(
            400,
            "InvalidAction",
            protocol::not_supported(other),
        )),
    }
}

/// AWS checks permissions only; here the call is tried on a copy, so that a dry run of a call that would
/// fail says so.
fn dry_run(world: &World, call: &Call<'_>) -> AwsError {
    match run(&mut world.clone(), call) {
        Ok(_) => AwsError::new(
            412,
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ),
        Err(error) => error,
    }
}

/// The call's region, to look things up in: a copy-free view, empty where nothing was ever made.
fn region<'w>(world: &'w World, call: &Call<'_>, empty: &'w Region) -> &'w Region {
    world.region(call.account, call.region).unwrap_or(empty)
}

/// Refuses what EC2 takes and the sandbox does not simulate, by name.
fn refuse(input: &Value, members: &[&str]) -> Result<(), AwsError> {
    let given = |member: &&&str| {
        input
            .get(**member)
            .is_some_and(|value| *value != Value::Bool(false))
    };
    match members.iter().find(given) {
        Some(member) => Err(unsupported(&format!("the parameter {member}"))),
        None => Ok(()),
    }
}

fn unsupported(what: &str) -> AwsError {
    AwsError::new(400, "UnsupportedOperation", protocol::not_supported(what))
}

fn invalid(text: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterValue", text)
}

/// An id of EC2's form: a prefix, and 8 or 17 hexadecimal digits.
fn is_id(prefix: &str, id: &str) -> bool {
    let digits = id
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Checks that ids are of their form and exist. `noun` is EC2's own for the thing: `InvalidSubnetID`,
/// `The subnet ID 'subnet-1' does not exist`.
fn all_exist(
    ids: &[&str],
    prefix: &str,
    code: &str,
    noun: &str,
    exists: impl Fn(&str) -> bool,
) -> Result<(), AwsError> {
    for id in ids {
        if !is_id(prefix, id) {
            let text = format!("Invalid id: \"{id}\" (expecting \"{prefix}-...\")");
            // the one thing whose two codes differ in more than their end
            let code = if prefix == "sg" {
                "InvalidGroupId"
            } else {
                code
            };
            return Err(AwsError::new(400, &format!("{code}.Malformed"), text));
        }
        if !exists(id) {
            let text = format!("The {noun} '{id}' does not exist");
            return Err(AwsError::new(400, &format!("{code}.NotFound"), text));
        }
    }
    Ok(())
}
