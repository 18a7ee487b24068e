//! Rows of what runs, and what a spec says of it. Every row's launch template is rendered again by the import itself;
//! the end-to-end tests plan it against an account.

mod groups;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::import::Entry;
use crate::launch_template::{
    BlockDeviceMapping, Data, Ebs, MetadataOptions, Tag, TagSpecification, UserDataBlob,
};
use crate::observed::{GroupTemplate, ObservedVersion};
use crate::spec::{MaxUnavailable, Scaling, Taint, TaintEffect, UpdateSettings, UpdateStrategy};

const IMAGE: &str = "ami-0a1b2c3d4e5f60718";

fn cluster() -> ObservedCluster {
    ObservedCluster {
        name: "blue".to_owned(),
        arn: "arn:aws:eks:us-east-1:111122223333:cluster/blue".to_owned(),
        status: "ACTIVE".to_owned(),
        version: "1.34".to_owned(),
        endpoint: Some("https://blue.example.com".to_owned()),
        certificate_authority: Some("Q0E=".to_owned()),
        service_cidr_v4: Some("10.100.0.0/16".to_owned()),
        service_cidr_v6: None,
        ip_family: "ipv4".to_owned(),
        security_group_id: Some("sg-0123456789abcdef0".to_owned()),
    }
}

fn version(number: i64, data: Data) -> ObservedVersion {
    ObservedVersion {
        number,
        description: None,
        created_at: None,
        created_by: None,
        data,
        unread: false,
    }
}

fn group(name: &str, version: &str) -> ObservedGroup {
    ObservedGroup {
        name: name.to_owned(),
        cluster: "blue".to_owned(),
        arn: format!("arn:{name}"),
        status: "ACTIVE".to_owned(),
        version: Some("1.34".to_owned()),
        release_version: None,
        ami_type: Some("CUSTOM".to_owned()),
        launch_template: Some(GroupTemplate {
            id: Some("lt-1".to_owned()),
            name: Some("demo".to_owned()),
            version: Some(version.to_owned()),
        }),
        capacity_type: Some("ON_DEMAND".to_owned()),
        instance_types: Vec::new(),
        subnets: vec!["subnet-0123456789abcdef0".to_owned()],
        node_role: Some("arn:aws:iam::111122223333:role/node".to_owned()),
        labels: BTreeMap::new(),
        taints: Vec::new(),
        scaling: Some(Scaling {
            min: 1,
            max: 3,
            desired: 2,
        }),
        update_settings: None,
        tags: BTreeMap::new(),
        health: Vec::new(),
        created_at: None,
        modified_at: None,
        last_update: None,
    }
}

fn managed(name: &str, release: &str) -> ObservedGroup {
    ObservedGroup {
        ami_type: Some("AL2023_x86_64_STANDARD".to_owned()),
        release_version: Some(release.to_owned()),
        ..group(name, "1")
    }
}

fn facts(data: Data, groups: Vec<ObservedGroup>) -> AwsFacts {
    let template = ObservedTemplate {
        id: "lt-1".to_owned(),
        name: "demo".to_owned(),
        default_version: 1,
        latest_version: 1,
        tags: BTreeMap::new(),
        versions: vec![version(1, data)],
    };
    let image = Image {
        id: IMAGE.to_owned(),
        name: "amazon-eks-node-al2023-x86_64-standard-1.34-v20260915".to_owned(),
        owner: "602401143452".to_owned(),
        state: "available".to_owned(),
        architecture: "x86_64".to_owned(),
        root_device: Some("/dev/xvda".to_owned()),
        ..Image::default()
    };
    AwsFacts {
        fleet: None,
        region: "us-east-1".to_owned(),
        cluster: cluster(),
        groups,
        templates: BTreeMap::from([("lt-1".to_owned(), template)]),
        images: BTreeMap::from([(IMAGE.to_owned(), image)]),
        releases: BTreeMap::new(),
        gaps: Vec::new(),
    }
}

fn released(mut facts: AwsFacts) -> AwsFacts {
    let image = facts.images[IMAGE].clone();
    let (request, _) = likely(&image, "us-east-1", "1.34").remove(0);
    let known = KnownImage::of(&request, Some("1.34.2-20260915".to_owned()));
    facts
        .releases
        .insert(IMAGE.to_owned(), known.expect("a release"));
    facts
}

fn of(user_data: Option<&str>) -> Data {
    Data {
        image_id: Some(IMAGE.to_owned()),
        instance_type: Some("m5.large".to_owned()),
        user_data: user_data.map(|text| UserDataBlob(STANDARD.encode(text))),
        ..Data::default()
    }
}

