//! What holds for all edits.

use proptest::prelude::*;

use super::*;

fn paths() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "kind",
        "metadata.name",
        "clusters[0].region",
        "clusters[0].version",
        "clusters[0].endpoint",
        "launchTemplates[0].instanceType",
        "launchTemplates[0].keyName",
        "launchTemplates[0].tags.Name",
        "launchTemplates[0].arch",
        "nodeGroups[0].launchTemplate",
        "nodeGroups[0].launchTemplateVersion",
        "nodeGroups[0].scaling.max",
        "nodeGroups[0].scaling.desired",
        "nodeGroups[1].cluster",
    ])
}

fn composite_paths() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "launchTemplates[0].userData.kubelet.config",
        "launchTemplates[0].userData.nodeLabels",
        "launchTemplates[0].userData.preBootstrap",
        "launchTemplates[0].keyName",
        "nodeGroups[0].scaling",
        "nodeGroups[0].taints",
    ])
}

/// Values, none of them null: a key with null is one that is not there.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~\n]{0,12}".prop_map(Value::from),
        "[a-z0-9.]{1,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The text as YAML's other reader sees it.
fn yaml(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).expect("YAML")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_set_reads_back_as_the_same_plus_the_change(path in paths(), value in "[ -~é…]{0,20}") {
        let edited = set_scalar(SPEC, path, &value).expect("every one of these can be set");
        prop_assert_eq!(set_scalar(&edited, path, &value).expect("again"), edited.clone());
        let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
        let (mut before, mut after) = (yaml(SPEC), yaml(&edited));
        let found = after.pointer(&pointer).expect("the value").clone();
        prop_assert!(found.as_str() == Some(&value) || serde_json::from_str(&value).is_ok_and(|v: serde_json::Value| v == found), "{}", found);
        for tree in [&mut before, &mut after] {
            let (parent, key) = pointer.rsplit_once('/').expect("a parent");
            if let Some(map) = tree.pointer_mut(parent).and_then(|parent| parent.as_object_mut()) {
                map.remove(key);
            }
        }
        prop_assert_eq!(before, after);
    }

    #[test]
    fn comments_stay(path in paths(), value in "[a-z0-9.]{1,12}") {
        let edited = set_scalar(SPEC, path, &value).expect("an edit");
        for comment in SPEC.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment) {
            prop_assert!(edited.contains(comment), "{}", comment);
        }
    }

    #[test]
    fn no_text_and_no_path_panics(text in "\\PC{0,80}", path in "\\PC{0,20}", value in "\\PC{0,20}") {
        let _ = set_scalar(&text, &path, &value);
        let _ = set_value(&text, &path, &json!({"a": [value.clone()]}));
        let _ = append(&text, &path, &json!(value));
        let _ = remove(&text, &path);
        let _ = unset(&text, &path);
    }

    #[test]
    fn any_value_that_is_set_reads_back(value in any_value(), path in composite_paths()) {
        let edited = set_value(SPEC, path, &value).expect("every one of these can be set");
        let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
        let found = yaml(&edited);
        prop_assert_eq!(found.pointer(&pointer), Some(&value), "{}", edited);
        for comment in SPEC.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment) {
            prop_assert!(edited.contains(comment), "{}", comment);
        }
    }
}
