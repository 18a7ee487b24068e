//! Resolve: fills the lock. Which image exactly, and the facts of each cluster that user data needs.
//!
//! What is locked stays as it is until `--update`. Nothing is half done: either every image of the fleet
//! is found and checked, or the lock stays as it was and every problem is told.

mod clusters;
mod images;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::lock::{Lock, LockedCluster, LockedImage};
use nodemint_core::render;
use nodemint_core::spec::FleetSpec;

use crate::ports::{CloudError, Clouds};

/// What to look up again although it is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Nothing: only what is missing, or no longer what the spec asks for.
    Nothing,
    /// Every image, and every cluster's facts.
    All,
    /// The images of these launch templates.
    Templates(BTreeSet<String>),
}

impl Update {
    fn covers(&self, template: &str) -> bool {
        match self {
            Update::Nothing => false,
            Update::All => true,
            Update::Templates(names) => names.contains(template),
        }
    }
}

/// A lock that is complete, and how it differs from the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    pub lock: Lock,
    pub changes: Vec<LockChange>,
    pub warnings: Vec<String>,
}

/// One entry of the lock that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockChange {
    /// `launch template demo on eksworkshop`, `cluster eksworkshop`
    pub subject: String,
    pub fact: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Something that keeps the lock from being complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where in the spec it comes from.
    pub path: String,
    pub message: String,
    pub hint: Option<String>,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("{} of the fleet cannot be resolved", count(.0.len()))]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Cloud(#[from] CloudError),
}

fn count(problems: usize) -> String {
    match problems {
        1 => "one part".to_owned(),
        many => format!("{many} parts"),
    }
}

/// Resolves `spec`, starting from `old`.
pub async fn resolve(
    spec: &FleetSpec,
    old: &Lock,
    update: &Update,
    now: Timestamp,
    clouds: &dyn Clouds,
) -> Result<Resolved, ResolveError> {
    let mut problems = Vec::new();
    let clusters = clusters::resolve(spec, old, update, clouds, &mut problems).await?;
    let mut launch_templates: BTreeMap<String, BTreeMap<String, LockedImage>> = BTreeMap::new();
    let mut wants = Vec::new();
    for (index, template) in spec.launch_templates.iter().enumerate() {
        for name in &template.clusters {
            let stated = spec.clusters.iter().find(|cluster| cluster.name == *name);
            let (Some(stated), Some(cluster)) = (stated, clusters.get(name)) else {
                continue;
            };
            let request = render::request(template, stated, &cluster.version);
            let locked = old
                .launch_templates
                .get(&template.name)
                .and_then(|by_cluster| by_cluster.get(name));
            match locked {
                Some(image) if image.request == request && !update.covers(&template.name) => {
                    launch_templates
                        .entry(template.name.clone())
                        .or_default()
                        .insert(name.clone(), image.clone());
                }
                _ => wants.push(images::Want {
                    template: template.name.clone(),
                    cluster: name.clone(),
                    path: format!("launchTemplates[{index}].ami"),
                    request,
                }),
            }
        }
    }
    let mut warnings = Vec::new();
    for (want, image) in images::find(&wants, now, clouds, &mut problems, &mut warnings).await? {
        launch_templates
            .entry(want.template)
            .or_default()
            .insert(want.cluster, image);
    }
    if !problems.is_empty() {
        return Err(ResolveError::Problems(problems));
    }
    let lock = Lock {
        clusters,
        launch_templates,
    };
    Ok(Resolved {
        changes: changes(old, &lock),
        lock,
        warnings,
    })
}

/// What differs between two locks, for people.
fn changes(old: &Lock, new: &Lock) -> Vec<LockChange> {
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
