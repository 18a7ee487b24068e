//! YAML as a person writes it: short mappings on one line, comments where they belong, keys in the order
//! that they are given in.

use serde_json::Value;

/// Wider than this, a mapping or list is not put on one line.
const WIDTH: usize = 110;

/// Words that YAML 1.1 or 1.2 gives a meaning of their own.
const RESERVED: &[&str] = &[
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
];

/// A value to be written.
#[derive(Clone)]
pub(super) enum Doc {
    Scalar(Value),
    List(Vec<Doc>),
    Map(Map),
}

/// A mapping, its keys in order, with comments above them.
#[derive(Clone, Default)]
pub(super) struct Map {
    pairs: Vec<Pair>,
    /// Never on one line, however short.
    block: bool,
}

#[derive(Clone)]
struct Pair {
    comments: Vec<String>,
    /// None: the comments stand for themselves.
    value: Option<(String, Doc)>,
    /// An empty line before it.
    apart: bool,
}

impl Map {
    /// A mapping that reads best with a key a line.
    pub fn block() -> Map {
        Map {
            block: true,
            ..Map::default()
        }
    }

    pub fn set(&mut self, key: &str, value: impl Into<Doc>) {
        self.commented(key, Vec::new(), Some(value.into()));
    }

    /// Nothing that is empty is written.
    pub fn set_some(&mut self, key: &str, value: Option<impl Into<Doc>>) {
        let value = value.map(Into::into).filter(|doc| !doc.is_empty());
        self.commented(key, Vec::new(), value);
    }

    /// A value with comments above it, or only these.
    pub fn commented(&mut self, key: &str, comments: Vec<String>, value: Option<Doc>) {
        if comments.is_empty() && value.is_none() {
            return;
        }
        self.pairs.push(Pair {
            comments,
            value: value.map(|value| (key.to_owned(), value)),
            apart: false,
        });
    }

