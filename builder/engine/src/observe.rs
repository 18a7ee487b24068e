//! Reading AWS: everything that a plan looks at, once, several calls at a time.
//!
//! Calls go out for each site by itself: quotas are an account's in a region, so one that is slow or near its
//! quota keeps no other waiting.

mod machines;
mod strays;
mod templates;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use nodemint_core::observed::{Observed, ObservedCluster, ObservedGroup, ObservedUpdate};
use nodemint_core::plan::Scope;
use nodemint_core::site::{Access, Site};

use crate::ports::{Cloud, CloudError, Clouds, ErrorKind};

/// Calls under way at a time in one site. EKS publishes no limits and answers bursts with throttling; eight are
/// enough to keep to the rate of twenty a second that `builder/aws` allows, when an answer takes 400 ms.
pub(crate) const CONCURRENT_READS: usize = 8;

/// site → what to ask for there
type Wanted = BTreeMap<Site, BTreeSet<String>>;

/// cluster → node group name → what was read
type Groups = BTreeMap<String, BTreeMap<String, ObservedGroup>>;

/// Reads what is in `scope`.
pub async fn observe(scope: &Scope, clouds: &dyn Clouds) -> Result<Observed, CloudError> {
    // First, and alone: credentials that are no good are told of by the call that everybody may make.
    let mut observed = Observed {
        accounts: read_accounts(scope, clouds).await?,
        ..Observed::default()
    };
    let (in_eks, in_ec2) = futures::join!(
        read_eks(scope, clouds),
        templates::read(&scope.templates, clouds)
    );
    let in_eks = in_eks?;
    (observed.clusters, observed.groups) = (in_eks.clusters, in_eks.groups);
    (observed.strays, observed.gaps) = (in_eks.strays.groups, in_eks.strays.gaps);
    observed.templates = in_ec2?;
    templates::catch_up(scope, clouds, &mut observed).await?;
    read_subnets(scope, clouds, &mut observed).await?;
    machines::read(scope, clouds, &mut observed).await?;
    Ok(observed)
}

/// Who the credentials are for, each asked once, in the first region where they are used.
async fn read_accounts(
    scope: &Scope,
    clouds: &dyn Clouds,
) -> Result<BTreeMap<Access, String>, CloudError> {
    let mut first: BTreeMap<&Access, &Site> = BTreeMap::new();
    for site in scope.clusters.values() {
        first.entry(&site.access).or_insert(site);
    }
    let reads = first.into_iter().map(|(access, site)| {
        let read = async move {
            let identity = clouds.at(site).await?.identity().await?;
            Ok((access.clone(), identity.account))
        };
        (site, read)
    });
    Ok(collect(reads).await?.into_iter().collect())
}

/// What EKS shows.
struct InEks {
    clusters: BTreeMap<String, ObservedCluster>,
    groups: Groups,
    strays: strays::Strays,
}

/// The clusters, then the groups of those that there are. What a large fleet waits for is EKS's rate.
async fn read_eks(scope: &Scope, clouds: &dyn Clouds) -> Result<InEks, CloudError> {
    let reads = scope.clusters.iter().map(|(name, site)| {
        let read = async move {
            let cluster = clouds.at(site).await?.cluster(name).await?;
            Ok(cluster.map(|cluster| (name.clone(), cluster)))
        };
        (site, read)
    });
    let clusters = collect(reads).await?.into_iter().flatten().collect();
    let (groups, strays) = futures::join!(
        read_groups(scope, clouds, &clusters),
        strays::read(scope, clouds, &clusters)
    );
    Ok(InEks {
        groups: groups?,
        strays: strays?,
        clusters,
    })
}

async fn read_groups(
    scope: &Scope,
    clouds: &dyn Clouds,
    existing: &BTreeMap<String, ObservedCluster>,
) -> Result<Groups, CloudError> {
    let named = scope
        .groups
        .iter()
        .filter(|(cluster, _)| existing.contains_key(*cluster))
        .filter_map(|(cluster, names)| Some((cluster, scope.clusters.get(cluster)?, names)));
    let named = named
        .flat_map(|(cluster, site, names)| names.iter().map(move |name| (cluster, site, name)));
    let reads = named.map(|(cluster, site, name)| {
        let read = async move {
            let cloud = clouds.at(site).await?;
            let group = read_group(cloud.as_ref(), cluster, name).await?;
            Ok(group.map(|group| (cluster.clone(), name.clone(), group)))
        };
        (site, read)
    });
    let mut groups = Groups::new();
    for (cluster, name, group) in collect(reads).await?.into_iter().flatten() {
        groups.entry(cluster).or_default().insert(name, group);
    }
    Ok(groups)
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
    let reads = wanted.iter().map(|(site, ids)| {
        let read = async move {
            let ids: Vec<String> = ids.iter().cloned().collect();
            let read = clouds.at(site).await?.subnets(&ids).await;
            Ok((site.clone(), optional(read)?))
        };
        (site, read)
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

/// Makes the reads, a few at a time in each site. Of several that fail, the first site's first failure is the
/// error, whichever came sooner.
async fn collect<'a, T, R>(reads: impl Iterator<Item = (&'a Site, R)>) -> Result<Vec<T>, CloudError>
where
    R: Future<Output = Result<T, CloudError>>,
{
    let mut by_site: BTreeMap<&Site, Vec<R>> = BTreeMap::new();
    for (site, read) in reads {
        by_site.entry(site).or_default().push(read);
    }
    let sites = by_site.into_values().map(|reads| {
        let under_way = stream::iter(reads).buffered(CONCURRENT_READS);
        under_way.try_collect::<Vec<T>>()
    });
    let mut all = Vec::new();
    for read in join_all(sites).await {
        all.extend(read?);
    }
    Ok(all)
}
