//! `diff`: two versions of a launch template, or one and what the spec asks for.

use nodemint_core::desired::Desired;
use nodemint_core::launch_template::{Data, FieldChange, changes, content_hash};
use nodemint_core::observed::{ObservedTemplate, ObservedVersion};
use nodemint_core::site::Site;
use serde::Serialize;

use super::Session;
use super::versions::{Found, Ground};
use crate::args::{DiffArgs, Output, Side};
use crate::error::AppError;
use crate::report::{self, json};
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/diff/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    schema: &'static str,
    /// whether any of the comparisons found a difference, or could not rule one out
    differs: bool,
    /// one for each region and account that has the template; with `spec`, for each cluster
    pub comparisons: Vec<Comparison>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub name: String,
    pub id: String,
    pub site: Site,
    region: String,
    pub from: Compared,
    pub to: Compared,
    /// A side has fields that nodemint does not read: what they hold was not compared.
    pub unread: bool,
    pub changes: Vec<FieldChange>,
}

/// One side.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// none: what the spec asks for
    pub version: Option<i64>,
    /// with `spec`: the clusters that it asks for this in
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// none if the version has fields that nodemint does not read yet
    hash: Option<String>,
    #[serde(skip)]
    data: Data,
    #[serde(skip)]
    unread: bool,
}

impl Comparison {
    fn differs(&self) -> bool {
        !self.changes.is_empty() || self.unread
    }
}

pub async fn run(session: &Session, args: &DiffArgs) -> Result<(), AppError> {
    let mut ground = Ground::open(session)?;
    if let Some(cluster) = &args.cluster {
        ground.only(cluster)?;
    }
    // What the spec asks for is found without AWS, so what is wrong with it is told first.
    let desired = desired(&ground, args)?;
    let comparisons = session
        .with_aws(async |aws| {
            let found = ground.find(&args.template, aws).await?;
            let mut comparisons = compare_all(&found, desired.as_ref(), args)?;
            for one in &mut comparisons {
                name_images(one, &ground, &found, aws).await?;
            }
            Ok(comparisons)
        })
        .await?;
    let diff = Diff {
        schema: SCHEMA,
        differs: comparisons.iter().any(Comparison::differs),
        comparisons,
    };
    show(session, &diff)?;
    match args.detailed_exitcode && diff.differs {
        true => Err(AppError::Changes),
        false => Ok(()),
    }
}

/// Says of images what they are, where they differ.
async fn name_images(
    one: &mut Comparison,
    ground: &Ground,
    found: &[Found],
    aws: &Surroundings,
) -> Result<(), AppError> {
    let here = found.iter().find(|found| found.site == one.site);
    let mut differing = one.changes.iter_mut();
    let differing = differing.find(|change| change.path == "ImageId");
    let (Some(here), Some(change)) = (here, differing) else {
        return Ok(());
    };
    let ids = [change.from.clone(), change.to.clone()];
    let images = ground.images(here, ids.into_iter().flatten().collect(), aws);
    let images = images.await?;
    let note = |id: &Option<String>| id.as_deref().and_then(|id| images.note(id));
    change.from_image = note(&change.from);
    change.to_image = note(&change.to);
    Ok(())
}

fn show(session: &Session, diff: &Diff) -> Result<(), AppError> {
    let console = &session.console;
    match console.output {
        Output::Json => console.answer_json(&json::without_user_data(diff)?),
        Output::Text => console.answer(&report::diff::text(diff, console)),
        Output::Markdown => console.answer(&report::diff::markdown(diff, console.user_data)),
    }
}

/// What the spec asks for, if that is asked.
fn desired(ground: &Ground, args: &DiffArgs) -> Result<Option<Desired>, AppError> {
    match (&ground.project, [args.from, args.to].contains(&Side::Spec)) {
        (_, false) => Ok(None),
        (Some(project), true) => project.desired().map(Some),
        (None, true) => Err(AppError::usage(
            "`spec` is what the spec asks for, and there is no usable spec for this region",
            "name one with --file, or compare two versions",
        )),
    }
}

