//! What a `nodemint.yaml` may say: plain serde types, every field optional, so that what is missing is
//! ours to report with its place. The doc comments become the JSON Schema, and with it an editor's help.
//!
//! Keys of features that are not there yet are known here, so that they are refused by name, and left out
//! of the schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use super::raw_values::*;
use crate::launch_template::Data;

/// A fleet: the clusters, launch templates and node groups that nodemint looks after.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "nodemint fleet")]
pub struct RawFleet {
    /// The version of this file's format: `nodemint.dev/v1alpha1`.
    #[schemars(required, extend("const" = "nodemint.dev/v1alpha1"))]
    pub api_version: Option<String>,
    /// Always `Fleet`.
    #[schemars(required, extend("const" = "Fleet"))]
    pub kind: Option<String>,
    /// What the fleet is called.
    #[schemars(required)]
    pub metadata: Option<RawMetadata>,
    /// The EKS clusters that the node groups belong to.
    #[schemars(required, length(min = 1))]
    pub clusters: Option<List<RawCluster>>,
    /// Launch templates: what a node is.
    #[schemars(required, length(min = 1))]
    pub launch_templates: Option<List<RawLaunchTemplate>>,
    /// Node groups: which nodes there are.
    pub node_groups: Option<List<RawNodeGroup>>,
    /// Values for the fleet's own templates (`*.hbs` files), where they are `{{vars.NAME}}`.
    pub vars: Option<Map<String, Value>>,
    #[schemars(skip)]
    pub rollout: Option<Value>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawMetadata {
    /// The name of the fleet.
    #[schemars(required, regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"))]
    pub name: Option<String>,
}

/// An EKS cluster. What is left out is read from EKS into the lock.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawCluster {
    /// The cluster's name in EKS.
    #[schemars(required)]
    pub name: Option<String>,
    /// The AWS region, such as `us-east-1`.
    #[schemars(required)]
    pub region: Option<String>,
    /// The Kubernetes version, in quotes: `"1.34"`.
    #[schemars(regex(pattern = r"^1\.[0-9]{1,3}$"))]
    pub version: Option<String>,
    /// The URL of the API server.
    pub endpoint: Option<String>,
    /// The certificate authority's data, in base64.
    pub certificate_authority: Option<String>,
    /// The CIDR of the cluster's services, such as `10.100.0.0/16`.
    pub service_cidr: Option<String>,
    /// The address family of pods and services.
    pub ip_family: Option<RawIpFamily>,
    /// The cluster security group, which every node needs to be in.
    pub security_group_id: Option<String>,
    /// The ARN of an IAM role that the cluster's account is reached with.
    pub assume_role_arn: Option<String>,
    /// A profile of the AWS configuration files, instead of the command's own credentials.
    #[schemars(length(min = 1))]
    pub profile: Option<String>,
}

/// A launch template: its versions are minted from this.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawLaunchTemplate {
    /// The launch template's name in EC2.
    #[schemars(required, regex(pattern = r"^[a-zA-Z0-9().\-/_]{3,128}$"))]
    pub name: Option<String>,
    /// The clusters it is for. Left out: every cluster whose node groups use it.
    pub clusters: Option<List<String>>,
    /// The AMI family.
    #[schemars(required)]
    pub family: Option<RawFamily>,
    /// The processor architecture. Left out: `x86_64`.
    pub arch: Option<RawArch>,
    /// The variant of the image. Left out: `standard`.
    pub variant: Option<RawVariant>,
    /// The Kubernetes minor of the image, in quotes: `"1.33"`. Left out: each cluster's own.
    #[schemars(regex(pattern = r"^1\.[0-9]{1,3}$"))]
    pub kubernetes_version: Option<String>,
    /// Where the image comes from: exactly one source.
    #[schemars(required)]
    pub ami: Option<RawAmi>,
    /// The EC2 instance type, such as `m5.large`. A node group may name its types instead.
    pub instance_type: Option<String>,
    /// The EC2 key pair for SSH.
    pub key_name: Option<String>,
    /// The nodes' security groups. With any here, EKS adds none of its own.
    pub security_group_ids: Option<List<String>>,
    /// The volumes.
    pub block_devices: Option<List<RawBlockDevice>>,
    /// The instance metadata service. Tokens are required unless this says otherwise.
    pub metadata_options: Option<RawMetadataOptions>,
    /// Tags of instances, volumes and network interfaces.
    pub tags: Option<BTreeMap<String, String>>,
    /// Anything else that EC2 takes, in EC2's own names (RequestLaunchTemplateData).
    #[schemars(with = "Option<Data>")]
    pub launch_template_data: Option<Map<String, Value>>,
    /// What a node does and is told when it boots.
    pub user_data: Option<RawUserData>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawAmi {
    /// An image that the family's publisher makes for EKS: `latest`, or a release such as `1.34.2-20260915`
    /// (Amazon Linux), `1.50.0` (Bottlerocket), `1.34-2026.10.14` (Windows) or `20260918` (Ubuntu).
    pub eks_optimized: Option<String>,
    /// An SSM parameter that holds an AMI id; `{{kubernetesVersion}}`, `{{arch}}` and `{{region}}` are filled in.
    pub ssm_parameter: Option<String>,
    /// An AMI id, or one a region: `{us-east-1: ami-…, eu-west-1: ami-…}`.
    pub id: Option<AmiId>,
    /// The newest image that all of this holds for.
    pub filter: Option<RawImageFilter>,
    /// Passes over images that are younger than this, such as `3d`, `36h` or `2w`.
    pub min_age: Option<String>,
    /// Releases, or names of images, that are never used.
    pub deny: Option<List<String>>,
    /// What decides which image a node runs. Left out: `launchTemplate`.
    pub pinned_by: Option<RawPinnedBy>,
}

