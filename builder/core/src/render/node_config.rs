//! NodeConfig documents for nodeadm, Amazon Linux 2023's bootstrap.
//!
//! nodeadm merges the documents of the user data in order, the later over the earlier (amazon-eks-ami,
//! nodeadm/internal/api/merge.go): maps deeply, lists by replacing, `kubelet.flags` by appending. The
//! spec's `nodeConfig` is merged over ours by the same rules here, so that one document goes out.

use serde::Serialize;
use serde_json::{Map, Value};

use super::bootstrap::kubelet_flags;
use super::templates::{Format, fill};
use super::{Boot, NODE_CONFIG, Problems, yaml};
use crate::desired::RenderedPart;
use crate::spec::PinnedBy;

const NODE_CONFIG_TEMPLATE: &str = include_str!("../../../../userdata/al2023/nodeconfig.yaml.hbs");
const API_VERSION: &str = "node.eks.aws/v1alpha1";
const KIND: &str = "NodeConfig";

/// Every key is there, always: what is not set is null.
#[derive(Serialize)]
struct Context<'a> {
    cluster: Option<ClusterContext<'a>>,
    kubelet: Option<KubeletContext>,
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
    let kubelet = kubelet(boot, problems);
    let theirs = boot
        .template
        .user_data
        .node_config
        .as_ref()
        .filter(|map| !map.is_empty());
    if !complete && kubelet.is_none() && theirs.is_none() {
        return None;
    }
    let mut document = match ours(&Context {
        cluster: complete.then(|| cluster(boot)),
        kubelet,
    }) {
        Ok(document) => document,
        Err(error) => {
            problems.unfilled(boot.path("kubelet"), error);
            return None;
        }
    };
    if let Some(theirs) = theirs {
        let path = boot.path("nodeConfig");
        let theirs = Value::Object(theirs.clone());
        check_document(boot, &path, &theirs, false, problems);
        merge(&mut document, &theirs, &path, "", problems);
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

fn ours(context: &Context<'_>) -> Result<Value, String> {
    let text =
        fill(NODE_CONFIG_TEMPLATE, Format::Yaml, context).map_err(|error| error.to_string())?;
    serde_yaml::from_str(&text).map_err(|error| error.to_string())
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

/// A document of the user's own: it must be a NodeConfig, and must not move the node to another cluster.
pub(super) fn check_node_config(
    boot: &Boot<'_>,
    path: &str,
    body: &[u8],
    problems: &mut Problems,
) -> bool {
    let before = problems.len();
    match serde_yaml::from_slice::<Value>(body) {
        Ok(document) => check_document(boot, path, &document, true, problems),
        // The parser's text can quote the document, which can hold secrets: the place alone is told.
        Err(error) => {
            let place = error
                .location()
                .map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            problems.spec(
                path,
                format!(
                    "it is neither a script nor readable YAML{}",
                    place.unwrap_or_default()
                ),
                "write one NodeConfig document, or a script that begins with `#!`",
            );
        }
    }
    problems.len() == before
}

fn check_document(
    boot: &Boot<'_>,
    path: &str,
    document: &Value,
    whole: bool,
    problems: &mut Problems,
) {
    let text = |key: &str| {
        document
            .get(key)
            .map(|value| value.as_str().unwrap_or_default())
    };
    for (key, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
        let fine = text(key).map_or(!whole, |value| value == wanted);
        if !fine {
            problems.spec(
                path,
                format!("it is no NodeConfig: {key} is not {wanted}"),
                format!("write `{key}: {wanted}`"),
            );
        }
    }
    let unknown = document.as_object().into_iter().flat_map(Map::keys);
    for key in
        unknown.filter(|key| !["apiVersion", "kind", "metadata", "spec"].contains(&key.as_str()))
    {
        problems.spec(
            format!("{path}.{key}"),
            "a NodeConfig has no such field beside `spec`",
            format!(
                "if it belongs to the node's settings, put it under `spec`: `spec: {{{key}: …}}`"
            ),
        );
    }
    check_cluster(boot, path, document, problems);
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
                "it is {value} here, and \"{ours}\" for cluster {} in nodemint.lock",
                boot.cluster.name
            ),
            "take it out: nodemint fills it in from the lock",
        );
    }
}

/// Merges `over` into `base` as nodeadm does. `at` is the path inside of the document.
fn merge(base: &mut Value, over: &Value, path: &str, at: &str, problems: &mut Problems) {
    match (base, over) {
        (_, Value::Null) if !at.is_empty() => problems.spec(
            format!("{path}.{at}"),
            "null would change nothing: nodeadm takes it for a field that is not set",
            "write a value, or take the field out",
        ),
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                let at = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                merge(
                    base.entry(key.as_str()).or_insert(Value::Null),
                    value,
                    path,
                    &at,
                    problems,
                );
            }
        }
        (Value::Array(base), Value::Array(over)) if at == "spec.kubelet.flags" => {
            base.extend(over.iter().cloned());
        }
        (base @ Value::Null, Value::Object(over)) => {
            *base = Value::Object(Map::new());
            merge(base, &Value::Object(over.clone()), path, at, problems);
        }
        (base, over) => *base = over.clone(),
    }
}
