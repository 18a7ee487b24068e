//! The order in which a node goes through user data.
//!
//! cloud-init: cloudinit/handlers (boothooks run as they are met, scripts are written to a folder) and
//! subp.runparts (which runs a folder's files by name). AL2023: nodeadm's two units stand on either side of
//! cloud-init (amazon-eks-ami, nodeadm). What EKS adds is known from reports alone, and marked as inferred.

use serde::Serialize;

use crate::launch_template::{Decoded, DecodedPart, Form, Layer, OddityKind as Odd};
use crate::lint::{Reader, Setting};
use crate::render::{NODE_CONFIG, POWERSHELL, SHELL, TOML};

/// One step of a boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// `cloud-init, final stage`
    pub who: &'static str,
    pub what: &'static str,
    /// Indices of the parts, in the order in which they are read or run.
    pub parts: Vec<usize>,
    /// Not documented: it follows from source or reports.
    pub inferred: bool,
}

impl Step {
    fn new(who: &'static str, what: &'static str, parts: Vec<usize>) -> Self {
        Self {
            who,
            what,
            parts,
            inferred: false,
        }
    }

    fn inferred(self) -> Self {
        Self {
            inferred: true,
            ..self
        }
    }
}

const PER_ONCE: &str = "text/x-shellscript-per-once";
const PER_BOOT: &str = "text/x-shellscript-per-boot";
const PER_INSTANCE: &str = "text/x-shellscript-per-instance";
/// Read by cloud-init's network stage, in the order of the parts.
const EARLY: &[&str] = &[
    "text/part-handler",
    "text/x-include-url",
    "text/x-include-once-url",
    "text/cloud-config-archive",
    "text/jinja2",
];
const CONFIGS: &[&str] = &["text/cloud-config", "text/cloud-config-jsonp"];

pub(super) fn steps(decoded: &Decoded, setting: &Setting) -> Vec<Step> {
    if matches!(decoded.form, Form::Gzip | Form::NotBase64) {
        return Vec::new();
    }
    match setting.reader {
        Reader::CloudInit => {
            let mut steps = cloud_init(decoded);
            if setting.merged {
                let what =
                    "puts its own part behind these, which calls bootstrap.sh, and the node joins";
                steps.push(Step::new("EKS", what, Vec::new()).inferred());
            }
            steps
        }
        Reader::Nodeadm => nodeadm(decoded, setting.merged),
        Reader::Bottlerocket => bottlerocket(decoded, setting.merged),
        Reader::Windows => windows(decoded, setting.merged),
        Reader::Unknown => cloud_init(decoded)
            .into_iter()
            .map(Step::inferred)
            .collect(),
    }
}

/// The parts of some types, in the document's order.
fn of(decoded: &Decoded, wanted: &[&str]) -> Vec<usize> {
    let parts = decoded.parts.iter().enumerate();
    let parts = parts.filter(|(_, part)| wanted.contains(&part.effective_type()));
    parts.map(|(index, _)| index).collect()
}

/// Whether cloud-init finds the parts at all. It takes gzip off once, and base64 never.
pub(super) fn cloud_init_reads(decoded: &Decoded) -> bool {
    let lost = [Odd::NoMimeVersion, Odd::NotAtStart, Odd::NotUtf8];
    let mut odd = decoded.oddities.iter();
    matches!(decoded.layers.as_slice(), [] | [Layer::Gzip])
        && !odd.any(|oddity| lost.contains(&oddity.kind))
}

/// Whether nodeadm can take the document apart. It takes base64 off once, and gzip after it.
fn nodeadm_reads(decoded: &Decoded) -> bool {
    let lost = [
        Odd::NotAtStart,
        Odd::NoBlankLine,
        Odd::UnquotedBoundary,
        Odd::NotClosed,
        Odd::NoBlankLineInPart,
    ];
    let layers = decoded.layers.as_slice();
    let mut odd = decoded.oddities.iter();
    matches!(layers, [] | [_] | [Layer::Base64, Layer::Gzip])
        && !odd.any(|oddity| lost.contains(&oddity.kind))
}

fn cloud_init(decoded: &Decoded) -> Vec<Step> {
    if !cloud_init_reads(decoded) {
        let what = "finds nothing that it knows, and runs nothing";
        return vec![Step::new("cloud-init", what, Vec::new())];
    }
    let all = [
        Step::new(
            "cloud-init, network stage",
            "takes in what includes, archives, templates and part handlers bring",
            of(decoded, EARLY),
        ),
        Step::new(
            "cloud-init, network stage",
            "runs boothooks as it meets them, at every boot",
            of(decoded, &["text/cloud-boothook"]),
        ),
        Step::new(
            "cloud-init, its stages",
            "bootcmd and write_files first, packages in between, runcmd among the scripts",
            of(decoded, CONFIGS),
        ),
        Step::new(
            "cloud-init, final stage",
            "runs scripts that are for once",
            by_name(decoded, PER_ONCE),
        ),
        Step::new(
            "cloud-init, final stage",
            "runs scripts that are for every boot",
            by_name(decoded, PER_BOOT),
        ),
        Step::new(
            "cloud-init, final stage",
            "runs scripts that are for every instance",
            by_name(decoded, PER_INSTANCE),
        ),
        Step::new(
            "cloud-init, final stage",
            "runs scripts at the first boot, one after the other",
            by_name(decoded, SHELL),
        ),
    ];
    all.into_iter()
        .filter(|step| !step.parts.is_empty())
        .collect()
}

