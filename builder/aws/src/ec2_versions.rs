//! EC2's verb that takes versions of a launch template away.

use aws_sdk_ec2::types::{LaunchTemplateErrorCode, ResponseError};
use nodemint_engine::ports::{CloudError, DeletedVersions};

use crate::region::AwsCloud;

pub(crate) async fn delete(
    cloud: &AwsCloud,
    template_id: &str,
    versions: &[i64],
) -> Result<DeletedVersions, CloudError> {
    let call = cloud.write("EC2", "DeleteLaunchTemplateVersions");
    let numbers = versions.iter().map(ToString::to_string);
    let answer = cloud
        .ec2
        .delete_launch_template_versions()
        .launch_template_id(template_id)
        .set_versions(Some(numbers.collect()))
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    let mut told = DeletedVersions::default();
    for item in answer
        .successfully_deleted_launch_template_versions
        .unwrap_or_default()
    {
        told.deleted
            .push(call.required(item.version_number, "VersionNumber")?);
    }
    for item in answer
        .unsuccessfully_deleted_launch_template_versions
        .unwrap_or_default()
    {
        let version = call.required(item.version_number, "VersionNumber")?;
        let error = call.required(item.response_error, "ResponseError")?;
        match error.code {
            Some(LaunchTemplateErrorCode::LaunchTemplateVersionDoesNotExist) => {
                told.gone.push(version);
            }
            _ => {
                told.refused.insert(version, text(error));
            }
        }
    }
    // A version of which EC2 says nothing must not pass for deleted.
    for version in versions {
        let is_told = told.deleted.contains(version)
            || told.gone.contains(version)
            || told.refused.contains_key(version);
        if !is_told {
            let silence = "EC2's answer says nothing of it".to_owned();
            told.refused.insert(*version, silence);
        }
    }
    Ok(told)
}

fn text(error: ResponseError) -> String {
    let code = error.code.map(|code| code.as_str().to_owned());
    match (code, error.message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (code, message) => code.or(message).unwrap_or_default(),
    }
}
