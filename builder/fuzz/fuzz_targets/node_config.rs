//! The NodeConfig reader: as a part, as the bootstrap's file, and merged over ours from the spec.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nodemint_core::lock::{self, Lock};
use nodemint_core::render::merge::node_configs;
use nodemint_core::render::render;
use nodemint_core::spec::load;

const LOCK: &str = include_str!("../../../golden/eksworkshop/nodemint.lock");

static LOCKED: LazyLock<Lock> = LazyLock::new(|| lock::parse(LOCK).expect("a golden lock"));

/// The spec that the golden lock is for, around some user data.
fn spec(user_data: &str, pinned_by: &str) -> String {
    format!(
        "apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {{name: eksworkshop}}
clusters: [{{name: eksworkshop, region: us-east-1}}]
launchTemplates:
  - name: demo
    clusters: [eksworkshop]
    family: AL2023
    arch: x86_64
    ami: {{eksOptimized: latest, pinnedBy: {pinned_by}}}
    instanceType: m5.large
    userData: {user_data}
"
    )
}

/// As nodeadm merges several documents: twice the same, and over nothing it is itself.
fn merged(text: &str) {
    let documents = text.split("\n---\n");
    let documents = documents.filter_map(|text| serde_yaml::from_str(text).ok());
    let documents: Vec<serde_json::Value> = documents.take(4).collect();
    if let Ok(once) = node_configs(&documents) {
        assert_eq!(node_configs(&documents), Ok(once.clone()));
        assert_eq!(node_configs(std::slice::from_ref(&once)), Ok(once));
    }
}

fuzz_target!(|text: &str| {
    merged(text);
    // One way in a run: rendering is slow next to reading, and the input chooses.
    let choice = text.bytes().fold(0_u8, u8::wrapping_add);
    let pinned_by = match choice % 2 {
        0 => "launchTemplate",
        _ => "releaseVersion",
    };
    let user_data = match choice / 2 % 3 {
        0 => "{parts: [{contentType: application/node.eks.aws, file: f}]}".to_owned(),
        1 => "{overrideBootstrap: {file: f}}".to_owned(),
        _ => match serde_yaml::from_str::<serde_json::Value>(text) {
            Ok(document) if document.is_object() => format!("{{nodeConfig: {document}}}"),
            _ => return,
        },
    };
    let mut read = |_: &str| Ok(text.as_bytes().to_vec());
    if let Ok(loaded) = load(&spec(&user_data, pinned_by), &mut read) {
        let _ = render(&loaded.spec, &LOCKED);
    }
});
