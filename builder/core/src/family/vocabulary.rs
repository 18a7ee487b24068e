//! The words of a spec's `userData`, and where each family puts them.
//!
//! A family says of every field how it reaches the node, or why it cannot and what is nearest. `validate` and
//! `render` ask the same question, so that nothing is dropped between them.

use super::Family;
use crate::spec::{LocalDisks, PinnedBy, UserData};

/// A field of `userData` that has to reach the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    PreBootstrap,
    MaxPods,
    ExtraArgs,
    KubeletConfig,
    NodeLabels,
    Taints,
    ClusterDns,
    NodeConfig,
    Settings,
    ContainerdConfig,
    BaseRuntimeSpec,
    LocalDisks(LocalDisks),
    Registries,
    OverrideBootstrap,
}

/// How a field reaches the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By itself, whatever joins the node to its cluster.
    Alone,
    /// In the part that joins the node, which `overrideBootstrap` replaces.
    InBootstrap,
    /// Not at all.
    Refused(Refusal),
}

/// What a family cannot say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    /// The nearest way.
    pub hint: String,
}

impl Field {
    /// Every field, in the order in which problems are told.
    pub const ALL: [Field; 16] = [
        Field::PreBootstrap,
        Field::MaxPods,
        Field::ExtraArgs,
        Field::KubeletConfig,
        Field::NodeLabels,
        Field::Taints,
        Field::ClusterDns,
        Field::NodeConfig,
        Field::Settings,
        Field::ContainerdConfig,
        Field::BaseRuntimeSpec,
        Field::LocalDisks(LocalDisks::Raid0),
        Field::LocalDisks(LocalDisks::Raid10),
        Field::LocalDisks(LocalDisks::Mount),
        Field::Registries,
        Field::OverrideBootstrap,
    ];

    /// Its path under `userData`.
    pub fn path(self) -> &'static str {
        match self {
            Field::PreBootstrap => "preBootstrap",
            Field::MaxPods => "kubelet.maxPods",
            Field::ExtraArgs => "kubelet.extraArgs",
            Field::KubeletConfig => "kubelet.config",
            Field::NodeLabels => "nodeLabels",
            Field::Taints => "taints",
            Field::ClusterDns => "clusterDns",
            Field::NodeConfig => "nodeConfig",
            Field::Settings => "settings",
            Field::ContainerdConfig => "containerd.config",
            Field::BaseRuntimeSpec => "containerd.baseRuntimeSpec",
            Field::LocalDisks(_) => "localDisks",
            Field::Registries => "registries",
            Field::OverrideBootstrap => "overrideBootstrap",
        }
    }

    /// Whether the spec says something by it: what is empty can be dropped.
    pub fn is_set(self, user_data: &UserData) -> bool {
        match self {
            Field::PreBootstrap => !user_data.pre_bootstrap.is_empty(),
            Field::MaxPods => user_data.kubelet.max_pods.is_some(),
            Field::ExtraArgs => !user_data.kubelet.extra_args.is_empty(),
            Field::KubeletConfig => !user_data.kubelet.config.is_empty(),
            Field::NodeLabels => !user_data.node_labels.is_empty(),
            Field::Taints => !user_data.taints.is_empty(),
            Field::ClusterDns => !user_data.cluster_dns.is_empty(),
            Field::NodeConfig => user_data.node_config.is_some(),
            Field::Settings => !user_data.settings.is_empty(),
            Field::ContainerdConfig => !user_data.containerd.config.is_empty(),
            Field::BaseRuntimeSpec => !user_data.containerd.base_runtime_spec.is_empty(),
            Field::LocalDisks(disks) => user_data.local_disks == Some(disks),
            Field::Registries => !user_data.registries.is_empty(),
            Field::OverrideBootstrap => user_data.override_bootstrap.is_some(),
        }
    }
}

impl Way {
    pub(super) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Way::Refused(Refusal {
            message: message.into(),
            hint: hint.into(),
        })
    }
}

/// Everything that is set and that the family cannot carry to the node, by its path under `userData`.
pub fn refusals(
    family: &dyn Family,
    pinned_by: PinnedBy,
    user_data: &UserData,
) -> Vec<(String, Refusal)> {
    let overridden =
        user_data.override_bootstrap.is_some() && pinned_by == PinnedBy::LaunchTemplate;
    let set = Field::ALL
        .into_iter()
        .filter(|field| field.is_set(user_data));
    let refusal = |field: Field| match family.carries(field, pinned_by) {
        Way::Refused(refusal) => Some(refusal),
        Way::InBootstrap if overridden && field != Field::OverrideBootstrap => Some(Refusal {
            message: format!(
                "`overrideBootstrap` replaces the part that would carry `{}`",
                field.path()
            ),
            hint: "say it in the file of `overrideBootstrap`, or leave that out".to_owned(),
        }),
        Way::InBootstrap | Way::Alone => None,
    };
    let mut found: Vec<(String, Refusal)> = set
        .filter_map(|field| Some((field.path().to_owned(), refusal(field)?)))
        .collect();
    if !found
        .iter()
        .any(|(path, _)| path == Field::KubeletConfig.path())
    {
        found.extend(written_over(family, user_data));
    }
    found
}

/// Fields of KubeletConfiguration that the family's bootstrap writes again, after ours.
fn written_over(family: &dyn Family, user_data: &UserData) -> Vec<(String, Refusal)> {
    let rows = family.kubelet_config_of_bootstrap().iter();
    let set = rows.filter(|(key, _)| user_data.kubelet.config.contains_key(*key));
    set.map(|(key, hint)| {
        let message = format!(
            "{:?}'s bootstrap.sh writes `{key}` itself, over what stands there",
            family.name()
        );
        let hint = (*hint).to_owned();
        (format!("kubelet.config.{key}"), Refusal { message, hint })
    })
    .collect()
}

/// EKS brings the bootstrap itself where the release version pins the image: there is none to replace.
pub(super) fn override_bootstrap(pinned_by: PinnedBy) -> Way {
    match pinned_by {
        PinnedBy::LaunchTemplate => Way::InBootstrap,
        PinnedBy::ReleaseVersion => Way::refused(
            "with `pinnedBy: releaseVersion` EKS writes the bootstrap itself",
            "use `pinnedBy: launchTemplate`",
        ),
    }
}

/// A NodeConfig is for nodeadm.
pub(super) fn no_nodeadm(family: &str, instead: &str) -> Way {
    Way::refused(
        format!("{family} has no nodeadm, so it cannot read a NodeConfig"),
        format!("use {instead}, or the family AL2023"),
    )
}

/// Settings are for Bottlerocket's API.
pub(super) fn no_settings(family: &str, instead: &str) -> Way {
    Way::refused(
        format!("{family} has none of Bottlerocket's settings"),
        format!("use {instead}, or the family Bottlerocket"),
    )
}
