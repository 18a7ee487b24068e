//! Documents from templates that write YAML, without reading their text again for every cluster.
//!
//! Which lines an embedded template writes depends on which values are set and how many there are, never on what
//! they say: it has `given` and `each`, and nothing that compares. So for each such shape of its values it is
//! filled and read once, with marks in the values' places; afterwards the values are put where their marks are.
//! The first time, the outcome is compared with the long way, and if it is another the long way is kept to.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde_json::Value;

use super::templates::{Format, fill};

/// Stands for the value of its number: a word that YAML takes for text, quoted or not.
const MARK: &str = "nodemintMark";

/// A fleet has a few shapes; more than this come from somebody who tries.
const MOST_SHAPES: usize = 64;

type Shapes = BTreeMap<(&'static str, String), Arc<Option<Value>>>;

/// The document that a template writes.
///
/// # Errors
/// The template asks for a value that the context has no name for, or writes no YAML.
pub(super) fn document(template: &'static str, context: &impl Serialize) -> Result<Value, String> {
    static SHAPES: RwLock<Shapes> = RwLock::new(Shapes::new());
    let context = serde_json::to_value(context).map_err(|error| error.to_string())?;
    let (mut shape, mut values) = (String::new(), Vec::new());
    take_apart(&context, &mut shape, &mut values);
    let key = (template, shape);
    let known = SHAPES.read().unwrap_or_else(PoisonError::into_inner);
    let skeleton = known.get(&key).map(Arc::clone);
    drop(known);
    if let Some(skeleton) = skeleton {
        return match skeleton.as_ref() {
            Some(skeleton) => Ok(put(skeleton, &values)),
            None => read(template, &context),
        };
    }
    let long = read(template, &context)?;
    let marked = read(template, &with_marks(&context, &mut 0));
    let marked = marked.ok().filter(|marked| put(marked, &values) == long);
    let mut known = SHAPES.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST_SHAPES {
        known.clear();
    }
    known.insert(key, Arc::new(marked));
    Ok(long)
}

/// The long way.
fn read(template: &'static str, context: &Value) -> Result<Value, String> {
    let text = fill(template, Format::Yaml, context).map_err(|error| error.to_string())?;
    serde_yaml::from_str(&text).map_err(|error| error.to_string())
}

/// What of a context decides the lines, and the values in the order of their marks.
fn take_apart<'v>(value: &'v Value, shape: &mut String, values: &mut Vec<&'v Value>) {
    match value {
        Value::Null => shape.push('-'),
        Value::Object(map) => {
            shape.push('{');
            for (key, value) in map {
                // With its length, so that no key can look like what follows it.
                shape.push_str(&format!("{}:{key}", key.len()));
                take_apart(value, shape, values);
            }
            shape.push('}');
        }
        Value::Array(items) => {
            shape.push('[');
            for item in items {
                take_apart(item, shape, values);
            }
            shape.push(']');
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            shape.push(match value {
                Value::Bool(_) => 'b',
                Value::Number(_) => 'n',
                _ => 's',
            });
            values.push(value);
        }
    }
}

fn with_marks(value: &Value, next: &mut usize) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Object(map) => {
            let pairs = map.iter();
            let pairs = pairs.map(|(key, value)| (key.clone(), with_marks(value, next)));
            Value::Object(pairs.collect())
        }
        Value::Array(items) => items.iter().map(|item| with_marks(item, next)).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let mark = format!("{MARK}{next}");
            *next += 1;
            Value::String(mark)
        }
    }
}

/// The skeleton with the values in.
fn put(skeleton: &Value, values: &[&Value]) -> Value {
    match skeleton {
        Value::String(text) => {
            let number = text.strip_prefix(MARK);
            let value = number.and_then(|number| values.get(number.parse::<usize>().ok()?));
            value.map_or_else(|| skeleton.clone(), |value| (*value).clone())
        }
        Value::Object(map) => {
            let pairs = map.iter();
            let pairs = pairs.map(|(key, value)| (key.clone(), put(value, values)));
            Value::Object(pairs.collect())
        }
        Value::Array(items) => items.iter().map(|item| put(item, values)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => skeleton.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NODE_CONFIG: &str = include_str!("../../../../userdata/al2023/nodeconfig.yaml.hbs");

    fn context(text: &str, config: Option<Value>, flags: Option<Vec<String>>) -> Value {
        let kubelet = (config.is_some() || flags.is_some())
            .then(|| json!({"config": config, "flags": flags}));
        let cluster = json!({
            "name": text,
            "apiServerEndpoint": format!("https://{text}"),
            "certificateAuthority": "Q0E=",
            "cidr": "10.0.0.0/16",
        });
        json!({"cluster": cluster, "kubelet": kubelet})
    }

    /// Twice, because the second time goes by the marks.
    fn same(template: &'static str, context: &Value) {
        for _ in 0..2 {
            assert_eq!(document(template, context), read(template, context));
        }
    }

    #[test]
    fn what_is_written_into_a_longer_text_goes_the_long_way() {
        same("a: x{{{b}}}y", &json!({"b": "one"}));
        same("a: x{{{b}}}y", &json!({"b": "two"}));
        same("a: {{b}}", &json!({"b": 1}));
        same("a: {{b}}", &json!({"b": 2}));
        same("a: {{{flow b}}}", &json!({"b": MARK}));
        same("a: {{{flow b}}}", &json!({"b": format!("{MARK}0")}));
        assert!(document("a: {{missing}}", &json!({})).is_err());
    }

    proptest! {
        #[test]
        fn the_short_way_is_the_long_way(
            text in any::<String>(),
            words in prop::option::of(prop::collection::vec("\\PC{0,8}", 0..4)),
            number in any::<i32>(),
            with_config in any::<bool>(),
        ) {
            let config = json!({"maxPods": number, "a": {"b": [text, number, true, null]}, "c": {}});
            let config = with_config.then_some(config);
            same(NODE_CONFIG, &context(&text, config, words));
        }
    }
}
