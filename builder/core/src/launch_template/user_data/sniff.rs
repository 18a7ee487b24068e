//! What a document is, by how it begins. cloud-init looks at the beginning of parts that are `text/plain`
//! or `text/x-shellscript`, and of user data without headers (cloudinit/handlers, `type_from_starts_with`).

use crate::render::{NODE_CONFIG, POWERSHELL, TOML};

/// The longest first, as cloud-init compares them: after blanks, in any case.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"#cloud-config-archive", "text/cloud-config-archive"),
    (b"#cloud-config-jsonp", "text/cloud-config-jsonp"),
    (b"## template: jinja", "text/jinja2"),
    (b"#cloud-boothook", "text/cloud-boothook"),
    (b"#cloud-config", "text/cloud-config"),
    (b"#include-once", "text/x-include-once-url"),
    (b"#part-handler", "text/part-handler"),
    (b"#include", "text/x-include-url"),
    (b"#!", "text/x-shellscript"),
];

/// The types whose content cloud-init takes for gzip.
const GZIP_TYPES: &[&str] = &[
    "application/gzip",
    "application/gzip-compressed",
    "application/gzipped",
    "application/x-compress",
    "application/x-compressed",
    "application/x-gunzip",
    "application/x-gzip",
    "application/x-gzip-compressed",
];

pub(super) fn is_gzip_type(content_type: &str) -> bool {
    GZIP_TYPES.contains(&content_type)
}

/// What cloud-init takes a body for; none if nothing in it says so.
pub(super) fn by_beginning(body: &[u8]) -> Option<&'static str> {
    std::str::from_utf8(body).ok()?;
    let start = body.trim_ascii_start();
    let begins = |wanted: &[u8]| {
        start
            .get(..wanted.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(wanted))
    };
    let found = BEGINNINGS.iter().find(|(wanted, _)| begins(wanted));
    found.map(|(_, name)| *name)
}

/// The type that cloud-init gives a part of a declared type.
pub(super) fn taken_for(declared: &str, body: &[u8], unpacked: bool) -> Option<&'static str> {
    let looks = unpacked || matches!(declared, "text/plain" | "text/x-shellscript");
    looks.then(|| by_beginning(body)).flatten()
}

/// The type of a document without headers, whatever reads it.
pub(super) fn of_document(body: &[u8]) -> &'static str {
    // EC2Launch finds its tags behind blanks too.
    let start = body.trim_ascii_start();
    let tag = |name: &[u8]| {
        start
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    if tag(b"<powershell>") || tag(b"<script>") {
        return POWERSHELL;
    }
    if let Some(kind) = by_beginning(body) {
        return kind;
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_settings(text) => TOML,
        Ok(text) if is_node_config(text) => NODE_CONFIG,
        _ => "text/plain",
    }
}

/// Bottlerocket's user data: TOML with a table `settings`.
fn is_settings(text: &str) -> bool {
    let document = toml::from_str::<toml::Table>(text);
    document.is_ok_and(|table| table.get("settings").is_some_and(toml::Value::is_table))
}

/// nodeadm takes a NodeConfig that is the whole user data.
fn is_node_config(text: &str) -> bool {
    let Ok(document) = serde_yaml::from_str::<serde_yaml::Value>(text) else {
        return false;
    };
    let is = |key: &str, wanted: &str| {
        let value = document.get(key).and_then(serde_yaml::Value::as_str);
        value.is_some_and(|value| value.starts_with(wanted))
    };
    is("apiVersion", "node.eks.aws/") && is("kind", "NodeConfig")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_their_beginning() {
        let rows: &[(&str, &str)] = &[
            ("#!/bin/bash\n", "text/x-shellscript"),
            ("\n  #!/bin/bash\n", "text/x-shellscript"),
            ("#Cloud-Config\n", "text/cloud-config"),
            ("#cloud-config-archive\n", "text/cloud-config-archive"),
            ("#include-once\nhttps://x\n", "text/x-include-once-url"),
            ("#include https://x\n", "text/x-include-url"),
            ("#part-handler\n", "text/part-handler"),
            ("## template: jinja\n#cloud-config\n", "text/jinja2"),
            ("\r\n<PowerShell>\r\n", POWERSHELL),
            ("<script>\n", POWERSHELL),
            ("[settings.kubernetes]\n", TOML),
            ("[kubernetes]\n", "text/plain"),
            (
                "---\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n",
                NODE_CONFIG,
            ),
            ("kind: NodeConfig\n", "text/plain"),
            ("\u{feff}#cloud-config\n", "text/plain"),
            ("", "text/plain"),
        ];
        for (text, wanted) in rows {
            assert_eq!(of_document(text.as_bytes()), *wanted, "{text:?}");
        }
        assert_eq!(by_beginning(b"#!\xff"), None);
    }
}