/// Every mistake at once: a version can be missing in several regions.
fn compare_all(
    found: &[Found],
    desired: Option<&Desired>,
    args: &DiffArgs,
) -> Result<Vec<Comparison>, AppError> {
    let mut comparisons = Vec::new();
    let mut missing = Vec::new();
    for one in found {
        match compare(one, desired, args) {
            Ok(some) => comparisons.extend(some),
            Err(mistake) => missing.push(mistake),
        }
    }
    match missing.is_empty() {
        true => Ok(comparisons),
        false => Err(AppError::usage(
            missing.join("; "),
            format!(
                "`nodemint history {}` lists the versions; --region and --cluster choose where",
                args.template
            ),
        )),
    }
}

/// Comparisons of one template: several where the spec asks for something else in each cluster.
fn compare(
    found: &Found,
    desired: Option<&Desired>,
    args: &DiffArgs,
) -> Result<Vec<Comparison>, String> {
    let wanted = wanted(found, desired, args.cluster.as_deref());
    if wanted.is_empty() && [args.from, args.to].contains(&Side::Spec) {
        return Err(format!(
            "the spec asks for nothing of launch template {} in {}",
            found.template.name, found.site
        ));
    }
    let from = version(found, args.from, args.to)?;
    let to = version(found, args.to, args.from)?;
    Ok(match (from, to) {
        (Some(from), Some(to)) => vec![comparison(found, from, to)],
        (Some(from), None) => wanted
            .into_iter()
            .map(|want| comparison(found, from.clone(), want))
            .collect(),
        (None, Some(to)) => wanted
            .into_iter()
            .map(|want| comparison(found, want, to.clone()))
            .collect(),
        (None, None) => wanted
            .into_iter()
            .map(|want| comparison(found, want.clone(), want))
            .collect(),
    })
}

/// What the spec asks for of this template here, each content once.
fn wanted(found: &Found, desired: Option<&Desired>, cluster: Option<&str>) -> Vec<Compared> {
    let mut wanted: Vec<Compared> = Vec::new();
    let templates = desired.into_iter().flat_map(|desired| &desired.templates);
    let here = templates
        .filter(|one| one.name == found.template.name && one.site == found.site)
        .filter(|one| cluster.is_none_or(|cluster| one.cluster == cluster));
    for one in here {
        let hash = Some(one.hash.0.clone());
        match wanted.iter_mut().find(|known| known.hash == hash) {
            Some(known) => known.clusters.push(one.cluster.clone()),
            None => wanted.push(Compared {
                version: None,
                clusters: vec![one.cluster.clone()],
                hash,
                data: one.data.clone(),
                unread: false,
            }),
        }
    }
    wanted
}

/// The version of a side; none for `spec`.
fn version(found: &Found, side: Side, other: Side) -> Result<Option<Compared>, String> {
    let template = &found.template;
    let missing = |what: String| {
        let (name, site) = (&template.name, &found.site);
        format!("launch template {name} in {site} has no version {what}")
    };
    let number = match side {
        Side::Spec => return Ok(None),
        Side::Previous => {
            let below = fixed(template, other).unwrap_or(template.latest_version);
            let older = template.versions.iter().map(|version| version.number);
            let older = older.filter(|number| *number < below).max();
            older.ok_or_else(|| missing(format!("before {below}")))?
        }
        side => fixed(template, side).unwrap_or(template.latest_version),
    };
    let version = template.version(number);
    let version = version.ok_or_else(|| missing(number.to_string()))?;
    Ok(Some(compared(version)))
}

/// The number of a side that does not depend on the other one.
fn fixed(template: &ObservedTemplate, side: Side) -> Option<i64> {
    match side {
        Side::Number(number) => Some(number),
        Side::Latest => Some(template.latest_version),
        Side::Default => Some(template.default_version),
        Side::Previous | Side::Spec => None,
    }
}

fn compared(version: &ObservedVersion) -> Compared {
    Compared {
        version: Some(version.number),
        clusters: Vec::new(),
        hash: (!version.unread).then(|| content_hash(&version.data).0),
        data: version.data.clone(),
        unread: version.unread,
    }
}

fn comparison(found: &Found, from: Compared, to: Compared) -> Comparison {
    let same = from.version.is_some() && from.version == to.version;
    Comparison {
        name: found.template.name.clone(),
        id: found.template.id.clone(),
        site: found.site.clone(),
        region: found.site.region.clone(),
        unread: (from.unread || to.unread) && !same,
        changes: changes(&from.data, &to.data),
        from,
        to,
    }
}
