//! What the tests of EKS and of the simulation share: the built-in account, and short ways to call it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::seed::Seed;
use crate::world::{Cluster, LaunchTemplate, LaunchTemplateVersion, World};
use crate::{Answer, AwsError, Call, Service};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const TEMPLATE: &str = "lt-00000000000000001";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/eksworkshop-node";

pub(crate) const MULTIPART: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/bash\necho hello\n--b--\n";

/// The cluster of the built-in account.
pub(crate) fn cluster() -> Cluster {
    let world = World::from_seed(&Seed::builtin());
    let region = world.region(ACCOUNT, REGION).expect("the region");
    region.clusters["eksworkshop"].clone()
}

/// What makes nodes of an own image join.
pub(crate) fn bootstrap() -> String {
    let node_config = node_config();
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: application/node.eks.aws\n\n{node_config}--b--\n"
    )
}

/// A NodeConfig with all of the cluster.
pub(crate) fn node_config() -> String {
    let Cluster {
        name,
        endpoint,
        certificate_authority,
        service_cidr,
        ..
    } = cluster();
    format!(
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: {name}\n    apiServerEndpoint: {endpoint}\n    certificateAuthority: {certificate_authority}\n    cidr: {service_cidr}\n"
    )
}

pub(crate) fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// The image of a public parameter.
pub(crate) fn image(world: &World, path: &str) -> String {
    let name = format!("/aws/service/eks/optimized-ami/{path}/image_id");
    let view = world.view(ACCOUNT, REGION);
    let parameter = view.parameter(&name).expect("a public parameter");
    let latest = parameter.versions.last();
    latest.expect("a version").value.clone()
}

/// The built-in account, with a launch template `demo` that has these versions, the first the default.
pub(crate) fn world_with(versions: impl FnOnce(&World) -> Vec<Value>) -> World {
    world_from(&Seed::builtin(), versions)
}

pub(crate) fn world_from(seed: &Seed, versions: impl FnOnce(&World) -> Vec<Value>) -> World {
    let mut world = World::from_seed(seed);
    let versions = versions(&world);
    put_template(&mut world, TEMPLATE, "demo", versions);
    world
}

pub(crate) fn put_template(world: &mut World, id: &str, name: &str, versions: Vec<Value>) {
    let now = world.now;
    let version = |(number, data): (i64, Value)| {
        let created_by = "arn:aws:iam::111122223333:user/sandbox".to_owned();
        let version = LaunchTemplateVersion {
            number,
            description: None,
            created_at: now,
            created_by,
            data,
        };
        (number, version)
    };
    let template = LaunchTemplate {
        id: id.to_owned(),
        name: name.to_owned(),
        created_at: now,
        created_by: "arn:aws:iam::111122223333:user/sandbox".to_owned(),
        default_version: 1,
        latest_version: i64::try_from(versions.len()).expect("few versions"),
        tags: Default::default(),
        versions: (1..).zip(versions).map(version).collect(),
    };
    world
        .region_mut(ACCOUNT, REGION)
        .launch_templates
        .insert(id.to_owned(), template);
}

/// Version 1 with m5.large and version 2 with m5.2xlarge, both on the recommended AL2023 image.
pub(crate) fn lab() -> World {
    world_with(lab_versions)
}

pub(crate) fn lab_versions(world: &World) -> Vec<Value> {
    let image = image(world, "1.34/amazon-linux-2023/x86_64/standard/recommended");
    let version = |instance_type: &str| {
        json!({
            "ImageId": image,
            "InstanceType": instance_type,
            "UserData": encoded(&bootstrap()),
            "SecurityGroupIds": ["sg-0123456789abcdef0"],
            "TagSpecifications": [{
                "ResourceType": "instance",
                "Tags": [{"Key": "Name", "Value": "eksworkshop-mng-1"}],
            }],
        })
    };
    vec![version("m5.large"), version("m5.2xlarge")]
}

pub(crate) fn call(world: &mut World, operation: &str, input: Value) -> Answer {
    let call = Call {
        service: Service::Eks,
        operation,
        caller: &Caller::user(ACCOUNT),
        account: ACCOUNT,
        region: REGION,
        input,
    };
    super::handle(world, &call)
}

/// A request to create `mng-1` on version 1 of `demo`, with these members laid over it; `null` takes a
/// member away.
pub(crate) fn create_request(over: &Value) -> Value {
    let base = json!({
        "clusterName": "eksworkshop",
        "nodegroupName": "mng-1",
        "subnets": ["subnet-0aa10000000000001", "subnet-0bb20000000000002", "subnet-0cc30000000000003"],
        "nodeRole": ROLE,
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
        "labels": {"role": "managed-ng-worker"},
        "launchTemplate": {"name": "demo", "version": "1"},
    });
    overlay(base, over)
}

/// A request about `mng-1`.
pub(crate) fn group_request(over: &Value) -> Value {
    overlay(
        json!({"clusterName": "eksworkshop", "nodegroupName": "mng-1"}),
        over,
    )
}

fn overlay(mut base: Value, over: &Value) -> Value {
    for (member, value) in over.as_object().into_iter().flatten() {
        base[member] = value.clone();
    }
    super::target::without_nulls(base)
}

pub(crate) fn advance(world: &mut World, seconds: i64) {
    let then = world
        .now
        .checked_add(SignedDuration::from_secs(seconds))
        .expect("a time");
    world.advance_to(then);
}

/// Creates `mng-1` and waits until it is there.
pub(crate) fn create(world: &mut World, over: &Value) {
    call(world, "CreateNodegroup", create_request(over)).expect("a valid request");
    settle(world);
    assert_eq!(group(world)["status"], "ACTIVE");
}

/// Lets everything happen that is on the agenda of the group.
pub(crate) fn settle(world: &mut World) {
    for _ in 0..1000 {
        if matches!(
            group(world)["status"].as_str(),
            Some("ACTIVE" | "CREATE_FAILED")
        ) {
            return;
        }
        let next = world
            .next_event_at()
            .expect("something happens to a group that changes");
        world.advance_to(next);
    }
    panic!("the group never settles");
}

/// `mng-1` as DescribeNodegroup shows it.
pub(crate) fn group(world: &mut World) -> Value {
    let answer = call(world, "DescribeNodegroup", group_request(&json!({}))).expect("a node group");
    answer["nodegroup"].clone()
}

pub(crate) fn update(world: &mut World, id: &Value) -> Value {
    let request = json!({"name": "eksworkshop", "nodegroupName": "mng-1", "updateId": id});
    call(world, "DescribeUpdate", request).expect("an update")["update"].clone()
}

/// Compares an answer with an error: its type, and a part of its text.
pub(crate) fn assert_error(answer: Answer, code: &str, text: &str, row: &str) {
    let error: AwsError = match answer {
        Ok(answer) => panic!("{row}: accepted: {answer}"),
        Err(error) => error,
    };
    assert_eq!(error.code, code, "{row}: {}", error.message);
    assert!(
        error.message.contains(text),
        "{row}: expected {text:?} in {:?}",
        error.message
    );
}
