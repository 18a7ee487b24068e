//! A plan for people at a terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::Style;
use nodemint_core::launch_template::FieldChange;
use nodemint_core::plan::{
    Finding, FindingKind, GroupAction, GroupOutlook, Plan, RollForecast, TemplateAction,
    TemplateOutlook,
};
use nodemint_core::spec::UpdateStrategy;

use crate::console::{BAD, BOLD, CHANGE, DIM, GOOD, NOTE, paint};

/// The column that names of facts and fields share.
const NAME_WIDTH: usize = 14;

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
pub fn plan(plan: &Plan) -> String {
    let mut text = String::new();
    let title = format!("Fleet {} in {}", plan.fleet, accounts(plan));
    line(&mut text, 0, &paint(BOLD, title));
    text.push('\n');
    for outlook in &plan.launch_templates {
        template(&mut text, outlook, plan);
    }
    for outlook in &plan.node_groups {
        group(&mut text, outlook, plan);
    }
    if !plan.warnings.is_empty() || !plan.blockers.is_empty() {
        text.push('\n');
    }
    for warning in &plan.warnings {
        finding(&mut text, warning);
    }
    for blocker in &plan.blockers {
        finding(&mut text, blocker);
    }
    text.push('\n');
    line(&mut text, 0, &paint(BOLD, summary(plan)));
    text
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
    let parts = [
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

fn template(text: &mut String, outlook: &TemplateOutlook, plan: &Plan) {
    let same =
        |other: &&TemplateOutlook| (&other.name, &other.site) == (&outlook.name, &outlook.site);
    // One template can have a version for each cluster.
    let of = match plan.launch_templates.iter().filter(same).count() {
        1 => String::new(),
        _ => format!(" for {}", outlook.clusters.join(", ")),
    };
    let name = format!("launch template {} in {}{of}", outlook.name, outlook.site);
    match outlook.action {
        TemplateAction::Create => {
            head(
                text,
                GOOD,
                "+",
                &format!("{name} is created, version {}", outlook.version),
            );
        }
        TemplateAction::NewVersion => {
            head(
                text,
                CHANGE,
                "~",
                &format!("{name} gets version {}", outlook.version),
            );
        }
        TemplateAction::Unchanged => {
            head(
                text,
                DIM,
                "=",
                &format!("{name} has this content as version {}", outlook.version),
            );
            return;
        }
    }
    match outlook.compared_with {
        Some(version) if !outlook.changes.is_empty() => {
            line(text, 3, &paint(DIM, format!("against version {version}:")));
            changes(text, &outlook.changes, true);
        }
        _ => {
            let release = outlook
                .image
                .release_version
                .as_deref()
                .map(|release| format!(", release {release}"));
            fact(
                text,
                "image",
                &format!(
                    "{} ({}){}",
                    outlook.image.id,
                    outlook.image.name,
                    release.unwrap_or_default()
                ),
            );
            fact(
                text,
                "instance type",
                outlook
                    .instance_type
                    .as_deref()
                    .unwrap_or("named by the node group"),
            );
            fact(
                text,
                "user data",
                &format!("{} of 16384 bytes", outlook.user_data_bytes),
            );
        }
    }
    fact(text, "hash", outlook.hash.short());
}

fn group(text: &mut String, outlook: &GroupOutlook, plan: &Plan) {
    let name = format!("node group {}/{}", outlook.cluster, outlook.name);
    let on = |version: Option<i64>| match version {
        Some(version) => format!("{} version {version}", outlook.launch_template),
        None => format!("a new version of {}", outlook.launch_template),
    };
    let from = outlook.from_version.map_or_else(
        || "its version".to_owned(),
        |version| format!("version {version}"),
    );
    match outlook.action {
        GroupAction::Create => head(
            text,
            GOOD,
            "+",
            &format!("{name} is created on {}", on(outlook.to_version)),
        ),
        GroupAction::Roll if outlook.from_version == outlook.to_version => {
            // The launch template stays; the reason, a release of EKS's image, is the first note.
            let why = outlook.notes.first().map(|note| format!(": {note}"));
            let what = format!(
                "{name} rolls on {}{}",
                on(outlook.to_version),
                why.unwrap_or_default()
            );
            head(text, CHANGE, "~", &what);
        }
        GroupAction::Roll => {
            head(
                text,
                CHANGE,
                "~",
                &format!("{name} rolls from {from} to {}", on(outlook.to_version)),
            );
        }
        GroupAction::Configure => head(
            text,
            CHANGE,
            "~",
            &format!("{name} gets new settings, no node is replaced"),
        ),
        GroupAction::Attach => head(
            text,
            NOTE,
            ">",
            &format!("{name} is on its way to {}", on(outlook.to_version)),
        ),
        GroupAction::Unchanged => head(
            text,
            DIM,
            "=",
            &format!("{name} runs {}", on(outlook.from_version)),
        ),
        GroupAction::Blocked => head(text, BAD, "!", &format!("{name} is blocked")),
    }
    // What its template shows above is not shown twice line by line.
    let told = |template: &TemplateOutlook| template.changes == outlook.changes;
    changes(
        text,
        &outlook.changes,
        !plan.launch_templates.iter().any(told),
    );
    if let Some(forecast) = &outlook.forecast {
        for sentence in forecast_lines(forecast) {
            line(text, 3, &sentence);
        }
    }
    for note in &outlook.notes {
        line(text, 3, &paint(DIM, note));
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
            let addresses = forecast
                .free_addresses
                .map(|free| format!("; its subnets have {free} free addresses"));
            format!(
                "up to {} nodes more while it rolls (2 × {zones}, or what goes at a time){}",
                forecast.surge,
                addresses.unwrap_or_default()
            )
        }
    });
    lines.push(format!(
        "about {} to {} minutes, by our own estimate: AWS gives none",
        forecast.minutes_low, forecast.minutes_high
    ));
    lines
}

