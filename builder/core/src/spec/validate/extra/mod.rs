//! `launchTemplateData`: what EC2 takes beyond the spec's own fields, in EC2's names.
//!
//! What cannot stand there at all is refused first (`refused`), then every value is held to the schema (`values`),
//! then read, then looked at together (`network`, `tags`, and here).

mod network;
mod refused;
mod tags;
mod values;

use super::super::path::Step;
use super::super::raw::RawLaunchTemplate;
use super::super::read::{Report, find, read};
use super::super::tree::{Kind, Node};
use super::super::{LaunchTemplate, SpecPath};
use crate::launch_template::Data;

/// The extra data of the template at `template`, read from the tree so that every problem has its place.
pub(super) fn extra(root: &Node, template: &SpecPath, report: &mut Report<'_>) -> Data {
    let at = template.key("launchTemplateData");
    if report.pruned.contains(&at) {
        return Data::default();
    }
    let Some(node) = find(root, &SpecPath::default(), &at) else {
        return Data::default();
    };
    if !matches!(node.kind, Kind::Map { .. }) {
        return Data::default();
    }
    refused::check(node, &at, report);
    values::check(node, &at, report);
    read(node, &at, report)
}

/// What must fit together: values of the data among themselves, and beside the spec's own fields.
pub(super) fn check_together(
    raw: &RawLaunchTemplate,
    template: &LaunchTemplate,
    at: &SpecPath,
    report: &mut Report<'_>,
) {
    let data_at = at.key("launchTemplateData");
    if raw.launch_template_data.is_none() || lost_an_item(&data_at, report) {
        return;
    }
    network::check(template, &data_at, report);
    tags::check(template, &data_at, report);
    requirements(template, &data_at, report);
}

/// Whether an item of a list in the data was wrong and is gone: then the others do not stand where they seem to.
fn lost_an_item(at: &SpecPath, report: &Report<'_>) -> bool {
    report.pruned.iter().any(|path| {
        path.steps().starts_with(at.steps()) && matches!(path.last(), Some(Step::Index(_)))
    })
}

fn requirements(template: &LaunchTemplate, at: &SpecPath, report: &mut Report<'_>) {
    if template.extra.instance_requirements.is_none() {
        return;
    }
    let at = at.key("InstanceRequirements");
    if template.instance_type.is_some() {
        report.error_hint(
            &at,
            "EC2 takes either `instanceType` or `InstanceRequirements`",
            "keep one of the two",
        );
        return;
    }
    report.warn(
        &at,
        "EKS does not document what managed node groups make of `InstanceRequirements`",
        "name types in `instanceTypes` of the node group",
    );
}
