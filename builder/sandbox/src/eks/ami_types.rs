//! AMI types, and the releases that are published for them as SSM parameters.

use crate::world::{Image, Region};

use super::error::EksError;

/// An AMI type whose images the sandbox has.
pub(super) struct AmiType {
    pub name: &'static str,
    /// its place under `/aws/service/eks/optimized-ami/VERSION/`
    path: &'static str,
}

/// The AMI type of a group that names none (EKS user guide: AL2023 from Kubernetes 1.30 on).
pub(super) const DEFAULT: &str = "AL2023_x86_64_STANDARD";
/// The AMI type of a group whose launch template names the image.
pub(super) const CUSTOM: &str = "CUSTOM";

const KNOWN: [AmiType; 8] = [
    AmiType {
        name: DEFAULT,
        path: "amazon-linux-2023/x86_64/standard",
    },
    AmiType {
        name: "AL2023_ARM_64_STANDARD",
        path: "amazon-linux-2023/arm64/standard",
    },
    AmiType {
        name: "AL2023_x86_64_NVIDIA",
        path: "amazon-linux-2023/x86_64/nvidia",
    },
    AmiType {
        name: "AL2023_ARM_64_NVIDIA",
        path: "amazon-linux-2023/arm64/nvidia",
    },
    AmiType {
        name: "AL2023_x86_64_NEURON",
        path: "amazon-linux-2023/x86_64/neuron",
    },
    AmiType {
        name: "AL2_x86_64",
        path: "amazon-linux-2",
    },
    AmiType {
        name: "AL2_x86_64_GPU",
        path: "amazon-linux-2-gpu",
    },
    AmiType {
        name: "AL2_ARM_64",
        path: "amazon-linux-2-arm64",
    },
];

/// The AMI type of a name. Types of AWS's model whose images the sandbox does not have are refused.
pub(super) fn find(name: &str) -> Result<&'static AmiType, EksError> {
    KNOWN
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| {
            EksError::InvalidParameter(format!(
                "amiType {name} is not supported by the nodemint sandbox"
            ))
        })
}

impl AmiType {
    /// The image of a release, or of the recommended one, with the release's version.
    pub(super) fn release<'r>(
        &self,
        region: &'r Region,
        kubernetes: &str,
        wanted: Option<&str>,
    ) -> Result<(String, &'r Image), EksError> {
        let folder = format!("/aws/service/eks/optimized-ami/{kubernetes}/{}", self.path);
        let value = |name: &str, member: &str| {
            let parameter = region
                .parameters
                .get(&format!("{folder}/{name}/{member}"))?;
            parameter
                .versions
                .last()
                .map(|version| version.value.as_str())
        };
        // not attested: what EKS says of a type that has no image for a Kubernetes version
        let recommended = value("recommended", "release_version").ok_or_else(|| {
            let text = format!(
                "AMI Type {} is not available for kubernetes version {kubernetes}",
                self.name
            );
            EksError::InvalidParameter(text)
        })?;
        let wanted = wanted.unwrap_or(recommended);
        let image = folders(region, &folder)
            .filter(|name| value(name, "release_version") == Some(wanted))
            .find_map(|name| region.images.get(value(name, "image_id")?));
        let image = image.ok_or_else(|| {
            EksError::InvalidParameter(format!(
                "Requested Nodegroup release version {wanted} is invalid. \
                 Allowed release version is {recommended}"
            ))
        })?;
        Ok((wanted.to_owned(), image))
    }
}

/// The names beside `recommended`, and it, that have a release version.
fn folders<'r>(region: &'r Region, folder: &str) -> impl Iterator<Item = &'r str> {
    let prefix = format!("{folder}/");
    let end = format!("{folder}0"); // '0' follows '/'
    region
        .parameters
        .range(prefix.clone()..end)
        .filter_map(move |(name, _)| name.strip_prefix(&prefix)?.strip_suffix("/release_version"))
}
