//! The arguments of AL2's `bootstrap.sh`, and what each becomes.

use std::net::IpAddr;

use super::kubelet::apply_text;
use super::shell::Word;
use super::{Fate, Report, Settings};
use crate::spec::LocalDisks;

/// An argument of bootstrap.sh with its value, given as a flag or through the environment.
pub(super) struct Argument<'a> {
    /// `--max-pods`
    pub flag: &'a str,
    pub value: &'a Word,
    /// How it was given, for messages: `--use-max-pods`, or `USE_MAX_PODS`.
    pub shown: String,
}

/// How bootstrap.sh's own variables are called that it takes from its environment, too.
pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("API_RETRY_ATTEMPTS", "--aws-api-retry-attempts"),
    ("APISERVER_ENDPOINT", "--apiserver-endpoint"),
    ("B64_CLUSTER_CA", "--b64-cluster-ca"),
    ("CLUSTER_ID", "--cluster-id"),
    ("CONTAINERD_CONFIG_FILE", "--containerd-config-file"),
    ("CONTAINER_RUNTIME", "--container-runtime"),
    ("DNS_CLUSTER_IP", "--dns-cluster-ip"),
    ("DOCKER_CONFIG_JSON", "--docker-config-json"),
    ("ENABLE_DOCKER_BRIDGE", "--enable-docker-bridge"),
    ("ENABLE_LOCAL_OUTPOST", "--enable-local-outpost"),
    ("IP_FAMILY", "--ip-family"),
    ("KUBELET_EXTRA_ARGS", "--kubelet-extra-args"),
    ("LOCAL_DISKS", "--local-disks"),
    ("MOUNT_BPF_FS", "--mount-bpf-fs"),
    ("PAUSE_CONTAINER_ACCOUNT", "--pause-container-account"),
    ("PAUSE_CONTAINER_VERSION", "--pause-container-version"),
    ("SERVICE_IPV6_CIDR", "--service-ipv6-cidr"),
    ("USE_MAX_PODS", "--use-max-pods"),
];

/// The flags that take a value; `--help` alone takes none.
pub(super) fn is_flag(word: &str) -> bool {
    VARIABLES.iter().any(|(_, flag)| *flag == word)
}

/// The kubelet's own default, which AL2's nodes have with `--use-max-pods false` and no `--max-pods`.
const KUBELET_MAX_PODS: u32 = 110;