    /// The same, after an empty line.
    pub fn apart(&mut self, key: &str, comments: Vec<String>, value: Doc) {
        self.pairs.push(Pair {
            comments,
            value: Some((key.to_owned(), value)),
            apart: true,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

impl Doc {
    pub fn is_empty(&self) -> bool {
        match self {
            Doc::Scalar(value) => value.is_null(),
            Doc::List(items) => items.is_empty(),
            Doc::Map(map) => map.is_empty(),
        }
    }
}

impl From<&str> for Doc {
    fn from(text: &str) -> Self {
        Doc::Scalar(Value::from(text))
    }
}

impl From<Map> for Doc {
    fn from(map: Map) -> Self {
        Doc::Map(map)
    }
}

impl From<Value> for Doc {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Doc::List(items.into_iter().map(Doc::from).collect()),
            Value::Object(object) => {
                let mut map = Map::default();
                for (key, value) in object {
                    map.set(&key, Doc::from(value));
                }
                Doc::Map(map)
            }
            scalar => Doc::Scalar(scalar),
        }
    }
}

/// The text of a document, which is a mapping.
pub(super) fn write(map: &Map) -> String {
    let mut out = String::new();
    write_map(map, 0, false, &mut out);
    out
}

fn write_map(map: &Map, indent: usize, mut first_on_line: bool, out: &mut String) {
    for pair in &map.pairs {
        if pair.apart {
            out.push('\n');
        }
        // Behind a list's `- ` a comment would push the key off its column.
        let comments = pair.comments.iter().filter(|_| !first_on_line);
        for line in comments.flat_map(|comment| wrapped(comment, indent)) {
            out.push_str(&format!("{:indent$}# {line}\n", ""));
        }
        let Some((key, value)) = &pair.value else {
            continue;
        };
        let lead = if first_on_line { 0 } else { indent };
        first_on_line = false;
        let start = out.len();
        out.push_str(&format!("{:lead$}{}:", "", scalar(key)));
        let column = indent + (out.len() - start - lead);
        write_value(value, indent, column, out);
    }
}

/// What stands behind `key:` or `-`, to the end of its last line.
fn write_value(value: &Doc, indent: usize, column: usize, out: &mut String) {
    if let Doc::Scalar(Value::String(text)) = value
        && let Some(lines) = literal(text)
    {
        out.push_str(if text.ends_with('\n') {
            " |\n"
        } else {
            " |-\n"
        });
        for line in lines {
            match line {
                "" => out.push('\n'),
                line => out.push_str(&format!("{:width$}{line}\n", "", width = indent + 2)),
            }
        }
        return;
    }
    if let Doc::Scalar(Value::String(text)) = value
        && is_plain_in_block(text)
    {
        out.push_str(&format!(" {text}\n"));
        return;
    }
    if let Some(line) = flow(value).filter(|line| fits(value, column + 1 + line.chars().count())) {
        out.push_str(&format!(" {line}\n"));
        return;
    }
    match value {
        Doc::Map(map) => {
            out.push('\n');
            write_map(map, indent + 2, false, out);
        }
        Doc::List(items) => {
            out.push('\n');
            for item in items {
                out.push_str(&format!("{:width$}-", "", width = indent + 2));
                write_item(item, indent + 2, out);
            }
        }
        Doc::Scalar(scalar) => out.push_str(&format!(" {}\n", flow_scalar(scalar))),
    }
}

/// An item of a list, behind its dash.
fn write_item(item: &Doc, indent: usize, out: &mut String) {
    match item {
        Doc::Map(map) if !map.is_empty() => {
            let line = flow(item).filter(|line| fits(item, indent + 2 + line.chars().count()));
            match line {
                Some(line) => out.push_str(&format!(" {line}\n")),
                None => {
                    out.push(' ');
                    write_map(map, indent + 2, true, out);
                }
            }
        }
        other => write_value(other, indent, indent + 1, out),
    }
}

/// Scalars always fit; collections up to the width.
fn fits(value: &Doc, width: usize) -> bool {
    matches!(value, Doc::Scalar(_)) || width <= WIDTH
}

/// The value on one line, if it can be and reads well there.
fn flow(value: &Doc) -> Option<String> {
    match value {
        Doc::Scalar(Value::String(text)) if literal(text).is_some() => None,
        Doc::Scalar(scalar) => Some(flow_scalar(scalar)),
        Doc::List(items) => {
            let nested = items.iter().any(|item| !matches!(item, Doc::Scalar(_)));
            if nested {
                return None;
            }
            let items: Option<Vec<String>> = items.iter().map(flow).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Doc::Map(map) if map.block && !map.is_empty() => None,
        Doc::Map(map) => {
            let mut pairs = Vec::new();
            for pair in &map.pairs {
                let (key, value) = pair.value.as_ref().filter(|_| pair.comments.is_empty())?;
                // A mapping in a mapping in a mapping is for several lines.
                let deep =
                    |inner: &Pair| !matches!(inner.value, Some((_, Doc::Scalar(_) | Doc::List(_))));
                if let Doc::Map(inner) = value
                    && inner.pairs.iter().any(deep)
                {
                    return None;
                }
                pairs.push(format!("{}: {}", scalar(key), flow(value)?));
            }
            Some(format!("{{{}}}", pairs.join(", ")))
        }
    }
}

fn flow_scalar(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// The lines of a text that can stand as a `|` block and come back as they were.
fn literal(text: &str) -> Option<Vec<&str>> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let printable = body
        .chars()
        .all(|c| c == '\n' || c == '\t' || (!c.is_control() && !is_odd(c)));
    let clean = !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && body
            .lines()
            .all(|line| !line.ends_with([' ', '\t']) && !line.starts_with('\t'));
    (body.contains('\n') && printable && clean).then(|| body.split('\n').collect())
}

/// Line ends of other alphabets and the byte order mark, which YAML readers treat as they like.
fn is_odd(c: char) -> bool {
    matches!(
        c,
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// A string: plain if no YAML reader can take it for something else, double-quoted otherwise.
fn scalar(text: &str) -> String {
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
    let rest = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=+@".contains(&byte));
    let reserved = RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if (first && rest && !reserved && !text.ends_with(':')) || is_quantity(text) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || is_odd(c) => {
                out.push_str(&format!("\\U{:08X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that need no quotes where nothing but the line's end ends them: a command in a step.
fn is_plain_in_block(text: &str) -> bool {
    let several =
        text.contains(' ') && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    several
        && printable
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([' ', ':'])
}

/// `30s`, `200Mi`, `5%`: a number to no reader.
fn is_quantity(text: &str) -> bool {
    const UNITS: &[&str] = &[
        "ms", "s", "m", "h", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "%",
    ];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text.get(digits..).is_some_and(|unit| UNITS.contains(&unit))
}

/// A comment in lines that fit.
fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let width = WIDTH.saturating_sub(indent + 2).max(40);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let more = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && more > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().filter(|c| !c.is_control() && !is_odd(*c)));
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests;
