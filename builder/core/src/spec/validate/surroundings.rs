//! A launch template against where its nodes run: regions, security groups, instance metadata.

use super::super::read::Report;
use super::super::{AmiSource, Cluster, LaunchTemplate, SpecPath};
use crate::lint::Rule;

pub(super) fn check(
    at: &SpecPath,
    template: &LaunchTemplate,
    clusters: &[&Cluster],
    report: &mut Report<'_>,
) {
    regions(at, template, clusters, report);
    security_groups(at, template, clusters, report);
    metadata_tags(at, template, report);
}

/// AMI ids belong to a region.
fn regions(
    at: &SpecPath,
    template: &LaunchTemplate,
    clusters: &[&Cluster],
    report: &mut Report<'_>,
) {
    let path = at.key("ami").key("id");
    // A cluster without a region is reported as that.
    let mut placed = clusters.iter().filter(|cluster| !cluster.region.is_empty());
    match &template.ami {
        AmiSource::Id(_) => {
            let Some(first) = placed.next() else { return };
            if let Some(other) = placed.find(|cluster| cluster.region != first.region) {
                report.error_hint(
                    &path,
                    format!(
                        "one AMI id for clusters in {} and {}",
                        first.region, other.region
                    ),
                    "give one a region: `id: {us-east-1: ami-…, eu-west-1: ami-…}`",
                );
            }
        }
        AmiSource::IdByRegion(ids) => {
            for Cluster { name, region, .. } in
                placed.filter(|cluster| !ids.contains_key(&cluster.region))
            {
                let message =
                    format!("there is no AMI id for {region}, the region of the cluster `{name}`");
                report.error(&path, message);
            }
        }
        AmiSource::EksOptimized(_) | AmiSource::SsmParameter(_) | AmiSource::Filter(_) => {}
    }
}

/// Tags in instance metadata keep their keys to what a URL path takes; a launch with another key fails.
/// Source: EC2 user guide, "View tags for your EC2 instances using instance metadata".
fn metadata_tags(at: &SpecPath, template: &LaunchTemplate, report: &mut Report<'_>) {
    if template.metadata_options.instance_metadata_tags.as_deref() != Some("enabled") {
        return;
    }
    report.warn(
        &at.key("metadataOptions").key("instanceMetadataTags"),
        "EKS has refused node groups with this: its own tags have `/` in their keys (terraform-aws-eks#1785)",
        "leave it out, unless you know that EKS takes it by now",
    );
    let plain = |key: &str| {
        key.chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-=.,_:@".contains(c))
    };
    let tags_at = at.key("tags");
    let own = template.tags.keys().map(|key| (tags_at.key(key), key));
    let more_at = at.key("launchTemplateData").key("TagSpecifications");
    let more = template.extra.tag_specifications.iter().enumerate();
    let more = more.filter(|(_, one)| one.resource_type == "instance");
    let more = more.flat_map(|(index, one)| one.tags.iter().map(move |tag| (index, &tag.key)));
    for (path, key) in own.chain(more.map(|(index, key)| (more_at.index(index), key))) {
        if !plain(key) || [".", "..", "_index"].contains(&key.as_str()) {
            report.error_hint(
                &path,
                "EC2 starts no instance with this tag while `instanceMetadataTags` is enabled",
                "use letters, digits and + - = . , _ : @ alone, or disable instanceMetadataTags",
            );
        }
    }
}

/// With security groups in the template EKS adds none of its own, and nodes outside the cluster security
/// group may not reach the API server.
fn security_groups(
    at: &SpecPath,
    template: &LaunchTemplate,
    clusters: &[&Cluster],
    report: &mut Report<'_>,
) {
    let allowed = template
        .user_data
        .allow
        .contains(&Rule::ClusterSecurityGroup);
    let groups = template.all_security_group_ids();
    if groups.is_empty() || allowed {
        return;
    }
    let keys = template.security_groups_key().split('.');
    let path = keys.fold(at.clone(), |path, key| path.key(key));
    for cluster in clusters {
        match &cluster.security_group_id {
            Some(id) if groups.contains(&id.as_str()) => {}
            Some(id) => report.warn(
                &path,
                format!(
                    "EKS adds no security group to these, and that of the cluster `{}`, {id}, is not among them: \
                     nodes may not join",
                    cluster.name
                ),
                format!("add {id}, or make sure that one of these is let in"),
            ),
            // The plan knows the cluster's own group, and checks it.
            None => {}
        }
    }
}
