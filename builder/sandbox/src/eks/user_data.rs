//! What EKS asks of user data that it merges with its own: for Amazon Linux, MIME multipart; for Bottlerocket,
//! TOML; for Windows, PowerShell (EKS user guide, "Customize managed nodes with launch templates").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use toml::{Table, Value};

/// Whether user data, as a launch template holds it, is plain text in MIME multipart form: headers from the
/// first byte on, MIME-Version and a boundary among them, and a part that begins with the boundary.
/// Compressed user data is not (terraform-provider-aws#15007).
pub(super) fn is_multipart(base64: &str) -> bool {
    text(base64).is_some_and(|text| has_parts(&text))
}

/// Whether user data is TOML that EKS's own parser can read. It is stricter than TOML: no quotes in quoted
/// keys, no escaped quotes in values, no arrays of mixed types, no quoted keys in a table's header (EKS user
/// guide, on Bottlerocket in launch templates).
pub(super) fn is_toml(base64: &str) -> bool {
    let Some(text) = text(base64) else {
        return false;
    };
    let Ok(table) = text.parse::<Table>() else {
        return false;
    };
    let quoted = |line: &str| line.contains(['"', '\'']);
    let header =
        |line: &str| line.starts_with('[') && line.ends_with(']') && line.parse::<Table>().is_ok();
    let mut lines = text.lines().map(str::trim);
    !lines.any(|line| line.contains("\\\"") || (header(line) && quoted(line))) && plain(&table)
}

fn plain(table: &Table) -> bool {
    table
        .iter()
        .all(|(key, value)| !key.contains(['"', '\'']) && plain_value(value))
}

fn plain_value(value: &Value) -> bool {
    match value {
        Value::Table(table) => plain(table),
        Value::Array(items) => {
            let same = |pair: &[Value]| pair[0].same_type(&pair[1]);
            items.windows(2).all(same) && items.iter().all(plain_value)
        }
        _ => true,
    }
}

/// Whether user data is PowerShell that EKS can put its own after. A template that starts the node itself is
/// refused here: the user guide forbids it, and what EKS does about it is not attested.
pub(super) fn is_powershell(base64: &str) -> bool {
    let Some(text) = text(base64) else {
        return false;
    };
    let text = text.to_ascii_lowercase();
    let text = text.trim();
    text.starts_with("<powershell>")
        && text.contains("</powershell>")
        && !text.contains("start-eksbootstrap")
}

/// User data as plain text with `\n` line ends.
fn text(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    Some(String::from_utf8(bytes).ok()?.replace("\r\n", "\n"))
}

fn has_parts(text: &str) -> bool {
    text.split_once("\n\n")
        .and_then(|(head, _)| headers(head))
        .is_some_and(|headers| header(&headers, "MIME-Version").is_some())
        && raw_parts(text).is_some_and(|parts| !parts.is_empty())
}

/// One part of a message, still in its transfer encoding.
pub(super) struct Part {
    headers: Headers,
    pub body: String,
}

impl Part {
    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        header(&self.headers, wanted)
    }
}

type Headers = Vec<(String, String)>;

/// Whether text claims to be MIME, by its first line.
pub(super) fn has_mime_head(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let name = line.split_once(':').map_or("", |(name, _)| name);
    ["MIME-Version", "Content-Type"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The parts of a multipart message with `\n` line ends; none if it is not one, or a part is not readable.
pub(super) fn parts(text: &str) -> Option<Vec<Part>> {
    raw_parts(text)?.iter().map(|raw| part(raw)).collect()
}

fn raw_parts(text: &str) -> Option<Vec<String>> {
    let (head, body) = text.split_once("\n\n")?;
    let head = headers(head)?;
    let boundary = boundary(header(&head, "Content-Type")?)?;
    let (next, end) = (format!("--{boundary}"), format!("--{boundary}--"));
    let mut parts: Vec<String> = Vec::new();
    for line in body.lines() {
        if line.trim_end() == end {
            break;
        }
        if line.trim_end() == next {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    Some(parts)
}

/// A part that begins with an empty line has no headers.
fn part(text: &str) -> Option<Part> {
    let (head, body) = match text.strip_prefix('\n') {
        Some(body) => ("", body),
        None => text.split_once("\n\n").unwrap_or((text, "")),
    };
    Some(Part {
        headers: headers(head)?,
        body: body.to_owned(),
    })
}

fn headers(head: &str) -> Option<Headers> {
    // a folded header line belongs to the one before it
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    head.lines()
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn header<'h>(headers: &'h Headers, wanted: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.as_str())
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: text/x-shellscript\n\n#!/bin/bash\n--//--\n";

    #[test]
    fn only_plain_multipart_passes() {
        let cases = [
            (GOOD.to_owned(), true),
            (GOOD.replace('\n', "\r\n"), true),
            (GOOD.replace("; boundary", ";\n boundary"), true),
            (GOOD.replace("MIME-Version: 1.0\n", ""), false),
            (format!("\n{GOOD}"), false),
            (GOOD.replace("\n--//\n", "\n--other\n"), false),
            (
                GOOD.replace("multipart/mixed; boundary=\"//\"", "text/plain"),
                false,
            ),
            ("#!/bin/bash\necho hello\n".to_owned(), false),
            (String::new(), false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_multipart(&STANDARD.encode(&text)), expected, "{text:?}");
        }
        assert!(!is_multipart(&STANDARD.encode([0x1f, 0x8b, 8, 0])));
        assert!(!is_multipart("not base64!"));
    }

    #[test]
    fn eks_reads_less_than_all_of_toml() {
        let cases = [
            ("[settings.kubernetes]\nmax-pods = 58\n", true),
            ("settings.host-containers.admin.enabled = true\r\n", true),
            ("[settings]\na = [\n  \"x\",\n  \"y\",\n]\n", true),
            ("[settings.kubernetes]\n[settings.kubernetes]\n", false),
            ("[settings.kubernetes]\nmax-pods: 58\n", false),
            ("#!/bin/bash\necho hello\n", false),
            ("[settings]\na = [1, \"x\"]\n", false),
            ("[settings]\na = [1, 2.0]\n", false),
            ("[settings]\na = \"say \\\"x\\\"\"\n", false),
            ("[settings.\"node-labels\"]\na = \"x\"\n", false),
            ("[settings]\n\"a'b\" = \"x\"\n", false),
            ("[settings.kernel.sysctl]\n\"net.core\" = \"1\"\n", true),
        ];
        for (text, expected) in cases {
            assert_eq!(is_toml(&STANDARD.encode(text)), expected, "{text}");
        }
        assert!(!is_toml("not base64!"));
    }

    #[test]
    fn powershell_has_its_tags_and_leaves_the_bootstrap_to_eks() {
        let cases = [
            ("<powershell>\nWrite-Host 1\n</powershell>\n", true),
            ("<PowerShell>\r\nWrite-Host 1\r\n</PowerShell>", true),
            ("<powershell>\nWrite-Host 1\n", false),
            ("Write-Host 1\n", false),
            ("#!/bin/bash\n", false),
            (
                "<powershell>\n& \"Start-EKSBootstrap.ps1\" -EKSClusterName x\n</powershell>",
                false,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(is_powershell(&STANDARD.encode(text)), expected, "{text}");
        }
        assert!(!is_powershell(&STANDARD.encode([0xff, 0xfe])));
    }
}
