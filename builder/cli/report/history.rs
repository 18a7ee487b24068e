//! The versions of a launch template, for people.

use nodemint_core::launch_template::{FieldChange, read_description};
use nodemint_core::uses::User;

use super::table::Fit;
use super::time::moment;
use crate::args::Output;
use crate::commands::history::{History, TemplateHistory, VersionHistory};
use crate::console::{BOLD, CHANGE, Console, DIM, NOTE, paint};

const HEADER: [&str; 8] = [
    "VERSION", "CREATED", "HASH", "TYPE", "IMAGE", "MADE BY", "USED BY", "CHANGED",
];
/// The columns that a narrow terminal may shorten.
const NAMES: [usize; 4] = [4, 5, 6, 7];
/// The columns that a still narrower one does without: the hash, who made it, the type.
const SPARE: [usize; 3] = [2, 5, 3];

pub fn text(history: &History, console: &Console) -> String {
    let templates = history.launch_templates.iter();
    let texts: Vec<String> = templates.map(|one| template(one, console)).collect();
    let mut text = texts.join("\n");
    for note in &history.notes {
        text.push_str(&format!("{} {note}\n", paint(NOTE, "note:")));
    }
    text
}

fn template(template: &TemplateHistory, console: &Console) -> String {
    let owner = template.owner.as_deref().map_or_else(
        || "not made by nodemint".to_owned(),
        |fleet| format!("fleet {fleet}"),
    );
    let (name, id, site) = (&template.name, &template.id, &template.site);
    let title = format!("Launch template {name} ({id}) in {site}, {owner}");
    let mut text = format!("{}\n", paint(BOLD, title));
    if console.output == Output::Markdown {
        text.push('\n');
    }
    let shown_all = template.versions.len() == template.version_count;
    let oldest = template.versions.last().filter(|_| shown_all);
    let oldest = oldest.map(|version| version.version);
    let rows = template.versions.iter().map(|version| row(version, oldest));
    let fit = Fit {
        output: console.output,
        width: console.width,
        names: &NAMES,
        spare: &SPARE,
    };
    text.push_str(&fit.table(&HEADER, rows.collect()));
    text.push_str(&remarks(template));
    text
}

fn remarks(template: &TemplateHistory) -> String {
    let mut text = String::new();
    let older = template.version_count - template.versions.len();
    if older > 0 {
        let line = format!("and {older} older; without --limit all are shown");
        text.push_str(&format!("{}\n", paint(DIM, line)));
    }
    let warning = paint(CHANGE, "warning:");
    for version in &template.versions {
        let number = version.version;
        if version.mislabelled {
            text.push_str(&format!(
                "{warning} version {number}: its description has the hash of other data\n"
            ));
        }
        if version.hash.is_none() {
            let line = format!("version {number} has fields that nodemint does not read yet");
            text.push_str(&format!("{}\n", paint(DIM, line)));
        }
    }
    for user in &template.users_of_any_version {
        let note = paint(NOTE, "note:");
        text.push_str(&format!(
            "{note} {user} uses the template, at a version that AWS does not tell\n"
        ));
    }
    text
}

fn row(version: &VersionHistory, oldest: Option<i64>) -> Vec<String> {
    let dash = || "-".to_owned();
    let hash = version.hash.as_deref();
    let hash = hash.and_then(|hash| hash.rsplit(':').next());
    vec![
        number(version),
        moment(version.created_at),
        hash.and_then(|hex| hex.get(..12))
            .unwrap_or("not readable")
            .to_owned(),
        version.instance_type.clone().unwrap_or_else(dash),
        image(version),
        made_by(version),
        used_by(&version.users),
        changed(version, oldest),
    ]
}

/// `3 default, latest`
fn number(version: &VersionHistory) -> String {
    let marks = [
        (version.is_default, "default"),
        (version.is_latest, "latest"),
    ];
    let marks = marks.into_iter().filter(|(holds, _)| *holds);
    let marks: Vec<&str> = marks.map(|(_, name)| name).collect();
    format!("{} {}", version.version, marks.join(", "))
        .trim_end()
        .to_owned()
}

fn image(version: &VersionHistory) -> String {
    let Some(image) = &version.image else {
        return "-".to_owned();
    };
    match (image.release.as_ref().or(image.name.as_ref()), image.gone) {
        (Some(name), _) => format!("{} {name}", image.id),
        (None, Some(true)) => format!("{} gone", image.id),
        (None, _) => image.id.clone(),
    }
}

/// Who made a version, by its description: a fleet of ours, of a commit if it is known, or somebody by hand.
fn made_by(version: &VersionHistory) -> String {
    const COMMIT: usize = 40;
    const SHORT: usize = 10;
    let Some(described) = version.description.as_deref().and_then(read_description) else {
        return "others".to_owned();
    };
    let origin = version.origin.as_deref().map(|origin| {
        let is_commit = origin.len() == COMMIT && origin.bytes().all(|b| b.is_ascii_hexdigit());
        let shown = origin.get(..SHORT).filter(|_| is_commit).unwrap_or(origin);
        format!(" at {shown}")
    });
    format!("fleet {}{}", described.fleet, origin.unwrap_or_default())
}

/// Node groups by name, the first few; whatever else there is by number.
fn used_by(users: &[User]) -> String {
    const SHOWN: usize = 3;
    let (mut groups, mut instances, mut parts) = (Vec::new(), 0, Vec::new());
    for user in users {
        match user {
            User::NodeGroup { cluster, name } => groups.push(format!("{cluster}/{name}")),
            User::Update { cluster, name, .. } => {
                parts.push(format!("{cluster}/{name} is on its way"));
            }
            User::AutoScalingGroup { name } => parts.push(format!("Auto Scaling group {name}")),
            User::Instance { .. } => instances += 1,
        }
    }
    let more = groups.len().saturating_sub(SHOWN);
    groups.truncate(SHOWN);
    groups.extend((more > 0).then(|| format!("and {more} more")));
    parts.splice(..0, (!groups.is_empty()).then(|| groups.join(" ")));
    parts.extend(match instances {
        0 => None,
        1 => Some("1 instance".to_owned()),
        many => Some(format!("{many} instances")),
    });
    match parts.is_empty() {
        true => "-".to_owned(),
        false => parts.join(", "),
    }
}

fn changed(version: &VersionHistory, oldest: Option<i64>) -> String {
    if oldest == Some(version.version) {
        return "first".to_owned();
    }
    if version.changes.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = version.changes.iter().map(change).collect();
    shown.join("; ")
}

fn change(change: &FieldChange) -> String {
    let path = &change.path;
    match (&change.from, &change.to) {
        (Some(from), Some(to)) if from == to => format!("{path} changed"),
        (Some(from), Some(to)) => format!("{path} {from} → {to}"),
        (None, Some(to)) => format!("{path} {to}"),
        (Some(_), None) => format!("{path} not set any more"),
        (None, None) => path.clone(),
    }
}
