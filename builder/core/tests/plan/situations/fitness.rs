//! What nodes are launched from: images, instance types and the cluster's facts.

use std::collections::BTreeMap;

use nodemint_core::observed::{Image, ObservedCluster};

use super::*;

fn offered(observed: &mut Observed, name: &str, zones: &[&str]) {
    let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
    let here = observed.offerings.entry(REGION.into()).or_default();
    here.insert(name.to_owned(), zones);
}

fn the_cluster(observed: &mut Observed) -> &mut ObservedCluster {
    observed.clusters.get_mut(CLUSTER).expect("the cluster")
}

fn the_image(observed: &mut Observed) -> &mut Image {
    let images = observed.images.get_mut(&REGION.into());
    let mut images = images.expect("the region").values_mut();
    images.next().expect("the image")
}

pub const ROWS: &[Row] = &[
    Row {
        name: "all fits",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.xlarge");
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "an arm64 type on an x86_64 image",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m6g.large");
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["preflight nodeGroups[0]: instance type m6g.large is arm64, and image ami-"],
    },
    Row {
        name: "no type anywhere, and EKS's default is of another architecture",
        situation: |desired, observed| {
            machines(observed);
            gone(observed);
            let mut data = content("m5.large");
            data.instance_type = None;
            desired.templates[0] = template("demo", CLUSTER, REGION, data);
            let known = observed.instance_types.get_mut(&REGION.into());
            let known = known.expect("the region");
            let mut default = known["m6g.large"].clone();
            default.name = "t3.medium".to_owned();
            known.insert(default.name.clone(), default);
            offered(observed, "t3.medium", &["us-east-1a", "us-east-1b"]);
        },
        steps: "mint create",
        groups: "create",
        findings: &["preflight nodeGroups[0]: instance type t3.medium is arm64, and image ami-"],
    },
    Row {
        name: "a type that does not exist",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.huge");
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["preflight nodeGroups[0]: EC2 has no instance type m5.huge"],
    },
    Row {
        name: "types that could not be read",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.huge");
            observed.instance_types_unread.insert(REGION.into());
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "a GPU type under the standard variant",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "g5.xlarge");
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["warning nodeGroups[0]: instance type g5.xlarge has an NVIDIA GPU"],
    },
    Row {
        name: "a type that one zone lacks",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.xlarge");
            offered(observed, "m5.xlarge", &["us-east-1a"]);
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["warning nodeGroups[0]: instance type m5.xlarge is not offered in us-east-1b"],
    },
    Row {
        name: "a type that all zones lack",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.xlarge");
            offered(observed, "m5.xlarge", &["us-east-1f"]);
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[
            "preflight nodeGroups[0]: instance type m5.xlarge is not offered in us-east-1a, us-east-1b",
        ],
    },
    Row {
        name: "a type that all zones lack, and nothing to do",
        situation: |_, observed| {
            machines(observed);
            offered(observed, "m5.large", &[]);
        },
        steps: "",
        groups: "unchanged",
        findings: &[
            "warning nodeGroups[0]: instance type m5.large is not offered in us-east-1a, us-east-1b",
        ],
    },
    Row {
        name: "an image that is gone, and nothing to do",
        situation: |_, observed| {
            machines(observed);
            observed.images.insert(REGION.into(), BTreeMap::new());
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : image ami-0a1b2c3d4e5f60718 does not exist any more"],
    },
    Row {
        name: "an image that is gone, and a roll",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.xlarge");
            observed.images.insert(REGION.into(), BTreeMap::new());
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["preflight : image ami-0a1b2c3d4e5f60718 does not exist any more"],
    },
    Row {
        name: "images that could not be read",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.xlarge");
            observed.images.insert(REGION.into(), BTreeMap::new());
            observed.images_unread.insert(REGION.into());
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "a pin on a version with a type that does not fit",
        situation: |desired, observed| {
            second_version(observed, "m6g.large");
            machines(observed);
            desired.groups[0].spec.launch_template_version = Some(2);
        },
        steps: "roll",
        groups: "roll",
        findings: &["preflight nodeGroups[0]: instance type m6g.large is arm64, and image ami-"],
    },
    Row {
        name: "a pin on the version that runs, whose type and image are gone",
        situation: |desired, observed| {
            wants(desired, "m5.xlarge");
            machines(observed);
            desired.groups[0].spec.launch_template_version = Some(1);
            the_template(observed).versions[0].data.image_id = Some("ami-1".to_owned());
            let here = observed.offerings.entry(REGION.into()).or_default();
            here.remove("m5.large");
        },
        steps: "mint",
        groups: "unchanged",
        findings: &[
            "warning nodeGroups[0]: image ami-1 does not exist any more",
            "warning nodeGroups[0]: instance type m5.large is not offered in us-east-1a, us-east-1b",
        ],
    },
    Row {
        name: "an image of another of Amazon's accounts",
        situation: |desired, observed| {
            wants(desired, "m5.xlarge");
            machines(observed);
            let image = the_image(observed);
            image.owner = "999988887777".to_owned();
            image.owner_alias = Some("amazon".to_owned());
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[
            "warning : belongs to Amazon's account 999988887777, and nodemint knows 602401143452",
        ],
    },
    Row {
        name: "an image of a stranger",
        situation: |desired, observed| {
            wants(desired, "m5.xlarge");
            machines(observed);
            the_image(observed).owner = "999988887777".to_owned();
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[
            "preflight : belongs to account 999988887777, and AL2023 images in us-east-1 are published from 602401143452",
        ],
    },
    Row {
        name: "nodes newer than the control plane",
        situation: |desired, observed| {
            machines(observed);
            wants(desired, "m5.xlarge");
            the_cluster(observed).version = "1.33".to_owned();
        },
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight : nodes of Kubernetes 1.34 are newer than the control plane, 1.33",
            "warning : it runs Kubernetes 1.33 now",
        ],
    },
    Row {
        name: "nodes too old for the control plane, and nothing to do",
        situation: |_, observed| {
            machines(observed);
            the_cluster(observed).version = "1.38".to_owned();
        },
        steps: "",
        groups: "unchanged",
        findings: &[
            "warning : it runs Kubernetes 1.38 now",
            "warning : nodes of Kubernetes 1.34 are more than 3 minors older",
        ],
    },
    Row {
        name: "the cluster's facts moved",
        situation: |_, observed| {
            machines(observed);
            let cluster = the_cluster(observed);
            cluster.endpoint = Some("https://other.eks.amazonaws.com".to_owned());
            cluster.service_cidr_v4 = Some("172.20.0.0/16".to_owned());
            cluster.certificate_authority = Some("bmV3".to_owned());
        },
        steps: "",
        groups: "unchanged",
        findings: &[
            "warning : its endpoint moved since it was locked: https://example.eks.amazonaws.com → https://other.eks.amazonaws.com",
            "warning : its service CIDR moved since it was locked: 10.100.0.0/16 → 172.20.0.0/16",
            "warning : its certificate authority moved",
        ],
    },
];
