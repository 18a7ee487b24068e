//! Launch-template data from a family's template in `templates/`.

use serde::Serialize;
use serde_json::Value;

use super::templates::{Format, fill};
use super::{Boot, Problems};
use crate::family::family;
use crate::launch_template::{Data, HASH_TAG, TAGGED, TagSpecification, UserDataBlob};
use crate::lock::LockedImage;
use crate::spec::{BlockDevice, Device, PinnedBy};

/// Every key is there, always: what is not set is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    image_id: Option<&'a str>,
    instance_type: Option<&'a str>,
    key_name: Option<&'a str>,
    user_data: Option<&'a str>,
    security_group_ids: Option<&'a [String]>,
    block_devices: Option<Vec<DeviceContext<'a>>>,
    metadata: MetadataContext<'a>,
    tag_specifications: Option<Vec<TagsContext<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceContext<'a> {
    device_name: &'a str,
    size: Option<i32>,
    volume_type: Option<&'a str>,
    iops: Option<i32>,
    throughput: Option<i32>,
    encrypted: Option<bool>,
    kms_key_id: Option<&'a str>,
    snapshot_id: Option<&'a str>,
    delete_on_termination: Option<bool>,
    volume_initialization_rate: Option<i32>,
    ebs_card_index: Option<i32>,
    virtual_name: Option<&'a str>,
    /// An empty text leaves the device out.
    no_device: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetadataContext<'a> {
    http_tokens: Option<&'a str>,
    http_put_response_hop_limit: Option<i32>,
    http_endpoint: Option<&'a str>,
    http_protocol_ipv6: Option<&'a str>,
    instance_metadata_tags: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TagsContext<'a> {
    resource_type: &'a str,
    tags: Vec<TagContext<'a>>,
}

#[derive(Serialize)]
struct TagContext<'a> {
    key: &'a str,
    value: &'a str,
}

/// The data of a version, without our hash tag.
pub(super) fn launch_template_data(
    boot: &Boot<'_>,
    image: &LockedImage,
    user_data: Option<UserDataBlob>,
    problems: &mut Problems,
) -> Option<Data> {
    let path = format!("launchTemplates[{}]", boot.index);
    if boot.template.tags.contains_key(HASH_TAG) {
        problems.spec(
            format!("{path}.tags[{HASH_TAG}]"),
            "nodemint sets this tag itself",
            "take it out",
        );
        return None;
    }
    let context = context(boot, image, user_data.as_ref());
    let text = fill(
        family(boot.template.family).data_template(),
        Format::Yaml,
        &context,
    );
    let data = text
        .map_err(|error| error.to_string())
        .and_then(|text| read(&text, &boot.template.extra));
    match data {
        Ok(data) => Some(data),
        Err(error) => {
            problems.unfilled(path, error);
            None
        }
    }
}

/// Parses what a template wrote, and lays `launchTemplateData` of the spec over it. Tags are what both can have.
fn read(text: &str, extra: &Data) -> Result<Data, String> {
    let mut value: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let mut extra = extra.clone();
    let more = std::mem::take(&mut extra.tag_specifications);
    let extra = serde_json::to_value(extra).map_err(|error| error.to_string())?;
    if let (Value::Object(value), Value::Object(extra)) = (&mut value, extra) {
        for (key, field) in extra {
            if value.insert(key.clone(), field).is_some() {
                return Err(format!("{key} is set twice"));
            }
        }
    }
    let mut data: Data = serde_json::from_value(value).map_err(|error| error.to_string())?;
    add_tags(&mut data.tag_specifications, more);
    Ok(data)
}

/// One specification for each type.
fn add_tags(all: &mut Vec<TagSpecification>, more: Vec<TagSpecification>) {
    for specification in more {
        let kind = &specification.resource_type;
        match all.iter_mut().find(|one| one.resource_type == *kind) {
            Some(known) => known.tags.extend(specification.tags),
            None => all.push(specification),
        }
    }
}

fn context<'a>(
    boot: &Boot<'a>,
    image: &'a LockedImage,
    user_data: Option<&'a UserDataBlob>,
) -> Context<'a> {
    let template = boot.template;
    let devices: Vec<DeviceContext<'a>> = template
        .block_devices
        .iter()
        .map(|one| device(one, image))
        .collect();
    let options = &template.metadata_options;
    Context {
        image_id: (template.pinned_by == PinnedBy::LaunchTemplate).then_some(&image.image_id),
        instance_type: template.instance_type.as_deref(),
        key_name: template.key_name.as_deref(),
        user_data: user_data.map(|blob| blob.0.as_str()),
        security_group_ids: Some(template.security_group_ids.as_slice())
            .filter(|ids| !ids.is_empty()),
        block_devices: (!devices.is_empty()).then_some(devices),
        metadata: MetadataContext {
            http_tokens: options.http_tokens.as_deref(),
            http_put_response_hop_limit: options.http_put_response_hop_limit,
            http_endpoint: options.http_endpoint.as_deref(),
            http_protocol_ipv6: options.http_protocol_ipv6.as_deref(),
            instance_metadata_tags: options.instance_metadata_tags.as_deref(),
        },
        tag_specifications: (!template.tags.is_empty())
            .then(|| TAGGED.map(|kind| tags(boot, kind)).into()),
    }
}

fn device<'a>(device: &'a BlockDevice, image: &'a LockedImage) -> DeviceContext<'a> {
    DeviceContext {
        device_name: match &device.device {
            Device::Root => &image.root_device,
            Device::Named(name) => name,
        },
        size: device.size,
        volume_type: device.volume_type.as_deref(),
        iops: device.iops,
        throughput: device.throughput,
        encrypted: device.encrypted,
        kms_key_id: device.kms_key_id.as_deref(),
        snapshot_id: device.snapshot_id.as_deref(),
        delete_on_termination: device.delete_on_termination,
        volume_initialization_rate: device.volume_initialization_rate,
        ebs_card_index: device.ebs_card_index,
        virtual_name: device.virtual_name.as_deref(),
        no_device: device.no_device.then_some(""),
    }
}

fn tags<'a>(boot: &Boot<'a>, resource_type: &'a str) -> TagsContext<'a> {
    let tags = boot
        .template
        .tags
        .iter()
        .map(|(key, value)| TagContext { key, value });
    TagsContext {
        resource_type,
        tags: tags.collect(),
    }
}
