//! The validated spec: what a `nodemint.yaml` means, once nothing in it can be wrong by itself.
//!
//! [`load`] is the only way in. Raw types (what the YAML may say) are in `raw`; a value of the types
//! here has passed every offline check, and holds the content of the files that the spec names.

pub mod edit;
pub mod fields;
mod keys;
mod load;
pub(crate) mod nearest;
mod path;
mod places;
pub(crate) mod problem;
mod raw;
mod raw_values;
mod read;
pub(crate) mod rules;
mod scan;
mod schema;
pub(crate) mod tree;
mod user_data;
mod validate;
pub(crate) mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::launch_template::Data;
use crate::site::{Access, Site};

pub use load::{Loaded, ReadFile, load};
pub use path::{SpecPath, Step};
pub(crate) use places::places;
pub use places::{Place, Places};
pub use problem::{Problem, SpecErrors};
pub use schema::json_schema;
pub use tree::Spot;
pub use user_data::{
    Compress, Containerd, File, Kubelet, LocalDisks, Part, Registry, Script, UserData,
};

/// A fleet: clusters, launch templates and node groups of one `nodemint.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSpec {
    pub name: String,
    pub clusters: Vec<Cluster>,
    pub launch_templates: Vec<LaunchTemplate>,
    pub node_groups: Vec<NodeGroup>,
    /// Values for the fleet's own templates (`*.hbs` files).
    pub vars: Map<String, Value>,
}

/// A cluster, as the spec states it. What is left out is read by `resolve` into the lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    pub name: String,
    pub region: String,
    pub version: Option<KubernetesVersion>,
    pub endpoint: Option<String>,
    pub certificate_authority: Option<String>,
    pub service_cidr: Option<String>,
    pub ip_family: Option<IpFamily>,
    pub security_group_id: Option<String>,
    /// The credentials that it is reached with, if not the command's own.
    pub access: Access,
}

impl Cluster {
    /// Where it is: all that belongs to it in EC2 is there, too.
    pub fn site(&self) -> Site {
        Site::new(self.region.as_str(), self.access.clone())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct LaunchTemplate {
    pub name: String,
    /// Never empty: as given, or every cluster whose node groups use the template, in the spec's order.
    pub clusters: Vec<String>,
    pub family: FamilyName,
    pub arch: Arch,
    pub variant: Variant,
    /// The Kubernetes minor of the image, if not each cluster's own.
    pub kubernetes_version: Option<KubernetesVersion>,
    pub ami: AmiSource,
    /// `latest` passes over images that are younger than this.
    pub min_age: Option<SignedDuration>,
    /// Releases that are never used: release versions, or names of images.
    pub deny: BTreeSet<String>,
    pub pinned_by: PinnedBy,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub security_group_ids: Vec<String>,
    pub block_devices: Vec<BlockDevice>,
    pub metadata_options: MetadataOptions,
    /// For instances, volumes and network interfaces.
    pub tags: BTreeMap<String, String>,
    /// `launchTemplateData`: anything else that EC2 takes. Never a field that the spec has a name for.
    pub extra: Data,
    pub user_data: UserData,
}

impl LaunchTemplate {
    /// The ids of all security groups that nodes get, on whichever level they stand.
    pub fn all_security_group_ids(&self) -> Vec<&str> {
        let own = self.security_group_ids.iter().map(String::as_str);
        own.chain(self.extra.all_security_group_ids()).collect()
    }

    /// The key of the spec that nodes get their security groups from.
    pub fn security_groups_key(&self) -> &'static str {
        match self.extra.network_interfaces.is_empty() {
            true => "securityGroupIds",
            false => "launchTemplateData.NetworkInterfaces",
        }
    }
}

/// Where the image comes from; exactly one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AmiSource {
    /// `eksOptimized: latest`, or a release version such as `1.34.2-20260915`
    EksOptimized(Release),
    /// A parameter of one's own; `{{kubernetesVersion}}`, `{{arch}}` and `{{region}}` are filled in.
    SsmParameter(String),
    /// One id for every region…
    Id(String),
    /// …or one a region.
    IdByRegion(BTreeMap<String, String>),
    /// The newest image that DescribeImages finds.
    Filter(ImageFilter),
}

/// Which images may be taken: all that is given must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageFilter {
    /// `self`, `amazon` or account ids; never empty.
    pub owners: Vec<String>,
    /// A pattern with `*` and `?`; `{{kubernetesVersion}}`, `{{arch}}` and `{{region}}` are filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tag → value; `*` takes any value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Release {
    Latest,
    Pinned(String),
}

