//! DescribeImages.

use serde_json::{Value, json};

use super::filters::Filters;
use super::{all_exist, refuse, tags, unsupported};
use crate::input::{EC2_PAGING, Paging, flag, items, page, text, texts};
use crate::world::{Image, World};
use crate::{Answer, AwsError, Call};

/// Those that the sandbox has something to compare with. All but `boot-mode` are in the API reference.
const FILTERS: [&str; 19] = [
    "architecture",
    "block-device-mapping.device-name",
    "block-device-mapping.volume-size",
    "boot-mode",
    "creation-date",
    "description",
    "ena-support",
    "hypervisor",
    "image-id",
    "image-type",
    "is-public",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "root-device-name",
    "root-device-type",
    "state",
    "virtualization-type",
];

/// Those that EC2 has besides (EC2 API reference, DescribeImages).
const NOT_SIMULATED: [&str; 17] = [
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.encrypted",
    "block-device-mapping.snapshot-id",
    "block-device-mapping.volume-type",
    "free-tier-eligible",
    "image-allowed",
    "kernel-id",
    "manifest-location",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "source-image-id",
    "source-image-region",
    "source-instance-id",
    "sriov-net-support",
    "state-reason-code",
    "state-reason-message",
];

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["ExecutableUsers"])?;
    for filter in items(input, "Filters") {
        let name = text(filter, "Name").unwrap_or_default();
        if NOT_SIMULATED.contains(&name) {
            return Err(unsupported(&format!("the filter {name}")));
        }
    }
    let filters = Filters::read(input, &FILTERS, true)?;
    let ids = texts(input, "ImageIds");
    let owners = texts(input, "Owners");
    owners.iter().try_for_each(|owner| known_owner(owner))?;
    let view = world.view(call.account, call.region);
    let visible = |image: &Image| {
        image.public
            || image.owner == call.account
            || image.shared_with.iter().any(|it| it == call.account)
    };
    check_ids(input, &ids, |id| view.image(id).is_some_and(visible))?;
    let wanted = |image: &&Image| {
        visible(image)
            && shown(image, call, world)
            && (ids.is_empty() || ids.contains(&image.id.as_str()))
            && (owners.is_empty() || owners.iter().any(|owner| owned(image, owner, call.account)))
            && filters.accept(&image.tags, |name| field(image, name))
    };
    let found: Vec<Value> = view.images().filter(wanted).map(show).collect();
    let paging = Paging {
        min: 1,
        ..EC2_PAGING
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"Images": shown, "NextToken": next}))
}

fn check_ids(input: &Value, ids: &[&str], exists: impl Fn(&str) -> bool) -> Result<(), AwsError> {
    if !ids.is_empty() && input.get("MaxResults").is_some() {
        // EC2's text (aws-sdk-ruby#3028)
        let text = "The parameter imageIdsSet cannot be used with the parameter maxResults";
        return Err(AwsError::new(400, "InvalidParameterCombination", text));
    }
    // EC2's own text puts the id in brackets
    all_exist(ids, "ami", "InvalidAMIID", "image id", exists).map_err(|mut error| {
        error.message = error
            .message
            .replace("image id '", "image id '[")
            .replace("' does", "]' does");
        error
    })
}

/// Deprecated and disabled images are shown to who asks for them; an owner sees the deprecated ones too (EC2
/// API reference, DescribeImages).
fn shown(image: &Image, call: &Call<'_>, world: &World) -> bool {
    let deprecated = image.deprecation_time.is_some_and(|at| at <= world.now);
    let disabled = image.state == "disabled";
    (!deprecated || image.owner == call.account || flag(&call.input, "IncludeDeprecated"))
        && (!disabled || flag(&call.input, "IncludeDisabled"))
}

fn known_owner(owner: &str) -> Result<(), AwsError> {
    let account = owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit());
    if account || ["self", "amazon", "aws-backup-vault", "aws-marketplace"].contains(&owner) {
        return Ok(());
    }
    let text = format!("Invalid user id: \"{owner}\"");
    Err(AwsError::new(400, "InvalidUserID.Malformed", text))
}

fn owned(image: &Image, owner: &str, account: &str) -> bool {
    match owner {
        "self" => image.owner == account,
        other => image.owner == other || image.owner_alias.as_deref() == Some(other),
    }
}

fn field(image: &Image, name: &str) -> Vec<String> {
    let devices = image.block_devices.iter();
    let value = match name {
        "architecture" => Some(image.architecture.clone()),
        "block-device-mapping.device-name" => {
            return devices.map(|(name, _)| name.clone()).collect();
        }
        "block-device-mapping.volume-size" => {
            return devices.map(|(_, size)| size.to_string()).collect();
        }
        "boot-mode" => image.boot_mode.clone(),
        "creation-date" => Some(day(image.created_at)),
        "description" => Some(image.description.clone()),
        "ena-support" => Some("true".to_owned()),
        "hypervisor" => Some("xen".to_owned()),
        "image-id" => Some(image.id.clone()),
        "image-type" => Some("machine".to_owned()),
        "is-public" => Some(image.public.to_string()),
        "name" => Some(image.name.clone()),
        "owner-alias" => image.owner_alias.clone(),
        "owner-id" => Some(image.owner.clone()),
        "platform" => image.platform.clone(),
        "root-device-name" => Some(image.root_device_name.clone()),
        "root-device-type" => Some("ebs".to_owned()),
        "virtualization-type" => Some(image.virtualization.clone()),
        _ => Some(image.state.clone()),
    };
    value.into_iter().collect()
}

/// EC2 gives an image's times as text.
fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn show(image: &Image) -> Value {
    let devices: Vec<Value> = image
        .block_devices
        .iter()
        .map(|(name, size)| {
            json!({
                "DeviceName": name,
                "Ebs": {"VolumeSize": size, "VolumeType": "gp3", "DeleteOnTermination": true, "Encrypted": false},
            })
        })
        .collect();
    // EC2 user guide, "AMI billing information fields"
    let (details, operation) = match image.platform {
        Some(_) => ("Windows", "RunInstances:0002"),
        None => ("Linux/UNIX", "RunInstances"),
    };
    json!({
        "ImageId": image.id,
        "Name": image.name,
        "OwnerId": image.owner,
        "ImageOwnerAlias": image.owner_alias,
        "ImageLocation": format!("{}/{}", image.owner_alias.as_deref().unwrap_or(&image.owner), image.name),
        "Description": image.description,
        "Architecture": image.architecture,
        "State": image.state,
        "RootDeviceName": image.root_device_name,
        "RootDeviceType": "ebs",
        "BlockDeviceMappings": devices,
        "BootMode": image.boot_mode,
        "Platform": image.platform,
        "PlatformDetails": details,
        "UsageOperation": operation,
        "Public": image.public,
        "CreationDate": day(image.created_at),
        "DeprecationTime": image.deprecation_time.map(day),
        "Tags": tags::show(&image.tags),
        "VirtualizationType": image.virtualization,
        "Hypervisor": "xen",
        "EnaSupport": true,
        "ImageType": "machine",
    })
}

#[cfg(test)]
mod tests;
