//! User data: scripts and files, the kubelet, and what each family and way of pinning can carry.

mod documents;
mod runtime;
mod templates;
mod verbatim;

use super::scaling::taints;
use super::{items, labels, nearest, texts};
use crate::family::{check_gzip, family, refusals};
use crate::render::NODE_CONFIG;
use crate::spec::load::Files;
use crate::spec::raw::{RawKubelet, RawPart, RawScript, RawUserData};
use crate::spec::read::Report;
use crate::spec::rules::{self, Check, flaw, flaw_hint};
pub(super) use templates::check as check_templates;

use crate::spec::{
    Compress, FamilyName, File, Kubelet, Part, PinnedBy, Script, SpecPath, UserData,
};

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
    let verbatim = raw.verbatim.as_ref().map(|named| {
        let file = file(&named.file, &at.key("verbatim"), files, report);
        verbatim::check(raw, &file, at, report);
        file
    });
    let user_data = UserData {
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
        settings: raw.settings.clone().unwrap_or_default(),
        containerd: runtime::containerd(raw),
        local_disks: runtime::local_disks(raw),
        registries: runtime::registries(raw, at, report),
        parts,
        override_bootstrap,
        verbatim,
        compress: runtime::compress(raw),
        allow: runtime::allow(raw, at, report),
    };
    check_compress(user_data.compress, at, setting, report);
    check_carried(&user_data, at, setting, report);
    documents::check(&user_data, at, report);
    user_data
}

/// Nothing is given that the family and the way of pinning would have to drop.
fn check_carried(user_data: &UserData, at: &SpecPath, setting: Setting, report: &mut Report<'_>) {
    let Some(name) = setting.family else { return };
    let strategy = family(name);
    for (field, refusal) in refusals(strategy, setting.pinned_by, user_data) {
        let path = field.split('.');
        let path = path.fold(at.clone(), |path, key| path.key(key));
        report.error_hint(&path, refusal.message, refusal.hint);
    }
    let keys = ["parts", "overrideBootstrap", "verbatim"];
    let given = keys.map(|key| report.pruned.contains(&at.key(key)));
    let joins = user_data.override_bootstrap.is_some()
        || user_data.verbatim.is_some()
        || !user_data.parts.is_empty();
    if !strategy.brings_bootstrap() && !joins && given == [false, false, false] {
        report.error_hint(
            at,
            format!("nothing in it joins the node: nodemint has no bootstrap for the family {name:?}"),
            "give one by `overrideBootstrap` or `parts`; if the image joins by itself, leave `userData` out, or make the \
             preBootstrap steps parts",
        );
    }
}

/// An image of one's own may join by itself, without any user data.
pub(super) fn none(at: &SpecPath, name: Option<FamilyName>, report: &mut Report<'_>) -> UserData {
    if let Some(name) = name
        && !family(name).brings_bootstrap()
    {
        report.warn(
            at,
            format!("no user data, and nodemint has no bootstrap for the family {name:?}: a node joins only if its image does so by itself"),
            "if it does not, give `userData` with `overrideBootstrap` or `parts`",
        );
    }
    UserData::default()
}

fn check_compress(compress: Compress, at: &SpecPath, setting: Setting, report: &mut Report<'_>) {
    let asked = compress != Compress::Never;
    let Some(name) = setting.family.filter(|_| asked) else {
        return;
    };
    if let Err((message, hint)) = check_gzip(family(name), setting.pinned_by) {
        report.error_hint(&at.key("compress"), message, hint);
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
    let known = |text: &str| part_type(setting.family, text);
    Part {
        content_type: super::required(&raw.content_type, at, "contentType", known, report),
        file: file(&raw.file, at, files, report),
    }
}

/// A type that the family's node reads.
fn part_type(name: Option<FamilyName>, text: &str) -> Check {
    let every = || family(FamilyName::Custom).part_types();
    let types = name.map_or_else(every, |name| family(name).part_types());
    if types.contains(&text) {
        return Ok(());
    }
    let what = match name {
        Some(name) => format!("not a type that {name:?} reads"),
        None => "not a type that any family reads".to_owned(),
    };
    // What a misspelt type may have meant: `application/json` is no misspelt gzip.
    let names = || {
        types
            .iter()
            .copied()
            .filter(|name| *name != "application/gzip")
    };
    let hint = match (types.as_slice(), nearest::nearest(text, names())) {
        ([one], _) => format!("a part of this family is `{one}`"),
        (_, Some(name)) => format!("did you mean `{name}`?"),
        (_, None) if text == NODE_CONFIG => "use `kubelet`, or `family: AL2023`".to_owned(),
        (_, None) => "such as `text/cloud-config`".to_owned(),
    };
    Err(flaw_hint(what, hint))
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
