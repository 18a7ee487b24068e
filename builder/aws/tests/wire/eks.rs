//! What goes over the wire to EKS.

use std::collections::BTreeMap;

use crate::server::{Seen, Server};
use nodemint_core::spec::{
    CapacityType, MaxUnavailable, Scaling, Taint, TaintEffect, UpdateSettings, UpdateStrategy,
};
use nodemint_engine::ports::{ConfigUpdate, Effect, ErrorKind, NewNodeGroup, VersionUpdate};
use serde_json::{Value, json};

fn json_of(seen: &Seen) -> Value {
    serde_json::from_str(&seen.body).expect("a JSON body")
}

fn taint(key: &str, value: Option<&str>, effect: TaintEffect) -> Taint {
    Taint {
        key: key.into(),
        value: value.map(Into::into),
        effect,
    }
}

fn new_group() -> NewNodeGroup {
    NewNodeGroup {
        cluster: "eksworkshop".into(),
        name: "mng-1".into(),
        template_id: "lt-1".into(),
        template_version: 7,
        node_role: "arn:aws:iam::111122223333:role/node".into(),
        subnets: vec!["subnet-b".into(), "subnet-a".into()],
        instance_types: vec![],
        capacity_type: CapacityType::OnDemand,
        scaling: Scaling {
            min: 1,
            max: 3,
            desired: 2,
        },
        labels: BTreeMap::new(),
        taints: vec![],
        tags: BTreeMap::new(),
        update: UpdateSettings {
            max_unavailable: MaxUnavailable::Count(1),
            strategy: UpdateStrategy::Default,
            force: false,
        },
        ami_type: None,
        release_version: None,
        client_token: "token".into(),
    }
}

const GROUP: &str = r#"{"nodegroup":{"nodegroupName":"mng-1"}}"#;

#[tokio::test]
async fn a_group_on_its_own_image_says_nothing_of_images() {
    let server = Server::start(&[(200, GROUP)]);
    server
        .cloud()
        .await
        .create_node_group(&new_group())
        .await
        .expect("a group");
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/clusters/eksworkshop/node-groups")
    );
    let expected = json!({
        "nodegroupName": "mng-1",
        "launchTemplate": {"id": "lt-1", "version": "7"},
        "nodeRole": "arn:aws:iam::111122223333:role/node",
        "subnets": ["subnet-b", "subnet-a"],
        "capacityType": "ON_DEMAND",
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
        "updateConfig": {"maxUnavailable": 1, "updateStrategy": "DEFAULT"},
        "clientRequestToken": "token",
    });
    assert_eq!(json_of(seen), expected);
}

#[tokio::test]
async fn a_group_with_everything() {
    let server = Server::start(&[(200, GROUP)]);
    let request = NewNodeGroup {
        instance_types: vec!["m5.large".into()],
        capacity_type: CapacityType::Spot,
        labels: BTreeMap::from([("role".into(), "worker".into())]),
        taints: vec![
            taint("a", Some("1"), TaintEffect::NoSchedule),
            taint("b", None, TaintEffect::PreferNoSchedule),
            taint("c", None, TaintEffect::NoExecute),
        ],
        tags: BTreeMap::from([("team".into(), "x".into())]),
        update: UpdateSettings {
            max_unavailable: MaxUnavailable::Percentage(33),
            strategy: UpdateStrategy::Minimal,
            force: true,
        },
        ami_type: Some("AL2023_x86_64_STANDARD".into()),
        release_version: Some("1.34.2-20260915".into()),
        ..new_group()
    };
    server
        .cloud()
        .await
        .create_node_group(&request)
        .await
        .expect("a group");
    let body = json_of(&server.seen()[0]);
    let expected = [
        ("instanceTypes", json!(["m5.large"])),
        ("capacityType", json!("SPOT")),
        ("labels", json!({"role": "worker"})),
        (
            "taints",
            json!([
                {"key": "a", "value": "1", "effect": "NO_SCHEDULE"},
                {"key": "b", "effect": "PREFER_NO_SCHEDULE"},
                {"key": "c", "effect": "NO_EXECUTE"},
            ]),
        ),
        ("tags", json!({"team": "x"})),
        (
            "updateConfig",
            json!({"maxUnavailablePercentage": 33, "updateStrategy": "MINIMAL"}),
        ),
        ("amiType", json!("AL2023_x86_64_STANDARD")),
        ("releaseVersion", json!("1.34.2-20260915")),
    ];
    for (field, value) in expected {
        assert_eq!(body[field], value, "{field}");
    }
    assert_eq!((body.get("version"), body.get("diskSize")), (None, None));
}

const UPDATE: &str = r#"{"update":{"id":"u-1","status":"InProgress","type":"VersionUpdate"}}"#;

