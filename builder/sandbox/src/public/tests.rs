use std::collections::BTreeSet;

use super::*;
use crate::seed::Seed;
use crate::world::World;

const ACCOUNT: &str = "111122223333";

/// A small world with the built-in catalogue and this beside it, indented by two.
fn with(more: &str, regions: &str) -> World {
    let text = format!(
        "account: \"{ACCOUNT}\"\nstart: 2026-11-20T09:00:00Z\nseed: 1\npublicImages:\n  base: builtin\n{more}\nregions:\n{regions}"
    );
    World::from_seed(&Seed::parse(&text).expect("a valid seed"))
}

const TWO_REGIONS: &str =
    "  us-east-1: {zones: [us-east-1a]}\n  eu-west-1: {zones: [eu-west-1a]}\n";

/// The value of a parameter's latest version.
fn value<'w>(world: &'w World, region: &'w str, name: &str) -> Option<&'w str> {
    let parameter = world.view(ACCOUNT, region).parameter(name)?;
    Some(&parameter.versions.last()?.value)
}

#[test]
fn the_built_in_catalogue_is_sound() {
    assert_eq!(Catalogue::builtin().problems(), Vec::new());
}

#[test]
fn every_parameter_names_an_image_that_is_there() {
    let world = World::from_seed(&Seed::builtin());
    let regions = world.accounts[ACCOUNT].keys();
    assert!(regions.len() >= 16);
    for region in regions {
        let shelf = world.public.in_region(region);
        let mut named = BTreeSet::new();
        for (name, parameter) in &shelf.parameters {
            let ids = parameter
                .versions
                .iter()
                .map(|version| version.value.as_str());
            for id in ids.filter(|value| value.starts_with("ami-")) {
                assert!(shelf.images.contains_key(id), "{region} {name}");
                named.insert(id);
            }
        }
        assert_eq!(named.len(), shelf.images.len(), "{region}");
        let names: BTreeSet<&String> = shelf.images.values().map(|image| &image.name).collect();
        assert_eq!(
            names.len(),
            shelf.images.len(),
            "{region}: names are unique"
        );
    }
}

