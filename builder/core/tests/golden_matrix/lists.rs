//! `golden/README.md`: the matrix, and every case with what it shows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use nodemint_core::spec::FamilyName;

use crate::{Case, KIN, SCENARIOS, Scenario, cases, golden, kin, refusal, shown};

/// The lists of `golden/README.md`: the matrix, and every case with what it shows.
fn lists(cases: &[Case]) -> String {
    let shown = shown(cases);
    let mut text = String::from("| |");
    for scenario in SCENARIOS {
        let _ = write!(text, " {} |", format!("{scenario:?}").to_ascii_lowercase());
    }
    let _ = write!(text, "\n|{}\n", " --- |".repeat(SCENARIOS.len() + 1));
    for family in KIN.iter().copied().flatten() {
        let _ = write!(text, "| {family:?} |");
        for scenario in SCENARIOS {
            let _ = write!(text, " {} |", cell(&shown, *family, scenario));
        }
        text.push('\n');
    }
    text.push_str("\n| case | what it shows |\n| --- | --- |\n");
    for case in cases {
        let _ = writeln!(text, "| [{0}]({0}) | {1} |", case.name, case.sentence());
    }
    text
}

fn cell(
    shown: &BTreeMap<(FamilyName, Scenario), Vec<&str>>,
    family: FamilyName,
    scenario: Scenario,
) -> String {
    if refusal(family, scenario).is_some() {
        return "refused".to_owned();
    }
    let of = |family: FamilyName| {
        let cases = shown.get(&(family, scenario))?;
        // The one that shows nothing else besides.
        let name = format!("{family:?}-{scenario:?}").to_ascii_lowercase();
        let named = cases.iter().find(|case| **case == name);
        named.or(cases.first()).copied()
    };
    let others = || kin(family).iter().find_map(|other| of(*other));
    match (of(family), others()) {
        (Some(case), _) => format!("[case]({case})"),
        (None, Some(case)) => format!("as [{case}]({case})"),
        (None, None) => String::new(),
    }
}

#[test]
fn the_index_lists_every_case() {
    let (begin, end) = ("<!-- lists: begin -->\n", "<!-- lists: end -->\n");
    let path = golden().join("README.md");
    let readme = fs::read_to_string(&path).expect("golden/README.md");
    let (head, rest) = readme.split_once(begin).expect(begin);
    let (_, tail) = rest.split_once(end).expect(end);
    let cases = cases();
    let wanted = format!("{head}{begin}{}{end}{tail}", lists(&cases));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &wanted).expect("written");
    }
    for case in &cases {
        assert!(
            case.sentence().len() > 20,
            "{}: begin with a comment",
            case.name
        );
    }
    assert_eq!(
        fs::read_to_string(&path).expect("as before"),
        wanted,
        "UPDATE_GOLDEN=1 writes the lists anew"
    );
}
