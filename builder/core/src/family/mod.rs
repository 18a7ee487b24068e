//! AMI families: everything that differs between them, one strategy and one file each.
//!
//! A new family is a file here with its templates and a golden case. [`family`] is the only place that
//! matches on a family's name.

mod al2;
mod al2023;
mod bottlerocket;
mod custom;
mod error;
mod owner;
mod parameter;
mod ubuntu;
mod vocabulary;
mod windows;

pub use error::{FamilyError, Range};
pub use owner::{ExpectedOwner, eks_image_owner, expected_owner};
pub use parameter::ImageParameter;
pub use vocabulary::{Field, Refusal, Way, refusals};

use crate::ami_source::{Ask, ImageQuery, Published};
use crate::desired::RenderedPart;
use crate::lint::Reader;
use crate::lock::ImageRequest;
use crate::partition::{Partition, partition};
use crate::render::{Boot, CLOUD_INIT, Problems, multipart, pre_bootstrap_parts};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

/// Which image of a family is wanted, whatever its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    pub region: &'a str,
    /// a minor, `1.34`
    pub kubernetes_version: &'a str,
    pub arch: Arch,
    pub variant: Variant,
}

impl<'a> From<&'a ImageRequest> for Question<'a> {
    fn from(request: &'a ImageRequest) -> Self {
        Self {
            region: &request.region,
            kubernetes_version: &request.kubernetes_version,
            arch: request.arch,
            variant: request.variant,
        }
    }
}

/// Accelerators that an image has drivers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accelerators {
    pub nvidia: bool,
    /// Inferentia and Trainium
    pub neuron: bool,
}

/// One AMI family.
pub trait Family: Sync {
    fn name(&self) -> FamilyName;

    /// Whether there are images for an architecture in a variant at all.
    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError>;

    /// The Kubernetes minors that images of a variant are published for.
    fn kubernetes(&self, variant: Variant) -> Range;

    /// What to use for a Kubernetes outside of that range.
    fn instead(&self, wanted: KubernetesVersion) -> &'static str;

    /// Whether EKS takes its AMI types outside the commercial partition, too.
    fn has_ami_type_everywhere(&self) -> bool {
        true
    }

    /// Whether anybody publishes images of the family, so that `eksOptimized` names one.
    fn published_by_anyone(&self) -> bool {
        true
    }