#[tokio::test]
async fn version_updates() {
    let own_image = VersionUpdate {
        cluster: "c".into(),
        group: "g".into(),
        template_id: "lt-1".into(),
        template_version: 2,
        kubernetes_version: None,
        release_version: None,
        force: false,
        client_token: "t".into(),
    };
    let released = VersionUpdate {
        kubernetes_version: Some("1.34".into()),
        release_version: Some("1.34.2-20260915".into()),
        force: true,
        ..own_image.clone()
    };
    let template = json!({"id": "lt-1", "version": "2"});
    let rows = [
        (
            own_image,
            json!({"launchTemplate": template, "force": false, "clientRequestToken": "t"}),
        ),
        (
            released,
            json!({
                "launchTemplate": template, "version": "1.34", "releaseVersion": "1.34.2-20260915", "force": true,
                "clientRequestToken": "t",
            }),
        ),
    ];
    for (request, body) in rows {
        let server = Server::start(&[(200, UPDATE)]);
        let id = server
            .cloud()
            .await
            .update_node_group_version(&request)
            .await;
        assert_eq!(id.as_deref(), Ok("u-1"));
        let seen = &server.seen()[0];
        assert_eq!(seen.path, "/clusters/c/node-groups/g/update-version");
        assert_eq!(json_of(seen), body);
    }
}

#[tokio::test]
async fn config_updates_name_only_what_changes() {
    let base = ConfigUpdate {
        cluster: "c".into(),
        group: "g".into(),
        client_token: "t".into(),
        ..Default::default()
    };
    let rows = [
        (
            ConfigUpdate {
                labels_removed: vec!["old".into()],
                ..base.clone()
            },
            json!({"labels": {"removeLabels": ["old"]}, "clientRequestToken": "t"}),
        ),
        (
            ConfigUpdate {
                bounds: Some((1, 5)),
                ..base.clone()
            },
            json!({"scalingConfig": {"minSize": 1, "maxSize": 5}, "clientRequestToken": "t"}),
        ),
        (
            ConfigUpdate {
                labels_set: BTreeMap::from([("a".into(), "1".into())]),
                taints_set: vec![taint("k", Some("v"), TaintEffect::NoExecute)],
                taints_removed: vec![taint("k", Some("v"), TaintEffect::NoSchedule)],
                bounds: Some((2, 4)),
                desired: Some(2),
                update: Some(new_group().update),
                ..base
            },
            json!({
                "labels": {"addOrUpdateLabels": {"a": "1"}},
                "taints": {
                    "addOrUpdateTaints": [{"key": "k", "value": "v", "effect": "NO_EXECUTE"}],
                    "removeTaints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
                },
                "scalingConfig": {"minSize": 2, "maxSize": 4, "desiredSize": 2},
                "updateConfig": {"maxUnavailable": 1, "updateStrategy": "DEFAULT"},
                "clientRequestToken": "t",
            }),
        ),
    ];
    for (request, body) in rows {
        let server = Server::start(&[(200, UPDATE)]);
        assert_eq!(
            server
                .cloud()
                .await
                .update_node_group_config(&request)
                .await
                .as_deref(),
            Ok("u-1")
        );
        assert_eq!(json_of(&server.seen()[0]), body);
    }
}

#[tokio::test]
async fn tags_are_set_by_arn() {
    let server = Server::start(&[(200, "{}")]);
    let cloud = server.cloud().await;
    let arn = "arn:aws:eks:us-east-1:111122223333:nodegroup/c/g/1";
    let set = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    cloud.tag(arn, &set).await.expect("tagged");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].method.as_str(), json_of(&seen[0])),
        ("POST", json!({"tags": {"a": "1"}}))
    );
}

#[tokio::test]
async fn an_update_under_way_is_told_apart_from_a_name_that_is_taken() {
    let server = Server::start(&[
        (
            409,
            r#"{"__type":"ResourceInUseException","message":"NodeGroup already exists with name mng-1"}"#,
        ),
        (
            409,
            r#"{"__type":"ResourceInUseException","message":"Nodegroup cannot be updated as it is currently not in Active State"}"#,
        ),
        (500, r#"{"__type":"ServerException","message":"oops"}"#),
    ]);
    let cloud = server.cloud().await;
    let expected = [
        (ErrorKind::AlreadyExists, Effect::None),
        (ErrorKind::InUse, Effect::None),
        (ErrorKind::Server, Effect::Maybe),
    ];
    for (kind, effect) in expected {
        let error = cloud
            .create_node_group(&new_group())
            .await
            .expect_err("refused");
        assert_eq!((error.kind, error.effect), (kind, effect), "{error}");
    }
}

#[tokio::test]
async fn a_deletion_has_a_path_and_no_body() {
    let server = Server::start(&[(200, GROUP)]);
    server
        .cloud()
        .await
        .delete_node_group("eksworkshop", "mng-1")
        .await
        .expect("a deletion");
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str(), seen.body.as_str()),
        ("DELETE", "/clusters/eksworkshop/node-groups/mng-1", "")
    );
}
