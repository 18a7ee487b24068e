//! The schema of a catalogue: who owns what is published, which releases there were, and what a release
//! consists of. Nothing here knows a family of images by name.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The images that are public, and the SSM parameters that name them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// what it begins with: `builtin`, to which the rest is added; left out: nothing
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<Base>,
    /// by a name that families use: region, or else partition (`aws`, `aws-cn`) → account; a family is
    /// published only where its owner has an account
    #[serde(default)]
    pub(super) owners: BTreeMap<String, BTreeMap<String, String>>,
    /// by a name that families use: releases, oldest first
    #[serde(default)]
    pub(super) trains: BTreeMap<String, Vec<Release>>,
    #[serde(default)]
    pub(super) families: Vec<Family>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Base {
    Builtin,
}

/// What came out on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Release {
    /// `2026-10-12`
    #[schemars(with = "String")]
    pub day: Date,
    /// Kubernetes minor → release version: `"1.34": 1.34.3-20261012`
    pub versions: BTreeMap<String, String>,
    /// regions that it has not reached: neither its images nor its parameters are there
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<String>,
    /// regions where its images were deregistered, although parameters still name them
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone_from: Vec<String>,
}

/// Images that are made alike.
///
/// Texts in it are templates. `{kubernetes}` is the minor, `{release}` the release version, `{head}` what
/// stands before its first hyphen and `{tail}` what stands after it, `{date}` and `{day}` are the release's
/// day as 20261012 and 2026.10.12, `{architecture}` is the member's; further words are the member's own, and
/// `{name}` is the image's name, in all but that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Family {
    /// one of `owners`
    pub owner: String,
    /// `amazon`
    pub owner_alias: Option<String>,
    /// one of `trains`
    pub train: String,
    /// the image's name
    pub image: String,
    pub description: String,
    /// `windows`, or nothing
    pub platform: Option<String>,
    /// the root volume first
    pub devices: Vec<Device>,
    pub parameters: Vec<Parameters>,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Device {
    /// `/dev/xvda`
    pub name: String,
    #[serde(rename = "sizeGiB")]
    pub size_gib: i64,
}

/// Parameters: each leaf in each folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Parameters {
    pub folders: Vec<String>,
    /// what follows the folder's name (`/image_id`, or nothing) → what stands in it
    pub leaves: BTreeMap<String, Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Content {
    ImageId,
    ImageName,
    ReleaseVersion,
    /// all three, as EKS writes them: a JSON document of schema version 2
    Document,
}

/// One image of a family in every release and Kubernetes version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Member {
    pub architecture: Architecture,
    /// `legacy-bios`, `uefi` or `uefi-preferred`; left out: the image has none
    pub boot_mode: Option<BootMode>,
    /// Kubernetes minors that it was made for; left out: all that a release has
    #[serde(default)]
    pub kubernetes: Span,
    /// words of its own for the templates
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

/// Both ends belong to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Span {
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Architecture {
    #[serde(rename = "x86_64")]
    X86,
    #[serde(rename = "arm64")]
    Arm,
}

impl Architecture {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "arm64",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BootMode {
    LegacyBios,
    Uefi,
    UefiPreferred,
}

impl BootMode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LegacyBios => "legacy-bios",
            Self::Uefi => "uefi",
            Self::UefiPreferred => "uefi-preferred",
        }
    }
}

impl Catalogue {
    /// Adds what another one has: its owners and families, and its releases in the order of their days.
    pub(super) fn with(mut self, more: Self) -> Self {
        for (name, accounts) in more.owners {
            self.owners.entry(name).or_default().extend(accounts);
        }
        for (name, releases) in more.trains {
            let train = self.trains.entry(name).or_default();
            train.extend(releases);
            train.sort_by_key(|release| release.day);
        }
        self.families.extend(more.families);
        self
    }

    /// The account of an owner in a region, if it has one there.
    pub(super) fn account(&self, owner: &str, region: &str) -> Option<&str> {
        let accounts = self.owners.get(owner)?;
        let account = accounts
            .get(region)
            .or_else(|| accounts.get(partition(region)))?;
        Some(account)
    }
}

impl Span {
    /// Whether a Kubernetes minor is in it.
    pub(super) fn has(&self, kubernetes: &str) -> bool {
        let minor = minor(kubernetes);
        let after = |from: &String| minor >= self::minor(from);
        let before = |to: &String| minor <= self::minor(to);
        self.from.as_ref().is_none_or(after) && self.to.as_ref().is_none_or(before)
    }
}

/// `1.34` as numbers.
pub(super) fn minor(kubernetes: &str) -> Option<(u32, u32)> {
    let (major, minor) = kubernetes.split_once('.')?;
    major.parse().ok().zip(minor.parse().ok())
}

/// The partition of a region, by its name (botocore's partitions.json).
pub(crate) fn partition(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("aws", |(_, partition)| partition)
}
