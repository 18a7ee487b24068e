//! Settings, an SDK configuration for each access, and a client set for each site.
//!
//! Nothing is read before the first call: no profile, no credentials, no certificate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_types::sdk_config::{SharedTimeSource, TimeSource};
use nodemint_core::site::{Access, Site};
use nodemint_engine::clock::Clock;
use nodemint_engine::ports::{Cloud, CloudError, Clouds, Effect, ErrorKind};
use tokio::sync::OnceCell;

use crate::limits::Limits;
use crate::profiles;
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
/// The name of an assumed role's session, which CloudTrail shows with whatever is done under it.
const SESSION_NAME: &str = concat!("nodemint-", env!("CARGO_PKG_VERSION"));

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
    /// The embedded AWS's clock: when a session of a role ends is a time of its world. None: the machine's.
    pub clock: Option<Arc<dyn Clock>>,
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
    fn keys(&self) -> Option<SharedCredentialsProvider> {
        let (id, secret) = self.static_credentials.as_ref()?;
        let keys = Credentials::new(id, secret, None, None, "nodemint settings");
        Some(SharedCredentialsProvider::new(keys))
    }

    /// Keys and endpoint, if they are all that there is.
    fn closed(&self) -> Option<(SharedCredentialsProvider, &str)> {
        Some((self.keys()?, self.endpoint_url.as_deref()?))
    }

    /// The profile of an access: its own beats that of the command line.
    fn profile<'a>(&'a self, access: &'a Access) -> Option<&'a str> {
        access.profile.as_deref().or(self.profile.as_deref())
    }

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
    /// One for all accesses: connections are shared.
    transport: Transport,
    /// Credentials are loaded once an access, however many regions it is used in.
    accesses: Mutex<BTreeMap<Access, Arc<OnceCell<SdkConfig>>>>,
    sites: Mutex<BTreeMap<Site, Arc<AwsCloud>>>,
}

impl AwsClouds {
    /// Does nothing yet.
    pub fn new(settings: Settings) -> Self {
        AwsClouds {
            settings,
            transport: Transport::default(),
            accesses: Mutex::default(),
            sites: Mutex::default(),
        }
    }

    fn access(&self, access: &Access) -> Arc<OnceCell<SdkConfig>> {
        let mut known = self.accesses.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(access.clone()).or_default())
    }

    fn client(&self, site: &Site, config: &SdkConfig) -> Arc<AwsCloud> {
        let mut known = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let cloud = known.entry(site.clone()).or_insert_with(|| {
            let limits = match self.settings.closed() {
                Some(_) => Limits::of_embedded(),
                None => Limits::of_aws(),
            };
            let profile = self.settings.profile(&site.access);
            Arc::new(AwsCloud::new(
                config,
                site,
                profile,
                &self.transport,
                limits,
            ))
        });
        Arc::clone(cloud)
    }
}

#[async_trait]
impl Clouds for AwsClouds {
    async fn at(&self, site: &Site) -> Result<Arc<dyn Cloud>, CloudError> {
        let access = self.access(&site.access);
        let config = access
            .get_or_try_init(|| load(&self.settings, site, &self.transport))
            .await?;
        Ok(self.client(site, config) as Arc<dyn Cloud>)
    }
}

/// The configuration of a site's access. The site's region is where its role is assumed, so that it is one
/// of the role's own partition; a session is good in every region of that.
async fn load(
    settings: &Settings,
    site: &Site,
    transport: &Transport,
) -> Result<SdkConfig, CloudError> {
    let config = match settings.closed() {
        Some((keys, endpoint)) => {
            if let Some(profile) = &site.access.profile {
                let message = format!(
                    "the embedded AWS has no profiles, and the cluster names `{profile}`; use assumeRoleArn \
                     with a role of the seed, or no profile"
                );
                return Err(unusable(site, message));
            }
            closed(settings, transport, keys, endpoint, &site.region)
        }
        None => open(settings, site, transport).await?,
    };
    match &site.access.assume_role_arn {
        Some(role) => Ok(assuming(config, role, &site.region).await),
        None => Ok(config),
    }
}

