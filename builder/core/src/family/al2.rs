//! Amazon Linux 2: `/etc/eks/bootstrap.sh` joins the node.
//!
//! Flags and their meaning: bootstrap.sh of amazon-eks-ami (templates/al2/runtime/bootstrap.sh). It takes
//! `--flag value`, never `--flag=value`, and takes an unknown flag for the cluster's name.

use super::parameter::{EksImages, eks_release};
use super::vocabulary::{Field, Way, no_nodeadm, no_settings, override_bootstrap};
use super::{
    Accelerators, Family, FamilyError, Question, Range, check, eks_image_owner, kubernetes,
    no_image,
};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::render::{
    Boot, Problems, SHELL, al2_bootstrap, kubelet_config_part, local_disks_part, override_part,
    registries_part, user_parts,
};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

pub(super) struct Al2;

/// bootstrap.sh edits /etc/kubernetes/kubelet/kubelet-config.json in place, and sets these in it whatever stands
/// there. The kubelet takes its flags over that file.
const WRITTEN_BY_BOOTSTRAP: &[(&str, &str)] = &[
    (
        "cgroupDriver",
        "leave it out: containerd has systemd's, too",
    ),
    ("clusterDNS", "use `clusterDns`"),
    (
        "evictionHard",
        "use `kubelet.extraArgs: {eviction-hard: …}`",
    ),
    (
        "kubeReserved",
        "use `kubelet.extraArgs: {kube-reserved: …}`",
    ),
    (
        "kubeReservedCgroup",
        "use `kubelet.extraArgs: {kube-reserved-cgroup: …}`",
    ),
    ("maxPods", "use `kubelet.maxPods`"),
    ("providerID", "leave it out"),
    (
        "systemReservedCgroup",
        "use `kubelet.extraArgs: {system-reserved-cgroup: …}`",
    ),
];

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

    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way {
        carries(field, pinned_by)
    }

    fn kubelet_config_of_bootstrap(&self) -> &'static [(&'static str, &'static str)] {
        WRITTEN_BY_BOOTSTRAP
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        let mut parts = user_parts(boot, problems);
        parts.extend(registries_part(boot, problems));
        if boot.template.pinned_by == PinnedBy::ReleaseVersion {
            parts.extend(local_disks_part(boot, problems));
            return parts;
        }
        parts.extend(kubelet_config_part(boot, problems));
        if boot.template.user_data.override_bootstrap.is_some() {
            parts.extend(override_part(boot, &[SHELL], problems));
        } else {
            parts.extend(al2_bootstrap(boot, problems));
        }
        parts
    }
}

impl Al2 {
    fn images(&self, question: &Question<'_>) -> Result<EksImages, FamilyError> {
        let version = check(self, question)?;
        let (folder, name) = self.paths(question.arch, question.variant)?;
        Ok(EksImages {
            family: self.name(),
            folder: folder.to_owned(),
            name: name.to_owned(),
            version,
        })
    }

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

/// bootstrap.sh has an argument for it, or nothing reads it.
fn carries(field: Field, pinned_by: PinnedBy) -> Way {
    let merged = pinned_by == PinnedBy::ReleaseVersion;
    match field {
        Field::PreBootstrap | Field::Registries => Way::Alone,
        Field::OverrideBootstrap => override_bootstrap(pinned_by),
        Field::NodeConfig => no_nodeadm("AL2", "`kubelet`"),
        Field::Settings => no_settings("AL2", "`kubelet` and `registries`"),
        // containerd reads /etc/containerd/config.d/*.toml, and replaces each plugin's whole section by what it finds
        // there (containerd 1.7, services/server/config: "Replace entire sections"): with it goes the pause image.
        Field::ContainerdConfig => Way::refused(
            "AL2's containerd replaces whole sections of its configuration by what is added, and would lose its own",
            "write the whole file in a preBootstrap step and call bootstrap.sh with `--containerd-config-file` in a \
             file of `overrideBootstrap`, or use the family AL2023, which merges",
        ),
        Field::BaseRuntimeSpec => Way::refused(
            "AL2's containerd has no base runtime specification",
            "write one, and the whole configuration that names it, in a preBootstrap step, or use the family AL2023",
        ),
        // setup-local-disks is what bootstrap.sh itself calls for `--local-disks`.
        Field::LocalDisks(_) if merged => Way::Alone,
        _ if merged => Way::refused(
            format!(
                "with `pinnedBy: releaseVersion` EKS writes AL2's bootstrap itself, and `{}` cannot reach it",
                field.path()
            ),
            match field {
                Field::NodeLabels => {
                    "set `labels` on the node group, or use `pinnedBy: launchTemplate`, or the family AL2023"
                }
                Field::Taints => {
                    "set `taints` on the node group, or use `pinnedBy: launchTemplate`, or the family AL2023"
                }
                _ => "use `pinnedBy: launchTemplate`, or the family AL2023",
            },
        ),
        Field::KubeletConfig => Way::Alone,
        _ => Way::InBootstrap,
    }
}
