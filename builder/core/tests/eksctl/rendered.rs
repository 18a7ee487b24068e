//! What is imported renders, with a lock that answers it.

use std::collections::BTreeMap;

use nodemint_core::family::family;
use nodemint_core::lock::{Lock, LockedCluster, LockedImage};
use nodemint_core::render::{render, request};
use nodemint_core::spec::{self, Cluster, FleetSpec, IpFamily, LaunchTemplate};

use super::all_cases;

/// The Kubernetes of a cluster that does not say: one that every family of the cases has images for.
const VERSION: &str = "1.32";

fn locked_cluster(cluster: &Cluster) -> LockedCluster {
    let version = cluster.version.map(|version| version.to_string());
    LockedCluster {
        region: cluster.region.clone(),
        version: version.unwrap_or_else(|| VERSION.to_owned()),
        endpoint: "https://0123.gr7.example.com".to_owned(),
        certificate_authority: "Q0E=".to_owned(),
        service_cidr: "10.100.0.0/16".to_owned(),
        ip_family: IpFamily::Ipv4,
        security_group_id: Some("sg-0123456789abcdef0".to_owned()),
    }
}

fn locked_image(template: &LaunchTemplate, cluster: &Cluster, version: &str) -> LockedImage {
    LockedImage {
        request: request(template, cluster, version),
        image_id: "ami-0123456789abcdef0".to_owned(),
        name: "an-image".to_owned(),
        release_version: Some("1.34.2-20260915".to_owned()),
        architecture: template.arch,
        root_device: family(template.family).default_root_device().to_owned(),
        root_volume_size: None,
        owner: "602401143452".to_owned(),
        created: "2026-09-15T00:00:00Z".parse().expect("a time"),
        deprecated: None,
        found_in: "made up".to_owned(),
    }
}

fn lock(spec: &FleetSpec) -> Lock {
    let clusters: BTreeMap<String, LockedCluster> = spec
        .clusters
        .iter()
        .map(|cluster| (cluster.name.clone(), locked_cluster(cluster)))
        .collect();
    let images = |template: &LaunchTemplate| {
        let of = spec
            .clusters
            .iter()
            .filter(|cluster| template.clusters.contains(&cluster.name));
        let image = |cluster: &Cluster| {
            let version = &clusters[&cluster.name].version;
            (
                cluster.name.clone(),
                locked_image(template, cluster, version),
            )
        };
        of.map(image).collect::<BTreeMap<_, _>>()
    };
    let templates = spec.launch_templates.iter();
    Lock {
        launch_templates: templates
            .map(|template| (template.name.clone(), images(template)))
            .collect(),
        clusters,
    }
}

#[test]
fn each_spec_renders() {
    for case in all_cases() {
        let imported = case.import();
        let mut read = |path: &str| {
            imported
                .files
                .get(path)
                .cloned()
                .ok_or_else(|| "not there".to_owned())
        };
        let spec = spec::load(&imported.spec, &mut read)
            .expect(&case.name)
            .spec;
        let desired = render(&spec, &lock(&spec));
        let desired =
            desired.unwrap_or_else(|errors| panic!("{}:\n{}\n{errors}", case.name, imported.spec));
        assert_eq!(
            desired.groups.len(),
            spec.node_groups.len(),
            "{}",
            case.name
        );
    }
}
