//! Beginning a plan again: what moved since it was made, without what the plan itself did.
//!
//! A saved plan that was killed half-way, or applied with `--no-wait`, is finished by applying it again.
//! What it minted and moved until then must not make it stale; what somebody else did must.

use super::owner::OWNER;
use super::standing::{Standing, configured, leads_to};
use super::{Base, Home, Moved, NewTemplateVersion, OWNER_TAG, Op, Plan, Step, VersionRef};
use crate::launch_template::same_content;
use crate::observed::{Observed, ObservedGroup, ObservedUpdate, ObservedVersion};
use crate::site::Site;

/// What moved between the plan's base and `observed`, and is not the plan's own doing.
pub fn moved_by_others(plan: &Plan, observed: &Observed) -> Vec<Moved> {
    let mut moved = plan.base.moved(&Base::new(&plan.base.scope, observed));
    moved.retain(|fact| !adopted_by(plan, fact));
    for (site, names) in &plan.base.scope.templates {
        for name in names {
            if minted_by(plan, site, name, observed) {
                moved.retain(|fact| fact.subject != template_subject(site, name));
            }
        }
    }
    for (cluster, names) in &plan.base.scope.groups {
        for name in names {
            if deleted_by(plan, cluster, name, observed) {
                moved.retain(|fact| fact.subject != group_subject(cluster, name));
            }
            if let Some(part) = moved_by(plan, cluster, name, observed) {
                moved.retain(|fact| fact.subject != part.subject || !part.changes(&fact.fact));
            }
        }
    }
    moved.extend(deleted_versions(plan, observed));
    moved
}

/// Whether a thing became the fleet's by the plan itself.
fn adopted_by(plan: &Plan, moved: &Moved) -> bool {
    let tags = |step: &Step| {
        let (subject, set) = match &step.op {
            Op::TagLaunchTemplate(change) => {
                (template_subject(&step.site, &change.name), &change.set)
            }
            Op::TagNodeGroup(change) => {
                (group_subject(&change.cluster, &change.group), &change.set)
            }
            _ => return false,
        };
        subject == moved.subject && set.get(OWNER_TAG) == moved.now.as_ref()
    };
    moved.fact == OWNER && moved.now.is_some() && plan.steps.iter().any(tags)
}

/// Versions that the plan moves groups to, and that are no longer there. Others are deleted every day.
fn deleted_versions(plan: &Plan, observed: &Observed) -> Vec<Moved> {
    let mut gone = Vec::new();
    for step in &plan.steps {
        let (Op::CreateNodeGroup(_) | Op::UpdateNodeGroupVersion(_)) = &step.op else {
            continue;
        };
        let Some(VersionRef::Known {
            template, version, ..
        }) = target_of(&step.op)
        else {
            continue;
        };
        let found = observed.template(&step.site, template);
        // That the template itself is gone is a fact of its own.
        if found.is_some_and(|found| found.version(*version).is_none()) {
            let moved = Moved {
                subject: template_subject(&step.site, template),
                fact: format!("version {version}"),
                planned: Some("there".to_owned()),
                now: Some("deleted".to_owned()),
            };
            if !gone.contains(&moved) {
                gone.push(moved);
            }
        }
    }
    gone
}

/// The version that a step brings its group to.
fn target_of(op: &Op) -> Option<&VersionRef> {
    match op {
        Op::CreateNodeGroup(new) => Some(&new.version),
        Op::UpdateNodeGroupVersion(roll) => Some(&roll.version),
        _ => None,
    }
}

/// Whether all that the plan is for is so already: it was carried out before.
pub fn carried_out(plan: &Plan, observed: &Observed) -> bool {
    plan.steps.iter().all(|step| match &step.op {
        Op::CreateLaunchTemplate(content) | Op::CreateLaunchTemplateVersion(content) => observed
            .template(&step.site, &content.name)
            .is_some_and(|found| found.versions.iter().any(|version| holds(version, content))),
        Op::TagLaunchTemplate(change) => {
            observed
                .template(&step.site, &change.name)
                .is_some_and(|found| {
                    change
                        .set
                        .iter()
                        .all(|(key, value)| found.tags.get(key) == Some(value))
                })
        }
        Op::DeleteNodeGroup(deletion) => {
            observed.group(&deletion.cluster, &deletion.group).is_none()
        }
        op => {
            let group = op.group();
            let part = group.and_then(|(cluster, name)| Part::of(plan, cluster, name, observed));
            part.is_some_and(|part| part.is_at_rest() && part.is_done(op))
        }
    })
}

