//! What user data and EKS's own doing make of each other: warnings alone.

use super::resume::group_subject;
use super::standing::{same_taint, taint_value};
use super::{Finding, FindingKind, Plan};
use crate::desired::{Desired, DesiredGroup, DesiredTemplate};
use crate::spec::Taint;

/// Bytes of user data from which on EKS's own part might not fit beside it. A guess: EKS does not document
/// how large its part is.
const ROOM_FOR_EKS: usize = 13_000;

pub(super) fn check_user_data(desired: &Desired, plan: &mut Plan) {
    for template in &desired.templates {
        plan.warnings.extend(little_room(template));
    }
    for group in &desired.groups {
        plan.warnings.extend(taints(group, desired));
    }
}

fn little_room(template: &DesiredTemplate) -> Option<Finding> {
    let bytes = template.user_data.bytes.len();
    if template.data.image_id.is_some() || bytes <= ROOM_FOR_EKS {
        return None;
    }
    let message = format!(
        "the user data for cluster {} has {bytes} bytes: EKS adds its own part to it, and EC2's limit of 16384 bytes counts both; how large that part is, is not documented",
        template.cluster
    );
    let subject = format!("launch template {}/{}", template.site, template.name);
    Some(
        Finding::new(FindingKind::Warning, subject, message)
            .hint("move what is long to S3, and fetch it from a short script"),
    )
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
