//! No request, however odd, makes the sandbox fail: it is answered or refused.

use axum::http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{Options, Outcome, Sandbox};
use crate::protocol::Incoming;
use crate::seed::Seed;
use crate::world::World;

/// What requests are made of, to get deeper than chance would.
const PIECES: &str = "Action= Version=2016-11-15 Version=2011-01-01 Version=2011-06-15 & & & = = = . . 1 0 -1 \
    99999999999999999999 true DescribeImages CreateLaunchTemplate CreateLaunchTemplateVersion \
    DescribeLaunchTemplateVersions DescribeAutoScalingGroups GetCallerIdentity LaunchTemplateName demo \
    LaunchTemplateData UserData InstanceType m5.large Filter Name Value MaxResults NextToken member \
    AutoScalingGroupNames %00 %ff \u{fc} { } [ ] \" : , \"Name\":\"x\" null /";

fn text() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = PIECES.split_whitespace().collect();
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(choices)
}

proptest! {
    #[test]
    fn anything_is_answered(
        service in one_of(&["ec2", "eks", "ssm", "sts", "autoscaling", "s3", ""]),
        method in one_of(&["GET", "POST", "DELETE"]),
        path in one_of(&["/", "/clusters", "/clusters/a%2Fb/node-groups", "/tags/%ff", "//", "/tags/x"]),
        target in one_of(&["", "AmazonSSM.GetParameter", "AmazonSSM.PutParameter", "x."]),
        query in text(),
        body in text(),
    ) {
        let world = World::from_seed(&Seed::builtin());
        let sandbox = Sandbox::new(world, Options::default()).expect("valid options");
        let mut headers = HeaderMap::new();
        let credential = format!("AWS4-HMAC-SHA256 Credential=test/1/us-east-1/{service}/aws4_request");
        headers.insert("authorization", HeaderValue::from_str(&credential).expect("a header"));
        if !target.is_empty() {
            headers.insert("x-amz-target", HeaderValue::from_static(target));
        }
        let request = Incoming { method, path, query: &query, headers: &headers, body: body.as_bytes() };
        let Outcome::Reply { reply, .. } = sandbox.answer(&request) else { panic!("no reply is lost here") };
        prop_assert!(reply.status < 500, "{}", reply.body);
    }
}
