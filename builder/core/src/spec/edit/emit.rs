//! Values as a person would write them into a spec: on one line where that reads well, in blocks elsewhere.

use serde_json::{Map, Value};

use super::quoted;
use crate::spec::value::plain;

/// A line longer than this is written as a block.
const WIDEST: usize = 100;

/// Words that older YAML takes for true or false.
const RESERVED: &[&str] = &["y", "n", "yes", "no", "on", "off"];

/// `key: value` at an indentation, without a line break at its end.
pub(super) fn entry(key: &str, value: &Value, indent: usize) -> String {
    let key = text(key);
    if let Value::String(lines) = value
        && let Some(block) = literal(lines, indent + 2)
    {
        return format!("{key}: {block}");
    }
    let line = format!("{key}: {}", flow(value));
    let short = indent + line.len() <= WIDEST && !holds_lines(value);
    match value {
        Value::Object(map) if !map.is_empty() && !short => {
            format!("{key}:\n{}", mapping(map, indent + 2))
        }
        Value::Array(items) if !items.is_empty() && !short => {
            let items: Vec<String> = items.iter().map(|one| item(one, indent + 2)).collect();
            format!("{key}:\n{}", items.join("\n"))
        }
        _ => line,
    }
}

/// Keys that come first, in this order; the others follow sorted.
const FIRST: &[&str] = &["contentType", "host", "key", "value"];

fn ordered(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by_key(|(key, _)| {
        let first = FIRST.iter().position(|name| name == key);
        (first.unwrap_or(FIRST.len()), key.as_str())
    });
    entries
}

fn mapping(map: &Map<String, Value>, indent: usize) -> String {
    let entries = ordered(map)
        .into_iter()
        .map(|(key, value)| format!("{:indent$}{}", "", entry(key, value, indent)));
    entries.collect::<Vec<_>>().join("\n")
}

/// `- value` at an indentation. A mapping with one key goes without braces.
pub(super) fn item(value: &Value, indent: usize) -> String {
    match value {
        Value::Object(map) if map.len() == 1 || holds_lines(value) => {
            let entries = mapping(map, indent + 2);
            format!("{:indent$}- {}", "", entries.trim_start())
        }
        _ => format!("{:indent$}- {}", "", flow(value)),
    }
}

/// Any value on one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let pairs = ordered(map)
                .into_iter()
                .map(|(key, value)| format!("{}: {}", text(key), flow(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn text(string: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._/@+=-".contains(c);
    let begins = string.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let reserved = RESERVED.contains(&string.to_ascii_lowercase().as_str());
    match begins && string.chars().all(safe) && plain(string).is_string() && !reserved {
        true => string.to_owned(),
        false => quoted(string, '"'),
    }
}

/// Text of several lines as a literal block; `None` if it is not fit for one.
pub(super) fn literal(string: &str, indent: usize) -> Option<String> {
    let printable = |c: char| c == '\n' || c == '\t' || !c.is_control();
    let fit = string.contains('\n')
        && string.chars().all(printable)
        && !string.starts_with([' ', '\n'])
        && !string.ends_with("\n\n");
    if !fit {
        return None;
    }
    let header = if string.ends_with('\n') { "|" } else { "|-" };
    let lines = string.lines().map(|line| match line.is_empty() {
        true => String::new(),
        false => format!("{:indent$}{line}", ""),
    });
    Some(format!(
        "{header}\n{}",
        lines.collect::<Vec<_>>().join("\n")
    ))
}

fn holds_lines(value: &Value) -> bool {
    match value {
        Value::String(string) => literal(string, 0).is_some(),
        Value::Array(items) => items.iter().any(holds_lines),
        Value::Object(map) => map.values().any(holds_lines),
        _ => false,
    }
}
