//! Reads node groups by the table of fields: every wrong type is found with its place, every unknown key
//! kept for the report.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Field, Kind, field, names_under};
use crate::import::{Entry, Fate};
use crate::spec::nearest;
use crate::spec::tree::{Entry as Pair, Kind as Node_, Node, Spot, Style};
use crate::spec::value::{plain, to_json};
use crate::spec::{Problem, SpecPath};

/// A field as it was found.
pub(super) struct Found<'a> {
    pub node: &'a Node,
    pub at: SpecPath,
    pub line: usize,
    pub field: &'static Field,
}

/// A node group as it stands in the file.
pub(super) struct Group<'a> {
    pub managed: bool,
    pub at: SpecPath,
    pub line: usize,
    pub spot: Spot,
    /// by the path in the group: `additionalVolumes[0].volumeSize`
    pub fields: BTreeMap<String, Found<'a>>,
}

/// What reading brings to light besides values.
#[derive(Default)]
pub(super) struct Findings {
    pub problems: Vec<Problem>,
    /// Unknown fields, and fields that say nothing.
    pub entries: Vec<Entry>,
}

impl Findings {
    pub fn problem(&mut self, at: &SpecPath, spot: &Spot, message: String, hint: Option<String>) {
        self.problems.push(Problem {
            path: at.to_string(),
            line: spot.line,
            column: spot.column,
            span: spot.span.clone(),
            message,
            hint,
        });
    }

    pub fn entry(&mut self, at: &SpecPath, line: usize, fate: Fate) {
        let path = at.to_string();
        self.entries.push(Entry { path, line, fate });
    }

    /// A key that nobody knows: kept for the report, with the name that was probably meant.
    pub fn unknown(&mut self, at: &SpecPath, pair: &Pair, known: &[&str]) {
        let near = nearest::nearest(&pair.key, known.iter().copied());
        let near = near.map(|name| format!(": did you mean `{name}`?"));
        let what = format!(
            "eksctl's schema has no such field{}",
            near.unwrap_or_default()
        );
        self.entry(at, pair.key_spot.line, Fate::ToDo { what });
    }

    pub fn nothing(&mut self, at: &SpecPath, line: usize) {
        let reason = "it says nothing".to_owned();
        self.entry(at, line, Fate::LeftOut { reason });
    }
}

/// Reads one group. What has a wrong type is a problem, and missing in the result.
pub(super) fn group<'a>(
    node: &'a Node,
    at: SpecPath,
    managed: bool,
    findings: &mut Findings,
) -> Option<Group<'a>> {
    let Node_::Map { entries, .. } = &node.kind else {
        let message = format!("expected a node group, found {}", kind_of(node));
        findings.problem(&at, &node.spot, message, None);
        return None;
    };
    let spot = entries.first().map(|first| first.key_spot.clone());
    let spot = spot.unwrap_or_else(|| node.spot.clone());
    let mut group = Group {
        managed,
        at,
        line: spot.line,
        spot,
        fields: BTreeMap::new(),
    };
    let top = group.at.clone();
    walk(entries, &top, ("", ""), &mut group, findings);
    Some(group)
}

/// `prefix`: the path in the group that the entries are under, and the same as the table writes it.
fn walk<'a>(
    entries: &'a [Pair],
    at: &SpecPath,
    prefix: (&str, &str),
    group: &mut Group<'a>,
    findings: &mut Findings,
) {
    for pair in entries {
        let at = at.key(&pair.key);
        let path = format!("{}{}", prefix.0, pair.key);
        let Some(field) = field(&format!("{}{}", prefix.1, pair.key)) else {
            findings.unknown(&at, pair, &names_under(prefix.1));
            continue;
        };
        let line = pair.key_spot.line;
        let no_text = field.kind == Kind::Text && text_of(&pair.value) == Some("");
        if is_nothing(&pair.value) || no_text {
            findings.nothing(&at, line);
            continue;
        }
        let deeper = (format!("{path}."), format!("{}.", field.path));
        match (field.kind, &pair.value.kind) {
            (Kind::Fields, Node_::Map { entries, .. }) => {
                walk(entries, &at, (&deeper.0, &deeper.1), group, findings);
            }
            (Kind::ListOfFields, Node_::Seq { items }) => {
                walk_list(items, &at, (&path, field.path), group, findings);
            }
            _ if check(field.kind, &pair.value, &at, findings) => {
                let node = &pair.value;
                let found = Found {
                    node,
                    at,
                    line,
                    field,
                };
                group.fields.insert(path, found);
            }
            _ => {}
        }
    }
}

