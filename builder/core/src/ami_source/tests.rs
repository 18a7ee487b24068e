//! What public parameters and names tell of a release.

use std::collections::BTreeSet;

use super::*;
use crate::spec::{Arch, Release, Variant};

fn request(family: FamilyName, release: &str) -> ImageRequest {
    ImageRequest {
        region: "us-east-1".to_owned(),
        family,
        arch: Arch::X86_64,
        variant: Variant::Standard,
        kubernetes_version: "1.34".to_owned(),
        source: AmiSource::EksOptimized(match release {
            "latest" => Release::Latest,
            pin => Release::Pinned(pin.to_owned()),
        }),
    }
}

#[test]
fn answers_of_parameters() {
    use FamilyName::{Bottlerocket, Ubuntu2404};
    const ID: &str = "ami-0123456789abcdef0";
    // family, release, what the second parameter holds; the release version, or the error
    let cases = [
        (
            Bottlerocket,
            "latest",
            "1.50.0-abcdef12",
            Ok(Some("1.50.0-abcdef12")),
        ),
        (
            Bottlerocket,
            "1.50.0",
            "1.50.0-abcdef12",
            Ok(Some("1.50.0-abcdef12")),
        ),
        (
            Bottlerocket,
            "1.50.0-abcdef12",
            "1.50.0-abcdef12",
            Ok(Some("1.50.0-abcdef12")),
        ),
        (
            Bottlerocket,
            "1.50.0",
            "1.50.01-abcdef12",
            Err("holds release 1.50.01-abcdef12, and 1.50.0 was asked for"),
        ),
        (Ubuntu2404, "latest", "", Ok(None)),
    ];
    for (family, release, second, wanted) in cases {
        let ask = ask(&request(family, release)).unwrap();
        let values: BTreeMap<String, String> = ask
            .parameters()
            .into_iter()
            .zip([ID.to_owned(), second.to_owned()])
            .collect();
        match (ask.read(&values, &[], Timestamp::UNIX_EPOCH), wanted) {
            (Ok(answer), Ok(release)) => {
                assert_eq!(
                    (answer.image_id.as_str(), answer.release_version.as_deref()),
                    (ID, release)
                );
            }
            (Err(error), Err(words)) => assert!(error.to_string().ends_with(words), "{error}"),
            (found, wanted) => panic!("{found:?}, and not {wanted:?}"),
        }
        let error = ask
            .read(&BTreeMap::new(), &[], Timestamp::UNIX_EPOCH)
            .unwrap_err();
        let hint = error.hint(&request(family, release)).unwrap();
        assert!(
            !hint.contains("image_id") && hint.contains("--path /aws/service/"),
            "{hint}"
        );
    }
}

#[test]
fn what_denies_an_image() {
    use FamilyName::{AL2023, Bottlerocket, Ubuntu2404, Windows2022Core};
    let linux = "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012";
    let windows = "Windows_Server-2022-English-Core-EKS_Optimized-1.34-2026.10.14";
    let bottlerocket = "bottlerocket-aws-k8s-1.34-x86_64-v1.50.0-abcdef12";
    let ubuntu = "ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260918";
    let known = Some("1.34.3-20261012");
    // family, image, its release as SSM told it, the entry of `deny`, whether it is denied
    let cases = [
        (AL2023, linux, known, "1.34.3-20261012", true),
        (AL2023, linux, None, "1.34.3-20261012", true),
        (AL2023, linux, known, "1.34-20261012", true),
        (AL2023, linux, known, "20261012", true),
        (AL2023, linux, None, "20261012", true),
        // The patch is not in the name: what is known of the image must not decide.
        (AL2023, linux, known, "1.34.2-20261012", true),
        (AL2023, linux, None, "1.34.2-20261012", true),
        (AL2023, linux, known, "1.33.3-20261012", false),
        (AL2023, linux, known, "1.3-20261012", false),
        (AL2023, linux, known, "1.34.3-20261011", false),
        (AL2023, linux, known, "1.34.3", false),
        (AL2023, linux, known, "2026", false),
        (AL2023, linux, None, linux, true),
        (AL2023, linux, None, "amazon", false),
        (AL2023, linux, None, "ami-0123456789abcdef0", true),
        (AL2023, linux, None, "ami-0123456789abcdef1", false),
        // a name of nobody's
        (AL2023, "my-own", known, "1.34.3-20261012", true),
        (AL2023, "my-own", None, "20261012", false),
        (Bottlerocket, bottlerocket, None, "1.50.0", true),
        (Bottlerocket, bottlerocket, None, "1.50.0-abcdef12", true),
        (Bottlerocket, bottlerocket, None, "1.50.0-abcdef13", false),
        (Bottlerocket, bottlerocket, None, "1.50", false),
        (Bottlerocket, bottlerocket, None, "1.50.1", false),
        (Windows2022Core, windows, None, "1.34-2026.10.14", true),
        (Windows2022Core, windows, None, "2026.10.14", true),
        (Windows2022Core, windows, None, "1.33-2026.10.14", false),
        (Ubuntu2404, ubuntu, None, "20260918", true),
        (Ubuntu2404, ubuntu, None, "20260918.1", false),
    ];
    for (family, name, release_version, entry, wanted) in cases {
        let deny = BTreeSet::from(["1.0.0".to_owned(), entry.to_owned()]);
        let in_name = release_in_name(&request(family, "latest"), name);
        let candidate = Candidate {
            kubernetes_version: "1.34",
            image_id: "ami-0123456789abcdef0",
            image_name: name,
            release: in_name.as_deref(),
            release_version,
        };
        let found = denied(&deny, &candidate);
        assert_eq!(found, wanted.then_some(entry), "{entry} and {name}");
    }
}

/// DeprecationTime is set when an image is made, years ahead: only one that has passed counts.
#[test]
fn the_newest_image() {
    let time = |second| Timestamp::from_second(second).expect("a time");
    let image = |id: &str, created, deprecated: Option<i64>| Image {
        id: id.to_owned(),
        created: Some(time(created)),
        deprecated: deprecated.map(time),
        ..Image::default()
    };
    let now = 1000;
    let rows = [
        ([image("a", 10, None), image("b", 20, None)], "b"),
        ([image("a", 10, None), image("b", 20, Some(now + 1))], "b"),
        ([image("a", 10, None), image("b", 20, Some(now))], "a"),
        (
            [image("a", 10, Some(now - 1)), image("b", 20, Some(now))],
            "b",
        ),
    ];
    for (images, wanted) in rows {
        for images in [images.clone(), [images[1].clone(), images[0].clone()]] {
            let found = newest(&images, time(now)).map(|image| image.id.as_str());
            assert_eq!(found, Some(wanted), "{images:?}");
        }
    }
}
