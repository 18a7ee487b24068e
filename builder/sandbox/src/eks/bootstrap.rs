//! Whether the user data of an own image can make a node join at all. EKS merges nothing into it, so what
//! starts the kubelet has to be there (EKS user guide, "Specifying an AMI"). Only clear cases are told:
//! whatever cannot be read here may join.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::user_data::{self, Part};

/// What a script or a cloud-config has in it that starts a node: AL2's `bootstrap.sh`, Windows'
/// `Start-EKSBootstrap.ps1`, nodeadm where somebody runs it by hand, and base64, which may hide any of them.
/// A script of the image's own that starts a node under another name is not recognized.
const STARTERS: [&str; 4] = ["bootstrap", "nodeadm", "b64", "base64"];

/// Whether nodes with this user data, as a launch template holds it, certainly never join.
pub(super) fn never_joins(base64: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(base64) else {
        return false;
    };
    !bytes_may_join(&bytes, None)
}

/// Compressed data is not looked into: both cloud-init and nodeadm unpack it.
fn bytes_may_join(bytes: &[u8], content_type: Option<&str>) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return true;
    };
    let text = text.replace("\r\n", "\n");
    match content_type {
        Some(content_type) => part_may_join(&text, content_type),
        None if user_data::has_mime_head(&text) => match user_data::parts(&text) {
            Some(parts) => parts.iter().any(encoded_may_join),
            None => true,
        },
        None => text_may_join(&text),
    }
}

fn encoded_may_join(part: &Part) -> bool {
    let content_type = part.header("Content-Type").unwrap_or("text/plain");
    let encoding = part
        .header("Content-Transfer-Encoding")
        .map_or_else(|| "7bit".to_owned(), str::to_ascii_lowercase);
    match encoding.as_str() {
        "7bit" | "8bit" | "binary" => bytes_may_join(part.body.as_bytes(), Some(content_type)),
        "base64" => {
            let packed: String = part.body.split_whitespace().collect();
            STANDARD
                .decode(packed)
                .map_or(true, |bytes| bytes_may_join(&bytes, Some(content_type)))
        }
        _ => true,
    }
}

/// By the types that cloud-init and nodeadm know. A part handler, an include and a template make what
/// nobody can see from here, as do parts of other kinds.
fn part_may_join(text: &str, content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    match kind.trim().to_ascii_lowercase().as_str() {
        "application/node.eks.aws" => has_cluster(text),
        // cloud-init takes these for what their first line says
        "text/plain" | "text/x-shellscript" => text_may_join(text),
        "text/x-shellscript-per-boot"
        | "text/x-shellscript-per-instance"
        | "text/x-shellscript-per-once"
        | "text/cloud-boothook"
        | "text/cloud-config" => starts_a_node(text),
        _ => true,
    }
}

/// Of text without a type: its first line tells what it is.
fn text_may_join(text: &str) -> bool {
    let text = text.trim_start();
    let known = [
        "#!",
        "#cloud-config\n",
        "#cloud-boothook",
        "<powershell",
        "<script",
    ];
    if known.iter().any(|head| text.starts_with(head)) {
        return starts_a_node(text);
    }
    if text.is_empty() {
        return false;
    }
    let mut lines = text.lines().map(str::trim_start);
    if lines
        .clone()
        .any(|line| line.starts_with("kind: NodeConfig"))
    {
        return has_cluster(text);
    }
    if lines.any(|line| line.starts_with("[settings")) {
        // Bottlerocket's TOML; settings of kubernetes may be a table or dotted keys
        return without_comments(text).contains("kubernetes");
    }
    true
}

