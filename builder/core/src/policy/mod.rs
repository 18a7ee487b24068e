//! IAM policy documents: what may be done with which resources, for a fleet or for any.
//!
//! Which permissions there are is not known here: [`Grant`]s come from whoever makes the calls. This is the rule
//! by which a grant becomes a statement, as narrow as IAM can be. Which actions take which resources and condition
//! keys is the Service Authorization Reference's to say ("Actions, resources, and condition keys for Amazon EC2",
//! "… EKS", "… Systems Manager", "… IAM", "… STS"); `ci/tests/test_permissions.py` compares.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::plan::OWNER_TAG;

mod scope;

pub use scope::{Place, Scope};

/// The schema of `nodemint policy --output json`.
pub const SCHEMA: &str = "nodemint.dev/policy/v1";

/// The most characters that IAM takes in a managed policy, white space not counted ("IAM and AWS STS quotas").
pub const MANAGED_POLICY_CHARACTERS: usize = 6_144;
/// The same of all the policies that stand in one role.
pub const INLINE_POLICY_CHARACTERS: usize = 10_240;

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// in IAM's words: `eks:DescribeCluster`
    pub action: &'static str,
    pub access: Access,
    pub on: On,
    pub asked: Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    Read,
    Write,
    /// What deletes, and what makes others' launch templates ours, so that every rule about our own applies to them:
    /// it is kept out of what a pipeline gets.
    All,
}

/// By what call a permission is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// by this operation of nodemint's own: (service, operation)
    By(&'static str, &'static str),
    /// by AWS in the caller's name, on the way; why, and where that is known from
    OnTheWay(&'static str),
}

/// What a permission is for. Each is a statement of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// No permission is needed, and no policy names it.
    Nothing,
    /// IAM knows no narrower resource.
    Everything,
    Clusters,
    NodeGroups,
    /// those of every cluster of the places, in this and the next two: whoever uses a version keeps it
    AnyClusters,
    AnyNodeGroups,
    /// EKS asks for the node group and for the cluster that it is in
    AnyUpdates,
    Parameters,
    /// a launch template that is tagged as ours when it is made
    NewLaunchTemplates,
    /// those that carry our tag
    OwnLaunchTemplates,
    /// others', while they get our tag and no other
    AdoptedLaunchTemplates,
    /// only while a launch template is made
    TagsOfNewLaunchTemplates,
    /// only from a launch template
    InstancesOfLaunchTemplates,
    /// only while instances are launched
    TagsOfNewInstances,
    /// the roles of the nodes
    NodeRoles,
    /// likewise, handed to EKS alone
    NodeRolesForEks,
    /// EKS's own role for node groups
    ServiceLinkedRole,
    /// the same, which EKS makes with an account's first node group
    ServiceLinkedRoleOfEks,
    /// the spec's `assumeRoleArn`
    AssumedRoles,
}

/// What IAM takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    pub version: &'static str,
    pub statement: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    pub sid: &'static str,
    pub effect: &'static str,
    pub action: BTreeSet<&'static str>,
    pub resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>,
}

impl Document {
    /// Its length as IAM counts it.
    pub fn characters(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.chars().filter(|it| !it.is_whitespace()).count()
    }
}

/// The policy for who reads, for who writes too, or for who may do all of it.
pub fn document(grants: &[Grant], access: Access, scope: &Scope) -> Document {
    let mut actions: BTreeMap<On, BTreeSet<&'static str>> = BTreeMap::new();
    for grant in grants.iter().filter(|grant| grant.access <= access) {
        actions.entry(grant.on).or_default().insert(grant.action);
    }
    let statements = actions.into_iter().filter_map(|(on, action)| {
        let resource = scope.resources(on);
        // Nothing to allow: no role to assume, say.
        (!resource.is_empty()).then(|| Statement {
            sid: sid(on),
            effect: "Allow",
            action,
            resource,
            condition: condition(on, scope),
        })
    });
    Document {
        version: "2012-10-17",
        statement: statements.collect(),
    }
}

fn sid(on: On) -> &'static str {
    match on {
        On::Nothing => "Nothing",
        On::Everything => "Look",
        On::Clusters => "Clusters",
        On::NodeGroups => "NodeGroups",
        On::AnyClusters => "ListNodeGroups",
        On::AnyNodeGroups => "LookAtNodeGroups",
        On::AnyUpdates => "LookAtUpdates",
        On::Parameters => "ImageParameters",
        On::NewLaunchTemplates => "NewLaunchTemplates",
        On::OwnLaunchTemplates => "OwnLaunchTemplates",
        On::AdoptedLaunchTemplates => "AdoptLaunchTemplates",
        On::TagsOfNewLaunchTemplates => "TagNewLaunchTemplates",
        On::InstancesOfLaunchTemplates => "LaunchFromTemplates",
        On::TagsOfNewInstances => "TagNewInstances",
        On::NodeRoles => "NodeRoles",
        On::NodeRolesForEks => "PassNodeRoles",
        On::ServiceLinkedRole => "RoleOfNodeGroups",
        On::ServiceLinkedRoleOfEks => "MakeRoleOfNodeGroups",
        On::AssumedRoles => "OtherAccounts",
    }
}

type Condition = BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>;

/// All that must hold besides.
fn condition(on: On, scope: &Scope) -> Condition {
    let one = |operator, key: &str, values: BTreeSet<String>| {
        BTreeMap::from([(operator, BTreeMap::from([(key.to_owned(), values)]))])
    };
    let equals = |key: &str, value: &str| one("StringEquals", key, [value.to_owned()].into());
    // `StringLike`, because the fleet of any spec is `*`.
    let tagged = |prefix: &str| {
        let key = format!("{prefix}/{OWNER_TAG}");
        one("StringLike", &key, [scope.fleet.clone()].into())
    };
    match on {
        On::NewLaunchTemplates => tagged("aws:RequestTag"),
        On::OwnLaunchTemplates => tagged("aws:ResourceTag"),
        On::AdoptedLaunchTemplates => {
            let only = one(
                "ForAllValues:StringEquals",
                "aws:TagKeys",
                [OWNER_TAG.to_owned()].into(),
            );
            tagged("aws:RequestTag").into_iter().chain(only).collect()
        }
        On::TagsOfNewLaunchTemplates => equals("ec2:CreateAction", "CreateLaunchTemplate"),
        On::TagsOfNewInstances => equals("ec2:CreateAction", "RunInstances"),
        On::InstancesOfLaunchTemplates => {
            let templates = scope.resources(On::OwnLaunchTemplates);
            one("ArnLike", "ec2:LaunchTemplate", templates)
        }
        On::NodeRolesForEks => equals("iam:PassedToService", "eks.amazonaws.com"),
        On::ServiceLinkedRoleOfEks => equals("iam:AWSServiceName", "eks-nodegroup.amazonaws.com"),
        On::Nothing
        | On::Everything
        | On::Clusters
        | On::NodeGroups
        | On::AnyClusters
        | On::AnyNodeGroups
        | On::AnyUpdates
        | On::Parameters
        | On::NodeRoles
        | On::ServiceLinkedRole
        | On::AssumedRoles => Condition::new(),
    }
}

#[cfg(test)]
mod tests;
