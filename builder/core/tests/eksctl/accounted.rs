//! The round trip: every field of an input is in its report, and every field of eksctl's in an input.

use std::collections::BTreeSet;

use nodemint_core::import::eksctl::{FIELDS, Kind};
use nodemint_core::import::{Entry, Fate};
use serde_json::Value;

use super::all_cases;

/// The paths of a file that the report must have: the leaves of groups by the table, and the keys above.
fn fields(text: &str) -> BTreeSet<String> {
    fields_of(&serde_yaml::from_str(text).expect("YAML"))
}

pub fn fields_of(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in document.as_object().expect("a mapping") {
        found.insert(key.clone());
        match key.as_str() {
            "metadata" => {
                found.remove(key);
                found.extend(
                    value
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(name, _)| format!("metadata.{name}")),
                );
            }
            "nodeGroups" | "managedNodeGroups" => {
                for (index, group) in value.as_array().into_iter().flatten().enumerate() {
                    walk(group, &format!("{key}[{index}]"), "", &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

fn walk(value: &Value, at: &str, pattern: &str, found: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        if key == "<<" {
            walk(value, at, pattern, found);
            continue;
        }
        let at = format!("{at}.{key}");
        let pattern = format!("{pattern}{key}");
        let kind = FIELDS
            .iter()
            .find(|field| field.path == pattern)
            .map(|field| field.kind);
        let some = value.as_object().is_some_and(|map| !map.is_empty())
            || value.as_array().is_some_and(|list| !list.is_empty());
        match kind {
            Some(Kind::Fields) if some => walk(value, &at, &format!("{pattern}."), found),
            Some(Kind::ListOfFields) if some => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    walk(
                        item,
                        &format!("{at}[{index}]"),
                        &format!("{pattern}[]."),
                        found,
                    );
                }
            }
            _ => drop(found.insert(at)),
        }
    }
}

#[test]
fn the_report_has_every_field_of_its_input() {
    for case in all_cases() {
        let report = case.import().report;
        let told: BTreeSet<String> = report.iter().map(|entry| entry.path.clone()).collect();
        let missing: Vec<String> = fields(&case.text).difference(&told).cloned().collect();
        assert!(
            missing.is_empty(),
            "{}: nothing is told of {missing:?}",
            case.name
        );
    }
}

#[test]
fn every_entry_points_at_its_line() {
    for case in all_cases() {
        let lines: Vec<&str> = case.text.lines().collect();
        for entry in case.import().report {
            let line = lines
                .get(entry.line - 1)
                .unwrap_or_else(|| panic!("{}: {entry:?}", case.name));
            let key = entry.path.rsplit('.').next().unwrap_or_default();
            let name = key.split('[').next().unwrap_or_default();
            let group = key.ends_with(']');
            assert!(
                group || line.contains(name),
                "{}:{}: {}",
                case.name,
                entry.line,
                entry.path
            );
        }
    }
}

#[test]
fn every_place_that_is_named_is_in_the_spec() {
    for case in all_cases() {
        let imported = case.import();
        let spec: Value = serde_yaml::from_str(&imported.spec).expect("YAML");
        for entry in &imported.report {
            let Fate::Mapped { to, .. } = &entry.fate else {
                continue;
            };
            for path in to
                .iter()
                .filter(|path| !path.contains("[]") && path.contains(['.', '[']))
            {
                let found = lookup(&spec, path);
                assert!(
                    found || is_default(path, entry),
                    "{}: {} goes to {path}, which is not there",
                    case.name,
                    entry.path
                );
            }
        }
    }
}

/// What the spec does not say because it is so anyway.
fn is_default(path: &str, _entry: &Entry) -> bool {
    let defaults = ["httpTokens", "capacityType", "desired"];
    defaults.iter().any(|key| path.ends_with(key))
}

fn lookup(spec: &Value, path: &str) -> bool {
    let path = nodemint_core::spec::SpecPath::parse(path).expect(path);
    let mut at = spec;
    for step in path.steps() {
        let next = match step {
            nodemint_core::spec::Step::Key(key) => at.get(key),
            nodemint_core::spec::Step::Index(index) => at.get(index),
        };
        match next {
            Some(value) => at = value,
            None => return false,
        }
    }
    true
}

#[test]
fn no_field_is_without_an_answer() {
    for case in all_cases() {
        for entry in case.import().report {
            let Fate::ToDo { what } = &entry.fate else {
                continue;
            };
            assert!(
                !what.contains("has no answer"),
                "{}: {}",
                case.name,
                entry.path
            );
        }
    }
}

#[test]
fn every_field_of_eksctl_is_in_some_case() {
    let mut met = BTreeSet::new();
    for case in all_cases() {
        for path in fields(&case.text) {
            let Some((_, inside)) = path.split_once("].") else {
                continue;
            };
            met.insert(pattern(inside));
        }
    }
    let leaves = FIELDS
        .iter()
        .filter(|field| !matches!(field.kind, Kind::Fields | Kind::ListOfFields));
    let missing: Vec<&str> = leaves
        .map(|field| field.path)
        .filter(|path| !met.contains(*path))
        .collect();
    assert!(missing.is_empty(), "no case has {missing:?}");
}

/// A path with its indices left out.
fn pattern(path: &str) -> String {
    let parts = path.split('[').map(|part| {
        part.split_once(']')
            .map_or(part.to_owned(), |(_, rest)| format!("[]{rest}"))
    });
    parts.collect::<Vec<_>>().join("")
}
