//! Paths and names as their publishers document them; `exists` has the whole list.

mod exists;

use super::*;
use crate::observed::Image;

fn named<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(name.into()).unwrap()
}

/// What an [`Ask`] looks at, as one text.
fn looked_at(ask: &Ask) -> String {
    match ask {
        Ask::Public { parameter, .. } => parameter.names()[0].to_owned(),
        Ask::Images(query) => {
            assert_eq!(query.owners.len(), 1, "{query:?}");
            assert!(
                query.names.len() == 1 && !query.names[0].contains('*'),
                "{query:?}"
            );
            query.names[0].clone()
        }
        other => panic!("{other:?} is nothing that a family publishes"),
    }
}

#[test]
fn pins_and_names() {
    // family, arch, variant, version, pin; what is looked at; the names of all releases
    let cases = [
        (
            "AL2023",
            "x86_64",
            "standard",
            "1.34",
            "1.34.2-20260915",
            "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.34-v20260915/image_id",
            "amazon-eks-node-al2023-x86_64-standard-1.34-v*",
        ),
        (
            "AL2",
            "arm64",
            "standard",
            "1.30",
            "1.30.4-20240917",
            "/aws/service/eks/optimized-ami/1.30/amazon-linux-2-arm64/amazon-eks-arm64-node-1.30-v20240917/image_id",
            "amazon-eks-arm64-node-1.30-v*",
        ),
        (
            "Bottlerocket",
            "arm64",
            "nvidia",
            "1.27",
            "1.14.1",
            "/aws/service/bottlerocket/aws-k8s-1.27-nvidia/arm64/1.14.1/image_id",
            "bottlerocket-aws-k8s-1.27-nvidia-aarch64-v*",
        ),
        (
            "Bottlerocket",
            "x86_64",
            "fips",
            "1.35",
            "1.58.0-c5c37032",
            "/aws/service/bottlerocket/aws-k8s-1.35-fips/x86_64/1.58.0-c5c37032/image_id",
            "bottlerocket-aws-k8s-1.35-fips-x86_64-v*",
        ),
        (
            "Windows2022Core",
            "x86_64",
            "standard",
            "1.27",
            "1.27-2023.06.06",
            "Windows_Server-2022-English-Core-EKS_Optimized-1.27-2023.06.06",
            "Windows_Server-2022-English-Core-EKS_Optimized-1.27-*",
        ),
        (
            "Ubuntu2404",
            "x86_64",
            "standard",
            "1.33",
            "20250625",
            "ubuntu-eks/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250625",
            "ubuntu-eks/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*",
        ),
        (
            "Ubuntu2204",
            "arm64",
            "pro",
            "1.30",
            "20240830",
            "ubuntu-eks-pro/k8s_1.30/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20240830",
            "ubuntu-eks-pro/k8s_1.30/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-*",
        ),
    ];
    for (name, arch, variant, version, pin, path, names) in cases {
        let question = Question {
            region: "eu-west-1",
            kubernetes_version: version,
            arch: named(arch),
            variant: named(variant),
        };
        let strategy = family(named(name));
        let pinned = strategy
            .ask(&question, &Release::Pinned(pin.to_owned()))
            .unwrap();
        assert_eq!(looked_at(&pinned), path);
        assert_eq!(strategy.image_names(&question).unwrap(), names);
    }
}

#[test]
fn an_image_found_by_its_name_tells_its_release() {
    // family, variant, version, the release in the name; the release version; what is looked at
    let cases = [
        (
            "AL2023",
            "nvidia",
            "1.34",
            "20261012",
            None,
            "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/nvidia/amazon-eks-node-al2023-x86_64-nvidia-1.34-v20261012/image_id",
        ),
        (
            "Bottlerocket",
            "standard",
            "1.34",
            "1.50.0-abcdef12",
            Some("1.50.0-abcdef12"),
            "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/1.50.0-abcdef12/image_id",
        ),
        (
            "Windows2019Full",
            "standard",
            "1.34",
            "2026.10.14",
            Some("1.34-2026.10.14"),
            "Windows_Server-2019-English-Full-EKS_Optimized-1.34-2026.10.14",
        ),
        (
            "Ubuntu2404",
            "pro",
            "1.34",
            "20260918",
            Some("20260918"),
            "ubuntu-eks-pro/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260918",
        ),
    ];
    for (name, variant, version, release, wanted, path) in cases {
        let question = Question {
            region: "us-east-1",
            kubernetes_version: version,
            arch: Arch::X86_64,
            variant: named(variant),
        };
        let strategy = family(named(name));
        let image = Image {
            name: strategy
                .image_names(&question)
                .unwrap()
                .replace('*', release),
            owner: "111122223333".to_owned(),
            ..Image::default()
        };
        let found = Published {
            image: &image,
            release,
        };
        assert_eq!(
            looked_at(&strategy.published(&question, &found).unwrap()),
            path
        );
        assert_eq!(
            strategy.release_version(&question, release).as_deref(),
            wanted,
            "{name}"
        );
    }
}

