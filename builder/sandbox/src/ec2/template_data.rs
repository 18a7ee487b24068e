//! What EC2 checks in the data of a launch template when a version is made. It is little: most of what is
//! wrong with a template only shows when something is launched from it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{invalid, is_id, tags};
use crate::input::{items, text};
use crate::model::Model;
use crate::{AwsError, Service};

/// Before base64 (Amazon EC2 user guide, user data).
pub(crate) const MAX_USER_DATA: usize = 16_384;
/// What EC2 says of more.
pub(crate) const TOO_LARGE: &str = "User data is limited to 16384 bytes";
/// What a launch can tag.
const LAUNCHED: [&str; 4] = [
    "instance",
    "volume",
    "network-interface",
    "spot-instances-request",
];

pub fn check(data: &Value) -> Result<(), AwsError> {
    if data.as_object().is_none_or(serde_json::Map::is_empty) {
        let text = "The request must contain the parameter LaunchTemplateData";
        return Err(AwsError::new(400, "MissingParameter", text));
    }
    if let Some(image) = text(data, "ImageId") {
        check_image(image)?;
    }
    if let Some(instance_type) = text(data, "InstanceType") {
        check_instance_type(instance_type)?;
        if data.get("InstanceRequirements").is_some() {
            let text = "You cannot specify both InstanceType and InstanceRequirements.";
            return Err(AwsError::new(400, "InvalidParameterCombination", text));
        }
    }
    if let Some(user_data) = text(data, "UserData") {
        check_user_data(user_data)?;
    }
    check_hop_limit(&data["MetadataOptions"]["HttpPutResponseHopLimit"])?;
    for specification in items(data, "TagSpecifications") {
        let resource = text(specification, "ResourceType").unwrap_or_default();
        if !LAUNCHED.contains(&resource) {
            return Err(invalid(format!(
                "'{resource}' is not a valid taggable resource type for this operation."
            )));
        }
        tags::checked(items(specification, "Tags"))?;
    }
    Ok(())
}

/// Stricter than EC2, which takes some ids that cannot exist.
fn check_image(image: &str) -> Result<(), AwsError> {
    if is_id("ami", image) || image.starts_with("resolve:ssm:") {
        return Ok(());
    }
    let text = format!("Invalid id: \"{image}\" (expecting \"ami-...\")");
    Err(AwsError::new(400, "InvalidAMIID.Malformed", text))
}

fn check_instance_type(instance_type: &str) -> Result<(), AwsError> {
    if Model::of(Service::Ec2)
        .shape("InstanceType")
        .values
        .iter()
        .any(|known| known == instance_type)
    {
        return Ok(());
    }
    Err(invalid(format!(
        "Value ({instance_type}) for parameter LaunchTemplateData.InstanceType is invalid."
    )))
}

/// EC2 API reference, LaunchTemplateInstanceMetadataOptionsRequest. The text is not attested.
fn check_hop_limit(limit: &Value) -> Result<(), AwsError> {
    match limit.as_i64() {
        Some(limit) if !(1..=64).contains(&limit) => Err(invalid(format!(
            "Value ({limit}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64."
        ))),
        _ => Ok(()),
    }
}

/// Neither text repeats the user data: it may hold secrets.
fn check_user_data(user_data: &str) -> Result<(), AwsError> {
    let malformed = |text| Err(AwsError::new(400, "InvalidUserData.Malformed", text));
    match STANDARD.decode(user_data) {
        Err(_) => malformed("Invalid BASE64 encoding of user data."),
        Ok(bytes) if bytes.len() > MAX_USER_DATA => malformed(TOO_LARGE),
        Ok(_) => Ok(()),
    }
}