fn walk_list<'a>(
    items: &'a [Node],
    at: &SpecPath,
    path: (&str, &str),
    group: &mut Group<'a>,
    findings: &mut Findings,
) {
    let pattern = format!("{}[].", path.1);
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        match &item.kind {
            Node_::Map { entries, .. } if !entries.is_empty() => {
                let path = format!("{}[{index}].", path.0);
                walk(entries, &at, (&path, &pattern), group, findings);
            }
            _ if is_nothing(item) => findings.nothing(&at, item.spot.line),
            _ => wrong(&at, item, "a mapping", findings),
        }
    }
}

/// Null, `{}` or `[]`.
pub(super) fn is_nothing(node: &Node) -> bool {
    match &node.kind {
        Node_::Scalar { value, style } => *style == Style::Plain && plain(value).is_null(),
        Node_::Seq { items } => items.is_empty(),
        Node_::Map { entries, .. } => entries.is_empty(),
    }
}

/// Whether a value is of its kind. What is not is a problem, each item at its own place.
pub(super) fn check(kind: Kind, node: &Node, at: &SpecPath, findings: &mut Findings) -> bool {
    let expected = match kind {
        Kind::Text => "text",
        Kind::Flag => "true or false",
        Kind::Whole => "a whole number",
        Kind::Number => "a number",
        Kind::Texts => return each(node, at, Kind::Text, findings),
        Kind::TextMap => return texts_by_name(node, at, findings),
        Kind::Document | Kind::Fields => "a mapping",
        Kind::ListOfFields | Kind::List => "a list",
        Kind::Taints => return taints(node, at, findings),
    };
    let good = match (kind, &node.kind) {
        (Kind::Document | Kind::Fields, kind) => matches!(kind, Node_::Map { .. }),
        (Kind::ListOfFields | Kind::List, kind) => matches!(kind, Node_::Seq { .. }),
        (Kind::Text, _) => text_of(node).is_some(),
        (Kind::Flag, _) => flag_of(node).is_some(),
        (Kind::Whole, _) => whole_of(node).is_some(),
        (_, _) => value_of(node).is_number(),
    };
    if !good {
        wrong(at, node, expected, findings);
    }
    good
}

fn each(node: &Node, at: &SpecPath, kind: Kind, findings: &mut Findings) -> bool {
    let Node_::Seq { items } = &node.kind else {
        wrong(at, node, "a list", findings);
        return false;
    };
    let checked = items.iter().enumerate();
    let checked = checked.map(|(index, item)| check(kind, item, &at.index(index), findings));
    // Every item is looked at: no `all`, which stops at the first.
    checked.filter(|good| !good).count() == 0
}

fn texts_by_name(node: &Node, at: &SpecPath, findings: &mut Findings) -> bool {
    let Node_::Map { entries, .. } = &node.kind else {
        wrong(at, node, "a mapping", findings);
        return false;
    };
    entries.iter().fold(true, |good, pair| {
        // eksctl takes a key without a value for an empty text.
        let fine =
            is_nothing(&pair.value) || check(Kind::Text, &pair.value, &at.key(&pair.key), findings);
        good && fine
    })
}

