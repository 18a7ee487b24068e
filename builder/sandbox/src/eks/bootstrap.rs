//! Whether the user data of an own image can make a node join at all. EKS merges nothing into it, so what
//! starts the kubelet has to be there (EKS user guide, "Specifying an AMI"). Only clear cases are told:
//! whatever cannot be read here may join.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::user_data::{self, Part};
use crate::world::Image;

/// What a script or a cloud-config has in it that starts a node: AL2's `bootstrap.sh`, Windows'
/// `Start-EKSBootstrap.ps1`, nodeadm where somebody runs it by hand, and base64, which may hide any of them.
/// A script of the image's own that starts a node under another name is not recognized.
const STARTERS: [&str; 4] = ["bootstrap", "nodeadm", "b64", "base64"];

/// Whether nodes of this image with this user data, as a launch template holds it, certainly never join.
pub(super) fn never_joins(image: &Image, base64: &str) -> bool {
    let Ok(bytes) = STANDARD.decode(base64) else {
        return false;
    };
    let may_join = match std::str::from_utf8(&bytes) {
        Ok(text) if image.platform.is_some() => windows_may_join(text),
        // a copy under another name is taken for what its user data looks like
        Ok(text) if image.name.starts_with("bottlerocket-") => bottlerocket_may_join(text),
        Ok(text) if runs_cloud_init(image) && of_another_system(text) => false,
        _ => bytes_may_join(&bytes, None),
    };
    !may_join
}

/// Whether an image is certainly of Amazon Linux or Ubuntu, by the names of those that are public.
fn runs_cloud_init(image: &Image) -> bool {
    let names = ["amazon-eks-", "ubuntu-eks"];
    names.iter().any(|name| image.name.starts_with(name))
}

/// Whether user data is of Windows or Bottlerocket: cloud-init and nodeadm make nothing of either.
fn of_another_system(text: &str) -> bool {
    let windows = ["<powershell", "<script"];
    windows
        .iter()
        .any(|head| text.trim_start().starts_with(head))
        || text
            .parse::<toml::Table>()
            .is_ok_and(|table| table.contains_key("settings"))
}

/// Windows runs what stands between its tags. What loads or decodes a script may do anything.
fn windows_may_join(text: &str) -> bool {
    let text = without_comments(text).to_ascii_lowercase();
    let runs = text.contains("<powershell>") || text.contains("<script>");
    let hidden = ["frombase64string", "invoke-expression", "iex", "@"];
    let starts = text.contains("start-eksbootstrap") && text.contains("-eksclustername");
    runs && (starts || hidden.iter().any(|word| text.contains(word)))
}

/// Bottlerocket takes TOML, or the same compressed, and needs these three to join (Bottlerocket,
/// QUICKSTART-EKS, "Self-managed nodes").
fn bottlerocket_may_join(text: &str) -> bool {
    let Ok(settings) = text.parse::<toml::Table>() else {
        return false;
    };
    let kubernetes = settings
        .get("settings")
        .and_then(|settings| settings.get("kubernetes"));
    ["cluster-name", "api-server", "cluster-certificate"]
        .iter()
        .all(|key| kubernetes.is_some_and(|kubernetes| kubernetes.get(key).is_some()))
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
        return bottlerocket_may_join(text);
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
    use crate::seed::Seed;
    use crate::world::World;

    const NODE_CONFIG: &str = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  ";

    /// What Bottlerocket needs to join.
    const JOIN: &str =
        "cluster-name = \"demo\"\napi-server = \"https://x\"\ncluster-certificate = \"eA==\"\n";

    fn image(name: &str, platform: Option<&str>) -> Image {
        let world = World::from_seed(&Seed::builtin());
        let view = world.view("111122223333", "us-east-1");
        let any = view.images().next().expect("a public image");
        Image {
            name: name.to_owned(),
            platform: platform.map(str::to_owned),
            ..any.clone()
        }
    }

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
            (format!("[settings.kubernetes]\n{JOIN}"), false),
            (
                format!(
                    "[settings]\nkubernetes.{}",
                    JOIN.replace("\n", "\nkubernetes.")
                        .trim_end_matches("kubernetes.")
                ),
                false,
            ),
            (
                "[settings.kubernetes]\ncluster-name = \"demo\"\n".to_owned(),
                true,
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
            let joins = never_joins(&image("own", None), &STANDARD.encode(&text));
            assert_eq!(joins, expected, "{text}");
        }
        for image in [image("own", None), image("bottlerocket-aws-k8s-1.34", None)] {
            assert!(!never_joins(&image, &STANDARD.encode([0x1f, 0x8b, 8, 0])));
            assert!(!never_joins(&image, "not base64!"));
        }
    }

    #[test]
    fn an_image_that_is_known_asks_for_its_own_bootstrap() {
        let toml = format!("[settings.kubernetes]\n{JOIN}");
        let script = "& \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\"";
        let powershell = |text: &str| format!("<powershell>\n{text}\n</powershell>\n");
        // platform, user data, whether it never joins
        let cases = [
            (None, toml.clone(), false),
            (None, toml.replace("cluster-certificate", "#"), true),
            (None, toml.replace("api-server", "#"), true),
            (None, format!("{toml}{toml}"), true),
            (
                None,
                "#!/bin/bash\n/etc/eks/bootstrap.sh demo\n".to_owned(),
                true,
            ),
            (None, String::new(), true),
            (
                Some("windows"),
                powershell(&format!("{script} -EKSClusterName demo")),
                false,
            ),
            (Some("windows"), powershell(script), true),
            (Some("windows"), powershell("Write-Host hello"), true),
            (
                Some("windows"),
                powershell(&format!("# {script} -EKSClusterName demo")),
                true,
            ),
            (Some("windows"), powershell("iex $downloaded"), false),
            (
                Some("windows"),
                format!("{script} -EKSClusterName demo"),
                true,
            ),
            (
                Some("windows"),
                "#!/bin/bash\n/etc/eks/bootstrap.sh demo\n".to_owned(),
                true,
            ),
        ];
        for (platform, text, expected) in cases {
            let image = image("bottlerocket-aws-k8s-1.34", platform);
            let joins = never_joins(&image, &STANDARD.encode(&text));
            assert_eq!(joins, expected, "{platform:?} {text}");
        }
    }
}
