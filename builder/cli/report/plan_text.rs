//! A plan for people at a terminal.

use std::collections::BTreeSet;

use anstyle::Style;
use nodemint_core::launch_template::FieldChange;
use nodemint_core::plan::{
    Finding, FindingKind, GroupAction, Plan, TemplateAction, TemplateOutlook,
};

use super::changes::{NAME_WIDTH, changes, image_name};
use super::layout::Layout;
use super::plan_group::group;
use crate::console::{BAD, BOLD, CHANGE, DIM, GOOD, NOTE, paint};

/// `account 111122223333`, or all of several.
pub fn accounts(plan: &Plan) -> String {
    let ids: BTreeSet<&str> = plan.accounts.values().map(String::as_str).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    match ids.as_slice() {
        [] => "no account".to_owned(),
        [id] => format!("account {id}"),
        several => format!("accounts {}", several.join(", ")),
    }
}

/// The whole plan.
pub fn plan(plan: &Plan, layout: Layout) -> String {
    let mut text = String::new();
    let title = format!("Fleet {} in {}", plan.fleet, accounts(plan));
    layout.line(&mut text, 0, &paint(BOLD, title));
    text.push('\n');
    for outlook in &plan.launch_templates {
        template(&mut text, outlook, plan, layout);
    }
    for index in 0..plan.node_groups.len() {
        group(&mut text, plan, index, layout);
    }
    if !plan.warnings.is_empty() || !plan.blockers.is_empty() {
        text.push('\n');
    }
    for one in plan.warnings.iter().chain(&plan.blockers) {
        finding(&mut text, one, layout);
    }
    text.push('\n');
    layout.line(&mut text, 0, &paint(BOLD, summary(plan)));
    if let Some(rolls) = rolls(plan) {
        layout.line(&mut text, 0, &rolls);
    }
    text
}

/// What all the rolls come to; none: there is one at the most, and it tells that itself.
pub fn rolls(plan: &Plan) -> Option<String> {
    let rolls = plan.node_groups.iter();
    let rolls = rolls.filter(|group| group.action == GroupAction::Roll);
    let forecasts: Vec<_> = rolls.filter_map(|group| group.forecast.as_ref()).collect();
    if forecasts.len() < 2 || !plan.blockers.is_empty() {
        return None;
    }
    let sum = |pick: fn(&nodemint_core::plan::RollForecast) -> i32| {
        forecasts.iter().map(|one| pick(one)).sum::<i32>()
    };
    Some(format!(
        "In all {} nodes are replaced, in about {} to {} minutes: groups roll one after the other.",
        sum(|one| one.nodes),
        sum(|one| one.minutes_low),
        sum(|one| one.minutes_high)
    ))
}

/// One sentence: what would be done.
pub fn summary(plan: &Plan) -> String {
    if !plan.blockers.is_empty() {
        let number = plan.blockers.len();
        let things = if number == 1 {
            "one thing stands"
        } else {
            "several things stand"
        };
        return format!("Blocked: {things} in the way. Nothing can be applied.");
    }
    if !plan.has_changes() {
        return "Nothing to do: AWS is as the spec and the lock say.".to_owned();
    }
    let templates = |action| {
        plan.launch_templates
            .iter()
            .filter(|outlook| outlook.action == action)
            .count()
    };
    let groups = |action| {
        plan.node_groups
            .iter()
            .filter(|outlook| outlook.action == action)
            .count()
    };
    let adopted = |tagged: &&Option<FieldChange>| tagged.is_some();
    let of_templates = plan.launch_templates.iter().map(|one| &one.adopted);
    let of_groups = plan.node_groups.iter().map(|one| &one.adopted);
    let parts = [
        (
            of_templates.chain(of_groups).filter(adopted).count(),
            "thing to take over",
            "things to take over",
        ),
        (
            templates(TemplateAction::Create),
            "launch template to create",
            "launch templates to create",
        ),
        (
            templates(TemplateAction::NewVersion),
            "version to mint",
            "versions to mint",
        ),
        (
            groups(GroupAction::Create),
            "node group to create",
            "node groups to create",
        ),
        (
            groups(GroupAction::Roll),
            "node group to roll",
            "node groups to roll",
        ),
        (
            groups(GroupAction::Configure),
            "node group to configure",
            "node groups to configure",
        ),
        (
            groups(GroupAction::Attach),
            "node group to wait for",
            "node groups to wait for",
        ),
        (
            groups(GroupAction::Delete),
            "node group to delete",
            "node groups to delete",
        ),
        (groups(GroupAction::Unchanged), "unchanged", "unchanged"),
    ];
    let counted = parts
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {many}"),
        });
    format!("Plan: {}.", counted.collect::<Vec<_>>().join(", "))
}

