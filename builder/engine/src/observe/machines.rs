//! Images and instance types: what nodes are launched from. Each is one read a site, and each is optional:
//! without the permission, the plan is made with less.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::launch_template::Data;
use nodemint_core::observed::{Observed, ObservedGroup};
use nodemint_core::plan::Scope;
use nodemint_core::site::Site;

use crate::ports::{CloudError, Clouds, ErrorKind};

type Wanted = BTreeMap<Site, BTreeSet<String>>;

pub(super) async fn read_images(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let mut wanted = scope.images.clone();
    add(scope, observed, &mut wanted, |data| data.image_id.clone());
    for (site, ids) in wanted.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let ids: Vec<String> = ids.into_iter().collect();
        match clouds.at(&site).await?.images(&ids).await {
            Ok(images) => {
                observed.images.insert(site, images);
            }
            Err(error) if error.kind == ErrorKind::AccessDenied => {
                let gap = format!("whether the images in {site} still exist is unknown: {error}");
                observed.gaps.push(gap);
                observed.images_unread.insert(site);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(super) async fn read_instance_types(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let mut wanted = scope.instance_types.clone();
    add(scope, observed, &mut wanted, |data| {
        data.instance_type.clone()
    });
    for (cluster, groups) in &observed.groups {
        let site = scope.clusters.get(cluster).cloned().unwrap_or_default();
        let types = groups.values().flat_map(|group| &group.instance_types);
        wanted.entry(site).or_default().extend(types.cloned());
    }
    for (site, names) in wanted.into_iter().filter(|(_, names)| !names.is_empty()) {
        let names: Vec<String> = names.into_iter().collect();
        let cloud = clouds.at(&site).await?;
        let read = async {
            let types = cloud.instance_types(&names).await?;
            Ok::<_, CloudError>((types, cloud.offered_zones(&names).await?))
        };
        match read.await {
            Ok((types, offerings)) => {
                observed.instance_types.insert(site.clone(), types);
                observed.offerings.insert(site, offerings);
            }
            Err(error) if error.kind == ErrorKind::AccessDenied => {
                let gap = format!("whether the instance types fit in {site} is unknown: {error}");
                observed.gaps.push(gap);
                observed.instance_types_unread.insert(site);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Adds what the versions have that groups run, or may go back to.
fn add(
    scope: &Scope,
    observed: &Observed,
    wanted: &mut Wanted,
    pick: impl Fn(&Data) -> Option<String>,
) {
    for (site, templates) in &observed.templates {
        for template in templates.values() {
            let runs = |number: i64| {
                let groups = observed.groups.values().flat_map(BTreeMap::values);
                let mut groups = groups.filter(|group| is_at(scope, group, site));
                groups.any(|group| {
                    let on = group.launch_template.as_ref();
                    on.is_some_and(|on| {
                        on.name.as_ref() == Some(&template.name) && on.number() == Some(number)
                    })
                })
            };
            let versions = template.versions.iter();
            let versions = versions.filter(|one| scope.every_version || runs(one.number));
            let picked = versions.filter_map(|version| pick(&version.data));
            wanted.entry(site.clone()).or_default().extend(picked);
        }
    }
}

fn is_at(scope: &Scope, group: &ObservedGroup, site: &Site) -> bool {
    scope.clusters.get(&group.cluster) == Some(site)
}
