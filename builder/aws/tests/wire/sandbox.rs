//! Every verb once against the embedded AWS, which knows the services' models and refuses what is not in
//! them. What the server of prepared answers cannot show is whether a request is one that AWS would take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nodemint_aws::{AwsClouds, Settings};
use nodemint_core::launch_template::{
    BlockDeviceMapping, Data, Ebs, MetadataOptions, Monitoring, Tag, TagSpecification, UserDataBlob,
};
use nodemint_core::site::Site;
use nodemint_core::spec::{
    CapacityType, MaxUnavailable, Scaling, Taint, TaintEffect, UpdateSettings, UpdateStrategy,
};
use nodemint_engine::ports::{
    Cloud, Clouds, ConfigUpdate, Effect, ErrorKind, NewLaunchTemplate, NewNodeGroup, NewVersion,
    VersionUpdate,
};
use nodemint_sandbox::Sandbox;
use nodemint_sandbox::seed::Seed;

use crate::embedded;

const CLUSTER: &str = "eksworkshop";
const PARAMETER: &str =
    "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id";
const SUBNETS: [&str; 2] = ["subnet-0aa10000000000001", "subnet-0bb20000000000002"];

pub async fn start() -> (Sandbox, Arc<dyn Cloud>) {
    let (sandbox, url) = embedded::start(&Seed::builtin(), embedded::still()).await;
    let cloud = AwsClouds::new(Settings::sandbox(&url))
        .at(&Site::from("us-east-1"))
        .await
        .expect("a region");
    (sandbox, cloud)
}

pub async fn image(cloud: &dyn Cloud) -> String {
    let names = [
        PARAMETER.to_owned(),
        "/aws/service/eks/optimized-ami/0.1/nothing".to_owned(),
    ];
    let found = cloud.parameters(&names).await.expect("parameters");
    assert_eq!(found.len(), 1, "{found:?}");
    found[PARAMETER].clone()
}

fn data(image: &str, instance_type: &str) -> Data {
    Data {
        image_id: Some(image.into()),
        instance_type: Some(instance_type.into()),
        // A script that runs nodeadm with what it made itself: without a bootstrap, the nodes never join.
        user_data: Some(UserDataBlob(
            "IyEvYmluL2Jhc2gKbm9kZWFkbSBpbml0IC0tY29uZmlnLXNvdXJjZSBmaWxlOi8vL2V0Yy9la3Mvbm9kZS55YW1sCg==".into(),
        )),
        security_group_ids: vec!["sg-0123456789abcdef0".into()],
        block_device_mappings: vec![BlockDeviceMapping {
            device_name: Some("/dev/xvda".into()),
            ebs: Some(Ebs {
                encrypted: Some(true),
                delete_on_termination: Some(true),
                volume_size: Some(80),
                volume_type: Some("gp3".into()),
                throughput: Some(250),
                iops: Some(4000),
                ..Ebs::default()
            }),
            ..BlockDeviceMapping::default()
        }],
        metadata_options: Some(MetadataOptions {
            http_tokens: Some("required".into()),
            http_put_response_hop_limit: Some(2),
            ..MetadataOptions::default()
        }),
        monitoring: Some(Monitoring {
            enabled: Some(true),
        }),
        ebs_optimized: Some(true),
        tag_specifications: vec![TagSpecification {
            resource_type: "instance".into(),
            tags: vec![Tag {
                key: "Name".into(),
                value: "eksworkshop-mng-1".into(),
            }],
        }],
        ..Data::default()
    }
}

fn template(image: &str) -> NewLaunchTemplate {
    NewLaunchTemplate {
        name: "demo".into(),
        description: "first".into(),
        data: data(image, "m5.large"),
        client_token: "token-1".into(),
        tags: BTreeMap::from([("team".into(), "platform".into())]),
    }
}

fn group(template_id: &str) -> NewNodeGroup {
    NewNodeGroup {
        cluster: CLUSTER.into(),
        name: "mng-1".into(),
        template_id: template_id.into(),
        template_version: 1,
        node_role: "arn:aws:iam::111122223333:role/eksworkshop-node".into(),
        subnets: SUBNETS.map(Into::into).to_vec(),
        instance_types: vec![],
        capacity_type: CapacityType::OnDemand,
        scaling: Scaling {
            min: 1,
            max: 3,
            desired: 2,
        },
        labels: BTreeMap::from([("role".into(), "managed-ng-worker".into())]),
        taints: vec![Taint {
            key: "k".into(),
            value: Some("v".into()),
            effect: TaintEffect::PreferNoSchedule,
        }],
        tags: BTreeMap::from([("team".into(), "platform".into())]),
        update: UpdateSettings {
            max_unavailable: MaxUnavailable::Count(1),
            strategy: UpdateStrategy::Default,
            force: false,
        },
        ami_type: None,
        release_version: None,
        client_token: "group-1".into(),
    }
}

