//! From a tree to a raw type, with every unknown key and every wrong type found in one run.
//!
//! serde stops at its first error. So its place is recorded, the value there is left out, and the rest is
//! read again, until nothing is wrong: at most once for each node.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::SpecPath;
use super::nearest;
use super::places::Places;
use super::problem::Problem;
use super::tree::{Kind, Node};
use super::value::to_json;

/// Reading again after each error takes time; nobody reads more than this at once.
const MOST_PROBLEMS: usize = 200;

/// Collects what is wrong, and knows which values are missing only because they were wrong.
pub(crate) struct Report<'a> {
    pub places: &'a Places,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
    /// Values that were left out, and keys that an unknown one was probably meant to be.
    pub pruned: BTreeSet<SpecPath>,
    /// There were too many errors to read on: what was read is not all there.
    pub gave_up: bool,
}

impl<'a> Report<'a> {
    pub fn new(places: &'a Places) -> Self {
        Report {
            places,
            problems: Vec::new(),
            warnings: Vec::new(),
            pruned: BTreeSet::new(),
            gave_up: false,
        }
    }

    pub fn error(&mut self, path: &SpecPath, message: impl Into<String>) {
        self.push(path, message.into(), None);
    }

    pub fn error_hint(
        &mut self,
        path: &SpecPath,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(path, message.into(), Some(hint.into()));
    }

    pub fn push(&mut self, path: &SpecPath, message: String, hint: Option<String>) {
        let problem = self.places.problem(&path.to_string(), message, hint);
        self.problems.push(problem);
    }

    pub fn warn(&mut self, path: &SpecPath, message: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into());
        let warning = self.places.problem(&path.to_string(), message.into(), hint);
        self.warnings.push(warning);
    }

    /// "`x` is missing", unless there is a problem with it already.
    pub fn missing(&mut self, parent: &SpecPath, key: &str, hint: Option<&str>) {
        let path = parent.key(key);
        if !self.pruned.contains(&path) {
            let problem = self.places.problem(
                &path.to_string(),
                format!("`{key}` is missing"),
                hint.map(str::to_owned),
            );
            self.problems.push(problem);
        }
    }

    pub fn not_yet(&mut self, path: &SpecPath, what: &str) {
        self.error(path, format!("`{what}` is not supported yet"));
    }
}

