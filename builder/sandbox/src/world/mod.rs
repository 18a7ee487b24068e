//! What exists in the embedded AWS: plain data, per account and region, saved as one JSON document.
//!
//! Time is virtual: nothing here reads a clock. [`World::now`] moves only by `World::advance_to`, which
//! runs the [`Scheduled`] events that fall due on the way, in order.

mod clock;
mod find;
mod ids;
mod instance_types;
mod node_group;
mod persist;
mod roles;
mod view;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use instance_types::{Accelerator, AcceleratorKind, InstanceType, Network, Offered};
pub use node_group::{Change, HealthIssue, NodeGroup, Roll, Settings, Taint, Target, Update};
pub use persist::{SCHEMA, WorldError};
pub use roles::Role;
pub use view::View;

use crate::public::Public;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// The version of this document's schema.
    pub schema: u32,
    pub now: Timestamp,
    /// The seed that every id and every random choice comes from.
    pub seed: u64,
    /// How many random values were drawn so far; with `seed` it is the whole state of the generator.
    pub drawn: u64,
    /// The account of callers who name no other.
    pub main_account: Option<String>,
    /// what there is of instance types anywhere, by name
    pub instance_types: BTreeMap<String, InstanceType>,
    /// account id → name → an IAM role that can be assumed
    pub roles: BTreeMap<String, BTreeMap<String, Role>>,
    /// account id → region → what is there.
    pub accounts: BTreeMap<String, BTreeMap<String, Region>>,
    /// What is published for every account.
    pub public: Public,
    /// What will happen, ordered by time, then by the order it was scheduled in.
    pub agenda: Vec<Scheduled>,
    pub next_sequence: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// by id (`lt-…`)
    pub launch_templates: BTreeMap<String, LaunchTemplate>,
    /// the account's own, and what the seed puts beside the public ones
    pub images: BTreeMap<String, Image>,
    /// in the order of their ids: the first is `-az1`
    pub zones: Vec<String>,
    pub vpcs: BTreeMap<String, Vpc>,
    pub subnets: BTreeMap<String, Subnet>,
    pub security_groups: BTreeMap<String, SecurityGroup>,
    pub key_pairs: BTreeMap<String, BTreeMap<String, String>>,
    pub instances: BTreeMap<String, Instance>,
    pub auto_scaling_groups: BTreeMap<String, AutoScalingGroup>,
    /// the account's own SSM parameters by name, and what the seed puts beside the public ones
    pub parameters: BTreeMap<String, Parameter>,
    pub clusters: BTreeMap<String, Cluster>,
    /// by cluster name, then node group name
    pub node_groups: BTreeMap<String, BTreeMap<String, NodeGroup>>,
    /// client token → (digest of the request, the answer's id), per operation: `Operation/token`
    pub client_tokens: BTreeMap<String, ClientToken>,
    /// What is to go wrong, in the order of the seed; used up from the front.
    #[serde(default)]
    pub failures: Vec<ScriptedFailure>,
    #[serde(default)]
    pub quotas: Quotas,
}

/// What EC2 allows at most. Accounts may have other quotas than the documented ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Quotas {
    /// in the region
    pub launch_templates: usize,
    /// of one launch template
    pub launch_template_versions: usize,
}

impl Default for Quotas {
    /// Amazon EC2 user guide, launch template restrictions.
    fn default() -> Self {
        Self {
            launch_templates: 5_000,
            launch_template_versions: 10_000,
        }
    }
}

/// Something that goes wrong because the seed says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptedFailure {
    pub cluster: String,
    pub node_group: String,
    pub on: FailureMoment,
    /// an error code of EKS's model: `PodEvictionFailure`, `NodeCreationFailure`, …
    pub code: String,
    pub message: Option<String>,
    /// nodes that are replaced before it strikes; only for a drain
    pub after_nodes: i64,
    /// how often it strikes; it is gone at zero
    pub times: i64,
}

