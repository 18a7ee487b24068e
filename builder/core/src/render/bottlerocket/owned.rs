//! The keys that belong to the cluster: nodemint fills them in from the lock, or EKS does.

use toml::{Table, Value};

use super::super::{Boot, Problems};
use crate::spec::{PinnedBy, SpecPath};

/// Further keys that EKS sets where the release version pins the image; the nearest way for each.
/// Source: eksctl, which refuses them ("EKS automatically injects…"; labels and taints belong to the node group).
const INJECTED: &[(&str, &str)] = &[
    ("cluster-dns-ip", "set `ami.pinnedBy: launchTemplate`"),
    ("node-labels", "set `labels` on the node group"),
    ("node-taints", "set `taints` on the node group"),
];

/// Characters of a certificate authority that are shown.
const SHOWN: usize = 16;

/// The keys under `settings.kubernetes` that say which cluster the node joins, and their values.
pub(super) fn cluster<'a>(boot: &Boot<'a>) -> [(&'static str, &'a str); 3] {
    [
        ("cluster-name", &boot.cluster.name),
        ("api-server", &boot.locked.endpoint),
        ("cluster-certificate", &boot.locked.certificate_authority),
    ]
}

/// The path of a key in the spec: a part's own keys have none there.
pub(super) fn place(boot: &Boot<'_>, origin: &str, path: &[&str]) -> String {
    match origin {
        "settings" => {
            let keys = path.iter();
            let path = keys.fold(SpecPath::default(), |path, key| path.key(key));
            boot.path(&path.to_string())
        }
        origin => boot.path(origin),
    }
}

/// The user's settings may repeat what the cluster is, and never change it.
pub(super) fn check(boot: &Boot<'_>, origin: &str, document: &Table, problems: &mut Problems) {
    let merged = boot.template.pinned_by == PinnedBy::ReleaseVersion;
    if kubernetes(document).is_some_and(|one| !one.is_table()) {
        problems.spec(
            place(boot, origin, &["settings", "kubernetes"]),
            "its `settings.kubernetes` is no table",
            "write settings of Kubernetes under it, or take it out",
        );
    }
    let said = |key: &str| kubernetes(document).and_then(|one| one.get(key));
    for (key, ours) in cluster(boot) {
        if let Some(theirs) = said(key).filter(|theirs| theirs.as_str() != Some(ours)) {
            let hint = match merged {
                true => "take it out: EKS fills it in from the cluster",
                false => "take it out: nodemint fills it in from the lock",
            };
            differs(boot, origin, key, Some(theirs), ours, hint, problems);
        }
    }
    if !merged {
        return;
    }
    for (key, hint) in INJECTED.iter().filter(|(key, _)| said(key).is_some()) {
        problems.spec(
            place(boot, origin, &["settings", "kubernetes", key]),
            format!("its `settings.kubernetes.{key}` is EKS's own to set when the release version pins the image"),
            *hint,
        );
    }
}

/// A document without anything of ours must tell the node its cluster, and the one that it is for.
pub(super) fn check_all(boot: &Boot<'_>, origin: &str, document: &Table, problems: &mut Problems) {
    for (key, ours) in cluster(boot) {
        let theirs = kubernetes(document).and_then(|one| one.get(key));
        if theirs.and_then(Value::as_str) != Some(ours) {
            let hint = format!("write `{key} = \"{ours}\"` under `[settings.kubernetes]`");
            differs(boot, origin, key, theirs, ours, &hint, problems);
        }
    }
}

fn kubernetes(document: &Table) -> Option<&Value> {
    document
        .get("settings")
        .and_then(|one| one.get("kubernetes"))
}

/// Both values: names, endpoints and certificates of clusters are no secrets.
fn differs(
    boot: &Boot<'_>,
    origin: &str,
    key: &str,
    theirs: Option<&Value>,
    ours: &str,
    hint: &str,
    problems: &mut Problems,
) {
    let theirs = match theirs {
        Some(Value::String(text)) => format!("{:?}", shortened(key, text)),
        Some(other) => format!("of the type {}", other.type_str()),
        None => "missing".to_owned(),
    };
    problems.spec(
        place(boot, origin, &["settings", "kubernetes", key]),
        format!(
            "its `settings.kubernetes.{key}` is {theirs}, and {:?} for cluster {} in nodemint.lock",
            shortened(key, ours),
            boot.cluster.name
        ),
        hint,
    );
}

fn shortened(key: &str, text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) if key == "cluster-certificate" => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}
