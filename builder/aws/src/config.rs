//! Settings, the one SDK configuration of a process, and a client set for each region.
//!
//! Nothing is read before the first call: no profile, no credentials, no certificate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use nodemint_engine::ports::{Cloud, CloudError, Clouds};
use tokio::sync::OnceCell;

use crate::region::AwsCloud;
use crate::transport::Transport;

/// Four tries with the SDK's exponential, jittered pauses of at most 1, 2 and 4 seconds: enough for a
/// throttled burst of reads, and a refused connection is reported within 7 seconds. Not the
/// environment's, because the SDK panics on a malformed one; see [`Settings::max_attempts`].
const MAX_ATTEMPTS: u32 = 4;
/// A connection across the world takes under a second with TLS; the kernel repeats a lost first packet
/// after 1 and 3 seconds. Never retried, so a dead endpoint is reported within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// EC2 and EKS answer control-plane calls within seconds. The `aws` CLI waits a minute.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// All tries of one call and the pauses between them.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(120);
/// For credentials as a whole: SSO, assumed roles and `credential_process` programs that ask somebody.
/// The SDK's own 5 seconds are too few for the last.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(60);
/// Instance metadata answers within milliseconds where it exists. Where it does not, packets usually
/// vanish: two tries of a second are what a laptop without credentials waits for its error.
const IMDS_TIMEOUT: Duration = Duration::from_secs(1);
const IMDS_ATTEMPTS: u32 = 2;
/// Both tries and the pause between them.
const IMDS_OPERATION_TIMEOUT: Duration = Duration::from_secs(3);

/// How to reach AWS. The rest (environment, profiles, SSO, web identity, container and instance
/// credentials, `AWS_ENDPOINT_URL[_<SERVICE>]`, proxies) is found as by the `aws` CLI.
#[derive(Clone, Default)]
pub struct Settings {
    pub profile: Option<String>,
    /// Beats every endpoint of the environment and the profile.
    pub endpoint_url: Option<String>,
    /// Key id and secret; no credentials are looked for. Together with `endpoint_url` nothing at all is
    /// read from the environment or from files: this is how the embedded sandbox is reached.
    pub static_credentials: Option<(String, String)>,
    /// `AWS_MAX_ATTEMPTS`, if the caller honours it. The retry mode is always `standard`.
    pub max_attempts: Option<u32>,
}

// The secret of static credentials is not for logs.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("profile", &self.profile)
            .field("endpoint_url", &self.endpoint_url)
            .field(
                "static_credentials",
                &self.static_credentials.as_ref().map(|(id, _)| id),
            )
            .field("max_attempts", &self.max_attempts)
            .finish()
    }
}

impl Settings {
    /// For the embedded sandbox, or anything that takes any credentials.
    pub fn sandbox(endpoint_url: &str) -> Self {
        Settings {
            endpoint_url: Some(endpoint_url.to_owned()),
            static_credentials: Some(("sandbox".to_owned(), "sandbox".to_owned())),
            ..Settings::default()
        }
    }
}

/// AWS itself, or whatever speaks its protocols at an endpoint.
#[derive(Debug)]
pub struct AwsClouds {
    settings: Settings,
    loaded: OnceCell<SdkConfig>,
    regions: Mutex<BTreeMap<String, Arc<AwsCloud>>>,
}

impl AwsClouds {
    /// Does nothing yet.
    pub fn new(settings: Settings) -> Self {
        AwsClouds {
            settings,
            loaded: OnceCell::new(),
            regions: Mutex::default(),
        }
    }
}

#[async_trait]
impl Clouds for AwsClouds {
    async fn region(&self, region: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        let config = self
            .loaded
            .get_or_init(|| load(&self.settings, region))
            .await;
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let cloud = regions.entry(region.to_owned()).or_insert_with(|| {
            Arc::new(AwsCloud::new(
                config,
                region,
                self.settings.profile.as_deref(),
            ))
        });
        Ok(Arc::clone(cloud) as Arc<dyn Cloud>)
    }
}

async fn load(settings: &Settings, first_region: &str) -> SdkConfig {
    let transport = Transport::default();
    let keys = settings.static_credentials.as_ref().map(|(id, secret)| {
        SharedCredentialsProvider::new(Credentials::new(
            id,
            secret,
            None,
            None,
            "nodemint settings",
        ))
    });
    if let (Some(keys), Some(endpoint)) = (&keys, &settings.endpoint_url) {
        return closed(settings, transport, keys.clone(), endpoint, first_region);
    }
    // The SDK would ask instance metadata for a region if nothing else named one. Ours always comes from
    // the spec; the home region only serves credential providers that call STS.
    let home = home_region(settings, first_region).await;
    let credentials = match keys {
        Some(keys) => keys,
        None => credentials(settings, &transport, &home).await,
    };
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(home)
        .http_client(transport)
        .credentials_provider(credentials)
        .identity_cache(
            IdentityCache::lazy()
                .load_timeout(CREDENTIALS_TIMEOUT)
                .build(),
        )
        .retry_config(retries(settings))
        .timeout_config(timeouts());
    if let Some(name) = app_name() {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &settings.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    loader.load().await
}

/// A configuration that depends on nothing outside of `settings`.
fn closed(
    settings: &Settings,
    transport: Transport,
    keys: SharedCredentialsProvider,
    endpoint: &str,
    region: &str,
) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(transport)
        .endpoint_url(endpoint)
        .credentials_provider(keys)
        .identity_cache(IdentityCache::lazy().build())
        .retry_config(retries(settings))
        .timeout_config(timeouts());
    builder.set_app_name(app_name());
    builder.build()
}

async fn home_region(settings: &Settings, first_region: &str) -> Region {
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    let fallback = Region::new(first_region.to_owned());
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(fallback.clone())
        .region()
        .await
        .unwrap_or(fallback)
}

/// A profile that is named on the command line is the only place looked in: as in the `aws` CLI, keys in
/// the environment do not beat it, and unlike there nothing takes its place if it has none, because those
/// would be another account's. Otherwise it is the SDK's default chain, but for instance metadata, which
/// fails sooner.
async fn credentials(
    settings: &Settings,
    transport: &Transport,
    home: &Region,
) -> SharedCredentialsProvider {
    let provider = ProviderConfig::without_region()
        .with_region(Some(home.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(transport.clone())
        .with_retry_config(retries(settings))
        .with_timeout_config(timeouts());
    if let Some(profile) = &settings.profile {
        let named = ProfileFileCredentialsProvider::builder()
            .configure(&provider)
            .profile_name(profile);
        return SharedCredentialsProvider::new(named.build());
    }
    let metadata = aws_config::imds::Client::builder()
        .configure(&provider)
        .connect_timeout(IMDS_TIMEOUT)
        .read_timeout(IMDS_TIMEOUT)
        .operation_timeout(IMDS_OPERATION_TIMEOUT)
        .max_attempts(IMDS_ATTEMPTS)
        .build();
    let chain = DefaultCredentialsChain::builder()
        .configure(provider)
        .region(home.clone())
        .imds_client(metadata);
    SharedCredentialsProvider::new(chain.build().await)
}

fn retries(settings: &Settings) -> RetryConfig {
    RetryConfig::standard().with_max_attempts(settings.max_attempts.unwrap_or(MAX_ATTEMPTS).max(1))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// Part of the User-Agent, so that CloudTrail shows who called.
fn app_name() -> Option<AppName> {
    AppName::new("nodemint").ok()
}
