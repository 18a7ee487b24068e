//! The life of a launch template and its versions.

use crate::support::{Response, Server};
use nodemint_sandbox::Options;

fn create(server: &Server) -> Response {
    let made = server.ec2(
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&VersionDescription=one\
         &LaunchTemplateData.InstanceType=m5.large&LaunchTemplateData.KeyName=key",
    );
    assert_eq!(made.status, 200, "{}", made.body);
    made
}

fn version(server: &Server, parameters: &str) -> Response {
    server.ec2(&format!(
        "Action=CreateLaunchTemplateVersion&LaunchTemplateName=demo&{parameters}"
    ))
}

/// The numbers that a DescribeLaunchTemplateVersions shows, in its order.
fn numbers(server: &Server, parameters: &str) -> Vec<String> {
    let shown = server.ec2(&format!(
        "Action=DescribeLaunchTemplateVersions&{parameters}"
    ));
    assert_eq!(shown.status, 200, "{parameters}: {}", shown.body);
    let parts = shown.body.split("<versionNumber>").skip(1);
    parts
        .filter_map(|part| part.split('<').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_source_version_lends_what_is_not_given() {
    let server = Server::start(Options::default());
    create(&server);
    let merged = version(
        &server,
        "SourceVersion=1&LaunchTemplateData.InstanceType=m5.2xlarge",
    );
    assert_eq!(
        (merged.element("instanceType"), merged.element("keyName")),
        (Some("m5.2xlarge"), Some("key"))
    );
    let alone = version(&server, "LaunchTemplateData.InstanceType=m5.xlarge");
    assert_eq!(
        (alone.element("instanceType"), alone.element("keyName")),
        (Some("m5.xlarge"), None)
    );
    let latest = version(
        &server,
        "SourceVersion=%24Latest&LaunchTemplateData.ImageId=ami-0123456789abcdef0",
    );
    assert_eq!(latest.element("instanceType"), Some("m5.xlarge"));
    let missing = version(
        &server,
        "SourceVersion=42&LaunchTemplateData.InstanceType=m5.xlarge",
    );
    assert_eq!(
        missing.element("Code"),
        Some("InvalidLaunchTemplateId.VersionNotFound")
    );
    let first = server.ec2(
        "Action=DescribeLaunchTemplateVersions&LaunchTemplateName=demo&LaunchTemplateVersion.1=1",
    );
    assert_eq!(
        first.element("instanceType"),
        Some("m5.large"),
        "a version never changes"
    );
}

#[test]
fn a_number_is_never_given_again() {
    let server = Server::start(Options::default());
    create(&server);
    for _ in 0..2 {
        version(&server, "LaunchTemplateData.InstanceType=m5.xlarge");
    }
    let delete = "Action=DeleteLaunchTemplateVersions&LaunchTemplateName=demo&LaunchTemplateVersion.1=3\
                  &LaunchTemplateVersion.2=1&LaunchTemplateVersion.3=9";
    let deleted = server.ec2(delete);
    let (good, bad) = deleted
        .body
        .split_once("<unsuccessfullyDeleted")
        .expect("both lists");
    assert!(good.contains("<versionNumber>3</versionNumber>"), "{good}");
    assert!(
        bad.contains("<versionNumber>1</versionNumber>")
            && bad.contains("<code>unexpectedError</code>"),
        "{bad}"
    );
    assert!(
        bad.contains("<code>launchTemplateVersionDoesNotExist</code>"),
        "{bad}"
    );
    assert_eq!(
        numbers(
            &server,
            "LaunchTemplateName=demo&LaunchTemplateVersion.1=%24Latest"
        ),
        ["2"]
    );
    let next = version(&server, "LaunchTemplateData.InstanceType=m5.xlarge");
    assert_eq!(next.element("versionNumber"), Some("4"));
    assert_eq!(numbers(&server, "LaunchTemplateName=demo"), ["4", "2", "1"]);
}

#[test]
fn at_most_200_versions_go_at_once() {
    let server = Server::start(Options::default());
    create(&server);
    let list = |count| {
        (1..=count)
            .map(|n| format!("&LaunchTemplateVersion.{n}={}", n + 1))
            .collect::<String>()
    };
    let delete = |count| {
        server.ec2(&format!(
            "Action=DeleteLaunchTemplateVersions&LaunchTemplateName=demo{}",
            list(count)
        ))
    };
    assert_eq!(delete(200).status, 200);
    assert_eq!(delete(201).element("Code"), Some("InvalidParameterValue"));
}

#[test]
fn versions_are_shown_as_asked() {
    let server = Server::start(Options::default());
    create(&server);
    for size in ["xlarge", "2xlarge", "4xlarge"] {
        version(
            &server,
            &format!("LaunchTemplateData.InstanceType=m5.{size}"),
        );
    }
    let modified =
        server.ec2("Action=ModifyLaunchTemplate&LaunchTemplateName=demo&SetDefaultVersion=2");
    assert_eq!(modified.element("defaultVersionNumber"), Some("2"));
    let one = "LaunchTemplateName=demo";
    assert_eq!(
        numbers(&server, &format!("{one}&MinVersion=2&MaxVersion=3")),
        ["3", "2"]
    );
    assert_eq!(
        numbers(
            &server,
            &format!("{one}&LaunchTemplateVersion.1=1&LaunchTemplateVersion.2=%24Default")
        ),
        ["2", "1"]
    );
    assert_eq!(
        numbers(
            &server,
            "LaunchTemplateVersion.1=%24Latest&LaunchTemplateVersion.2=%24Default"
        ),
        ["4", "2"]
    );
    assert_eq!(
        numbers(
            &server,
            &format!("{one}&Filter.1.Name=instance-type&Filter.1.Value.1=m5.?xlarge")
        ),
        ["4", "3"]
    );
    assert_eq!(
        numbers(
            &server,
            &format!("{one}&Filter.1.Name=is-default-version&Filter.1.Value.1=true")
        ),
        ["2"]
    );
    let first = server.ec2(&format!(
        "Action=DescribeLaunchTemplateVersions&{one}&MaxResults=3"
    ));
    let token = first.element("nextToken").expect("more to come");
    assert_eq!(
        numbers(&server, &format!("{one}&MaxResults=3&NextToken={token}")),
        ["1"]
    );
    for (parameters, code) in [
        ("", "MissingParameter"),
        ("LaunchTemplateVersion.1=1", "InvalidParameterValue"),
        (
            "LaunchTemplateName=demo&LaunchTemplateVersion.1=9",
            "InvalidLaunchTemplateId.VersionNotFound",
        ),
        (
            "LaunchTemplateName=demo&LaunchTemplateVersion.1=x",
            "InvalidParameterValue",
        ),
        (
            "LaunchTemplateName=demo&LaunchTemplateVersion.1=1&MinVersion=1",
            "InvalidParameterCombination",
        ),
        (
            "LaunchTemplateName=none",
            "InvalidLaunchTemplateName.NotFoundException",
        ),
        (
            "LaunchTemplateId=lt-0123456789abcdef0",
            "InvalidLaunchTemplateId.NotFound",
        ),
        ("LaunchTemplateId=lt-x", "InvalidLaunchTemplateId.Malformed"),
        (
            "LaunchTemplateId=lt-0123456789abcdef0&LaunchTemplateName=demo",
            "InvalidParameterCombination",
        ),
        (
            "LaunchTemplateName=demo&MaxResults=201",
            "InvalidParameterValue",
        ),
        ("LaunchTemplateName=demo&NextToken=x", "InvalidNextToken"),
    ] {
        let refused = server.ec2(&format!(
            "Action=DescribeLaunchTemplateVersions&{parameters}"
        ));
        assert_eq!(
            refused.element("Code"),
            Some(code),
            "{parameters}: {}",
            refused.body
        );
    }
}

#[test]
fn a_client_token_makes_a_call_idempotent() {
    let server = Server::start(Options::default());
    create(&server);
    let call = "ClientToken=t&LaunchTemplateData.InstanceType=m5.xlarge";
    let (first, again) = (version(&server, call), version(&server, call));
    assert_eq!(
        first.element("launchTemplateVersion"),
        again.element("launchTemplateVersion")
    );
    assert_eq!(numbers(&server, "LaunchTemplateName=demo"), ["2", "1"]);
    let other = version(
        &server,
        "ClientToken=t&LaunchTemplateData.InstanceType=m5.2xlarge",
    );
    assert_eq!(other.element("Code"), Some("IdempotentParameterMismatch"));
    // tokens are an operation's own, and a call that failed has not used its token up
    let failed = server.ec2("Action=CreateLaunchTemplate&ClientToken=t&LaunchTemplateName=demo&LaunchTemplateData.KeyName=k");
    assert_eq!(
        failed.element("Code"),
        Some("InvalidLaunchTemplateName.AlreadyExistsException")
    );
    let made = server.ec2("Action=CreateLaunchTemplate&ClientToken=t&LaunchTemplateName=demo2&LaunchTemplateData.KeyName=k");
    assert_eq!(made.status, 200, "{}", made.body);
}

#[test]
fn user_data_ends_at_16_kib_before_base64() {
    let server = Server::start(Options::default());
    create(&server);
    // three raw bytes are four characters
    let of = |groups: usize, rest: &str| {
        version(
            &server,
            &format!(
                "LaunchTemplateData.UserData={}{rest}",
                "QUFB".repeat(groups)
            ),
        )
    };
    assert_eq!(of(5461, "QQ%3D%3D").status, 200, "16,384 bytes");
    let refused = of(5461, "QUE%3D");
    assert_eq!(refused.element("Code"), Some("InvalidUserData.Malformed"));
    assert_eq!(
        refused.element("Message"),
        Some("User data is limited to 16384 bytes")
    );
}

#[test]
fn tags_keep_ec2s_rules() {
    let server = Server::start(Options::default());
    let create = |tags: &str| {
        server.ec2(&format!("Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.KeyName=k&{tags}"))
    };
    let many: String = (1..=51)
        .map(|n| format!("&TagSpecification.1.Tag.{n}.Key=k{n}"))
        .collect();
    let own = "TagSpecification.1.ResourceType=launch-template";
    for (tags, code) in [
        ("TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=k".to_owned(), "InvalidParameterValue"),
        (format!("{own}&TagSpecification.1.Tag.1.Key=aws:x"), "InvalidParameterValue"),
        (format!("{own}&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.2.Key=a"), "InvalidParameterValue"),
        (format!("{own}&TagSpecification.1.Tag.1.Key={}", "k".repeat(129)), "InvalidParameterValue"),
        (format!("{own}&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value={}", "v".repeat(257)), "InvalidParameterValue"),
        (format!("{own}{many}"), "TagLimitExceeded"),
        ("LaunchTemplateData.TagSpecification.1.ResourceType=subnet".to_owned(), "InvalidParameterValue"),
        (
            "LaunchTemplateData.TagSpecification.1.ResourceType=instance&LaunchTemplateData.TagSpecification.1.Tag.1.Key=AWS:x".to_owned(),
            "InvalidParameterValue",
        ),
    ] {
        let refused = create(&tags);
        assert_eq!(refused.element("Code"), Some(code), "{tags}: {}", refused.body);
    }
    let made = create(&format!(
        "{own}&TagSpecification.1.Tag.1.Key=team&TagSpecification.1.Tag.1.Value=blue"
    ));
    assert_eq!(made.status, 200, "{}", made.body);
    let found =
        server.ec2("Action=DescribeLaunchTemplates&Filter.1.Name=tag:team&Filter.1.Value.1=bl*");
    assert_eq!(found.element("launchTemplateName"), Some("demo"));
    let none =
        server.ec2("Action=DescribeLaunchTemplates&Filter.1.Name=tag-key&Filter.1.Value.1=colour");
    assert_eq!(none.element("launchTemplateName"), None);
}

#[test]
fn a_dry_run_says_what_would_be_and_does_nothing() {
    let server = Server::start(Options::default());
    create(&server);
    let before = server.sandbox.world();
    let good = version(
        &server,
        "DryRun=true&LaunchTemplateData.InstanceType=m5.xlarge",
    );
    assert_eq!(
        (good.status, good.element("Code")),
        (412, Some("DryRunOperation"))
    );
    let bad = version(
        &server,
        "DryRun=true&SourceVersion=9&LaunchTemplateData.InstanceType=m5.xlarge",
    );
    assert_eq!(
        bad.element("Code"),
        Some("InvalidLaunchTemplateId.VersionNotFound")
    );
    assert_eq!(server.sandbox.world(), before);
}

#[test]
fn a_deleted_template_is_gone_and_its_name_is_free() {
    let server = Server::start(Options::default());
    let id = create(&server)
        .element("launchTemplateId")
        .map(str::to_owned);
    let taken = server
        .ec2("Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.KeyName=k");
    assert_eq!(
        taken.element("Code"),
        Some("InvalidLaunchTemplateName.AlreadyExistsException")
    );
    assert_eq!(
        server
            .ec2("Action=DeleteLaunchTemplate&LaunchTemplateName=demo")
            .status,
        200
    );
    let gone = server.ec2("Action=DescribeLaunchTemplates&LaunchTemplateName.1=demo");
    assert_eq!(
        gone.element("Code"),
        Some("InvalidLaunchTemplateName.NotFoundException")
    );
    assert_ne!(
        create(&server)
            .element("launchTemplateId")
            .map(str::to_owned),
        id
    );
}
