//! EKS: clusters, node groups, their updates and tags.
//!
//! Where an error's text was seen in the wild it is given as it was; a text that nobody has reported is
//! written after AWS's manner and marked "not attested". Clients should go by the type.

mod ami_types;
mod config;
mod create;
mod create_rules;
mod delete;
mod error;
mod labels;
mod listing;
mod merge;
mod read;
mod scaling;
mod show;
mod tags;
mod target;
mod template;
mod tokens;
mod user_data;
mod version;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::world::{Cluster, NodeGroup, World};
use crate::{Answer, Call};
use error::{EksError, Subject};

type Outcome = Result<Value, EksError>;

/// Answers an EKS call.
pub fn handle(world: &mut World, call: &Call<'_>) -> Answer {
    let operation: fn(&mut World, &Call<'_>) -> Outcome = match call.operation {
        "DescribeCluster" => read::describe_cluster,
        "ListClusters" => read::list_clusters,
        "CreateNodegroup" => create::create_nodegroup,
        "DescribeNodegroup" => read::describe_nodegroup,
        "ListNodegroups" => read::list_nodegroups,
        "DeleteNodegroup" => delete::delete_nodegroup,
        "UpdateNodegroupConfig" => config::update_nodegroup_config,
        "UpdateNodegroupVersion" => version::update_nodegroup_version,
        "DescribeUpdate" => read::describe_update,
        "ListUpdates" => read::list_updates,
        "TagResource" => tags::tag_resource,
        "UntagResource" => tags::untag_resource,
        "ListTagsForResource" => tags::list_tags_for_resource,
        _ => unknown_operation,
    };
    operation(world, call).map_err(|error| error.answer(&Subject::of(&call.input)))
}

fn unknown_operation(_world: &mut World, call: &Call<'_>) -> Outcome {
    Err(EksError::BadRequest(format!(
        "{} is not supported by the nodemint sandbox",
        call.operation
    )))
}

/// The input as a handler's own type. The protocol layer has checked it against AWS's model, so what does
/// not fit here is a member that the sandbox does not simulate.
fn input<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, EksError> {
    T::deserialize(&call.input).map_err(|error| {
        EksError::InvalidParameter(format!("not supported by the nodemint sandbox: {error}"))
    })
}

/// Refuses what AWS takes and the sandbox does not simulate.
fn unsupported(members: &[(&str, bool)]) -> Result<(), EksError> {
    match members.iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(EksError::InvalidParameter(format!(
            "{member} is not supported by the nodemint sandbox"
        ))),
        None => Ok(()),
    }
}

fn cluster<'w>(world: &'w World, call: &Call<'_>, name: &str) -> Result<&'w Cluster, EksError> {
    world
        .region(call.account, call.region)
        .and_then(|region| region.clusters.get(name))
        .ok_or_else(|| EksError::NotFound(format!("No cluster found for name: {name}.")))
}

fn node_group<'w>(
    world: &'w World,
    call: &Call<'_>,
    cluster_name: &str,
    name: &str,
) -> Result<&'w NodeGroup, EksError> {
    cluster(world, call, cluster_name)?;
    world
        .region(call.account, call.region)
        .and_then(|region| region.node_group(cluster_name, name))
        .ok_or_else(|| EksError::NotFound(format!("No node group found for name: {name}.")))
}

/// Only an ACTIVE group takes changes (aws/karpenter-provider-aws#133 has the text). That a DEGRADED one takes
/// none is not attested.
fn settled(group: &NodeGroup) -> Result<(), EksError> {
    if group.status == "ACTIVE" {
        return Ok(());
    }
    let text = "Nodegroup cannot be updated as it is currently not in Active State";
    Err(EksError::ResourceInUse(text.to_owned()))
}

#[cfg(test)]
pub(crate) mod kit;
#[cfg(test)]
mod tests;
