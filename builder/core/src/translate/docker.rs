//! Docker's `/etc/docker/daemon.json`: what of it containerd and the kubelet can be told instead.

use serde_json::Value;

use super::{Fate, Report, Settings, Translation};
use crate::spec::Registry;

/// Translates the content of a `daemon.json`.
pub fn daemon_json(text: &str) -> Translation {
    let (mut settings, mut report) = (Settings::default(), Report::default());
    if !apply(text, &mut settings, &mut report) {
        unreadable(&mut report);
    }
    Translation {
        settings,
        left: report.left,
        ..Translation::default()
    }
}

pub(super) fn unreadable(report: &mut Report) {
    report.tell(
        Fate::ByHand,
        "/etc/docker/daemon.json",
        "AL2023 has no Docker, and what is written here is not told before the node boots",
        "mirrors go into registries, log sizes into kubelet.config, the rest into containerd.config",
    );
}

/// False if it is no JSON object.
pub(super) fn apply(text: &str, settings: &mut Settings, report: &mut Report) -> bool {
    let Ok(Value::Object(daemon)) = serde_json::from_str::<Value>(text) else {
        return false;
    };
    for (key, value) in &daemon {
        match key.as_str() {
            "registry-mirrors" => mirrors(value, settings, report),
            "log-opts" => log_opts(value, settings, report),
            _ => other(key, report),
        }
    }
    true
}

fn mirrors(value: &Value, settings: &mut Settings, report: &mut Report) {
    let urls: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|url| url.trim_end_matches('/').to_owned())
        .collect();
    let fine = |url: &String| {
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '$', '"']))
    };
    if urls.is_empty() || !urls.iter().all(fine) {
        let hint = "set registries: [{host: docker.io, mirrors: [https://…]}]";
        report.tell(
            Fate::ByHand,
            "daemon.json registry-mirrors",
            "not a list of plain URLs",
            hint,
        );
        return;
    }
    settings.merge(Settings {
        registries: vec![Registry {
            // Docker's mirrors are of Docker Hub, and of nothing else.
            host: "docker.io".to_owned(),
            mirrors: urls,
        }],
        ..Settings::default()
    });
}

/// Log files are the kubelet's with containerd.
fn log_opts(value: &Value, settings: &mut Settings, report: &mut Report) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let field = match key.as_str() {
            "max-size" => size(&text).map(|size| ("containerLogMaxSize", Value::from(size))),
            // The kubelet takes no less than two.
            "max-file" => text
                .parse::<u32>()
                .ok()
                .filter(|count| *count >= 2)
                .map(|count| ("containerLogMaxFiles", Value::from(count))),
            _ => None,
        };
        match field {
            Some((field, value)) => settings.configure(field, value),
            None => report.tell(
                Fate::ByHand,
                format!("daemon.json log-opts {key}"),
                "the kubelet rotates the containers' logs, by size and at least two files",
                "set containerLogMaxSize and containerLogMaxFiles in kubelet.config",
            ),
        }
    }
}

/// Docker's sizes count in thousands (go-units, FromHumanSize): `10m` is Kubernetes' `10M`.
fn size(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match lower.strip_prefix(digits)?.trim_end_matches('b') {
        "" => "",
        "k" => "k",
        "m" => "M",
        "g" => "G",
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    Some(format!("{number}{unit}"))
}

fn other(key: &str, report: &mut Report) {
    let (fate, why, hint) = match key {
        "exec-opts" | "storage-driver" | "storage-opts" => (
            Fate::Covered,
            "AL2023's containerd has systemd cgroups and overlayfs",
            "",
        ),
        "log-driver" => (
            Fate::Gone,
            "the kubelet reads the containers' logs from files, and containerd writes them",
            "for another destination run a log collector as a DaemonSet",
        ),
        "bridge"
        | "bip"
        | "fixed-cidr"
        | "default-address-pools"
        | "iptables"
        | "ip-forward"
        | "mtu" => (
            Fate::Gone,
            "pods have the network of the VPC CNI, never Docker's",
            "",
        ),
        "live-restore" => (
            Fate::Covered,
            "containers outlive a restart of containerd",
            "",
        ),
        "insecure-registries" => (
            Fate::ByHand,
            "containerd has a hosts.toml a registry for this",
            "write /etc/containerd/certs.d/HOST/hosts.toml in a preBootstrap step",
        ),
        "default-ulimits" => (
            Fate::ByHand,
            "with containerd the limits stand in the runtime specification",
            "set process.rlimits in containerd.baseRuntimeSpec",
        ),
        "max-concurrent-downloads" => (
            Fate::ByHand,
            "containerd has a setting of its own for this",
            "set max_concurrent_downloads in containerd.config",
        ),
        "data-root" | "graph" => (
            Fate::ByHand,
            "containerd keeps its data in /var/lib/containerd",
            "use localDisks for instance stores, or a larger root volume",
        ),
        "default-runtime" | "runtimes" => (
            Fate::ByHand,
            "runtimes are containerd's now; the nvidia variant of AL2023 brings its own",
            "use `variant: nvidia`, or containerd.config",
        ),
        "dns" | "dns-search" | "dns-opts" => (
            Fate::ByHand,
            "pods get their DNS from the kubelet",
            "set clusterDns, or dnsConfig of the pods",
        ),
        _ => (
            Fate::Gone,
            "it configures Docker, which AL2023 does not have",
            "look into containerd.config for one like it",
        ),
    };
    report.tell(fate, format!("daemon.json {key}"), why, hint);
}
