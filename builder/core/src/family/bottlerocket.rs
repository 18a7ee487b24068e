//! Bottlerocket: an image that takes its settings as TOML.

use super::owner::bottlerocket_image_owner;
use super::vocabulary::{Field, Way, no_nodeadm, override_bootstrap};
use super::{Family, FamilyError, ImageParameter, Question, Range, check, kubernetes, no_image};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::lint::Reader;
use crate::render::{Boot, Problems, TOML, bottlerocket};
use crate::spec::{Arch, FamilyName, KubernetesVersion, LocalDisks, PinnedBy, Release, Variant};

pub(super) struct Bottlerocket;

impl Family for Bottlerocket {
    fn name(&self) -> FamilyName {
        FamilyName::Bottlerocket
    }

    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError> {
        match variant {
            Variant::Standard | Variant::Nvidia | Variant::Fips | Variant::NvidiaFips => Ok(()),
            Variant::Neuron => {
                let cure = "its standard image carries Neuron: use `variant: standard`";
                no_image(self.name(), arch, variant, cure)
            }
            Variant::Pro => {
                let cure = "its variants are `standard`, `nvidia`, `fips` and `nvidia-fips`";
                no_image(self.name(), arch, variant, cure)
            }
        }
    }

    /// NVIDIA with FIPS came with the variants of 1.29 (bottlerocket-os/bottlerocket#4671). That plain FIPS
    /// begins with 1.28 is how others gate it; Bottlerocket's own pages do not say.
    fn kubernetes(&self, variant: Variant) -> Range {
        let oldest = match variant {
            Variant::Fips => kubernetes(28),
            Variant::NvidiaFips => kubernetes(29),
            _ => None,
        };
        Range {
            oldest,
            newest: None,
        }
    }

    fn instead(&self, _wanted: KubernetesVersion) -> &'static str {
        "`variant: standard` or `nvidia`"
    }

    fn ask(&self, question: &Question<'_>, release: &Release) -> Result<Ask, FamilyError> {
        let version = check(self, question)?;
        let (segment, expected) = match release {
            Release::Latest => ("latest", None),
            Release::Pinned(release) => {
                self.pin(release)?;
                (release.as_str(), Some(release.clone()))
            }
        };
        Ok(self.parameters(question, version, segment, expected))
    }

    /// Names have `aarch64` where parameters have `arm64`: `bottlerocket-aws-k8s-1.27-nvidia-aarch64-v1.14.1-842c7134`.
    fn image_names(&self, question: &Question<'_>) -> Result<String, FamilyError> {
        let version = check(self, question)?;
        let arch = match question.arch {
            Arch::X86_64 => "x86_64",
            Arch::Arm64 => "aarch64",
        };
        let flavor = flavor(question.variant);
        Ok(format!("bottlerocket-aws-k8s-{version}{flavor}-{arch}-v*"))
    }

    /// The release in the name is a segment of the parameters' path.
    fn published(
        &self,
        question: &Question<'_>,
        image: &Published<'_>,
    ) -> Result<Ask, FamilyError> {
        let version = check(self, question)?;
        Ok(self.parameters(question, version, image.release, None))
    }

    fn release_version(&self, _question: &Question<'_>, in_name: &str) -> Option<String> {
        Some(in_name.to_owned())
    }

    /// `1.50.0`, or with the commit that it was built from, `1.50.0-abcdef12`. Bottlerocket counts its
    /// releases by itself, so a pin tells no Kubernetes.
    fn pin(&self, release: &str) -> Result<Option<KubernetesVersion>, FamilyError> {
        let (version, commit) = match release.split_once('-') {
            Some((version, commit)) => (version, Some(commit)),
            None => (release, None),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let hex = |commit: &str| {
            let digits = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
            commit.len() == 8 && commit.bytes().all(digits) && !looks_like_a_day(commit)
        };
        let numbers: Vec<&str> = version.split('.').collect();
        match numbers.len() == 3 && numbers.into_iter().all(digits) && commit.is_none_or(hex) {
            true => Ok(None),
            false => Err(FamilyError::Release {
                release: release.to_owned(),
                example: "1.50.0 or 1.50.0-abcdef12",
            }),
        }
    }

    fn owner(&self, region: &str) -> Option<&'static str> {
        bottlerocket_image_owner(region)
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        self.combination(arch, variant)?;
        Ok(match (arch, variant) {
            (Arch::X86_64, Variant::Nvidia) => "BOTTLEROCKET_x86_64_NVIDIA",
            (Arch::X86_64, Variant::Fips) => "BOTTLEROCKET_x86_64_FIPS",
            (Arch::X86_64, Variant::NvidiaFips) => "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
            (Arch::X86_64, _) => "BOTTLEROCKET_x86_64",
            (Arch::Arm64, Variant::Nvidia) => "BOTTLEROCKET_ARM_64_NVIDIA",
            (Arch::Arm64, Variant::Fips) => "BOTTLEROCKET_ARM_64_FIPS",
            (Arch::Arm64, Variant::NvidiaFips) => "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
            (Arch::Arm64, _) => "BOTTLEROCKET_ARM_64",
        })
    }

    fn default_root_device(&self) -> &'static str {
        "/dev/xvda"
    }

    fn reader(&self) -> Reader {
        Reader::Bottlerocket
    }

    fn data_template(&self) -> &'static str {
        include_str!("../../../../templates/bottlerocket.yaml.hbs")
    }

    fn part_types(&self) -> Vec<&'static str> {
        vec![TOML]
    }

    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way {
        carries(field, pinned_by)
    }

    fn document(&self, parts: &[RenderedPart]) -> Vec<u8> {
        bottlerocket::document(parts)
    }

    /// There is no shell to run steps in: [`carries`] refuses them.
    fn pre_bootstrap(&self, _boot: &Boot<'_>, _problems: &mut Problems) -> Vec<RenderedPart> {
        Vec::new()
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        bottlerocket::parts(boot, problems)
    }
}

