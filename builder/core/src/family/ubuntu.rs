//! Ubuntu as Canonical builds it for EKS: bootstrap.sh through cloud-init.

use super::parameter::is_day;
use super::vocabulary::{Field, Way, no_nodeadm, no_settings, override_bootstrap};
use super::{
    Family, FamilyError, ImageParameter, Question, Range, by_name, check, found_by_name,
    kubernetes, no_image, owners,
};
use crate::ami_source::{Ask, Published};
use crate::desired::RenderedPart;
use crate::partition::{Partition, partition};
use crate::render::{Boot, Problems, ubuntu};
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

/// One release of Ubuntu.
pub(super) struct Ubuntu {
    name: FamilyName,
    /// `24.04`
    release: &'static str,
    /// as image names have it; that of 26.04 is inferred
    codename: &'static str,
    /// the type of the volume that the images are published for, by Canonical's choice
    volume: &'static str,
    /// eksctl, pkg/ami/ssm_resolver.go
    range: Range,
}

/// bootstrap.sh sets the first three in /etc/kubernetes/kubelet/kubelet-config.json whatever stands there, and hands
/// the kubelet flags for the others, which win.
const WRITTEN_BY_BOOTSTRAP: &[(&str, &str)] = &[
    (
        "evictionHard",
        "use `kubelet.extraArgs: {eviction-hard: …}`",
    ),
    (
        "kubeReserved",
        "use `kubelet.extraArgs: {kube-reserved: …}`",
    ),
    ("maxPods", "use `kubelet.maxPods`"),
    ("address", OVERRIDE),
    ("authentication", OVERRIDE),
    ("authorization", OVERRIDE),
    ("cgroupDriver", OVERRIDE),
    ("clusterDNS", "use `clusterDns`"),
    ("clusterDomain", OVERRIDE),
    ("containerRuntimeEndpoint", OVERRIDE),
    ("featureGates", OVERRIDE),
    ("registerNode", OVERRIDE),
    ("resolvConf", OVERRIDE),
];
const OVERRIDE: &str = "leave it out, or set up the kubelet in a file of `overrideBootstrap`";

pub(super) static UBUNTU_2004: Ubuntu = Ubuntu {
    name: FamilyName::Ubuntu2004,
    release: "20.04",
    codename: "focal",
    volume: "gp2",
    range: Range {
        oldest: kubernetes(21),
        newest: kubernetes(29),
    },
};
pub(super) static UBUNTU_2204: Ubuntu = Ubuntu {
    name: FamilyName::Ubuntu2204,
    release: "22.04",
    codename: "jammy",
    volume: "gp2",
    range: Range {
        oldest: kubernetes(29),
        newest: None,
    },
};
pub(super) static UBUNTU_2404: Ubuntu = Ubuntu {
    name: FamilyName::Ubuntu2404,
    release: "24.04",
    codename: "noble",
    volume: "gp3",
    range: Range {
        oldest: kubernetes(31),
        newest: None,
    },
};
pub(super) static UBUNTU_2604: Ubuntu = Ubuntu {
    name: FamilyName::Ubuntu2604,
    release: "26.04",
    codename: "resolute",
    volume: "gp3",
    range: Range {
        oldest: kubernetes(35),
        newest: None,
    },
};

impl Family for Ubuntu {
    fn name(&self) -> FamilyName {
        self.name
    }

    fn combination(&self, arch: Arch, variant: Variant) -> Result<(), FamilyError> {
        match variant {
            Variant::Standard | Variant::Pro => Ok(()),
            _ => {
                let cure = "its variants are `standard` and `pro`";
                no_image(self.name, arch, variant, cure)
            }
        }
    }

    fn kubernetes(&self, _variant: Variant) -> Range {
        self.range
    }

