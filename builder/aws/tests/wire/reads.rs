//! Images, instances and parameters, and a refusal.

use std::collections::BTreeMap;

use nodemint_engine::ports::{Effect, ErrorKind};

use crate::server::Server;

#[tokio::test]
async fn an_image_is_read() {
    let server = Server::start(&[(
        200,
        "<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId><imageState>available</imageState>\
         <imageOwnerId>602401143452</imageOwnerId><architecture>x86_64</architecture><name>eks-node</name>\
         <creationDate>2026-09-15T00:00:00.000Z</creationDate><deprecationTime>2028-09-15T00:00:00.000Z</deprecationTime>\
         <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>\
         <item><deviceName>/dev/xvdb</deviceName><ebs><volumeSize>1</volumeSize></ebs></item>\
         <item><deviceName>/dev/xvda</deviceName><ebs><volumeSize>20</volumeSize></ebs></item>\
         </blockDeviceMapping></item></imagesSet></DescribeImagesResponse>",
    )]);
    let images = server
        .cloud()
        .await
        .images(&["ami-1".into()])
        .await
        .expect("images");
    let image = &images["ami-1"];
    assert_eq!(
        (
            image.name.as_str(),
            image.architecture.as_str(),
            image.state.as_str()
        ),
        ("eks-node", "x86_64", "available")
    );
    assert_eq!(
        (image.root_device.as_deref(), image.root_volume_size),
        (Some("/dev/xvda"), Some(20))
    );
    assert_eq!(
        image.created.map(|at| at.to_string()).as_deref(),
        Some("2026-09-15T00:00:00Z")
    );
    assert_eq!(
        image.deprecated.map(|at| at.to_string()).as_deref(),
        Some("2028-09-15T00:00:00Z")
    );
}

#[tokio::test]
async fn the_instances_of_a_group_are_found_by_its_tags() {
    let server = Server::start(&[(
        200,
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-2</instanceId>\
         <imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState>\
         <instanceType>m5.large</instanceType><launchTime>2026-11-20T10:00:00.000Z</launchTime>\
         <placement><availabilityZone>us-east-1a</availabilityZone></placement></item></instancesSet></item><item><instancesSet>\
         <item><instanceId>i-1</instanceId><imageId>ami-0</imageId><instanceState><name>terminated</name></instanceState>\
         <instanceType>m5.large</instanceType></item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
    )]);
    let instances = server
        .cloud()
        .await
        .group_instances("c", "g")
        .await
        .expect("instances");
    let read: Vec<_> = instances
        .iter()
        .map(|it| (it.id.as_str(), it.state.as_str(), it.zone.as_str()))
        .collect();
    assert_eq!(
        read,
        [("i-1", "terminated", ""), ("i-2", "running", "us-east-1a")]
    );
    let form = server.seen()[0].form();
    for (key, value) in [
        ("Filter.1.Name", "tag:eks:cluster-name"),
        ("Filter.1.Value.1", "c"),
        ("Filter.2.Name", "tag:eks:nodegroup-name"),
        ("Filter.2.Value.1", "g"),
    ] {
        assert!(
            form.contains(&(key.into(), value.into())),
            "{key} in {form:?}"
        );
    }
}

#[tokio::test]
async fn parameters_go_in_tens_and_each_name_once() {
    // One answer for both calls, since they are made side by side: each finds its own names in it.
    let server = Server::start(&[(
        200,
        r#"{"Parameters":[{"Name":"/a/01","Value":"ami-1","Type":"String"},
                          {"Name":"/a/11","Selector":":3","Value":"ami-2","Type":"String"},
                          {"Name":"/a/11","Selector":":good","Value":"ami-3","Type":"String"}],
            "InvalidParameters":["/a/02"]}"#,
    )]);
    let mut names: Vec<String> = (0..11).map(|n| format!("/a/{n:02}")).collect();
    names.push("/a/11:3".into());
    names.push("/a/11:good".into());
    names.push("/a/01".into());
    let found = server
        .cloud()
        .await
        .parameters(&names)
        .await
        .expect("parameters");
    let expected = BTreeMap::from([
        ("/a/01".into(), "ami-1".into()),
        ("/a/11:3".into(), "ami-2".into()),
        ("/a/11:good".into(), "ami-3".into()),
    ]);
    assert_eq!(found, expected);
    let seen = server.seen();
    let mut sent: Vec<_> = seen
        .iter()
        .map(|seen| seen.body.matches("/a/").count())
        .collect();
    sent.sort_unstable();
    assert_eq!(sent, [3, 10]);
    assert_eq!(seen[0].header("x-amz-target"), "AmazonSSM.GetParameters");
}

#[tokio::test]
async fn a_secret_parameter_is_refused() {
    let server = Server::start(&[(
        200,
        r#"{"Parameters":[{"Name":"/a","Value":"cipher","Type":"SecureString"}]}"#,
    )]);
    let error = server
        .cloud()
        .await
        .parameters(&["/a".into()])
        .await
        .expect_err("no secrets");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(!error.to_string().contains("cipher"), "{error}");
}

#[tokio::test]
async fn refusals_keep_code_message_and_request_id() {
    let server = Server::start(&[(
        403,
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized. Encoded \
         authorization failure message: 3Vw9</Message></Error></Errors><RequestID>r-7</RequestID></Response>",
    )]);
    let error = server
        .cloud()
        .await
        .subnets(&["subnet-1".into()])
        .await
        .expect_err("refused");
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::AccessDenied, Effect::None)
    );
    assert_eq!(error.request_id.as_deref(), Some("r-7"));
    assert_eq!(
        error.to_string(),
        "EC2 DescribeSubnets in us-east-1: UnauthorizedOperation: You are not authorized. Encoded authorization \
         failure message: 3Vw9"
    );
}
