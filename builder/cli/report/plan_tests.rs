//! The published plan, `golden/plan/plan.json`, in every form: `UPDATE_GOLDEN=1 cargo test -p nodemint` rewrites them.
#![allow(
    clippy::disallowed_methods,
    reason = "the forms are files, and UPDATE_GOLDEN rewrites them"
)]

use std::fs;
use std::path::Path;

use nodemint_core::plan::{Plan, SavedPlan};

use super::layout::Layout;
use super::{json, plan_markdown, plan_text};

/// The nodemint that these plans say they are of.
const NODEMINT: &str = "0.1.0";

fn read(text: &str) -> Plan {
    SavedPlan::from_json(text, NODEMINT)
        .expect("a plan file")
        .plan
}

fn published() -> Plan {
    read(include_str!("../../../golden/plan/plan.json"))
}

fn way_back() -> Plan {
    read(include_str!("../../../golden/plan/rollback.json"))
}

/// As it is shown in a pipe.
fn hidden() -> Plan {
    published().without_values()
}

fn check(name: &str, text: &str) {
    let plain = anstream::adapter::strip_str(text).to_string();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden/plan")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &plain).expect("the form can be written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    same(name, &published, &plain);
}

fn same(name: &str, published: &str, current: &str) {
    let diff = similar::TextDiff::from_lines(published, current);
    assert!(
        published == current,
        "golden/plan/{name} is stale: UPDATE_GOLDEN=1 cargo test -p nodemint\n{}",
        diff.unified_diff()
    );
}

#[test]
fn text_on_terminals_and_in_a_pipe() {
    let narrow = plan_text::plan(&published(), Layout::new(Some(80)));
    check("plan.80.txt", &narrow);
    check(
        "plan.txt",
        &plan_text::plan(&published(), Layout::new(Some(200))),
    );
    check(
        "plan.pipe.txt",
        &plan_text::plan(&hidden(), Layout::new(None)),
    );
    for line in anstream::adapter::strip_str(&narrow).to_string().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn markdown() {
    check("plan.md", &plan_markdown::plan(&published()));
    check("plan.hidden.md", &plan_markdown::plan(&hidden()));
}

#[test]
fn json_without_user_data() {
    let value = json::plan(&published()).expect("plain data");
    let text = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
    check("plan.output.json", &text);
    for secret in ["sysctl", "110", "team=a", "logger"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(value["hasChanges"], true);
    assert_eq!(value["blocked"], false);
}

#[test]
fn a_rollback() {
    let plan = way_back();
    check(
        "rollback.txt",
        &plan_text::plan(&plan, Layout::new(Some(100))),
    );
    let value = json::plan(&plan).expect("plain data");
    let text = serde_json::to_string_pretty(&value).expect("JSON") + "\n";
    check("rollback.output.json", &text);
}
