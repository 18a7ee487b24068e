//! Node groups in a plan: created, rolled, configured, joined to what is under way, or left alone.

mod attach;
mod change;
mod immutable;

pub(super) use change::{few_addresses, health};

use super::settings;
use super::template::Versions;
use super::{
    Finding, FindingKind, GroupAction, GroupOutlook, NewGroup, OWNER_TAG, Op, Plan, Step,
    TemplateOutlook, VersionRef,
};
use crate::desired::{Desired, DesiredGroup};
use crate::launch_template::Data;
use crate::observed::{Observed, ObservedGroup, ObservedTemplate};
use crate::spec::DEFAULT_INSTANCE_TYPE;

/// What to do about a version that is for another cluster.
pub(super) const OTHER_CLUSTER: &str =
    "choose a version that was made for this cluster; `nodemint history` shows them";

/// Everything that the decisions about one group need.
struct Case<'a> {
    want: &'a DesiredGroup,
    desired: &'a Desired,
    observed: &'a Observed,
    template: Option<&'a ObservedTemplate>,
    target: VersionRef,
    /// The target's number, or the one that the minting step should get.
    to: Option<i64>,
}

impl Case<'_> {
    /// The content of the target version.
    fn target_data(&self) -> Option<&Data> {
        let group = &self.want.spec;
        match &self.target {
            VersionRef::Known { version, .. } => self
                .template?
                .version(*version)
                .map(|version| &version.data),
            VersionRef::From { .. } => {
                let mut templates = self.desired.templates.iter();
                let wanted = templates
                    .find(|one| one.name == group.launch_template && one.cluster == group.cluster);
                wanted.map(|template| &template.data)
            }
        }
    }
}

pub(super) fn plan_group(
    want: &DesiredGroup,
    desired: &Desired,
    observed: &Observed,
    versions: &Versions,
    plan: &mut Plan,
) {
    if !observed.clusters.contains_key(&want.spec.cluster) {
        // The cluster's own blocker says why.
        plan.node_groups
            .push(outlook(want, GroupAction::Blocked, None, None));
        return;
    }
    let newest = template_outlook(want, plan).map(|template| template.version);
    let template = observed.template(&want.site, &want.spec.launch_template);
    match target(want, template, versions) {
        Ok(target) => {
            let to = target.number().or(newest);
            let case = Case {
                want,
                desired,
                observed,
                template,
                target,
                to,
            };
            match observed.group(&want.spec.cluster, &want.spec.name) {
                None => create(&case, plan),
                Some(have) => change::change(&case, have, plan),
            }
            let pin = want.spec.launch_template_version;
            if let (Some(pin), Some(outlook)) = (pin, plan.node_groups.last_mut()) {
                outlook.notes.extend(pin_note(pin, newest));
            }
        }
        Err(finding) => {
            plan.blockers.push(*finding);
            plan.node_groups
                .push(outlook(want, GroupAction::Blocked, None, None));
        }
    }
}

/// The version that the group is to run: the pin, or what the spec describes.
fn target(
    want: &DesiredGroup,
    template: Option<&ObservedTemplate>,
    versions: &Versions,
) -> Result<VersionRef, Box<Finding>> {
    if let Some(pin) = want.spec.launch_template_version {
        return pinned(want, template, pin);
    }
    let name = &want.spec.launch_template;
    versions
        .get(&(name.clone(), want.spec.cluster.clone()))
        .cloned()
        .ok_or_else(|| {
            // The spec's validation makes every group's template one of its cluster's.
            Box::new(blocker(
                want,
                format!("launch template `{name}` has no content for this cluster"),
            ))
        })
}

/// The version that a pin names. A pin on a version that this very plan would mint is no rollback target:
/// it must exist.
fn pinned(
    want: &DesiredGroup,
    template: Option<&ObservedTemplate>,
    pin: i64,
) -> Result<VersionRef, Box<Finding>> {
    let path = format!("nodeGroups[{}].launchTemplateVersion", want.spec.index);
    let name = &want.spec.launch_template;
    let Some(template) = template else {
        let site = &want.site;
        let what = format!(
            "it is pinned to version {pin}, and launch template `{name}` does not exist in {site}"
        );
        let hint = "take the pin out: the version that this spec mints is then used";
        return Err(Box::new(blocker(want, what).at(path).hint(hint)));
    };
    let Some(version) = template.version(pin) else {
        let what =
            format!("it is pinned to version {pin}, which launch template `{name}` does not have");
        let hint = format!("versions of `{name}`: {}", existing_versions(template));
        return Err(Box::new(blocker(want, what).at(path).hint(hint)));
    };
    match super::template::other_cluster(version, &want.spec.cluster) {
        Some(what) => Err(Box::new(blocker(want, what).at(path).hint(OTHER_CLUSTER))),
        None => Ok(super::template::known(template, pin)),
    }
}

/// The instance types of a group whose launch template names none: the spec's, those it was made with, or EKS's
/// default.
pub(super) fn existing_types(want: &DesiredGroup, have: Option<&ObservedGroup>) -> Vec<String> {
    match have {
        Some(have) if want.spec.instance_types.is_empty() => have.instance_types.clone(),
        None if want.spec.instance_types.is_empty() => vec![DEFAULT_INSTANCE_TYPE.to_owned()],
        _ => want.spec.instance_types.clone(),
    }
}