#[test]
fn what_does_not_exist_is_refused() {
    // family, region, version, release
    let cases = [
        (
            "AL2",
            "us-east-1",
            "1.33",
            "latest",
            "AL2 has images up to Kubernetes 1.32; for 1.33 use AL2023",
        ),
        (
            "Windows2025Core",
            "us-east-1",
            "1.34",
            "latest",
            "Windows2025Core has images from Kubernetes 1.35; for 1.34 use Windows2022Core",
        ),
        (
            "Ubuntu2404",
            "us-east-1",
            "1.30",
            "latest",
            "Ubuntu2404 has images from Kubernetes 1.31; for 1.30 use Ubuntu2204",
        ),
        (
            "Ubuntu2004",
            "us-east-1",
            "1.34",
            "latest",
            "Ubuntu2004 has images from Kubernetes 1.21 to 1.29; for 1.34 use Ubuntu2404",
        ),
        (
            "AL2023",
            "us-east-1",
            "1",
            "latest",
            "\"1\" is no Kubernetes minor version such as 1.34; write it without a patch",
        ),
        (
            "AL2023",
            "us-east-1",
            "1.34",
            "1.34-20260915",
            "\"1.34-20260915\" is no release version such as 1.34.2-20260915; write `latest`, or a release as the family names it",
        ),
        (
            "AL2023",
            "us-east-1",
            "1.34",
            "1.34.2-2026091",
            "\"1.34.2-2026091\" is no release version such as 1.34.2-20260915; write `latest`, or a release as the family names it",
        ),
        (
            "AL2023",
            "us-east-1",
            "1.34",
            "1.33.2-20260915",
            "release 1.33.2-20260915 is for another Kubernetes than 1.34; take a release of 1.34, or `latest`",
        ),
        (
            "Windows2022Core",
            "us-east-1",
            "1.34",
            "1.33-2026.10.14",
            "release 1.33-2026.10.14 is for another Kubernetes than 1.34; take a release of 1.34, or `latest`",
        ),
        (
            "Windows2022Core",
            "us-east-1",
            "1.34",
            "1.34-20261014",
            "\"1.34-20261014\" is no release version such as 1.34-2026.10.14; write `latest`, or a release as the family names it",
        ),
        (
            "Bottlerocket",
            "us-east-1",
            "1.34",
            "v1.50.0",
            "\"v1.50.0\" is no release version such as 1.50.0 or 1.50.0-abcdef12; write `latest`, or a release as the family names it",
        ),
        (
            "Ubuntu2404",
            "us-east-1",
            "1.34",
            "1.34.2-20260915",
            "\"1.34.2-20260915\" is no release version such as 20260918; write `latest`, or a release as the family names it",
        ),
    ];
    for (name, region, version, release, message) in cases {
        let release = match release {
            "latest" => Release::Latest,
            pin => Release::Pinned(pin.to_owned()),
        };
        let question = Question {
            region,
            kubernetes_version: version,
            arch: Arch::X86_64,
            variant: Variant::Standard,
        };
        let error = family(named(name)).ask(&question, &release).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_minor_is_two_numbers_and_nothing_else() {
    for (text, minor) in [("1.34", 34), ("1.0", 0), ("1.100", 100)] {
        assert_eq!(text.parse(), Ok(KubernetesVersion { major: 1, minor }));
    }
    for text in [
        "", "1", "1.", ".34", "1.34.2", "1.+34", "1.034", "01.34", "v1.34", "1.34 ", "1.99999",
    ] {
        assert!(text.parse::<KubernetesVersion>().is_err(), "{text:?}");
    }
}

/// The images are there, for launch templates that name them; only the AMI types are not.
#[test]
fn windows_has_images_and_no_ami_types_outside_the_commercial_partition() {
    let rows = [
        ("Windows2022Full", "us-east-1", None),
        ("AL2023", "cn-north-1", None),
        ("Windows2022Full", "cn-north-1", Some("aws-cn")),
        ("Windows2019Core", "us-gov-west-1", Some("aws-us-gov")),
    ];
    for (name, region, partition) in rows {
        let strategy = family(named(name));
        let question = Question {
            region,
            kubernetes_version: "1.34",
            arch: Arch::X86_64,
            variant: Variant::Standard,
        };
        assert!(strategy.ask(&question, &Release::Latest).is_ok(), "{name}");
        let refused = partition.map(|it| {
            format!(
                "EKS has no AMI type for {name} in {region}, of the partition {it}; use `pinnedBy: launchTemplate`"
            )
        });
        let found = check_ami_type_in(strategy, region).err();
        assert_eq!(
            found.map(|it| it.to_string()),
            refused,
            "{name} in {region}"
        );
    }
}

#[test]
fn accounts_of_the_publishers() {
    let cases = [
        ("AL2023", "us-east-1", Some("602401143452")),
        ("AL2", "us-gov-west-1", Some("013241004608")),
        ("AL2023", "il-central-1", Some("066635153087")),
        ("AL2023", "us-iso-east-1", Some("725322719131")),
        ("AL2023", "xx-nowhere-1", None),
        ("Bottlerocket", "us-east-1", Some("092701018921")),
        ("Bottlerocket", "cn-north-1", Some("183365920950")),
        ("Bottlerocket", "il-central-1", None),
        ("Windows2022Core", "eu-west-1", Some("402743460324")),
        ("Windows2019Full", "us-gov-west-1", Some("055189784373")),
        ("Windows2025Core", "cn-northwest-1", Some("438848857437")),
        ("Windows2022Core", "mx-central-1", None),
        ("Ubuntu2404", "eu-west-1", Some("099720109477")),
        ("Ubuntu2404", "us-gov-west-1", Some("513442679011")),
        ("Ubuntu2404", "cn-north-1", Some("837727238323")),
        ("Ubuntu2404", "us-iso-east-1", None),
    ];
    for (name, region, owner) in cases {
        let strategy = family(named(name));
        assert_eq!(strategy.owner(region), owner, "{name} in {region}");
        assert_eq!(owners(strategy, region), [owner.unwrap_or("amazon")]);
    }
}
