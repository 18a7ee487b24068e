//! RequestLaunchTemplateData as botocore's model has it, as JSON values: the whole of it, and any of it.
//!
//! The model is the sandbox's extract (`ci/sandbox-model.py`). builder/aws takes this file, too.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

const ROOT: &str = "RequestLaunchTemplateData";

static SHAPES: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../sandbox/model/ec2.json"
    ));
    let mut model: Value = serde_json::from_str(text).expect("the model is JSON");
    model["shapes"].take()
});

fn shape(name: &str) -> &'static Value {
    &SHAPES[name]
}

fn members(shape: &'static Value) -> impl Iterator<Item = (&'static String, &'static str)> {
    let members = shape["members"].as_object().expect("a structure");
    members
        .iter()
        .map(|(name, member)| (name, member["shape"].as_str().expect("a shape")))
}

fn item(shape: &'static Value) -> &'static str {
    shape["member"]["shape"].as_str().expect("a list")
}

fn kind(shape: &'static Value) -> &'static str {
    shape["type"].as_str().expect("a type")
}

fn values(shape: &'static Value) -> Option<Vec<String>> {
    let values = shape["enum"].as_array()?;
    let texts = values.iter().filter_map(Value::as_str);
    Some(texts.map(str::to_owned).collect())
}

/// Every member, lists with one item.
pub fn full() -> Value {
    full_of(ROOT)
}

fn full_of(name: &str) -> Value {
    let shape = shape(name);
    match kind(shape) {
        "structure" => members(shape)
            .map(|(name, of)| (name.clone(), full_of(of)))
            .collect(),
        "list" => json!([full_of(item(shape))]),
        "string" => values(shape).map_or(json!("text"), |values| json!(values[0])),
        "integer" => json!(7),
        "double" => json!(1.5),
        "boolean" => json!(true),
        "timestamp" => json!("2026-10-09T08:53:20Z"),
        other => panic!("{name} is a {other}"),
    }
}

/// Members that our types always write, because a tag without them is none.
const ALWAYS: [&str; 4] = ["ResourceType", "Tags", "Key", "Value"];

/// Any data that EC2's model allows.
pub fn any_data() -> BoxedStrategy<Value> {
    any_of(ROOT)
}

fn any_of(name: &str) -> BoxedStrategy<Value> {
    let shape = shape(name);
    match kind(shape) {
        "structure" => {
            let members: Vec<_> = members(shape)
                .map(|(name, of)| {
                    let value = any_of(of);
                    let value = match ALWAYS.contains(&name.as_str()) {
                        true => value.prop_map(Some).boxed(),
                        false => prop::option::weighted(0.3, value).boxed(),
                    };
                    value.prop_map(move |value| Some((name.clone(), value?)))
                })
                .collect();
            let object = |members: Vec<Option<(String, Value)>>| {
                Value::Object(members.into_iter().flatten().collect::<Map<_, _>>())
            };
            members.prop_map(object).boxed()
        }
        "list" => prop::collection::vec(any_of(item(shape)), 1..4)
            .prop_map(Value::Array)
            .boxed(),
        "string" => match values(shape) {
            Some(values) => prop::sample::select(values).prop_map(Value::from).boxed(),
            None => "[a-zA-Z0-9./:-]{1,8}".prop_map(Value::from).boxed(),
        },
        "integer" => (0..100_000i32).prop_map(Value::from).boxed(),
        "double" => (0..4_000u16)
            .prop_map(|quarters| json!(f64::from(quarters) / 4.0))
            .boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "timestamp" => (0..4_000_000_000i64)
            .prop_map(|second| {
                let at = jiff::Timestamp::from_second(second).expect("in range");
                json!(at.to_string())
            })
            .boxed(),
        other => panic!("{name} is a {other}"),
    }
}
