//! Several accounts: roles, what their sessions see, and when those end. Partitions.

use std::time::Duration;

use crate::support::{Response, Server};
use nodemint_sandbox::Options;
use nodemint_sandbox::seed::Seed;

const SEED: &str = r#"
account: "111122223333"
start: 2026-11-20T09:00:00Z
seed: 1
roles:
  - {name: hub, assumableBy: ["111122223333"], maxSessionSeconds: 7200}
regions:
  us-east-1: {zones: [us-east-1a]}
accounts:
  "000011112222":
    roles:
      - {name: deploy, path: /teams/, assumableBy: ["111122223333"], maxSessionSeconds: 7200}
      - {name: guarded, assumableBy: ["arn:aws:iam::111122223333:root"], externalId: open-sesame}
      - {name: of-hub, assumableBy: ["arn:aws:iam::111122223333:role/hub"], maxSessionSeconds: 7200}
    regions:
      us-east-1:
        zones: [us-east-1a, us-east-1b]
        images:
          - {id: ami-0123456789abcdef1, name: shared, architecture: x86_64, sharedWith: ["111122223333"]}
          - {id: ami-0123456789abcdef2, name: private, architecture: x86_64}
      cn-north-1: {zones: [cn-north-1a]}
"#;

/// What to sign with.
struct Keys {
    access_key: String,
    token: Option<String>,
}

impl Keys {
    fn user() -> Self {
        Self {
            access_key: "test".to_owned(),
            token: None,
        }
    }

    fn of(answer: &Response) -> Self {
        let element = |name| answer.element(name).expect("credentials").to_owned();
        Self {
            access_key: element("AccessKeyId"),
            token: Some(element("SessionToken")),
        }
    }

    fn call(&self, server: &Server, service: &str, region: &str, body: &str) -> Response {
        let key = &self.access_key;
        let token = self.token.iter();
        let token: String = token
            .map(|it| format!("x-amz-security-token: {it}\r\n"))
            .collect();
        let headers = format!(
            "authorization: AWS4-HMAC-SHA256 Credential={key}/20261120/{region}/{service}/aws4_request, \
             Signature=00\r\n{token}content-type: application/x-www-form-urlencoded\r\n"
        );
        server.raw("POST / ", &headers, body).expect("an answer")
    }

    fn sts(&self, server: &Server, parameters: &str) -> Response {
        let body = format!("{parameters}&Version=2011-06-15");
        self.call(server, "sts", "us-east-1", &body)
    }

    fn assume(&self, server: &Server, role: &str, more: &str) -> Response {
        let arn = format!("arn:aws:iam::{role}");
        self.sts(
            server,
            &format!("Action=AssumeRole&RoleSessionName=ci&RoleArn={arn}{more}"),
        )
    }
}

fn server() -> Server {
    let seed = Seed::parse(SEED).expect("a valid seed");
    Server::with_seed(&seed, Options::default())
}

#[test]
fn a_role_is_assumed_by_those_that_it_trusts() {
    let server = server();
    let hub = Keys::of(&Keys::user().assume(&server, "111122223333:role/hub", ""));
    let user = Keys::user();
    let deploy = "000011112222:role/teams/deploy";
    let guarded = "000011112222:role/guarded";
    let of_hub = "000011112222:role/of-hub";
    let rows = [
        (&user, deploy, "", None),
        (&user, deploy, "&DurationSeconds=7200", None),
        (&user, guarded, "&ExternalId=open-sesame", None),
        (&hub, of_hub, "&DurationSeconds=3600", None),
        (&user, guarded, "", Some("AccessDenied")),
        (&user, guarded, "&ExternalId=sesame", Some("AccessDenied")),
        (&user, of_hub, "", Some("AccessDenied")),
        (&user, "000011112222:role/deploy", "", Some("AccessDenied")),
        (&user, "999999999999:role/deploy", "", Some("AccessDenied")),
        (
            &user,
            deploy,
            "&DurationSeconds=7201",
            Some("ValidationError"),
        ),
        (
            &user,
            deploy,
            "&DurationSeconds=899",
            Some("ValidationError"),
        ),
        (
            &hub,
            of_hub,
            "&DurationSeconds=3601",
            Some("ValidationError"),
        ),
        (
            &user,
            "000011112222:user/somebody",
            "",
            Some("ValidationError"),
        ),
        (&user, deploy, "&SourceIdentity=me", Some("ValidationError")),
    ];
    for (keys, role, more, expected) in rows {
        let answer = keys.assume(&server, role, more);
        assert_eq!(
            answer.element("Code"),
            expected,
            "{role} {more}: {}",
            answer.body
        );
        assert_eq!(answer.status == 200, expected.is_none(), "{role} {more}");
    }
    let denied = user.assume(&server, "000011112222:role/nope", "");
    assert_eq!(
        (denied.status, denied.element("Message")),
        (
            403,
            Some(
                "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: sts:AssumeRole \
                 on resource: arn:aws:iam::000011112222:role/nope"
            )
        )
    );
}

