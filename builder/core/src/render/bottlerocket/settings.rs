//! The kubelet's flags and KubeletConfiguration fields that Bottlerocket has a setting for.
//!
//! Each row stands in KubernetesSettingsV1 of bottlerocket-settings-sdk (bottlerocket-settings-models/
//! settings-extensions/kubernetes/src/lib.rs) with this type. What it becomes on the node is in
//! bottlerocket-core-kit's packages/kubernetes-1.34/kubelet-config, from which Bottlerocket writes the kubelet's
//! configuration itself: a field that is not there cannot be set. `hostname-override`, `node-ip` and `log-level`
//! are flags there, too, and are taken from the settings reference of bottlerocket.dev.

use serde_json::Value;
use toml::{Table, Value as Toml};

use super::super::{Boot, Problems};
use crate::spec::nearest::nearest;

/// The type of a setting.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    /// 0 to 100, as text: releases before 1.14.0 read no number (settings reference), later ones read both.
    Percent,
    Boolean,
    /// A list of texts; the flag has commas.
    List,
    /// Name → text; the flag has `a=b,c=d`.
    Map,
    /// As [`Kind::Map`]; the resources that the settings reference has.
    Resources,
    /// Signal → threshold; the flag has `a<b,c<d`.
    Thresholds,
}

use Kind::{Boolean, Integer, List, Map, Percent, Resources, Text, Thresholds};

/// The kubelet's flag, the field of KubeletConfiguration (empty: there is none), the setting, its type.
const SETTINGS: &[(&str, &str, &str, Kind)] = &[
    (
        "allowed-unsafe-sysctls",
        "allowedUnsafeSysctls",
        "allowed-unsafe-sysctls",
        List,
    ),
    ("cluster-domain", "clusterDomain", "cluster-domain", Text),
    (
        "container-log-max-files",
        "containerLogMaxFiles",
        "container-log-max-files",
        Integer,
    ),
    (
        "container-log-max-size",
        "containerLogMaxSize",
        "container-log-max-size",
        Text,
    ),
    (
        "",
        "containerLogMaxWorkers",
        "container-log-max-workers",
        Integer,
    ),
    (
        "",
        "containerLogMonitorInterval",
        "container-log-monitor-interval",
        Text,
    ),
    (
        "cpu-cfs-quota",
        "cpuCFSQuota",
        "cpu-cfs-quota-enforced",
        Boolean,
    ),
    (
        "cpu-manager-policy",
        "cpuManagerPolicy",
        "cpu-manager-policy",
        Text,
    ),
    (
        "cpu-manager-reconcile-period",
        "cpuManagerReconcilePeriod",
        "cpu-manager-reconcile-period",
        Text,
    ),
    ("event-burst", "eventBurst", "event-burst", Integer),
    ("event-qps", "eventRecordQPS", "event-qps", Integer),
    ("eviction-hard", "evictionHard", "eviction-hard", Thresholds),
    (
        "eviction-max-pod-grace-period",
        "evictionMaxPodGracePeriod",
        "eviction-max-pod-grace-period",
        Integer,
    ),
    ("eviction-soft", "evictionSoft", "eviction-soft", Thresholds),
    (
        "eviction-soft-grace-period",
        "evictionSoftGracePeriod",
        "eviction-soft-grace-period",
        Map,
    ),
    ("hostname-override", "", "hostname-override", Text),
    (
        "image-gc-high-threshold",
        "imageGCHighThresholdPercent",
        "image-gc-high-threshold-percent",
        Percent,
    ),
    (
        "image-gc-low-threshold",
        "imageGCLowThresholdPercent",
        "image-gc-low-threshold-percent",
        Percent,
    ),
    ("", "imageMaximumGCAge", "image-maximum-gc-age", Text),
    (
        "minimum-image-ttl-duration",
        "imageMinimumGCAge",
        "image-minimum-gc-age",
        Text,
    ),
    ("kube-api-burst", "kubeAPIBurst", "kube-api-burst", Integer),
    ("kube-api-qps", "kubeAPIQPS", "kube-api-qps", Integer),
    ("kube-reserved", "kubeReserved", "kube-reserved", Resources),
    (
        "",
        "maxParallelImagePulls",
        "max-parallel-image-pulls",
        Integer,
    ),
    ("", "maxPods", "max-pods", Integer),
    ("node-ip", "", "node-ip", Text),
    ("pod-max-pids", "podPidsLimit", "pod-pids-limit", Integer),
    ("registry-burst", "registryBurst", "registry-burst", Integer),
    ("registry-qps", "registryPullQPS", "registry-qps", Integer),
    ("reserved-cpus", "reservedSystemCPUs", "reserved-cpus", Text),
    (
        "seccomp-default",
        "seccompDefault",
        "seccomp-default",
        Boolean,
    ),
    ("", "serverTLSBootstrap", "server-tls-bootstrap", Boolean),
    ("", "shutdownGracePeriod", "shutdown-grace-period", Text),
    (
        "",
        "shutdownGracePeriodCriticalPods",
        "shutdown-grace-period-for-critical-pods",
        Text,
    ),
    (
        "",
        "singleProcessOOMKill",
        "single-process-oom-kill",
        Boolean,
    ),
    (
        "system-reserved",
        "systemReserved",
        "system-reserved",
        Resources,
    ),
    (
        "topology-manager-policy",
        "topologyManagerPolicy",
        "topology-manager-policy",
        Text,
    ),
    (
        "topology-manager-scope",
        "topologyManagerScope",
        "topology-manager-scope",
        Text,
    ),
    ("v", "", "log-level", Integer),
];

