//! `prune`: shows which versions nothing uses, asks, and deletes them.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use jiff::Timestamp;
use nodemint_core::desired::Desired;
use nodemint_core::plan::OWNER_TAG;
use nodemint_core::prune::{Policy, Reason, Verdict, Wishes, judge};
use nodemint_core::site::Site;
use nodemint_core::uses::{Survey, Uses};
use nodemint_engine::prune::{Order, Pruned, Stop, Terms, prune};
use serde::Serialize;

use super::Session;
use super::versions::{Found, Ground};
use crate::args::{Output, PruneArgs};
use crate::error::AppError;
use crate::project::Project;
use crate::report;
use crate::surroundings::Surroundings;

const SCHEMA: &str = "nodemint.dev/prune/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    schema: &'static str,
    dry_run: bool,
    keep: usize,
    /// seconds
    older_than: i64,
    pub launch_templates: Vec<Judged>,
    /// templates of the spec that were passed over, and why
    pub notes: Vec<String>,
}

/// A launch template, and what becomes of its versions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    pub name: String,
    pub id: String,
    pub site: Site,
    region: String,
    /// newest first
    pub versions: Vec<JudgedVersion>,
    #[serde(skip)]
    found: Found,
    #[serde(skip)]
    wishes: Wishes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgedVersion {
    pub version: i64,
    pub created_at: Option<Timestamp>,
    pub fate: Fate,
    /// every reason to keep it
    pub kept_because: Vec<Reason>,
    /// what EC2 said when it refused
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    Kept,
    /// it would be, or will be if the answer is yes
    ToDelete,
    Deleted,
    /// somebody else deleted it meanwhile
    Gone,
    /// kept after all: something changed after the question
    Spared,
    /// EC2 did not delete it
    Refused,
    /// the run ended before it
    Left,
}

impl Judged {
    pub fn with_fate(&self, fate: Fate) -> impl Iterator<Item = &JudgedVersion> {
        self.versions.iter().filter(move |one| one.fate == fate)
    }
}

pub async fn run(session: &Session, args: &PruneArgs) -> Result<(), AppError> {
    // Pins and what the spec asks for are reasons to keep a version: without a spec they are not known.
    let ground = Ground::of(Project::open(&session.global)?);
    let (answer, ending) = session
        .with_aws(async |aws| {
            let mut answer = look(session, args, &ground, aws).await?;
            let candidates = answer.launch_templates.iter();
            let going: usize = candidates
                .map(|one| one.with_fate(Fate::ToDelete).count())
                .sum();
            if session.console.output != Output::Json {
                let text = report::prune::question(&answer, args, &session.console);
                session.console.answer(&text)?;
            }
            if going == 0 || args.dry_run {
                return Ok((answer, Ok(())));
            }
            let question = format!("Delete {}?", report::prune::versions(going));
            session.console.confirm(&question, args.yes)?;
            let ending = delete(args, &ground, aws, &mut answer).await;
            Ok((answer, ending))
        })
        .await?;
    let console = &session.console;
    match console.output {
        Output::Json => console.answer_json(&answer)?,
        Output::Text | Output::Markdown => console.answer(&report::prune::result(&answer))?,
    }
    ending
}

fn policy(args: &PruneArgs) -> Policy {
    Policy {
        keep: args.keep,
        older_than: args.older_than,
    }
}

