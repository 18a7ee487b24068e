//! Edits to the text of a spec that leave everything else as it was: comments, order, indentation, quotes.
//!
//! An edit works on the bytes that [`super::places`] knows. What comes out is read again and must be the
//! old spec with that one change; where that cannot be had (aliases, merge keys, multi-line text), the
//! edit is refused by name, and the text stays as it is.

mod emit;
mod value;

use std::collections::BTreeSet;

use serde_json::Value;

pub use value::{append, set_value, unset};

use super::raw::RawFleet;
use super::read::find;
use super::tree::{self, Entry, Kind, Node, Style};
use super::value::{plain, to_json};
use super::{SpecErrors, SpecPath, Step};

/// Why an edit was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("the spec cannot be read")]
    Unreadable(#[source] SpecErrors),
    #[error("`{0}` is not the path of a value")]
    BadPath(String),
    #[error("there is no `{0}` in the spec")]
    NotFound(String),
    #[error("`{path}` cannot be edited in place: {reason}")]
    Unsupported { path: String, reason: &'static str },
}

/// A new key goes after this one, if it is there: next to what it belongs to.
const NEIGHBOURS: &[(&str, &[&str])] = &[
    ("launchTemplateVersion", &["launchTemplate"]),
    (
        "releaseVersion",
        &["launchTemplateVersion", "launchTemplate"],
    ),
    ("instanceType", &["ami", "variant", "arch", "family"]),
    ("version", &["region"]),
    ("max", &["min"]),
    ("desired", &["max"]),
    (
        "userData",
        &[
            "tags",
            "metadataOptions",
            "blockDevices",
            "keyName",
            "instanceType",
            "ami",
        ],
    ),
    ("kubelet", &["preBootstrap"]),
    ("nodeLabels", &["kubelet", "preBootstrap"]),
    (
        "taints",
        &["nodeLabels", "labels", "kubelet", "preBootstrap"],
    ),
    (
        "clusterDns",
        &["taints", "nodeLabels", "kubelet", "preBootstrap"],
    ),
    (
        "localDisks",
        &[
            "clusterDns",
            "taints",
            "nodeLabels",
            "kubelet",
            "preBootstrap",
        ],
    ),
    ("extraArgs", &["maxPods"]),
    ("config", &["extraArgs", "maxPods"]),
];

/// Sets the scalar at `path`, such as `nodeGroups[0].launchTemplateVersion`, or inserts it into the mapping
/// that the path leads to. `value` is its plain text; quotes are added where the spec wants text.
///
/// # Errors
/// The path leads nowhere, or the edit cannot be made without touching anything else.
pub fn set_scalar(text: &str, path: &str, value: &str) -> Result<String, EditError> {
    let root = read_tree(text)?;
    let at = parse_path(path)?;
    let edit = Edit {
        text,
        root: &root,
        at: &at,
    };
    let edited = match find(&root, &SpecPath::default(), &at) {
        Some(node) => edit.replace(node, value)?,
        None => edit.insert(value)?,
    };
    let Some(edited) = edited else {
        return Ok(text.to_owned());
    };
    edit.verified(edited, |tree| {
        find(tree, &SpecPath::default(), &at).is_some_and(|node| is_text(node, value))
    })
}

/// Sets a value from its plain text, as [`set_scalar`] does, and makes the mappings that lead to it. An empty text
/// takes the value out.
///
/// # Errors
/// The path leads nowhere, or the edit cannot be made in place.
pub fn assign(text: &str, path: &str, value: &str) -> Result<String, EditError> {
    if value.is_empty() {
        return unset(text, path);
    }
    let at = parse_path(path)?;
    let root = read_tree(text)?;
    let there = |at: &SpecPath| {
        find(&root, &SpecPath::default(), at).is_some_and(|node| !value::json(node).is_null())
    };
    if there(&at) || at.parent().is_some_and(|parent| there(&parent)) {
        return set_scalar(text, path, value);
    }
    let typed = match wants_text(&at, value) {
        true => Value::from(value),
        false => plain(value),
    };
    set_value(text, path, &typed)
}

/// Removes the key at `path` with its value.
///
/// # Errors
/// The path leads nowhere, or the edit cannot be made without touching anything else.
pub fn remove(text: &str, path: &str) -> Result<String, EditError> {
    let root = read_tree(text)?;
    let at = parse_path(path)?;
    let edit = Edit {
        text,
        root: &root,
        at: &at,
    };
    let edited = edit.remove()?;
    match at.last() {
        Some(Step::Index(index)) => edit.verified_without_item(edited, *index),
        _ => edit.verified(edited, |tree| {
            find(tree, &SpecPath::default(), &at).is_none()
        }),
    }
}

fn read_tree(text: &str) -> Result<Node, EditError> {
    match tree::parse(text) {
        Ok((root, problems)) if problems.is_empty() => Ok(root),
        Ok((_, problems)) | Err(problems) => Err(EditError::Unreadable(SpecErrors { problems })),
    }
}

fn parse_path(path: &str) -> Result<SpecPath, EditError> {
    SpecPath::parse(path)
        .filter(|parsed| !parsed.steps().is_empty())
        .ok_or_else(|| EditError::BadPath(path.to_owned()))
}

fn is_text(node: &Node, wanted: &str) -> bool {
    matches!(&node.kind, Kind::Scalar { value, .. } if value == wanted)
}

struct Edit<'a> {
    text: &'a str,
    root: &'a Node,
    at: &'a SpecPath,
}

