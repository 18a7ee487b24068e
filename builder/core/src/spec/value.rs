//! A tree's values as JSON, by the core schema of YAML 1.2: `yes` and `NO` are text, `0123` is text.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::SpecPath;
use super::tree::{Kind, Node, Style};

/// The value of a node, without the paths in `pruned`: left out of mappings, null in lists (so that the
/// indices of the other items stay).
pub(crate) fn to_json(node: &Node, path: &SpecPath, pruned: &BTreeSet<SpecPath>) -> Value {
    match &node.kind {
        Kind::Scalar { value, style } => match style {
            Style::Plain => plain(value),
            Style::Quoted | Style::Block => Value::from(value.as_str()),
        },
        Kind::Seq { items } => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let path = path.index(index);
                match pruned.contains(&path) {
                    true => Value::Null,
                    false => to_json(item, &path, pruned),
                }
            })
            .collect(),
        Kind::Map { entries, .. } => {
            let mut map = Map::new();
            for entry in entries {
                let path = path.key(&entry.key);
                if !pruned.contains(&path) {
                    map.insert(entry.key.clone(), to_json(&entry.value, &path, pruned));
                }
            }
            Value::Object(map)
        }
    }
}

/// What an unquoted scalar means.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text) {
            Some(number) => Value::Number(number),
            None => Value::from(text),
        },
    }
}

fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok().map(Number::from)
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(number);
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if unsigned.bytes().all(|b| b.is_ascii_digit()) {
        // An account id or a date with a leading zero is text: as a number it would lose the zero.
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            return None;
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        let small = text.parse::<i64>().ok().map(Number::from);
        return small
            .or_else(|| text.parse::<u64>().ok().map(Number::from))
            .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    }
    let is_float = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && unsigned.bytes().any(|b| b.is_ascii_digit());
    if !is_float {
        return None;
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::plain;
    use serde_json::json;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        let rows = [
            ("", json!(null)),
            ("true", json!(true)),
            ("yes", json!("yes")),
            ("NO", json!("NO")),
            ("1", json!(1)),
            ("-3", json!(-3)),
            ("0x1F", json!(31)),
            ("0123", json!("0123")),
            ("1.30", json!(1.3)),
            ("1e3", json!(1000.0)),
            ("1.34.2-20260915", json!("1.34.2-20260915")),
            ("10.100.0.10", json!("10.100.0.10")),
            ("18446744073709551615", json!(u64::MAX)),
            ("-", json!("-")),
            (".", json!(".")),
            ("2026-09-15", json!("2026-09-15")),
        ];
        for (text, value) in rows {
            assert_eq!(plain(text), value, "{text:?}");
        }
    }
}
