//! User data for people: what it is, its parts, the boot order, and what is wrong.

use nodemint_core::explain::{Explained, ExplainedPart, Note, Step, Weight};
use nodemint_core::launch_template::Decoded;
use nodemint_core::lint::{Lint, Reader, Severity};

use super::table::Fit;
use crate::args::Output;
use crate::commands::explain::{Source, Told};
use crate::console::{BAD, BOLD, CHANGE, Console, DIM, GOOD, NOTE, paint};

const HEADER: [&str; 6] = ["#", "TYPE", "BYTES", "ENCODING", "FILE", "STEP"];
/// What a narrow terminal may shorten: types and file names; then encodings and file names go.
const NAMES: [usize; 2] = [1, 4];
const SPARE: [usize; 2] = [3, 4];

pub fn text(told: &Told, console: &Console, shown: bool) -> String {
    let explained = &told.explained;
    let page = Page {
        markdown: console.output == Output::Markdown,
        width: console.width,
    };
    let mut text = page.line("", &paint(BOLD, headline(told)));
    text.push_str(&page.line("", &read_by(explained)));
    if !explained.parts.is_empty() {
        text.push('\n');
        let fit = Fit {
            output: console.output,
            width: console.width,
            names: &NAMES,
            spare: &SPARE,
        };
        let rows = explained.parts.iter().enumerate();
        text.push_str(&fit.table(
            &HEADER,
            rows.map(|(index, part)| row(index, part)).collect(),
        ));
    }
    text.push_str(&boot(explained, &page));
    text.push_str(&settings(explained, &page));
    text.push_str(&findings(explained, &page));
    if shown {
        text.push_str(&contents(&told.decoded, &page));
    }
    text
}

/// How lines are laid out. In a pipe nothing is wrapped, so that it can be searched.
struct Page {
    markdown: bool,
    width: Option<usize>,
}

impl Page {
    /// A line behind `head`, wrapped with what follows below its beginning.
    fn line(&self, head: &str, text: &str) -> String {
        let indent = visible_width(head);
        let Some(width) = self.width.filter(|_| !self.markdown) else {
            return format!("{head}{text}\n");
        };
        let room = width.saturating_sub(indent).max(20);
        let mut out = String::new();
        let mut used = 0;
        for word in text.split(' ') {
            let wide = visible_width(word);
            if used > 0 && used + 1 + wide > room {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += wide;
        }
        format!("{head}{out}\n")
    }

    fn title(&self, title: &str) -> String {
        match self.markdown {
            true => format!("\n### {title}\n\n"),
            false => format!("\n{}\n", paint(BOLD, title)),
        }
    }
}

/// Columns that a text takes, without the escapes of its colours.
fn visible_width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .to_string()
        .chars()
        .count()
}

fn headline(told: &Told) -> String {
    let explained = &told.explained;
    let source = match &told.source {
        Source::File(name) => plain(name),
        Source::LaunchTemplate {
            name,
            version,
            site,
        } => format!("launch template {name} version {version} in {site}"),
    };
    let parts = match (explained.form, explained.parts.len()) {
        ("MIME multipart", 1) => ", 1 part".to_owned(),
        ("MIME multipart", parts) => format!(", {parts} parts"),
        _ => String::new(),
    };
    let packed = match explained.packed_in.as_slice() {
        [] => String::new(),
        layers => format!(" in {}", layers.join(" of ")),
    };
    format!(
        "{source}: {}{packed}{parts}, {} of {} bytes",
        explained.form, explained.bytes, explained.limit
    )
}

fn read_by(explained: &Explained) -> String {
    let who = match explained.reader {
        Reader::CloudInit => "read by cloud-init (Amazon Linux 2, Ubuntu)",
        Reader::Nodeadm => "read by nodeadm and cloud-init (Amazon Linux 2023)",
        Reader::Bottlerocket => "read by Bottlerocket's early-boot-config",
        Reader::Windows => "read by EC2Launch (Windows)",
        Reader::Unknown => {
            "for an unknown image: told as cloud-init would take it; --family says more"
        }
    };
    let inferred = explained.inferred.as_ref();
    let inferred = inferred.map_or_else(String::new, |why| format!("; inferred: {why}"));
    let merged = match explained.merged {
        true => "; there is no image in the launch template, so EKS merges its own part in",
        false => "",
    };
    format!("{who}{inferred}{merged}")
}

fn row(index: usize, part: &ExplainedPart) -> Vec<String> {
    let kind = match part.taken_for {
        Some(other) => format!("{} → {other}", plain(&part.content_type)),
        None => plain(&part.content_type),
    };
    let bytes = match part.packed_bytes == part.bytes {
        true => part.bytes.to_string(),
        false => format!("{} → {}", part.packed_bytes, part.bytes),
    };
    let steps: Vec<String> = part.steps.iter().map(ToString::to_string).collect();
    let or_dash = |text: String| match text.is_empty() {
        true => "-".to_owned(),
        false => text,
    };
    vec![
        (index + 1).to_string(),
        kind,
        bytes,
        plain(&part.encoding),
        or_dash(plain(part.file_name.as_deref().unwrap_or_default())),
        or_dash(steps.join(", ")),
    ]
}

