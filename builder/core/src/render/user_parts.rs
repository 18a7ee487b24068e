//! The `parts` of the spec: whatever cloud-init and nodeadm take, one file a part, and MIME documents that
//! exist already, whose parts are taken in one by one.
//!
//! A part goes out as the type that it is given as, so its first line has to agree: cloud-init goes by the first
//! line alone for text/plain and text/x-shellscript (cloudinit/user_data.py, TYPE_NEEDED), and ignores in
//! silence what it does not know.

use std::borrow::Cow;

use serde_yaml::Value;

use super::node_config::check_node_config;
use super::scripts::check_bytes;
use super::{Boot, NODE_CONFIG, Problems, SHELL};
use crate::desired::RenderedPart;
use crate::family::family;
use crate::gzip::{NotUnpacked, is_gzip, unpack};
use crate::launch_template::{Form, UserDataBlob, decode};

/// What a gzipped part may hold. User data has 16 KiB, so that even this is far too much.
const UNPACKED_LIMIT: usize = 1 << 20;

const MULTIPART: &str = "multipart/mixed";

/// Types that say nothing: the first line tells.
const TOLD_BY_FIRST_LINE: &[&str] = &["text/plain", "application/gzip"];

/// How files begin, and as what cloud-init takes them then (cloudinit/handlers, INCLUSION_TYPES_MAP). The
/// longest comes first: `#cloud-config-archive` begins with `#cloud-config`, too.
const FIRST_LINES: &[(&str, &str)] = &[
    ("#cloud-config-archive", "text/cloud-config-archive"),
    ("#cloud-config-jsonp", "text/cloud-config-jsonp"),
    ("## template: jinja", "text/jinja2"),
    ("#cloud-boothook", "text/cloud-boothook"),
    ("#cloud-config", "text/cloud-config"),
    ("#part-handler", "text/part-handler"),
    ("#include-once", "text/x-include-once-url"),
    ("#include", "text/x-include-url"),
    ("#!", SHELL),
];

/// Headers of a part that change what cloud-init does with it, and that no part of ours has.
const REFUSED_HEADERS: &[&str] = &["merge-type:", "x-merge-type:", "launch-index:"];

/// The `parts` of the spec, in order.
pub(crate) fn user_parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let mut parts = Vec::new();
    for (index, part) in boot.template.user_data.parts.iter().enumerate() {
        let origin = format!("parts[{index}]");
        let path = boot.path(&origin);
        let content_type = part.content_type.trim().to_ascii_lowercase();
        if !check_content_type(&path, &content_type, problems) {
            continue;
        }
        let Some(body) = unpacked(&path, &part.file.content, problems) else {
            continue;
        };
        if content_type == MULTIPART {
            parts.extend(taken_in(boot, &origin, &body, problems));
        } else {
            parts.extend(one(boot, &origin, &content_type, body, problems));
        }
    }
    parts
}

/// The file, unpacked if it is gzip: the document is packed as a whole, or not at all.
fn unpacked<'b>(path: &str, bytes: &'b [u8], problems: &mut Problems) -> Option<Cow<'b, [u8]>> {
    if !is_gzip(bytes) {
        return Some(Cow::Borrowed(bytes));
    }
    let (message, hint) = match unpack(bytes, UNPACKED_LIMIT) {
        Ok(out) => return Some(Cow::Owned(out)),
        Err(NotUnpacked::Broken) => (
            "it is gzip by its first bytes, and cannot be unpacked".to_owned(),
            "give the file as it was before gzip; `compress: auto` packs the whole",
        ),
        Err(NotUnpacked::TooMuch) => (
            format!("it is gzip, and unpacks to more than {UNPACKED_LIMIT} bytes"),
            "user data has 16 KiB: fetch what is long from a short script",
        ),
    };
    problems.spec(path, message, hint);
    None
}

