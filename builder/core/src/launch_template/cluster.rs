//! Which cluster a version boots nodes into, read from its user data.
//!
//! One launch template can serve several clusters, each with versions of its own: a version is no way back
//! for a group of another cluster. What cannot be read names no cluster.

use serde_yaml::Value;

use super::{Data, DecodedPart, decode};

/// The script that joins a node on Amazon Linux 2.
const BOOTSTRAP: &str = "/etc/eks/bootstrap.sh";

/// The cluster that the user data bootstraps for; none with EKS's own bootstrap, which no version holds.
pub fn cluster_of(data: &Data) -> Option<String> {
    let decoded = decode(data.user_data.as_ref()?);
    // nodeadm merges its documents, the later over the earlier (amazon-eks-ami, nodeadm/internal/api/merge.go).
    decoded.parts.iter().rev().find_map(of_part)
}

fn of_part(part: &DecodedPart) -> Option<String> {
    let text = std::str::from_utf8(&part.body).ok()?;
    match part.content_type.as_str() {
        "text/x-shellscript" => of_script(text),
        // nodeadm also takes a NodeConfig that is the whole user data.
        "application/toml" => of_settings(text),
        "text/x-powershell" => of_powershell(text),
        "application/node.eks.aws" | "text/plain" => of_node_config(text),
        _ => None,
    }
}

fn of_node_config(text: &str) -> Option<String> {
    let document: Value = serde_yaml::from_str(text).ok()?;
    let kind = document.get("kind")?.as_str()?;
    let version = document.get("apiVersion")?.as_str()?;
    if kind != "NodeConfig" || !version.starts_with("node.eks.aws/") {
        return None;
    }
    let name = document
        .get("spec")?
        .get("cluster")?
        .get("name")?
        .as_str()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Bottlerocket's settings.
fn of_settings(text: &str) -> Option<String> {
    let document: toml::Table = toml::from_str(text).ok()?;
    let kubernetes = document.get("settings")?.get("kubernetes")?;
    let name = kubernetes.get("cluster-name")?.as_str()?;
    is_cluster_name(name).then(|| name.to_owned())
}

/// What follows the last `-EKSClusterName`; PowerShell does not tell its parameters' case, and takes a colon
/// behind them.
fn of_powershell(text: &str) -> Option<String> {
    const PARAMETER: &str = "-eksclustername";
    let lines = text.lines().rev();
    let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| {
            let at = line.to_ascii_lowercase().rfind(PARAMETER)?;
            line.get(at + PARAMETER.len()..)
        })
        .filter(|rest| rest.starts_with([' ', '\t', ':']))
        .find_map(|rest| {
            let rest = rest.trim_start_matches([' ', '\t', ':']);
            let word = words(rest).into_iter().next()?;
            is_cluster_name(&word).then_some(word)
        })
}

/// The first positional argument of the script's last call of bootstrap.sh.
fn of_script(text: &str) -> Option<String> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = joined.lines().rev();
    lines
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| {
            let (_, arguments) = line.split_once(BOOTSTRAP)?;
            arguments.starts_with([' ', '\t']).then_some(arguments)
        })
        .find_map(positional)
}

/// bootstrap.sh knows `--flag value` alone, and takes everything else for the cluster's name.
fn positional(arguments: &str) -> Option<String> {
    let mut words = words(arguments).into_iter();
    while let Some(word) = words.next() {
        if word.starts_with("--") {
            words.next();
            continue;
        }
        return is_cluster_name(&word).then_some(word);
    }
    None
}

