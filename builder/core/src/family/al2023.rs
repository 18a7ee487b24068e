//! Amazon Linux 2023: nodeadm joins the node, from NodeConfig documents in the user data.
//!
//! Reference: amazon-eks-ami, nodeadm/api/v1alpha1/nodeconfig_types.go and internal/api/merge.go. nodeadm
//! reads every `application/node.eks.aws` part in order, and the later one wins; ours comes last.

use super::{Family, FamilyError, ImageParameter, check_kubernetes, parameter, variant_name};
use crate::desired::RenderedPart;
use crate::render::{
    Boot, NODE_CONFIG, Problems, SHELL, node_config_part, override_part, user_parts,
};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

pub(super) struct Al2023;

impl Family for Al2023 {
    fn name(&self) -> FamilyName {
        FamilyName::AL2023
    }

    fn newest_kubernetes(&self) -> Option<KubernetesVersion> {
        None
    }

    fn image_parameter(
        &self,
        kubernetes_version: &str,
        arch: Arch,
        variant: Variant,
        release: &Release,
    ) -> Result<ImageParameter, FamilyError> {
        let kubernetes_version = check_kubernetes(self, kubernetes_version)?;
        self.ami_type(arch, variant)?;
        let (arch, variant) = (arch.as_str(), variant_name(variant));
        let folder = format!("amazon-linux-2023/{arch}/{variant}");
        let image = format!("amazon-eks-node-al2023-{arch}-{variant}-{kubernetes_version}");
        parameter(&folder, &image, kubernetes_version, release)
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        match (arch, variant) {
            (Arch::X86_64, Variant::Standard) => Ok("AL2023_x86_64_STANDARD"),
            (Arch::Arm64, Variant::Standard) => Ok("AL2023_ARM_64_STANDARD"),
            (Arch::X86_64, Variant::Nvidia) => Ok("AL2023_x86_64_NVIDIA"),
            (Arch::Arm64, Variant::Nvidia) => Ok("AL2023_ARM_64_NVIDIA"),
            (Arch::X86_64, Variant::Neuron) => Ok("AL2023_x86_64_NEURON"),
            (Arch::Arm64, Variant::Neuron) => Err(FamilyError::NoSuchImage {
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
        include_str!("../../../../templates/al2023.yaml.hbs")
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        let mut parts = user_parts(boot, problems);
        let overridden = boot.template.user_data.override_bootstrap.is_some();
        match boot.template.pinned_by {
            PinnedBy::LaunchTemplate if overridden => {
                parts.extend(override_part(boot, &[NODE_CONFIG, SHELL], problems));
            }
            PinnedBy::ReleaseVersion if overridden => problems.override_in_merged_mode(boot),
            _ => parts.extend(node_config_part(boot, problems)),
        }
        parts
    }
}
