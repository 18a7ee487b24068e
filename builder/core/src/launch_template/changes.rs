//! What differs between two launch-template versions, field by field, for people.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{Algorithm, TextDiff, capture_diff_slices};

use super::canonical::canonical_value;
use super::user_data::{DecodedPart, Form, Layer, decode};
use super::{Data, UserDataBlob};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldChange {
    /// In EC2's names; list elements by what they are: `TagSpecifications[instance].Tags[Name]`.
    pub path: String,
    /// Absent: the field was not set.
    pub from: Option<String>,
    /// Absent: the field is no longer set.
    pub to: Option<String>,
    /// User data only: a unified diff of the parts that differ. It can hold secrets of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
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
        return FieldChange {
            path: path.to_owned(),
            from: from.cloned(),
            to: to.cloned(),
            detail: None,
        };
    }
    let read = |text: Option<&String>| text.map(|text| decode(&UserDataBlob(text.clone())));
    let (from, to) = (read(from), read(to));
    let parts = |side: &Option<super::Decoded>| {
        side.as_ref()
            .map(|one| one.parts.clone())
            .unwrap_or_default()
    };
    FieldChange {
        path: path.to_owned(),
        from: from.as_ref().map(summary),
        to: to.as_ref().map(summary),
        detail: Some(parts_diff(&parts(&from), &parts(&to))),
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
        Form::Gzip => format!("gzip, {bytes} bytes"),
        Form::NotBase64 => format!("not base64, {bytes} characters"),
    }
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
            items
                .iter()
                .for_each(|item| flatten_element(item, &path, out));
        }
        Value::String(text) => insert(path, text.clone(), out),
        scalar => insert(path, scalar.to_string(), out),
    }
}

/// An element of a list of objects goes by the field that names it, not by its place.
fn flatten_element(item: &Value, path: &str, out: &mut BTreeMap<String, String>) {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    if let (Some(key), Some(value)) = (text("Key"), text("Value")) {
        return insert(format!("{path}[{key}]"), value.to_owned(), out);
    }
    let named = ["DeviceName", "ResourceType"]
        .into_iter()
        .find_map(|key| Some((key, text(key)?)));
    let (Some((key, name)), Value::Object(map)) = (named, item) else {
        return flatten(item, format!("{path}[]"), out);
    };
    let path = format!("{path}[{name}]");
    if map.len() == 1 {
        return insert(path, "present".to_owned(), out);
    }
    let rest = map.iter().filter(|(other, _)| *other != key);
    rest.for_each(|(other, item)| flatten(item, format!("{path}.{other}"), out));
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

/// A unified diff for each part that changed; parts that are equal are matched first.
fn parts_diff(from: &[DecodedPart], to: &[DecodedPart]) -> String {
    /// How a part is packed is no change of it.
    fn content(part: &DecodedPart) -> (&str, &[u8]) {
        (&part.content_type, &part.body)
    }
    let mut out = String::new();
    let old: Vec<_> = from.iter().map(content).collect();
    let new: Vec<_> = to.iter().map(content).collect();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == similar::DiffTag::Equal {
            continue;
        }
        for step in 0..old.len().max(new.len()) {
            let side = |range: &std::ops::Range<usize>| {
                Some(range.start + step).filter(|at| range.contains(at))
            };
            let (old, new) = (side(&old), side(&new));
            let old = old.and_then(|at| Some((at, from.get(at)?)));
            let new = new.and_then(|at| Some((at, to.get(at)?)));
            out.push_str(&part_diff(old, new));
        }
    }
    if out.is_empty() {
        out.push_str("the parts are the same, packed differently\n");
    }
    out
}

fn part_diff(old: Option<(usize, &DecodedPart)>, new: Option<(usize, &DecodedPart)>) -> String {
    let label = |side: Option<(usize, &DecodedPart)>| match side {
        Some((at, part)) => format!("part {} ({})", at + 1, part.content_type),
        None => "(no part)".to_owned(),
    };
    let (from, to) = (label(old), label(new));
    let text = |side: Option<(usize, &DecodedPart)>| match side {
        Some((_, part)) => std::str::from_utf8(&part.body).ok().map(str::to_owned),
        None => Some(String::new()),
    };
    let (Some(old_text), Some(new_text)) = (text(old), text(new)) else {
        return format!("--- {from}\n+++ {to}\nbinary content differs\n");
    };
    if old_text == new_text {
        return format!("--- {from}\n+++ {to}\n");
    }
    TextDiff::from_lines(old_text.as_str(), new_text.as_str())
        .unified_diff()
        .header(&from, &to)
        .to_string()
}
