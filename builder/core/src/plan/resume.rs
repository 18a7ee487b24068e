//! Beginning a plan again: what moved since it was made, without what the plan itself did.
//!
//! A saved plan that was killed half-way, or applied with `--no-wait`, is finished by applying it again.
//! What it minted and moved until then must not make it stale; what somebody else did must.

use super::standing::{Standing, configured, leads_to};
use super::{Base, Home, Moved, NewTemplateVersion, OWNER_TAG, Op, Plan, VersionRef};
use crate::launch_template::same_content;
use crate::observed::{Observed, ObservedGroup, ObservedUpdate, ObservedVersion};
use crate::site::Site;

/// What moved between the plan's base and `observed`, and is not the plan's own doing.
pub fn moved_by_others(plan: &Plan, observed: &Observed) -> Vec<Moved> {
    let mut moved = plan.base.moved(&Base::new(&plan.base.scope, observed));
    for (site, names) in &plan.base.scope.templates {
        for name in names {
            if minted_by(plan, site, name, observed) {
                moved.retain(|fact| fact.subject != template_subject(site, name));
            }
        }
    }
    for (cluster, names) in &plan.base.scope.groups {
        for name in names {
            if moved_by(plan, cluster, name, observed) {
                moved.retain(|fact| fact.subject != group_subject(cluster, name));
            }
        }
    }
    moved
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

/// Whether all that moved in a group is what the plan does to it.
fn moved_by(plan: &Plan, cluster: &str, name: &str, observed: &Observed) -> bool {
    let Some(have) = observed.group(cluster, name) else {
        return false;
    };
    let of_group = |op: &&Op| op.group() == Some((cluster, name));
    let ops: Vec<&Op> = plan
        .steps
        .iter()
        .map(|step| &step.op)
        .filter(of_group)
        .collect();
    let part = Part {
        plan,
        observed,
        have,
        ops,
        subject: group_subject(cluster, name),
    };
    part.same_group() && part.on_the_way() && part.explained()
}

impl Part<'_> {
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
        let reference = self.ops.iter().find_map(|op| match op {
            Op::CreateNodeGroup(new) => Some(&new.version),
            Op::UpdateNodeGroupVersion(roll) => Some(&roll.version),
            _ => None,
        });
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
            | Op::TagNodeGroup(_)
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
            Op::CreateLaunchTemplate(_) | Op::CreateLaunchTemplateVersion(_) => false,
        }
    }
}