fn one(
    boot: &Boot<'_>,
    origin: &str,
    content_type: &str,
    body: Cow<'_, [u8]>,
    problems: &mut Problems,
) -> Option<RenderedPart> {
    let path = boot.path(origin);
    if !check_bytes(&path, &body, problems) {
        return None;
    }
    if is_mime(&body) {
        problems.spec(
            path,
            format!("it is a MIME document by its headers, and is given as {content_type}"),
            format!("set `contentType: {MULTIPART}`, and its parts are taken in"),
        );
        return None;
    }
    let content_type = match TOLD_BY_FIRST_LINE.contains(&content_type) {
        true => told_by_first_line(&path, &body, problems)?,
        false => content_type,
    };
    check_by_type(boot, &path, content_type, &body, problems).then(|| RenderedPart {
        origin: origin.to_owned(),
        content_type: content_type.to_owned(),
        body: body.into_owned(),
    })
}

fn told_by_first_line(path: &str, body: &[u8], problems: &mut Problems) -> Option<&'static str> {
    let told = first_line(body);
    if told.is_none() {
        problems.spec(
            path,
            "its first line is none that cloud-init knows, so it would be ignored on the node",
            "begin it with `#!`, `#cloud-config` or the like, or set the `contentType` that it has",
        );
    }
    told
}

/// A document's parts, in order, with their types; how they are encoded is ours to choose again.
fn taken_in(
    boot: &Boot<'_>,
    origin: &str,
    document: &[u8],
    problems: &mut Problems,
) -> Vec<RenderedPart> {
    let path = boot.path(origin);
    if !check_bytes(&path, document, problems) {
        return Vec::new();
    }
    let decoded = decode(&UserDataBlob::of(document));
    if decoded.form != Form::Multipart || decoded.parts.is_empty() {
        problems.spec(
            path,
            "it is no MIME document: it has no headers with a boundary at its first byte, or no parts",
            "begin it with `MIME-Version: 1.0` and `Content-Type: multipart/mixed; boundary=\"…\"`, or set the type that it has",
        );
        return Vec::new();
    }
    if let Some(header) = refused_header(document) {
        problems.spec(
            path,
            format!("a part has a header `{header}`, which would be lost"),
            "say it in the part itself: a cloud-config has `merge_how` and `launch-index`",
        );
        return Vec::new();
    }
    let known = family(boot.template.family).part_types();
    let mut parts = Vec::new();
    for (number, part) in decoded.parts.into_iter().enumerate() {
        let origin = format!("{origin}.{number}");
        let path = boot.path(&origin);
        if !known.contains(&part.content_type.as_str()) {
            problems.spec(
                path,
                format!(
                    "{:?} is no type that {:?} reads",
                    part.content_type, boot.template.family
                ),
                "give the part one of its types, such as text/x-shellscript, or take it out",
            );
            continue;
        }
        let Some(body) = unpacked(&path, &part.body, problems) else {
            continue;
        };
        parts.extend(one(boot, &origin, &part.content_type, body, problems));
    }
    parts
}

fn refused_header(document: &[u8]) -> Option<&'static str> {
    let lines = document.split(|byte| *byte == b'\n');
    let mut starts = lines.map(|line| {
        let start = line.get(..16).unwrap_or(line);
        String::from_utf8_lossy(start).to_ascii_lowercase()
    });
    starts
        .find_map(|start| {
            let mut headers = REFUSED_HEADERS.iter();
            headers.find(|header| start.starts_with(**header))
        })
        .map(|header| header.trim_end_matches(':'))
}

fn is_mime(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(body.get(..13).unwrap_or(body)).to_ascii_lowercase();
    start.starts_with("mime-version:") || start.starts_with("content-type:")
}

/// What cloud-init takes a file for by its first line.
fn first_line(body: &[u8]) -> Option<&'static str> {
    let body = body.trim_ascii_start();
    let start = String::from_utf8_lossy(body.get(..24).unwrap_or(body)).to_ascii_lowercase();
    let mut known = FIRST_LINES.iter();
    known
        .find(|(first, _)| start.starts_with(first))
        .map(|(_, content_type)| *content_type)
}

pub(super) fn check_by_type(
    boot: &Boot<'_>,
    path: &str,
    kind: &str,
    body: &[u8],
    problems: &mut Problems,
) -> bool {
    match kind {
        NODE_CONFIG => check_node_config(boot, path, body, problems),
        "text/cloud-config" => {
            check_first_line(path, kind, body, problems)
                && check_yaml(path, body, Value::is_mapping, "a mapping", problems)
        }
        "text/cloud-config-archive" => {
            check_first_line(path, kind, body, problems)
                && check_yaml(path, body, Value::is_sequence, "a list", problems)
        }
        "text/cloud-boothook" => check_boothook(path, body, problems),
        "text/x-include-url" | "text/x-include-once-url" => check_urls(path, body, problems),
        // The shebang is a lint's.
        _ if kind.starts_with(SHELL) => true,
        _ => check_first_line(path, kind, body, problems),
    }
}

