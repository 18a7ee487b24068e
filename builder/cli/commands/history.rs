//! `history`: the versions of a launch template, what changed, and who uses which.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nodemint_core::launch_template::{FieldChange, changes, content_hash, read_description};
use nodemint_core::observed::{ObservedTemplate, ObservedVersion};
use nodemint_core::plan::OWNER_TAG;
use nodemint_core::site::Site;
use nodemint_core::uses::{Survey, User, Uses};
use serde::Serialize;

use super::Session;
use super::versions::{Found, Ground, Images};
use crate::args::{HistoryArgs, Output};
use crate::error::AppError;
use crate::report;
use crate::report::json;
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/history/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    schema: &'static str,
    pub launch_templates: Vec<TemplateHistory>,
    /// what is not known, because a call was refused
    pub notes: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateHistory {
    pub name: String,
    pub id: String,
    pub site: Site,
    region: String,
    /// the fleet that made it
    pub owner: Option<String>,
    pub default_version: i64,
    latest_version: i64,
    /// how many there are, of which `versions` has the newest
    pub version_count: usize,
    /// newest first
    pub versions: Vec<VersionHistory>,
    /// who uses the template, at a version that AWS does not tell
    pub users_of_any_version: Vec<User>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionHistory {
    pub version: i64,
    /// what `$Default` is
    pub is_default: bool,
    /// what `$Latest` is
    pub is_latest: bool,
    pub created_at: Option<Timestamp>,
    created_by: Option<String>,
    pub description: Option<String>,
    /// computed from the data; none if the version has fields that nodemint does not read yet
    pub hash: Option<String>,
    /// the label in the description does not belong to the data
    pub mislabelled: bool,
    pub origin: Option<String>,
    pub instance_type: Option<String>,
    image_id: Option<String>,
    pub image: Option<ImageHistory>,
    /// `cluster/group`, of every cluster in the account and region
    pub used_by: Vec<String>,
    /// node groups, updates under way, Auto Scaling groups, instances
    pub users: Vec<User>,
    /// against the version before
    pub changes: Vec<FieldChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageHistory {
    pub id: String,
    /// none if EC2 does not show it, or may not be asked
    pub name: Option<String>,
    /// as the family numbers its releases, for images that a family publishes
    pub release: Option<String>,
    /// EC2 shows no such image: a version that names it starts no node any more. None: not known.
    pub gone: Option<bool>,
}

pub async fn run(session: &Session, args: &HistoryArgs) -> Result<(), AppError> {
    let ground = Ground::open(session)?;
    let history = session
        .with_aws(async |aws| read(&ground, args, aws).await)
        .await?;
    let console = &session.console;
    match console.output {
        Output::Json => console.answer_json(&json::without_user_data(&history)?),
        Output::Text | Output::Markdown => {
            console.answer(&report::history::text(&history, console))
        }
    }
}

async fn read(
    ground: &Ground,
    args: &HistoryArgs,
    aws: &Surroundings,
) -> Result<History, AppError> {
    let found = ground.find(&args.template, aws).await?;
    let surveys = ground.surveys(&found, false, aws).await?;
    let denied = surveys.denied.iter();
    let mut notes: BTreeSet<String> = denied
        .map(|error| format!("there may be more users than are shown: {error}"))
        .collect();
    let nobody = Survey::default();
    let mut histories = Vec::new();
    for found in &found {
        let versions = found.template.versions.iter();
        let ids = versions.filter_map(|one| one.data.image_id.clone());
        let images = ground.images(found, ids.collect(), aws).await?;
        notes.extend(images.unknown.clone());
        let survey = surveys.by_site.get(&found.site).unwrap_or(&nobody);
        let uses = Uses::of(&found.template, survey);
        histories.push(template_history(found, &uses, &images, args.limit));
    }
    Ok(History {
        schema: SCHEMA,
        launch_templates: histories,
        notes: notes.into_iter().collect(),
    })
}

/// An image of a version, as far as EC2 shows it.
fn image_history(id: &str, images: &Images) -> ImageHistory {
    let note = images.note(id);
    let (name, release) = match note {
        Some(note) => (Some(note.name), note.release_version),
        None => (None, None),
    };
    ImageHistory {
        id: id.to_owned(),
        name,
        release,
        gone: images.gone(id),
    }
}

fn template_history(
    found: &Found,
    uses: &Uses,
    images: &Images,
    limit: Option<usize>,
) -> TemplateHistory {
    let template = &found.template;
    let mut versions: Vec<&ObservedVersion> = template.versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let histories = versions.iter().enumerate().map(|(position, version)| {
        let before = versions.get(position + 1).copied();
        version_history(template, (version, before), uses, images)
    });
    TemplateHistory {
        name: template.name.clone(),
        id: template.id.clone(),
        site: found.site.clone(),
        region: found.site.region.clone(),
        owner: template.tags.get(OWNER_TAG).cloned(),
        default_version: template.default_version,
        latest_version: template.latest_version,
        version_count: versions.len(),
        versions: histories.take(limit.unwrap_or(usize::MAX)).collect(),
        users_of_any_version: uses.unplaced.iter().cloned().collect(),
    }
}

fn version_history(
    template: &ObservedTemplate,
    (version, before): (&ObservedVersion, Option<&ObservedVersion>),
    uses: &Uses,
    images: &Images,
) -> VersionHistory {
    let hash = (!version.unread).then(|| content_hash(&version.data));
    let label = version.description.as_deref().and_then(read_description);
    let mislabelled = matches!((&hash, &label), (Some(hash), Some(label)) if *hash != label.hash);
    let image_id = version.data.image_id.as_deref();
    let users: Vec<User> = uses.of_version(version.number).cloned().collect();
    let groups = users.iter().filter_map(|user| match user {
        User::NodeGroup { cluster, name } => Some(format!("{cluster}/{name}")),
        User::Update { .. } | User::AutoScalingGroup { .. } | User::Instance { .. } => None,
    });
    VersionHistory {
        version: version.number,
        is_default: version.number == template.default_version,
        is_latest: version.number == template.latest_version,
        created_at: version.created_at,
        created_by: version.created_by.clone(),
        description: version.description.clone(),
        hash: hash.map(|hash| hash.0),
        mislabelled,
        origin: label.and_then(|label| label.origin),
        instance_type: version.data.instance_type.clone(),
        image_id: version.data.image_id.clone(),
        image: image_id.map(|id| image_history(id, images)),
        used_by: groups.collect(),
        users,
        changes: before
            .map(|before| changes(&before.data, &version.data))
            .unwrap_or_default(),
    }
}
