//! From a request to what instances are launched from: the rules of launch template, AMI type, image,
//! release and instance type together (EKS user guide, "Customize managed nodes with launch templates").

use serde_json::{Value, json};

use super::ami_types::{self, AmiType};
use super::error::EksError;
use super::merge::{self, Group};
use super::template::{self, Chosen};
use crate::node;
use crate::world::{HealthIssue, Image, Offered, Target, View};

/// What a target is made of, once the rules that differ between create and update are done with.
pub(super) struct Parts<'a> {
    pub view: View<'a>,
    pub chosen: Option<Chosen>,
    pub kind: Kind<'a>,
    /// its launch template is `chosen`
    pub group: Group<'a>,
    /// Kubernetes minor
    pub kubernetes: &'a str,
    /// of the request or the group; empty if the launch template names the type
    pub instance_types: &'a [String],
    /// of a group without a launch template
    pub disk_size: Option<i64>,
    /// the code of a problem that EKS finds only afterwards
    pub late_code: &'static str,
}

/// Where the image comes from.
pub(super) enum Kind<'a> {
    /// the launch template names it
    Custom,
    /// a release of an AMI type: this one, or the recommended one
    Optimized(&'static AmiType, Option<&'a str>),
}

pub(super) fn image_id(chosen: Option<&Chosen>) -> Option<&str> {
    chosen?.data["ImageId"].as_str()
}

pub(super) fn instance_type(chosen: Option<&Chosen>) -> Option<&str> {
    chosen?.data["InstanceType"].as_str()
}

/// Checks the parts against each other and puts them together.
pub(super) fn assemble(parts: Parts<'_>) -> Result<Target, EksError> {
    let chosen = parts.chosen.as_ref();
    template::of_capacity_block(chosen, parts.group.capacity_type)?;
    if let Some(chosen) = chosen {
        template::allowed(&chosen.data, parts.group.capacity_type)?;
        template::refers_to_what_exists(parts.view.own, &chosen.data)?;
    }
    let (release_version, image) = match &parts.kind {
        Kind::Custom => custom_image(parts.view, chosen)?,
        Kind::Optimized(ami_type, release) => {
            ami_type.release(parts.view, parts.kubernetes, *release)?
        }
    };
    let from_template = instance_type(chosen).map(str::to_owned);
    let instance_types: Vec<&String> = from_template.iter().chain(parts.instance_types).collect();
    for name in &instance_types {
        fits(parts.view.offered, name, image, &parts.kind)?;
    }
    let user_data = user_data(&parts, image);
    let refused = user_data.refusal.map(|text| HealthIssue {
        code: parts.late_code.to_owned(),
        message: text.to_owned(),
        resource_ids: chosen.map(|chosen| chosen.id.clone()).into_iter().collect(),
    });
    Ok(Target {
        version: parts.kubernetes.to_owned(),
        release_version,
        launch_template: parts
            .chosen
            .as_ref()
            .map(|c| (c.id.clone(), c.name.clone(), c.version)),
        refused,
        never_joins: user_data.never_joins,
        data: launched(&parts, image, instance_types.first(), user_data.merged),
    })
}

/// The launch-template data that EKS makes of the user's.
fn launched(
    parts: &Parts<'_>,
    image: &Image,
    instance_type: Option<&&String>,
    merged: Option<String>,
) -> Value {
    let chosen = parts.chosen.as_ref();
    let mut data = chosen.map_or_else(|| json!({}), |chosen| chosen.data.clone());
    if let Some(merged) = merged {
        data["UserData"] = json!(merged);
    }
    data["ImageId"] = json!(image.id);
    data["InstanceType"] = json!(instance_type);
    if let Some(size) = parts.disk_size {
        data["BlockDeviceMappings"] =
            json!([{"DeviceName": image.root_device_name, "Ebs": {"VolumeSize": size}}]);
    }
    data
}

/// What becomes of the user data.
struct UserData {
    /// what EKS says if it cannot merge it
    refusal: Option<&'static str>,
    /// what EKS made of it; none for an own image, whose nodes get the user's bytes
    merged: Option<String>,
    never_joins: bool,
}

/// EKS merges nothing into the user data of an own image: what starts a node must be in it.
fn user_data(parts: &Parts<'_>, image: &Image) -> UserData {
    let chosen = parts.chosen.as_ref();
    let given = chosen.and_then(|chosen| chosen.data["UserData"].as_str());
    let given = given.unwrap_or_default();
    let Group { cluster, name, .. } = parts.group;
    let (refusal, merged) = match &parts.kind {
        Kind::Custom => (None, None),
        Kind::Optimized(ami_type, _) => {
            let template = chosen.map(|chosen| (chosen.id.as_str(), chosen.version));
            let group = Group {
                template,
                ..parts.group
            };
            let merged = merge::merged(ami_type.system(), &group, image, given);
            (
                ami_type.refusal(given).or(merge::refusal(&merged)),
                Some(merged),
            )
        }
    };
    let booted = merged.as_deref().unwrap_or(given);
    let boots = refusal.is_none();
    let why = boots
        .then(|| node::never_joins(image, cluster, booted))
        .flatten();
    if let Some(why) = why {
        tracing::info!(
            cluster = cluster.name,
            node_group = name,
            why,
            "nodes will not join"
        );
    }
    UserData {
        refusal,
        merged,
        never_joins: why.is_some(),
    }
}

/// The image that the launch template names. For such a group EKS shows the image's id as its release.
fn custom_image<'r>(
    view: View<'r>,
    chosen: Option<&Chosen>,
) -> Result<(String, &'r Image), EksError> {
    let Some(id) = image_id(chosen) else {
        // seen in a lab, not in AWS's documentation
        return Err(EksError::InvalidParameter(
            "The request must contain the parameter ImageId".to_owned(),
        ));
    };
    if id.starts_with("resolve:ssm:") {
        let text = "an ImageId of the form resolve:ssm: is not supported by the nodemint sandbox";
        return Err(EksError::InvalidParameter(text.to_owned()));
    }
    // EC2's texts for an image that is missing, or that is there and cannot be launched
    match view.image(id) {
        Some(image) if image.state == "available" => Ok((id.to_owned(), image)),
        Some(_) => Err(template::not_launchable(&format!(
            "The image '[{id}]' is not available"
        ))),
        None => Err(template::not_launchable(&format!(
            "The image id '[{id}]' does not exist"
        ))),
    }
}

fn fits(offered: Offered<'_>, name: &str, image: &Image, kind: &Kind<'_>) -> Result<(), EksError> {
    let Some(instance_type) = offered.get(name) else {
        // EC2's text; not attested from EKS
        let text = format!("The following supplied instance types do not exist: [{name}]");
        return Err(EksError::InvalidParameter(text));
    };
    if instance_type.architectures.contains(&image.architecture) {
        return Ok(());
    }
    Err(match kind {
        Kind::Optimized(ami_type, _) => {
            let text = format!(
                "[{name}] is not a valid instance type for requested amiType {}",
                ami_type.name
            );
            EksError::InvalidParameter(text)
        }
        Kind::Custom => template::not_launchable(&format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{}' of \
             the specified AMI. Specify an instance type and an AMI that have matching architectures, and \
             try again.",
            instance_type.architectures.join(","),
            image.architecture
        )),
    })
}

/// Whether a group runs an image of its own.
pub(super) fn is_custom(ami_type: &str) -> bool {
    ami_type == ami_types::CUSTOM
}

/// A `null` for what has no value, as `serde_json` would leave it.
pub(super) fn without_nulls(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, member| !member.is_null());
    }
    value
}
