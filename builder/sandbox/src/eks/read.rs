//! The operations that only read.

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::EksError;
use super::target::without_nulls;
use super::{Outcome, cluster, input, listing, node_group, show};
use crate::Call;
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribeClusterInput {
    name: String,
}

pub(super) fn describe_cluster(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: DescribeClusterInput = input(call)?;
    Ok(json!({ "cluster": show::cluster(cluster(world, call, &given.name)?, call.region) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListClustersInput {
    max_results: Option<i64>,
    next_token: Option<String>,
    /// `all` adds clusters that are connected from elsewhere, of which the sandbox has none
    #[serde(rename = "include")]
    _include: Option<Vec<String>>,
}

pub(super) fn list_clusters(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: ListClustersInput = input(call)?;
    let region = world.region(call.account, call.region);
    let names: Vec<String> = region
        .into_iter()
        .flat_map(|region| region.clusters.keys().cloned())
        .collect();
    list(
        "clusters",
        &names,
        given.max_results,
        given.next_token.as_deref(),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeNodegroupInput {
    cluster_name: String,
    nodegroup_name: String,
}

pub(super) fn describe_nodegroup(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: DescribeNodegroupInput = input(call)?;
    let group = node_group(world, call, &given.cluster_name, &given.nodegroup_name)?;
    Ok(show::node_group_answer(group))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListNodegroupsInput {
    cluster_name: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn list_nodegroups(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: ListNodegroupsInput = input(call)?;
    cluster(world, call, &given.cluster_name)?;
    let groups = world
        .region(call.account, call.region)
        .and_then(|region| region.node_groups.get(&given.cluster_name));
    let names: Vec<String> = groups
        .into_iter()
        .flat_map(|groups| groups.keys().cloned())
        .collect();
    list(
        "nodegroups",
        &names,
        given.max_results,
        given.next_token.as_deref(),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeUpdateInput {
    name: String,
    update_id: String,
    nodegroup_name: Option<String>,
    addon_name: Option<String>,
    capability_name: Option<String>,
}

pub(super) fn describe_update(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: DescribeUpdateInput = input(call)?;
    let others = [
        ("addonName", given.addon_name),
        ("capabilityName", given.capability_name),
    ];
    super::unsupported(&others.map(|(member, value)| (member, value.is_some())))?;
    cluster(world, call, &given.name)?;
    match given.nodegroup_name {
        Some(name) => show::update_answer(
            node_group(world, call, &given.name, &name)?,
            &given.update_id,
        ),
        // an update of a node group is only found with the group's name, and clusters have none here
        None => Err(EksError::NotFound(format!(
            "No update found for ID: {}",
            given.update_id
        ))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListUpdatesInput {
    name: String,
    nodegroup_name: Option<String>,
    addon_name: Option<String>,
    capability_name: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

/// The ids come sorted, and so in no order of time: AWS promises none, and clients must not rely on one.
pub(super) fn list_updates(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: ListUpdatesInput = input(call)?;
    let others = [
        ("addonName", given.addon_name),
        ("capabilityName", given.capability_name),
    ];
    super::unsupported(&others.map(|(member, value)| (member, value.is_some())))?;
    cluster(world, call, &given.name)?;
    let mut ids: Vec<String> = match given.nodegroup_name {
        Some(name) => {
            let group = node_group(world, call, &given.name, &name)?;
            group
                .updates
                .iter()
                .map(|update| update.id.clone())
                .collect()
        }
        None => Vec::new(),
    };
    ids.sort();
    list(
        "updateIds",
        &ids,
        given.max_results,
        given.next_token.as_deref(),
    )
}

fn list(member: &str, names: &[String], max_results: Option<i64>, token: Option<&str>) -> Outcome {
    let (page, next): (Vec<String>, Option<String>) = listing::page(names, max_results, token)?;
    let mut answer: Value = without_nulls(json!({ "nextToken": next }));
    answer[member] = json!(page);
    Ok(answer)
}
