//! User data of Bottlerocket: its settings, one TOML document. There is no shell and no MIME.
//!
//! Without an image in the launch template EKS merges its own settings in, the user's over them. Its parser
//! takes less than TOML (EKS user guide, "Amazon EC2 user data"): no quotes inside of quoted keys, no escaped
//! quotes in values, no arrays of mixed types, no quoted keys in table headers. The keys of our headers are
//! bare, and our arrays hold texts alone; the rest is checked here.

use toml::{Table, Value};

use super::bootstrap::{dns_of_services, effect_name, refuse_twice};
use super::bottlerocket_settings::kubelet_settings;
use super::scripts::{check_bytes, refuse_overridden};
use super::{Boot, Problems, TOML};
use crate::desired::RenderedPart;
use crate::spec::PinnedBy;

/// Bottlerocket has no shell to run steps in.
pub(crate) fn pre_bootstrap(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    for index in 0..boot.template.user_data.pre_bootstrap.len() {
        problems.spec(
            boot.path(&format!("preBootstrap[{index}]")),
            "Bottlerocket has no shell, and runs no scripts",
            "with `ami.pinnedBy: launchTemplate`, give whole settings by `overrideBootstrap` with \
             `settings.bootstrap-containers` or `settings.bootstrap-commands`, or use another family",
        );
    }
    Vec::new()
}

/// The parts after the preBootstrap ones: one document, or none if it would say nothing.
pub(crate) fn parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let before = problems.len();
    refuse_foreign(boot, problems);
    if boot.template.pinned_by == PinnedBy::LaunchTemplate
        && boot.template.user_data.override_bootstrap.is_some()
    {
        return overridden(boot, problems).into_iter().collect();
    }
    refuse_twice(boot, problems);
    let mut kubernetes = kubelet_settings(boot, problems);
    match boot.template.pinned_by {
        PinnedBy::LaunchTemplate => complete(boot, &mut kubernetes, problems),
        PinnedBy::ReleaseVersion => {
            refuse_settings(boot, problems);
            check_quotes(boot, &kubernetes, problems);
        }
    }
    if problems.len() > before || kubernetes.is_empty() {
        return Vec::new();
    }
    match toml::to_string(&nested(kubernetes)) {
        Ok(text) => vec![part("bootstrap", text.into_bytes())],
        Err(error) => {
            problems.unfilled(boot.path("kubelet"), error);
            Vec::new()
        }
    }
}

/// The parts as one document: there is one.
pub(crate) fn document(parts: &[RenderedPart]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.body.clone()).collect()
}

fn part(origin: &str, body: Vec<u8>) -> RenderedPart {
    RenderedPart {
        origin: origin.to_owned(),
        content_type: TOML.to_owned(),
        body,
    }
}

fn nested(kubernetes: Table) -> Table {
    let settings = Table::from_iter([("kubernetes".to_owned(), Value::Table(kubernetes))]);
    Table::from_iter([("settings".to_owned(), Value::Table(settings))])
}

/// What EKS would bring: the cluster; and labels and taints.
fn complete(boot: &Boot<'_>, kubernetes: &mut Table, problems: &mut Problems) {
    let mut set = |key: &str, value: Value| kubernetes.insert(key.to_owned(), value);
    set("cluster-name", boot.cluster.name.as_str().into());
    set("api-server", boot.locked.endpoint.as_str().into());
    let authority = boot.locked.certificate_authority.as_str();
    set("cluster-certificate", authority.into());
    match boot.template.user_data.cluster_dns.as_slice() {
        [] => {
            if let Some(address) = dns_of_services(boot, problems) {
                set("cluster-dns-ip", address.into());
            }
        }
        [one] => drop(set("cluster-dns-ip", one.as_str().into())),
        list => drop(set("cluster-dns-ip", list.to_vec().into())),
    }
    let labels = boot.template.user_data.node_labels.iter();
    let labels: Table = labels
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    if !labels.is_empty() {
        set("node-labels", labels.into());
    }
    let taints = taints(boot);
    if !taints.is_empty() {
        set("node-taints", taints.into());
    }
}

/// Key → its `value:Effect`, in the spec's order: one key can have several.
fn taints(boot: &Boot<'_>) -> Table {
    let mut table = Table::new();
    for taint in &boot.template.user_data.taints {
        let value = taint.value.as_deref().unwrap_or_default();
        let text = Value::String(format!("{value}:{}", effect_name(taint.effect)));
        let list = table
            .entry(taint.key.clone())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(text);
        }
    }
    table
}