/// The first line of a file says what it is, to people and, for some types, to cloud-init.
fn check_first_line(path: &str, kind: &str, body: &[u8], problems: &mut Problems) -> bool {
    let wanted = FIRST_LINES.iter().find(|(_, known)| *known == kind);
    let Some((wanted, _)) = wanted else {
        return true;
    };
    let (message, hint) = match first_line(body) {
        Some(found) if found == kind => return true,
        Some(found) => (
            format!("it is {found} by its first line, and is given as {kind}"),
            format!("set `contentType: {found}`, or begin it with `{wanted}`"),
        ),
        None => (
            format!("it is given as {kind}, and does not begin with `{wanted}`"),
            format!("make `{wanted}` its first line"),
        ),
    };
    problems.spec(path, message, hint);
    false
}

/// The parser's text can quote the file, which can hold secrets: the place alone is told.
fn check_yaml(
    path: &str,
    body: &[u8],
    fits: fn(&Value) -> bool,
    wanted: &str,
    problems: &mut Problems,
) -> bool {
    let (message, hint) = match serde_yaml::from_slice::<Value>(body) {
        Ok(value) if fits(&value) || value.is_null() => return true,
        Ok(_) => (
            format!("it is YAML, and not {wanted}"),
            format!("write {wanted} below its first line"),
        ),
        Err(error) => {
            let place = error
                .location()
                .map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            (
                format!(
                    "it is no readable YAML, or a key stands twice{}",
                    place.unwrap_or_default()
                ),
                "correct it; blanks and not tabs make the levels".to_owned(),
            )
        }
    };
    problems.spec(path, message, hint);
    false
}

/// cloud-init takes `#cloud-boothook` away and runs what is left as a program (cloudinit/handlers/boot_hook.py).
fn check_boothook(path: &str, body: &[u8], problems: &mut Problems) -> bool {
    let marker = b"#cloud-boothook";
    let program = body.strip_prefix(marker).unwrap_or(body);
    if body.starts_with(b"#!") || program.trim_ascii_start().starts_with(b"#!") {
        return true;
    }
    problems.spec(
        path,
        "the boothook has no `#!` behind its first line, so the node could not run it",
        "write `#cloud-boothook`, and `#!/bin/bash` on the line below",
    );
    false
}

fn check_urls(path: &str, body: &[u8], problems: &mut Problems) -> bool {
    let text = String::from_utf8_lossy(body);
    let mut lines = text.lines().map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("#include-once").unwrap_or(line);
        line.strip_prefix("#include").unwrap_or(line).trim()
    });
    let fits = |line: &str| line.is_empty() || line.starts_with('#') || line.contains("://");
    let wrong = lines.position(|line| !fits(line));
    match (wrong, text.contains("://")) {
        (None, true) => return true,
        (Some(line), _) => problems.spec(
            path,
            format!(
                "line {} is no URL, and cloud-init would ask for it",
                line + 1
            ),
            "write one URL a line, and `#` before comments",
        ),
        (None, false) => problems.spec(path, "it has no URLs", "write one URL a line"),
    }
    false
}

/// `type/subtype` and nothing else: nodeadm compares the whole type, and the encoding is ours to choose.
fn check_content_type(path: &str, text: &str, problems: &mut Problems) -> bool {
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let simple = text
        .split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    if !simple || text.len() > 60 {
        problems.spec(
            format!("{path}.contentType"),
            format!("{text:?} is no MIME type"),
            "write `type/subtype` without parameters, such as text/x-shellscript",
        );
        return false;
    }
    if text.starts_with("multipart/") && text != MULTIPART {
        problems.spec(
            format!("{path}.contentType"),
            "cloud-init reads no other multipart than multipart/mixed",
            format!("set `contentType: {MULTIPART}`"),
        );
        return false;
    }
    true
}
