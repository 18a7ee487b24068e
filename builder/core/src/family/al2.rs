//! Amazon Linux 2: `/etc/eks/bootstrap.sh` joins the node.
//!
//! Flags and their meaning: bootstrap.sh of amazon-eks-ami (templates/al2/runtime/bootstrap.sh). It takes
//! `--flag value`, never `--flag=value`, and takes an unknown flag for the cluster's name.

use super::{Family, FamilyError, ImageParameter, check_kubernetes, parameter};
use crate::desired::RenderedPart;
use crate::render::{Boot, Problems, SHELL, al2_bootstrap, override_part, user_parts};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

pub(super) struct Al2;

impl Family for Al2 {
    fn name(&self) -> FamilyName {
        FamilyName::AL2
    }

    /// EKS stopped publishing AL2 images on 26 November 2025; 1.32 was the last minor.
    fn newest_kubernetes(&self) -> Option<KubernetesVersion> {
        Some(KubernetesVersion {
            major: 1,
            minor: 32,
        })
    }

    fn image_parameter(
        &self,
        kubernetes_version: &str,
        arch: Arch,
        variant: Variant,
        release: &Release,
    ) -> Result<ImageParameter, FamilyError> {
        let kubernetes_version = check_kubernetes(self, kubernetes_version)?;
        let (folder, image) = match (arch, variant) {
            (Arch::X86_64, Variant::Standard) => ("amazon-linux-2", "amazon-eks-node"),
            (Arch::Arm64, Variant::Standard) => ("amazon-linux-2-arm64", "amazon-eks-arm64-node"),
            (Arch::X86_64, Variant::Nvidia) => ("amazon-linux-2-gpu", "amazon-eks-gpu-node"),
            _ => {
                return Err(FamilyError::NoSuchImage {
                    family: self.name(),
                    arch,
                    variant,
                });
            }
        };
        parameter(
            folder,
            &format!("{image}-{kubernetes_version}"),
            kubernetes_version,
            release,
        )
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        match (arch, variant) {
            (Arch::X86_64, Variant::Standard) => Ok("AL2_x86_64"),
            (Arch::Arm64, Variant::Standard) => Ok("AL2_ARM_64"),
            (Arch::X86_64, Variant::Nvidia) => Ok("AL2_x86_64_GPU"),
            _ => Err(FamilyError::NoSuchImage {
                family: self.name(),
                arch,
                variant,
            }),
        }
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
