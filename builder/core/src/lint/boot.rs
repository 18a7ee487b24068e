//! What holds up every boot, and what a boot may find changed tomorrow. The node joins after all of it.

use super::command::{Command, SHELLS, Word, base_name};
use super::read::Read;
use super::{Found, Rule};

/// Seconds from which on a `sleep` is worth a word.
const LONG_SLEEP: f64 = 10.0;

pub(super) fn check(index: usize, part: &Read<'_>, found: &mut Found) {
    let mut loops: Vec<usize> = Vec::new();
    for command in &part.commands {
        if let Some((message, hint)) = slow(command, &mut loops) {
            let line = match command.waiting_loop {
                Some(line) if is_sleep(command) => line,
                _ => command.line,
            };
            found.add(Rule::SlowBoot, (index, Some(line)), message, hint);
        }
        if let Some((message, hint)) = unpinned(command, &part.commands) {
            found.add(
                Rule::UnpinnedDownload,
                (index, Some(command.line)),
                message,
                hint,
            );
        }
    }
}

fn is_sleep(command: &Command) -> bool {
    ["sleep", "start-sleep"]
        .iter()
        .any(|name| command.name().eq_ignore_ascii_case(name))
}

/// `loops`: the waiting loops that were told already.
fn slow(command: &Command, loops: &mut Vec<usize>) -> Option<(&'static str, &'static str)> {
    const BAKE: &str = "put it into the image, and boot with that";
    if command.background {
        return None;
    }
    let name = command.name();
    let operands: Vec<&str> = command.operands().map(|word| word.text.as_str()).collect();
    let has = |wanted: &str| operands.contains(&wanted);
    if is_sleep(command) {
        if let Some(line) = command.waiting_loop {
            let first = !loops.contains(&line);
            loops.push(line);
            return first.then_some((
                "a loop waits for something, with no end to it if that never comes",
                "end it after some attempts, or let the workload wait for what it needs",
            ));
        }
        return (seconds(command) >= LONG_SLEEP).then_some((
            "it sleeps for ten seconds or more, and the node joins after that",
            "wait for the thing itself, no longer than it takes",
        ));
    }
    match name {
        "yum" | "dnf" | "microdnf" | "apt" | "apt-get" | "zypper" => {
            const UPDATES: &[&str] = &[
                "update",
                "upgrade",
                "dist-upgrade",
                "full-upgrade",
                "distro-sync",
                "upgrade-minimal",
                "update-minimal",
            ];
            let updates = operands.first().is_some_and(|verb| UPDATES.contains(verb));
            updates.then_some((
                "it updates packages at every boot, to whatever is there that day",
                BAKE,
            ))
        }
        "pip" | "pip3" | "pipx" => (operands.first() == Some(&"install"))
            .then_some(("it installs Python packages at every boot", BAKE)),
        _ if name.starts_with("python") && has("pip") && has("install") => {
            Some(("it installs Python packages at every boot", BAKE))
        }
        "docker" | "nerdctl" | "crictl" | "podman" | "ctr" if has("pull") => Some((
            "it pulls images before the node joins",
            "let the kubelet pull them, or put them into the image",
        )),
        _ => None,
    }
}

/// How long a `sleep` takes, as far as it tells: `30`, `1m 30s`.
fn seconds(command: &Command) -> f64 {
    let operands = command.operands().filter(|word| !word.expands);
    operands.map(|word| duration(&word.text)).sum()
}

fn duration(text: &str) -> f64 {
    let number = |digits: &str| digits.parse::<f64>().unwrap_or(0.0);
    match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            let factor = match unit {
                's' => 1.0,
                'm' => 60.0,
                'h' => 3600.0,
                'd' => 86_400.0,
                _ => 0.0,
            };
            number(text.get(..at).unwrap_or_default()) * factor
        }
        _ => number(text),
    }
}

const DOWNLOADERS: &[&str] = &[
    "curl",
    "wget",
    "invoke-webrequest",
    "invoke-restmethod",
    "iwr",
    "irm",
    "start-bitstransfer",
];

