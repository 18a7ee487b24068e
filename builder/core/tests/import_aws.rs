//! Every golden case, as if it ran in AWS: the spec that an import makes of it renders to the same hashes. The snapshot
//! says what comes back in nodemint's own words, and what is kept as files.

// The cases are files.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use nodemint_core::desired::DesiredTemplate;
use nodemint_core::family::family;
use nodemint_core::import::Imported;
use nodemint_core::import::aws::{AwsFacts, KnownImage, import};
use nodemint_core::lock::{Lock, LockedCluster, LockedImage, parse};
use nodemint_core::observed::{
    GroupTemplate, Image, ObservedCluster, ObservedGroup, ObservedTemplate, ObservedVersion,
};
use nodemint_core::render::{render, request};
use nodemint_core::spec::{AmiSource, CapacityType, FleetSpec, IpFamily, Scaling, load};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

/// The cases that have a lock, by name.
fn cases() -> Vec<PathBuf> {
    let folders = fs::read_dir(golden()).expect("golden/");
    let mut cases: Vec<PathBuf> = folders
        .map(|entry| entry.expect("an entry").path())
        .filter(|folder| folder.join("nodemint.lock").is_file())
        .collect();
    cases.sort();
    cases
}

fn spec_of(text: &str, mut read: impl FnMut(&str) -> Option<Vec<u8>>) -> FleetSpec {
    let mut read = |path: &str| read(path).ok_or_else(|| "not found".to_owned());
    let loaded = load(text, &mut read);
    loaded
        .unwrap_or_else(|errors| panic!("{errors}\n{text}"))
        .spec
}

fn observed_cluster(name: &str, locked: &LockedCluster) -> ObservedCluster {
    let cidr = |family: IpFamily| (locked.ip_family == family).then(|| locked.service_cidr.clone());
    ObservedCluster {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:{}:111122223333:cluster/{name}", locked.region),
        status: "ACTIVE".to_owned(),
        version: locked.version.clone(),
        endpoint: Some(locked.endpoint.clone()),
        certificate_authority: Some(locked.certificate_authority.clone()),
        service_cidr_v4: cidr(IpFamily::Ipv4),
        service_cidr_v6: cidr(IpFamily::Ipv6),
        ip_family: match locked.ip_family {
            IpFamily::Ipv4 => "ipv4".to_owned(),
            IpFamily::Ipv6 => "ipv6".to_owned(),
        },
        security_group_id: locked.security_group_id.clone(),
    }
}

fn observed_group(template: &DesiredTemplate) -> ObservedGroup {
    let request = &template.image.request;
    let managed = template.data.image_id.is_none();
    let ami_type = match managed {
        true => family(request.family)
            .ami_type(request.arch, request.variant)
            .expect("an AMI type"),
        false => "CUSTOM",
    };
    ObservedGroup {
        name: "group".to_owned(),
        cluster: template.cluster.clone(),
        arn: "arn:aws:eks:…".to_owned(),
        status: "ACTIVE".to_owned(),
        version: Some(request.kubernetes_version.clone()),
        release_version: template.image.release_version.clone().filter(|_| managed),
        ami_type: Some(ami_type.to_owned()),
        launch_template: Some(GroupTemplate {
            id: Some("lt-1".to_owned()),
            name: Some(template.name.clone()),
            version: Some("1".to_owned()),
        }),
        capacity_type: Some("ON_DEMAND".to_owned()),
        instance_types: Vec::new(),
        subnets: vec!["subnet-0123456789abcdef0".to_owned()],
        node_role: None,
        labels: BTreeMap::new(),
        taints: Vec::new(),
        scaling: Some(Scaling {
            min: 1,
            max: 2,
            desired: 1,
        }),
        update_settings: None,
        tags: BTreeMap::new(),
        health: Vec::new(),
        created_at: None,
        modified_at: None,
        last_update: None,
    }
}

