//! The resources that a policy is for: those of a spec, or of any.

use std::collections::{BTreeMap, BTreeSet};

use super::On;
use crate::partition::partition;
use crate::site::Access;
use crate::spec::{AmiSource, Cluster, FleetSpec};

/// A region of an account. What is not known is `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub partition: String,
    pub region: String,
    pub account: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// a pattern of the fleet's name
    pub fleet: String,
    /// place → names of clusters
    pub clusters: BTreeMap<Place, BTreeSet<String>>,
    /// ARNs
    pub node_roles: BTreeSet<String>,
    /// Parameter Store's names of one's own, `*` for what is filled in; or ARNs
    pub parameters: BTreeSet<String>,
    /// ARNs
    pub assumed_roles: BTreeSet<String>,
}

/// Where AWS publishes images; these parameters belong to no account.
const PUBLIC_PARAMETERS: &str = "/aws/service/*";

/// What a launch template's tag specifications tag (EC2 API, LaunchTemplateTagSpecificationRequest).
const TAGGED_AT_LAUNCH: &[&str] = &[
    "instance/*",
    "network-interface/*",
    "spot-instances-request/*",
    "volume/*",
];

/// EKS's role that makes node groups ("Using roles for Amazon EKS node groups").
const SERVICE_LINKED_ROLE: &str =
    "role/aws-service-role/eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup";

impl Scope {
    /// Any fleet of the account.
    pub fn any() -> Self {
        let place = Place {
            partition: "aws".to_owned(),
            region: "*".to_owned(),
            account: "*".to_owned(),
        };
        Self {
            fleet: "*".to_owned(),
            clusters: BTreeMap::from([(place, ["*".to_owned()].into())]),
            node_roles: ["arn:aws:iam::*:role/*".to_owned()].into(),
            parameters: ["*".to_owned()].into(),
            assumed_roles: BTreeSet::new(),
        }
    }

    /// What a spec asks of the credentials `by`.
    pub fn of(spec: &FleetSpec, by: &Access) -> Self {
        let clusters: Vec<&Cluster> = spec.clusters.iter().filter(|it| it.access == *by).collect();
        let names: BTreeSet<&str> = clusters.iter().map(|it| it.name.as_str()).collect();
        let mut places: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
        for cluster in &clusters {
            let place = place(spec, cluster);
            places
                .entry(place)
                .or_default()
                .insert(cluster.name.clone());
        }
        let groups = spec.node_groups.iter();
        let groups = groups.filter(|group| names.contains(group.cluster.as_str()));
        let templates = spec.launch_templates.iter();
        let templates =
            templates.filter(|it| it.clusters.iter().any(|name| names.contains(name.as_str())));
        Self {
            fleet: spec.name.clone(),
            clusters: places,
            node_roles: groups.filter_map(|group| group.node_role.clone()).collect(),
            parameters: templates.filter_map(|it| parameter(&it.ami)).collect(),
            assumed_roles: assumed(spec, by),
        }
    }

    /// Whether there is anything that these credentials are used for.
    pub fn is_empty(&self) -> bool {
        self.clusters.is_empty() && self.assumed_roles.is_empty()
    }

    pub(super) fn resources(&self, on: On) -> BTreeSet<String> {
        match on {
            On::Nothing => BTreeSet::new(),
            On::Everything if self.clusters.is_empty() => BTreeSet::new(),
            On::Everything => ["*".to_owned()].into(),
            On::Clusters => self.of_clusters("cluster", ""),
            On::NodeGroups => self.of_clusters("nodegroup", "/*/*"),
            On::AnyClusters => self.of_places("eks", &["cluster/*"]),
            On::AnyNodeGroups => self.of_places("eks", &["nodegroup/*/*/*"]),
            On::AnyUpdates => self.of_places("eks", &["cluster/*", "nodegroup/*/*/*"]),
            On::Parameters => self.parameters(),
            On::NewLaunchTemplates
            | On::OwnLaunchTemplates
            | On::AdoptedLaunchTemplates
            | On::TagsOfNewLaunchTemplates => self.of_places("ec2", &["launch-template/*"]),
            // An instance is launched from an image, into a subnet, with its volumes: "*" stands for all of
            // them, and the condition for the template.
            On::InstancesOfLaunchTemplates => self.resources(On::Everything),
            On::TagsOfNewInstances => self.of_places("ec2", TAGGED_AT_LAUNCH),
            On::NodeRoles | On::NodeRolesForEks => self.node_roles.clone(),
            On::ServiceLinkedRole | On::ServiceLinkedRoleOfEks => {
                let role = |place: &Place| {
                    let Place {
                        partition, account, ..
                    } = place;
                    format!("arn:{partition}:iam::{account}:{SERVICE_LINKED_ROLE}")
                };
                self.clusters.keys().map(role).collect()
            }
            On::AssumedRoles => self.assumed_roles.clone(),
        }
    }

