//! What EKS never changes in a node group, and what it refuses: told before anything is written.

use std::collections::BTreeSet;

use super::super::fitness::minor;
use super::super::replace::way_out;
use super::super::{Finding, settings};
use super::{Case, blocker};
use crate::fit;
use crate::launch_template::Data;
use crate::observed::{GroupTemplate, ObservedGroup};

/// What EKS says to an image in the launch template of a group whose image it chooses.
pub(in crate::plan) const SWITCH_TO_CUSTOM: &str = "EKS answers \"You cannot specify an image id within the launch template, since your nodegroup is configured to use an Amazon EKS optimized AMI\"";
/// The other way round.
pub(in crate::plan) const SWITCH_TO_EKS: &str =
    "EKS answers \"The request must contain the parameter ImageId\"";

/// Differences that need a new group.
pub(super) fn differences(case: &Case<'_>, have: &ObservedGroup) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let commands = way_out(case.want, case.desired, case.observed);
    let hint = format!("EKS cannot change this in place: {commands}");
    let mut differs = |field: &str, message: Option<String>| {
        let path = format!("nodeGroups[{}].{field}", case.want.spec.index);
        let finding = message.map(|message| blocker(case.want, message).at(path).hint(&hint));
        findings.extend(finding);
    };
    let group = &case.want.spec;
    differs(
        "launchTemplate",
        other_template(case, have.launch_template.as_ref()),
    );
    differs(version_field(case), other_image_mode(case, have));
    if let (Some(wanted), Some(current)) = (&group.node_role, &have.node_role) {
        let message = || format!("the group's node role is {current}, and the spec says {wanted}");
        differs("nodeRole", (wanted != current).then(message));
    }
    if !group.subnets.is_empty() && sorted(&group.subnets) != sorted(&have.subnets) {
        differs(
            "subnets",
            Some(format!(
                "the group's subnets are {}",
                have.subnets.join(", ")
            )),
        );
    }
    let capacity = settings::capacity_type(group.capacity_type);
    if let Some(current) = have
        .capacity_type
        .as_deref()
        .filter(|current| *current != capacity)
    {
        differs(
            "capacityType",
            Some(format!(
                "the group's capacity type is {current}, and the spec says {capacity}"
            )),
        );
    }
    if !group.instance_types.is_empty()
        && sorted(&group.instance_types) != sorted(&have.instance_types)
    {
        let current = if have.instance_types.is_empty() {
            "none".to_owned()
        } else {
            have.instance_types.join(", ")
        };
        differs(
            "instanceTypes",
            Some(format!("the group's own instance types are {current}")),
        );
    }
    findings
}

fn sorted(ids: &[String]) -> BTreeSet<&String> {
    ids.iter().collect()
}

/// The field of the spec that chose the version.
fn version_field(case: &Case<'_>) -> &'static str {
    match case.want.spec.launch_template_version {
        Some(_) => "launchTemplateVersion",
        None => "launchTemplate",
    }
}

fn other_template(case: &Case<'_>, current: Option<&GroupTemplate>) -> Option<String> {
    let wanted = &case.want.spec.launch_template;
    let Some(current) = current else {
        return Some(
            "the group was made without a launch template, and can never get one".to_owned(),
        );
    };
    if same_template(case, current) {
        return None;
    }
    let shown = current
        .name
        .as_deref()
        .or(current.id.as_deref())
        .unwrap_or("unknown");
    if current.name.as_ref() == Some(wanted) {
        let id = current.id.as_deref().unwrap_or("unknown");
        return Some(format!(
            "the group is for life on a launch template `{shown}` that is gone ({id}), and one of the same name does not replace it"
        ));
    }
    Some(format!(
        "the group is on launch template `{shown}` for life, and the spec says `{wanted}`"
    ))
}

/// By id where both are known: a template that was deleted and made again has its name and another id.
fn same_template(case: &Case<'_>, current: &GroupTemplate) -> bool {
    match (&current.id, case.template) {
        (Some(id), Some(template)) => *id == template.id,
        // The group names a template that EC2 does not show, so the one that is made now is another.
        (Some(_), None) => false,
        (None, _) => current.name.as_deref() == Some(case.want.spec.launch_template.as_str()),
    }
}

/// Whether a version names an image and whether the group's nodes come from one: EKS never lets a group
/// cross that line.
fn other_image_mode(case: &Case<'_>, have: &ObservedGroup) -> Option<String> {
    let current = have.ami_type.as_deref()?;
    let names_image = case
        .target_data()
        .map_or(case.want.managed_ami.is_none(), |data| {
            data.image_id.is_some()
        });
    match (names_image, current == "CUSTOM", &case.want.managed_ami) {
        (true, false, _) => Some(format!(
            "the group runs an Amazon EKS optimized AMI chosen by its release version, and the launch template names an image; {SWITCH_TO_CUSTOM}"
        )),
        (false, true, _) => Some(format!(
            "the group runs an image named in its launch template, and the new version names none; {SWITCH_TO_EKS}"
        )),
        (true, true, Some(ami)) => Some(format!(
            "the group runs an image named in its launch template, and the spec asks for the release version {}",
            ami.release_version
        )),
        (false, false, Some(ami)) if ami.ami_type != current => Some(format!(
            "the group's AMI type is {current}, and the spec asks for {}",
            ami.ami_type
        )),
        _ => None,
    }
}

/// What EKS would refuse in a new group.
pub(super) fn unfit_for_creation(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let path = format!(
        "nodeGroups[{}].{}",
        case.want.spec.index,
        version_field(case)
    );
    if let Some(data) = case.target_data() {
        let message = match (data.image_id.is_some(), &case.want.managed_ami) {
            (true, Some(_)) => Some(
                "the version names an image, and the spec asks for a release version; EKS answers \"You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template\"",
            ),
            (false, None) => Some(
                "the version names no image, and the spec has no release version to take one from",
            ),
            _ => None,
        };
        findings.extend(message.map(|message| blocker(case.want, message.to_owned()).at(path)));
        findings.extend(two_instance_types(
            case,
            data,
            &case.want.spec.instance_types,
        ));
    }
    findings.extend(unfit_kubernetes(case, None));
    findings.extend(missing_subnets(case));
    findings
}

/// Subnets that the spec names and EC2 does not know. EKS would refuse the group after its launch template
/// was made.
fn missing_subnets(case: &Case<'_>) -> Option<Finding> {
    let (want, observed) = (case.want, case.observed);
    if observed.subnets_unread.contains(&want.site) {
        return None;
    }
    let subnets = want.spec.subnets.iter();
    let missing: Vec<&str> = subnets
        .filter(|id| observed.subnet(&want.site, id).is_none())
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return None;
    }
    let message = format!("{} has no subnet {}", want.site, missing.join(", "));
    Some(
        blocker(want, message)
            .at(format!("nodeGroups[{}].subnets", want.spec.index))
            .hint("take subnets of the cluster's VPC, and check which account the credentials are for"),
    )
}