fn starts_a_node(text: &str) -> bool {
    // cloud-init fills in templates, whatever the part's type
    if text.trim_start().starts_with("## template:") {
        return true;
    }
    let text = without_comments(text).to_ascii_lowercase();
    STARTERS.iter().any(|starter| text.contains(starter))
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a NodeConfig says which cluster to join. Without that nodeadm has nothing to go by; whether all is
/// there that it asks of a cluster is not checked.
fn has_cluster(yaml: &str) -> bool {
    for document in serde_yaml::Deserializer::from_str(yaml) {
        let Ok(config) = serde_yaml::Value::deserialize(document) else {
            return true;
        };
        let cluster = config.get("spec").and_then(|spec| spec.get("cluster"));
        if cluster.is_some_and(|cluster| !cluster.is_null()) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE_CONFIG: &str = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  ";

    /// MIME with one part.
    fn mime(headers: &str, body: &str) -> String {
        format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n{headers}\n\n{body}\n--b--\n"
        )
    }

    #[test]
    fn only_clear_cases_never_join() {
        let joins = format!("{NODE_CONFIG}cluster: {{name: demo}}\n");
        let alone = format!("{NODE_CONFIG}kubelet: {{config: {{maxPods: 8}}}}\n");
        let node = "Content-Type: application/node.eks.aws";
        let shell = "Content-Type: text/x-shellscript; charset=\"us-ascii\"";
        let packed = |headers: &str, body: &str| {
            let headers = format!("{headers}\nContent-Transfer-Encoding: base64");
            mime(&headers, &STANDARD.encode(body))
        };
        let al2 = "#!/bin/bash\n/etc/eks/bootstrap.sh demo\n";
        let other = |kind: &str| mime(&format!("Content-Type: {kind}"), "x");
        // user data → whether it never joins
        let cases = [
            (String::new(), true),
            (joins.clone(), false),
            (alone.clone(), true),
            (mime(node, &joins), false),
            (mime(node, &joins).replace('\n', "\r\n"), false),
            (mime(node, &alone), true),
            (mime(node, "kind: [unreadable"), false),
            (
                mime(
                    &format!("{node}\nX: y"),
                    &format!("---\n{alone}---\n{joins}"),
                ),
                false,
            ),
            (packed(node, &joins), false),
            (packed(node, &alone), true),
            (packed(shell, al2), false),
            (packed(shell, "#!/bin/bash\necho hello\n"), true),
            (
                mime(&format!("{shell}\nContent-Transfer-Encoding: base64"), "*"),
                false,
            ),
            (
                mime(
                    &format!("{shell}\nContent-Transfer-Encoding: quoted-printable"),
                    "x",
                ),
                false,
            ),
            (al2.to_owned(), false),
            ("#!/bin/bash\nnodeadm init\n".to_owned(), false),
            (
                "#!/bin/bash\n# no bootstrap.sh here\necho hello\n".to_owned(),
                true,
            ),
            (mime(shell, "#!/bin/bash\necho hello"), true),
            // a part without a type is text/plain
            (mime("X: y", "#!/bin/bash\necho hello"), true),
            (
                "[settings.kubernetes]\ncluster-name = \"demo\"\n".to_owned(),
                false,
            ),
            (
                "[settings]\nkubernetes.cluster-name = \"demo\"\n".to_owned(),
                false,
            ),
            (
                "[settings.host-containers.admin]\nenabled = true\n".to_owned(),
                true,
            ),
            (
                "<powershell>\n& Start-EKSBootstrap.ps1\n</powershell>".to_owned(),
                false,
            ),
            (
                "<powershell>\nWrite-Host hello\n</powershell>".to_owned(),
                true,
            ),
            (
                "#cloud-config\nruncmd: [/etc/eks/bootstrap.sh demo]\n".to_owned(),
                false,
            ),
            ("#cloud-config\npackages: [jq]\n".to_owned(), true),
            ("#include\nhttps://example.com/x\n".to_owned(), false),
            ("something else".to_owned(), false),
            (other("text/part-handler"), false),
            (other("text/x-include-url"), false),
            (other("text/jinja2"), false),
            (other("text/x-new"), false),
            (other("text/cloud-config"), true),
            (
                mime(
                    "Content-Type: text/cloud-config",
                    "## template: jinja\n#cloud-config\nx: y",
                ),
                false,
            ),
            (
                "#cloud-config\nwrite_files: [{encoding: b64, content: eA==}]\n".to_owned(),
                false,
            ),
            ("MIME-Version: 1.0\nbroken".to_owned(), false),
        ];
        for (text, expected) in cases {
            assert_eq!(never_joins(&STANDARD.encode(&text)), expected, "{text}");
        }
        assert!(!never_joins(&STANDARD.encode([0x1f, 0x8b, 8, 0])));
        assert!(!never_joins("not base64!"));
    }
}
