//! nodeadm, which makes a node of AL2023: it reads the NodeConfigs of the user data, merges them and wants to
//! know the cluster.
//!
//! Source of the rules: awslabs/amazon-eks-ami, `nodeadm/internal/configprovider` and
//! `nodeadm/internal/api/{merge,validation}.go`. Its decoder is not strict: a field that it does not know is
//! passed over, and only one of a wrong type is an error.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::mime::{self, Go};
use super::{Why, is_endpoint, unpacked};
use crate::world::Cluster;

/// How nodeadm tells its parts from others; exactly this.
pub(super) const NODE_CONFIG: &str = "application/node.eks.aws";

const NO_NODE_CONFIG: Why = "nodeadm: could not find NodeConfig within UserData";

/// Why nodeadm cannot make a node of this user data.
pub(super) fn never_joins(bytes: &[u8], cluster: &Cluster) -> Option<Why> {
    match merged(bytes) {
        Ok(details) => details.refusal(cluster),
        Err(Stop::Refused(why)) => Some(why),
        Err(Stop::Unclear) => None,
    }
}

/// Why there is no answer.
enum Stop {
    Refused(Why),
    /// what nodeadm makes of it cannot be told from here
    Unclear,
}

/// What all the NodeConfigs together say of the cluster: in document order, and the last one wins.
fn merged(bytes: &[u8]) -> Result<Details, Stop> {
    let text = text(bytes)?;
    let bodies = match mime::go(&text) {
        Go::Other => return Ok(decoded(&text)?.spec.cluster),
        Go::Broken => return Err(Stop::Refused("nodeadm: the MIME message is malformed")),
        Go::Parts(parts) => parts
            .into_iter()
            .filter(|part| part.kind() == NODE_CONFIG)
            .map(|part| part.body),
    };
    let mut cluster: Option<Details> = None;
    for body in bodies {
        let found = decoded(&self::text(body.as_bytes())?)?.spec.cluster;
        cluster = Some(cluster.unwrap_or_default().merge(found));
    }
    cluster.ok_or(Stop::Refused(NO_NODE_CONFIG))
}

/// Both the whole and each part may be in base64, compressed, or both.
fn text(bytes: &[u8]) -> Result<String, Stop> {
    // Go's decoder passes over line ends, and over nothing else
    let packed: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !b"\r\n".contains(byte))
        .collect();
    let plain = STANDARD.decode(&packed).unwrap_or_else(|_| bytes.to_vec());
    let plain = unpacked(&plain).ok_or(Stop::Refused("nodeadm: gzip that cannot be read"))?;
    let text = String::from_utf8(plain).map_err(|_| Stop::Unclear)?;
    Ok(text.replace("\r\n", "\n"))
}

/// The first document of a YAML text; nodeadm reads no other.
fn decoded(text: &str) -> Result<NodeConfig, Stop> {
    let Some(document) = serde_yaml::Deserializer::from_str(text).next() else {
        return Err(Stop::Refused(NO_NODE_CONFIG));
    };
    let yaml = serde_yaml::Value::deserialize(document).map_err(|error| {
        // Go's reader takes the last of two equal keys
        if error.to_string().contains("duplicate") {
            return Stop::Unclear;
        }
        Stop::Refused("nodeadm: a NodeConfig is no YAML")
    })?;
    let value = serde_json::to_value(yaml).map_err(|_| Stop::Unclear)?;
    let is = |key: &str, wanted: &str| value[key] == wanted;
    if !is("apiVersion", "node.eks.aws/v1alpha1") || !is("kind", "NodeConfig") {
        return Err(Stop::Refused(
            "nodeadm: apiVersion or kind is no NodeConfig's",
        ));
    }
    let config: NodeConfig = serde_json::from_value(value)
        .map_err(|_| Stop::Refused("nodeadm: a NodeConfig has a value of a wrong type"))?;
    let toml = &config.spec.containerd.config;
    if toml
        .as_deref()
        .is_some_and(|toml| toml.parse::<toml::Table>().is_err())
    {
        return Err(Stop::Refused("nodeadm: containerd.config is no TOML"));
    }
    Ok(config)
}

