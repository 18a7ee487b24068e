//! What would be deleted and why the rest stays, and what became of it.

use std::fmt::Write as _;

use super::table::Fit;
use super::time::moment;
use crate::args::{Output, PruneArgs};
use crate::commands::prune::{Answer, Fate, Judged, JudgedVersion};
use crate::console::{BOLD, CHANGE, Console, DIM, paint};

const HEADER: [&str; 4] = ["VERSION", "CREATED", "", "WHY"];

/// Every version and its verdict, and what deleting means.
pub fn question(answer: &Answer, args: &PruneArgs, console: &Console) -> String {
    let mut text = String::new();
    for judged in &answer.launch_templates {
        let (name, id, site) = (&judged.name, &judged.id, &judged.site);
        let title = format!("Launch template {name} ({id}) in {site}");
        let _ = writeln!(text, "{}", paint(BOLD, title));
        if console.output == Output::Markdown {
            text.push('\n');
        }
        let rows = judged.versions.iter().map(|version| row(version, args));
        let fit = Fit {
            output: console.output,
            width: console.width,
            names: &[3],
            spare: &[],
        };
        text.push_str(&fit.table(&HEADER, rows.collect()));
        text.push('\n');
    }
    let going = number(answer, Fate::ToDelete);
    let templates = answer.launch_templates.len();
    let of = match templates {
        1 => "1 launch template".to_owned(),
        several => format!("{several} launch templates"),
    };
    let (line, note) = match (going, args.dry_run) {
        (0, _) => (format!("Nothing to delete in {of}."), ""),
        (_, true) => (
            format!("{} of {of} would be deleted.", versions(going)),
            "Nothing was deleted: this was a dry run.\n",
        ),
        (_, false) => (
            format!("{} of {of} will be deleted.", versions(going)),
            "Deleting is final: no node group can go back to a version that is gone. `nodemint export` keeps \
             what was in it.\n",
        ),
    };
    let _ = writeln!(text, "{}", paint(BOLD, line));
    text.push_str(note);
    text
}

fn row(version: &JudgedVersion, args: &PruneArgs) -> Vec<String> {
    let (fate, why) = match version.fate {
        Fate::ToDelete => ("delete", gone_because(args)),
        _ => ("keep", kept_because(version)),
    };
    let (number, created) = (version.version.to_string(), moment(version.created_at));
    vec![number, created, fate.to_owned(), why]
}

fn gone_because(args: &PruneArgs) -> String {
    let mut why = "nothing uses it".to_owned();
    if !args.older_than.is_zero() {
        let days = args.older_than.as_secs() / 86_400;
        let hours = args.older_than.as_secs() % 86_400 / 3_600;
        let age = match (days, hours) {
            (0, hours) => format!("{hours}h"),
            (days, 0) => format!("{days}d"),
            (days, hours) => format!("{days}d {hours}h"),
        };
        let _ = write!(why, ", older than {age}");
    }
    if args.keep > 0 {
        let _ = write!(why, ", not among the newest {}", args.keep);
    }
    why
}

fn kept_because(version: &JudgedVersion) -> String {
    const SHOWN: usize = 3;
    let reasons = version.kept_because.iter().map(ToString::to_string);
    let mut reasons: Vec<String> = reasons.collect();
    let more = reasons.len().saturating_sub(SHOWN);
    reasons.truncate(SHOWN);
    reasons.extend(match more {
        0 => None,
        1 => Some("and 1 reason more".to_owned()),
        more => Some(format!("and {more} reasons more")),
    });
    reasons.join("; ")
}

/// What became of what was to be deleted; empty if nothing was to be.
pub fn result(answer: &Answer) -> String {
    let mut text = String::new();
    for judged in &answer.launch_templates {
        let place = format!("{} in {}", judged.name, judged.site);
        let deleted = judged.with_fate(Fate::Deleted).count();
        if deleted > 0 {
            let line = format!("Deleted {} of {place}.", versions(deleted));
            let _ = writeln!(text, "{}", paint(BOLD, line));
        }
        text.push_str(&told(judged, &place));
    }
    text
}

/// What did not go as it was agreed to.
fn told(judged: &Judged, place: &str) -> String {
    let mut text = String::new();
    for version in judged.with_fate(Fate::Refused) {
        let why = version.refusal.as_deref().unwrap_or_default();
        let warning = paint(CHANGE, "refused:");
        let _ = writeln!(
            text,
            "{warning} version {} of {place}: {why}",
            version.version
        );
    }
    for version in judged.with_fate(Fate::Spared) {
        let why = kept_because(version);
        let _ = writeln!(
            text,
            "Kept version {} of {place} after all: {why}.",
            version.version
        );
    }
    for version in judged.with_fate(Fate::Gone) {
        let line = format!("version {} of {place} was gone already", version.version);
        let _ = writeln!(text, "{}", paint(DIM, line));
    }
    let left = judged.with_fate(Fate::Left).count();
    if left > 0 {
        let _ = writeln!(text, "Left {} of {place} as they were.", versions(left));
    }
    text
}

fn number(answer: &Answer, fate: Fate) -> usize {
    let judged = answer.launch_templates.iter();
    judged.map(|one| one.with_fate(fate).count()).sum()
}

pub fn versions(number: usize) -> String {
    match number {
        1 => "1 version".to_owned(),
        several => format!("{several} versions"),
    }
}
