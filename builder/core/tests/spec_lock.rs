//! The lock file: the same bytes for the same lock, and an error for anything else than those bytes.

use std::collections::BTreeMap;

use nodemint_core::lock::{self, ImageRequest, Lock, LockError, LockedCluster, LockedImage};
use nodemint_core::spec::{AmiSource, Arch, FamilyName, IpFamily, Release, Variant};
use proptest::prelude::*;

fn image(source: AmiSource) -> LockedImage {
    LockedImage {
        request: ImageRequest {
            region: "us-east-1".to_owned(),
            family: FamilyName::AL2023,
            arch: Arch::X86_64,
            variant: Variant::Standard,
            kubernetes_version: "1.30".to_owned(),
            source,
        },
        image_id: "ami-0123456789abcdef0".to_owned(),
        name: "amazon-eks-node-al2023-x86_64-standard-1.30-v20260915".to_owned(),
        release_version: Some("1.30.2-20260915".to_owned()),
        architecture: Arch::X86_64,
        root_device: "/dev/xvda".to_owned(),
        root_volume_size: Some(20),
        owner: "602401143452".to_owned(),
        created: "2026-09-15T10:00:00Z".parse().expect("a time"),
        deprecated: None,
        found_in:
            "/aws/service/eks/optimized-ami/1.30/amazon-linux-2023/x86_64/standard/recommended"
                .to_owned(),
    }
}

fn sample() -> Lock {
    let sources = [
        ("latest", AmiSource::EksOptimized(Release::Latest)),
        (
            "pinned",
            AmiSource::EksOptimized(Release::Pinned("1.30.2-20260915".to_owned())),
        ),
        (
            "parameter",
            AmiSource::SsmParameter("/golden/{{arch}}".to_owned()),
        ),
        ("id", AmiSource::Id("ami-0123456789abcdef0".to_owned())),
        (
            "ids",
            AmiSource::IdByRegion(BTreeMap::from([(
                "us-east-1".to_owned(),
                "ami-1".to_owned(),
            )])),
        ),
    ];
    let images = sources.into_iter().map(|(name, source)| {
        (
            name.to_owned(),
            BTreeMap::from([("eksworkshop".to_owned(), image(source))]),
        )
    });
    let cluster = LockedCluster {
        region: "us-east-1".to_owned(),
        version: "1.30".to_owned(),
        endpoint: "https://0123.gr7.us-east-1.eks.amazonaws.com".to_owned(),
        certificate_authority: "Y2VydA==".to_owned(),
        service_cidr: "10.100.0.0/16".to_owned(),
        ip_family: IpFamily::Ipv4,
        security_group_id: None,
    };
    Lock {
        clusters: BTreeMap::from([("eksworkshop".to_owned(), cluster)]),
        launch_templates: images.collect(),
    }
}

#[test]
fn what_is_written_is_read_back() {
    for lock in [sample(), Lock::default()] {
        let text = lock::to_yaml(&lock);
        assert_eq!(lock::parse(&text), Ok(lock.clone()), "{text}");
        assert_eq!(lock::to_yaml(&lock::parse(&text).expect("a lock")), text);
        assert_eq!(
            lock::parse(&text.replace('\n', "\r\n")),
            Ok(lock),
            "a checkout on Windows"
        );
    }
}

#[test]
fn a_lock_cut_short_anywhere_is_an_error() {
    let text = lock::to_yaml(&sample());
    for end in 0..text.len() {
        let cut = text.get(..end).expect("a lock is ASCII");
        assert!(
            lock::parse(cut).is_err(),
            "cut to {end} of {} bytes",
            text.len()
        );
    }
}

#[test]
fn each_reason_has_its_error() {
    let text = lock::to_yaml(&sample());
    let of = |text: &str| lock::parse(text).expect_err("an error");
    assert_eq!(
        of(&text.replace("schema: 1", "schema: 2")),
        LockError::NewerSchema { found: 2 }
    );
    assert_eq!(
        of(&text.replace("schema: 1", "schema: one")),
        LockError::OtherSchema {
            found: "one".to_owned()
        }
    );
    assert_eq!(
        of(&text.replace("ami-0123456789abcdef0", "ami-0123456789abcdef1")),
        LockError::Checksum
    );
    assert_eq!(of(""), LockError::Missing { field: "schema" });
    assert_eq!(
        of("schema: 1\nclusters: {}\n"),
        LockError::Missing { field: "checksum" }
    );
    assert!(matches!(
        of("a: [\nb: }\n"),
        LockError::NotYaml { line: 2, .. }
    ));
    let conflict = text.replace("clusters:\n", "<<<<<<< HEAD\nclusters:\n");
    assert!(matches!(of(&conflict), LockError::Conflict { .. }));
    let told = of(&text.replace("10.100", "10.200")).to_string();
    assert!(
        told.contains("cut short, edited by hand or merged") && told.contains("`nodemint resolve`"),
        "{told}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = lock::parse(&text);
    }

    #[test]
    fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), with in "[ -~]") {
        let lock = sample();
        let text = lock::to_yaml(&lock);
        let start = text.find("clusters:").expect("the content");
        let at = start + at.index(text.len() - start);
        let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
        prop_assert!(changed == text || lock::parse(&changed).is_err());
    }
}