impl<'a> Edit<'a> {
    fn refuse<T>(&self, reason: &'static str) -> Result<T, EditError> {
        Err(EditError::Unsupported {
            path: self.at.to_string(),
            reason,
        })
    }

    /// `None`: it says so already.
    fn replace(&self, node: &Node, value: &str) -> Result<Option<String>, EditError> {
        let Kind::Scalar { value: old, style } = &node.kind else {
            return self.refuse("it is a mapping or a list");
        };
        if node.shared {
            return self.refuse("it has an anchor, an alias or a tag");
        }
        let span = node.spot.span.clone();
        let inside = self.text.get(span.clone()).unwrap_or("");
        if *style == Style::Block || inside.contains('\n') {
            return self.refuse("it is text of several lines");
        }
        if old == value && !span.is_empty() {
            return Ok(None);
        }
        let quote = inside
            .chars()
            .next()
            .filter(|c| *style == Style::Quoted && matches!(c, '"' | '\''));
        let mut new = match quote {
            Some(quote) => quoted(value, quote),
            None => scalar(self.at, value),
        };
        // `key:` with nothing after it
        if span.is_empty()
            && self
                .text
                .get(..span.start)
                .is_some_and(|before| before.ends_with(':'))
        {
            new.insert(0, ' ');
        }
        Ok(Some(self.splice(span.start, span.end, &new)))
    }

    fn insert(&self, value: &str) -> Result<Option<String>, EditError> {
        let Some((Step::Key(key), parent)) = self.at.last().zip(self.at.parent()) else {
            return Err(EditError::NotFound(self.at.to_string()));
        };
        let Some(mapping) = find(self.root, &SpecPath::default(), &parent) else {
            return Err(EditError::NotFound(parent.to_string()));
        };
        let Kind::Map { entries, flow } = &mapping.kind else {
            return self.refuse("what it would be under is not a mapping");
        };
        if mapping.shared {
            return self.refuse("the mapping has an anchor or an alias");
        }
        let line = format!(
            "{}: {}",
            scalar(&SpecPath::default(), key),
            scalar(self.at, value)
        );
        if *flow {
            let opening = mapping.spot.span.start + 1;
            let (place, comma) = entries
                .last()
                .map_or((opening, ""), |last| (self.entry_end(last), ", "));
            return Ok(Some(self.splice(place, place, &format!("{comma}{line}"))));
        }
        let Some((neighbour, first)) = neighbour(key, entries).zip(entries.first()) else {
            return self.refuse("there is no line to put it after");
        };
        let end = self.line_end(self.entry_end(neighbour));
        let indent = " ".repeat(first.key_spot.column - 1);
        let line_break = if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        Ok(Some(self.splice(
            end,
            end,
            &format!("{line_break}{indent}{line}"),
        )))
    }

    fn remove(&self) -> Result<String, EditError> {
        let not_found = || EditError::NotFound(self.at.to_string());
        let (step, parent) = self.at.last().zip(self.at.parent()).ok_or_else(not_found)?;
        let parent = find(self.root, &SpecPath::default(), &parent).ok_or_else(not_found)?;
        let (key, entries, flow) = match (step, &parent.kind) {
            (Step::Key(key), Kind::Map { entries, flow }) => (key, entries, flow),
            (Step::Index(index), Kind::Seq { items }) => return self.remove_item(*index, items),
            _ => return Err(not_found()),
        };
        let index = entries
            .iter()
            .position(|entry| entry.key == *key)
            .ok_or_else(not_found)?;
        let entry = entries.get(index).ok_or_else(not_found)?;
        let (start, end) = (entry.key_spot.span.start, self.entry_end(entry));
        if *flow {
            let before = index.checked_sub(1).and_then(|last| entries.get(last));
            let (start, end) = match (before, entries.get(index + 1)) {
                (_, Some(next)) => (start, next.key_spot.span.start),
                (Some(last), None) => (self.entry_end(last), end),
                (None, None) => (start, end),
            };
            return Ok(self.splice(start, end, ""));
        }
        if entries.len() == 1 {
            return self.refuse("it is the only key of its mapping");
        }
        self.remove_lines(start, end)
    }

