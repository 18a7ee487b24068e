//! Simulated request rates, and operations that nobody has permission for.

use std::time::Duration;

use crate::support::Server;
use nodemint_sandbox::{Denial, Limit, Options};

fn limit(text: &str) -> Limit {
    text.parse().expect("a limit")
}

fn denial(text: &str) -> Denial {
    text.parse().expect("a denial")
}

#[test]
fn a_call_beyond_its_rate_is_throttled_until_time_has_passed() {
    let server = Server::start(Options {
        limits: vec![limit("ssm:GetParameters=2"), limit("ec2:DescribeVpcs=1")],
        ..Options::default()
    });
    let read = |operation: &str| {
        let body = if operation == "GetParameters" {
            "{\"Names\": [\"none\"]}"
        } else {
            "{\"Path\": \"/none\"}"
        };
        let answer = server.ssm(operation, body);
        (
            answer.status,
            answer.json()["__type"].as_str().map(str::to_owned),
        )
    };
    let throttled = (400, Some("ThrottlingException".to_owned()));
    assert_eq!(read("GetParameters"), (200, None));
    assert_eq!(read("GetParametersByPath"), (200, None));
    assert_eq!(read("GetParameters"), throttled);
    server.sandbox.advance(Duration::from_millis(500));
    assert_eq!(read("GetParametersByPath"), (200, None));
    assert_eq!(read("GetParameters"), throttled);
    assert_eq!(server.ec2("Action=DescribeVpcs").status, 200);
    let refused = server.ec2("Action=DescribeVpcs");
    assert_eq!(refused.element("Code"), Some("RequestLimitExceeded"));
    assert_eq!(server.ec2("Action=DescribeSubnets").status, 200);
    let calls = server.sandbox.calls();
    let outcomes: Vec<&str> = calls.iter().map(|it| it.outcome.as_str()).collect();
    let expected = [
        "ok",
        "ok",
        "throttled",
        "ok",
        "throttled",
        "ok",
        "throttled",
        "ok",
    ];
    assert_eq!(outcomes, expected);
}

#[test]
fn a_denied_operation_is_denied_every_time_where_it_says() {
    let server = Server::start(Options {
        denials: vec![
            denial("ec2:DescribeVpcs@eu-west-1"),
            denial("ec2:CreateTags"),
        ],
        ..Options::default()
    });
    let call = |region: &str, action: &str| {
        let body = format!("Action={action}&Version=2016-11-15");
        server.form("ec2", region, &body).status
    };
    for (region, action, expected) in [
        ("eu-west-1", "DescribeVpcs", 403),
        ("eu-west-1", "DescribeVpcs", 403),
        ("us-east-1", "DescribeVpcs", 200),
        ("eu-west-1", "DescribeSubnets", 200),
        ("us-east-1", "CreateTags", 403),
    ] {
        assert_eq!(call(region, action), expected, "{region} {action}");
    }
    let calls = server.sandbox.calls();
    assert_eq!(calls[0].outcome, "UnauthorizedOperation");
}
