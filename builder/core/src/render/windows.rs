//! User data of Windows: one `<powershell>` block, which EC2Launch runs.
//!
//! The steps come first and Start-EKSBootstrap.ps1 last. Without an image in the launch template EKS puts its
//! own call behind the lines. Lines end with LF: a file that a checkout gave CRLF must render to the same bytes
//! as everywhere. EC2's user guide says nothing of line ends; eksctl and terraform-aws-eks hand LF to EC2Launch.
//! It says nothing of letters outside of ASCII either, and encodes with ASCII in its own example, so those are
//! refused. That Windows PowerShell would read them in the machine's code page is inferred from how it reads
//! script files without a byte order mark (about_Character_Encoding).

use serde::Serialize;

use super::bootstrap::{dns_of_services, extra_args, filled};
use super::scripts::check_bytes;
use super::templates::Format;
use super::{Boot, POWERSHELL, Problems};
use crate::desired::RenderedPart;
use crate::spec::{IpFamily, Part, PinnedBy, Script};

const BOOTSTRAP: &str = include_str!("../../../../userdata/windows/bootstrap.ps1.hbs");

/// Tags that mean something to EC2Launch (EC2's user guide, "user data scripts"). Whether it would find one
/// inside of a script is not said there: it is taken to.
const TAGS: &[&str] = &[
    "<powershell>",
    "</powershell>",
    "<script>",
    "</script>",
    "<persist>",
    "<detach>",
    "<powershellarguments>",
    "<runaslocalsystem>",
];

/// Every key is there, always: what is not set is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    cluster: &'a str,
    endpoint: &'a str,
    certificate_authority: &'a str,
    cluster_dns: String,
    service_cidr: &'a str,
    kubelet_extra_args: Option<String>,
}

/// The preBootstrap steps: lines of PowerShell.
pub(crate) fn pre_bootstrap(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let steps = boot.template.user_data.pre_bootstrap.iter().enumerate();
    let step = |(index, step): (usize, &Script)| {
        let text = match step {
            Script::File(file) => &file.content,
            Script::Run(text) => text.as_bytes(),
        };
        before_start(boot, format!("preBootstrap[{index}]"), text, problems)
    };
    steps.filter_map(step).collect()
}

/// The user's own parts: more lines, after the preBootstrap steps.
fn user_parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let parts = boot.template.user_data.parts.iter().enumerate();
    let parts = parts.filter(|(_, part)| part.content_type == POWERSHELL);
    let own = |(index, own): (usize, &Part)| {
        let origin = format!("parts[{index}]");
        before_start(boot, origin, &own.file.content, problems)
    };
    parts.filter_map(own).collect()
}

/// Lines that run before EKS's script does.
fn before_start(
    boot: &Boot<'_>,
    origin: String,
    text: &[u8],
    problems: &mut Problems,
) -> Option<RenderedPart> {
    let path = boot.path(&origin);
    let lines = check_lines(&path, text, problems)?;
    Some(part(&origin, lines))
}

/// The parts after the preBootstrap ones.
pub(crate) fn parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    refuse_ipv6(boot, problems);
    let own = boot.template.user_data.override_bootstrap.is_some();
    let mut parts = user_parts(boot, problems);
    parts.extend(match boot.template.pinned_by {
        PinnedBy::ReleaseVersion => None,
        PinnedBy::LaunchTemplate if own => overridden(boot, problems),
        PinnedBy::LaunchTemplate => bootstrap(boot, problems),
    });
    parts
}

/// The parts as one document.
pub(crate) fn document(parts: &[RenderedPart]) -> Vec<u8> {
    let mut out = b"<powershell>\n".to_vec();
    for part in parts {
        out.extend_from_slice(&part.body);
    }
    out.extend_from_slice(b"</powershell>\n");
    out
}

fn part(origin: &str, lines: &str) -> RenderedPart {
    let lines = lines.replace("\r\n", "\n");
    RenderedPart {
        origin: origin.to_owned(),
        content_type: POWERSHELL.to_owned(),
        body: format!("# {origin}\n{}\n", lines.trim_end_matches('\n')).into_bytes(),
    }
}

/// The lines, if EC2Launch and PowerShell take them as they are meant.
fn check_lines<'t>(path: &str, body: &'t [u8], problems: &mut Problems) -> Option<&'t str> {
    if !check_bytes(path, body, problems) {
        return None;
    }
    let text = std::str::from_utf8(body)
        .ok()
        .filter(|text| text.is_ascii());
    let Some(text) = text else {
        problems.spec(
            path,
            "it has letters outside of ASCII, which Windows PowerShell may read in the machine's code page",
            "write them by number, as in `[char]0x00e9`",
        );
        return None;
    };
    let lower = text.to_ascii_lowercase();
    let (message, hint) = if text.trim().is_empty() {
        (
            "the step is empty".to_owned(),
            "write a command, or take the step out",
        )
    } else if text.starts_with("#!") {
        let message = "it is a script for a shell, by its `#!`, and Windows runs PowerShell";
        (
            message.to_owned(),
            "write lines of PowerShell, without `#!`",
        )
    } else if let Some(tag) = TAGS.iter().find(|tag| lower.contains(**tag)) {
        let message = format!("it has the tag `{tag}`, which EC2Launch would take for its own");
        (
            message,
            "write the lines alone: nodemint sets them in `<powershell>`",
        )
    } else {
        return Some(text);
    };
    problems.spec(path, message, hint);
    None
}

fn overridden(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let file = boot.template.user_data.override_bootstrap.as_ref()?;
    let path = boot.path("overrideBootstrap");
    let lines = check_lines(&path, &file.content, problems)?;
    Some(part("overrideBootstrap", lines))
}

fn bootstrap(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let before = problems.len();
    let cluster_dns = cluster_dns(boot, problems);
    let kubelet_extra_args = extra_args(boot, problems);
    if problems.len() > before {
        return None;
    }
    let context = Context {
        cluster: &boot.cluster.name,
        endpoint: &boot.locked.endpoint,
        certificate_authority: &boot.locked.certificate_authority,
        cluster_dns: cluster_dns?,
        service_cidr: &boot.locked.service_cidr,
        kubelet_extra_args,
    };
    filled(
        boot,
        BOOTSTRAP,
        Format::PowerShell,
        POWERSHELL,
        &context,
        problems,
    )
}

/// "You can't use IPv6 with Windows nodes" (EKS user guide, windows-support), whoever brings the bootstrap.
fn refuse_ipv6(boot: &Boot<'_>, problems: &mut Problems) {
    if boot.locked.ip_family == IpFamily::Ipv6 {
        problems.spec(
            format!("launchTemplates[{}].clusters", boot.index),
            format!(
                "cluster {} is an IPv6 cluster, and EKS has no Windows nodes in those",
                boot.cluster.name
            ),
            "take the cluster out, or use another family",
        );
    }
}

/// `-DNSClusterIP` "overrides the IP address to use for DNS queries" (EKS user guide, bootstrap script
/// configuration parameters): one. Karpenter, too, gives it the first of its list and no more.
fn cluster_dns(boot: &Boot<'_>, problems: &mut Problems) -> Option<String> {
    match boot.template.user_data.cluster_dns.as_slice() {
        [] => dns_of_services(boot, problems),
        [one] => Some(one.clone()),
        _ => {
            problems.spec(
                boot.path("clusterDns"),
                "Start-EKSBootstrap.ps1 takes one address of the DNS",
                "keep the first alone",
            );
            None
        }
    }
}
