//! `outdated`: what runs, what is locked, what exists, and what `resolve --update` would make of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nodemint_core::lock::LockedImage;
use nodemint_core::observed::ObservedGroup;
use nodemint_core::site::Site;
use nodemint_core::spec::{FleetSpec, NodeGroup};
use nodemint_engine::outdated::{Entry, Outdated, Release, outdated};
use nodemint_engine::resolve::Unreached;
use serde::Serialize;

use super::Session;
use super::running::{self, Running};
use crate::args::Output;
use crate::console::Console;
use crate::error::AppError;
use crate::project::Project;
use crate::report::outdated::text;
use crate::report::progress::Watched;
use crate::report::resolve::{UnreachedSite, unreached};
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/outdated/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema: &'static str,
    images: &'a [Row],
    notes: &'a [String],
    unreached: Vec<UnreachedSite<'a>>,
}

/// A node group, or a launch template in a cluster where no group uses it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub launch_template: String,
    pub cluster: String,
    pub site: Site,
    pub region: String,
    pub node_group: Option<String>,
    pub kubernetes_version: String,
    /// absent: there is no such group, or it could not be read
    pub runs: Option<Known>,
    pub locked: Known,
    /// absent: nobody publishes releases of this image, or they could not be listed
    pub newest: Option<Known>,
    /// how many releases are newer than what runs, or than what is locked if nothing runs
    pub releases_behind: Option<usize>,
    /// what `resolve --update` would lock
    pub update_to: Option<Known>,
    /// why it would not lock the newest
    pub held_back: Option<String>,
}

/// An image, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    pub image_id: Option<String>,
    pub name: Option<String>,
    /// as the image's name has it: `20261012`
    pub release: Option<String>,
    /// EKS's: `1.34.3-20261012`
    pub release_version: Option<String>,
    pub created: Option<Timestamp>,
    pub deprecated: Option<Timestamp>,
}

pub struct Answer {
    pub rows: Vec<Row>,
    pub now: Timestamp,
    pub unreached: Vec<Unreached>,
    /// what could not be looked up besides
    pub gaps: Vec<String>,
}

pub async fn run(session: &Session) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let answer = session
        .with_aws(async |aws| read(&project, aws, &session.console).await)
        .await?;
    let console = &session.console;
    match console.output {
        Output::Json => console.answer_json(&Document {
            schema: SCHEMA,
            images: &answer.rows,
            notes: &answer.gaps,
            unreached: answer.unreached.iter().map(unreached).collect(),
        })?,
        Output::Text | Output::Markdown => console.answer(&text(&answer, console))?,
    }
    match answer.unreached.is_empty() {
        true => Ok(()),
        false => Err(AppError::Unreached(answer.unreached)),
    }
}

async fn read(
    project: &Project,
    aws: &Surroundings,
    console: &Console,
) -> Result<Answer, AppError> {
    let spec = project.spec();
    let lock = project
        .find_lock()?
        .ok_or_else(|| AppError::NoLock(project.lock_path.clone()))?;
    let running = running::read(spec, aws).await.refuse_nothing(spec)?;
    let now = aws.clock.now();
    let known = {
        let sites = running::sites(spec).into_values().collect::<BTreeSet<_>>();
        let clouds = Watched::new(aws.clouds.as_ref(), sites.len(), console);
        outdated(&lock, spec, now, &clouds).await
    };
    let rows = known
        .entries
        .iter()
        .flat_map(|entry| rows(entry, spec, &running))
        .collect();
    let mut unreached = running.unreached;
    unreached.extend(known.unreached);
    Ok(Answer {
        rows,
        now,
        unreached,
        gaps: running.gaps,
    })
}

/// A row for each node group of the template in the cluster, or one if there is none.
fn rows(entry: &Entry, spec: &FleetSpec, running: &Running) -> Vec<Row> {
    let mut groups = spec
        .node_groups
        .iter()
        .filter(|group| group.launch_template == entry.template && group.cluster == entry.cluster)
        .peekable();
    match groups.peek() {
        None => vec![row(entry, None, running)],
        Some(_) => groups
            .map(|group| row(entry, Some(group), running))
            .collect(),
    }
}

