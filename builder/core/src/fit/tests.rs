use jiff::Timestamp;

use super::*;
use crate::lock::ImageRequest;
use crate::observed::{Image, InstanceType};
use crate::spec::{AmiSource, Arch, FamilyName, Release, Variant};

const NAME: &str = "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012";

fn request(source: AmiSource) -> ImageRequest {
    ImageRequest {
        region: "us-east-1".to_owned(),
        family: FamilyName::AL2023,
        arch: Arch::X86_64,
        variant: Variant::Standard,
        kubernetes_version: "1.34".to_owned(),
        source,
    }
}

fn good() -> Image {
    Image {
        id: "ami-1".to_owned(),
        name: NAME.to_owned(),
        owner: "602401143452".to_owned(),
        state: "available".to_owned(),
        architecture: "x86_64".to_owned(),
        virtualization: "hvm".to_owned(),
        boot_mode: Some("uefi-preferred".to_owned()),
        root_device_type: Some("ebs".to_owned()),
        ..Image::default()
    }
}

fn told(misfits: &[Misfit]) -> String {
    let told = misfits.iter();
    let told = told.map(|misfit| format!("{:?}: {}", misfit.severity, misfit.message));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn images() {
    type Row = (fn(&mut Image), &'static str);
    let rows: [Row; 10] = [
        (|_| {}, ""),
        (
            |image| image.state = "pending".to_owned(),
            "Error: image ami-1 is pending",
        ),
        (
            |image| image.architecture = "arm64".to_owned(),
            "is for arm64, and the launch template says x86_64",
        ),
        (
            |image| image.owner = "111122223333".to_owned(),
            "Error: image ami-1 belongs to account 111122223333",
        ),
        (
            |image| image.root_device_type = Some("instance-store".to_owned()),
            "has its root device on instance-store",
        ),
        (
            |image| image.virtualization = "paravirtual".to_owned(),
            "is paravirtual",
        ),
        (
            |image| image.deprecated = Some(Timestamp::UNIX_EPOCH),
            "Warning: image ami-1",
        ),
        (
            |image| image.name = NAME.replace("1.34", "1.33"),
            "Error: image ami-1 is called amazon-eks-node-al2023-x86_64-standard-1.33",
        ),
        (
            |image| image.name = NAME.replace("standard", "renamed"),
            "Warning: image ami-1 is called amazon-eks-node-al2023-x86_64-renamed-1.34",
        ),
        (|image| image.deprecated = Some(Timestamp::MAX), ""),
    ];
    let now = Timestamp::from_second(1_790_000_000).expect("a time");
    for (change, words) in rows {
        let mut one = good();
        change(&mut one);
        let request = request(AmiSource::EksOptimized(Release::Latest));
        let found = told(&image(&request, &one, now));
        assert!(
            found.contains(words) && found.is_empty() == words.is_empty(),
            "{words}: {found}"
        );
    }
}

#[test]
fn publishers() {
    const BOTTLEROCKET: &str = "bottlerocket-aws-k8s-1.34-x86_64-v1.50.0-abcdef12";
    const WINDOWS: &str = "Windows_Server-2022-English-Core-EKS_Optimized-1.34-2026.10.14";
    const UBUNTU: &str =
        "ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260918";
    let known = "Warning: image ami-1 belongs to Amazon's account 999988887777, and nodemint knows 602401143452";
    let rows = [
        (FamilyName::AL2023, NAME, "602401143452", None, ""),
        (
            FamilyName::AL2023,
            NAME,
            "999988887777",
            Some("amazon"),
            known,
        ),
        (
            FamilyName::AL2023,
            NAME,
            "999988887777",
            Some("aws-marketplace"),
            "Error: image ami-1 belongs to account 999988887777",
        ),
        (
            FamilyName::Bottlerocket,
            BOTTLEROCKET,
            "999988887777",
            Some("amazon"),
            "nodemint knows 092701018921",
        ),
        (
            FamilyName::Bottlerocket,
            BOTTLEROCKET,
            "092701018921",
            None,
            "",
        ),
        (
            FamilyName::Bottlerocket,
            BOTTLEROCKET,
            "999988887777",
            None,
            "published from 092701018921",
        ),
        (
            FamilyName::Windows2022Core,
            WINDOWS,
            "957547624766",
            Some("amazon"),
            "",
        ),
        (
            FamilyName::Windows2022Core,
            WINDOWS,
            "801119661308",
            None,
            "published from 957547624766",
        ),
        (FamilyName::Ubuntu2404, UBUNTU, "099720109477", None, ""),
        (
            FamilyName::Ubuntu2404,
            UBUNTU,
            "999988887777",
            Some("amazon"),
            "published from 099720109477",
        ),
    ];
    for (family, name, owner, alias, words) in rows {
        let one = Image {
            name: name.to_owned(),
            owner: owner.to_owned(),
            owner_alias: alias.map(str::to_owned),
            ..good()
        };
        for (source, words) in [
            (AmiSource::EksOptimized(Release::Latest), words),
            (AmiSource::Id("ami-1".to_owned()), ""),
        ] {
            let request = ImageRequest {
                family,
                ..request(source)
            };
            let found = told(&image(&request, &one, Timestamp::UNIX_EPOCH));
            assert!(
                found.contains(words) && found.is_empty() == words.is_empty(),
                "{family:?} {owner} {alias:?}: {words}: {found}"
            );
        }
    }
}

#[test]
fn names_of_ones_own_images() {
    let rows = [
        ("golden-1.33-x86", "Kubernetes 1.33, and 1.34"),
        ("golden-1.33-to-1.34", ""),
        ("golden-1.33.1", ""),
        ("golden-11.33", ""),
        ("golden", ""),
    ];
    for (name, words) in rows {
        let one = Image {
            name: name.to_owned(),
            ..good()
        };
        let request = request(AmiSource::Id("ami-1".to_owned()));
        let found = told(&image(&request, &one, Timestamp::UNIX_EPOCH));
        assert!(
            found.contains(words) && found.is_empty() == words.is_empty(),
            "{name}: {found}"
        );
    }
}

#[test]
fn machines() {
    let m5 = || InstanceType {
        name: "m5.large".to_owned(),
        architectures: vec!["x86_64".to_owned()],
        virtualizations: vec!["hvm".to_owned()],
        boot_modes: vec!["legacy-bios".to_owned(), "uefi".to_owned()],
        ..InstanceType::default()
    };
    let gpu = || InstanceType {
        gpu_manufacturers: vec!["NVIDIA".to_owned()],
        ..m5()
    };
    let neuron = || InstanceType {
        neuron: true,
        ..m5()
    };
    let arm = || InstanceType {
        architectures: vec!["arm64".to_owned()],
        ..m5()
    };
    let only = |mode: &str| InstanceType {
        boot_modes: vec![mode.to_owned()],
        ..m5()
    };
    let (al2, al2023) = (FamilyName::AL2, FamilyName::AL2023);
    let prefers = Some("uefi-preferred");
    let rows = [
        (al2023, Variant::Standard, prefers, Some(m5()), ""),
        (
            al2023,
            Variant::Standard,
            prefers,
            None,
            "Error: EC2 has no instance type t",
        ),
        (
            al2023,
            Variant::Standard,
            prefers,
            Some(arm()),
            "Error: instance type t is arm64, and image ami-1",
        ),
        (
            al2023,
            Variant::Standard,
            Some("uefi"),
            Some(only("legacy-bios")),
            "needs uefi",
        ),
        (
            al2023,
            Variant::Standard,
            Some("legacy-bios"),
            Some(only("uefi")),
            "needs legacy-bios",
        ),
        (al2023, Variant::Standard, None, Some(only("uefi")), ""),
        (al2023, Variant::Standard, prefers, Some(only("uefi")), ""),
        (
            al2023,
            Variant::Nvidia,
            prefers,
            Some(m5()),
            "Error: instance type t has no NVIDIA GPU",
        ),
        (al2023, Variant::Nvidia, prefers, Some(gpu()), ""),
        (
            al2023,
            Variant::Nvidia,
            prefers,
            Some(neuron()),
            "Error: instance type t has no NVIDIA GPU",
        ),
        (al2, Variant::Nvidia, prefers, Some(neuron()), ""),
        (
            al2023,
            Variant::Neuron,
            prefers,
            Some(gpu()),
            "Error: instance type t has no AWS Inferentia",
        ),
        (
            al2023,
            Variant::Standard,
            prefers,
            Some(gpu()),
            "Warning: instance type t has an NVIDIA GPU, and the launch template's variant has no drivers",
        ),
        (
            al2023,
            Variant::Standard,
            prefers,
            Some(neuron()),
            "Warning: instance type t has an AWS Inferentia",
        ),
        (
            al2,
            Variant::Standard,
            prefers,
            Some(gpu()),
            "Warning: instance type t has an NVIDIA GPU",
        ),
        (
            FamilyName::Bottlerocket,
            Variant::Fips,
            prefers,
            Some(gpu()),
            "Warning: instance type t has an NVIDIA GPU",
        ),
        // No variant of these has the drivers.
        (
            FamilyName::Bottlerocket,
            Variant::Standard,
            prefers,
            Some(neuron()),
            "",
        ),
        (
            FamilyName::Windows2022Core,
            Variant::Standard,
            prefers,
            Some(gpu()),
            "",
        ),
        (
            FamilyName::Ubuntu2404,
            Variant::Pro,
            prefers,
            Some(gpu()),
            "",
        ),
    ];
    for (family, variant, mode, found, words) in rows {
        let image = Image {
            boot_mode: mode.map(str::to_owned),
            ..good()
        };
        let misfits = told(&instance_type(family, variant, &image, "t", found.as_ref()));
        assert!(
            misfits.contains(words) && misfits.is_empty() == words.is_empty(),
            "{words}: {misfits}"
        );
    }
}

#[test]
fn zones_with_and_without_the_types() {
    let set = |names: &str| names.split_whitespace().map(str::to_owned).collect();
    let rows = [
        (vec![("m5", "a b")], "a b", ""),
        (
            vec![("m5", "a")],
            "a b",
            "Warning: instance type m5 is not offered in b",
        ),
        (
            vec![("m5", "c")],
            "a b",
            "Error: instance type m5 is not offered in a, b",
        ),
        (
            vec![("m5", "")],
            "a",
            "Error: instance type m5 is not offered in a",
        ),
        (
            vec![("m5", "a"), ("m7", "c")],
            "a",
            "Warning: instance type m7 is not offered in a",
        ),
        (vec![("m5", "")], "", ""),
    ];
    for (offered, there, words) in rows {
        let offered: Vec<(&str, _)> = offered
            .into_iter()
            .map(|(name, zones)| (name, set(zones)))
            .collect();
        let found = told(&zones(&offered, &set(there)));
        assert!(
            found.contains(words) && found.is_empty() == words.is_empty(),
            "{words}: {found}"
        );
    }
}

#[test]
fn skews() {
    let version = |minor| KubernetesVersion { major: 1, minor };
    let rows = [
        (34, 34, true),
        (35, 34, false),
        (31, 34, true),
        (30, 34, false),
        (25, 27, true),
        (24, 27, false),
        (25, 28, true),
    ];
    for (node, control_plane, fits) in rows {
        assert_eq!(
            skew(version(node), version(control_plane)).is_ok(),
            fits,
            "{node} on {control_plane}"
        );
    }
}