/// Reads the templates and who uses them, and judges every version.
async fn look(
    session: &Session,
    args: &PruneArgs,
    ground: &Ground,
    aws: &Surroundings,
) -> Result<Answer, AppError> {
    let (found, notes) = templates(args, ground, aws).await?;
    let desired = desired(ground, &found)?;
    let surveys = ground.surveys(&found, true, aws).await?;
    if !surveys.denied.is_empty() {
        return Err(AppError::UseUnknown(surveys.denied));
    }
    let (nobody, now) = (Survey::default(), aws.clock.now());
    let judged = found.into_iter().map(|found| {
        let survey = surveys.by_site.get(&found.site).unwrap_or(&nobody);
        let uses = Uses::of(&found.template, survey);
        let wishes = wishes(ground, &found, desired.as_ref());
        let verdicts = judge(&found.template, &uses, &wishes, &policy(args), now);
        Judged {
            name: found.template.name.clone(),
            id: found.template.id.clone(),
            site: found.site.clone(),
            region: found.site.region.clone(),
            versions: verdicts.into_iter().map(version).collect(),
            found,
            wishes,
        }
    });
    let answer = Answer {
        schema: SCHEMA,
        dry_run: args.dry_run,
        keep: args.keep,
        older_than: args.older_than.as_secs(),
        launch_templates: judged.collect(),
        notes,
    };
    for note in &answer.notes {
        session.console.tell(note);
    }
    Ok(answer)
}

fn version(verdict: Verdict) -> JudgedVersion {
    JudgedVersion {
        version: verdict.version,
        created_at: verdict.created_at,
        fate: match verdict.may_go() {
            true => Fate::ToDelete,
            false => Fate::Kept,
        },
        kept_because: verdict.reasons,
        refusal: None,
    }
}

/// The fleet's own among the templates that are named, or all of the spec, and what was passed over. One that
/// is named and not the fleet's is a mistake; all of them are told at once.
async fn templates(
    args: &PruneArgs,
    ground: &Ground,
    aws: &Surroundings,
) -> Result<(Vec<Found>, Vec<String>), AppError> {
    let Some(project) = &ground.project else {
        return Ok((Vec::new(), Vec::new()));
    };
    let fleet = &project.spec().name;
    let mut found = Vec::new();
    for name in &args.templates {
        found.extend(ground.find(name, aws).await?);
    }
    if args.templates.is_empty() {
        found = of_spec(project, ground, aws).await?;
    }
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.site.clone(), one.template.id.clone())));
    let (own, foreign): (Vec<Found>, Vec<Found>) = found
        .into_iter()
        .partition(|one| one.template.tags.get(OWNER_TAG) == Some(fleet));
    let others: Vec<String> = foreign.iter().map(foreign_text).collect();
    match others.is_empty() || args.templates.is_empty() {
        true => Ok((
            own,
            others
                .iter()
                .map(|one| format!("passed over: {one}"))
                .collect(),
        )),
        false => Err(AppError::NotOurs(others)),
    }
}

