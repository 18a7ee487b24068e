//! AMI families: everything that differs between them, one strategy and one file each.
//!
//! A new family is a file here with its templates and a golden case. [`family`] is the only place that
//! matches on a family's name.

mod al2;
mod al2023;
mod owner;

use thiserror::Error;

pub use owner::eks_image_owner;

use crate::desired::RenderedPart;
use crate::render::{Boot, Problems};
use crate::spec::{Arch, FamilyName, KubernetesVersion, Release, Variant};

/// One AMI family.
pub trait Family: Sync {
    fn name(&self) -> FamilyName;

    /// The newest Kubernetes minor that EKS publishes images of this family for; `None`: no end is known.
    fn newest_kubernetes(&self) -> Option<KubernetesVersion>;

    /// Where EKS publishes the image in SSM (public parameters, the same path in every region).
    fn image_parameter(
        &self,
        kubernetes_version: &str,
        arch: Arch,
        variant: Variant,
        release: &Release,
    ) -> Result<ImageParameter, FamilyError>;

    /// The `amiType` of a node group that runs EKS's own image of this family.
    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError>;

    /// The root device of EKS's own images. The lock tells the one of the image at hand.
    fn default_root_device(&self) -> &'static str;

    /// The Handlebars template of the launch-template data, as YAML in EC2's names.
    fn data_template(&self) -> &'static str;

    /// The user data's parts after the preBootstrap ones, in order: the user's own, then the bootstrap.
    /// What the family has no place for is a problem, never left out silently.
    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart>;
}

/// The strategy of a family.
pub fn family(name: FamilyName) -> &'static dyn Family {
    match name {
        FamilyName::AL2 => &al2::Al2,
        FamilyName::AL2023 => &al2023::Al2023,
    }
}

/// What to ask SSM for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageParameter {
    /// One parameter whose value is JSON: `image_id`, `image_name`, `release_version`.
    Recommended { name: String },
    /// Three parameters, one for each value. The name of a release does not hold the Kubernetes patch,
    /// so whoever asks must compare the value of `release_version` with `expected`.
    Release {
        image_id: String,
        image_name: String,
        release_version: String,
        expected: String,
    },
}

impl ImageParameter {
    /// The names to ask for.
    pub fn names(&self) -> Vec<&str> {
        match self {
            ImageParameter::Recommended { name } => vec![name],
            ImageParameter::Release {
                image_id,
                image_name,
                release_version,
                ..
            } => {
                vec![image_id, image_name, release_version]
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FamilyError {
    #[error("{family:?} has no {variant} image for {arch}", variant = variant_name(*.variant), arch = .arch.as_str())]
    NoSuchImage {
        family: FamilyName,
        arch: Arch,
        variant: Variant,
    },
    #[error("EKS publishes {family:?} images up to Kubernetes {newest}, and {wanted} is wanted")]
    KubernetesTooNew {
        family: FamilyName,
        newest: KubernetesVersion,
        wanted: String,
    },
    #[error("{0:?} is no Kubernetes minor version such as 1.34")]
    KubernetesVersion(String),
    #[error("{0:?} is no release version such as 1.34.2-20260915")]
    Release(String),
    #[error("release {release} is for another Kubernetes than {kubernetes_version}")]
    ReleaseOfOtherMinor {
        release: String,
        kubernetes_version: String,
    },
}

/// The variant as SSM paths and the spec name it.
pub(crate) fn variant_name(variant: Variant) -> &'static str {
    match variant {
        Variant::Standard => "standard",
        Variant::Nvidia => "nvidia",
        Variant::Neuron => "neuron",
    }
}

/// `1.34` as a number pair.
pub(crate) fn minor(text: &str) -> Result<KubernetesVersion, FamilyError> {
    let parse = || {
        let (major, minor) = text.split_once('.')?;
        Some(KubernetesVersion {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    };
    parse().ok_or_else(|| FamilyError::KubernetesVersion(text.to_owned()))
}

/// Refuses a Kubernetes that the family has no images for.
pub(crate) fn check_kubernetes(
    family: &dyn Family,
    text: &str,
) -> Result<KubernetesVersion, FamilyError> {
    let wanted = minor(text)?;
    match family.newest_kubernetes() {
        Some(newest) if wanted > newest => {
            let family = family.name();
            Err(FamilyError::KubernetesTooNew {
                family,
                newest,
                wanted: text.to_owned(),
            })
        }
        _ => Ok(wanted),
    }
}

/// The day in a release version: `20260915` of `1.34.2-20260915`.
fn release_day(release: &str, kubernetes_version: KubernetesVersion) -> Result<&str, FamilyError> {
    let bad = || FamilyError::Release(release.to_owned());
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (version, day) = release.split_once('-').ok_or_else(bad)?;
    let numbers: Vec<&str> = version.split('.').collect();
    let [major, minor_number, patch] = numbers.as_slice() else {
        return Err(bad());
    };
    if !digits(patch) || day.len() != 8 || !digits(day) {
        return Err(bad());
    }
    let of = minor(&format!("{major}.{minor_number}")).map_err(|_| bad())?;
    if of != kubernetes_version {
        let kubernetes_version = kubernetes_version.to_string();
        return Err(FamilyError::ReleaseOfOtherMinor {
            release: release.to_owned(),
            kubernetes_version,
        });
    }
    Ok(day)
}

/// The parameters under `folder` for a release; `image` is the image's name without its `-v<day>`.
fn parameter(
    folder: &str,
    image: &str,
    kubernetes_version: KubernetesVersion,
    release: &Release,
) -> Result<ImageParameter, FamilyError> {
    let root = format!("/aws/service/eks/optimized-ami/{kubernetes_version}/{folder}");
    match release {
        Release::Latest => Ok(ImageParameter::Recommended {
            name: format!("{root}/recommended"),
        }),
        Release::Pinned(release) => {
            let day = release_day(release, kubernetes_version)?;
            let root = format!("{root}/{image}-v{day}");
            Ok(ImageParameter::Release {
                image_id: format!("{root}/image_id"),
                image_name: format!("{root}/image_name"),
                release_version: format!("{root}/release_version"),
                expected: release.clone(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
