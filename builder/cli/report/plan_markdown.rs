//! A plan as Markdown: for a pull request's comment or a pipeline's summary.
//!
//! First what happens to each group, as a table; then the details, folded, those that several groups share told
//! once. It is never longer than GitHub takes, and ends in a comment by which a pipeline finds it again.

mod changes;

use std::fmt::Write as _;

use nodemint_core::plan::{
    Finding, FindingKind, GroupAction, GroupOutlook, Plan, TemplateAction, TemplateOutlook,
};

pub use self::changes::changes;
use super::changes::image_name;
use super::markdown::{Page, code, details, html, prose};
use super::plan_group::{Told, forecast_lines, of_template, told_before};
use super::plan_text::{accounts, rolls, summary, template_title};

/// Bytes that findings may take, and after them the rows of the table: the rest is for details.
const FINDINGS: usize = 14_000;
const ROWS: usize = 42_000;
/// Bytes that the end takes at the most, the name of the fleet left out.
const END: usize = 600;

pub fn plan(plan: &Plan) -> String {
    let marker = marker(plan);
    let mut page = Page::new(END + marker.len());
    page.must(&format!(
        "### nodemint: fleet `{}` in {}\n\n**{}**\n",
        plan.fleet,
        accounts(plan),
        summary(plan)
    ));
    if let Some(rolls) = rolls(plan) {
        page.must(&format!("\n{rolls}\n"));
    }
    let mut left_out = Vec::new();
    findings(&mut page, plan, &mut left_out);
    table(&mut page, plan, &mut left_out);
    let mut folded = 0;
    for (whole, brief) in sections(plan) {
        let most = usize::MAX;
        if !page.add(&whole, most) && !page.add(&brief, most) {
            folded += 1;
        }
    }
    if folded > 0 {
        left_out.push(match folded {
            1 => "1 detail".to_owned(),
            many => format!("{many} details"),
        });
    }
    let mut end = String::new();
    if !left_out.is_empty() {
        let _ = write!(
            end,
            "\n**Left out, because GitHub takes no more than 65,536 characters: {}.** `nodemint plan` shows them, and `nodemint plan --output json` has all of them.\n",
            left_out.join(", ")
        );
    }
    page.end(&format!("{end}{marker}"))
}

/// By this a pipeline finds the comment of the last run, to write over it.
pub fn marker(plan: &Plan) -> String {
    let name = |byte: char| byte.is_ascii_alphanumeric() || "-_.".contains(byte);
    let fleet: String = plan.fleet.chars().filter(|one| name(*one)).collect();
    format!("\n<!-- nodemint plan: {fleet} -->\n")
}

fn findings(page: &mut Page, plan: &Plan, left_out: &mut Vec<String>) {
    let mut rest = 0;
    for finding in plan.blockers.iter().chain(&plan.warnings) {
        if rest > 0 || !page.add(&quoted(finding), FINDINGS) {
            rest += 1;
        }
    }
    match rest {
        0 => {}
        1 => left_out.push("1 warning".to_owned()),
        many => left_out.push(format!("{many} warnings")),
    }
}

fn quoted(finding: &Finding) -> String {
    let label = match finding.kind {
        FindingKind::Preflight => "Blocked",
        FindingKind::Conflict => "In use",
        FindingKind::Warning => "Warning",
    };
    let hint = finding
        .hint
        .as_deref()
        .map(|hint| format!(" {}", prose(hint)));
    let place = finding
        .path
        .as_deref()
        .map(|path| format!(" ({})", code(path)));
    format!(
        "\n> **{label}**: {}: {}{}.{}\n",
        prose(&finding.subject),
        prose(&finding.message),
        place.unwrap_or_default(),
        hint.unwrap_or_default()
    )
}

