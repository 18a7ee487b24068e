//! Scripts that prepare an AL2 node: what edits files that only AL2 has is translated where it is simple, and
//! told where it is not.

mod habits;

use std::ops::Range;

use serde_json::Value;

use super::bootstrap::{bootstrap_script, call_in};
use super::shell::{Command, UNKNOWN, Word, read};
use super::{Fate, Report, Settings, Translation, docker, jq, kubelet};

const KUBELET_CONFIG: &str = "/etc/kubernetes/kubelet/kubelet-config.json";
const BOOTSTRAP: &str = "/etc/eks/bootstrap.sh";
const DAEMON_JSON: &str = "/etc/docker/daemon.json";

/// Translates a preBootstrap step.
pub fn step(text: &str) -> Translation {
    let script = read(text);
    if script
        .commands
        .iter()
        .any(|command| call_in(command).is_some())
    {
        return bootstrap_script(text);
    }
    let (mut settings, mut report) = (Settings::default(), Report::default());
    let commands: Vec<&Command> = script.commands.iter().collect();
    let removed = recognise(text, &commands, &mut settings, &mut report);
    let kept = match removed.is_empty() {
        true => Some(text.to_owned()),
        false => without(text, &removed),
    };
    Translation {
        settings,
        kept,
        changed: !removed.is_empty(),
        left: report.left,
    }
}

/// Goes through commands, and gives the bytes of those that became settings.
pub(super) fn recognise(
    text: &str,
    commands: &[&Command],
    settings: &mut Settings,
    report: &mut Report,
) -> Vec<Range<usize>> {
    let mut removed = Vec::new();
    // What `jq … > new` wrote is often moved into place by a command of its own.
    let mut edited = false;
    for list in commands.chunk_by(|a, b| a.list == b.list) {
        let Some(first) = list.first() else { continue };
        report.line = Some(first.line);
        let mentions = |path: &str| list.iter().any(|command| mentions(text, command, path));
        let understood = if mentions(KUBELET_CONFIG) {
            edited = kubelet_config(list, edited, settings, report);
            edited
        } else if mentions(DAEMON_JSON) {
            daemon_json(list, settings, report)
        } else if list.iter().all(|command| edits_bootstrap(command)) {
            bootstrap_edits(list, settings, report)
        } else {
            habits::tell(text, list, report)
        };
        if understood {
            removed.extend(
                list.iter()
                    .flat_map(|command| [Some(command.span.clone()), command.documents.clone()])
                    .flatten(),
            );
        }
    }
    removed
}

/// How a command is named in messages: its own name, if that is a plain one.
pub(super) fn shown(command: &Command) -> String {
    let words = command.words.iter().map(|word| word.text.as_str());
    let mut words = words.skip_while(|word| *word == "sudo" || word.starts_with('-'));
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let name = words.next().unwrap_or_default();
    match !name.is_empty() && name.len() <= 60 && name.chars().all(plain) {
        true => format!("`{name}`"),
        false => "a command".to_owned(),
    }
}

/// The script without some of its bytes, and without the lines that become empty; `None` if nothing is left
/// that does anything.
pub(super) fn without(text: &str, removed: &[Range<usize>]) -> Option<String> {
    let is_removed = |at: usize| removed.iter().any(|range| range.contains(&at));
    let mut kept = String::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let left: String = line
            .char_indices()
            .filter(|(at, _)| !is_removed(start + at))
            .map(|(_, c)| c)
            .collect();
        let touched = left.len() != line.len();
        start += line.len();
        let joins = |c: char| c.is_whitespace() || ";&|>\\".contains(c);
        if !touched {
            kept.push_str(line);
        } else if !left.trim_matches(joins).is_empty() {
            kept.push_str(left.trim_end_matches([' ', '\n', ';']));
            kept.push('\n');
        }
    }
    let mut kept = kept.trim_end().to_owned();
    kept.push('\n');
    does_something(&kept).then_some(kept)
}

