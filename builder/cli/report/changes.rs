//! What differs between two launch-template versions, as text. Values that user data holds are shown only if they are
//! still in it: see `Console::user_data`.

use nodemint_core::launch_template::{
    FieldChange, ImageNote, KeyChange, KeyChangeKind, LineChange, PartChange, PartChangeKind,
    PartNote, UserDataChange,
};
use similar::TextDiff;

use super::layout::{Layout, harmless};
use crate::console::{BAD, CHANGE, DIM, GOOD, paint};

/// The column that names of facts and fields share.
pub const NAME_WIDTH: usize = 14;
/// A longer name moves its value away.
const LONGEST_NAME: usize = 44;

/// A line for each field; user data part by part below its line.
pub fn changes(text: &mut String, changes: &[&FieldChange], layout: Layout) {
    let names = changes.iter().map(|change| change.path.chars().count());
    let width = names.max().unwrap_or(0).clamp(NAME_WIDTH, LONGEST_NAME);
    for change in changes {
        let line = format!("{:width$}  {}", change.path, values(change));
        layout.hanging(text, 3, width + 2, &line);
        if let Some(user_data) = &change.user_data {
            parts(text, user_data, layout);
        }
    }
}

/// `m5.large → m5.xlarge`
fn values(change: &FieldChange) -> String {
    let from = change
        .from
        .as_ref()
        .map(|value| named(value, change.from_image.as_ref()));
    let to = change
        .to
        .as_ref()
        .map(|value| named(value, change.to_image.as_ref()));
    match (from, to) {
        (Some(from), Some(to)) => format!("{} → {}", paint(BAD, from), paint(GOOD, to)),
        (None, Some(to)) => paint(GOOD, to),
        (Some(from), None) => format!("{} → {}", paint(BAD, from), paint(DIM, "not set")),
        (None, None) => String::new(),
    }
}

/// A value as it is shown; an image with its name and release.
pub fn named(value: &str, image: Option<&ImageNote>) -> String {
    match image {
        Some(image) => format!("{value} ({})", image_name(image)),
        None if value.is_empty() => "\"\"".to_owned(),
        None => harmless(value, usize::MAX),
    }
}

/// `amazon-eks-node-…-v20260915, release 1.34.2-20260915`
pub fn image_name(image: &ImageNote) -> String {
    match &image.release_version {
        Some(release) => format!("{}, release {release}", image.name),
        None => image.name.clone(),
    }
}

/// Whether something of the content is in it, and not what changes alone.
pub fn has_values(change: &UserDataChange) -> bool {
    change.parts.iter().any(|part| {
        let lines = part.lines.iter().any(|lines| lines.diff.is_some());
        lines
            || part
                .keys
                .iter()
                .any(|key| key.from.is_some() || key.to.is_some())
    })
}

/// Whether there would be something of the content to show.
pub fn hides_values(change: &UserDataChange) -> bool {
    let content = |part: &PartChange| part.lines.is_some() || !part.keys.is_empty();
    change.parts.iter().any(content) && !has_values(change)
}

/// Where the content of user data is shown.
pub const HIDDEN: &str = "values and lines are shown on a terminal, or with --show-user-data";

fn parts(text: &mut String, change: &UserDataChange, layout: Layout) {
    if change.parts.is_empty() {
        layout.line(
            text,
            4,
            &paint(DIM, "the parts are the same, packed differently"),
        );
    }
    for part in &change.parts {
        layout.line(text, 4, &part_line(part));
        keys(text, &part.keys, layout);
        if let Some(diff) = part.lines.as_ref().and_then(|lines| lines.diff.as_ref()) {
            diff_lines(text, 5, diff, layout);
        }
    }
    if hides_values(change) {
        layout.line(text, 4, &paint(DIM, format!("({HIDDEN})")));
    }
}

