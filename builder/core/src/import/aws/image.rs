//! Which family an image is of: by the AMI type of a managed group, by its name, or by what its user data says.

use crate::ami_source::{Published, release_in_name};
use crate::family::{family, variant_name};
use crate::import::document::{Doc, Map};
use crate::launch_template::Decoded;
use crate::lock::ImageRequest;
use crate::observed::{Image, ObservedGroup};
use crate::render::{NODE_CONFIG, TOML};
use crate::spec::{AmiSource, Arch, FamilyName, KubernetesVersion, PinnedBy, Release, Variant};

/// The families that somebody publishes images of for EKS.
const PUBLISHED: [FamilyName; 13] = [
    FamilyName::AL2023,
    FamilyName::AL2,
    FamilyName::Bottlerocket,
    FamilyName::Windows2019Core,
    FamilyName::Windows2019Full,
    FamilyName::Windows2022Core,
    FamilyName::Windows2022Full,
    FamilyName::Windows2025Core,
    FamilyName::Windows2025Full,
    FamilyName::Ubuntu2004,
    FamilyName::Ubuntu2204,
    FamilyName::Ubuntu2404,
    FamilyName::Ubuntu2604,
];
const VARIANTS: [Variant; 6] = [
    Variant::Standard,
    Variant::Nvidia,
    Variant::Neuron,
    Variant::Fips,
    Variant::NvidiaFips,
    Variant::Pro,
];
const ARCHES: [Arch; 2] = [Arch::X86_64, Arch::Arm64];

/// Minors that a node may be behind its cluster, and one that it may be ahead of a cluster that was rolled back.
const BEHIND: u16 = 3;
const AHEAD: u16 = 1;

/// An image as its publisher names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownImage {
    pub family: FamilyName,
    pub arch: Arch,
    pub variant: Variant,
    /// minor, `1.34`
    pub kubernetes_version: String,
    /// As a pin is written: `1.34.2-20260915`.
    pub release: String,
}

/// The requests that an image may be an answer to, by its name: whoever publishes it has to be asked.
pub fn likely(image: &Image, region: &str, cluster_version: &str) -> Vec<(ImageRequest, String)> {
    let Some(arch) = arch(image) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for kubernetes_version in minors(cluster_version) {
        for (name, variant) in PUBLISHED
            .iter()
            .flat_map(|name| VARIANTS.map(|it| (*name, it)))
        {
            let request = ImageRequest {
                region: region.to_owned(),
                family: name,
                arch,
                variant,
                kubernetes_version: kubernetes_version.clone(),
                source: AmiSource::EksOptimized(Release::Latest),
            };
            if let Some(release) = release_in_name(&request, &image.name) {
                found.push((request, release));
            }
        }
    }
    found
}

impl KnownImage {
    /// An image that answers a request, if it has a release that can be pinned.
    pub fn of(request: &ImageRequest, release: Option<String>) -> Option<Self> {
        let release = release?;
        family(request.family).pin(&release).ok()?;
        Some(Self {
            family: request.family,
            arch: request.arch,
            variant: request.variant,
            kubernetes_version: request.kubernetes_version.clone(),
            release,
        })
    }

    /// What [`crate::ami_source::ask_for`] takes.
    pub fn published<'a>(image: &'a Image, release: &'a str) -> Published<'a> {
        Published { image, release }
    }
}

fn minors(cluster: &str) -> Vec<String> {
    let Ok(KubernetesVersion { major, minor }) = cluster.parse() else {
        return Vec::new();
    };
    let range = minor.saturating_sub(BEHIND)..=minor.saturating_add(AHEAD);
    range
        .rev()
        .map(|minor| format!("{major}.{minor}"))
        .collect()
}

fn arch(image: &Image) -> Option<Arch> {
    ARCHES
        .into_iter()
        .find(|arch| arch.as_str() == image.architecture)
}

/// What a launch template says of its image in the spec.
#[derive(Clone)]
pub(super) struct Choice {
    pub family: FamilyName,
    pub arch: Arch,
    pub variant: Variant,
    /// if it is not the cluster's
    pub kubernetes_version: Option<String>,
    pub ami: Ami,
    pub pinned_by: PinnedBy,
}

#[derive(Clone)]
pub(super) enum Ami {
    Release(String),
    Id(String),
}

