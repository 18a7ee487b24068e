//! Edits of mappings, lists and text of several lines.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Edit, EditError, emit, neighbour, parse_path, read_tree};
use crate::spec::read::find;
use crate::spec::tree::{Entry, Kind, Node};
use crate::spec::value::to_json;
use crate::spec::{SpecPath, Step};

/// Sets a value of any kind at `path`; mappings on the way that are not there are made.
///
/// # Errors
/// The path leads through a list's item that is not there, or the edit cannot be made in place.
pub fn set_value(text: &str, path: &str, value: &Value) -> Result<String, EditError> {
    let root = read_tree(text)?;
    let at = parse_path(path)?;
    let (at, value) = reachable(&root, at, value.clone());
    let edit = Edit {
        text,
        root: &root,
        at: &at,
    };
    let edited = match find(&root, &SpecPath::default(), &at) {
        Some(node) if json(node) == value => return Ok(text.to_owned()),
        Some(node) => edit.replace_value(node, &value)?,
        None => edit.insert_value(&value)?,
    };
    edit.verified(edited, |tree| {
        find(tree, &SpecPath::default(), &at).map(json).as_ref() == Some(&value)
    })
}

/// Adds an item at the end of the list at `path`, which is made if it is not there.
///
/// # Errors
/// There is something else than a list, or the edit cannot be made in place.
pub fn append(text: &str, path: &str, item: &Value) -> Result<String, EditError> {
    let root = read_tree(text)?;
    let at = parse_path(path)?;
    let list = find(&root, &SpecPath::default(), &at);
    let Some(list) = list.filter(|node| !json(node).is_null()) else {
        return set_value(text, path, &Value::Array(vec![item.clone()]));
    };
    let edit = Edit {
        text,
        root: &root,
        at: &at,
    };
    let edited = edit.append(list, item)?;
    let mut wanted = json(list);
    if let Value::Array(items) = &mut wanted {
        items.push(item.clone());
    }
    edit.verified(edited, |tree| {
        find(tree, &SpecPath::default(), &at).map(json).as_ref() == Some(&wanted)
    })
}

/// Removes the value at `path`, and with it every mapping and list that would be left empty. What is not there
/// needs no removal.
///
/// # Errors
/// The edit cannot be made in place.
pub fn unset(text: &str, path: &str) -> Result<String, EditError> {
    let root = read_tree(text)?;
    let mut at = parse_path(path)?;
    if find(&root, &SpecPath::default(), &at).is_none() {
        return Ok(text.to_owned());
    }
    while let Some(parent) = at.parent().filter(|parent| !parent.steps().is_empty()) {
        let children = match find(&root, &SpecPath::default(), &parent).map(|node| &node.kind) {
            Some(Kind::Map { entries, .. }) => entries.len(),
            Some(Kind::Seq { items }) => items.len(),
            _ => break,
        };
        // A whole template or node group is never what is meant.
        if children > 1 || parent.steps().len() < 3 {
            break;
        }
        at = parent;
    }
    super::remove(text, &at.to_string())
}

pub(super) fn json(node: &Node) -> Value {
    to_json(node, &SpecPath::default(), &BTreeSet::new())
}

/// The first step of a path that is not there, and the value that has to stand there. `key:` with nothing after
/// it is not there either.
fn reachable(root: &Node, at: SpecPath, value: Value) -> (SpecPath, Value) {
    let (mut at, mut value) = (at, value);
    while let Some((Step::Key(key), parent)) = at.last().zip(at.parent()) {
        let there = find(root, &SpecPath::default(), &parent).filter(|node| !json(node).is_null());
        if there.is_some() || parent.steps().is_empty() {
            break;
        }
        value = Value::Object(Map::from_iter([(key.clone(), value)]));
        at = parent;
    }
    (at, value)
}

