//! The golden cases: `golden/<case>` holds a spec, its files, its lock, and under `rendered/` everything
//! that `nodemint render` writes for them, byte for byte. `UPDATE_GOLDEN=1` writes `rendered/` anew; the
//! snapshots in `golden/snapshots` are the same for review with cargo-insta.

// The cases are files, and UPDATE_GOLDEN is asked for by whoever runs the test.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use nodemint_core::desired::Desired;
use nodemint_core::lock::{self, Lock};
use nodemint_core::render::{files, render};
use nodemint_core::spec::{self, FleetSpec};
use serde_yaml::Value;

struct Case {
    name: String,
    folder: PathBuf,
    text: String,
    lock: Lock,
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

fn cases() -> Vec<Case> {
    let entries = fs::read_dir(golden())
        .expect("golden/")
        .map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries
        .filter(|path| path.join("nodemint.lock").exists())
        .collect();
    folders.sort();
    assert!(folders.len() >= 8, "the golden cases are not found");
    folders.into_iter().map(case).collect()
}

fn case(folder: PathBuf) -> Case {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    let name = folder
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let lock =
        lock::parse(&read("nodemint.lock")).unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = read("nodemint.yaml");
    Case {
        name,
        folder,
        text,
        lock,
    }
}

impl Case {
    fn load(&self, text: &str) -> FleetSpec {
        let mut read =
            |path: &str| fs::read(self.folder.join(path)).map_err(|error| error.to_string());
        let loaded = spec::load(text, &mut read);
        loaded
            .unwrap_or_else(|errors| panic!("{}:\n{errors}", self.name))
            .spec
    }

    fn render(&self, text: &str) -> Desired {
        let desired = render(&self.load(text), &self.lock);
        desired.unwrap_or_else(|errors| panic!("{}:\n{errors}", self.name))
    }
}

/// Every file below `folder`, by its path in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(folder)
                .expect("below")
                .to_string_lossy()
                .replace('\\', "/");
            found.insert(name, fs::read(&path).expect("a file"));
        }
    }
    found
}

fn update(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("removed");
    }
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
}

#[test]
fn what_is_rendered_is_what_is_golden() {
    for case in cases() {
        let rendered = files(&case.render(&case.text));
        let folder = case.folder.join("rendered");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            update(&folder, &rendered);
        }
        let golden = tree(&folder);
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&rendered),
            names(&golden),
            "{}: files; UPDATE_GOLDEN=1 writes them anew",
            case.name
        );
        for (name, content) in &rendered {
            let (got, want) = (
                String::from_utf8_lossy(content),
                String::from_utf8_lossy(&golden[name]),
            );
            assert_eq!(
                got, want,
                "{}/rendered/{name}; UPDATE_GOLDEN=1 writes it anew",
                case.name
            );
            assert_eq!(content, &golden[name], "{}/rendered/{name}", case.name);
        }
    }
}

/// One text a case: the data, and the user data as it goes out. Of gzip its size: what is in it are the parts.
#[test]
fn snapshots_for_review() {
    for case in cases() {
        let mut text = String::new();
        for (name, content) in files(&case.render(&case.text)) {
            if name.ends_with(".gz") {
                let _ = write!(text, "=== {name}\n{} bytes\n", content.len());
            } else if !name.contains("/parts/") {
                let _ = write!(text, "=== {name}\n{}\n", String::from_utf8_lossy(&content));
            }
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../../golden/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(case.name.as_str(), text));
    }
}

/// The same spec with the keys of all its mappings turned around.
fn turned(value: Value) -> Value {
    match value {
        Value::Mapping(map) => {
            let mut pairs: Vec<(Value, Value)> = map
                .into_iter()
                .map(|(key, item)| (key, turned(item)))
                .collect();
            pairs.reverse();
            Value::Mapping(pairs.into_iter().collect())
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(turned).collect()),
        scalar => scalar,
    }
}

#[test]
fn the_order_of_keys_moves_nothing() {
    for case in cases() {
        let value: Value = serde_yaml::from_str(&case.text).expect("YAML");
        let other = serde_yaml::to_string(&turned(value)).expect("YAML");
        assert_ne!(other, case.text);
        let (one, other) = (case.render(&case.text), case.render(&other));
        assert_eq!(files(&one), files(&other), "{}", case.name);
        assert!(one == other, "{}", case.name);
    }
}

#[test]
fn a_lock_that_is_written_again_renders_the_same() {
    for case in cases() {
        let lock = lock::parse(&lock::to_yaml(&case.lock)).expect("our own lock");
        let spec = case.load(&case.text);
        assert!(
            render(&spec, &lock).ok() == render(&spec, &case.lock).ok(),
            "{}",
            case.name
        );
    }
}
