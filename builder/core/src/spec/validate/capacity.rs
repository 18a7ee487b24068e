//! How a group's capacity is bought, against what its launch template says of it.
//!
//! Source: EKS user guide, "Create a managed node group with Capacity Blocks for ML": which fields EKS wants, and that
//! it rejects the group otherwise. Its words for that were not seen in public.

use super::super::raw::RawNodeGroup;
use super::super::read::Report;
use super::super::{CapacityType, LaunchTemplate, NodeGroup, SpecPath};

const BLOCK: &str = "capacity-block";

pub(super) fn check(
    at: &SpecPath,
    raw: &RawNodeGroup,
    group: &NodeGroup,
    template: &LaunchTemplate,
    report: &mut Report<'_>,
) {
    if report.pruned.contains(&at.key("capacityType")) {
        return;
    }
    if group.capacity_type == CapacityType::CapacityBlock {
        block(&at.key("capacityType"), template, report);
        one_zone(at, raw, group, report);
    } else if market(template) == Some(BLOCK) {
        report.error_hint(
            &at.key("capacityType"),
            format!(
                "the launch template `{}` is for a Capacity Block (`MarketType: {BLOCK}`), and EKS rejects it for any other \
                 capacity type",
                template.name
            ),
            "set `capacityType: CAPACITY_BLOCK`",
        );
    }
    spot_tags(at, group, template, report);
}

fn market(template: &LaunchTemplate) -> Option<&str> {
    let options = template.extra.instance_market_options.as_ref()?;
    options.market_type.as_deref()
}

/// What EKS wants of the template of such a group.
fn block(at: &SpecPath, template: &LaunchTemplate, report: &mut Report<'_>) {
    let reservation = template.extra.capacity_reservation_specification.as_ref();
    let target = reservation.and_then(|it| it.capacity_reservation_target.as_ref());
    let wanted = [
        (
            template.instance_type.is_some(),
            "instanceType",
            "instanceType: p5.48xlarge",
        ),
        (
            market(template) == Some(BLOCK),
            "launchTemplateData.InstanceMarketOptions.MarketType: capacity-block",
            "launchTemplateData: {InstanceMarketOptions: {MarketType: capacity-block}}",
        ),
        (
            target.is_some_and(|target| target.capacity_reservation_id.is_some()),
            "launchTemplateData.CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId",
            "launchTemplateData: {CapacityReservationSpecification: {CapacityReservationTarget: {CapacityReservationId: cr-…}}}",
        ),
    ];
    for (_, field, example) in wanted.iter().filter(|(there, ..)| !there) {
        report.error_hint(
            at,
            format!(
                "EKS rejects a group in a Capacity Block whose launch template has no `{field}`, and `{}` has none",
                template.name
            ),
            format!("add `{example}` there"),
        );
    }
}

/// A block is in one zone. Which one is not known here, nor are the subnets' zones.
fn one_zone(at: &SpecPath, raw: &RawNodeGroup, group: &NodeGroup, report: &mut Report<'_>) {
    if raw.subnets.is_some() && group.subnets.len() > 1 {
        report.warn(
            &at.key("subnets"),
            "a Capacity Block is in one availability zone, and there are several subnets",
            "name only subnets of the block's zone",
        );
    }
}

/// EC2 API reference, LaunchTemplateTagSpecificationRequest: a launch fails if it makes nothing of a tagged type.
fn spot_tags(at: &SpecPath, group: &NodeGroup, template: &LaunchTemplate, report: &mut Report<'_>) {
    let tags = &template.extra.tag_specifications;
    let tagged = tags
        .iter()
        .any(|one| one.resource_type == "spot-instances-request");
    if tagged && group.capacity_type != CapacityType::Spot {
        report.warn(
            &at.key("launchTemplate"),
            format!(
                "the launch template `{}` tags spot requests, and this group makes none: EC2 documents that a launch fails then",
                template.name
            ),
            "take the `spot-instances-request` tags out of its `TagSpecifications`, or set `capacityType: SPOT`",
        );
    }
}
