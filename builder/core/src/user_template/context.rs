//! What a template can name.

use serde_json::{Map, Value, json};

use crate::lock::{LockedCluster, LockedImage};
use crate::spec::{Cluster, LaunchTemplate};

/// The values for one launch template in one cluster.
pub(crate) fn values(
    template: &LaunchTemplate,
    cluster: &Cluster,
    locked: &LockedCluster,
    image: &LockedImage,
    vars: &Map<String, Value>,
) -> Value {
    let version = template.kubernetes_version;
    let version = version.map_or_else(|| locked.version.clone(), |version| version.to_string());
    json!({
        "cluster": {
            "name": cluster.name,
            "endpoint": locked.endpoint,
            "certificateAuthority": locked.certificate_authority,
            "serviceCidr": locked.service_cidr,
            "ipFamily": locked.ip_family,
            "version": locked.version,
        },
        "region": cluster.region,
        "kubernetesVersion": version,
        // What is locked. If the release version pins the image, EKS has the last word on it.
        "ami": {
            "id": image.image_id,
            "name": image.name,
            "releaseVersion": image.release_version,
            "architecture": image.architecture,
        },
        "family": template.family,
        "arch": template.arch,
        "variant": template.variant,
        "instanceType": template.instance_type,
        "launchTemplate": {"name": template.name},
        "vars": vars,
    })
}

/// The same names without a lock: what it would tell is some text.
pub(crate) fn shape(template: &LaunchTemplate, vars: &Map<String, Value>) -> Value {
    let texts = |names: &[&str]| -> Value {
        let pairs = names.iter().map(|name| ((*name).to_owned(), "".into()));
        Value::Object(pairs.collect())
    };
    json!({
        "cluster": texts(&[
            "name",
            "endpoint",
            "certificateAuthority",
            "serviceCidr",
            "ipFamily",
            "version",
        ]),
        "region": "",
        "kubernetesVersion": "",
        "ami": texts(&["id", "name", "releaseVersion", "architecture"]),
        "family": template.family,
        "arch": template.arch,
        "variant": template.variant,
        "instanceType": template.instance_type,
        "launchTemplate": {"name": template.name},
        "vars": vars,
    })
}
