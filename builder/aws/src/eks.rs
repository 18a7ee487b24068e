//! EKS verbs that read: clusters, node groups, updates.

use std::collections::BTreeMap;

use aws_sdk_eks::types;
use nodemint_core::observed::{
    GroupTemplate, HealthIssue, ObservedCluster, ObservedGroup, ObservedUpdate,
};
use nodemint_core::spec::{
    MaxUnavailable, Scaling, Taint, TaintEffect, UpdateSettings, UpdateStrategy,
};
use nodemint_engine::ports::CloudError;

use crate::convert::timestamp;
use crate::ec2::absent;
use crate::errors::Call;
use crate::region::AwsCloud;

pub(crate) async fn cluster(
    cloud: &AwsCloud,
    name: &str,
) -> Result<Option<ObservedCluster>, CloudError> {
    let call = cloud.read("EKS", "DescribeCluster");
    let answer = match cloud.eks.describe_cluster().name(name).send().await {
        Ok(answer) => answer,
        Err(error) => return absent(call.failed(error)),
    };
    let cluster = call.required(answer.cluster, "cluster")?;
    let network = cluster.kubernetes_network_config;
    let family = network
        .as_ref()
        .and_then(|network| network.ip_family.as_ref());
    Ok(Some(ObservedCluster {
        name: call.required(cluster.name, "name")?,
        arn: call.required(cluster.arn, "arn")?,
        status: call.required(cluster.status, "status")?.as_str().to_owned(),
        version: call.required(cluster.version, "version")?,
        endpoint: cluster.endpoint,
        certificate_authority: cluster
            .certificate_authority
            .and_then(|certificate| certificate.data),
        // Clusters from before IPv6 support do not say; they are IPv4 (EKS API, KubernetesNetworkConfigResponse).
        ip_family: family.map_or("ipv4", types::IpFamily::as_str).to_owned(),
        service_cidr_v4: network
            .as_ref()
            .and_then(|network| network.service_ipv4_cidr.clone()),
        service_cidr_v6: network.and_then(|network| network.service_ipv6_cidr),
        security_group_id: cluster
            .resources_vpc_config
            .and_then(|config| config.cluster_security_group_id),
    }))
}

pub(crate) async fn cluster_names(cloud: &AwsCloud) -> Result<Vec<String>, CloudError> {
    let call = cloud.read("EKS", "ListClusters");
    let mut pages = cloud.eks.list_clusters().into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        names.push(name.map_err(|error| call.failed(error))?);
    }
    names.sort();
    Ok(names)
}

pub(crate) async fn node_group_names(
    cloud: &AwsCloud,
    cluster: &str,
) -> Result<Vec<String>, CloudError> {
    let call = cloud.read("EKS", "ListNodegroups");
    let mut pages = cloud
        .eks
        .list_nodegroups()
        .cluster_name(cluster)
        .into_paginator()
        .items()
        .send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        names.push(name.map_err(|error| call.failed(error))?);
    }
    Ok(names)
}

pub(crate) async fn node_group(
    cloud: &AwsCloud,
    cluster: &str,
    name: &str,
) -> Result<Option<ObservedGroup>, CloudError> {
    let call = cloud.read("EKS", "DescribeNodegroup");
    let request = cloud
        .eks
        .describe_nodegroup()
        .cluster_name(cluster)
        .nodegroup_name(name);
    match request.send().await {
        Ok(answer) => read_group(&call, call.required(answer.nodegroup, "nodegroup")?).map(Some),
        Err(error) => absent(call.failed(error)),
    }
}

fn read_group(call: &Call, group: types::Nodegroup) -> Result<ObservedGroup, CloudError> {
    let taints = group.taints.unwrap_or_default();
    Ok(ObservedGroup {
        name: call.required(group.nodegroup_name, "nodegroupName")?,
        cluster: call.required(group.cluster_name, "clusterName")?,
        arn: call.required(group.nodegroup_arn, "nodegroupArn")?,
        status: call.required(group.status, "status")?.as_str().to_owned(),
        version: group.version,
        release_version: group.release_version,
        ami_type: group.ami_type.map(|it| it.as_str().to_owned()),
        launch_template: group.launch_template.map(read_template),
        capacity_type: group.capacity_type.map(|it| it.as_str().to_owned()),
        instance_types: group.instance_types.unwrap_or_default(),
        subnets: group.subnets.unwrap_or_default(),
        node_role: group.node_role,
        labels: group.labels.unwrap_or_default().into_iter().collect(),
        taints: taints
            .into_iter()
            .map(|taint| read_taint(call, taint))
            .collect::<Result<_, _>>()?,
        scaling: group
            .scaling_config
            .map(|it| read_scaling(call, it))
            .transpose()?,
        update_settings: group
            .update_config
            .map(|it| read_update_settings(call, it))
            .transpose()?,
        tags: group.tags.unwrap_or_default().into_iter().collect(),
        health: group.health.map(read_health).unwrap_or_default(),
        created_at: timestamp(group.created_at.as_ref()),
        modified_at: timestamp(group.modified_at.as_ref()),
        last_update: None,
    })
}

