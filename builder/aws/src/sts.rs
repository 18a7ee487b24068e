//! STS verbs.

use nodemint_core::observed::Identity;
use nodemint_engine::ports::CloudError;

use crate::region::AwsCloud;

pub(crate) async fn identity(cloud: &AwsCloud) -> Result<Identity, CloudError> {
    let call = cloud.read("STS", "GetCallerIdentity");
    let answer = cloud
        .sts
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| call.failed(error))?;
    Ok(Identity {
        account: call.required(answer.account, "Account")?,
        arn: call.required(answer.arn, "Arn")?,
    })
}
