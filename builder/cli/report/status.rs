//! What runs, as a table and what has to be said besides.

use jiff::Timestamp;

use super::table::Fit;
use super::time::{age, days};
use crate::commands::status::{GroupStatus, Status};
use crate::console::{BAD, CHANGE, Console, NOTE, paint};

const HEADER: [&str; 9] = [
    "NODE GROUP",
    "STATUS",
    "TEMPLATE",
    "VERSION",
    "TYPE",
    "IMAGE",
    "AGE",
    "BEHIND",
    "NODES",
];
/// The columns that a narrow terminal may shorten: names.
const NAMES: [usize; 4] = [0, 2, 4, 5];
/// The columns that a still narrower one does without: the type, then the template.
const SPARE: [usize; 2] = [4, 2];

pub fn text(status: &Status, now: Timestamp, console: &Console) -> String {
    let rows = status.node_groups.iter().map(|group| row(group, now));
    let fit = Fit {
        output: console.output,
        width: console.width,
        names: &NAMES,
        spare: &SPARE,
    };
    let mut text = fit.table(&HEADER, rows.collect());
    let warning = paint(CHANGE, "warning:");
    for cluster in &status.clusters {
        if cluster.status.as_deref() != Some("ACTIVE") {
            let state = cluster.status.as_deref().unwrap_or("not there");
            let (name, site) = (&cluster.name, &cluster.site);
            text.push_str(&format!("{warning} cluster {name} in {site} is {state}\n"));
        }
    }
    for group in &status.node_groups {
        text.push_str(&remarks(group, now));
    }
    for note in &status.notes {
        text.push_str(&format!("{} {note}\n", paint(NOTE, "note:")));
    }
    text
}

fn row(group: &GroupStatus, now: Timestamp) -> Vec<String> {
    let dash = || "-".to_owned();
    let version = match (group.launch_template_version, group.newest_version) {
        (Some(version), Some(newest)) if newest > version => {
            format!("{version} (newest {newest})")
        }
        (version, _) => version.map_or_else(dash, |version| version.to_string()),
    };
    // A release says it in a few characters; an image of one's own has its name alone.
    let release = group.image_release.as_ref().or(group.image_name.as_ref());
    let release = release.or(group.release_version.as_ref());
    vec![
        format!("{}/{}", group.cluster, group.name),
        group
            .status
            .clone()
            .unwrap_or_else(|| "does not exist".to_owned()),
        group.launch_template.clone(),
        version,
        group.instance_type.clone().unwrap_or_else(dash),
        release.cloned().unwrap_or_else(dash),
        group
            .image_created
            .map_or_else(dash, |created| age(created, now)),
        group
            .releases_behind
            .map_or_else(dash, |behind| behind.to_string()),
        group.nodes.as_ref().map_or_else(dash, |nodes| {
            format!("{} ({}-{})", nodes.desired, nodes.min, nodes.max)
        }),
    ]
}

/// What does not fit into columns.
fn remarks(group: &GroupStatus, now: Timestamp) -> String {
    let name = format!("{}/{}", group.cluster, group.name);
    let mut text = String::new();
    for issue in &group.health {
        text.push_str(&format!("{} {name}: {issue}\n", paint(BAD, "health:")));
    }
    for note in &group.notes {
        text.push_str(&format!("{} {name}: {note}\n", paint(NOTE, "note:")));
    }
    if let Some(update) = &group.update_under_way {
        text.push_str(&format!(
            "{name}: update {update} is under way; `nodemint apply` follows it\n"
        ));
    }
    text.push_str(&deprecation(&name, group.image_deprecated, now).unwrap_or_default());
    text
}

/// Days before its deprecation from which on an image is spoken of: time for a roll of the fleet.
const SOON: i64 = 90;

/// A warning about an image that is deprecated, a note about one that soon will be.
pub fn deprecation(name: &str, at: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let at = at?;
    let day = at.strftime("%Y-%m-%d");
    let in_days = days(now, at);
    match at <= now {
        true => Some(format!(
            "{} {name}: its image is deprecated since {day}\n",
            paint(CHANGE, "warning:")
        )),
        false if in_days <= SOON => Some(format!(
            "{} {name}: its image is deprecated in {in_days} days, on {day}\n",
            paint(NOTE, "note:")
        )),
        false => None,
    }
}
