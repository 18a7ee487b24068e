//! A part as the rules look at it: what it is, and the commands in it.

use serde_json::Value;

use super::Part;
use super::command::{Command, SHELLS, Word, base_name};
use super::{powershell, shell};
use crate::render::{NODE_CONFIG, POWERSHELL, SHELL, TOML};

/// What a part is, by its type, or by its first line where cloud-init goes by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Shell,
    Boothook,
    CloudConfig,
    NodeConfig,
    Toml,
    PowerShell,
    /// `<script>`: lines for cmd.exe.
    Batch,
    Gzip,
    /// Something else that cloud-init hands to a handler.
    Handled,
    /// No type that cloud-init knows, and no first line either.
    Unknown,
}

/// cloud-init's markers of a first line, and what they make of a part (cloudinit/handlers/__init__.py,
/// INCLUSION_TYPES_MAP).
const FIRST_LINES: &[(&str, Kind)] = &[
    ("#!", Kind::Shell),
    ("#cloud-config-archive", Kind::Handled),
    ("#cloud-config", Kind::CloudConfig),
    ("#cloud-boothook", Kind::Boothook),
    ("#include", Kind::Handled),
    ("#part-handler", Kind::Handled),
    ("#upstart-job", Kind::Handled),
    ("## template: jinja", Kind::Handled),
    ("<powershell>", Kind::PowerShell),
    ("<script>", Kind::Batch),
];

pub(super) struct Read<'a> {
    pub kind: Kind,
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub encoding: Option<&'a str>,
    pub commands: Vec<Command>,
}

impl<'a> Read<'a> {
    pub fn of(part: &Part<'a>) -> Self {
        let kind = kind(part.content_type, part.body);
        let commands = match kind {
            Kind::Shell | Kind::Boothook if is_posix(part.body) => shell::commands(part.body),
            Kind::PowerShell => powershell::commands(part.body),
            Kind::CloudConfig => of_cloud_config(part.body),
            _ => Vec::new(),
        };
        Read {
            kind,
            content_type: part.content_type,
            body: part.body,
            encoding: part.encoding,
            commands,
        }
    }

    /// Whether its type says that it is a shell script, whatever is in it.
    pub fn is_shell_type(&self) -> bool {
        self.content_type.starts_with(SHELL)
    }
}

/// By the first line, as cloud-init tells it.
pub(super) fn by_first_line(body: &[u8]) -> Option<Kind> {
    let found = FIRST_LINES
        .iter()
        .find(|(start, _)| body.starts_with(start.as_bytes()));
    found.map(|(_, kind)| *kind)
}

fn kind(content_type: &str, body: &[u8]) -> Kind {
    match content_type {
        NODE_CONFIG => Kind::NodeConfig,
        TOML => Kind::Toml,
        POWERSHELL => Kind::PowerShell,
        "text/cloud-config" => Kind::CloudConfig,
        "text/cloud-boothook" => Kind::Boothook,
        "application/gzip" | "application/x-gzip" => Kind::Gzip,
        _ if content_type.starts_with(SHELL) => Kind::Shell,
        "text/plain" | "text/x-not-multipart" | "" => by_first_line(body).unwrap_or(Kind::Unknown),
        _ => Kind::Handled,
    }
}

/// Whether a shell runs it: `#!/usr/bin/env python3` names another interpreter. Without `#!` it is meant to.
fn is_posix(body: &[u8]) -> bool {
    let marked = body
        .strip_prefix(b"#cloud-boothook")
        .map_or(body, <[u8]>::trim_ascii_start);
    let line = marked
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let Some(line) = line.strip_prefix(b"#!") else {
        return true;
    };
    let line = String::from_utf8_lossy(line);
    let mut words = line
        .split_ascii_whitespace()
        .filter(|word| !word.starts_with('-'));
    let first = words.next().map_or("", base_name);
    let name = match first {
        "env" => words.next().map_or("", base_name),
        _ => first,
    };
    SHELLS.contains(&name)
}

/// What cloud-config runs and writes. Its lines are looked for in the text: the YAML reader does not tell them.
fn of_cloud_config(body: &[u8]) -> Vec<Command> {
    let text = String::from_utf8_lossy(body);
    let runs = ["runcmd", "bootcmd", "write_files"];
    if !runs.iter().any(|key| text.contains(key)) {
        return Vec::new();
    }
    // What is no YAML is cloud-init's to tell.
    let document: Value = serde_yaml::from_str(&text).unwrap_or_default();
    let list = |key: &str| {
        document
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let mut found = Vec::new();
    for item in list("bootcmd").chain(list("runcmd")) {
        found.extend(of_item(item, &text));
    }
    for path in list("write_files").filter_map(|file| file.get("path")?.as_str()) {
        found.push(Command {
            line: line_of(&text, path),
            writes: vec![literal(path)],
            ..Command::default()
        });
    }
    found
}

/// A text is given to a shell, a list is a command and its arguments.
fn of_item(item: &Value, text: &str) -> Vec<Command> {
    if let Some(script) = item.as_str() {
        let line = line_of(text, script);
        let mut commands = shell::commands(script.as_bytes());
        for command in &mut commands {
            command.line += line - 1;
        }
        return commands;
    }
    let words: Vec<Word> = item
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(literal)
        .collect();
    let Some(first) = words.first() else {
        return Vec::new();
    };
    vec![Command {
        line: line_of(text, &first.text),
        words,
        ..Command::default()
    }]
}

fn literal(text: &str) -> Word {
    Word {
        text: text.to_owned(),
        ..Word::default()
    }
}

/// Where the first line of a value stands; the first line if it is written in another way there.
fn line_of(text: &str, value: &str) -> usize {
    let first = value.lines().next().unwrap_or_default();
    let at = text.find(first).unwrap_or(0);
    1 + text.get(..at).unwrap_or_default().matches('\n').count()
}
