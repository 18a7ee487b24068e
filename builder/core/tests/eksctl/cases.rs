//! The golden files, and what holds for each case.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nodemint_core::import::eksctl::import;
use nodemint_core::spec;
use proptest::prelude::*;

use super::{Case, all_cases, golden, updating};

#[test]
fn there_are_enough() {
    assert!(all_cases().len() >= 25);
}

#[test]
fn each_case_becomes_what_is_golden() {
    for case in all_cases() {
        let files = golden(&case.import());
        if updating() {
            update(&case, &files);
        }
        let present = tree(&case.folder);
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&present), names(&files), "{}: files", case.name);
        for (name, bytes) in &files {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&present[name]), text(bytes), "{}/{name}", case.name);
        }
    }
}

fn update(case: &Case, files: &BTreeMap<String, Vec<u8>>) {
    for name in tree(&case.folder).keys() {
        fs::remove_file(case.folder.join(name)).expect("removed");
    }
    for (name, bytes) in files {
        let path = case.folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }
}

/// Every file of a case but its input.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below");
            let name = name.to_string_lossy().replace('\\', "/");
            if name != "cluster.yaml" {
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn each_spec_is_valid() {
    for case in all_cases() {
        let imported = case.import();
        let mut read = |path: &str| {
            let content = imported.files.get(path).cloned();
            content.ok_or_else(|| "not there".to_owned())
        };
        let loaded = spec::load(&imported.spec, &mut read);
        loaded.unwrap_or_else(|errors| panic!("{}:\n{}\n{errors}", case.name, imported.spec));
    }
}

#[test]
fn what_the_spec_names_is_there_and_nothing_else() {
    for case in all_cases() {
        let imported = case.import();
        let named: std::cell::RefCell<Vec<String>> = Default::default();
        let mut read = |path: &str| {
            named.borrow_mut().push(path.to_owned());
            Ok(Vec::new())
        };
        let _ = spec::load(&imported.spec, &mut read);
        let mut named = named.into_inner();
        named.sort();
        let written: Vec<String> = imported.files.keys().cloned().collect();
        assert_eq!(named, written, "{}", case.name);
    }
}

#[test]
fn the_same_input_becomes_the_same_bytes() {
    for case in all_cases() {
        assert_eq!(
            golden(&case.import()),
            golden(&case.import()),
            "{}",
            case.name
        );
    }
}

/// A text with some bytes of it replaced, removed or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let texts: Vec<String> = all_cases().into_iter().map(|case| case.text).collect();
    let edit = (any::<prop::sample::Index>(), 0..12usize, "[\\PC\n]{0,6}");
    (
        prop::sample::select(texts),
        prop::collection::vec(edit, 1..6),
    )
        .prop_map(|(text, edits)| {
            let mut text: Vec<char> = text.chars().collect();
            for (at, length, new) in edits {
                let at = at.index(text.len().max(1)).min(text.len());
                let end = (at + length).min(text.len());
                text.splice(at..end, new.chars());
            }
            text.into_iter().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever stands in the file: a spec and a report, or problems; never a panic.
    #[test]
    fn no_text_makes_it_panic(text in mutated()) {
        let first = import(&text, &Default::default());
        prop_assert_eq!(&first, &import(&text, &Default::default()));
        match first {
            Ok(imported) => prop_assert!(!imported.report.is_empty()),
            Err(errors) => prop_assert!(!errors.problems.is_empty()),
        }
    }
}
