//! Sites of several accounts, against the embedded AWS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use jiff::Timestamp;
use nodemint_aws::{AwsClouds, Settings};
use nodemint_core::site::{Access, Site};
use nodemint_engine::clock::Clock;
use nodemint_engine::ports::{CloudError, Clouds, Effect, ErrorKind};
use nodemint_sandbox::Sandbox;
use nodemint_sandbox::seed::Seed;

use crate::embedded;

const SEED: &str = r#"
account: "111122223333"
start: 2026-11-20T09:00:00Z
seed: 1
regions:
  us-east-1: {zones: [us-east-1a]}
  eu-west-1: {zones: [eu-west-1a]}
accounts:
  "000011112222":
    roles:
      - {name: deploy, path: /teams/, assumableBy: ["111122223333"]}
      - {name: reader, assumableBy: ["111122223333"]}
      - {name: guarded, assumableBy: ["111122223333"], externalId: open-sesame}
    regions:
      us-east-1: {zones: [us-east-1a]}
      eu-west-1: {zones: [eu-west-1a]}
"#;
const DEPLOY: &str = "arn:aws:iam::000011112222:role/teams/deploy";
const READER: &str = "arn:aws:iam::000011112222:role/reader";
const GUARDED: &str = "arn:aws:iam::000011112222:role/guarded";

/// Told by the sandbox, as when a command embeds it.
struct WorldClock(Sandbox);

#[async_trait]
impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

fn seed() -> Seed {
    Seed::parse(SEED).expect("a seed")
}

async fn clouds() -> AwsClouds {
    start().await.1
}

async fn start() -> (Sandbox, AwsClouds) {
    let (sandbox, url) = embedded::start(&seed(), embedded::still()).await;
    let settings = Settings {
        clock: Some(Arc::new(WorldClock(sandbox.clone()))),
        ..Settings::sandbox(&url)
    };
    (sandbox, AwsClouds::new(settings))
}

fn in_region(region: &str, role: Option<&str>) -> Site {
    let access = Access {
        profile: None,
        assume_role_arn: role.map(str::to_owned),
    };
    Site::new(region, access)
}

fn site(role: Option<&str>, profile: Option<&str>) -> Site {
    let access = Access {
        profile: profile.map(str::to_owned),
        assume_role_arn: role.map(str::to_owned),
    };
    Site::new("us-east-1", access)
}

async fn who(clouds: &AwsClouds, site: &Site) -> Result<(String, String), CloudError> {
    let identity = clouds.at(site).await?.identity().await?;
    Ok((identity.account, identity.arn))
}

#[tokio::test]
async fn each_site_is_seen_with_its_own_credentials() {
    let clouds = clouds().await;
    let own = who(&clouds, &site(None, None)).await.expect("its own");
    assert_eq!(own.0, "111122223333");
    let (account, arn) = who(&clouds, &site(Some(DEPLOY), None))
        .await
        .expect("the role's");
    assert_eq!(account, "000011112222");
    let session = format!("assumed-role/deploy/nodemint-{}", env!("CARGO_PKG_VERSION"));
    assert!(arn.ends_with(&session), "{arn}");
    // The role has not taken the place of the command's own credentials.
    let again = who(&clouds, &site(None, None)).await.expect("its own");
    assert_eq!(again, own);
}

fn times(sandbox: &Sandbox, operation: &str) -> usize {
    let calls = sandbox.calls();
    calls
        .iter()
        .filter(|call| call.operation == operation)
        .count()
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_regions_and_calls() {
    let (sandbox, clouds) = start().await;
    let roles = [DEPLOY, READER];
    let sites: Vec<Site> = ["us-east-1", "eu-west-1"]
        .into_iter()
        .flat_map(|region| roles.map(|role| in_region(region, Some(role))))
        .collect();
    // side by side, so that none finds the session of another made already
    let first = join_all(sites.iter().map(|site| who(&clouds, site))).await;
    for (site, answer) in sites.iter().zip(&first) {
        let (account, arn) = answer.as_ref().expect("a session");
        assert_eq!(account, "000011112222", "{site}");
        let role = site.access.assume_role_arn.as_deref().unwrap_or_default();
        let name = role.rsplit('/').next().unwrap_or_default();
        assert!(arn.contains(&format!("assumed-role/{name}/")), "{arn}");
    }
    for site in &sites {
        let cloud = clouds.at(site).await.expect("a client");
        cloud.parameters(&["/none".to_owned()]).await.expect("none");
        cloud.images(&["ami-1".to_owned()]).await.expect("none");
    }
    assert_eq!(times(&sandbox, "AssumeRole"), roles.len());
    assert_eq!(times(&sandbox, "GetParameters"), sites.len());
    assert_eq!(times(&sandbox, "DescribeImages"), sites.len());
}

#[tokio::test]
async fn a_role_is_assumed_again_when_its_session_ends_in_the_world_s_time() {
    let (sandbox, clouds) = start().await;
    let site = site(Some(DEPLOY), None);
    // (passes before the call, sessions made until then); a session lasts an hour
    let rows = [(0, 1), (50, 1), (60, 2), (30, 2), (24 * 60, 3)];
    for (minutes, sessions) in rows {
        sandbox.advance(Duration::from_secs(60 * minutes));
        who(&clouds, &site)
            .await
            .expect("a session that has not ended");
        assert_eq!(times(&sandbox, "AssumeRole"), sessions, "{minutes}");
    }
}

#[tokio::test]
async fn a_server_of_another_date_tells_the_end_of_a_session_in_the_client_s_time() {
    let (sandbox, url) = embedded::start(&seed(), embedded::flowing(vec![])).await;
    let clouds = AwsClouds::new(Settings::sandbox(&url));
    for _ in 0..3 {
        who(&clouds, &site(Some(DEPLOY), None))
            .await
            .expect("a session");
    }
    assert_eq!(times(&sandbox, "AssumeRole"), 1);
    assert_eq!(times(&sandbox, "GetCallerIdentity"), 3);
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let clouds = clouds().await;
    // (role, profile, kind, texts)
    let rows: [(_, _, _, &[&str]); 3] = [
        (
            Some(GUARDED),
            None,
            ErrorKind::AccessDenied,
            &[
                "STS AssumeRole in us-east-1@arn:aws:iam::000011112222:role/guarded: AccessDenied: ",
                "role arn:aws:iam::000011112222:role/guarded cannot be assumed: ",
                "is not authorized to perform: sts:AssumeRole",
            ],
        ),
        (
            Some("arn:aws:iam::000011112222:role/nobody"),
            None,
            ErrorKind::AccessDenied,
            &["role/nobody cannot be assumed: "],
        ),
        (
            None,
            Some("prod"),
            ErrorKind::Credentials,
            &[
                "us-east-1@profile:prod",
                "the embedded AWS has no profiles, and the cluster names `prod`",
            ],
        ),
    ];
    for (role, profile, kind, says) in rows {
        let error = who(&clouds, &site(role, profile))
            .await
            .expect_err("refused");
        let text = error.to_string();
        assert_eq!((error.kind, error.effect), (kind, Effect::None), "{text}");
        for part in says {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
    }
}
