//! What `set` changes: the difference, new files, and what was not translated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use nodemint_core::spec::{Loaded, Places};
use nodemint_core::translate::{Fate, Told};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use crate::args::Output;
use crate::commands::Session;
use crate::console::{BAD, BOLD, CHANGE, DIM, GOOD, NOTE, paint};
use crate::error::AppError;
use crate::project::Project;

const SET_SCHEMA: &str = "nodemint.dev/set/v1";
/// Lines around a change that are shown.
const CONTEXT: usize = 2;

/// An edit that is valid.
pub struct Edited<'a> {
    pub text: &'a str,
    pub loaded: &'a Loaded,
    pub files: &'a BTreeMap<String, String>,
    pub told: &'a [Told],
    /// Node groups that change too.
    pub shared: &'a [String],
    pub dry_run: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema: &'a str,
    dry_run: bool,
    diff: String,
    files: Vec<&'a str>,
    also_changed: &'a [String],
    left: Vec<Row>,
}

/// One line of what was not translated.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(skip)]
    rank: Fate,
    fate: &'static str,
    file: String,
    line: Option<usize>,
    what: String,
    why: String,
    hint: String,
}

pub fn show(session: &Session, project: &Project, edited: &Edited<'_>) -> Result<(), AppError> {
    let rows = rows(project, edited.told);
    if session.console.output == Output::Json {
        return session.console.answer_json(&Document {
            schema: SET_SCHEMA,
            dry_run: edited.dry_run,
            diff: difference(session, project, edited, false),
            files: edited.files.keys().map(String::as_str).collect(),
            also_changed: edited.shared,
            left: rows,
        });
    }
    let mut text = difference(session, project, edited, true);
    for (name, content) in edited.files {
        let lines = content.lines().count();
        let _ = writeln!(
            text,
            "{}",
            paint(GOOD, format!("+ {name} (new, {lines} lines)"))
        );
        if edited.dry_run && session.console.user_data {
            for line in content.lines() {
                let _ = writeln!(text, "{}", paint(DIM, format!("    {line}")));
            }
        }
    }
    text.push_str(&untranslated(&rows));
    if !edited.shared.is_empty() {
        let _ = writeln!(
            text,
            "{} the launch template is shared: this changes {} too",
            paint(CHANGE, "note:"),
            edited.shared.join(", ")
        );
    }
    session.console.answer(&text)
}

/// What must be done first comes first; in one kind, the order of the scripts.
fn rows(project: &Project, told: &[Told]) -> Vec<Row> {
    let spec = project.spec_path.display().to_string();
    let mut rows: Vec<Row> = told
        .iter()
        .map(|one| Row {
            rank: one.left.fate,
            fate: one.left.fate.as_str(),
            line: match &one.file {
                Some(_) => one.left.line,
                None => in_spec(project, &one.at, one.left.line),
            },
            file: one.file.clone().unwrap_or_else(|| spec.clone()),
            what: one.left.what.clone(),
            why: one.left.why.clone(),
            hint: one.left.hint.clone(),
        })
        .collect();
    rows.sort_by_key(|row| row.rank);
    rows
}

/// The line of the spec that a line of a step is. A block of text begins below its key.
fn in_spec(project: &Project, at: &str, line: Option<usize>) -> Option<usize> {
    let place = project.loaded.places.find(at)?;
    let key = place.key.as_ref().map_or(place.value.line, |key| key.line);
    let first = project
        .text
        .lines()
        .nth(key.saturating_sub(1))
        .unwrap_or("");
    let block = first
        .rsplit_once(": ")
        .is_some_and(|(_, after)| after.starts_with(['|', '>']));
    Some(match line {
        Some(line) if block => key + line,
        _ => key,
    })
}

fn untranslated(rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", paint(BOLD, "Not translated, or not quite:"));
    for row in rows {
        let place = row
            .line
            .map_or(row.file.clone(), |line| format!("{}:{line}", row.file));
        let style = match row.rank {
            Fate::Blocks | Fate::ByHand => BAD,
            Fate::Differs => CHANGE,
            Fate::Gone | Fate::Covered => DIM,
        };
        let fate = paint(style, format!("{:<9}", row.fate));
        let _ = writeln!(text, "  {fate} {place}: {}: {}", row.what, row.why);
        if !row.hint.is_empty() {
            let _ = writeln!(text, "            {} {}", paint(NOTE, "help:"), row.hint);
        }
    }
    text.push('\n');
    text
}

/// The lines that change, with their surroundings. Lines of steps, which can hold secrets, are shown where
/// changes in user data are.
fn difference(session: &Session, project: &Project, edited: &Edited<'_>, colours: bool) -> String {
    let hide = !session.console.user_data;
    let old_secret = steps(&project.loaded.places, &project.text);
    let new_secret = steps(&edited.loaded.places, edited.text);
    let diff = TextDiff::from_lines(project.text.as_str(), edited.text);
    let spec = project.spec_path.display();
    let mut out = format!("--- {spec}\n+++ {spec}\n");
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |op| op.old_range().start + 1);
        let _ = writeln!(out, "@@ line {first} @@");
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let secret = match (change.old_index(), change.new_index()) {
                (_, Some(line)) => new_secret.contains(&line),
                (Some(line), None) => old_secret.contains(&line),
                (None, None) => false,
            };
            let line = change.value().trim_end_matches(['\n', '\r']);
            let shown = if secret && hide {
                hidden(line)
            } else {
                line.to_owned()
            };
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', BAD),
                ChangeTag::Insert => ('+', GOOD),
                ChangeTag::Equal => (' ', DIM),
            };
            let line = format!("{sign} {shown}");
            let _ = match colours {
                true => writeln!(out, "{}", paint(style, line)),
                false => writeln!(out, "{line}"),
            };
        }
    }
    out
}

fn hidden(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let kept = match line.split_once("run:") {
        Some((before, _)) => format!("{before}run:"),
        None => " ".repeat(indent),
    };
    format!("{kept} … (--show-user-data shows it)")
}

/// The lines of every `run` of the spec, from 0.
fn steps(places: &Places, text: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    for (path, place) in places.iter() {
        if !path.contains(".preBootstrap[") || !path.ends_with(".run") {
            continue;
        }
        let key = place.key.as_ref().unwrap_or(&place.value);
        let end = place.value.span.end.min(text.len());
        let last = text
            .get(..end)
            .unwrap_or("")
            .trim_end()
            .matches('\n')
            .count();
        lines.extend(key.line - 1..=last.max(key.line - 1));
    }
    lines
}