    fn instead(&self, wanted: KubernetesVersion) -> &'static str {
        match wanted.minor {
            ..21 => "AL2023",
            21..29 => "Ubuntu2004",
            29..31 => "Ubuntu2204",
            _ => "Ubuntu2404",
        }
    }

    /// The parameters know the current serial alone; an older one is found by its name.
    fn ask(&self, question: &Question<'_>, release: &Release) -> Result<Ask, FamilyError> {
        let version = check(self, question)?;
        match release {
            Release::Latest => Ok(Ask::Public {
                family: self.name,
                parameter: ImageParameter::Id {
                    image_id: self.parameter(question, version),
                },
            }),
            Release::Pinned(serial) => {
                self.pin(serial)?;
                let name = format!("{}{serial}", self.image(question, version));
                Ok(by_name(name, owners(self, question.region)))
            }
        }
    }

    fn image_names(&self, question: &Question<'_>) -> Result<String, FamilyError> {
        let version = check(self, question)?;
        Ok(format!("{}*", self.image(question, version)))
    }

    fn published(
        &self,
        question: &Question<'_>,
        image: &Published<'_>,
    ) -> Result<Ask, FamilyError> {
        found_by_name(self, question, image)
    }

    fn release_version(&self, _question: &Question<'_>, in_name: &str) -> Option<String> {
        Some(in_name.to_owned())
    }

    /// A serial: `20260918`, and `20260918.1` for a second one of a day.
    fn pin(&self, release: &str) -> Result<Option<KubernetesVersion>, FamilyError> {
        let (day, again) = match release.split_once('.') {
            Some((day, again)) => (day, Some(again)),
            None => (release, None),
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match is_day(day) && again.is_none_or(digits) {
            true => Ok(None),
            false => Err(FamilyError::Release {
                release: release.to_owned(),
                example: "20260918",
            }),
        }
    }

    /// Canonical's accounts: the commercial one and GovCloud's are documented with its EKS images, China's
    /// with its other images, and is taken to be the same for these.
    fn owner(&self, region: &str) -> Option<&'static str> {
        match partition(region)? {
            Partition::Aws => Some("099720109477"),
            Partition::GovCloud => Some("513442679011"),
            Partition::China => Some("837727238323"),
            _ => None,
        }
    }

    /// Canonical's.
    fn by_amazon(&self) -> bool {
        false
    }

    fn ami_type(&self, arch: Arch, variant: Variant) -> Result<&'static str, FamilyError> {
        self.combination(arch, variant)?;
        Err(FamilyError::NoAmiType { family: self.name })
    }

    fn default_root_device(&self) -> &'static str {
        "/dev/sda1"
    }

    fn data_template(&self) -> &'static str {
        include_str!("../../../../templates/ubuntu.yaml.hbs")
    }

    fn carries(&self, field: Field, pinned_by: PinnedBy) -> Way {
        match field {
            Field::PreBootstrap | Field::KubeletConfig => Way::Alone,
            Field::OverrideBootstrap => override_bootstrap(pinned_by),
            Field::NodeConfig => no_nodeadm("Ubuntu", "`kubelet`, or a preBootstrap script"),
            Field::Settings => no_settings("Ubuntu", "`kubelet`, or a preBootstrap script"),
            Field::LocalDisks(_) => Way::refused(
                "Ubuntu's bootstrap.sh leaves the instance store's disks alone",
                "set them up in a preBootstrap script, or use the family AL2023",
            ),
            Field::ContainerdConfig | Field::BaseRuntimeSpec | Field::Registries => Way::refused(
                "Ubuntu's bootstrap.sh takes no settings of containerd: it writes /etc/containerd/config.toml anew",
                "change /usr/local/share/eks/containerd-config.toml, which it starts from, in a preBootstrap script, \
                 or use the family AL2023",
            ),
            _ => Way::InBootstrap,
        }
    }

    fn kubelet_config_of_bootstrap(&self) -> &'static [(&'static str, &'static str)] {
        WRITTEN_BY_BOOTSTRAP
    }

    fn parts(&self, boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
        ubuntu::parts(boot, problems)
    }
}

impl Ubuntu {
    fn parameter(&self, question: &Question<'_>, version: KubernetesVersion) -> String {
        let (product, arch) = (product(question.variant), arch(question.arch));
        let (release, volume) = (self.release, self.volume);
        format!(
            "/aws/service/canonical/ubuntu/{product}/{release}/{version}/stable/current/{arch}/hvm/ebs-{volume}/ami-id"
        )
    }

    /// The image's name up to its serial, such as
    /// `ubuntu-eks/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250625`.
    fn image(&self, question: &Question<'_>, version: KubernetesVersion) -> String {
        let (product, arch) = (product(question.variant), arch(question.arch));
        let (codename, release) = (self.codename, self.release);
        let disk = match self.volume {
            "gp3" => "hvm-ssd-gp3",
            _ => "hvm-ssd",
        };
        format!(
            "ubuntu-{product}/k8s_{version}/images/{disk}/ubuntu-{codename}-{release}-{arch}-server-"
        )
    }
}

fn product(variant: Variant) -> &'static str {
    match variant {
        Variant::Pro => "eks-pro",
        _ => "eks",
    }
}

/// Debian's names of the architectures.
fn arch(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "amd64",
        Arch::Arm64 => "arm64",
    }
}