/// What EKS would refuse in a roll.
pub(super) fn unreachable_version(case: &Case<'_>, have: &ObservedGroup) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(data) = case.target_data() {
        let number = have
            .launch_template
            .as_ref()
            .and_then(|template| template.number());
        let current = number
            .and_then(|number| case.template?.version(number))
            .and_then(|version| version.data.instance_type.as_ref());
        // A type that the group shows because its launch template names it is not the group's own.
        let own: Vec<String> = have
            .instance_types
            .iter()
            .filter(|name| Some(*name) != current)
            .cloned()
            .collect();
        findings.extend(two_instance_types(case, data, &own));
    }
    findings.extend(unfit_kubernetes(case, have.version.as_deref()));
    findings
}

fn two_instance_types(case: &Case<'_>, data: &Data, of_group: &[String]) -> Option<Finding> {
    let of_template = data
        .instance_type
        .as_ref()
        .filter(|_| !of_group.is_empty())?;
    let path = format!("nodeGroups[{}].instanceTypes", case.want.spec.index);
    let message = format!(
        "the launch template names {of_template}, and the group has instance types of its own ({}); EKS answers \"Cannot specify instance types in launch template and API Request\"",
        of_group.join(", ")
    );
    Some(blocker(case.want, message).at(path).hint(
        "leave the type out of the launch template, or make a new group without types of its own",
    ))
}

/// Nodes that are newer than their control plane, or much older, are not supported (Kubernetes' version skew policy),
/// and EKS takes the cluster's version or the group's for a group on its own images, no other.
fn unfit_kubernetes(case: &Case<'_>, current: Option<&str>) -> Option<Finding> {
    let cluster = case.observed.clusters.get(&case.want.spec.cluster)?;
    let (wanted, running) = (&case.want.kubernetes_version, &cluster.version);
    let hint = "run `nodemint resolve --update` to take images of the cluster's version";
    let spec = &case.want.spec;
    let mut templates = case.desired.templates.iter();
    let template = templates
        .find(|one| one.name == spec.launch_template && one.cluster == spec.cluster)
        .filter(|_| spec.launch_template_version.is_none());
    // A launch template can ask for another Kubernetes than the cluster's.
    let image = template.and_then(|one| minor(&one.image.request.kubernetes_version));
    if let Some((new, old)) = image.zip(minor(running))
        && let Err(misfit) = fit::skew(new, old)
    {
        return Some(blocker(case.want, misfit.message).hint(hint));
    }
    let managed = case.want.managed_ami.is_some();
    let refused = managed && wanted != running && current != Some(wanted.as_str());
    refused.then(|| {
        let own = current.map(|version| format!(" or the node group's own {version}")).unwrap_or_default();
        let message = format!("EKS takes the cluster's Kubernetes version {running}{own} for it, and the lock has {wanted}");
        blocker(case.want, message).hint(hint)
    })
}
