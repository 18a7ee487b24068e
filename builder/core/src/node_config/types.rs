//! What nodeadm accepts, as types: amazon-eks-ami, nodeadm/api/v1alpha1/nodeconfig_types.go, and
//! nodeadm/internal/api/types.go for fields that came later. The doc comments become the schema's descriptions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A NodeConfig of nodeadm, as in user data of the type `application/node.eks.aws`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "NodeConfig")]
pub struct NodeConfig {
    /// Always `node.eks.aws/v1alpha1`.
    #[schemars(extend("const" = "node.eks.aws/v1alpha1"))]
    pub api_version: String,
    /// Always `NodeConfig`.
    #[schemars(extend("const" = "NodeConfig"))]
    pub kind: String,
    /// Names and labels, which nodeadm does not use.
    pub metadata: Option<Map<String, Value>>,
    /// What the node is told.
    pub spec: Option<Spec>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The cluster that the node joins.
    pub cluster: Option<Cluster>,
    /// Settings of containerd.
    pub containerd: Option<Containerd>,
    /// The operating system and its devices.
    pub instance: Option<Instance>,
    /// Settings of the kubelet.
    pub kubelet: Option<Kubelet>,
    /// Features of nodeadm that are off unless they are switched on here.
    pub feature_gates: Option<FeatureGates>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// The cluster's name in EKS.
    pub name: Option<String>,
    /// The URL of the API server.
    pub api_server_endpoint: Option<String>,
    /// The certificate authority, in base64.
    #[schemars(extend("contentEncoding" = "base64"))]
    pub certificate_authority: Option<String>,
    /// The CIDR of the cluster's services, which the address of its DNS is worked out from.
    pub cidr: Option<String>,
    /// Whether the node is on an AWS Outpost; then it needs `id`.
    pub enable_outpost: Option<bool>,
    /// The cluster's id, on an AWS Outpost.
    pub id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubelet {
    /// A KubeletConfiguration (kubelet.config.k8s.io/v1beta1), merged over nodeadm's.
    pub config: Option<Map<String, Value>>,
    /// Flags, put behind nodeadm's.
    pub flags: Option<Vec<String>>,
    /// A CEL expression over `default_enis`, `ips_per_eni` and `max_pods`; `maxPods` of `config` wins.
    pub max_pods_expression: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Containerd {
    /// A configuration of containerd, as TOML, merged over nodeadm's.
    pub config: Option<String>,
    /// The OCI runtime specification that containers start from, merged over nodeadm's.
    pub base_runtime_spec: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instance {
    /// What becomes of the instance store's disks.
    pub local_storage: Option<LocalStorage>,
    /// EBS volumes that are mounted for containerd and the like.
    pub storage: Option<Storage>,
    /// Environment variables, by the service that gets them, or `default` for all.
    pub environment: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// Settings of systemd-resolved.
    pub network: Option<Network>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalStorage {
    /// How the disks are put together.
    pub strategy: Option<Strategy>,
    /// Where they are mounted. Left out: `/mnt/k8s-disks/`.
    pub mount_path: Option<String>,
    /// Directories that stay where they are.
    pub disabled_mounts: Option<Vec<DisabledMount>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Strategy {
    #[serde(rename = "RAID0")]
    Raid0,
    #[serde(rename = "RAID10")]
    Raid10,
    Mount,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum DisabledMount {
    Containerd,
    PodLogs,
    #[serde(rename = "SOCI")]
    Soci,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Storage {
    /// The volumes.
    pub volumes: Option<Vec<Volume>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Volume {
    /// The device's name.
    pub device: String,
    /// The directories that are laid on it.
    pub mount_targets: Vec<String>,
    /// The file system.
    pub fs_type: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// The addresses of name servers.
    pub nameservers: Option<Vec<String>>,
    /// The domains that names are looked for in.
    pub domains: Option<Vec<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FeatureGates {
    /// Whether the node is named by its instance id.
    pub instance_id_node_name: Option<bool>,
    /// Whether images are pulled in parallel, at the cost of processor, memory and disk.
    pub fast_image_pull: Option<bool>,
}