fn facts(template: &DesiredTemplate, locked: &LockedCluster) -> AwsFacts {
    let LockedImage {
        request,
        image_id,
        release_version,
        ..
    } = &template.image;
    let version = ObservedVersion {
        number: 1,
        description: None,
        created_at: None,
        created_by: None,
        data: template.data.clone(),
        unread: false,
    };
    let image = Image {
        id: image_id.clone(),
        name: template.image.name.clone(),
        owner: template.image.owner.clone(),
        state: "available".to_owned(),
        architecture: template.image.architecture.as_str().to_owned(),
        root_device: Some(template.image.root_device.clone()),
        created: Some(template.image.created),
        ..Image::default()
    };
    let published = matches!(request.source, AmiSource::EksOptimized(_));
    let release = release_version.clone().filter(|_| published);
    let known = KnownImage::of(request, release);
    AwsFacts {
        fleet: None,
        region: locked.region.clone(),
        cluster: observed_cluster(&template.cluster, locked),
        groups: vec![observed_group(template)],
        templates: BTreeMap::from([(
            "lt-1".to_owned(),
            ObservedTemplate {
                id: "lt-1".to_owned(),
                name: template.name.clone(),
                default_version: 1,
                latest_version: 1,
                tags: BTreeMap::new(),
                versions: vec![version],
            },
        )]),
        images: BTreeMap::from([(image_id.clone(), image)]),
        releases: known
            .map(|known| (image_id.clone(), known))
            .into_iter()
            .collect(),
        gaps: Vec::new(),
    }
}

/// The imported spec with the image and the cluster that it came from.
fn rendered(
    imported: &Imported,
    from: &DesiredTemplate,
    locked: &LockedCluster,
) -> DesiredTemplate {
    let spec = spec_of(&imported.spec, |path| imported.files.get(path).cloned());
    let (template, cluster) = (&spec.launch_templates[0], &spec.clusters[0]);
    let image = LockedImage {
        request: request(template, cluster, &locked.version),
        ..from.image.clone()
    };
    let images = BTreeMap::from([(cluster.name.clone(), image)]);
    let lock = Lock {
        clusters: BTreeMap::from([(cluster.name.clone(), locked.clone())]),
        launch_templates: BTreeMap::from([(template.name.clone(), images)]),
    };
    let desired =
        render(&spec, &lock).unwrap_or_else(|errors| panic!("{errors}\n{}", imported.spec));
    desired.templates.into_iter().next().expect("a template")
}

fn told(spec: &str) -> &'static str {
    let words = [
        ("verbatim:", "verbatim"),
        ("overrideBootstrap:", "its bootstrap as a file"),
        ("nodeConfig:", "fields and nodeConfig"),
        ("userData:", "fields"),
    ];
    let found = words.iter().find(|(word, _)| spec.contains(word));
    found.map_or("nothing to say", |(_, told)| told)
}

#[test]
fn every_golden_case_comes_back_with_its_hashes() {
    let mut table = String::new();
    for case in cases() {
        let text = fs::read_to_string(case.join("nodemint.yaml")).expect("a spec");
        let spec = spec_of(&text, |path| fs::read(case.join(path)).ok());
        let lock = parse(&fs::read_to_string(case.join("nodemint.lock")).expect("a lock"))
            .expect("a lock");
        let desired = render(&spec, &lock).expect("rendered");
        let name = case
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for template in &desired.templates {
            let locked = &lock.clusters[&template.cluster];
            let mut facts = facts(template, locked);
            let mut users = spec.node_groups.iter();
            if users.any(|group| {
                group.launch_template == template.name
                    && group.capacity_type == CapacityType::CapacityBlock
            }) {
                facts.groups[0].capacity_type = Some("CAPACITY_BLOCK".to_owned());
            }
            let imported = import(&facts);
            assert_eq!(imported.to_do(), 0, "{name}: {:#?}", imported.report);
            let again = rendered(&imported, template, locked);
            assert_eq!(again.hash, template.hash, "{name}:\n{}", imported.spec);
            let _ = writeln!(table, "{name} {}: {}", template.name, told(&imported.spec));
        }
    }
    insta::assert_snapshot!("what_comes_back", table);
}
