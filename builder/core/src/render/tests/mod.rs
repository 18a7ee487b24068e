//! Refusals, each a row: what is changed in a good fleet, and the problem that it must give. What good
//! fleets render to is in the golden cases.

mod compression;
mod families;
mod refusals;
mod user_parts;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::desired::RenderedPart;
use crate::lock::LockedImage;
use crate::site::Access;
use crate::spec::{
    AmiSource, Arch, CapacityType, FamilyName, File, IpFamily, MaxUnavailable, MetadataOptions,
    Part, Release, Script, Taint, TaintEffect, UpdateSettings, UpdateStrategy, UserData, Variant,
};

pub(crate) fn template() -> LaunchTemplate {
    LaunchTemplate {
        name: "demo".to_owned(),
        clusters: vec!["blue".to_owned()],
        family: FamilyName::AL2023,
        arch: Arch::X86_64,
        variant: Variant::Standard,
        kubernetes_version: None,
        ami: AmiSource::EksOptimized(Release::Latest),
        min_age: None,
        deny: BTreeSet::new(),
        pinned_by: PinnedBy::LaunchTemplate,
        instance_type: Some("m5.large".to_owned()),
        key_name: None,
        security_group_ids: Vec::new(),
        block_devices: Vec::new(),
        metadata_options: MetadataOptions {
            http_tokens: Some("required".to_owned()),
            http_put_response_hop_limit: Some(2),
            http_endpoint: None,
            http_protocol_ipv6: None,
            instance_metadata_tags: None,
        },
        tags: BTreeMap::new(),
        extra: Default::default(),
        user_data: UserData::default(),
    }
}

fn group() -> NodeGroup {
    NodeGroup {
        name: "mng-1".to_owned(),
        cluster: "blue".to_owned(),
        launch_template: "demo".to_owned(),
        launch_template_version: None,
        release_version: None,
        node_role: None,
        subnets: Vec::new(),
        instance_types: Vec::new(),
        capacity_type: CapacityType::OnDemand,
        scaling: None,
        labels: BTreeMap::new(),
        taints: Vec::new(),
        tags: BTreeMap::new(),
        update: UpdateSettings {
            max_unavailable: MaxUnavailable::Count(1),
            strategy: UpdateStrategy::Default,
            force: false,
        },
        index: 0,
    }
}

/// A fleet with one cluster, and a lock that answers it whatever its template says.
pub(crate) fn fleet(template: LaunchTemplate) -> (FleetSpec, Lock) {
    let cluster = Cluster {
        name: "blue".to_owned(),
        region: "us-east-1".to_owned(),
        version: None,
        endpoint: None,
        certificate_authority: None,
        service_cidr: None,
        ip_family: None,
        security_group_id: None,
        access: Access::default(),
    };
    let locked = LockedCluster {
        region: "us-east-1".to_owned(),
        version: if template.family == FamilyName::AL2 {
            "1.32"
        } else {
            "1.34"
        }
        .to_owned(),
        endpoint: "https://blue.example.com".to_owned(),
        certificate_authority: "Q0E=".to_owned(),
        service_cidr: "10.100.0.0/16".to_owned(),
        ip_family: IpFamily::Ipv4,
        security_group_id: None,
    };
    let image = LockedImage {
        request: request(&template, &cluster, &locked.version),
        image_id: "ami-0123456789abcdef0".to_owned(),
        name: "an-image".to_owned(),
        release_version: Some("1.34.2-20260915".to_owned()),
        architecture: template.arch,
        root_device: "/dev/xvda".to_owned(),
        root_volume_size: None,
        owner: "602401143452".to_owned(),
        created: "2026-09-15T00:00:00Z".parse().unwrap(),
        deprecated: None,
        found_in: "spec".to_owned(),
    };
    let lock = Lock {
        clusters: BTreeMap::from([("blue".to_owned(), locked)]),
        launch_templates: BTreeMap::from([(
            "demo".to_owned(),
            BTreeMap::from([("blue".to_owned(), image)]),
        )]),
    };
    let spec = FleetSpec {
        name: "fleet".to_owned(),
        clusters: vec![cluster],
        launch_templates: vec![template],
        node_groups: vec![group()],
        vars: serde_json::Map::new(),
    };
    (spec, lock)
}

fn file(content: &str) -> File {
    File {
        path: "some/file".to_owned(),
        content: content.as_bytes().to_vec(),
    }
}

fn part(kind: &str, content: &str) -> Part {
    Part {
        content_type: kind.to_owned(),
        file: file(content),
    }
}

/// The problems of the good fleet after `change`, as text.
fn problems(change: impl FnOnce(&mut LaunchTemplate)) -> String {
    let mut template = template();
    change(&mut template);
    let (spec, lock) = fleet(template);
    render(&spec, &lock)
        .map(|_| String::new())
        .unwrap_or_else(|errors| errors.to_string())
}

