//! What must hold between the parts of a seed. All the problems at once, each with its path.

use std::collections::BTreeSet;

use super::accounts::RoleSeed;
use super::{ClusterSeed, ImageSeed, Problem, RegionSeed, SeedDocument};
use crate::simulate::codes;
use crate::world::FailureMoment;

/// Everything that is wrong with a document of the right schema.
pub(super) fn problems(document: &SeedDocument) -> Vec<Problem> {
    let mut found = Vec::new();
    account(&mut found, "account", &document.account);
    if document.regions.is_empty() {
        note(&mut found, "regions", "a world has at least one region");
    }
    found.extend(document.public_images.problems());
    for (name, region) in &document.regions {
        self::region(&mut found, &format!("regions.{name}"), region);
    }
    roles(&mut found, "roles", &document.roles);
    for (id, more) in &document.accounts {
        let path = format!("accounts.{id}");
        account(&mut found, &path, id);
        if *id == document.account {
            note(
                &mut found,
                &path,
                "this is the main account, which stands at the top",
            );
        }
        roles(&mut found, &format!("{path}.roles"), &more.roles);
        for (name, region) in &more.regions {
            self::region(&mut found, &format!("{path}.regions.{name}"), region);
        }
    }
    places(&mut found, document);
    shares(&mut found, document);
    found
}

/// Where an instance type is not offered must be somewhere.
fn places(found: &mut Vec<Problem>, document: &SeedDocument) {
    let regions = || document.accounts().flat_map(|(_, regions)| regions);
    for (i, family) in document.instance_types.iter().enumerate() {
        for (j, place) in family.not_in.iter().enumerate() {
            if !regions().any(|(name, it)| name == place || it.zones.contains(place)) {
                let path = format!("instanceTypes[{i}].notIn[{j}]");
                note(found, &path, format!("no region and no zone {place}"));
            }
        }
    }
}

fn shares(found: &mut Vec<Problem>, document: &SeedDocument) {
    for (id, regions) in document.accounts() {
        let prefix = if id == document.account {
            String::new()
        } else {
            format!("accounts.{id}.")
        };
        for (name, region) in regions {
            for (i, image) in region.images.iter().enumerate() {
                for (j, other) in image.shared_with.iter().enumerate() {
                    let path = format!("{prefix}regions.{name}.images[{i}].sharedWith[{j}]");
                    account(found, &path, other);
                }
            }
        }
    }
}

fn roles(found: &mut Vec<Problem>, path: &str, roles: &[RoleSeed]) {
    let mut names = BTreeSet::new();
    for (i, role) in roles.iter().enumerate() {
        let at = format!("{path}[{i}]");
        if !names.insert(role.name.as_str()) {
            note(
                found,
                &format!("{at}.name"),
                format!("a second role {}", role.name),
            );
        }
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
        if role.name.is_empty() || role.name.len() > 64 || !role.name.bytes().all(is_name) {
            let message = "a role's name has 1 to 64 letters, digits and +=,.@_-";
            note(found, &format!("{at}.name"), message);
        }
        if !(role.path.starts_with('/') && role.path.ends_with('/')) {
            let message = "a path begins and ends with a slash";
            note(found, &format!("{at}.path"), message);
        }
        if !(3600..=43_200).contains(&role.max_session_seconds) {
            let message = "3600 to 43200 (IAM user guide, maximum session duration)";
            note(found, &format!("{at}.maxSessionSeconds"), message);
        }
        for (j, principal) in role.assumable_by.iter().enumerate() {
            if !principal.starts_with("arn:") {
                account(found, &format!("{at}.assumableBy[{j}]"), principal);
            }
        }
    }
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
    for (i, image) in region.images.iter().enumerate() {
        self::image(found, &format!("{path}.images[{i}]"), image);
    }
    for (i, failure) in region.failures.iter().enumerate() {
        if !names.contains(failure.cluster.as_str()) {
            let message = format!("no cluster {} in this region", failure.cluster);
            note(found, &format!("{path}.failures[{i}].cluster"), message);
        }
        let codes: &[&str] = match failure.on {
            FailureMoment::Create | FailureMoment::Delete => &codes::HEALTH,
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

/// What EC2 has, by its API reference.
const IMAGE_STATES: [&str; 8] = [
    "available",
    "deregistered",
    "disabled",
    "error",
    "failed",
    "invalid",
    "pending",
    "transient",
];

fn image(found: &mut Vec<Problem>, at: &str, image: &ImageSeed) {
    if let Some(owner) = &image.owner {
        account(found, &format!("{at}.owner"), owner);
    }
    if let Some(state) = &image.state
        && !IMAGE_STATES.contains(&state.as_str())
    {
        let message = format!("no state of an image: {state}");
        note(found, &format!("{at}.state"), message);
    }
    if let Some(platform) = &image.platform
        && platform != "windows"
    {
        let message = format!("windows, or left out, not {platform}");
        note(found, &format!("{at}.platform"), message);
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
