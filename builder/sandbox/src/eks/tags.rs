//! Tags of clusters and node groups, by ARN.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::error::EksError;
use super::{Outcome, input};
use crate::world::{Region, World};
use crate::{Call, partition};

/// The most tags of a resource, and the longest key and value (EKS API reference, TagResource).
const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Checks a resource's tags. The texts are not attested.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), String> {
    if tags.len() > MAX_TAGS {
        return Err(format!("A resource can have at most {MAX_TAGS} tags"));
    }
    for (key, value) in tags {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(format!(
                "Tag key {key} is not valid: the prefix aws: is reserved"
            ));
        }
        if key.is_empty() || key.chars().count() > MAX_KEY || value.chars().count() > MAX_VALUE {
            return Err(format!(
                "Tag {key} is not valid: keys have 1-{MAX_KEY} characters, values {MAX_VALUE}"
            ));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TagInput {
    resource_arn: String,
    tags: BTreeMap<String, String>,
}

pub(super) fn tag_resource(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: TagInput = input(call)?;
    let tags = find(world, call, &given.resource_arn)?;
    let mut merged = tags.clone();
    merged.extend(given.tags);
    check(&merged).map_err(EksError::BadRequest)?;
    *tags = merged;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UntagInput {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(super) fn untag_resource(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: UntagInput = input(call)?;
    let tags = find(world, call, &given.resource_arn)?;
    for key in &given.tag_keys {
        tags.remove(key);
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListTagsInput {
    resource_arn: String,
}

pub(super) fn list_tags_for_resource(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: ListTagsInput = input(call)?;
    Ok(json!({ "tags": find(world, call, &given.resource_arn)? }))
}

/// The tags of a cluster or node group of the caller's account and region. The texts are not attested.
fn find<'w>(
    world: &'w mut World,
    call: &Call<'_>,
    arn: &str,
) -> Result<&'w mut BTreeMap<String, String>, EksError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "eks", region, account, resource] = parts.as_slice() else {
        return Err(EksError::BadRequest(format!("Invalid ARN: {arn}")));
    };
    if *partition != partition::of(call.region).name {
        return Err(EksError::BadRequest(format!("Invalid ARN: {arn}")));
    }
    let missing = || EksError::TagsNotFound(format!("Resource {arn} was not found"));
    if *region != call.region || *account != call.account || world.region(account, region).is_none()
    {
        return Err(missing());
    }
    let place = world.region_mut(account, region);
    tags_of(place, resource, arn).ok_or_else(missing)
}

fn tags_of<'r>(
    region: &'r mut Region,
    resource: &str,
    arn: &str,
) -> Option<&'r mut BTreeMap<String, String>> {
    match resource.split('/').collect::<Vec<_>>().as_slice() {
        ["cluster", name] => region
            .clusters
            .get_mut(*name)
            .map(|cluster| &mut cluster.tags),
        ["nodegroup", cluster, name, _] => {
            let group = region.node_group_mut(cluster, name)?;
            // the ARN of a group that was made again under its name differs
            (group.arn == arn).then_some(&mut group.tags)
        }
        _ => None,
    }
}
