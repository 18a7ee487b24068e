use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::site;
use crate::spec::{self, FleetSpec};

const GRANTS: &[Grant] = &[
    grant("ec2:CreateTags", Access::All, On::AdoptedLaunchTemplates),
    grant("eks:DescribeCluster", Access::Read, On::Clusters),
    grant("eks:CreateNodegroup", Access::Write, On::Clusters),
    grant(
        "ec2:CreateLaunchTemplateVersion",
        Access::Write,
        On::OwnLaunchTemplates,
    ),
    grant(
        "ec2:RunInstances",
        Access::Write,
        On::InstancesOfLaunchTemplates,
    ),
    grant("iam:PassRole", Access::Write, On::NodeRolesForEks),
    grant("ssm:GetParameters", Access::Read, On::Parameters),
    grant("sts:AssumeRole", Access::Read, On::AssumedRoles),
    grant("sts:GetCallerIdentity", Access::Read, On::Nothing),
];

const fn grant(action: &'static str, access: Access, on: On) -> Grant {
    let asked = Asked::OnTheWay("a test");
    Grant {
        action,
        access,
        on,
        asked,
    }
}

fn fleet() -> FleetSpec {
    let text = r#"
apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {name: shop}
clusters:
  - {name: blue, region: eu-west-1}
  - {name: green, region: eu-west-1, assumeRoleArn: "arn:aws:iam::222233334444:role/deploy"}
  - {name: red, region: cn-north-1, profile: china}
launchTemplates:
  - {name: plain, family: AL2023, ami: {eksOptimized: latest}, instanceType: m5.large}
  - {name: golden, family: AL2023, ami: {ssmParameter: "/golden/{{kubernetesVersion}}/{{arch}}:stable"}, instanceType: m5.large}
nodeGroups:
  - {name: a, cluster: blue, launchTemplate: plain, nodeRole: "arn:aws:iam::111122223333:role/node"}
  - {name: b, cluster: green, launchTemplate: golden, nodeRole: "arn:aws:iam::222233334444:role/node"}
  - {name: c, cluster: red, launchTemplate: plain}
"#;
    let mut read = |_: &str| Err("there are no files".to_owned());
    let loaded = spec::load(text, &mut read);
    loaded
        .unwrap_or_else(|errors| panic!("{:?}", errors.problems))
        .spec
}

/// Sid → (actions, resources, condition)
fn statements(access: Access, scope: &Scope) -> Value {
    let document = document(GRANTS, access, scope);
    let all = document.statement.iter().map(|statement| {
        let parts = json!([statement.action, statement.resource, statement.condition]);
        (statement.sid.to_owned(), parts)
    });
    Value::Object(all.collect())
}

#[test]
fn the_callers_policy_is_for_its_own_clusters_and_the_roles_it_assumes() {
    let scope = Scope::of(&fleet(), &site::Access::default());
    let expected = json!({
        "Clusters": [
            ["eks:CreateNodegroup", "eks:DescribeCluster"],
            ["arn:aws:eks:eu-west-1:111122223333:cluster/blue"],
            {}
        ],
        "ImageParameters": [
            ["ssm:GetParameters"],
            ["arn:aws:ssm:eu-west-1::parameter/aws/service/*"],
            {}
        ],
        "OwnLaunchTemplates": [
            ["ec2:CreateLaunchTemplateVersion"],
            ["arn:aws:ec2:eu-west-1:111122223333:launch-template/*"],
            {"StringLike": {"aws:ResourceTag/nodemint:fleet": ["shop"]}}
        ],
        "LaunchFromTemplates": [
            ["ec2:RunInstances"],
            ["*"],
            {"ArnLike": {"ec2:LaunchTemplate": ["arn:aws:ec2:eu-west-1:111122223333:launch-template/*"]}}
        ],
        "PassNodeRoles": [
            ["iam:PassRole"],
            ["arn:aws:iam::111122223333:role/node"],
            {"StringEquals": {"iam:PassedToService": ["eks.amazonaws.com"]}}
        ],
        "OtherAccounts": [["sts:AssumeRole"], ["arn:aws:iam::222233334444:role/deploy"], {}],
    });
    assert_eq!(statements(Access::Write, &scope), expected);
}

#[test]
fn reading_allows_no_write() {
    let scope = Scope::of(&fleet(), &site::Access::default());
    let allowed = document(GRANTS, Access::Read, &scope).statement;
    let allowed: BTreeSet<_> = allowed.into_iter().flat_map(|it| it.action).collect();
    let expected = ["eks:DescribeCluster", "ssm:GetParameters", "sts:AssumeRole"];
    assert_eq!(allowed, expected.into());
}

#[test]
fn adopting_sets_our_tag_alone_and_is_not_in_what_a_pipeline_gets() {
    let scope = Scope::of(&fleet(), &site::Access::default());
    assert_eq!(
        statements(Access::Write, &scope).get("AdoptLaunchTemplates"),
        None
    );
    let expected = json!({
        "StringLike": {"aws:RequestTag/nodemint:fleet": ["shop"]},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["nodemint:fleet"]},
    });
    assert_eq!(
        statements(Access::All, &scope)["AdoptLaunchTemplates"][2],
        expected
    );
}

#[test]
fn an_assumed_roles_policy_is_for_its_account_and_assumes_nothing() {
    let role = "arn:aws:iam::222233334444:role/deploy"
        .parse()
        .expect("an access");
    let read = statements(Access::Read, &Scope::of(&fleet(), &role));
    let expected = json!({
        "Clusters": [
            ["eks:DescribeCluster"],
            ["arn:aws:eks:eu-west-1:222233334444:cluster/green"],
            {}
        ],
        "ImageParameters": [
            ["ssm:GetParameters"],
            [
                "arn:aws:ssm:eu-west-1:222233334444:parameter/golden/*/*",
                "arn:aws:ssm:eu-west-1::parameter/aws/service/*"
            ],
            {}
        ],
    });
    assert_eq!(read, expected);
}

#[test]
fn another_partition_and_an_account_that_nobody_names() {
    let scope = Scope::of(&fleet(), &"profile:china".parse().expect("an access"));
    let read = statements(Access::Write, &scope);
    assert_eq!(
        read["Clusters"][1],
        json!(["arn:aws-cn:eks:cn-north-1:*:cluster/red"])
    );
    // The spec names no role to pass: then none can be.
    assert_eq!(read.get("PassNodeRoles"), None);
}

#[test]
fn credentials_that_reach_nothing() {
    assert!(Scope::of(&fleet(), &"profile:other".parse().expect("an access")).is_empty());
}

#[test]
fn characters_are_counted_as_iam_counts_them() {
    let document = document(GRANTS, Access::Write, &Scope::any());
    let pretty = serde_json::to_string_pretty(&document).expect("JSON");
    let counted = pretty.chars().filter(|it| !it.is_whitespace()).count();
    assert_eq!(document.characters(), counted);
}
