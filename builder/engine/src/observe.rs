//! Reading AWS: everything that a plan looks at, once, several calls at a time.

mod machines;

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use nodemint_core::observed::{Observed, ObservedGroup, ObservedUpdate};
use nodemint_core::plan::Scope;
use nodemint_core::site::{Access, Site};

use crate::ports::{Cloud, CloudError, Clouds, ErrorKind};

/// Calls under way at a time. EKS publishes no limits and answers bursts with throttling; eight keeps a
/// plan of a hundred groups under a few seconds.
const CONCURRENT_READS: usize = 8;

/// site → what to ask for there
type Wanted = BTreeMap<Site, BTreeSet<String>>;

/// Reads what is in `scope`.
pub async fn observe(scope: &Scope, clouds: &dyn Clouds) -> Result<Observed, CloudError> {
    let mut observed = Observed::default();
    read_accounts(scope, clouds, &mut observed).await?;
    read_clusters(scope, clouds, &mut observed).await?;
    // Groups before templates, because a run mints before it moves a group: so a version that a group is
    // on its way to is always among those that are read.
    read_groups(scope, clouds, &mut observed).await?;
    read_templates(scope, clouds, &mut observed).await?;
    read_subnets(scope, clouds, &mut observed).await?;
    machines::read(scope, clouds, &mut observed).await?;
    Ok(observed)
}

/// Who the credentials are for, each asked once, in the first region where they are used.
async fn read_accounts(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let mut first: BTreeMap<&Access, &Site> = BTreeMap::new();
    for site in scope.clusters.values() {
        first.entry(&site.access).or_insert(site);
    }
    let reads = first.into_iter().map(|(access, site)| async move {
        let identity = clouds.at(site).await?.identity().await?;
        Ok::<_, CloudError>((access.clone(), identity.account))
    });
    observed.accounts = collect(reads).await?.into_iter().collect();
    Ok(())
}

async fn read_clusters(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let reads = scope.clusters.iter().map(|(name, site)| async move {
        let cluster = clouds.at(site).await?.cluster(name).await?;
        Ok::<_, CloudError>(cluster.map(|cluster| (name.clone(), cluster)))
    });
    observed.clusters = collect(reads).await?.into_iter().flatten().collect();
    Ok(())
}

async fn read_templates(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let named = scope
        .templates
        .iter()
        .flat_map(|(site, names)| names.iter().map(move |name| (site, name)));
    let reads = named.map(|(site, name)| async move {
        let template = clouds.at(site).await?.launch_template(name).await?;
        Ok::<_, CloudError>(template.map(|template| (site.clone(), name.clone(), template)))
    });
    for (site, name, template) in collect(reads).await?.into_iter().flatten() {
        observed
            .templates
            .entry(site)
            .or_default()
            .insert(name, template);
    }
    Ok(())
}

async fn read_groups(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let named = scope
        .groups
        .iter()
        .flat_map(|(cluster, names)| names.iter().map(move |name| (cluster, name)));
    let existing = &observed.clusters;
    let reads = named
        .filter(|(cluster, _)| existing.contains_key(*cluster))
        .map(|(cluster, name)| async move {
            let site = scope.clusters.get(cluster).cloned().unwrap_or_default();
            let cloud = clouds.at(&site).await?;
            let group = read_group(cloud.as_ref(), cluster, name).await?;
            Ok::<_, CloudError>(group.map(|group| (cluster.clone(), name.clone(), group)))
        });
    for (cluster, name, group) in collect(reads).await?.into_iter().flatten() {
        observed
            .groups
            .entry(cluster)
            .or_default()
            .insert(name, group);
    }
    Ok(())
}

/// Reads a group, and the update under way if it is UPDATING. An update that ends between the two reads
/// leaves a group that is UPDATING by nothing: such a group is read once more.
pub async fn read_group(
    cloud: &dyn Cloud,
    cluster: &str,
    name: &str,
) -> Result<Option<ObservedGroup>, CloudError> {
    let Some(group) = read_once(cloud, cluster, name).await? else {
        return Ok(None);
    };
    match group.status == "UPDATING" && group.last_update.is_none() {
        true => read_once(cloud, cluster, name).await,
        false => Ok(Some(group)),
    }
}

async fn read_once(
    cloud: &dyn Cloud,
    cluster: &str,
    name: &str,
) -> Result<Option<ObservedGroup>, CloudError> {
    let Some(mut group) = cloud.node_group(cluster, name).await? else {
        return Ok(None);
    };
    if group.status == "UPDATING" {
        group.last_update = update_under_way(cloud, cluster, name).await?;
    }
    Ok(Some(group))
}

/// The update of a group that is in progress, if there is one. EKS lists ids alone, in no documented
/// order, so they are asked for, several at a time, until one is found.
pub async fn update_under_way(
    cloud: &dyn Cloud,
    cluster: &str,
    group: &str,
) -> Result<Option<ObservedUpdate>, CloudError> {
    let ids = cloud.update_ids(cluster, group).await?;
    let reads = ids
        .iter()
        .map(|id| async move { cloud.update(cluster, group, id).await });
    let mut updates = stream::iter(reads).buffered(CONCURRENT_READS);
    while let Some(update) = updates.try_next().await? {
        if update.in_progress() {
            return Ok(Some(update));
        }
    }
    Ok(None)
}

/// Subnets are read for the forecast, and to find before a write that one does not exist. Without the
/// permission, the plan is made with less.
async fn read_subnets(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let mut wanted: Wanted = scope.subnets.clone();
    for (cluster, groups) in &observed.groups {
        let site = scope.clusters.get(cluster).cloned().unwrap_or_default();
        let ids = groups.values().flat_map(|group| &group.subnets);
        wanted.entry(site).or_default().extend(ids.cloned());
    }
    wanted.retain(|_, ids| !ids.is_empty());
    let reads = wanted.iter().map(|(site, ids)| async move {
        let ids: Vec<String> = ids.iter().cloned().collect();
        let read = clouds.at(site).await?.subnets(&ids).await;
        Ok::<_, CloudError>((site.clone(), optional(read)?))
    });
    for (site, read) in collect(reads).await? {
        match read {
            Ok(subnets) => {
                let subnets = subnets.into_iter();
                let by_id = subnets.map(|subnet| (subnet.id.clone(), subnet));
                observed.subnets.insert(site, by_id.collect());
            }
            Err(error) => {
                let gap = format!("zones and free addresses in {site} are unknown: {error}");
                observed.gaps.push(gap);
                observed.subnets_unread.insert(site);
            }
        }
    }
    Ok(())
}

/// Sets an error aside that the plan can be made in spite of: who may not look, or asked for what EC2
/// does not know, learns less.
fn optional<T>(read: Result<T, CloudError>) -> Result<Result<T, CloudError>, CloudError> {
    match read {
        Err(error)
            if !matches!(
                error.kind,
                ErrorKind::AccessDenied | ErrorKind::NotFound | ErrorKind::Invalid
            ) =>
        {
            Err(error)
        }
        read => Ok(read),
    }
}

async fn collect<T>(
    reads: impl Iterator<Item = impl Future<Output = Result<T, CloudError>>>,
) -> Result<Vec<T>, CloudError> {
    stream::iter(reads)
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await
}
