//! The kubelet's flags, and the part that calls bootstrap.sh on Amazon Linux 2 and on Ubuntu.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use super::steps::strategy;
use super::templates::{Format, fill};
use super::{Boot, Problems, SHELL};
use crate::desired::RenderedPart;
use crate::spec::{IpFamily, Taint, TaintEffect};

const AL2: &str = include_str!("../../../../userdata/al2/bootstrap.sh.hbs");

/// Every key is there, always: what is not set is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bootstrap<'a> {
    cluster: &'a str,
    certificate_authority: &'a str,
    endpoint: &'a str,
    cluster_dns: Option<String>,
    /// The service CIDR of an IPv6 cluster.
    service_ipv6_cidr: Option<&'a str>,
    local_disks: Option<&'static str>,
    max_pods: Option<u32>,
    kubelet_extra_args: Option<String>,
}

/// The last part on AL2: `/etc/eks/bootstrap.sh` with everything that DescribeCluster would have to tell it.
pub(crate) fn al2_bootstrap(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let before = problems.len();
    let context = context(boot, problems);
    if problems.len() > before {
        return None;
    }
    filled(boot, AL2, Format::Shell, SHELL, &context, problems)
}

/// The bootstrap part from a template of a family.
pub(super) fn filled(
    boot: &Boot<'_>,
    template: &'static str,
    format: Format,
    content_type: &str,
    context: &impl Serialize,
    problems: &mut Problems,
) -> Option<RenderedPart> {
    match fill(template, format, context) {
        Ok(text) => Some(RenderedPart {
            origin: "bootstrap".to_owned(),
            content_type: content_type.to_owned(),
            body: text.into_bytes(),
        }),
        Err(error) => {
            problems.unfilled(boot.path("kubelet"), error);
            None
        }
    }
}

/// What bootstrap.sh is called with.
pub(super) fn context<'a>(boot: &Boot<'a>, problems: &mut Problems) -> Bootstrap<'a> {
    let user_data = &boot.template.user_data;
    let ipv6 = boot.locked.ip_family == IpFamily::Ipv6;
    Bootstrap {
        cluster: &boot.cluster.name,
        certificate_authority: &boot.locked.certificate_authority,
        endpoint: &boot.locked.endpoint,
        cluster_dns: cluster_dns(boot, problems),
        service_ipv6_cidr: ipv6.then_some(&boot.locked.service_cidr),
        local_disks: user_data.local_disks.map(strategy),
        max_pods: user_data.kubelet.max_pods,
        kubelet_extra_args: extra_args(boot, problems),
    }
}

/// All of the kubelet's flags on one line, `--max-pods` first; none if there is none.
pub(super) fn extra_args(boot: &Boot<'_>, problems: &mut Problems) -> Option<String> {
    let max_pods = boot.template.user_data.kubelet.max_pods.iter();
    let mut flags: Vec<String> = max_pods
        .map(|count| format!("--max-pods={count}"))
        .collect();
    flags.extend(kubelet_flags(boot, problems));
    (!flags.is_empty()).then(|| flags.join(" "))
}

/// The address of the cluster's DNS. bootstrap.sh asks DescribeCluster for the service CIDR only if endpoint
/// and CA are not given; as they are, it would guess one of EKS's two defaults from the VPC's range, and
/// nodes of a cluster with another would resolve nothing. An IPv6 cluster goes by `--service-ipv6-cidr`.
fn cluster_dns(boot: &Boot<'_>, problems: &mut Problems) -> Option<String> {
    let given = &boot.template.user_data.cluster_dns;
    if !given.is_empty() {
        return Some(given.join(","));
    }
    if boot.locked.ip_family == IpFamily::Ipv6 {
        return None;
    }
    dns_of_services(boot, problems)
}

/// The address that EKS gives the cluster's DNS: the tenth of the service CIDR, of either IP family.
pub(super) fn dns_of_services(boot: &Boot<'_>, problems: &mut Problems) -> Option<String> {
    let address = tenth_address(&boot.locked.service_cidr);
    if address.is_none() {
        problems.spec(
            boot.path("clusterDns"),
            format!(
                "the service CIDR of cluster {}, {:?}, has no tenth address to take for its DNS",
                boot.cluster.name, boot.locked.service_cidr
            ),
            "set `clusterDns`",
        );
    }
    address
}

/// The cluster's DNS has the tenth address of the service CIDR, as bootstrap.sh itself works it out.
pub(super) fn tenth_address(cidr: &str) -> Option<String> {
    let (address, bits) = cidr.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    if let Ok(address) = address.parse::<Ipv6Addr>() {
        let mask = u128::MAX.checked_shl(128 - bits.min(124)).unwrap_or(0);
        let tenth = Ipv6Addr::from((u128::from(address) & mask) + 10);
        return (bits <= 124).then(|| tenth.to_string());
    }
    let address: Ipv4Addr = address.parse().ok()?;
    let mask = u32::MAX.checked_shl(32 - bits.min(28)).unwrap_or(0);
    let tenth = Ipv4Addr::from((u32::from(address) & mask) + 10);
    (bits <= 28).then(|| tenth.to_string())
}

