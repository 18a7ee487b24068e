//! From a spec and its lock to the exact content of launch-template versions and node groups.
//!
//! Pure: the same spec and lock give the same bytes, on any machine and on any day. Nothing here looks
//! anything up; what the lock lacks is an error that says to run `nodemint resolve`.

mod bootstrap;
pub(crate) mod bottlerocket;
pub(crate) mod custom;
mod data;
mod document;
mod files;
mod lints;
mod locked;
pub mod merge;
mod merged;
mod mime;
mod node_config;
mod problems;
mod scripts;
mod skeleton;
mod steps;
pub(crate) mod templates;
pub(crate) mod ubuntu;
mod user_files;
mod user_parts;
mod verbatim;
pub(crate) mod windows;
pub(crate) mod yaml;

use std::collections::BTreeMap;

pub use document::user_data;
pub use files::files;
pub(crate) use files::{extension, file_name};
pub use lints::lint_spec;
pub use locked::request;
pub use merged::{is_merged, merged_files};
pub use mime::multipart;
pub use problems::{ProblemKind, Problems, RenderErrors, RenderProblem};

pub(crate) use bootstrap::al2_bootstrap;
pub(crate) use node_config::node_config_part;
pub(crate) use scripts::{override_part, pre_bootstrap_parts};
pub(crate) use steps::{kubelet_config_part, local_disks_part, registries_part};
pub(crate) use user_files::{named_files, text_of, told};
pub(crate) use user_parts::user_parts;

use crate::desired::{Desired, DesiredGroup, DesiredTemplate, ManagedAmi, RenderedUserData};
use crate::family::family;
use crate::launch_template::{UserDataBlob, with_hash_tag};
use crate::lock::{Lock, LockedCluster, LockedImage};
use crate::spec::{Cluster, FleetSpec, LaunchTemplate, NodeGroup, PinnedBy, Taint};

/// EC2's limit for user data, in bytes before base64: "User data is limited to 16384 bytes".
pub const USER_DATA_LIMIT: usize = 16_384;

/// A shell script, as cloud-init's types go.
pub const SHELL: &str = "text/x-shellscript";
/// A document for nodeadm. It matches this type exactly.
pub const NODE_CONFIG: &str = "application/node.eks.aws";
/// Bottlerocket's settings.
pub const TOML: &str = "application/toml";
/// What cloud-init hands to a handler (cloudinit/handlers).
pub(crate) const CLOUD_INIT: &[&str] = &[
    SHELL,
    "text/x-shellscript-per-boot",
    "text/x-shellscript-per-instance",
    "text/x-shellscript-per-once",
    "text/cloud-config",
    "text/cloud-boothook",
    "text/cloud-config-archive",
    "text/x-include-url",
    "text/x-include-once-url",
    "text/cloud-config-jsonp",
    "text/part-handler",
    "text/jinja2",
    // The first line tells what these are.
    "text/plain",
    "application/gzip",
    // A document of parts, which are taken in.
    "multipart/mixed",
];
/// Lines for EC2Launch.
pub const POWERSHELL: &str = "text/x-powershell";

/// A launch template for one of its clusters: what its user data is made from.
pub struct Boot<'a> {
    /// The template's index in `launchTemplates`.
    pub index: usize,
    pub template: &'a LaunchTemplate,
    pub cluster: &'a Cluster,
    pub locked: &'a LockedCluster,
}

impl Boot<'_> {
    /// The path of a `userData` field in the spec.
    pub fn path(&self, field: &str) -> String {
        format!("launchTemplates[{}].userData.{field}", self.index)
    }
}

/// Renders a fleet. All that stands in the way is told at once.
pub fn render(spec: &FleetSpec, lock: &Lock) -> Result<Desired, RenderErrors> {
    let mut problems = Problems::default();
    let mut warnings = lints::Warnings::default();
    let mut templates = Vec::new();
    for (index, template) in spec.launch_templates.iter().enumerate() {
        for name in &template.clusters {
            templates.extend(render_for(
                spec,
                lock,
                (index, name),
                &mut problems,
                &mut warnings,
            ));
        }
        warnings.unmet(index, template);
    }
    let groups = spec.node_groups.iter();
    let groups = groups
        .filter_map(|group| render_group(spec, lock, group, &mut problems))
        .collect();
    problems.into_result(Desired {
        fleet: spec.name.clone(),
        clusters: clusters(&templates, lock),
        templates,
        groups,
        warnings: warnings.into_found(),
    })
}

/// The facts of the clusters that something is rendered for.
fn clusters(templates: &[DesiredTemplate], lock: &Lock) -> BTreeMap<String, LockedCluster> {
    let names = templates.iter().map(|template| &template.cluster);
    names
        .filter_map(|name| Some((name.clone(), lock.clusters.get(name)?.clone())))
        .collect()
}

