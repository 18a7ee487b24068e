//! The published JSON Schema is the one that the types give.
#![allow(
    clippy::disallowed_methods,
    reason = "the published schema is a file, and UPDATE_GOLDEN rewrites it"
)]

use std::fs;
use std::path::Path;

use nodemint_core::node_config;
use nodemint_core::spec::json_schema;
use serde_json::Value;

#[test]
fn the_published_schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/schema");
    let schemas = [
        ("nodemint.schema.json", json_schema()),
        ("nodeconfig.schema.json", node_config::json_schema()),
        ("plan.schema.json", nodemint_core::plan::schema()),
    ];
    for (name, schema) in schemas {
        let path = folder.join(name);
        let current = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &current).expect("the schema can be written");
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == current,
            "golden/schema/{name} is stale: UPDATE_GOLDEN=1 cargo test -p nodemint-core --test spec_schema"
        );
    }
}

#[test]
fn every_object_of_the_spec_refuses_unknown_keys_and_tells_what_it_is() {
    let schema = json_schema();
    let mut objects = 0;
    let mut look = |value: &Value| {
        let Some(properties) = value.get("properties").and_then(Value::as_object) else {
            return;
        };
        objects += 1;
        assert_eq!(
            value.get("additionalProperties"),
            Some(&Value::Bool(false)),
            "{value}"
        );
        for (name, property) in properties {
            assert!(
                property.get("description").is_some(),
                "{name} says nothing of itself"
            );
        }
    };
    visit(&schema, &mut look);
    visit(&node_config::json_schema(), &mut look);
    assert!(objects >= 15, "{objects}");
    assert_eq!(
        schema["required"],
        serde_json::json!([
            "apiVersion",
            "kind",
            "metadata",
            "clusters",
            "launchTemplates"
        ])
    );
}

#[test]
fn what_is_not_supported_yet_is_not_offered() {
    let text = json_schema().to_string();
    assert!(!text.contains("\"rollout\""));
}

/// Editors complete `launchTemplateData` without what the spec has a name for, or what EKS refuses.
#[test]
fn what_is_refused_in_launch_template_data_is_not_offered() {
    let text = json_schema().to_string();
    for hidden in [
        "ImageId",
        "UserData",
        "BlockDeviceMappings",
        "IamInstanceProfile",
        "HibernationOptions",
        "SubnetId",
        "SpotOptions",
        "diskSize",
    ] {
        assert!(!text.contains(&format!("\"{hidden}\"")), "{hidden}");
    }
    for offered in [
        "NetworkInterfaces",
        "efa-only",
        "CapacityReservationId",
        "CAPACITY_BLOCK",
    ] {
        assert!(text.contains(&format!("\"{offered}\"")), "{offered}");
    }
}

fn visit(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        Value::Object(map) => map.values().for_each(|item| visit(item, look)),
        _ => {}
    }
}