fn changes(text: &mut String, changes: &[FieldChange], details: bool) {
    let width = changes
        .iter()
        .map(|change| change.path.chars().count())
        .max()
        .unwrap_or(0)
        .clamp(NAME_WIDTH, 44);
    for change in changes {
        let values = match (&change.from, &change.to) {
            (Some(from), Some(to)) => {
                format!("{} → {}", paint(BAD, shown(from)), paint(GOOD, shown(to)))
            }
            (None, Some(to)) => paint(GOOD, shown(to)),
            (Some(from), None) => {
                format!("{} → {}", paint(BAD, shown(from)), paint(DIM, "not set"))
            }
            (None, None) => String::new(),
        };
        line(text, 3, &format!("{:width$}  {values}", change.path));
        let detail = change
            .detail
            .as_deref()
            .filter(|_| details)
            .unwrap_or_default();
        for detail in detail.lines() {
            let style = match detail.as_bytes().first() {
                Some(b'+') => GOOD,
                Some(b'-') => BAD,
                _ => DIM,
            };
            line(text, 5, &paint(style, folded(detail)));
        }
    }
}

/// A line without its middle, if it is as long as a certificate.
fn folded(line: &str) -> String {
    const LONGEST: usize = 160;
    const SIDE: usize = 60;
    let characters: Vec<char> = line.chars().collect();
    if characters.len() <= LONGEST {
        return line.to_owned();
    }
    let (head, tail) = (&characters[..SIDE], &characters[characters.len() - SIDE..]);
    let between = characters.len() - 2 * SIDE;
    format!(
        "{} …{between} characters… {}",
        String::from_iter(head),
        String::from_iter(tail)
    )
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

fn finding(text: &mut String, finding: &Finding) {
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
    line(
        text,
        0,
        &format!(
            "{} {}: {}{place}",
            paint(style, label),
            finding.subject,
            finding.message
        ),
    );
    if let Some(hint) = &finding.hint {
        line(text, 1, &format!("{} {hint}", paint(NOTE, "help:")));
    }
}

fn head(text: &mut String, style: Style, sign: &str, what: &str) {
    line(text, 1, &format!("{} {what}", paint(style, sign)));
}

fn fact(text: &mut String, name: &str, value: &str) {
    line(text, 3, &format!("{name:NAME_WIDTH$}  {value}"));
}

fn line(text: &mut String, indent: usize, what: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:indent$}{what}", "", indent = indent * 2);
}
