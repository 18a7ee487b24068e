//! What a request to create a node group may say, member by member and beside a launch template.

use std::collections::BTreeSet;

use super::create::CreateInput;
use super::error::EksError;
use super::template::Chosen;
use super::{labels, scaling, tags, target, unsupported};
use crate::world::{Cluster, Region, View};
use crate::{Call, partition};

/// The rules that hold for each member by itself.
pub(super) fn members(
    call: &Call<'_>,
    region: &Region,
    cluster: &Cluster,
    given: &CreateInput,
) -> Result<(), EksError> {
    unsupported(&[
        ("nodeRepairConfig", given.node_repair_config.is_some()),
        ("warmPoolConfig", given.warm_pool_config.is_some()),
        (
            "remoteAccess",
            given.remote_access.is_some() && given.launch_template.is_none(),
        ),
    ])?;
    if cluster.status != "ACTIVE" {
        // not attested
        let text = format!("Cluster '{}' is not in ACTIVE status", cluster.name);
        return Err(EksError::InvalidRequest(text));
    }
    name(&given.nodegroup_name)?;
    if region
        .node_group(&cluster.name, &given.nodegroup_name)
        .is_some()
    {
        return Err(EksError::ResourceInUse(format!(
            "NodeGroup already exists with name {} and cluster name {}",
            given.nodegroup_name, cluster.name
        )));
    }
    if given
        .version
        .as_ref()
        .is_some_and(|version| *version != cluster.version)
    {
        // the cluster's version is the only one taken (API reference); the text is that of an update
        let text = "Nodegroup Kubernetes version should be equal to Cluster kubernetes version";
        return Err(EksError::InvalidParameter(format!(
            "{text} {}",
            cluster.version
        )));
    }
    subnets(region, cluster, &given.subnets)?;
    node_role(call, &given.node_role)?;
    labels::check(&given.labels)?;
    tags::check(&given.tags).map_err(EksError::InvalidParameter)?;
    given
        .update_config
        .as_ref()
        .map_or(Ok(()), scaling::update_config)
}

fn name(name: &str) -> Result<(), EksError> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let good = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= 63
        && name.chars().all(inner);
    if good {
        return Ok(());
    }
    // the rule is the API reference's; the text is not attested
    Err(EksError::InvalidParameter(format!(
        "The nodegroup name {name} is not valid: it has at most 63 letters, digits, hyphens and underscores, \
         and begins with a letter or a digit"
    )))
}

/// None of the texts is attested.
fn subnets(region: &Region, cluster: &Cluster, given: &[String]) -> Result<(), EksError> {
    if given.is_empty() {
        return Err(EksError::InvalidParameter(
            "Subnets must be specified".to_owned(),
        ));
    }
    for id in given {
        match region.subnets.get(id) {
            None => {
                let text = format!("The subnet ID '{id}' does not exist");
                return Err(EksError::InvalidParameter(text));
            }
            Some(subnet) if subnet.vpc != cluster.vpc => {
                let text = format!(
                    "The subnet '{id}' is not in the VPC {} of the cluster",
                    cluster.vpc
                );
                return Err(EksError::InvalidParameter(text));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Every zone of the group's subnets offers its instance types. EKS hands EC2's words on
/// (eksctl-io/eksctl#6461, awslabs/ec2-spot-workshops#154, where one zone of several was enough). That each
/// of several types is looked at is inferred.
pub(super) fn zones(view: View<'_>, subnets: &[String], types: &[&str]) -> Result<(), EksError> {
    let wanted: BTreeSet<&str> = subnets
        .iter()
        .filter_map(|id| view.own.subnets.get(id))
        .map(|subnet| subnet.zone.as_str())
        .collect();
    for instance_type in types.iter().filter_map(|name| view.offered.get(name)) {
        let offering = view.offered.zones(instance_type);
        if let Some(zone) = wanted.iter().find(|zone| !offering.contains(zone)) {
            return Err(EksError::InvalidRequest(format!(
                "Your requested instance type ({}) is not supported in your requested Availability Zone ({zone}). \
                 Please retry your request by not specifying an Availability Zone or choosing {}.",
                instance_type.name,
                offering.join(", ")
            )));
        }
    }
    Ok(())
}

/// `arn:aws:iam::111122223333:role/NAME`, of the region's partition. Node roles themselves are not simulated.
/// The text of a malformed one is not attested.
fn node_role(call: &Call<'_>, arn: &str) -> Result<(), EksError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let good = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            *partition == partition::of(call.region).name
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && resource
                    .strip_prefix("role/")
                    .is_some_and(|name| !name.is_empty())
        }
        _ => false,
    };
    if good && parts.get(4) == Some(&call.account) {
        return Ok(());
    }
    if good {
        // what Lambda and CloudFormation say (serverless#3374); not attested from EKS
        let text = "Cross-account pass role is not allowed.";
        return Err(EksError::AccessDenied(text.to_owned()));
    }
    Err(EksError::InvalidParameter(format!(
        "The nodeRole {arn} is not the ARN of an IAM role"
    )))
}

/// What a request may not say beside a launch template, and the other way round.
pub(super) fn with_template(given: &CreateInput, chosen: Option<&Chosen>) -> Result<(), EksError> {
    let ami_type = given.ami_type.as_deref();
    if chosen.is_none() {
        if ami_type.is_some_and(target::is_custom) {
            let text = "Launch template details can't be null for Custom ami type node group";
            return Err(EksError::InvalidParameter(text.to_owned()));
        }
        return Ok(());
    }
    if given.disk_size.is_some() {
        let text = "Disk size must be specified within the launch template.";
        return Err(EksError::InvalidParameter(text.to_owned()));
    }
    if given.remote_access.is_some() {
        let text = "Remote access configuration cannot be specified with a launch template.";
        return Err(EksError::InvalidParameter(text.to_owned()));
    }
    if target::instance_type(chosen).is_some() && !given.instance_types.is_empty() {
        let text = "Cannot specify instance types in launch template and API Request";
        return Err(EksError::InvalidRequest(text.to_owned()));
    }
    if target::image_id(chosen).is_none() {
        return Ok(());
    }
    if ami_type.is_some_and(|ami_type| !target::is_custom(ami_type)) {
        return Err(EksError::InvalidParameter(
            "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch \
             template."
                .to_owned(),
        ));
    }
    if given.version.is_some() || given.release_version.is_some() {
        // the text for a version; the one for a release version is not attested
        return Err(EksError::InvalidParameter(
            "You cannot specify a kubernetes version to use when specifying an image id to use within the \
             launch template."
                .to_owned(),
        ));
    }
    Ok(())
}
