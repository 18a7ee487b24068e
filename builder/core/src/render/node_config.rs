//! NodeConfig documents for nodeadm, Amazon Linux 2023's bootstrap.
//!
//! nodeadm merges the documents of the user data in order, the later over the earlier ([`merge`] has its rules). The
//! spec's `nodeConfig` is merged over ours by the same rules here, so that one document goes out; the user's own
//! parts stay documents of their own, before it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::bootstrap::kubelet_flags;
use super::problems::below;
use super::skeleton::document;
use super::{Boot, NODE_CONFIG, Problems, merge, yaml};
use crate::desired::RenderedPart;
use crate::lint::{Rule, Severity};
use crate::node_config::{self, FieldProblem};
use crate::spec::{LocalDisks, PinnedBy};

const NODE_CONFIG_TEMPLATE: &str = include_str!("../../../../userdata/al2023/nodeconfig.yaml.hbs");

/// Every key is there, always: what is not set is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    cluster: Option<ClusterContext<'a>>,
    kubelet: Option<KubeletContext>,
    containerd: Option<ContainerdContext>,
    local_storage: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerdContext {
    /// TOML, as nodeadm takes it.
    config: Option<String>,
    base_runtime_spec: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterContext<'a> {
    name: &'a str,
    api_server_endpoint: &'a str,
    certificate_authority: &'a str,
    cidr: &'a str,
}

#[derive(Serialize)]
struct KubeletContext {
    config: Option<Value>,
    flags: Option<Vec<String>>,
}

/// Our NodeConfig, the last part. With EKS's own bootstrap it holds no cluster, and there is none at all
/// if it would say nothing.
pub(crate) fn node_config_part(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let before = problems.len();
    let complete = boot.template.pinned_by == PinnedBy::LaunchTemplate;
    let context = Context {
        cluster: complete.then(|| cluster(boot)),
        kubelet: kubelet(boot, problems),
        containerd: containerd(boot, problems),
        local_storage: boot.template.user_data.local_disks.map(local_storage),
    };
    let theirs = boot.template.user_data.node_config.as_ref();
    let theirs = theirs.filter(|map| !map.is_empty());
    let ours_is_empty = context.kubelet.is_none()
        && context.containerd.is_none()
        && context.local_storage.is_none();
    if !complete && ours_is_empty && theirs.is_none() {
        return None;
    }
    let mut document = match document(NODE_CONFIG_TEMPLATE, &context) {
        Ok(document) => document,
        Err(error) => {
            problems.unfilled(boot.path("kubelet"), error);
            return None;
        }
    };
    if let Some(theirs) = theirs {
        lay_over(
            boot,
            &mut document,
            &Value::Object(theirs.clone()),
            problems,
        );
    }
    if problems.len() > before {
        return None;
    }
    let body = yaml::block(&document).into_bytes();
    let (origin, content_type) = ("bootstrap".to_owned(), NODE_CONFIG.to_owned());
    Some(RenderedPart {
        origin,
        content_type,
        body,
    })
}

/// Merges the spec's own `nodeConfig` over ours.
fn lay_over(boot: &Boot<'_>, document: &mut Value, theirs: &Value, problems: &mut Problems) {
    let path = boot.path("nodeConfig");
    let before = problems.len();
    for problem in errors(boot, node_config::check_partial(theirs)) {
        problems.spec(below(&path, &problem.path), problem.message, problem.hint);
    }
    check_cluster(boot, &path, theirs, problems);
    // Told already, unless the spec allows what is wrong with its NodeConfig; this cannot be allowed.
    if merge::node_config(document, theirs).is_err() && problems.len() == before {
        let place = format!("{path}.spec.containerd.config");
        let hint = "write containerd's configuration as text";
        problems.spec(place, "it is no TOML", hint);
    }
}

fn cluster<'a>(boot: &Boot<'a>) -> ClusterContext<'a> {
    ClusterContext {
        name: &boot.cluster.name,
        api_server_endpoint: &boot.locked.endpoint,
        certificate_authority: &boot.locked.certificate_authority,
        cidr: &boot.locked.service_cidr,
    }
}

fn kubelet(boot: &Boot<'_>, problems: &mut Problems) -> Option<KubeletContext> {
    let user_data = &boot.template.user_data;
    let mut config: Map<String, Value> = user_data.kubelet.config.clone();
    let dns =
        (!user_data.cluster_dns.is_empty()).then(|| Value::from(user_data.cluster_dns.clone()));
    let own = [
        (
            "maxPods",
            "kubelet.maxPods",
            user_data.kubelet.max_pods.map(Value::from),
        ),
        ("clusterDNS", "clusterDns", dns),
    ];
    for (key, field, value) in own {
        let Some(value) = value else { continue };
        if config.contains_key(key) {
            problems.spec(
                boot.path(&format!("kubelet.config.{key}")),
                format!("`{field}` sets the same"),
                format!("keep `{field}` alone"),
            );
        }
        config.insert(key.to_owned(), value);
    }
    let config = (!config.is_empty()).then_some(Value::Object(config));
    let flags = Some(kubelet_flags(boot, problems)).filter(|flags| !flags.is_empty());
    (config.is_some() || flags.is_some()).then_some(KubeletContext { config, flags })
}

