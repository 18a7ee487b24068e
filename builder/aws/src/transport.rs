//! HTTP for the SDK: rustls with ring and the system's roots, proxies from the environment.
//!
//! Connectors are built at the first request that needs them. The trusted roots in particular are not read
//! for an endpoint without TLS, such as the sandbox: that would cost more than everything else at start-up.
//! Every failure carries the endpoint and whether a connection existed, which the SDK does not keep.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// The HTTP client of every SDK client and credential provider of a process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transport {
    /// One set of connectors for each pair of timeouts: instance metadata has other ones than EC2.
    sets: Arc<Mutex<Vec<(HttpConnectorSettings, Connectors)>>>,
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &HttpConnectorSettings| {
            known.connect_timeout() == settings.connect_timeout()
                && known.read_timeout() == settings.read_timeout()
        };
        let known = sets
            .iter()
            .find(|(known, _)| same(known))
            .map(|(_, connectors)| connectors.clone());
        let connectors = known.unwrap_or_else(|| {
            let connectors = Connectors::new(settings.clone());
            sets.push((settings.clone(), connectors.clone()));
            connectors
        });
        SharedHttpConnector::new(connectors)
    }
}

/// Connectors by need, each built once.
#[derive(Clone, Debug)]
struct Connectors(Arc<ConnectorsInner>);

#[derive(Debug)]
struct ConnectorsInner {
    settings: HttpConnectorSettings,
    plain: OnceLock<Connector>,
    plain_direct: OnceLock<Connector>,
    tls: OnceLock<Connector>,
    tls_direct: OnceLock<Connector>,
}

impl Connectors {
    fn new(settings: HttpConnectorSettings) -> Self {
        Connectors(Arc::new(ConnectorsInner {
            settings,
            plain: OnceLock::new(),
            plain_direct: OnceLock::new(),
            tls: OnceLock::new(),
            tls_direct: OnceLock::new(),
        }))
    }

    fn for_uri(&self, uri: &str) -> &Connector {
        let inner = &self.0;
        let plain = |proxy| self.builder(proxy).build_http();
        let tls = |proxy| {
            self.builder(proxy)
                .tls_provider(Provider::rustls(CryptoMode::Ring))
                .build()
        };
        match (uri.starts_with("https:"), is_local(uri)) {
            (true, false) => inner.tls.get_or_init(|| tls(ProxyConfig::from_env())),
            (true, true) => inner
                .tls_direct
                .get_or_init(|| tls(ProxyConfig::disabled())),
            (false, false) => inner.plain.get_or_init(|| plain(ProxyConfig::from_env())),
            (false, true) => inner
                .plain_direct
                .get_or_init(|| plain(ProxyConfig::disabled())),
        }
    }

    fn builder(&self, proxy: ProxyConfig) -> ConnectorBuilder {
        Connector::builder()
            .connector_settings(self.0.settings.clone())
            .enable_tcp_nodelay(true)
            .proxy_config(proxy)
    }
}

impl HttpConnector for Connectors {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let endpoint = endpoint(request.uri()).to_owned();
        let name = call_name(&request);
        let answer = self.for_uri(request.uri()).call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            match &answer {
                Ok(response) => {
                    tracing::debug!("{name} {endpoint} {}", response.status().as_u16());
                }
                Err(error) => tracing::debug!("{name} {endpoint} no answer: {error}"),
            }
            answer.map_err(|error| located(error, endpoint))
        })
    }
}

/// What a call is, for the log, without anything that it carries: the operation in the protocols that name
/// it, else the method. An EKS path holds names of clusters and groups, and nothing secret, but a query
/// could.
pub(crate) fn call_name(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.to_owned();
    }
    let action = request
        .body()
        .bytes()
        .and_then(|body| body.strip_prefix(b"Action="))
        .map(|rest| rest.split(|byte| *byte == b'&').next().unwrap_or_default());
    match action {
        Some(action) => String::from_utf8_lossy(action).into_owned(),
        None => {
            let rest = request.uri().get(endpoint(request.uri()).len()..);
            let path = rest
                .unwrap_or_default()
                .split('?')
                .next()
                .unwrap_or_default();
            format!("{} {path}", request.method())
        }
    }
}

/// Scheme and authority of a URI. The rest may hold data, and says nothing about the network.
fn endpoint(uri: &str) -> &str {
    let host = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[host..]
        .find(['/', '?', '#'])
        .map_or(uri.len(), |at| host + at);
    &uri[..end]
}

/// Loopback and link-local hosts (the sandbox; instance and container credentials) are never behind a
/// proxy, whatever NO_PROXY forgets to say.
fn is_local(uri: &str) -> bool {
    let authority = endpoint(uri).split("://").last().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    if let Some(v6) = authority.strip_prefix('[') {
        let address = v6.split(']').next().unwrap_or_default();
        // fd00:ec2::254 is instance metadata over IPv6, fd00:ec2::23 the credentials of EKS Pod Identity
        return address == "::1"
            || address.starts_with("fe80:")
            || address.starts_with("fd00:ec2:");
    }
    let host = authority.split(':').next().unwrap_or_default();
    host == "localhost" || host.starts_with("127.") || host.starts_with("169.254.")
}

/// A failure without an answer, and where it happened.
#[derive(Debug)]
pub(crate) struct TransportError {
    pub(crate) endpoint: String,
    /// Whether a connection existed, so that the request may have been received.
    pub(crate) connected: bool,
    pub(crate) timed_out: bool,
    source: BoxError,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.connected, self.timed_out) {
            (false, _) => write!(f, "cannot reach {}", self.endpoint),
            (true, true) => write!(f, "no answer from {}", self.endpoint),
            (true, false) => write!(f, "connection to {} failed", self.endpoint),
        }
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

fn located(error: ConnectorError, endpoint: String) -> ConnectorError {
    let (io, timed_out, user, kind) = (
        error.is_io(),
        error.is_timeout(),
        error.is_user(),
        error.as_other(),
    );
    let source = error.into_source();
    let connected = !while_connecting(source.as_ref());
    let source: BoxError = Box::new(TransportError {
        endpoint,
        connected,
        timed_out,
        source,
    });
    if timed_out {
        ConnectorError::timeout(source)
    } else if user {
        ConnectorError::user(source)
    } else if io {
        ConnectorError::io(source)
    } else {
        ConnectorError::other(source, kind)
    }
}

/// hyper-util's only public sign of the connecting phase is its text, `client error (Connect)`, and
/// smithy's for a connection not made in time is `HTTP connect timeout occurred after …`. Tests hold both.
fn while_connecting(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|link| {
        let text = link.to_string();
        text == "client error (Connect)" || text.starts_with("HTTP connect timeout")
    })
}

/// Forbids the retry of a connection that was not made in time. The kernel has sent its first packet
/// again twice by then, and four times a time-out would be a third of a minute of silence.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoRetryOfDeadEndpoint;

impl ClassifyRetry for NoRetryOfDeadEndpoint {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context
            .output_or_error()
            .and_then(|result| result.err())
            .and_then(|it| it.as_connector_error());
        let dead = error
            .and_then(|error| transport_error(error))
            .is_some_and(|it| it.timed_out && !it.connected);
        if dead {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "no retry of a dead endpoint"
    }
}

/// The transport error in a chain of sources.
pub(crate) fn transport_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TransportError> {
    chain(error).find_map(|link| link.downcast_ref())
}

/// An error and its sources, outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |link| (*link).source())
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
