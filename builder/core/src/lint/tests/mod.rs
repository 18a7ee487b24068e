//! Each rule with what trips it and what only looks like it. A row that trips nothing is worth as much as one
//! that does: a lint that cries wolf is switched off.

mod boot;
mod bootstrap;
mod document;
mod kubelet;
mod readers;
mod secrets;

use super::*;

/// Amazon Linux 2, Ubuntu; and Amazon Linux 2023.
const AL2: Reader = Reader::CloudInit;
const AL2023: Reader = Reader::Nodeadm;

fn setting(reader: Reader, merged: bool) -> Setting {
    Setting {
        reader,
        merged,
        kubernetes: None,
    }
}

fn part<'a>(content_type: &'a str, body: &'a str) -> Part<'a> {
    Part {
        content_type,
        body: body.as_bytes(),
        encoding: None,
    }
}

/// `rule line` of every lint, in order.
fn told(setting: &Setting, parts: &[Part<'_>]) -> Vec<String> {
    let lints = lint(setting, parts);
    let place = |lint: &Lint| match lint.line {
        Some(line) => format!("{} {line}", lint.rule.name()),
        None => lint.rule.name().to_owned(),
    };
    lints.iter().map(place).collect()
}

/// What a script trips; its first line is added.
fn of_script(setting: &Setting, script: &str) -> Vec<String> {
    told(setting, &[part(SHELL, &format!("#!/bin/bash\n{script}"))])
}

/// What lines of PowerShell trip.
fn of_powershell(merged: bool, script: &str) -> Vec<String> {
    told(
        &setting(Reader::Windows, merged),
        &[part(POWERSHELL, script)],
    )
}

/// A row is a script, and what it trips: `rule line`, nothing for an innocent one.
type Row = (&'static str, &'static [&'static str]);

fn rows(setting: &Setting, rows: &[Row]) {
    for (script, expected) in rows {
        assert_eq!(of_script(setting, script), *expected, "{script}");
    }
}

#[test]
fn what_can_be_allowed_is_what_judges_by_looks() {
    for rule in Rule::ALL {
        let of_spec = serde_json::to_value(rule).unwrap();
        assert_eq!(of_spec, rule.name());
        let in_schema = crate::spec::json_schema()
            .to_string()
            .contains(&format!("\"{}\"", rule.name()));
        assert_eq!(rule.about().heuristic, in_schema, "{}", rule.name());
    }
}

/// The README's table is the one of the rules.
#[test]
#[allow(clippy::disallowed_methods, reason = "the README is a file")]
fn the_readme_has_every_rule() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    for rule in Rule::ALL {
        let about = rule.about();
        let severity = match about.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let allowed = if about.heuristic { "yes" } else { "" };
        let row = format!("| `{}` | {severity} | {allowed} | ", rule.name());
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn lints_come_by_part_then_line_and_quote_nothing() {
    let first =
        "#!/bin/bash\nsleep 30\nsystemctl restart kubelet; sleep 40 # hunter2-in-a-comment\n";
    let second = "#!/bin/bash\npassword=hunter2Hunter!\n";
    let lints = lint(
        &setting(AL2023, true),
        &[part(SHELL, first), part(SHELL, second)],
    );
    let places: Vec<_> = lints
        .iter()
        .map(|lint| (lint.part, lint.line, lint.rule))
        .collect();
    assert_eq!(
        places,
        [
            (Some(0), Some(2), Rule::SlowBoot),
            (Some(0), Some(3), Rule::TouchesKubelet),
            (Some(0), Some(3), Rule::SlowBoot),
            (Some(1), Some(2), Rule::Secret),
        ]
    );
    let json = serde_json::to_string(&lints).unwrap();
    assert!(!json.to_lowercase().contains("hunter2"), "{json}");
}
