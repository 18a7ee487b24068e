//! What a node gets after EKS has put its own part beside ours: a preview for people, and never uploaded.
//!
//! EKS does not document what it adds. So each file says of its content what is known and what is inferred, and
//! from what. What EKS alone knows stands as a named placeholder, such as `<MAX-PODS>`.

mod documents;

use std::collections::BTreeMap;

use crate::desired::{Desired, DesiredGroup, DesiredTemplate};
use crate::family::family;
use crate::lint::Reader;
use crate::lock::LockedCluster;
use crate::spec::CapacityType;

use super::bootstrap::tenth_address;
use super::files::folder;

/// What EKS's own part is made from.
struct Eks<'a> {
    cluster: &'a str,
    facts: &'a LockedCluster,
    cluster_dns: String,
    /// EKS's own labels and the group's, as `--node-labels` takes them.
    node_labels: String,
}

/// The previews of the templates that EKS merges, by path beside the other rendered files:
/// `<template>/<cluster>/user-data.merged.mime` (or `.toml`, `.ps1.txt`), for nodeadm `user-data.merged.nodeconfig.yaml`.
pub fn merged_files(desired: &Desired) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for template in desired.templates.iter().filter(|one| is_merged(one)) {
        let Some(facts) = desired.clusters.get(&template.cluster) else {
            continue;
        };
        let groups = groups(desired, template);
        let eks = eks(template, facts, &groups);
        let head = head(template, &groups);
        for (ending, content) in previews(template, &eks, &head) {
            files.insert(
                format!("{}/user-data.merged.{ending}", folder(template)),
                content,
            );
        }
    }
    files
}

/// Whether EKS merges user data with its own: only where it chooses the image.
pub fn is_merged(template: &DesiredTemplate) -> bool {
    template.data.image_id.is_none()
}

fn previews(
    template: &DesiredTemplate,
    eks: &Eks<'_>,
    head: &[String],
) -> Vec<(&'static str, Vec<u8>)> {
    let parts = &template.user_data.parts;
    match family(template.image.request.family).reader() {
        Reader::CloudInit => vec![("mime", documents::al2(parts, eks, head))],
        Reader::Nodeadm => vec![
            ("mime", documents::al2023(parts, eks, head)),
            ("nodeconfig.yaml", documents::node_config(parts, eks, head)),
        ],
        Reader::Bottlerocket => vec![("toml", documents::bottlerocket(parts, eks, head))],
        Reader::Windows => vec![("ps1.txt", documents::windows(parts, eks, head))],
        // EKS merges for its own images alone.
        Reader::Unknown => Vec::new(),
    }
}

/// The groups that run a template, as the spec has them.
fn groups<'a>(desired: &'a Desired, template: &DesiredTemplate) -> Vec<&'a DesiredGroup> {
    let groups = desired.groups.iter();
    let of = |group: &&DesiredGroup| {
        group.spec.launch_template == template.name && group.spec.cluster == template.cluster
    };
    groups.filter(of).collect()
}

fn eks<'a>(
    template: &'a DesiredTemplate,
    facts: &'a LockedCluster,
    groups: &[&DesiredGroup],
) -> Eks<'a> {
    Eks {
        cluster: &template.cluster,
        facts,
        cluster_dns: tenth_address(&facts.service_cidr)
            .unwrap_or_else(|| "<CLUSTER-DNS>".to_owned()),
        node_labels: node_labels(template, groups),
    }
}

/// In the order that reports show (terraform-aws-eks#1770), the group's own behind EKS's.
fn node_labels(template: &DesiredTemplate, groups: &[&DesiredGroup]) -> String {
    let only = match groups {
        [only] => Some(only),
        _ => None,
    };
    let capacity = only.map_or("<CAPACITY-TYPE>", |group| match group.spec.capacity_type {
        CapacityType::OnDemand => "ON_DEMAND",
        CapacityType::Spot => "SPOT",
        CapacityType::CapacityBlock => "CAPACITY_BLOCK",
    });
    let group = only.map_or("<NODE-GROUP>", |group| &group.spec.name);
    let own = [
        ("sourceLaunchTemplateVersion", "<VERSION>"),
        ("nodegroup-image", template.image.image_id.as_str()),
        ("capacityType", capacity),
        ("nodegroup", group),
        ("sourceLaunchTemplateId", "<LAUNCH-TEMPLATE-ID>"),
    ];
    let own = own.map(|(key, value)| format!("eks.amazonaws.com/{key}={value}"));
    let theirs = only.into_iter().flat_map(|group| &group.spec.labels);
    let theirs = theirs.map(|(key, value)| format!("{key}={value}"));
    let labels: Vec<String> = own.into_iter().chain(theirs).collect();
    labels.join(",")
}

/// What stands above every preview.
fn head(template: &DesiredTemplate, groups: &[&DesiredGroup]) -> Vec<String> {
    let names: Vec<&str> = groups
        .iter()
        .map(|group| group.spec.name.as_str())
        .collect();
    let groups = match names.as_slice() {
        [] => "no node group of the spec uses it yet".to_owned(),
        [one] => format!("for node group {one}"),
        many => format!("for each of the node groups {}", many.join(", ")),
    };
    vec![
        "A preview by `nodemint render --merged`: what a node gets after EKS has added its own part.".to_owned(),
        format!("Launch template {} for cluster {}; {groups}. Never uploaded.", template.name, template.cluster),
        "Known: EKS adds its bootstrap where the launch template names no image (EKS user guide).".to_owned(),
        "Inferred: EKS's labels and their order (from terraform-aws-eks#1770). What stands as <...> EKS alone knows.".to_owned(),
    ]
}

#[cfg(test)]
mod tests;
