//! DescribeImages.

use serde_json::{Value, json};

use super::filters::Filters;
use super::{all_exist, refuse, region, tags};
use crate::input::{EC2_PAGING, Paging, flag, page, texts};
use crate::world::{Image, Region, World};
use crate::{Answer, Call};

const FILTERS: [&str; 14] = [
    "architecture",
    "boot-mode",
    "creation-date",
    "description",
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
];

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["ExecutableUsers"])?;
    let now = world.now;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let filters = Filters::read(input, &FILTERS, true)?;
    let ids = texts(input, "ImageIds");
    let visible = |image: &Image| image.public || image.owner == call.account;
    let exists = |id: &str| region.images.get(id).is_some_and(visible);
    // EC2's own text puts the id in brackets
    all_exist(&ids, "ami", "InvalidAMIID", "image id", exists).map_err(|mut error| {
        error.message = error
            .message
            .replace("image id '", "image id '[")
            .replace("' does", "]' does");
        error
    })?;
    let owners = texts(input, "Owners");
    let with_deprecated = flag(input, "IncludeDeprecated");
    let wanted = |image: &&Image| {
        // an owner sees the deprecated ones too (EC2 API reference, DescribeImages)
        let shown = with_deprecated
            || image.owner == call.account
            || image.deprecation_time.is_none_or(|at| at > now);
        visible(image)
            && shown
            && (ids.is_empty() || ids.contains(&image.id.as_str()))
            && (owners.is_empty() || owners.iter().any(|owner| owned(image, owner, call.account)))
            && filters.accept(&image.tags, |name| field(image, name))
    };
    let found: Vec<Value> = region.images.values().filter(wanted).map(show).collect();
    let paging = Paging {
        min: 1,
        ..EC2_PAGING
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"Images": shown, "NextToken": next}))
}

fn owned(image: &Image, owner: &str, account: &str) -> bool {
    match owner {
        "self" => image.owner == account,
        other => image.owner == other || image.owner_alias.as_deref() == Some(other),
    }
}

fn field(image: &Image, name: &str) -> Vec<String> {
    let value = match name {
        "architecture" => Some(image.architecture.clone()),
        "boot-mode" => image.boot_mode.clone(),
        "creation-date" => Some(
            image
                .created_at
                .strftime("%Y-%m-%dT%H:%M:%S.000Z")
                .to_string(),
        ),
        "description" => Some(image.description.clone()),
        "image-id" => Some(image.id.clone()),
        "image-type" => Some("machine".to_owned()),
        "is-public" => Some(image.public.to_string()),
        "name" => Some(image.name.clone()),
        "owner-alias" => image.owner_alias.clone(),
        "owner-id" => Some(image.owner.clone()),
        "platform" => image.platform.clone(),
        "root-device-name" => Some(image.root_device_name.clone()),
        "root-device-type" => Some("ebs".to_owned()),
        _ => Some(image.state.clone()),
    };
    value.into_iter().collect()
}

fn show(image: &Image) -> Value {
    let day = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
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
    let details = if image.platform.is_some() {
        "Windows"
    } else {
        "Linux/UNIX"
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
        "Public": image.public,
        // EC2 gives these two as text
        "CreationDate": day(image.created_at),
        "DeprecationTime": image.deprecation_time.map(day),
        "Tags": tags::show(&image.tags),
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": true,
        "ImageType": "machine",
    })
}
