//! What exists, as a list of its own, and that the families say the same of every combination.

use std::collections::BTreeSet;

use super::*;

/// Family, architectures and variants, first and last minor, and the parameter of the latest release (`{k}` is
/// the Kubernetes version): AWS's and Canonical's documented names, one row for each kind of image.
const PUBLISHED: &str = "
AL2 x86_64 standard 1.21-1.32 /aws/service/eks/optimized-ami/{k}/amazon-linux-2/recommended
AL2 arm64 standard 1.21-1.32 /aws/service/eks/optimized-ami/{k}/amazon-linux-2-arm64/recommended
AL2 x86_64 nvidia 1.21-1.32 /aws/service/eks/optimized-ami/{k}/amazon-linux-2-gpu/recommended
AL2023 x86_64 standard 1.21-1.40 /aws/service/eks/optimized-ami/{k}/amazon-linux-2023/x86_64/standard/recommended
AL2023 arm64 standard 1.21-1.40 /aws/service/eks/optimized-ami/{k}/amazon-linux-2023/arm64/standard/recommended
AL2023 x86_64 nvidia 1.21-1.40 /aws/service/eks/optimized-ami/{k}/amazon-linux-2023/x86_64/nvidia/recommended
AL2023 arm64 nvidia 1.21-1.40 /aws/service/eks/optimized-ami/{k}/amazon-linux-2023/arm64/nvidia/recommended
AL2023 x86_64 neuron 1.21-1.40 /aws/service/eks/optimized-ami/{k}/amazon-linux-2023/x86_64/neuron/recommended
Bottlerocket x86_64 standard 1.21-1.40 /aws/service/bottlerocket/aws-k8s-{k}/x86_64/latest/image_id
Bottlerocket arm64 standard 1.21-1.40 /aws/service/bottlerocket/aws-k8s-{k}/arm64/latest/image_id
Bottlerocket x86_64 nvidia 1.21-1.40 /aws/service/bottlerocket/aws-k8s-{k}-nvidia/x86_64/latest/image_id
Bottlerocket arm64 nvidia 1.21-1.40 /aws/service/bottlerocket/aws-k8s-{k}-nvidia/arm64/latest/image_id
Bottlerocket x86_64 fips 1.28-1.40 /aws/service/bottlerocket/aws-k8s-{k}-fips/x86_64/latest/image_id
Bottlerocket arm64 fips 1.28-1.40 /aws/service/bottlerocket/aws-k8s-{k}-fips/arm64/latest/image_id
Bottlerocket x86_64 nvidia-fips 1.29-1.40 /aws/service/bottlerocket/aws-k8s-{k}-nvidia-fips/x86_64/latest/image_id
Bottlerocket arm64 nvidia-fips 1.29-1.40 /aws/service/bottlerocket/aws-k8s-{k}-nvidia-fips/arm64/latest/image_id
Windows2019Core x86_64 standard 1.21-1.40 /aws/service/ami-windows-latest/Windows_Server-2019-English-Core-EKS_Optimized-{k}/image_id
Windows2019Full x86_64 standard 1.21-1.40 /aws/service/ami-windows-latest/Windows_Server-2019-English-Full-EKS_Optimized-{k}/image_id
Windows2022Core x86_64 standard 1.21-1.40 /aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-{k}/image_id
Windows2022Full x86_64 standard 1.21-1.40 /aws/service/ami-windows-latest/Windows_Server-2022-English-Full-EKS_Optimized-{k}/image_id
Windows2025Core x86_64 standard 1.35-1.40 /aws/service/ami-windows-latest/Windows_Server-2025-English-Core-EKS_Optimized-{k}/image_id
Windows2025Full x86_64 standard 1.35-1.40 /aws/service/ami-windows-latest/Windows_Server-2025-English-Full-EKS_Optimized-{k}/image_id
Ubuntu2004 x86_64 standard 1.21-1.29 /aws/service/canonical/ubuntu/eks/20.04/{k}/stable/current/amd64/hvm/ebs-gp2/ami-id
Ubuntu2004 arm64 standard 1.21-1.29 /aws/service/canonical/ubuntu/eks/20.04/{k}/stable/current/arm64/hvm/ebs-gp2/ami-id
Ubuntu2004 x86_64 pro 1.21-1.29 /aws/service/canonical/ubuntu/eks-pro/20.04/{k}/stable/current/amd64/hvm/ebs-gp2/ami-id
Ubuntu2004 arm64 pro 1.21-1.29 /aws/service/canonical/ubuntu/eks-pro/20.04/{k}/stable/current/arm64/hvm/ebs-gp2/ami-id
Ubuntu2204 x86_64 standard 1.29-1.40 /aws/service/canonical/ubuntu/eks/22.04/{k}/stable/current/amd64/hvm/ebs-gp2/ami-id
Ubuntu2204 arm64 standard 1.29-1.40 /aws/service/canonical/ubuntu/eks/22.04/{k}/stable/current/arm64/hvm/ebs-gp2/ami-id
Ubuntu2204 x86_64 pro 1.29-1.40 /aws/service/canonical/ubuntu/eks-pro/22.04/{k}/stable/current/amd64/hvm/ebs-gp2/ami-id
Ubuntu2204 arm64 pro 1.29-1.40 /aws/service/canonical/ubuntu/eks-pro/22.04/{k}/stable/current/arm64/hvm/ebs-gp2/ami-id
Ubuntu2404 x86_64 standard 1.31-1.40 /aws/service/canonical/ubuntu/eks/24.04/{k}/stable/current/amd64/hvm/ebs-gp3/ami-id
Ubuntu2404 arm64 standard 1.31-1.40 /aws/service/canonical/ubuntu/eks/24.04/{k}/stable/current/arm64/hvm/ebs-gp3/ami-id
Ubuntu2404 x86_64 pro 1.31-1.40 /aws/service/canonical/ubuntu/eks-pro/24.04/{k}/stable/current/amd64/hvm/ebs-gp3/ami-id
Ubuntu2404 arm64 pro 1.31-1.40 /aws/service/canonical/ubuntu/eks-pro/24.04/{k}/stable/current/arm64/hvm/ebs-gp3/ami-id
Ubuntu2604 x86_64 standard 1.35-1.40 /aws/service/canonical/ubuntu/eks/26.04/{k}/stable/current/amd64/hvm/ebs-gp3/ami-id
Ubuntu2604 arm64 standard 1.35-1.40 /aws/service/canonical/ubuntu/eks/26.04/{k}/stable/current/arm64/hvm/ebs-gp3/ami-id
Ubuntu2604 x86_64 pro 1.35-1.40 /aws/service/canonical/ubuntu/eks-pro/26.04/{k}/stable/current/amd64/hvm/ebs-gp3/ami-id
Ubuntu2604 arm64 pro 1.35-1.40 /aws/service/canonical/ubuntu/eks-pro/26.04/{k}/stable/current/arm64/hvm/ebs-gp3/ami-id
";

