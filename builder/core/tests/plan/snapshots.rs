//! Whole plans. Launch-template data is shown by its hash: it has snapshots of its own.

use nodemint_core::desired::Desired;
use nodemint_core::observed::Observed;
use serde_json::Value;

use crate::support::*;

fn shown(desired: &Desired, observed: &Observed) -> Value {
    let mut value = serde_json::to_value(planned(desired, observed)).expect("plain data");
    hide(&mut value);
    value
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "data" => *value = Value::from("(data)"),
                    _ => hide(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide),
        _ => {}
    }
}

#[test]
fn the_first_plan_of_a_fleet() {
    insta::assert_json_snapshot!("first", shown(&fleet(), &empty_account(&fleet())));
}

#[test]
fn another_instance_type_and_label() {
    let mut desired = fleet();
    desired.templates[0] = template("demo", CLUSTER, REGION, content("m5.2xlarge"));
    desired.groups[0]
        .spec
        .labels
        .insert("team".to_owned(), "a".to_owned());
    insta::assert_json_snapshot!("roll", shown(&desired, &settled(&fleet())));
}

#[test]
fn nothing_to_do() {
    insta::assert_json_snapshot!("nothing", shown(&fleet(), &settled(&fleet())));
}
