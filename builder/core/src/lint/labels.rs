//! Labels and taints that a node registers with, wherever user data gives them to the kubelet.
//!
//! The kubelet refuses to start with a label that it may not set, and with a taint that is none.

use toml::{Table, Value};

use super::document::line_at;
use super::read::{Kind, Read};
use super::{Found, Rule};
use crate::spec::rules;

pub(super) fn check(index: usize, part: &Read<'_>, found: &mut Found) {
    match part.kind {
        Kind::Toml => of_settings(index, part.body, found),
        Kind::NodeConfig => of_lines(index, part.body, found),
        _ => of_commands(index, part, found),
    }
}

/// Flags in the words of a script: arguments, and values that are kept for later.
fn of_commands(index: usize, part: &Read<'_>, found: &mut Found) {
    for command in &part.commands {
        for word in command.assignments.iter().chain(&command.words) {
            flags(&word.text, (index, Some(command.line)), found);
        }
    }
}

/// Flags in the lines of a NodeConfig, where each stands by itself.
fn of_lines(index: usize, body: &[u8], found: &mut Found) {
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    if !text.contains(LABELS) && !text.contains(TAINTS) {
        return;
    }
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if !line.starts_with('#') {
            flags(line, (index, Some(at + 1)), found);
        }
    }
}

const LABELS: &str = "--node-labels=";
const TAINTS: &str = "--register-with-taints=";

/// The flags in a text: each value goes to the next blank or quote.
fn flags(text: &str, place: (usize, Option<usize>), found: &mut Found) {
    // Most words are too short to hold either, and setting a search up costs more than most words.
    if text.len() <= LABELS.len() {
        return;
    }
    for (flag, check) in [(LABELS, label as fn(&str) -> Option<Flaw>), (TAINTS, taint)] {
        for after in text.split(flag).skip(1) {
            let end = after.find(|one: char| one.is_whitespace() || "'\"]".contains(one));
            let value = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
            for item in value.split(',').filter(|item| !item.is_empty()) {
                // What is filled in at boot is not known here.
                if let Some(flaw) = check(item).filter(|_| !item.contains(['$', '{', '`'])) {
                    flaw.tell(place, found);
                }
            }
        }
    }
}

/// What is wrong with a label or a taint.
struct Flaw {
    rule: Rule,
    message: String,
    hint: String,
}

impl Flaw {
    fn of(rule: Rule, what: &str, key: &str, flaw: rules::Flaw) -> Self {
        Flaw {
            rule,
            message: format!("the {what} `{key}`: {}", flaw.message),
            hint: flaw
                .hint
                .unwrap_or_else(|| "correct it: the kubelet does not start with it".to_owned()),
        }
    }

    fn tell(self, place: (usize, Option<usize>), found: &mut Found) {
        found.add(self.rule, place, self.message, self.hint);
    }
}

/// `key=value`.
fn label(item: &str) -> Option<Flaw> {
    let (key, value) = item.split_once('=').unwrap_or((item, ""));
    let wrong = rules::node_label_key(key)
        .and_then(|()| rules::label_value(value))
        .err()?;
    Some(Flaw::of(Rule::ReservedLabel, "label", key, wrong))
}

/// `key=value:Effect`, `key:Effect`.
fn taint(item: &str) -> Option<Flaw> {
    let (rest, effect) = item.rsplit_once(':').unwrap_or((item, ""));
    let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
    let wrong = rules::label_key(key)
        .and_then(|()| rules::label_value(value))
        .and_then(|()| taint_effect(effect))
        .err()?;
    Some(Flaw::of(Rule::BadTaint, "taint", key, wrong))
}

fn taint_effect(effect: &str) -> rules::Check {
    match effect {
        "NoSchedule" | "PreferNoSchedule" | "NoExecute" => Ok(()),
        _ => Err(rules::flaw_hint(
            "it has no effect that Kubernetes knows",
            "end it with `:NoSchedule`, `:PreferNoSchedule` or `:NoExecute`",
        )),
    }
}

/// Bottlerocket: `settings.kubernetes.node-labels` and `node-taints`.
fn of_settings(index: usize, body: &[u8], found: &mut Found) {
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    if !text.contains("node-labels") && !text.contains("node-taints") {
        return;
    }
    let Ok(document) = toml::from_str::<Table>(text) else {
        return;
    };
    let kubernetes = document
        .get("settings")
        .and_then(|settings| settings.get("kubernetes"));
    let table = |key: &str| {
        kubernetes
            .and_then(|one| one.get(key))
            .and_then(Value::as_table)
    };
    let place = |key: &str| {
        let at = text.find(key).map(|at| line_at(body, at));
        (index, at)
    };
    for (key, value) in table("node-labels").into_iter().flatten() {
        if let Some(flaw) = label(&format!("{key}={}", value.as_str().unwrap_or_default())) {
            flaw.tell(place(key), found);
        }
    }
    for (key, value) in table("node-taints").into_iter().flatten() {
        let texts = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().map_or_else(Vec::new, |text| vec![text]),
        };
        for text in texts {
            if let Some(flaw) = taint(&format!("{key}={text}")) {
                flaw.tell(place(key), found);
            }
        }
    }
}