impl Bottlerocket {
    /// Source: twoliter, tools/pubsys/policies/ssm/defaults.toml; the version there has no leading `v`.
    fn parameters(
        &self,
        question: &Question<'_>,
        version: KubernetesVersion,
        release: &str,
        expected: Option<String>,
    ) -> Ask {
        let (flavor, arch) = (flavor(question.variant), question.arch.as_str());
        let root = format!("/aws/service/bottlerocket/aws-k8s-{version}{flavor}/{arch}/{release}");
        Ask::Public {
            family: self.name(),
            parameter: ImageParameter::Release {
                image_id: format!("{root}/image_id"),
                release_version: format!("{root}/image_version"),
                expected,
            },
        }
    }
}

/// There is a setting for it, or none; its own settings reference names them all.
fn carries(field: Field, pinned_by: PinnedBy) -> Way {
    let merged = pinned_by == PinnedBy::ReleaseVersion;
    let injected = |hint: &str| {
        let message =
            "on Bottlerocket EKS sets this itself when the release version pins the image";
        Way::refused(message, hint)
    };
    match field {
        Field::PreBootstrap => Way::refused(
            "Bottlerocket has no shell, and runs no scripts",
            "use `settings: {bootstrap-commands: …}` for its own commands, or `settings: {bootstrap-containers: …}` \
             for an image that runs yours, or another family",
        ),
        Field::OverrideBootstrap => override_bootstrap(pinned_by),
        Field::NodeConfig => no_nodeadm("Bottlerocket", "`kubelet` and `settings`"),
        Field::ContainerdConfig => Way::refused(
            "Bottlerocket writes containerd's configuration itself",
            "use `settings: {container-runtime: …}`, or the family AL2023",
        ),
        Field::BaseRuntimeSpec => Way::refused(
            "Bottlerocket writes the runtime specification itself",
            "use `settings: {oci-defaults: …}` for capabilities and resource limits, or the family AL2023",
        ),
        Field::LocalDisks(LocalDisks::Raid10 | LocalDisks::Mount) => Way::refused(
            "Bottlerocket stripes the instance store's disks (RAID 0), or leaves them alone",
            "use `localDisks: raid0`, or the family AL2023",
        ),
        Field::NodeLabels if merged => injected("set `labels` on the node group"),
        Field::Taints if merged => injected("set `taints` on the node group"),
        Field::ClusterDns if merged => injected("set `ami.pinnedBy: launchTemplate`"),
        _ => Way::InBootstrap,
    }
}

/// A commit can be eight decimal digits, but one that reads as a day is most likely a release of Amazon Linux;
/// the rare commit that does can be pinned without it.
fn looks_like_a_day(commit: &str) -> bool {
    let number = |from: usize, to: usize| commit.get(from..to).and_then(|n| n.parse::<u8>().ok());
    commit.starts_with("20")
        && number(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && number(6, 8).is_some_and(|day| (1..=31).contains(&day))
}

/// What follows the Kubernetes version in the names of Bottlerocket's variants.
fn flavor(variant: Variant) -> &'static str {
    match variant {
        Variant::Nvidia => "-nvidia",
        Variant::Fips => "-fips",
        Variant::NvidiaFips => "-nvidia-fips",
        Variant::Standard | Variant::Neuron | Variant::Pro => "",
    }
}