/// What the arguments together mean, once each of them is applied.
pub(super) fn settle(arguments: &[Argument<'_>], settings: &mut Settings, report: &mut Report) {
    let sizes_itself = arguments.iter().any(|argument| {
        argument.flag == "--use-max-pods" && argument.value.known() == Some("false")
    });
    let unknown = arguments.iter().any(|argument| {
        argument.flag == "--kubelet-extra-args" && argument.value.known().is_none()
    });
    if sizes_itself && settings.max_pods.is_none() && !unknown {
        settings.max_pods = Some(KUBELET_MAX_PODS);
        report.tell(
            Fate::Differs,
            "--use-max-pods",
            "false without --max-pods left AL2's nodes with the kubelet's own 110 pods",
            "kubelet.maxPods is 110 now; take it out for what the instance type's network interfaces can carry",
        );
    }
}

pub(super) fn apply_one(argument: &Argument<'_>, settings: &mut Settings, report: &mut Report) {
    let shown = argument.shown.as_str();
    let Some(value) = argument.value.known() else {
        unknown(argument, settings, report);
        return;
    };
    match argument.flag {
        "--kubelet-extra-args" => apply_text(value, settings, report),
        "--dns-cluster-ip" => dns(shown, value, settings, report),
        "--local-disks" => local_disks(shown, value, settings, report),
        "--use-max-pods" if matches!(value, "true" | "false") => {}
        "--use-max-pods" => report.tell(
            Fate::Differs,
            shown,
            "bootstrap.sh takes anything but `true` for false",
            "set kubelet.maxPods if nodes are to take another number of pods than their type's",
        ),
        "--container-runtime" if value == "containerd" => covered(shown, report),
        _ => fixed(argument.flag, shown, report),
    }
}

/// A value that only the node knows.
fn unknown(argument: &Argument<'_>, settings: &mut Settings, report: &mut Report) {
    match argument.flag {
        // Of its words, those that are known are translated.
        "--kubelet-extra-args" => apply_text(&argument.value.text, settings, report),
        "--dns-cluster-ip" | "--local-disks" | "--use-max-pods" => report.tell(
            Fate::ByHand,
            argument.shown.as_str(),
            "its value is made when the node boots",
            "write the value into the spec, or let a preBootstrap step write a NodeConfig into /etc/eks/nodeadm.d",
        ),
        flag => fixed(flag, &argument.shown, report),
    }
}

fn dns(shown: &str, value: &str, settings: &mut Settings, report: &mut Report) {
    let addresses: Vec<&str> = value.split(',').filter(|text| !text.is_empty()).collect();
    if addresses.iter().all(|text| text.parse::<IpAddr>().is_ok()) && !addresses.is_empty() {
        settings.cluster_dns = addresses.into_iter().map(str::to_owned).collect();
    } else {
        report.tell(
            Fate::ByHand,
            shown,
            "its value is no list of IP addresses",
            "set clusterDns; left out, it is the address that EKS gives the cluster's DNS",
        );
    }
}

fn local_disks(shown: &str, value: &str, settings: &mut Settings, report: &mut Report) {
    settings.local_disks = match value {
        "raid0" => Some(LocalDisks::Raid0),
        "raid10" => Some(LocalDisks::Raid10),
        "mount" => Some(LocalDisks::Mount),
        _ => {
            report.tell(
                Fate::ByHand,
                shown,
                "bootstrap.sh knows no such way",
                "set localDisks: raid0, raid10 or mount",
            );
            return;
        }
    };
}

fn covered(shown: &str, report: &mut Report) {
    report.tell(Fate::Covered, shown, "AL2023 has containerd alone", "");
}

/// Arguments whose value does not matter: nothing takes it, or nodemint knows better.
fn fixed(flag: &str, shown: &str, report: &mut Report) {
    let (fate, why, hint) = match flag {
        "--apiserver-endpoint" | "--b64-cluster-ca" => {
            (Fate::Covered, "nodemint fills it in from the lock", "")
        }
        "--ip-family" | "--service-ipv6-cidr" => (
            Fate::Covered,
            "nodeadm tells it from the service CIDR, which comes from the lock",
            "",
        ),
        "--aws-api-retry-attempts" => (
            Fate::Gone,
            "a node that is told its cluster asks EKS for nothing",
            "",
        ),
        "--cluster-id" | "--enable-local-outpost" => (
            Fate::ByHand,
            "it is for a local cluster on an Outpost, which the spec does not describe",
            "set nodeConfig: {spec: {cluster: {enableOutpost: true, id: …}}} if it is one",
        ),
        "--container-runtime" => (
            Fate::Gone,
            "AL2023 has containerd alone, and the kubelet no dockershim since Kubernetes 1.24",
            "look for scripts and pods that talk to /var/run/docker.sock",
        ),
        "--containerd-config-file" => (
            Fate::ByHand,
            "AL2 put this file in place of its own; nodeadm merges settings into its own",
            "write what the file changes into containerd.config",
        ),
        "--docker-config-json" => (
            Fate::Gone,
            "it configures Docker, which AL2023 does not have",
            "mirrors go into registries, log sizes into kubelet.config",
        ),
        "--enable-docker-bridge" => (
            Fate::Gone,
            "it is a network of Docker, which AL2023 does not have",
            "pods that build images with the host's Docker need another way, such as BuildKit in a pod",
        ),
        "--mount-bpf-fs" => (Fate::Covered, "systemd mounts /sys/fs/bpf on AL2023", ""),
        "--pause-container-account" | "--pause-container-version" => (
            Fate::Gone,
            "the image brings its own pause container",
            "for another one set the sandbox image in containerd.config",
        ),
        _ => (
            Fate::ByHand,
            "bootstrap.sh has no such argument",
            "take it out",
        ),
    };
    report.tell(fate, shown, why, hint);
}