/// When a [`ScriptedFailure`] strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FailureMoment {
    /// the first nodes of a new group do not join
    Create,
    /// the new nodes of an update do not join
    Join,
    /// an old node cannot be drained; an update with `force` is spared
    Drain,
    /// the group's nodes go, and something of it stays: DELETE_FAILED
    Delete,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientToken {
    pub request_digest: String,
    pub answer: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    pub id: String,
    pub name: String,
    pub created_at: Timestamp,
    pub created_by: String,
    pub default_version: i64,
    pub latest_version: i64,
    pub tags: BTreeMap<String, String>,
    pub versions: BTreeMap<i64, LaunchTemplateVersion>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchTemplateVersion {
    pub number: i64,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub created_by: String,
    /// RequestLaunchTemplateData in the API's member names.
    pub data: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    pub id: String,
    pub name: String,
    pub owner: String,
    pub owner_alias: Option<String>,
    pub description: String,
    pub architecture: String,
    pub state: String,
    pub root_device_name: String,
    /// root volume first: device name, GiB
    pub block_devices: Vec<(String, i64)>,
    pub boot_mode: Option<String>,
    pub platform: Option<String>,
    /// hvm or paravirtual
    pub virtualization: String,
    pub public: bool,
    /// accounts that may launch it although it is private
    pub shared_with: Vec<String>,
    pub created_at: Timestamp,
    pub deprecation_time: Option<Timestamp>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    pub id: String,
    pub cidr: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    pub zone: String,
    pub cidr: String,
    pub available_ips: i64,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub vpc: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: String,
    pub image: String,
    pub instance_type: String,
    /// pending, running, shutting-down, terminated
    pub state: String,
    pub subnet: String,
    pub zone: String,
    pub private_ip: String,
    pub launched_at: Timestamp,
    pub terminated_at: Option<Timestamp>,
    pub auto_scaling_group: Option<String>,
    /// (EKS's own launch template, its version) that the instance was launched from
    pub launch_template: Option<(String, i64)>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AutoScalingGroup {
    pub name: String,
    pub min: i64,
    pub max: i64,
    pub desired: i64,
    pub zones: Vec<String>,
    pub subnets: Vec<String>,
    /// the launch template that EKS made for the group, and its current version
    pub launch_template: (String, i64),
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub kind: String,
    /// oldest first; the number is the position + 1
    pub versions: Vec<ParameterVersion>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterVersion {
    pub value: String,
    pub modified_at: Timestamp,
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    pub name: String,
    pub arn: String,
    /// Kubernetes minor, `1.34`
    pub version: String,
    pub platform_version: String,
    /// CREATING, ACTIVE, UPDATING, DELETING, FAILED
    pub status: String,
    pub endpoint: String,
    pub certificate_authority: String,
    pub role_arn: String,
    pub vpc: String,
    pub subnets: Vec<String>,
    pub cluster_security_group: String,
    pub security_groups: Vec<String>,
    /// ipv4 or ipv6
    pub ip_family: String,
    pub service_cidr: String,
    pub endpoint_private: bool,
    pub endpoint_public: bool,
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

/// Something that will happen at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheduled {
    pub at: Timestamp,
    pub sequence: u64,
    pub account: String,
    pub region: String,
    pub event: Event,
}

/// What can happen by itself. A node group's changes are a small program: each event does its step and
/// schedules the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// an instance goes from pending to running
    InstanceRunning { instance: String },
    /// an instance goes from shutting-down to terminated
    InstanceTerminated { instance: String },
    /// a terminated instance is no longer shown
    InstanceForgotten { instance: String },
    /// the next step of a node group's creation, update or deletion
    NodeGroupStep {
        cluster: String,
        node_group: String,
        step: NodeGroupStep,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NodeGroupStep {
    CreateLaunch,
    CreateDone,
    CreateFail {
        issue: HealthIssue,
    },
    UpdateSetup {
        update: String,
    },
    UpdateScaleUp {
        update: String,
    },
    /// drain the next old node or nodes (max unavailable)
    UpdateDrain {
        update: String,
    },
    /// terminate what was drained
    UpdateTerminate {
        update: String,
        instances: Vec<String>,
    },
    /// the Auto Scaling group launches what is missing
    UpdateReplace {
        update: String,
    },
    UpdateScaleDown {
        update: String,
    },
    UpdateDone {
        update: String,
    },
    /// the update gives up: the group goes back to what it ran before
    UpdateFail {
        update: String,
        issue: HealthIssue,
    },
    ConfigDone {
        update: String,
    },
    DeleteDone,
}