impl Edit<'_> {
    fn line_break(&self) -> &'static str {
        if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    fn with_breaks(&self, text: &str) -> String {
        text.replace('\n', self.line_break())
    }

    /// The mapping that a path is in, and its key there.
    fn parent(&self) -> Result<(&Node, &str), EditError> {
        let not_found = || EditError::NotFound(self.at.to_string());
        let Some((Step::Key(key), parent)) = self.at.last().zip(self.at.parent()) else {
            return self.refuse("it is an item of a list");
        };
        let node = find(self.root, &SpecPath::default(), &parent).ok_or_else(not_found)?;
        if node.shared {
            return self.refuse("the mapping has an anchor or an alias");
        }
        Ok((node, key))
    }

    fn replace_value(&self, node: &Node, value: &Value) -> Result<String, EditError> {
        let (parent, key) = self.parent()?;
        let Kind::Map { entries, flow } = &parent.kind else {
            return self.refuse("what it is under is not a mapping");
        };
        if node.shared {
            return self.refuse("it has an anchor, an alias or a tag");
        }
        let Some(entry) = entries.iter().find(|entry| entry.key == key) else {
            return self.refuse("what it is under is not a mapping");
        };
        let start = entry.key_spot.span.start;
        let mut end = self.entry_end(entry);
        // `key:` with nothing after it ends before its colon.
        if self
            .text
            .get(end..)
            .is_some_and(|after| after.starts_with(':'))
        {
            end += 1;
        }
        let new = match flow {
            true => format!("{key}: {}", emit::flow(value)),
            false => self.in_block(entry, value),
        };
        Ok(self.splice(start, end, &self.with_breaks(&new)))
    }

    /// An entry anew; a comment beside the `|` of a block of text stays.
    fn in_block(&self, entry: &Entry, value: &Value) -> String {
        let new = emit::entry(&entry.key, value, entry.key_spot.column - 1);
        let end = entry.key_spot.span.end;
        let header = self.text.get(end..self.line_end(end)).unwrap_or("");
        let header = header.trim_start_matches(':').trim_start();
        let comment = header
            .strip_prefix("|-")
            .or_else(|| header.strip_prefix('|'));
        match (comment, new.split_once('\n')) {
            (Some(comment), Some((first, lines))) if comment.trim_start().starts_with('#') => {
                format!("{first}{comment}\n{lines}")
            }
            _ => new,
        }
    }

    fn insert_value(&self, value: &Value) -> Result<String, EditError> {
        let (parent, key) = self.parent()?;
        let Kind::Map { entries, flow } = &parent.kind else {
            return self.refuse("what it would be under is not a mapping");
        };
        if *flow {
            let opening = parent.spot.span.start + 1;
            let (place, comma) = entries
                .last()
                .map_or((opening, ""), |last| (self.entry_end(last), ", "));
            let line = emit::flow(&Value::Object(Map::from_iter([(
                key.to_owned(),
                value.clone(),
            )])));
            let line = line
                .trim_start_matches('{')
                .strip_suffix('}')
                .unwrap_or(&line)
                .to_owned();
            return Ok(self.splice(place, place, &format!("{comma}{line}")));
        }
        let Some((neighbour, first)) = neighbour(key, entries).zip(entries.first()) else {
            return self.refuse("there is no line to put it after");
        };
        let end = self.line_end(self.entry_end(neighbour));
        let indent = first.key_spot.column - 1;
        let entry = emit::entry(key, value, indent);
        let new = format!("\n{:indent$}{entry}", "");
        Ok(self.splice(end, end, &self.with_breaks(&new)))
    }

    fn append(&self, list: &Node, item: &Value) -> Result<String, EditError> {
        let Kind::Seq { items } = &list.kind else {
            return self.refuse("it is no list");
        };
        if list.shared {
            return self.refuse("it has an anchor, an alias or a tag");
        }
        let inside = self.text.get(list.spot.span.clone()).unwrap_or("");
        let last = items.last();
        if inside.starts_with('[') {
            let opening = list.spot.span.start + 1;
            let (place, comma) = last.map_or((opening, ""), |last| (self.last_byte(last), ", "));
            return Ok(self.splice(place, place, &format!("{comma}{}", emit::flow(item))));
        }
        let Some((last, dash)) = last.and_then(|last| Some((last, self.dash(last)?))) else {
            return self.refuse("there is no line to put it after");
        };
        let end = self.line_end(self.last_byte(last));
        let line_start = self.line_start(dash);
        let new = format!("\n{}", emit::item(item, dash - line_start));
        Ok(self.splice(end, end, &self.with_breaks(&new)))
    }

    /// Removes an item of a list that has others.
    pub(super) fn remove_item(&self, index: usize, items: &[Node]) -> Result<String, EditError> {
        let Some(item) = items.get(index) else {
            return Err(EditError::NotFound(self.at.to_string()));
        };
        if items.len() == 1 {
            return self.refuse("it is the only item of its list");
        }
        let (start, end) = (item.spot.span.start, self.last_byte(item));
        if let Some(dash) = self.dash(item) {
            return self.remove_lines(dash, end);
        }
        let before = index.checked_sub(1).and_then(|last| items.get(last));
        let (start, end) = match (before, items.get(index + 1)) {
            (_, Some(next)) => (start, next.spot.span.start),
            (Some(last), None) => (self.last_byte(last), end),
            (None, None) => (start, end),
        };
        Ok(self.splice(start, end, ""))
    }

    fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or("");
        before.rfind('\n').map_or(0, |at| at + 1)
    }

    /// Where the `-` of an item stands, if it begins its line.
    fn dash(&self, item: &Node) -> Option<usize> {
        let start = self.line_start(item.spot.span.start);
        let before = self.text.get(start..item.spot.span.start)?;
        let spaces = before.len() - before.trim_start_matches(' ').len();
        before.trim().eq("-").then_some(start + spaces)
    }
}