#[test]
fn a_session_acts_in_the_account_of_its_role() {
    let server = server();
    let answer = Keys::user().assume(&server, "000011112222:role/teams/deploy", "");
    let arn = "arn:aws:sts::000011112222:assumed-role/deploy/ci";
    assert_eq!(answer.element("Arn"), Some(arn));
    assert_eq!(
        answer.element("Expiration"),
        Some("2026-11-20T10:00:00.000Z")
    );
    let session = Keys::of(&answer);
    let who = session.sts(&server, "Action=GetCallerIdentity");
    assert_eq!(who.element("Account"), Some("000011112222"));
    assert_eq!(who.element("Arn"), Some(arn));
    // the main account is the seed's, although the other's number comes first
    let user = Keys::user();
    let main = user.sts(&server, "Action=GetCallerIdentity");
    assert_eq!(main.element("Account"), Some("111122223333"));

    let make = "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.KeyName=k&Version=2016-11-15";
    let made = session.call(&server, "ec2", "us-east-1", make);
    assert_eq!(made.element("createdBy"), Some(arn), "{}", made.body);
    let list = "Action=DescribeLaunchTemplates&Version=2016-11-15";
    for (keys, expected) in [(&session, Some("demo")), (&user, None)] {
        let found = keys.call(&server, "ec2", "us-east-1", list);
        assert_eq!(found.element("launchTemplateName"), expected);
    }
    let accounts: Vec<String> = server
        .sandbox
        .calls()
        .into_iter()
        .map(|it| it.account)
        .collect();
    assert_eq!(
        accounts.iter().filter(|it| *it == "000011112222").count(),
        3
    );
}

#[test]
fn a_private_image_is_seen_by_who_it_was_shared_with() {
    let server = server();
    let session = Keys::of(&Keys::user().assume(&server, "000011112222:role/teams/deploy", ""));
    for (keys, image, expected) in [
        (&session, "ami-0123456789abcdef1", 200),
        (&session, "ami-0123456789abcdef2", 200),
        (&Keys::user(), "ami-0123456789abcdef1", 200),
        (&Keys::user(), "ami-0123456789abcdef2", 400),
    ] {
        let body = format!("Action=DescribeImages&ImageId.1={image}&Version=2016-11-15");
        let found = keys.call(&server, "ec2", "us-east-1", &body);
        assert_eq!(found.status, expected, "{image}: {}", found.body);
    }
}

#[test]
fn credentials_end_and_are_worth_nothing_in_parts() {
    let server = server();
    let answer = Keys::user().assume(
        &server,
        "000011112222:role/teams/deploy",
        "&DurationSeconds=900",
    );
    let whole = Keys::of(&answer);
    let without = Keys {
        access_key: whole.access_key.clone(),
        token: None,
    };
    let changed = Keys {
        access_key: whole.access_key.clone(),
        token: whole.token.as_ref().map(|token| format!("{token}x")),
    };
    let ec2 = "Action=DescribeVpcs&Version=2016-11-15";
    let sts = "Action=GetCallerIdentity&Version=2011-06-15";
    let check = |rows: &[(&Keys, &str, &str, u16, Option<&str>)]| {
        for (keys, service, body, status, code) in rows {
            let answer = keys.call(&server, service, "us-east-1", body);
            assert_eq!((answer.status, answer.element("Code")), (*status, *code));
        }
    };
    server.sandbox.advance(Duration::from_secs(899));
    check(&[
        (&whole, "ec2", ec2, 200, None),
        (&whole, "sts", sts, 200, None),
        (&without, "ec2", ec2, 401, Some("AuthFailure")),
        (&without, "sts", sts, 403, Some("InvalidClientTokenId")),
        (&changed, "sts", sts, 403, Some("InvalidClientTokenId")),
    ]);
    server.sandbox.advance(Duration::from_secs(1));
    check(&[
        (&whole, "ec2", ec2, 400, Some("RequestExpired")),
        (&whole, "sts", sts, 403, Some("ExpiredToken")),
    ]);
}

