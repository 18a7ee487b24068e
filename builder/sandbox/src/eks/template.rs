//! The launch template that a request names, and what EKS does not allow in one.

use serde::Deserialize;
use serde_json::Value;

use super::error::EksError;
use crate::world::{LaunchTemplate, Region};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateInput {
    pub id: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
}

/// A version of the user's launch template.
pub(super) struct Chosen {
    pub id: String,
    pub name: String,
    pub version: i64,
    pub data: Value,
}

/// Finds what the request names. A version that was left out is the template's default, and `$Latest` and
/// `$Default` are resolved now (EKS API reference, LaunchTemplateSpecification).
pub(super) fn choose(region: &Region, given: &TemplateInput) -> Result<Chosen, EksError> {
    let template = find(region, given)?;
    let version = match given.version.as_deref() {
        None | Some("$Default") => template.default_version,
        Some("$Latest") => template.latest(),
        // not attested
        Some(other) => other
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| {
                EksError::InvalidParameter(format!(
                    "The launch template version {other} is not valid"
                ))
            })?,
    };
    let Some(found) = template.versions.get(&version) else {
        // EC2's text, as EKS users see it (eksctl#7786)
        return Err(EksError::InvalidParameter(format!(
            "Could not find the specified version {version} for the launch template with ID {}.",
            template.id
        )));
    };
    Ok(Chosen {
        id: template.id.clone(),
        name: template.name.clone(),
        version,
        data: found.data.clone(),
    })
}

fn find<'r>(region: &'r Region, given: &TemplateInput) -> Result<&'r LaunchTemplate, EksError> {
    // EC2's texts for a template that does not exist; not attested from EKS
    match (&given.id, &given.name) {
        (Some(id), None) => region.launch_templates.get(id).ok_or_else(|| {
            EksError::InvalidParameter(format!(
                "The specified launch template, with template ID {id}, does not exist."
            ))
        }),
        (None, Some(name)) => region.launch_template_named(name).ok_or_else(|| {
            EksError::InvalidParameter(format!(
                "The specified launch template, with template name {name}, does not exist."
            ))
        }),
        (Some(_), Some(_)) | (None, None) => Err(EksError::InvalidParameter(
            "Either provide launch template ID or launch template name in the request.".to_owned(),
        )),
    }
}

/// EKS tags instances with keys that have a slash, which the instance metadata cannot show. The text is that
/// of terraform-aws-eks#1785 (January 2022), backslashes and all. Later reports (terraform-aws-eks#1977 and
/// #3046) have EKS leave the option out of its copy without a word; which of the two holds today is not
/// attested, and the sandbox is the stricter one.
const TAGS_IN_METADATA: &str = "'k8s.io/cluster-autoscaler/enabled' is not a valid tag key. Tag keys must \
    match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')";