/// `part 2 (application/node.eks.aws) changes: 3 keys`
pub fn part_line(part: &PartChange) -> String {
    let number = |note: &Option<PartNote>| note.as_ref().map(|note| note.number);
    let place = match (number(&part.from), number(&part.to)) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (from, to) => to.or(from).unwrap_or_default().to_string(),
    };
    let Some(note) = part.to.as_ref().or(part.from.as_ref()) else {
        return String::new();
    };
    let file = note.file_name.as_ref().map(|name| format!(", {name}"));
    let what = match (part.kind, part.moved) {
        (PartChangeKind::Added, _) => format!("is new, {} bytes", note.bytes),
        (PartChangeKind::Removed, _) => format!("is gone, {} bytes", note.bytes),
        (PartChangeKind::Moved, _) => "moves, as it is".to_owned(),
        (PartChangeKind::Changed, true) => format!("moves and changes{}", size(part)),
        (PartChangeKind::Changed, false) => format!("changes{}", size(part)),
    };
    format!(
        "part {place} ({}{}) {what}",
        note.content_type,
        file.unwrap_or_default()
    )
}

/// `: 2 keys, 3 lines added and 1 removed`
fn size(part: &PartChange) -> String {
    let counted = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    };
    let keys = (!part.keys.is_empty()).then(|| counted(part.keys.len(), "key"));
    let lines = part
        .lines
        .as_ref()
        .map(|LineChange { added, removed, .. }| {
            format!("{} added and {removed} removed", counted(*added, "line"))
        });
    let told: Vec<String> = keys.into_iter().chain(lines).collect();
    match (told.is_empty(), &part.from, &part.to) {
        (false, ..) => format!(": {}", told.join(", ")),
        (true, Some(from), Some(to)) => {
            format!(": no text, {} bytes → {} bytes", from.bytes, to.bytes)
        }
        (true, ..) => String::new(),
    }
}

fn keys(text: &mut String, keys: &[KeyChange], layout: Layout) {
    let names = keys.iter().map(|key| key.key.chars().count());
    let width = names.max().unwrap_or(0).min(LONGEST_NAME);
    for key in keys {
        let (sign, style) = match key.kind {
            KeyChangeKind::Added => ("+", GOOD),
            KeyChangeKind::Removed => ("-", BAD),
            KeyChangeKind::Changed => ("~", CHANGE),
        };
        let name = harmless(&key.key, 160);
        let (from, to) = (key.from.as_deref(), key.to.as_deref());
        if [from, to]
            .into_iter()
            .flatten()
            .any(|value| value.contains('\n'))
        {
            layout.line(text, 5, &format!("{} {name}", paint(style, sign)));
            let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
            let diff = TextDiff::from_lines(from, to).unified_diff().to_string();
            diff_lines(text, 7, &diff, layout);
            continue;
        }
        let shown = |value: &str| harmless(value, layout.code());
        let values = match (from.map(shown), to.map(shown)) {
            (Some(from), Some(to)) => format!("{} → {}", paint(BAD, from), paint(GOOD, to)),
            (None, Some(to)) => paint(GOOD, to),
            (Some(from), None) => paint(BAD, from),
            (None, None) => String::new(),
        };
        let line = format!("{} {name:width$}  {values}", paint(style, sign));
        layout.hanging(text, 5, width + 4, line.trim_end());
    }
}

fn diff_lines(text: &mut String, indent: usize, diff: &str, layout: Layout) {
    // The marker says something of the user's file that a diff is no place for.
    for line in diff
        .lines()
        .filter(|line| !line.starts_with("\\ No newline"))
    {
        let style = match line.as_bytes().first() {
            Some(b'+') => GOOD,
            Some(b'-') => BAD,
            _ => DIM,
        };
        // An empty line of context is a blank.
        let shown = harmless(if line == " " { "" } else { line }, layout.code());
        // Code is not broken: a terminal does that itself.
        Layout::default().line(text, indent, &paint(style, shown));
    }
}
