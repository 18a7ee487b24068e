//! What nodemint asks of AWS, in its own words: one trait of verbs, one error.
//!
//! `builder/aws` implements [`Cloud`] over the SDK. Everything else speaks these types, so that no SDK
//! type, no retry and no pagination shows outside that crate. A [`Cloud`] is bound to one account and
//! region; [`Clouds`] hands out the one for a site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use nodemint_core::ami_source::ImageQuery;
use nodemint_core::launch_template::Data;
use nodemint_core::observed::{
    Identity, Image, Instance, InstanceType, ObservedCluster, ObservedGroup, ObservedTemplate,
    ObservedUpdate, ObservedVersion, Subnet,
};
use nodemint_core::site::Site;
use nodemint_core::spec::{CapacityType, Scaling, Taint, UpdateSettings};
use nodemint_core::uses::AutoScalingGroup;

/// Hands out the client for a site, always the same one for the same site.
#[async_trait]
pub trait Clouds: Send + Sync {
    async fn at(&self, site: &Site) -> Result<Arc<dyn Cloud>, CloudError>;
}

/// One account and region of AWS.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// STS GetCallerIdentity.
    async fn identity(&self) -> Result<Identity, CloudError>;

    /// SSM GetParameters, ten names a call. A name that does not exist is absent from the answer.
    async fn parameters(&self, names: &[String]) -> Result<BTreeMap<String, String>, CloudError>;

    /// EC2 DescribeImages, deprecated ones included. An id that does not exist is absent from the answer.
    async fn images(&self, ids: &[String]) -> Result<BTreeMap<String, Image>, CloudError>;

    /// EC2 DescribeImages by owner, name and tags, all pages, deprecated ones included; only `available` ones.
    async fn find_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError>;

    /// EC2 DescribeInstanceTypes, a hundred names a call. A type that the region does not have is absent.
    async fn instance_types(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, InstanceType>, CloudError>;

    /// EC2 DescribeInstanceTypeOfferings: each type's availability zones, by name. A type that is not
    /// offered at all is absent.
    async fn offered_zones(
        &self,
        types: &[String],
    ) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError>;

    /// EKS DescribeCluster.
    async fn cluster(&self, name: &str) -> Result<Option<ObservedCluster>, CloudError>;

    /// EC2 DescribeLaunchTemplates for one name, then every version, by page.
    async fn launch_template(&self, name: &str) -> Result<Option<ObservedTemplate>, CloudError>;

    /// The same for many names, 200 a DescribeLaunchTemplates. A name that does not exist is absent from the
    /// answer.
    async fn launch_templates(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<String, ObservedTemplate>, CloudError>;

    /// The same, for one id.
    async fn launch_template_by_id(&self, id: &str)
    -> Result<Option<ObservedTemplate>, CloudError>;

    /// EKS ListClusters, all pages: every cluster of the account in the region.
    async fn cluster_names(&self) -> Result<Vec<String>, CloudError>;

    /// EKS ListNodegroups, all pages.
    async fn node_group_names(&self, cluster: &str) -> Result<Vec<String>, CloudError>;

    /// EKS DescribeNodegroup. `update` in the answer is not filled in.
    async fn node_group(
        &self,
        cluster: &str,
        name: &str,
    ) -> Result<Option<ObservedGroup>, CloudError>;

    /// EKS ListUpdates of a node group, newest first as far as EKS orders them.
    async fn update_ids(&self, cluster: &str, group: &str) -> Result<Vec<String>, CloudError>;

    /// EKS DescribeUpdate.
    async fn update(
        &self,
        cluster: &str,
        group: &str,
        id: &str,
    ) -> Result<ObservedUpdate, CloudError>;

    /// EC2 DescribeInstances by the tags that EKS puts on a managed node group's instances; terminated
    /// ones included as long as EC2 shows them.
    async fn group_instances(
        &self,
        cluster: &str,
        group: &str,
    ) -> Result<Vec<Instance>, CloudError>;

    /// Auto Scaling DescribeAutoScalingGroups, all pages: every group of the account in the region.
    async fn auto_scaling_groups(&self) -> Result<Vec<AutoScalingGroup>, CloudError>;

    /// EC2 DescribeInstances by the tag that EC2 puts on what is launched from a template; terminated ones
    /// included as long as EC2 shows them.
    async fn template_instances(&self, template_id: &str) -> Result<Vec<Instance>, CloudError>;

    /// EC2 DescribeSubnets.
    async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, CloudError>;

    /// EC2 CreateLaunchTemplate, with its version 1.
    async fn create_launch_template(
        &self,
        request: &NewLaunchTemplate,
    ) -> Result<Minted, CloudError>;

    /// EC2 CreateLaunchTemplateVersion, from the data alone: SourceVersion is never used.
    async fn create_launch_template_version(
        &self,
        request: &NewVersion,
    ) -> Result<Minted, CloudError>;

    /// EC2 CreateTags, for a launch template itself.
    async fn tag_launch_template(
        &self,
        template_id: &str,
        set: &BTreeMap<String, String>,
    ) -> Result<(), CloudError>;

    /// EC2 DeleteLaunchTemplateVersions, at most [`nodemint_core::prune::MOST_AT_ONCE`] of them: EC2 judges
    /// each for itself.
    async fn delete_launch_template_versions(
        &self,
        template_id: &str,
        versions: &[i64],
    ) -> Result<DeletedVersions, CloudError>;

    /// EKS CreateNodegroup.
    async fn create_node_group(&self, request: &NewNodeGroup) -> Result<(), CloudError>;

    /// EKS UpdateNodegroupVersion; the answer is the update's id.
    async fn update_node_group_version(
        &self,
        request: &VersionUpdate,
    ) -> Result<String, CloudError>;

    /// EKS UpdateNodegroupConfig; the answer is the update's id.
    async fn update_node_group_config(&self, request: &ConfigUpdate) -> Result<String, CloudError>;

    /// EKS DeleteNodegroup, which takes no client token.
    async fn delete_node_group(&self, cluster: &str, name: &str) -> Result<(), CloudError>;

    /// EKS TagResource.
    async fn tag(&self, arn: &str, set: &BTreeMap<String, String>) -> Result<(), CloudError>;
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewLaunchTemplate {
    pub name: String,
    pub description: String,
    pub data: Data,
    pub client_token: String,
    /// tags of the launch template itself
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion {
    pub template_id: String,
    pub description: String,
    pub data: Data,
    pub client_token: String,
}

/// A launch-template version that now exists, and EC2's own warning about it if it gave one.
#[derive(Clone, Debug, PartialEq)]
pub struct Minted {
    pub template_id: String,
    pub version: ObservedVersion,
    pub warning: Option<String>,
}

/// What became of each version that was to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletedVersions {
    pub deleted: Vec<i64>,
    /// It does not exist: somebody else was faster, or an answer was lost.
    pub gone: Vec<i64>,
    /// version → EC2's code and message
    pub refused: BTreeMap<i64, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewNodeGroup {
    pub cluster: String,
    pub name: String,
    pub template_id: String,
    pub template_version: i64,
    pub node_role: String,
    pub subnets: Vec<String>,
    /// empty if the launch template names the type
    pub instance_types: Vec<String>,
    pub capacity_type: CapacityType,
    pub scaling: Scaling,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub tags: BTreeMap<String, String>,
    pub update: UpdateSettings,
    /// Only when the launch template has no image of its own.
    pub ami_type: Option<String>,
    /// Likewise.
    pub release_version: Option<String>,
    pub client_token: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct VersionUpdate {
    pub cluster: String,
    pub group: String,
    pub template_id: String,
    pub template_version: i64,
    /// Kubernetes minor; only when the launch template has no image of its own.
    pub kubernetes_version: Option<String>,
    /// Likewise.
    pub release_version: Option<String>,
    pub force: bool,
    pub client_token: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigUpdate {
    pub cluster: String,
    pub group: String,
    pub labels_set: BTreeMap<String, String>,
    pub labels_removed: Vec<String>,
    pub taints_set: Vec<Taint>,
    pub taints_removed: Vec<Taint>,
    /// (min, max)
    pub bounds: Option<(i32, i32)>,
    /// only if it must follow the bounds
    pub desired: Option<i32>,
    pub update: Option<UpdateSettings>,
    pub client_token: String,
}

/// What went wrong in a call, in the terms that decisions need; AWS's own words whole in `message`.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudError {
    pub service: &'static str,
    pub operation: &'static str,
    pub region: String,
    pub kind: ErrorKind,
    /// AWS's error code, when AWS answered
    pub code: Option<String>,
    pub message: String,
    pub request_id: Option<String>,
    pub effect: Effect,
}

impl std::fmt::Display for CloudError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} in {}: ",
            self.service, self.operation, self.region
        )?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        match self.effect {
            Effect::None => Ok(()),
            Effect::Maybe => f.write_str(" (whether AWS has carried it out is not known)"),
        }
    }
}

impl std::error::Error for CloudError {}

/// The classes of failure that somebody decides by. Codes are sorted into them in one file of
/// `builder/aws`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    NotFound,
    /// a name that is taken
    AlreadyExists,
    /// EKS ResourceInUseException: another update is under way
    InUse,
    /// the same client token with other parameters
    TokenMismatch,
    Throttled,
    /// the request is wrong in itself
    Invalid,
    AccessDenied,
    /// none found, expired, or refused
    Credentials,
    /// no answer: DNS, connection, TLS, time-out
    Network,
    /// a quota or limit
    Limit,
    /// AWS's own failure
    Server,
    /// an answer that cannot be understood
    Unexpected,
}

/// Whether the failed call had an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    None,
    Maybe,
}
