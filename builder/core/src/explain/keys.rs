//! What the settings documents of user data say together, by name: values can be secrets.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::boot::node_configs;
use crate::launch_template::Decoded;
use crate::lint::Reader;
use crate::render::TOML;

/// A setting, and the parts that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingKey {
    /// `spec.kubelet.config.maxPods`
    pub key: String,
    /// Indices, in order. The last one wins, but `kubelet.flags` come from all of them.
    pub parts: Vec<usize>,
}

/// How deep settings are followed: nodeadm's own fields are not deeper.
const DEPTH: usize = 12;

pub(super) fn settings(decoded: &Decoded, reader: Reader) -> Vec<SettingKey> {
    let indices = match reader {
        Reader::Nodeadm => node_configs(decoded),
        Reader::Bottlerocket => {
            let parts = decoded.parts.iter().enumerate();
            let parts = parts.filter(|(_, part)| part.content_type == TOML);
            parts.map(|(index, _)| index).collect()
        }
        Reader::CloudInit | Reader::Windows | Reader::Unknown => Vec::new(),
    };
    let mut keys: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for index in indices {
        let part = decoded.parts.get(index);
        let text = part.and_then(|part| std::str::from_utf8(&part.body).ok());
        let document = text.and_then(|text| read(text, reader));
        let Some(document) = document else { continue };
        let mut found = Vec::new();
        leaves(&document, String::new(), 0, &mut found);
        for key in found {
            keys.entry(key).or_default().push(index);
        }
    }
    keys.retain(|key, _| !matches!(key.as_str(), "apiVersion" | "kind"));
    let keys = keys.into_iter();
    keys.map(|(key, parts)| SettingKey { key, parts }).collect()
}

fn read(text: &str, reader: Reader) -> Option<Value> {
    match reader {
        Reader::Nodeadm => serde_yaml::from_str(text).ok(),
        _ => serde_json::to_value(toml::from_str::<toml::Table>(text).ok()?).ok(),
    }
}

fn leaves(value: &Value, path: String, depth: usize, out: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() && depth < DEPTH => {
            for (key, item) in map {
                let key = match key.contains(['.', ' ']) {
                    true => format!("\"{key}\""),
                    false => key.clone(),
                };
                let path = match path.is_empty() {
                    true => key,
                    false => format!("{path}.{key}"),
                };
                leaves(item, path, depth + 1, out);
            }
        }
        _ if path.is_empty() => {}
        _ => out.push(path),
    }
}
