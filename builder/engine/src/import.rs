//! What `import aws` reads: a cluster, its managed node groups, and what their launch templates name.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use nodemint_core::ami_source::{Ask, ask_for, release_version};
use nodemint_core::family::expected_owner;
use nodemint_core::import::aws::{AwsFacts, KnownImage, likely};
use nodemint_core::lock::ImageRequest;
use nodemint_core::observed::{Image, ObservedGroup, ObservedTemplate};

use crate::observe::read_group;
use crate::ports::{Cloud, CloudError, ErrorKind};

/// Calls under way at a time, as for a plan.
const CONCURRENT_READS: usize = 8;

/// What to import.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub cluster: String,
    pub region: String,
    /// Only these; empty: all of the cluster's.
    pub groups: BTreeSet<String>,
    /// The fleet's name, if it is told.
    pub fleet: Option<String>,
}

/// Why there is nothing to import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error("EKS has no cluster {cluster} in {region}")]
    NoCluster { cluster: String, region: String },
    #[error("cluster {cluster} has no node group {}; it has {}", .missing.join(", "), listed(.existing))]
    NoGroup {
        cluster: String,
        missing: Vec<String>,
        existing: Vec<String>,
    },
    #[error("cluster {cluster} has no managed node groups")]
    NoGroups { cluster: String },
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

/// Reads a cluster.
pub async fn read(
    wanted: &Wanted,
    now: Timestamp,
    cloud: &dyn Cloud,
) -> Result<AwsFacts, ImportError> {
    let name = &wanted.cluster;
    let cluster = cloud
        .cluster(name)
        .await?
        .ok_or_else(|| ImportError::NoCluster {
            cluster: name.clone(),
            region: wanted.region.clone(),
        })?;
    let groups = groups(wanted, cloud).await?;
    let templates = templates(&groups, cloud).await?;
    let ids: BTreeSet<String> = running(&groups, &templates).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let images = match ids.as_slice() {
        [] => BTreeMap::new(),
        ids => cloud.images(ids).await?,
    };
    let mut facts = AwsFacts {
        fleet: wanted.fleet.clone(),
        region: wanted.region.clone(),
        cluster,
        groups,
        templates,
        images,
        releases: BTreeMap::new(),
        gaps: Vec::new(),
    };
    read_releases(&mut facts, now, cloud).await?;
    Ok(facts)
}

async fn groups(wanted: &Wanted, cloud: &dyn Cloud) -> Result<Vec<ObservedGroup>, ImportError> {
    let cluster = &wanted.cluster;
    let mut names = cloud.node_group_names(cluster).await?;
    names.sort();
    let missing: Vec<String> = wanted
        .groups
        .iter()
        .filter(|name| !names.contains(name))
        .cloned()
        .collect();
    if !missing.is_empty() {
        let cluster = cluster.clone();
        return Err(ImportError::NoGroup {
            cluster,
            missing,
            existing: names,
        });
    }
    if names.is_empty() {
        let cluster = cluster.clone();
        return Err(ImportError::NoGroups { cluster });
    }
    names.retain(|name| wanted.groups.is_empty() || wanted.groups.contains(name));
    let reads = names
        .iter()
        .map(|name| async move { read_group(cloud, cluster, name).await });
    let found: Vec<Option<ObservedGroup>> = stream::iter(reads)
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    // One that was deleted between the two calls is none.
    Ok(found.into_iter().flatten().collect())
}

/// The launch templates of the groups, by id. EC2 is asked by name, and what it shows must be the very one: a
/// template that was deleted and made again has its name and another id.
async fn templates(
    groups: &[ObservedGroup],
    cloud: &dyn Cloud,
) -> Result<BTreeMap<String, ObservedTemplate>, CloudError> {
    let on = groups
        .iter()
        .filter_map(|group| group.launch_template.as_ref());
    let names: BTreeSet<&String> = on.filter_map(|on| on.name.as_ref()).collect();
    let reads = names
        .into_iter()
        .map(|name| async move { cloud.launch_template(name).await });
    let found: Vec<Option<ObservedTemplate>> = stream::iter(reads)
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let found = found.into_iter().flatten();
    Ok(found
        .map(|template| (template.id.clone(), template))
        .collect())
}

/// The images that the groups' versions name. Of a group that follows `$Latest`, any version may be its own.
fn running<'a>(
    groups: &'a [ObservedGroup],
    templates: &'a BTreeMap<String, ObservedTemplate>,
) -> impl Iterator<Item = String> + 'a {
    let on = groups
        .iter()
        .filter_map(|group| group.launch_template.as_ref());
    let versions = on.flat_map(|on| {
        let template = on.id.as_ref().and_then(|id| templates.get(id));
        let versions = template.into_iter().flat_map(|template| &template.versions);
        versions.filter(|version| on.number().is_none_or(|number| number == version.number))
    });
    let ids = versions.filter_map(|version| version.data.image_id.clone());
    ids.filter(|id| id.starts_with("ami-"))
}

/// Which images are releases for certain: the parameter that their publisher keeps for the release holds this id,
/// or, of families without such parameters, the image is the publisher's own.
async fn read_releases(
    facts: &mut AwsFacts,
    now: Timestamp,
    cloud: &dyn Cloud,
) -> Result<(), CloudError> {
    let mut asks: Vec<(Image, ImageRequest, Ask)> = Vec::new();
    for image in facts.images.values() {
        for (request, release) in likely(image, &facts.region, &facts.cluster.version) {
            let published = KnownImage::published(image, &release);
            if let Ok(ask) = ask_for(&request, &published) {
                asks.push((image.clone(), request, ask));
            }
        }
    }
    let names: BTreeSet<String> = asks
        .iter()
        .flat_map(|(_, _, ask)| ask.parameters())
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let values = match names.as_slice() {
        [] => BTreeMap::new(),
        names => match cloud.parameters(names).await {
            Ok(values) => values,
            Err(error) if error.kind == ErrorKind::AccessDenied => {
                facts.gaps.push(format!(
                    "which releases the images are cannot be told, and they are named by their ids: {error}"
                ));
                return Ok(());
            }
            Err(error) => return Err(error),
        },
    };
    for (image, request, ask) in asks {
        if matches!(ask, Ask::Images(_)) && !is_the_publishers(&image, &request) {
            continue;
        }
        let Ok(answer) = ask.read(&values, std::slice::from_ref(&image), now) else {
            continue;
        };
        let release = answer
            .release_version
            .or_else(|| release_version(&request, &image.name));
        if let Some(known) = KnownImage::of(&request, release)
            && answer.image_id == image.id
        {
            facts.releases.entry(image.id).or_insert(known);
        }
    }
    Ok(())
}

fn is_the_publishers(image: &Image, request: &ImageRequest) -> bool {
    let Some(expected) = expected_owner(request) else {
        return false;
    };
    let by_account = expected.account == Some(image.owner.as_str());
    by_account || (expected.amazon && image.owner_alias.as_deref() == Some("amazon"))
}
