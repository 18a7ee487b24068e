//! Auto Scaling's one verb: which launch templates the groups of a region name.

use aws_sdk_autoscaling::types;
use nodemint_core::observed::GroupTemplate;
use nodemint_core::uses::{AutoScalingGroup, DEFAULT};
use nodemint_engine::ports::CloudError;

use crate::region::AwsCloud;

/// The most groups that a page has (Auto Scaling API reference, DescribeAutoScalingGroups).
const GROUPS_A_PAGE: i32 = 100;

pub(crate) async fn groups(cloud: &AwsCloud) -> Result<Vec<AutoScalingGroup>, CloudError> {
    let call = cloud.read("AutoScaling", "DescribeAutoScalingGroups");
    let request = cloud.autoscaling.describe_auto_scaling_groups();
    let request = request.max_records(GROUPS_A_PAGE);
    let mut pages = request.into_paginator().items().send();
    let mut groups = Vec::new();
    while let Some(group) = pages.next().await {
        let group = group.map_err(|error| call.failed(error))?;
        groups.push(AutoScalingGroup {
            templates: templates(&group),
            name: call.required(group.auto_scaling_group_name, "AutoScalingGroupName")?,
        });
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(groups)
}

/// Every template that a group names, wherever it does, each once.
fn templates(group: &types::AutoScalingGroup) -> Vec<GroupTemplate> {
    let policy = group.mixed_instances_policy.as_ref();
    let mixed = policy.and_then(|policy| policy.launch_template.as_ref());
    let overrides = mixed.and_then(|mixed| mixed.overrides.as_ref());
    let overrides = overrides.into_iter().flatten();
    let instances = group.instances.iter().flatten();
    let named = [
        group.launch_template.as_ref(),
        mixed.and_then(|mixed| mixed.launch_template_specification.as_ref()),
    ];
    let named = named
        .into_iter()
        .flatten()
        .chain(overrides.filter_map(|one| one.launch_template_specification.as_ref()))
        .chain(instances.filter_map(|one| one.launch_template.as_ref()));
    let mut templates: Vec<GroupTemplate> = Vec::new();
    for one in named.map(read) {
        if !templates.contains(&one) {
            templates.push(one);
        }
    }
    templates
}

fn read(named: &types::LaunchTemplateSpecification) -> GroupTemplate {
    GroupTemplate {
        id: named.launch_template_id.clone(),
        name: named.launch_template_name.clone(),
        // "The default value is $Default" (Auto Scaling API reference, LaunchTemplateSpecification).
        version: named.version.clone().or_else(|| Some(DEFAULT.to_owned())),
    }
}