pub(super) fn template_subject(site: &Site, name: &str) -> String {
    format!("launch template {site}/{name}")
}

pub(super) fn group_subject(cluster: &str, name: &str) -> String {
    format!("node group {cluster}/{name}")
}

/// Whether all that is new in a launch template are versions that the plan mints.
fn minted_by(plan: &Plan, site: &Site, name: &str, observed: &Observed) -> bool {
    let subject = template_subject(site, name);
    let Some(template) = observed.template(site, name) else {
        return false;
    };
    if plan
        .base
        .fact(&subject, "id")
        .is_some_and(|id| id != template.id)
    {
        return false;
    }
    let latest = plan
        .base
        .fact(&subject, "latestVersion")
        .and_then(|number| number.parse::<i64>().ok())
        .unwrap_or(0);
    let ours =
        |version: &ObservedVersion| mints(plan, site, name).any(|content| holds(version, content));
    template.latest_version > latest
        && template
            .versions
            .iter()
            .filter(|version| version.number > latest)
            .all(ours)
}

fn mints<'a>(
    plan: &'a Plan,
    site: &'a Site,
    name: &'a str,
) -> impl Iterator<Item = &'a NewTemplateVersion> {
    let home = Home::of(&plan.accounts, site);
    plan.steps
        .iter()
        .filter(move |step| Home::of(&plan.accounts, &step.site) == home)
        .filter_map(move |step| match &step.op {
            Op::CreateLaunchTemplate(content) | Op::CreateLaunchTemplateVersion(content)
                if content.name == name =>
            {
                Some(content)
            }
            _ => None,
        })
}

fn holds(version: &ObservedVersion, content: &NewTemplateVersion) -> bool {
    !version.unread && same_content(&version.data, &content.data)
}

/// What a plan has to do with one group.
struct Part<'a> {
    plan: &'a Plan,
    observed: &'a Observed,
    have: &'a ObservedGroup,
    ops: Vec<&'a Op>,
    subject: String,
}

/// Whether a group is gone because the plan deletes it.
fn deleted_by(plan: &Plan, cluster: &str, name: &str, observed: &Observed) -> bool {
    let deletes = |step: &Step| {
        matches!(step.op, Op::DeleteNodeGroup(_)) && step.op.group() == Some((cluster, name))
    };
    observed.group(cluster, name).is_none() && plan.steps.iter().any(deletes)
}

/// What the plan has done to a group, if that is why it is not as it was.
fn moved_by<'a>(
    plan: &'a Plan,
    cluster: &str,
    name: &str,
    observed: &'a Observed,
) -> Option<Part<'a>> {
    let part = Part::of(plan, cluster, name, observed)?;
    (part.same_group() && part.on_the_way() && part.explained()).then_some(part)
}

impl<'a> Part<'a> {
    fn of(plan: &'a Plan, cluster: &str, name: &str, observed: &'a Observed) -> Option<Self> {
        let have = observed.group(cluster, name)?;
        let of_group = |op: &&Op| op.group() == Some((cluster, name));
        let ops = plan.steps.iter().map(|step| &step.op);
        Some(Self {
            plan,
            observed,
            have,
            ops: ops.filter(of_group).collect(),
            subject: group_subject(cluster, name),
        })
    }

    /// Whether the plan's own steps can have changed a fact. What somebody else's update does that the plan
    /// only waits for is not known.
    fn changes(&self, fact: &str) -> bool {
        self.ops.iter().any(|op| match (op, fact) {
            (Op::UpdateNodeGroupConfig(change), "labels") => {
                !(change.labels_set.is_empty() && change.labels_removed.is_empty())
            }
            (Op::UpdateNodeGroupConfig(change), "taints") => {
                !(change.taints_set.is_empty() && change.taints_removed.is_empty())
            }
            (Op::UpdateNodeGroupConfig(change), "bounds") => change.bounds.is_some(),
            (Op::UpdateNodeGroupConfig(change), "updateSettings") => change.update.is_some(),
            (Op::UpdateNodeGroupVersion(_), "labels" | "taints" | "bounds" | "updateSettings") => {
                false
            }
            (Op::TagNodeGroup(_), fact) => fact == "status",
            _ => true,
        })
    }

    /// EKS is at nothing with it.
    fn is_at_rest(&self) -> bool {
        matches!(self.have.status.as_str(), "ACTIVE" | "DEGRADED")
    }

    fn planned(&self, fact: &str) -> Option<&str> {
        self.plan.base.fact(&self.subject, fact)
    }