    fn of_clusters(&self, kind: &str, rest: &str) -> BTreeSet<String> {
        let arns = self.clusters.iter().flat_map(|(place, names)| {
            let prefix = place.arn("eks");
            names
                .iter()
                .map(move |name| format!("{prefix}:{kind}/{name}{rest}"))
        });
        arns.collect()
    }

    fn of_places(&self, service: &str, resources: &[&str]) -> BTreeSet<String> {
        let arns = self.clusters.keys().flat_map(|place| {
            let prefix = place.arn(service);
            resources.iter().map(move |it| format!("{prefix}:{it}"))
        });
        arns.collect()
    }

    /// Public parameters are without an account in their ARN; the `/` at the start of a name is not doubled.
    fn parameters(&self) -> BTreeSet<String> {
        let mut arns = BTreeSet::new();
        for place in self.clusters.keys() {
            let Place {
                partition, region, ..
            } = place;
            arns.insert(format!(
                "arn:{partition}:ssm:{region}::parameter{PUBLIC_PARAMETERS}"
            ));
            for name in &self.parameters {
                arns.insert(match name.strip_prefix('/') {
                    _ if name.starts_with("arn:") => name.clone(),
                    Some(name) => format!("{}:parameter/{name}", place.arn("ssm")),
                    None => format!("{}:parameter/{name}", place.arn("ssm")),
                });
            }
        }
        arns
    }
}

impl Place {
    fn arn(&self, service: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}",
            self.partition, self.region, self.account
        )
    }
}

/// A spec does not name accounts; the role that is assumed for a cluster does, and so do its nodes' roles.
fn place(spec: &FleetSpec, cluster: &Cluster) -> Place {
    let groups = spec.node_groups.iter();
    let groups = groups.filter(|group| group.cluster == cluster.name);
    let roles = cluster.access.assume_role_arn.iter();
    let mut roles = roles.chain(groups.filter_map(|group| group.node_role.as_ref()));
    let account = roles.find_map(|arn| arn.split(':').nth(4)).unwrap_or("*");
    Place {
        partition: partition(&cluster.region)
            .map_or("aws", |it| it.as_str())
            .to_owned(),
        region: cluster.region.clone(),
        account: account.to_owned(),
    }
}

/// The roles that are assumed with these credentials.
fn assumed(spec: &FleetSpec, by: &Access) -> BTreeSet<String> {
    if by.assume_role_arn.is_some() {
        return BTreeSet::new();
    }
    let accesses = spec.clusters.iter().map(|cluster| &cluster.access);
    let accesses = accesses.filter(|access| access.profile == by.profile);
    accesses
        .filter_map(|access| access.assume_role_arn.clone())
        .collect()
}

/// A parameter of one's own, `*` where `{{…}}` is filled in, and without the version after a colon.
fn parameter(source: &AmiSource) -> Option<String> {
    let AmiSource::SsmParameter(name) = source else {
        return None;
    };
    let mut pattern = String::new();
    let mut rest = name.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    pattern.push_str(rest);
    if pattern.starts_with("arn:") {
        return Some(pattern);
    }
    let name = pattern.split(':').next().unwrap_or_default();
    Some(name.to_owned())
}
