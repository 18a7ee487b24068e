//! What is: the part of AWS that a plan looks at, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::launch_template::Data;
use crate::spec::{Scaling, Taint, UpdateSettings};

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account: String,
    pub arn: String,
}

/// Everything that was read for a plan, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    pub account: String,
    /// by cluster name; absent: EKS knows no such cluster
    pub clusters: BTreeMap<String, ObservedCluster>,
    /// region → launch-template name; absent: EC2 knows no such template
    pub templates: BTreeMap<String, BTreeMap<String, ObservedTemplate>>,
    /// cluster → node group name; absent: EKS knows no such group
    pub groups: BTreeMap<String, BTreeMap<String, ObservedGroup>>,
    /// subnets of the groups, those that the spec names for new groups included, by id
    pub subnets: BTreeMap<String, Subnet>,
    /// regions whose subnets could not be read: that one is missing says nothing there
    pub subnets_unread: BTreeSet<String>,
    /// What could not be read, and what that means for the plan.
    pub gaps: Vec<String>,
}

impl Observed {
    pub fn template(&self, region: &str, name: &str) -> Option<&ObservedTemplate> {
        self.templates.get(region)?.get(name)
    }

    pub fn group(&self, cluster: &str, name: &str) -> Option<&ObservedGroup> {
        self.groups.get(cluster)?.get(name)
    }
}

/// A cluster as DescribeCluster shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedCluster {
    pub name: String,
    pub arn: String,
    /// CREATING, ACTIVE, UPDATING…
    pub status: String,
    /// Kubernetes minor, `1.34`
    pub version: String,
    /// absent while a cluster is being created
    pub endpoint: Option<String>,
    pub certificate_authority: Option<String>,
    pub service_cidr_v4: Option<String>,
    pub service_cidr_v6: Option<String>,
    /// `ipv4` or `ipv6`
    pub ip_family: String,
    pub security_group_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedTemplate {
    pub id: String,
    pub name: String,
    pub default_version: i64,
    pub latest_version: i64,
    pub tags: BTreeMap<String, String>,
    /// newest first
    pub versions: Vec<ObservedVersion>,
}

impl ObservedTemplate {
    pub fn version(&self, number: i64) -> Option<&ObservedVersion> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedVersion {
    pub number: i64,
    pub description: Option<String>,
    pub created_at: Option<Timestamp>,
    pub created_by: Option<String>,
    pub data: Data,
    /// The version has fields that [`Data`] cannot hold, so it never equals anything of ours.
    pub unread: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedGroup {
    pub name: String,
    pub cluster: String,
    pub arn: String,
    /// CREATING ACTIVE UPDATING DELETING CREATE_FAILED DELETE_FAILED DEGRADED
    pub status: String,
    /// Kubernetes minor
    pub version: Option<String>,
    /// EKS shows the image id here for a group on an image of its own.
    pub release_version: Option<String>,
    /// `AL2023_x86_64_STANDARD`… or `CUSTOM`
    pub ami_type: Option<String>,
    pub launch_template: Option<GroupTemplate>,
    pub capacity_type: Option<String>,
    pub instance_types: Vec<String>,
    pub subnets: Vec<String>,
    pub node_role: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub scaling: Option<Scaling>,
    pub update_settings: Option<UpdateSettings>,
    pub tags: BTreeMap<String, String>,
    pub health: Vec<HealthIssue>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    /// the update under way, or the last one
    pub last_update: Option<ObservedUpdate>,
}

/// The launch template that a group is on. EKS shows the version as text; a number, as far as known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupTemplate {
    pub id: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
}

impl GroupTemplate {
    /// The version's number; none for `$Latest` or `$Default`.
    pub fn number(&self) -> Option<i64> {
        self.version.as_deref()?.parse().ok()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthIssue {
    pub code: String,
    pub message: String,
    pub resource_ids: Vec<String>,
}

/// An update of a node group, as DescribeUpdate shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedUpdate {
    pub id: String,
    /// VersionUpdate, ConfigUpdate
    pub kind: String,
    /// InProgress, Successful, Failed, Cancelled
    pub status: String,
    /// `LaunchTemplateVersion` → `2` and so on
    pub params: BTreeMap<String, String>,
    pub created_at: Option<Timestamp>,
    pub errors: Vec<HealthIssue>,
}

impl ObservedUpdate {
    pub fn in_progress(&self) -> bool {
        self.status == "InProgress"
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub zone: String,
    pub free_addresses: i32,
}

/// An instance of a node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    pub instance_type: String,
    pub image_id: String,
    pub zone: String,
    /// pending, running, shutting-down, terminated, stopping, stopped
    pub state: String,
    pub launched_at: Option<Timestamp>,
    /// The version of EKS's own launch template that it was started from, by the tag
    /// `aws:ec2launchtemplate:version` that EC2 sets. It is not the version of the user's template.
    pub template_version: Option<String>,
}
