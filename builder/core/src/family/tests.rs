//! Paths and names, as AWS documents them.

use super::*;

fn names(
    name: FamilyName,
    version: &str,
    arch: Arch,
    variant: Variant,
    release: &Release,
) -> Vec<String> {
    let parameter = family(name)
        .image_parameter(version, arch, variant, release)
        .unwrap();
    parameter.names().into_iter().map(str::to_owned).collect()
}

#[test]
fn recommended_parameters() {
    use Arch::{Arm64, X86_64};
    use FamilyName::{AL2, AL2023};
    use Variant::{Neuron, Nvidia, Standard};
    let cases = [
        (
            AL2023,
            "1.34",
            X86_64,
            Standard,
            "1.34/amazon-linux-2023/x86_64/standard/recommended",
        ),
        (
            AL2023,
            "1.34",
            Arm64,
            Standard,
            "1.34/amazon-linux-2023/arm64/standard/recommended",
        ),
        (
            AL2023,
            "1.33",
            Arm64,
            Nvidia,
            "1.33/amazon-linux-2023/arm64/nvidia/recommended",
        ),
        (
            AL2023,
            "1.33",
            X86_64,
            Neuron,
            "1.33/amazon-linux-2023/x86_64/neuron/recommended",
        ),
        (
            AL2,
            "1.32",
            X86_64,
            Standard,
            "1.32/amazon-linux-2/recommended",
        ),
        (
            AL2,
            "1.32",
            Arm64,
            Standard,
            "1.32/amazon-linux-2-arm64/recommended",
        ),
        (
            AL2,
            "1.31",
            X86_64,
            Nvidia,
            "1.31/amazon-linux-2-gpu/recommended",
        ),
    ];
    for (name, version, arch, variant, path) in cases {
        let want = format!("/aws/service/eks/optimized-ami/{path}");
        assert_eq!(
            names(name, version, arch, variant, &Release::Latest),
            [want]
        );
    }
}

#[test]
fn pinned_parameters() {
    let release = Release::Pinned("1.34.2-20260915".to_owned());
    let root = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/\
                amazon-eks-node-al2023-x86_64-standard-1.34-v20260915";
    let got = names(
        FamilyName::AL2023,
        "1.34",
        Arch::X86_64,
        Variant::Standard,
        &release,
    );
    assert_eq!(
        got,
        ["image_id", "image_name", "release_version"].map(|leaf| format!("{root}/{leaf}"))
    );

    let release = Release::Pinned("1.30.4-20240917".to_owned());
    let got = names(
        FamilyName::AL2,
        "1.30",
        Arch::Arm64,
        Variant::Standard,
        &release,
    );
    let root = "/aws/service/eks/optimized-ami/1.30/amazon-linux-2-arm64/amazon-eks-arm64-node-1.30-v20240917";
    assert_eq!(got.first(), Some(&format!("{root}/image_id")));
}

#[test]
fn what_does_not_exist_is_refused() {
    let ask = |name, version: &str, arch, variant, release: &str| {
        let release = if release == "latest" {
            Release::Latest
        } else {
            Release::Pinned(release.to_owned())
        };
        family(name)
            .image_parameter(version, arch, variant, &release)
            .unwrap_err()
            .to_string()
    };
    use FamilyName::{AL2, AL2023};
    let (x86, arm, standard) = (Arch::X86_64, Arch::Arm64, Variant::Standard);
    let cases = [
        (
            ask(AL2, "1.33", x86, standard, "latest"),
            "EKS publishes AL2 images up to Kubernetes 1.32, and 1.33 is wanted",
        ),
        (
            ask(AL2023, "1.34", arm, Variant::Neuron, "latest"),
            "AL2023 has no neuron image for arm64",
        ),
        (
            ask(AL2, "1.30", arm, Variant::Nvidia, "latest"),
            "AL2 has no nvidia image for arm64",
        ),
        (
            ask(AL2023, "1", x86, standard, "latest"),
            "\"1\" is no Kubernetes minor version such as 1.34",
        ),
        (
            ask(AL2023, "1.34", x86, standard, "1.34-20260915"),
            "\"1.34-20260915\" is no release version such as 1.34.2-20260915",
        ),
        (
            ask(AL2023, "1.34", x86, standard, "1.34.2-2026091"),
            "\"1.34.2-2026091\" is no release version such as 1.34.2-20260915",
        ),
        (
            ask(AL2023, "1.34", x86, standard, "1.33.2-20260915"),
            "release 1.33.2-20260915 is for another Kubernetes than 1.34",
        ),
    ];
    for (got, want) in cases {
        assert_eq!(got, want);
    }
}

#[test]
fn owners() {
    assert_eq!(eks_image_owner("us-east-1"), Some("602401143452"));
    assert_eq!(eks_image_owner("us-gov-west-1"), Some("013241004608"));
    assert_eq!(eks_image_owner("xx-nowhere-1"), None);
}
