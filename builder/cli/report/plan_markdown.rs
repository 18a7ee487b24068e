//! A plan as Markdown: for a pull request's comment or a pipeline's summary.

use std::fmt::Write as _;

use nodemint_core::launch_template::FieldChange;
use nodemint_core::plan::{Finding, FindingKind, GroupAction, Plan, TemplateAction};

use super::plan_text::{accounts, forecast_lines, summary};

pub fn plan(plan: &Plan) -> String {
    let mut text = format!(
        "### nodemint: fleet `{}` in {}\n\n**{}**\n",
        plan.fleet,
        accounts(plan),
        summary(plan)
    );
    for finding in plan.blockers.iter().chain(&plan.warnings) {
        text.push_str(&quoted(finding));
    }
    for outlook in plan
        .launch_templates
        .iter()
        .filter(|outlook| outlook.action != TemplateAction::Unchanged)
    {
        let what = match outlook.action {
            TemplateAction::Create => "is created, version",
            TemplateAction::NewVersion | TemplateAction::Unchanged => "gets version",
        };
        let _ = write!(
            text,
            "\n#### Launch template `{}` in {} {what} {}\n\nImage `{}` ({}), hash `{}`\n",
            outlook.name,
            outlook.site,
            outlook.version,
            outlook.image.id,
            outlook.image.name,
            outlook.hash.short()
        );
        text.push_str(&changes(&outlook.changes));
    }
    for outlook in &plan.node_groups {
        let name = format!("`{}/{}`", outlook.cluster, outlook.name);
        let to = outlook.to_version.map_or_else(
            || "a new version".to_owned(),
            |version| format!("version {version}"),
        );
        let from = outlook.from_version.map_or_else(
            || "its version".to_owned(),
            |version| format!("version {version}"),
        );
        let what = match outlook.action {
            GroupAction::Create => format!("is created on `{}` {to}", outlook.launch_template),
            GroupAction::Roll => {
                format!("rolls from {from} to {to} of `{}`", outlook.launch_template)
            }
            GroupAction::Configure => "gets new settings, no node is replaced".to_owned(),
            GroupAction::Attach => format!("is on its way to {to}"),
            GroupAction::Unchanged if outlook.notes.is_empty() => continue,
            GroupAction::Unchanged => format!("stays on {from}"),
            GroupAction::Blocked => "is blocked".to_owned(),
        };
        let _ = write!(text, "\n#### Node group {name} {what}\n");
        text.push_str(&changes(&outlook.changes));
        let sentences = outlook
            .forecast
            .as_ref()
            .map(forecast_lines)
            .unwrap_or_default();
        for sentence in sentences.iter().chain(&outlook.notes) {
            let _ = write!(text, "\n- {sentence}");
        }
        if !sentences.is_empty() || !outlook.notes.is_empty() {
            text.push('\n');
        }
    }
    text
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
        .map(|hint| format!(" {hint}"))
        .unwrap_or_default();
    let place = finding
        .path
        .as_deref()
        .map(|path| format!(" (`{path}`)"))
        .unwrap_or_default();
    format!(
        "\n> **{label}**: {}: {}{place}.{hint}\n",
        finding.subject, finding.message
    )
}

fn changes(changes: &[FieldChange]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| field | from | to |\n| --- | --- | --- |\n");
    for change in changes {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            cell(Some(&change.path)),
            cell(change.from.as_ref()),
            cell(change.to.as_ref())
        );
    }
    for change in changes {
        if let Some(detail) = change.detail.as_deref().filter(|detail| !detail.is_empty()) {
            let fence = fence(detail);
            let _ = write!(
                text,
                "\n<details><summary>{}</summary>\n\n{fence}diff\n{}\n{fence}\n\n</details>\n",
                change.path,
                detail.trim_end()
            );
        }
    }
    text
}

/// A table cell that no value can break out of.
fn cell(value: Option<&String>) -> String {
    match value {
        None => String::new(),
        Some(value) => {
            let escaped = value
                .replace('`', "'")
                .replace('|', "\\|")
                .replace(['\n', '\r'], " ");
            format!("`{escaped}`")
        }
    }
}

/// A code fence longer than any in the text.
fn fence(text: &str) -> String {
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out_of_cells_and_fences() {
        assert_eq!(cell(Some(&"a|b`c\nd".to_owned())), "`a\\|b'c d`");
        assert_eq!(fence("x ```` y"), "`````");
        assert_eq!(fence("plain"), "```");
    }
}
