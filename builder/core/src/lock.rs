//! The lock (`nodemint.lock`): which image exactly, and the facts of each cluster that user data needs.
//!
//! `resolve` alone writes it; `render`, `plan` and `apply` read it and never look an image up. It is YAML,
//! sorted, and holds no time that changes by itself. A checksum over its content tells a file that was
//! cut short, edited by hand or merged badly from a good one.

mod file;

pub use file::{LockError, parse, to_yaml};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::spec::{AmiSource, Arch, FamilyName, IpFamily, Variant};

/// The schema of the lock file that this version writes and reads.
pub const SCHEMA: u32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    /// by cluster name
    pub clusters: BTreeMap<String, LockedCluster>,
    /// launch template → cluster → its image
    pub launch_templates: BTreeMap<String, BTreeMap<String, LockedImage>>,
}

/// What DescribeCluster (or the spec) says of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedCluster {
    pub region: String,
    /// Kubernetes minor, `1.34`
    pub version: String,
    pub endpoint: String,
    /// base64, as EKS gives it
    pub certificate_authority: String,
    pub service_cidr: String,
    pub ip_family: IpFamily,
    /// the cluster security group, which every node needs to be in
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_group_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedImage {
    /// What was asked for; when the spec asks for something else, the entry no longer counts.
    pub request: ImageRequest,
    pub image_id: String,
    pub name: String,
    /// `1.34.2-20260915`; none for images that are not EKS's own
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    pub architecture: Arch,
    pub root_device: String,
    /// GiB of the root volume in the image
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_volume_size: Option<i32>,
    pub owner: String,
    pub created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Timestamp>,
    /// where the id was found: the SSM parameter's name, or `spec`
    pub found_in: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageRequest {
    pub region: String,
    pub family: FamilyName,
    pub arch: Arch,
    pub variant: Variant,
    pub kubernetes_version: String,
    pub source: AmiSource,
}