const FOREIGN: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n--//\nContent-Type: application/node.eks.aws\n\n---\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: blue\n    apiServerEndpoint: https://blue.example.com\n    certificateAuthority: Q0E=\n    cidr: 10.100.0.0/16\n\n--//--\n";

fn fate<'i>(imported: &'i Imported, path: &str) -> &'i Fate {
    let entry = imported
        .report
        .iter()
        .find(|entry| entry.path.contains(path));
    &entry
        .unwrap_or_else(|| panic!("nothing of {path}: {:#?}", imported.report))
        .fate
}

#[test]
fn user_data_that_nodemint_did_not_write_is_kept_as_it_is() {
    let imported = import(&released(facts(of(Some(FOREIGN)), vec![group("a", "1")])));
    assert!(
        imported.spec.contains("eksOptimized: \"1.34.2-20260915\""),
        "{}",
        imported.spec
    );
    assert!(
        imported
            .spec
            .contains("verbatim: {file: userdata/demo/user-data.mime}"),
        "{}",
        imported.spec
    );
    assert_eq!(
        imported.files["userdata/demo/user-data.mime"],
        FOREIGN.as_bytes()
    );
    assert!(
        imported.spec.contains("httpTokens: no-preference"),
        "{}",
        imported.spec
    );
    assert_eq!(imported.to_do(), 0, "{:#?}", imported.report);
}