    /// Where the id of a release is found: in public parameters, the same path in every region, or by the
    /// image's name.
    fn ask(&self, question: &Question<'_>, release: &Release) -> Result<Ask, FamilyError>;

    /// The names of all the images that are published for this, `*` where the release stands.
    fn image_names(&self, question: &Question<'_>) -> Result<String, FamilyError>;

    /// Where to read the id and the release version of an image that was found by its name.
    fn published(&self, question: &Question<'_>, image: &Published<'_>)
    -> Result<Ask, FamilyError>;

    /// The release version that a release in an image's name stands for; none if the name does not tell.
    fn release_version(&self, question: &Question<'_>, in_name: &str) -> Option<String>;

    /// Whether a pin is written as the family's releases are, and the Kubernetes minor that it is for, if
    /// it tells.
    fn pin(&self, release: &str) -> Result<Option<KubernetesVersion>, FamilyError>;

    /// The account that publishes the family's images in a region, where that is known.
    fn owner(&self, region: &str) -> Option<&'static str>;

    /// Whether that account is one of AWS's own, so that EC2 shows it under the alias `amazon`.
    fn by_amazon(&self) -> bool {
        true
    }

    /// What the images of a variant have drivers for.
    fn drives(&self, variant: Variant) -> Accelerators {
        Accelerators {
            nvidia: matches!(variant, Variant::Nvidia | Variant::NvidiaFips),
            neuron: variant == Variant::Neuron,
        }
    }

    /// The `amiType` of a node group that runs EKS's own image of this family.
    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError>;

    /// The root device of EKS's own images. The lock tells the one of the image at hand.
    fn default_root_device(&self) -> &'static str;

    /// The Handlebars template of the launch-template data, as YAML in EC2's names.
    fn data_template(&self) -> &'static str;

    /// What reads the user data on the node.
    fn reader(&self) -> Reader {
        Reader::CloudInit
    }

    /// Whether there is a bootstrap of the family's own to call.
    fn brings_bootstrap(&self) -> bool {
        true
    }

    /// The types that the user's own `parts` can have. Most families have cloud-init read them.
    fn part_types(&self) -> Vec<&'static str> {
        CLOUD_INIT.to_vec()
    }

    /// How a field of `userData` reaches the node, or why it cannot.
    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way;

    /// The fields of KubeletConfiguration that the family's bootstrap writes over ours, each with the nearest way.
    fn kubelet_config_of_bootstrap(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether what reads the user data unpacks gzip: cloud-init, nodeadm and Bottlerocket do.
    fn takes_gzip(&self) -> bool {
        true
    }

    /// The user data's parts as one document. Most families take MIME multipart.
    fn document(&self, parts: &[RenderedPart]) -> Vec<u8> {
        multipart(parts)
    }

    /// The preBootstrap steps, in order. Most families run shell scripts.
    fn pre_bootstrap(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        pre_bootstrap_parts(boot, problems)
    }

    /// The user data's parts after the preBootstrap ones, in order: the user's own, then the bootstrap.
    /// What the family has no place for is a problem, never left out silently.
    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart>;
}

/// The strategy of a family.
pub fn family(name: FamilyName) -> &'static dyn Family {
    match name {
        FamilyName::AL2 => &al2::Al2,
        FamilyName::AL2023 => &al2023::Al2023,
        FamilyName::Bottlerocket => &bottlerocket::Bottlerocket,
        FamilyName::Windows2019Core => &windows::WINDOWS_2019_CORE,
        FamilyName::Windows2019Full => &windows::WINDOWS_2019_FULL,
        FamilyName::Windows2022Core => &windows::WINDOWS_2022_CORE,
        FamilyName::Windows2022Full => &windows::WINDOWS_2022_FULL,
        FamilyName::Windows2025Core => &windows::WINDOWS_2025_CORE,
        FamilyName::Windows2025Full => &windows::WINDOWS_2025_FULL,
        FamilyName::Ubuntu2004 => &ubuntu::UBUNTU_2004,
        FamilyName::Ubuntu2204 => &ubuntu::UBUNTU_2204,
        FamilyName::Ubuntu2404 => &ubuntu::UBUNTU_2404,
        FamilyName::Ubuntu2604 => &ubuntu::UBUNTU_2604,
        FamilyName::Custom => &custom::Custom,
    }
}

/// The variant as SSM paths and the spec name it.
pub(crate) fn variant_name(variant: Variant) -> &'static str {
    match variant {
        Variant::Standard => "standard",
        Variant::Nvidia => "nvidia",
        Variant::Neuron => "neuron",
        Variant::Fips => "fips",
        Variant::NvidiaFips => "nvidia-fips",
        Variant::Pro => "pro",
    }
}

/// Refuses a Kubernetes that the family has no images of a variant for.
pub(crate) fn check_kubernetes(
    family: &dyn Family,
    variant: Variant,
    text: &str,
) -> Result<KubernetesVersion, FamilyError> {
    let not_a_minor = |_| FamilyError::KubernetesVersion(text.to_owned());
    let wanted = text.parse().map_err(not_a_minor)?;
    let range = family.kubernetes(variant);
    match range.has(wanted) {
        true => Ok(wanted),
        false => Err(FamilyError::KubernetesOutside {
            family: family.name(),
            variant,
            range,
            wanted,
            instead: family.instead(wanted),
        }),
    }
}

/// Refuses a region where EKS takes no AMI type of the family. Its images can be there nevertheless, for launch
/// templates that name them.
pub(crate) fn check_ami_type_in(family: &dyn Family, region: &str) -> Result<(), FamilyError> {
    match partition(region) {
        Some(partition) if partition != Partition::Aws && !family.has_ami_type_everywhere() => {
            Err(FamilyError::NoAmiTypeInPartition {
                family: family.name(),
                region: region.to_owned(),
                partition,
            })
        }
        _ => Ok(()),
    }
}

/// Whether user data may be gzipped; if not, why, and what to do.
pub(crate) fn check_gzip(
    family: &dyn Family,
    pinned_by: PinnedBy,
) -> Result<(), (&'static str, &'static str)> {
    if !family.takes_gzip() {
        // EC2's user guide knows no compressed user data for Windows.
        return Err((
            "Windows is not known to unpack gzip",
            "take `compress` out; move what is long to S3, and fetch it from a short step",
        ));
    }
    match pinned_by {
        PinnedBy::LaunchTemplate => Ok(()),
        // "User data was not in the MIME multipart format" (terraform-provider-aws#15007).
        PinnedBy::ReleaseVersion => Err((
            "EKS merges its own part into the user data when the release version pins the image, and refuses gzip",
            "take `compress` out, or set `ami.pinnedBy: launchTemplate`",
        )),
    }
}

/// The Kubernetes of a question that the family has images for, whatever their release.
fn check(family: &dyn Family, question: &Question<'_>) -> Result<KubernetesVersion, FamilyError> {
    family.combination(question.arch, question.variant)?;
    check_kubernetes(family, question.variant, question.kubernetes_version)
}

/// A combination that does not exist.
fn no_image<T>(
    family: FamilyName,
    arch: Arch,
    variant: Variant,
    cure: &str,
) -> Result<T, FamilyError> {
    Err(FamilyError::NoSuchImage {
        family,
        arch,
        variant,
        cure: cure.to_owned(),
    })
}

/// Whom DescribeImages is to look for: the known account, or Amazon's own, whose alias takes in AWS's
/// publishers.
pub(crate) fn owners(family: &dyn Family, region: &str) -> Vec<String> {
    vec![family.owner(region).unwrap_or("amazon").to_owned()]
}

/// Asks EC2 for the one image that has this name.
fn by_name(name: String, owners: Vec<String>) -> Ask {
    Ask::Images(ImageQuery {
        owners,
        names: vec![name],
        ..ImageQuery::default()
    })
}

/// Asks for an image again that was found by its name, where no parameter tells more of it.
fn found_by_name(
    family: &dyn Family,
    question: &Question<'_>,
    image: &Published<'_>,
) -> Result<Ask, FamilyError> {
    check(family, question)?;
    let owners = vec![image.image.owner.clone()];
    Ok(by_name(image.image.name.clone(), owners))
}

const fn kubernetes(minor: u16) -> Option<KubernetesVersion> {
    Some(KubernetesVersion { major: 1, minor })
}

#[cfg(test)]
mod tests;