/// Settings that do nothing when they are set as they would be here: the flag, the field, and why.
const IDLE: &[(&str, &str, &str)] = &[
    (
        "memory-manager-policy",
        "memoryManagerPolicy",
        "is read only beside `memory-manager-reserved-memory`, a table by NUMA node",
    ),
    (
        "pod-infra-container-image",
        "podInfraContainerImage",
        "does nothing since Bottlerocket 1.21.0, which brings its own pause image",
    ),
];

/// The minor version of Kubernetes that a setting needs; with an older one it would be passed over in silence
/// (settings reference).
const SINCE: &[(&str, u32)] = &[
    ("container-log-max-workers", 30),
    ("container-log-monitor-interval", 30),
    ("single-process-oom-kill", 32),
];

/// What Bottlerocket lets be reserved (settings reference, `kube-reserved` and `system-reserved`).
const RESOURCES: &[&str] = &["cpu", "ephemeral-storage", "memory", "pid"];

/// `kubelet.maxPods`, `kubelet.extraArgs` and `kubelet.config` as settings.
pub(super) fn kubelet_settings(boot: &Boot<'_>, problems: &mut Problems) -> Table {
    let kubelet = &boot.template.user_data.kubelet;
    let mut settings = Table::new();
    if let Some(count) = kubelet.max_pods {
        settings.insert("max-pods".to_owned(), Toml::Integer(count.into()));
    }
    for (flag, text) in &kubelet.extra_args {
        let path = boot.path(&format!("kubelet.extraArgs.{flag}"));
        let Some((_, _, setting, kind)) = SETTINGS.iter().find(|(name, ..)| name == flag) else {
            let idle = IDLE.iter().find(|(name, ..)| name == flag);
            let names = SETTINGS.iter().map(|(name, ..)| *name);
            let what = format!("flag `--{flag}`");
            unknown(&path, &what, idle, nearest(flag, names), problems);
            continue;
        };
        check_version(boot, &path, setting, problems);
        let value = kind.of_flag(text);
        insert(&mut settings, &path, setting, value, *kind, problems);
    }
    for (field, value) in &kubelet.config {
        let path = boot.path(&format!("kubelet.config.{field}"));
        let Some((_, _, setting, kind)) = SETTINGS.iter().find(|(_, name, ..)| name == field)
        else {
            let idle = IDLE.iter().find(|(_, name, _)| name == field);
            let names = SETTINGS.iter().map(|(_, name, ..)| *name);
            let what = format!("field `{field}`");
            unknown(&path, &what, idle, nearest(field, names), problems);
            continue;
        };
        check_version(boot, &path, setting, problems);
        let value = kind.of_config(value);
        insert(&mut settings, &path, setting, value, *kind, problems);
    }
    settings
}

fn unknown(
    path: &str,
    what: &str,
    idle: Option<&(&str, &str, &str)>,
    near: Option<&str>,
    problems: &mut Problems,
) {
    let message = match idle {
        Some((_, _, why)) => format!("Bottlerocket's setting for the kubelet's {what} {why}"),
        None => format!("Bottlerocket has no setting for the kubelet's {what}"),
    };
    let hint = match near.filter(|name| !name.is_empty() && idle.is_none()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if what.contains("clusterDNS") => "use `clusterDns`".to_owned(),
        None if idle.is_some() => {
            "take it out; with `ami.pinnedBy: launchTemplate`, `overrideBootstrap` can give whole settings"
                .to_owned()
        }
        None => "take it out, or use the family AL2023; `settings.kubernetes.*` in Bottlerocket's settings \
                 reference are all that there are"
            .to_owned(),
    };
    problems.spec(path, message, hint);
}