fn template(text: &mut String, outlook: &TemplateOutlook, plan: &Plan, layout: Layout) {
    let (style, sign, what) = template_title(outlook, plan);
    head(text, style, sign, &what, layout);
    let adopted: Vec<_> = outlook.adopted.iter().collect();
    if outlook.action == TemplateAction::Unchanged {
        return changes(text, &adopted, layout);
    }
    let fact = |text: &mut String, name: &str, value: &str| {
        layout.hanging(
            text,
            3,
            NAME_WIDTH + 2,
            &format!("{name:NAME_WIDTH$}  {value}"),
        );
    };
    match outlook.compared_with {
        Some(version) if !outlook.changes.is_empty() => {
            layout.line(text, 3, &paint(DIM, format!("against version {version}:")));
            changes(text, &outlook.changes.iter().collect::<Vec<_>>(), layout);
        }
        _ => {
            let image = &outlook.image;
            fact(
                text,
                "image",
                &format!("{} ({})", image.id, image_name(image)),
            );
            let named = outlook.instance_type.as_deref();
            fact(
                text,
                "instance type",
                named.unwrap_or("named by the node group"),
            );
            let bytes = outlook.user_data_bytes;
            fact(text, "user data", &format!("{bytes} of 16384 bytes"));
        }
    }
    fact(text, "hash", outlook.hash.short());
    changes(text, &adopted, layout);
}

/// What happens to a launch template: the style of the sign, the sign, and a sentence.
pub fn template_title(outlook: &TemplateOutlook, plan: &Plan) -> (Style, &'static str, String) {
    let same =
        |other: &&TemplateOutlook| (&other.name, &other.site) == (&outlook.name, &outlook.site);
    // One template can have a version for each cluster.
    let of = match plan.launch_templates.iter().filter(same).count() {
        1 => String::new(),
        _ => format!(" for {}", outlook.clusters.join(", ")),
    };
    let name = format!("launch template {} in {}{of}", outlook.name, outlook.site);
    let version = outlook.version;
    match outlook.action {
        TemplateAction::Create => (GOOD, "+", format!("{name} is created, version {version}")),
        TemplateAction::NewVersion => (CHANGE, "~", format!("{name} gets version {version}")),
        TemplateAction::Unchanged => (
            DIM,
            "=",
            format!("{name} has this content as version {version}"),
        ),
    }
}

fn finding(text: &mut String, finding: &Finding, layout: Layout) {
    let (style, label) = match finding.kind {
        FindingKind::Preflight => (BAD, "blocked:"),
        FindingKind::Conflict => (BAD, "in use:"),
        FindingKind::Warning => (CHANGE, "warning:"),
    };
    let place = finding
        .path
        .as_deref()
        .map(|path| paint(DIM, format!(" ({path})")))
        .unwrap_or_default();
    let label = paint(style, label);
    let what = format!("{label} {}: {}{place}", finding.subject, finding.message);
    layout.line(text, 0, &what);
    if let Some(hint) = &finding.hint {
        layout.line(text, 1, &format!("{} {hint}", paint(NOTE, "help:")));
    }
}

/// The line that something begins with.
pub fn head(text: &mut String, style: Style, sign: &str, what: &str, layout: Layout) {
    layout.line(text, 1, &format!("{} {what}", paint(style, sign)));
}
