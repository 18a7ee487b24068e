//! STS: who the caller is, and roles of other accounts to play.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::caller::{Caller, Session};
use crate::input::{number, text};
use crate::world::{Role, World};
use crate::{Answer, AwsError, Call, partition, protocol};

/// How long a session lasts of which nothing is said (STS API reference, AssumeRole).
const DEFAULT_SECONDS: i64 = 3600;
/// The longest session of a role that was assumed by another ("role chaining", same page).
const CHAINED_SECONDS: i64 = 3600;

/// What AssumeRole takes and the sandbox does not simulate.
const NOT_SIMULATED: [&str; 8] = [
    "Policy",
    "PolicyArns",
    "ProvidedContexts",
    "SerialNumber",
    "SourceIdentity",
    "Tags",
    "TokenCode",
    "TransitiveTagKeys",
];

/// The caller, as the resources that they make show them.
pub fn caller_arn(call: &Call<'_>) -> String {
    call.caller.arn(call.region)
}

pub fn handle(world: &World, call: &Call<'_>) -> Answer {
    match call.operation {
        "GetCallerIdentity" => Ok(identity(call)),
        "AssumeRole" => assume(world, call),
        other => Err(AwsError::new(
            400,
            "InvalidAction",
            protocol::not_supported(other),
        )),
    }
}

fn identity(call: &Call<'_>) -> Value {
    let id = match &call.caller.session {
        None => "AIDASANDBOXSANDBOX000".to_owned(),
        Some(session) => role_id(session),
    };
    json!({"Account": call.account, "Arn": caller_arn(call), "UserId": id})
}

/// A role's id and its session's name.
fn role_id(session: &Session) -> String {
    format!("AROASANDBOXSANDBOX000:{}", session.name)
}

fn assume(world: &World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    if let Some(member) = NOT_SIMULATED.iter().find(|it| input.get(**it).is_some()) {
        let what = format!("the parameter {member}");
        return Err(invalid(&protocol::not_supported(&what)));
    }
    let arn = text(input, "RoleArn").unwrap_or_default();
    let (account, resource) = split(arn).ok_or_else(|| invalid("Request ARN is invalid"))?;
    let role = trusting(world, call, account, resource).ok_or_else(|| denied(call, arn))?;
    let seconds = seconds(call, role)?;
    let session = Session {
        account: account.to_owned(),
        role: role.resource(),
        name: text(input, "RoleSessionName")
            .unwrap_or_default()
            .to_owned(),
        expires: world
            .now
            .saturating_add(SignedDuration::from_secs(seconds))
            .unwrap_or(world.now),
    };
    let made = session.credentials(world.seed);
    let player = Caller {
        account: session.account.clone(),
        session: Some(session.clone()),
    };
    Ok(json!({
        "Credentials": {
            "AccessKeyId": made.access_key,
            "SecretAccessKey": made.secret_key,
            "SessionToken": made.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": role_id(&session), "Arn": player.arn(call.region)},
    }))
}

/// The account and the resource of a role's ARN, of whatever partition.
fn split(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else {
        return None;
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_role = resource
        .strip_prefix("role/")
        .is_some_and(|name| !name.is_empty());
    (partition.starts_with("aws") && is_account && is_role).then_some((account, resource))
}

/// The role, if it exists and its trust names the caller. AWS does not say which of the two it was that
/// failed, and says the same of a role of another partition (cdk-diff-action#79).
fn trusting<'w>(
    world: &'w World,
    call: &Call<'_>,
    account: &str,
    resource: &str,
) -> Option<&'w Role> {
    let arn = partition::arn("iam", call.region, account, resource);
    if text(&call.input, "RoleArn") != Some(&arn) {
        return None;
    }
    let roles = world.roles.get(account)?;
    let role = roles.values().find(|role| role.resource() == resource)?;
    let knows = match &role.external_id {
        Some(id) => text(&call.input, "ExternalId") == Some(id),
        None => true,
    };
    (knows && call.caller.is_one_of(&role.trusted, call.region)).then_some(role)
}

fn seconds(call: &Call<'_>, role: &Role) -> Result<i64, AwsError> {
    let asked = number(&call.input, "DurationSeconds");
    if call.caller.session.is_some() && asked.is_some_and(|asked| asked > CHAINED_SECONDS) {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let seconds = asked.unwrap_or(DEFAULT_SECONDS);
    if seconds > role.max_session_seconds {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

fn invalid(text: &str) -> AwsError {
    AwsError::new(400, "ValidationError", text)
}

fn denied(call: &Call<'_>, arn: &str) -> AwsError {
    let text = format!(
        "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
        caller_arn(call)
    );
    AwsError::new(403, "AccessDenied", text)
}
