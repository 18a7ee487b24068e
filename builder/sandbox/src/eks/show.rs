//! Clusters, node groups and updates as EKS shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Outcome;
use super::error::EksError;
use super::target::without_nulls;
use crate::world::{Cluster, HealthIssue, NodeGroup, Taint, Update};

pub(super) fn node_group_answer(group: &NodeGroup) -> Value {
    json!({ "nodegroup": node_group(group) })
}

/// An update of a group, by its id.
pub(super) fn update_answer(group: &NodeGroup, id: &str) -> Outcome {
    match group.updates.iter().find(|update| update.id == id) {
        Some(update) => Ok(json!({ "update": self::update(update) })),
        None => Err(EksError::NotFound(format!("No update found for ID: {id}"))),
    }
}

fn node_group(group: &NodeGroup) -> Value {
    let template = group.launch_template.as_ref().map(
        |(id, name, version)| json!({ "id": id, "name": name, "version": version.to_string() }),
    );
    let resources = group
        .auto_scaling_group
        .as_ref()
        .map(|name| json!({ "autoScalingGroups": [{ "name": name }] }));
    without_nulls(json!({
        "nodegroupName": group.name,
        "nodegroupArn": group.arn,
        "clusterName": group.cluster,
        "version": group.version,
        "releaseVersion": group.release_version,
        "createdAt": seconds(group.created_at),
        "modifiedAt": seconds(group.modified_at),
        "status": group.status,
        "capacityType": group.capacity_type,
        "scalingConfig": {
            "minSize": group.min, "maxSize": group.max, "desiredSize": group.desired,
        },
        "instanceTypes": (!group.instance_types.is_empty()).then_some(&group.instance_types),
        "subnets": group.subnets,
        "amiType": group.ami_type,
        "nodeRole": group.node_role,
        "labels": group.labels,
        "taints": (!group.taints.is_empty())
            .then(|| group.taints.iter().map(taint).collect::<Vec<_>>()),
        "resources": resources,
        "diskSize": group.disk_size,
        "health": { "issues": group.health.iter().map(issue).collect::<Vec<_>>() },
        "updateConfig": without_nulls(json!({
            "maxUnavailable": group.max_unavailable,
            "maxUnavailablePercentage": group.max_unavailable_percentage,
            "updateStrategy": group.update_strategy,
        })),
        "launchTemplate": template,
        "tags": group.tags,
    }))
}

pub(super) fn taint(taint: &Taint) -> Value {
    without_nulls(json!({ "key": taint.key, "value": taint.value, "effect": taint.effect }))
}

fn issue(issue: &HealthIssue) -> Value {
    json!({ "code": issue.code, "message": issue.message, "resourceIds": issue.resource_ids })
}

fn update(update: &Update) -> Value {
    let params = update
        .params
        .iter()
        .map(|(kind, value)| json!({ "type": kind, "value": value }));
    let errors = update.errors.iter().map(|error| {
        json!({
            "errorCode": error.code,
            "errorMessage": error.message,
            "resourceIds": error.resource_ids,
        })
    });
    json!({
        "id": update.id,
        "status": update.status,
        "type": update.kind,
        "params": params.collect::<Vec<_>>(),
        "createdAt": seconds(update.created_at),
        "errors": errors.collect::<Vec<_>>(),
    })
}

pub(super) fn cluster(cluster: &Cluster, region: &str) -> Value {
    let service_cidr = match cluster.ip_family.as_str() {
        "ipv6" => "serviceIpv6Cidr",
        _ => "serviceIpv4Cidr",
    };
    json!({
        "name": cluster.name,
        "arn": cluster.arn,
        "createdAt": seconds(cluster.created_at),
        "version": cluster.version,
        "platformVersion": cluster.platform_version,
        "status": cluster.status,
        "endpoint": cluster.endpoint,
        "roleArn": cluster.role_arn,
        "certificateAuthority": { "data": cluster.certificate_authority },
        "resourcesVpcConfig": {
            "vpcId": cluster.vpc,
            "subnetIds": cluster.subnets,
            "clusterSecurityGroupId": cluster.cluster_security_group,
            "securityGroupIds": cluster.security_groups,
            "endpointPublicAccess": cluster.endpoint_public,
            "endpointPrivateAccess": cluster.endpoint_private,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": { service_cidr: cluster.service_cidr, "ipFamily": cluster.ip_family },
        "identity": { "oidc": { "issuer": issuer(cluster, region) } },
        "accessConfig": { "authenticationMode": "API" },
        "upgradePolicy": { "supportType": "EXTENDED" },
        "health": { "issues": [] },
        "tags": cluster.tags,
    })
}

/// The issuer has the id that the endpoint begins with.
fn issuer(cluster: &Cluster, region: &str) -> String {
    let host = cluster.endpoint.trim_start_matches("https://");
    let id = host.split('.').next().unwrap_or_default();
    format!("https://oidc.eks.{region}.amazonaws.com/id/{id}")
}

/// EKS gives times as seconds since 1970, with a fraction.
fn seconds(time: Timestamp) -> f64 {
    // exact to the millisecond for some hundred thousand years
    time.as_millisecond() as f64 / 1000.0
}
