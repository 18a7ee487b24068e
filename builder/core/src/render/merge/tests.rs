//! The laws of merging, for any documents; and nodeadm's own rules, a row each.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn merged(documents: &[Value]) -> Value {
    node_configs(documents).unwrap()
}

/// A document over which another is laid, and what comes of it.
#[test]
fn nodeadm_merges_so() {
    let rows = [
        (
            json!({"cluster": {"name": "a", "cidr": "b"}}),
            json!({"cluster": {"name": "c"}}),
            json!({"cluster": {"name": "c", "cidr": "b"}}),
        ),
        (
            json!({"kubelet": {"flags": ["--a"]}}),
            json!({"kubelet": {"flags": ["--b", "--a"]}}),
            json!({"kubelet": {"flags": ["--a", "--b", "--a"]}}),
        ),
        (
            json!({"kubelet": {"config": {"a": {"b": 1, "c": [1, 2]}, "d": true}}}),
            json!({"kubelet": {"config": {"a": {"c": [3]}, "d": false}}}),
            json!({"kubelet": {"config": {"a": {"b": 1, "c": [3]}, "d": false}}}),
        ),
        (
            json!({"containerd": {"baseRuntimeSpec": {"process": {"rlimits": [1, 2], "cwd": "/"}}}}),
            json!({"containerd": {"baseRuntimeSpec": {"process": {"rlimits": []}}}}),
            json!({"containerd": {"baseRuntimeSpec": {"process": {"rlimits": [], "cwd": "/"}}}}),
        ),
        (
            json!({"containerd": {"config": "[a]\nb = 1\nc = [1, 2]\n"}}),
            json!({"containerd": {"config": "[a]\nc = [3]\n[a.d]\ne = 2\n"}}),
            json!({"containerd": {"config": "[a]\nb = 1\nc = [3]\n\n[a.d]\ne = 2\n"}}),
        ),
        // What Go takes for a field that is not set wins over nothing…
        (
            json!({"instance": {"localStorage": {"mountPath": "/a", "disabledMounts": ["SOCI"]}}}),
            json!({"instance": {"localStorage": {"mountPath": "", "disabledMounts": []}}}),
            json!({"instance": {"localStorage": {"mountPath": "/a", "disabledMounts": ["SOCI"]}}}),
        ),
        (
            json!({"kubelet": {"config": {"a": 1}}}),
            json!({"kubelet": null}),
            json!({"kubelet": {"config": {"a": 1}}}),
        ),
        (
            json!({"kubelet": {"config": {"a": 1, "b": {"c": 2}, "d": 0}}}),
            json!({"kubelet": {"config": {"a": {"e": 3}, "b": null, "d": {"e": 3}}}}),
            json!({"kubelet": {"config": {"a": 1, "b": null, "d": {"e": 3}}}}),
        ),
        (
            json!({"containerd": {"config": "a = 1\nb = \"\"\n"}}),
            json!({"containerd": {"config": "[a]\nc = 1\n[b]\nc = 1\n"}}),
            json!({"containerd": {"config": "a = 1\n\n[b]\nc = 1\n"}}),
        ),
        // …but in maps it is a value like another.
        (
            json!({"featureGates": {"FastImagePull": true}}),
            json!({"featureGates": {"FastImagePull": false}}),
            json!({"featureGates": {"FastImagePull": false}}),
        ),
    ];
    for (base, over, wanted) in rows {
        let found = merged(&[json!({"spec": base}), json!({"spec": over})]);
        assert_eq!(found, json!({"spec": wanted}), "{over} over {base}");
    }
}

#[test]
fn a_config_that_is_no_toml_is_told_by_its_document() {
    let config = |text: &str| json!({"spec": {"containerd": {"config": text}}});
    let found = node_configs(&[config("a = 1"), config("secret")]).unwrap_err();
    assert_eq!(found, MergeError::NotToml { document: 1 });
    assert!(!found.to_string().contains("secret"));
}

