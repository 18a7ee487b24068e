//! MIME multipart, as both cloud-init (Python's email) and nodeadm (Go's mime/multipart) meet it.

use super::layers::{from_base64, from_quoted_printable, gunzip};
use super::oddity::{Oddity, OddityKind};
use super::sniff::{is_gzip_type, taken_for};
use super::{DecodedPart, Wrapping};
use crate::gzip::is_gzip;
use crate::render::NODE_CONFIG;

/// Nested multiparts deeper than this are left as they are.
const MAX_DEPTH: usize = 4;
/// 16 KiB of boundary lines alone are some thousand parts, and a gzipped one could have a million.
const MAX_PARTS: usize = 1000;
/// Where cloud-init looks for `MIME-Version` (user_data.py, `convert_string`).
const HEAD: usize = 4096;

/// The parts of a multipart document; none if it is something else.
pub(super) fn read(document: &[u8], oddities: &mut Vec<Oddity>) -> Option<Vec<DecodedPart>> {
    let from = headers_start(document)?;
    let message = document.get(from..).unwrap_or_default();
    let (headers, body, separated) = split_headers(message);
    let boundary = headers.boundary()?;
    let mut whole = |kind| oddities.push(Oddity::whole(kind));
    if from > 0 || headers.indented {
        whole(OddityKind::NotAtStart);
    }
    let head = document.get(..HEAD).unwrap_or(document);
    if !contains_ignoring_case(head, b"mime-version:") {
        whole(OddityKind::NoMimeVersion);
    }
    if !separated {
        whole(OddityKind::NoBlankLine);
    }
    if boundary.needs_quotes() {
        whole(OddityKind::UnquotedBoundary);
    }
    if std::str::from_utf8(document).is_err() {
        whole(OddityKind::NotUtf8);
    }
    let mut parts = Vec::new();
    collect(body, &boundary.text, 1, &mut parts, oddities);
    Some(parts)
}

/// Where the headers of a message begin: at the first byte, or behind blank lines. None if what stands there is
/// no header that a multipart document has.
fn headers_start(document: &[u8]) -> Option<usize> {
    let text = document.len() - document.trim_ascii_start().len();
    let blank = document
        .get(..text)?
        .iter()
        .rposition(|byte| *byte == b'\n');
    let from = blank.map_or(0, |line_end| line_end + 1);
    let (line, _) = split_line(document.get(from..)?)?;
    let line = String::from_utf8_lossy(line);
    let (name, _) = header_field(line.trim_start())?;
    let known = [
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "number-attachments",
        "from",
        "to",
        "subject",
        "date",
    ];
    (known.contains(&name.as_str()) || name.starts_with("x-")).then_some(from)
}

/// Adds the parts between the boundary lines of `body`.
fn collect(
    body: &[u8],
    boundary: &str,
    depth: usize,
    parts: &mut Vec<DecodedPart>,
    oddities: &mut Vec<Oddity>,
) {
    let sections = sections(body, boundary);
    for kind in sections.oddities() {
        oddities.push(Oddity::whole(kind));
    }
    for section in sections.parts {
        let (headers, body, separated) = split_headers(section);
        if parts.len() >= MAX_PARTS {
            oddities.push(Oddity::whole(OddityKind::TooManyParts));
            return;
        }
        if let Some(boundary) = headers.boundary().filter(|_| depth < MAX_DEPTH) {
            collect(body, &boundary.text, depth + 1, parts, oddities);
            continue;
        }
        let index = parts.len();
        let mut found = Vec::new();
        if !separated && !body.is_empty() {
            found.push(OddityKind::NoBlankLineInPart);
        }
        if depth > 1 {
            found.push(OddityKind::Nested);
        }
        parts.push(part(&headers, body, depth, &mut found));
        oddities.extend(found.into_iter().map(|kind| Oddity::of(index, kind)));
    }
}

fn part(headers: &Headers, packed: &[u8], depth: usize, odd: &mut Vec<OddityKind>) -> DecodedPart {
    let content_type = headers.content_type();
    let encoding = headers.encoding();
    let body = unencode(encoding.as_deref(), packed, odd);
    let (body, gzip) = unpack(&content_type, body, odd);
    let taken_for =
        taken_for(&content_type, &body, gzip).filter(|name| *name != content_type.as_str());
    if taken_for.is_some() {
        odd.push(OddityKind::TakenForAnotherType);
    }
    DecodedPart {
        wrapping: Wrapping {
            encoding,
            file_name: headers.file_name(),
            taken_for,
            packed: packed.len(),
            gzip,
            depth,
        },
        content_type,
        body,
    }
}

fn unencode(encoding: Option<&str>, packed: &[u8], odd: &mut Vec<OddityKind>) -> Vec<u8> {
    match encoding {
        None | Some("7bit" | "8bit" | "binary") => packed.to_vec(),
        Some("quoted-printable") => from_quoted_printable(packed),
        Some("base64") => from_base64(packed).unwrap_or_else(|| {
            odd.push(OddityKind::BadEncoding);
            packed.to_vec()
        }),
        Some(_) => {
            odd.push(OddityKind::UnknownEncoding);
            packed.to_vec()
        }
    }
}

/// Takes off what a part's own reader takes off: cloud-init gzip where the type says so, nodeadm base64 and gzip
/// of a NodeConfig.
fn unpack(content_type: &str, body: Vec<u8>, odd: &mut Vec<OddityKind>) -> (Vec<u8>, bool) {
    let node_config = content_type == NODE_CONFIG;
    let body = match node_config {
        true => from_base64(&body)
            .filter(|_| !body.is_empty())
            .unwrap_or(body),
        false => body,
    };
    if !is_gzip(&body) {
        return (body, false);
    }
    if !node_config && !is_gzip_type(content_type) {
        odd.push(OddityKind::PackedUnderOtherType);
        return (body, false);
    }
    match gunzip(&body) {
        Ok(unpacked) => (unpacked, true),
        Err(_) => {
            odd.push(OddityKind::PartNotUnpacked);
            (body, false)
        }
    }
}