/// Nothing was asked of AWS: what the site says cannot be used.
fn unusable(site: &Site, message: String) -> CloudError {
    CloudError {
        service: "AWS",
        operation: "credentials",
        region: site.to_string(),
        kind: ErrorKind::Credentials,
        code: None,
        message,
        request_id: None,
        effect: Effect::None,
    }
}

/// The same configuration with the credentials of a role, which are asked for at the first call, kept, and
/// asked for again before they end.
async fn assuming(config: SdkConfig, role: &str, region: &str) -> SdkConfig {
    let provider = AssumeRoleProvider::builder(role)
        .session_name(SESSION_NAME)
        .region(Region::new(region.to_owned()))
        .configure(&config)
        .build()
        .await;
    config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .identity_cache(identity_cache())
        .build()
}

fn identity_cache() -> SharedIdentityCache {
    IdentityCache::lazy()
        .load_timeout(CREDENTIALS_TIMEOUT)
        .build()
}

/// A configuration found as the `aws` CLI finds it.
async fn open(
    settings: &Settings,
    site: &Site,
    transport: &Transport,
) -> Result<SdkConfig, CloudError> {
    let profile = settings.profile(&site.access);
    if let Some(profile) = profile {
        profiles::check(profile)
            .await
            .map_err(|problem| unusable(site, problem))?;
    }
    // The SDK would ask instance metadata for a region if nothing else named one. Ours always comes from
    // the spec; the home region only serves credential providers that call STS.
    let home = home_region(profile, &site.region).await;
    let credentials = match (settings.keys(), &site.access.profile) {
        (Some(keys), None) => keys,
        _ => credentials(settings, profile, transport, &home).await,
    };
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(home)
        .http_client(transport.clone())
        .credentials_provider(credentials)
        .identity_cache(identity_cache())
        .retry_config(retries(settings))
        .timeout_config(timeouts());
    if let Some(name) = app_name() {
        loader = loader.app_name(name);
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &settings.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    Ok(loader.load().await)
}

/// A configuration that depends on nothing outside of `settings`.
fn closed(
    settings: &Settings,
    transport: &Transport,
    keys: SharedCredentialsProvider,
    endpoint: &str,
    region: &str,
) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(transport.clone())
        .endpoint_url(endpoint)
        .credentials_provider(keys)
        .identity_cache(identity_cache())
        // A provider that assumes a role panics without one.
        .time_source(time_source(settings))
        .retry_config(retries(settings))
        .timeout_config(timeouts());
    builder.set_app_name(app_name());
    builder.build()
}

/// What the SDK tells from it whether credentials have ended.
fn time_source(settings: &Settings) -> SharedTimeSource {
    match &settings.clock {
        Some(clock) => SharedTimeSource::new(WorldTime(Arc::clone(clock))),
        None => SharedTimeSource::default(),
    }
}

/// The embedded AWS's time, for the SDK.
struct WorldTime(Arc<dyn Clock>);

impl TimeSource for WorldTime {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

impl std::fmt::Debug for WorldTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorldTime")
    }
}

async fn home_region(named: Option<&str>, first_region: &str) -> Region {
    let named = configured_region(named).await;
    Region::new(named.unwrap_or_else(|| first_region.to_owned()))
}

/// The region that the environment or the profile names; instance metadata is not asked.
pub async fn configured_region(profile: Option<&str>) -> Option<String> {
    let mut of_profile = ProfileFileRegionProvider::builder();
    if let Some(name) = profile {
        of_profile = of_profile.profile_name(name);
    }
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(of_profile.build());
    chain.region().await.map(|region| region.to_string())
}

/// A profile that is named on the command line or by the site is the only place looked in: as in the `aws`
/// CLI, keys in the environment do not beat it, and unlike there nothing takes its place if it has none,
/// because those would be another account's. Otherwise it is the SDK's default chain, but for instance
/// metadata, which fails sooner.
async fn credentials(
    settings: &Settings,
    profile: Option<&str>,
    transport: &Transport,
    home: &Region,
) -> SharedCredentialsProvider {
    let provider = ProviderConfig::without_region()
        .with_region(Some(home.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(transport.clone())
        .with_retry_config(retries(settings))
        .with_timeout_config(timeouts());
    if let Some(profile) = profile {
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