/// The settings as the user wrote them, in place of ours.
fn overridden(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let file = boot.template.user_data.override_bootstrap.as_ref()?;
    let path = boot.path("overrideBootstrap");
    let before = problems.len();
    refuse_overridden(boot, problems);
    if !check_bytes(&path, &file.content, problems) {
        return None;
    }
    let text = std::str::from_utf8(&file.content).ok();
    let Some(document) = text.and_then(|text| toml::from_str::<Table>(text).ok()) else {
        // The parser's text can quote the file, which can hold secrets: it is not told.
        problems.spec(
            path,
            format!("{} is no TOML", file.path),
            "write Bottlerocket's settings, such as `[settings.kubernetes]`; a table can stand there only once",
        );
        return None;
    };
    check_cluster(boot, &path, &document, problems);
    (problems.len() == before).then(|| part("overrideBootstrap", file.content.clone()))
}

/// The node must be told its cluster, and the one that it is for.
fn check_cluster(boot: &Boot<'_>, path: &str, document: &Table, problems: &mut Problems) {
    let owned = [
        ("cluster-name", &boot.cluster.name),
        ("api-server", &boot.locked.endpoint),
        ("cluster-certificate", &boot.locked.certificate_authority),
    ];
    for (key, ours) in owned {
        let settings = document
            .get("settings")
            .and_then(|one| one.get("kubernetes"));
        let theirs = settings
            .and_then(|one| one.get(key))
            .and_then(Value::as_str);
        if theirs != Some(ours) {
            problems.spec(
                path,
                format!(
                    "its `settings.kubernetes.{key}` is not the one of cluster {} in nodemint.lock",
                    boot.cluster.name
                ),
                format!("write `{key} = \"{ours}\"` under `[settings.kubernetes]`"),
            );
        }
    }
}

/// What no setting of Bottlerocket can say, whatever pins the image.
fn refuse_foreign(boot: &Boot<'_>, problems: &mut Problems) {
    let user_data = &boot.template.user_data;
    if user_data.node_config.is_some() {
        problems.spec(
            boot.path("nodeConfig"),
            "Bottlerocket has no nodeadm, so it cannot read a NodeConfig",
            "use `kubelet`, `nodeLabels`, `taints` and `clusterDns`, or the family AL2023",
        );
    }
    for index in 0..user_data.parts.len() {
        problems.spec(
            boot.path(&format!("parts[{index}]")),
            "Bottlerocket reads no MIME parts: its user data is TOML",
            "with `ami.pinnedBy: launchTemplate`, give whole settings by `overrideBootstrap`",
        );
    }
}

/// EKS sets these itself from the cluster and the node group.
fn refuse_settings(boot: &Boot<'_>, problems: &mut Problems) {
    let user_data = &boot.template.user_data;
    let fields = [
        (
            "nodeLabels",
            !user_data.node_labels.is_empty(),
            "set `labels` on the node group",
        ),
        (
            "taints",
            !user_data.taints.is_empty(),
            "set `taints` on the node group",
        ),
        (
            "clusterDns",
            !user_data.cluster_dns.is_empty(),
            "set `ami.pinnedBy: launchTemplate`",
        ),
    ];
    for (field, _, hint) in fields.into_iter().filter(|(_, given, _)| *given) {
        problems.spec(
            boot.path(field),
            "on Bottlerocket EKS sets this itself when the release version pins the image",
            hint,
        );
    }
    if user_data.override_bootstrap.is_some() {
        problems.override_in_merged_mode(boot);
    }
}

/// Quotes, backslashes and control characters would have to be escaped, which EKS's parser cannot read.
fn check_quotes(boot: &Boot<'_>, table: &Table, problems: &mut Problems) {
    for (key, value) in table {
        if !plain(value) {
            problems.spec(
                boot.path("kubelet"),
                format!("the value for Bottlerocket's `settings.kubernetes.{key}` has quotes, backslashes or control characters"),
                "take them out: EKS's reader of TOML knows no escapes",
            );
        }
    }
}

fn plain(value: &Value) -> bool {
    let fine = |text: &str| !text.contains(|one: char| one.is_control() || "'\"\\".contains(one));
    match value {
        Value::String(text) => fine(text),
        Value::Array(items) => items.iter().all(plain),
        Value::Table(table) => table.iter().all(|(key, value)| fine(key) && plain(value)),
        _ => true,
    }
}
