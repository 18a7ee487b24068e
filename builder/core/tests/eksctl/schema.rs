//! The table of fields against the fields of eksctl's schema: none is missing, and none made up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use nodemint_core::import::eksctl::{FIELDS, Kind, On};

use super::folder;

/// Definition → its fields, and the definition of those that have fields.
fn definitions() -> BTreeMap<String, Vec<(String, Option<String>)>> {
    let text = fs::read_to_string(folder("schema.txt")).expect("schema.txt");
    let mut found: BTreeMap<String, Vec<(String, Option<String>)>> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines().map(|line| line.trim_start_matches("+ ")) {
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            name = header.to_owned();
        } else if !line.is_empty() && !line.starts_with('#') {
            let (field, of) = match line.split_once(": ") {
                Some((field, of)) => (field, Some(of.to_owned())),
                None => (line, None),
            };
            found
                .entry(name.clone())
                .or_default()
                .push((field.to_owned(), of));
        }
    }
    found
}

fn paths(definition: &str) -> BTreeSet<String> {
    fn walk(
        all: &BTreeMap<String, Vec<(String, Option<String>)>>,
        name: &str,
        prefix: &str,
        found: &mut BTreeSet<String>,
    ) {
        for (field, of) in all.get(name).unwrap_or_else(|| panic!("no {name}")) {
            let path = format!("{prefix}{field}");
            match of {
                Some(of) => {
                    found.insert(path.trim_end_matches("[]").to_owned());
                    walk(all, of, &format!("{path}."), found);
                }
                None => drop(found.insert(path)),
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&definitions(), definition, "", &mut found);
    found
}

fn table(on: On) -> BTreeSet<String> {
    let rows = FIELDS
        .iter()
        .filter(|field| field.on == On::Both || field.on == on);
    rows.map(|field| field.path.to_owned()).collect()
}

#[test]
fn the_table_has_the_fields_of_both_kinds_and_no_others() {
    // eksctl's schema shares these definitions between both kinds, and its code refuses the fields for one.
    let shared = |path: &String| {
        let one_kind = [
            "iam.instanceProfileARN",
            "securityGroups.withLocal",
            "securityGroups.withShared",
        ];
        !one_kind.contains(&path.as_str())
    };
    for (name, on) in [
        ("ManagedNodeGroup", On::Managed),
        ("NodeGroup", On::Unmanaged),
    ] {
        let schema: BTreeSet<String> = paths(name).into_iter().filter(shared).collect();
        let table: BTreeSet<String> = table(on).into_iter().filter(shared).collect();
        assert_eq!(table, schema, "{name}");
    }
}

#[test]
fn the_table_is_sorted_and_has_no_field_twice() {
    let paths: Vec<&str> = FIELDS.iter().map(|field| field.path).collect();
    let mut sorted = paths.clone();
    sorted.sort_by_key(|path| path.replace("[]", ""));
    sorted.dedup();
    assert_eq!(paths, sorted);
}

#[test]
fn fields_with_fields_have_them() {
    for field in FIELDS {
        let prefix = match field.kind {
            Kind::Fields => format!("{}.", field.path),
            Kind::ListOfFields => format!("{}[].", field.path),
            _ => continue,
        };
        assert!(
            FIELDS.iter().any(|other| other.path.starts_with(&prefix)),
            "{}",
            field.path
        );
    }
}
