//! A node group in a plan, for people at a terminal.

use anstyle::Style;
use nodemint_core::launch_template::FieldChange;
use nodemint_core::plan::{
    GroupAction, GroupOutlook, Plan, RollForecast, SubnetForecast, TemplateAction,
};
use nodemint_core::spec::UpdateStrategy;

use super::changes::changes;
use super::layout::Layout;
use super::plan_text::head;
use crate::console::{BAD, CHANGE, DIM, GOOD, NOTE, paint};

/// The group at `index`.
pub fn group(text: &mut String, plan: &Plan, index: usize, layout: Layout) {
    let Some(outlook) = plan.node_groups.get(index) else {
        return;
    };
    let (style, sign, what) = title(outlook);
    let name = format!("node group {}/{}", outlook.cluster, outlook.name);
    head(text, style, sign, &format!("{name} {what}"), layout);
    for reason in &outlook.reasons {
        layout.line(text, 3, &format!("why: {}", reason.message));
    }
    let (of_template, mut own): (Vec<_>, Vec<_>) = outlook
        .changes
        .iter()
        .partition(|change| of_template(change));
    own.extend(&outlook.adopted);
    match told_before(plan, index) {
        Told::Nowhere => changes(text, &of_template, layout),
        Told::ByTemplate => {}
        Told::ByGroup(other) => {
            let line = format!("the same fields change as of {other}");
            layout.line(text, 3, &paint(DIM, line));
        }
    }
    changes(text, &own, layout);
    if let Some(forecast) = &outlook.forecast {
        for sentence in forecast_lines(forecast) {
            layout.line(text, 3, &sentence);
        }
    }
    for note in &outlook.notes {
        layout.line(text, 3, &paint(DIM, note));
    }
}

/// What happens to it: the style of the sign, the sign, and the rest of a sentence that begins with its name.
pub fn title(outlook: &GroupOutlook) -> (Style, &'static str, String) {
    let on = |version: Option<i64>| match version {
        Some(version) => format!("{} version {version}", outlook.launch_template),
        None => format!("a new version of {}", outlook.launch_template),
    };
    let from = outlook.from_version.map_or_else(
        || "its version".to_owned(),
        |version| format!("version {version}"),
    );
    let to = on(outlook.to_version);
    match outlook.action {
        GroupAction::Create => (GOOD, "+", format!("is created on {to}")),
        // The launch template stays, and EKS's image moves.
        GroupAction::Roll if outlook.from_version == outlook.to_version => {
            (CHANGE, "~", format!("rolls on {to}"))
        }
        GroupAction::Roll => (CHANGE, "~", format!("rolls from {from} to {to}")),
        GroupAction::Configure => (
            CHANGE,
            "~",
            "gets new settings, no node is replaced".to_owned(),
        ),
        GroupAction::Attach => (NOTE, ">", format!("is on its way to {to}")),
        GroupAction::Unchanged => (DIM, "=", format!("runs {}", on(outlook.from_version))),
        GroupAction::Delete => (
            BAD,
            "-",
            format!("on {} is deleted", on(outlook.from_version)),
        ),
        GroupAction::Blocked => (BAD, "!", "is blocked".to_owned()),
    }
}

/// Whether a change is one of the launch template, in EC2's names, and not of the group's own settings.
pub fn of_template(change: &FieldChange) -> bool {
    change
        .path
        .starts_with(|first: char| first.is_ascii_uppercase())
}

/// Where the fields of a group's launch template that change were shown already.
pub enum Told<'a> {
    Nowhere,
    /// With its launch template.
    ByTemplate,
    /// With this group.
    ByGroup(&'a str),
}

pub fn told_before(plan: &Plan, index: usize) -> Told<'_> {
    fn fields(group: &GroupOutlook) -> impl Iterator<Item = &FieldChange> {
        group.changes.iter().filter(|change| of_template(change))
    }
    let Some(group) = plan.node_groups.get(index) else {
        return Told::Nowhere;
    };
    if fields(group).next().is_none() {
        return Told::ByTemplate;
    }
    let by_template = plan.launch_templates.iter().any(|template| {
        template.action != TemplateAction::Unchanged
            && (&template.name, &template.site) == (&group.launch_template, &group.site)
            && template.clusters.contains(&group.cluster)
            && template.changes.iter().eq(fields(group))
    });
    if by_template {
        return Told::ByTemplate;
    }
    let way = |one: &GroupOutlook| (one.site.clone(), one.from_version, one.to_version);
    let before = plan.node_groups.iter().take(index);
    let mut same = before
        .filter(|other| other.launch_template == group.launch_template && way(other) == way(group));
    match same.find(|other| fields(other).next().is_some()) {
        Some(other) if fields(other).eq(fields(group)) => Told::ByGroup(&other.name),
        _ => Told::Nowhere,
    }
}

/// How a roll will go, in sentences.
pub fn forecast_lines(forecast: &RollForecast) -> Vec<String> {
    if forecast.nodes == 0 {
        return vec!["0 nodes: nothing to replace".to_owned()];
    }
    let nodes = if forecast.nodes == 1 {
        "1 node is replaced".to_owned()
    } else {
        format!("{} nodes are replaced", forecast.nodes)
    };
    let mut lines = vec![format!("{nodes}, {} at a time", forecast.at_a_time)];
    lines.push(match forecast.strategy {
        UpdateStrategy::Minimal => {
            "strategy MINIMAL: never more nodes than desired, old ones go first".to_owned()
        }
        UpdateStrategy::Default => {
            let zones = if forecast.zones == 1 {
                "1 zone".to_owned()
            } else {
                format!("{} zones", forecast.zones)
            };
            format!(
                "up to {} nodes more while it rolls (2 × {zones}, or what goes at a time)",
                forecast.surge
            )
        }
    });
    lines.extend(addresses(forecast));
    lines.push(format!(
        "about {} to {} minutes = {}; our own estimate, AWS gives none",
        forecast.minutes_low, forecast.minutes_high, forecast.estimate
    ));
    lines
}

/// What the surge may take of each subnet.
fn addresses(forecast: &RollForecast) -> Option<String> {
    if forecast.surge == 0 || forecast.subnets.is_empty() {
        return None;
    }
    let share = |subnet: &SubnetForecast| {
        format!(
            "{} ({}) has {} free for up to {} of them",
            subnet.id, subnet.zone, subnet.free_addresses, subnet.may_take
        )
    };
    let shares: Vec<String> = forecast.subnets.iter().map(share).collect();
    Some(format!(
        "addresses: {}; a node takes one, its pods may take more",
        shares.join(", ")
    ))
}