impl Choice {
    pub fn write(&self, map: &mut Map) {
        map.set("family", format!("{:?}", self.family).as_str());
        if self.arch != Arch::X86_64 {
            map.set("arch", self.arch.as_str());
        }
        if self.variant != Variant::Standard {
            map.set("variant", variant_name(self.variant));
        }
        map.set_some("kubernetesVersion", self.kubernetes_version.as_deref());
        let mut ami = Map::default();
        match &self.ami {
            Ami::Release(release) => ami.set("eksOptimized", release.as_str()),
            Ami::Id(id) => ami.set("id", id.as_str()),
        }
        if self.pinned_by == PinnedBy::ReleaseVersion {
            ami.set("pinnedBy", "releaseVersion");
        }
        map.set("ami", Doc::from(ami));
    }
}

/// The image of a group whose release EKS pins.
pub(super) fn managed(group: &ObservedGroup, cluster_version: &str) -> Result<Choice, String> {
    let ami_type = group.ami_type.as_deref().unwrap_or("unknown");
    let Some((name, arch, variant)) = of_ami_type(ami_type) else {
        return Err(format!("nodemint does not know the AMI type {ami_type}"));
    };
    let Some(release) = group.release_version.clone() else {
        return Err("EKS shows no release version of it".to_owned());
    };
    let of_release = family(name)
        .pin(&release)
        .map_err(|error| error.to_string())?;
    let minor = of_release
        .map(|minor| minor.to_string())
        .or(group.version.clone());
    Ok(Choice {
        family: name,
        arch,
        variant,
        kubernetes_version: minor.filter(|minor| minor != cluster_version),
        ami: Ami::Release(release),
        pinned_by: PinnedBy::ReleaseVersion,
    })
}

fn of_ami_type(ami_type: &str) -> Option<(FamilyName, Arch, Variant)> {
    PUBLISHED.into_iter().find_map(|name| {
        let mut combinations = ARCHES
            .into_iter()
            .flat_map(|arch| VARIANTS.map(|it| (arch, it)));
        let (arch, variant) = combinations.find(|(arch, variant)| {
            family(name).ami_type(*arch, *variant).ok() == Some(ami_type)
        })?;
        Some((name, arch, variant))
    })
}

/// What may be said of an image that a launch template names, the best first.
pub(super) fn named(
    image: &Image,
    known: Option<&KnownImage>,
    decoded: Option<&Decoded>,
    cluster_version: &str,
) -> Vec<Choice> {
    let Some(arch) = arch(image) else {
        return Vec::new();
    };
    let by_id = |family: FamilyName, variant: Variant| Choice {
        family,
        arch,
        variant,
        kubernetes_version: None,
        ami: Ami::Id(image.id.clone()),
        pinned_by: PinnedBy::LaunchTemplate,
    };
    let mut choices = Vec::new();
    if let Some(known) = known {
        let minor = Some(known.kubernetes_version.clone());
        choices.push(Choice {
            family: known.family,
            arch: known.arch,
            variant: known.variant,
            kubernetes_version: minor.filter(|minor| minor != cluster_version),
            ami: Ami::Release(known.release.clone()),
            pinned_by: PinnedBy::LaunchTemplate,
        });
        choices.push(by_id(known.family, known.variant));
    }
    let read_by = decoded.and_then(|decoded| reader(image, decoded));
    choices.extend(read_by.map(|family| by_id(family, Variant::Standard)));
    choices.push(by_id(FamilyName::Custom, Variant::Standard));
    choices
}

/// The family whose bootstrap the user data calls.
fn reader(image: &Image, decoded: &Decoded) -> Option<FamilyName> {
    let is = |kind: &str| decoded.parts.iter().any(|part| part.content_type == kind);
    let says = |text: &str| {
        let mut bodies = decoded.parts.iter().map(|part| &part.body);
        bodies.any(|body| {
            body.windows(text.len())
                .any(|window| window == text.as_bytes())
        })
    };
    // Ubuntu has a bootstrap.sh of its own.
    let ubuntu = image.name.to_ascii_lowercase().contains("ubuntu");
    if is(NODE_CONFIG) {
        Some(FamilyName::AL2023)
    } else if is(TOML) && says("settings.kubernetes") {
        Some(FamilyName::Bottlerocket)
    } else if says("/etc/eks/bootstrap.sh") && !ubuntu {
        Some(FamilyName::AL2)
    } else {
        None
    }
}