    /// The group is the one that was planned for, or the one that the plan makes.
    fn same_group(&self) -> bool {
        match self.planned("arn") {
            Some(arn) => arn == self.have.arn,
            None => {
                self.ops
                    .iter()
                    .any(|op| matches!(op, Op::CreateNodeGroup(_)))
                    && self.have.tags.get(OWNER_TAG) == Some(&self.plan.fleet)
            }
        }
    }

    /// It runs the version that it ran, or the one that it is to run.
    fn on_the_way(&self) -> bool {
        let now = self
            .have
            .launch_template
            .as_ref()
            .and_then(|template| template.version.as_deref());
        now == self.planned("launchTemplateVersion") || self.arrived()
    }

    fn arrived(&self) -> bool {
        let now = self
            .have
            .launch_template
            .as_ref()
            .and_then(|template| template.number());
        now.is_some() && now == self.target()
    }

    /// The version that the plan brings the group to, as far as it exists.
    fn target(&self) -> Option<i64> {
        let reference = self.ops.iter().find_map(|op| target_of(op));
        match reference {
            Some(VersionRef::Known { version, .. }) => Some(*version),
            Some(VersionRef::From { step, .. }) => self.minted(step),
            None => {
                let here = (self.have.cluster.as_str(), self.have.name.as_str());
                let outlooks = self.plan.node_groups.iter();
                outlooks
                    .filter(|group| (group.cluster.as_str(), group.name.as_str()) == here)
                    .find_map(|group| group.to_version)
            }
        }
    }

    fn minted(&self, id: &str) -> Option<i64> {
        let step = self.plan.steps.iter().find(|step| step.id == id)?;
        let (Op::CreateLaunchTemplate(content) | Op::CreateLaunchTemplateVersion(content)) =
            &step.op
        else {
            return None;
        };
        let template = self.observed.template(&step.site, &content.name)?;
        template
            .versions
            .iter()
            .filter(|version| holds(version, content))
            .map(|version| version.number)
            .min()
    }

    /// Some step of the plan is under way, or has visibly been done.
    fn explained(&self) -> bool {
        let under_way = self
            .have
            .last_update
            .as_ref()
            .filter(|update| update.in_progress());
        match (self.have.status.as_str(), under_way) {
            ("CREATING", _) => self.planned("arn").is_none(),
            ("UPDATING", Some(update)) => self.ops.iter().any(|op| self.is_ours(op, update)),
            ("DELETING" | "DELETE_FAILED", _) => {
                let deletes = |op: &&Op| matches!(op, Op::DeleteNodeGroup(_));
                self.ops.iter().any(deletes)
            }
            ("ACTIVE" | "DEGRADED", _) => self.ops.iter().any(|op| self.is_done(op)),
            _ => false,
        }
    }

    fn is_ours(&self, op: &Op, update: &ObservedUpdate) -> bool {
        match op {
            Op::UpdateNodeGroupVersion(roll) => self.target().is_some_and(|target| {
                leads_to(update, self.have, target, roll.release_version.as_deref())
            }),
            Op::UpdateNodeGroupConfig(_) => update.kind == "ConfigUpdate",
            Op::AwaitNodeGroup(wait) => wait.update.as_deref() == Some(update.id.as_str()),
            Op::CreateNodeGroup(_)
            | Op::DeleteNodeGroup(_)
            | Op::TagNodeGroup(_)
            | Op::TagLaunchTemplate(_)
            | Op::CreateLaunchTemplate(_)
            | Op::CreateLaunchTemplateVersion(_) => false,
        }
    }

    fn is_done(&self, op: &Op) -> bool {
        match op {
            Op::CreateNodeGroup(_) => self.arrived(),
            Op::UpdateNodeGroupVersion(roll) => {
                let release = roll.release_version.as_deref();
                self.arrived()
                    && release
                        .is_none_or(|release| self.have.release_version.as_deref() == Some(release))
            }
            Op::UpdateNodeGroupConfig(change) => {
                configured(change, Some(self.have)) == Standing::Done
            }
            Op::TagNodeGroup(change) => change
                .set
                .iter()
                .all(|(key, value)| self.have.tags.get(key) == Some(value)),
            // What was waited for has ended; where it ended, `on_the_way` has looked.
            Op::AwaitNodeGroup(_) => true,
            Op::DeleteNodeGroup(_)
            | Op::TagLaunchTemplate(_)
            | Op::CreateLaunchTemplate(_)
            | Op::CreateLaunchTemplateVersion(_) => false,
        }
    }
}
