//! Whether nodes can be launched: the images, the instance types and the Kubernetes versions of a plan.
//!
//! Where something is about to change, what does not fit blocks the plan. Where nothing is, it is a
//! warning: there would be nothing to apply, and the nodes that run go on running.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::group::existing_types;
use super::{Finding, FindingKind, GroupAction, GroupOutlook, Plan, TemplateAction};
use crate::desired::{Desired, DesiredGroup, DesiredTemplate};
use crate::fit::{self, Misfit, Severity};
use crate::launch_template::Data;
use crate::observed::{Image, Observed, ObservedGroup};
use crate::site::Site;
use crate::spec::KubernetesVersion;

/// What was read of an image.
pub(super) enum Seen<'a> {
    /// Nobody could ask, or did.
    Unread,
    Gone,
    There(&'a Image),
}

pub(super) fn seen<'a>(observed: &'a Observed, site: &Site, id: &str) -> Seen<'a> {
    match observed.images.get(site) {
        Some(images) if !observed.images_unread.contains(site) => {
            images.get(id).map_or(Seen::Gone, Seen::There)
        }
        _ => Seen::Unread,
    }
}

pub(super) fn gone(id: &str) -> Misfit {
    Misfit {
        severity: Severity::Error,
        message: format!("image {id} does not exist any more, or is not shared with this account"),
        hint: "choose another image, with `nodemint resolve --update` if it is in the lock"
            .to_owned(),
    }
}

/// Checks everything that `plan`, whose groups are planned, is to launch nodes from.
pub(super) fn check(desired: &Desired, observed: &Observed, now: Timestamp, plan: &mut Plan) {
    for template in &desired.templates {
        let changing = template_changes(template, plan);
        let subject = format!("launch template {}/{}", template.site, template.name);
        let mut misfits = template_misfits(template, observed, now);
        if !group_blocked(template, plan) {
            misfits.extend(skew(template, observed));
        }
        tell(misfits, changing, &subject, None, plan);
    }
    for group in &desired.groups {
        let changing = outlook_of(group, plan).is_some_and(launches);
        let subject = super::resume::group_subject(&group.spec.cluster, &group.spec.name);
        let path = format!("nodeGroups[{}]", group.spec.index);
        let misfits = group_misfits(group, desired, observed);
        tell(misfits, changing, &subject, Some(path), plan);
    }
}

/// What does not fit, as findings. Two clusters with the same content say it once.
pub(super) fn tell(
    misfits: Vec<Misfit>,
    changing: bool,
    subject: &str,
    path: Option<String>,
    plan: &mut Plan,
) {
    for misfit in misfits {
        let blocks = changing && misfit.severity == Severity::Error;
        let kind = if blocks {
            FindingKind::Preflight
        } else {
            FindingKind::Warning
        };
        let mut finding = Finding::new(kind, subject, misfit.message).hint(misfit.hint);
        finding.path.clone_from(&path);
        let findings = if blocks {
            &mut plan.blockers
        } else {
            &mut plan.warnings
        };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
}

/// Whether a group's plan starts nodes.
fn launches(outlook: &GroupOutlook) -> bool {
    matches!(outlook.action, GroupAction::Create | GroupAction::Roll)
}

fn outlook_of<'a>(group: &DesiredGroup, plan: &'a Plan) -> Option<&'a GroupOutlook> {
    let spec = &group.spec;
    let mut outlooks = plan.node_groups.iter();
    outlooks.find(|outlook| outlook.cluster == spec.cluster && outlook.name == spec.name)
}

/// Whether a version is minted, or nodes are started from one that exists.
fn template_changes(template: &DesiredTemplate, plan: &Plan) -> bool {
    let minted = plan.launch_templates.iter().any(|outlook| {
        outlook.action != TemplateAction::Unchanged
            && outlook.name == template.name
            && outlook.clusters.contains(&template.cluster)
    });
    let rolled = plan.node_groups.iter().any(|outlook| {
        outlook.launch_template == template.name
            && outlook.cluster == template.cluster
            && launches(outlook)
    });
    minted || rolled
}

/// A group that is blocked has its reason, and the skew of its image would be one.
fn group_blocked(template: &DesiredTemplate, plan: &Plan) -> bool {
    plan.node_groups.iter().any(|outlook| {
        outlook.launch_template == template.name
            && outlook.cluster == template.cluster
            && outlook.action == GroupAction::Blocked
    })
}

fn template_misfits(
    template: &DesiredTemplate,
    observed: &Observed,
    now: Timestamp,
) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    // With a release version, EKS finds the image of the release itself.
    let Some(id) = &template.data.image_id else {
        return misfits;
    };
    match seen(observed, &template.site, id) {
        Seen::Unread => {}
        Seen::Gone => misfits.push(gone(id)),
        Seen::There(image) => {
            let request = &template.image.request;
            misfits.extend(fit::image(request, image, now));
        }
    }
    misfits
}

