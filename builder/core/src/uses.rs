//! Who uses which version of a launch template, as far as AWS shows it.
//!
//! A managed node group's Auto Scaling group is not on the template that the group names: EKS makes a copy of
//! its own, and its instances carry the copy's id. So for templates that nodemint makes, node groups are the
//! main source; Auto Scaling groups and instances tell of those who use the template without EKS.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::observed::{GroupTemplate, Instance, ObservedGroup, ObservedTemplate, ObservedUpdate};

/// What EC2 takes for the newest version, and for the one that is marked as default.
pub const LATEST: &str = "$Latest";
pub const DEFAULT: &str = "$Default";

/// Everything of an account and region that may use launch templates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Of every cluster; with the update under way, if there is one.
    pub node_groups: Vec<ObservedGroup>,
    /// (cluster, group) → updates that EKS still lists, for groups on the templates that were asked about
    pub updates: BTreeMap<(String, String), Vec<ObservedUpdate>>,
    pub auto_scaling_groups: Vec<AutoScalingGroup>,
    /// launch-template id → instances that were launched from it
    pub instances: BTreeMap<String, Vec<Instance>>,
}

/// An Auto Scaling group, and every launch template that it names: its own, those of a mixed instances policy
/// and of its overrides, and those that its instances were launched from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoScalingGroup {
    pub name: String,
    pub templates: Vec<GroupTemplate>,
}

/// Somebody who uses a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
pub enum User {
    NodeGroup {
        cluster: String,
        name: String,
    },
    /// An update that moves a node group to the version.
    Update {
        cluster: String,
        name: String,
        id: String,
    },
    AutoScalingGroup {
        name: String,
    },
    Instance {
        id: String,
    },
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            User::NodeGroup { cluster, name } => write!(f, "node group {cluster}/{name}"),
            User::Update { cluster, name, id } => {
                write!(f, "update {id} of node group {cluster}/{name}")
            }
            User::AutoScalingGroup { name } => write!(f, "Auto Scaling group {name}"),
            User::Instance { id } => write!(f, "instance {id}"),
        }
    }
}

/// The users of one launch template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    pub by_version: BTreeMap<i64, BTreeSet<User>>,
    /// Users of the template whose version AWS does not tell: it may be any.
    pub unplaced: BTreeSet<User>,
    /// Versions that node groups would go back to: (cluster, group) → their own, and the last one that an
    /// update took them to with success before it.
    pub groups: BTreeMap<(String, String), Ways>,
}

/// Where a node group is, and where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// none: it follows `$Latest` or `$Default`
    pub current: Option<i64>,
    pub last_good: Option<i64>,
}

impl Uses {
    /// Finds the template's users in what was read of its account and region.
    pub fn of(template: &ObservedTemplate, survey: &Survey) -> Self {
        let mut uses = Self::default();
        for group in &survey.node_groups {
            uses.add_group(template, group, survey);
        }
        for group in &survey.auto_scaling_groups {
            for named in group.templates.iter().filter(|one| is(template, one)) {
                let user = User::AutoScalingGroup {
                    name: group.name.clone(),
                };
                uses.add(template, user, named.version.as_deref());
            }
        }
        let instances = survey.instances.get(&template.id);
        for instance in instances.into_iter().flatten().filter(|one| is_alive(one)) {
            let id = instance.id.clone();
            let version = instance.template_version.as_deref();
            uses.add(template, User::Instance { id }, version);
        }
        uses
    }

    fn add_group(&mut self, template: &ObservedTemplate, group: &ObservedGroup, survey: &Survey) {
        let Some(named) = group
            .launch_template
            .as_ref()
            .filter(|one| is(template, one))
        else {
            return;
        };
        let (cluster, name) = (group.cluster.clone(), group.name.clone());
        let key = (cluster.clone(), name.clone());
        if let Some(update) = group.last_update.as_ref().filter(|one| one.in_progress())
            && let Some(version) = target(update)
        {
            let user = User::Update {
                cluster: cluster.clone(),
                name: name.clone(),
                id: update.id.clone(),
            };
            self.add(template, user, Some(version));
        }
        let ways = Ways {
            current: named.number(),
            last_good: last_good(named.number(), survey.updates.get(&key)),
        };
        self.groups.insert(key, ways);
        let user = User::NodeGroup { cluster, name };
        self.add(template, user, named.version.as_deref());
    }

    fn add(&mut self, template: &ObservedTemplate, user: User, version: Option<&str>) {
        let number = version.and_then(|version| match version {
            LATEST => Some(template.latest_version),
            DEFAULT => Some(template.default_version),
            number => number.parse().ok(),
        });
        match number {
            Some(number) => self.by_version.entry(number).or_default().insert(user),
            None => self.unplaced.insert(user),
        };
    }

    pub fn of_version(&self, number: i64) -> impl Iterator<Item = &User> {
        self.by_version.get(&number).into_iter().flatten()
    }
}

fn is(template: &ObservedTemplate, named: &GroupTemplate) -> bool {
    match &named.id {
        Some(id) => *id == template.id,
        None => named.name.as_deref() == Some(template.name.as_str()),
    }
}

/// A stopped instance can be started again, and shows its template's version to whoever looks for it.
fn is_alive(instance: &Instance) -> bool {
    !matches!(instance.state.as_str(), "shutting-down" | "terminated")
}

/// The version that an update moves its group to (EKS API, UpdateParam type `LaunchTemplateVersion`).
fn target(update: &ObservedUpdate) -> Option<&str> {
    update
        .params
        .get("LaunchTemplateVersion")
        .map(String::as_str)
}

/// The version of the newest successful update that led elsewhere than to where the group is now: what a
/// person means by "the last one that worked". Unknown once EKS no longer lists the update.
fn last_good(current: Option<i64>, updates: Option<&Vec<ObservedUpdate>>) -> Option<i64> {
    let updates = updates?.iter().filter(|one| one.status == "Successful");
    let led = updates.filter_map(|one| Some((one.created_at?, target(one)?.parse().ok()?)));
    let elsewhere = led.filter(|(_, to)| Some(*to) != current);
    elsewhere.max().map(|(_, to)| to)
}

#[cfg(test)]
mod tests;