/// Which images may be taken.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawImageFilter {
    /// Whose images: `self`, `amazon`, or account ids in quotes.
    #[schemars(required, length(min = 1))]
    pub owners: Option<List<String>>,
    /// A pattern with `*` and `?`; `{{kubernetesVersion}}`, `{{arch}}` and `{{region}}` are filled in.
    pub name: Option<String>,
    /// Tags of the image; `*` takes any value.
    pub tags: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawBlockDevice {
    /// `root` for the image's root device, or a name such as `/dev/xvdb`.
    #[schemars(required)]
    pub device: Option<String>,
    /// The size in GiB.
    #[schemars(range(min = 1, max = 65536))]
    pub size: Option<i32>,
    /// The EBS volume type.
    #[serde(rename = "type")]
    pub volume_type: Option<RawVolumeType>,
    /// I/O operations per second (gp3, io1, io2).
    pub iops: Option<i32>,
    /// MiB/s (gp3).
    pub throughput: Option<i32>,
    /// Whether the volume is encrypted.
    pub encrypted: Option<bool>,
    /// The KMS key that encrypts it; needs `encrypted: true`.
    pub kms_key_id: Option<String>,
    /// The snapshot that the volume begins as.
    pub snapshot_id: Option<String>,
    /// Whether the volume goes when the instance does.
    pub delete_on_termination: Option<bool>,
    /// MiB/s at which the snapshot's blocks are fetched.
    #[schemars(range(min = 100, max = 300))]
    pub volume_initialization_rate: Option<i32>,
    /// The EBS card that the volume is attached to, from 0, on instance types with more than one.
    #[schemars(range(min = 0))]
    pub ebs_card_index: Option<i32>,
    /// A disk of the instance store in place of a volume: `ephemeral0` and so on.
    #[schemars(regex(pattern = r"^ephemeral[0-9]{1,2}$"))]
    pub virtual_name: Option<String>,
    /// Leaves out a device that the image has.
    pub no_device: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawMetadataOptions {
    /// Whether a session token is needed (IMDSv2). Left out: `required`. With `no-preference` the launch template
    /// does not say, and the image's or the account's own default holds.
    pub http_tokens: Option<RawHttpTokens>,
    /// 1 keeps pods on their own network away from the metadata service; 2 lets them in.
    #[schemars(range(min = 1, max = 64))]
    pub http_put_response_hop_limit: Option<i32>,
    /// Whether there is a metadata service at all.
    pub http_endpoint: Option<RawSwitch>,
    /// Whether it has an IPv6 address.
    pub http_protocol_ipv6: Option<RawSwitch>,
    /// Whether it shows the instance's tags.
    pub instance_metadata_tags: Option<RawSwitch>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawUserData {
    /// Scripts that run in order before the node joins.
    pub pre_bootstrap: Option<List<RawScript>>,
    /// Settings of the kubelet.
    pub kubelet: Option<RawKubelet>,
    /// Labels that the kubelet registers the node with.
    pub node_labels: Option<BTreeMap<String, String>>,
    /// Taints that the kubelet registers the node with.
    pub taints: Option<List<RawTaint>>,
    /// The addresses of the cluster's DNS.
    pub cluster_dns: Option<List<String>>,
    /// AL2023: a NodeConfig that is merged over nodemint's own.
    pub node_config: Option<Map<String, Value>>,
    /// Bottlerocket: settings that are merged over nodemint's own, as under `[settings]` in its TOML.
    pub settings: Option<Map<String, Value>>,
    /// Settings of containerd.
    pub containerd: Option<RawContainerd>,
    /// What becomes of the instance store's disks.
    pub local_disks: Option<RawLocalDisks>,
    /// Registries that images are pulled from through mirrors.
    pub registries: Option<List<RawRegistry>>,
    /// More parts: MIME parts, or on Bottlerocket more TOML.
    pub parts: Option<List<RawPart>>,
    /// A file that replaces nodemint's own bootstrap part.
    pub override_bootstrap: Option<RawFile>,
    /// A file with all of the user data, which goes out byte for byte; excludes everything else but `allow`.
    pub verbatim: Option<RawFile>,
    /// Whether the user data is gzipped. Left out: `never`.
    pub compress: Option<RawCompress>,
    /// Lint rules that are warnings here and not errors, such as `secret`.
    pub allow: Option<List<RawRule>>,
}

/// Settings of containerd, over the image's own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawContainerd {
    /// The content of containerd's configuration file, merged deeply over the image's own.
    pub config: Option<Map<String, Value>>,
    /// The OCI runtime specification that containers start from, merged deeply.
    pub base_runtime_spec: Option<Map<String, Value>>,
}

/// A registry, and the mirrors that are asked before it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawRegistry {
    /// The registry's host as images name it, such as `docker.io`.
    #[schemars(required)]
    pub host: Option<String>,
    /// URLs of mirrors, asked in this order. A path in one is taken as it is, such as `/v2/docker-hub`.
    #[schemars(required, length(min = 1))]
    pub mirrors: Option<List<String>>,
}