/// What EKS takes for a name. A variable is none: what it stands for is known on the node alone.
fn is_cluster_name(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The words of a command, as the shell splits them, without their quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            (None, ';' | '&' | '|' | '<' | '>' | ')') => break,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::launch_template::UserDataBlob;

    const NODE_CONFIG: &str =
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {cluster: {name: blue}}\n";

    fn of(text: &str) -> Option<String> {
        cluster_of(&Data {
            user_data: Some(UserDataBlob(STANDARD.encode(text))),
            ..Data::default()
        })
    }

    fn parts(parts: &[(&str, &str)]) -> String {
        let mut text =
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"B\"\n\n".to_owned();
        for (kind, body) in parts {
            text.push_str(&format!("--B\nContent-Type: {kind}\n\n{body}\n"));
        }
        text + "--B--\n"
    }

    #[test]
    fn the_cluster_that_user_data_names() {
        let config = "application/node.eks.aws";
        let green = NODE_CONFIG.replace("blue", "green");
        let without = NODE_CONFIG.replace("cluster: {name: blue}", "kubelet: {}");
        let other = NODE_CONFIG.replace("kind: NodeConfig", "kind: Other");
        let rows: &[(&str, String, Option<&str>)] = &[
            ("a document", parts(&[(config, NODE_CONFIG)]), Some("blue")),
            ("the whole user data", NODE_CONFIG.to_owned(), Some("blue")),
            ("the later wins", parts(&[(config, NODE_CONFIG), (config, &green)]), Some("green")),
            ("the later says nothing", parts(&[(config, NODE_CONFIG), (config, &without)]), Some("blue")),
            ("without a cluster", parts(&[(config, &without)]), None),
            ("another kind", parts(&[(config, &other)]), None),
            ("no YAML", parts(&[(config, "a: [b")]), None),
            ("a script first", parts(&[("text/x-shellscript", "#!/bin/sh\nls\n"), (config, NODE_CONFIG)]), Some("blue")),
            ("AL2", "#!/bin/bash\nset -eu\n/etc/eks/bootstrap.sh blue\n".to_owned(), Some("blue")),
            ("AL2, quoted, over lines", "#!/bin/bash\n/etc/eks/bootstrap.sh 'blue' \\\n  --b64-cluster-ca x\n".to_owned(), Some("blue")),
            ("AL2, flags first", "#!/bin/bash\n/etc/eks/bootstrap.sh --kubelet-extra-args '--a=b --c=d' \\\n \"blue\"\n".to_owned(), Some("blue")),
            ("AL2, guarded", "#!/bin/bash\ntest -e x || /etc/eks/bootstrap.sh blue; ls\n".to_owned(), Some("blue")),
            ("AL2, a comment", "#!/bin/bash\n# /etc/eks/bootstrap.sh blue\n".to_owned(), None),
            ("AL2, a variable", "#!/bin/bash\n/etc/eks/bootstrap.sh \"$CLUSTER\"\n".to_owned(), None),
            ("AL2, no argument", "#!/bin/bash\n/etc/eks/bootstrap.sh || exit 1\n".to_owned(), None),
            ("only a mention", "#!/bin/bash\nls /etc/eks/bootstrap.sh\n".to_owned(), None),
            ("a script", "#!/bin/sh\n".to_owned(), None),
            ("Bottlerocket", "[settings.kubernetes]\ncluster-name = \"blue\"\n".to_owned(), Some("blue")),
            ("Bottlerocket, dotted", "settings.kubernetes.cluster-name = 'blue'\n".to_owned(), Some("blue")),
            ("Bottlerocket, merged", "[settings.kubernetes]\nmax-pods = 20\n".to_owned(), None),
            ("other TOML", "[kubernetes]\ncluster-name = \"blue\"\n".to_owned(), None),
            ("Windows", "<powershell>\n& \"$env:X\" `\n  -EKSClusterName 'blue' `\n  -ServiceCIDR 'x'\n</powershell>\n".to_owned(), Some("blue")),
            ("Windows, on one line", "\r\n<powershell>\r\n& $x -eksclustername:\"blue\" 3>&1\r\n</powershell>".to_owned(), Some("blue")),
            ("Windows, a comment", "<powershell>\n# & $x -EKSClusterName blue\n</powershell>".to_owned(), None),
            ("Windows, a variable", "<powershell>\n& $x -EKSClusterName $name\n</powershell>".to_owned(), None),
            ("Windows, merged", "<powershell>\nGet-Date\n</powershell>".to_owned(), None),
            ("nothing", String::new(), None),
        ];
        for (name, text, wanted) in rows {
            assert_eq!(of(text).as_deref(), *wanted, "{name}");
        }
        assert_eq!(cluster_of(&Data::default()), None);
        let unreadable = Data {
            user_data: Some(UserDataBlob("no base64!".to_owned())),
            ..Data::default()
        };
        assert_eq!(cluster_of(&unreadable), None);
    }
}
