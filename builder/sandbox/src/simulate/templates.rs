//! EKS's own launch template of a node group, which its Auto Scaling group launches from. EKS makes it as a
//! copy of what the user gave, under a name of its own; the user's versions are never touched.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Scene;
use crate::partition;
use crate::world::{LaunchTemplate, LaunchTemplateVersion};

/// Makes the template, with its first version.
pub(super) fn make(scene: &mut Scene<'_>, data: Value) -> (String, String) {
    let id = scene.world.id("lt");
    let uuid = scene.world.uuid();
    let now = scene.world.now;
    let created_by = service_role(scene);
    let version = LaunchTemplateVersion {
        number: 1,
        description: None,
        created_at: now,
        created_by: created_by.clone(),
        data,
    };
    let template = LaunchTemplate {
        id: id.clone(),
        name: format!("eks-{uuid}"),
        created_at: now,
        created_by,
        default_version: 1,
        latest_version: 1,
        tags: BTreeMap::from([
            ("eks:cluster-name".to_owned(), scene.cluster.clone()),
            ("eks:nodegroup-name".to_owned(), scene.name.clone()),
        ]),
        versions: BTreeMap::from([(1, version)]),
    };
    scene.region().launch_templates.insert(id.clone(), template);
    (id, uuid)
}

/// Adds a version, and says its number.
pub(super) fn add_version(scene: &mut Scene<'_>, data: Value) -> Option<i64> {
    let now = scene.world.now;
    let created_by = service_role(scene);
    let id = scene.auto_scaling_group()?.launch_template.0.clone();
    let template = scene.region().launch_templates.get_mut(&id)?;
    template.latest_version += 1;
    let number = template.latest_version;
    let version = LaunchTemplateVersion {
        number,
        description: None,
        created_at: now,
        created_by,
        data,
    };
    template.versions.insert(number, version);
    Some(number)
}

/// Who makes templates for EKS: its service-linked role for node groups.
fn service_role(scene: &Scene<'_>) -> String {
    let resource = "assumed-role/AWSServiceRoleForAmazonEKSNodegroup/EKS";
    partition::arn("sts", &scene.region_name, &scene.account, resource)
}
