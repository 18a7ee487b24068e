//! What must hold between the parts of a seed. All the problems at once, each with its path.

use std::collections::BTreeSet;

use super::{ClusterSeed, EksReleases, Problem, RegionSeed, SeedDocument, releases};
use crate::simulate::codes;
use crate::world::FailureMoment;

/// Everything that is wrong with a document of the right schema.
pub(super) fn problems(document: &SeedDocument) -> Vec<Problem> {
    let mut found = Vec::new();
    account(&mut found, "account", &document.account);
    if document.regions.is_empty() {
        note(&mut found, "regions", "a world has at least one region");
    }
    if let Some(eks) = &document.eks_releases {
        account(&mut found, "eksReleases.owner", &eks.owner);
        published(&mut found, eks);
    }
    for (name, region) in &document.regions {
        self::region(&mut found, &format!("regions.{name}"), region);
    }
    found
}

fn note(found: &mut Vec<Problem>, path: &str, message: impl Into<String>) {
    found.push(Problem {
        path: path.to_owned(),
        message: message.into(),
    });
}

fn account(found: &mut Vec<Problem>, path: &str, id: &str) {
    if id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit()) {
        note(
            found,
            path,
            format!("an account id has twelve digits, not {id:?}"),
        );
    }
}

fn published(found: &mut Vec<Problem>, eks: &EksReleases) {
    let of_families = eks.families.iter().enumerate().filter_map(|(i, family)| {
        Some((
            format!("eksReleases.families[{i}].published"),
            family.published.as_ref()?,
        ))
    });
    let common = [("eksReleases.published".to_owned(), &eks.published)];
    for (path, versions) in common.into_iter().chain(of_families) {
        for (kubernetes, releases) in versions {
            for (i, release) in releases.iter().enumerate() {
                let belongs = releases::Release::parse(release)
                    .is_some_and(|release| release.kubernetes == *kubernetes);
                if !belongs {
                    let message = format!(
                        "{release} is not a release of {kubernetes}: expected {kubernetes}.PATCH-YYYYMMDD"
                    );
                    note(found, &format!("{path}.{kubernetes}[{i}]"), message);
                }
            }
        }
    }
}

fn region(found: &mut Vec<Problem>, path: &str, region: &RegionSeed) {
    if region.zones.is_empty() {
        note(
            found,
            &format!("{path}.zones"),
            "a region has at least one zone",
        );
    }
    for (i, vpc) in region.vpcs.iter().enumerate() {
        for (j, subnet) in vpc.subnets.iter().enumerate() {
            if !region.zones.contains(&subnet.zone) {
                let message = format!("no zone {} in this region", subnet.zone);
                note(
                    found,
                    &format!("{path}.vpcs[{i}].subnets[{j}].zone"),
                    message,
                );
            }
        }
    }
    let mut names = BTreeSet::new();
    for (i, cluster) in region.clusters.iter().enumerate() {
        let at = format!("{path}.clusters[{i}]");
        if !names.insert(cluster.name.as_str()) {
            note(
                found,
                &format!("{at}.name"),
                format!("a second cluster {}", cluster.name),
            );
        }
        self::cluster(found, &at, region, cluster);
    }
    for (i, failure) in region.failures.iter().enumerate() {
        if !names.contains(failure.cluster.as_str()) {
            let message = format!("no cluster {} in this region", failure.cluster);
            note(found, &format!("{path}.failures[{i}].cluster"), message);
        }
        let codes: &[&str] = match failure.on {
            FailureMoment::Create => &codes::HEALTH,
            FailureMoment::Join | FailureMoment::Drain => &codes::UPDATE,
        };
        if !codes.contains(&failure.code.as_str()) {
            let message = format!("EKS has no code {} for this", failure.code);
            note(found, &format!("{path}.failures[{i}].code"), message);
        }
        if failure.times < 1 {
            note(found, &format!("{path}.failures[{i}].times"), "at least 1");
        }
    }
}

fn cluster(found: &mut Vec<Problem>, at: &str, region: &RegionSeed, cluster: &ClusterSeed) {
    let Some(vpc) = region.vpcs.iter().find(|vpc| vpc.id == cluster.vpc) else {
        note(
            found,
            &format!("{at}.vpc"),
            format!("no VPC {} in this region", cluster.vpc),
        );
        for (i, subnet) in cluster.subnets.iter().enumerate() {
            note(
                found,
                &format!("{at}.subnets[{i}]"),
                format!("no subnet {subnet} in this region"),
            );
        }
        return;
    };
    for (i, subnet) in cluster.subnets.iter().enumerate() {
        if !vpc.subnets.iter().any(|known| known.id == *subnet) {
            let message = format!("no subnet {subnet} in {}", vpc.id);
            note(found, &format!("{at}.subnets[{i}]"), message);
        }
    }
    let groups = [(
        "clusterSecurityGroup".to_owned(),
        &cluster.cluster_security_group,
    )];
    let more = cluster.security_groups.iter().enumerate();
    let more = more.map(|(i, group)| (format!("securityGroups[{i}]"), group));
    for (key, group) in groups.into_iter().chain(more) {
        if !vpc.security_groups.iter().any(|known| known.id == *group) {
            let message = format!("no security group {group} in {}", vpc.id);
            note(found, &format!("{at}.{key}"), message);
        }
    }
}
