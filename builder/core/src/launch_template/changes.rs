//! What differs between two launch-template versions, field by field.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::canonical_value;
use super::compare::{UserDataChange, compare};
use super::hash::sha256_hex;
use super::user_data::{Form, Layer, decode};
use super::{Data, UserDataBlob};

/// One field that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldChange {
    /// In EC2's names; list elements by what they are: `TagSpecifications[instance].Tags[Name]`.
    pub path: String,
    /// Absent: the field was not set. Of user data, its form and its size.
    pub from: Option<String>,
    /// Absent: the field is no longer set. Of user data, its form and its size.
    pub to: Option<String>,
    /// What is known of the image before. `ImageId` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_image: Option<ImageNote>,
    /// What is known of the image after. `ImageId` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_image: Option<ImageNote>,
    /// What differs in it, part by part. `UserData` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserDataChange>,
}

/// An image as people know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageNote {
    pub id: String,
    pub name: String,
    /// Absent where nothing tells it, such as of an image of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
}

impl FieldChange {
    /// A field of one value.
    pub fn new(path: impl Into<String>, from: Option<String>, to: Option<String>) -> Self {
        Self {
            path: path.into(),
            from,
            to,
            ..Self::default()
        }
    }
}

const USER_DATA: &str = "UserData";

/// Every field that differs, sorted by path; empty exactly if the two mean the same.
pub fn changes(a: &Data, b: &Data) -> Vec<FieldChange> {
    let (from, to) = (fields(a), fields(b));
    let paths: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let differing = paths
        .into_iter()
        .filter(|path| from.get(*path) != to.get(*path));
    differing
        .map(|path| field_change(path, from.get(path), to.get(path)))
        .collect()
}

fn field_change(path: &str, from: Option<&String>, to: Option<&String>) -> FieldChange {
    if path != USER_DATA {
        return FieldChange::new(path, from.cloned(), to.cloned());
    }
    let read = |text: Option<&String>| text.map(|text| decode(&UserDataBlob(text.clone())));
    let (from, to) = (read(from), read(to));
    FieldChange {
        user_data: Some(compare(from.as_ref(), to.as_ref())),
        ..FieldChange::new(path, from.as_ref().map(summary), to.as_ref().map(summary))
    }
}

fn summary(decoded: &super::Decoded) -> String {
    let bytes = decoded.bytes.len();
    let packed = match decoded.layers.as_slice() {
        [] => "",
        [Layer::Gzip] => " of gzip",
        _ => " of base64 or gzip, packed more than once",
    };
    match decoded.form {
        Form::Multipart if decoded.parts.len() == 1 => format!("1 part, {bytes} bytes{packed}"),
        Form::Multipart => {
            format!("{} parts, {bytes} bytes{packed}", decoded.parts.len())
        }
        Form::Plain => {
            let kind = decoded
                .parts
                .first()
                .map_or("empty", |part| part.content_type.as_str());
            format!("{kind}, {bytes} bytes{packed}")
        }
        // Nothing can be said of what is in it, so two of them are told apart by their hashes.
        Form::Gzip => format!("broken gzip, {bytes} bytes, {}", digest(&decoded.bytes)),
        Form::NotBase64 => {
            format!("not base64, {bytes} characters, {}", digest(&decoded.bytes))
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex = sha256_hex(bytes);
    format!("sha256 {}", hex.get(..12).unwrap_or(&hex))
}

/// Path → value of everything that is set, in the canonical form.
fn fields(data: &Data) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    flatten(&canonical_value(data), String::new(), &mut out);
    out
}

fn flatten(value: &Value, path: String, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                flatten(item, path, out);
            }
        }
        Value::Array(items) => {
            let plain: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            if plain.len() == items.len() {
                insert(path, plain.join(", "), out);
                return;
            }
            let elements = items.iter().enumerate();
            elements.for_each(|(at, item)| flatten_element(item, at, &path, out));
        }
        Value::String(text) => insert(path, text.clone(), out),
        scalar => insert(path, scalar.to_string(), out),
    }
}

/// The fields that name the elements of EC2's lists. What has none of them goes by its place, and so do addresses:
/// the first of an interface can be its primary one.
const NAMES: &[&str] = &[
    "DeviceName",
    "ResourceType",
    "LicenseConfigurationArn",
    "Ipv4Prefix",
    "Ipv6Prefix",
];
/// The fields that name a network interface, and how they are shown.
const INTERFACE: &[(&str, &str)] = &[("NetworkCardIndex", "card"), ("DeviceIndex", "device")];

/// An element of a list of objects goes by the field that names it, not by its place.
fn flatten_element(item: &Value, at: usize, path: &str, out: &mut BTreeMap<String, String>) {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    if let (Some(key), Some(value)) = (text("Key"), text("Value")) {
        return insert(format!("{path}[{key}]"), value.to_owned(), out);
    }
    let Value::Object(map) = item else {
        return flatten(item, format!("{path}[{at}]"), out);
    };
    let (name, naming) = name_of(item).unwrap_or_else(|| (at.to_string(), Vec::new()));
    let path = format!("{path}[{name}]");
    let rest: Vec<_> = map
        .iter()
        .filter(|(key, _)| !naming.contains(&key.as_str()))
        .collect();
    if rest.is_empty() {
        return insert(path, "present".to_owned(), out);
    }
    for (key, item) in rest {
        flatten(item, format!("{path}.{key}"), out);
    }
}

/// What names an element, and the fields that do.
fn name_of(item: &Value) -> Option<(String, Vec<&'static str>)> {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let named = NAMES
        .iter()
        .find_map(|key| Some((text(key)?.to_owned(), vec![*key])));
    let interface = || {
        let fields = INTERFACE.iter().filter_map(|(key, word)| {
            let number = item.get(*key).and_then(Value::as_i64)?;
            Some((format!("{word} {number}"), *key))
        });
        let (words, keys): (Vec<String>, Vec<&str>) = fields.unzip();
        (!keys.is_empty()).then(|| (words.join(", "), keys))
    };
    named.or_else(interface)
}

/// Two elements of one name (EC2 does not forbid them here) must not hide each other.
fn insert(path: String, value: String, out: &mut BTreeMap<String, String>) {
    let mut free = path.clone();
    let mut count = 2;
    while out.contains_key(&free) {
        free = format!("{path}#{count}");
        count += 1;
    }
    out.insert(free, value);
}