/// What decides which image a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PinnedBy {
    /// ImageId is in the launch-template version; the complete bootstrap is rendered by us.
    LaunchTemplate,
    /// No ImageId; the node group's release version decides, and EKS merges its own bootstrap in.
    ReleaseVersion,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BlockDevice {
    pub device: Device,
    /// GiB
    pub size: Option<i32>,
    pub volume_type: Option<String>,
    pub iops: Option<i32>,
    /// MiB/s
    pub throughput: Option<i32>,
    pub encrypted: Option<bool>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub delete_on_termination: Option<bool>,
    /// MiB/s
    pub volume_initialization_rate: Option<i32>,
    pub ebs_card_index: Option<i32>,
    /// A disk of the instance store, such as `ephemeral0`; then it is no volume.
    pub virtual_name: Option<String>,
    /// The image's device is left out.
    pub no_device: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Device {
    /// the image's root device, whatever its name
    Root,
    Named(String),
}

/// IMDS options. Tokens are required unless the spec says otherwise; the hop limit has no default of
/// ours, because 1 and 2 are both right for somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataOptions {
    /// `required` or `optional`; none: the launch template does not say
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i32>,
    /// `enabled` or `disabled`
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub instance_metadata_tags: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Taint {
    pub key: String,
    pub value: Option<String>,
    pub effect: TaintEffect,
}

/// A taint's effect, in Kubernetes' spelling; EKS spells it `NO_SCHEDULE`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum TaintEffect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeGroup {
    pub name: String,
    pub cluster: String,
    pub launch_template: String,
    /// A pin; left out: the version minted from this spec.
    pub launch_template_version: Option<i64>,
    /// A pin, only with [`PinnedBy::ReleaseVersion`].
    pub release_version: Option<String>,
    /// Needed only to create the group.
    pub node_role: Option<String>,
    /// Needed only to create the group.
    pub subnets: Vec<String>,
    pub instance_types: Vec<String>,
    pub capacity_type: CapacityType,
    pub scaling: Option<Scaling>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub tags: BTreeMap<String, String>,
    pub update: UpdateSettings,
    /// Where the group stands in the spec: its index in `nodeGroups`.
    pub index: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CapacityType {
    OnDemand,
    Spot,
    CapacityBlock,
}

/// Node counts. `desired` is used only to create the group: afterwards it belongs to the autoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scaling {
    pub min: i32,
    pub max: i32,
    pub desired: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSettings {
    pub max_unavailable: MaxUnavailable,
    pub strategy: UpdateStrategy,
    /// Evict past PodDisruptionBudgets.
    pub force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MaxUnavailable {
    Count(i32),
    Percentage(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UpdateStrategy {
    Default,
    Minimal,
}

/// An AMI family. Which of them can be rendered is told by [`crate::family::family`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FamilyName {
    AL2,
    AL2023,
    Bottlerocket,
    Windows2019Core,
    Windows2019Full,
    Windows2022Core,
    Windows2022Full,
    Windows2025Core,
    Windows2025Full,
    Ubuntu2004,
    Ubuntu2204,
    Ubuntu2404,
    Ubuntu2604,
    /// The user's own image and own bootstrap.
    Custom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Arch {
    #[serde(rename = "x86_64")]
    X86_64,
    #[serde(rename = "arm64")]
    Arm64,
}

impl Arch {
    /// The name that EC2, SSM paths and the spec use.
    pub fn as_str(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Arm64 => "arm64",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    Standard,
    Nvidia,
    Neuron,
    /// Bottlerocket with FIPS 140-3 cryptography.
    Fips,
    NvidiaFips,
    /// Ubuntu Pro.
    Pro,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpFamily {
    Ipv4,
    Ipv6,
}

/// What EKS starts where neither the launch template nor the node group names an instance type (CreateNodegroup).
pub const DEFAULT_INSTANCE_TYPE: &str = "t3.medium";

/// A Kubernetes minor version, such as `1.34`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesVersion {
    pub major: u16,
    pub minor: u16,
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text that is no Kubernetes minor version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMinor;

impl fmt::Display for NotAMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a Kubernetes minor version such as 1.34")
    }
}

impl std::error::Error for NotAMinor {}

/// Strict: two numbers and a dot, as [`KubernetesVersion`] prints itself, so that no two texts are one version.
impl FromStr for KubernetesVersion {
    type Err = NotAMinor;

    fn from_str(text: &str) -> Result<Self, NotAMinor> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let shortest = part == "0" || !part.starts_with('0');
            (digits && shortest).then(|| part.parse().ok()).flatten()
        };
        let (major, minor) = text.split_once('.').ok_or(NotAMinor)?;
        let (major, minor) = number(major).zip(number(minor)).ok_or(NotAMinor)?;
        Ok(Self { major, minor })
    }
}
