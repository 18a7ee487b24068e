//! Why a family has no image for a question, and what there is instead.

use std::fmt;

use super::variant_name;
use crate::partition::Partition;
use crate::spec::{Arch, FamilyName, KubernetesVersion, Variant};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FamilyError {
    NoSuchImage {
        family: FamilyName,
        arch: Arch,
        variant: Variant,
        cure: String,
    },
    /// The family begins with a later Kubernetes, or ends with an earlier one.
    KubernetesOutside {
        family: FamilyName,
        variant: Variant,
        range: Range,
        wanted: KubernetesVersion,
        instead: &'static str,
    },
    NoAmiTypeInPartition {
        family: FamilyName,
        region: String,
        partition: Partition,
    },
    NoAmiType {
        family: FamilyName,
    },
    /// The family is the user's own.
    NotPublished {
        family: FamilyName,
    },
    KubernetesVersion(String),
    /// A pin that is not written as the family's releases are.
    Release {
        release: String,
        example: &'static str,
    },
    ReleaseOfOtherMinor {
        release: String,
        kubernetes_version: String,
    },
}

impl std::error::Error for FamilyError {}

/// The Kubernetes minors that a family has images for; `None`: no end is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub oldest: Option<KubernetesVersion>,
    pub newest: Option<KubernetesVersion>,
}

impl Range {
    pub fn has(&self, version: KubernetesVersion) -> bool {
        self.oldest.is_none_or(|oldest| version >= oldest)
            && self.newest.is_none_or(|newest| version <= newest)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.oldest, self.newest) {
            (Some(oldest), Some(newest)) => write!(f, "from Kubernetes {oldest} to {newest}"),
            (Some(oldest), None) => write!(f, "from Kubernetes {oldest}"),
            (None, Some(newest)) => write!(f, "up to Kubernetes {newest}"),
            (None, None) => f.write_str("for every Kubernetes"),
        }
    }
}

impl FamilyError {
    /// What is wrong.
    pub fn problem(&self) -> String {
        match self {
            Self::NoSuchImage {
                family,
                arch,
                variant,
                ..
            } => no_such_image(*family, *arch, *variant),
            Self::KubernetesOutside {
                family,
                variant,
                range,
                ..
            } => {
                let variant = match variant {
                    Variant::Standard => String::new(),
                    other => format!("{} ", variant_name(*other)),
                };
                format!("{family:?} has {variant}images {range}")
            }
            Self::NoAmiTypeInPartition {
                family,
                region,
                partition,
            } => {
                format!(
                    "EKS has no AMI type for {family:?} in {region}, of the partition {partition}"
                )
            }
            Self::NoAmiType { family } => format!(
                "EKS has no AMI type for {family:?}: its images are for launch templates that name them"
            ),
            Self::NotPublished { family } => {
                format!("nobody publishes images of the family {family:?}: they are your own")
            }
            Self::KubernetesVersion(text) => {
                format!("{text:?} is no Kubernetes minor version such as 1.34")
            }
            Self::Release { release, example } => {
                format!("{release:?} is no release version such as {example}")
            }
            Self::ReleaseOfOtherMinor {
                release,
                kubernetes_version,
            } => format!("release {release} is for another Kubernetes than {kubernetes_version}"),
        }
    }

    /// What to do about it: the nearest thing that exists.
    pub fn cure(&self) -> String {
        match self {
            Self::NoSuchImage { cure, .. } => cure.clone(),
            Self::KubernetesOutside {
                wanted, instead, ..
            } => format!("for {wanted} use {instead}"),
            Self::NoAmiType { .. } | Self::NoAmiTypeInPartition { .. } => {
                "use `pinnedBy: launchTemplate`".to_owned()
            }
            Self::NotPublished { .. } => {
                "use `id`, `ssmParameter` or `filter`, or name the family whose image it is"
                    .to_owned()
            }
            Self::KubernetesVersion(_) => "write it without a patch".to_owned(),
            Self::Release { .. } => {
                "write `latest`, or a release as the family names it".to_owned()
            }
            Self::ReleaseOfOtherMinor {
                kubernetes_version, ..
            } => format!("take a release of {kubernetes_version}, or `latest`"),
        }
    }
}

fn no_such_image(family: FamilyName, arch: Arch, variant: Variant) -> String {
    let (variant, arch) = (variant_name(variant), arch.as_str());
    format!("{family:?} has no {variant} image for {arch}")
}

impl fmt::Display for FamilyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem(), self.cure())
    }
}
