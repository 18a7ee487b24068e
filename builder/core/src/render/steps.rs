//! Shell parts of ours that set a node up before its bootstrap: what neither bootstrap.sh nor a NodeConfig takes.

use serde::Serialize;

use super::templates::{Format, fill};
use super::{Boot, Problems, SHELL};
use crate::desired::RenderedPart;
use crate::spec::{LocalDisks, Registry};

const REGISTRIES: &str = include_str!("../../../../userdata/registries.sh.hbs");
const KUBELET_CONFIG: &str = include_str!("../../../../userdata/kubelet-config.sh.hbs");
const LOCAL_DISKS: &str = include_str!("../../../../userdata/al2/local-disks.sh.hbs");

#[derive(Serialize)]
struct Hosts<'a> {
    registries: Vec<Folder<'a>>,
}

/// A registry's folder under /etc/containerd/certs.d.
#[derive(Serialize)]
struct Folder<'a> {
    folder: String,
    file: String,
    mirrors: Vec<Mirror<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mirror<'a> {
    url: &'a str,
    /// The URL has a path, which is then all of the path: containerd would put `/v2` behind it.
    override_path: Option<bool>,
}

/// Mirrors of registries, where containerd looks for them. It reads these files at every pull.
///
/// Amazon Linux's containerd has `config_path = "/etc/containerd/certs.d:/etc/docker/certs.d"` (amazon-eks-ami:
/// nodeadm/internal/containerd/config.template.toml and config2.template.toml for AL2023,
/// templates/al2/runtime/containerd-config.toml for AL2).
pub(crate) fn registries_part(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let registries = &boot.template.user_data.registries;
    if registries.is_empty() {
        return None;
    }
    let registries = registries.iter().map(folder).collect();
    part(
        boot,
        "registries",
        REGISTRIES,
        &Hosts { registries },
        problems,
    )
}

fn folder(registry: &Registry) -> Folder<'_> {
    // containerd's name for whatever has no folder of its own (docs/hosts.md).
    let host = match registry.host.as_str() {
        "*" => "_default",
        host => host,
    };
    let folder = format!("/etc/containerd/certs.d/{host}");
    let mirrors = registry.mirrors.iter().map(|url| Mirror {
        url: url.strip_suffix('/').unwrap_or(url),
        override_path: has_path(url).then_some(true),
    });
    Folder {
        file: format!("{folder}/hosts.toml"),
        folder,
        mirrors: mirrors.collect(),
    }
}

fn has_path(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/')
        .is_some_and(|(_, path)| !path.is_empty())
}

#[derive(Serialize)]
struct Settings {
    settings: String,
}

/// `kubelet.config`, merged into the file that bootstrap.sh edits and the kubelet reads: maps deeply, lists by
/// replacing. eksctl does the same.
pub(crate) fn kubelet_config_part(
    boot: &Boot<'_>,
    problems: &mut Problems,
) -> Option<RenderedPart> {
    let config = &boot.template.user_data.kubelet.config;
    if config.is_empty() {
        return None;
    }
    let settings = serde_json::Value::Object(config.clone()).to_string();
    part(
        boot,
        "kubelet.config",
        KUBELET_CONFIG,
        &Settings { settings },
        problems,
    )
}

#[derive(Serialize)]
struct Strategy {
    strategy: &'static str,
}

/// What bootstrap.sh does for `--local-disks`, where EKS calls bootstrap.sh.
pub(crate) fn local_disks_part(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let strategy = strategy(boot.template.user_data.local_disks?);
    part(
        boot,
        "localDisks",
        LOCAL_DISKS,
        &Strategy { strategy },
        problems,
    )
}

/// As `setup-local-disks` names it.
pub(super) fn strategy(disks: LocalDisks) -> &'static str {
    match disks {
        LocalDisks::Raid0 => "raid0",
        LocalDisks::Raid10 => "raid10",
        LocalDisks::Mount => "mount",
    }
}

fn part(
    boot: &Boot<'_>,
    origin: &str,
    template: &'static str,
    context: &impl Serialize,
    problems: &mut Problems,
) -> Option<RenderedPart> {
    match fill(template, Format::Shell, context) {
        Ok(text) => Some(RenderedPart {
            origin: origin.to_owned(),
            content_type: SHELL.to_owned(),
            body: text.into_bytes(),
        }),
        Err(error) => {
            problems.unfilled(boot.path(origin), error);
            None
        }
    }
}
