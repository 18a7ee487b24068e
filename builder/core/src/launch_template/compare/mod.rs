//! What differs between the user data of two versions: part by part, documents by key, the rest line by line.
//!
//! It is data, and no layout. Values and lines can hold secrets: `Debug` leaves them out, and
//! [`UserDataChange::without_values`] takes them out where an answer ends up in a log. The names of parts, keys and
//! flags are shown anywhere.

mod arguments;
mod keys;
mod matching;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use self::matching::{Pair, pairs};
use super::user_data::{Decoded, DecodedPart};
use crate::render::{NODE_CONFIG, SHELL, TOML};

/// bytes of a part; a longer one is not looked into, because comparing lines takes the square of their number. User
/// data has 16 KiB, unless it is in gzip.
const LONGEST: usize = 1 << 17;

/// How the user data changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserDataChange {
    /// In the document's order. None: the parts are the same, and packed differently.
    pub parts: Vec<PartChange>,
}

/// How one part changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartChange {
    pub kind: PartChangeKind,
    /// It stands at another place among the parts that both versions have.
    pub moved: bool,
    /// Absent: it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartNote>,
    /// Absent: it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartNote>,
    /// The keys of a document that differ (NodeConfig, TOML, cloud-config), or the arguments of the bootstrap script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyChange>,
    /// The lines that differ. Absent where the keys say everything, and where the content is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<LineChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PartChangeKind {
    Added,
    Removed,
    Changed,
    /// The same content at another place.
    Moved,
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartNote {
    /// from 1
    pub number: usize,
    /// As it is handled: cloud-init goes by the first line where the declared type says little.
    pub content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// of its content, after every encoding is undone
    pub bytes: usize,
}

/// A key that differs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyChange {
    /// `spec.kubelet.config.maxPods`; elements of lists by their name or path where they have one, else by place.
    pub key: String,
    pub kind: KeyChangeKind,
    /// The value before; left out where user data is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value after; left out where user data is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KeyChangeKind {
    Added,
    Removed,
    Changed,
}

/// The lines that differ.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineChange {
    pub added: usize,
    pub removed: usize,
    /// A unified diff with three lines of context, without a header; left out where user data is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

// User data can hold secrets: Debug shows what differs, never the values.
impl fmt::Debug for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyChange({} {:?})", self.key, self.kind)
    }
}

impl fmt::Debug for LineChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineChange(+{} -{})", self.added, self.removed)
    }
}

impl UserDataChange {
    /// The same without anything that stands in the user data: which parts, keys and flags change, and how.
    pub fn without_values(&self) -> Self {
        let mut change = self.clone();
        for part in &mut change.parts {
            for key in &mut part.keys {
                key.from = None;
                key.to = None;
            }
            if let Some(lines) = &mut part.lines {
                lines.diff = None;
            }
        }
        change
    }
}

/// What differs between two documents; an absent one has no parts.
pub(super) fn compare(from: Option<&Decoded>, to: Option<&Decoded>) -> UserDataChange {
    let parts = |side: Option<&Decoded>| side.map(|one| one.parts.clone()).unwrap_or_default();
    let (old, new) = (parts(from), parts(to));
    let mut changes: Vec<PartChange> = pairs(&old, &new)
        .into_iter()
        .filter_map(|pair| change(pair, &old, &new))
        .collect();
    // By place; what is gone stands before what took its place.
    changes.sort_by_key(|one| {
        let note = one.to.as_ref().or(one.from.as_ref());
        (note.map(|note| note.number), one.to.is_some())
    });
    UserDataChange { parts: changes }
}

/// None: the part is the same, at the same place.
fn change(pair: Pair, old: &[DecodedPart], new: &[DecodedPart]) -> Option<PartChange> {
    let side = |at: Option<usize>, parts: &[DecodedPart]| {
        let at = at?;
        Some((note(at, parts.get(at)?), parts.get(at)?.clone()))
    };
    let (from, to) = (side(pair.old, old), side(pair.new, new));
    let kind = match (&from, &to) {
        (None, _) => PartChangeKind::Added,
        (_, None) => PartChangeKind::Removed,
        _ if !pair.same => PartChangeKind::Changed,
        _ if pair.moved => PartChangeKind::Moved,
        _ => return None,
    };
    let part = |side: &Option<(PartNote, DecodedPart)>| side.as_ref().map(|(_, part)| part.clone());
    let (keys, lines) = match kind {
        PartChangeKind::Moved => (Vec::new(), None),
        _ => content_change(part(&from).as_ref(), part(&to).as_ref()),
    };
    Some(PartChange {
        kind,
        moved: pair.moved,
        from: from.map(|(note, _)| note),
        to: to.map(|(note, _)| note),
        keys,
        lines,
    })
}

fn note(at: usize, part: &DecodedPart) -> PartNote {
    /// Names come from the document: a long one is none that anybody reads.
    const LONGEST: usize = 80;
    let plain = |text: &str| -> String {
        let shown = text.chars().filter(|character| !character.is_control());
        shown.take(LONGEST).collect()
    };
    PartNote {
        number: at + 1,
        content_type: plain(part.effective_type()),
        file_name: part.wrapping.file_name.as_deref().map(plain),
        bytes: part.body.len(),
    }
}

/// By key where both sides are documents and something but their look differs; else line by line.
fn content_change(
    from: Option<&DecodedPart>,
    to: Option<&DecodedPart>,
) -> (Vec<KeyChange>, Option<LineChange>) {
    let read = |side: Option<&DecodedPart>| match side {
        None => Some(Value::Null),
        Some(part) => document(part),
    };
    if let (Some(old), Some(new)) = (read(from), read(to)) {
        let keys = keys::compare(&old, &new);
        if !keys.is_empty() {
            return (keys, None);
        }
    }
    let script = |side: Option<&DecodedPart>| {
        let part = side.filter(|part| part.effective_type().starts_with(SHELL))?;
        arguments::of_bootstrap(&part.body)
    };
    let keys = match (script(from), script(to)) {
        (Some(old), Some(new)) => keys::compare_maps(&old, &new),
        _ => Vec::new(),
    };
    (keys, line_change(from, to))
}

/// A part that is read by keys, as its reader parses it. None: it is no such part, or does not parse.
fn document(part: &DecodedPart) -> Option<Value> {
    let text = text(part)?;
    let value = match part.effective_type() {
        NODE_CONFIG | "text/cloud-config" => serde_yaml::from_str::<Value>(text).ok()?,
        TOML => keys::of_toml(toml::from_str::<toml::Table>(text).ok()?),
        _ => return None,
    };
    value.is_object().then_some(value)
}

/// None: it is no text, or too long to look into.
fn text(part: &DecodedPart) -> Option<&str> {
    let body = Some(&part.body).filter(|body| body.len() <= LONGEST)?;
    std::str::from_utf8(body).ok()
}

/// None: one side is no text.
fn line_change(from: Option<&DecodedPart>, to: Option<&DecodedPart>) -> Option<LineChange> {
    let side = |side: Option<&DecodedPart>| match side {
        Some(part) => text(part).map(str::to_owned),
        None => Some(String::new()),
    };
    let (old, new) = (side(from)?, side(to)?);
    let diff = TextDiff::from_lines(old.as_str(), new.as_str());
    let count = |tag| {
        let changes = diff.iter_all_changes();
        changes.filter(|change| change.tag() == tag).count()
    };
    Some(LineChange {
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        diff: Some(diff.unified_diff().context_radius(3).to_string()),
    })
}

#[cfg(test)]
mod tests;
