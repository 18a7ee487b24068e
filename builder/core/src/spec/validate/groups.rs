//! Node groups: each by itself, then against the clusters and launch templates that it names.

use super::super::path::Step;
use super::super::raw::{RawCapacityType, RawFleet, RawNodeGroup};
use super::super::read::Report;
use super::super::rules;
use super::super::{
    CapacityType, Cluster, DEFAULT_INSTANCE_TYPE, LaunchTemplate, NodeGroup, PinnedBy, SpecPath,
};
use super::scaling::{scaling, taints, update};
use super::{capacity, items, labels, optional, present, reference, required, tags, texts, unique};
use crate::family::family;

/// CreateNodegroup takes at most 20 instance types.
const MOST_INSTANCE_TYPES: usize = 20;
/// The most tags of an EKS resource.
const MOST_TAGS: usize = 50;

pub(super) fn groups(raw: &RawFleet, report: &mut Report<'_>) -> Vec<NodeGroup> {
    let at = SpecPath::default().key("nodeGroups");
    let raws = items(&raw.node_groups, &at, report);
    let clusters: std::collections::BTreeSet<Option<&str>> =
        raws.iter().map(|(_, raw)| raw.cluster.as_deref()).collect();
    for cluster in clusters {
        let of_it = raws
            .iter()
            .filter(|(_, raw)| raw.cluster.as_deref() == cluster);
        let names = of_it.filter_map(|(path, raw)| Some((path.key("name"), raw.name.as_deref()?)));
        unique(names, "node group", report);
    }
    raws.iter()
        .map(|(path, raw)| group(raw, path, report))
        .collect()
}

fn group(raw: &RawNodeGroup, at: &SpecPath, report: &mut Report<'_>) -> NodeGroup {
    check_values(raw, at, report);
    let subnet = |text: &str| rules::resource_id("subnet-", text);
    let node_role = |text: &str| rules::role_arn(text, "eks-node");
    let template = &raw.launch_template;
    let update_settings = raw.update.clone().unwrap_or_default();
    let scaling_of = |raw| scaling(raw, &at.key("scaling"), report);
    let scaling = raw.scaling.as_ref().map(scaling_of);
    let labels_at = at.key("labels");
    NodeGroup {
        name: required(&raw.name, at, "name", rules::node_group_name, report),
        cluster: required(&raw.cluster, at, "cluster", |_| Ok(()), report),
        launch_template: required(template, at, "launchTemplate", |_| Ok(()), report),
        launch_template_version: raw.launch_template_version,
        release_version: raw.release_version.clone(),
        node_role: optional(&raw.node_role, at, "nodeRole", node_role, report),
        subnets: texts(&raw.subnets, at, "subnets", subnet, report),
        instance_types: instance_types(raw, at, report),
        capacity_type: match raw.capacity_type {
            Some(RawCapacityType::Spot) => CapacityType::Spot,
            Some(RawCapacityType::CapacityBlock) => CapacityType::CapacityBlock,
            _ => CapacityType::OnDemand,
        },
        scaling,
        labels: labels(&raw.labels, &labels_at, rules::group_label_key, report),
        taints: taints(&raw.taints, &at.key("taints"), report),
        tags: tags(&raw.tags, &at.key("tags"), MOST_TAGS, report),
        update: update(&update_settings, &at.key("update"), report),
        index: match at.last() {
            Some(Step::Index(index)) => *index,
            _ => 0,
        },
    }
}

/// What can be wrong with values that are taken as they are.
fn check_values(raw: &RawNodeGroup, at: &SpecPath, report: &mut Report<'_>) {
    refuse_of_template(raw, at, report);
    if let Some(RawCapacityType::Later(name)) = &raw.capacity_type {
        report.not_yet(&at.key("capacityType"), name);
    }
    if raw
        .launch_template_version
        .is_some_and(|version| version < 1)
    {
        report.error(
            &at.key("launchTemplateVersion"),
            "launch-template versions count from 1",
        );
    }
    if raw.subnets.as_ref().is_some_and(|list| list.0.is_empty()) {
        report.error_hint(
            &at.key("subnets"),
            "there are no subnets",
            "name those that the group is to be created in, or leave `subnets` out",
        );
    }
}

/// Settings that EKS takes of a group only where there is no launch template, or none with an image.
fn refuse_of_template(raw: &RawNodeGroup, at: &SpecPath, report: &mut Report<'_>) {
    let rows = [
        (
            "amiType",
            raw.ami_type.is_some(),
            "the launch template says the image; beside an image id in one EKS answers \"You cannot specify an AMI Type \
             other than CUSTOM, when specifying an image id in your launch template.\"",
            "say it with `family`, `arch` and `variant` of the launch template",
        ),
        (
            "diskSize",
            raw.disk_size.is_some(),
            "EKS answers \"Disk size must be specified within the launch template.\"",
            "use `blockDevices: [{device: root, size: …}]` of the launch template",
        ),
        (
            "remoteAccess",
            raw.remote_access.is_some(),
            "EKS answers \"Remote access configuration cannot be specified with a launch template.\"",
            "use `keyName` of the launch template, and `securityGroupIds` with one that lets SSH in",
        ),
        (
            "version",
            raw.version.is_some(),
            "the cluster or the launch template says the Kubernetes version; beside an image id in one EKS answers \"You \
             cannot specify a kubernetes version to use when specifying an image id to use within the launch template.\"",
            "say it with `version` of the cluster, or `kubernetesVersion` of the launch template",
        ),
    ];
    for (key, given, message, hint) in rows {
        if given {
            report.error_hint(&at.key(key), message, hint);
        }
    }
}

