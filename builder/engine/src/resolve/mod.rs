//! Resolve: fills the lock. Which image exactly, and the facts of each cluster that user data needs.
//!
//! What is locked stays as it is until `--update`. What cannot be found is told, and the rest is locked: the
//! next run asks only for what is missing. All who ask the same for `latest` get the same release, whatever
//! their region ([`same`]).

mod changes;
mod check;
pub(crate) mod choose;
mod clusters;
mod nearest;
pub(crate) mod read;
mod run;
mod same;
pub(crate) mod wants;

use std::collections::BTreeSet;

use jiff::Timestamp;
use nodemint_core::lock::Lock;
use nodemint_core::site::Site;
use nodemint_core::spec::{FleetSpec, LaunchTemplate};

use self::read::Sites;
use self::run::Run;
use crate::ports::{CloudError, Clouds};

/// What to look up again although it is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Nothing: only what is missing, or no longer what the spec asks for.
    Nothing,
    /// Every image, and every cluster's facts.
    All,
    /// The images of these launch templates.
    Templates(BTreeSet<String>),
}

impl Update {
    fn covers(&self, template: &str) -> bool {
        match self {
            Update::Nothing => false,
            Update::All => true,
            Update::Templates(names) => names.contains(template),
        }
    }
}

/// How to resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub update: Update,
    /// Warnings about images are problems.
    pub strict: bool,
}

/// What came of it. With problems, or sites that were not reached, the lock is not complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// What is to be written: all that was found, and all that was locked and still answers the spec.
    pub lock: Lock,
    pub changes: Vec<LockChange>,
    pub warnings: Vec<String>,
    pub problems: Vec<Problem>,
    pub unreached: Vec<Unreached>,
}

/// A site that could not be asked, or not for everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreached {
    pub site: Site,
    /// what is not known therefore: `launch template demo on eksworkshop`, `cluster eksworkshop`
    pub what: Vec<String>,
    pub error: CloudError,
}

/// One entry of the lock that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockChange {
    /// `launch template demo on eksworkshop`, `cluster eksworkshop`
    pub subject: String,
    pub fact: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Something that keeps the lock from being complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where in the spec it comes from.
    pub path: String,
    pub message: String,
    pub hint: Option<String>,
    /// Where in AWS it was met; the same in many places is told once. Empty: it says so itself.
    pub sites: BTreeSet<Site>,
}

/// Resolves `spec`, starting from `old`. `elsewhere` is what is locked for clusters that are set aside in this
/// run; it is only compared with.
pub async fn resolve(
    spec: &FleetSpec,
    old: &Lock,
    elsewhere: &Lock,
    options: &Options,
    now: Timestamp,
    clouds: &dyn Clouds,
) -> Resolved {
    let facts = clusters::resolve(spec, old, &options.update, clouds).await;
    let gathered = wants::gather(spec, old, &options.update, &facts.known);
    let blind: Vec<(&LaunchTemplate, &str)> = gathered
        .blind
        .iter()
        .map(|(template, cluster)| (*template, cluster.name.as_str()))
        .collect();
    let mut sites = Sites::new(now);
    sites.read(gathered.errands(), clouds).await;
    let mut run = Run::new(gathered, elsewhere, options, now, sites);
    find(&mut run, &blind, clouds).await;
    let unreached = unreached(facts.unreached, &blind, &run);
    let mut warnings = run.warnings;
    warnings.extend(apart(spec, &run.locked, elsewhere, &options.update));
    let mut problems = facts.problems;
    problems.extend(run.problems);
    let mut lock = Lock {
        clusters: facts.known,
        launch_templates: run.locked,
    };
    if !problems.is_empty() || !unreached.is_empty() {
        keep_unanswered(old, &mut lock);
    }
    Resolved {
        changes: changes::changes(old, &lock),
        lock,
        warnings: distinct(warnings),
        problems: joined(problems),
        unreached,
    }
}

