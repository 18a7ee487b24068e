//! How fast this process may call: a token bucket for each access, region and quota of AWS's.
//!
//! A quota belongs to an account and a region. The buckets are kept by access and not by account, whose id
//! nobody knows before the first call; so two ways into one account have a bucket each. Every attempt takes
//! a token, those of the SDK's retries too: the buckets are asked in front of the transport. Where somebody
//! else uses up the quota, AWS still throttles, and the SDK tries again.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::transport::call_name;

/// Tokens a second, and how many are there at the start.
#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: u32,
    burst: u32,
}

/// Parameter Store's reads share 40 a second (Systems Manager endpoints and quotas, "Parameter Store: max
/// throughput", the default; the higher setting costs money and is not counted on). Of which size AWS's bucket
/// is, nobody says; 38 and a burst of 2 are never more than 40 in any second.
const PARAMETER_READS: Rate = Rate {
    per_second: 38,
    burst: 2,
};
/// Each non-mutating action has a bucket of 100 with 20 a second, none of those that nodemint calls being an
/// exception as long as it is paginated or filtered ("Request throttling for the Amazon EC2 API", request
/// token limits). The account's other users need some of it.
const EC2_READS: Rate = Rate {
    per_second: 18,
    burst: 80,
};
/// A mutating action has a bucket of 50 with 5 a second (same page). CreateLaunchTemplateVersion and
/// ModifyLaunchTemplate have one of 100 with 5, CreateTags and DeleteTags one of 100 with 10: all of them fit
/// in this.
const EC2_WRITES: Rate = Rate {
    per_second: 4,
    burst: 40,
};
/// Inferred: AWS publishes no rate of EKS's control plane. ECS, which is documented, has a bucket of 50 with 20 a
/// second for reading clusters, and another of 100 with 20 for what is in them ("Request throttling for the
/// Amazon ECS API"); EKS is taken to do alike, with the smaller of them twice. Where this is too much, EKS
/// throttles and the SDK tries again.
const EKS: Rate = Rate {
    per_second: 20,
    burst: 50,
};
/// Inferred: AWS publishes no rate of Auto Scaling's API, which throttles all the same. A run lists the groups
/// once, a hundred a page.
const AUTO_SCALING: Rate = Rate {
    per_second: 5,
    burst: 20,
};
/// Inferred: no published rate could be confirmed. A run asks each access once who it is; the role of an
/// access is assumed in front of these buckets, once a session.
const STS: Rate = Rate {
    per_second: 50,
    burst: 50,
};

/// Whose quotas apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    AutoScaling,
    Ec2,
    Eks,
    Ssm,
    Sts,
}

/// One quota, with a bucket for each key.
#[derive(Debug)]
struct Buckets<C: Clock> {
    limiter: RateLimiter<String, HashMapStateStore<String>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl<C: Clock + Clone> Buckets<C> {
    fn new(rate: Rate, clock: &C) -> Self {
        let whole = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(whole(rate.per_second)).allow_burst(whole(rate.burst));
        Self {
            limiter: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
            clock: clock.clone(),
        }
    }
}

/// The buckets of one access in one region.
#[derive(Debug)]
pub(crate) struct Limits<C: Clock = DefaultClock> {
    auto_scaling: Buckets<C>,
    parameter_reads: Buckets<C>,
    ec2_reads: Buckets<C>,
    ec2_writes: Buckets<C>,
    eks: Buckets<C>,
    sts: Buckets<C>,
    /// Whether EC2 and EKS are polled at their own pace. Where time is virtual, a poll every fifteen
    /// seconds is a poll every few milliseconds, and a bucket filled by the machine's clock has no meaning.
    polls: bool,
}

impl Limits {
    /// As AWS has them.
    pub(crate) fn of_aws() -> Self {
        Self::new(true, &DefaultClock::default())
    }

    /// Of the embedded AWS, where a poll costs no time.
    pub(crate) fn of_embedded() -> Self {
        Self::new(false, &DefaultClock::default())
    }
}

impl<C: Clock + Clone> Limits<C> {
    fn new(polls: bool, clock: &C) -> Self {
        Self {
            auto_scaling: Buckets::new(AUTO_SCALING, clock),
            parameter_reads: Buckets::new(PARAMETER_READS, clock),
            ec2_reads: Buckets::new(EC2_READS, clock),
            ec2_writes: Buckets::new(EC2_WRITES, clock),
            eks: Buckets::new(EKS, clock),
            sts: Buckets::new(STS, clock),
            polls,
        }
    }

    /// A token for an operation, or how long to wait before asking again.
    fn take(&self, service: Service, operation: &str) -> Result<(), Duration> {
        let (buckets, key) = match service {
            Service::Ssm => (&self.parameter_reads, ""),
            Service::Sts => (&self.sts, ""),
            Service::Ec2 | Service::Eks | Service::AutoScaling if !self.polls => return Ok(()),
            Service::AutoScaling => (&self.auto_scaling, ""),
            Service::Eks => (&self.eks, eks_key(operation)),
            Service::Ec2 if operation.starts_with("Describe") => (&self.ec2_reads, operation),
            Service::Ec2 => (&self.ec2_writes, operation),
        };
        buckets
            .limiter
            .check_key(&key.to_owned())
            .map_err(|until| until.wait_time_from(buckets.clock.now()))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "AWS's rates are in the machine's time, whatever clock a run waits by"
    )]
    async fn pass(&self, service: Service, operation: &str) {
        while let Err(wait) = self.take(service, operation) {
            tracing::debug!(
                "{operation} waits {} ms for the request rate",
                wait.as_millis()
            );
            tokio::time::sleep(wait).await;
        }
    }
}

/// The bucket of a call to EKS, which goes by method and path: reads of clusters, their lists among them, reads
/// of node groups, and a bucket for each other method.
fn eks_key(operation: &str) -> &str {
    let (method, path) = operation.split_once(' ').unwrap_or((operation, ""));
    match (method, path.contains("/node-groups/")) {
        ("GET", true) => "GET node group",
        _ => method,
    }
}

/// The transport behind the buckets of one service. Connections are still the transport's.
#[derive(Clone, Debug)]
pub(crate) struct Limited<C: Clock = DefaultClock> {
    pub(crate) transport: SharedHttpClient,
    pub(crate) limits: Arc<Limits<C>>,
    pub(crate) service: Service,
}

/// What the SDK wants of whatever it keeps.
trait SharedClock: Clock<Instant: Debug + Send + Sync> + Clone + Debug + Send + Sync {}

impl<C: Clock<Instant: Debug + Send + Sync> + Clone + Debug + Send + Sync> SharedClock for C {}

impl<C: SharedClock + 'static> HttpClient for Limited<C> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(LimitedConnector {
            connector: self.transport.http_connector(settings, components),
            limits: Arc::clone(&self.limits),
            service: self.service,
        })
    }
}

#[derive(Debug)]
struct LimitedConnector<C: Clock> {
    connector: SharedHttpConnector,
    limits: Arc<Limits<C>>,
    service: Service,
}

impl<C: SharedClock + 'static> HttpConnector for LimitedConnector<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.connector.clone();
        let limits = Arc::clone(&self.limits);
        let service = self.service;
        HttpConnectorFuture::new(async move {
            limits.pass(service, &call_name(&request)).await;
            connector.call(request).await
        })
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
