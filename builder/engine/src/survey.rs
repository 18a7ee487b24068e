//! Who may use launch templates, of everybody in an account and region, and not of a fleet alone: what
//! `history` shows, and what `prune` must know before it deletes.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use nodemint_core::observed::{ObservedGroup, ObservedUpdate};
use nodemint_core::uses::Survey;

use crate::observe::{CONCURRENT_READS, read_group};
use crate::ports::{Cloud, CloudError, ErrorKind};

/// What is asked about.
pub struct Wanted<'a> {
    /// ids of launch templates
    pub templates: &'a BTreeSet<String>,
    /// Whether the updates that EKS still lists are read, too, for the groups on these templates.
    pub updates: bool,
    /// Clusters that are known of, for who may not list them.
    pub clusters: &'a BTreeSet<String>,
}

/// What could be read, and what could not.
#[derive(Debug)]
pub struct Surveyed {
    pub survey: Survey,
    /// Calls that were refused, each operation once. With any, the survey is not complete: who is not in it
    /// may be there all the same.
    pub denied: Vec<CloudError>,
}

/// Reads them. A refused permission is set aside; any other failure ends it.
pub async fn survey(cloud: &dyn Cloud, wanted: &Wanted<'_>) -> Result<Surveyed, CloudError> {
    let mut denied = Denied::default();
    let mut survey = Survey {
        node_groups: node_groups(cloud, wanted, &mut denied).await?,
        ..Survey::default()
    };
    if wanted.updates {
        survey.updates = updates(cloud, wanted, &survey.node_groups, &mut denied).await?;
    }
    let groups = denied.aside(cloud.auto_scaling_groups().await)?;
    survey.auto_scaling_groups = groups.unwrap_or_default();
    for id in wanted.templates {
        if let Some(instances) = denied.aside(cloud.template_instances(id).await)? {
            survey.instances.insert(id.clone(), instances);
        }
    }
    Ok(Surveyed {
        survey,
        denied: denied.0.into_values().collect(),
    })
}

/// (service, operation) → the first refusal
#[derive(Default)]
struct Denied(BTreeMap<(&'static str, &'static str), CloudError>);

impl Denied {
    fn aside<T>(&mut self, read: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind == ErrorKind::AccessDenied => {
                let key = (error.service, error.operation);
                self.0.entry(key).or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

async fn node_groups(
    cloud: &dyn Cloud,
    wanted: &Wanted<'_>,
    denied: &mut Denied,
) -> Result<Vec<ObservedGroup>, CloudError> {
    let listed = denied.aside(cloud.cluster_names().await)?;
    let clusters = listed.unwrap_or_else(|| wanted.clusters.iter().cloned().collect());
    let reads = clusters.iter().map(|cluster| async move {
        let names = existing(cloud.node_group_names(cluster).await);
        Ok::<_, CloudError>((cluster, names))
    });
    let mut named: Vec<(&String, String)> = Vec::new();
    for (cluster, names) in many(reads).await? {
        let names = denied.aside(names)?.flatten().unwrap_or_default();
        named.extend(names.into_iter().map(|name| (cluster, name)));
    }
    let reads = named.iter().map(|(cluster, name)| async move {
        Ok::<_, CloudError>(existing(read_group(cloud, cluster, name).await))
    });
    let mut groups = Vec::new();
    for read in many(reads).await? {
        groups.extend(denied.aside(read)?.flatten().flatten());
    }
    Ok(groups)
}

/// The updates of the groups on the wanted templates.
async fn updates(
    cloud: &dyn Cloud,
    wanted: &Wanted<'_>,
    groups: &[ObservedGroup],
    denied: &mut Denied,
) -> Result<BTreeMap<(String, String), Vec<ObservedUpdate>>, CloudError> {
    let is_wanted = |group: &&ObservedGroup| {
        let id = group
            .launch_template
            .as_ref()
            .and_then(|named| named.id.as_ref());
        id.is_none_or(|id| wanted.templates.contains(id))
    };
    let groups = groups
        .iter()
        .filter(|group| group.launch_template.is_some());
    let reads = groups.filter(is_wanted).map(|group| async move {
        let key = (group.cluster.clone(), group.name.clone());
        Ok::<_, CloudError>((key, existing(updates_of(cloud, group).await)))
    });
    let mut updates = BTreeMap::new();
    for (key, read) in many(reads).await? {
        updates.extend(denied.aside(read)?.flatten().map(|read| (key, read)));
    }
    Ok(updates)
}

async fn updates_of(
    cloud: &dyn Cloud,
    group: &ObservedGroup,
) -> Result<Vec<ObservedUpdate>, CloudError> {
    let mut updates = Vec::new();
    for id in cloud.update_ids(&group.cluster, &group.name).await? {
        updates.push(cloud.update(&group.cluster, &group.name, &id).await?);
    }
    Ok(updates)
}

/// What was deleted between two calls is an answer.
fn existing<T>(read: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match read {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

async fn many<T>(
    reads: impl Iterator<Item = impl Future<Output = Result<T, CloudError>>>,
) -> Result<Vec<T>, CloudError> {
    stream::iter(reads)
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await
}