/// Refuses what a managed node group's launch template must not hold (EKS user guide, "Customize managed
/// nodes with launch templates"). Of the texts those of instance profiles and of tags in the metadata are attested.
pub(super) fn allowed(data: &Value, capacity_type: &str) -> Result<(), EksError> {
    let interfaces = data["NetworkInterfaces"].as_array();
    let in_interface = |member: &str| {
        interfaces.is_some_and(|all| all.iter().any(|interface| interface.get(member).is_some()))
    };
    let instance_level =
        data.get("SecurityGroupIds").is_some() || data.get("SecurityGroups").is_some();
    let prohibited = [
        (
            data.get("IamInstanceProfile").is_some(),
            "Launch template should not specify an instance profile. The noderole in your request will be \
             used to construct an instance profile.",
        ),
        (
            in_interface("SubnetId"),
            "Launch template should not specify a subnet in a network interface.",
        ),
        (
            data.get("InstanceInitiatedShutdownBehavior").is_some(),
            "Launch template should not specify an instance initiated shutdown behavior.",
        ),
        (
            data.get("HibernationOptions").is_some(),
            "Launch template should not specify hibernation options.",
        ),
        (
            data["InstanceMarketOptions"]["MarketType"] == "spot",
            "Launch template should not specify spot instance market options. Use the capacityType of the \
             node group instead.",
        ),
        (
            data.get("InstanceMarketOptions")
                .is_some_and(|options| options["MarketType"] != BLOCK),
            "InstanceMarketOptions other than capacity-block is not supported by the nodemint sandbox",
        ),
        (
            data["InstanceMarketOptions"]["MarketType"] == BLOCK && capacity_type != CAPACITY_BLOCK,
            "Launch template should not specify the market type capacity-block unless the capacity type is \
             CAPACITY_BLOCK.",
        ),
        (
            data.get("InstanceRequirements").is_some(),
            "InstanceRequirements in a launch template is not supported by the nodemint sandbox",
        ),
        (
            instance_level && interfaces.is_some_and(|all| !all.is_empty()),
            "Network interfaces and an instance-level security groups may not be specified on the same request",
        ),
        (
            data["MetadataOptions"]["InstanceMetadataTags"] == "enabled",
            TAGS_IN_METADATA,
        ),
    ];
    match prohibited.iter().find(|(found, _)| *found) {
        Some((_, text)) => Err(EksError::InvalidRequest((*text).to_owned())),
        None => Ok(()),
    }
}

const CAPACITY_BLOCK: &str = "CAPACITY_BLOCK";
const BLOCK: &str = "capacity-block";

/// What a group in a Capacity Block needs of its launch template (EKS user guide, "Create a managed node group with
/// Capacity Blocks for ML": the request is rejected otherwise). No text is attested.
pub(super) fn of_capacity_block(
    chosen: Option<&Chosen>,
    capacity_type: &str,
) -> Result<(), EksError> {
    if capacity_type != CAPACITY_BLOCK {
        return Ok(());
    }
    let Some(chosen) = chosen else {
        let text = "Capacity type CAPACITY_BLOCK needs a launch template";
        return Err(EksError::InvalidParameter(text.to_owned()));
    };
    let data = &chosen.data;
    let target = &data["CapacityReservationSpecification"]["CapacityReservationTarget"];
    let wanted = [
        (data["InstanceType"].is_string(), "InstanceType"),
        (
            data["InstanceMarketOptions"]["MarketType"] == BLOCK,
            "InstanceMarketOptions with the market type capacity-block",
        ),
        (
            target["CapacityReservationId"].is_string(),
            "a CapacityReservationId",
        ),
    ];
    match wanted.iter().find(|(there, _)| !there) {
        Some((_, member)) => Err(EksError::InvalidParameter(format!(
            "A launch template for capacity type CAPACITY_BLOCK must specify {member}"
        ))),
        None => Ok(()),
    }
}

/// What Auto Scaling says of a template that cannot launch (eksctl#1989 and #8235 have the form).
pub(super) fn not_launchable(detail: &str) -> EksError {
    EksError::InvalidRequest(format!(
        "You must use a valid fully-formed launch template. {detail}"
    ))
}

/// Refuses a template that names a key pair or a security group that does not exist. The details are
/// EC2's texts.
pub(super) fn refers_to_what_exists(region: &Region, data: &Value) -> Result<(), EksError> {
    if let Some(key) = data["KeyName"]
        .as_str()
        .filter(|key| !region.key_pairs.contains_key(*key))
    {
        return Err(not_launchable(&format!(
            "The key pair '{key}' does not exist"
        )));
    }
    let interfaces = data["NetworkInterfaces"].as_array().into_iter().flatten();
    let groups = interfaces
        .map(|interface| &interface["Groups"])
        .chain([&data["SecurityGroupIds"]]);
    let mut groups = groups
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str);
    match groups.find(|group| !region.security_groups.contains_key(*group)) {
        Some(group) => Err(not_launchable(&format!(
            "The security group '{group}' does not exist"
        ))),
        None => Ok(()),
    }
}
