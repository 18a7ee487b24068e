//! The public EKS-optimized AMIs: from a list of releases to images and SSM parameters.
//!
//! The names are those that the EKS user guide gives under "retrieve AMI IDs":
//! `/aws/service/eks/optimized-ami/VERSION/FAMILY/recommended/image_id`, and beside `recommended` one folder
//! per image, named as the image is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{EksReleases, ReleaseFamily};
use crate::world::{Image, Parameter, ParameterVersion, Region};

const ROOT: &str = "/aws/service/eks/optimized-ami";

/// `1.34.2-20260915`, taken apart.
pub(super) struct Release {
    pub version: String,
    pub kubernetes: String,
    pub date: String,
    pub day: Date,
}

impl Release {
    pub(super) fn parse(version: &str) -> Option<Self> {
        let (kubernetes, date) = version.split_once('-')?;
        let (minor, patch) = kubernetes.rsplit_once('.')?;
        patch.parse::<u32>().ok()?;
        let (major, rest) = minor.split_once('.')?;
        major.parse::<u32>().ok().zip(rest.parse::<u32>().ok())?;
        if date.len() != 8 {
            return None;
        }
        Some(Self {
            version: version.to_owned(),
            kubernetes: minor.to_owned(),
            date: date.to_owned(),
            day: Date::strptime("%Y%m%d", date).ok()?,
        })
    }

    /// When the image was made: some time in the evening of the release's day.
    fn made_at(&self) -> Timestamp {
        let evening = self.day.at(18, 30, 0, 0);
        evening
            .to_zoned(TimeZone::UTC)
            .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
    }
}

/// Puts the images and parameters of all the releases into a region.
pub(super) fn publish(region: &mut Region, region_name: &str, eks: &EksReleases) {
    for family in &eks.families {
        let published = family.published.as_ref().unwrap_or(&eks.published);
        for releases in published.values() {
            for release in releases
                .iter()
                .filter_map(|release| Release::parse(release))
            {
                let image = image(region_name, &eks.owner, family, &release);
                name_it(region, family, &release, &image);
                region.images.insert(image.id.clone(), image);
            }
        }
    }
}

fn image(region: &str, owner: &str, family: &ReleaseFamily, release: &Release) -> Image {
    let name = family
        .image
        .replace("{kubernetes}", &release.kubernetes)
        .replace("{date}", &release.date);
    let created_at = release.made_at();
    let (kubernetes, _) = release
        .version
        .split_once('-')
        .unwrap_or((&release.version, ""));
    Image {
        id: image_id(region, &name),
        owner: owner.to_owned(),
        owner_alias: Some("amazon".to_owned()),
        description: format!("EKS-optimized Kubernetes node, (k8s: {kubernetes})"),
        architecture: family.architecture.name().to_owned(),
        state: "available".to_owned(),
        root_device_name: "/dev/xvda".to_owned(),
        block_devices: vec![("/dev/xvda".to_owned(), 20)],
        boot_mode: None,
        platform: None,
        public: true,
        created_at,
        // public images are deprecated two years after they were made (EC2 user guide, "Deprecate an AMI")
        deprecation_time: after_two_years(created_at),
        tags: Default::default(),
        name,
    }
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

fn name_it(region: &mut Region, family: &ReleaseFamily, release: &Release, image: &Image) {
    let folder = format!("{ROOT}/{}/{}", release.kubernetes, family.path);
    let whole = json!({
        "schema_version": "2",
        "image_id": image.id,
        "image_name": image.name,
        "release_version": release.version,
    });
    for name in ["recommended", &image.name] {
        let parent = format!("{folder}/{name}");
        let values = [
            (parent.clone(), whole.to_string()),
            (format!("{parent}/image_id"), image.id.clone()),
            (format!("{parent}/image_name"), image.name.clone()),
            (format!("{parent}/release_version"), release.version.clone()),
        ];
        for (name, value) in values {
            put(region, name, value, image.created_at);
        }
    }
}

/// Adds a version to a parameter, or makes it.
pub(super) fn put(region: &mut Region, name: String, value: String, at: Timestamp) {
    let parameter = region
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
