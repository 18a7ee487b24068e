//! Amazon Linux 2: `/etc/eks/bootstrap.sh` joins the node.
//!
//! Flags and their meaning: bootstrap.sh of amazon-eks-ami (templates/al2/runtime/bootstrap.sh). It takes
//! `--flag value`, never `--flag=value`, and takes an unknown flag for the cluster's name.

use super::parameter::{eks_ask, eks_published, eks_release};
use super::{
    Accelerators, Family, FamilyError, Question, Range, check, eks_image_owner, kubernetes,
    no_image,
};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::render::{Boot, Problems, SHELL, al2_bootstrap, override_part, user_parts};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

pub(super) struct Al2;

impl Family for Al2 {
    fn name(&self) -> FamilyName {
        FamilyName::AL2
    }

    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError> {
        self.paths(arch, variant).map(|_| ())
    }

    /// EKS stopped publishing AL2 images on 26 November 2025; 1.32 was the last minor.
    fn kubernetes(&self, _variant: Variant) -> Range {
        Range {
            oldest: None,
            newest: kubernetes(32),
        }
    }

    fn instead(&self, _wanted: KubernetesVersion) -> &'static str {
        "AL2023"
    }

    fn ask(&self, question: &Question<'_>, release: &Release) -> Result<Ask, FamilyError> {
        let version = check(self, question)?;
        let (folder, image) = self.paths(question.arch, question.variant)?;
        eks_ask(
            self.name(),
            folder,
            &format!("{image}-{version}"),
            version,
            release,
        )
    }

    fn image_names(&self, question: &Question<'_>) -> Result<String, FamilyError> {
        let version = check(self, question)?;
        let (_, image) = self.paths(question.arch, question.variant)?;
        Ok(format!("{image}-{version}-v*"))
    }

    fn published(
        &self,
        question: &Question<'_>,
        image: &Published<'_>,
    ) -> Result<Ask, FamilyError> {
        let version = check(self, question)?;
        let (folder, _) = self.paths(question.arch, question.variant)?;
        Ok(eks_published(self.name(), folder, version, image))
    }

    /// The name does not hold the Kubernetes patch.
    fn release_version(&self, _question: &Question<'_>, _in_name: &str) -> Option<String> {
        None
    }

    fn pin(&self, release: &str) -> Result<Option<KubernetesVersion>, FamilyError> {
        eks_release(release).map(|(of, _)| Some(of))
    }

    fn owner(&self, region: &str) -> Option<&'static str> {
        eks_image_owner(region)
    }

    /// The GPU image carries the drivers of both.
    fn drives(&self, variant: Variant) -> Accelerators {
        let both = variant == Variant::Nvidia;
        Accelerators {
            nvidia: both,
            neuron: both,
        }
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        self.combination(arch, variant)?;
        Ok(match (arch, variant) {
            (Arch::Arm64, _) => "AL2_ARM_64",
            (_, Variant::Nvidia) => "AL2_x86_64_GPU",
            _ => "AL2_x86_64",
        })
    }

    fn default_root_device(&self) -> &'static str {
        "/dev/xvda"
    }

    fn data_template(&self) -> &'static str {
        include_str!("../../../../templates/al2.yaml.hbs")
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        let mut parts = user_parts(boot, problems);
        refuse_nodeadm(boot, &parts, problems);
        match boot.template.pinned_by {
            PinnedBy::ReleaseVersion => refuse_settings(boot, problems),
            PinnedBy::LaunchTemplate if boot.template.user_data.override_bootstrap.is_some() => {
                parts.extend(override_part(boot, &[SHELL], problems));
            }
            PinnedBy::LaunchTemplate => parts.extend(al2_bootstrap(boot, problems)),
        }
        parts
    }
}

impl Al2 {
    /// The folder of the parameters, and the image's name without version and release.
    fn paths(
        &self,
        arch: Arch,
        variant: Variant,
    ) -> Result<(&'static str, &'static str), FamilyError> {
        match (arch, variant) {
            (Arch::X86_64, Variant::Standard) => Ok(("amazon-linux-2", "amazon-eks-node")),
            (Arch::Arm64, Variant::Standard) => {
                Ok(("amazon-linux-2-arm64", "amazon-eks-arm64-node"))
            }
            (Arch::X86_64, Variant::Nvidia) => Ok(("amazon-linux-2-gpu", "amazon-eks-gpu-node")),
            (_, Variant::Neuron) => {
                let cure = "its GPU image carries Neuron: use `variant: nvidia`";
                no_image(self.name(), arch, variant, cure)
            }
            (_, Variant::Nvidia) => {
                let cure = "use AL2023, or `arch: x86_64`";
                no_image(self.name(), arch, variant, cure)
            }
            _ => {
                let cure = "its variants are `standard` and, for x86_64, `nvidia`";
                no_image(self.name(), arch, variant, cure)
            }
        }
    }
}

/// nodeadm and its NodeConfig came with AL2023.
fn refuse_nodeadm(boot: &Boot<'_>, parts: &[RenderedPart], problems: &mut Problems) {
    if boot.template.user_data.node_config.is_some() {
        problems.spec(
            boot.path("nodeConfig"),
            "AL2 has no nodeadm, so it cannot read a NodeConfig",
            "use `kubelet.extraArgs`, or a preBootstrap script, or the family AL2023",
        );
    }
    let of_nodeadm = |part: &&RenderedPart| part.content_type == crate::render::NODE_CONFIG;
    for part in parts.iter().filter(of_nodeadm) {
        problems.spec(
            boot.path(&part.origin),
            "AL2 has no nodeadm, so it cannot read a NodeConfig",
            "take the part out, or use the family AL2023",
        );
    }
}

/// EKS runs its own bootstrap.sh last, with arguments that user data cannot reach.
fn refuse_settings(boot: &Boot<'_>, problems: &mut Problems) {
    for field in boot.kubelet_fields() {
        problems.spec(
            boot.path(field),
            "on AL2 EKS calls bootstrap.sh itself when the release version pins the image, and takes no settings for it",
            "set `ami.pinnedBy: launchTemplate`, use the family AL2023, or set labels and taints on the node group",
        );
    }
    if boot.template.user_data.override_bootstrap.is_some() {
        problems.override_in_merged_mode(boot);
    }
}
