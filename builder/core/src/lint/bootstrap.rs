//! Calls of the bootstrap scripts: where EKS or another part makes them, and with arguments that they do not have.

use super::command::{Command, Word, base_name};
use super::read::{Kind, Read};
use super::{Found, Reader, Rule, Setting};
use crate::spec::nearest::nearest;

/// bootstrap.sh of Amazon Linux 2 (amazon-eks-ami, templates/al2/runtime/bootstrap.sh); each takes a value. The
/// ones of Ubuntu's, as far as it could be read, are among them.
const FLAGS: &[&str] = &[
    "--apiserver-endpoint",
    "--aws-api-retry-attempts",
    "--b64-cluster-ca",
    "--cluster-id",
    "--container-runtime",
    "--containerd-config-file",
    "--dns-cluster-ip",
    "--docker-config-json",
    "--enable-docker-bridge",
    "--enable-local-outpost",
    "--ip-family",
    "--kubelet-extra-args",
    "--local-disks",
    "--mount-bpf-fs",
    "--pause-container-account",
    "--pause-container-version",
    "--service-ipv6-cidr",
    "--use-max-pods",
];

/// Start-EKSBootstrap.ps1 (EKS user guide, "Bootstrap script configuration parameters"); ContainerRuntime is of
/// older images. PowerShell takes the beginning of a name for it, in any case.
const PARAMETERS: &[&str] = &[
    "EKSClusterName",
    "KubeletExtraArgs",
    "KubeProxyExtraArgs",
    "APIServerEndpoint",
    "Base64ClusterCA",
    "DNSClusterIP",
    "ContainerRuntime",
    "ServiceCIDR",
    "ExcludedSnatCIDRs",
];

/// Parameters that every PowerShell function can have (about_CommonParameters).
const COMMON: &[&str] = &[
    "Verbose",
    "Debug",
    "ErrorAction",
    "WarningAction",
    "InformationAction",
    "ErrorVariable",
    "WarningVariable",
    "InformationVariable",
    "OutVariable",
    "OutBuffer",
    "PipelineVariable",
];

/// A call of a bootstrap script, with its arguments.
struct Call<'a> {
    part: usize,
    line: usize,
    windows: bool,
    arguments: &'a [Word],
}

