//! The previews of the golden cases, read again by the reader that `explain` uses.

use std::path::{Path, PathBuf};

use super::*;
use crate::explain::{Subject, explain};
use crate::launch_template::decode_file;
use crate::lock;
use crate::render::render;
use crate::spec::load;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

fn desired(case: &str) -> Desired {
    let folder = golden().join(case);
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let mut read = |path: &str| std::fs::read(folder.join(path)).map_err(|error| error.to_string());
    let loaded = load(&text("nodemint.yaml"), &mut read).expect("a valid spec");
    let locked = lock::parse(&text("nodemint.lock")).expect("a lock");
    render(&loaded.spec, &locked).expect("it renders")
}

fn preview(case: &str, ending: &str) -> String {
    let files = merged_files(&desired(case));
    let ending = format!("/user-data.merged.{ending}");
    let mut found = files
        .into_iter()
        .filter(|(name, _)| name.ends_with(&ending));
    let (_, bytes) = found
        .find(|(name, _)| !name.contains("plain"))
        .expect(&ending);
    String::from_utf8(bytes).expect("text")
}

#[test]
fn only_what_eks_merges_has_a_preview() {
    let folders = std::fs::read_dir(golden()).expect("golden");
    let names = folders.map(|entry| entry.expect("an entry").file_name());
    let cases = names.map(|name| name.to_string_lossy().into_owned());
    let cases = cases.filter(|case| golden().join(case).join("nodemint.lock").exists());
    let mut previews = 0;
    for case in cases {
        let desired = desired(&case);
        let files = merged_files(&desired);
        let merged = desired.templates.iter().filter(|one| is_merged(one));
        let folders: Vec<String> = merged.map(folder).collect();
        for folder in &folders {
            let mut names = files.keys();
            assert!(
                names.any(|name| name.starts_with(folder)),
                "{case}: {folder}"
            );
        }
        assert!(
            folders.len() <= files.len() && (!folders.is_empty() || files.is_empty()),
            "{case}"
        );
        assert_eq!(merged_files(&desired), files, "the same bytes every time");
        for (name, bytes) in files {
            let text = String::from_utf8(bytes).expect("text");
            let said = text.contains("Known: ") && text.contains("Inferred: ");
            assert!(said && text.is_ascii(), "{case}: {name}");
            previews += 1;
        }
    }
    assert!(previews >= 5, "{previews}");
}

#[test]
fn al2_ends_with_the_bootstrap_of_eks() {
    let text = preview("al2-merged", "mime");
    let decoded = decode_file(text.as_bytes());
    let rendered = &desired("al2-merged").templates;
    let ours = &rendered.first().expect("a template").user_data.parts;
    let bodies = decoded.parts.iter().map(|part| part.body.as_slice());
    let bodies: Vec<&[u8]> = bodies.collect();
    let (last, first) = bodies.split_last().expect("parts");
    let wanted: Vec<&[u8]> = ours.iter().map(|part| part.body.as_slice()).collect();
    assert_eq!(first, wanted.as_slice());
    let last = String::from_utf8_lossy(last);
    assert!(
        last.starts_with("#!/bin/bash\nset -ex\nB64_CLUSTER_CA="),
        "{last}"
    );
    assert!(
        last.contains("eks.amazonaws.com/nodegroup=workers,"),
        "{last}"
    );
    assert!(
        last.contains(",role=worker --max-pods=<MAX-PODS>'"),
        "{last}"
    );
    assert!(
        text.contains("charset=\"us-ascii\"\n#!/bin/bash"),
        "no blank line, as EKS writes it"
    );
}

#[test]
fn al2023_begins_with_the_node_config_of_eks_and_the_users_wins() {
    let text = preview("al2023-merged", "mime");
    let decoded = decode_file(text.as_bytes());
    let first = decoded.parts.first().expect("a part");
    assert_eq!(first.content_type, super::super::NODE_CONFIG);
    let explained = explain(&decoded, &Subject::default());
    let errors = explained
        .notes
        .iter()
        .filter(|note| note.weight == crate::explain::Weight::Error);
    assert_eq!(errors.count(), 0, "{:?}", explained.notes);

    let effective = preview("al2023-merged", "nodeconfig.yaml");
    let effective: serde_json::Value = serde_yaml::from_str(&effective).expect("YAML");
    let spec = effective.get("spec").expect("a spec");
    assert_eq!(spec.pointer("/cluster/name"), Some(&"shop".into()));
    let flags = spec
        .pointer("/kubelet/flags")
        .and_then(|flags| flags.as_array());
    let first = flags
        .and_then(|flags| flags.first())
        .and_then(|flag| flag.as_str());
    assert!(
        first.is_some_and(|flag| flag.starts_with("--node-labels=eks.amazonaws.com/")),
        "{flags:?}"
    );
    let max_pods = spec.pointer("/kubelet/config/maxPods");
    assert!(
        max_pods.is_some_and(serde_json::Value::is_number),
        "the user's own: {max_pods:?}"
    );
}

#[test]
fn bottlerocket_and_windows_keep_what_is_the_users() {
    let text = preview("bottlerocket-merged", "toml");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    let kubernetes = table
        .get("settings")
        .and_then(|all| all.get("kubernetes"))
        .expect("settings");
    assert_eq!(
        kubernetes.get("cluster-name").and_then(toml::Value::as_str),
        Some("shop")
    );
    assert!(kubernetes.get("max-pods").is_some());

    let text = preview("windows2022core-merged", "ps1.txt");
    let rendered = desired("windows2022core-merged");
    let part = rendered
        .templates
        .first()
        .and_then(|one| one.user_data.parts.first());
    let ours = text
        .find(&*String::from_utf8_lossy(&part.expect("a part").body))
        .expect("ours");
    let theirs = text.find("Start-EKSBootstrap.ps1\" `").expect("EKS's");
    assert!(ours < theirs);
}