#[tokio::test]
async fn what_is_there_at_first() {
    let (sandbox, cloud) = start().await;
    assert_eq!(
        cloud.identity().await.expect("an identity").account,
        "111122223333"
    );
    let cluster = cloud
        .cluster(CLUSTER)
        .await
        .expect("an answer")
        .expect("a cluster");
    assert_eq!(
        (cluster.version.as_str(), cluster.status.as_str()),
        ("1.34", "ACTIVE")
    );
    assert_eq!(cluster.service_cidr_v4.as_deref(), Some("10.100.0.0/16"));
    assert_eq!(cloud.cluster("nosuch").await, Ok(None));
    let id = image(cloud.as_ref()).await;
    let images = cloud
        .images(&[id.clone(), "ami-0fffffffffffffff0".into()])
        .await
        .expect("images");
    assert_eq!(images.keys().collect::<Vec<_>>(), [&id]);
    assert_eq!(images[&id].root_device.as_deref(), Some("/dev/xvda"));
    let subnets = cloud
        .subnets(&SUBNETS.map(Into::into))
        .await
        .expect("subnets");
    assert_eq!(
        subnets
            .iter()
            .map(|it| it.zone.as_str())
            .collect::<Vec<_>>(),
        ["us-east-1a", "us-east-1b"]
    );
    assert_eq!(cloud.launch_template("demo").await, Ok(None));
    assert_eq!(cloud.node_group(CLUSTER, "mng-1").await, Ok(None));
    assert_eq!(cloud.node_group_names(CLUSTER).await, Ok(vec![]));
    assert_eq!(
        cloud
            .node_group_names("nosuch")
            .await
            .expect_err("no cluster")
            .kind,
        ErrorKind::NotFound
    );
    assert!(
        sandbox.calls().iter().all(|call| !call.writes),
        "{:?}",
        sandbox.calls()
    );
}

#[tokio::test]
async fn a_template_comes_back_as_it_was_sent() {
    let (_sandbox, cloud) = start().await;
    let request = template(&image(cloud.as_ref()).await);
    let first = cloud
        .create_launch_template(&request)
        .await
        .expect("a template");
    let again = cloud
        .create_launch_template(&request)
        .await
        .expect("the same token, the same template");
    assert_eq!(again.template_id, first.template_id);
    let taken = NewLaunchTemplate {
        client_token: "other".into(),
        ..request.clone()
    };
    let error = cloud
        .create_launch_template(&taken)
        .await
        .expect_err("taken");
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::AlreadyExists, Effect::None),
        "{error}"
    );
    let mismatch = NewLaunchTemplate {
        description: "other".into(),
        ..request.clone()
    };
    let error = cloud
        .create_launch_template(&mismatch)
        .await
        .expect_err("another request");
    assert_eq!(error.kind, ErrorKind::TokenMismatch, "{error}");

    let version = NewVersion {
        template_id: first.template_id.clone(),
        description: "second".into(),
        data: data("ami-1234567890abcdef0", "m5.2xlarge"),
        client_token: "token-2".into(),
    };
    let second = cloud
        .create_launch_template_version(&version)
        .await
        .expect("a version");
    assert_eq!((second.version.number, second.version.unread), (2, false));
    assert_eq!(second.version.data, version.data);
    let read = cloud
        .launch_template("demo")
        .await
        .expect("an answer")
        .expect("a template");
    assert_eq!(
        (read.id.as_str(), read.default_version, read.latest_version),
        (first.template_id.as_str(), 1, 2)
    );
    assert_eq!(read.tags, request.tags);
    assert_eq!(read.versions, [second.version, first.version]);
}