/// What nodemint itself rendered comes back as it was said.
#[test]
fn our_own_user_data_comes_back_in_the_specs_words() {
    let said = "\
apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {name: blue}
clusters: [{name: blue, region: us-east-1}]
launchTemplates:
  - name: demo
    clusters: [blue]
    family: AL2023
    ami: {eksOptimized: \"1.34.2-20260915\"}
    instanceType: m5.large
    blockDevices: [{device: root, size: 80, type: gp3, encrypted: true}]
    tags: {team: payments}
    userData:
      preBootstrap: [{run: sysctl -w vm.max_map_count=262144}]
      kubelet: {maxPods: 58, extraArgs: {v: \"2\"}, config: {shutdownGracePeriod: 30s}}
      nodeLabels: {role: worker, tier: a}
      taints: [{key: dedicated, value: gpu, effect: NoSchedule}]
      clusterDns: [10.100.0.10]
      localDisks: raid0
";
    let mut reading = |_: &str| Err("no file".to_owned());
    let spec = load(said, &mut reading).expect("a spec").spec;
    let base = released(facts(of(None), Vec::new()));
    let lock = attempt::lock_of(&base, &spec, base.images.get(IMAGE)).expect("a lock");
    let data = crate::render::render(&spec, &lock)
        .expect("rendered")
        .templates
        .remove(0)
        .data;
    let imported = import(&released(facts(data.clone(), vec![group("a", "1")])));
    for words in [
        "kubelet:",
        "maxPods: 58",
        "nodeLabels: {role: worker, tier: a}",
        "clusterDns: [\"10.100.0.10\"]",
        "localDisks: raid0",
        "tags: {team: payments}",
        "device: root",
        "preBootstrap:",
    ] {
        assert!(imported.spec.contains(words), "{words}:\n{}", imported.spec);
    }
    for words in [
        "verbatim",
        "overrideBootstrap",
        "nodeConfig",
        "metadataOptions",
    ] {
        assert!(
            !imported.spec.contains(words),
            "{words}:\n{}",
            imported.spec
        );
    }
    let mut read = |path: &str| {
        imported
            .files
            .get(path)
            .cloned()
            .ok_or_else(|| "no file".to_owned())
    };
    let again = load(&imported.spec, &mut read).expect("a spec").spec;
    let lock = attempt::lock_of(&base, &again, base.images.get(IMAGE)).expect("a lock");
    let rendered = crate::render::render(&again, &lock).expect("rendered");
    assert_eq!(rendered.templates[0].data, data);
}

#[test]
fn without_user_data_eks_says_all_of_it() {
    let data = Data {
        image_id: None,
        ..of(None)
    };
    let imported = import(&facts(
        data,
        vec![
            managed("a", "1.34.2-20260915"),
            managed("b", "1.34.1-20260815"),
        ],
    ));
    assert!(
        imported
            .spec
            .contains("ami: {eksOptimized: \"1.34.2-20260915\", pinnedBy: releaseVersion}"),
        "{}",
        imported.spec
    );
    assert_eq!(
        imported
            .spec
            .matches("releaseVersion: \"1.34.1-20260815\"")
            .count(),
        1,
        "{}",
        imported.spec
    );
    assert!(!imported.spec.contains("userData"), "{}", imported.spec);
    assert_eq!((imported.files.len(), imported.to_do()), (0, 0));
}

#[test]
fn an_image_of_ones_own_is_named_by_its_id() {
    let mut facts = facts(
        of(Some("#!/bin/bash\n/opt/join.sh\n")),
        vec![group("a", "1")],
    );
    let image = facts.images.get_mut(IMAGE).expect("the image");
    image.name = "golden".to_owned();
    let imported = import(&facts);
    assert!(
        imported.spec.contains("family: Custom"),
        "{}",
        imported.spec
    );
    assert!(
        imported.spec.contains(&format!("ami: {{id: {IMAGE}}}")),
        "{}",
        imported.spec
    );
    assert_eq!(
        imported.files["userdata/demo/user-data.sh"],
        b"#!/bin/bash\n/opt/join.sh\n"
    );
}

#[test]
fn launch_template_data_goes_where_the_spec_has_it() {
    let tags = |kind: &str| TagSpecification {
        resource_type: kind.to_owned(),
        tags: vec![Tag {
            key: "Name".to_owned(),
            value: "blue-node".to_owned(),
        }],
    };
    let device = |name: &str| BlockDeviceMapping {
        device_name: Some(name.to_owned()),
        ebs: Some(Ebs {
            volume_size: Some(80),
            volume_initialization_rate: Some(200),
            ..Ebs::default()
        }),
        ..BlockDeviceMapping::default()
    };
    let disk = BlockDeviceMapping {
        device_name: Some("/dev/sdb".to_owned()),
        virtual_name: Some("ephemeral0".to_owned()),
        ..BlockDeviceMapping::default()
    };
    let left_out = BlockDeviceMapping {
        device_name: Some("/dev/sdc".to_owned()),
        no_device: Some(String::new()),
        ..BlockDeviceMapping::default()
    };
    let data = Data {
        key_name: Some("ssh".to_owned()),
        security_group_ids: vec!["sg-0123456789abcdef0".to_owned()],
        block_device_mappings: vec![device("/dev/xvda"), device("/dev/xvdb"), disk, left_out],
        metadata_options: Some(MetadataOptions {
            http_tokens: Some("optional".to_owned()),
            http_put_response_hop_limit: Some(2),
            ..MetadataOptions::default()
        }),
        tag_specifications: ["instance", "volume", "network-interface"].map(tags).into(),
        ebs_optimized: Some(true),
        ..of(Some(FOREIGN))
    };
    let imported = import(&facts(data, vec![group("a", "1")]));
    for words in [
        "keyName: ssh",
        "device: root",
        "device: /dev/xvdb",
        "volumeInitializationRate: 200",
        "{device: /dev/sdb, virtualName: ephemeral0}",
        "{device: /dev/sdc, noDevice: true}",
        "metadataOptions: {httpTokens: optional, httpPutResponseHopLimit: 2}",
        "tags: {Name: blue-node}",
        "launchTemplateData: {EbsOptimized: true}",
    ] {
        assert!(imported.spec.contains(words), "{words}:\n{}", imported.spec);
    }
    let found = imported
        .report
        .iter()
        .filter(|entry| matches!(entry.fate, Fate::Mapped { .. }));
    let found: Vec<&Entry> = found
        .filter(|entry| entry.path.starts_with("launchTemplates[demo:1]."))
        .collect();
    assert_eq!(found.len(), 9, "{found:#?}");
}

#[test]
fn the_fleet_is_the_one_that_everything_belongs_to() {
    let mut facts = facts(of(Some(FOREIGN)), vec![group("a", "1")]);
    assert!(import(&facts).spec.contains("metadata: {name: blue}"));
    let owned = import(&facts);
    assert!(
        matches!(fate(&owned, "tags.nodemint:fleet"), Fate::LeftOut { reason } if reason.contains("--adopt"))
    );
    let owner = (OWNER_TAG.to_owned(), "lab".to_owned());
    facts.groups[0]
        .tags
        .insert(owner.0.clone(), owner.1.clone());
    facts
        .templates
        .get_mut("lt-1")
        .expect("it")
        .tags
        .insert(owner.0, owner.1);
    let ours = import(&facts);
    assert!(ours.spec.contains("metadata: {name: lab}"));
    assert!(!ours.report.iter().any(
        |entry| matches!(&entry.fate, Fate::LeftOut { reason } if reason.contains("--adopt"))
    ));
    facts.fleet = Some("mine".to_owned());
    assert!(import(&facts).spec.contains("metadata: {name: mine}"));
}
