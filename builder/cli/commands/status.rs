//! `status`: what runs, and what is behind.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::launch_template::cluster_of;
use nodemint_core::observed::{Observed, ObservedGroup, ObservedTemplate, ObservedVersion};
use nodemint_core::plan::Scope;
use nodemint_core::spec::NodeGroup;
use nodemint_engine::observe::observe;
use nodemint_engine::ports::Image;
use serde::Serialize;

use super::Session;
use crate::args::Output;
use crate::console::{BAD, CHANGE, NOTE, paint};
use crate::error::AppError;
use crate::project::Project;
use crate::report::table::table;
use crate::report::time::age;
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/status/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    schema: &'static str,
    account: String,
    clusters: Vec<ClusterStatus>,
    node_groups: Vec<GroupStatus>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterStatus {
    name: String,
    region: String,
    /// absent: no such cluster
    status: Option<String>,
    version: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupStatus {
    name: String,
    cluster: String,
    region: String,
    /// absent: no such group
    status: Option<String>,
    launch_template: String,
    /// the number, unless the group follows `$Latest` or `$Default`
    launch_template_version: Option<i64>,
    /// the newest version that is for this cluster, or for any
    newest_version: Option<i64>,
    pinned_version: Option<i64>,
    instance_type: Option<String>,
    image_id: Option<String>,
    image_name: Option<String>,
    image_created: Option<Timestamp>,
    image_deprecated: Option<Timestamp>,
    kubernetes_version: Option<String>,
    release_version: Option<String>,
    nodes: Option<Nodes>,
    update_under_way: Option<String>,
    health: Vec<String>,
    /// what is not as the spec says, or not as it was
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Nodes {
    min: i32,
    max: i32,
    desired: i32,
}

pub async fn run(session: &Session) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let (status, now) = session
        .with_aws(async |aws| read(&project, aws).await)
        .await?;
    match session.console.output {
        Output::Json => session.console.answer_json(&status),
        Output::Text | Output::Markdown => {
            session
                .console
                .answer(&text(&status, now, session.console.output))
        }
    }
}

async fn read(project: &Project, aws: &Surroundings) -> Result<(Status, Timestamp), AppError> {
    let spec = project.spec();
    let scope = Scope::of_spec(spec);
    let observed = observe(&scope, aws.clouds.as_ref()).await?;
    let regions: BTreeMap<&str, &str> = spec
        .clusters
        .iter()
        .map(|cluster| (cluster.name.as_str(), cluster.region.as_str()))
        .collect();
    let region = |cluster: &str| regions.get(cluster).copied().unwrap_or_default();
    let images = images(
        spec.node_groups
            .iter()
            .map(|group| (region(&group.cluster), group)),
        &observed,
        aws,
    )
    .await?;
    let clusters = spec.clusters.iter().map(|cluster| {
        let found = observed.clusters.get(&cluster.name);
        ClusterStatus {
            name: cluster.name.clone(),
            region: cluster.region.clone(),
            status: found.map(|found| found.status.clone()),
            version: found.map(|found| found.version.clone()),
        }
    });
    let groups = spec
        .node_groups
        .iter()
        .map(|group| group_status(group, region(&group.cluster), &observed, &images));
    let status = Status {
        schema: SCHEMA,
        account: observed.account.clone(),
        clusters: clusters.collect(),
        node_groups: groups.collect(),
    };
    Ok((status, aws.clock.now()))
}

/// The images that the groups run, by id.
async fn images<'a>(
    groups: impl Iterator<Item = (&'a str, &'a NodeGroup)>,
    observed: &Observed,
    aws: &Surroundings,
) -> Result<BTreeMap<String, Image>, AppError> {
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (region, group) in groups {
        let found = observed.group(&group.cluster, &group.name);
        let id = found.and_then(|found| image_id(found, group, region, observed));
        wanted.entry(region).or_default().extend(id);
    }
    let mut images = BTreeMap::new();
    for (region, ids) in wanted.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let ids: Vec<String> = ids.into_iter().collect();
        images.extend(aws.clouds.region(region).await?.images(&ids).await?);
    }
    Ok(images)
}

/// The image in the group's launch-template version; none if EKS chooses it by the release version.
fn image_id(
    found: &ObservedGroup,
    group: &NodeGroup,
    region: &str,
    observed: &Observed,
) -> Option<String> {
    let number = found.launch_template.as_ref()?.number()?;
    observed
        .template(region, &group.launch_template)?
        .version(number)?
        .data
        .image_id
        .clone()
}