/// `nodeadm/api/v1alpha1/nodeconfig_types.go`: its fields and their types.
#[derive(Deserialize)]
struct NodeConfig {
    #[serde(default, deserialize_with = "or_default")]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    #[serde(deserialize_with = "or_default")]
    cluster: Details,
    #[serde(deserialize_with = "or_default")]
    containerd: Containerd,
    #[serde(rename = "kubelet")]
    _kubelet: Option<Kubelet>,
    #[serde(rename = "instance")]
    _instance: Option<Instance>,
    #[serde(rename = "featureGates")]
    _feature_gates: Option<BTreeMap<String, Option<bool>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    name: Option<String>,
    api_server_endpoint: Option<String>,
    #[serde(deserialize_with = "bytes")]
    certificate_authority: Option<Vec<u8>>,
    cidr: Option<String>,
    enable_outpost: Option<bool>,
    id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Containerd {
    config: Option<String>,
    #[serde(rename = "baseRuntimeSpec")]
    _base_runtime_spec: Option<BTreeMap<String, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Kubelet {
    #[serde(rename = "config")]
    _config: Option<BTreeMap<String, Value>>,
    #[serde(rename = "flags")]
    _flags: Option<Vec<Option<String>>>,
    #[serde(rename = "maxPodsExpression")]
    _max_pods_expression: Option<String>,
}

type Strings = Option<Vec<Option<String>>>;
type Variables = BTreeMap<String, Option<String>>;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Instance {
    #[serde(rename = "localStorage")]
    _local_storage: Option<LocalStorage>,
    #[serde(rename = "environment")]
    _environment: Option<BTreeMap<String, Option<Variables>>>,
    #[serde(rename = "network")]
    _network: Option<BTreeMap<String, Strings>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LocalStorage {
    #[serde(rename = "strategy")]
    _strategy: Option<String>,
    #[serde(rename = "mountPath")]
    _mount_path: Option<String>,
    #[serde(rename = "disabledMounts")]
    _disabled_mounts: Strings,
}

/// A `null` is as good as nothing.
fn or_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Go has bytes as base64 in JSON.
fn bytes<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    let decoded = text.map(|text| {
        let packed: String = text.chars().filter(|c| !"\r\n".contains(*c)).collect();
        STANDARD.decode(packed)
    });
    decoded.transpose().map_err(serde::de::Error::custom)
}

impl Details {
    /// What is empty does not override.
    fn merge(self, later: Self) -> Self {
        let text = |former: Option<String>, later: Option<String>| {
            later.filter(|text| !text.is_empty()).or(former)
        };
        Self {
            name: text(self.name, later.name),
            api_server_endpoint: text(self.api_server_endpoint, later.api_server_endpoint),
            certificate_authority: later
                .certificate_authority
                .filter(|bytes| !bytes.is_empty())
                .or(self.certificate_authority),
            cidr: text(self.cidr, later.cidr),
            enable_outpost: later.enable_outpost.or(self.enable_outpost),
            id: text(self.id, later.id),
        }
    }

    /// nodeadm's own words for what is missing; what is another cluster's shows only when the kubelet asks.
    fn refusal(&self, cluster: &Cluster) -> Option<Why> {
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let (name, endpoint) = (text(&self.name), text(&self.api_server_endpoint));
        let authority = self.certificate_authority.as_deref();
        let expected = STANDARD.decode(&cluster.certificate_authority).ok();
        let on_outpost = self.enable_outpost == Some(true);
        let checks = [
            (name.is_empty(), "Name is missing in cluster configuration"),
            (
                endpoint.is_empty(),
                "Apiserver endpoint is missing in cluster configuration",
            ),
            (
                authority.is_none(),
                "Certificate authority is missing in cluster configuration",
            ),
            (
                text(&self.cidr).is_empty() || (on_outpost && text(&self.id).is_empty()),
                "CIDR is missing in cluster configuration",
            ),
            (
                name != cluster.name,
                "nodeadm: the NodeConfig names another cluster",
            ),
            (
                !is_endpoint(&endpoint, cluster),
                "nodeadm: the NodeConfig has another cluster's API server",
            ),
            (
                expected.is_some() && authority != expected.as_deref(),
                "nodeadm: the NodeConfig has another cluster's certificate authority",
            ),
        ];
        checks.iter().find(|(wrong, _)| *wrong).map(|(_, why)| *why)
    }
}