fn al2(template: &mut LaunchTemplate) {
    template.family = FamilyName::AL2;
}

fn merged(template: &mut LaunchTemplate) {
    template.pinned_by = PinnedBy::ReleaseVersion;
}

fn config(template: &mut LaunchTemplate, value: serde_json::Value) {
    template.user_data.node_config = value.as_object().cloned();
}

#[test]
fn the_good_fleet_is_good() {
    assert_eq!(problems(|_| {}), "");
    assert_eq!(problems(al2), "");
    assert_eq!(problems(merged), "");
}

#[test]
fn all_problems_at_once() {
    let text = problems(|t| {
        t.user_data.pre_bootstrap = vec![
            Script::File(file("ls")),
            Script::File(file("#!/bin/sh\r\n")),
        ];
        t.user_data.parts = vec![part("nonsense", "x")];
        t.user_data.kubelet.extra_args = BTreeMap::from([("V".into(), "2".into())]);
    });
    assert_eq!(text.lines().count(), 4, "{text}");
}

#[test]
fn too_much_user_data_shows_where_the_bytes_are() {
    let text = problems(|t| {
        t.user_data.pre_bootstrap = vec![
            Script::File(file(&format!("#!/bin/sh\n{}", "# 345678\n".repeat(1000)))),
            Script::File(file(&format!("#!/bin/sh\n{}", "# 345678\n".repeat(900)))),
        ];
    });
    for words in [
        "launchTemplates[0].userData: ",
        "16384",
        "  9010  preBootstrap[0]\n",
        "  8110  preBootstrap[1]\n",
        "bootstrap\n",
        "headers",
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
}

#[test]
fn the_largest_user_data_fits_and_one_byte_more_does_not() {
    let render_with = |length: usize| {
        let mut template = template();
        let body = format!("#!/bin/sh\n{}", "#\n".repeat(length / 2))
            + if length % 2 == 1 { "\n" } else { "" };
        template.user_data.pre_bootstrap = vec![Script::File(file(&body))];
        let (spec, lock) = fleet(template);
        render(&spec, &lock).map(|desired| desired.templates[0].user_data.bytes.len())
    };
    let frame = render_with(0).unwrap();
    assert_eq!(
        render_with(USER_DATA_LIMIT - frame).unwrap(),
        USER_DATA_LIMIT
    );
    assert!(render_with(USER_DATA_LIMIT - frame + 1).is_err());
}

#[test]
fn what_resolve_cures_is_told_apart() {
    type Spoil = fn(&mut FleetSpec, &mut Lock);
    let rows: &[(Spoil, &str)] = &[
        (
            |_, lock| lock.clusters.clear(),
            "clusters[0]: nodemint.lock does not know cluster blue (run `nodemint resolve`)",
        ),
        (
            |_, lock| lock.launch_templates.clear(),
            "launchTemplates[0]: nodemint.lock has no image for demo in cluster blue (run `nodemint resolve`)",
        ),
        (
            |spec, _| spec.launch_templates[0].ami = AmiSource::Id("ami-1".into()),
            "launchTemplates[0]: nodemint.lock answers an older question",
        ),
        (
            |spec, _| spec.launch_templates[0].deny = ["1.34.2-20260915".into()].into(),
            "launchTemplates[0]: nodemint.lock has 1.34.2-20260915 for demo in cluster blue, and `ami.deny` names it (run `nodemint resolve --update demo`)",
        ),
        (
            |spec, _| {
                let version = crate::spec::KubernetesVersion {
                    major: 1,
                    minor: 33,
                };
                spec.launch_templates[0].kubernetes_version = Some(version);
            },
            "launchTemplates[0]: nodemint.lock answers an older question",
        ),
        (
            |spec, _| spec.clusters[0].service_cidr = Some("10.0.0.0/16".into()),
            "clusters[0].serviceCidr: it is 10.0.0.0/16 here, and 10.100.0.0/16 in nodemint.lock",
        ),
        (
            |spec, _| spec.clusters[0].security_group_id = Some("sg-1".into()),
            "clusters[0].securityGroupId: it is sg-1 here, and none in nodemint.lock",
        ),
    ];
    for (spoil, words) in rows {
        let (mut spec, mut lock) = fleet(template());
        spoil(&mut spec, &mut lock);
        let errors = render(&spec, &lock).unwrap_err();
        assert!(errors.only_the_lock(), "{errors}");
        assert!(errors.to_string().starts_with(words), "{errors}");
        assert_eq!(errors.problems.len(), 1, "{errors}");
    }
    let (mut spec, lock) = fleet(template());
    spec.launch_templates[0].user_data.kubelet.extra_args =
        BTreeMap::from([("V".into(), "2".into())]);
    assert!(!render(&spec, &lock).unwrap_err().only_the_lock());
}

#[test]
fn the_release_version_of_a_group_beats_the_lock() {
    let mut template = template();
    merged(&mut template);
    let (mut spec, lock) = fleet(template);
    let ami = |spec: &FleetSpec| {
        render(spec, &lock).unwrap().groups[0]
            .managed_ami
            .clone()
            .unwrap()
    };
    assert_eq!(ami(&spec).release_version, "1.34.2-20260915");
    assert_eq!(ami(&spec).ami_type, "AL2023_x86_64_STANDARD");
    spec.node_groups[0].release_version = Some("1.34.1-20260801".to_owned());
    assert_eq!(ami(&spec).release_version, "1.34.1-20260801");
}

#[test]
fn an_image_of_another_architecture_is_refused() {
    let (spec, mut lock) = fleet(template());
    let images = lock.launch_templates.get_mut("demo").unwrap();
    images.get_mut("blue").unwrap().architecture = Arch::Arm64;
    let text = render(&spec, &lock).unwrap_err().to_string();
    assert!(
        text.starts_with(
            "launchTemplates[0].arch: it is x86_64, and image ami-0123456789abcdef0 is arm64"
        ),
        "{text}"
    );
}

#[test]
fn nothing_to_say_is_no_user_data() {
    let mut template = template();
    merged(&mut template);
    let (spec, lock) = fleet(template);
    let desired = render(&spec, &lock).unwrap();
    assert!(desired.templates[0].data.user_data.is_none());
    assert!(desired.templates[0].data.image_id.is_none());
    assert!(desired.templates[0].user_data.bytes.is_empty());
}

#[test]
fn debug_shows_no_user_data() {
    let mut template = template();
    template.user_data.pre_bootstrap = vec![Script::Run("export TOKEN=hunter2".to_owned())];
    let (spec, lock) = fleet(template);
    let desired = render(&spec, &lock).unwrap();
    assert!(!format!("{spec:?}{desired:?}").contains("hunter2"));
    let blob = desired.templates[0].data.user_data.clone().unwrap().0;
    assert!(!format!("{desired:?}").contains(&blob));
}

/// With endpoint and CA given, bootstrap.sh asks nobody for the service CIDR.
#[test]
fn al2_is_always_told_the_address_of_its_dns() {
    let rows: &[(&str, IpFamily, &[&str], Option<&str>)] = &[
        ("172.20.0.0/16", IpFamily::Ipv4, &[], Some("172.20.0.10")),
        ("10.100.0.0/16", IpFamily::Ipv4, &[], Some("10.100.0.10")),
        ("10.4.64.0/18", IpFamily::Ipv4, &[], Some("10.4.64.10")),
        (
            "172.20.0.0/16",
            IpFamily::Ipv4,
            &["169.254.20.10"],
            Some("169.254.20.10"),
        ),
        ("fd12::/108", IpFamily::Ipv6, &[], None),
    ];
    let render_with = |cidr: &str, ip_family, given: &[&str]| {
        let mut template = template();
        al2(&mut template);
        template.user_data.cluster_dns = given.iter().map(|one| (*one).to_owned()).collect();
        let (spec, mut lock) = fleet(template);
        let cluster = lock.clusters.get_mut("blue").unwrap();
        cluster.service_cidr = cidr.to_owned();
        cluster.ip_family = ip_family;
        render(&spec, &lock)
    };
    for (cidr, ip_family, given, wanted) in rows {
        let desired = render_with(cidr, *ip_family, given).unwrap();
        let text = String::from_utf8(desired.templates[0].user_data.bytes.clone()).unwrap();
        let flag = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("--dns-cluster-ip "));
        let address = flag.map(|rest| rest.trim_end_matches('\\').trim().trim_matches('\''));
        assert_eq!(address, *wanted, "{cidr}");
    }
    let errors = render_with("somewhere", IpFamily::Ipv4, &[])
        .unwrap_err()
        .to_string();
    assert!(
        errors.starts_with("launchTemplates[0].userData.clusterDns: "),
        "{errors}"
    );
}

#[test]
fn the_taints_that_nodes_register_with() {
    let taint = Taint {
        key: "a".into(),
        value: None,
        effect: TaintEffect::NoSchedule,
    };
    let registered = |change: &dyn Fn(&mut LaunchTemplate)| {
        let mut template = template();
        change(&mut template);
        let (spec, lock) = fleet(template);
        render(&spec, &lock).unwrap().templates[0]
            .register_taints
            .clone()
    };
    assert_eq!(registered(&|_| {}), Some(Vec::new()));
    let own = |t: &mut LaunchTemplate| t.user_data.taints = vec![taint.clone()];
    assert_eq!(registered(&own), Some(vec![taint.clone()]));
    let flags = |t: &mut LaunchTemplate| {
        t.user_data.kubelet.extra_args =
            BTreeMap::from([("register-with-taints".into(), "a:NoSchedule".into())]);
    };
    assert_eq!(registered(&flags), None, "what it says is not read");
}