/// Options, variables and comments alone need no script.
fn does_something(text: &str) -> bool {
    const PREPARES: &[&str] = &["", ":", "export", "set", "shopt", "true", "umask"];
    let script = read(text);
    let acts = |command: &Command| {
        let runs = command
            .assignments
            .iter()
            .any(|(_, value)| !value.inner.is_empty());
        !PREPARES.contains(&command.name()) || runs && writes(command)
    };
    script.commands.iter().any(acts)
}

/// Whether the command of a `$(…)` in an assignment does more than to print.
fn writes(command: &Command) -> bool {
    const PRINTS: &[&str] = &[
        "awk",
        "aws",
        "cat",
        "curl",
        "cut",
        "date",
        "echo",
        "ec2-metadata",
        "grep",
        "hostname",
        "imds",
        "jq",
        "mktemp",
        "nproc",
        "sed",
        "tr",
        "uname",
    ];
    let inner = command
        .assignments
        .iter()
        .flat_map(|(_, value)| value.inner.iter().flatten());
    inner
        .into_iter()
        .any(|inner| !PRINTS.contains(&inner.name()) || !inner.redirects.is_empty())
}

fn mentions(text: &str, command: &Command, path: &str) -> bool {
    let raw = |range: &Range<usize>| {
        text.get(range.clone())
            .is_some_and(|text| text.contains(path))
    };
    // Not where the path is kept for later: `CONFIG=/etc/…`.
    let words = command
        .words
        .iter()
        .chain(command.redirects.iter().map(|one| &one.target));
    let inner = command
        .words
        .iter()
        .flat_map(|word| word.inner.iter().flatten());
    let mut all = words.chain(inner.flat_map(|inner| inner.words.iter()));
    all.any(|word| word.text.contains(path)) || command.documents.as_ref().is_some_and(raw)
}

/// The words of a command without `sudo`.
fn bare(command: &Command) -> &[Word] {
    match command.name() {
        "sudo" => command.words.get(1..).unwrap_or_default(),
        _ => &command.words,
    }
}

fn bare_name(command: &Command) -> &str {
    bare(command).first().map_or("", |word| word.text.as_str())
}

/// jq's edits of the kubelet's configuration. False if anything in the list is not understood.
fn kubelet_config(
    list: &[&Command],
    edited: bool,
    settings: &mut Settings,
    report: &mut Report,
) -> bool {
    let mut fields = Vec::new();
    let fine = list
        .iter()
        .all(|command| command.depth == 0 && edit_of_config(command, edited, &mut fields));
    let moves = |command: &&Command| ["mv", "cp", "chmod", "chown"].contains(&bare_name(command));
    let moved = edited && list.iter().all(moves);
    if !fine || (fields.is_empty() && !moved) {
        report.tell(
            Fate::ByHand,
            KUBELET_CONFIG,
            "AL2023 has no such file: nodeadm writes the kubelet's configuration after this script",
            "set the fields in kubelet.config, or let the script write a NodeConfig into /etc/eks/nodeadm.d; take the command out",
        );
        return false;
    }
    for (path, value) in fields {
        settings.configure(&path, value);
    }
    true
}

/// Whether a command is part of an edit by jq; the fields that it sets.
fn edit_of_config(command: &Command, edited: bool, fields: &mut Vec<(String, Value)>) -> bool {
    let words = command
        .words
        .iter()
        .chain(command.redirects.iter().map(|one| &one.target));
    let mut inner = words
        .flat_map(|word| word.inner.iter().flatten())
        .peekable();
    match bare_name(command) {
        "jq" => program(command, fields),
        "echo" | "printf" | "cat" | "tee" if inner.peek().is_some() => {
            inner.all(|inner| match inner.name() {
                "jq" => program(inner, fields),
                name => name == "cat",
            })
        }
        "cat" | "tee" | "chmod" | "chown" => true,
        "mv" | "cp" => edited || !fields.is_empty(),
        _ => false,
    }
}

