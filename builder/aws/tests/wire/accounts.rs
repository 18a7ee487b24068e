//! Sites of several accounts, against the embedded AWS.

use nodemint_aws::{AwsClouds, Settings};
use nodemint_core::site::{Access, Site};
use nodemint_engine::ports::{CloudError, Clouds, Effect, ErrorKind};
use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{Options, Sandbox, Time};

const SEED: &str = r#"
account: "111122223333"
start: 2026-11-20T09:00:00Z
seed: 1
regions:
  us-east-1: {zones: [us-east-1a]}
accounts:
  "000011112222":
    roles:
      - {name: deploy, path: /teams/, assumableBy: ["111122223333"]}
      - {name: guarded, assumableBy: ["111122223333"], externalId: open-sesame}
    regions:
      us-east-1: {zones: [us-east-1a]}
"#;
const DEPLOY: &str = "arn:aws:iam::000011112222:role/teams/deploy";
const GUARDED: &str = "arn:aws:iam::000011112222:role/guarded";

async fn clouds() -> AwsClouds {
    let options = Options {
        time: Time::Manual,
        ..Options::default()
    };
    let seed = Seed::parse(SEED).expect("a seed");
    let sandbox = Sandbox::new(World::from_seed(&seed), options).expect("a sandbox");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(sandbox.serve(listener, std::future::pending()));
    AwsClouds::new(Settings::sandbox(&url))
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