fn row(entry: &Entry, group: Option<&NodeGroup>, running: &Running) -> Row {
    let runs = group.and_then(|group| runs(entry, group, running));
    Row {
        launch_template: entry.template.clone(),
        cluster: entry.cluster.clone(),
        site: entry.site.clone(),
        region: entry.site.region.clone(),
        node_group: group.map(|group| group.name.clone()),
        kubernetes_version: entry.locked.request.kubernetes_version.clone(),
        releases_behind: match &runs {
            Some((_, behind)) => *behind,
            None => entry.behind,
        },
        runs: runs.map(|(known, _)| known),
        locked: locked(entry),
        newest: entry.newest.as_ref().map(published),
        update_to: entry.update_to.as_ref().map(published),
        held_back: entry.held_back.clone(),
    }
}

/// What a group runs, and how far behind that is.
fn runs(entry: &Entry, group: &NodeGroup, running: &Running) -> Option<(Known, Option<usize>)> {
    let found = running.observed.group(&group.cluster, &group.name)?;
    let id = running.image_id(group, &entry.site);
    let place = Place::among(entry, found, id);
    let image = running.image(group, &entry.site);
    let known = Known {
        image_id: id.map(str::to_owned),
        name: image.map(|image| image.name.clone()),
        release: place.release,
        release_version: match place.version {
            None if id == Some(&entry.locked.image_id) => entry.locked.release_version.clone(),
            version => version,
        },
        created: image.and_then(|image| image.created).or(place.created),
        deprecated: image.and_then(|image| image.deprecated),
    };
    // An image of one's own is in no list of releases: what is true of it in the lock is true of it here.
    let same = known.image_id.as_ref() == Some(&entry.locked.image_id);
    let behind = place.behind.or(entry.behind.filter(|_| same));
    Some((known, behind))
}

fn locked(entry: &Entry) -> Known {
    let LockedImage {
        image_id,
        name,
        release_version,
        created,
        deprecated,
        ..
    } = &entry.locked;
    let mut published = entry.releases.iter();
    let listed = published.find(|one| one.image_id.as_ref() == Some(image_id));
    Known {
        image_id: Some(image_id.clone()),
        name: Some(name.clone()),
        release: listed.and_then(|one| one.release.clone()),
        release_version: release_version.clone(),
        created: Some(*created),
        deprecated: *deprecated,
    }
}

fn published(release: &Release) -> Known {
    Known {
        image_id: release.image_id.clone(),
        name: Some(release.name.clone()),
        release: release.release.clone(),
        release_version: None,
        created: release.created,
        deprecated: None,
    }
}

/// Where an image stands among the releases of its family and Kubernetes version.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// as the image's name has it
    pub release: Option<String>,
    /// EKS's, of a group whose launch template has no image
    pub version: Option<String>,
    pub created: Option<Timestamp>,
    /// how many are newer; none: it is not among them
    pub behind: Option<usize>,
}

impl Place {
    /// The place of a group's image; none if the lock has nothing for the group's template.
    pub fn of(
        group: &NodeGroup,
        found: &ObservedGroup,
        image_id: Option<&str>,
        known: &Outdated,
    ) -> Option<Self> {
        let mut entries = known.entries.iter();
        let entry = entries.find(|entry| {
            entry.template == group.launch_template && entry.cluster == group.cluster
        })?;
        Some(Self::among(entry, found, image_id))
    }

    fn among(entry: &Entry, found: &ObservedGroup, image_id: Option<&str>) -> Self {
        // Without an image in its launch template, a group has EKS's release version: 1.34.3-20261012.
        let version = found.release_version.as_deref();
        let is_it = |release: &Release| match (image_id, version) {
            (Some(id), _) => release.image_id.as_deref() == Some(id),
            (None, Some(version)) => release
                .release
                .as_deref()
                .is_some_and(|release| is_release(release, version)),
            (None, None) => false,
        };
        let behind = entry.releases.iter().position(is_it);
        let listed = behind.and_then(|at| entry.releases.get(at));
        Self {
            release: listed.and_then(|one| one.release.clone()),
            // Of a group on an image of its launch template, EKS shows the image's id here.
            version: version
                .filter(|version| !version.starts_with("ami-"))
                .map(str::to_owned),
            created: listed.and_then(|one| one.created),
            behind,
        }
    }
}

/// Whether a release as image names have it (`20261012`) is that of a release version
/// (`1.34.3-20261012`).
fn is_release(release: &str, version: &str) -> bool {
    version == release
        || version
            .strip_suffix(release)
            .is_some_and(|before| before.ends_with('-'))
}
