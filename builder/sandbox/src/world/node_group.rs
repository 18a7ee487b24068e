//! A managed node group, what was done to it, and what is being done to it just now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeGroup {
    pub name: String,
    pub cluster: String,
    pub arn: String,
    /// CREATING ACTIVE UPDATING DELETING CREATE_FAILED DELETE_FAILED DEGRADED
    pub status: String,
    pub capacity_type: String,
    pub ami_type: String,
    pub version: String,
    /// for a group on an image of its own (CUSTOM): the image id, as EKS shows it
    pub release_version: String,
    pub instance_types: Vec<String>,
    pub disk_size: Option<i64>,
    pub subnets: Vec<String>,
    pub node_role: String,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub min: i64,
    pub max: i64,
    pub desired: i64,
    pub max_unavailable: Option<i64>,
    pub max_unavailable_percentage: Option<i64>,
    /// DEFAULT or MINIMAL
    pub update_strategy: String,
    /// (id, name, version) of the user's launch template
    pub launch_template: Option<(String, String, i64)>,
    pub auto_scaling_group: Option<String>,
    pub health: Vec<HealthIssue>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub tags: BTreeMap<String, String>,
    /// newest last
    pub updates: Vec<Update>,
    /// What is being done to the group just now.
    #[serde(default)]
    pub change: Option<Change>,
}

/// A change of a node group that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    Create(Target),
    Roll(Roll),
    Config(Box<Settings>),
}

/// What the instances of a node group are launched from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    pub version: String,
    pub release_version: String,
    /// (id, name, version) of the user's launch template
    pub launch_template: Option<(String, String, i64)>,
    /// The launch template data that EKS derives from all of the above, image included.
    pub data: Value,
    /// set where EKS takes the request and only then finds what is wrong with the template
    pub refused: Option<HealthIssue>,
    /// what the instances boot never reaches the cluster
    pub never_joins: bool,
}

/// A rolling update in the middle of its work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Roll {
    pub update: String,
    pub target: Target,
    pub force: bool,
    /// instances of the former version that are still there
    pub old: Vec<String>,
    /// how many were drained and terminated
    pub replaced: i64,
    /// the version of EKS's own launch template that the group came from
    pub from_version: i64,
}

/// The settings that UpdateNodegroupConfig leaves a group with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub min: i64,
    pub max: i64,
    pub desired: i64,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub max_unavailable: Option<i64>,
    pub max_unavailable_percentage: Option<i64>,
    pub update_strategy: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taint {
    pub key: String,
    pub value: Option<String>,
    /// NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE
    pub effect: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthIssue {
    pub code: String,
    pub message: String,
    pub resource_ids: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Update {
    pub id: String,
    /// InProgress, Successful, Failed, Cancelled
    pub status: String,
    /// VersionUpdate, ConfigUpdate
    pub kind: String,
    /// (type, value), in the order EKS shows them
    pub params: Vec<(String, String)>,
    pub created_at: Timestamp,
    pub errors: Vec<HealthIssue>,
}
