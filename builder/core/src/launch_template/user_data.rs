//! Reads user data that exists: ours, or whatever somebody put into a launch template.
//!
//! It is as tolerant as cloud-init's reader, because what is met here already runs somewhere: no blank
//! line between a part's headers and its body (EKS writes that), CRLF, missing MIME-Version, unquoted
//! boundaries, nested multiparts. It never fails; what cannot be taken apart is one part.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::UserDataBlob;

/// Nested multiparts deeper than this are left as they are.
const MAX_DEPTH: usize = 4;

#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    pub form: Form,
    /// The raw bytes, after base64.
    pub bytes: Vec<u8>,
    pub parts: Vec<DecodedPart>,
}

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Multipart,
    /// One document: a script, a cloud-config, TOML…
    Plain,
    Gzip,
    /// The text in the launch template is not base64 at all.
    NotBase64,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DecodedPart {
    /// In lower case and without parameters.
    pub content_type: String,
    /// After the transfer encoding is undone.
    pub body: Vec<u8>,
}

// User data can hold secrets: Debug shows sizes, never content.
impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Decoded({:?}, {} bytes, {:?})",
            self.form,
            self.bytes.len(),
            self.parts
        )
    }
}

impl fmt::Debug for DecodedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DecodedPart({}, {} bytes)",
            self.content_type,
            self.body.len()
        )
    }
}

/// Takes user data of a launch template apart.
pub fn decode(blob: &UserDataBlob) -> Decoded {
    let text: String = blob.0.split_ascii_whitespace().collect();
    match STANDARD.decode(text) {
        Ok(bytes) => decode_bytes(bytes),
        Err(_) => {
            let bytes = blob.0.clone().into_bytes();
            let parts = vec![plain(&bytes)];
            Decoded {
                form: Form::NotBase64,
                bytes,
                parts,
            }
        }
    }
}

fn decode_bytes(bytes: Vec<u8>) -> Decoded {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let parts = vec![DecodedPart {
            content_type: "application/gzip".to_owned(),
            body: bytes.clone(),
        }];
        return Decoded {
            form: Form::Gzip,
            bytes,
            parts,
        };
    }
    let mut parts = Vec::new();
    let multipart = starts_with_headers(&bytes) && collect(&bytes, 0, &mut parts);
    if multipart {
        return Decoded {
            form: Form::Multipart,
            bytes,
            parts,
        };
    }
    let parts = if bytes.is_empty() {
        Vec::new()
    } else {
        vec![plain(&bytes)]
    };
    Decoded {
        form: Form::Plain,
        bytes,
        parts,
    }
}

/// A document without headers; its type is told by its first line, as cloud-init does.
fn plain(body: &[u8]) -> DecodedPart {
    let kinds: [(&[u8], &str); 5] = [
        (b"#!", "text/x-shellscript"),
        (b"#cloud-config", "text/cloud-config"),
        (b"#cloud-boothook", "text/cloud-boothook"),
        (b"#include", "text/x-include-url"),
        (b"<powershell>", "text/x-powershell"),
    ];
    // EC2Launch finds its tag behind blanks too.
    let start = match body.trim_ascii_start() {
        trimmed if trimmed.starts_with(b"<") => trimmed,
        _ => body,
    };
    let kind = kinds.iter().find(|(first, _)| start.starts_with(first));
    let content_type = match kind {
        Some((_, name)) => *name,
        None if is_bottlerocket(body) => "application/toml",
        None => "text/plain",
    };
    let content_type = content_type.to_owned();
    DecodedPart {
        content_type,
        body: body.to_vec(),
    }
}

/// Bottlerocket's user data: TOML with a table `settings`.
fn is_bottlerocket(body: &[u8]) -> bool {
    let document = std::str::from_utf8(body).ok();
    let document = document.and_then(|text| toml::from_str::<toml::Table>(text).ok());
    document.is_some_and(|table| table.get("settings").is_some_and(toml::Value::is_table))
}

fn starts_with_headers(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(bytes.get(..13).unwrap_or(bytes)).to_ascii_lowercase();
    start.starts_with("mime-version:") || start.starts_with("content-type:")
}

/// Adds the parts of the multipart document `bytes`; false if it is none.
fn collect(bytes: &[u8], depth: usize, parts: &mut Vec<DecodedPart>) -> bool {
    let (headers, body) = split_headers(bytes);
    let Some(boundary) = headers.boundary() else {
        return false;
    };
    for section in sections(body, &boundary) {
        let (headers, body) = split_headers(section);
        if depth < MAX_DEPTH && headers.boundary().is_some() && collect(section, depth + 1, parts) {
            continue;
        }
        parts.push(DecodedPart {
            content_type: headers.content_type(),
            body: headers.decoded(body),
        });
    }
    true
}

/// Header fields, names in lower case.
struct Headers(Vec<(String, String)>);

impl Headers {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
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

    fn boundary(&self) -> Option<String> {
        if !self.content_type().starts_with("multipart/") {
            return None;
        }
        let parameters = self.get("content-type")?.split(';').skip(1);
        let mut pairs = parameters.filter_map(|parameter| parameter.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
        let value = value.trim().trim_matches('"');
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn decoded(&self, body: &[u8]) -> Vec<u8> {
        let encoding = self.get("content-transfer-encoding").unwrap_or_default();
        if !encoding.trim().eq_ignore_ascii_case("base64") {
            return body.to_vec();
        }
        let text: Vec<u8> = body
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        STANDARD.decode(text).unwrap_or_else(|_| body.to_vec())
    }
}

fn split_headers(bytes: &[u8]) -> (Headers, &[u8]) {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut rest = bytes;
    while let Some((line, tail)) = split_line(rest) {
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() {
            return (Headers(fields), tail);
        }
        if text.starts_with([' ', '\t']) {
            let Some((_, value)) = fields.last_mut() else {
                break;
            };
            value.push(' ');
            value.push_str(text.trim());
        } else {
            let Some((name, value)) = header_field(&text) else {
                break;
            };
            fields.push((name, value));
        }
        rest = tail;
    }
    (Headers(fields), rest)
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

/// What stands between the boundary lines, without the line break that belongs to the next boundary.
fn sections<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let closing = format!("--{boundary}--");
    let mut sections = Vec::new();
    let mut start = None;
    let mut offset = 0;
    while let Some((line, rest)) = split_line(body.get(offset..).unwrap_or_default()) {
        let next = body.len() - rest.len();
        let line = line.trim_ascii_end();
        if line == delimiter.as_bytes() || line == closing.as_bytes() {
            if let Some(start) = start {
                sections.push(without_line_end(
                    body.get(start..offset).unwrap_or_default(),
                ));
            }
            if line == closing.as_bytes() {
                return sections;
            }
            start = Some(next);
        }
        offset = next;
    }
    if let Some(start) = start {
        sections.push(body.get(start..).unwrap_or_default());
    }
    sections
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
