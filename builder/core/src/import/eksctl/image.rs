//! Family, architecture, variant and image of a group, and who pins the image.

use super::draft::Image;
use super::instances::{architecture, variant};
use super::mapping::{Mapping, node_group, template};
use crate::family::{check_ami_type_in, family};
use crate::lint::Reader;
use crate::spec::rules;
use crate::spec::{Arch, FamilyName, KubernetesVersion, PinnedBy, Variant};

/// eksctl's families.
pub(super) const FAMILIES: &[(&str, FamilyName, Variant)] = &[
    ("AmazonLinux2", FamilyName::AL2, Variant::Standard),
    ("AmazonLinux2023", FamilyName::AL2023, Variant::Standard),
    ("Bottlerocket", FamilyName::Bottlerocket, Variant::Standard),
    ("Ubuntu2004", FamilyName::Ubuntu2004, Variant::Standard),
    ("Ubuntu2204", FamilyName::Ubuntu2204, Variant::Standard),
    ("Ubuntu2404", FamilyName::Ubuntu2404, Variant::Standard),
    ("Ubuntu2604", FamilyName::Ubuntu2604, Variant::Standard),
    ("UbuntuPro2004", FamilyName::Ubuntu2004, Variant::Pro),
    ("UbuntuPro2204", FamilyName::Ubuntu2204, Variant::Pro),
    ("UbuntuPro2404", FamilyName::Ubuntu2404, Variant::Pro),
    ("UbuntuPro2604", FamilyName::Ubuntu2604, Variant::Pro),
    (
        "WindowsServer2019CoreContainer",
        FamilyName::Windows2019Core,
        Variant::Standard,
    ),
    (
        "WindowsServer2019FullContainer",
        FamilyName::Windows2019Full,
        Variant::Standard,
    ),
    (
        "WindowsServer2022CoreContainer",
        FamilyName::Windows2022Core,
        Variant::Standard,
    ),
    (
        "WindowsServer2022FullContainer",
        FamilyName::Windows2022Full,
        Variant::Standard,
    ),
    (
        "WindowsServer2025CoreContainer",
        FamilyName::Windows2025Core,
        Variant::Standard,
    ),
    (
        "WindowsServer2025FullContainer",
        FamilyName::Windows2025Full,
        Variant::Standard,
    ),
];

/// Families that eksctl has had, and that nobody publishes images of any more: what comes nearest.
pub(super) const RETIRED: &[(&str, FamilyName)] = &[
    ("Ubuntu1804", FamilyName::Ubuntu2004),
    (
        "WindowsServer2004CoreContainer",
        FamilyName::Windows2022Core,
    ),
    (
        "WindowsServer20H2CoreContainer",
        FamilyName::Windows2022Core,
    ),
];

