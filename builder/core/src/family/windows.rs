//! Windows Server: PowerShell that calls Start-EKSBootstrap.ps1.

use super::owner::windows_image_owner;
use super::parameter::same_minor;
use super::vocabulary::{Field, Way, no_nodeadm, no_settings, override_bootstrap};
use super::{
    Family, FamilyError, ImageParameter, Question, Range, by_name, check, found_by_name,
    kubernetes, no_image, owners,
};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::lint::Reader;
use crate::render::{Boot, POWERSHELL, Problems, windows};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

/// One edition of one Windows Server.
pub(super) struct Windows {
    name: FamilyName,
    year: &'static str,
    edition: &'static str,
    ami_type: &'static str,
    /// the first Kubernetes that it has images for
    oldest: Option<KubernetesVersion>,
    /// what there is before that
    before: &'static str,
}

pub(super) static WINDOWS_2019_CORE: Windows = Windows {
    name: FamilyName::Windows2019Core,
    year: "2019",
    edition: "Core",
    ami_type: "WINDOWS_CORE_2019_x86_64",
    oldest: None,
    before: "another version",
};
pub(super) static WINDOWS_2019_FULL: Windows = Windows {
    name: FamilyName::Windows2019Full,
    year: "2019",
    edition: "Full",
    ami_type: "WINDOWS_FULL_2019_x86_64",
    oldest: None,
    before: "another version",
};
pub(super) static WINDOWS_2022_CORE: Windows = Windows {
    name: FamilyName::Windows2022Core,
    year: "2022",
    edition: "Core",
    ami_type: "WINDOWS_CORE_2022_x86_64",
    oldest: None,
    before: "another version",
};
pub(super) static WINDOWS_2022_FULL: Windows = Windows {
    name: FamilyName::Windows2022Full,
    year: "2022",
    edition: "Full",
    ami_type: "WINDOWS_FULL_2022_x86_64",
    oldest: None,
    before: "another version",
};
pub(super) static WINDOWS_2025_CORE: Windows = Windows {
    name: FamilyName::Windows2025Core,
    year: "2025",
    edition: "Core",
    ami_type: "WINDOWS_CORE_2025_x86_64",
    oldest: kubernetes(35),
    before: "Windows2022Core",
};
pub(super) static WINDOWS_2025_FULL: Windows = Windows {
    name: FamilyName::Windows2025Full,
    year: "2025",
    edition: "Full",
    ami_type: "WINDOWS_FULL_2025_x86_64",
    oldest: kubernetes(35),
    before: "Windows2022Full",
};

impl Family for Windows {
    fn name(&self) -> FamilyName {
        self.name
    }

    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError> {
        match (arch, variant) {
            (Arch::X86_64, Variant::Standard) => Ok(()),
            (Arch::Arm64, _) => no_image(self.name, arch, variant, "use `arch: x86_64`"),
            _ => no_image(self.name, arch, variant, "use `variant: standard`"),
        }
    }

    fn kubernetes(&self, _variant: Variant) -> Range {
        Range {
            oldest: self.oldest,
            newest: None,
        }
    }