pub(super) fn check(setting: &Setting, parts: &[Read<'_>], found: &mut Found) {
    let calls: Vec<Call<'_>> = parts
        .iter()
        .enumerate()
        .flat_map(|(index, part)| calls(index, part))
        .collect();
    let last = calls.iter().map(|call| call.part).max();
    for call in &calls {
        let place = (call.part, Some(call.line));
        if let Some((message, hint)) = misplaced(setting, call, last) {
            found.add(Rule::StartsBootstrap, place, message, hint);
        } else if call.windows {
            parameters(call, found);
        } else {
            flags(call, found);
        }
    }
}

/// The calls in a part, by the path of the script or by a variable that holds it.
fn calls<'a>(index: usize, part: &'a Read<'_>) -> Vec<Call<'a>> {
    let windows = part.kind == Kind::PowerShell;
    let mut names: Vec<&str> = Vec::new();
    let mut calls = Vec::new();
    for command in &part.commands {
        for assignment in assignments(command) {
            if let Some((name, value)) = assignment.text.split_once('=')
                && is_script(value, windows)
            {
                names.push(name);
            }
        }
        let Some((script, arguments)) = command.script().split_first() else {
            continue;
        };
        let by_name = script.text.strip_prefix('$').is_some_and(|name| {
            let name = name.trim_start_matches('{').trim_end_matches('}');
            names.iter().any(|known| known.eq_ignore_ascii_case(name))
        });
        if by_name || is_script(&script.text, windows) {
            let line = command.line;
            calls.push(Call {
                part: index,
                line,
                windows,
                arguments,
            });
        }
    }
    calls
}

fn assignments(command: &Command) -> impl Iterator<Item = &Word> {
    let exported = ["export", "declare", "local", "readonly"].contains(&command.name());
    let words = command.arguments().iter().filter(move |_| exported);
    command.assignments.iter().chain(words)
}

fn is_script(path: &str, windows: bool) -> bool {
    match windows {
        true => {
            let name = base_name(path).to_ascii_lowercase();
            name == "start-eksbootstrap.ps1" || name == "start-eksbootstrap"
        }
        false => path == "/etc/eks/bootstrap.sh",
    }
}

/// A call that must not be there.
fn misplaced(
    setting: &Setting,
    call: &Call<'_>,
    last: Option<usize>,
) -> Option<(&'static str, &'static str)> {
    if !call.windows && setting.reader == Reader::Nodeadm {
        return Some((
            "it calls /etc/eks/bootstrap.sh, which on AL2023 only says that it is not there any more, and fails",
            "take the call out: nodeadm joins the node, with the settings of `userData` or a NodeConfig",
        ));
    }
    let again = last.is_some_and(|last| call.part < last);
    Some(match (call.windows, setting.merged) {
        (true, true) => (
            "it calls Start-EKSBootstrap, and so does EKS, behind these lines",
            "take the call out; with `ami.pinnedBy: launchTemplate`, `overrideBootstrap` can make its own",
        ),
        (false, true) => (
            "it calls /etc/eks/bootstrap.sh, and so does EKS, behind this part",
            "take the call out; with `ami.pinnedBy: launchTemplate`, `overrideBootstrap` can make its own",
        ),
        (true, false) if again => (
            "it calls Start-EKSBootstrap, which runs after the preBootstrap steps",
            "take the call out; with `ami.pinnedBy: launchTemplate`, `overrideBootstrap` can make its own",
        ),
        (false, false) if again => (
            "it calls /etc/eks/bootstrap.sh, and a later part does so again",
            "keep one call; `overrideBootstrap` replaces the one of nodemint",
        ),
        _ => return None,
    })
}

/// bootstrap.sh takes what it does not know for the cluster's name, and says nothing.
fn flags(call: &Call<'_>, found: &mut Found) {
    let mut arguments = call.arguments.iter();
    while let Some(word) = arguments.next() {
        let text = word.text.as_str();
        if FLAGS.contains(&text) {
            arguments.next();
            continue;
        }
        if !text.starts_with("--") || text == "--help" {
            continue;
        }
        let (name, value) = text
            .split_once('=')
            .map_or((text, None), |(name, value)| (name, Some(value)));
        // A name that is filled in at boot is not known here.
        if name.contains('$') || name.contains(char::is_whitespace) {
            continue;
        }
        let place = (call.part, Some(call.line));
        if value.is_some() && FLAGS.contains(&name) {
            let message = format!(
                "bootstrap.sh reads `{name} value` alone: with `=` it takes the whole for the cluster's name"
            );
            found.add(
                Rule::BootstrapArgument,
                place,
                message,
                format!("write `{name}` and its value as two words"),
            );
            continue;
        }
        let message = format!(
            "bootstrap.sh has no `{name}`, and takes it for the cluster's name without a word"
        );
        found.add(Rule::BootstrapArgument, place, message, unknown_flag(name));
        // Misspelt, it still has its value behind it.
        if value.is_none() && nearest(name, FLAGS.iter().copied()).is_some() {
            arguments.next();
        }
    }
}

fn unknown_flag(name: &str) -> String {
    // What belongs to the kubelet is often forgotten to be quoted.
    const OF_KUBELET: &[&str] = &[
        "--node-labels",
        "--register-with-taints",
        "--max-pods",
        "--node-ip",
        "--v",
    ];
    if name == "--service-ipv4-cidr" {
        return "take it out, and give the DNS address by `--dns-cluster-ip`".to_owned();
    }
    if OF_KUBELET.contains(&name) {
        return format!("put it into the quotes of `--kubelet-extra-args '{name}=…'`");
    }
    match nearest(name, FLAGS.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "take it out; flags of the kubelet go into `--kubelet-extra-args`".to_owned(),
    }
}

fn parameters(call: &Call<'_>, found: &mut Found) {
    for word in call.arguments {
        let Some(name) = word.text.strip_prefix('-') else {
            continue;
        };
        let name = name.split(':').next().unwrap_or(name);
        // A value such as `--node-labels=…` in quotes begins with a dash as well.
        if !name.starts_with(|first: char| first.is_ascii_alphabetic())
            || name.contains(['$', '=', ' ', ','])
        {
            continue;
        }
        let begins = |known: &&&str| {
            known
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        if PARAMETERS.iter().chain(COMMON).any(|known| begins(&known)) {
            continue;
        }
        let hint = match nearest(name, PARAMETERS.iter().copied()) {
            Some(known) => format!("did you mean `-{known}`?"),
            None => format!("known here: -{}", PARAMETERS.join(", -")),
        };
        let message = format!("Start-EKSBootstrap.ps1 has no parameter `-{name}`");
        found.add(
            Rule::BootstrapArgument,
            (call.part, Some(call.line)),
            message,
            hint,
        );
    }
}
