//! CreateNodegroup.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::ami_types;
use super::error::EksError;
use super::labels::{self, TaintInput};
use super::merge::Group;
use super::scaling::{self, ScalingInput, UpdateConfigInput};
use super::target::{self, Kind, Parts};
use super::template::{self, Chosen, TemplateInput};
use super::tokens::{self, Token};
use super::{Outcome, cluster, create_rules, input, node_group, show};
use crate::simulate::{CREATE_SETUP, Scene};
use crate::world::{Change, Cluster, NodeGroup, NodeGroupStep, Taint, View, World};
use crate::{Call, partition};

/// What EKS takes where neither the request nor a launch template says anything (EKS API reference,
/// CreateNodegroup).
const DEFAULT_INSTANCE_TYPE: &str = "t3.medium";
const CAPACITY_TYPE: &str = "ON_DEMAND";
const DEFAULT_DISK_SIZE: i64 = 20;
const DEFAULT_WINDOWS_DISK_SIZE: i64 = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateInput {
    pub cluster_name: String,
    pub nodegroup_name: String,
    pub scaling_config: Option<ScalingInput>,
    pub disk_size: Option<i64>,
    pub subnets: Vec<String>,
    #[serde(default)]
    pub instance_types: Vec<String>,
    pub ami_type: Option<String>,
    pub remote_access: Option<Value>,
    pub node_role: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub taints: Vec<TaintInput>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    #[serde(rename = "clientRequestToken")]
    pub _client_request_token: Option<String>,
    pub launch_template: Option<TemplateInput>,
    pub update_config: Option<UpdateConfigInput>,
    pub node_repair_config: Option<Value>,
    pub warm_pool_config: Option<Value>,
    pub capacity_type: Option<String>,
    pub version: Option<String>,
    pub release_version: Option<String>,
}

pub(super) fn create_nodegroup(world: &mut World, call: &Call<'_>) -> Outcome {
    let given: CreateInput = input(call)?;
    let token = Token::of(call);
    if tokens::known(world, call, token.as_ref())?.is_some() {
        let group = node_group(world, call, &given.cluster_name, &given.nodegroup_name)?;
        return Ok(show::node_group_answer(group));
    }
    let cluster = cluster(world, call, &given.cluster_name)?;
    let view = world.view(call.account, call.region);
    let region = view.own;
    create_rules::members(call, region, cluster, &given)?;
    let chosen = given
        .launch_template
        .as_ref()
        .map(|spec| template::choose(region, spec))
        .transpose()?;
    create_rules::with_template(&given, chosen.as_ref())?;
    let group = draft(view, cluster, given, chosen)?;
    let (cluster, name) = (group.cluster.clone(), group.name.clone());
    tokens::remember(world, call, token, &name);
    found(world, call, group);
    Ok(show::node_group_answer(node_group(
        world, call, &cluster, &name,
    )?))
}

/// Gives the group what only the world can give, and lets its creation begin.
fn found(world: &mut World, call: &Call<'_>, mut group: NodeGroup) {
    let resource = format!(
        "nodegroup/{}/{}/{}",
        group.cluster,
        group.name,
        world.uuid()
    );
    group.arn = partition::arn("eks", call.region, call.account, &resource);
    (group.created_at, group.modified_at) = (world.now, world.now);
    let (cluster, name) = (group.cluster.clone(), group.name.clone());
    let groups = world
        .region_mut(call.account, call.region)
        .node_groups
        .entry(cluster.clone());
    groups.or_default().insert(name.clone(), group);
    Scene::new(world, call.account, call.region, &cluster, &name)
        .next(CREATE_SETUP, NodeGroupStep::CreateLaunch);
}

/// The group as the request wants it; [`found`] fills in what the world gives.
fn draft(
    view: View<'_>,
    cluster: &Cluster,
    given: CreateInput,
    chosen: Option<Chosen>,
) -> Result<NodeGroup, EksError> {
    let sizes = scaling::sizes(given.scaling_config.unwrap_or_default(), None)?;
    let taints = labels::taints(&given.taints)?;
    let start = aim(view, cluster, &given, &taints, chosen)?;
    let update = given.update_config.unwrap_or_default();
    let max_unavailable = match update.max_unavailable_percentage {
        Some(_) => None,
        None => Some(update.max_unavailable.unwrap_or(1)),
    };
    let or = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_owned());
    Ok(NodeGroup {
        name: given.nodegroup_name,
        cluster: cluster.name.clone(),
        capacity_type: or(given.capacity_type, CAPACITY_TYPE),
        subnets: given.subnets,
        node_role: given.node_role,
        labels: given.labels,
        taints,
        min: sizes.min,
        max: sizes.max,
        desired: sizes.desired,
        max_unavailable,
        max_unavailable_percentage: update.max_unavailable_percentage,
        update_strategy: or(update.update_strategy, "DEFAULT"),
        tags: given.tags,
        ..start
    })
}

/// A group that says what its nodes are launched from, and nothing else yet.
fn aim(
    view: View<'_>,
    cluster: &Cluster,
    given: &CreateInput,
    taints: &[Taint],
    chosen: Option<Chosen>,
) -> Result<NodeGroup, EksError> {
    let ami_type = match given.ami_type.as_deref() {
        _ if target::image_id(chosen.as_ref()).is_some() => ami_types::CUSTOM,
        given => given.unwrap_or(ami_types::DEFAULT),
    };
    let kind = if target::is_custom(ami_type) {
        Kind::Custom
    } else {
        Kind::Optimized(ami_types::find(ami_type)?, given.release_version.as_deref())
    };
    let mut instance_types = given.instance_types.clone();
    let from_template = target::instance_type(chosen.as_ref()).map(str::to_owned);
    if instance_types.is_empty() && from_template.is_none() {
        instance_types.push(DEFAULT_INSTANCE_TYPE.to_owned());
    }
    let own_disk = chosen.is_none();
    let default_size = match &kind {
        Kind::Optimized(ami_type, _) if ami_type.is_windows() => DEFAULT_WINDOWS_DISK_SIZE,
        _ => DEFAULT_DISK_SIZE,
    };
    let disk_size = own_disk.then(|| given.disk_size.unwrap_or(default_size));
    let target = target::assemble(Parts {
        view,
        chosen,
        kind,
        group: Group {
            cluster,
            name: &given.nodegroup_name,
            capacity_type: given.capacity_type.as_deref().unwrap_or(CAPACITY_TYPE),
            labels: &given.labels,
            taints,
            template: None,
        },
        kubernetes: &cluster.version,
        instance_types: &instance_types,
        disk_size,
        late_code: "Ec2LaunchTemplateInvalidConfiguration",
    })?;
    let of_nodes: Vec<&str> = match from_template.as_deref() {
        Some(name) => vec![name],
        None => instance_types.iter().map(String::as_str).collect(),
    };
    create_rules::zones(view, &given.subnets, &of_nodes)?;
    Ok(NodeGroup {
        status: "CREATING".to_owned(),
        ami_type: ami_type.to_owned(),
        version: target.version.clone(),
        release_version: target.release_version.clone(),
        instance_types,
        disk_size,
        launch_template: target.launch_template.clone(),
        change: Some(Change::Create(target)),
        ..NodeGroup::default()
    })
}
