//! One row a situation: what is wanted, what is there, and the steps, outlook and findings it gives.

mod content;
mod drift;
mod fitness;
mod group;
mod release;
mod under_way;
mod user_data;

use nodemint_core::desired::Desired;
use nodemint_core::observed::{GroupTemplate, HealthIssue, Observed};
use nodemint_core::plan::{Finding, FindingKind, OWNER_TAG};
use nodemint_core::spec::{CapacityType, MaxUnavailable, Scaling, UpdateStrategy};

use crate::support::*;

struct Row {
    name: &'static str,
    /// Changes the wanted fleet and the account that is at rest on [`fleet`].
    situation: fn(&mut Desired, &mut Observed),
    /// The verbs of the steps.
    steps: &'static str,
    /// The actions of the groups.
    groups: &'static str,
    /// `kind path: words of the message`, for blockers and warnings, in order.
    findings: &'static [&'static str],
}

fn wants(desired: &mut Desired, instance_type: &str) {
    desired.templates[0] = template("demo", CLUSTER, REGION, content(instance_type));
}

fn gone(observed: &mut Observed) {
    observed.groups.clear();
}

/// The group is busy with an update.
fn updating(observed: &mut Observed, kind: &str, params: &[(&str, &str)]) {
    let group = the_group(observed);
    group.status = "UPDATING".to_owned();
    group.last_update = Some(update(kind, params));
}

/// Version 2 of the template: another instance type.
fn second_version(observed: &mut Observed, instance_type: &str) {
    let mut desired = fleet();
    wants(&mut desired, instance_type);
    let groups = std::mem::take(&mut observed.groups);
    desired.groups.clear();
    *observed = perform(&planned(&desired, observed), observed, 2);
    observed.groups = groups;
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [
        content::ROWS,
        drift::ROWS,
        fitness::ROWS,
        group::ROWS,
        under_way::ROWS,
        release::ROWS,
        user_data::ROWS,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn every_situation_gives_its_steps_outlook_and_findings() {
    let mut wrong = Vec::new();
    for row in rows() {
        let (mut desired, mut observed) = (fleet(), settled(&fleet()));
        (row.situation)(&mut desired, &mut observed);
        let plan = planned(&desired, &observed);
        assert_eq!(
            plan,
            planned(&desired, &observed),
            "{}: planning twice",
            row.name
        );
        let verbs: Vec<&str> = plan
            .steps
            .iter()
            .filter_map(|step| step.id.split(' ').next())
            .collect();
        let mut check = |what: &str, good: bool, found: String| {
            if !good {
                wrong.push(format!("{}: {what}: {found}", row.name));
            }
        };
        check("steps", verbs.join(" ") == row.steps, verbs.join(" "));
        let group = &plan.node_groups[0];
        let action = format!("{:?}", group.action).to_lowercase();
        let (wanted, note) = row.groups.split_once(": ").unwrap_or((row.groups, ""));
        check("group", action == wanted, action.clone());
        let reasons = group.reasons.iter().map(|reason| reason.message.as_str());
        let told: Vec<&str> = reasons
            .chain(group.notes.iter().map(String::as_str))
            .collect();
        check(
            "note",
            note.is_empty() || told.iter().any(|text| text.contains(note)),
            told.join("; "),
        );
        let found: Vec<&Finding> = plan.blockers.iter().chain(&plan.warnings).collect();
        let matches = found.len() == row.findings.len()
            && found
                .iter()
                .zip(row.findings)
                .all(|(one, text)| tells(one, text));
        check("findings", matches, format!("{found:#?}"));
        check(
            "ids",
            unique(
                &plan
                    .steps
                    .iter()
                    .map(|step| step.id.as_str())
                    .collect::<Vec<_>>(),
            ),
            verbs.join(" "),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn tells(finding: &Finding, text: &str) -> bool {
    let kind = match finding.kind {
        FindingKind::Preflight => "preflight",
        FindingKind::Conflict => "conflict",
        FindingKind::Warning => "warning",
    };
    let place = format!("{kind} {}: ", finding.path.as_deref().unwrap_or_default());
    text.strip_prefix(&place)
        .is_some_and(|words| finding.message.contains(words))
}

fn unique(ids: &[&str]) -> bool {
    ids.iter().collect::<std::collections::BTreeSet<_>>().len() == ids.len()
}

/// Apply, then plan again: nothing. For every situation that can be applied at all.
#[test]
fn what_is_applied_leaves_nothing_to_do() {
    for row in rows() {
        let (mut desired, mut observed) = (fleet(), settled(&fleet()));
        (row.situation)(&mut desired, &mut observed);
        let plan = planned(&desired, &observed);
        if plan.blockers.is_empty()
            && !observed
                .groups
                .values()
                .flat_map(|groups| groups.values())
                .any(|group| group.status == "DEGRADED")
        {
            let after = perform(&plan, &observed, 9);
            assert_eq!(planned(&desired, &after).steps, [], "{}", row.name);
        }
    }
}
