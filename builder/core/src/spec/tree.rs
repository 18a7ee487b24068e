//! YAML as a tree in which every key and value knows its place, from the events of saphyr-parser.
//!
//! One parser gives the values and the places, so that they cannot disagree. Anchors, aliases and merge
//! keys (`<<`) work; tags other than `!!str`, complex keys and a second document are refused by name.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::SpecPath;
use super::keys::{key_of, merge_entries, problem_at};
use super::problem::Problem;
use super::scan::Source;

/// Nodes after aliases are followed. A fleet of hundreds of groups has some ten thousand; an alias bomb
/// has billions.
const MOST_NODES: usize = 200_000;
/// Deeper than any spec, and shallow enough for every recursion over the tree.
const DEEPEST: usize = 64;

/// A place: byte offsets, and line and column from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    pub span: Range<usize>,
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub spot: Spot,
    pub kind: Kind,
    /// An alias, or something with an anchor or a tag: not to be edited in place.
    pub shared: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Scalar { value: String, style: Style },
    Seq { items: Vec<Node> },
    Map { entries: Vec<Entry>, flow: bool },
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_spot: Spot,
    pub value: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    /// `|` or `>`
    Block,
}

impl Node {
    fn count(&self) -> usize {
        1 + match &self.kind {
            Kind::Scalar { .. } => 0,
            Kind::Seq { items } => items.iter().map(Node::count).sum(),
            Kind::Map { entries, .. } => entries.iter().map(|entry| entry.value.count()).sum(),
        }
    }

    fn depth(&self) -> usize {
        1 + match &self.kind {
            Kind::Scalar { .. } => 0,
            Kind::Seq { items } => items.iter().map(Node::depth).max().unwrap_or(0),
            Kind::Map { entries, .. } => {
                let depths = entries.iter().map(|entry| entry.value.depth());
                depths.max().unwrap_or(0)
            }
        }
    }
}

/// What to do about a text that is not one document.
pub(crate) struct Advice {
    pub empty: &'static str,
    pub second_document: &'static str,
}

const SPEC: Advice = Advice {
    empty: "begin with `apiVersion: nodemint.dev/v1alpha1` and `kind: Fleet`",
    second_document: "keep one fleet a file",
};

/// The single document of a text. Either a tree, or the reason that there is none; with a tree, problems
/// that do not keep it from being read further (duplicate keys).
pub(crate) fn parse(text: &str) -> Result<(Node, Vec<Problem>), Vec<Problem>> {
    parse_with(text, &SPEC)
}

/// The same for a text that is no spec.
pub(crate) fn parse_with(
    text: &str,
    advice: &Advice,
) -> Result<(Node, Vec<Problem>), Vec<Problem>> {
    let source = Source::new(text);
    let mut builder = Builder::new(&source, advice);
    let mut parser = Parser::new_from_str(source.text());
    while let Some(next) = parser.next_event() {
        let step = match next {
            Ok((event, span)) => builder.take(event, &span),
            Err(error) => Err(source.not_yaml(&error)),
        };
        if let Err(problem) = step {
            let mut problems = builder.problems;
            problems.push(problem);
            return Err(problems);
        }
    }
    match builder.root {
        Some(root) if builder.fatal => {
            drop(root);
            Err(builder.problems)
        }
        Some(root) => Ok((root, builder.problems)),
        None if builder.problems.is_empty() => Err(vec![Problem {
            path: String::new(),
            line: 1,
            column: 1,
            span: 0..0,
            message: "the file is empty".to_owned(),
            hint: Some(advice.empty.to_owned()),
        }]),
        None => Err(builder.problems),
    }
}

/// A collection that is still open.
struct Open {
    spot: Spot,
    anchor: usize,
    flow: bool,
    shared: bool,
    path: SpecPath,
    content: Content,
}

enum Content {
    Seq(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// the key whose value comes next
        key: Option<(String, Spot)>,
        /// what `<<` brings in
        merged: Vec<Entry>,
    },
}