    fn instead(&self, _wanted: KubernetesVersion) -> &'static str {
        self.before
    }

    /// EKS takes these types in commercial regions alone (CreateNodegroup); there are images elsewhere, too.
    fn has_ami_type_everywhere(&self) -> bool {
        false
    }

    /// The parameters know the latest release alone; an older one is found by its name.
    fn ask(&self, question: &Question<'_>, release: &Release) -> Result<Ask, FamilyError> {
        let version = check(self, question)?;
        let image = self.image(version);
        match release {
            Release::Latest => Ok(Ask::Public {
                family: self.name,
                parameter: ImageParameter::Id {
                    image_id: format!("/aws/service/ami-windows-latest/{image}/image_id"),
                },
            }),
            Release::Pinned(release) => {
                let (of, day) = parts_of(release)?;
                same_minor(release, of, version)?;
                Ok(by_name(
                    format!("{image}-{day}"),
                    owners(self, question.region),
                ))
            }
        }
    }

    fn image_names(&self, question: &Question<'_>) -> Result<String, FamilyError> {
        let version = check(self, question)?;
        Ok(format!("{}-*", self.image(version)))
    }

    fn published(
        &self,
        question: &Question<'_>,
        image: &Published<'_>,
    ) -> Result<Ask, FamilyError> {
        found_by_name(self, question, image)
    }

    fn release_version(&self, question: &Question<'_>, in_name: &str) -> Option<String> {
        Some(format!("{}-{in_name}", question.kubernetes_version))
    }

    fn pin(&self, release: &str) -> Result<Option<KubernetesVersion>, FamilyError> {
        parts_of(release).map(|(of, _)| Some(of))
    }

    fn owner(&self, region: &str) -> Option<&'static str> {
        windows_image_owner(region)
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        self.combination(arch, variant).map(|()| self.ami_type)
    }

    fn default_root_device(&self) -> &'static str {
        "/dev/sda1"
    }

    fn reader(&self) -> Reader {
        Reader::Windows
    }

    fn data_template(&self) -> &'static str {
        include_str!("../../../../templates/windows.yaml.hbs")
    }

    fn part_types(&self) -> Vec<&'static str> {
        vec![POWERSHELL]
    }

    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way {
        carries(field, pinned_by)
    }

    fn takes_gzip(&self) -> bool {
        false
    }

    fn document(&self, parts: &[RenderedPart]) -> Vec<u8> {
        windows::document(parts)
    }

    fn pre_bootstrap(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        windows::pre_bootstrap(boot, problems)
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        windows::parts(boot, problems)
    }
}

impl Windows {
    /// The image's name without its day; also a segment of the parameter's name.
    fn image(&self, version: KubernetesVersion) -> String {
        let (year, edition) = (self.year, self.edition);
        format!("Windows_Server-{year}-English-{edition}-EKS_Optimized-{version}")
    }
}

/// Start-EKSBootstrap.ps1 has a parameter for it, or nothing reads it.
fn carries(field: Field, pinned_by: PinnedBy) -> Way {
    let none = |what: &str, hint: &str| Way::refused(what, hint);
    match field {
        Field::PreBootstrap => Way::Alone,
        Field::OverrideBootstrap => override_bootstrap(pinned_by),
        Field::NodeConfig => no_nodeadm("Windows", "`kubelet.extraArgs`, or a preBootstrap step"),
        Field::Settings => no_settings("Windows", "`kubelet.extraArgs`, or a preBootstrap step"),
        Field::KubeletConfig => none(
            "Start-EKSBootstrap.ps1 takes no KubeletConfiguration",
            "use `kubelet.extraArgs`",
        ),
        Field::ContainerdConfig | Field::BaseRuntimeSpec => none(
            "Start-EKSBootstrap.ps1 takes no settings of containerd",
            "change its configuration in a preBootstrap step",
        ),
        Field::LocalDisks(_) => none(
            "Start-EKSBootstrap.ps1 leaves the instance store's disks alone",
            "set them up in a preBootstrap step, with `Initialize-Disk`, `New-Partition` and `Format-Volume`",
        ),
        Field::Registries => none(
            "Start-EKSBootstrap.ps1 takes no mirrors of registries",
            "write containerd's files for them in a preBootstrap step",
        ),
        _ if pinned_by == PinnedBy::ReleaseVersion => none(
            "on Windows EKS calls Start-EKSBootstrap itself when the release version pins the image, and takes no \
             settings for it",
            match field {
                Field::NodeLabels => {
                    "set `labels` on the node group, or `ami.pinnedBy: launchTemplate`"
                }
                Field::Taints => {
                    "set `taints` on the node group, or `ami.pinnedBy: launchTemplate`"
                }
                _ => "set `ami.pinnedBy: launchTemplate`",
            },
        ),
        _ => Way::InBootstrap,
    }
}

/// Kubernetes minor and day of `1.34-2026.10.14`.
fn parts_of(release: &str) -> Result<(KubernetesVersion, &str), FamilyError> {
    let bad = || FamilyError::Release {
        release: release.to_owned(),
        example: "1.34-2026.10.14",
    };
    let (version, day) = release.split_once('-').ok_or_else(bad)?;
    let of = version.parse().map_err(|_| bad())?;
    let lengths: Vec<usize> = day.split('.').map(str::len).collect();
    let digits = day.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match digits && lengths == [4, 2, 2] {
        true => Ok((of, day)),
        false => Err(bad()),
    }
}
