//! What a node does and is told when it boots, as the spec says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Taint;
use crate::lint::Rule;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserData {
    pub pre_bootstrap: Vec<Script>,
    pub kubelet: Kubelet,
    pub node_labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub cluster_dns: Vec<String>,
    /// AL2023 only: merged over ours. The content of `spec:` is under the key `spec`, as in a NodeConfig.
    pub node_config: Option<Map<String, Value>>,
    /// Bottlerocket only: merged over ours; what stands under `[settings]` in its TOML.
    pub settings: Map<String, Value>,
    pub containerd: Containerd,
    pub local_disks: Option<LocalDisks>,
    pub registries: Vec<Registry>,
    pub parts: Vec<Part>,
    /// Replaces our bootstrap part.
    pub override_bootstrap: Option<File>,
    /// All of the user data, as it is; nothing else is set then.
    pub verbatim: Option<File>,
    pub compress: Compress,
    /// Rules whose errors are warnings here.
    pub allow: BTreeSet<Rule>,
}

/// Settings of containerd, over the image's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Containerd {
    /// The content of its configuration file, which is TOML.
    pub config: Map<String, Value>,
    /// The OCI runtime specification that containers start from.
    pub base_runtime_spec: Map<String, Value>,
}

/// What becomes of the instance store's disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalDisks {
    /// One striped file system for the kubelet and containerd; any disk that fails takes it all.
    Raid0,
    /// The same, mirrored: half of the space.
    Raid10,
    /// A file system each, mounted for pods to use.
    Mount,
}

/// A registry whose images are pulled through mirrors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// As images name it: `docker.io`.
    pub host: String,
    /// URLs, asked in this order; never empty.
    pub mirrors: Vec<String>,
}

/// Whether user data is gzipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compress {
    #[default]
    Never,
    /// Only if it would not fit EC2's limit otherwise.
    Auto,
    Always,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kubelet {
    pub max_pods: Option<u32>,
    /// flag name without `--` → value
    pub extra_args: BTreeMap<String, String>,
    /// KubeletConfiguration fields
    pub config: Map<String, Value>,
}

/// A preBootstrap step.
#[derive(Clone, PartialEq)]
pub enum Script {
    File(File),
    Run(String),
}

/// A file that the spec names, with its content. Paths are as the spec writes them, relative to it.
#[derive(Clone, PartialEq)]
pub struct File {
    pub path: String,
    pub content: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub content_type: String,
    pub file: File,
}

// User data can hold secrets: Debug shows sizes, never content.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({:?}, {} bytes)", self.path, self.content.len())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Script::File(file) => file.fmt(f),
            Script::Run(text) => write!(f, "Run({} bytes)", text.len()),
        }
    }
}