/// Labels, taints and `kubelet.extraArgs` as the kubelet's flags, in a fixed order.
pub(super) fn kubelet_flags(boot: &Boot<'_>, problems: &mut Problems) -> Vec<String> {
    let user_data = &boot.template.user_data;
    let mut flags = Vec::new();
    if !user_data.node_labels.is_empty() {
        let labels: Vec<String> = user_data
            .node_labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        flags.push((
            "nodeLabels".to_owned(),
            format!("--node-labels={}", labels.join(",")),
        ));
    }
    if !user_data.taints.is_empty() {
        let taints: Vec<String> = user_data.taints.iter().map(taint).collect();
        flags.push((
            "taints".to_owned(),
            format!("--register-with-taints={}", taints.join(",")),
        ));
    }
    for (name, value) in &user_data.kubelet.extra_args {
        let path = format!("kubelet.extraArgs.{name}");
        check_flag_name(boot, &path, name, problems);
        flags.push((path, format!("--{name}={value}")));
    }
    refuse_twice(boot, problems);
    for (path, flag) in &flags {
        check_flag(boot, path, flag, problems);
    }
    flags.into_iter().map(|(_, flag)| flag).collect()
}

/// `key=value:Effect`, as the kubelet reads it; without a value `key:Effect`.
fn taint(taint: &Taint) -> String {
    let effect = effect_name(taint.effect);
    match taint.value.as_deref() {
        Some(value) if !value.is_empty() => format!("{}={value}:{effect}", taint.key),
        _ => format!("{}:{effect}", taint.key),
    }
}

/// Kubernetes' spelling.
pub(super) fn effect_name(effect: TaintEffect) -> &'static str {
    match effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    }
}

fn check_flag_name(boot: &Boot<'_>, path: &str, name: &str, problems: &mut Problems) {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if name.is_empty() || name.starts_with('-') || !letters {
        problems.spec(
            boot.path(path),
            format!("{name:?} is no flag of the kubelet"),
            "write the name without its dashes, such as `node-ip: 10.0.0.1`",
        );
    }
}

/// The flags pass through an environment line of systemd, which is split at blanks and knows quotes.
fn check_flag(boot: &Boot<'_>, path: &str, flag: &str, problems: &mut Problems) {
    let bad = |character: char| {
        character.is_whitespace() || character.is_control() || "'\"\\".contains(character)
    };
    if flag.contains(bad) {
        problems.spec(
            boot.path(path),
            "a kubelet flag can have no blanks, quotes or backslashes in its value",
            "take them out, or set the field of KubeletConfiguration that the flag stands for (AL2023)",
        );
    }
}

/// What has a field of its own must not come a second time as a flag: one of them would win in silence.
pub(super) fn refuse_twice(boot: &Boot<'_>, problems: &mut Problems) {
    let user_data = &boot.template.user_data;
    let pairs = [
        (
            "node-labels",
            "nodeLabels",
            !user_data.node_labels.is_empty(),
        ),
        (
            "register-with-taints",
            "taints",
            !user_data.taints.is_empty(),
        ),
        (
            "max-pods",
            "kubelet.maxPods",
            user_data.kubelet.max_pods.is_some(),
        ),
        (
            "cluster-dns",
            "clusterDns",
            !user_data.cluster_dns.is_empty(),
        ),
    ];
    for (flag, field, set) in pairs {
        if set && user_data.kubelet.extra_args.contains_key(flag) {
            problems.spec(
                boot.path(&format!("kubelet.extraArgs.{flag}")),
                format!("`{field}` sets the same"),
                format!("keep `{field}` alone"),
            );
        }
        if set && merged_flags(boot).any(|other| other == flag) {
            problems.spec(
                boot.path("nodeConfig"),
                format!("its kubelet flag `--{flag}` and `{field}` set the same, and one of them would win in silence"),
                format!("keep `{field}` alone"),
            );
        }
    }
}

/// The names of the kubelet flags in the user's own NodeConfig.
fn merged_flags<'a>(boot: &'a Boot<'_>) -> impl Iterator<Item = &'a str> {
    let spec = boot.template.user_data.node_config.as_ref();
    let flags = spec
        .and_then(|config| config.get("spec"))
        .and_then(|spec| spec.get("kubelet"))
        .and_then(|kubelet| kubelet.get("flags"))
        .and_then(|flags| flags.as_array());
    flags
        .into_iter()
        .flatten()
        .filter_map(|flag| flag.as_str()?.strip_prefix("--"))
        .map(|flag| flag.split('=').next().unwrap_or(flag))
}