/// A run that is not complete takes nothing away: a spec that is put right again finds its images as they were.
/// What no longer answers the spec counts for nothing meanwhile.
fn keep_unanswered(old: &Lock, lock: &mut Lock) {
    for (name, cluster) in &old.clusters {
        let clusters = lock.clusters.entry(name.clone());
        clusters.or_insert_with(|| cluster.clone());
    }
    for (template, images) in &old.launch_templates {
        let by_cluster = lock.launch_templates.entry(template.clone()).or_default();
        for (cluster, image) in images {
            let images = by_cluster.entry(cluster.clone());
            images.or_insert_with(|| image.clone());
        }
    }
}

/// From the first answers to checked images: where they do not suffice, what is published is listed.
async fn find(run: &mut Run<'_>, blind: &[(&LaunchTemplate, &str)], clouds: &dyn Clouds) {
    run.hold_back(blind);
    let mut groups = run.groups();
    run.drop_broken(&mut groups);
    let lost = run.lost();
    let unsettled: Vec<&same::Group> = groups.iter().filter(|group| !run.settled(group)).collect();
    let mut lists = run.lists(&unsettled);
    for (site, queries) in run.lists_of_lost(&lost) {
        lists.entry(site).or_default().extend(queries);
    }
    run.list(lists, clouds).await;
    for group in unsettled {
        run.settle(group);
    }
    run.ask(run.asks_of_lost(&lost), clouds).await;
    run.tell_lost(lost);
    run.finish(&groups);
}

/// By site and error.
fn unreached(
    clusters: Vec<(Site, String, CloudError)>,
    blind: &[(&LaunchTemplate, &str)],
    run: &Run<'_>,
) -> Vec<Unreached> {
    let mut all = Vec::new();
    for (site, name, error) in clusters {
        all.push((site.clone(), format!("cluster {name}"), error.clone()));
        let waiting = blind.iter().filter(|(_, cluster)| *cluster == name);
        for (template, _) in waiting {
            let what = wants::subject(template, &name);
            all.push((site.clone(), what, error.clone()));
        }
    }
    all.extend(run.unreached());
    let mut unreached: Vec<Unreached> = Vec::new();
    for (site, what, error) in all {
        match unreached
            .iter_mut()
            .find(|one| one.site == site && one.error == error)
        {
            Some(one) => one.what.push(what),
            None => unreached.push(Unreached {
                site,
                what: vec![what],
                error,
            }),
        }
    }
    unreached.sort_by(|one, other| one.site.cmp(&other.site));
    unreached
}

/// An update of one region alone leaves the others behind: that is told, because nothing else would.
fn apart(
    spec: &FleetSpec,
    locked: &wants::Images,
    elsewhere: &Lock,
    update: &Update,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for template in &spec.launch_templates {
        let there = elsewhere.launch_templates.get(&template.name);
        let there = there.filter(|_| update.covers(&template.name));
        for (cluster, other) in there.into_iter().flatten() {
            let question = wants::Question::of(template, &other.request);
            for image in locked
                .get(&template.name)
                .into_iter()
                .flat_map(|images| images.values())
            {
                let same = wants::Question::of(template, &image.request) == question;
                if question.is_some() && same && image.name != other.name {
                    warnings.push(format!(
                        "launch template {}: the regions differ now, {} has {}, and {} in {cluster} still {}",
                        template.name, image.request.region, image.name, other.request.region, other.name
                    ));
                }
            }
        }
    }
    warnings
}

/// The same in several clusters and regions: told once, with all of them.
fn joined(problems: Vec<Problem>) -> Vec<Problem> {
    let mut joined: Vec<Problem> = Vec::new();
    for problem in problems {
        let same = |other: &&mut Problem| {
            (&other.path, &other.message, &other.hint)
                == (&problem.path, &problem.message, &problem.hint)
        };
        match joined.iter_mut().find(same) {
            Some(other) => other.sites.extend(problem.sites),
            None => joined.push(problem),
        }
    }
    joined
}

/// Two clusters of a region have the same warning: once is enough.
fn distinct<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}
