//! Fields that change, as a table; user data part by part below it.

use std::fmt::Write as _;

use nodemint_core::launch_template::{FieldChange, KeyChange, KeyChangeKind, PartChange};
use similar::TextDiff;

use crate::report::changes::{HIDDEN, hides_values, named, part_line};
use crate::report::layout::harmless;
use crate::report::markdown::{block, cell, code, prose};

/// The longest line of a diff that is shown whole.
const LONGEST: usize = 160;

/// `whole`: with the content of user data, as far as it is shown here at all.
pub fn changes(changes: &[&FieldChange], whole: bool) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| field | from | to |\n| --- | --- | --- |\n");
    for change in changes {
        let from = change
            .from
            .as_ref()
            .map(|value| named(value, change.from_image.as_ref()));
        let to = change
            .to
            .as_ref()
            .map(|value| named(value, change.to_image.as_ref()));
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            code(&change.path),
            cell(from.as_deref()),
            cell(to.as_deref())
        );
    }
    for user_data in changes
        .iter()
        .filter_map(|change| change.user_data.as_ref())
    {
        text.push_str("\nUser data:\n");
        if user_data.parts.is_empty() {
            text.push_str("\n- the parts are the same, packed differently\n");
        }
        for part in &user_data.parts {
            let _ = write!(text, "\n- {}\n", prose(&part_line(part)));
            if whole {
                text.push_str(&content(part));
            }
        }
        if hides_values(user_data) {
            let _ = write!(text, "\n{}\n", prose(HIDDEN));
        } else if !whole {
            text.push_str("\nWhat changes in the parts is left out for its length.\n");
        }
    }
    text
}

fn content(part: &PartChange) -> String {
    let mut text = String::new();
    if !part.keys.is_empty() {
        text.push_str(&keys(&part.keys));
    }
    if let Some(diff) = part.lines.as_ref().and_then(|lines| lines.diff.as_ref()) {
        let lines = diff
            .lines()
            .filter(|line| !line.starts_with("\\ No newline"));
        let lines: Vec<String> = lines.map(|line| harmless(line, LONGEST)).collect();
        let _ = write!(text, "\n{}", block("diff", &lines.join("\n")));
    }
    text
}

fn keys(keys: &[KeyChange]) -> String {
    let hidden = keys
        .iter()
        .all(|key| key.from.is_none() && key.to.is_none());
    if hidden {
        let name = |key: &KeyChange| {
            let what = match key.kind {
                KeyChangeKind::Added => " (new)",
                KeyChangeKind::Removed => " (gone)",
                KeyChangeKind::Changed => "",
            };
            format!("{}{what}", code(&key.key))
        };
        let names: Vec<String> = keys.iter().map(name).collect();
        return format!("\n  {}\n", names.join(", "));
    }
    let mut text = String::from("\n| key | from | to |\n| --- | --- | --- |\n");
    let mut long = String::new();
    for key in keys {
        let (from, to) = (key.from.as_deref(), key.to.as_deref());
        let lines = [from, to]
            .into_iter()
            .flatten()
            .any(|value| value.contains('\n'));
        if lines {
            let diff = TextDiff::from_lines(from.unwrap_or_default(), to.unwrap_or_default())
                .unified_diff()
                .to_string();
            let shown: Vec<String> = diff.lines().map(|line| harmless(line, LONGEST)).collect();
            let _ = write!(
                long,
                "\n{}:\n\n{}",
                code(&key.key),
                block("diff", &shown.join("\n"))
            );
            continue;
        }
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            code(&key.key),
            cell(from),
            cell(to)
        );
    }
    text.push_str(&long);
    text
}
