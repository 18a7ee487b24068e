//! YAML that every parser reads the same way, whether it follows YAML 1.1 (Go's, behind nodeadm) or 1.2.
//!
//! serde_yaml writes `on`, `y` or `1_000` as plain scalars, which YAML 1.1 takes for booleans and numbers.
//! Here a string is plain only if it cannot be anything else, and double-quoted ASCII otherwise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Words that YAML 1.1 or 1.2 gives a meaning of their own.
const RESERVED: &[&str] = &[
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
];

/// Block-style YAML, keys sorted, with a line end at its end.
pub(super) fn block(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write_map(&map.iter().collect(), 0, &mut out),
        Value::Array(items) if !items.is_empty() => write_list(items, 0, &mut out),
        scalar => {
            out.push_str(&flow(scalar));
            out.push('\n');
        }
    }
    out
}

/// A double-quoted scalar, ASCII only.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        let code = u32::from(character);
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            _ if code <= 0xff => drop(write!(out, "\\x{code:02X}")),
            _ if code <= 0xffff => drop(write!(out, "\\u{code:04X}")),
            _ => drop(write!(out, "\\U{code:08X}")),
        }
    }
    out.push('"');
    out
}

/// Any value on one line.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(flow).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let pairs = sorted
                .into_iter()
                .map(|(key, item)| format!("{}: {}", scalar(key), flow(item)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn scalar(text: &str) -> String {
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
    let rest = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    let reserved = RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if first && rest && !reserved {
        text.to_owned()
    } else {
        quote(text)
    }
}

fn write_map(map: &BTreeMap<&String, &Value>, indent: usize, out: &mut String) {
    for (key, value) in map {
        let _ = write!(out, "{:indent$}{}:", "", scalar(key));
        write_below(value, indent + 2, out);
    }
}

fn write_list(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        let _ = write!(out, "{:indent$}-", "");
        match item {
            // A map or a list in a list goes on one line: rare here, and never ambiguous.
            Value::Object(_) | Value::Array(_) => drop(writeln!(out, " {}", flow(item))),
            scalar => write_below(scalar, indent + 2, out),
        }
    }
}

fn write_below(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write_map(&map.iter().collect(), indent, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_list(items, indent, out);
        }
        scalar => drop(writeln!(out, " {}", flow(scalar))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_yaml_1_1_would_take_for_something_else_is_quoted() {
        for text in [
            "on",
            "Yes",
            "n",
            "NULL",
            "1_000",
            "0x10",
            "012",
            "1:30",
            "1e3",
            ".inf",
            "~",
            "",
            "- a",
            "2026-01-01",
        ] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        assert_eq!(scalar("node.eks.aws/v1alpha1"), "node.eks.aws/v1alpha1");
    }

    #[test]
    fn the_shape_of_a_block() {
        let value = json!({"b": {"c": [1, "x y", {"k": true}], "e": {}}, "a": null});
        assert_eq!(
            block(&value),
            "a: null\nb:\n  c:\n    - 1\n    - \"x y\"\n    - {k: true}\n  e: {}\n"
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in any_value()) {
            let text = block(&value);
            prop_assert!(text.is_ascii());
            prop_assert_eq!(&serde_yaml::from_str::<Value>(&text).unwrap(), &value);
        }
    }
}