#[test]
fn families_are_published_as_their_owners_do() {
    const EKS: &str = "/aws/service/eks/optimized-ami";
    const WINDOWS: &str = "/aws/service/ami-windows-latest/Windows_Server";
    const UBUNTU: &str = "/aws/service/canonical/ubuntu";
    let al2023 =
        |arch: &str| format!("{EKS}/1.34/amazon-linux-2023/{arch}/standard/recommended/image_id");
    let rocket = |form: &str| format!("/aws/service/bottlerocket/aws-k8s-{form}/image_id");
    let x86 = "x86_64";
    // region, parameter, name, owner, architecture, root device, boot mode
    let rows = [
        (
            "us-east-1",
            al2023(x86),
            "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012",
            "602401143452",
            x86,
            "/dev/xvda",
            Some("uefi-preferred"),
        ),
        (
            "ap-east-1",
            al2023("arm64"),
            "amazon-eks-node-al2023-arm64-standard-1.34-v20261012",
            "800184023465",
            "arm64",
            "/dev/xvda",
            Some("uefi"),
        ),
        (
            "cn-north-1",
            al2023(x86),
            "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012",
            "918309763551",
            x86,
            "/dev/xvda",
            Some("uefi-preferred"),
        ),
        (
            "us-gov-west-1",
            al2023(x86),
            "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012",
            "013241004608",
            x86,
            "/dev/xvda",
            Some("uefi-preferred"),
        ),
        (
            "us-east-1",
            format!("{EKS}/1.32/amazon-linux-2-gpu/recommended/image_id"),
            "amazon-eks-gpu-node-1.32-v20251120",
            "602401143452",
            x86,
            "/dev/xvda",
            None,
        ),
        (
            "us-west-2",
            format!(
                "{EKS}/1.32/amazon-linux-2-arm64/amazon-eks-arm64-node-1.32-v20251016/image_id"
            ),
            "amazon-eks-arm64-node-1.32-v20251016",
            "602401143452",
            "arm64",
            "/dev/xvda",
            None,
        ),
        (
            "us-east-1",
            rocket("1.34/x86_64/latest"),
            "bottlerocket-aws-k8s-1.34-x86_64-v1.65.0-2b91f4e8",
            "092701018921",
            x86,
            "/dev/xvda",
            Some("uefi-preferred"),
        ),
        (
            "eu-west-1",
            rocket("1.31-nvidia-fips/arm64/1.64.0"),
            "bottlerocket-aws-k8s-1.31-nvidia-fips-aarch64-v1.64.0-5e0d3c7a",
            "503807174151",
            "arm64",
            "/dev/xvda",
            Some("uefi"),
        ),
        (
            "us-gov-west-1",
            rocket("1.35-fips/x86_64/1.58.0-c5c37032"),
            "bottlerocket-aws-k8s-1.35-fips-x86_64-v1.58.0-c5c37032",
            "372333677703",
            x86,
            "/dev/xvda",
            Some("uefi-preferred"),
        ),
        (
            "us-east-1",
            format!("{WINDOWS}-2022-English-Core-EKS_Optimized-1.34/image_id"),
            "Windows_Server-2022-English-Core-EKS_Optimized-1.34-2026.10.14",
            "957547624766",
            x86,
            "/dev/sda1",
            None,
        ),
        (
            "us-gov-west-1",
            format!("{WINDOWS}-2022-English-Core-EKS_Optimized-1.34/image_id"),
            "Windows_Server-2022-English-Core-EKS_Optimized-1.34-2026.10.14",
            "055189784373",
            x86,
            "/dev/sda1",
            None,
        ),
        (
            "sa-east-1",
            format!("{WINDOWS}-2025-English-Full-EKS_Optimized-1.35/image_id"),
            "Windows_Server-2025-English-Full-EKS_Optimized-1.35-2026.10.14",
            "980913465755",
            x86,
            "/dev/sda1",
            Some("uefi"),
        ),
        (
            "us-east-1",
            format!("{UBUNTU}/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id"),
            "ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260918",
            "099720109477",
            x86,
            "/dev/sda1",
            Some("uefi-preferred"),
        ),
        (
            "us-gov-west-1",
            format!("{UBUNTU}/eks-pro/22.04/1.31/stable/20260821/arm64/hvm/ebs-gp2/ami-id"),
            "ubuntu-eks-pro/k8s_1.31/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20260821",
            "513442679011",
            "arm64",
            "/dev/sda1",
            Some("uefi"),
        ),
        (
            "us-east-1",
            format!("{UBUNTU}/eks/20.04/1.29/stable/current/amd64/hvm/ebs-gp2/ami-id"),
            "ubuntu-eks/k8s_1.29/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-20260217",
            "099720109477",
            x86,
            "/dev/sda1",
            None,
        ),
        (
            "us-east-1",
            format!("{UBUNTU}/eks/26.04/1.35/stable/current/arm64/hvm/ebs-gp3/ami-id"),
            "ubuntu-eks/k8s_1.35/images/hvm-ssd-gp3/ubuntu-resolute-26.04-arm64-server-20260918",
            "099720109477",
            "arm64",
            "/dev/sda1",
            Some("uefi"),
        ),
    ];
    let world = World::from_seed(&Seed::builtin());
    for (region, parameter, name, owner, architecture, root, boot_mode) in rows {
        let id = value(&world, region, &parameter).expect(&parameter);
        let image = world.view(ACCOUNT, region).image(id).expect(&parameter);
        assert_eq!(image.name, name, "{region} {parameter}");
        assert_eq!(image.owner, owner, "{region} {name}");
        let alias = !(name.starts_with("Windows") && region.starts_with("us-gov-"));
        assert_eq!(image.owner_alias.is_some(), alias, "{region} {name}");
        assert_eq!(image.architecture, architecture, "{name}");
        assert_eq!(image.root_device_name, root, "{name}");
        assert_eq!(image.boot_mode.as_deref(), boot_mode, "{name}");
        assert_eq!(
            image.platform.is_some(),
            name.starts_with("Windows"),
            "{name}"
        );
        let devices = if name.starts_with("bottlerocket") {
            2
        } else {
            1
        };
        assert_eq!(image.block_devices.len(), devices, "{name}");
    }
}

