//! What should be: the launch-template content and the node groups that a spec and its lock ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::launch_template::Data;
use crate::lint::Rule;
use crate::lock::{LockedCluster, LockedImage};
use crate::site::Site;
use crate::spec::{NodeGroup, Taint};

/// Everything that a fleet should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    pub fleet: String,
    /// One a launch template and cluster, in the spec's order.
    pub templates: Vec<DesiredTemplate>,
    /// In the spec's order.
    pub groups: Vec<DesiredGroup>,
    /// by cluster name: the facts that the user data is made from
    pub clusters: BTreeMap<String, LockedCluster>,
    /// What may go wrong on a node: lints of the user data that are no errors.
    pub warnings: Vec<RenderWarning>,
}

/// Worth a look; nothing here keeps the content from being minted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderWarning {
    pub rule: Rule,
    /// The launch template's name.
    pub template: String,
    /// The path in the spec, such as `launchTemplates[0].userData.preBootstrap[0]`.
    pub path: String,
    pub message: String,
    pub hint: String,
}

/// The content that a launch-template version must have for one cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredTemplate {
    pub name: String,
    pub cluster: String,
    pub site: Site,
    pub image: LockedImage,
    pub user_data: RenderedUserData,
    /// The taints that the user data lets nodes register with. None: a bootstrap of the user's own names
    /// some, and which ones is not read.
    pub register_taints: Option<Vec<Taint>>,
    /// Lint rules that the spec allows here: what they find is not told.
    pub allowed: BTreeSet<Rule>,
    /// Complete: user data in base64 and our own hash tag included.
    pub data: Data,
    pub hash: ContentHash,
}

/// User data as rendered, before base64.
#[derive(Clone, PartialEq)]
pub struct RenderedUserData {
    /// The raw bytes as they go out; empty if the template needs none.
    pub bytes: Vec<u8>,
    /// Whether these are gzip.
    pub compressed: bool,
    /// Its parts, in order.
    pub parts: Vec<RenderedPart>,
}

#[derive(Clone, PartialEq)]
pub struct RenderedPart {
    /// Where the part comes from: `preBootstrap[0]`, `bootstrap`…
    pub origin: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl fmt::Debug for RenderedUserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RenderedUserData({} bytes, {} parts)",
            self.bytes.len(),
            self.parts.len()
        )
    }
}

/// A node group as the spec wants it, with what it takes from its template and the lock.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredGroup {
    pub spec: NodeGroup,
    pub site: Site,
    /// The cluster's Kubernetes minor in the lock.
    pub kubernetes_version: String,
    /// Set with `pinnedBy: releaseVersion`: EKS's AMI type and the release that the group should run.
    pub managed_ami: Option<ManagedAmi>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedAmi {
    pub ami_type: String,
    pub release_version: String,
}

/// The hash of launch-template data under a numbered rule. Written `v1:sha256:<64 hex digits>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ContentHash(pub String);

impl ContentHash {
    /// The first 12 hex digits, for people.
    pub fn short(&self) -> &str {
        let hex = self.0.rsplit(':').next().unwrap_or(&self.0);
        hex.get(..12).unwrap_or(hex)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tags, sorted.
pub type Tags = BTreeMap<String, String>;