const FAMILIES: &[&str] = &[
    "AL2",
    "AL2023",
    "Bottlerocket",
    "Windows2019Core",
    "Windows2019Full",
    "Windows2022Core",
    "Windows2022Full",
    "Windows2025Core",
    "Windows2025Full",
    "Ubuntu2004",
    "Ubuntu2204",
    "Ubuntu2404",
    "Ubuntu2604",
];
const VARIANTS: &[&str] = &["standard", "nvidia", "neuron", "fips", "nvidia-fips", "pro"];

/// The one parameter of the list that holds the latest image.
fn listed(name: &str, arch: &str, variant: &str, minor: u32) -> Option<String> {
    let mut found = PUBLISHED.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split(' ').collect();
        let [of, on, kind, range, path] = columns.as_slice() else {
            return None;
        };
        let (first, last) = range.split_once('-')?;
        let number = |text: &str| text.strip_prefix("1.").unwrap().parse::<u32>().unwrap();
        let fits = (*of, *on, *kind) == (name, arch, variant);
        (fits && (number(first)..=number(last)).contains(&minor))
            .then(|| path.replace("{k}", &format!("1.{minor}")))
    });
    let one = found.next();
    assert_eq!(found.next(), None);
    one
}

/// A pin of each kind of family, as its publisher writes releases.
fn pin(name: &str, minor: u32) -> String {
    match name {
        _ if name.starts_with("AL") => format!("1.{minor}.2-20260915"),
        _ if name.starts_with("Windows") => format!("1.{minor}-2026.10.14"),
        _ if name.starts_with("Ubuntu") => "20260918".to_owned(),
        _ => "1.50.0-abcdef12".to_owned(),
    }
}

