//! Amazon Linux 2023: nodeadm joins the node, from NodeConfig documents in the user data.
//!
//! Reference: amazon-eks-ami, nodeadm/api/v1alpha1/nodeconfig_types.go and internal/api/merge.go. nodeadm
//! reads every `application/node.eks.aws` part in order, and the later one wins; ours comes last.

use super::parameter::{EksImages, eks_release};
use super::vocabulary::{Field, Way, no_settings, override_bootstrap};
use super::{Family, FamilyError, Question, Range, check, eks_image_owner, no_image, variant_name};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::lint::Reader;
use crate::render::{
    Boot, CLOUD_INIT, NODE_CONFIG, Problems, SHELL, node_config_part, override_part,
    registries_part, user_parts,
};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

pub(super) struct Al2023;

impl Family for Al2023 {
    fn name(&self) -> FamilyName {
        FamilyName::AL2023
    }

    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError> {
        self.ami_type(arch, variant).map(|_| ())
    }

    fn kubernetes(&self, _variant: Variant) -> Range {
        Range::default()
    }

    /// Never asked: the range has no ends.
    fn instead(&self, _wanted: KubernetesVersion) -> &'static str {
        "another version"
    }

    fn ask(&self, question: &Question<'_>, release: &Release) -> Result<Ask, FamilyError> {
        self.images(question)?.ask(release)
    }

    fn image_names(&self, question: &Question<'_>) -> Result<String, FamilyError> {
        Ok(self.images(question)?.names())
    }

    fn published(
        &self,
        question: &Question<'_>,
        image: &Published<'_>,
    ) -> Result<Ask, FamilyError> {
        Ok(self.images(question)?.published(image))
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

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        match (arch, variant) {
            (Arch::X86_64, Variant::Standard) => Ok("AL2023_x86_64_STANDARD"),
            (Arch::Arm64, Variant::Standard) => Ok("AL2023_ARM_64_STANDARD"),
            (Arch::X86_64, Variant::Nvidia) => Ok("AL2023_x86_64_NVIDIA"),
            (Arch::Arm64, Variant::Nvidia) => Ok("AL2023_ARM_64_NVIDIA"),
            (Arch::X86_64, Variant::Neuron) => Ok("AL2023_x86_64_NEURON"),
            (Arch::Arm64, Variant::Neuron) => {
                no_image(self.name(), arch, variant, "use `arch: x86_64`")
            }
            _ => {
                let cure =
                    "its variants are `standard`, `nvidia` and `neuron`; Bottlerocket has `fips`";
                no_image(self.name(), arch, variant, cure)
            }
        }
    }

    fn default_root_device(&self) -> &'static str {
        "/dev/xvda"
    }

    fn reader(&self) -> Reader {
        Reader::Nodeadm
    }

    fn data_template(&self) -> &'static str {
        include_str!("../../../../templates/al2023.yaml.hbs")
    }

    fn part_types(&self) -> Vec<&'static str> {
        [CLOUD_INIT, &[NODE_CONFIG]].concat()
    }

    /// NodeConfig has a field for nearly everything.
    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way {
        match field {
            Field::PreBootstrap | Field::Registries => Way::Alone,
            Field::OverrideBootstrap => override_bootstrap(pinned_by),
            Field::Settings => no_settings("AL2023", "`kubelet`, `containerd` and `nodeConfig`"),
            _ => Way::InBootstrap,
        }
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        let mut parts = user_parts(boot, problems);
        parts.extend(registries_part(boot, problems));
        let overridden = boot.template.user_data.override_bootstrap.is_some();
        match boot.template.pinned_by {
            PinnedBy::LaunchTemplate if overridden => {
                parts.extend(override_part(boot, &[NODE_CONFIG, SHELL], problems));
            }
            _ => parts.extend(node_config_part(boot, problems)),
        }
        parts
    }
}

impl Al2023 {
    fn images(&self, question: &Question<'_>) -> Result<EksImages, FamilyError> {
        let version = check(self, question)?;
        self.ami_type(question.arch, question.variant)?;
        let (arch, variant) = (question.arch.as_str(), variant_name(question.variant));
        Ok(EksImages {
            family: self.name(),
            folder: format!("amazon-linux-2023/{arch}/{variant}"),
            name: format!("amazon-eks-node-al2023-{arch}-{variant}"),
            version,
        })
    }
}
