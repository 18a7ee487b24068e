//! EC2 verbs of what is there to be chosen: images and instance types.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{self, Filter, LocationType};
use jiff::Timestamp;
use nodemint_core::ami_source::ImageQuery;
use nodemint_core::observed::{Image, InstanceType};
use nodemint_engine::ports::CloudError;

use crate::ec2::{VALUES_A_CALL, filter};
use crate::errors::Call;
use crate::region::AwsCloud;

/// "We strongly recommend using only paginated requests. Unpaginated requests are susceptible to throttling
/// and timeouts" (EC2 API reference, DescribeImages). A thousand is the most that a page of EC2's usually holds
/// ("Pagination"; this operation names no bound of its own).
const IMAGES_A_PAGE: i32 = 1000;

/// Asked for by filter: in the ImageIds parameter one unknown id would fail all the others, and a page size
/// is not taken beside it.
pub(crate) async fn images(
    cloud: &AwsCloud,
    ids: &[String],
) -> Result<BTreeMap<String, Image>, CloudError> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(VALUES_A_CALL) {
        for image in describe(cloud, &[], vec![filter("image-id", ids)]).await? {
            found.insert(image.id.clone(), image);
        }
    }
    Ok(found)
}

/// The images that a query finds, whatever their age. A query of nothing would be every public image of the
/// region, so it finds none.
pub(crate) async fn find_images(
    cloud: &AwsCloud,
    query: &ImageQuery,
) -> Result<Vec<Image>, CloudError> {
    let others = filters_beside_names(query);
    if query.owners.is_empty() && query.names.is_empty() && query.tags.is_empty() {
        return Ok(Vec::new());
    }
    // Two patterns of different calls can match one image.
    let mut found = BTreeMap::new();
    let names_a_call = VALUES_A_CALL.saturating_sub(others.len()).max(1);
    let calls: Vec<&[String]> = match query.names.as_slice() {
        [] => vec![&[]],
        names => names.chunks(names_a_call).collect(),
    };
    for names in calls {
        let mut filters = others.clone();
        if !names.is_empty() {
            filters.push(filter("name", names));
        }
        for image in describe(cloud, &query.owners, filters).await? {
            found.insert(image.id.clone(), image);
        }
    }
    Ok(found.into_values().collect())
}

/// One value each, which counts towards the limit of a call.
fn filters_beside_names(query: &ImageQuery) -> Vec<Filter> {
    let one = |name: &str, value: &String| filter(name, std::slice::from_ref(value));
    let mut filters = vec![one("state", &"available".to_owned())];
    filters.extend(query.architecture.iter().map(|it| one("architecture", it)));
    filters.extend(query.tags.iter().map(|(key, value)| match value.as_str() {
        "*" => one("tag-key", key),
        _ => one(&format!("tag:{key}"), value),
    }));
    filters
}

/// All pages, deprecated images among them. A page can be empty and have a successor, which the paginator
/// follows. Owners are few, and all in one call: AWS names no limit on their number.
async fn describe(
    cloud: &AwsCloud,
    owners: &[String],
    filters: Vec<Filter>,
) -> Result<Vec<Image>, CloudError> {
    let call = cloud.read("EC2", "DescribeImages");
    let request = cloud
        .ec2
        .describe_images()
        .set_owners((!owners.is_empty()).then(|| owners.to_vec()))
        .include_deprecated(true)
        .set_filters(Some(filters));
    let pages = request.into_paginator().page_size(IMAGES_A_PAGE);
    let mut pages = pages.items().send();
    let mut found = Vec::new();
    while let Some(image) = pages.next().await {
        let image = image.map_err(|error| call.failed(error))?;
        found.push(read_image(&call, image)?);
    }
    Ok(found)
}

/// DescribeInstanceTypes gives at most a hundred types a page (EC2 API reference, MaxResults).
const TYPES_A_PAGE: i32 = 100;
/// So many names a call, each of one type: what a call finds fits in a page.
const TYPES_A_CALL: usize = 100;
/// A type has a handful of zones, so that a page does for the names of one call but in the largest fleets (EC2
/// API reference, DescribeInstanceTypeOfferings, MaxResults).
const OFFERINGS_A_PAGE: i32 = 1000;

