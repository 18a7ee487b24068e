use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use governor::clock::FakeRelativeClock;

use super::{Limited, Limits, Service};

/// How many tokens an operation gets at once.
fn at_once(limits: &Limits<FakeRelativeClock>, service: Service, operation: &str) -> usize {
    (0..1000)
        .take_while(|_| limits.take(service, operation).is_ok())
        .count()
}

#[test]
fn each_quota_has_its_burst_and_its_rate() {
    // (service, operation, at the start, after ten seconds' rest)
    let rows = [
        (Service::Ssm, "AmazonSSM.GetParameters", 2, 2),
        (Service::Ec2, "DescribeImages", 80, 80),
        (Service::Ec2, "CreateLaunchTemplateVersion", 40, 40),
        (Service::Eks, "GET /clusters/one", 50, 50),
        (Service::AutoScaling, "DescribeAutoScalingGroups", 20, 20),
        (Service::Sts, "GetCallerIdentity", 50, 50),
    ];
    for (service, operation, burst, later) in rows {
        let clock = FakeRelativeClock::default();
        let limits = Limits::new(true, &clock);
        assert_eq!(at_once(&limits, service, operation), burst, "{operation}");
        clock.advance(Duration::from_secs(10));
        assert_eq!(at_once(&limits, service, operation), later, "{operation}");
    }
}

#[test]
fn parameter_reads_never_pass_forty_in_a_second() {
    let clock = FakeRelativeClock::default();
    let limits = Limits::new(true, &clock);
    let mut now = Duration::ZERO;
    let mut calls = Vec::new();
    while calls.len() < 400 {
        match limits.take(Service::Ssm, "AmazonSSM.GetParameters") {
            Ok(()) => calls.push(now),
            Err(wait) => {
                clock.advance(wait);
                now += wait;
            }
        }
    }
    for (first, start) in calls.iter().enumerate() {
        let within = calls[first..]
            .iter()
            .filter(|at| **at < *start + Duration::from_secs(1))
            .count();
        assert!(within <= 40, "{within} from {start:?}");
    }
    // 400 calls at 40 a second are ten seconds; a tenth more is what it may cost.
    assert!(now <= Duration::from_secs(11), "{now:?}");
}

#[test]
fn what_has_a_quota_of_its_own_does_not_wait_for_another() {
    let clock = FakeRelativeClock::default();
    let limits = Limits::new(true, &clock);
    assert_eq!(at_once(&limits, Service::Ec2, "DescribeImages"), 80);
    // (service, operation, whether it is free)
    let rows = [
        (Service::Ec2, "DescribeImages", false),
        (Service::Ec2, "DescribeSubnets", true),
        (Service::Ec2, "CreateLaunchTemplate", true),
        (Service::Eks, "GET /clusters/one", true),
    ];
    for (service, operation, free) in rows {
        assert_eq!(limits.take(service, operation).is_ok(), free, "{operation}");
    }
}

#[test]
fn node_groups_are_read_beside_clusters() {
    let limits = Limits::new(true, &FakeRelativeClock::default());
    assert_eq!(at_once(&limits, Service::Eks, "GET /clusters/one"), 50);
    // The list of node groups is the cluster's.
    let list = "GET /clusters/one/node-groups";
    assert!(limits.take(Service::Eks, list).is_err());
    let group = "GET /clusters/one/node-groups/workers";
    assert_eq!(at_once(&limits, Service::Eks, group), 50);
    assert!(
        limits
            .take(
                Service::Eks,
                "POST /clusters/one/node-groups/workers/update-version"
            )
            .is_ok()
    );
}

#[test]
fn parameter_reads_share_a_bucket() {
    let limits = Limits::new(true, &FakeRelativeClock::default());
    assert!(limits.take(Service::Ssm, "AmazonSSM.GetParameters").is_ok());
    assert!(limits.take(Service::Ssm, "AmazonSSM.GetParameter").is_ok());
    assert!(
        limits
            .take(Service::Ssm, "AmazonSSM.GetParametersByPath")
            .is_err()
    );
}

#[test]
fn virtual_time_has_no_pace_of_polls() {
    let limits = Limits::new(false, &FakeRelativeClock::default());
    assert_eq!(at_once(&limits, Service::Ec2, "DescribeInstances"), 1000);
    assert_eq!(at_once(&limits, Service::Eks, "GET /clusters/one"), 1000);
    assert_eq!(at_once(&limits, Service::Ssm, "AmazonSSM.GetParameters"), 2);
}

/// Throttles the first call, and answers those that follow.
#[derive(Clone, Debug)]
struct Busy {
    calls: Arc<AtomicUsize>,
    throttled: (u16, &'static str),
    then: &'static str,
}

impl Busy {
    fn new(throttled: (u16, &'static str), then: &'static str) -> Self {
        Self {
            calls: Arc::default(),
            throttled,
            then,
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// The configuration of a client that has a fake clock's buckets between it and this server.
    fn behind(&self, service: Service, limits: &Arc<Limits<FakeRelativeClock>>) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        let client = Limited {
            transport: SharedHttpClient::new(http_client_fn(move |_, _| connector.clone())),
            limits: Arc::clone(limits),
            service,
        };
        let keys = Credentials::new("id", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(client)
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .build()
    }
}

impl HttpConnector for Busy {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = match self.calls.fetch_add(1, Ordering::SeqCst) {
            0 => self.throttled,
            _ => (200, self.then),
        };
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

#[tokio::test]
async fn a_throttled_parameter_read_is_tried_again_and_takes_another_token() {
    let server = Busy::new(
        (400, r#"{"__type":"ThrottlingException"}"#),
        r#"{"Parameters":[]}"#,
    );
    let limits = Arc::new(Limits::new(true, &FakeRelativeClock::default()));
    let client = aws_sdk_ssm::Client::new(&server.behind(Service::Ssm, &limits));
    let answer = client.get_parameters().names("/a").send().await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(server.calls(), 2);
    assert_eq!(at_once(&limits, Service::Ssm, "AmazonSSM.GetParameters"), 0);
}

#[tokio::test]
async fn a_throttled_ec2_call_is_tried_again_and_takes_another_token() {
    let server = Busy::new(
        (
            503,
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
        ),
        "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>",
    );
    let limits = Arc::new(Limits::new(true, &FakeRelativeClock::default()));
    let client = aws_sdk_ec2::Client::new(&server.behind(Service::Ec2, &limits));
    let answer = client.describe_images().send().await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(server.calls(), 2);
    assert_eq!(at_once(&limits, Service::Ec2, "DescribeImages"), 78);
}