struct Builder<'a> {
    source: &'a Source<'a>,
    advice: &'a Advice,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
    problems: Vec<Problem>,
    fatal: bool,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source<'a>, advice: &'a Advice) -> Self {
        Builder {
            source,
            advice,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            documents: 0,
            root: None,
            problems: Vec::new(),
            fatal: false,
        }
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self.problem(
                        self.source.spot(span),
                        "a second YAML document begins here",
                        Some(self.advice.second_document),
                    ));
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                if let Some(tag) = &tag {
                    self.check_tag(&tag.handle, &tag.suffix, span);
                }
                let forced = tag.is_some();
                let node = self
                    .source
                    .scalar(&value, style, forced || anchor > 0, forced, span);
                self.finish(node, anchor)?;
            }
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)
                if tag.is_some() =>
            {
                if let Some(tag) = tag {
                    self.check_tag(&tag.handle, &tag.suffix, span);
                }
                // Fatal by `check_tag`; opened so that the events stay balanced.
                self.start(Content::Seq(Vec::new()), anchor, span)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.start(Content::Seq(Vec::new()), anchor, span)?
            }
            Event::MappingStart(anchor, _) => {
                let content = Content::Map {
                    entries: Vec::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.start(content, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Alias(anchor) => self.alias(anchor, span)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn check_tag(&mut self, handle: &str, suffix: &str, span: &Span) {
        if handle == "tag:yaml.org,2002:" && suffix == "str" {
            return;
        }
        let shown = match handle {
            "tag:yaml.org,2002:" => format!("!!{suffix}"),
            handle => format!("{handle}{suffix}"),
        };
        let message = format!("the YAML tag `{shown}` is not supported");
        let problem = self.problem(self.source.spot(span), &message, Some("leave it out"));
        self.fatal = true;
        self.problems.push(problem);
    }

    fn start(&mut self, content: Content, anchor: usize, span: &Span) -> Result<(), Problem> {
        if self.open.len() >= DEEPEST {
            return Err(self.problem(self.source.spot(span), "nested too deeply", None));
        }
        let (spot, shared, flow) = self.source.opening(span);
        let path = self.next_path();
        self.open.push(Open {
            spot,
            anchor,
            flow,
            shared: shared || anchor > 0,
            path,
            content,
        });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Problem> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        let flow = open.flow;
        let end = if flow {
            Some(self.source.byte(span.end.index()))
        } else {
            open.content.last_end()
        };
        open.spot.span.end = end
            .unwrap_or(open.spot.span.start)
            .max(open.spot.span.start);
        let kind = match open.content {
            Content::Seq(items) => Kind::Seq { items },
            Content::Map {
                mut entries,
                merged,
                ..
            } => {
                // What a mapping says itself wins over what it merges in.
                for entry in merged {
                    if !entries.iter().any(|own| own.key == entry.key) {
                        entries.push(entry);
                    }
                }
                Kind::Map { entries, flow }
            }
        };
        let node = Node {
            spot: open.spot,
            kind,
            shared: open.shared,
        };
        self.finish(node, open.anchor)
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<(), Problem> {
        let spot = self.source.spot(span);
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(self.problem(
                spot,
                "this alias is inside the anchor that it refers to",
                None,
            ));
        };
        if self.open.len() + target.depth() > DEEPEST {
            return Err(self.problem(spot, "nested too deeply", None));
        }
        let mut node = target.clone();
        node.spot = spot;
        node.shared = true;
        self.nodes += node.count();
        self.finish(node, 0)
    }

    /// A complete node: remembered under its anchor, and put where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(self.problem(
                node.spot,
                "the file is too large once its aliases are followed",
                None,
            ));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(top) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut top.content {
            Content::Seq(items) => items.push(node),
            Content::Map {
                entries,
                key,
                merged,
            } => match key.take() {
                None => *key = Some(key_of(node, &top.path)?),
                Some((name, key_spot)) if name == "<<" => {
                    merged.extend(merge_entries(node, &key_spot, &top.path)?);
                }
                Some((name, key_spot)) => {
                    if let Some(first) = entries.iter().find(|entry| entry.key == name) {
                        self.problems.push(Problem {
                            path: top.path.key(&name).to_string(),
                            line: key_spot.line,
                            column: key_spot.column,
                            span: key_spot.span,
                            message: format!("`{name}` is given twice"),
                            hint: Some(format!("the first is in line {}", first.key_spot.line)),
                        });
                    } else {
                        entries.push(Entry {
                            key: name,
                            key_spot,
                            value: node,
                        });
                    }
                }
            },
        }
        Ok(())
    }

    /// The path of what comes next.
    fn next_path(&self) -> SpecPath {
        match self.open.last() {
            None => SpecPath::default(),
            Some(open) => match &open.content {
                Content::Seq(items) => open.path.index(items.len()),
                Content::Map {
                    key: Some((name, _)),
                    ..
                } => open.path.key(name),
                Content::Map { .. } => open.path.clone(),
            },
        }
    }

    fn problem(&self, spot: Spot, message: &str, hint: Option<&str>) -> Problem {
        problem_at(&self.next_path(), spot, message, hint)
    }
}

impl Content {
    fn last_end(&self) -> Option<usize> {
        match self {
            Content::Seq(items) => items.last().map(|node| node.spot.span.end),
            Content::Map { entries, .. } => {
                let ends = entries.iter().map(|entry| entry.value.spot.span.end);
                ends.max()
            }
        }
    }
}

/// saphyr's scalar styles, as far as we tell them apart.
pub(crate) fn style(style: ScalarStyle, forced_text: bool) -> Style {
    match style {
        ScalarStyle::Plain if !forced_text => Style::Plain,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        _ => Style::Quoted,
    }
}
