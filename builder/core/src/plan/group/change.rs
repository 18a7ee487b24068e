//! A group that exists: what differs becomes steps.

use super::super::replace::way_out;
use super::super::settings::{self, Settings};
use super::super::surge::forecast;
use super::super::surge::short;
use super::super::template::no_way_back;
use super::super::{
    Finding, FindingKind, GroupAction, GroupOutlook, Op, Plan, Reason, Roll, RollForecast,
};
use super::attach::{UnderWay, under_way};
use super::{Case, blocker, immutable, outlook, step, subject, why};
use crate::launch_template::{FieldChange, changes};
use crate::observed::ObservedGroup;

pub(super) fn change(case: &Case<'_>, have: &ObservedGroup, plan: &mut Plan) {
    let want = case.want;
    let from = have
        .launch_template
        .as_ref()
        .and_then(|template| template.number());
    let mut findings = immutable::differences(case, have);
    findings.extend(unusable(case, have));
    let mut waiting = None;
    let mut rolls = why::reasons(case, have);
    match under_way(case, have) {
        UnderWay::Nothing => {}
        UnderWay::Conflict(finding) => findings.push(finding),
        UnderWay::Await {
            wait,
            note,
            rolls: arrives,
        } => {
            if arrives {
                rolls.clear();
            }
            waiting = Some((wait, note, arrives));
        }
    }
    if !rolls.is_empty() {
        findings.extend(immutable::unreachable_version(case, have));
    }
    if !findings.is_empty() {
        plan.blockers.append(&mut findings);
        let blocked = outlook(want, GroupAction::Blocked, from, case.to);
        let nodes = have.scaling.map(|scaling| scaling.desired);
        plan.node_groups.push(GroupOutlook { nodes, ..blocked });
        return;
    }
    warn(case, have, plan);
    let settings = settings::compare(want, have);
    let resized = settings::resized(want, have, &settings);
    let action = match (
        rolls.is_empty(),
        settings.config.is_some() || settings.tags.is_some(),
        &waiting,
    ) {
        (false, ..) => GroupAction::Roll,
        (true, true, _) => GroupAction::Configure,
        (true, false, Some(_)) => GroupAction::Attach,
        (true, false, None) => GroupAction::Unchanged,
    };
    let mut shown = outlook(want, action, from, case.to);
    shown.nodes = have.scaling.map(|scaling| scaling.desired);
    if let Some((wait, note, arrives)) = waiting {
        plan.steps
            .push(step(want, "await", Op::AwaitNodeGroup(wait)));
        shown.notes.push(note);
        shown.forecast =
            arrives.then(|| forecast(have, &want.spec.update, &want.site, case.observed));
    }
    shown.notes.extend(resized);
    push_steps(case, have, rolls, settings, &mut shown, plan);
    plan.node_groups.push(shown);
}

/// Turns what differs into steps. Settings go first: max unavailable governs the roll that follows.
fn push_steps(
    case: &Case<'_>,
    have: &ObservedGroup,
    rolls: Vec<Reason>,
    settings: Settings,
    shown: &mut GroupOutlook,
    plan: &mut Plan,
) {
    let want = case.want;
    if let Some(tags) = settings.tags {
        plan.steps.push(step(want, "tag", Op::TagNodeGroup(tags)));
    }
    if let Some(config) = settings.config {
        plan.steps
            .push(step(want, "configure", Op::UpdateNodeGroupConfig(config)));
    }
    shown.notes.extend(settings.notes);
    if !rolls.is_empty() {
        shown.changes.extend(release_changes(case, have));
        shown.changes.extend(version_changes(case, have));
        shown.reasons = rolls;
        let from = have
            .launch_template
            .as_ref()
            .and_then(|template| template.number());
        let lost = |template| no_way_back(template, from);
        shown.notes.extend(case.template.and_then(lost));
        let forecast = forecast(have, &want.spec.update, &want.site, case.observed);
        plan.warnings
            .extend(few_addresses(subject(want), &forecast));
        shown.forecast = Some(forecast.clone());
        plan.steps.push(step(
            want,
            "roll",
            Op::UpdateNodeGroupVersion(roll(case, have, forecast)),
        ));
    }
    shown.changes.extend(settings.changes);
}

fn roll(case: &Case<'_>, have: &ObservedGroup, forecast: RollForecast) -> Roll {
    let want = case.want;
    let managed = want.managed_ami.as_ref();
    let upgrade =
        managed.filter(|_| have.version.as_deref() != Some(want.kubernetes_version.as_str()));
    Roll {
        cluster: have.cluster.clone(),
        group: have.name.clone(),
        version: case.target.clone(),
        from_version: have
            .launch_template
            .as_ref()
            .and_then(|template| template.number()),
        kubernetes_version: upgrade.map(|_| want.kubernetes_version.clone()),
        release_version: managed.map(|ami| ami.release_version.clone()),
        force: want.spec.update.force,
        forecast,
    }
}

