//! Two documents, key by key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::{KeyChange, KeyChangeKind};
use crate::lint::has_secret;

/// Everything that differs, in the order of the keys. `Null` at the top stands for no document.
pub(super) fn compare(old: &Value, new: &Value) -> Vec<KeyChange> {
    let mut changes = Vec::new();
    let side = |value| Some(value).filter(|value: &&Value| !value.is_null());
    differ(side(old), side(new), "", &mut changes);
    changes
}

/// The same of flat lists of names and values.
pub(super) fn compare_maps(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<KeyChange> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (from, to) = (old.get(name).cloned(), new.get(name).cloned());
        if from != to {
            changes.push(change(name.clone(), from, to));
        }
    }
    changes
}

/// TOML as the same kind of value; dates as their text.
pub(super) fn of_toml(table: toml::Table) -> Value {
    fn value(toml: toml::Value) -> Value {
        match toml {
            toml::Value::Table(table) => of_toml(table),
            toml::Value::Array(items) => items.into_iter().map(value).collect(),
            toml::Value::String(text) => Value::from(text),
            toml::Value::Integer(number) => Value::from(number),
            toml::Value::Float(number) => Value::from(number),
            toml::Value::Boolean(flag) => Value::from(flag),
            toml::Value::Datetime(date) => Value::from(date.to_string()),
        }
    }
    let entries = table.into_iter().map(|(key, item)| (key, value(item)));
    Value::Object(entries.collect())
}

fn change(key: String, from: Option<String>, to: Option<String>) -> KeyChange {
    let kind = match (&from, &to) {
        (None, _) => KeyChangeKind::Added,
        (_, None) => KeyChangeKind::Removed,
        _ => KeyChangeKind::Changed,
    };
    KeyChange {
        key,
        kind,
        from,
        to,
    }
}

fn differ(old: Option<&Value>, new: Option<&Value>, path: &str, changes: &mut Vec<KeyChange>) {
    match (old, new) {
        _ if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => maps(old, new, path, changes),
        (Some(Value::Object(old)), None) if !old.is_empty() => {
            maps(old, &Map::new(), path, changes);
        }
        (None, Some(Value::Object(new))) if !new.is_empty() => {
            maps(&Map::new(), new, path, changes);
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(old, new, path, changes),
        (Some(Value::Array(old)), None) if !old.is_empty() => lists(old, &[], path, changes),
        (None, Some(Value::Array(new))) if !new.is_empty() => lists(&[], new, path, changes),
        _ => changes.push(change(path.to_owned(), old.map(text), new.map(text))),
    }
}

fn maps(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    path: &str,
    changes: &mut Vec<KeyChange>,
) {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let inner = match path {
            "" => quoted(key),
            _ => format!("{path}.{}", quoted(key)),
        };
        differ(old.get(key), new.get(key), &inner, changes);
    }
}

/// By what names the elements, if all of them have a name of their own; else by place.
fn lists(old: &[Value], new: &[Value], path: &str, changes: &mut Vec<KeyChange>) {
    if let (Some(old), Some(new)) = (by_name(old), by_name(new)) {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (old, new) = (old.get(name).copied(), new.get(name).copied());
            differ(old, new, &format!("{path}[{name}]"), changes);
        }
        return;
    }
    let (before, after): (Vec<String>, Vec<String>) = (
        old.iter().map(text).collect(),
        new.iter().map(text).collect(),
    );
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        let (tag, from, to) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            continue;
        }
        for step in 0..from.len().max(to.len()) {
            let (at_old, at_new) = (from.start + step, to.start + step);
            let one = old.get(at_old).filter(|_| from.contains(&at_old));
            let other = new.get(at_new).filter(|_| to.contains(&at_new));
            let at = if other.is_some() { at_new } else { at_old };
            differ(one, other, &format!("{path}[{at}]"), changes);
        }
    }
}

/// Elements by name. None: one has none, or two have the same.
fn by_name(items: &[Value]) -> Option<BTreeMap<String, &Value>> {
    let mut named = BTreeMap::new();
    for item in items {
        if named.insert(name_of(item)?, item).is_some() {
            return None;
        }
    }
    Some(named)
}

/// What an element goes by: `name` or `path` of a mapping, the flag of `--flag=value`. A name is shown where values
/// are not, so it must look like one.
fn name_of(item: &Value) -> Option<String> {
    const LONGEST: usize = 80;
    let name = match item {
        Value::Object(map) => {
            let mut fields = ["name", "path"].into_iter();
            fields.find_map(|field| map.get(field)?.as_str())?
        }
        Value::String(flag) if flag.starts_with("--") => flag.split_once('=')?.0,
        _ => return None,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let fits = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(plain);
    (fits && !has_secret(name)).then(|| name.to_owned())
}

/// A key as TOML writes it: bare, or in quotes.
fn quoted(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match !key.is_empty() && key.bytes().all(bare) {
        true => key.to_owned(),
        // As JSON: nothing in a key reaches a terminal as it is.
        false => Value::from(key).to_string(),
    }
}

/// Text as it is, all else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
