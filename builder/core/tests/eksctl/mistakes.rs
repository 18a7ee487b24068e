//! Files that cannot be imported, and what is said of them: all at once, each at its place.

use std::fs;
use std::path::PathBuf;

use nodemint_core::import::eksctl::import;

use super::{folder, updating};

#[test]
fn each_mistake_is_told() {
    let entries = fs::read_dir(folder("mistakes")).expect("the mistakes");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    files.sort();
    assert!(files.len() >= 8, "the mistakes are not found");
    for path in files {
        let text = fs::read_to_string(&path).expect("a file");
        let told = match import(&text, &Default::default()) {
            Ok(_) => panic!("{}: there is nothing wrong", path.display()),
            Err(errors) => format!("{errors}\n"),
        };
        let golden = path.with_extension("txt");
        if updating() {
            fs::write(&golden, &told).expect("written");
        }
        assert_eq!(
            told,
            fs::read_to_string(&golden).unwrap_or_default(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn values_of_user_data_are_never_told() {
    let text = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: a, region: us-east-1}\n\
        nodeGroups:\n  - name: b\n    preBootstrapCommands: [{do: hunter2}]\n    overrideBootstrapCommand: [hunter2]\n    \
        kubeletExtraConfig: hunter2\n    clusterDNS: [hunter2]\n";
    let told = import(text, &Default::default())
        .expect_err("wrong types")
        .to_string();
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}
