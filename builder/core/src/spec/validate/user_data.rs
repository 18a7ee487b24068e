//! User data: scripts and files, the kubelet, and what each family and way of pinning can carry.

use super::super::load::Files;
use super::super::raw::{RawKubelet, RawPart, RawScript, RawUserData};
use super::super::read::Report;
use super::super::rules::{self, Check, flaw, flaw_hint};
use super::super::{FamilyName, File, Kubelet, Part, PinnedBy, Script, SpecPath, UserData};
use super::scaling::taints;
use super::{items, labels, nearest, texts};

/// What cloud-init hands to a handler (cloudinit/handlers), and nodeadm's own type.
const CONTENT_TYPES: &[&str] = &[
    "text/x-shellscript",
    "text/x-shellscript-per-boot",
    "text/x-shellscript-per-instance",
    "text/x-shellscript-per-once",
    "text/cloud-config",
    "text/cloud-boothook",
    "text/cloud-config-archive",
    "text/x-include-url",
    "text/part-handler",
    "text/jinja2",
    NODE_CONFIG,
];
const NODE_CONFIG: &str = "application/node.eks.aws";

/// What user data is for.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    /// None if the spec's is missing or not there yet.
    pub family: Option<FamilyName>,
    pub pinned_by: PinnedBy,
}

pub(super) fn user_data(
    raw: &RawUserData,
    at: &SpecPath,
    setting: Setting,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> UserData {
    if raw.settings.is_some() {
        report.not_yet(&at.key("settings"), "userData.settings");
    }
    check_carried(raw, at, setting, report);
    let pre_bootstrap = items(&raw.pre_bootstrap, &at.key("preBootstrap"), report)
        .into_iter()
        .map(|(path, raw)| script(raw, &path, files, report))
        .collect();
    let parts = items(&raw.parts, &at.key("parts"), report)
        .into_iter()
        .map(|(path, raw)| part(raw, &path, setting, files, report))
        .collect();
    let override_bootstrap = raw
        .override_bootstrap
        .as_ref()
        .map(|raw| file(&raw.file, &at.key("overrideBootstrap"), files, report));
    if let Some(node_config) = &raw.node_config {
        check_node_config(node_config, &at.key("nodeConfig"), report);
    }
    UserData {
        pre_bootstrap,
        kubelet: kubelet(
            &raw.kubelet.clone().unwrap_or_default(),
            &at.key("kubelet"),
            report,
        ),
        node_labels: labels(
            &raw.node_labels,
            &at.key("nodeLabels"),
            rules::node_label_key,
            report,
        ),
        taints: taints(&raw.taints, &at.key("taints"), report),
        cluster_dns: texts(
            &raw.cluster_dns,
            at,
            "clusterDns",
            rules::ip_address,
            report,
        ),
        node_config: raw.node_config.clone(),
        parts,
        override_bootstrap,
    }
}

/// Nothing is given that the family and the way of pinning would have to drop.
fn check_carried(raw: &RawUserData, at: &SpecPath, setting: Setting, report: &mut Report<'_>) {
    let bootstrap_settings = [
        ("kubelet", raw.kubelet.is_some()),
        ("nodeLabels", raw.node_labels.is_some()),
        ("taints", raw.taints.is_some()),
        ("clusterDns", raw.cluster_dns.is_some()),
        ("nodeConfig", raw.node_config.is_some()),
    ];
    let given = bootstrap_settings
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| key);
    let overridden = raw.override_bootstrap.is_some();
    let merged = setting.pinned_by == PinnedBy::ReleaseVersion;
    for key in given {
        let path = at.key(key);
        if key == "nodeConfig" && setting.family == Some(FamilyName::AL2) {
            report.error_hint(
                &path,
                "AL2 has no NodeConfig",
                "use `kubelet`, or `family: AL2023`",
            );
        } else if merged && setting.family == Some(FamilyName::AL2) {
            report.error_hint(
                &path,
                format!("with `pinnedBy: releaseVersion` EKS writes AL2's bootstrap itself, and `{key}` cannot reach it"),
                "use `pinnedBy: launchTemplate`, or `family: AL2023`",
            );
        } else if overridden && !merged {
            report.error_hint(
                &path,
                format!("`overrideBootstrap` replaces the part that would carry `{key}`"),
                "say it in the file of `overrideBootstrap`, or leave that out",
            );
        }
    }
    if overridden && merged {
        report.error_hint(
            &at.key("overrideBootstrap"),
            "with `pinnedBy: releaseVersion` EKS writes the bootstrap itself",
            "use `pinnedBy: launchTemplate`",
        );
    }
}