#[test]
fn every_combination_has_one_path_or_a_cure() {
    let mut seen = BTreeSet::new();
    let mut refused = 0;
    for name in FAMILIES {
        for (arch, variant) in ["x86_64", "arm64"]
            .iter()
            .flat_map(|arch| VARIANTS.iter().map(move |v| (arch, v)))
        {
            for minor in 21..=40 {
                let version = format!("1.{minor}");
                let question = Question {
                    region: "us-east-1",
                    kubernetes_version: &version,
                    arch: named(arch),
                    variant: named(variant),
                };
                let strategy = family(named(name));
                let latest = strategy.ask(&question, &Release::Latest);
                let pinned = strategy.ask(&question, &Release::Pinned(pin(name, minor)));
                let names = strategy.image_names(&question);
                let place = format!("{name} {arch} {variant} {version}");
                match listed(name, arch, variant, minor) {
                    Some(path) => {
                        assert_eq!(looked_at(&latest.unwrap()), path, "{place}");
                        assert!(seen.insert(path), "{place}");
                        assert!(seen.insert(looked_at(&pinned.unwrap())), "{place}");
                        assert!(seen.insert(names.unwrap()), "{place}");
                    }
                    None => {
                        refused += 1;
                        let error = latest.unwrap_err();
                        assert_eq!(pinned.unwrap_err(), error, "{place}");
                        assert_eq!(names.unwrap_err(), error, "{place}");
                        assert!(
                            error.problem().starts_with(&format!("{name} has ")),
                            "{place}: {error}"
                        );
                        assert!(
                            !error.cure().is_empty() && !error.cure().contains("another version"),
                            "{place}: {error}"
                        );
                    }
                }
            }
        }
    }
    assert_eq!(
        (seen.len() / 3, refused),
        (listed_pairs(), 13 * 12 * 20 - listed_pairs())
    );
}

/// How many versions all rows of the list have together.
fn listed_pairs() -> usize {
    let ranges = PUBLISHED.lines().filter_map(|line| line.split(' ').nth(3));
    ranges
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap();
            let number = |text: &str| text[2..].parse::<usize>().unwrap();
            number(last) - number(first) + 1
        })
        .sum()
}

#[test]
fn ami_types_are_those_of_eks() {
    let mut found = BTreeSet::new();
    for name in FAMILIES {
        for arch in [Arch::X86_64, Arch::Arm64] {
            for variant in VARIANTS {
                let strategy = family(named(name));
                let exists = strategy.combination(arch, named(variant)).is_ok();
                match strategy.ami_type(arch, named(variant)) {
                    Ok(ami_type) => assert!(exists && found.insert(ami_type), "{ami_type}"),
                    Err(FamilyError::NoAmiType { .. }) => {
                        assert!(exists && name.starts_with("Ubuntu"))
                    }
                    Err(_) => assert!(!exists, "{name} {variant}"),
                }
            }
        }
    }
    // The AMITypes of the EKS API, without CUSTOM.
    let api = "AL2_ARM_64 AL2_x86_64 AL2_x86_64_GPU AL2023_ARM_64_NVIDIA AL2023_ARM_64_STANDARD \
               AL2023_x86_64_NEURON AL2023_x86_64_NVIDIA AL2023_x86_64_STANDARD \
               BOTTLEROCKET_ARM_64 BOTTLEROCKET_ARM_64_FIPS BOTTLEROCKET_ARM_64_NVIDIA \
               BOTTLEROCKET_ARM_64_NVIDIA_FIPS BOTTLEROCKET_x86_64 BOTTLEROCKET_x86_64_FIPS \
               BOTTLEROCKET_x86_64_NVIDIA BOTTLEROCKET_x86_64_NVIDIA_FIPS \
               WINDOWS_CORE_2019_x86_64 WINDOWS_CORE_2022_x86_64 WINDOWS_CORE_2025_x86_64 \
               WINDOWS_FULL_2019_x86_64 WINDOWS_FULL_2022_x86_64 WINDOWS_FULL_2025_x86_64";
    assert_eq!(found, api.split_whitespace().collect());
}
