//! The second step: the old group goes, once the new one is all that it should be.

use super::super::resume::group_subject;
use super::super::{
    Context, Deletion, Finding, FindingKind, GroupAction, OWNER_TAG, Op, Plan, Step,
};
use super::names::is_of;
use super::{Names, outlook, planned};
use crate::desired::Desired;
use crate::observed::{HealthIssue, Observed, ObservedGroup};
use crate::site::Site;

/// Plans the old group's deletion. `running`: how many of the new group's instances run; none: nobody may look.
pub fn removal(
    desired: &Desired,
    names: &Names<'_>,
    running: Option<usize>,
    observed: &Observed,
    context: &Context,
) -> Plan {
    let desired = names.only(desired);
    let mut plan = planned(&desired, names, observed, context);
    let left_to_do = !plan.steps.is_empty();
    plan.steps.clear();
    plan.launch_templates.clear();
    let Some(old) = observed.group(names.cluster, names.old) else {
        // Done already: what the new group is like is not this command's to say.
        plan.blockers.clear();
        return plan;
    };
    match observed.group(names.cluster, names.new) {
        None => plan.blockers.push(missing(names)),
        Some(new) => ready(names, new, (left_to_do, running), &mut plan),
    }
    let site = desired
        .groups
        .first()
        .map(|want| want.site.clone())
        .unwrap_or_default();
    delete(&desired.fleet, names, old, &site, &mut plan);
    if let Some(new) = observed.group(names.cluster, names.new) {
        plan.warnings.extend(losses(names, old, new));
    }
    plan
}

fn missing(names: &Names<'_>) -> Finding {
    let subject = group_subject(names.cluster, names.new);
    let message = "the group does not exist, and nothing has taken the old one's place";
    Finding::new(FindingKind::Preflight, subject, message)
        .hint(format!("`{}` makes it", names.first_step()))
}

/// What the new group still lacks.
fn ready(
    names: &Names<'_>,
    new: &ObservedGroup,
    (left_to_do, running): (bool, Option<usize>),
    plan: &mut Plan,
) {
    let subject = group_subject(names.cluster, names.new);
    let mut lacks = |message: String, hint: String| {
        let finding = Finding::new(FindingKind::Preflight, subject.as_str(), message);
        plan.blockers.push(finding.hint(hint));
    };
    let again = format!("`{}` goes on with it", names.first_step());
    let wait = || "the old group is deleted when the new one is well".to_owned();
    if new.status != "ACTIVE" {
        let message = format!("the group is {}, and not ACTIVE", new.status);
        lacks(message, again.clone());
    } else if left_to_do {
        let message = "the group is not as the spec says yet: see above".to_owned();
        lacks(message, again);
    }
    for HealthIssue { code, message, .. } in &new.health {
        lacks(format!("EKS reports {code}: {message}"), wait());
    }
    let wanted = new.scaling.map_or(0, |scaling| scaling.desired);
    match running.map(|running| i32::try_from(running).unwrap_or(i32::MAX)) {
        Some(running) if running < wanted => {
            lacks(format!("{running} of its {wanted} nodes run"), wait());
        }
        Some(_) => {}
        None => plan.warnings.push(Finding::new(
            FindingKind::Warning,
            subject,
            "whether its nodes run is not known: they may not be listed",
        )),
    }
}

/// The old group's deletion, as far as it may be.
fn delete(fleet: &str, names: &Names<'_>, old: &ObservedGroup, site: &Site, plan: &mut Plan) {
    let subject = group_subject(names.cluster, names.old);
    let nodes = old.scaling.map_or(0, |scaling| scaling.desired);
    let mut shown = outlook(old, site, GroupAction::Delete);
    if !is_of(old, fleet) {
        let message = format!("the group is not of this fleet: it has no tag {OWNER_TAG}={fleet}");
        plan.blockers.push(
            Finding::new(FindingKind::Preflight, subject, message)
                .hint("nodemint deletes what it made and nothing else: delete it yourself"),
        );
        shown.action = GroupAction::Blocked;
        plan.node_groups.push(shown);
        return;
    }
    match old.status.as_str() {
        "CREATING" | "UPDATING" => {
            let message = format!(
                "the group is {}, and EKS takes one change at a time",
                old.status
            );
            plan.blockers.push(
                Finding::new(FindingKind::Conflict, subject, message)
                    .hint("wait until that ends, then delete it"),
            );
            shown.action = GroupAction::Blocked;
            plan.node_groups.push(shown);
            return;
        }
        "DELETING" => shown
            .notes
            .push("its deletion is under way; this run follows it".to_owned()),
        "DELETE_FAILED" => {
            let before = format!("a deletion failed before{}: it is tried again", why(old));
            shown.notes.push(before);
        }
        "CREATE_FAILED" => shown
            .notes
            .push(format!("it could not be created{}", why(old))),
        _ => {}
    }
    shown.notes.extend(what_deletion_does(nodes));
    plan.node_groups.push(shown);
    plan.steps.push(Step {
        id: format!("delete node group {}/{}", old.cluster, old.name),
        site: site.clone(),
        op: Op::DeleteNodeGroup(Deletion {
            cluster: old.cluster.clone(),
            group: old.name.clone(),
            arn: old.arn.clone(),
            nodes,
        }),
    });
}

fn why(old: &ObservedGroup) -> String {
    let issues = old.health.iter();
    let issues: Vec<String> = issues
        .map(|issue| format!("{}: {}", issue.code, issue.message))
        .collect();
    match issues.is_empty() {
        true => String::new(),
        false => format!(" ({})", issues.join("; ")),
    }
}

/// As far as it is documented (EKS user guide, "Delete a managed node group from your cluster"), and what users
/// add (aws/containers-roadmap#1636).
fn what_deletion_does(nodes: i32) -> Vec<String> {
    if nodes == 0 {
        return vec!["it has no nodes".to_owned()];
    }
    let its = match nodes {
        1 => "its node goes".to_owned(),
        many => format!("its {many} nodes go"),
    };
    vec![
        format!(
            "{its} with it: EKS signals each to drain, and lets one that is not drained after 5 minutes be terminated"
        ),
        "as users report (aws/containers-roadmap#1636), all of them at once; whether PodDisruptionBudgets are kept is not documented".to_owned(),
        "drain them first with kubectl, if pods must move one by one; there is no way back".to_owned(),
    ]
}

/// What the cluster may miss once the old group is gone.
fn losses(names: &Names<'_>, old: &ObservedGroup, new: &ObservedGroup) -> Vec<Finding> {
    let subject = group_subject(names.cluster, names.old);
    let warning = |message: String, hint: &str| {
        Finding::new(FindingKind::Warning, subject.as_str(), message).hint(hint)
    };
    let mut findings = Vec::new();
    let size = |group: &ObservedGroup| group.scaling.map_or(0, |scaling| scaling.desired);
    if size(new) < size(old) {
        let message = format!(
            "it has {} nodes, and {} has {}: its pods may find no room",
            size(old),
            names.new,
            size(new)
        );
        findings.push(warning(
            message,
            "let an autoscaler grow the new group, or raise its size, before the old one goes",
        ));
    }
    if let Some(role) = old
        .node_role
        .as_ref()
        .filter(|role| new.node_role.as_ref() != Some(*role))
    {
        let message = format!(
            "EKS takes its node role {role} out of the aws-auth ConfigMap, unless another managed node group of the cluster has it"
        );
        findings.push(warning(
            message,
            "self-managed nodes on that role would become NotReady: give the role an access entry first",
        ));
    }
    findings
}
