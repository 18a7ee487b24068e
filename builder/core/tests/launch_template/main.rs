//! Launch-template data against EC2's model: nothing is missing, nothing gets lost, everything counts.

mod model;

use nodemint_core::launch_template::{Data, canonical_json, changes, content_hash, same_content};
use proptest::prelude::*;
use serde_json::{Value, json};

fn data(value: &Value) -> Data {
    serde_json::from_value(value.clone()).expect("the types know every member")
}

fn written(data: &Data) -> Value {
    serde_json::to_value(data).expect("data is JSON")
}

/// Members of the model that our types leave out, and why: none.
const LEFT_OUT: [&str; 0] = [];

/// A newer model with one member more fails here, and its message names it.
#[test]
fn the_types_have_every_member_of_the_model() {
    let full = model::full();
    let read: Result<Data, _> = serde_json::from_value(full.clone());
    let read = read.unwrap_or_else(|error| panic!("{error}; left out are {LEFT_OUT:?}"));
    assert_eq!(written(&read), full);
}

/// The path of a list → whether the order of its items means nothing, told apart from the code that sorts.
fn unordered(path: &str) -> bool {
    const SETS: &[&str] = &[
        "BlockDeviceMappings",
        "ElasticGpuSpecifications",
        "ElasticInferenceAccelerators",
        "LicenseSpecifications",
        "NetworkInterfaces",
        "NetworkInterfaces/Groups",
        "NetworkInterfaces/Ipv4Prefixes",
        "NetworkInterfaces/Ipv6Prefixes",
        "SecondaryInterfaces",
        "SecurityGroupIds",
        "SecurityGroups",
        "TagSpecifications",
        "TagSpecifications/Tags",
    ];
    let requirement = path.strip_prefix("InstanceRequirements/");
    SETS.contains(&path) || requirement.is_some_and(|path| !path.contains('/'))
}

/// The same data with those lists turned.
fn turned(value: &Value, path: &str, by: usize) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| {
                let below = format!("{path}/{key}");
                (key.clone(), turned(item, below.trim_start_matches('/'), by))
            })
            .collect(),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| turned(item, path, by)).collect();
            if unordered(path) {
                let by = by % items.len().max(1);
                items.rotate_left(by);
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// Of an interface's addresses the first can be the primary one, so that another order is another content, and told.
#[test]
fn the_order_of_addresses_counts() {
    let with = |addresses: [&str; 2]| {
        let v4 = addresses.map(|last| json!({"PrivateIpAddress": format!("10.0.0.{last}")}));
        let v6 = addresses.map(|last| json!({"Ipv6Address": format!("fd00::{last}")}));
        [("PrivateIpAddresses", v4), ("Ipv6Addresses", v6)].map(|(list, items)| {
            data(&json!({"NetworkInterfaces": [{"DeviceIndex": 0, list: items}]}))
        })
    };
    for (a, b) in with(["1", "2"]).iter().zip(with(["2", "1"]).iter()) {
        assert!(!same_content(a, b));
        assert_eq!(changes(a, b).len(), 2, "{:?}", changes(a, b));
    }
}

/// Paths of all values that are neither list nor mapping.
fn leaves(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, item)| leaves(item, &format!("{path}/{key}"), out)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| leaves(item, &format!("{path}/{index}"), out)),
        _ => out.push(path.to_owned()),
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Bool(on) => Value::from(!on),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Value::from(number + 1),
            None => Value::from(number.as_f64().unwrap_or_default() + 1.0),
        },
        Value::String(text) => match text.parse::<jiff::Timestamp>() {
            Ok(_) => Value::from("2200-01-01T00:00:00Z"),
            Err(_) => Value::from(format!("{text}zzzz")),
        },
        other => panic!("no leaf: {other}"),
    }
}

proptest! {
    #[test]
    fn nothing_gets_lost(value in model::any_data()) {
        prop_assert_eq!(written(&data(&value)), value);
    }

    #[test]
    fn order_that_means_nothing_does_not_count(value in model::any_data(), by in 1usize..3) {
        let (a, b) = (data(&value), data(&turned(&value, "", by)));
        prop_assert_eq!(canonical_json(&a), canonical_json(&b));
        prop_assert!(changes(&a, &b).is_empty());
    }

    #[test]
    fn every_value_counts(value in model::any_data(), pick in any::<prop::sample::Index>()) {
        let mut paths = Vec::new();
        leaves(&value, "", &mut paths);
        prop_assume!(!paths.is_empty());
        let path = pick.get(&paths);
        let mut changed = value.clone();
        let leaf = changed.pointer_mut(path).expect("it is there");
        *leaf = other(leaf);
        let (a, b) = (data(&value), data(&changed));
        prop_assert!(!same_content(&a, &b), "{}", path);
        prop_assert_ne!(content_hash(&a), content_hash(&b), "{}", path);
        prop_assert!(!changes(&a, &b).is_empty(), "{}", path);
    }

    #[test]
    fn what_is_canonical_stays_so(value in model::any_data()) {
        let text = canonical_json(&data(&value));
        let again: Value = serde_json::from_str(&text).expect("it is JSON");
        prop_assert_eq!(canonical_json(&data(&again)), text);
    }
}
