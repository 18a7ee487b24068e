//! Two versions of a launch template side by side, for people and for pull requests.

use std::fmt::Write as _;

use nodemint_core::launch_template::{FieldChange, UserDataChange};

use super::changes::changes;
use super::layout::Layout;
use super::{few, plan_markdown};
use crate::commands::diff::{Compared, Comparison, Diff};
use crate::console::{BOLD, CHANGE, Console, DIM, paint};

const SAME: &str = "no difference";
const UNREAD: &str =
    "there are fields that nodemint does not read: what they hold was not compared";

pub fn text(diff: &Diff, console: &Console) -> String {
    let sections = diff.comparisons.iter().map(|one| {
        let mut text = format!("{}\n", paint(BOLD, title(one)));
        match one.changes.is_empty() {
            true => text.push_str(&format!("  {}\n", paint(DIM, SAME))),
            false => {
                let shown = shown(one, console.user_data);
                changes(
                    &mut text,
                    &shown.iter().collect::<Vec<_>>(),
                    Layout::new(console.width),
                );
            }
        }
        if one.unread {
            let _ = writeln!(text, "{} {UNREAD}", paint(CHANGE, "warning:"));
        }
        text
    });
    sections.collect::<Vec<_>>().join("\n")
}

pub fn markdown(diff: &Diff, user_data: bool) -> String {
    let sections = diff.comparisons.iter().map(|one| {
        let mut text = format!("### {}\n", title(one));
        match one.changes.is_empty() {
            true => text.push_str("\nNo difference.\n"),
            false => {
                let shown = shown(one, user_data);
                let shown: Vec<&FieldChange> = shown.iter().collect();
                text.push_str(&plan_markdown::changes(&shown, true));
            }
        }
        if one.unread {
            let _ = write!(text, "\n> **Warning**: {UNREAD}.\n");
        }
        text
    });
    sections.collect::<Vec<_>>().join("\n")
}

fn title(one: &Comparison) -> String {
    let (name, id, site) = (&one.name, &one.id, &one.site);
    let (from, to) = (side(&one.from), side(&one.to));
    format!("Launch template {name} ({id}) in {site}: {from} → {to}")
}

fn side(side: &Compared) -> String {
    match side.version {
        Some(version) => format!("version {version}"),
        None => format!("the spec for {}", few(&side.clusters)),
    }
}

/// The changes as they may be shown here: see `Console::user_data`.
fn shown(one: &Comparison, user_data: bool) -> Vec<FieldChange> {
    let mut changes = one.changes.clone();
    for change in changes.iter_mut().filter(|_| !user_data) {
        change.user_data = change
            .user_data
            .as_ref()
            .map(UserDataChange::without_values);
    }
    changes
}