/// The fields that a jq command sets.
fn program(command: &Command, fields: &mut Vec<(String, Value)>) -> bool {
    let words = bare(command).iter().skip(1);
    let words: Vec<&Word> = words
        .filter(|word| !["-r", "-c", "-M", "-S"].contains(&word.text.as_str()))
        .collect();
    let Some(program) = words.first().and_then(|word| word.known()) else {
        return false;
    };
    match jq::assignments(program).filter(|_| words.len() <= 2) {
        Some(found) => {
            fields.extend(found);
            true
        }
        None => false,
    }
}

/// `cat > daemon.json <<EOF`, `echo '{…}' > daemon.json`. There is no Docker, so that it is removed once it is
/// read.
fn daemon_json(list: &[&Command], settings: &mut Settings, report: &mut Report) -> bool {
    let written = list.iter().find_map(|command| {
        let document = command
            .redirects
            .iter()
            .find_map(|one| one.document.clone());
        let echoed = match command.name() {
            "echo" => command.words.last().and_then(|word| word.known()),
            _ => None,
        };
        document.or_else(|| echoed.map(str::to_owned))
    });
    let plain = list.iter().all(|command| {
        command.depth == 0 && matches!(bare_name(command), "cat" | "echo" | "tee" | "mkdir")
    });
    let text = written.filter(|text| plain && !text.contains(['$', UNKNOWN]));
    if text.is_some_and(|text| docker::apply(&text, settings, report)) {
        return true;
    }
    docker::unreadable(report);
    false
}

fn edits_bootstrap(command: &Command) -> bool {
    let words = bare(command);
    let is_sed = words.first().is_some_and(|word| word.text == "sed");
    is_sed && words.last().is_some_and(|word| word.text == BOOTSTRAP)
}

/// sed's edits of bootstrap.sh itself: eksctl's and the usual ones, that add kubelet flags.
fn bootstrap_edits(list: &[&Command], settings: &mut Settings, report: &mut Report) -> bool {
    let mut understood = true;
    for command in list {
        let words = bare(command).iter().skip(1);
        let options = |word: &&Word| ["-i", "-E", "-r", "-e", "-ie"].contains(&word.text.as_str());
        let words: Vec<&Word> = words.filter(|word| !options(word)).collect();
        let program = match words.as_slice() {
            [program, _] => program.known(),
            _ => None,
        };
        understood &= command.depth == 0
            && program.is_some_and(|program| bootstrap_edit(program, settings, report));
    }
    if !understood {
        report.tell(
            Fate::ByHand,
            "an edit of /etc/eks/bootstrap.sh",
            "AL2023 joins with nodeadm, which does not read it",
            "write what the edit changes into the spec (kubelet.maxPods, kubelet.extraArgs, nodeLabels…), and take the command out",
        );
    }
    understood
}

fn bootstrap_edit(program: &str, settings: &mut Settings, report: &mut Report) -> bool {
    if program.contains("USE_MAX_PODS") && program.contains("false") {
        if settings.max_pods.is_none() {
            report.tell(
                Fate::Differs,
                "USE_MAX_PODS of bootstrap.sh",
                "without it the kubelet takes the number that it is told, or 110; nodeadm always tells it one",
                "set kubelet.maxPods, if nothing else here did",
            );
        }
        return true;
    }
    if !program.contains("KUBELET_EXTRA_ARGS") || program.contains("--kubelet-extra-args") {
        return false;
    }
    let Some(flags) = program.find("--").and_then(|at| program.get(at..)) else {
        return false;
    };
    let flags = flags.split(['"', '\'', '/', '|', '#', '\\']).next();
    // A slash in a label's key would have cut it short.
    let Some(flags) = flags.filter(|flags| program.contains(&format!("{flags}\""))) else {
        return false;
    };
    kubelet::apply_text(flags, settings, report);
    true
}
