//! What `load` says of wrong specs (and of right ones worth a warning): the tables in golden/spec-errors.
#![allow(
    clippy::disallowed_methods,
    reason = "the cases are files, and UPDATE_GOLDEN rewrites them"
)]

use std::fs;
use std::path::{Path, PathBuf};

use nodemint_core::spec::{Problem, load};

const HEADER: &str = "=== ";
const EXPECTED: &str = ">>>";

struct Case {
    name: String,
    /// the lines that make the text, as they stand in the table
    input: Vec<String>,
    expected: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/spec-errors")
}

fn cases(table: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut in_expected = false;
    for line in table.lines() {
        if let Some(name) = line.strip_prefix(HEADER) {
            cases.push(Case {
                name: name.to_owned(),
                input: Vec::new(),
                expected: Vec::new(),
            });
            in_expected = false;
            continue;
        }
        let case = cases.last_mut().expect("a table begins with a case");
        match (line, in_expected) {
            (EXPECTED, _) => in_expected = true,
            (line, true) => case.expected.push(line.to_owned()),
            (line, false) => case.input.push(line.to_owned()),
        }
    }
    cases
}

fn text_of(case: &Case, base: &str) -> String {
    if case.input.iter().any(|line| line.starts_with('|')) {
        let lines: Vec<&str> = case
            .input
            .iter()
            .filter_map(|line| line.strip_prefix('|'))
            .collect();
        let text = lines.join("\n") + if lines == [""] { "" } else { "\n" };
        return text
            .replace("\\t", "\t")
            .replace("\\r", "\r")
            .replace("\\u{feff}", "\u{feff}");
    }
    let mut lines: Vec<String> = base.lines().map(str::to_owned).collect();
    let mut at = 0;
    for change in &case.input {
        let (kind, line) = change.split_at(1);
        let find = |lines: &[String]| {
            let found: Vec<usize> = (0..lines.len())
                .filter(|index| lines[*index] == line)
                .collect();
            assert!(
                !found.is_empty(),
                "{}: the base has no line {line:?}",
                case.name
            );
            found[0]
        };
        match kind {
            "-" => {
                at = find(&lines);
                lines.remove(at);
            }
            "@" => at = find(&lines) + 1,
            "+" => {
                lines.insert(at, line.to_owned());
                at += 1;
            }
            other => panic!("{}: {other:?} begins no change", case.name),
        }
    }
    lines.join("\n") + "\n"
}

fn outcome(text: &str) -> Vec<String> {
    let mut read = |path: &str| match path {
        "userdata/10-sysctl.sh" => Ok(b"#!/bin/bash\n".to_vec()),
        _ => fs::read(folder().join(path)).map_err(|_| "not found".to_owned()),
    };
    let check = |problem: &Problem| {
        assert!(
            text.get(problem.span.clone()).is_some(),
            "{problem} is outside the text"
        );
    };
    match load(text, &mut read) {
        Ok(loaded) => {
            loaded.warnings.iter().for_each(check);
            let warnings = loaded
                .warnings
                .iter()
                .map(|warning| format!("warning: {warning}"));
            std::iter::once("valid".to_owned())
                .chain(warnings)
                .collect()
        }
        Err(errors) => {
            errors.problems.iter().for_each(check);
            errors.to_string().lines().map(str::to_owned).collect()
        }
    }
}

#[test]
fn every_wrong_spec_gets_its_errors() {
    let base = fs::read_to_string(folder().join("base.yaml")).expect("base.yaml");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut tables: Vec<PathBuf> = fs::read_dir(folder())
        .expect("golden/spec-errors")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    tables.sort();
    let (mut count, mut differences) = (0, Vec::new());
    for table in tables {
        let mut written = String::new();
        for case in cases(&fs::read_to_string(&table).expect("a table")) {
            count += 1;
            let found = outcome(&text_of(&case, &base));
            if found != case.expected {
                let (expected, found) = (case.expected.join("\n  "), found.join("\n  "));
                differences.push(format!(
                    "{}\n expected\n  {expected}\n found\n  {found}",
                    case.name
                ));
            }
            let lines = [
                vec![format!("{HEADER}{}", case.name)],
                case.input,
                vec![EXPECTED.to_owned()],
                found,
            ];
            written.push_str(&(lines.concat().join("\n") + "\n"));
        }
        if update {
            fs::write(&table, written).expect("a table can be written");
        }
    }
    assert!(count >= 100, "only {count} cases were found");
    assert!(
        update || differences.is_empty(),
        "{}",
        differences.join("\n\n")
    );
}
