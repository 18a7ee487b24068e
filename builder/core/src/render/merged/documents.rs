//! The merged document of each reader.

use serde::Serialize;
use serde_json::{Value, json};
use toml::Table;

use super::Eks;
use crate::desired::RenderedPart;
use crate::render::merge;
use crate::render::mime::encode;
use crate::render::templates::{Format, fill};
use crate::render::{NODE_CONFIG, yaml};

/// The boundary that EKS packs with (terraform-aws-eks#2955, #1770).
const BOUNDARY: &str = "//";

const AL2: &str = include_str!("../../../../../userdata/merged/al2.sh.hbs");
const WINDOWS: &str = include_str!("../../../../../userdata/merged/windows.ps1.hbs");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    cluster: &'a str,
    endpoint: &'a str,
    certificate_authority: &'a str,
    cluster_dns: &'a str,
    kubelet_extra_args: String,
}

fn context<'a>(eks: &'a Eks<'_>, more: &str) -> Context<'a> {
    Context {
        cluster: eks.cluster,
        endpoint: &eks.facts.endpoint,
        certificate_authority: &eks.facts.certificate_authority,
        cluster_dns: &eks.cluster_dns,
        kubelet_extra_args: format!("--node-labels={}{more}", eks.node_labels),
    }
}

/// Our templates and our contexts: that they fit is held by the tests.
fn filled(template: &'static str, format: Format, context: &Context<'_>) -> String {
    fill(template, format, context).unwrap_or_else(|error| format!("# {error}\n"))
}

/// The user's parts, then EKS's, which has no blank line behind its headers.
pub(super) fn al2(parts: &[RenderedPart], eks: &Eks<'_>, head: &[String]) -> Vec<u8> {
    let script = filled(AL2, Format::Shell, &context(eks, " --max-pods=<MAX-PODS>"));
    let said = &[
        "Known: the user's parts come first and EKS's last, packed with the boundary `//` (terraform-aws-eks#2955).",
        "Inferred: its lines (from #1770), and the group's labels behind EKS's.",
    ];
    let mut sections: Vec<Vec<u8>> = parts.iter().map(section).collect();
    let eks_part = format!("Content-Type: text/x-shellscript; charset=\"us-ascii\"\n{script}");
    sections.push(eks_part.into_bytes());
    multipart(&sections, parts, head, said)
}

/// EKS's NodeConfig, then the user's parts.
pub(super) fn al2023(parts: &[RenderedPart], eks: &Eks<'_>, head: &[String]) -> Vec<u8> {
    let said = &[
        "Inferred: EKS's NodeConfig comes first, so that the user's wins (amazon-eks-ami#1988, in part; terraform-aws-eks says so too), and holds the cluster, maxPods (eksctl#8037), clusterDNS and labels.",
    ];
    let document = yaml::block(&eks_node_config(eks));
    let eks_part = format!("Content-Type: {NODE_CONFIG}\n\n---\n{document}");
    let mut sections = vec![eks_part.into_bytes()];
    sections.extend(parts.iter().map(section));
    multipart(&sections, parts, head, said)
}

/// What nodeadm makes of all the NodeConfigs.
pub(super) fn node_config(parts: &[RenderedPart], eks: &Eks<'_>, head: &[String]) -> Vec<u8> {
    let mut documents = vec![eks_node_config(eks)];
    let theirs = parts.iter().filter(|part| part.content_type == NODE_CONFIG);
    // Render has refused what is no NodeConfig.
    documents.extend(theirs.filter_map(|part| serde_yaml::from_slice::<Value>(&part.body).ok()));
    let said = &[
        "Known: how nodeadm merges NodeConfigs (amazon-eks-ami, internal/api/merge.go).",
        "Inferred: EKS's comes first, so that the user's wins, and what it holds: the cluster, maxPods, clusterDNS and labels.",
    ];
    let body = match merge::node_configs(&documents) {
        Ok(merged) => yaml::block(&merged),
        Err(error) => format!("# nodeadm cannot merge the documents: {error}\n"),
    };
    format!("{}{body}", comment(head, said)).into_bytes()
}

fn eks_node_config(eks: &Eks<'_>) -> Value {
    json!({
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {
            "cluster": {
                "name": eks.cluster,
                "apiServerEndpoint": eks.facts.endpoint,
                "certificateAuthority": eks.facts.certificate_authority,
                "cidr": eks.facts.service_cidr,
            },
            "kubelet": {
                "config": {"clusterDNS": [eks.cluster_dns], "maxPods": "<MAX-PODS>"},
                "flags": [format!("--node-labels={}", eks.node_labels)],
            },
        },
    })
}

