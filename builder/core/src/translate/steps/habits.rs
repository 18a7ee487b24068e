//! Habits of AL2 scripts that AL2023 breaks: Docker, packages, files that are elsewhere.

use super::super::shell::Command;
use super::super::{Fate, Report};
use super::{bare, shown};

struct Habit {
    /// What is looked for in the text of a command.
    path: &'static str,
    why: &'static str,
    hint: &'static str,
}

/// Files that AL2023 has not, or has elsewhere.
const FILES: &[Habit] = &[
    Habit {
        path: "/etc/eks/bootstrap.sh",
        why: "AL2023 joins with nodeadm, which does not read it",
        hint: "write what is changed into the spec, and take the command out",
    },
    Habit {
        path: "/etc/systemd/system/kubelet.service.d",
        why: "AL2's unit of the kubelet reads KUBELET_EXTRA_ARGS from there; AL2023's has its flags from nodeadm",
        hint: "set kubelet.extraArgs or kubelet.config",
    },
    Habit {
        path: "/etc/sysconfig/docker",
        why: "AL2023 has no Docker",
        hint: "limits of containers: containerd.baseRuntimeSpec; a proxy: instance.environment of nodeConfig",
    },
    Habit {
        path: "/etc/systemd/system/docker.service.d",
        why: "AL2023 has no Docker",
        hint: "limits of containers: containerd.baseRuntimeSpec; a proxy: instance.environment of nodeConfig",
    },
    Habit {
        path: "/etc/docker",
        why: "AL2023 has no Docker",
        hint: "registries, containerd.config",
    },
    Habit {
        path: "docker.sock",
        why: "AL2023 has no Docker",
        hint: "talk to containerd: /run/containerd/containerd.sock",
    },
    Habit {
        path: "/etc/eks/containerd/containerd-config.toml",
        why: "AL2023 has no such file: nodeadm writes containerd's configuration after this script",
        hint: "set containerd.config, and take the command out",
    },
    Habit {
        path: "/etc/containerd/config.toml",
        why: "nodeadm writes this file after the script has run",
        hint: "set containerd.config, and take the command out",
    },
    Habit {
        path: "/var/lib/kubelet/kubeconfig",
        why: "nodeadm writes this file after the script has run",
        hint: "take the command out",
    },
    Habit {
        path: "/etc/kubernetes/kubelet",
        why: "nodeadm writes the kubelet's configuration after this script",
        hint: "set kubelet.config, and take the command out",
    },
    Habit {
        path: "/etc/eks/eni-max-pods.txt",
        why: "AL2023 has no such file: nodeadm knows the instance types",
        hint: "set kubelet.maxPods",
    },
];

/// Tells what a list of commands does that AL2023 will not take. True if all of it can go, because it is about
/// Docker's own service alone.
pub(super) fn tell(text: &str, list: &[&Command], report: &mut Report) -> bool {
    let mut goes = true;
    for command in list {
        report.line = Some(command.line);
        let service = docker_service(command);
        if service && command.depth == 0 {
            report.tell(
                Fate::Gone,
                format!("{} of docker", shown(command)),
                "AL2023 has no Docker",
                "",
            );
            continue;
        }
        goes = false;
        by_name(command, report);
        by_file(text, command, report);
    }
    goes
}

/// `systemctl restart docker`, `service docker start`
fn docker_service(command: &Command) -> bool {
    let words: Vec<&str> = bare(command)
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let docker = |word: &str| word == "docker" || word == "docker.service";
    match words.split_first() {
        Some((&"systemctl", rest)) => {
            let units: Vec<&&str> = rest
                .iter()
                .filter(|word| !word.starts_with('-'))
                .skip(1)
                .collect();
            !units.is_empty() && units.into_iter().all(|unit| docker(unit))
        }
        Some((&"service", rest)) => rest.first().is_some_and(|unit| docker(unit)),
        _ => false,
    }
}

fn by_name(command: &Command, report: &mut Report) {
    let words: Vec<&str> = bare(command)
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let Some((name, rest)) = words.split_first() else {
        return;
    };
    let name = name.rsplit('/').next().unwrap_or(name);
    let kubelet = rest
        .iter()
        .any(|word| *word == "kubelet" || *word == "kubelet.service");
    let (what, why, hint) = match name {
        "yum" => (
            "`yum`",
            "it is dnf there, with other packages and versions, and without EPEL",
            "look each package up in AL2023's repositories",
        ),
        "amazon-linux-extras" => (
            "`amazon-linux-extras`",
            "AL2023 has no extras: what they held is in its repositories, or is not there",
            "use `dnf install`",
        ),
        "docker" | "dockerd" => (
            "`docker`",
            "AL2023 has no Docker",
            "pull images with `ctr -n k8s.io images pull`; run containers as pods",
        ),
        "systemctl" | "service" if kubelet => (
            "`systemctl` of the kubelet",
            "nodeadm starts the kubelet when every script has ended",
            "take the command out",
        ),
        "python" | "python2" => (
            "`python`",
            "AL2023 has python3 alone",
            "call python3, and look whether the program runs with it",
        ),
        "crontab" => (
            "`crontab`",
            "AL2023 has no cron unless cronie is installed",
            "use a systemd timer",
        ),
        "setup-local-disks" => (
            "`setup-local-disks`",
            "nodeadm sets the instance store's disks up",
            "set localDisks, and take the command out",
        ),
        _ => return,
    };
    report.tell(Fate::ByHand, what, why, hint);
}

fn by_file(text: &str, command: &Command, report: &mut Report) {
    let said = text.get(command.span.clone()).unwrap_or("");
    let expanded = command
        .words
        .iter()
        .chain(command.redirects.iter().map(|one| &one.target));
    let expanded: Vec<&str> = expanded.map(|word| word.text.as_str()).collect();
    let assigns = command.words.is_empty();
    let named = |habit: &&Habit| {
        expanded.iter().any(|word| word.contains(habit.path))
            || (!assigns && said.contains(habit.path))
    };
    if let Some(habit) = FILES.iter().find(named) {
        report.tell(Fate::ByHand, habit.path, habit.why, habit.hint);
    }
}
