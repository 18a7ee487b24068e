//! What EKS asks of user data that it merges with its own: for Amazon Linux, MIME multipart; for Bottlerocket,
//! TOML; for Windows, PowerShell (EKS user guide, "Customize managed nodes with launch templates").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use toml::{Table, Value};

use crate::node::mime;

/// Whether user data, as a launch template holds it, is plain text in MIME multipart form: headers from the
/// first byte on, MIME-Version and a boundary among them, and a part that begins with the boundary.
/// Compressed user data is not (terraform-provider-aws#15007).
pub(super) fn is_multipart(base64: &str) -> bool {
    text(base64).is_some_and(|text| mime::is_multipart(&text))
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
    let header = |line: &str| line.starts_with('[') && line.parse::<Table>().is_ok();
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
pub(super) fn text(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64).ok()?;
    Some(String::from_utf8(bytes).ok()?.replace("\r\n", "\n"))
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
            ("[settings.\"node-labels\"] # quoted\na = \"x\"\n", false),
            ("[[settings.\"a\"]]\na = \"x\"\n", false),
            ("[settings]\n\"a'b\" = \"x\"\n", false),
            ("[settings]\n'a\"b' = \"x\"\n", false),
            ("[settings]\na.\"b'c\".d = \"x\"\n", false),
            ("[settings]\na = [[1], [\"x\"]]\n", true),
            ("[settings]\na = {b = [true, 1]}\n", false),
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