#[test]
fn a_region_has_the_arns_and_endpoints_of_its_partition() {
    let server = server();
    let user = Keys {
        access_key: "000011112222".to_owned(),
        token: None,
    };
    let sts = "Action=GetCallerIdentity&Version=2011-06-15";
    let regions = "Action=DescribeRegions&Version=2016-11-15";
    let zones = "Action=DescribeAvailabilityZones&Version=2016-11-15";
    for (service, region, body, element, expected) in [
        (
            "sts",
            "cn-north-1",
            sts,
            "Arn",
            "arn:aws-cn:iam::000011112222:user/sandbox",
        ),
        (
            "ec2",
            "cn-north-1",
            regions,
            "regionEndpoint",
            "ec2.cn-north-1.amazonaws.com.cn",
        ),
        (
            "ec2",
            "us-east-1",
            regions,
            "regionEndpoint",
            "ec2.us-east-1.amazonaws.com",
        ),
        ("ec2", "cn-north-1", zones, "zoneId", "cnn1-az1"),
    ] {
        let answer = user.call(&server, service, region, body);
        assert_eq!(answer.element(element), Some(expected), "{}", answer.body);
        assert_eq!(answer.body.matches(&format!("<{element}>")).count(), 1);
    }
    // a role of another partition is nobody's here
    let foreign = "Action=AssumeRole&RoleSessionName=ci&RoleArn=arn:aws-cn:iam::000011112222:role/teams/deploy";
    let refused = Keys::user().sts(&server, foreign);
    assert_eq!(refused.element("Code"), Some("AccessDenied"));
}

#[test]
fn what_is_wrong_with_accounts_is_told_with_its_place() {
    for (from, to, expected) in [
        (
            "\"000011112222\":",
            "\"12\":",
            "accounts.12: an account id has twelve digits",
        ),
        (
            "\"000011112222\":",
            "\"111122223333\":",
            "accounts.111122223333: this is the main account",
        ),
        (
            "name: guarded",
            "name: deploy",
            "accounts.000011112222.roles[1].name: a second role deploy",
        ),
        (
            "name: guarded",
            "name: a/b",
            "roles[1].name: a role's name has",
        ),
        (
            "path: /teams/",
            "path: teams",
            "roles[0].path: a path begins and ends with a slash",
        ),
        (
            "maxSessionSeconds: 7200}\nregions",
            "maxSessionSeconds: 60}\nregions",
            "roles[0].maxSessionSeconds: 3600 to",
        ),
        (
            "[\"arn:aws:iam::111122223333:root\"]",
            "[root]",
            "roles[1].assumableBy[0]: an account id",
        ),
        (
            "sharedWith: [\"111122223333\"]",
            "sharedWith: [all]",
            "regions.us-east-1.images[0].sharedWith[0]: an account",
        ),
        (
            "zones: [us-east-1a, us-east-1b]",
            "zones: []",
            "accounts.000011112222.regions.us-east-1.zones: a region",
        ),
        (
            "roles:\n      -",
            "rolls:\n      -",
            "unknown field `rolls`",
        ),
    ] {
        assert_eq!(SEED.matches(from).count(), 1, "{from}");
        let error = Seed::parse(&SEED.replace(from, to))
            .expect_err(expected)
            .to_string();
        assert!(
            error.contains(expected),
            "expected {expected:?} in {error:?}"
        );
    }
}
