//! From what an Amazon Linux 2 node is told to what Amazon Linux 2023 can carry: arguments of
//! `/etc/eks/bootstrap.sh`, kubelet flags, Docker's settings, and scripts that edit files which only AL2 has.
//!
//! What has an equivalent becomes [`Settings`], in the spec's own vocabulary. Everything else is in
//! [`Translation::left`], with its line and what to do about it: nothing is dropped in silence. Values of user
//! data can be secrets, so that only names of arguments, flags and fields are told.
//!
//! Sources: bootstrap.sh is amazon-eks-ami's `templates/al2/runtime/bootstrap.sh` (029f7c7); nodeadm's defaults
//! are in its `nodeadm/internal/kubelet/config.go`; the kubelet's flags are in kubernetes'
//! `cmd/kubelet/app/options/options.go`.

mod arguments;
mod bootstrap;
mod docker;
mod flags;
mod jq;
mod kubelet;
mod shell;
mod steps;
mod template;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::spec::{LocalDisks, Registry, Taint};

pub use bootstrap::bootstrap_script;
pub use docker::daemon_json;
pub use kubelet::{kubelet_flags, kubelet_text};
pub use steps::step;
pub use template::{MoveError, Moved, Told, to_al2023};

/// What was made of a script, of flags or of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translation {
    pub settings: Settings,
    /// What is left of the script to run before the node joins, if anything is; with the `#!` of the original.
    pub kept: Option<String>,
    /// Whether `kept` is another text than the script.
    pub changed: bool,
    /// In the order of the script.
    pub left: Vec<Left>,
}

impl Translation {
    /// What keeps the script from running on AL2023 at all, if anything does.
    pub fn blockers(&self) -> impl Iterator<Item = &Left> {
        self.left.iter().filter(|left| left.fate == Fate::Blocks)
    }
}

/// Fields of `userData`, as far as the source set them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub max_pods: Option<u32>,
    /// flag name without `--` → value
    pub extra_args: BTreeMap<String, String>,
    /// KubeletConfiguration fields
    pub config: Map<String, Value>,
    pub node_labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub cluster_dns: Vec<String>,
    pub local_disks: Option<LocalDisks>,
    pub registries: Vec<Registry>,
}

impl Settings {
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }

    /// Takes over what `later` sets; it wins where both do, as the later of two settings does on a node.
    pub fn merge(&mut self, later: Settings) {
        self.max_pods = later.max_pods.or(self.max_pods);
        self.extra_args.extend(later.extra_args);
        merge_maps(&mut self.config, later.config);
        self.node_labels.extend(later.node_labels);
        for taint in later.taints {
            let same = |other: &Taint| other.key == taint.key && other.effect == taint.effect;
            self.taints.retain(|other| !same(other));
            self.taints.push(taint);
        }
        if !later.cluster_dns.is_empty() {
            self.cluster_dns = later.cluster_dns;
        }
        self.local_disks = later.local_disks.or(self.local_disks);
        for registry in later.registries {
            self.registries.retain(|other| other.host != registry.host);
            self.registries.push(registry);
        }
    }

    /// Sets a field of the KubeletConfiguration, such as `authentication.anonymous.enabled`. What the spec has a
    /// field of its own for goes there.
    fn configure(&mut self, path: &str, value: Value) {
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        let addresses: Option<Vec<String>> = value.as_array().and_then(|items| {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect()
        });
        match (path, count.filter(|count| *count > 0), addresses) {
            ("maxPods", Some(count), _) => self.max_pods = Some(count),
            ("clusterDNS", _, Some(addresses)) => self.cluster_dns = addresses,
            _ => {
                let nested = path.rsplit('.').fold(value, |inner, key| {
                    Value::Object([(key.to_owned(), inner)].into_iter().collect())
                });
                if let Value::Object(nested) = nested {
                    merge_maps(&mut self.config, nested);
                }
            }
        }
    }
}

fn merge_maps(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Object(base)), Value::Object(over)) => merge_maps(base, over),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

/// Something that became no setting, or became one and is worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// An argument, flag, field or command: never a value.
    pub what: String,
    /// From 1, in the script; none where there are no lines.
    pub line: Option<usize>,
    pub fate: Fate,
    pub why: String,
    /// What to do; empty if there is nothing to do.
    pub hint: String,
}

/// What becomes of something that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The template cannot become AL2023 while it is there.
    Blocks,
    /// Somebody has to do it by hand.
    ByHand,
    /// It was translated, and does not mean quite the same.
    Differs,
    /// AL2023 has nothing of the kind, and nodes work without it.
    Gone,
    /// nodemint, nodeadm or EKS does it by itself.
    Covered,
}

impl Fate {
    /// In a few words, for a list.
    pub fn as_str(self) -> &'static str {
        match self {
            Fate::Blocks => "blocks",
            Fate::ByHand => "by hand",
            Fate::Differs => "differs",
            Fate::Gone => "left out",
            Fate::Covered => "covered",
        }
    }
}

/// Collects what is left, at one line after the other.
#[derive(Default)]
struct Report {
    left: Vec<Left>,
    line: Option<usize>,
}

impl Report {
    fn tell(
        &mut self,
        fate: Fate,
        what: impl Into<String>,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let one = Left {
            what: what.into(),
            line: self.line,
            fate,
            why: why.into(),
            hint: hint.into(),
        };
        if !self.left.contains(&one) {
            self.left.push(one);
        }
    }
}

#[cfg(test)]
mod tests;