#[tokio::test]
async fn a_group_is_made_moved_changed_and_tagged() {
    let (sandbox, cloud) = start().await;
    let ami = image(cloud.as_ref()).await;
    let made = cloud
        .create_launch_template(&template(&ami))
        .await
        .expect("a template");
    let second = NewVersion {
        template_id: made.template_id.clone(),
        description: "second".into(),
        data: data(&ami, "m5.2xlarge"),
        client_token: "token-2".into(),
    };
    cloud
        .create_launch_template_version(&second)
        .await
        .expect("a version");
    let request = group(&made.template_id);
    cloud.create_node_group(&request).await.expect("a group");
    let taken = NewNodeGroup {
        client_token: "other".into(),
        ..request.clone()
    };
    let error = cloud.create_node_group(&taken).await.expect_err("taken");
    assert_eq!(error.kind, ErrorKind::AlreadyExists, "{error}");
    sandbox.advance(Duration::from_secs(3600));

    let read = cloud
        .node_group(CLUSTER, "mng-1")
        .await
        .expect("an answer")
        .expect("a group");
    assert_eq!((read.status.as_str(), &read.health), ("ACTIVE", &vec![]));
    assert_eq!(read.ami_type.as_deref(), Some("CUSTOM"));
    assert_eq!(
        (read.scaling, &read.labels, &read.taints),
        (Some(request.scaling), &request.labels, &request.taints)
    );
    assert_eq!(
        (read.update_settings, read.tags),
        (Some(request.update), request.tags)
    );
    assert_eq!(
        read.launch_template.and_then(|template| template.number()),
        Some(1)
    );
    assert_eq!(
        cloud.node_group_names(CLUSTER).await,
        Ok(vec!["mng-1".to_owned()])
    );
    let instances = cloud
        .group_instances(CLUSTER, "mng-1")
        .await
        .expect("instances");
    assert!(
        !instances.is_empty() && instances.iter().all(|it| it.image_id == ami),
        "{instances:?}"
    );

    let update = VersionUpdate {
        cluster: CLUSTER.into(),
        group: "mng-1".into(),
        template_id: made.template_id,
        template_version: 2,
        kubernetes_version: None,
        release_version: None,
        force: false,
        client_token: "update-1".into(),
    };
    moved_and_changed(&sandbox, cloud.as_ref(), &update, &read.arn).await;
}

async fn moved_and_changed(
    sandbox: &Sandbox,
    cloud: &dyn Cloud,
    update: &VersionUpdate,
    arn: &str,
) {
    let id = cloud
        .update_node_group_version(update)
        .await
        .expect("an update");
    let running = cloud
        .update(CLUSTER, "mng-1", &id)
        .await
        .expect("the update");
    assert!(running.in_progress());
    assert_eq!(
        (
            running.kind.as_str(),
            running.params["LaunchTemplateVersion"].as_str()
        ),
        ("VersionUpdate", "2")
    );
    let config = ConfigUpdate {
        cluster: CLUSTER.into(),
        group: "mng-1".into(),
        labels_set: BTreeMap::from([("extra".into(), "1".into())]),
        labels_removed: vec!["role".into()],
        taints_removed: vec![Taint {
            key: "k".into(),
            value: Some("v".into()),
            effect: TaintEffect::PreferNoSchedule,
        }],
        bounds: Some((1, 4)),
        client_token: "config-1".into(),
        ..ConfigUpdate::default()
    };
    let error = cloud
        .update_node_group_config(&config)
        .await
        .expect_err("another update is under way");
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::InUse, Effect::None),
        "{error}"
    );
    sandbox.advance(Duration::from_secs(24 * 3600));
    let done = cloud
        .update(CLUSTER, "mng-1", &id)
        .await
        .expect("the update");
    assert_eq!((done.status.as_str(), done.errors), ("Successful", vec![]));
    cloud
        .update_node_group_config(&config)
        .await
        .expect("a change");
    sandbox.advance(Duration::from_secs(3600));
    let tags = BTreeMap::from([("owner".to_owned(), "me".to_owned())]);
    cloud.tag(arn, &tags).await.expect("tagged");

    let read = cloud
        .node_group(CLUSTER, "mng-1")
        .await
        .expect("an answer")
        .expect("a group");
    assert_eq!(read.labels, config.labels_set);
    assert_eq!(read.taints, vec![]);
    assert_eq!(read.tags.get("owner").map(String::as_str), Some("me"));
    assert_eq!(
        read.scaling,
        Some(Scaling {
            min: 1,
            max: 4,
            desired: 2
        })
    );
    assert_eq!(
        read.launch_template.and_then(|template| template.number()),
        Some(2)
    );
    assert_eq!(
        cloud
            .update_ids(CLUSTER, "mng-1")
            .await
            .expect("updates")
            .len(),
        2
    );
}
