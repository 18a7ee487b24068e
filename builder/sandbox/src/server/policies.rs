//! Least privilege: what an access key may do, by an IAM policy document. Only the actions are held: resources and
//! conditions are not looked at, and so this says whether a policy lacks an action, not whether it is narrow.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::input::items;
use crate::{AwsError, Service};

/// Access key → what it may do. A key that is not in it may do all.
pub type Policies = BTreeMap<String, Policy>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    actions: BTreeSet<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("not an IAM policy document: {0}")]
    Form(#[from] serde_json::Error),
    #[error("statement {sid} has the effect {effect}; only Allow is simulated")]
    Effect { sid: String, effect: String },
    #[error("statement {sid} has the action {action}; actions with wildcards are not simulated")]
    Wildcard { sid: String, action: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version")]
    _version: String,
    statement: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    sid: String,
    effect: String,
    action: Vec<String>,
    #[serde(rename = "Resource")]
    _resource: Value,
    #[serde(rename = "Condition", default)]
    _condition: Value,
}

impl Policy {
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document: Document = serde_json::from_str(text)?;
        let mut actions = BTreeSet::new();
        for Statement {
            sid,
            effect,
            action,
            ..
        } in document.statement
        {
            if effect != "Allow" {
                return Err(PolicyError::Effect { sid, effect });
            }
            for action in action {
                if action.contains(['*', '?']) {
                    return Err(PolicyError::Wildcard { sid, action });
                }
                actions.insert(action);
            }
        }
        Ok(Self { actions })
    }

    /// Why a call is refused, if it is.
    pub(super) fn refuse(
        &self,
        service: Service,
        operation: &str,
        input: &Value,
    ) -> Option<AwsError> {
        let needed = needed(service, operation, input);
        let missing = needed.into_iter().find(|it| !self.actions.contains(it));
        missing.map(|action| refusal(service, &action))
    }
}

/// The operation's own action, and what AWS asks for on the way.
fn needed(service: Service, operation: &str, input: &Value) -> Vec<String> {
    // "No permissions are required to perform this operation" (STS API reference).
    if operation == "GetCallerIdentity" {
        return Vec::new();
    }
    let mut actions = vec![format!("{}:{operation}", service.name())];
    let tagged = input.get("tags").is_some_and(|it| it != &Value::Null);
    let on_template = input.get("launchTemplate").is_some();
    let also: &[(bool, &str)] = match operation {
        // Its dependent actions in the Service Authorization Reference.
        "CreateLaunchTemplate" => &[(
            !items(input, "TagSpecifications").is_empty(),
            "ec2:CreateTags",
        )],
        // iam:… by reports of users (terraform-aws-modules/terraform-aws-eks#823, #2018,
        // aws-controllers-k8s/community#2164); the rest is the EKS user guide's.
        "CreateNodegroup" => &[
            (true, "iam:PassRole"),
            (true, "iam:GetRole"),
            (true, "iam:ListAttachedRolePolicies"),
            (true, "ec2:DescribeSubnets"),
            (tagged, "eks:TagResource"),
            (on_template, "ec2:RunInstances"),
            (on_template, "ec2:CreateTags"),
        ],
        // Not attested: as at the creation.
        "UpdateNodegroupVersion" => &[
            (on_template, "ec2:RunInstances"),
            (on_template, "ec2:CreateTags"),
        ],
        _ => &[],
    };
    let asked = also.iter().filter(|(asked, _)| *asked);
    actions.extend(asked.map(|(_, action)| (*action).to_owned()));
    actions
}

fn refusal(service: Service, action: &str) -> AwsError {
    if service == Service::Eks && matches!(action, "ec2:RunInstances" | "ec2:CreateTags") {
        // As seen (scylladb/scylla-cluster-tests#12172), but for the encoded message.
        let text = "You are not authorized to launch instances with this launch template.";
        return AwsError::new(400, "InvalidRequestException", text);
    }
    let text = format!("User is not authorized to perform: {action}");
    match service {
        Service::Ec2 => {
            let text = format!("You are not authorized to perform this operation. {text}");
            AwsError::new(403, "UnauthorizedOperation", text)
        }
        Service::Sts | Service::AutoScaling => AwsError::new(403, "AccessDenied", text),
        Service::Eks => AwsError::new(403, "AccessDeniedException", text),
        Service::Ssm => AwsError::new(400, "AccessDeniedException", text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(actions: &[&str]) -> Policy {
        let statement = json!({
            "Sid": "A", "Effect": "Allow", "Action": actions, "Resource": ["*"],
        });
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        Policy::parse(&document.to_string()).expect("a policy")
    }

    #[test]
    fn what_a_policy_lacks_is_refused_by_name() {
        let create = json!({"launchTemplate": {"id": "lt-1"}, "tags": {"a": "b"}});
        let all = [
            "eks:CreateNodegroup",
            "iam:PassRole",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "ec2:DescribeSubnets",
            "eks:TagResource",
            "ec2:RunInstances",
            "ec2:CreateTags",
        ];
        let refuse =
            |actions: &[&str]| policy(actions).refuse(Service::Eks, "CreateNodegroup", &create);
        assert_eq!(refuse(&all), None);
        for (index, missing) in all.iter().enumerate() {
            let mut rest = all.to_vec();
            rest.remove(index);
            let error = refuse(&rest).expect("a refusal");
            let launch = missing.starts_with("ec2:") && *missing != "ec2:DescribeSubnets";
            let told = error.message.contains(missing) || launch;
            assert!(told, "{missing}: {}", error.message);
        }
    }

    #[test]
    fn who_one_is_may_everybody_ask() {
        assert_eq!(
            policy(&[]).refuse(Service::Sts, "GetCallerIdentity", &json!({})),
            None
        );
    }

    #[test]
    fn what_is_not_simulated_is_refused() {
        let parse = |effect: &str, action: &str| {
            let statement =
                json!({"Sid": "A", "Effect": effect, "Action": [action], "Resource": "*"});
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            Policy::parse(&document.to_string()).map_err(|error| error.to_string())
        };
        assert!(parse("Deny", "ec2:RunInstances").is_err_and(|it| it.contains("Deny")));
        assert!(parse("Allow", "ec2:*").is_err_and(|it| it.contains("ec2:*")));
        assert!(parse("Allow", "ec2:RunInstances").is_ok());
    }
}
