//! Merged mode: EKS's own part configures and starts the kubelet, before or after the user's.

use super::command::{Command, Word};
use super::read::Read;
use super::{Found, Reader, Rule, Setting};

/// What EKS's bootstrap writes or runs. A path under one of these is one of them.
const FILES: &[&str] = &[
    "/etc/kubernetes/kubelet/",
    "/etc/eks/kubelet/",
    "/etc/eks/bootstrap.sh",
    "/etc/systemd/system/kubelet.service",
    "/usr/lib/systemd/system/kubelet.service",
    "/lib/systemd/system/kubelet.service",
    "/var/lib/kubelet/kubeconfig",
    "/var/lib/kubelet/config",
];

/// What systemctl and service only look at.
const LOOKS: &[&str] = &[
    "status",
    "show",
    "cat",
    "is-active",
    "is-enabled",
    "is-failed",
    "help",
    "list-dependencies",
];

const SERVICE: &str = "it starts, stops or changes the kubelet's service, and EKS does that";

const HINT: &str =
    "take it out: set the kubelet by `userData.kubelet`, or use `ami.pinnedBy: launchTemplate`";

pub(super) fn check(setting: &Setting, index: usize, part: &Read<'_>, found: &mut Found) {
    if !setting.merged || setting.reader == Reader::Bottlerocket {
        return;
    }
    for command in &part.commands {
        if let Some(message) = touches(command) {
            found.add(
                Rule::TouchesKubelet,
                (index, Some(command.line)),
                message,
                HINT,
            );
        }
    }
}

fn touches(command: &Command) -> Option<&'static str> {
    let name = command.name().to_ascii_lowercase();
    let operands = command
        .operands()
        .map(|word| word.text.to_ascii_lowercase());
    let operands: Vec<String> = operands.collect();
    let first = operands.first().map_or("", String::as_str);
    let kubelet = operands
        .iter()
        .any(|name| name == "kubelet" || name == "kubelet.service");
    let message = match name.as_str() {
        "systemctl" | "service"
            if kubelet && !operands.iter().any(|verb| LOOKS.contains(&verb.as_str())) =>
        {
            SERVICE
        }
        "start-service" | "stop-service" | "restart-service" | "set-service" | "new-service"
            if kubelet =>
        {
            SERVICE
        }
        "sc" | "sc.exe" if kubelet && !first.starts_with("query") => SERVICE,
        "pkill" | "killall" if kubelet => "it kills the kubelet, which EKS starts",
        "kubelet" if !command.arguments().iter().any(asks) => {
            "it runs the kubelet, which EKS starts"
        }
        "nodeadm" if first == "init" => {
            "it runs `nodeadm init`, which the node does by itself after all scripts"
        }
        _ if edited(command, &name).iter().any(|word| is_of_eks(word)) => {
            "it edits a file of the kubelet or of EKS's bootstrap, which EKS writes or runs"
        }
        _ => return None,
    };
    Some(message)
}

/// `kubelet --version` only asks.
fn asks(word: &Word) -> bool {
    ["--version", "--help", "-h"].contains(&word.text.as_str())
}

/// The files that a command changes.
fn edited<'c>(command: &'c Command, name: &str) -> Vec<&'c Word> {
    let operands: Vec<&Word> = command.operands().collect();
    let changed = match name {
        "tee" | "rm" | "mv" | "truncate" | "set-content" | "add-content" | "out-file"
        | "remove-item" => operands,
        "sed" | "perl" | "yq" if command.arguments().iter().any(is_in_place) => operands,
        "cp" | "install" | "ln" | "rsync" => operands.last().copied().into_iter().collect(),
        _ => Vec::new(),
    };
    changed.into_iter().chain(&command.writes).collect()
}

/// `-i`, `-i.bak`, `-ri`, `-pi`, `--in-place`.
fn is_in_place(word: &Word) -> bool {
    let Some(options) = word.text.strip_prefix('-') else {
        return false;
    };
    let before = options.trim_start_matches(|one: char| "nrEsuzp0".contains(one));
    before.starts_with('i') || options.starts_with("-in-place") || options == "-inplace"
}

fn is_of_eks(word: &Word) -> bool {
    FILES.iter().any(|file| word.text.starts_with(file))
}
