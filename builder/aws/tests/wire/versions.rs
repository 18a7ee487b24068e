//! What the commands about versions ask: Auto Scaling groups, clusters, instances by template, deletions.

use std::collections::BTreeMap;

use nodemint_core::observed::GroupTemplate;
use nodemint_engine::ports::{Effect, ErrorKind};

use crate::server::{Seen, Server};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

fn form(seen: &Seen) -> Vec<(String, String)> {
    let mut form = seen.form();
    form.sort();
    form
}

fn named(id: Option<&str>, name: Option<&str>, version: &str) -> GroupTemplate {
    GroupTemplate {
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        version: Some(version.to_owned()),
    }
}

const GROUPS: &str = "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups>\
    <member><AutoScalingGroupName>plain</AutoScalingGroupName>\
    <LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><LaunchTemplateName>demo</LaunchTemplateName>\
    </LaunchTemplate>\
    <Instances><member><InstanceId>i-1</InstanceId><AvailabilityZone>a</AvailabilityZone>\
    <LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>\
    <ProtectedFromScaleIn>false</ProtectedFromScaleIn>\
    <LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><Version>3</Version></LaunchTemplate></member></Instances>\
    </member>\
    <member><AutoScalingGroupName>mixed</AutoScalingGroupName><MixedInstancesPolicy><LaunchTemplate>\
    <LaunchTemplateSpecification><LaunchTemplateName>demo</LaunchTemplateName><Version>$Latest</Version>\
    </LaunchTemplateSpecification><Overrides>\
    <member><InstanceType>m5.large</InstanceType></member>\
    <member><LaunchTemplateSpecification><LaunchTemplateId>lt-2</LaunchTemplateId><Version>7</Version>\
    </LaunchTemplateSpecification></member></Overrides></LaunchTemplate></MixedInstancesPolicy></member>\
    </AutoScalingGroups><NextToken>more</NextToken></DescribeAutoScalingGroupsResult>\
    </DescribeAutoScalingGroupsResponse>";

const LAST_GROUP: &str = "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups>\
    <member><AutoScalingGroupName>old</AutoScalingGroupName>\
    <LaunchConfigurationName>lc</LaunchConfigurationName></member></AutoScalingGroups>\
    </DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>";

#[tokio::test]
async fn every_place_where_a_group_names_a_template_is_read() {
    let server = Server::start(&[(200, GROUPS), (200, LAST_GROUP)]);
    let groups = server.cloud().await.auto_scaling_groups().await;
    let groups = groups.expect("groups");
    let found: Vec<(&str, &[GroupTemplate])> = groups
        .iter()
        .map(|group| (group.name.as_str(), group.templates.as_slice()))
        .collect();
    let mixed = [
        named(None, Some("demo"), "$Latest"),
        named(Some("lt-2"), None, "7"),
    ];
    // A group that names no version follows the default one.
    let plain = [
        named(Some("lt-1"), Some("demo"), "$Default"),
        named(Some("lt-1"), None, "3"),
    ];
    assert_eq!(
        found,
        [("mixed", &mixed[..]), ("old", &[]), ("plain", &plain[..])]
    );
    let seen = server.seen();
    let first = [
        ("Action", "DescribeAutoScalingGroups"),
        ("MaxRecords", "100"),
    ];
    assert_eq!(form(&seen[0]), pairs(&first));
    assert_eq!(
        form(&seen[1]),
        pairs(&[first[0], first[1], ("NextToken", "more")])
    );
}

#[tokio::test]
async fn a_refusal_of_auto_scaling_is_one() {
    let server = Server::start(&[(
        403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error>\
         <RequestId>r</RequestId></ErrorResponse>",
    )]);
    let error = server.cloud().await.auto_scaling_groups().await;
    let error = error.expect_err("a refusal");
    assert_eq!(
        (error.kind, error.service, error.operation),
        (
            ErrorKind::AccessDenied,
            "AutoScaling",
            "DescribeAutoScalingGroups"
        )
    );
}

#[tokio::test]
async fn each_version_is_told_by_itself() {
    let server = Server::start(&[(
        200,
        "<DeleteLaunchTemplateVersionsResponse><requestId>r</requestId>\
         <successfullyDeletedLaunchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
         <versionNumber>2</versionNumber></item></successfullyDeletedLaunchTemplateVersionSet>\
         <unsuccessfullyDeletedLaunchTemplateVersionSet>\
         <item><versionNumber>3</versionNumber><responseError><code>launchTemplateVersionDoesNotExist</code>\
         <message>no such</message></responseError></item>\
         <item><versionNumber>1</versionNumber><responseError><code>unexpectedError</code>\
         <message>the default</message></responseError></item>\
         </unsuccessfullyDeletedLaunchTemplateVersionSet></DeleteLaunchTemplateVersionsResponse>",
    )]);
    let told = server
        .cloud()
        .await
        .delete_launch_template_versions("lt-1", &[1, 2, 3, 4])
        .await
        .expect("an answer");
    assert_eq!((told.deleted, told.gone), (vec![2], vec![3]));
    // EC2 has forgotten version 4: it must not pass for deleted.
    let refused = BTreeMap::from([
        (1, "unexpectedError: the default".to_owned()),
        (4, "EC2's answer says nothing of it".to_owned()),
    ]);
    assert_eq!(told.refused, refused);
    let expected = [
        ("Action", "DeleteLaunchTemplateVersions"),
        ("LaunchTemplateId", "lt-1"),
        ("LaunchTemplateVersion.1", "1"),
        ("LaunchTemplateVersion.2", "2"),
        ("LaunchTemplateVersion.3", "3"),
        ("LaunchTemplateVersion.4", "4"),
    ];
    assert_eq!(form(&server.seen()[0]), pairs(&expected));
}

#[tokio::test]
async fn a_deletion_without_an_answer_may_have_happened() {
    let server = Server::start(&[(0, "")]);
    let cloud = server.cloud().await;
    let error = cloud.delete_launch_template_versions("lt-1", &[2]).await;
    assert_eq!(error.expect_err("no answer").effect, Effect::Maybe);
}

#[tokio::test]
async fn instances_are_found_by_the_tag_of_their_template() {
    let server = Server::start(&[(
        200,
        "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>",
    )]);
    let found = server.cloud().await.template_instances("lt-1").await;
    assert_eq!(found.expect("an answer"), []);
    let expected = [
        ("Action", "DescribeInstances"),
        ("Filter.1.Name", "tag:aws:ec2launchtemplate:id"),
        ("Filter.1.Value.1", "lt-1"),
    ];
    assert_eq!(form(&server.seen()[0]), pairs(&expected));
}

#[tokio::test]
async fn every_page_of_clusters_is_read() {
    let server = Server::start(&[
        (200, r#"{"clusters": ["b"], "nextToken": "more"}"#),
        (200, r#"{"clusters": ["a"]}"#),
    ]);
    let names = server.cloud().await.cluster_names().await;
    assert_eq!(names.expect("names"), ["a", "b"]);
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/clusters", "/clusters?nextToken=more"]);
}