fn taints(node: &Node, at: &SpecPath, findings: &mut Findings) -> bool {
    match &node.kind {
        Node_::Map { .. } => texts_by_name(node, at, findings),
        Node_::Seq { items } => items.iter().enumerate().fold(true, |good, (index, item)| {
            texts_by_name(item, &at.index(index), findings) && good
        }),
        Node_::Scalar { .. } => {
            wrong(at, node, "a list of taints", findings);
            false
        }
    }
}

/// Never the value itself: user data can hold secrets. A number that should be text shows how to quote it.
fn wrong(at: &SpecPath, node: &Node, expected: &str, findings: &mut Findings) {
    let found = kind_of(node);
    let hint = match (expected, found) {
        ("text", "a number" | "true or false") => {
            scalar_of(node).map(|text| format!("write it in quotes: \"{text}\""))
        }
        ("a whole number", "text")
            if scalar_of(node).is_some_and(|text| text.parse::<i64>().is_ok()) =>
        {
            Some("write it without quotes".to_owned())
        }
        _ => None,
    };
    let message = format!("expected {expected}, found {found}");
    findings.problem(at, &node.spot, message, hint);
}

fn kind_of(node: &Node) -> &'static str {
    match value_of(node) {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn scalar_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Node_::Scalar { value, .. } => Some(value),
        _ => None,
    }
}

pub(super) fn value_of(node: &Node) -> Value {
    to_json(node, &SpecPath::default(), &Default::default())
}

pub(super) fn text_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Node_::Scalar { value, style } => {
            let text = *style != Style::Plain || plain(value).is_string();
            text.then_some(value.as_str())
        }
        _ => None,
    }
}

/// eksctl reads YAML 1.1, where `yes` and `on` are true.
pub(super) fn flag_of(node: &Node) -> Option<bool> {
    let Node_::Scalar { value, style } = &node.kind else {
        return None;
    };
    if *style != Style::Plain {
        return None;
    }
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

pub(super) fn whole_of(node: &Node) -> Option<i64> {
    value_of(node).as_i64()
}

impl Group<'_> {
    pub fn text(&self, path: &str) -> Option<&str> {
        self.fields.get(path).and_then(|found| text_of(found.node))
    }

    pub fn flag(&self, path: &str) -> Option<bool> {
        self.fields.get(path).and_then(|found| flag_of(found.node))
    }

    pub fn whole(&self, path: &str) -> Option<i64> {
        self.fields.get(path).and_then(|found| whole_of(found.node))
    }

    pub fn value(&self, path: &str) -> Option<Value> {
        self.fields.get(path).map(|found| value_of(found.node))
    }

    pub fn has(&self, path: &str) -> bool {
        self.fields.contains_key(path)
    }

    pub fn texts(&self, path: &str) -> Vec<String> {
        let items = match self.fields.get(path).map(|found| &found.node.kind) {
            Some(Node_::Seq { items }) => items.as_slice(),
            _ => &[],
        };
        let texts = items.iter().filter_map(text_of);
        texts.map(str::to_owned).collect()
    }

    pub fn map(&self, path: &str) -> BTreeMap<String, String> {
        match self.fields.get(path) {
            Some(found) => text_map(found.node),
            None => BTreeMap::new(),
        }
    }
}

/// A mapping of texts; what says nothing is the empty text.
pub(super) fn text_map(node: &Node) -> BTreeMap<String, String> {
    let Node_::Map { entries, .. } = &node.kind else {
        return BTreeMap::new();
    };
    let text = |node: &Node| text_of(node).unwrap_or_default().to_owned();
    let pairs = entries
        .iter()
        .map(|pair| (pair.key.clone(), text(&pair.value)));
    pairs.collect()
}

impl Group<'_> {
    /// How many items of a list of fields say something; those that do not in between count too.
    pub fn count(&self, path: &str) -> usize {
        let prefix = format!("{path}[");
        let index = |path: &String| {
            let rest = path.strip_prefix(&prefix)?;
            rest.split(']').next()?.parse::<usize>().ok()
        };
        let last = self.fields.keys().filter_map(index).max();
        last.map_or(0, |last| last + 1)
    }
}
