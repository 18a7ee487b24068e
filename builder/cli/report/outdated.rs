//! What runs, what is locked and what exists: a table, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::few;
use super::table::Fit;
use super::time::{age, days};
use crate::commands::outdated::{Answer, Known, Row};
use crate::console::{BOLD, CHANGE, Console, NOTE, paint};

const HEADER: [&str; 9] = [
    "NODE GROUP",
    "TEMPLATE",
    "K8S",
    "RUNS",
    "AGE",
    "LOCKED",
    "NEWEST",
    "BEHIND",
    "DEPRECATED",
];
/// The columns that a narrow terminal may shorten: names and releases.
const NAMES: [usize; 5] = [0, 1, 3, 5, 6];
/// The columns that a still narrower one does without: the Kubernetes version, then the template.
const SPARE: [usize; 2] = [2, 1];

pub fn text(answer: &Answer, console: &Console) -> String {
    let (rows, now) = (&answer.rows, answer.now);
    if rows.is_empty() && answer.unreached.is_empty() {
        return "The lock has no images: run `nodemint resolve`.\n".to_owned();
    }
    let cells = rows.iter().map(|row| cells(row, now)).collect();
    let fit = Fit {
        output: console.output,
        width: console.width,
        names: &NAMES,
        spare: &SPARE,
    };
    let mut text = fit.table(&HEADER, cells);
    if console.output == crate::args::Output::Markdown {
        text.push('\n');
    }
    for line in notes(rows).iter().chain(&answer.gaps) {
        text.push_str(&format!("{} {line}\n", paint(NOTE, "note:")));
    }
    for line in deprecations(rows, now) {
        text.push_str(&format!("{} {line}\n", paint(CHANGE, "warning:")));
    }
    text.push_str(&summary(rows));
    text
}

fn cells(row: &Row, now: Timestamp) -> Vec<String> {
    let dash = || "-".to_owned();
    let group = row.node_group.as_deref().unwrap_or("-");
    let counts = row.runs.as_ref().unwrap_or(&row.locked);
    vec![
        format!("{}/{group}", row.cluster),
        row.launch_template.clone(),
        row.kubernetes_version.clone(),
        row.runs.as_ref().map_or_else(dash, name),
        counts.created.map_or_else(dash, |at| age(at, now)),
        name(&row.locked),
        row.newest.as_ref().map_or_else(dash, name),
        row.releases_behind
            .map_or_else(dash, |behind| behind.to_string()),
        counts.deprecated.map_or_else(dash, |at| when(at, now)),
    ]
}

/// The shortest that names an image, the same for all of a table: its release, else its name, else its id.
fn name(image: &Known) -> String {
    let known = [
        &image.release,
        &image.release_version,
        &image.name,
        &image.image_id,
    ];
    let known = known.into_iter().flatten().next();
    known.cloned().unwrap_or_else(|| "-".to_owned())
}

fn when(at: Timestamp, now: Timestamp) -> String {
    match at <= now {
        true => format!("{}d ago", days(at, now)),
        false => format!("in {}d", days(now, at)),
    }
}

/// What the columns do not say: what does not run yet, and why something is held back.
fn notes(rows: &[Row]) -> Vec<String> {
    let mut notes = BTreeSet::new();
    let mut unseen = Vec::new();
    for row in rows {
        let (template, cluster) = (&row.launch_template, &row.cluster);
        if let Some(why) = &row.held_back {
            notes.insert(format!("{template} on {cluster}: held back: {why}"));
        }
        let Some(group) = &row.node_group else {
            continue;
        };
        match &row.runs {
            None => unseen.push(format!("{cluster}/{group}")),
            Some(runs) if differs(runs, &row.locked) => {
                notes.insert(format!(
                    "{cluster}/{group} runs another image than the locked one: `nodemint plan` shows why, `nodemint apply` rolls it"
                ));
            }
            Some(_) => {}
        }
    }
    let mut notes: Vec<String> = notes.into_iter().collect();
    if !unseen.is_empty() {
        notes.push(format!(
            "no node group is seen yet for {}: what is said is about the lock",
            few(&unseen)
        ));
    }
    notes
}

fn differs(runs: &Known, locked: &Known) -> bool {
    runs.image_id.is_some() && runs.image_id != locked.image_id
}

fn deprecations(rows: &[Row], now: Timestamp) -> Vec<String> {
    let past = rows.iter().filter_map(|row| {
        let image = row.runs.as_ref().unwrap_or(&row.locked);
        let at = image.deprecated.filter(|at| *at <= now)?;
        let what = match &row.node_group {
            Some(group) => format!("{}/{group}", row.cluster),
            None => format!("{} on {}", row.launch_template, row.cluster),
        };
        let day = at.strftime("%Y-%m-%d");
        Some(format!("{what}: its image is deprecated since {day}"))
    });
    past.collect()
}

/// What `resolve --update` would do, one line a launch template.
fn summary(rows: &[Row]) -> String {
    let mut moves: BTreeMap<&str, BTreeMap<(String, String), BTreeSet<&str>>> = BTreeMap::new();
    for row in rows {
        if let Some(to) = &row.update_to {
            let step = (name(&row.locked), name(to));
            let of_template = moves.entry(&row.launch_template).or_default();
            of_template.entry(step).or_default().insert(&row.cluster);
        }
    }
    if moves.is_empty() {
        let sentence = "Nothing to update: `nodemint resolve --update` would change no image.";
        return format!("{}\n", paint(BOLD, sentence));
    }
    let mut text = String::new();
    for (template, steps) in moves {
        let steps = steps.into_iter().map(|((from, to), clusters)| {
            let clusters: Vec<&str> = clusters.into_iter().collect();
            format!("{from} → {to} on {}", few(&clusters))
        });
        let steps: Vec<String> = steps.collect();
        let command = paint(BOLD, format!("nodemint resolve --update {template}"));
        text.push_str(&format!("{command}: {}\n", steps.join("; ")));
    }
    text
}
