//! What a plan was made from, and whether it still holds.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::OWNER_TAG;
use super::owner::OWNER;
use super::resume::{group_subject, template_subject};
use super::standing::taint_value;
use crate::desired::{Desired, DesiredGroup, DesiredTemplate};
use crate::observed::{Observed, ObservedGroup};
use crate::site::Site;
use crate::spec::{
    DEFAULT_INSTANCE_TYPE, FleetSpec, MaxUnavailable, Taint, UpdateSettings, UpdateStrategy,
};

/// The fact that everything has: `yes` or `no`.
const EXISTS: &str = "exists";
/// When EKS last changed a group. It is in the digest, so that a state that came back is another one to
/// client tokens. It makes no plan stale by itself: whether it moves when an autoscaler resizes a group is
/// not documented, and what matters to a plan is a fact of its own.
const MODIFIED: &str = "modifiedAt";

/// What to read from AWS for a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// cluster → where it is
    pub clusters: BTreeMap<String, Site>,
    /// site → launch-template names
    pub templates: BTreeMap<Site, BTreeSet<String>>,
    /// cluster → node-group names
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// site → subnets that the spec names; those of existing groups are read besides
    #[serde(default)]
    pub subnets: BTreeMap<Site, BTreeSet<String>>,
    /// site → images that the plan's versions have; those of existing groups are read besides
    #[serde(default)]
    pub images: BTreeMap<Site, BTreeSet<String>>,
    /// site → instance types of the spec; those of existing groups are read besides
    #[serde(default)]
    pub instance_types: BTreeMap<Site, BTreeSet<String>>,
    /// site → launch template → versions that groups are pinned to: their images and instance types are
    /// read besides
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pins: BTreeMap<Site, BTreeMap<String, BTreeSet<i64>>>,
    /// For rollbacks: nodes may be started from any version of the templates, so the images and the
    /// instance types of all of them are read.
    #[serde(default)]
    pub every_version: bool,
    /// Node groups of the clusters besides those that are named are read, too. No plan depends on them, so a
    /// plan's base never asks for them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strays: bool,
}

impl Scope {
    /// Everything that a spec names, lock or no lock.
    pub fn of_spec(spec: &FleetSpec) -> Self {
        let mut scope = Self::default();
        for cluster in &spec.clusters {
            scope.clusters.insert(cluster.name.clone(), cluster.site());
        }
        for template in &spec.launch_templates {
            for cluster in &template.clusters {
                let site = scope.clusters.get(cluster).cloned().unwrap_or_default();
                scope
                    .templates
                    .entry(site)
                    .or_default()
                    .insert(template.name.clone());
            }
        }
        for group in &spec.node_groups {
            scope
                .groups
                .entry(group.cluster.clone())
                .or_default()
                .insert(group.name.clone());
        }
        scope
    }

    /// Everything that `desired` touches.
    pub fn of(desired: &Desired) -> Self {
        let mut scope = Self {
            strays: true,
            ..Self::default()
        };
        for template in &desired.templates {
            scope.add_template(template);
        }
        for group in &desired.groups {
            scope.add_group(group);
            if takes_the_default(group, desired) {
                let types = scope.instance_types.entry(group.site.clone()).or_default();
                types.insert(DEFAULT_INSTANCE_TYPE.to_owned());
            }
        }
        scope
    }

    fn add_template(&mut self, template: &DesiredTemplate) {
        let site = || template.site.clone();
        self.clusters.insert(template.cluster.clone(), site());
        let names = self.templates.entry(site()).or_default();
        names.insert(template.name.clone());
        let images = self.images.entry(site()).or_default();
        images.insert(template.image.image_id.clone());
        let types = self.instance_types.entry(site()).or_default();
        types.extend(template.data.instance_type.clone());
    }

    fn add_group(&mut self, group: &DesiredGroup) {
        let (site, spec) = (|| group.site.clone(), &group.spec);
        self.clusters.insert(spec.cluster.clone(), site());
        let names = self.groups.entry(spec.cluster.clone()).or_default();
        names.insert(spec.name.clone());
        let subnets = self.subnets.entry(site()).or_default();
        subnets.extend(spec.subnets.iter().cloned());
        let types = self.instance_types.entry(site()).or_default();
        types.extend(spec.instance_types.iter().cloned());
        if let Some(pin) = spec.launch_template_version {
            let pins = self.pins.entry(site()).or_default();
            let numbers = pins.entry(spec.launch_template.clone()).or_default();
            numbers.insert(pin);
        }
    }
}

/// Whether nobody names an instance type for a group.
fn takes_the_default(group: &DesiredGroup, desired: &Desired) -> bool {
    let spec = &group.spec;
    let mut templates = desired.templates.iter();
    let template =
        templates.find(|one| one.name == spec.launch_template && one.cluster == spec.cluster);
    spec.instance_types.is_empty()
        && template.is_some_and(|template| {
            template.data.instance_type.is_none() && template.data.instance_requirements.is_none()
        })
}

/// The state that a plan was made from: subject → fact → value. Only facts whose change would change
/// the plan are in it, so that an autoscaler at work does not make every plan stale.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Base {
    pub scope: Scope,
    pub facts: BTreeMap<String, BTreeMap<String, String>>,
}

/// A fact that is no longer what the plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    pub subject: String,
    pub fact: String,
    pub planned: Option<String>,
    pub now: Option<String>,
}