/// Reads the value of `node`, which stands at `at`. What is wrong goes into the report.
pub(crate) fn read<T: DeserializeOwned + Default>(
    node: &Node,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> T {
    // Each round prunes one node more, so there are never more rounds than nodes.
    loop {
        let value = to_json(node, at, &report.pruned);
        let error = match serde_path_to_error::deserialize::<Value, T>(value) {
            Ok(read) => return read,
            Err(error) => error,
        };
        let path = full_path(at, error.path());
        let message = error.inner().to_string();
        let Some(path) = to_prune(path, at, &report.pruned) else {
            let (message, hint) = describe(&message, Some(node));
            report.push(at, message, hint);
            return T::default();
        };
        record(&path, &message, find(node, at, &path), report);
        report.pruned.insert(path);
        if report.problems.len() >= MOST_PROBLEMS {
            report.gave_up = true;
            report.error(at, "there are more errors; correct these first");
            return T::default();
        }
    }
}

/// The path that the error names, or the nearest above it that is not pruned yet.
fn to_prune(path: SpecPath, at: &SpecPath, pruned: &BTreeSet<SpecPath>) -> Option<SpecPath> {
    let mut path = path;
    while path != *at {
        if !pruned.contains(&path) {
            return Some(path);
        }
        path = path.parent()?;
    }
    None
}

fn full_path(at: &SpecPath, tail: &serde_path_to_error::Path) -> SpecPath {
    let mut path = at.clone();
    for segment in tail {
        path = match segment {
            Segment::Seq { index } => path.index(*index),
            Segment::Map { key } => path.key(key),
            Segment::Enum { .. } | Segment::Unknown => path,
        };
    }
    path
}

fn record(path: &SpecPath, message: &str, node: Option<&Node>, report: &mut Report<'_>) {
    let Some(rest) = message.strip_prefix("unknown field ") else {
        let (message, hint) = describe(message, node);
        report.push(path, message, hint);
        return;
    };
    let known = expected_names(rest);
    let given = path.last_key().to_owned();
    if let (Some(meant), Some(parent)) = (
        nearest::nearest(&given, known.iter().copied()),
        path.parent(),
    ) {
        // The value is here, only under a wrong name: not missing as well.
        report.pruned.insert(parent.key(meant));
    }
    // A key can have a line break in it, and a message is one line.
    let shown = given.replace(char::is_control, " ");
    let mut problem = report.places.problem(
        &path.to_string(),
        format!("unknown key `{shown}`"),
        nearest::hint(&given, &known),
    );
    if let Some(key) = report
        .places
        .find(&problem.path)
        .and_then(|place| place.key)
    {
        (problem.line, problem.column, problem.span) = (key.line, key.column, key.span);
    }
    report.problems.push(problem);
}

/// serde's message in the words of somebody who writes YAML. Never the value itself unless it is one of a
/// fixed set of names: user data can hold secrets.
fn describe(message: &str, node: Option<&Node>) -> (String, Option<String>) {
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let known = expected_names(rest);
        let given = node.and_then(text_of).unwrap_or_default();
        let hint = nearest::hint(given, &known);
        return (format!("unknown value `{given}`"), hint);
    }
    let Some((_, expected)) = message.rsplit_once(", expected ") else {
        return (message.to_owned(), None);
    };
    let expected = plain_words(expected);
    if message.starts_with("invalid value") {
        return (format!("out of range for {expected}"), None);
    }
    let found = match (expected, node.map_or("something else", kind_of)) {
        ("a whole number", "a number") => "one with a fraction",
        (_, found) => found,
    };
    (
        format!("expected {expected}, found {found}"),
        quoting_hint(expected, found, node),
    )
}

fn quoting_hint(expected: &str, found: &str, node: Option<&Node>) -> Option<String> {
    let text = node.and_then(text_of)?;
    match (expected, found) {
        ("text", "a number" | "true or false") => Some(format!("write it in quotes: \"{text}\"")),
        ("a whole number", "text") if text.parse::<i64>().is_ok() => {
            Some("write it without quotes".to_owned())
        }
        ("true or false", "text")
            if ["yes", "no", "on", "off", "true", "false"].contains(&text) =>
        {
            Some("write true or false, without quotes".to_owned())
        }
        _ => None,
    }
}

fn plain_words(expected: &str) -> &str {
    match expected {
        "a string" | "string" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a mapping",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "a whole number",
        other if other.starts_with("struct ") => "a mapping",
        other => other,
    }
}

fn kind_of(node: &Node) -> &'static str {
    match to_json(node, &SpecPath::default(), &BTreeSet::new()) {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar { value, .. } => Some(value),
        _ => None,
    }
}

/// The names in backticks after "expected", as serde lists them.
fn expected_names(rest: &str) -> Vec<&str> {
    let list = rest.rsplit_once("expected ").map_or("", |(_, list)| list);
    list.split('`').skip(1).step_by(2).collect()
}

/// The node at `path`, where `node` stands at `at`.
pub(crate) fn find<'n>(node: &'n Node, at: &SpecPath, path: &SpecPath) -> Option<&'n Node> {
    use super::path::Step;
    let mut node = node;
    for step in path.steps().get(at.steps().len()..)? {
        node = match (step, &node.kind) {
            (Step::Index(index), Kind::Seq { items }) => items.get(*index)?,
            (Step::Key(key), Kind::Map { entries, .. }) => {
                &entries.iter().find(|entry| entry.key == *key)?.value
            }
            _ => return None,
        };
    }
    Some(node)
}
