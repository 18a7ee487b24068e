//! What becomes of a group, before it has names: a launch template that others may share, and a node group.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::spec::{
    Arch, BlockDevice, CapacityType, FamilyName, LocalDisks, PinnedBy, Registry, Taint, Variant,
};

/// Everything of a launch template but its name. Equal ones are one.
#[derive(Clone, PartialEq)]
pub(super) struct Template {
    pub family: FamilyName,
    pub arch: Arch,
    pub variant: Variant,
    pub image: Image,
    pub pinned_by: PinnedBy,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub security_group_ids: Vec<String>,
    pub block_devices: Vec<BlockDevice>,
    pub metadata: Metadata,
    pub instance_name: InstanceName,
    pub tags: BTreeMap<String, String>,
    /// `launchTemplateData`, in EC2's names.
    pub data: BTreeMap<&'static str, Value>,
    pub user_data: UserData,
    /// It stands for a launch template that exists, whose content the file does not tell.
    pub existing: Option<String>,
}

#[derive(Clone, PartialEq)]
pub(super) enum Image {
    Latest,
    Id(String),
    Parameter(String),
}

#[derive(Clone, Copy, PartialEq)]
pub(super) struct Metadata {
    pub tokens_required: bool,
    pub hop_limit: i32,
}

/// The `Name` tag of the instances.
#[derive(Clone, PartialEq)]
pub(super) enum InstanceName {
    Given(String),
    /// eksctl's own: the cluster's and the group's name, after a prefix.
    Own {
        prefix: Option<String>,
    },
}

#[derive(Clone, Default, PartialEq)]
pub(super) struct UserData {
    pub steps: Vec<Step>,
    pub parts: Vec<(&'static str, Script)>,
    pub override_bootstrap: Option<Script>,
    pub max_pods: Option<u32>,
    pub extra_args: BTreeMap<String, String>,
    pub kubelet_config: Map<String, Value>,
    pub node_labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub cluster_dns: Vec<String>,
    pub node_config: Option<Map<String, Value>>,
    pub settings: Map<String, Value>,
    pub local_disks: Option<LocalDisks>,
    pub registries: Vec<Registry>,
}

/// A preBootstrap step.
#[derive(Clone, PartialEq)]
pub(super) enum Step {
    Run(String),
    File(Script),
}

/// A file of user data; its folder is named after the launch template.
#[derive(Clone, PartialEq)]
pub(super) struct Script {
    /// `install-agent`
    pub stem: String,
    /// `sh`
    pub extension: &'static str,
    pub content: String,
}

/// Everything of a node group but its launch template's name.
pub(super) struct NodeGroup {
    pub name: String,
    pub node_role: Option<String>,
    pub subnets: Vec<String>,
    pub instance_types: Vec<String>,
    pub capacity_type: CapacityType,
    pub scaling: Scaling,
    pub release_version: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub tags: BTreeMap<String, String>,
    pub max_unavailable: Option<(&'static str, i64)>,
}

#[derive(Clone, Copy)]
pub(super) struct Scaling {
    pub min: i64,
    pub max: i64,
    pub desired: i64,
}

/// What a person has to look at, by the key of the spec that it is about.
pub(super) type Comments = BTreeMap<&'static str, Vec<String>>;