fn skew(template: &DesiredTemplate, observed: &Observed) -> Vec<Misfit> {
    let cluster = observed.clusters.get(&template.cluster);
    let node = minor(&template.image.request.kubernetes_version);
    let control_plane = cluster.and_then(|cluster| minor(&cluster.version));
    let versions = node.zip(control_plane);
    let misfit = versions.and_then(|(node, control_plane)| fit::skew(node, control_plane).err());
    misfit.into_iter().collect()
}

pub(super) fn minor(text: &str) -> Option<KubernetesVersion> {
    text.parse().ok()
}

fn group_misfits(group: &DesiredGroup, desired: &Desired, observed: &Observed) -> Vec<Misfit> {
    let spec = &group.spec;
    let mut templates = desired.templates.iter();
    let template =
        templates.find(|one| one.name == spec.launch_template && one.cluster == spec.cluster);
    let have = observed.group(&spec.cluster, &spec.name);
    if let Some(pin) = spec.launch_template_version {
        return pinned_misfits(group, pin, have, observed);
    }
    let Some(template) = template else {
        return Vec::new();
    };
    let types = types_of(&template.data, group, have);
    let mut misfits = Vec::new();
    if let Seen::There(image) = seen(observed, &group.site, &template.image.image_id) {
        let request = &template.image.request;
        misfits.extend(machine_misfits(
            &types,
            &group.site,
            observed,
            |name, found| fit::instance_type(request.family, request.variant, image, name, found),
        ));
    }
    let subnets = have.map_or(&spec.subnets, |have| &have.subnets);
    misfits.extend(zone_misfits(&types, subnets, &group.site, observed));
    misfits
}

/// A pinned group takes nothing of what the spec describes: what counts is the version that it names.
fn pinned_misfits(
    group: &DesiredGroup,
    pin: i64,
    have: Option<&ObservedGroup>,
    observed: &Observed,
) -> Vec<Misfit> {
    let spec = &group.spec;
    let template = observed.template(&group.site, &spec.launch_template);
    let Some(version) = template.and_then(|template| template.version(pin)) else {
        return Vec::new();
    };
    let types = types_of(&version.data, group, have);
    let subnets = have.map_or(&spec.subnets, |have| &have.subnets);
    version_misfits(&version.data, &types, subnets, &group.site, observed)
}

/// The instance types that are known to be used; of requirements EC2 makes types at every launch anew.
fn types_of(data: &Data, group: &DesiredGroup, have: Option<&ObservedGroup>) -> Vec<String> {
    match &data.instance_type {
        Some(one) => vec![one.clone()],
        None if data.instance_requirements.is_some() => Vec::new(),
        None => existing_types(group, have),
    }
}

fn machine_misfits(
    types: &[String],
    site: &Site,
    observed: &Observed,
    check: impl Fn(&str, Option<&crate::observed::InstanceType>) -> Vec<Misfit>,
) -> Vec<Misfit> {
    let known = observed.instance_types.get(site);
    let Some(known) = known.filter(|_| !observed.instance_types_unread.contains(site)) else {
        return Vec::new();
    };
    let misfits = types.iter().flat_map(|name| check(name, known.get(name)));
    misfits.collect()
}

/// Types that the region does not have are told of already.
pub(super) fn zone_misfits(
    types: &[String],
    subnets: &[String],
    site: &Site,
    observed: &Observed,
) -> Vec<Misfit> {
    let read =
        !observed.instance_types_unread.contains(site) && !observed.subnets_unread.contains(site);
    let known = observed
        .instance_types
        .get(site)
        .zip(observed.offerings.get(site));
    let Some((known, offerings)) = known.filter(|_| read) else {
        return Vec::new();
    };
    let found = subnets.iter().filter_map(|id| observed.subnet(site, id));
    let zones: BTreeSet<String> = found.map(|subnet| subnet.zone.clone()).collect();
    let there = types.iter().filter(|name| known.contains_key(*name));
    let offered: Vec<(&str, BTreeSet<String>)> = there
        .map(|name| {
            (
                name.as_str(),
                offerings.get(name).cloned().unwrap_or_default(),
            )
        })
        .collect();
    fit::zones(&offered, &zones)
}

/// What keeps a version that exists from starting nodes: for rollbacks, where nobody remembers what was
/// asked for.
pub(super) fn version_misfits(
    data: &Data,
    types: &[String],
    subnets: &[String],
    site: &Site,
    observed: &Observed,
) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    match data
        .image_id
        .as_deref()
        .map(|id| (id, seen(observed, site, id)))
    {
        None | Some((_, Seen::Unread)) => {}
        Some((id, Seen::Gone)) => misfits.push(gone(id)),
        Some((_, Seen::There(image))) => {
            misfits.extend(fit::launchable(image));
            misfits.extend(machine_misfits(types, site, observed, |name, found| {
                fit::machine(image, name, found)
            }));
        }
    }
    misfits.extend(zone_misfits(types, subnets, site, observed));
    misfits
}