pub(super) fn existing_versions(template: &ObservedTemplate) -> String {
    let mut numbers: Vec<i64> = template
        .versions
        .iter()
        .map(|version| version.number)
        .collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    let shown: Vec<String> = numbers.iter().take(10).map(i64::to_string).collect();
    let more = if numbers.len() > 10 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn pin_note(pin: i64, newest: Option<i64>) -> Option<String> {
    let newest = newest.filter(|newest| *newest != pin)?;
    Some(format!(
        "held at version {pin} by `launchTemplateVersion`; what this spec describes is version {newest}, and the group does not move to it"
    ))
}

fn template_outlook<'a>(want: &DesiredGroup, plan: &'a Plan) -> Option<&'a TemplateOutlook> {
    let group = &want.spec;
    plan.launch_templates.iter().find(|template| {
        template.name == group.launch_template && template.clusters.contains(&group.cluster)
    })
}

fn create(case: &Case<'_>, plan: &mut Plan) {
    let want = case.want;
    let mut blockers = immutable::unfit_for_creation(case);
    let new = match new_group(case) {
        Ok(new) if blockers.is_empty() => new,
        Ok(_) => {
            plan.blockers.append(&mut blockers);
            plan.node_groups
                .push(outlook(want, GroupAction::Blocked, None, case.to));
            return;
        }
        Err(finding) => {
            plan.blockers.append(&mut blockers);
            plan.blockers.push(*finding);
            plan.node_groups
                .push(outlook(want, GroupAction::Blocked, None, case.to));
            return;
        }
    };
    let sizes = new.scaling;
    plan.steps
        .push(step(want, "create", Op::CreateNodeGroup(Box::new(new))));
    let mut outlook = outlook(want, GroupAction::Create, None, case.to);
    let nodes = if sizes.desired == 1 { "node" } else { "nodes" };
    outlook.notes.push(format!(
        "{} {nodes} to begin with, between {} and {}",
        sizes.desired, sizes.min, sizes.max
    ));
    plan.node_groups.push(outlook);
}

fn new_group(case: &Case<'_>) -> Result<NewGroup, Box<Finding>> {
    let group = &case.want.spec;
    let mut missing = Vec::new();
    if group.node_role.is_none() {
        missing.push("nodeRole");
    }
    if group.subnets.is_empty() {
        missing.push("subnets");
    }
    if group.scaling.is_none() {
        missing.push("scaling");
    }
    let (Some(node_role), Some(scaling), true) =
        (&group.node_role, group.scaling, missing.is_empty())
    else {
        let what = format!(
            "the group does not exist, and creating it needs {}",
            missing.join(", ")
        );
        let hint = "add what is missing; if the group should exist, check its name, its cluster and the account";
        return Err(Box::new(
            blocker(case.want, what)
                .at(format!("nodeGroups[{}]", group.index))
                .hint(hint),
        ));
    };
    let managed = case.want.managed_ami.clone();
    Ok(NewGroup {
        cluster: group.cluster.clone(),
        group: group.name.clone(),
        version: case.target.clone(),
        node_role: node_role.clone(),
        subnets: group.subnets.clone(),
        instance_types: group.instance_types.clone(),
        capacity_type: group.capacity_type,
        scaling,
        labels: group.labels.clone(),
        taints: group.taints.clone(),
        tags: settings::wanted_tags(case.want, &case.desired.fleet),
        update: group.update.clone(),
        ami_type: managed.as_ref().map(|ami| ami.ami_type.clone()),
        release_version: managed.map(|ami| ami.release_version),
    })
}

/// A group that carries another fleet's tag.
fn other_owner(want: &DesiredGroup, tags: &crate::desired::Tags, fleet: &str) -> Option<Finding> {
    let owner = tags.get(OWNER_TAG).filter(|owner| *owner != fleet)?;
    let what = format!(
        "it belongs to the fleet `{owner}` (tag {OWNER_TAG}); two fleets undo each other's changes"
    );
    Some(
        Finding::new(FindingKind::Warning, subject(want), what)
            .hint("keep the group in one spec; the tag is left as it is"),
    )
}

fn outlook(
    want: &DesiredGroup,
    action: GroupAction,
    from: Option<i64>,
    to: Option<i64>,
) -> GroupOutlook {
    GroupOutlook {
        name: want.spec.name.clone(),
        cluster: want.spec.cluster.clone(),
        site: want.site.clone(),
        action,
        launch_template: want.spec.launch_template.clone(),
        from_version: from,
        to_version: to,
        changes: Vec::new(),
        forecast: None,
        notes: Vec::new(),
    }
}

fn step(want: &DesiredGroup, verb: &str, op: Op) -> Step {
    Step {
        id: format!("{verb} node group {}/{}", want.spec.cluster, want.spec.name),
        site: want.site.clone(),
        op,
    }
}

fn subject(want: &DesiredGroup) -> String {
    super::resume::group_subject(&want.spec.cluster, &want.spec.name)
}

fn blocker(want: &DesiredGroup, message: String) -> Finding {
    Finding::new(FindingKind::Preflight, subject(want), message)
}