fn render_for(
    spec: &FleetSpec,
    lock: &Lock,
    (index, cluster): (usize, &str),
    problems: &mut Problems,
    warnings: &mut lints::Warnings,
) -> Option<DesiredTemplate> {
    let template = spec.launch_templates.get(index)?;
    let Some(cluster) = spec.clusters.iter().find(|one| one.name == cluster) else {
        let message = format!("cluster {cluster} is not in `clusters`");
        let hint = "add it there, or take it out here";
        problems.spec(format!("launchTemplates[{index}].clusters"), message, hint);
        return None;
    };
    let locked = locked::cluster(spec, lock, cluster, problems);
    let image = locked::image(lock, index, template, cluster, problems);
    let (locked, image) = (locked?, image?);
    let template = user_files::filled(
        (index, template),
        (cluster, locked),
        image,
        &spec.vars,
        problems,
    )?;
    let boot = Boot {
        index,
        template: &template,
        cluster,
        locked,
    };
    let user_data = document::render(&boot, problems, warnings)?;
    let bytes = &user_data.bytes;
    let blob = (!bytes.is_empty()).then(|| UserDataBlob::of(bytes));
    let data = data::launch_template_data(&boot, image, blob, problems)?;
    let (data, hash) = with_hash_tag(data);
    Some(DesiredTemplate {
        name: template.name.clone(),
        cluster: cluster.name.clone(),
        site: cluster.site(),
        image: image.clone(),
        register_taints: register_taints(&template, &user_data),
        allowed: template.user_data.allow.clone(),
        user_data,
        data,
        hash,
    })
}

/// The taints of the spec, unless something else in the user data registers some.
fn register_taints(template: &LaunchTemplate, user_data: &RenderedUserData) -> Option<Vec<Taint>> {
    let own = &template.user_data.taints;
    // The kubelet's flag, the field of KubeletConfiguration, and Bottlerocket's setting.
    let mentions = ["register-with-taints", "registerWithTaints", "node-taints"]
        .iter()
        .any(|name| {
            user_data
                .parts
                .iter()
                .any(|part| String::from_utf8_lossy(&part.body).contains(name))
        });
    (!own.is_empty() || !mentions).then(|| own.clone())
}

fn render_group(
    spec: &FleetSpec,
    lock: &Lock,
    group: &NodeGroup,
    problems: &mut Problems,
) -> Option<DesiredGroup> {
    let (index, template, cluster) = references(spec, group, problems)?;
    let locked = locked::cluster(spec, lock, cluster, problems)?;
    let managed_ami = match template.pinned_by {
        PinnedBy::LaunchTemplate => None,
        PinnedBy::ReleaseVersion => {
            let image = locked::image(lock, index, template, cluster, problems)?;
            Some(managed_ami(index, template, group, image, problems)?)
        }
    };
    Some(DesiredGroup {
        spec: group.clone(),
        site: cluster.site(),
        kubernetes_version: locked.version.clone(),
        managed_ami,
    })
}

/// The launch template of a group, with its index, and its cluster.
fn references<'a>(
    spec: &'a FleetSpec,
    group: &NodeGroup,
    problems: &mut Problems,
) -> Option<(usize, &'a LaunchTemplate, &'a Cluster)> {
    let path = format!("nodeGroups[{}]", group.index);
    let mut templates = spec.launch_templates.iter().enumerate();
    let found = templates.find(|(_, one)| one.name == group.launch_template);
    let cluster = spec
        .clusters
        .iter()
        .find(|cluster| cluster.name == group.cluster);
    let (Some((index, template)), Some(cluster)) = (found, cluster) else {
        let message = "its launch template or its cluster is not in the spec";
        problems.spec(path, message, "name ones that are");
        return None;
    };
    if !template.clusters.contains(&group.cluster) {
        let message = format!(
            "launch template {} is not for cluster {}",
            template.name, group.cluster
        );
        let hint = format!("add the cluster to `launchTemplates[{index}].clusters`");
        problems.spec(format!("{path}.launchTemplate"), message, hint);
        return None;
    }
    Some((index, template, cluster))
}

fn managed_ami(
    index: usize,
    template: &LaunchTemplate,
    group: &NodeGroup,
    image: &LockedImage,
    problems: &mut Problems,
) -> Option<ManagedAmi> {
    let path = format!("launchTemplates[{index}]");
    let ami_type = match family(template.family).ami_type(template.arch, template.variant) {
        Ok(ami_type) => ami_type.to_owned(),
        Err(error) => {
            problems.spec(
                path,
                error.to_string(),
                "choose an arch and a variant that the family has",
            );
            return None;
        }
    };
    let Some(release_version) = group
        .release_version
        .clone()
        .or_else(|| image.release_version.clone())
    else {
        problems.lock(
            path,
            format!(
                "image {} in nodemint.lock has no release version, and EKS needs one",
                image.image_id
            ),
        );
        return None;
    };
    Some(ManagedAmi {
        ami_type,
        release_version,
    })
}

#[cfg(test)]
pub(crate) mod tests;
