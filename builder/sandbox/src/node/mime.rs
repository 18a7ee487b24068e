//! MIME messages, as two parsers read them: Go's (`net/mail`, `mime/multipart`), which nodeadm goes by, and
//! Python's (`email`), which cloud-init goes by and which forgives much more.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

type Headers = Vec<(String, String)>;

/// One part of a message, still in its transfer encoding.
pub(crate) struct Part {
    headers: Headers,
    pub body: String,
}

impl Part {
    /// The type without its parameters, in lower case.
    pub(crate) fn kind(&self) -> String {
        let value = header(&self.headers, "Content-Type").unwrap_or("text/plain");
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// The body without its transfer encoding; none where it cannot be told.
    pub(crate) fn decoded(&self) -> Option<Vec<u8>> {
        let encoding = header(&self.headers, "Content-Transfer-Encoding").unwrap_or("7bit");
        match encoding.to_ascii_lowercase().as_str() {
            "7bit" | "8bit" | "binary" => Some(self.body.clone().into_bytes()),
            "base64" => {
                let packed: String = self.body.split_whitespace().collect();
                STANDARD.decode(packed).ok()
            }
            _ => None,
        }
    }
}

/// What Go makes of a text with `\n` line ends.
pub(crate) enum Go {
    /// it is no multipart message
    Other,
    /// it is one, and reading it ends in an error
    Broken,
    Parts(Vec<Part>),
}

/// Reads as Go does. A header without a colon, or one that is not ended by an empty line, is an error: outside,
/// the whole is no message then; in a part, the reading ends there. So it does without the closing boundary.
pub(crate) fn go(text: &str) -> Go {
    let Some((head, body)) = strict_head(text) else {
        return Go::Other;
    };
    let content_type = header(&head, "Content-Type").unwrap_or_default();
    let Some(boundary) =
        boundary(content_type).filter(|found| found.quoted || is_token(found.text))
    else {
        return Go::Other;
    };
    let (parts, closed) = split(body, boundary.text);
    let parts: Option<Vec<Part>> = parts
        .iter()
        .map(|raw| {
            let (headers, body) = strict_head(raw)?;
            let body = body.to_owned();
            Some(Part { headers, body })
        })
        .collect();
    match parts {
        Some(parts) if closed => Go::Parts(parts),
        Some(_) | None => Go::Broken,
    }
}

/// Reads as Python does: headers end at the first line that is none, with or without an empty line, and a
/// message that is not multipart is one part.
pub(crate) fn python(text: &str) -> Vec<Part> {
    let (headers, body) = lenient_head(text);
    let parts = header(&headers, "Content-Type")
        .and_then(boundary)
        .map(|boundary| split(body, boundary.text).0);
    let part = |(headers, body): (Headers, &str)| {
        let body = body.to_owned();
        Part { headers, body }
    };
    match parts {
        Some(parts) => parts.iter().map(|raw| part(lenient_head(raw))).collect(),
        None => vec![part((headers, body))],
    }
}

/// Whether a text is a message with `MIME-Version` among its headers and at least one part, its headers being
/// ended by an empty line.
pub(crate) fn is_multipart(text: &str) -> bool {
    strict_head(text).is_some_and(|(head, body)| {
        let boundary = header(&head, "Content-Type").and_then(boundary);
        header(&head, "MIME-Version").is_some()
            && boundary.is_some_and(|boundary| !split(body, boundary.text).0.is_empty())
    })
}

/// The parts of a multipart message as they stand there, headers and all.
pub(crate) fn raw_parts(text: &str) -> Vec<String> {
    let Some((head, body)) = strict_head(text) else {
        return Vec::new();
    };
    let boundary = header(&head, "Content-Type").and_then(boundary);
    boundary.map_or_else(Vec::new, |boundary| split(body, boundary.text).0)
}

/// The raw parts, and whether the closing boundary was there.
fn split(body: &str, boundary: &str) -> (Vec<String>, bool) {
    let (next, end) = (format!("--{boundary}"), format!("--{boundary}--"));
    let mut parts: Vec<String> = Vec::new();
    for line in body.lines() {
        if line.trim_end() == end {
            return (parts, true);
        }
        if line.trim_end() == next {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    (parts, false)
}

fn strict_head(text: &str) -> Option<(Headers, &str)> {
    let (headers, rest) = head(text);
    let body = rest.strip_prefix('\n')?;
    Some((headers, body))
}

fn lenient_head(text: &str) -> (Headers, &str) {
    let (headers, rest) = head(text);
    (headers, rest.strip_prefix('\n').unwrap_or(rest))
}

/// The header lines at the start of a text, and what comes after them.
fn head(text: &str) -> (Headers, &str) {
    let mut headers: Headers = Vec::new();
    let mut rest = text;
    while let Some(line) = rest.split_inclusive('\n').next() {
        let content = line.trim_end_matches('\n');
        // a folded line belongs to the header before it
        if content.starts_with([' ', '\t']) {
            let Some((_, value)) = headers.last_mut() else {
                break;
            };
            value.push(' ');
            value.push_str(content.trim());
        } else {
            let name = content.split_once(':').filter(|(name, _)| is_name(name));
            let Some((name, value)) = name else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        rest = &rest[line.len()..];
    }
    (headers, rest)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

fn header<'h>(headers: &'h Headers, wanted: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.as_str())
}

struct Boundary<'t> {
    text: &'t str,
    quoted: bool,
}

fn boundary(content_type: &str) -> Option<Boundary<'_>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let (value, quoted) = (value.trim().trim_matches('"'), value.contains('"'));
        let found = name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty();
        found.then_some(Boundary {
            text: value,
            quoted,
        })
    })
}

