//! Rollback: one plan that moves groups back to older versions of their launch templates.
//!
//! Everything is checked before anything moves: what stands in the way of one group is told with what stands in
//! the way of the others.

mod checks;
mod target;

pub use target::previous_version;

use super::group::{few_addresses, health};
use super::images;
use super::owner;
use super::resume::group_subject;
use super::standing::leads_to;
use super::surge::forecast;
use super::template::no_way_back;
use super::{
    Await, Context, Finding, GroupAction, GroupOutlook, Op, Plan, Purpose, Roll, Scope, Step,
    VersionRef,
};
use crate::launch_template::changes;
use crate::observed::{Observed, ObservedGroup, ObservedTemplate};
use crate::site::Site;
use crate::spec::UpdateSettings;

/// Where to roll back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollbackTo {
    Version(i64),
    /// The newest version below the group's own that is not for another cluster.
    Previous,
}

/// A group to roll back.
#[derive(Clone, Debug, PartialEq)]
pub struct Back {
    pub cluster: String,
    pub group: String,
    /// What to roll it with: the spec's, or the group's own.
    pub settings: UpdateSettings,
}

/// Plans the way of groups to older versions, in their order. With [`Scope::every_version`], the images and
/// instance types of those versions are checked as well.
pub fn rollback(
    fleet: &str,
    groups: &[Back],
    to: RollbackTo,
    scope: &Scope,
    observed: &Observed,
    context: &Context,
) -> Plan {
    let mut plan = Plan::empty(Purpose::Rollback, fleet, scope, observed, context);
    let mut ways = Vec::new();
    for back in groups {
        let site = scope
            .clusters
            .get(&back.cluster)
            .cloned()
            .unwrap_or_default();
        match target::way(back, &site, to, observed) {
            Ok(way) => ways.push(way),
            Err((finding, name)) => {
                let subject = group_subject(&back.cluster, &back.group);
                plan.blockers.push(Finding {
                    subject,
                    ..*finding
                });
                plan.node_groups.push(blocked(back, &site, name));
            }
        }
    }
    if let RollbackTo::Version(number) = to {
        plan.blockers
            .extend(target::several_templates(&ways, number, &plan.accounts));
    }
    for way in &ways {
        plan_move(way, observed, context, &mut plan);
    }
    images::name(&mut plan, &[], observed);
    owner::settle(&mut plan, observed, &context.adopt);
    // In the order that was asked for, whichever could not be planned.
    let place = |outlook: &GroupOutlook| {
        groups
            .iter()
            .position(|back| back.cluster == outlook.cluster && back.group == outlook.name)
    };
    plan.node_groups.sort_by_key(place);
    plan
}

/// A group that has nowhere to go.
fn blocked(back: &Back, site: &Site, template: String) -> GroupOutlook {
    GroupOutlook {
        name: back.group.clone(),
        cluster: back.cluster.clone(),
        site: site.clone(),
        action: GroupAction::Blocked,
        launch_template: template,
        ..GroupOutlook::default()
    }
}

/// One group's way back.
struct Way<'a> {
    have: &'a ObservedGroup,
    template: &'a ObservedTemplate,
    target: i64,
    site: Site,
    settings: &'a UpdateSettings,
}

fn plan_move(way: &Way<'_>, observed: &Observed, context: &Context, plan: &mut Plan) {
    let (have, target) = (way.have, way.target);
    let from = way.from();
    let subject = way.subject();
    let under_way = have
        .last_update
        .as_ref()
        .filter(|update| update.in_progress());
    let mut outlook = way.outlook(from);
    plan.warnings.extend(health(&subject, have));
    match (have.status.as_str(), under_way) {
        ("UPDATING", Some(update)) if leads_to(update, have, target, None) => {
            outlook.action = GroupAction::Attach;
            outlook.notes.push(format!(
                "update {} to version {target} is under way; this run follows it",
                update.id
            ));
            let (cluster, group) = (have.cluster.clone(), have.name.clone());
            let wait = Await {
                cluster,
                group,
                update: Some(update.id.clone()),
            };
            plan.steps.push(way.step("await", Op::AwaitNodeGroup(wait)));
        }
        ("ACTIVE" | "DEGRADED", _) if from == Some(target) => {
            outlook.action = GroupAction::Unchanged;
            outlook
                .notes
                .push(format!("it runs version {target} already"));
        }
        ("ACTIVE" | "DEGRADED", _) => way.roll(observed, context, &mut outlook, plan),
        (status, _) => {
            outlook.action = GroupAction::Blocked;
            plan.blockers.push(checks::busy(subject, status));
        }
    }
    plan.node_groups.push(outlook);
}

impl Way<'_> {
    /// The version that the group runs, as far as it is a number.
    fn from(&self) -> Option<i64> {
        self.have.launch_template.as_ref()?.number()
    }

    fn subject(&self) -> String {
        group_subject(&self.have.cluster, &self.have.name)
    }

    fn outlook(&self, from: Option<i64>) -> GroupOutlook {
        GroupOutlook {
            name: self.have.name.clone(),
            cluster: self.have.cluster.clone(),
            site: self.site.clone(),
            action: GroupAction::Roll,
            launch_template: self.template.name.clone(),
            from_version: from,
            to_version: Some(self.target),
            nodes: self.have.scaling.map(|scaling| scaling.desired),
            ..GroupOutlook::default()
        }
    }

    fn step(&self, verb: &str, op: Op) -> Step {
        let id = format!("{verb} node group {}/{}", self.have.cluster, self.have.name);
        Step {
            id,
            site: self.site.clone(),
            op,
        }
    }

    /// The release that the nodes stay on. Without one, EKS takes the newest: going back would move the nodes'
    /// image on.
    fn release(&self) -> Option<String> {
        let managed = self.have.ami_type.as_deref()? != "CUSTOM";
        self.have.release_version.clone().filter(|_| managed)
    }

    fn roll(
        &self,
        observed: &Observed,
        context: &Context,
        outlook: &mut GroupOutlook,
        plan: &mut Plan,
    ) {
        let (have, from) = (self.have, self.from());
        let forecast = forecast(have, self.settings, &self.site, observed);
        let found = checks::check(self, observed, context.now, &forecast);
        let blockers = found.blockers.len();
        plan.blockers.extend(found.blockers);
        plan.warnings.extend(found.warnings);
        let target = self.template.version(self.target);
        let current = from.and_then(|from| self.template.version(from));
        if let (Some(old), Some(new)) = (current, target) {
            outlook.changes = changes(&old.data, &new.data);
        }
        if blockers > 0 {
            outlook.action = GroupAction::Blocked;
            return;
        }
        outlook.notes.extend(no_way_back(self.template, from));
        let release = self.release();
        if let Some(release) = &release {
            outlook.notes.push(format!(
                "the image stays at release {release}: this launch template names none"
            ));
        }
        plan.warnings
            .extend(few_addresses(self.subject(), &forecast));
        outlook.forecast = Some(forecast.clone());
        plan.steps.push(self.step(
            "roll",
            Op::UpdateNodeGroupVersion(Roll {
                cluster: have.cluster.clone(),
                group: have.name.clone(),
                version: VersionRef::Known {
                    template_id: self.template.id.clone(),
                    template: self.template.name.clone(),
                    version: self.target,
                },
                from_version: from,
                kubernetes_version: None,
                release_version: release,
                force: self.settings.force,
                forecast,
            }),
        ));
    }
}
