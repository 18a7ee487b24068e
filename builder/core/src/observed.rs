//! What is: the part of AWS that a plan looks at, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::launch_template::Data;
use crate::site::{Access, Site};
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
    /// by the credentials that reach it
    pub accounts: BTreeMap<Access, String>,
    /// by cluster name; absent: EKS knows no such cluster
    pub clusters: BTreeMap<String, ObservedCluster>,
    /// site → launch-template name; absent: EC2 knows no such template
    pub templates: BTreeMap<Site, BTreeMap<String, ObservedTemplate>>,
    /// cluster → node group name; absent: EKS knows no such group
    pub groups: BTreeMap<String, BTreeMap<String, ObservedGroup>>,
    /// cluster → its other node groups, where they were asked for
    pub strays: BTreeMap<String, Vec<ObservedGroup>>,
    /// site → subnets of the groups, those that the spec names for new groups included, by id
    pub subnets: BTreeMap<Site, BTreeMap<String, Subnet>>,
    /// sites whose subnets could not be read: that one is missing says nothing there
    pub subnets_unread: BTreeSet<Site>,
    /// site → images that the fleet is to run or runs, by id; absent: EC2 shows no such
    /// image, and where the site is absent nobody asked
    pub images: BTreeMap<Site, BTreeMap<String, Image>>,
    /// sites whose images could not be read: that one is missing says nothing there
    pub images_unread: BTreeSet<Site>,
    /// site → instance types that the fleet is to run, by name; absent: EC2 has no such
    /// type there, and where the site is absent nobody asked
    pub instance_types: BTreeMap<Site, BTreeMap<String, InstanceType>>,
    /// site → instance type → the zones that it is offered in
    pub offerings: BTreeMap<Site, BTreeMap<String, BTreeSet<String>>>,
    /// sites whose instance types could not be read
    pub instance_types_unread: BTreeSet<Site>,
    /// What could not be read, and what that means for the plan.
    pub gaps: Vec<String>,
}

impl Observed {
    pub fn template(&self, site: &Site, name: &str) -> Option<&ObservedTemplate> {
        self.templates.get(site)?.get(name)
    }

    pub fn subnet(&self, site: &Site, id: &str) -> Option<&Subnet> {
        self.subnets.get(site)?.get(id)
    }

    pub fn group(&self, cluster: &str, name: &str) -> Option<&ObservedGroup> {
        self.groups.get(cluster)?.get(name)
    }
}

/// An image, as DescribeImages shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    pub id: String,
    pub name: String,
    /// the account that it belongs to
    pub owner: String,
    /// `amazon`, `aws-marketplace`…; none: an account without a name at EC2
    pub owner_alias: Option<String>,
    /// `available`, `pending`…
    pub state: String,
    /// `x86_64`, `arm64`, or what else EC2 has
    pub architecture: String,
    /// `hvm` or `paravirtual`
    pub virtualization: String,
    /// `legacy-bios`, `uefi` or `uefi-preferred`; none: what the instance type starts with by itself
    pub boot_mode: Option<String>,
    pub root_device: Option<String>,
    /// `ebs` or `instance-store`
    pub root_device_type: Option<String>,
    /// GiB of the root volume
    pub root_volume_size: Option<i32>,
    pub created: Option<Timestamp>,
    pub deprecated: Option<Timestamp>,
}

/// An instance type, as DescribeInstanceTypes shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceType {
    pub name: String,
    /// `x86_64`, `arm64`, `i386`…
    pub architectures: Vec<String>,
    /// `hvm`, `paravirtual`
    pub virtualizations: Vec<String>,
    /// `legacy-bios`, `uefi`
    pub boot_modes: Vec<String>,
    /// of its GPUs: `NVIDIA`, `AMD`…
    pub gpu_manufacturers: Vec<String>,
    /// Inferentia or Trainium
    pub neuron: bool,
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
