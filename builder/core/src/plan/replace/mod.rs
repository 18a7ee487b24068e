//! Replacement: what EKS never changes in a node group is had by a new one beside it, then the old one's deletion.
//!
//! Two plans, each with a confirmation of its own. Neither looks at any other group of the fleet, so that one
//! group can be replaced while others are still blocked.

mod names;
mod removal;
mod stray;

pub use names::Names;
pub(super) use names::way_out;
pub use removal::removal;
pub use stray::strays;

use super::group::{for_life, size_note};
use super::resume::group_subject;
use super::template::plan_templates;
use super::{
    Base, Context, Finding, FindingKind, GroupAction, GroupOutlook, OWNER_TAG, Op, Plan, Purpose,
    build,
};
use crate::desired::{Desired, DesiredGroup};
use crate::observed::{Observed, ObservedGroup};
use crate::site::Site;

/// Plans the new group beside the old one. `desired` is the fleet as its spec is with the new name.
pub fn replacement(
    desired: &Desired,
    names: &Names<'_>,
    observed: &Observed,
    context: &Context,
) -> Plan {
    let desired = names.only(desired);
    let mut plan = planned(&desired, names, observed, context);
    let subject = group_subject(names.cluster, names.old);
    let old = observed.group(names.cluster, names.old);
    let new = observed.group(names.cluster, names.new);
    match (old, new) {
        (None, None) => plan.blockers.push(
            Finding::new(
                FindingKind::Preflight,
                subject,
                "the group does not exist, so there is nothing to replace",
            )
            .hint("give it the new name in the spec, and `nodemint apply` creates it"),
        ),
        (None, Some(_)) => {}
        (Some(old), _) => beside(&desired, names, (old, new), observed, &mut plan),
    }
    let foreign = |new: &&ObservedGroup| new.tags.get(OWNER_TAG) != Some(&desired.fleet);
    let adopted = plan.node_groups.iter().any(|shown| shown.adopted.is_some());
    if new.filter(foreign).is_some() && !adopted {
        plan.blockers.push(taken(names, &desired.fleet));
    }
    plan
}

/// The plan of the new group alone, made from the state of both.
fn planned(desired: &Desired, names: &Names<'_>, observed: &Observed, context: &Context) -> Plan {
    let mut plan = build::plan(desired, observed, context);
    plan.purpose = Purpose::Replace;
    plan.base = Base::new(&names.scope(desired), observed);
    plan
}

fn taken(names: &Names<'_>, fleet: &str) -> Finding {
    let subject = group_subject(names.cluster, names.new);
    let message = format!(
        "a group of this name exists, and is not of this fleet: it has no tag {OWNER_TAG}={fleet}"
    );
    Finding::new(FindingKind::Preflight, subject, message)
        .hint("choose another name with --as, or take the group over with --adopt")
}

/// What the old group has to do with the new one: its size, and why it cannot stay.
fn beside(
    desired: &Desired,
    names: &Names<'_>,
    (old, new): (&ObservedGroup, Option<&ObservedGroup>),
    observed: &Observed,
    plan: &mut Plan,
) {
    let Some(want) = desired.groups.first() else {
        return;
    };
    if new.is_none() {
        take_the_size(names, old, observed, plan);
    }
    if old.tags.get(OWNER_TAG) != Some(&desired.fleet) {
        let message = format!(
            "it has no tag {OWNER_TAG}={}: nodemint did not make it, and will not delete it either",
            desired.fleet
        );
        let subject = group_subject(names.cluster, names.old);
        plan.warnings.push(
            Finding::new(FindingKind::Warning, subject, message)
                .hint("once the new group runs, delete the old one yourself"),
        );
    }
    let mut shown = outlook(old, &want.site, GroupAction::Unchanged);
    shown.notes = reasons(desired, want, names, old, observed);
    shown.notes.push(format!(
        "it stays as it is; `{}` deletes it when the new one runs",
        names.second_step()
    ));
    plan.node_groups.push(shown);
}

/// Why the old group cannot become what is wanted.
fn reasons(
    desired: &Desired,
    want: &DesiredGroup,
    names: &Names<'_>,
    old: &ObservedGroup,
    observed: &Observed,
) -> Vec<String> {
    let mut want = want.clone();
    want.spec.name = names.old.to_owned();
    let versions = plan_templates(desired, observed, None).versions;
    let found = for_life(&want, old, desired, observed, &versions);
    if found.is_empty() {
        let reason =
            "nothing that EKS keeps for life differs: `nodemint apply` could change it in place";
        return vec![reason.to_owned()];
    }
    found.into_iter().map(|finding| finding.message).collect()
}

/// The new group begins with as many nodes as the old one has, as far as its bounds allow: so there is room for
/// what moves.
fn take_the_size(names: &Names<'_>, old: &ObservedGroup, observed: &Observed, plan: &mut Plan) {
    let subject = group_subject(names.cluster, names.new);
    let Some(nodes) = old.scaling.map(|scaling| scaling.desired) else {
        return;
    };
    let creation = plan.steps.iter_mut().find_map(|step| match &mut step.op {
        Op::CreateNodeGroup(new) => Some((&step.site, new)),
        _ => None,
    });
    let Some((site, new)) = creation else {
        return;
    };
    let bounds = new.scaling;
    new.scaling.desired = nodes.clamp(bounds.min, bounds.max);
    let (sizes, free) = (new.scaling, free_addresses(&new.subnets, site, observed));
    if let Some(shown) = plan.node_groups.first_mut() {
        let as_many = match sizes.desired == nodes {
            true => format!(", as many as {} has now", names.old),
            false => format!("; {} has {nodes} now", names.old),
        };
        shown.nodes = Some(sizes.desired);
        shown.notes = vec![format!("{}{as_many}", size_note(sizes))];
    }
    let mut warn = |message: String, hint: &str| {
        let finding = Finding::new(FindingKind::Warning, subject.as_str(), message);
        plan.warnings.push(finding.hint(hint));
    };
    if sizes.desired < nodes {
        let message = format!(
            "the old group has {nodes} nodes, and `scaling` allows the new one {} at the most",
            sizes.max
        );
        warn(
            message,
            "raise `scaling.max`, if all of its pods are to move",
        );
    }
    if let Some(free) = free.filter(|free| *free < sizes.desired) {
        let message = format!(
            "its {} nodes need an address each, and its subnets have {free} free",
            sizes.desired
        );
        warn(message, "free addresses, or name other subnets");
    }
}

/// None: they could not be read.
fn free_addresses(subnets: &[String], site: &Site, observed: &Observed) -> Option<i32> {
    let found = subnets.iter().map(|id| observed.subnet(site, id));
    found
        .map(|subnet| subnet.map(|subnet| subnet.free_addresses))
        .sum()
}

fn outlook(have: &ObservedGroup, site: &Site, action: GroupAction) -> GroupOutlook {
    let template = have.launch_template.as_ref();
    GroupOutlook {
        name: have.name.clone(),
        cluster: have.cluster.clone(),
        site: site.clone(),
        action,
        launch_template: template
            .and_then(|template| template.name.clone())
            .unwrap_or_else(|| "no launch template".to_owned()),
        from_version: template.and_then(|template| template.number()),
        nodes: have.scaling.map(|scaling| scaling.desired),
        ..GroupOutlook::default()
    }
}
