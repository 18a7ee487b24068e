//! How documents are merged by the programs that read them: nodeadm's NodeConfigs, and TOML.
//!
//! nodeadm (amazon-eks-ami, nodeadm/internal/api/merge.go) merges the documents of the user data in their order,
//! by mergo with override (dario.cat/mergo, merge.go): the later wins, maps merge deeply, lists are replaced, and
//! what is empty is not set. Some fields have rules of their own: `kubelet.flags` append; `kubelet.config`,
//! `baseRuntimeSpec` and other maps take empty values and null for values, and keep what is no map from becoming one;
//! `containerd.config` is merged as the TOML that it is.

use std::fmt;

use serde_json::{Map, Value};
use toml::{Table, Value as Toml};

use crate::spec::SpecPath;

/// Something that cannot be merged. It tells the place, and never what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// The `containerd.config` of a document, by its index, is no TOML.
    NotToml { document: usize },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::NotToml { document } => {
                write!(
                    f,
                    "spec.containerd.config of NodeConfig {} is no TOML",
                    document + 1
                )
            }
        }
    }
}

impl std::error::Error for MergeError {}

/// What nodeadm makes of NodeConfig documents, in the order of the user data.
pub fn node_configs(documents: &[Value]) -> Result<Value, MergeError> {
    let mut merged = Value::Object(Map::new());
    for (document, over) in documents.iter().enumerate() {
        node_config(&mut merged, over).map_err(|NotToml| MergeError::NotToml { document })?;
    }
    Ok(merged)
}

/// A `containerd.config` that is no TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotToml;

/// Merges one NodeConfig over another.
pub(crate) fn node_config(base: &mut Value, over: &Value) -> Result<(), NotToml> {
    typed(base, over, &mut Vec::new())
}

/// The maps of a NodeConfig whose content nodeadm does not model.
const FREE: &[&[&str]] = &[
    &["spec", "kubelet", "config"],
    &["spec", "containerd", "baseRuntimeSpec"],
    &["spec", "instance", "environment"],
    &["spec", "featureGates"],
];

/// Merges where nodeadm has a type.
fn typed<'k>(base: &mut Value, over: &'k Value, at: &mut Vec<&'k str>) -> Result<(), NotToml> {
    if over.is_null() {
        return Ok(());
    }
    if FREE.contains(&at.as_slice()) {
        free(base, over);
        return Ok(());
    }
    match (&mut *base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over.iter().filter(|(_, value)| !value.is_null()) {
                at.push(key);
                typed(base.entry(key.as_str()).or_insert(Value::Null), value, at)?;
                at.pop();
            }
        }
        (Value::Null, Value::Object(_)) => {
            *base = Value::Object(Map::new());
            typed(base, over, at)?;
        }
        (Value::Array(base), Value::Array(over)) if at == &["spec", "kubelet", "flags"] => {
            base.extend(over.iter().cloned());
        }
        (Value::String(base), Value::String(over))
            if at == &["spec", "containerd", "config"] && !base.is_empty() && !over.is_empty() =>
        {
            *base = toml_texts(base, over)?;
        }
        (Value::Null, _) => *base = over.clone(),
        (_, over) if is_empty(over) => {}
        (base, over) => *base = over.clone(),
    }
    Ok(())
}

/// What Go takes for a field that is not set.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Merges maps deeply, and replaces what is none, by null too: that takes away what an earlier document said.
fn free(base: &mut Value, over: &Value) {
    match (&mut *base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(key) {
                    Some(base) => free(base, value),
                    None => drop(base.insert(key.clone(), value.clone())),
                }
            }
        }
        // mergo finds no map to merge into, and leaves what is there.
        (base, Value::Object(_)) if !is_zero(base) => {}
        (base, over) => *base = over.clone(),
    }
}

/// What Go has for nothing.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        other => is_empty(other),
    }
}

fn toml_texts(base: &str, over: &str) -> Result<String, NotToml> {
    let mut table: Table = toml::from_str(base).map_err(|_| NotToml)?;
    let over: Table = toml::from_str(over).map_err(|_| NotToml)?;
    tables(&mut table, &over, |base| !is_zero_toml(base));
    toml::to_string(&table).map_err(|_| NotToml)
}

fn is_zero_toml(value: &Toml) -> bool {
    match value {
        Toml::Boolean(value) => !value,
        Toml::Integer(number) => *number == 0,
        Toml::Float(number) => *number == 0.0,
        Toml::String(text) => text.is_empty(),
        Toml::Array(items) => items.is_empty(),
        Toml::Datetime(_) | Toml::Table(_) => false,
    }
}

/// Merges one TOML document over another: tables deeply, whatever is no table is replaced.
pub fn toml(base: &mut Table, over: &Table) {
    tables(base, over, |_| false);
}

/// `stays` says which values a table does not replace.
fn tables(base: &mut Table, over: &Table, stays: fn(&Toml) -> bool) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Toml::Table(base)), Toml::Table(over)) => tables(base, over, stays),
            (Some(base), Toml::Table(_)) if stays(base) => {}
            (Some(base), value) => *base = value.clone(),
            (None, value) => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

/// A mapping of the spec as TOML, or the paths of what TOML has no word for: null, and numbers beyond 64 bits.
pub(crate) fn toml_of(map: &Map<String, Value>) -> Result<Table, Vec<String>> {
    let mut wordless = Vec::new();
    let table = table_of(map, &SpecPath::default(), &mut wordless);
    match wordless.is_empty() {
        true => Ok(table),
        false => Err(wordless),
    }
}

fn table_of(map: &Map<String, Value>, at: &SpecPath, wordless: &mut Vec<String>) -> Table {
    let pairs = map
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value_of(value, &at.key(key), wordless)?)));
    pairs.collect()
}

fn value_of(value: &Value, at: &SpecPath, wordless: &mut Vec<String>) -> Option<Toml> {
    let found = match value {
        Value::Null => None,
        Value::Bool(value) => Some(Toml::Boolean(*value)),
        Value::Number(number) if number.is_f64() => number.as_f64().map(Toml::Float),
        Value::Number(number) => number.as_i64().map(Toml::Integer),
        Value::String(text) => Some(Toml::String(text.clone())),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let items =
                items.filter_map(|(index, item)| value_of(item, &at.index(index), wordless));
            return Some(Toml::Array(items.collect()));
        }
        Value::Object(map) => return Some(Toml::Table(table_of(map, at, wordless))),
    };
    if found.is_none() {
        wordless.push(at.to_string());
    }
    found
}

#[cfg(test)]
mod tests;
