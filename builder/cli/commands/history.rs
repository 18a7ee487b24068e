//! `history`: the versions of a launch template.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::launch_template::{FieldChange, changes, content_hash, read_description};
use nodemint_core::observed::{ObservedTemplate, ObservedVersion};
use nodemint_core::plan::OWNER_TAG;
use nodemint_core::site::Site;
use serde::Serialize;

use super::Session;
use crate::args::{HistoryArgs, Output};
use crate::console::{BOLD, CHANGE, DIM, paint};
use crate::error::AppError;
use crate::project::Project;
use crate::report::json;
use crate::report::table::table;
use crate::report::time::moment;
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/history/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    schema: &'static str,
    launch_templates: Vec<TemplateHistory>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TemplateHistory {
    name: String,
    id: String,
    site: Site,
    region: String,
    /// the fleet that made it
    owner: Option<String>,
    default_version: i64,
    /// newest first
    versions: Vec<VersionHistory>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionHistory {
    version: i64,
    created_at: Option<Timestamp>,
    created_by: Option<String>,
    description: Option<String>,
    /// computed from the data; none if the version has fields that nodemint does not read yet
    hash: Option<String>,
    /// the label in the description does not belong to the data
    mislabelled: bool,
    origin: Option<String>,
    instance_type: Option<String>,
    image_id: Option<String>,
    /// `cluster/group`, of the spec's clusters
    used_by: Vec<String>,
    /// against the version before
    changes: Vec<FieldChange>,
}

pub async fn run(session: &Session, args: &HistoryArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let history = session
        .with_aws(async |aws| read(&project, &args.template, aws).await)
        .await?;
    match session.console.output {
        Output::Json => {
            let answer = json::without_user_data(&history)?;
            session.console.answer_json(&answer)
        }
        Output::Text | Output::Markdown => {
            let texts = history
                .launch_templates
                .iter()
                .map(|template| text(template, session.console.output));
            session
                .console
                .answer(&texts.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// A launch template in one site.
pub struct Found {
    pub site: Site,
    pub template: ObservedTemplate,
}

/// The template in every site of the spec that has it.
pub async fn find(
    project: &Project,
    name: &str,
    aws: &Surroundings,
) -> Result<Vec<Found>, AppError> {
    let mut found = Vec::new();
    let clusters = project.spec().clusters.iter();
    let sites: BTreeSet<Site> = clusters.map(|cluster| cluster.site()).collect();
    for site in sites {
        let cloud = aws.clouds.at(&site).await?;
        if let Some(template) = cloud.launch_template(name).await? {
            found.push(Found { site, template });
        }
    }
    if found.is_empty() {
        let known: Vec<&str> = project
            .spec()
            .launch_templates
            .iter()
            .map(|template| template.name.as_str())
            .collect();
        return Err(AppError::usage(
            format!("no region of the spec has a launch template `{name}`"),
            format!(
                "the spec has {}; `nodemint apply` creates what does not exist yet",
                known.join(", ")
            ),
        ));
    }
    Ok(found)
}

async fn read(project: &Project, name: &str, aws: &Surroundings) -> Result<History, AppError> {
    let mut histories = Vec::new();
    for found in find(project, name, aws).await? {
        let users = users(project, &found, aws).await?;
        histories.push(template_history(&found, &users));
    }
    Ok(History {
        schema: SCHEMA,
        launch_templates: histories,
    })
}

/// version → the groups on it, of every group in the spec's clusters.
async fn users(
    project: &Project,
    found: &Found,
    aws: &Surroundings,
) -> Result<BTreeMap<i64, Vec<String>>, AppError> {
    let mut users: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    let cloud = aws.clouds.at(&found.site).await?;
    for cluster in project
        .spec()
        .clusters
        .iter()
        .filter(|cluster| cluster.site() == found.site)
    {
        if cloud.cluster(&cluster.name).await?.is_none() {
            continue;
        }
        for name in cloud.node_group_names(&cluster.name).await? {
            let Some(group) = cloud.node_group(&cluster.name, &name).await? else {
                continue;
            };
            let on = group
                .launch_template
                .filter(|on| on.id.as_deref() == Some(found.template.id.as_str()));
            if let Some(number) = on.and_then(|on| on.number()) {
                users
                    .entry(number)
                    .or_default()
                    .push(format!("{}/{name}", cluster.name));
            }
        }
    }
    Ok(users)
}

fn template_history(found: &Found, users: &BTreeMap<i64, Vec<String>>) -> TemplateHistory {
    let template = &found.template;
    let mut versions: Vec<&ObservedVersion> = template.versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let histories = versions.iter().enumerate().map(|(position, version)| {
        let before = versions.get(position + 1);
        version_history(version, before.copied(), users)
    });
    TemplateHistory {
        name: template.name.clone(),
        id: template.id.clone(),
        site: found.site.clone(),
        region: found.site.region.clone(),
        owner: template.tags.get(OWNER_TAG).cloned(),
        default_version: template.default_version,
        versions: histories.collect(),
    }
}

fn version_history(
    version: &ObservedVersion,
    before: Option<&ObservedVersion>,
    users: &BTreeMap<i64, Vec<String>>,
) -> VersionHistory {
    let hash = (!version.unread).then(|| content_hash(&version.data));
    let label = version.description.as_deref().and_then(read_description);
    let mislabelled = matches!((&hash, &label), (Some(hash), Some(label)) if *hash != label.hash);
    VersionHistory {
        version: version.number,
        created_at: version.created_at,
        created_by: version.created_by.clone(),
        description: version.description.clone(),
        hash: hash.map(|hash| hash.0),
        mislabelled,
        origin: label.and_then(|label| label.origin),
        instance_type: version.data.instance_type.clone(),
        image_id: version.data.image_id.clone(),
        used_by: users.get(&version.number).cloned().unwrap_or_default(),
        changes: before
            .map(|before| changes(&before.data, &version.data))
            .unwrap_or_default(),
    }
}

fn text(template: &TemplateHistory, output: Output) -> String {
    let owner = template.owner.as_deref().map_or_else(
        || "not made by nodemint".to_owned(),
        |fleet| format!("fleet {fleet}"),
    );
    let mut text = format!(
        "{}\n",
        paint(
            BOLD,
            format!(
                "Launch template {} ({}) in {}, {owner}",
                template.name, template.id, template.site
            )
        )
    );
    if output == Output::Markdown {
        text.push('\n');
    }
    let rows = template.versions.iter().map(|version| {
        let dash = || "-".to_owned();
        let hash = version
            .hash
            .as_deref()
            .and_then(|hash| hash.rsplit(':').next())
            .and_then(|hex| hex.get(..12));
        vec![
            version.version.to_string(),
            moment(version.created_at),
            hash.unwrap_or("not readable").to_owned(),
            version.instance_type.clone().unwrap_or_else(dash),
            version.image_id.clone().unwrap_or_else(dash),
            made_by(version),
            some(&version.used_by),
            changed(
                version,
                template.versions.last().map(|oldest| oldest.version),
            ),
        ]
    });
    text.push_str(&table(
        output,
        &[
            "VERSION", "CREATED", "HASH", "TYPE", "IMAGE", "MADE BY", "USED BY", "CHANGED",
        ],
        rows,
    ));
    for version in &template.versions {
        if version.mislabelled {
            text.push_str(&format!(
                "{} version {}: its description has the hash of other data\n",
                paint(CHANGE, "warning:"),
                version.version
            ));
        }
        if version.hash.is_none() {
            text.push_str(&paint(
                DIM,
                format!(
                    "version {} has fields that nodemint does not read yet\n",
                    version.version
                ),
            ));
        }
    }
    text
}

/// Who made a version, by its description: a fleet of ours, or somebody by hand.
fn made_by(version: &VersionHistory) -> String {
    match version.description.as_deref().and_then(read_description) {
        Some(described) => format!("fleet {}", described.fleet),
        None => "others".to_owned(),
    }
}

/// A cell that stays readable: the first few, and how many more.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len() {
        0 => "-".to_owned(),
        number if number <= SHOWN => names.join(" "),
        number => format!("{} and {} more", names[..SHOWN].join(" "), number - SHOWN),
    }
}

fn changed(version: &VersionHistory, oldest: Option<i64>) -> String {
    if oldest == Some(version.version) {
        return "first".to_owned();
    }
    if version.changes.is_empty() {
        return "nothing".to_owned();
    }
    let shown = version
        .changes
        .iter()
        .map(|change| match (&change.from, &change.to) {
            (Some(from), Some(to)) if from == to => format!("{} changed", change.path),
            (Some(from), Some(to)) => format!("{} {from} → {to}", change.path),
            (None, Some(to)) => format!("{} {to}", change.path),
            (Some(_), None) => format!("{} not set any more", change.path),
            (None, None) => change.path.clone(),
        });
    shown.collect::<Vec<_>>().join("; ")
}
