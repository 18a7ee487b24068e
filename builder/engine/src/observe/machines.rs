//! Images and instance types: what nodes are launched from. Each is one read a site, and each is optional:
//! without the permission, the plan is made with less.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::launch_template::Data;
use nodemint_core::observed::{GroupTemplate, Image, InstanceType, Observed, ObservedTemplate};
use nodemint_core::plan::Scope;
use nodemint_core::site::Site;

use super::{Wanted, collect, optional};
use crate::ports::{CloudError, Clouds};

/// Instance types by name, and the zones that each is offered in: two permissions.
type Types = (
    Result<BTreeMap<String, InstanceType>, CloudError>,
    Result<BTreeMap<String, BTreeSet<String>>, CloudError>,
);

/// Reads both, in all sites at a time.
pub(super) async fn read(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let images = wanted_images(scope, observed);
    let images = images
        .iter()
        .map(|(site, ids)| (site, read_images(site, ids, clouds)));
    let types = wanted_types(scope, observed);
    let types = types
        .iter()
        .map(|(site, names)| (site, read_types(site, names, clouds)));
    let (images, types) = futures::try_join!(collect(images), collect(types))?;
    for (site, read) in images {
        match read {
            Ok(images) => {
                observed.images.insert(site, images);
            }
            Err(error) => {
                let gap = format!("whether the images in {site} still exist is unknown: {error}");
                observed.gaps.push(gap);
                observed.images_unread.insert(site);
            }
        }
    }
    for (site, (types, offerings)) in types {
        match types {
            Ok(types) => {
                observed.instance_types.insert(site.clone(), types);
            }
            Err(error) => {
                let gap = format!("whether the instance types fit in {site} is unknown: {error}");
                observed.gaps.push(gap);
                observed.instance_types_unread.insert(site.clone());
            }
        }
        match offerings {
            Ok(offerings) => {
                observed.offerings.insert(site, offerings);
            }
            Err(error) => {
                let gap =
                    format!("which zones of {site} offer the instance types is unknown: {error}");
                observed.gaps.push(gap);
            }
        }
    }
    Ok(())
}

async fn read_images(
    site: &Site,
    ids: &BTreeSet<String>,
    clouds: &dyn Clouds,
) -> Result<(Site, Result<BTreeMap<String, Image>, CloudError>), CloudError> {
    let ids: Vec<String> = ids.iter().cloned().collect();
    let read = clouds.at(site).await?.images(&ids).await;
    Ok((site.clone(), optional(read)?))
}

async fn read_types(
    site: &Site,
    names: &BTreeSet<String>,
    clouds: &dyn Clouds,
) -> Result<(Site, Types), CloudError> {
    let names: Vec<String> = names.iter().cloned().collect();
    let cloud = clouds.at(site).await?;
    let (types, offerings) =
        futures::join!(cloud.instance_types(&names), cloud.offered_zones(&names));
    Ok((site.clone(), (optional(types)?, optional(offerings)?)))
}

fn wanted_images(scope: &Scope, observed: &Observed) -> Wanted {
    let mut wanted = scope.images.clone();
    add(scope, observed, &mut wanted, |data| data.image_id.clone());
    wanted.retain(|_, ids| !ids.is_empty());
    wanted
}

fn wanted_types(scope: &Scope, observed: &Observed) -> Wanted {
    let mut wanted = scope.instance_types.clone();
    add(scope, observed, &mut wanted, |data| {
        data.instance_type.clone()
    });
    for (cluster, groups) in &observed.groups {
        let site = scope.clusters.get(cluster).cloned().unwrap_or_default();
        let types = groups.values().flat_map(|group| &group.instance_types);
        wanted.entry(site).or_default().extend(types.cloned());
    }
    wanted.retain(|_, names| !names.is_empty());
    wanted
}

/// Adds what the versions have that groups run, are pinned to, or may go back to.
fn add(
    scope: &Scope,
    observed: &Observed,
    wanted: &mut Wanted,
    pick: impl Fn(&Data) -> Option<String>,
) {
    let running = running(scope, observed);
    for (site, templates) in &observed.templates {
        for template in templates.values() {
            let runs = running.get(&(site, template.name.as_str()));
            let versions = template.versions.iter().filter(|version| {
                scope.every_version
                    || pinned(scope, site, template, version.number)
                    || runs.is_some_and(|numbers| numbers.contains(&version.number))
            });
            let picked = versions.filter_map(|version| pick(&version.data));
            wanted.entry(site.clone()).or_default().extend(picked);
        }
    }
}

fn pinned(scope: &Scope, site: &Site, template: &ObservedTemplate, number: i64) -> bool {
    let pins = scope
        .pins
        .get(site)
        .and_then(|pins| pins.get(&template.name));
    pins.is_some_and(|numbers| numbers.contains(&number))
}

/// (site, launch template) → the versions that groups run
fn running<'a>(
    scope: &'a Scope,
    observed: &'a Observed,
) -> BTreeMap<(&'a Site, &'a str), BTreeSet<i64>> {
    let mut running: BTreeMap<(&Site, &str), BTreeSet<i64>> = BTreeMap::new();
    for group in observed.groups.values().flat_map(BTreeMap::values) {
        let on = group.launch_template.as_ref();
        let name = on.and_then(|on| on.name.as_deref());
        let number = on.and_then(GroupTemplate::number);
        let site = scope.clusters.get(&group.cluster);
        if let (Some(site), Some(name), Some(number)) = (site, name, number) {
            running.entry((site, name)).or_default().insert(number);
        }
    }
    running
}
