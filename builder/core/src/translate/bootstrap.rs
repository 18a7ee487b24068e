//! A script that calls `/etc/eks/bootstrap.sh`: its arguments become settings, what stands before the call
//! stays a script, and what stands after it is told.

use super::arguments::{self, Argument, VARIABLES, is_flag};
use super::shell::{Command, Script, Word, read};
use super::{Fate, Report, Settings, Translation, steps};

/// Where AL2 has it. AL2023 has a stub there that fails.
const BOOTSTRAP: &str = "/etc/eks/bootstrap.sh";

/// Translates the script that joins a node: on AL2 what `overrideBootstrap` names, or what eksctl calls
/// `overrideBootstrapCommand`.
pub fn bootstrap_script(text: &str) -> Translation {
    let script = read(text);
    let calls: Vec<(&Command, usize)> = script
        .commands
        .iter()
        .filter_map(|command| Some((command, call_in(command)?)))
        .collect();
    let mut report = Report::default();
    let (call, at) = match calls.as_slice() {
        [(call, at)] if call.depth == 0 => (*call, *at),
        [] => return blocked(text, None, "it does not call /etc/eks/bootstrap.sh"),
        [(call, _)] => {
            let why = "it stands in an `if`, a loop, a function or a subshell: which nodes it holds for is told at boot";
            return blocked(text, Some(call.line), why);
        }
        [_, (second, _), ..] => {
            let why = "it is called more than once: which call holds is told at boot";
            return blocked(text, Some(second.line), why);
        }
    };
    let mut settings = Settings::default();
    let cut = call.span.start;
    let before: Vec<&Command> = commands(&script, |command| command.span.end <= cut);
    let removed = steps::recognise(text, &before, &mut settings, &mut report);
    translate_call(&script, call, at, &mut settings, &mut report);
    let after = commands(&script, |command| command.span.start > cut);
    tell_after(&after, &mut report);

    let mut kept = text.get(..cut).unwrap_or("").to_owned();
    if before.iter().any(|command| command.list == call.list) {
        // `a && bootstrap.sh`: the list still needs an end.
        kept.push_str("true");
    }
    Translation {
        settings,
        kept: steps::without(&kept, &removed),
        changed: true,
        left: report.left,
    }
}

fn commands(script: &Script, wanted: impl Fn(&Command) -> bool) -> Vec<&Command> {
    script
        .commands
        .iter()
        .filter(|command| wanted(command))
        .collect()
}

fn blocked(text: &str, line: Option<usize>, why: &str) -> Translation {
    let mut report = Report {
        line,
        ..Report::default()
    };
    report.tell(
        Fate::Blocks,
        BOOTSTRAP,
        why,
        "write its arguments into the spec (kubelet, clusterDns, localDisks…) and take the call out",
    );
    Translation {
        kept: Some(text.to_owned()),
        left: report.left,
        ..Translation::default()
    }
}

/// The word of a command that is bootstrap.sh being run; what may stand before it is passed over.
pub(super) fn call_in(command: &Command) -> Option<usize> {
    let prefix = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        [
            "exec", "sudo", "bash", "sh", "env", "nohup", "nice", "command",
        ]
        .contains(&name)
            || word.starts_with('-')
            || word.contains('=')
    };
    let at = command.words.iter().position(|word| !prefix(&word.text))?;
    let found = command.words.get(at)?;
    (found.text == BOOTSTRAP).then_some(at)
}

fn translate_call(
    script: &Script,
    call: &Command,
    at: usize,
    settings: &mut Settings,
    report: &mut Report,
) {
    let words = call.words.get(at + 1..).unwrap_or_default();
    let (given, positionals) = sort_out(words, report);
    tell_positionals(&positionals, report);
    let mut all = from_environment(script, call, &given);
    all.extend(given);
    // The kubelet's own flags win over what bootstrap.sh writes into its configuration.
    all.sort_by_key(|argument| argument.flag == "--kubelet-extra-args");
    for argument in &all {
        report.line = Some(argument.value.line.max(call.line));
        let mut one = Settings::default();
        arguments::apply_one(argument, &mut one, report);
        settings.merge(one);
    }
    report.line = Some(call.line);
    arguments::settle(&all, settings, report);
}

/// Flags with their values, and the words that are neither.
fn sort_out<'a>(words: &'a [Word], report: &mut Report) -> (Vec<Argument<'a>>, Vec<&'a Word>) {
    let (mut given, mut positionals) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !is_flag(&word.text) {
            positionals.push(word);
            continue;
        }
        match rest.next() {
            Some(value) => given.push(Argument {
                flag: &word.text,
                value,
                shown: word.text.clone(),
            }),
            None => {
                report.line = Some(word.line);
                let why = "it has no value, so that bootstrap.sh fails";
                report.tell(Fate::Gone, &word.text, why, "");
            }
        }
    }
    (given, positionals)
}

/// What bootstrap.sh finds in its environment and is not given as a flag.
fn from_environment<'a>(
    script: &'a Script,
    call: &'a Command,
    given: &[Argument<'_>],
) -> Vec<Argument<'a>> {
    let own = call.assignments.iter().map(|(name, value)| (name, value));
    let all = script.exported.iter().chain(own);
    let mut found: Vec<Argument<'a>> = Vec::new();
    for (name, value) in all {
        let Some((variable, flag)) = VARIABLES.iter().find(|(variable, _)| variable == name) else {
            continue;
        };
        if given.iter().any(|argument| argument.flag == *flag) {
            continue;
        }
        found.retain(|argument| argument.flag != *flag);
        found.push(Argument {
            flag,
            value,
            shown: (*variable).to_owned(),
        });
    }
    found
}

/// The first is the cluster's name, which the lock has. bootstrap.sh passes over the others.
fn tell_positionals(words: &[&Word], report: &mut Report) {
    let mut named = false;
    for word in words {
        report.line = Some(word.line);
        let flag = word.text.split('=').next().unwrap_or_default();
        if !word.text.starts_with('-') && !named {
            named = true;
        } else if is_flag(flag) {
            report.tell(
                Fate::Gone,
                flag,
                "bootstrap.sh takes a value after a blank and not after `=`: on AL2 this did nothing",
                "set the field in the spec if it should",
            );
        } else if let (true, Some(_)) = (flag.starts_with('-'), word.known()) {
            let why = "bootstrap.sh has no such argument, and passed over it";
            report.tell(Fate::Gone, flag, why, "");
        } else if word.known().is_none() {
            report.tell(
                Fate::ByHand,
                "an argument of bootstrap.sh",
                "it is a variable whose value is told at boot",
                "write what it holds into the spec",
            );
        } else {
            report.tell(
                Fate::Gone,
                "a word after the cluster's name",
                "bootstrap.sh passed over it",
                "",
            );
        }
    }
}

/// On AL2 these ran on a node that had joined.
fn tell_after(after: &[&Command], report: &mut Report) {
    const NOTHING: &[&str] = &["", ":", "echo", "exit", "logger", "set", "tee", "true"];
    for command in after {
        if NOTHING.contains(&command.name()) {
            continue;
        }
        report.line = Some(command.line);
        report.tell(
            Fate::ByHand,
            format!("{} after bootstrap.sh", steps::shown(command)),
            "nodeadm starts the kubelet when every script has ended, so that nothing of the user data runs after it; it is left out",
            "what must find a running kubelet: a systemd unit with After=kubelet.service, written by a preBootstrap step; \
             what sets up the kubelet: a NodeConfig in /etc/eks/nodeadm.d",
        );
    }
}
