//! How two locks differ, for people.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::lock::{Lock, LockedCluster, LockedImage};
use nodemint_core::spec::IpFamily;

use super::LockChange;

/// What differs between two locks, for people.
pub(super) fn changes(old: &Lock, new: &Lock) -> Vec<LockChange> {
    let mut changes = Vec::new();
    let clusters: BTreeSet<&String> = old.clusters.keys().chain(new.clusters.keys()).collect();
    for name in clusters {
        let facts = |lock: &Lock| {
            lock.clusters
                .get(name)
                .map(cluster_facts)
                .unwrap_or_default()
        };
        compare(
            &format!("cluster {name}"),
            &facts(old),
            &facts(new),
            &mut changes,
        );
    }
    let pairs = |lock: &Lock| -> BTreeSet<(String, String)> {
        let templates = lock.launch_templates.iter();
        templates
            .flat_map(|(template, by_cluster)| {
                by_cluster
                    .keys()
                    .map(|cluster| (template.clone(), cluster.clone()))
            })
            .collect()
    };
    for (template, cluster) in pairs(old).union(&pairs(new)) {
        let facts = |lock: &Lock| {
            let image = lock
                .launch_templates
                .get(template)
                .and_then(|by_cluster| by_cluster.get(cluster));
            image.map(image_facts).unwrap_or_default()
        };
        compare(
            &format!("launch template {template} on {cluster}"),
            &facts(old),
            &facts(new),
            &mut changes,
        );
    }
    changes
}

type Facts = BTreeMap<&'static str, String>;

fn compare(subject: &str, old: &Facts, new: &Facts, changes: &mut Vec<LockChange>) {
    let names: BTreeSet<&&str> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (from, to) = (old.get(*name).cloned(), new.get(*name).cloned());
        if from != to {
            changes.push(LockChange {
                subject: subject.to_owned(),
                fact: (*name).to_string(),
                from,
                to,
            });
        }
    }
}

fn cluster_facts(cluster: &LockedCluster) -> Facts {
    let mut facts = Facts::from([
        ("region", cluster.region.clone()),
        ("version", cluster.version.clone()),
        ("endpoint", cluster.endpoint.clone()),
        // Long, and of no meaning to a reader: that it changed is what counts.
        (
            "certificate authority",
            format!(
                "{} base64 characters, …{}",
                cluster.certificate_authority.len(),
                tail(&cluster.certificate_authority)
            ),
        ),
        ("service CIDR", cluster.service_cidr.clone()),
        (
            "IP family",
            match cluster.ip_family {
                IpFamily::Ipv4 => "ipv4".to_owned(),
                IpFamily::Ipv6 => "ipv6".to_owned(),
            },
        ),
    ]);
    if let Some(id) = &cluster.security_group_id {
        facts.insert("cluster security group", id.clone());
    }
    facts
}

fn tail(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters[characters.len().saturating_sub(8)..]
        .iter()
        .collect()
}

fn image_facts(image: &LockedImage) -> Facts {
    let mut facts = Facts::from([
        ("image", format!("{} ({})", image.image_id, image.name)),
        ("kubernetes", image.request.kubernetes_version.clone()),
    ]);
    if let Some(release) = &image.release_version {
        facts.insert("release", release.clone());
    }
    facts
}
