//! What user data and EKS's own doing make of each other: warnings alone.

use super::resume::group_subject;
use super::standing::{same_taint, taint_value};
use super::{Finding, FindingKind, Plan};
use crate::desired::{Desired, DesiredGroup};
use crate::lint::Rule;
use crate::spec::Taint;

pub(super) fn check_user_data(desired: &Desired, plan: &mut Plan) {
    plan.warnings.extend(lints(desired));
    for group in &desired.groups {
        plan.warnings.extend(taints(group, desired));
    }
}

/// What lints found. The cluster's security group is asked of AWS itself.
fn lints(desired: &Desired) -> impl Iterator<Item = Finding> {
    let told = desired.warnings.iter();
    let told = told.filter(|warning| warning.rule != Rule::ClusterSecurityGroup);
    told.map(|warning| {
        let subject = format!("launch template {}", warning.template);
        Finding::new(FindingKind::Warning, subject, warning.message.as_str())
            .at(warning.path.as_str())
            .hint(warning.hint.as_str())
    })
}

fn taints(group: &DesiredGroup, desired: &Desired) -> Option<Finding> {
    let spec = &group.spec;
    // What another version's user data does is not this spec's.
    if spec.taints.is_empty() || spec.launch_template_version.is_some() {
        return None;
    }
    let template = desired
        .templates
        .iter()
        .find(|one| one.name == spec.launch_template && one.cluster == spec.cluster)?;
    let registered = template.register_taints.as_ref()?;
    let repeated = |taint: &Taint| {
        registered
            .iter()
            .any(|other| same_taint(other, taint) && taint_value(other) == taint_value(taint))
    };
    let (message, hint) = match (&group.managed_ami, registered.is_empty()) {
        (Some(_), false) => (
            "both `taints` and `userData.taints` are set: EKS may pass the group's to the kubelet as well, and it may take the last `--register-with-taints` alone",
            "set taints in one of the two places",
        ),
        // containers-roadmap#1962
        (None, _) if !spec.taints.iter().all(repeated) => (
            "EKS sets taints of a group some time after a node joined; until then other pods may land",
            "repeat them in `userData.taints` of its launch template, or in the bootstrap of your own",
        ),
        _ => return None,
    };
    let subject = group_subject(&spec.cluster, &spec.name);
    let path = format!("nodeGroups[{}].taints", spec.index);
    Some(
        Finding::new(FindingKind::Warning, subject, message)
            .at(path)
            .hint(hint),
    )
}
