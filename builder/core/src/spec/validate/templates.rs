//! Launch templates: each by itself, then against the clusters that it is for.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::super::load::Files;
use super::super::raw::{RawArch, RawFamily, RawFleet, RawLaunchTemplate, RawVariant};
use super::super::read::Report;
use super::super::rules::{self, Check, flaw};
use super::super::tree::Node;
use super::super::{
    AmiSource, Arch, Cluster, FamilyName, LaunchTemplate, NodeGroup, PinnedBy, Release, SpecPath,
    Variant,
};
use super::groups::complete;
use super::{
    ami, devices, extra, items, optional, present, reference, required, surroundings, tags, texts,
    unique, user_data, versions,
};
use crate::launch_template::Data;

/// EC2 takes 50 tags; one is nodemint's own, the content's hash.
pub(super) const MOST_TAGS: usize = 49;

pub(super) fn templates(
    raw: &RawFleet,
    root: &Node,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> Vec<LaunchTemplate> {
    let top = SpecPath::default();
    let at = top.key("launchTemplates");
    match &raw.launch_templates {
        None => report.missing(&top, "launchTemplates", None),
        Some(list) if list.0.is_empty() => report.error(&at, "there are no launch templates"),
        Some(_) => {}
    }
    let raws = items(&raw.launch_templates, &at, report);
    let names = raws
        .iter()
        .filter_map(|(path, raw)| Some((path.key("name"), raw.name.as_deref()?)));
    unique(names, "launch template", report);
    raws.iter()
        .map(|(path, raw)| template(raw, path, root, files, report))
        .collect()
}

fn template(
    raw: &RawLaunchTemplate,
    at: &SpecPath,
    root: &Node,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> LaunchTemplate {
    let (family, arch, variant) = image_kind(raw, at, report);
    let sought = sought(raw, family, at, report);
    let kubernetes_version = raw.kubernetes_version.as_deref().and_then(|text| {
        let parsed = rules::kubernetes_version(text);
        report.parsed(&at.key("kubernetesVersion"), parsed)
    });
    let group = |text: &str| rules::resource_id("sg-", text);
    let instance_type = rules::instance_type;
    let groups = &raw.security_group_ids;
    let metadata_at = at.key("metadataOptions");
    LaunchTemplate {
        kubernetes_version,
        min_age: sought.min_age,
        deny: sought.deny,
        name: required(&raw.name, at, "name", rules::launch_template_name, report),
        clusters: texts(&raw.clusters, at, "clusters", |_| Ok(()), report),
        family: family.unwrap_or(FamilyName::AL2023),
        arch,
        variant,
        ami: sought.ami,
        pinned_by: sought.pinned_by,
        instance_type: optional(
            &raw.instance_type,
            at,
            "instanceType",
            instance_type,
            report,
        ),
        key_name: optional(&raw.key_name, at, "keyName", key_name, report),
        security_group_ids: texts(groups, at, "securityGroupIds", group, report),
        block_devices: devices::block_devices(&raw.block_devices, &at.key("blockDevices"), report),
        metadata_options: devices::metadata_options(&raw.metadata_options, &metadata_at, report),
        tags: tags(&raw.tags, &at.key("tags"), MOST_TAGS, report),
        extra: match raw.launch_template_data {
            Some(_) => extra::extra(root, at, report),
            None => Data::default(),
        },
        user_data: match &raw.user_data {
            Some(raw) => {
                let setting = user_data::Setting {
                    family,
                    pinned_by: sought.pinned_by,
                };
                user_data::user_data(raw, &at.key("userData"), setting, files, report)
            }
            None => user_data::none(at, family, report),
        },
    }
}

/// What an image is looked for by.
struct Sought {
    ami: AmiSource,
    pinned_by: PinnedBy,
    min_age: Option<SignedDuration>,
    deny: BTreeSet<String>,
}

fn sought(
    raw: &RawLaunchTemplate,
    family: Option<FamilyName>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> Sought {
    let Some(raw) = &raw.ami else {
        report.missing(at, "ami", Some("add `ami: {eksOptimized: latest}`"));
        return Sought {
            ami: AmiSource::EksOptimized(Release::Latest),
            pinned_by: PinnedBy::LaunchTemplate,
            min_age: None,
            deny: BTreeSet::new(),
        };
    };
    let at = at.key("ami");
    let (ami, pinned_by) = ami::ami(raw, family, &at, report);
    let (min_age, deny) = ami::passed_over(raw, &ami, &at, report);
    Sought {
        ami,
        pinned_by,
        min_age,
        deny,
    }
}

fn key_name(name: &str) -> Check {
    match name.len() {
        1..=255 => Ok(()),
        _ => Err(flaw("the name of a key pair has 1 to 255 characters")),
    }
}

/// The family (none if it is missing or not there yet), architecture and variant.
fn image_kind(
    raw: &RawLaunchTemplate,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> (Option<FamilyName>, Arch, Variant) {
    let family = match &raw.family {
        Some(RawFamily::Later(name)) => {
            let family = serde_json::from_value(serde_json::Value::from(name.as_str())).ok();
            if family.is_none() {
                report.not_yet(&at.key("family"), name);
            }
            family
        }
        Some(raw) => family_name(raw),
        None => {
            report.missing(at, "family", Some("add `family: AL2023`"));
            None
        }
    };
    let arch = match raw.arch {
        Some(RawArch::Arm64) => Arch::Arm64,
        _ => Arch::X86_64,
    };
    let variant = match &raw.variant {
        Some(RawVariant::Nvidia) => Variant::Nvidia,
        Some(RawVariant::Neuron) => Variant::Neuron,
        Some(RawVariant::Fips) => Variant::Fips,
        Some(RawVariant::NvidiaFips) => Variant::NvidiaFips,
        Some(RawVariant::Pro) => Variant::Pro,
        Some(RawVariant::Later(name)) => {
            report.not_yet(&at.key("variant"), name);
            Variant::Standard
        }
        Some(RawVariant::Standard) | None => Variant::Standard,
    };
    if let Some(name) = family
        && !report.pruned.contains(&at.key("arch"))
        && let Err(error) = crate::family::family(name).combination(arch, variant)
    {
        // The variant is what was asked for beyond the ordinary; without one it is the architecture.
        let key = if raw.variant.is_some() {
            "variant"
        } else {
            "arch"
        };
        report.error_hint(&at.key(key), error.problem(), error.cure());
    }
    (family, arch, variant)
}

fn family_name(raw: &RawFamily) -> Option<FamilyName> {
    Some(match raw {
        RawFamily::AL2 => FamilyName::AL2,
        RawFamily::AL2023 => FamilyName::AL2023,
        RawFamily::Bottlerocket => FamilyName::Bottlerocket,
        RawFamily::Windows2019Core => FamilyName::Windows2019Core,
        RawFamily::Windows2019Full => FamilyName::Windows2019Full,
        RawFamily::Windows2022Core => FamilyName::Windows2022Core,
        RawFamily::Windows2022Full => FamilyName::Windows2022Full,
        RawFamily::Windows2025Core => FamilyName::Windows2025Core,
        RawFamily::Windows2025Full => FamilyName::Windows2025Full,
        RawFamily::Ubuntu2004 => FamilyName::Ubuntu2004,
        RawFamily::Ubuntu2204 => FamilyName::Ubuntu2204,
        RawFamily::Ubuntu2404 => FamilyName::Ubuntu2404,
        RawFamily::Ubuntu2604 => FamilyName::Ubuntu2604,
        RawFamily::Custom => FamilyName::Custom,
        RawFamily::Later(_) => return None,
    })
}

/// The clusters of each template: as given, or those whose groups use it; and what they have to say.
pub(super) fn check_clusters(
    raw: &RawFleet,
    templates: &mut [LaunchTemplate],
    groups: &[NodeGroup],
    clusters: &[Cluster],
    report: &mut Report<'_>,
) {
    let all_groups_known = all_groups_known(raw, templates, groups, report);
    let at = SpecPath::default().key("launchTemplates");
    for ((at, raw_template), template) in present(&raw.launch_templates, &at)
        .into_iter()
        .zip(templates)
    {
        let mut users = groups
            .iter()
            .filter(|group| group.launch_template == template.name);
        if raw_template.clusters.is_some() {
            check_given_clusters(raw, raw_template, &at, template, clusters, report);
            check_users(raw, &at, template, users, report);
        } else if !report.pruned.contains(&at.key("clusters")) {
            let unused = users.next().is_none();
            template.clusters = used_in(&template.name, groups, clusters);
            if unused && all_groups_known && raw_template.name.is_some() {
                report.error_hint(
                    &at,
                    "no node group uses this launch template",
                    "use it in `nodeGroups`, or say which clusters it is for with `clusters: […]`",
                );
            }
        }
        let of_it: Vec<&Cluster> = clusters
            .iter()
            .filter(|c| template.clusters.contains(&c.name))
            .collect();
        if raw_template.family.is_some() {
            versions::check(&at, template, &of_it, report);
        }
        extra::check_together(raw_template, template, &at, report);
        surroundings::check(&at, template, &of_it, report);
    }
}

/// Whether every group names a template that is there. Only then is one that no group names surely unused,
/// and not the one that a group misspells.
fn all_groups_known(
    raw: &RawFleet,
    templates: &[LaunchTemplate],
    groups: &[NodeGroup],
    report: &Report<'_>,
) -> bool {
    let known = |group: &NodeGroup| {
        templates
            .iter()
            .any(|template| template.name == group.launch_template)
    };
    !report
        .pruned
        .contains(&SpecPath::default().key("nodeGroups"))
        && groups.iter().all(known)
        && complete_or_absent(raw)
}

fn check_given_clusters(
    raw: &RawFleet,
    raw_template: &RawLaunchTemplate,
    at: &SpecPath,
    template: &LaunchTemplate,
    clusters: &[Cluster],
    report: &mut Report<'_>,
) {
    let names: Vec<&str> = clusters
        .iter()
        .map(|cluster| cluster.name.as_str())
        .collect();
    let complete = complete(&raw.clusters, |cluster| cluster.name.is_some());
    let at = at.key("clusters");
    for (path, name) in present(&raw_template.clusters, &at) {
        reference(&path, name, "cluster", &names, complete, report);
    }
    if template.clusters.is_empty() {
        report.error(&at, "no cluster is given");
    }
}

/// The clusters whose groups use a template, in the spec's order of clusters, whatever that of groups.
fn used_in(template: &str, groups: &[NodeGroup], clusters: &[Cluster]) -> Vec<String> {
    let uses = |cluster: &&Cluster| {
        groups
            .iter()
            .any(|g| g.launch_template == template && g.cluster == cluster.name)
    };
    clusters
        .iter()
        .filter(uses)
        .map(|cluster| cluster.name.clone())
        .collect()
}

fn complete_or_absent(raw: &RawFleet) -> bool {
    raw.node_groups.is_none() || complete(&raw.node_groups, |group| group.launch_template.is_some())
}

/// A group's cluster is among those that its template names.
fn check_users<'g>(
    raw: &RawFleet,
    at: &SpecPath,
    template: &LaunchTemplate,
    users: impl Iterator<Item = &'g NodeGroup>,
    report: &mut Report<'_>,
) {
    let names: Vec<&str> = raw
        .clusters
        .iter()
        .flat_map(|list| &list.0)
        .flatten()
        .filter_map(|c| c.name.as_deref())
        .collect();
    for group in users {
        // A cluster that is not there at all is reported as that.
        if names.contains(&group.cluster.as_str()) && !template.clusters.contains(&group.cluster) {
            report.error_hint(
                &SpecPath::default()
                    .key("nodeGroups")
                    .index(group.index)
                    .key("launchTemplate"),
                format!(
                    "the launch template `{}` is not for the cluster `{}`",
                    template.name, group.cluster
                ),
                format!("add it to {at}.clusters"),
            );
        }
    }
}
