//! `userData.verbatim`: user data as it is. Nothing can be said beside it.

use crate::spec::raw::RawUserData;
use crate::spec::read::Report;
use crate::spec::{File, SpecPath};
use crate::user_template::is_template;

pub(super) fn check(raw: &RawUserData, file: &File, at: &SpecPath, report: &mut Report<'_>) {
    for key in others(raw) {
        report.error_hint(
            &at.key(key),
            format!("`verbatim` is all of the user data, so `{key}` would not reach the node"),
            "say it in the file of `verbatim`, or leave one of the two out",
        );
    }
    if is_template(&file.path) {
        report.error_hint(
            &at.key("verbatim").key("file"),
            "a template by its name, and `verbatim` goes out as it is",
            "take `.hbs` off its name, or use `overrideBootstrap`",
        );
    }
}

/// The fields beside it that are set. `allow` says nothing to the node.
fn others(raw: &RawUserData) -> Vec<&'static str> {
    let RawUserData {
        pre_bootstrap,
        kubelet,
        node_labels,
        taints,
        cluster_dns,
        node_config,
        settings,
        containerd,
        local_disks,
        registries,
        parts,
        override_bootstrap,
        verbatim: _,
        compress,
        allow: _,
    } = raw;
    let fields = [
        ("preBootstrap", pre_bootstrap.is_some()),
        ("kubelet", kubelet.is_some()),
        ("nodeLabels", node_labels.is_some()),
        ("taints", taints.is_some()),
        ("clusterDns", cluster_dns.is_some()),
        ("nodeConfig", node_config.is_some()),
        ("settings", settings.is_some()),
        ("containerd", containerd.is_some()),
        ("localDisks", local_disks.is_some()),
        ("registries", registries.is_some()),
        ("parts", parts.is_some()),
        ("overrideBootstrap", override_bootstrap.is_some()),
        ("compress", compress.is_some()),
    ];
    let set = fields.into_iter().filter(|(_, set)| *set);
    set.map(|(key, _)| key).collect()
}