fn containerd(boot: &Boot<'_>, problems: &mut Problems) -> Option<ContainerdContext> {
    let containerd = &boot.template.user_data.containerd;
    let config = match merge::toml_of(&containerd.config) {
        Ok(table) if table.is_empty() => None,
        Ok(table) => toml::to_string(&table).ok(),
        Err(paths) => {
            for path in paths {
                problems.spec(
                    below(&boot.path("containerd.config"), &path),
                    "TOML has no word for this value",
                    "write another, or leave it out",
                );
            }
            None
        }
    };
    let spec = &containerd.base_runtime_spec;
    let base_runtime_spec = (!spec.is_empty()).then(|| Value::Object(spec.clone()));
    (config.is_some() || base_runtime_spec.is_some()).then_some(ContainerdContext {
        config,
        base_runtime_spec,
    })
}

/// nodeadm's names (LocalStorageStrategy).
fn local_storage(disks: LocalDisks) -> &'static str {
    match disks {
        LocalDisks::Raid0 => "RAID0",
        LocalDisks::Raid10 => "RAID10",
        LocalDisks::Mount => "Mount",
    }
}

/// A document of the user's own: it must be a NodeConfig, and must not move the node to another cluster.
pub(super) fn check_node_config(
    boot: &Boot<'_>,
    path: &str,
    body: &[u8],
    problems: &mut Problems,
) -> bool {
    let before = problems.len();
    let Some(text) = std::str::from_utf8(body).ok() else {
        problems.spec(path, "it is neither a script nor UTF-8", "save it as UTF-8");
        return false;
    };
    let Ok(document) = serde_yaml::from_str::<Value>(text) else {
        for problem in node_config::check_text(text) {
            let place = problem.line.map(|line| format!(" (line {line})"));
            problems.spec(
                path,
                format!(
                    "it is neither a script nor readable YAML{}",
                    place.unwrap_or_default()
                ),
                "write one NodeConfig document, or a script that begins with `#!`",
            );
        }
        return false;
    };
    for problem in errors(boot, node_config::check_text(text)) {
        let line = problem
            .line
            .map(|line| format!("line {line}: "))
            .unwrap_or_default();
        let place = match problem.path.as_str() {
            "" => "it".to_owned(),
            field => format!("its `{field}`"),
        };
        problems.spec(
            path,
            format!("{line}{place}: {}", problem.message),
            problem.hint,
        );
    }
    check_cluster(boot, path, &document, problems);
    problems.len() == before
}

/// What keeps a document from being used; warnings are `validate`'s to tell.
fn errors(boot: &Boot<'_>, found: Vec<FieldProblem>) -> impl Iterator<Item = FieldProblem> {
    let allowed = boot.template.user_data.allow.contains(&Rule::NodeConfig);
    let found = found.into_iter();
    found.filter(move |one| one.severity == Severity::Error && !allowed)
}

fn check_cluster(boot: &Boot<'_>, path: &str, document: &Value, problems: &mut Problems) {
    let Some(Value::Object(theirs)) = document.get("spec").and_then(|spec| spec.get("cluster"))
    else {
        return;
    };
    if boot.template.pinned_by == PinnedBy::ReleaseVersion {
        problems.spec(
            format!("{path}.spec.cluster"),
            "EKS gives the node its cluster when the release version pins the image",
            "take `spec.cluster` out, or set `ami.pinnedBy: launchTemplate`",
        );
        return;
    }
    let ours = cluster(boot);
    let owned = [
        ("name", ours.name),
        ("apiServerEndpoint", ours.api_server_endpoint),
        ("certificateAuthority", ours.certificate_authority),
        ("cidr", ours.cidr),
    ];
    for (key, ours) in owned {
        let Some(value) = theirs.get(key).filter(|value| value.as_str() != Some(ours)) else {
            continue;
        };
        problems.spec(
            format!("{path}.spec.cluster.{key}"),
            format!(
                "it is {} here, and {:?} for cluster {} in nodemint.lock",
                shown(key, value),
                shortened(key, ours),
                boot.cluster.name
            ),
            "take it out: nodemint fills it in from the lock",
        );
    }
}

/// A value of the cluster's: names, endpoints and certificates are no secrets.
fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", shortened(key, text)),
        _ => "no text".to_owned(),
    }
}

/// A certificate authority is long, and its beginning tells it apart… from most.
fn shortened(key: &str, text: &str) -> String {
    const SHOWN: usize = 16;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) if key == "certificateAuthority" => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}
