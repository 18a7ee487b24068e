//! Launch-template data in the spec's words where it has some, and in EC2's under `launchTemplateData` otherwise.

use std::collections::BTreeMap;

use serde_json::{Map as Fields, Value, json};

use super::devices::block_devices;
use super::report::{Line, mapped, mapped_with};
use crate::import::document::{Doc, Map};
use crate::launch_template::{Data, HASH_TAG};

/// Fields that have the same value under a name of the spec's.
const RENAMED: &[(&str, &str)] = &[
    ("InstanceType", "instanceType"),
    ("KeyName", "keyName"),
    ("SecurityGroupIds", "securityGroupIds"),
];

const METADATA: &[(&str, &str)] = &[
    ("HttpTokens", "httpTokens"),
    ("HttpPutResponseHopLimit", "httpPutResponseHopLimit"),
    ("HttpEndpoint", "httpEndpoint"),
    ("HttpProtocolIpv6", "httpProtocolIpv6"),
    ("InstanceMetadataTags", "instanceMetadataTags"),
];

/// What the spec's `tags` are put on.
const TAGGED: [&str; 3] = ["instance", "network-interface", "volume"];

/// Writes everything but image and user data, and tells where it went.
pub(super) fn write(data: &Data, root: Option<&str>, map: &mut Map) -> Vec<Line> {
    // Plain structs with text keys always serialise.
    let value = serde_json::to_value(data).unwrap_or_default();
    let mut fields = match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    };
    let mut told = Vec::new();
    for elsewhere in ["ImageId", "UserData"] {
        fields.remove(elsewhere);
    }
    for (theirs, ours) in RENAMED {
        if let Some(value) = fields.remove(*theirs) {
            map.set(ours, Doc::from(value));
            told.push(((*theirs).to_owned(), mapped(ours)));
        }
    }
    if let Some(devices) = fields
        .get("BlockDeviceMappings")
        .and_then(|mappings| block_devices(mappings, root))
    {
        fields.remove("BlockDeviceMappings");
        map.set("blockDevices", devices);
        told.push(("BlockDeviceMappings".to_owned(), mapped("blockDevices")));
    }
    metadata(&mut fields, map, &mut told);
    tags(&mut fields, map, &mut told);
    for key in fields.keys() {
        told.push((key.clone(), mapped(&format!("launchTemplateData.{key}"))));
    }
    map.set_some("launchTemplateData", Some(Value::Object(fields)));
    told
}

/// The spec requires session tokens unless it says otherwise, so that a template that says nothing has to say so.
fn metadata(fields: &mut Fields<String, Value>, map: &mut Map, told: &mut Vec<Line>) {
    let known = |key: &String| METADATA.iter().any(|(theirs, _)| theirs == key);
    let options = match fields.get("MetadataOptions") {
        Some(Value::Object(options)) if options.keys().all(known) => options.clone(),
        _ => Fields::new(),
    };
    let mut written = Map::default();
    let tokens = options.get("HttpTokens").and_then(Value::as_str);
    match tokens {
        Some("required") => {}
        Some(other) => written.set("httpTokens", other),
        None => written.set("httpTokens", "no-preference"),
    }
    for (theirs, ours) in METADATA.iter().skip(1) {
        written.set_some(ours, options.get(*theirs).cloned());
    }
    if !written.is_empty() {
        map.set("metadataOptions", Doc::from(written));
    }
    if !options.is_empty() {
        fields.remove("MetadataOptions");
        told.push(("MetadataOptions".to_owned(), mapped("metadataOptions")));
    }
    if tokens.is_none() {
        let note = "it does not say whether tokens are required; the image's or the account's default holds";
        let fate = mapped_with("metadataOptions.httpTokens", note);
        told.push(("MetadataOptions.HttpTokens".to_owned(), fate));
    }
}

/// What all that the spec's `tags` are put on has in common is theirs; the rest keeps EC2's form.
fn tags(fields: &mut Fields<String, Value>, map: &mut Map, told: &mut Vec<Line>) {
    let key = "TagSpecifications";
    let mut by_type = fields
        .remove(key)
        .map(|value| by_type(&value))
        .unwrap_or_default();
    if by_type.is_empty() {
        return;
    }
    let common = common(&by_type);
    for kind in TAGGED {
        if let Some(tags) = by_type.get_mut(kind) {
            tags.retain(|key, _| !common.contains_key(key));
        }
    }
    by_type.retain(|_, tags| !tags.is_empty());
    if !common.is_empty() {
        let tags = common
            .into_iter()
            .map(|(key, value)| (key, Value::from(value)));
        map.set("tags", Doc::from(Value::Object(tags.collect())));
        told.push((key.to_owned(), mapped("tags")));
    }
    let rest = by_type.into_iter().map(|(kind, tags)| {
        let tags = tags
            .into_iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}));
        json!({"ResourceType": kind, "Tags": tags.collect::<Vec<_>>()})
    });
    let rest: Vec<Value> = rest.collect();
    if !rest.is_empty() {
        fields.insert(key.to_owned(), Value::Array(rest));
    }
}

/// The tags that all of [`TAGGED`] have, with one value.
fn common(by_type: &BTreeMap<String, BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let mut lists = TAGGED.iter().map(|kind| by_type.get(*kind));
    let mut common = lists.next().flatten().cloned().unwrap_or_default();
    for list in lists {
        common.retain(|key, value| list.and_then(|list| list.get(key)) == Some(value));
    }
    common
}

/// Type → key → value, without the tag that nodemint sets itself.
fn by_type(specifications: &Value) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for one in specifications.as_array().into_iter().flatten() {
        let kind = text(one, "ResourceType");
        let list = one
            .get("Tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for tag in list.filter(|tag| kind != "instance" || text(tag, "Key") != HASH_TAG) {
            let tags = found.entry(kind.clone()).or_default();
            tags.insert(text(tag, "Key"), text(tag, "Value"));
        }
    }
    found
}