/// Header fields, names in lower case.
struct Headers {
    fields: Vec<(String, String)>,
    /// The first of them does not begin at the left edge.
    indented: bool,
}

/// A boundary, and whether it was in quotes.
struct Boundary {
    text: String,
    quoted: bool,
}

impl Boundary {
    /// Go refuses what is no token outside of quotes (mime.ParseMediaType); Python does not.
    fn needs_quotes(&self) -> bool {
        let special =
            |byte: u8| b"()<>@,;:\\\"/[]?= \t".contains(&byte) || !byte.is_ascii_graphic();
        !self.quoted && self.text.bytes().any(special)
    }
}

impl Headers {
    fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn content_type(&self) -> String {
        let value = self.get("content-type").unwrap_or("text/plain");
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    fn encoding(&self) -> Option<String> {
        let value = self.get("content-transfer-encoding")?;
        Some(value.trim().to_ascii_lowercase()).filter(|value| !value.is_empty())
    }

    fn boundary(&self) -> Option<Boundary> {
        if !self.content_type().starts_with("multipart/") {
            return None;
        }
        let value = parameter(self.get("content-type")?, "boundary")?;
        let quoted = value.starts_with('"');
        let text = value.trim_matches('"').to_owned();
        (!text.is_empty()).then_some(Boundary { text, quoted })
    }

    fn file_name(&self) -> Option<String> {
        let of = |header: &str, name: &str| {
            let value = parameter(self.get(header)?, name)?;
            Some(value.trim_matches('"').to_owned())
        };
        of("content-disposition", "filename")
            .or_else(|| of("content-type", "name"))
            .filter(|name| !name.is_empty())
    }
}

/// The value of a parameter behind a header's `;`, its quotes still around it.
fn parameter(value: &str, name: &str) -> Option<String> {
    let parameters = value.split(';').skip(1);
    let mut pairs = parameters.filter_map(|parameter| parameter.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned())
}

/// The headers, what follows them, and whether a blank line stands between.
fn split_headers(bytes: &[u8]) -> (Headers, &[u8], bool) {
    let mut headers = Headers {
        fields: Vec::new(),
        indented: false,
    };
    let mut rest = bytes;
    while let Some((line, tail)) = split_line(rest) {
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() {
            return (headers, tail, true);
        }
        let folded = text.starts_with([' ', '\t']);
        // The body of an indented document is what its headers say of it, but for the readers on a node.
        let field = header_field(text.trim_start());
        let indented = headers.indented || headers.fields.is_empty();
        match (folded, headers.fields.last_mut(), field) {
            (true, _, Some(field)) if indented => {
                headers.indented = true;
                headers.fields.push(field);
            }
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(text.trim());
            }
            (false, _, Some(field)) => headers.fields.push(field),
            _ => return (headers, rest, false),
        }
        rest = tail;
    }
    (headers, rest, false)
}

/// `Name: value`; the name is a token (RFC 5322), so that a body's first line rarely passes for a header.
fn header_field(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once(':')?;
    let token = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    token.then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// The line without its end, and what follows.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (
            bytes.get(..at).unwrap_or_default(),
            bytes.get(at + 1..).unwrap_or_default(),
        ),
        None => (bytes, &[][..]),
    };
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// What stands between boundary lines.
struct Sections<'a> {
    parts: Vec<&'a [u8]>,
    before: bool,
    behind: bool,
    closed: bool,
}

impl Sections<'_> {
    fn oddities(&self) -> Vec<OddityKind> {
        if self.parts.is_empty() && !self.closed {
            return vec![OddityKind::NoParts];
        }
        let all = [
            (self.before, OddityKind::BeforeFirst),
            (!self.closed, OddityKind::NotClosed),
            (self.behind, OddityKind::BehindLast),
        ];
        let there = all.into_iter().filter(|(there, _)| *there);
        there.map(|(_, kind)| kind).collect()
    }
}

/// What stands between the boundary lines, without the line break that belongs to the next boundary. A last
/// boundary line that opens a part with nothing in it makes none.
fn sections<'a>(body: &'a [u8], boundary: &str) -> Sections<'a> {
    let delimiter = format!("--{boundary}");
    let closing = format!("--{boundary}--");
    let mut found = Sections {
        parts: Vec::new(),
        before: false,
        behind: false,
        closed: false,
    };
    let mut start = None;
    let mut offset = 0;
    while let Some((line, rest)) = split_line(body.get(offset..).unwrap_or_default()) {
        let next = body.len() - rest.len();
        let line = line.trim_ascii_end();
        if line == delimiter.as_bytes() || line == closing.as_bytes() {
            let section = start.map(|start| body.get(start..offset).unwrap_or_default());
            found.parts.extend(section.map(without_line_end));
            if line == closing.as_bytes() {
                found.closed = true;
                found.behind = !rest.trim_ascii().is_empty();
                return found;
            }
            start = Some(next);
        } else if start.is_none() {
            found.before |= !line.is_empty();
        }
        offset = next;
    }
    let last = start.map(|start| body.get(start..).unwrap_or_default());
    found.parts.extend(last.filter(|last| !last.is_empty()));
    found
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn contains_ignoring_case(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes
        .windows(wanted.len())
        .any(|window| window.eq_ignore_ascii_case(wanted))
}