impl Base {
    pub fn new(scope: &Scope, observed: &Observed) -> Self {
        let mut facts = BTreeMap::new();
        for name in scope.clusters.keys() {
            let cluster = observed.clusters.get(name);
            let values = cluster.map(|cluster| {
                vec![
                    ("version", cluster.version.clone()),
                    ("arn", cluster.arn.clone()),
                ]
            });
            facts.insert(format!("cluster {name}"), map(values));
        }
        for (site, names) in &scope.templates {
            for name in names {
                let template = observed.template(site, name);
                let values = template.map(|found| {
                    let mut values = vec![
                        ("id", found.id.clone()),
                        ("latestVersion", found.latest_version.to_string()),
                    ];
                    let owner = found.tags.get(OWNER_TAG).cloned();
                    values.extend(owner.map(|owner| (OWNER, owner)));
                    values
                });
                facts.insert(template_subject(site, name), map(values));
            }
        }
        for (cluster, names) in &scope.groups {
            for name in names {
                let values = observed.group(cluster, name).map(group_facts);
                facts.insert(group_subject(cluster, name), map(values));
            }
        }
        let scope = Scope {
            strays: false,
            ..scope.clone()
        };
        Self { scope, facts }
    }

    /// One fact, as it was.
    pub fn fact(&self, subject: &str, fact: &str) -> Option<&str> {
        self.facts.get(subject)?.get(fact).map(String::as_str)
    }

    /// What moved between this base and `now`; empty if the plan still holds. Of something that came or
    /// went, that alone is told.
    pub fn moved(&self, now: &Base) -> Vec<Moved> {
        let subjects: BTreeSet<&String> = self.facts.keys().chain(now.facts.keys()).collect();
        let mut moved = Vec::new();
        for subject in subjects {
            let (before, after) = (self.facts.get(subject), now.facts.get(subject));
            let facts: BTreeSet<&String> = before
                .into_iter()
                .chain(after)
                .flat_map(BTreeMap::keys)
                .collect();
            let differs = |fact: &String| {
                let planned = before.and_then(|facts| facts.get(fact)).cloned();
                let now = after.and_then(|facts| facts.get(fact)).cloned();
                let moved = Moved {
                    subject: subject.clone(),
                    fact: fact.clone(),
                    planned,
                    now,
                };
                (fact != MODIFIED && moved.planned != moved.now).then_some(moved)
            };
            match differs(&EXISTS.to_owned()) {
                Some(exists) => moved.push(exists),
                None => moved.extend(facts.into_iter().filter_map(differs)),
            }
        }
        moved
    }

    /// A digest of all facts, for client tokens.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (subject, facts) in &self.facts {
            for (fact, value) in facts {
                for piece in [subject, fact, value] {
                    hasher.update((piece.len() as u64).to_be_bytes());
                    hasher.update(piece.as_bytes());
                }
            }
        }
        hex(&hasher.finalize())
    }
}

/// A group becomes DEGRADED and ACTIVE again by itself, and plans treat both alike.
fn settled(status: &str) -> &str {
    match status {
        "DEGRADED" => "ACTIVE",
        other => other,
    }
}

fn group_facts(group: &ObservedGroup) -> Vec<(&'static str, String)> {
    let template = group.launch_template.as_ref();
    let known = [
        ("arn", Some(group.arn.clone())),
        ("status", Some(settled(&group.status).to_owned())),
        ("kubernetesVersion", group.version.clone()),
        ("releaseVersion", group.release_version.clone()),
        (
            "launchTemplate",
            template.and_then(|template| template.id.clone()),
        ),
        (
            "launchTemplateVersion",
            template.and_then(|template| template.version.clone()),
        ),
        (MODIFIED, group.modified_at.map(|at| at.to_string())),
        (
            "bounds",
            group
                .scaling
                .map(|scaling| format!("{}–{}", scaling.min, scaling.max)),
        ),
        (
            "labels",
            Some(
                group
                    .labels
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
        ),
        ("taints", Some(taints(&group.taints))),
        (OWNER, group.tags.get(OWNER_TAG).cloned()),
        (
            "updateSettings",
            group.update_settings.as_ref().map(update_settings),
        ),
    ];
    known
        .into_iter()
        .filter_map(|(fact, value)| Some((fact, value?)))
        .collect()
}

/// How many nodes a roll takes at a time: the plan has shown it.
fn update_settings(update: &UpdateSettings) -> String {
    let at_once = match update.max_unavailable {
        MaxUnavailable::Count(count) => count.to_string(),
        MaxUnavailable::Percentage(percentage) => format!("{percentage}%"),
    };
    let strategy = match update.strategy {
        UpdateStrategy::Default => "DEFAULT",
        UpdateStrategy::Minimal => "MINIMAL",
    };
    format!("maxUnavailable {at_once}, {strategy}")
}

fn taints(taints: &[Taint]) -> String {
    let mut shown: Vec<String> = taints
        .iter()
        .map(|taint| format!("{}={}:{:?}", taint.key, taint_value(taint), taint.effect))
        .collect();
    // EKS gives them in no order of its own.
    shown.sort();
    shown.join(" ")
}

fn map(values: Option<Vec<(&'static str, String)>>) -> BTreeMap<String, String> {
    let exists = if values.is_some() { "yes" } else { "no" };
    let facts = values
        .into_iter()
        .flatten()
        .map(|(fact, value)| (fact.to_owned(), value));
    facts
        .chain([(EXISTS.to_owned(), exists.to_owned())])
        .collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