/// The settings as tables, the user's over EKS's.
pub(super) fn bottlerocket(parts: &[RenderedPart], eks: &Eks<'_>, head: &[String]) -> Vec<u8> {
    let labels = eks
        .node_labels
        .split(',')
        .filter_map(|label| label.split_once('='));
    let labels: Table = labels
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    let mut kubernetes = Table::new();
    kubernetes.insert("cluster-name".to_owned(), eks.cluster.into());
    kubernetes.insert("api-server".to_owned(), eks.facts.endpoint.as_str().into());
    let authority = eks.facts.certificate_authority.as_str();
    kubernetes.insert("cluster-certificate".to_owned(), authority.into());
    kubernetes.insert("cluster-dns-ip".to_owned(), eks.cluster_dns.as_str().into());
    kubernetes.insert("node-labels".to_owned(), labels.into());
    let settings = Table::from_iter([("kubernetes".to_owned(), kubernetes.into())]);
    let mut merged = Table::from_iter([("settings".to_owned(), settings.into())]);
    for part in parts {
        let text = std::str::from_utf8(&part.body).unwrap_or_default();
        // Render has refused what is no TOML.
        merge::toml(&mut merged, &toml::from_str(text).unwrap_or_default());
    }
    let said = &[
        "Known: EKS merges TOML by key, the user's wins, comments and order are lost (EKS user guide).",
        "Inferred: the keys that it sets (from what eksctl refuses as EKS's own); there may be more, such as max-pods.",
    ];
    let body = toml::to_string(&merged).unwrap_or_else(|error| format!("# {error}\n"));
    format!("{}{body}", comment(head, said)).into_bytes()
}

/// The user's lines, then EKS's, in one block.
pub(super) fn windows(parts: &[RenderedPart], eks: &Eks<'_>, head: &[String]) -> Vec<u8> {
    let said = &[
        "Known: the user's lines come first and EKS's behind them, in one <powershell> block (EKS user guide).",
        "Inferred: how EKS calls Start-EKSBootstrap.ps1.",
    ];
    let mut out = comment(head, said).into_bytes();
    out.extend_from_slice(b"<powershell>\n");
    for part in parts {
        out.extend_from_slice(&part.body);
    }
    let lines = filled(WINDOWS, Format::PowerShell, &context(eks, ""));
    out.extend_from_slice(lines.as_bytes());
    out.extend_from_slice(b"</powershell>\n");
    out
}

fn comment(head: &[String], said: &[&str]) -> String {
    let lines = head.iter().map(String::as_str).chain(said.iter().copied());
    lines.map(|line| format!("# {line}\n")).collect()
}

/// One of our parts, with its headers.
fn section(part: &RenderedPart) -> Vec<u8> {
    let (encoding, body) = encode(&part.body);
    let headers = format!(
        "Content-Type: {}\nContent-Transfer-Encoding: {encoding}\n\n",
        part.content_type
    );
    // The line break before a boundary belongs to the boundary.
    [headers.into_bytes(), body, b"\n".to_vec()].concat()
}

/// The sections as EKS packs them. What is said stands before the first boundary, where no reader looks.
fn multipart(
    sections: &[Vec<u8>],
    parts: &[RenderedPart],
    head: &[String],
    said: &[&str],
) -> Vec<u8> {
    let mut out = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\n\n{}",
        comment(head, said)
    );
    let delimiter = format!("--{BOUNDARY}");
    let is_boundary = |line: &[u8]| line.starts_with(delimiter.as_bytes());
    for part in parts {
        if encode(&part.body)
            .1
            .split(|byte| *byte == b'\n')
            .any(is_boundary)
        {
            out.push_str(&format!(
                "# Inferred: {} has a line that begins with `{delimiter}`, EKS's own boundary, and is cut short there.\n",
                part.origin
            ));
        }
    }
    out.push('\n');
    let mut out = out.into_bytes();
    for section in sections {
        out.extend_from_slice(format!("{delimiter}\n").as_bytes());
        out.extend_from_slice(section);
        if !section.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    out.extend_from_slice(format!("{delimiter}--\n").as_bytes());
    out
}
