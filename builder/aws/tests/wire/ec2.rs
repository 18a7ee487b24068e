//! Launch templates over the wire, what is not there, throttling and broken connections.

use std::collections::BTreeMap;

use crate::server::{Answer, Seen, Server};
use nodemint_core::launch_template::{
    BlockDeviceMapping, Data, Ebs, MetadataOptions, Tag, TagSpecification, UserDataBlob,
};
use nodemint_engine::ports::{Effect, ErrorKind, NewLaunchTemplate, NewVersion};

fn data() -> Data {
    Data {
        image_id: Some("ami-1".into()),
        instance_type: Some("m5.large".into()),
        user_data: Some(UserDataBlob("aGVsbG8=".into())),
        security_group_ids: vec!["sg-1".into(), "sg-2".into()],
        block_device_mappings: vec![BlockDeviceMapping {
            device_name: Some("/dev/xvda".into()),
            ebs: Some(Ebs {
                encrypted: Some(true),
                volume_size: Some(80),
                volume_type: Some("gp3".into()),
                ..Ebs::default()
            }),
            ..BlockDeviceMapping::default()
        }],
        metadata_options: Some(MetadataOptions {
            http_tokens: Some("required".into()),
            http_put_response_hop_limit: Some(2),
            ..MetadataOptions::default()
        }),
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

/// The data's own parameters, as both creating calls send them.
const DATA_PARAMETERS: &[(&str, &str)] = &[
    (
        "LaunchTemplateData.BlockDeviceMapping.1.DeviceName",
        "/dev/xvda",
    ),
    (
        "LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted",
        "true",
    ),
    (
        "LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize",
        "80",
    ),
    (
        "LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeType",
        "gp3",
    ),
    ("LaunchTemplateData.ImageId", "ami-1"),
    ("LaunchTemplateData.InstanceType", "m5.large"),
    (
        "LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit",
        "2",
    ),
    ("LaunchTemplateData.MetadataOptions.HttpTokens", "required"),
    ("LaunchTemplateData.SecurityGroupId.1", "sg-1"),
    ("LaunchTemplateData.SecurityGroupId.2", "sg-2"),
    (
        "LaunchTemplateData.TagSpecification.1.ResourceType",
        "instance",
    ),
    ("LaunchTemplateData.TagSpecification.1.Tag.1.Key", "Name"),
    (
        "LaunchTemplateData.TagSpecification.1.Tag.1.Value",
        "eksworkshop-mng-1",
    ),
    ("LaunchTemplateData.UserData", "aGVsbG8="),
];

fn expect_form(seen: &Seen, others: &[(&str, &str)]) {
    let mut expected: Vec<_> = DATA_PARAMETERS
        .iter()
        .chain(others)
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    expected.sort();
    let mut form = seen.form();
    form.sort();
    assert_eq!(form, expected);
}

#[tokio::test]
async fn a_launch_template_is_created_with_its_first_version() {
    let server = Server::start(&[(
        200,
        "<CreateLaunchTemplateResponse><requestId>r</requestId><launchTemplate>\
         <launchTemplateId>lt-1</launchTemplateId><launchTemplateName>demo</launchTemplateName>\
         <createTime>2026-11-20T10:00:00.000Z</createTime><createdBy>arn:aws:iam::1:root</createdBy>\
         <defaultVersionNumber>1</defaultVersionNumber><latestVersionNumber>1</latestVersionNumber>\
         </launchTemplate></CreateLaunchTemplateResponse>",
    )]);
    let request = NewLaunchTemplate {
        name: "demo".into(),
        description: "first".into(),
        data: data(),
        client_token: "token-1".into(),
        tags: BTreeMap::from([("fleet".into(), "x".into())]),
    };
    let minted = server
        .cloud()
        .await
        .create_launch_template(&request)
        .await
        .expect("a template");
    assert_eq!(
        (
            minted.template_id.as_str(),
            minted.version.number,
            minted.warning
        ),
        ("lt-1", 1, None)
    );
    assert_eq!(minted.version.data, data());
    assert_eq!(
        minted
            .version
            .created_at
            .map(|at| at.to_string())
            .as_deref(),
        Some("2026-11-20T10:00:00Z")
    );
    let seen = server.seen();
    expect_form(
        &seen[0],
        &[
            ("Action", "CreateLaunchTemplate"),
            ("ClientToken", "token-1"),
            ("LaunchTemplateName", "demo"),
            ("TagSpecification.1.ResourceType", "launch-template"),
            ("TagSpecification.1.Tag.1.Key", "fleet"),
            ("TagSpecification.1.Tag.1.Value", "x"),
            ("VersionDescription", "first"),
        ],
    );
    assert!(
        seen[0].header("user-agent").contains("app/nodemint"),
        "{}",
        seen[0].header("user-agent")
    );
}

#[tokio::test]
async fn a_template_is_tagged_by_its_id() {
    let server = Server::start(&[(
        200,
        "<CreateTagsResponse><return>true</return></CreateTagsResponse>",
    )]);
    let tags = BTreeMap::from([("nodemint:fleet".to_owned(), "lab".to_owned())]);
    let cloud = server.cloud().await;
    cloud
        .tag_launch_template("lt-1", &tags)
        .await
        .expect("tagged");
    let mut form = server.seen()[0].form();
    form.sort();
    let wanted = [
        ("Action", "CreateTags"),
        ("ResourceId.1", "lt-1"),
        ("Tag.1.Key", "nodemint:fleet"),
        ("Tag.1.Value", "lab"),
    ];
    assert_eq!(
        form,
        wanted.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn a_version_is_created_from_its_data_alone() {
    let server = Server::start(&[(
        200,
        "<CreateLaunchTemplateVersionResponse><launchTemplateVersion><launchTemplateId>lt-1</launchTemplateId>\
         <versionNumber>2</versionNumber><versionDescription>second</versionDescription>\
         <launchTemplateData><instanceType>m5.2xlarge</instanceType></launchTemplateData></launchTemplateVersion>\
         <warning><errorSet><item><code>InvalidAMIID</code><message>no such image</message></item></errorSet></warning>\
         </CreateLaunchTemplateVersionResponse>",
    )]);
    let request = NewVersion {
        template_id: "lt-1".into(),
        description: "second".into(),
        data: data(),
        client_token: "token-2".into(),
    };
    let minted = server
        .cloud()
        .await
        .create_launch_template_version(&request)
        .await
        .expect("a version");
    assert_eq!(minted.version.number, 2);
    // What EC2 says that it made, not what was asked for.
    assert_eq!(
        minted.version.data,
        Data {
            instance_type: Some("m5.2xlarge".into()),
            ..Data::default()
        }
    );
    assert_eq!(
        minted.warning.as_deref(),
        Some("InvalidAMIID: no such image")
    );
    expect_form(
        &server.seen()[0],
        &[
            ("Action", "CreateLaunchTemplateVersion"),
            ("ClientToken", "token-2"),
            ("LaunchTemplateId", "lt-1"),
            ("VersionDescription", "second"),
        ],
    );
}

#[tokio::test]
async fn a_template_is_read_with_every_page_of_its_versions() {
    let server = Server::start(&[
        (
            200,
            "<DescribeLaunchTemplatesResponse><launchTemplates><item><launchTemplateId>lt-1</launchTemplateId>\
             <launchTemplateName>demo</launchTemplateName><defaultVersionNumber>1</defaultVersionNumber>\
             <latestVersionNumber>3</latestVersionNumber><tagSet><item><key>a</key><value>b</value></item></tagSet>\
             </item></launchTemplates></DescribeLaunchTemplatesResponse>",
        ),
        (
            200,
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>\
             <item><versionNumber>1</versionNumber><launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item>\
             <item><versionNumber>3</versionNumber><launchTemplateData><networkInterfaceSet><item><ipv6AddressesSet><item>\
             <isPrimaryIpv6>true</isPrimaryIpv6></item></ipv6AddressesSet></item></networkInterfaceSet></launchTemplateData></item>\
             </launchTemplateVersionSet><nextToken>more</nextToken></DescribeLaunchTemplateVersionsResponse>",
        ),
        (
            200,
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>\
             <item><versionNumber>2</versionNumber><versionDescription>two</versionDescription><launchTemplateData>\
             <metadataOptions><state>pending</state><httpTokens>required</httpTokens></metadataOptions>\
             <securityGroupIdSet/></launchTemplateData></item>\
             </launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>",
        ),
    ]);
    let template = server
        .cloud()
        .await
        .launch_template("demo")
        .await
        .expect("an answer")
        .expect("a template");
    assert_eq!(
        (
            template.id.as_str(),
            template.default_version,
            template.latest_version
        ),
        ("lt-1", 1, 3)
    );
    assert_eq!(
        template.tags,
        BTreeMap::from([("a".to_owned(), "b".to_owned())])
    );
    let read: Vec<_> = template
        .versions
        .iter()
        .map(|version| (version.number, version.unread))
        .collect();
    assert_eq!(read, [(3, true), (2, false), (1, false)]);
    let tokens = template
        .version(2)
        .and_then(|version| version.data.metadata_options.clone());
    assert_eq!(
        tokens.and_then(|options| options.http_tokens).as_deref(),
        Some("required")
    );
    let form = server.seen()[2].form();
    assert!(
        form.contains(&("NextToken".into(), "more".into())),
        "{form:?}"
    );
    assert!(
        form.contains(&("LaunchTemplateId".into(), "lt-1".into())),
        "{form:?}"
    );
}

/// By filter and two hundred at a time, then each one's versions; a name without an answer is absent.
#[tokio::test]
async fn many_templates_are_read_by_the_batch() {
    const ONE: &str = "<DescribeLaunchTemplatesResponse><launchTemplates><item>\
        <launchTemplateId>lt-7</launchTemplateId><launchTemplateName>name-7</launchTemplateName>\
        <defaultVersionNumber>1</defaultVersionNumber><latestVersionNumber>1</latestVersionNumber>\
        </item></launchTemplates></DescribeLaunchTemplatesResponse>";
    const NONE: &str =
        "<DescribeLaunchTemplatesResponse><launchTemplates/></DescribeLaunchTemplatesResponse>";
    const VERSION: &str = "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>\
        <versionNumber>1</versionNumber><launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item>\
        </launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>";
    let server = Server::start(&[(200, ONE), (200, NONE), (200, VERSION)]);
    let names: Vec<String> = (0..201).map(|number| format!("name-{number}")).collect();
    let found = server.cloud().await.launch_templates(&names).await;
    let found = found.expect("an answer");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["name-7"]);
    assert_eq!(found["name-7"].versions.len(), 1);
    let seen = server.seen();
    let value = |call: usize, key: &str| {
        let form = seen[call].form().into_iter();
        form.filter(|(name, _)| name == key)
            .map(|(_, value)| value)
            .next()
    };
    assert_eq!(
        value(0, "Filter.1.Name").as_deref(),
        Some("launch-template-name")
    );
    assert_eq!(value(0, "Filter.1.Value.200").as_deref(), Some("name-199"));
    assert_eq!(value(0, "Filter.1.Value.201"), None);
    assert_eq!(value(1, "Filter.1.Value.1").as_deref(), Some("name-200"));
    assert_eq!(value(2, "LaunchTemplateId").as_deref(), Some("lt-7"));
    assert_eq!(value(2, "MaxResults").as_deref(), Some("200"));
}

const NO_TEMPLATE: Answer = (
    400,
    "<Response><Errors><Error><Code>InvalidLaunchTemplateName.NotFoundException</Code><Message>At least one of the \
     launch templates specified in the request does not exist.</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
);

#[tokio::test]
async fn what_does_not_exist_is_absent() {
    let server = Server::start(&[NO_TEMPLATE]);
    assert_eq!(server.cloud().await.launch_template("demo").await, Ok(None));
    let server = Server::start(&[(
        200,
        "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>",
    )]);
    let images = server.cloud().await.images(&["ami-1".into()]).await;
    assert_eq!(images, Ok(BTreeMap::new()));
    let form = server.seen()[0].form();
    let expected = [
        ("Action", "DescribeImages"),
        ("Filter.1.Name", "image-id"),
        ("Filter.1.Value.1", "ami-1"),
        ("IncludeDeprecated", "true"),
        ("MaxResults", "1000"),
    ];
    for (key, value) in expected {
        assert!(
            form.contains(&(key.into(), value.into())),
            "{key} in {form:?}"
        );
    }
    assert_eq!(form.len(), expected.len(), "{form:?}");
    assert_eq!(server.cloud().await.images(&[]).await, Ok(BTreeMap::new()));
    assert_eq!(server.seen().len(), 1, "nothing asked for, nothing called");
}

#[tokio::test]
async fn a_throttled_call_is_made_again() {
    let server = Server::start(&[
        (
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>\
             </Error></Errors><RequestID>r-1</RequestID></Response>",
        ),
        NO_TEMPLATE,
    ]);
    assert_eq!(
        server
            .cloud_with_tries(2)
            .await
            .launch_template("demo")
            .await,
        Ok(None)
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_connection_that_breaks_after_a_write_may_have_had_an_effect() {
    let server = Server::start(&[(0, "")]);
    let cloud = server.cloud().await;
    let request = NewVersion {
        template_id: "lt-1".into(),
        description: String::new(),
        data: data(),
        client_token: "t".into(),
    };
    let error = cloud
        .create_launch_template_version(&request)
        .await
        .expect_err("no answer");
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::Network, Effect::Maybe)
    );
    assert!(
        error
            .message
            .starts_with(&format!("connection to {} failed", server.url)),
        "{}",
        error.message
    );
    assert!(
        !format!("{error:?}").contains("aGVsbG8"),
        "no user data in errors"
    );
    let read = cloud.launch_template("demo").await.expect_err("no answer");
    assert_eq!((read.kind, read.effect), (ErrorKind::Network, Effect::None));
}