/// Asked for by filter: in the InstanceTypes parameter one unknown name would fail all the others.
pub(crate) async fn instance_types(
    cloud: &AwsCloud,
    names: &[String],
) -> Result<BTreeMap<String, InstanceType>, CloudError> {
    let call = cloud.read("EC2", "DescribeInstanceTypes");
    let mut found = BTreeMap::new();
    for names in names.chunks(TYPES_A_CALL) {
        let request = cloud
            .ec2
            .describe_instance_types()
            .filters(filter("instance-type", names));
        let pages = request.into_paginator().page_size(TYPES_A_PAGE);
        let mut pages = pages.items().send();
        while let Some(one) = pages.next().await {
            let one = read_instance_type(&call, one.map_err(|error| call.failed(error))?)?;
            found.insert(one.name.clone(), one);
        }
    }
    Ok(found)
}

fn read_instance_type(
    call: &Call,
    one: types::InstanceTypeInfo,
) -> Result<InstanceType, CloudError> {
    let processor = one
        .processor_info
        .and_then(|info| info.supported_architectures);
    let gpus = one.gpu_info.and_then(|info| info.gpus).unwrap_or_default();
    let accelerators = one
        .inference_accelerator_info
        .and_then(|info| info.accelerators)
        .unwrap_or_default();
    let neuron = one.neuron_info.is_some()
        || accelerators
            .iter()
            .any(|one| one.manufacturer.as_deref() == Some("AWS"));
    Ok(InstanceType {
        name: call
            .required(one.instance_type, "InstanceType")?
            .as_str()
            .to_owned(),
        architectures: texts(processor.unwrap_or_default()),
        virtualizations: texts(one.supported_virtualization_types.unwrap_or_default()),
        boot_modes: texts(one.supported_boot_modes.unwrap_or_default()),
        gpu_manufacturers: gpus
            .into_iter()
            .filter_map(|gpu| gpu.manufacturer)
            .collect(),
        neuron,
    })
}

/// The SDK's enums in AWS's own words.
fn texts<T: AsRef<str>>(values: Vec<T>) -> Vec<String> {
    values
        .into_iter()
        .map(|value| value.as_ref().to_owned())
        .collect()
}

/// The zones of each type, by type.
pub(crate) async fn offered_zones(
    cloud: &AwsCloud,
    names: &[String],
) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError> {
    let call = cloud.read("EC2", "DescribeInstanceTypeOfferings");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for names in names.chunks(VALUES_A_CALL) {
        let request = cloud
            .ec2
            .describe_instance_type_offerings()
            .location_type(LocationType::AvailabilityZone)
            .filters(filter("instance-type", names));
        let pages = request.into_paginator().page_size(OFFERINGS_A_PAGE);
        let mut pages = pages.items().send();
        while let Some(offering) = pages.next().await {
            let offering = offering.map_err(|error| call.failed(error))?;
            let name = call.required(offering.instance_type, "InstanceType")?;
            let zone = call.required(offering.location, "Location")?;
            found
                .entry(name.as_str().to_owned())
                .or_default()
                .insert(zone);
        }
    }
    Ok(found)
}

fn read_image(call: &Call, image: types::Image) -> Result<Image, CloudError> {
    let root = image.root_device_name.clone();
    let mappings = image.block_device_mappings.unwrap_or_default();
    let root_mapping = mappings
        .into_iter()
        .find(|mapping| root.is_some() && mapping.device_name == root);
    Ok(Image {
        id: call.required(image.image_id, "ImageId")?,
        name: image.name.unwrap_or_default(),
        owner: image.owner_id.unwrap_or_default(),
        owner_alias: image.image_owner_alias,
        state: call.required(image.state, "State")?.as_str().to_owned(),
        architecture: call
            .required(image.architecture, "Architecture")?
            .as_str()
            .to_owned(),
        virtualization: image
            .virtualization_type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        boot_mode: image.boot_mode.map(|mode| mode.as_str().to_owned()),
        root_device: root,
        root_device_type: image.root_device_type.map(|kind| kind.as_str().to_owned()),
        root_volume_size: root_mapping
            .and_then(|mapping| mapping.ebs)
            .and_then(|ebs| ebs.volume_size),
        created: date(call, image.creation_date, "CreationDate")?,
        deprecated: date(call, image.deprecation_time, "DeprecationTime")?,
    })
}

/// EC2 gives the dates of an image as text.
fn date(call: &Call, text: Option<String>, field: &str) -> Result<Option<Timestamp>, CloudError> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(date) => Ok(Some(date)),
            Err(_) => Err(call.unexpected(format!("{field} is no date: {text:?}"))),
        },
    }
}