fn boot(explained: &Explained, page: &Page) -> String {
    if explained.boot.is_empty() {
        return String::new();
    }
    let mut text = page.title("Boot order");
    for (index, step) in explained.boot.iter().enumerate() {
        let head = match page.markdown {
            true => format!("{}. ", index + 1),
            false => format!("{:>3}. ", index + 1),
        };
        text.push_str(&page.line(&head, &step_text(step)));
    }
    text
}

fn step_text(step: &Step) -> String {
    let inferred = match step.inferred {
        true => format!(" {}", paint(DIM, "[inferred]")),
        false => String::new(),
    };
    let of = match step.parts.is_empty() {
        true => String::new(),
        false => format!(" ({})", parts_text(&step.parts)),
    };
    format!("{}{of}: {}{inferred}", paint(BOLD, step.who), step.what)
}

/// `part 1`, `parts 1, 3`
fn parts_text(parts: &[usize]) -> String {
    let numbers: Vec<String> = parts.iter().map(|index| (index + 1).to_string()).collect();
    match numbers.as_slice() {
        [one] => format!("part {one}"),
        many => format!("parts {}", many.join(", ")),
    }
}

fn settings(explained: &Explained, page: &Page) -> String {
    if explained.settings.is_empty() {
        return String::new();
    }
    let mut text = page.title("Settings, by name");
    for setting in &explained.settings {
        let from = match explained.parts.len() {
            1 => String::new(),
            _ => paint(DIM, format!("  {}", parts_text(&setting.parts))),
        };
        let head = if page.markdown { "- " } else { "  " };
        text.push_str(&format!("{head}{}{from}\n", plain(&setting.key)));
    }
    text
}

fn findings(explained: &Explained, page: &Page) -> String {
    let mut text = String::new();
    let lints = explained.lints.iter().map(|lint| (lint_weight(lint), lint));
    for weight in [Weight::Error, Weight::Warning, Weight::Note] {
        for note in explained.notes.iter().filter(|note| note.weight == weight) {
            text.push_str(&finding(
                page,
                weight,
                &place(note),
                &note.message,
                note.hint,
            ));
        }
        for (_, lint) in lints.clone().filter(|(of, _)| *of == weight) {
            let place = lint_place(lint);
            text.push_str(&finding(
                page,
                weight,
                &place,
                &lint.message,
                Some(&lint.hint),
            ));
        }
    }
    match text.is_empty() {
        true => format!(
            "\n{}\n",
            paint(
                GOOD,
                "Nothing is wrong with it, as far as it can be told from here."
            )
        ),
        false => format!("\n{text}"),
    }
}

fn finding(page: &Page, weight: Weight, place: &str, message: &str, hint: Option<&str>) -> String {
    let head = match weight {
        Weight::Error => paint(BAD, "error:"),
        Weight::Warning => paint(CHANGE, "warning:"),
        Weight::Note => paint(NOTE, "note:"),
    };
    let bullet = if page.markdown { "- " } else { "" };
    let mut text = page.line(&format!("{bullet}{head} "), &format!("{place}{message}"));
    if let Some(hint) = hint {
        text.push_str(&page.line(&format!("  {} ", paint(NOTE, "help:")), hint));
    }
    text
}

fn lint_weight(lint: &Lint) -> Weight {
    match lint.severity {
        Severity::Error => Weight::Error,
        Severity::Warning => Weight::Warning,
    }
}

fn place(note: &Note) -> String {
    note.part
        .map_or_else(String::new, |part| format!("part {}: ", part + 1))
}

fn lint_place(lint: &Lint) -> String {
    match (lint.part, lint.line) {
        (Some(part), Some(line)) => format!("part {}, line {line}: ", part + 1),
        (Some(part), None) => format!("part {}: ", part + 1),
        (None, _) => String::new(),
    }
}

/// What stands in each part, because it was asked for.
fn contents(decoded: &Decoded, page: &Page) -> String {
    let mut text = String::new();
    for (index, body) in bodies(decoded).iter().enumerate() {
        text.push_str(&page.title(&format!("Part {}", index + 1)));
        let fence = if page.markdown { "```\n" } else { "" };
        let end = if body.ends_with('\n') { "" } else { "\n" };
        text.push_str(&format!("{fence}{body}{end}{fence}"));
    }
    text
}

/// The parts' bodies as text; what is no text is told by its size.
pub fn bodies(decoded: &Decoded) -> Vec<String> {
    let body = |body: &[u8]| match std::str::from_utf8(body) {
        Ok(text) => lines(text),
        Err(_) => format!("({} bytes that are no UTF-8 text)", body.len()),
    };
    decoded.parts.iter().map(|part| body(&part.body)).collect()
}

/// Text whose control characters show, and do nothing to a terminal. CR shows too: it breaks scripts.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => out.push(letter),
            _ if letter.is_control() => out.extend(letter.escape_default()),
            _ => out.push(letter),
        }
    }
    out
}

/// One line of somebody else's text.
fn plain(text: &str) -> String {
    let shown = |letter: char| match letter.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => letter,
    };
    text.chars().map(shown).collect()
}
