//! `status`: what runs, and what is behind.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nodemint_core::launch_template::cluster_of;
use nodemint_core::observed::{ObservedGroup, ObservedTemplate, ObservedVersion};
use nodemint_core::plan::{OWNER_TAG, strays};
use nodemint_core::site::{Access, Site};
use nodemint_core::spec::NodeGroup;
use nodemint_engine::outdated::{Outdated, outdated};
use nodemint_engine::resolve::Unreached;
use serde::Serialize;

use super::Session;
use super::outdated::Place;
use super::running::{self, Running};
use crate::args::Output;
use crate::error::AppError;
use crate::project::Project;
use crate::report::status::text;
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/status/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    schema: &'static str,
    pub accounts: BTreeMap<Access, String>,
    pub clusters: Vec<ClusterStatus>,
    pub node_groups: Vec<GroupStatus>,
    /// what could not be looked up
    pub notes: Vec<String>,
}

/// What was read, when, and what could not be.
struct Read {
    status: Status,
    now: Timestamp,
    unreached: Vec<Unreached>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    pub name: String,
    pub site: Site,
    pub region: String,
    /// absent: no such cluster
    pub status: Option<String>,
    pub version: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    pub name: String,
    pub cluster: String,
    pub site: Site,
    pub region: String,
    /// absent: no such group
    pub status: Option<String>,
    pub launch_template: String,
    /// the number, unless the group follows `$Latest` or `$Default`
    pub launch_template_version: Option<i64>,
    /// the newest version that is for this cluster, or for any
    pub newest_version: Option<i64>,
    pub pinned_version: Option<i64>,
    pub instance_type: Option<String>,
    pub image_id: Option<String>,
    pub image_name: Option<String>,
    pub image_created: Option<Timestamp>,
    pub image_deprecated: Option<Timestamp>,
    /// as the image's name has it
    pub image_release: Option<String>,
    /// how many newer ones there are, of its family and Kubernetes version
    pub releases_behind: Option<usize>,
    pub kubernetes_version: Option<String>,
    pub release_version: Option<String>,
    pub nodes: Option<Nodes>,
    pub update_under_way: Option<String>,
    /// the fleet that it belongs to, by its tag; absent: nobody's
    pub owner: Option<String>,
    /// likewise, of its launch template
    pub launch_template_owner: Option<String>,
    pub health: Vec<String>,
    /// what is not as the spec says, or not as it was
    pub notes: Vec<String>,
}

#[derive(Serialize)]
pub struct Nodes {
    pub min: i32,
    pub max: i32,
    pub desired: i32,
}

pub async fn run(session: &Session) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let read = session
        .with_aws(async |aws| read(&project, aws).await)
        .await?;
    let console = &session.console;
    match console.output {
        Output::Json => console.answer_json(&read.status)?,
        Output::Text | Output::Markdown => {
            console.answer(&text(&read.status, read.now, console))?
        }
    }
    match read.unreached.is_empty() {
        true => Ok(()),
        false => Err(AppError::Unreached(read.unreached)),
    }
}

async fn read(project: &Project, aws: &Surroundings) -> Result<Read, AppError> {
    let spec = project.spec();
    let running = running::read_with_strays(spec, aws)
        .await
        .refuse_nothing(spec)?;
    let now = aws.clock.now();
    // The lock says what a group's image is one of; without it there is nothing to compare with.
    let known = match project.find_lock()? {
        Some(lock) => outdated(&lock, spec, now, aws.clouds.as_ref()).await,
        None => Outdated::default(),
    };
    let clusters = spec.clusters.iter().map(|cluster| {
        let found = running.observed.clusters.get(&cluster.name);
        ClusterStatus {
            name: cluster.name.clone(),
            site: cluster.site(),
            region: cluster.region.clone(),
            status: found.map(|found| found.status.clone()),
            version: found.map(|found| found.version.clone()),
        }
    });
    let sites = running::sites(spec);
    // A group that could not be read is told as such, not as one that does not exist.
    let unread = |site: &Site| {
        let mut unreached = running.unreached.iter();
        unreached.any(|one| one.site == *site) && !running.observed.templates.contains_key(site)
    };
    let groups = spec.node_groups.iter().filter_map(|group| {
        let site = sites.get(group.cluster.as_str())?;
        (!unread(site)).then(|| group_status((&spec.name, group), site, &running, &known))
    });
    let unlisted = known.unreached.iter().map(|one| {
        let (site, error) = (&one.site, &one.error);
        format!("how many releases images are behind is not known in {site}: {error}")
    });
    let strays = strays(&spec.name, &running.observed).into_iter();
    let strays = strays.map(|stray| format!("{}: {}", stray.subject, stray.message));
    let notes = running.gaps.iter().cloned();
    let notes = notes.chain(unlisted).chain(strays).collect();
    let status = Status {
        schema: SCHEMA,
        accounts: running.observed.accounts.clone(),
        clusters: clusters.filter(|cluster| !unread(&cluster.site)).collect(),
        node_groups: groups.collect(),
        notes,
    };
    Ok(Read {
        status,
        now,
        unreached: running.unreached,
    })
}

fn group_status(
    (fleet, group): (&str, &NodeGroup),
    site: &Site,
    running: &Running,
    known: &Outdated,
) -> GroupStatus {
    let found = running.observed.group(&group.cluster, &group.name);
    let template = running.observed.template(site, &group.launch_template);
    let current = found.and_then(|found| found.launch_template.as_ref());
    let version = current
        .and_then(|current| current.number())
        .and_then(|number| template?.version(number));
    let details = running.image(group, site);
    let place =
        found.and_then(|found| Place::of(group, found, running.image_id(group, site), known));
    GroupStatus {
        name: group.name.clone(),
        cluster: group.cluster.clone(),
        site: site.clone(),
        region: site.region.clone(),
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
        image_id: running.image_id(group, site).map(str::to_owned),
        image_name: details.map(|image| image.name.clone()),
        image_created: details.and_then(|image| image.created),
        image_deprecated: details.and_then(|image| image.deprecated),
        image_release: place.as_ref().and_then(|place| place.release.clone()),
        releases_behind: place.and_then(|place| place.behind),
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
        owner: found.and_then(|found| found.tags.get(OWNER_TAG).cloned()),
        launch_template_owner: template.and_then(|template| template.tags.get(OWNER_TAG).cloned()),
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
            .map(|found| {
                let mut notes = notes(group, found, template);
                notes.extend(whose(fleet, found, template));
                notes
            })
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

/// Whose the group and its launch template are, where they are not the fleet's.
fn whose(fleet: &str, found: &ObservedGroup, template: Option<&ObservedTemplate>) -> Vec<String> {
    let owner = |tags: &BTreeMap<String, String>| tags.get(OWNER_TAG).cloned();
    let of_template = template.map(|template| owner(&template.tags));
    let of_group = owner(&found.tags);
    let mut things = vec![("it", of_group.clone())];
    match of_template {
        Some(same) if same == of_group => things = vec![("it and its launch template", same)],
        Some(other) => things.push(("its launch template", other)),
        None => {}
    }
    let foreign = things
        .into_iter()
        .filter(|(_, owner)| owner.as_deref() != Some(fleet));
    let told = foreign.map(|(what, owner)| match owner {
        Some(owner) => {
            format!("{what}: of the fleet `{owner}`; a change needs `--adopt=fleet:{owner}`")
        }
        None => format!("{what}: nobody's; a change needs `--adopt`"),
    });
    told.collect()
}