fn script(
    raw: &RawScript,
    at: &SpecPath,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> Script {
    let empty = Script::Run(String::new());
    match (&raw.file, &raw.run) {
        (Some(path), None) => Script::File(read_file(path, &at.key("file"), files, report)),
        (None, Some(text)) => {
            if text.trim().is_empty() {
                report.error(&at.key("run"), "there is nothing to run");
            }
            Script::Run(text.clone())
        }
        (Some(_), Some(_)) => {
            report.error_hint(at, "both `file` and `run`", "make them two steps");
            empty
        }
        (None, None) => {
            let wrong = ["file", "run"]
                .iter()
                .any(|key| report.pruned.contains(&at.key(key)));
            if !wrong {
                report.error(at, "a step needs `file` or `run`");
            }
            empty
        }
    }
}

fn part(
    raw: &RawPart,
    at: &SpecPath,
    setting: Setting,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> Part {
    let is_al2 = setting.family == Some(FamilyName::AL2);
    let known = |text: &str| -> Check {
        if !CONTENT_TYPES.contains(&text) {
            return Err(
                match nearest::nearest(text, CONTENT_TYPES.iter().copied()) {
                    Some(name) => flaw_hint(
                        "not a type that cloud-init or nodeadm reads",
                        format!("did you mean `{name}`?"),
                    ),
                    None => flaw_hint(
                        "not a type that cloud-init or nodeadm reads",
                        "such as `text/cloud-config`",
                    ),
                },
            );
        }
        if text == NODE_CONFIG && is_al2 {
            return Err(flaw_hint(
                "AL2 has no NodeConfig",
                "use `kubelet`, or `family: AL2023`",
            ));
        }
        Ok(())
    };
    Part {
        content_type: super::required(&raw.content_type, at, "contentType", known, report),
        file: file(&raw.file, at, files, report),
    }
}

fn file(
    path: &Option<String>,
    at: &SpecPath,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> File {
    match path {
        Some(path) => read_file(path, &at.key("file"), files, report),
        None => {
            report.missing(at, "file", None);
            File {
                path: String::new(),
                content: Vec::new(),
            }
        }
    }
}

fn read_file(
    path: &str,
    at: &SpecPath,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> File {
    let mut content = Vec::new();
    if report.check(at, rules::file_path(path)) {
        match files.get(path) {
            Ok(bytes) => content = bytes,
            Err(reason) => report.error(at, format!("file {path}: {reason}")),
        }
    }
    File {
        path: path.to_owned(),
        content,
    }
}

fn kubelet(raw: &RawKubelet, at: &SpecPath, report: &mut Report<'_>) -> Kubelet {
    if raw.max_pods == Some(0) {
        report.error(&at.key("maxPods"), "a node takes at least one pod");
    }
    let extra_args = raw.extra_args.clone().unwrap_or_default();
    for name in extra_args.keys() {
        report.check(&at.key("extraArgs").key(name), kubelet_flag(name));
    }
    let config = raw.config.clone().unwrap_or_default();
    if config.contains_key("maxPods") && raw.max_pods.is_some() {
        let path = at.key("config").key("maxPods");
        report.error_hint(
            &path,
            "`kubelet.maxPods` is given as well",
            "keep one of the two",
        );
    }
    Kubelet {
        max_pods: raw.max_pods,
        extra_args,
        config,
    }
}

fn kubelet_flag(name: &str) -> Check {
    /// Flags that the spec has a field for: given as a flag too, one of the two would silently lose.
    const OURS: &[(&str, &str)] = &[
        ("node-labels", "userData.nodeLabels"),
        ("register-with-taints", "userData.taints"),
        ("max-pods", "userData.kubelet.maxPods"),
        ("cluster-dns", "userData.clusterDns"),
    ];
    let bare = name
        .trim_start_matches('-')
        .split('=')
        .next()
        .unwrap_or_default();
    if let Some((_, field)) = OURS.iter().find(|(flag, _)| *flag == bare) {
        return Err(flaw(format!(
            "the spec has a field of its own for this: `{field}`"
        )));
    }
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !good {
        return Err(flaw_hint(
            "not the name of a kubelet flag",
            format!("write it as `{bare}: \"…\"`"),
        ));
    }
    Ok(())
}

/// The outside of a NodeConfig (nodeadm/api/v1alpha1): a misspelt key there would be refused by nodeadm at
/// boot, when it is too late.
fn check_node_config(
    config: &serde_json::Map<String, serde_json::Value>,
    at: &SpecPath,
    report: &mut Report<'_>,
) {
    const OUTER: &[&str] = &["apiVersion", "kind", "metadata", "spec"];
    const SPEC: &[&str] = &[
        "cluster",
        "kubelet",
        "containerd",
        "instance",
        "featureGates",
    ];
    let fixed = [
        ("apiVersion", "node.eks.aws/v1alpha1"),
        ("kind", "NodeConfig"),
    ];
    for (key, wanted) in fixed {
        if config
            .get(key)
            .is_some_and(|found| found.as_str() != Some(wanted))
        {
            report.error(&at.key(key), format!("a NodeConfig has `{key}: {wanted}`"));
        }
    }
    unknown_keys(config, OUTER, at, report);
    match config.get("spec") {
        Some(serde_json::Value::Object(spec)) => unknown_keys(spec, SPEC, &at.key("spec"), report),
        None | Some(serde_json::Value::Null) => {}
        Some(_) => report.error(&at.key("spec"), "the `spec` of a NodeConfig is a mapping"),
    }
}

fn unknown_keys(
    map: &serde_json::Map<String, serde_json::Value>,
    known: &[&str],
    at: &SpecPath,
    report: &mut Report<'_>,
) {
    for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
        let hint = if at.last_key() == "nodeConfig"
            && ["cluster", "kubelet", "containerd", "instance"].contains(&key.as_str())
        {
            Some(format!(
                "write it under `spec`: `nodeConfig: {{spec: {{{key}: …}}}}`"
            ))
        } else {
            nearest::hint(key, known)
        };
        report.push(&at.key(key), format!("unknown key `{key}`"), hint);
    }
}