/// Scripts are files in one folder, and run in the order of their names: `part-001` if they have none.
fn by_name(decoded: &Decoded, kind: &str) -> Vec<usize> {
    let mut parts: Vec<(String, usize)> = of(decoded, &[kind])
        .into_iter()
        .map(|index| (script_name(decoded, index), index))
        .collect();
    parts.sort();
    parts.into_iter().map(|(_, index)| index).collect()
}

/// The file that cloud-init writes a script to (util.clean_filename).
pub(super) fn script_name(decoded: &Decoded, index: usize) -> String {
    let part = decoded.parts.get(index);
    let name = part.and_then(|part| part.wrapping.file_name.as_deref());
    let name: String = name
        .unwrap_or_default()
        .replace('/', "_")
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "_-.()".contains(*letter))
        .collect();
    match name.is_empty() {
        true => format!("part-{:03}", index + 1),
        false => name,
    }
}

/// The parts that nodeadm finds: it does not look into nested multiparts.
pub(super) fn node_configs(decoded: &Decoded) -> Vec<usize> {
    let seen = |part: &DecodedPart| {
        let nested = part.wrapping.depth > 1;
        part.content_type == NODE_CONFIG && !nested
    };
    let parts = decoded.parts.iter().enumerate();
    let parts = parts.filter(|(_, part)| seen(part));
    parts.map(|(index, _)| index).collect()
}

fn nodeadm(decoded: &Decoded, merged: bool) -> Vec<Step> {
    let configs = node_configs(decoded);
    let mut steps = Vec::new();
    if !nodeadm_reads(decoded) {
        let what = "cannot read the document, and ends with an error: the node does not join";
        let step = Step::new("nodeadm-config", what, Vec::new());
        // The one that was seen (karpenter-provider-aws#2098); the others follow from Go's source.
        let mut odd = decoded.oddities.iter();
        let seen = odd.any(|oddity| oddity.kind == Odd::NoBlankLine);
        steps.push(if seen { step } else { step.inferred() });
        steps.extend(cloud_init(decoded));
        return steps;
    }
    if merged {
        let what = "puts its own NodeConfig, with the cluster, before these parts";
        steps.push(Step::new("EKS", what, Vec::new()).inferred());
    }
    let what = "before cloud-init, merges the NodeConfigs in this order; the last wins";
    steps.push(Step::new("nodeadm-config", what, configs.clone()));
    steps.extend(cloud_init(decoded));
    let what = "after all of cloud-init, starts containerd and kubelet, and the node joins";
    steps.push(Step::new("nodeadm-run", what, configs));
    steps
}

fn bottlerocket(decoded: &Decoded, merged: bool) -> Vec<Step> {
    let settings = match decoded.form {
        Form::Plain => of(decoded, &[TOML]),
        Form::Multipart | Form::Gzip | Form::NotBase64 => Vec::new(),
    };
    let has = |key: &str| {
        let texts = settings
            .iter()
            .filter_map(|index| decoded.parts.get(*index));
        let mut tables = texts.filter_map(|part| {
            toml::from_str::<toml::Table>(std::str::from_utf8(&part.body).ok()?).ok()
        });
        tables.any(|table| {
            table
                .get("settings")
                .is_some_and(|all| all.get(key).is_some())
        })
    };
    let mut steps = Vec::new();
    if merged {
        let what = "merges the settings with its own; where both set a key, these win";
        steps.push(Step::new("EKS", what, Vec::new()));
    }
    let what = "early in the boot, takes the settings over";
    steps.push(Step::new("early-boot-config", what, settings.clone()));
    if has("bootstrap-commands") || has("bootstrap-containers") {
        let what = "run before the kubelet, as the settings name them";
        steps.push(Step::new("bootstrap commands", what, settings.clone()));
    }
    steps.push(Step::new(
        "kubelet",
        "starts with the settings, and the node joins",
        settings,
    ));
    steps
}

fn windows(decoded: &Decoded, merged: bool) -> Vec<Step> {
    let scripts = match decoded.form {
        Form::Plain => of(decoded, &[POWERSHELL]),
        Form::Multipart | Form::Gzip | Form::NotBase64 => Vec::new(),
    };
    let mut steps = vec![Step::new(
        "EC2Launch",
        "at the first boot, runs what is in its tags",
        scripts,
    )];
    if merged {
        let what = "puts its own lines behind these, which call Start-EKSBootstrap.ps1, and the node joins";
        steps.push(Step::new("EKS", what, Vec::new()));
    }
    steps
}
