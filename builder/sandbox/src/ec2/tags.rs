//! Tags: their rules, and the calls that change them on launch templates, instances, images and subnets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filters::Filters;
use super::{invalid, region, unsupported};
use crate::input::{EC2_PAGING, items, page, text, texts};
use crate::world::{Region, World};
use crate::{Answer, AwsError, Call};

type Tags = BTreeMap<String, String>;

const MAX_TAGS: usize = 50;

/// The tags of a list, by EC2's rules (Amazon EC2 user guide, tag restrictions).
pub fn checked(list: &[Value]) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for tag in list {
        let (key, value) = (
            text(tag, "Key").unwrap_or_default(),
            text(tag, "Value").unwrap_or_default(),
        );
        let length = key.chars().count();
        if key.is_empty() || length > 128 {
            return Err(invalid(format!(
                "Tag key of {length} characters is not valid: 1 to 128 are."
            )));
        }
        if value.chars().count() > 256 {
            return Err(invalid(format!(
                "The value of tag '{key}' exceeds the maximum length of 256 characters."
            )));
        }
        if is_reserved(key) {
            return Err(invalid(
                "Tag keys starting with 'aws:' are reserved for internal use",
            ));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    limit(&tags)?;
    Ok(tags)
}

fn is_reserved(key: &str) -> bool {
    key.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// AWS's own tags do not count.
fn limit(tags: &Tags) -> Result<(), AwsError> {
    if tags.keys().filter(|key| !is_reserved(key)).count() <= MAX_TAGS {
        return Ok(());
    }
    Err(AwsError::new(
        400,
        "TagLimitExceeded",
        format!("The maximum number of tags for a resource is {MAX_TAGS}."),
    ))
}

/// The tags that a creating call gives what it creates.
pub fn of_creation(input: &Value, resource_type: &str) -> Result<Tags, AwsError> {
    let mut all = Vec::new();
    for specification in items(input, "TagSpecifications") {
        let given = text(specification, "ResourceType").unwrap_or("null");
        if given != resource_type {
            return Err(invalid(format!(
                "'{given}' is not a valid taggable resource type for this operation."
            )));
        }
        all.extend_from_slice(items(specification, "Tags"));
    }
    checked(&all)
}

/// Tags as EC2 shows them; nothing where there are none.
pub fn show(tags: &Tags) -> Value {
    if tags.is_empty() {
        return Value::Null;
    }
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

pub fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let added = checked(items(&call.input, "Tags"))?;
    change(world, call, |tags| {
        tags.extend(added.clone());
        limit(tags)
    })
}

pub fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let removed = items(&call.input, "Tags");
    if removed
        .iter()
        .filter_map(|tag| text(tag, "Key"))
        .any(is_reserved)
    {
        return Err(invalid(
            "Tag keys starting with 'aws:' are reserved for internal use",
        ));
    }
    change(world, call, |tags| {
        if removed.is_empty() {
            tags.retain(|key, _| is_reserved(key));
        }
        for tag in removed {
            let key = text(tag, "Key").unwrap_or_default();
            // a tag given with a value is removed only if it has that value
            if text(tag, "Value")
                .is_none_or(|value| tags.get(key).map(String::as_str) == Some(value))
            {
                tags.remove(key);
            }
        }
        Ok(())
    })
}

/// Changes the tags of all resources of a call, or of none.
fn change(
    world: &mut World,
    call: &Call<'_>,
    edit: impl Fn(&mut Tags) -> Result<(), AwsError>,
) -> Answer {
    let mut changed = Vec::new();
    // a region in which nothing was ever made stays that way when the call fails
    let mut empty = Region::default();
    for id in texts(&call.input, "Resources") {
        let view = world.view(call.account, call.region);
        if view.public.images.contains_key(id) && !view.own.images.contains_key(id) {
            return Err(not_authorized(id));
        }
        let made = world.region(call.account, call.region).is_some();
        let region = if made {
            world.region_mut(call.account, call.region)
        } else {
            &mut empty
        };
        let mut tags = tags_of(region, call.account, id)?.clone();
        edit(&mut tags)?;
        changed.push((id, tags));
    }
    for (id, tags) in changed {
        let region = world.region_mut(call.account, call.region);
        *tags_of(region, call.account, id)? = tags;
    }
    Ok(json!({}))
}

fn not_authorized(id: &str) -> AwsError {
    let text = format!("Not authorized for images: [{id}]");
    AwsError::new(403, "AuthFailure", text)
}

fn tags_of<'r>(region: &'r mut Region, account: &str, id: &str) -> Result<&'r mut Tags, AwsError> {
    let not_found = |code: &str, noun: &str| {
        AwsError::new(
            400,
            &format!("{code}.NotFound"),
            format!("The {noun} '{id}' does not exist"),
        )
    };
    match id.split('-').next().unwrap_or_default() {
        "lt" => region
            .launch_templates
            .get_mut(id)
            .map(|it| &mut it.tags)
            .ok_or_else(|| not_found("InvalidLaunchTemplateId", "launch template ID")),
        "i" => region
            .instances
            .get_mut(id)
            .map(|it| &mut it.tags)
            .ok_or_else(|| not_found("InvalidInstanceID", "instance ID")),
        "subnet" => region
            .subnets
            .get_mut(id)
            .map(|it| &mut it.tags)
            .ok_or_else(|| not_found("InvalidSubnetID", "subnet ID")),
        "ami" => match region.images.get_mut(id) {
            None => Err(not_found("InvalidAMIID", "image ID")),
            Some(image) if image.owner == account => Ok(&mut image.tags),
            Some(_) => Err(not_authorized(id)),
        },
        "vpc" | "sg" => Err(unsupported("tagging a VPC or a security group")),
        _ => Err(AwsError::new(
            400,
            "InvalidID",
            format!("The ID '{id}' is not valid"),
        )),
    }
}

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let known = ["key", "resource-id", "resource-type", "value"];
    let filters = Filters::read(&call.input, &known, true)?;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let own_images = region
        .images
        .values()
        .filter(|image| image.owner == call.account);
    let tagged = (region
        .launch_templates
        .values()
        .map(|it| ("launch-template", &it.id, &it.tags)))
    .chain(
        region
            .instances
            .values()
            .map(|it| ("instance", &it.id, &it.tags)),
    )
    .chain(
        region
            .subnets
            .values()
            .map(|it| ("subnet", &it.id, &it.tags)),
    )
    .chain(own_images.map(|it| ("image", &it.id, &it.tags)));
    let mut found = Vec::new();
    for (kind, id, tags) in tagged {
        for (key, value) in tags {
            let this = Tags::from([(key.clone(), value.clone())]);
            let field = |name: &str| match name {
                "key" => vec![key.clone()],
                "resource-id" => vec![id.clone()],
                "resource-type" => vec![kind.to_owned()],
                _ => vec![value.clone()],
            };
            if filters.accept(&this, field) {
                found.push(
                    json!({"Key": key, "Value": value, "ResourceId": id, "ResourceType": kind}),
                );
            }
        }
    }
    let (shown, next) = page(found, &call.input, &EC2_PAGING)?;
    Ok(json!({"Tags": shown, "NextToken": next}))
}