fn instance_types(raw: &RawNodeGroup, at: &SpecPath, report: &mut Report<'_>) -> Vec<String> {
    let instance_types = texts(
        &raw.instance_types,
        at,
        "instanceTypes",
        rules::instance_type,
        report,
    );
    if instance_types.len() > MOST_INSTANCE_TYPES {
        let message = format!(
            "{} instance types; EKS takes {MOST_INSTANCE_TYPES}",
            instance_types.len()
        );
        report.error(&at.key("instanceTypes"), message);
    }
    instance_types
}

/// What a group names exists, and fits.
pub(super) fn check_references(
    raw: &RawFleet,
    templates: &[LaunchTemplate],
    groups: &[NodeGroup],
    clusters: &[Cluster],
    report: &mut Report<'_>,
) {
    let cluster_names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
    let template_names: Vec<&str> = templates.iter().map(|t| t.name.as_str()).collect();
    let clusters_complete = complete(&raw.clusters, |c| c.name.is_some());
    let templates_complete = complete(&raw.launch_templates, |t| t.name.is_some());
    let at = SpecPath::default().key("nodeGroups");
    for ((at, raw_group), group) in present(&raw.node_groups, &at).into_iter().zip(groups) {
        if let Some(name) = &raw_group.cluster {
            let path = at.key("cluster");
            reference(
                &path,
                name,
                "cluster",
                &cluster_names,
                clusters_complete,
                report,
            );
        }
        let Some(name) = &raw_group.launch_template else {
            continue;
        };
        let path = at.key("launchTemplate");
        reference(
            &path,
            name,
            "launch template",
            &template_names,
            templates_complete,
            report,
        );
        if let Some(template) = templates.iter().find(|t| t.name == *name) {
            check_release(&at, group, template, clusters, report);
            capacity::check(&at, raw_group, group, template, report);
            if !instance_type_is_wrong(raw, &template.name, report) {
                check_instance_types(&at, group, template, report);
            }
        }
    }
}

/// Whether the template says an instance type that could not be read.
fn instance_type_is_wrong(raw: &RawFleet, template: &str, report: &Report<'_>) -> bool {
    present(
        &raw.launch_templates,
        &SpecPath::default().key("launchTemplates"),
    )
    .into_iter()
    .filter(|(_, raw)| raw.name.as_deref() == Some(template))
    .any(|(path, _)| report.pruned.contains(&path.key("instanceType")))
}

/// Whether every item of a list says its name: only then is a name that is not there unknown.
pub(super) fn complete<T>(
    list: &Option<super::super::raw::List<T>>,
    named: impl Fn(&T) -> bool,
) -> bool {
    list.as_ref()
        .is_some_and(|list| list.0.iter().all(|item| item.as_ref().is_some_and(&named)))
}

fn check_release(
    at: &SpecPath,
    group: &NodeGroup,
    template: &LaunchTemplate,
    clusters: &[Cluster],
    report: &mut Report<'_>,
) {
    let Some(release) = &group.release_version else {
        return;
    };
    let path = at.key("releaseVersion");
    if template.pinned_by != PinnedBy::ReleaseVersion {
        report.error_hint(
            &path,
            format!(
                "the launch template `{}` pins the image itself",
                template.name
            ),
            "set `ami.pinnedBy: releaseVersion` there, or pin `launchTemplateVersion` here",
        );
    }
    let of_release = match family(template.family).pin(release) {
        Ok(of_release) => of_release,
        Err(error) => {
            report.check(
                &path,
                Err(super::ami::release_flaw(&error, "write a release")),
            );
            None
        }
    };
    let version = clusters
        .iter()
        .find(|cluster| cluster.name == group.cluster)
        .and_then(|cluster| cluster.version);
    let version = template.kubernetes_version.or(version);
    if let (Some(version), Some(of_release)) = (version, of_release)
        && version != of_release
    {
        let message = super::versions::other_minor(of_release, template, &group.cluster, version);
        report.error(&path, message);
    }
}

fn check_instance_types(
    at: &SpecPath,
    group: &NodeGroup,
    template: &LaunchTemplate,
    report: &mut Report<'_>,
) {
    let path = at.key("instanceTypes");
    match (&template.instance_type, group.instance_types.as_slice()) {
        (Some(named), [_, ..]) => report.error_hint(
            &path,
            format!(
                "the launch template `{}` has `instanceType: {named}`; EKS answers \
                 \"Cannot specify instance types in launch template and API Request\"",
                template.name
            ),
            "keep one of the two",
        ),
        (None, [])
            if !report.pruned.contains(&path) && template.extra.instance_requirements.is_none() =>
            report.warn(
            at,
            format!(
                "no instance type, here or in the launch template `{}`: EKS takes {DEFAULT_INSTANCE_TYPE}",
                template.name
            ),
            "say which with `instanceType` in the launch template",
        ),
        _ => {}
    }
}