fn warn(case: &Case<'_>, have: &ObservedGroup, plan: &mut Plan) {
    let want = case.want;
    plan.warnings.extend(health(&subject(want), have));
    if have
        .launch_template
        .as_ref()
        .is_some_and(|template| template.number().is_none())
    {
        let message = why::moved_to_a_number(case, have);
        plan.warnings
            .push(Finding::new(FindingKind::Warning, subject(want), message));
    }
}

/// What EKS says of a group's health. Whether EKS takes an update of a DEGRADED group is not documented,
/// so it is tried.
pub(in crate::plan) fn health(subject: &str, have: &ObservedGroup) -> Vec<Finding> {
    let warning = |message: String| {
        Finding::new(FindingKind::Warning, subject, message)
            .hint("EKS reports this health issue; an update may fail until it is solved")
    };
    if have.status == "DEGRADED" && have.health.is_empty() {
        return vec![warning(
            "the group is DEGRADED, and EKS does not say why".to_owned(),
        )];
    }
    have.health
        .iter()
        .map(|issue| {
            let about = match issue.resource_ids.as_slice() {
                [] => String::new(),
                ids => format!(" ({})", ids.join(", ")),
            };
            warning(format!("{}: {}{about}", issue.code, issue.message))
        })
        .collect()
}

pub(in crate::plan) fn few_addresses(subject: String, forecast: &RollForecast) -> Option<Finding> {
    let surge = forecast.surge;
    let message = match (short(&forecast.subnets), forecast.free_addresses) {
        (_, Some(free)) if free < surge => format!(
            "the roll may need addresses for {surge} more nodes, and the group's subnets have {free} free"
        ),
        (Some(short), _) => {
            format!("the roll may start {surge} nodes more, and subnets are short: {short}")
        }
        _ => return None,
    };
    let hint = "free addresses, or set `update.strategy: MINIMAL`, which never exceeds the desired size; only the nodes' own addresses are counted, their pods may take more";
    Some(Finding::new(FindingKind::Warning, subject, message).hint(hint))
}

fn unusable(case: &Case<'_>, have: &ObservedGroup) -> Option<Finding> {
    let want = case.want;
    let issues: Vec<String> = have
        .health
        .iter()
        .map(|issue| format!("{}: {}", issue.code, issue.message))
        .collect();
    let why = if issues.is_empty() {
        String::new()
    } else {
        format!(" ({})", issues.join("; "))
    };
    match have.status.as_str() {
        "CREATING" | "ACTIVE" | "UPDATING" | "DEGRADED" => None,
        "DELETING" => Some(
            Finding::new(FindingKind::Conflict, subject(want), "the group is being deleted")
                .hint("wait until it is gone; the next apply creates it again"),
        ),
        "CREATE_FAILED" | "DELETE_FAILED" => Some(
            blocker(want, format!("the group is {}{why}", have.status))
                .hint(format!(
                    "EKS takes no update in this state. Solve what EKS names, then delete the group and apply again; or {}",
                    way_out(want, case.desired, case.observed)
                )),
        ),
        status => Some(blocker(want, format!("the group's status is `{status}`{why}, which this nodemint does not know"))),
    }
}

/// The fields that change for the group's nodes: from the version they run to the one they will.
fn version_changes(case: &Case<'_>, have: &ObservedGroup) -> Vec<FieldChange> {
    let current = have
        .launch_template
        .as_ref()
        .and_then(|template| template.number());
    let from = current.and_then(|number| case.template?.version(number));
    match (from, case.target_data()) {
        (Some(from), Some(to)) => changes(&from.data, to),
        _ => Vec::new(),
    }
}

/// EKS's own image, where the launch template names none.
fn release_changes(case: &Case<'_>, have: &ObservedGroup) -> Vec<FieldChange> {
    let Some(ami) = &case.want.managed_ami else {
        return Vec::new();
    };
    let fields = [
        (
            "kubernetesVersion",
            &have.version,
            &case.want.kubernetes_version,
        ),
        (
            "releaseVersion",
            &have.release_version,
            &ami.release_version,
        ),
    ];
    let differing = fields
        .into_iter()
        .filter(|(_, from, to)| from.as_ref() != Some(*to));
    differing
        .map(|(path, from, to)| FieldChange::new(path, from.clone(), Some(to.clone())))
        .collect()
}