/// Bottlerocket takes a setting that its Kubernetes does not have, and drops it.
fn check_version(boot: &Boot<'_>, path: &str, setting: &str, problems: &mut Problems) {
    let Some((_, since)) = SINCE.iter().find(|(name, _)| *name == setting) else {
        return;
    };
    let own = boot.template.kubernetes_version.as_ref();
    let version = own.map_or_else(|| boot.locked.version.clone(), ToString::to_string);
    let minor = version
        .strip_prefix("1.")
        .and_then(|rest| rest.parse().ok());
    if minor.is_some_and(|minor: u32| minor < *since) {
        problems.spec(
            path,
            format!(
                "Bottlerocket's `settings.kubernetes.{setting}` needs Kubernetes 1.{since}, and this is for {version}"
            ),
            "take it out",
        );
    }
}

fn insert(
    settings: &mut Table,
    path: &str,
    setting: &str,
    value: Option<Toml>,
    kind: Kind,
    problems: &mut Problems,
) {
    let Some(value) = value else {
        problems.spec(
            path,
            format!(
                "Bottlerocket's `settings.kubernetes.{setting}` is {}",
                kind.name()
            ),
            "write such a value",
        );
        return;
    };
    if settings.insert(setting.to_owned(), value).is_some() {
        problems.spec(
            path,
            format!("another field sets Bottlerocket's `settings.kubernetes.{setting}` as well"),
            "keep one of the two",
        );
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Text => "a text",
            Integer => "a whole number",
            Percent => "a whole number from 0 to 100",
            Boolean => "true or false",
            List => "a list of texts",
            Map => "a mapping of names to texts (as a flag, `a=b,c=d`)",
            Resources => {
                "a mapping of `cpu`, `memory`, `ephemeral-storage` and `pid` to quantities (as a flag, `cpu=100m,pid=100`)"
            }
            Thresholds => "a mapping of signals to thresholds (as a flag, `memory.available<5%`)",
        }
    }

    /// The value of a flag, which is always text.
    fn of_flag(self, text: &str) -> Option<Toml> {
        let items = || text.split(',').map(str::trim);
        let pairs = |sign: char| -> Option<Toml> {
            let pairs = items().map(|item| item.split_once(sign));
            let table: Option<Table> = pairs
                .map(|pair| pair.map(|(key, value)| (key.to_owned(), Toml::from(value))))
                .collect();
            table.map(Toml::Table)
        };
        match self {
            Text => Some(Toml::from(text)),
            Integer => text.parse().ok().map(Toml::Integer),
            Percent => percent(text.parse().ok()?),
            Boolean => text.parse().ok().map(Toml::Boolean),
            List => Some(Toml::Array(items().map(Toml::from).collect())),
            Map => pairs('='),
            Resources => pairs('=').and_then(resources),
            Thresholds => pairs('<'),
        }
    }

    /// The value of a KubeletConfiguration field.
    fn of_config(self, value: &Value) -> Option<Toml> {
        let text = |value: &Value| value.as_str().map(Toml::from);
        match self {
            Text => text(value),
            Integer => value.as_i64().map(Toml::Integer),
            Percent => percent(value.as_i64()?),
            Boolean => value.as_bool().map(Toml::Boolean),
            List => {
                let items: Option<Vec<Toml>> = value.as_array()?.iter().map(text).collect();
                items.map(Toml::Array)
            }
            Map | Thresholds | Resources => {
                let pairs = value.as_object()?.iter();
                let table: Option<Table> = pairs
                    .map(|(key, value)| text(value).map(|value| (key.clone(), value)))
                    .collect();
                let table = table.map(Toml::Table)?;
                match self {
                    Resources => resources(table),
                    _ => Some(table),
                }
            }
        }
    }
}

fn resources(table: Toml) -> Option<Toml> {
    let mut names = table.as_table()?.keys();
    names
        .all(|name| RESOURCES.contains(&name.as_str()))
        .then_some(table)
}

fn percent(number: i64) -> Option<Toml> {
    (0..=100)
        .contains(&number)
        .then(|| Toml::String(number.to_string()))
}
