//! EKS verbs that write: create a node group, move it, change its settings, tag it, delete it.

use std::collections::BTreeMap;

use aws_sdk_eks::types;
use nodemint_core::spec::{
    CapacityType, MaxUnavailable, Taint, TaintEffect, UpdateSettings, UpdateStrategy,
};
use nodemint_engine::ports::{CloudError, ConfigUpdate, NewNodeGroup, VersionUpdate};

use crate::region::AwsCloud;

pub(crate) async fn create_node_group(
    cloud: &AwsCloud,
    request: &NewNodeGroup,
) -> Result<(), CloudError> {
    let call = cloud.write("EKS", "CreateNodegroup");
    let scaling = types::NodegroupScalingConfig::builder()
        .min_size(request.scaling.min)
        .max_size(request.scaling.max)
        .desired_size(request.scaling.desired)
        .build();
    // Never a disk size, which EKS refuses beside a launch template, and never a Kubernetes version: a new
    // group takes its cluster's.
    cloud
        .eks
        .create_nodegroup()
        .cluster_name(&request.cluster)
        .nodegroup_name(&request.name)
        .launch_template(template(&request.template_id, request.template_version))
        .node_role(&request.node_role)
        .set_subnets(Some(request.subnets.clone()))
        .set_instance_types(filled(request.instance_types.clone()))
        .capacity_type(capacity_type(request.capacity_type))
        .scaling_config(scaling)
        .set_labels(
            (!request.labels.is_empty()).then(|| request.labels.clone().into_iter().collect()),
        )
        .set_taints(filled(taints(&request.taints)))
        .set_tags((!request.tags.is_empty()).then(|| request.tags.clone().into_iter().collect()))
        .update_config(update_settings(&request.update))
        .set_ami_type(request.ami_type.as_deref().map(Into::into))
        .set_release_version(request.release_version.clone())
        .client_request_token(&request.client_token)
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    Ok(())
}

pub(crate) async fn update_node_group_version(
    cloud: &AwsCloud,
    request: &VersionUpdate,
) -> Result<String, CloudError> {
    let call = cloud.write("EKS", "UpdateNodegroupVersion");
    let answer = cloud
        .eks
        .update_nodegroup_version()
        .cluster_name(&request.cluster)
        .nodegroup_name(&request.group)
        .launch_template(template(&request.template_id, request.template_version))
        .set_version(request.kubernetes_version.clone())
        .set_release_version(request.release_version.clone())
        .force(request.force)
        .client_request_token(&request.client_token)
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    call.required(answer.update.and_then(|update| update.id), "update id")
}

pub(crate) async fn update_node_group_config(
    cloud: &AwsCloud,
    request: &ConfigUpdate,
) -> Result<String, CloudError> {
    let call = cloud.write("EKS", "UpdateNodegroupConfig");
    let answer = cloud
        .eks
        .update_nodegroup_config()
        .cluster_name(&request.cluster)
        .nodegroup_name(&request.group)
        .set_labels(labels_payload(request))
        .set_taints(taints_payload(request))
        .set_scaling_config(scaling_payload(request))
        .set_update_config(request.update.as_ref().map(update_settings))
        .client_request_token(&request.client_token)
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    call.required(answer.update.and_then(|update| update.id), "update id")
}

fn labels_payload(request: &ConfigUpdate) -> Option<types::UpdateLabelsPayload> {
    if request.labels_set.is_empty() && request.labels_removed.is_empty() {
        return None;
    }
    let set = request.labels_set.clone().into_iter().collect();
    Some(
        types::UpdateLabelsPayload::builder()
            .set_add_or_update_labels((!request.labels_set.is_empty()).then_some(set))
            .set_remove_labels(filled(request.labels_removed.clone()))
            .build(),
    )
}

fn taints_payload(request: &ConfigUpdate) -> Option<types::UpdateTaintsPayload> {
    if request.taints_set.is_empty() && request.taints_removed.is_empty() {
        return None;
    }
    let payload = types::UpdateTaintsPayload::builder()
        .set_add_or_update_taints(filled(taints(&request.taints_set)))
        .set_remove_taints(filled(taints(&request.taints_removed)))
        .build();
    Some(payload)
}

/// What is left out stays as it is, the desired size above all: it is the autoscaler's.
fn scaling_payload(request: &ConfigUpdate) -> Option<types::NodegroupScalingConfig> {
    if request.bounds.is_none() && request.desired.is_none() {
        return None;
    }
    Some(
        types::NodegroupScalingConfig::builder()
            .set_min_size(request.bounds.map(|(min, _)| min))
            .set_max_size(request.bounds.map(|(_, max)| max))
            .set_desired_size(request.desired)
            .build(),
    )
}

pub(crate) async fn delete_node_group(
    cloud: &AwsCloud,
    cluster: &str,
    name: &str,
) -> Result<(), CloudError> {
    let call = cloud.write("EKS", "DeleteNodegroup");
    let request = cloud
        .eks
        .delete_nodegroup()
        .cluster_name(cluster)
        .nodegroup_name(name);
    request.send().await.map_err(|error| call.failed(error))?;
    Ok(())
}

pub(crate) async fn tag(
    cloud: &AwsCloud,
    arn: &str,
    set: &BTreeMap<String, String>,
) -> Result<(), CloudError> {
    let call = cloud.write("EKS", "TagResource");
    let tags = set.clone().into_iter().collect();
    let request = cloud
        .eks
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags));
    request.send().await.map_err(|error| call.failed(error))?;
    Ok(())
}

/// By id alone: EKS takes the name or the id, and refuses both. Always with a version, because without
/// one EKS takes the template's default.
fn template(id: &str, version: i64) -> types::LaunchTemplateSpecification {
    types::LaunchTemplateSpecification::builder()
        .id(id)
        .version(version.to_string())
        .build()
}

fn capacity_type(it: CapacityType) -> types::CapacityTypes {
    match it {
        CapacityType::OnDemand => types::CapacityTypes::OnDemand,
        CapacityType::Spot => types::CapacityTypes::Spot,
        CapacityType::CapacityBlock => types::CapacityTypes::CapacityBlock,
    }
}

fn update_settings(it: &UpdateSettings) -> types::NodegroupUpdateConfig {
    let strategy = match it.strategy {
        UpdateStrategy::Default => types::NodegroupUpdateStrategies::Default,
        UpdateStrategy::Minimal => types::NodegroupUpdateStrategies::Minimal,
    };
    let config = types::NodegroupUpdateConfig::builder().update_strategy(strategy);
    match it.max_unavailable {
        MaxUnavailable::Count(count) => config.max_unavailable(count).build(),
        MaxUnavailable::Percentage(percentage) => {
            config.max_unavailable_percentage(percentage).build()
        }
    }
}

fn taints(taints: &[Taint]) -> Vec<types::Taint> {
    taints.iter().map(taint).collect()
}

fn taint(it: &Taint) -> types::Taint {
    let effect = match it.effect {
        TaintEffect::NoSchedule => types::TaintEffect::NoSchedule,
        TaintEffect::PreferNoSchedule => types::TaintEffect::PreferNoSchedule,
        TaintEffect::NoExecute => types::TaintEffect::NoExecute,
    };
    types::Taint::builder()
        .key(&it.key)
        .set_value(it.value.clone())
        .effect(effect)
        .build()
}

fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}
