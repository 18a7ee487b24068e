//! STS: who the caller is.

use serde_json::json;

use crate::{Answer, AwsError, Call, protocol};

/// Everybody is the same user of their account.
pub fn caller_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:user/sandbox")
}

pub fn handle(call: &Call<'_>) -> Answer {
    match call.operation {
        "GetCallerIdentity" => Ok(json!({
            "Account": call.account,
            "Arn": caller_arn(call.account),
            "UserId": "AIDASANDBOXSANDBOX000",
        })),
        other => Err(AwsError::new(
            400,
            "InvalidAction",
            protocol::not_supported(other),
        )),
    }
}