fn read_template(it: types::LaunchTemplateSpecification) -> GroupTemplate {
    GroupTemplate {
        id: it.id,
        name: it.name,
        version: it.version,
    }
}

fn read_health(health: types::NodegroupHealth) -> Vec<HealthIssue> {
    let issue = |issue: types::Issue| HealthIssue {
        code: issue
            .code
            .map(|code| code.as_str().to_owned())
            .unwrap_or_default(),
        message: issue.message.unwrap_or_default(),
        resource_ids: issue.resource_ids.unwrap_or_default(),
    };
    health
        .issues
        .unwrap_or_default()
        .into_iter()
        .map(issue)
        .collect()
}

fn read_taint(call: &Call, taint: types::Taint) -> Result<Taint, CloudError> {
    let effect = match call.required(taint.effect, "taint effect")? {
        types::TaintEffect::NoSchedule => TaintEffect::NoSchedule,
        types::TaintEffect::PreferNoSchedule => TaintEffect::PreferNoSchedule,
        types::TaintEffect::NoExecute => TaintEffect::NoExecute,
        other => return Err(call.unexpected(format!("unknown taint effect {:?}", other.as_str()))),
    };
    Ok(Taint {
        key: call.required(taint.key, "taint key")?,
        value: taint.value,
        effect,
    })
}

fn read_scaling(
    call: &Call,
    scaling: types::NodegroupScalingConfig,
) -> Result<Scaling, CloudError> {
    Ok(Scaling {
        min: call.required(scaling.min_size, "minSize")?,
        max: call.required(scaling.max_size, "maxSize")?,
        desired: call.required(scaling.desired_size, "desiredSize")?,
    })
}

fn read_update_settings(
    call: &Call,
    it: types::NodegroupUpdateConfig,
) -> Result<UpdateSettings, CloudError> {
    let strategy = match it.update_strategy {
        None | Some(types::NodegroupUpdateStrategies::Default) => UpdateStrategy::Default,
        Some(types::NodegroupUpdateStrategies::Minimal) => UpdateStrategy::Minimal,
        Some(other) => {
            return Err(call.unexpected(format!("unknown update strategy {:?}", other.as_str())));
        }
    };
    let max_unavailable = match (it.max_unavailable, it.max_unavailable_percentage) {
        (_, Some(percentage)) => MaxUnavailable::Percentage(percentage),
        // "The default number is 1" (EKS API, NodegroupUpdateConfig).
        (count, None) => MaxUnavailable::Count(count.unwrap_or(1)),
    };
    // `force` belongs to an update and is not kept with the group.
    Ok(UpdateSettings {
        max_unavailable,
        strategy,
        force: false,
    })
}

pub(crate) async fn update_ids(
    cloud: &AwsCloud,
    cluster: &str,
    group: &str,
) -> Result<Vec<String>, CloudError> {
    let call = cloud.read("EKS", "ListUpdates");
    let mut pages = cloud
        .eks
        .list_updates()
        .name(cluster)
        .nodegroup_name(group)
        .into_paginator()
        .items()
        .send();
    let mut ids = Vec::new();
    while let Some(id) = pages.next().await {
        ids.push(id.map_err(|error| call.failed(error))?);
    }
    Ok(ids)
}

pub(crate) async fn update(
    cloud: &AwsCloud,
    cluster: &str,
    group: &str,
    id: &str,
) -> Result<ObservedUpdate, CloudError> {
    let call = cloud.read("EKS", "DescribeUpdate");
    let request = cloud
        .eks
        .describe_update()
        .name(cluster)
        .nodegroup_name(group)
        .update_id(id);
    let answer = request.send().await.map_err(|error| call.failed(error))?;
    read_update(&call, call.required(answer.update, "update")?)
}

fn read_update(call: &Call, update: types::Update) -> Result<ObservedUpdate, CloudError> {
    let params: BTreeMap<String, String> = update
        .params
        .unwrap_or_default()
        .into_iter()
        .filter_map(|param| {
            Some((
                param.r#type?.as_str().to_owned(),
                param.value.unwrap_or_default(),
            ))
        })
        .collect();
    let error = |error: types::ErrorDetail| HealthIssue {
        code: error
            .error_code
            .map(|code| code.as_str().to_owned())
            .unwrap_or_default(),
        message: error.error_message.unwrap_or_default(),
        resource_ids: error.resource_ids.unwrap_or_default(),
    };
    Ok(ObservedUpdate {
        id: call.required(update.id, "id")?,
        kind: call.required(update.r#type, "type")?.as_str().to_owned(),
        status: call.required(update.status, "status")?.as_str().to_owned(),
        params,
        created_at: timestamp(update.created_at.as_ref()),
        errors: update
            .errors
            .unwrap_or_default()
            .into_iter()
            .map(error)
            .collect(),
    })
}
