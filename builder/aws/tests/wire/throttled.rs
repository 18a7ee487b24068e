//! Request rates, as a server sees them.

use nodemint_aws::{AwsClouds, Settings};
use nodemint_core::site::Site;
use nodemint_engine::ports::{Clouds, ErrorKind};
use nodemint_sandbox::seed::Seed;

use crate::embedded;
use crate::server::{Answer, Server};

const SSM: Answer = (
    400,
    r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
);

#[tokio::test]
async fn a_throttled_call_is_given_up_after_its_tries() {
    let server = Server::start(&[SSM, SSM, (200, r#"{"Parameters":[]}"#)]);
    let names = ["/a".to_owned()];
    let cloud = server.cloud_with_tries(2).await;
    let error = cloud.parameters(&names).await.expect_err("throttled twice");
    assert_eq!(error.kind, ErrorKind::Throttled, "{error}");
    assert_eq!(server.seen().len(), 2);
    assert!(cloud.parameters(&names).await.expect("no more").is_empty());
}

/// The limits of a sandbox whose time flows go by the machine's clock, as AWS's do. Sixty calls without a
/// pause are more than a bucket of forty takes.
#[tokio::test]
async fn a_quota_of_forty_reads_a_second_throttles_nothing() {
    let limit = "ssm:GetParameters=40".parse().expect("a limit");
    let (sandbox, url) = embedded::start(&Seed::builtin(), embedded::flowing(vec![limit])).await;
    let cloud = AwsClouds::new(Settings::sandbox(&url))
        .at(&Site::from("us-east-1"))
        .await
        .expect("a region");
    let names: Vec<String> = (0..600).map(|n| format!("/fleet/ami/{n}")).collect();
    let found = cloud.parameters(&names).await.expect("an answer");
    assert!(found.is_empty(), "{found:?}");
    let calls = sandbox.calls();
    let outcomes: Vec<&str> = calls.iter().map(|call| call.outcome.as_str()).collect();
    assert_eq!(outcomes, ["ok"; 60]);
}