/// One script: a file or its text.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawScript {
    /// The path of a script, relative to this file. With `.hbs` at its end it is a template.
    pub file: Option<String>,
    /// Shell commands.
    pub run: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawKubelet {
    /// The most pods that a node takes.
    #[schemars(range(min = 1))]
    pub max_pods: Option<u32>,
    /// Flags without their dashes: `{v: "2"}`.
    pub extra_args: Option<BTreeMap<String, String>>,
    /// Fields of a KubeletConfiguration.
    pub config: Option<Map<String, Value>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawTaint {
    /// The key, such as `dedicated`.
    #[schemars(required)]
    pub key: Option<String>,
    /// The value, if it has one.
    pub value: Option<String>,
    /// What happens to pods that do not tolerate it.
    #[schemars(required)]
    pub effect: Option<RawTaintEffect>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawPart {
    /// The MIME type, such as `text/cloud-config`; of `multipart/mixed` the parts are taken in.
    #[schemars(required)]
    pub content_type: Option<String>,
    /// The path of the part's content, relative to this file. With `.hbs` at its end it is a template.
    #[schemars(required)]
    pub file: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawFile {
    /// The path, relative to this file. With `.hbs` at its end it is a template.
    #[schemars(required)]
    pub file: Option<String>,
}

/// An EKS managed node group.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawNodeGroup {
    /// The node group's name in EKS.
    #[schemars(required)]
    pub name: Option<String>,
    /// The cluster it belongs to: a name under `clusters`.
    #[schemars(required)]
    pub cluster: Option<String>,
    /// The launch template it runs: a name under `launchTemplates`.
    #[schemars(required)]
    pub launch_template: Option<String>,
    /// Pins a version of the launch template. Left out: the version minted from this file.
    #[schemars(range(min = 1))]
    pub launch_template_version: Option<i64>,
    /// Pins an EKS release such as `1.34.2-20260915`; only with `pinnedBy: releaseVersion`.
    pub release_version: Option<String>,
    /// The nodes' IAM role. Needed only to create the group.
    pub node_role: Option<String>,
    /// Needed only to create the group.
    pub subnets: Option<List<String>>,
    /// Instance types, if the launch template names none.
    pub instance_types: Option<List<String>>,
    /// How capacity is bought. Left out: `ON_DEMAND`.
    pub capacity_type: Option<RawCapacityType>,
    /// How many nodes there are.
    pub scaling: Option<RawScaling>,
    /// Kubernetes labels of the nodes.
    pub labels: Option<BTreeMap<String, String>>,
    /// Kubernetes taints of the nodes.
    pub taints: Option<List<RawTaint>>,
    /// Tags of the node group itself; they do not reach its instances.
    pub tags: Option<BTreeMap<String, String>>,
    /// How a new version is rolled out to the nodes.
    pub update: Option<RawUpdate>,
    // EKS takes these of groups without a launch template; they are known to be refused by name.
    #[schemars(skip)]
    pub ami_type: Option<Value>,
    #[schemars(skip)]
    pub disk_size: Option<Value>,
    #[schemars(skip)]
    pub remote_access: Option<Value>,
    #[schemars(skip)]
    pub version: Option<Value>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawScaling {
    /// The fewest nodes.
    #[schemars(required, range(min = 0))]
    pub min: Option<i32>,
    /// The most nodes.
    #[schemars(required, range(min = 1))]
    pub max: Option<i32>,
    /// Nodes at creation; afterwards the autoscaler decides. Left out: `min`.
    #[schemars(range(min = 0))]
    pub desired: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawUpdate {
    /// Nodes that may be gone at once. Left out: 1.
    #[schemars(range(min = 1, max = 100))]
    pub max_unavailable: Option<i32>,
    /// The same as a percentage.
    #[schemars(range(min = 1, max = 100))]
    pub max_unavailable_percentage: Option<i32>,
    /// Whether new nodes come before old ones go. Left out: `DEFAULT`.
    pub strategy: Option<RawUpdateStrategy>,
    /// Evict pods past their PodDisruptionBudgets when draining takes too long.
    pub force: Option<bool>,
}
