//! The facts of clusters: from the spec where it states them, else from DescribeCluster.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream;
use nodemint_core::lock::{Lock, LockedCluster};
use nodemint_core::observed::ObservedCluster;
use nodemint_core::site::Site;
use nodemint_core::spec::{Cluster, FleetSpec, IpFamily};

use super::read::CONCURRENT_SITES;
use super::{Problem, Update};
use crate::ports::{CloudError, Clouds};

/// The facts of the clusters that are used.
#[derive(Default)]
pub(super) struct Facts {
    pub known: BTreeMap<String, LockedCluster>,
    pub problems: Vec<Problem>,
    /// With the cluster's name.
    pub unreached: Vec<(Site, String, CloudError)>,
}

/// What cannot be read anew stays as it is locked, if the spec does not say otherwise by now.
pub(super) async fn resolve(
    spec: &FleetSpec,
    old: &Lock,
    update: &Update,
    clouds: &dyn Clouds,
) -> Facts {
    let used: BTreeSet<&String> = spec
        .launch_templates
        .iter()
        .flat_map(|template| &template.clusters)
        .collect();
    let mut facts = Facts::default();
    let mut reads = Vec::new();
    for (index, cluster) in spec.clusters.iter().enumerate() {
        if !used.contains(&cluster.name) {
            continue;
        }
        let stated = from_spec(cluster);
        let locked = old.clusters.get(&cluster.name).cloned();
        let locked = locked.filter(|locked| still_holds(cluster, locked));
        if stated.is_none() && (locked.is_none() || *update == Update::All) {
            reads.push(read(cluster, index, clouds));
        }
        if let Some(known) = stated.or(locked) {
            facts.known.insert(cluster.name.clone(), known);
        }
    }
    let mut reads = stream::iter(reads).buffered(CONCURRENT_SITES);
    while let Some((cluster, end)) = reads.next().await {
        match end {
            Ok(Ok(found)) => {
                facts.known.insert(cluster.name.clone(), found);
            }
            Ok(Err(problem)) => facts.problems.push(problem),
            Err(error) => {
                let name = cluster.name.clone();
                facts.unreached.push((cluster.site(), name, error));
            }
        }
    }
    facts
}

async fn read<'a>(
    cluster: &'a Cluster,
    index: usize,
    clouds: &dyn Clouds,
) -> (
    &'a Cluster,
    Result<Result<LockedCluster, Problem>, CloudError>,
) {
    let found = match clouds.at(&cluster.site()).await {
        Ok(cloud) => cloud.cluster(&cluster.name).await,
        Err(error) => Err(error),
    };
    let facts = found.map(|found| {
        let found = found.ok_or_else(|| missing(cluster, index))?;
        facts(cluster, &found, index)
    });
    (cluster, facts)
}

/// A cluster whose facts are all in the spec needs no call: for offline work and other accounts.
fn from_spec(cluster: &Cluster) -> Option<LockedCluster> {
    Some(LockedCluster {
        region: cluster.region.clone(),
        version: cluster.version?.to_string(),
        endpoint: cluster.endpoint.clone()?,
        certificate_authority: cluster.certificate_authority.clone()?,
        service_cidr: cluster.service_cidr.clone()?,
        ip_family: cluster
            .ip_family
            .unwrap_or(match cluster.service_cidr.as_deref() {
                Some(cidr) if cidr.contains(':') => IpFamily::Ipv6,
                _ => IpFamily::Ipv4,
            }),
        security_group_id: cluster.security_group_id.clone(),
    })
}

/// Whether a locked cluster is still what the spec says of it.
fn still_holds(cluster: &Cluster, locked: &LockedCluster) -> bool {
    fn agrees<T: PartialEq>(stated: Option<T>, locked: T) -> bool {
        stated.is_none_or(|stated| stated == locked)
    }
    cluster.region == locked.region
        && agrees(
            cluster.version.map(|version| version.to_string()),
            locked.version.clone(),
        )
        && agrees(cluster.endpoint.clone(), locked.endpoint.clone())
        && agrees(
            cluster.certificate_authority.clone(),
            locked.certificate_authority.clone(),
        )
        && agrees(cluster.service_cidr.clone(), locked.service_cidr.clone())
        && agrees(cluster.ip_family, locked.ip_family)
        && (cluster.security_group_id.is_none()
            || cluster.security_group_id == locked.security_group_id)
}

fn missing(cluster: &Cluster, index: usize) -> Problem {
    Problem {
        path: format!("clusters[{index}].name"),
        message: format!(
            "EKS has no cluster `{}` in {}",
            cluster.name, cluster.region
        ),
        hint: Some(
            "check the name and the region, and which account the credentials are for".to_owned(),
        ),
        sites: BTreeSet::new(),
    }
}

fn facts(
    cluster: &Cluster,
    found: &ObservedCluster,
    index: usize,
) -> Result<LockedCluster, Problem> {
    let not_yet = |what: &str| Problem {
        path: format!("clusters[{index}]"),
        message: format!(
            "cluster `{}` has no {what} (its status is {})",
            cluster.name, found.status
        ),
        hint: Some("wait until it is ACTIVE, or state the value in the spec".to_owned()),
        sites: BTreeSet::new(),
    };
    let ip_family = cluster.ip_family.unwrap_or(match found.ip_family.as_str() {
        "ipv6" => IpFamily::Ipv6,
        _ => IpFamily::Ipv4,
    });
    let cidr = match ip_family {
        IpFamily::Ipv4 => found.service_cidr_v4.clone(),
        IpFamily::Ipv6 => found.service_cidr_v6.clone(),
    };
    Ok(LockedCluster {
        region: cluster.region.clone(),
        version: cluster
            .version
            .map_or_else(|| found.version.clone(), |version| version.to_string()),
        endpoint: cluster
            .endpoint
            .clone()
            .or_else(|| found.endpoint.clone())
            .ok_or_else(|| not_yet("endpoint"))?,
        certificate_authority: cluster
            .certificate_authority
            .clone()
            .or_else(|| found.certificate_authority.clone())
            .ok_or_else(|| not_yet("certificate authority"))?,
        service_cidr: cluster
            .service_cidr
            .clone()
            .or(cidr)
            .ok_or_else(|| not_yet("service CIDR"))?,
        ip_family,
        security_group_id: cluster
            .security_group_id
            .clone()
            .or_else(|| found.security_group_id.clone()),
    })
}