fn downloads(command: &Command) -> bool {
    let method = |word: &Word| {
        let text = word.text.to_ascii_lowercase();
        text.ends_with(".downloadstring") || text.ends_with(".downloadfile")
    };
    let named = DOWNLOADERS
        .iter()
        .any(|name| command.name().eq_ignore_ascii_case(name));
    (named || command.words.iter().any(method)) && !asks_itself(command)
}

/// The instance's own services: metadata, and what runs on it.
fn asks_itself(command: &Command) -> bool {
    const OWN: &[&str] = &[
        "169.254.169.254",
        "[fd00:ec2::254]",
        "localhost",
        "127.0.0.1",
        "169.254.170.2",
    ];
    command
        .words
        .iter()
        .any(|word| OWN.iter().any(|host| word.text.contains(host)))
}

fn unpinned(command: &Command, all: &[Command]) -> Option<(&'static str, &'static str)> {
    if runs_input(command) && downloaded(command, all) {
        return Some((
            "it runs what a download gives that day, unseen",
            "download a fixed version to a file, check its SHA-256, then run it; or put it into the image",
        ));
    }
    let fetches = downloads(command) || (installs(command) && !asks_itself(command));
    let moving = fetches && command.words.iter().any(is_moving);
    moving.then_some((
        "the URL names no version, so that two nodes can get two things",
        "name a version, and check its SHA-256; or put it into the image",
    ))
}

fn installs(command: &Command) -> bool {
    [
        "yum", "dnf", "rpm", "apt", "apt-get", "dpkg", "pip", "pip3", "git", "aria2c", "msiexec",
    ]
    .contains(&command.name())
}

/// A shell or an interpreter that runs what it is given.
fn runs_input(command: &Command) -> bool {
    let name = command.name();
    let script = command
        .program()
        .first()
        .map_or("", |word| word.text.as_str());
    SHELLS.contains(&name)
        || [
            "eval",
            "source",
            "perl",
            "ruby",
            "node",
            "iex",
            "invoke-expression",
        ]
        .iter()
        .any(|one| name.eq_ignore_ascii_case(one))
        || name.starts_with("python")
        || script == "."
}

/// Whether a download is piped into it, or stands in its words as `$(curl …)` or `<(curl …)`.
fn downloaded(command: &Command, all: &[Command]) -> bool {
    // No file is read then but what comes through the pipe: `curl … | python3 parse.py` runs parse.py.
    let of_pipe = command
        .operands()
        .all(|word| word.text == "-" || word.text == "/dev/stdin")
        || command.arguments().iter().any(|word| word.text == "-s");
    let reads_code = !command
        .arguments()
        .iter()
        .any(|word| ["-c", "-e", "-m"].contains(&word.text.as_str()));
    let mut before = command.piped.filter(|_| of_pipe && reads_code);
    while let Some(id) = before {
        let Some(source) = all.iter().find(|one| one.id == id) else {
            break;
        };
        if downloads(source) {
            return true;
        }
        before = source.piped;
    }
    evaluates(command)
        && all
            .iter()
            .any(|one| one.inside == Some(command.id) && downloads(one))
}

/// Whether the command runs what its substitutions give: `eval "$(…)"`, `bash -c "$(…)"`, `bash <(…)`.
fn evaluates(command: &Command) -> bool {
    let substituted = |word: &Word| word.expands && word.text.is_empty();
    match SHELLS.contains(&command.name()) {
        true => {
            command.arguments().iter().any(|word| word.text == "-c")
                || command.operands().next().is_some_and(substituted)
        }
        false => ["eval", "source", ".", "iex", "invoke-expression"]
            .iter()
            .any(|name| command.name().eq_ignore_ascii_case(name)),
    }
}

/// A URL whose content moves: `latest`, or a branch.
fn is_moving(word: &Word) -> bool {
    let Some((scheme, rest)) = word.text.split_once("://") else {
        return false;
    };
    if !scheme.ends_with("http") && !scheme.ends_with("https") {
        return false;
    }
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').any(|segment| {
        let segment = base_name(segment);
        matches!(segment, "master" | "main" | "HEAD" | "nightly")
            || segment
                .split(|one: char| !one.is_ascii_alphanumeric())
                .any(|token| token == "latest")
    })
}
