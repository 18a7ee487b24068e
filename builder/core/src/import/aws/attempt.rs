//! Whether a launch template, as it would stand in the spec, renders to the content that exists.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::AwsFacts;
use crate::family::family;
use crate::import::document::{Doc, Map, write};
use crate::launch_template::{Data, changes, same_content};
use crate::lock::{Lock, LockedCluster, LockedImage};
use crate::observed::Image;
use crate::render::{render, request};
use crate::spec::{FleetSpec, IpFamily, load};

/// An image of a managed group: its id is in no launch template.
const NO_IMAGE: &str = "ami-00000000000000000";

/// A launch template to be tried.
pub(super) struct Attempt<'a> {
    pub facts: &'a AwsFacts,
    pub template: &'a Map,
    pub files: &'a BTreeMap<String, Vec<u8>>,
    /// The image that the version names.
    pub image: Option<&'a Image>,
    /// What it must render to.
    pub wanted: &'a Data,
}

impl Attempt<'_> {
    /// Nothing, or why not: what a spec cannot say, or the fields that would differ.
    pub fn differs(&self) -> Option<Vec<String>> {
        match self.rendered() {
            Err(problems) => Some(problems),
            Ok(data) if same_content(&data, self.wanted) => None,
            Ok(data) => {
                let paths = changes(self.wanted, &data).into_iter();
                Some(
                    paths
                        .map(|change| format!("{} would change", change.path))
                        .collect(),
                )
            }
        }
    }

    fn rendered(&self) -> Result<Data, Vec<String>> {
        let mut template = self.template.clone();
        let cluster = self.facts.cluster.name.as_str();
        template.set("clusters", Doc::from(json!([cluster])));
        let mut top = Map::default();
        top.set("apiVersion", "nodemint.dev/v1alpha1");
        top.set("kind", "Fleet");
        top.set("metadata", Doc::from(json!({"name": "import"})));
        let clusters = json!([{"name": cluster, "region": self.facts.region}]);
        top.set("clusters", Doc::from(clusters));
        top.set("launchTemplates", Doc::List(vec![template.into()]));
        let mut read = |path: &str| {
            self.files
                .get(path)
                .cloned()
                .ok_or_else(|| "not found".to_owned())
        };
        let loaded = load(&write(&top), &mut read).map_err(|errors| {
            let problems = errors.problems.into_iter();
            problems
                .map(|one| at(&one.path, &one.message))
                .collect::<Vec<_>>()
        })?;
        let lock = lock_of(self.facts, &loaded.spec, self.image)?;
        let desired = render(&loaded.spec, &lock).map_err(|errors| {
            let problems = errors.problems.into_iter();
            problems
                .map(|one| at(&one.path, &one.message))
                .collect::<Vec<_>>()
        })?;
        let first = desired.templates.into_iter().next();
        first.map(|template| template.data).ok_or_else(Vec::new)
    }
}

/// What `resolve` would lock for the first launch template of a spec, as far as content depends on it.
pub(super) fn lock_of(
    facts: &AwsFacts,
    spec: &FleetSpec,
    image: Option<&Image>,
) -> Result<Lock, Vec<String>> {
    let cluster = locked_cluster(facts).map_err(|why| vec![why])?;
    let (Some(template), Some(named)) = (spec.launch_templates.first(), spec.clusters.first())
    else {
        return Err(Vec::new());
    };
    let own = family(template.family).default_root_device().to_owned();
    let locked = LockedImage {
        request: request(template, named, &cluster.version),
        image_id: image.map_or(NO_IMAGE, |image| &image.id).to_owned(),
        name: image.map(|image| image.name.clone()).unwrap_or_default(),
        release_version: Some("0".to_owned()),
        architecture: template.arch,
        root_device: image
            .and_then(|image| image.root_device.clone())
            .unwrap_or(own),
        root_volume_size: None,
        owner: image.map(|image| image.owner.clone()).unwrap_or_default(),
        created: image
            .and_then(|image| image.created)
            .unwrap_or(Timestamp::UNIX_EPOCH),
        deprecated: None,
        found_in: String::new(),
    };
    let images = BTreeMap::from([(named.name.clone(), locked)]);
    Ok(Lock {
        clusters: BTreeMap::from([(named.name.clone(), cluster)]),
        launch_templates: BTreeMap::from([(template.name.clone(), images)]),
    })
}

fn at(path: &str, message: &str) -> String {
    let path = path.strip_prefix("launchTemplates[0]").unwrap_or(path);
    match path.trim_start_matches('.') {
        "" => message.to_owned(),
        field => format!("{field}: {message}"),
    }
}

fn locked_cluster(facts: &AwsFacts) -> Result<LockedCluster, String> {
    let cluster = &facts.cluster;
    let (ip_family, cidr) = match cluster.ip_family.as_str() {
        "ipv6" => (IpFamily::Ipv6, &cluster.service_cidr_v6),
        _ => (IpFamily::Ipv4, &cluster.service_cidr_v4),
    };
    let missing = |what: &str| format!("EKS shows no {what} of the cluster yet");
    Ok(LockedCluster {
        region: facts.region.clone(),
        version: cluster.version.clone(),
        endpoint: cluster
            .endpoint
            .clone()
            .ok_or_else(|| missing("endpoint"))?,
        certificate_authority: cluster
            .certificate_authority
            .clone()
            .ok_or_else(|| missing("certificate authority"))?,
        service_cidr: cidr.clone().ok_or_else(|| missing("service CIDR"))?,
        ip_family,
        security_group_id: cluster.security_group_id.clone(),
    })
}
