//! What regions have to choose from: parameters, images, instance types.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use nodemint_core::ami_source::ImageQuery;
use nodemint_core::observed::{Image, InstanceType};

const NAME: &str = "amazon-eks-node-al2023-x86_64-standard";

/// What a region has.
#[derive(Clone, Default)]
pub struct Shop {
    pub parameters: BTreeMap<String, String>,
    pub images: BTreeMap<String, Image>,
}

/// Where EKS publishes AL2023 for a Kubernetes version.
pub fn folder(version: &str) -> String {
    format!("/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/x86_64/standard")
}

impl Shop {
    /// Publishes a release of AL2023, made so many hours before.
    pub fn publish(&mut self, region: &str, version: &str, day: &str, now: Timestamp, hours: i64) {
        let name = format!("{NAME}-{version}-v{day}");
        let id = image_id(region, version, day);
        let folder = format!("{}/{name}", folder(version));
        let release = release(version, day);
        for (key, value) in [
            ("image_id", &id),
            ("image_name", &name),
            ("release_version", &release),
        ] {
            self.parameters
                .insert(format!("{folder}/{key}"), value.clone());
        }
        let created = now - SignedDuration::from_hours(hours);
        self.images.insert(id.clone(), al2023(&id, &name, created));
    }

    /// What `latest` is from now on.
    pub fn recommend(&mut self, region: &str, version: &str, day: &str) {
        let value = format!(
            r#"{{"image_id":"{}","image_name":"n","release_version":"{}"}}"#,
            image_id(region, version, day),
            release(version, day)
        );
        self.parameters
            .insert(format!("{}/recommended", folder(version)), value);
    }
}

pub fn release(version: &str, day: &str) -> String {
    format!("{version}.2-{day}")
}

/// An id for each image, readable in messages: the hexadecimal digits of where and what it is.
pub fn image_id(region: &str, version: &str, day: &str) -> String {
    let minor = version.trim_start_matches("1.");
    let region: u32 = region.bytes().map(u32::from).sum();
    format!("ami-{region:04}{minor:0>5}{day}")
}

/// An image of EKS's own.
pub fn al2023(id: &str, name: &str, created: Timestamp) -> Image {
    Image {
        id: id.to_owned(),
        name: name.to_owned(),
        owner: "602401143452".to_owned(),
        owner_alias: Some("amazon".to_owned()),
        state: "available".to_owned(),
        architecture: "x86_64".to_owned(),
        virtualization: "hvm".to_owned(),
        boot_mode: Some("uefi-preferred".to_owned()),
        root_device_type: Some("ebs".to_owned()),
        root_device: Some("/dev/xvda".to_owned()),
        root_volume_size: Some(20),
        created: Some(created),
        deprecated: None,
    }
}

/// An Intel type and a Graviton one, as DescribeInstanceTypes shows them, and a few sizes more.
pub fn instance_types() -> BTreeMap<String, InstanceType> {
    let shown = |name: &str, architecture: &str, modes: &[&str]| InstanceType {
        name: name.to_owned(),
        architectures: vec![architecture.to_owned()],
        virtualizations: vec!["hvm".to_owned()],
        boot_modes: modes.iter().map(|mode| (*mode).to_owned()).collect(),
        gpu_manufacturers: Vec::new(),
        neuron: false,
    };
    let intel = [
        "m5.large",
        "m5.xlarge",
        "m5.2xlarge",
        "m6i.large",
        "c5.large",
        "t3.large",
    ]
    .map(|name| shown(name, "x86_64", &["legacy-bios", "uefi"]));
    let graviton = ["m7g.large"].map(|name| shown(name, "arm64", &["uefi"]));
    let all = intel.into_iter().chain(graviton);
    all.map(|one| (one.name.clone(), one)).collect()
}

pub fn zones() -> BTreeSet<String> {
    ["a", "b"].map(|zone| format!("us-east-1{zone}")).into()
}

pub fn picked<T: Clone>(all: &BTreeMap<String, T>, names: &[String]) -> BTreeMap<String, T> {
    let mut picked = all.clone();
    picked.retain(|name, _| names.contains(name));
    picked
}

/// Owners and names as DescribeImages takes them; tags are of no use here, as images have none.
pub fn fits(query: &ImageQuery, image: &Image) -> bool {
    let owned = |owner: &String| *owner == image.owner || Some(owner) == image.owner_alias.as_ref();
    let named = |pattern: &String| match pattern.split_once('*') {
        Some((before, after)) => {
            let rest = image.name.strip_prefix(before);
            rest.is_some_and(|rest| rest.ends_with(after))
        }
        None => *pattern == image.name,
    };
    let arch = query.architecture.as_ref();
    image.state == "available"
        && query.owners.iter().any(owned)
        && (query.names.is_empty() || query.names.iter().any(named))
        && arch.is_none_or(|arch| *arch == image.architecture)
}