fn group_status(
    group: &NodeGroup,
    region: &str,
    observed: &Observed,
    images: &BTreeMap<String, Image>,
) -> GroupStatus {
    let found = observed.group(&group.cluster, &group.name);
    let template = observed.template(region, &group.launch_template);
    let current = found.and_then(|found| found.launch_template.as_ref());
    let version = current
        .and_then(|current| current.number())
        .and_then(|number| template?.version(number));
    let image = found.and_then(|found| image_id(found, group, region, observed));
    let details = image.as_ref().and_then(|id| images.get(id));
    GroupStatus {
        name: group.name.clone(),
        cluster: group.cluster.clone(),
        region: region.to_owned(),
        status: found.map(|found| found.status.clone()),
        launch_template: current
            .and_then(|current| current.name.clone())
            .unwrap_or_else(|| match found {
                Some(_) => "none".to_owned(),
                None => group.launch_template.clone(),
            }),
        launch_template_version: current.and_then(|current| current.number()),
        newest_version: template.and_then(|template| newest(template, &group.cluster)),
        pinned_version: group.launch_template_version,
        instance_type: version
            .and_then(|version| version.data.instance_type.clone())
            .or_else(|| found.and_then(|found| found.instance_types.first().cloned())),
        image_id: image,
        image_name: details.map(|image| image.name.clone()),
        image_created: details.and_then(|image| image.created),
        image_deprecated: details.and_then(|image| image.deprecated),
        kubernetes_version: found.and_then(|found| found.version.clone()),
        release_version: found.and_then(|found| found.release_version.clone()),
        nodes: found.and_then(|found| found.scaling).map(|scaling| Nodes {
            min: scaling.min,
            max: scaling.max,
            desired: scaling.desired,
        }),
        update_under_way: found
            .and_then(|found| found.last_update.as_ref())
            .filter(|update| update.in_progress())
            .map(|update| update.id.clone()),
        health: found
            .map(|found| {
                found
                    .health
                    .iter()
                    .map(|issue| format!("{}: {}", issue.code, issue.message))
                    .collect()
            })
            .unwrap_or_default(),
        notes: found
            .map(|found| notes(group, found, template))
            .unwrap_or_default(),
    }
}

/// The newest version that boots nodes into this cluster, or into whichever they are started for. A
/// template can have versions for several clusters.
fn newest(template: &ObservedTemplate, cluster: &str) -> Option<i64> {
    let fits =
        |version: &&ObservedVersion| cluster_of(&version.data).is_none_or(|named| named == cluster);
    template
        .versions
        .iter()
        .filter(fits)
        .map(|version| version.number)
        .max()
}

/// What a person should know of a group besides its columns.
fn notes(
    group: &NodeGroup,
    found: &ObservedGroup,
    template: Option<&ObservedTemplate>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let wanted = &group.launch_template;
    let Some(current) = &found.launch_template else {
        return vec![format!(
            "it was made without a launch template, and the spec says `{wanted}`"
        )];
    };
    let name = current.name.as_deref().unwrap_or("unknown");
    match template {
        _ if name != wanted => {
            notes.push(format!(
                "it is on launch template `{name}`, and the spec says `{wanted}`"
            ));
        }
        None => notes.push(format!(
            "its launch template `{name}` does not exist any more"
        )),
        Some(template) if current.id.as_ref().is_some_and(|id| *id != template.id) => {
            notes.push(format!(
                "its launch template was deleted; the `{name}` that exists is another"
            ));
        }
        Some(template) => match current.number() {
            Some(number) if template.version(number).is_none() => {
                notes.push(format!(
                    "its version {number} does not exist any more: there is no way back to it"
                ));
            }
            Some(_) => {}
            None => notes.push(format!(
                "it follows `{}`",
                current.version.as_deref().unwrap_or("unknown")
            )),
        },
    }
    if let Some(pin) = group.launch_template_version {
        notes.push(format!("the spec pins it to version {pin}"));
    }
    notes
}

fn text(status: &Status, now: Timestamp, output: Output) -> String {
    let dash = || "-".to_owned();
    let rows = status.node_groups.iter().map(|group| {
        let state = group
            .status
            .clone()
            .unwrap_or_else(|| "does not exist".to_owned());
        let version = match (group.launch_template_version, group.newest_version) {
            (Some(version), Some(newest)) if newest > version => {
                format!("{version} (newest {newest})")
            }
            (version, _) => version.map_or_else(dash, |version| version.to_string()),
        };
        let nodes = group.nodes.as_ref();
        vec![
            format!("{}/{}", group.cluster, group.name),
            state,
            group.launch_template.clone(),
            version,
            group.instance_type.clone().unwrap_or_else(dash),
            group
                .image_name
                .clone()
                .or_else(|| group.release_version.clone())
                .unwrap_or_else(dash),
            group
                .image_created
                .map_or_else(dash, |created| age(created, now)),
            nodes.map_or_else(dash, |nodes| {
                format!("{} ({}-{})", nodes.desired, nodes.min, nodes.max)
            }),
        ]
    });
    let header = [
        "NODE GROUP",
        "STATUS",
        "TEMPLATE",
        "VERSION",
        "TYPE",
        "IMAGE",
        "AGE",
        "NODES",
    ];
    let mut text = table(output, &header, rows);
    for cluster in status
        .clusters
        .iter()
        .filter(|cluster| cluster.status.as_deref() != Some("ACTIVE"))
    {
        let state = cluster.status.as_deref().unwrap_or("not there");
        text.push_str(&format!(
            "{} cluster {} in {} is {state}\n",
            paint(CHANGE, "warning:"),
            cluster.name,
            cluster.region
        ));
    }
    for group in &status.node_groups {
        for issue in &group.health {
            text.push_str(&format!(
                "{} {}/{}: {issue}\n",
                paint(BAD, "health:"),
                group.cluster,
                group.name
            ));
        }
        for note in &group.notes {
            let name = format!("{}/{}", group.cluster, group.name);
            text.push_str(&format!("{} {name}: {note}\n", paint(NOTE, "note:")));
        }
        if let Some(update) = &group.update_under_way {
            text.push_str(&format!(
                "{}/{}: update {update} is under way; `nodemint apply` follows it\n",
                group.cluster, group.name
            ));
        }
        if let Some(deprecated) = group
            .image_deprecated
            .filter(|deprecated| *deprecated <= now)
        {
            text.push_str(&format!(
                "{} {}/{}: its image is deprecated since {}\n",
                paint(CHANGE, "warning:"),
                group.cluster,
                group.name,
                deprecated.strftime("%Y-%m-%d")
            ));
        }
    }
    text
}
