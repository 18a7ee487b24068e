//! What became of each field of an imported file.

use nodemint_core::import::{Entry, Fate, Imported};

use super::table::table;
use crate::args::Output;
use crate::commands::import_aws::Check;
use crate::console::{BOLD, CHANGE, Console, GOOD, paint};

const HEADER: [&str; 3] = ["LINE", "FIELD", "BECOMES"];
/// Between two columns.
const GAP: usize = 2;
/// A last column that would be narrower than this is left to the terminal to break.
const NARROWEST: usize = 30;

pub fn text(imported: &Imported, written: &[String], console: &Console) -> String {
    let room = room(&imported.report, console);
    let rows = imported.report.iter().map(|entry| {
        let becomes = becomes(&entry.fate);
        let becomes = match room {
            Some(room) => wrapped(&becomes, room),
            None => becomes,
        };
        vec![entry.line.to_string(), entry.path.clone(), becomes]
    });
    // What comes from no file has no lines.
    let lines = imported.report.iter().any(|entry| entry.line > 0);
    let mut text = match lines {
        true => table(console.output, &HEADER, rows),
        false => {
            let rows = rows.map(|row| row.into_iter().skip(1).collect());
            table(console.output, &["FOUND", "BECOMES"], rows)
        }
    };
    if console.output == Output::Markdown {
        text.push('\n');
    }
    text.push_str(&summary(imported, written));
    text
}

fn becomes(fate: &Fate) -> String {
    match fate {
        Fate::Mapped { to, note: None } => to.join(", "),
        Fate::Mapped {
            to,
            note: Some(note),
        } => format!("{} ({note})", to.join(", ")),
        Fate::LeftOut { reason } => format!("left out: {reason}"),
        Fate::ToDo { what } => format!("to do: {what}"),
    }
}

/// The width of the last column at a terminal.
fn room(report: &[Entry], console: &Console) -> Option<usize> {
    let width = console.width.filter(|_| console.output == Output::Text)?;
    let fields = report.iter().map(|entry| entry.path.chars().count());
    let lines = report.iter().map(|entry| entry.line.to_string().len());
    let first = lines.max().unwrap_or(0).max(HEADER[0].len());
    let second = fields.max().unwrap_or(0).max(HEADER[1].len());
    let room = width.saturating_sub(first + second + 2 * GAP);
    (room >= NARROWEST).then_some(room)
}

fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

fn summary(imported: &Imported, written: &[String]) -> String {
    let count = |wanted: fn(&Fate) -> bool| {
        let found = imported.report.iter().filter(|entry| wanted(&entry.fate));
        found.count()
    };
    let mapped = count(|fate| matches!(fate, Fate::Mapped { .. }));
    let left_out = count(|fate| matches!(fate, Fate::LeftOut { .. }));
    let to_do = imported.to_do();
    let open = format!("{to_do} to do");
    let open = match to_do {
        0 => paint(GOOD, open),
        _ => paint(CHANGE, open),
    };
    let mut text = format!(
        "{} fields: {mapped} mapped, {left_out} left out, {open}.\n",
        imported.report.len()
    );
    let files = match written {
        [] => "Nothing was written: this was a dry run.".to_owned(),
        [one] => format!("Written: {one}"),
        many => format!("Written: {}", many.join(", ")),
    };
    text.push_str(&format!("{}\n", paint(BOLD, files)));
    text
}

/// Whether the spec is what runs.
pub fn check(check: &Check) -> String {
    if check.empty {
        return format!(
            "{}\n",
            paint(GOOD, "Checked: a plan of this spec changes nothing.")
        );
    }
    let mut text = format!(
        "{}\n",
        paint(CHANGE, "Checked: a plan of this spec is not empty:")
    );
    for what in &check.found {
        text.push_str(&format!("  {what}\n"));
    }
    text
}
