//! What is understood of EKS's answers.

use nodemint_core::spec::{
    MaxUnavailable, Scaling, Taint, TaintEffect, UpdateSettings, UpdateStrategy,
};
use nodemint_engine::ports::ErrorKind;

use crate::server::Server;

#[tokio::test]
async fn a_group_is_read() {
    let server = Server::start(&[(
        200,
        r#"{"nodegroup":{"nodegroupName":"g","clusterName":"c","nodegroupArn":"arn:1","version":"1.34",
        "releaseVersion":"ami-1","status":"ACTIVE","amiType":"CUSTOM","capacityType":"ON_DEMAND",
        "scalingConfig":{"minSize":1,"maxSize":3,"desiredSize":2},"launchTemplate":{"name":"demo","id":"lt-1","version":"2"},
        "subnets":["subnet-1"],"nodeRole":"arn:role","labels":{"role":"worker"},"createdAt":1763632800.5,
        "taints":[{"key":"k","value":"v","effect":"PREFER_NO_SCHEDULE"}],"updateConfig":{"maxUnavailable":1},
        "health":{"issues":[{"code":"NewlyInventedTrouble","message":"m","resourceIds":["i-1"]}]},"tags":{"t":"1"}}}"#,
    )]);
    let group = server
        .cloud()
        .await
        .node_group("c", "g")
        .await
        .expect("an answer")
        .expect("a group");
    assert_eq!(
        (group.status.as_str(), group.ami_type.as_deref()),
        ("ACTIVE", Some("CUSTOM"))
    );
    assert_eq!(
        group
            .launch_template
            .as_ref()
            .and_then(|template| template.number()),
        Some(2)
    );
    assert_eq!(
        group.scaling,
        Some(Scaling {
            min: 1,
            max: 3,
            desired: 2
        })
    );
    assert_eq!(
        group.taints,
        [Taint {
            key: "k".into(),
            value: Some("v".into()),
            effect: TaintEffect::PreferNoSchedule
        }]
    );
    let settings = UpdateSettings {
        max_unavailable: MaxUnavailable::Count(1),
        strategy: UpdateStrategy::Default,
        force: false,
    };
    assert_eq!(group.update_settings, Some(settings));
    assert_eq!(group.health[0].code, "NewlyInventedTrouble");
    assert_eq!(
        group.created_at.map(|at| at.to_string()).as_deref(),
        Some("2025-11-20T10:00:00.5Z")
    );
    assert_eq!(server.seen()[0].path, "/clusters/c/node-groups/g");
}

#[tokio::test]
async fn an_effect_that_nobody_knows_is_not_guessed() {
    let server = Server::start(&[(
        200,
        r#"{"nodegroup":{"nodegroupName":"g","clusterName":"c","nodegroupArn":"a","status":"ACTIVE",
        "taints":[{"key":"k","effect":"NO_THINKING"}]}}"#,
    )]);
    let error = server
        .cloud()
        .await
        .node_group("c", "g")
        .await
        .expect_err("unknown");
    assert_eq!(
        (error.kind, error.message.as_str()),
        (
            ErrorKind::Unexpected,
            "unknown taint effect \"NO_THINKING\""
        )
    );
}

const NOT_FOUND: &str = r#"{"__type":"ResourceNotFoundException","message":"No node group found for name: g.","nodegroupName":"g"}"#;

#[tokio::test]
async fn what_does_not_exist_is_absent_or_an_error_by_the_verb() {
    let server = Server::start(&[(404, NOT_FOUND)]);
    let cloud = server.cloud().await;
    assert_eq!(cloud.node_group("c", "g").await, Ok(None));
    assert_eq!(cloud.cluster("c").await, Ok(None));
    let error = cloud.node_group_names("c").await.expect_err("no cluster");
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (ErrorKind::NotFound, Some("ResourceNotFoundException"))
    );
    assert_eq!(error.request_id.as_deref(), Some("req-9"));
    let error = cloud.update("c", "g", "u").await.expect_err("no update");
    assert_eq!(
        error.to_string(),
        "EKS DescribeUpdate in us-east-1: ResourceNotFoundException: No node group found for name: g."
    );
}

#[tokio::test]
async fn updates_are_listed_by_page_and_read() {
    let server = Server::start(&[
        (200, r#"{"updateIds":["u-2"],"nextToken":"n"}"#),
        (200, r#"{"updateIds":["u-1"]}"#),
        (
            200,
            r#"{"update":{"id":"u-2","status":"Failed","type":"VersionUpdate","createdAt":1763632800,
            "params":[{"type":"LaunchTemplateVersion","value":"2"},{"type":"FutureParam","value":"x"}],
            "errors":[{"errorCode":"PodEvictionFailure","errorMessage":"m","resourceIds":["ip-1"]}]}}"#,
        ),
    ]);
    let cloud = server.cloud().await;
    assert_eq!(
        cloud.update_ids("c", "g").await,
        Ok(vec!["u-2".to_owned(), "u-1".to_owned()])
    );
    let update = cloud.update("c", "g", "u-2").await.expect("an update");
    assert_eq!(
        (update.kind.as_str(), update.status.as_str()),
        ("VersionUpdate", "Failed")
    );
    assert_eq!(update.params["LaunchTemplateVersion"], "2");
    assert_eq!(update.params["FutureParam"], "x");
    assert_eq!(update.errors[0].code, "PodEvictionFailure");
    assert_eq!(
        server.seen()[2].path,
        "/clusters/c/updates/u-2?nodegroupName=g"
    );
}

#[tokio::test]
async fn a_cluster_is_read() {
    let server = Server::start(&[(
        200,
        r#"{"cluster":{"name":"c","arn":"arn:c","status":"ACTIVE","version":"1.34","endpoint":"https://x",
        "certificateAuthority":{"data":"Q0E="},"resourcesVpcConfig":{"clusterSecurityGroupId":"sg-1"},
        "kubernetesNetworkConfig":{"serviceIpv4Cidr":"10.100.0.0/16","ipFamily":"ipv4"}}}"#,
    )]);
    let cluster = server
        .cloud()
        .await
        .cluster("c")
        .await
        .expect("an answer")
        .expect("a cluster");
    assert_eq!(
        (cluster.version.as_str(), cluster.ip_family.as_str()),
        ("1.34", "ipv4")
    );
    assert_eq!(cluster.certificate_authority.as_deref(), Some("Q0E="));
    assert_eq!(cluster.service_cidr_v4.as_deref(), Some("10.100.0.0/16"));
    assert_eq!(cluster.security_group_id.as_deref(), Some("sg-1"));
}