#[test]
fn what_was_never_made_has_no_parameter() {
    let world = World::from_seed(&Seed::builtin());
    let rows = [
        (
            "us-east-1",
            "/aws/service/eks/optimized-ami/1.33/amazon-linux-2/recommended/image_id",
        ),
        (
            "us-east-1",
            "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/arm64/neuron/recommended/image_id",
        ),
        (
            "us-east-1",
            "/aws/service/ami-windows-latest/Windows_Server-2025-English-Core-EKS_Optimized-1.34/image_id",
        ),
        (
            "us-east-1",
            "/aws/service/canonical/ubuntu/eks/20.04/1.30/stable/current/amd64/hvm/ebs-gp2/ami-id",
        ),
        (
            "us-east-1",
            "/aws/service/canonical/ubuntu/eks/24.04/1.30/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
        (
            "us-east-1",
            "/aws/service/canonical/ubuntu/eks/26.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
        (
            "eu-west-3",
            "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id",
        ),
    ];
    for (region, name) in rows {
        assert_eq!(value(&world, region, name), None, "{region} {name}");
    }
}

#[test]
fn the_images_that_were_here_before_stay() {
    let world = World::from_seed(&Seed::builtin());
    let recommended =
        "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended";
    let document = value(&world, "us-east-1", recommended).expect("a document");
    let document: serde_json::Value = serde_json::from_str(document).expect("JSON");
    let expected = serde_json::json!({
        "schema_version": "2",
        "image_id": "ami-078ac2a707a345739",
        "image_name": "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012",
        "release_version": "1.34.3-20261012",
    });
    assert_eq!(document, expected);
    let image = world
        .view(ACCOUNT, "us-east-1")
        .image("ami-078ac2a707a345739")
        .expect("the image");
    assert_eq!(image.created_at.to_string(), "2026-10-12T18:30:00Z");
    let deprecated = image.deprecation_time.map(|at| at.to_string());
    assert_eq!(deprecated.as_deref(), Some("2028-10-12T18:30:00Z"));
}

#[test]
fn a_seed_adds_a_release_that_is_not_everywhere() {
    let world = with(
        "  trains:\n    al2023:\n      - {day: 2026-11-01, versions: {\"1.33\": 1.33.9-20261101}, goneFrom: [eu-west-1]}\n      - {day: 2026-11-18, versions: {\"1.34\": 1.34.4-20261118}, notIn: [eu-west-1]}",
        TWO_REGIONS,
    );
    let recommended = |kubernetes: &str, leaf: &str| {
        format!(
            "/aws/service/eks/optimized-ami/{kubernetes}/amazon-linux-2023/x86_64/standard/recommended/{leaf}"
        )
    };
    for (region, kubernetes, release, there) in [
        ("us-east-1", "1.34", "1.34.4-20261118", true),
        ("eu-west-1", "1.34", "1.34.3-20261012", true),
        ("us-east-1", "1.33", "1.33.9-20261101", true),
        ("eu-west-1", "1.33", "1.33.9-20261101", false),
    ] {
        let found = value(&world, region, &recommended(kubernetes, "release_version"));
        assert_eq!(found, Some(release), "{region} {kubernetes}");
        let id = value(&world, region, &recommended(kubernetes, "image_id")).expect("an id");
        let image = world.view(ACCOUNT, region).image(id);
        assert_eq!(image.is_some(), there, "{region} {kubernetes}");
    }
}

#[test]
fn a_seed_puts_its_own_in_the_place_of_what_is_public() {
    let id = "ami-078ac2a707a345739";
    let parameter = "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/image_id";
    let world = with(
        "",
        &format!(
            "  us-east-1:\n    zones: [us-east-1a]\n    images: [{{id: {id}, name: other, architecture: arm64, owner: \"999988887777\", ownerAlias: amazon, public: true, bootMode: legacy-bios, virtualization: paravirtual, platform: windows, deprecationTime: 2026-01-01T00:00:00Z}}]\n    parameters: {{{parameter}: {id}}}\n"
        ),
    );
    let view = world.view(ACCOUNT, "us-east-1");
    assert_eq!(value(&world, "us-east-1", parameter), Some(id));
    let image = view.image(id).expect("the image");
    assert_eq!(
        (image.name.as_str(), image.architecture.as_str()),
        ("other", "arm64")
    );
    assert_eq!(image.virtualization, "paravirtual");
    assert_eq!(view.images().filter(|image| image.id == id).count(), 1);
    let under = view.parameters_under("/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/");
    assert_eq!(
        under
            .map(|parameter| parameter.versions.len())
            .collect::<Vec<_>>(),
        [1, 3]
    );
}

#[test]
fn every_account_sees_what_is_public_where_there_is_a_region() {
    let world = World::from_seed(&Seed::builtin());
    let own = world.view(ACCOUNT, "eu-west-1");
    let other = world.view("999988887777", "eu-west-1");
    assert!(other.own.images.is_empty());
    assert!(other.images().eq(own.images()));
    assert_eq!(world.view(ACCOUNT, "mars-1").images().count(), 0);
}

#[test]
fn a_state_keeps_the_catalogue_and_not_what_follows_from_it() {
    let world = World::from_seed(&Seed::builtin());
    let before = world.to_json().expect("a world can be written");
    let images = world.public.in_region("us-east-1").images.len();
    let after = world.to_json().expect("a world can be written");
    assert_eq!(before, after, "looking changes nothing");
    let back = World::from_json(&after).expect("what was written can be read");
    assert_eq!(back, world);
    assert_eq!(back.public.in_region("us-east-1").images.len(), images);
    assert!(after.len() < 500_000, "{}", after.len());
}
