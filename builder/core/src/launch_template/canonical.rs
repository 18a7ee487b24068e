//! The canonical form of launch-template data: one text for one meaning. Rule v1:
//!
//! 1. What is not set is absent: nulls, empty lists, empty objects, empty user data, and tag
//!    specifications without tags.
//! 2. Lists whose order means nothing are sorted: security groups; tag specifications by resource type
//!    (several for one type become one) and their tags by key; block devices by device name; network and
//!    secondary interfaces by network card, then device index; inside of an interface its security groups and
//!    its IPv4 and IPv6 prefixes; licences, Elastic Graphics and Elastic Inference accelerators; the sets of
//!    instance requirements. Every other list stays as it is: of an interface's addresses the first can be the
//!    primary one.
//! 3. User data that is valid base64 is written in standard base64 without line breaks. Its bytes count,
//!    all of them.
//! 4. The tag [`HASH_TAG`] on instances is left out, because it carries the hash itself.
//! 5. The rest is written as JSON in EC2's names: keys sorted by bytes, no spaces. Numbers that can have a
//!    fraction are written with one (`4.0`), instants in UTC with a `Z`.
//! 6. Defaults of nodemint's own (such as `HttpTokens: required`) are in the data, so they count. What EC2 fills
//!    in when it launches is not guessed: it depends on the type, the image and the account's settings.
//!
//! A change of this rule is a new number, never an edit: versions that exist carry hashes under v1.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Data, Tag, TagSpecification, UserDataBlob};

/// The number of the rule, as it stands in a hash.
pub const RULE: &str = "v1";

/// Our own tag, on the instances of a launch template: the hash of the version that they came from.
pub const HASH_TAG: &str = "nodemint:launch-template-hash";

/// The resource type whose tag specification carries [`HASH_TAG`].
pub(super) const INSTANCE: &str = "instance";

/// Rule 2 for the lists that came to be modelled after v1 was written, by path, with the numbers that they are
/// sorted by before their canonical JSON. No version that v1 has hashed before holds one of them: it was `unread`.
const UNORDERED: &[(&str, &[&str])] = &[
    ("ElasticGpuSpecifications", &[]),
    ("ElasticInferenceAccelerators", &[]),
    ("InstanceRequirements.AcceleratorManufacturers", &[]),
    ("InstanceRequirements.AcceleratorNames", &[]),
    ("InstanceRequirements.AcceleratorTypes", &[]),
    ("InstanceRequirements.AllowedInstanceTypes", &[]),
    ("InstanceRequirements.CpuManufacturers", &[]),
    ("InstanceRequirements.ExcludedInstanceTypes", &[]),
    ("InstanceRequirements.InstanceGenerations", &[]),
    ("InstanceRequirements.LocalStorageTypes", &[]),
    ("LicenseSpecifications", &[]),
    ("NetworkInterfaces", CARD_AND_DEVICE),
    ("NetworkInterfaces.Groups", &[]),
    ("NetworkInterfaces.Ipv4Prefixes", &[]),
    ("NetworkInterfaces.Ipv6Prefixes", &[]),
    ("SecondaryInterfaces", CARD_AND_DEVICE),
    ("SecurityGroups", &[]),
];
const CARD_AND_DEVICE: &[&str] = &["NetworkCardIndex", "DeviceIndex"];

/// The canonical JSON of `data` under rule v1.
pub fn canonical_json(data: &Data) -> String {
    let mut out = String::new();
    write_json(&canonical_value(data), &mut out);
    out
}

/// Rules 1 to 4, as a JSON value.
pub(super) fn canonical_value(data: &Data) -> Value {
    // Serialising can fail on maps with keys that are not text, and these types have no maps.
    let value = serde_json::to_value(normal(data)).expect("launch-template data is plain data");
    let mut value = pruned(value).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    order(&mut value, "");
    value
}

/// Sorts the lists of [`UNORDERED`] at and below `path`, the inner ones first.
fn order(value: &mut Value, path: &str) {
    match value {
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                let below = match path {
                    "" => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                order(item, &below);
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| order(item, path));
            if let Some((_, numbers)) = UNORDERED.iter().find(|(list, _)| *list == path) {
                items.sort_by_cached_key(|item| place(item, numbers));
            }
        }
        _ => {}
    }
}

/// What an item of a list is sorted by.
fn place(item: &Value, numbers: &[&str]) -> (Vec<Option<i64>>, String) {
    let numbers = numbers.iter().map(|key| item.get(key)?.as_i64());
    let mut text = String::new();
    write_json(item, &mut text);
    (numbers.collect(), text)
}

fn normal(data: &Data) -> Data {
    let mut data = data.clone();
    data.user_data = data.user_data.as_ref().and_then(normal_user_data);
    data.security_group_ids.sort();
    // The whole mapping is the second key: two mappings of one device have no order of their own either.
    data.block_device_mappings.sort_by_cached_key(|device| {
        (
            device.device_name.clone(),
            serde_json::to_string(device).ok(),
        )
    });
    data.tag_specifications = normal_tags(&data.tag_specifications);
    data
}

fn normal_user_data(blob: &UserDataBlob) -> Option<UserDataBlob> {
    let text: String = blob.0.split_ascii_whitespace().collect();
    if text.is_empty() {
        return None;
    }
    match STANDARD.decode(&text) {
        Ok(bytes) => Some(UserDataBlob(STANDARD.encode(bytes))),
        Err(_) => Some(blob.clone()),
    }
}

fn normal_tags(specifications: &[TagSpecification]) -> Vec<TagSpecification> {
    let mut by_type: BTreeMap<&str, Vec<Tag>> = BTreeMap::new();
    for specification in specifications {
        let own = |tag: &&Tag| specification.resource_type == INSTANCE && tag.key == HASH_TAG;
        let tags = specification.tags.iter().filter(|tag| !own(tag)).cloned();
        by_type
            .entry(&specification.resource_type)
            .or_default()
            .extend(tags);
    }
    by_type
        .into_iter()
        .filter(|(_, tags)| !tags.is_empty())
        .map(|(resource_type, mut tags)| {
            tags.sort();
            TagSpecification {
                resource_type: resource_type.to_owned(),
                tags,
            }
        })
        .collect()
}

/// Rule 1. `None`: nothing is left.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.into_iter().filter_map(pruned).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(map) => {
            let map: serde_json::Map<String, Value> = map
                .into_iter()
                .filter_map(|(key, value)| Some((key, pruned(value)?)))
                .collect();
            (!map.is_empty()).then_some(Value::Object(map))
        }
        scalar => Some(scalar),
    }
}

/// Rule 5. Keys are sorted here and not by serde_json's map, whose order depends on a feature that any
/// crate in a build may switch on.
fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                write_json(item, out);
            }
            out.push('}');
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}
