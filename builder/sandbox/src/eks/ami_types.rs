//! AMI types, the releases that are published for them, and the user data that EKS can merge with its own.

use serde_json::Value;

use super::error::EksError;
use super::merge::System;
use super::user_data;
use crate::world::{Image, View};

/// An AMI type of EKS.
pub(super) struct AmiType {
    pub name: &'static str,
    source: Source,
}

/// Where the releases are.
enum Source {
    /// under `/aws/service/eks/optimized-ami/VERSION/`
    AmazonLinux(&'static str),
    /// what follows `/aws/service/bottlerocket/aws-k8s-VERSION`
    Bottlerocket(&'static str),
    /// what stands between `Windows_Server-` and `-EKS_Optimized`
    Windows(&'static str),
}

/// The AMI type of a group that names none (EKS user guide: AL2023 from Kubernetes 1.30 on).
pub(super) const DEFAULT: &str = "AL2023_x86_64_STANDARD";
/// The AMI type of a group whose launch template names the image.
pub(super) const CUSTOM: &str = "CUSTOM";

const KNOWN: [AmiType; 22] = [
    linux(DEFAULT, "amazon-linux-2023/x86_64/standard"),
    linux("AL2023_ARM_64_STANDARD", "amazon-linux-2023/arm64/standard"),
    linux("AL2023_x86_64_NVIDIA", "amazon-linux-2023/x86_64/nvidia"),
    linux("AL2023_ARM_64_NVIDIA", "amazon-linux-2023/arm64/nvidia"),
    linux("AL2023_x86_64_NEURON", "amazon-linux-2023/x86_64/neuron"),
    linux("AL2_x86_64", "amazon-linux-2"),
    linux("AL2_x86_64_GPU", "amazon-linux-2-gpu"),
    linux("AL2_ARM_64", "amazon-linux-2-arm64"),
    bottlerocket("BOTTLEROCKET_x86_64", "/x86_64"),
    bottlerocket("BOTTLEROCKET_ARM_64", "/arm64"),
    bottlerocket("BOTTLEROCKET_x86_64_NVIDIA", "-nvidia/x86_64"),
    bottlerocket("BOTTLEROCKET_ARM_64_NVIDIA", "-nvidia/arm64"),
    bottlerocket("BOTTLEROCKET_x86_64_FIPS", "-fips/x86_64"),
    bottlerocket("BOTTLEROCKET_ARM_64_FIPS", "-fips/arm64"),
    bottlerocket("BOTTLEROCKET_x86_64_NVIDIA_FIPS", "-nvidia-fips/x86_64"),
    bottlerocket("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "-nvidia-fips/arm64"),
    windows("WINDOWS_CORE_2019_x86_64", "2019-English-Core"),
    windows("WINDOWS_FULL_2019_x86_64", "2019-English-Full"),
    windows("WINDOWS_CORE_2022_x86_64", "2022-English-Core"),
    windows("WINDOWS_FULL_2022_x86_64", "2022-English-Full"),
    windows("WINDOWS_CORE_2025_x86_64", "2025-English-Core"),
    windows("WINDOWS_FULL_2025_x86_64", "2025-English-Full"),
];

const fn linux(name: &'static str, path: &'static str) -> AmiType {
    let source = Source::AmazonLinux(path);
    AmiType { name, source }
}

const fn bottlerocket(name: &'static str, path: &'static str) -> AmiType {
    let source = Source::Bottlerocket(path);
    AmiType { name, source }
}

const fn windows(name: &'static str, edition: &'static str) -> AmiType {
    let source = Source::Windows(edition);
    AmiType { name, source }
}

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
    pub(super) fn is_windows(&self) -> bool {
        matches!(self.source, Source::Windows(_))
    }

    /// What EKS merges user data for.
    pub(super) fn system(&self) -> System {
        match self.source {
            Source::AmazonLinux(path) if path.starts_with("amazon-linux-2023") => System::Al2023,
            Source::AmazonLinux(_) => System::Al2,
            Source::Bottlerocket(_) => System::Bottlerocket,
            Source::Windows(_) => System::Windows,
        }
    }

    /// What EKS says of a launch template's user data if it cannot merge it with its own. None at all is
    /// always right.
    pub(super) fn refusal(&self, base64: &str) -> Option<&'static str> {
        if base64.is_empty() {
            return None;
        }
        let (merges, text) = match self.source {
            Source::AmazonLinux(_) => (
                user_data::is_multipart(base64),
                // terraform-aws-eks#1875
                "User data was not in the MIME multipart format.",
            ),
            Source::Bottlerocket(_) => (
                user_data::is_toml(base64),
                // terraform-aws-eks#3205
                "User data was not a TOML format that could be processed.",
            ),
            Source::Windows(_) => (
                user_data::is_powershell(base64),
                // terraform-aws-eks-blueprints#1729
                "User data was not a valid PowerShell format and could not be processed.",
            ),
        };
        (!merges).then_some(text)
    }

    /// The image of a release, or of the recommended one, with the release's version.
    pub(super) fn release<'r>(
        &self,
        view: View<'r>,
        kubernetes: &str,
        wanted: Option<&str>,
    ) -> Result<(String, &'r Image), EksError> {
        let recommended = self.recommended(view, kubernetes).ok_or_else(|| {
            // not attested: what EKS says of a type that has no image for a Kubernetes version
            let text = format!(
                "AMI Type {} is not available for kubernetes version {kubernetes}",
                self.name
            );
            EksError::InvalidParameter(text)
        })?;
        let wanted = wanted.unwrap_or(&recommended);
        match self.image(view, kubernetes, wanted) {
            Some(image) => Ok((wanted.to_owned(), image)),
            None => Err(EksError::InvalidParameter(match self.source {
                // cloudposse/terraform-aws-eks-node-group#209
                Source::Bottlerocket(_) => format!(
                    "Requested release version {wanted} is not valid for kubernetes version {kubernetes}."
                ),
                // of Amazon Linux; not attested from Windows
                Source::AmazonLinux(_) | Source::Windows(_) => format!(
                    "Requested Nodegroup release version {wanted} is invalid. \
                     Allowed release version is {recommended}"
                ),
            })),
        }
    }

    /// The version of the release that the public parameters recommend.
    fn recommended(&self, view: View<'_>, kubernetes: &str) -> Option<String> {
        let folder = self.folder(kubernetes);
        let given = match self.source {
            Source::AmazonLinux(_) => value(view, &format!("{folder}/recommended/release_version")),
            Source::Bottlerocket(_) => value(view, &format!("{folder}/latest/image_version")),
            Source::Windows(_) => {
                let document: Value = serde_json::from_str(value(view, &folder)?).ok()?;
                return document["release_version"].as_str().map(str::to_owned);
            }
        };
        given.map(str::to_owned)
    }

    /// The image of a release.
    fn image<'r>(&self, view: View<'r>, kubernetes: &str, release: &str) -> Option<&'r Image> {
        let folder = self.folder(kubernetes);
        match self.source {
            Source::AmazonLinux(_) => named_folders(view, &folder)
                .filter(|name| {
                    value(view, &format!("{folder}/{name}/release_version")) == Some(release)
                })
                .find_map(|name| view.image(value(view, &format!("{folder}/{name}/image_id"))?)),
            // a version without its build has a folder, too, but is not taken (cloudposse#209, as above)
            Source::Bottlerocket(_) => {
                let version = value(view, &format!("{folder}/{release}/image_version"))?;
                let id = value(view, &format!("{folder}/{release}/image_id"))?;
                (version == release).then(|| view.image(id)).flatten()
            }
            // only the latest release has a parameter
            Source::Windows(edition) => {
                let name = format!("Windows_Server-{edition}-EKS_Optimized-{release}");
                let of_version = release.starts_with(&format!("{kubernetes}-"));
                let mut named = view.public.images.values();
                named.find(|image| of_version && image.name == name)
            }
        }
    }

    /// Where the parameters of a Kubernetes version are. For Windows it is a parameter itself.
    fn folder(&self, kubernetes: &str) -> String {
        match self.source {
            Source::AmazonLinux(path) => {
                format!("/aws/service/eks/optimized-ami/{kubernetes}/{path}")
            }
            Source::Bottlerocket(path) => {
                format!("/aws/service/bottlerocket/aws-k8s-{kubernetes}{path}")
            }
            Source::Windows(edition) => format!(
                "/aws/service/ami-windows-latest/Windows_Server-{edition}-EKS_Optimized-{kubernetes}"
            ),
        }
    }
}

fn value<'r>(view: View<'r>, name: &str) -> Option<&'r str> {
    let version = view.parameter(name)?.versions.last()?;
    Some(&version.value)
}

/// The names beside `recommended`, and it, that have a release version.
fn named_folders<'r>(view: View<'r>, folder: &str) -> impl Iterator<Item = &'r str> {
    let prefix = format!("{folder}/");
    let under = view.parameters_under(&prefix);
    let names = under.filter_map(|parameter| {
        let name = parameter.name.strip_prefix(&prefix)?;
        name.strip_suffix("/release_version")
    });
    names.collect::<Vec<_>>().into_iter()
}