/// A row a group; groups that nothing happens to share one, unless a pin holds them.
fn table(page: &mut Page, plan: &Plan, left_out: &mut Vec<String>) {
    if plan.node_groups.is_empty() {
        return;
    }
    let quiet = |group: &&GroupOutlook| {
        group.action == GroupAction::Unchanged && group.held.is_empty() && group.adopted.is_none()
    };
    page.must("\n| | node group | action | version | nodes | minutes | why |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    let mut rest = 0;
    for group in plan.node_groups.iter().filter(|group| !quiet(group)) {
        if rest > 0 || !page.add(&row(group), ROWS) {
            rest += 1;
        }
    }
    let quiet = plan.node_groups.iter().filter(quiet).count();
    if rest > 0 {
        page.must(&format!("| … | {rest} more | | | | | |\n"));
        left_out.push(format!("{rest} rows of node groups"));
    }
    match quiet {
        0 => {}
        1 => page.must("| = | 1 node group | unchanged | | | | |\n"),
        many => page.must(&format!("| = | {many} node groups | unchanged | | | | |\n")),
    }
}

fn row(group: &GroupOutlook) -> String {
    let (sign, action) = match group.action {
        GroupAction::Create => ("+", "is created"),
        GroupAction::Roll => ("~", "rolls"),
        GroupAction::Configure => ("~", "gets new settings"),
        GroupAction::Attach => (">", "is on its way"),
        GroupAction::Unchanged if group.adopted.is_some() => ("=", "is taken over"),
        GroupAction::Unchanged => ("=", "is held"),
        GroupAction::Delete => ("-", "**is deleted**"),
        GroupAction::Blocked => ("!", "**is blocked**"),
    };
    let number =
        |version: Option<i64>| version.map_or_else(|| "?".to_owned(), |one| one.to_string());
    let version = match group.action {
        GroupAction::Roll | GroupAction::Attach => {
            format!(
                "{} → {}",
                number(group.from_version),
                number(group.to_version)
            )
        }
        GroupAction::Create => number(group.to_version),
        _ => number(group.from_version),
    };
    let forecast = group.forecast.as_ref();
    let nodes = group.nodes.map(|nodes| match forecast {
        Some(forecast) if forecast.surge > 0 => format!("{nodes} (+{})", forecast.surge),
        _ => nodes.to_string(),
    });
    let minutes = forecast.map(|one| format!("{}–{}", one.minutes_low, one.minutes_high));
    let reasons = group.reasons.iter().map(|reason| prose(&reason.message));
    // Why nothing happens is told in the row, why something does in the reasons.
    let held = group.held.iter().map(|held| {
        let Some(behind) = held.versions_behind else {
            return format!("held at {} by {}", code(&held.at), code(&held.by));
        };
        format!(
            "held at {} by {}: {behind} behind",
            code(&held.at),
            code(&held.by)
        )
    });
    let settings = group.changes.iter().filter(|change| !of_template(change));
    let settings = match (group.action, settings.count()) {
        (GroupAction::Configure, 1) => Some("1 setting".to_owned()),
        (GroupAction::Configure, many) => Some(format!("{many} settings")),
        _ => None,
    };
    let why: Vec<String> = reasons.chain(settings).chain(held).collect();
    format!(
        "| {sign} | {} | {action} | {version} | {} | {} | {} |\n",
        code(&format!("{}/{}", group.cluster, group.name)),
        nodes.unwrap_or_default(),
        minutes.unwrap_or_default(),
        why.join("; ")
    )
}

/// What is folded: each whole, and in brief where there is no room.
fn sections(plan: &Plan) -> Vec<(String, String)> {
    let mut told: Vec<(Vec<String>, String, String)> = Vec::new();
    for outlook in &plan.launch_templates {
        if outlook.action == TemplateAction::Unchanged && outlook.adopted.is_none() {
            continue;
        }
        let title = template_title(outlook, plan).2;
        together(
            &mut told,
            title,
            template(outlook, true),
            template(outlook, false),
        );
    }
    let groups = told.len();
    let mut of_groups = Vec::new();
    for index in 0..plan.node_groups.len() {
        let Some(outlook) = plan.node_groups.get(index) else {
            continue;
        };
        let (whole, brief) = (group(plan, index, true), group(plan, index, false));
        if !whole.trim().is_empty() {
            let name = format!("{}/{}", outlook.cluster, outlook.name);
            together(&mut of_groups, name, whole, brief);
        }
    }
    told.extend(of_groups);
    let section = |(at, (names, whole, brief)): (usize, (Vec<String>, String, String))| {
        let title = titled(&names, at < groups);
        (details(&title, &whole), details(&title, &brief))
    };
    told.into_iter().enumerate().map(section).collect()
}

/// Adds what is told of a thing; things of which the same is told share it.
fn together(
    told: &mut Vec<(Vec<String>, String, String)>,
    name: String,
    whole: String,
    brief: String,
) {
    match told.iter_mut().find(|(_, other, _)| *other == whole) {
        Some((names, ..)) => names.push(name),
        None => told.push((vec![name], whole, brief)),
    }
}

fn titled(names: &[String], templates: bool) -> String {
    let Some((first, rest)) = names.split_first() else {
        return String::new();
    };
    let what = if templates { "" } else { "node group " };
    match rest.len() {
        0 => html(&format!("{what}{first}")),
        1 => html(&format!("{what}{first} and 1 other with the same")),
        many => html(&format!("{what}{first} and {many} others with the same")),
    }
}

fn template(outlook: &TemplateOutlook, whole: bool) -> String {
    let adopted: Vec<_> = outlook.adopted.iter().collect();
    if outlook.action == TemplateAction::Unchanged {
        return changes(&adopted, whole);
    }
    let image = &outlook.image;
    let mut text = format!("Image {} ({})", code(&image.id), prose(&image_name(image)));
    let _ = writeln!(text, ", user data of {} bytes", outlook.user_data_bytes);
    if let Some(version) = outlook.compared_with {
        let _ = writeln!(text, "\nAgainst version {version}:");
    }
    let all = outlook.changes.iter().chain(adopted);
    text.push_str(&changes(&all.collect::<Vec<_>>(), whole));
    text
}

fn group(plan: &Plan, index: usize, whole: bool) -> String {
    let Some(outlook) = plan.node_groups.get(index) else {
        return String::new();
    };
    let (of_template, mut own): (Vec<_>, Vec<_>) = outlook
        .changes
        .iter()
        .partition(|change| of_template(change));
    own.extend(&outlook.adopted);
    let mut text = String::new();
    match told_before(plan, index) {
        Told::Nowhere => text.push_str(&changes(&of_template, whole)),
        // The table says why it rolls, and its launch template what changes.
        Told::ByTemplate | Told::ByGroup(_) => {}
    }
    text.push_str(&changes(&own, whole));
    let forecast = outlook
        .forecast
        .as_ref()
        .map(forecast_lines)
        .unwrap_or_default();
    for sentence in forecast.iter().chain(&outlook.notes) {
        let _ = write!(text, "\n- {}", prose(sentence));
    }
    text
}

#[cfg(test)]
mod tests;
