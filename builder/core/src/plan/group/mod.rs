//! Node groups in a plan: created, rolled, configured, joined to what is under way, or left alone.

mod attach;
mod change;
mod immutable;
mod why;

pub(super) use change::{few_addresses, health};
pub(super) use immutable::{SWITCH_TO_CUSTOM, SWITCH_TO_EKS};

use super::settings;
use super::surge::{shares_of, short};
use super::template::Versions;
use super::{
    Finding, FindingKind, GroupAction, GroupOutlook, NewGroup, Op, Plan, Step, TemplateOutlook,
    VersionRef,
};
use crate::desired::{Desired, DesiredGroup, DesiredTemplate};
use crate::launch_template::Data;
use crate::observed::{Observed, ObservedGroup, ObservedTemplate};
use crate::spec::{DEFAULT_INSTANCE_TYPE, Scaling};

/// What to do about a version that is for another cluster.
pub(super) const OTHER_CLUSTER: &str =
    "choose a version that was made for this cluster; `nodemint history` shows them";

/// What nobody can count beforehand.
const PODS_TAKE_MORE: &str = "free addresses, or name other subnets; only the nodes' own addresses are counted, and their pods take more where the VPC CNI hands out addresses of these subnets";

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
        match &self.target {
            VersionRef::Known { version, .. } => self
                .template?
                .version(*version)
                .map(|version| &version.data),
            VersionRef::From { .. } => self.described(),
        }
    }

    fn wanted(&self) -> Option<&DesiredTemplate> {
        let group = &self.want.spec;
        let mut templates = self.desired.templates.iter();
        templates.find(|one| one.name == group.launch_template && one.cluster == group.cluster)
    }

    /// What the spec describes, whatever a pin says.
    fn described(&self) -> Option<&Data> {
        self.wanted().map(|template| &template.data)
    }

    /// The release of the image in the lock.
    fn locked_release(&self) -> Option<&String> {
        self.wanted()?.image.release_version.as_ref()
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
            if let Some(outlook) = plan.node_groups.last_mut() {
                outlook.held = why::held(&case, newest);
                outlook.notes.extend(outlook.held.iter().map(why::told));
            }
        }
        Err(finding) => {
            plan.blockers.push(*finding);
            plan.node_groups
                .push(outlook(want, GroupAction::Blocked, None, None));
        }
    }
}

/// What keeps a group from becoming in place what the spec wants.
pub(super) fn for_life(
    want: &DesiredGroup,
    have: &ObservedGroup,
    desired: &Desired,
    observed: &Observed,
    versions: &Versions,
) -> Vec<Finding> {
    let template = observed.template(&want.site, &want.spec.launch_template);
    let Ok(target) = target(want, template, versions) else {
        // A pin that leads nowhere is told of the new group.
        return Vec::new();
    };
    let case = Case {
        want,
        desired,
        observed,
        template,
        to: target.number(),
        target,
    };
    immutable::differences(&case, have)
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
    outlook.nodes = Some(sizes.desired);
    plan.warnings.extend(crowded(case, sizes.desired));
    outlook.notes.push(size_note(sizes));
    plan.node_groups.push(outlook);
}

pub(super) fn size_note(sizes: Scaling) -> String {
    let nodes = if sizes.desired == 1 { "node" } else { "nodes" };
    format!(
        "{} {nodes} to begin with, between {} and {}",
        sizes.desired, sizes.min, sizes.max
    )
}

/// Subnets that have too few addresses for the nodes that a group begins with.
fn crowded(case: &Case<'_>, nodes: i32) -> Option<Finding> {
    let want = case.want;
    let shares = shares_of(&want.spec.subnets, nodes, &want.site, case.observed);
    let message = format!("subnets are short of addresses: {}", short(&shares)?);
    let finding = Finding::new(FindingKind::Warning, subject(want), message);
    Some(finding.hint(PODS_TAKE_MORE))
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
        ..GroupOutlook::default()
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
