//! From a catalogue to what is on one region's shelf.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Shelf;
use super::catalogue::{Catalogue, Content, Family, Member, Release};
use super::template::fill;
use crate::world::{Image, Parameter, ParameterVersion};

/// All that the catalogue has for a region.
pub(super) fn shelf(catalogue: &Catalogue, region: &str) -> Shelf {
    let mut shelf = Shelf::default();
    for family in &catalogue.families {
        let Some(owner) = catalogue.account(&family.owner, region) else {
            continue;
        };
        let releases = catalogue.trains.get(&family.train).into_iter().flatten();
        let here: Vec<&Release> = releases
            .filter(|release| !release.not_in.iter().any(|name| name == region))
            .collect();
        for member in &family.members {
            for release in &here {
                for (kubernetes, version) in &release.versions {
                    if member.kubernetes.has(kubernetes) {
                        let edition = Edition::new(family, member, release, kubernetes, version);
                        edition.put_on(&mut shelf, region, owner);
                    }
                }
            }
        }
    }
    shelf
}

/// One image to be: a member of a family in one release for one Kubernetes version.
pub(super) struct Edition<'c> {
    family: &'c Family,
    member: &'c Member,
    release: &'c Release,
    kubernetes: &'c str,
    version: &'c str,
    /// the release's day as 20261012
    date: String,
    /// and as 2026.10.12
    day: String,
}

impl<'c> Edition<'c> {
    pub(super) fn new(
        family: &'c Family,
        member: &'c Member,
        release: &'c Release,
        kubernetes: &'c str,
        version: &'c str,
    ) -> Self {
        Self {
            family,
            member,
            release,
            kubernetes,
            version,
            date: release.day.strftime("%Y%m%d").to_string(),
            day: release.day.strftime("%Y.%m.%d").to_string(),
        }
    }

    /// A word of the templates.
    fn word(&self, word: &str) -> Option<&str> {
        let halves = self.version.split_once('-');
        Some(match word {
            "kubernetes" => self.kubernetes,
            "release" => self.version,
            "head" => halves.map_or(self.version, |(head, _)| head),
            "tail" => halves.map_or("", |(_, tail)| tail),
            "date" => &self.date,
            "day" => &self.day,
            "architecture" => self.member.architecture.name(),
            other => self.member.words.get(other)?,
        })
    }

    pub(super) fn name(&self) -> Result<String, String> {
        fill(&self.family.image, |word| self.word(word))
    }

    /// A text that may say the image's name, too.
    pub(super) fn text(&self, template: &str, name: &str) -> Result<String, String> {
        fill(template, |word| match word {
            "name" => Some(name),
            other => self.word(other),
        })
    }

    /// What cannot be filled in does not come here: a catalogue is checked before it is published.
    fn put_on(&self, shelf: &mut Shelf, region: &str, owner: &str) {
        let Ok(name) = self.name() else { return };
        let Ok(description) = self.text(&self.family.description, &name) else {
            return;
        };
        let image = self.image(region, owner, name, description);
        for parameters in &self.family.parameters {
            let folders = parameters.folders.iter();
            for folder in folders.filter_map(|folder| self.text(folder, &image.name).ok()) {
                for (leaf, content) in &parameters.leaves {
                    let value = self.content(*content, &image);
                    put(shelf, format!("{folder}{leaf}"), value, image.created_at);
                }
            }
        }
        if !self.release.gone_from.iter().any(|name| name == region) {
            shelf.images.insert(image.id.clone(), image);
        }
    }

    fn image(&self, region: &str, owner: &str, name: String, description: String) -> Image {
        let devices = &self.family.devices;
        let created_at = made_at(self.release.day);
        Image {
            id: image_id(region, &name),
            owner: owner.to_owned(),
            owner_alias: self.family.owner_alias.clone(),
            description,
            architecture: self.member.architecture.name().to_owned(),
            state: "available".to_owned(),
            root_device_name: devices
                .first()
                .map_or_else(String::new, |root| root.name.clone()),
            block_devices: devices
                .iter()
                .map(|device| (device.name.clone(), device.size_gib))
                .collect(),
            boot_mode: self.member.boot_mode.map(|mode| mode.name().to_owned()),
            platform: self.family.platform.clone(),
            virtualization: "hvm".to_owned(),
            public: true,
            shared_with: Vec::new(),
            created_at,
            // public images are deprecated two years after they were made (EC2 user guide, "Deprecate an AMI")
            deprecation_time: after_two_years(created_at),
            tags: Default::default(),
            name,
        }
    }

    fn content(&self, content: Content, image: &Image) -> String {
        match content {
            Content::ImageId => image.id.clone(),
            Content::ImageName => image.name.clone(),
            Content::ReleaseVersion => self.version.to_owned(),
            Content::Document => json!({
                "schema_version": "2",
                "image_id": image.id,
                "image_name": image.name,
                "release_version": self.version,
            })
            .to_string(),
        }
    }
}

/// When an image was made: some time in the evening of the release's day.
fn made_at(day: Date) -> Timestamp {
    day.at(18, 30, 0, 0)
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

fn after_two_years(created_at: Timestamp) -> Option<Timestamp> {
    let zoned = created_at
        .to_zoned(TimeZone::UTC)
        .checked_add(Span::new().years(2))
        .ok()?;
    Some(zoned.timestamp())
}

/// Ids follow from region and name alone, so that another release or region moves none of them.
pub(super) fn image_id(region: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{region}/{name}"));
    let hex: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("ami-0{hex}")
}

/// Adds a version to a parameter, or makes it.
fn put(shelf: &mut Shelf, name: String, value: String, at: Timestamp) {
    let parameter = shelf
        .parameters
        .entry(name.clone())
        .or_insert_with(|| Parameter {
            name,
            kind: "String".to_owned(),
            versions: Vec::new(),
        });
    parameter.versions.push(ParameterVersion {
        value,
        modified_at: at,
        labels: Vec::new(),
    });
}
