//! Node groups of the clusters that nobody named: a list a cluster, and a look at each that is not in the scope.

use std::collections::BTreeMap;

use nodemint_core::observed::{ObservedCluster, ObservedGroup};
use nodemint_core::plan::Scope;

use super::{collect, optional};
use crate::ports::{CloudError, Clouds};

/// What was found.
#[derive(Default)]
pub(super) struct Strays {
    /// by cluster
    pub groups: BTreeMap<String, Vec<ObservedGroup>>,
    pub gaps: Vec<String>,
}

/// Reads them. Without the permission, the plan is made without them, and says so.
pub(super) async fn read(
    scope: &Scope,
    clouds: &dyn Clouds,
    existing: &BTreeMap<String, ObservedCluster>,
) -> Result<Strays, CloudError> {
    let mut found = Strays::default();
    if !scope.strays {
        return Ok(found);
    }
    let clusters = scope.clusters.iter();
    let lists = clusters
        .filter(|(cluster, _)| existing.contains_key(*cluster))
        .map(|(cluster, site)| {
            let read = async move {
                let cloud = clouds.at(site).await?;
                let names = optional(cloud.node_group_names(cluster).await)?;
                Ok::<_, CloudError>((cluster, site, names))
            };
            (site, read)
        });
    let mut strangers = Vec::new();
    for (cluster, site, names) in collect(lists).await? {
        match names {
            Ok(names) => {
                let named = scope.groups.get(cluster);
                let known = |name: &String| named.is_some_and(|known| known.contains(name));
                let names = names.into_iter().filter(|name| !known(name));
                strangers.extend(names.map(|name| (cluster, site, name)));
            }
            Err(error) => found.gaps.push(format!(
                "node groups of cluster {cluster} that the spec does not name are unknown: {error}"
            )),
        }
    }
    let looks = strangers.into_iter().map(|(cluster, site, name)| {
        let read = async move {
            let cloud = clouds.at(site).await?;
            // One that goes between the list and the look is no stray.
            let group = optional(cloud.node_group(cluster, &name).await)?;
            Ok::<_, CloudError>((cluster, group.ok().flatten()))
        };
        (site, read)
    });
    for (cluster, group) in collect(looks).await? {
        let strays = found.groups.entry(cluster.clone()).or_default();
        strays.extend(group);
    }
    Ok(found)
}