/// What may stand in a parameter without quotes (RFC 2045, section 5.1). Go holds to it.
fn is_token(text: &str) -> bool {
    let special = |byte: u8| b"()<>@,;:\\\"/[]?=".contains(&byte);
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !special(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript\n\n#!/bin/bash\n--//--\n";

    fn of_go(text: &str) -> &'static str {
        match go(text) {
            Go::Other => "other",
            Go::Broken => "broken",
            Go::Parts(_) => "parts",
        }
    }

    #[test]
    fn go_is_stricter_than_python() {
        let script = ("text/x-shellscript".to_owned(), "#!/bin/bash\n".to_owned());
        // text, what Go says, the number of parts that Python finds
        let cases = [
            (GOOD.to_owned(), "parts", Some(1)),
            (GOOD.replace("MIME-Version: 1.0\n", ""), "parts", Some(1)),
            (GOOD.replace("; boundary", ";\n boundary"), "parts", Some(1)),
            // no empty line before the first boundary
            (GOOD.replace("\"//\"\n\n", "\"//\"\n"), "other", Some(1)),
            (GOOD.replace("\"//\"", "//"), "other", Some(1)),
            // no empty line between a part's headers and its body
            (GOOD.replace("\n\n#!", "\n#!"), "broken", Some(1)),
            (GOOD.replace("--//--\n", ""), "broken", Some(1)),
            (format!("\n{GOOD}"), "other", None),
            (GOOD.replace("multipart/mixed", "text/plain"), "other", None),
        ];
        for (text, expected, found) in cases {
            assert_eq!(of_go(&text), expected, "{text}");
            let parts: Vec<_> = python(&text)
                .into_iter()
                .map(|part| (part.kind(), part.body))
                .collect();
            match found {
                Some(_) => assert_eq!(parts, std::slice::from_ref(&script), "{text}"),
                None => assert_ne!(parts, std::slice::from_ref(&script), "{text}"),
            }
        }
    }

    #[test]
    fn a_body_loses_its_transfer_encoding() {
        let rows = [
            ("base64", "IyE=\n", Some("#!")),
            ("BASE64", "Iy\nE=\n", Some("#!")),
            ("base64", "*\n", None),
            ("8bit", "#!\n", Some("#!\n")),
            ("quoted-printable", "#!\n", None),
        ];
        for (encoding, body, expected) in rows {
            let text = format!("Content-Transfer-Encoding: {encoding}\n\n{body}");
            let decoded = python(&text).remove(0).decoded();
            assert_eq!(
                decoded.as_deref(),
                expected.map(str::as_bytes),
                "{encoding}"
            );
        }
    }
}