    /// Removes the lines from the one of `start` to the one of `end`, if nothing else begins there.
    fn remove_lines(&self, start: usize, end: usize) -> Result<String, EditError> {
        let before = self.text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        if !before
            .get(line_start..)
            .unwrap_or("")
            .chars()
            .all(|c| c == ' ')
        {
            return self.refuse("it stands on the line of a `-`");
        }
        let after = self.text.get(end..).unwrap_or("");
        let line_end = after.find('\n').map_or(self.text.len(), |at| end + at + 1);
        Ok(self.splice(line_start, line_end, ""))
    }

    fn entry_end(&self, entry: &Entry) -> usize {
        self.last_byte(&entry.value).max(entry.key_spot.span.end)
    }

    /// The end of a value, without the blank lines that a block scalar's span takes in.
    fn last_byte(&self, node: &Node) -> usize {
        let inside = self.text.get(node.spot.span.clone()).unwrap_or("");
        node.spot.span.start + inside.trim_end().len()
    }

    /// The end of the line that `at` is in, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        at + line.trim_end_matches('\r').len()
    }

    fn splice(&self, start: usize, end: usize, new: &str) -> String {
        let before = self.text.get(..start).unwrap_or("");
        let after = self.text.get(end..).unwrap_or("");
        format!("{before}{new}{after}")
    }

    /// The edited text, if it reads as the old spec without one item of a list: the items behind it move up.
    fn verified_without_item(&self, edited: String, index: usize) -> Result<String, EditError> {
        let list = self.at.parent().unwrap_or_default();
        let items = |root: &Node| {
            let list = find(root, &SpecPath::default(), &list).map(value::json);
            list.and_then(|list| list.as_array().cloned())
                .unwrap_or_default()
        };
        let mut wanted = items(self.root);
        if index < wanted.len() {
            wanted.remove(index);
        }
        let but = BTreeSet::from([list.clone()]);
        let rest = |node: &Node| to_json(node, &SpecPath::default(), &but);
        match read_tree(&edited) {
            Ok(tree) if items(&tree) == wanted && rest(&tree) == rest(self.root) => Ok(edited),
            _ => self.refuse("it would change something else too"),
        }
    }

    /// The edited text, if it reads as the old spec with this one change.
    fn verified(
        &self,
        edited: String,
        changed: impl Fn(&Node) -> bool,
    ) -> Result<String, EditError> {
        let Ok(tree) = read_tree(&edited) else {
            return self.refuse("the result would not be YAML");
        };
        let but = BTreeSet::from([self.at.clone()]);
        let rest = |node: &Node| to_json(node, &SpecPath::default(), &but);
        if !changed(&tree) || rest(&tree) != rest(self.root) {
            return self.refuse("it would change something else too");
        }
        Ok(edited)
    }
}

/// The entry whose line a new key goes after.
fn neighbour<'e>(key: &str, entries: &'e [Entry]) -> Option<&'e Entry> {
    let wanted = NEIGHBOURS
        .iter()
        .find(|(name, _)| *name == key)
        .map_or(&[][..], |(_, after)| *after);
    let named = wanted
        .iter()
        .find_map(|name| entries.iter().find(|entry| entry.key == **name));
    let scalar = |entry: &&Entry| matches!(&entry.value.kind, Kind::Scalar { style, .. } if *style != Style::Block);
    named
        .or_else(|| entries.iter().rfind(scalar))
        .or(entries.last())
}

/// A scalar as the spec wants it at `at`: plain where that reads back as the same, quoted where the spec
/// wants text and the plain form would be a number, true, false or null.
fn scalar(at: &SpecPath, value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._/@+=-".contains(c);
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && value.chars().all(safe)
        || value.parse::<i64>().is_ok();
    if !is_plain || (!plain(value).is_string() && wants_text(at, value)) {
        return quoted(value, '"');
    }
    value.to_owned()
}

/// Whether the raw types refuse the plain form at this path and take text.
fn wants_text(at: &SpecPath, value: &str) -> bool {
    if at.steps().is_empty() {
        return true;
    }
    let accepts =
        |value: Value| serde_json::from_value::<RawFleet>(around(at.steps(), value)).is_ok();
    !accepts(plain(value)) && accepts(Value::from(value))
}

/// A spec that says nothing but one value.
fn around(steps: &[Step], value: Value) -> Value {
    match steps.split_first() {
        None => value,
        Some((Step::Key(key), rest)) => {
            Value::Object([(key.clone(), around(rest, value))].into_iter().collect())
        }
        Some((Step::Index(_), rest)) => Value::Array(vec![around(rest, value)]),
    }
}

fn quoted(value: &str, quote: char) -> String {
    if quote == '\'' && !value.chars().any(char::is_control) {
        return format!("'{}'", value.replace('\'', "''"));
    }
    // JSON's escapes are YAML's too.
    Value::from(value).to_string()
}