/// Documents of few words, so that they meet.
fn settings() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3i64).prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        vec((0..3i64).prop_map(Value::from), 0..3).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        btree_map("[a-d]", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect()))
    })
    .prop_map(|value| match value {
        Value::Object(map) => Value::Object(map),
        other => json!({"a": other}),
    })
}

/// A NodeConfig with settings in every field that has a rule of its own, but for flags.
fn document() -> impl Strategy<Value = Value> {
    (settings(), settings(), settings(), "[a-c]{0,2}").prop_map(|(kubelet, runtime, toml, name)| {
        let Value::Object(toml) = toml else {
            unreachable!("a mapping")
        };
        let toml = toml::to_string(&toml_of(&toml).unwrap()).unwrap();
        json!({"spec": {
            "cluster": {"name": name},
            "kubelet": {"config": kubelet},
            "containerd": {"config": toml, "baseRuntimeSpec": runtime},
        }})
    })
}

fn table(value: &Value) -> Table {
    toml_of(value.as_object().unwrap()).unwrap()
}

fn over(base: &Table, over: &Table) -> Table {
    let mut base = base.clone();
    toml(&mut base, over);
    base
}

/// Whether everything that is said by `over` stands in `found`, but for maps, which do not replace what is none.
fn holds(found: &Value, over: &Value) -> bool {
    match (found, over) {
        (found, Value::Object(_)) if !found.is_object() => true,
        (Value::Object(found), Value::Object(over)) => over
            .iter()
            .all(|(key, over)| found.get(key).is_some_and(|found| holds(found, over))),
        (found, over) => found == over,
    }
}

proptest! {
    #[test]
    fn a_document_over_itself_is_itself(one in document()) {
        let once = merged(std::slice::from_ref(&one));
        prop_assert_eq!(&merged(&[one.clone(), one]), &once);
    }

    #[test]
    fn the_last_wins(one in document(), two in document()) {
        let found = merged(&[one, two.clone()]);
        prop_assert!(holds(&found["spec"]["kubelet"]["config"], &two["spec"]["kubelet"]["config"]));
        prop_assert!(holds(&found["spec"]["containerd"]["baseRuntimeSpec"], &two["spec"]["containerd"]["baseRuntimeSpec"]));
        let parsed = |value: &Value| toml::from_str::<Table>(value["spec"]["containerd"]["config"].as_str().unwrap()).unwrap();
        prop_assert_eq!(parsed(&merged(&[found.clone(), two])), parsed(&found));
    }

    #[test]
    fn flags_append(one in vec("--[a-c]", 0..4), two in vec("--[a-c]", 0..4)) {
        let document = |flags: &[String]| json!({"spec": {"kubelet": {"flags": flags}}});
        let all: Vec<&String> = one.iter().chain(&two).collect();
        let found = merged(&[document(&one), document(&two)]);
        prop_assert_eq!(&found["spec"]["kubelet"]["flags"], &json!(all));
    }

    #[test]
    fn toml_merges_by_its_laws(one in settings(), two in settings(), three in settings()) {
        let (one, two, three) = (table(&one), table(&two), table(&three));
        prop_assert_eq!(&over(&one, &one), &one);
        prop_assert_eq!(&over(&over(&one, &two), &two), &over(&one, &two));
        prop_assert_eq!(&over(&Table::new(), &one), &one);
        prop_assert_eq!(&over(&one, &Table::new()), &one);
        // The order of merging is free only where no table meets something else: then what is replaced is lost.
        if !meets(&one, &two) && !meets(&two, &three) && !meets(&one, &three) {
            prop_assert_eq!(over(&over(&one, &two), &three), over(&one, &over(&two, &three)));
        }
    }
}

/// Whether somewhere one has a table where the other has none.
fn meets(one: &Table, other: &Table) -> bool {
    one.iter()
        .any(|(key, value)| match (value, other.get(key)) {
            (_, None) => false,
            (Toml::Table(one), Some(Toml::Table(other))) => meets(one, other),
            (one, Some(other)) => one.is_table() != other.is_table(),
        })
}