/// The spec's templates wherever it has clusters; one that does not exist yet has nothing to prune.
async fn of_spec(
    project: &Project,
    ground: &Ground,
    aws: &Surroundings,
) -> Result<Vec<Found>, AppError> {
    let templates = project.spec().launch_templates.iter();
    let names: Vec<String> = templates.map(|template| template.name.clone()).collect();
    let reads = ground.sites.iter().map(|site| async {
        let cloud = aws.clouds.at(site).await?;
        let templates = cloud.launch_templates(&names).await?;
        let found = templates.into_values().map(|template| Found {
            site: site.clone(),
            template,
        });
        Ok::<_, AppError>(found.collect::<Vec<_>>())
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

fn foreign_text(found: &Found) -> String {
    let (name, site) = (&found.template.name, &found.site);
    match found.template.tags.get(OWNER_TAG) {
        Some(owner) => format!("launch template {name} in {site} is of the fleet `{owner}`"),
        None => format!("launch template {name} in {site} was not made by nodemint"),
    }
}

/// What the spec asks for, if it asks for anything of these templates.
fn desired(ground: &Ground, found: &[Found]) -> Result<Option<Desired>, AppError> {
    let Some(project) = &ground.project else {
        return Ok(None);
    };
    let templates = &project.spec().launch_templates;
    let named = |one: &Found| {
        templates
            .iter()
            .any(|other| other.name == one.template.name)
    };
    found
        .iter()
        .any(named)
        .then(|| project.desired())
        .transpose()
}

fn wishes(ground: &Ground, found: &Found, desired: Option<&Desired>) -> Wishes {
    let clusters = ground.clusters(&found.site);
    let groups = ground
        .project
        .iter()
        .flat_map(|one| &one.spec().node_groups);
    let here = groups.filter(|group| {
        group.launch_template == found.template.name && clusters.contains(&group.cluster)
    });
    let pins = here.filter_map(|group| {
        let version = group.launch_template_version?;
        Some(((group.cluster.clone(), group.name.clone()), version))
    });
    let rendered = desired.into_iter().flat_map(|desired| &desired.templates);
    let rendered = rendered.filter(|one| one.name == found.template.name && one.site == found.site);
    Wishes {
        pins: pins.collect(),
        rendered: rendered
            .map(|one| (one.cluster.clone(), one.data.clone()))
            .collect(),
    }
}

/// Deletes what may go, site by site; the first that cannot go on ends it.
async fn delete(
    args: &PruneArgs,
    ground: &Ground,
    aws: &Surroundings,
    answer: &mut Answer,
) -> Result<(), AppError> {
    let mut stopped = None;
    for site in &ground.sites {
        let judged = answer.launch_templates.iter_mut();
        let here: Vec<&mut Judged> = judged.filter(|one| one.site == *site).collect();
        let terms = Terms {
            policy: &policy(args),
            clusters: &ground.clusters(site),
            now: aws.clock.now(),
        };
        if stopped.is_none() {
            stopped = delete_in(site, here, &terms, aws).await?;
        }
    }
    for judged in &mut answer.launch_templates {
        note(judged, Pruned::default());
    }
    let refused = answer.launch_templates.iter();
    let refused: usize = refused
        .map(|one| one.with_fate(Fate::Refused).count())
        .sum();
    match stopped {
        Some(Stop::Unknown(error)) => Err(AppError::UseUnknown(vec![error])),
        Some(Stop::Cloud(error)) => Err(error.into()),
        None if refused > 0 => Err(AppError::Partial(
            format!("EC2 refused to delete {refused} of the versions, told above"),
            "`nodemint history` shows who uses them; run the same command again".to_owned(),
        )),
        None => Ok(()),
    }
}

async fn delete_in(
    site: &Site,
    mut here: Vec<&mut Judged>,
    terms: &Terms<'_>,
    aws: &Surroundings,
) -> Result<Option<Stop>, AppError> {
    let agreed = here.iter().map(|judged| {
        let going = judged.with_fate(Fate::ToDelete);
        going.map(|one| one.version).collect()
    });
    let agreed: Vec<BTreeSet<i64>> = agreed.collect();
    let orders = here.iter().zip(&agreed).map(|(judged, agreed)| Order {
        template: &judged.found.template,
        agreed,
        wishes: &judged.wishes,
    });
    let orders: Vec<Order<'_>> = orders.collect();
    let cloud = aws.clouds.at(site).await?;
    let (pruned, stopped) = prune(cloud.as_ref(), &orders, terms).await;
    for (judged, pruned) in here.iter_mut().zip(pruned) {
        note(judged, pruned);
    }
    Ok(stopped)
}

/// Notes what became of what was to be deleted; what nothing became of was left.
fn note(judged: &mut Judged, mut pruned: Pruned) {
    for one in judged
        .versions
        .iter_mut()
        .filter(|one| one.fate == Fate::ToDelete)
    {
        let number = one.version;
        one.fate = if pruned.deleted.contains(&number) {
            Fate::Deleted
        } else if pruned.gone.contains(&number) {
            Fate::Gone
        } else if let Some(reasons) = pruned.kept.remove(&number) {
            one.kept_because = reasons;
            Fate::Spared
        } else if let Some(refusal) = pruned.refused.remove(&number) {
            one.refusal = Some(refusal);
            Fate::Refused
        } else {
            Fate::Left
        };
    }
}
