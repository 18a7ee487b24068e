//! What runs: the node groups of the spec, their launch-template versions and images.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use nodemint_core::observed::{Image, Observed, ObservedGroup};
use nodemint_core::plan::Scope;
use nodemint_core::site::Site;
use nodemint_core::spec::{FleetSpec, NodeGroup};
use nodemint_engine::observe::observe;
use nodemint_engine::ports::CloudError;
use nodemint_engine::resolve::Unreached;

use crate::error::AppError;
use crate::surroundings::Surroundings;

/// As far as it could be read: a region that does not answer must not hide the others.
#[derive(Default)]
pub struct Running {
    pub observed: Observed,
    images: BTreeMap<Site, BTreeMap<String, Image>>,
    pub unreached: Vec<Unreached>,
    /// What is not known because a call beside the point was refused.
    pub gaps: Vec<String>,
}

impl Running {
    /// The image that a group's nodes are started from; none if EKS chooses it by the release version.
    pub fn image_id(&self, group: &NodeGroup, site: &Site) -> Option<&str> {
        let found = self.observed.group(&group.cluster, &group.name)?;
        image_id(found, group, site, &self.observed)
    }

    pub fn image(&self, group: &NodeGroup, site: &Site) -> Option<&Image> {
        self.images.get(site)?.get(self.image_id(group, site)?)
    }

    /// An error, if nothing at all could be read.
    pub fn refuse_nothing(self, spec: &FleetSpec) -> Result<Self, AppError> {
        let sites: BTreeSet<Site> = spec.clusters.iter().map(|one| one.site()).collect();
        let unread = self
            .unreached
            .iter()
            .filter(|one| sites.contains(&one.site));
        match self.unreached.first() {
            Some(first) if unread.count() == sites.len() => {
                Err(AppError::Cloud(first.error.clone()))
            }
            _ => Ok(self),
        }
    }
}

/// Where each cluster of a spec is.
pub fn sites(spec: &FleetSpec) -> BTreeMap<&str, Site> {
    let clusters = spec.clusters.iter();
    clusters
        .map(|cluster| (cluster.name.as_str(), cluster.site()))
        .collect()
}

/// Reads everything at once; only if that fails, each site for itself.
pub async fn read(spec: &FleetSpec, aws: &Surroundings) -> Running {
    read_scope(Scope::of_spec(spec), spec, aws).await
}

/// The same, and the node groups of the clusters that the spec does not name.
pub async fn read_with_strays(spec: &FleetSpec, aws: &Surroundings) -> Running {
    let scope = Scope {
        strays: true,
        ..Scope::of_spec(spec)
    };
    read_scope(scope, spec, aws).await
}

async fn read_scope(scope: Scope, spec: &FleetSpec, aws: &Surroundings) -> Running {
    let mut running = match observe(&scope, aws.clouds.as_ref()).await {
        Ok(observed) => Running {
            observed,
            ..Running::default()
        },
        Err(_) => read_each(&scope, aws).await,
    };
    read_images(spec, aws, &mut running).await;
    running
}

async fn read_each(scope: &Scope, aws: &Surroundings) -> Running {
    let sites: BTreeSet<&Site> = scope.clusters.values().collect();
    let reads = sites.into_iter().map(|site| async move {
        let part = part(scope, site);
        (site, observe(&part, aws.clouds.as_ref()).await)
    });
    let mut running = Running::default();
    for (site, read) in join_all(reads).await {
        match read {
            Ok(part) => add(&mut running.observed, part),
            Err(error) => running.unreached.push(Unreached {
                site: site.clone(),
                what: what_of(scope, site),
                error,
            }),
        }
    }
    running
}

/// The part of a scope that is in one site.
fn part(scope: &Scope, site: &Site) -> Scope {
    let clusters = scope.clusters.iter().filter(|(_, at)| *at == site);
    let clusters: BTreeMap<String, Site> = clusters
        .map(|(name, at)| (name.clone(), at.clone()))
        .collect();
    let templates = scope.templates.get_key_value(site);
    let groups = scope.groups.iter();
    let groups = groups.filter(|(cluster, _)| clusters.contains_key(*cluster));
    Scope {
        templates: templates
            .map(|(site, names)| (site.clone(), names.clone()))
            .into_iter()
            .collect(),
        groups: groups
            .map(|(cluster, names)| (cluster.clone(), names.clone()))
            .collect(),
        clusters,
        strays: scope.strays,
        ..Scope::default()
    }
}

fn what_of(scope: &Scope, site: &Site) -> Vec<String> {
    let part = part(scope, site);
    let groups = part.groups.iter().flat_map(|(cluster, names)| {
        let names = names.iter();
        names.map(move |name| format!("node group {cluster}/{name}"))
    });
    let groups: Vec<String> = groups.collect();
    match groups.is_empty() {
        false => groups,
        true => part
            .clusters
            .into_keys()
            .map(|name| format!("cluster {name}"))
            .collect(),
    }
}

fn add(all: &mut Observed, part: Observed) {
    all.accounts.extend(part.accounts);
    all.clusters.extend(part.clusters);
    all.templates.extend(part.templates);
    all.groups.extend(part.groups);
    all.strays.extend(part.strays);
    all.subnets.extend(part.subnets);
}

/// The images that the groups run: one call a site.
async fn read_images(spec: &FleetSpec, aws: &Surroundings, running: &mut Running) {
    let sites = sites(spec);
    let mut wanted: BTreeMap<Site, BTreeSet<String>> = BTreeMap::new();
    for group in &spec.node_groups {
        let site = sites
            .get(group.cluster.as_str())
            .cloned()
            .unwrap_or_default();
        if let Some(id) = running.image_id(group, &site).map(str::to_owned) {
            wanted.entry(site).or_default().insert(id);
        }
    }
    let reads = wanted.into_iter().map(|(site, ids)| async move {
        let ids: Vec<String> = ids.into_iter().collect();
        let read = images(&site, &ids, aws).await;
        (site, read)
    });
    for (site, read) in join_all(reads).await {
        match read {
            Ok(images) => {
                running.images.insert(site, images);
            }
            Err(error) => running.gaps.push(format!(
                "names and ages of images are not known in {site}: {error}"
            )),
        }
    }
}

async fn images(
    site: &Site,
    ids: &[String],
    aws: &Surroundings,
) -> Result<BTreeMap<String, Image>, CloudError> {
    aws.clouds.at(site).await?.images(ids).await
}

fn image_id<'a>(
    found: &ObservedGroup,
    group: &NodeGroup,
    site: &Site,
    observed: &'a Observed,
) -> Option<&'a str> {
    let number = found.launch_template.as_ref()?.number()?;
    let template = observed.template(site, &group.launch_template)?;
    template.version(number)?.data.image_id.as_deref()
}