impl Mapping<'_> {
    pub fn image(&mut self) {
        self.ami();
        self.family();
        self.architecture();
        self.pinned_by();
        self.release_version();
    }

    fn ami(&mut self) {
        let Some(ami) = self.group.text("ami") else {
            return;
        };
        let parameter = ami
            .strip_prefix("resolve:ssm:")
            .or_else(|| ami.strip_prefix("ssm:"));
        match (ami, parameter) {
            (_, Some(parameter)) => {
                self.template.image = Image::Parameter(parameter.to_owned());
                self.mapped("ami", [template("ami.ssmParameter")]);
            }
            ("auto" | "auto-ssm", _) => {
                let note = "`nodemint resolve` finds it and locks it";
                self.noted("ami", [template("ami.eksOptimized")], note);
            }
            (id, _) if rules::resource_id("ami-", id).is_ok() => {
                self.template.image = Image::Id(id.to_owned());
                self.mapped("ami", [template("ami.id")]);
            }
            _ => self.by_hand_template(
                "ami",
                "ami",
                "eksctl's `ami` is no AMI id here: EKS's newest image stands in for it",
            ),
        }
    }

    /// eksctl takes Amazon Linux 2023 if nothing is said.
    fn family(&mut self) {
        let named = self.group.text("amiFamily");
        let known = FAMILIES.iter().find(|(name, ..)| Some(*name) == named);
        if let Some((_, family, variant)) = known {
            (self.template.family, self.template.variant) = (*family, *variant);
            self.mapped("amiFamily", [template("family")]);
        } else if let Some((_, family)) = RETIRED.iter().find(|(name, _)| Some(*name) == named) {
            self.template.family = *family;
            let what = format!(
                "no images of this family are published any more; {family:?} stands in for it"
            );
            self.by_hand_template("amiFamily", "family", what);
        }
        self.leave_amazon_linux_2();
        self.leave_unpublished();
    }

    /// Amazon Linux 2 has no images for Kubernetes 1.33 and later, and is left where that is asked for.
    fn leave_amazon_linux_2(&mut self) {
        if self.template.family != FamilyName::AL2 {
            return;
        }
        let Some(other) = self.options.family.or_else(|| self.unpublished()) else {
            return;
        };
        if other == FamilyName::AL2 {
            return;
        }
        self.template.family = other;
        self.from_al2 = true;
        let mut what = format!(
            "Amazon Linux 2 becomes {other:?}: what its scripts told the node is translated, and what has no equivalent is below; try a node before the rest"
        );
        if matches!(self.template.image, Image::Id(_) | Image::Parameter(_)) {
            what.push_str(
                "; `ami` still names an image of Amazon Linux 2: put one of the new family there",
            );
        }
        self.by_hand_template("amiFamily", "family", what);
    }

    /// The same for any other family, by what the family itself says is nearest.
    fn leave_unpublished(&mut self) {
        let Some(other) = self.unpublished() else {
            return;
        };
        let what = format!(
            "{:?} has no images for this Kubernetes; {other:?} stands in for it",
            self.template.family
        );
        self.template.family = other;
        self.template.variant = Variant::Standard;
        self.by_hand_template("amiFamily", "family", what);
    }

    /// The family to take instead, if the cluster's Kubernetes is known and there are no images for it.
    fn unpublished(&self) -> Option<FamilyName> {
        let version: KubernetesVersion = self.config.version?;
        let own = family(self.template.family);
        if self.template.image != Image::Latest
            || own.kubernetes(self.template.variant).has(version)
        {
            return None;
        }
        let instead = serde_json::Value::from(own.instead(version));
        let named: FamilyName = serde_json::from_value(instead).ok()?;
        let fits = family(named).kubernetes(Variant::Standard).has(version);
        fits.then_some(named)
    }

    /// eksctl looks at the instance types: which image, and whether one with drivers.
    fn architecture(&mut self) {
        let types = self.instance_types();
        let selected = self.group.text("instanceSelector.cpuArchitecture");
        let archs: Vec<Arch> = types.iter().map(|name| architecture(name)).collect();
        let arm = match archs.first() {
            Some(first) => *first == Arch::Arm64,
            None => selected == Some("arm64"),
        };
        if archs.iter().any(|other| (*other == Arch::Arm64) != arm) {
            let what = "its instance types are of two architectures, and an image is of one: make two groups";
            let lists = ["instanceTypes", "instancesDistribution.instanceTypes"];
            let list = lists.into_iter().find(|list| self.group.has(list));
            self.by_hand_group(list.unwrap_or_default(), "instanceTypes", what);
        }
        self.template.arch = if arm { Arch::Arm64 } else { Arch::X86_64 };
        if self.template.variant == Variant::Standard {
            let gpus = self.group.whole("instanceSelector.gpus").unwrap_or(0) > 0;
            let wanted = types.iter().find_map(|name| variant(name));
            let wanted = wanted.or(gpus.then_some(Variant::Nvidia));
            self.take_variant(wanted.unwrap_or(Variant::Standard));
        }
    }

    /// What the instances want, if the family has it.
    fn take_variant(&mut self, wanted: Variant) {
        let own = family(self.template.family);
        let arch = self.template.arch;
        // One image has the drivers of both in Amazon Linux 2.
        let both = wanted == Variant::Neuron && own.drives(Variant::Nvidia).neuron;
        let wanted = if both { Variant::Nvidia } else { wanted };
        if own.combination(arch, wanted).is_ok() {
            self.template.variant = wanted;
        } else if own.combination(arch, Variant::Standard).is_ok() {
            let what = "the family has no image with drivers for these instances: the plain one is taken, as eksctl does";
            self.by_hand_template("amiFamily", "family", what);
        } else {
            self.template.arch = Arch::X86_64;
            let what = format!(
                "{:?} has no image for arm64, and these instances have no other: choose another family or other instances",
                own.name()
            );
            self.by_hand_template("amiFamily", "family", what);
        }
    }

    /// eksctl pins the image of its own groups, and leaves that of managed ones to EKS.
    fn pinned_by(&mut self) {
        let own = family(self.template.family);
        let by_eks = self.group.managed
            && self.template.image == Image::Latest
            && own
                .ami_type(self.template.arch, self.template.variant)
                .is_ok()
            && check_ami_type_in(own, &self.config.region).is_ok()
            && !self.needs_own_bootstrap(own.reader());
        self.template.pinned_by = match by_eks {
            true => PinnedBy::ReleaseVersion,
            false => PinnedBy::LaunchTemplate,
        };
    }

    /// Whether something is set that cannot reach the bootstrap that EKS writes.
    fn needs_own_bootstrap(&self, reader: Reader) -> bool {
        let has = |field: &str| self.group.has(field);
        match reader {
            Reader::Nodeadm => false,
            Reader::Bottlerocket => has("clusterDNS"),
            _ => [
                "maxPodsPerNode",
                "kubeletExtraConfig",
                "clusterDNS",
                "overrideBootstrapCommand",
            ]
            .into_iter()
            .any(has),
        }
    }

    fn release_version(&mut self) {
        let Some(release) = self.group.text("releaseVersion") else {
            return;
        };
        let pin = family(self.template.family).pin(release);
        let minor = self.config.version;
        if self.template.image != Image::Latest {
            self.left_out(
                "releaseVersion",
                "`ami` names an image, which has no release",
            );
        } else if self.template.pinned_by == PinnedBy::LaunchTemplate {
            self.by_hand_template(
                "releaseVersion",
                "ami",
                "the launch template pins the image here: put the release under `ami.eksOptimized` if it is to stay",
            );
        } else if pin.is_ok_and(|of| of.is_none() || minor.is_none() || of == minor) {
            self.node_group.release_version = Some(release.to_owned());
            self.mapped("releaseVersion", [node_group("releaseVersion")]);
        } else {
            self.by_hand_group(
                "releaseVersion",
                "releaseVersion",
                "this is no release of the family for the cluster's Kubernetes: EKS's newest stands in for it",
            );
        }
    }
}
