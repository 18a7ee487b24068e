//! Credentials, endpoints and proxies by environment, each in a process of its own: the test starts itself
//! again with an environment that holds nothing but the row's variables.

#![expect(
    clippy::disallowed_methods,
    reason = "a test of the environment makes one, in a process of its own"
)]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nodemint_aws::{AwsClouds, Settings};
use nodemint_core::site::Site;
use nodemint_engine::ports::Clouds;

/// In the child: the endpoint of the settings, or empty. Its presence makes the child.
const CHILD: &str = "NODEMINT_TEST_ENDPOINT";
const PROFILE: &str = "NODEMINT_TEST_PROFILE";

struct Row {
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
    endpoint: &'static str,
    profile: &'static str,
    config: &'static str,
    kind: &'static str,
    /// texts that the message has
    says: &'static [&'static str],
    within: Duration,
}

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];
const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
const FAST: Duration = Duration::from_secs(3);

// Port 1 is where nobody listens; every row ends in an error that tells where the call went.
const ROWS: &[Row] = &[
    Row {
        name: "no credentials at all",
        env: &[NO_METADATA],
        endpoint: "",
        profile: "",
        config: "",
        kind: "Credentials",
        says: &[
            "no credentials found",
            "AWS_ACCESS_KEY_ID",
            "`aws sso login`",
            "--profile",
        ],
        within: FAST,
    },
    Row {
        name: "instance metadata that never answers",
        env: &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://192.0.2.1")],
        endpoint: "http://127.0.0.1:1",
        profile: "",
        config: "",
        kind: "Credentials",
        says: &["no credentials found"],
        within: Duration::from_secs(4),
    },
    Row {
        name: "a profile that does not exist",
        env: &[NO_METADATA],
        endpoint: "",
        profile: "nosuch",
        config: "[profile other]\nregion = eu-west-1\n",
        kind: "Credentials",
        says: &["no profile `nosuch` in /", "/config or /", "/credentials"],
        within: FAST,
    },
    Row {
        name: "a named profile beats the environment's keys",
        env: &[KEYS[0], KEYS[1]],
        endpoint: "http://127.0.0.1:1",
        profile: "empty",
        config: "[profile empty]\nregion = eu-west-1\n",
        kind: "Credentials",
        says: &["`empty`"],
        within: FAST,
    },
    Row {
        name: "a profile whose role asks for a code",
        env: &[],
        endpoint: "http://127.0.0.1:1",
        profile: "coded",
        config: "[profile coded]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\nmfa_serial = m\n\
                 [profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n",
        kind: "Credentials",
        says: &["profile `coded` asks for an MFA code (mfa_serial), which is not supported"],
        within: FAST,
    },
    Row {
        name: "a profile behind one whose role asks for a code",
        env: &[],
        endpoint: "http://127.0.0.1:1",
        profile: "outer",
        config: "[profile outer]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = coded\n\
                 [profile coded]\nrole_arn = arn:aws:iam::111122223333:role/s\nsource_profile = keys\nmfa_serial = m\n\
                 [profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n",
        kind: "Credentials",
        says: &["profile `coded` asks for an MFA code"],
        within: FAST,
    },
    Row {
        name: "profiles that lead to each other",
        env: &[],
        endpoint: "http://127.0.0.1:1",
        profile: "a",
        config: "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = b\n\
                 [profile b]\nrole_arn = arn:aws:iam::111122223333:role/s\nsource_profile = a\n",
        kind: "Credentials",
        says: &["credentials cannot be loaded: ", "looked in profile `a`"],
        within: FAST,
    },
    Row {
        name: "an MFA device beside plain keys means nothing",
        env: &[],
        endpoint: "http://127.0.0.1:1",
        profile: "keys",
        config: "[profile keys]\naws_access_key_id = a\naws_secret_access_key = b\nmfa_serial = m\n",
        kind: "Network",
        says: &["cannot reach http://127.0.0.1:1: "],
        within: FAST,
    },
    Row {
        name: "a session of `aws login`",
        env: &[],
        endpoint: "http://127.0.0.1:1",
        profile: "login",
        config: "[profile login]\nlogin_session = arn:aws:iam::111122223333:user/x\n",
        kind: "Credentials",
        says: &["sessions of `aws login` are not supported yet"],
        within: FAST,
    },
    Row {
        name: "an endpoint that is no URL",
        env: &[KEYS[0], KEYS[1]],
        endpoint: "sandbox:4566",
        profile: "",
        config: "",
        kind: "Invalid",
        says: &["the endpoint URL cannot be used: endpoint must contain scheme"],
        within: FAST,
    },
    Row {
        name: "AWS_ENDPOINT_URL",
        env: &[
            KEYS[0],
            KEYS[1],
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/general"),
        ],
        endpoint: "",
        profile: "",
        config: "",
        kind: "Network",
        says: &["cannot reach http://127.0.0.1:1: ", "Connection refused"],
        within: FAST,
    },
    Row {
        name: "a service's own endpoint beats the general one",
        env: &[
            KEYS[0],
            KEYS[1],
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_STS", "http://localhost:1"),
        ],
        endpoint: "",
        profile: "",
        config: "",
        kind: "Network",
        says: &["cannot reach http://localhost:1: "],
        within: FAST,
    },
    Row {
        name: "the settings' endpoint beats both",
        env: &[
            KEYS[0],
            KEYS[1],
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_STS", "http://localhost:1"),
        ],
        endpoint: "http://127.0.0.2:1",
        profile: "",
        config: "",
        kind: "Network",
        says: &["cannot reach http://127.0.0.2:1: "],
        within: FAST,
    },
    Row {
        name: "configured endpoints can be ignored, and AWS itself is behind the proxy",
        env: &[
            KEYS[0],
            KEYS[1],
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ],
        endpoint: "",
        profile: "",
        config: "",
        kind: "Network",
        says: &[
            "cannot reach https://sts.us-west-2.amazonaws.com: ",
            "Connection refused",
        ],
        within: FAST,
    },
    Row {
        name: "loopback is never behind a proxy",
        env: &[KEYS[0], KEYS[1], ("HTTP_PROXY", "http://nowhere.invalid:1")],
        endpoint: "http://127.0.0.1:1",
        profile: "",
        config: "",
        kind: "Network",
        says: &["cannot reach http://127.0.0.1:1: ", "Connection refused"],
        within: FAST,
    },
    Row {
        name: "credential_process of a profile",
        env: &[NO_METADATA],
        endpoint: "http://127.0.0.1:1",
        profile: "tool",
        config: "[profile tool]\ncredential_process = /bin/echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}'\n",
        kind: "Network",
        says: &["cannot reach http://127.0.0.1:1: "],
        within: FAST,
    },
    Row {
        name: "credential_process that fails",
        env: &[NO_METADATA],
        endpoint: "http://127.0.0.1:1",
        profile: "tool",
        config: "[profile tool]\ncredential_process = /bin/false\n",
        kind: "Credentials",
        says: &["credentials cannot be loaded: ", "looked in profile `tool`"],
        within: FAST,
    },
    Row {
        name: "an SSO profile without a login",
        env: &[NO_METADATA],
        endpoint: "http://127.0.0.1:1",
        profile: "sso",
        config: "[profile sso]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n\
                 [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n",
        kind: "Credentials",
        says: &["`aws sso login --profile sso`"],
        within: FAST,
    },
    Row {
        name: "a retry setting that is no number does no harm",
        env: &[
            KEYS[0],
            KEYS[1],
            ("AWS_MAX_ATTEMPTS", "many"),
            ("AWS_RETRY_MODE", "sometimes"),
        ],
        endpoint: "http://127.0.0.1:1",
        profile: "",
        config: "",
        kind: "Network",
        says: &["cannot reach http://127.0.0.1:1: "],
        within: FAST,
    },
    Row {
        name: "a name that does not exist",
        env: &[KEYS[0], KEYS[1]],
        endpoint: "http://nowhere.invalid",
        profile: "",
        config: "",
        kind: "Network",
        says: &["cannot reach http://nowhere.invalid: dns error"],
        within: Duration::from_secs(20),
    },
];

fn main() {
    if let Ok(endpoint) = std::env::var(CHILD) {
        child(&endpoint);
        return;
    }
    for row in ROWS {
        let started = Instant::now();
        let output = run(row);
        let took = started.elapsed();
        let text = String::from_utf8_lossy(&output.stderr);
        let context = format!("{}: after {took:?}: {text}", row.name);
        let (kind, message) = text.split_once('|').expect(&context);
        assert_eq!(kind, row.kind, "{context}");
        for part in row.says {
            assert!(message.contains(part), "no {part:?} in {context}");
        }
        assert!(took < row.within, "{context}");
        assert!(!text.contains("SdkBody"), "a request is shown: {context}");
    }
}

fn run(row: &Row) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    let config = home.path().join("config");
    std::fs::write(&config, row.config).expect("a config file");
    Command::new(std::env::current_exe().expect("this test"))
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_CONFIG_FILE", &config)
        .env(
            "AWS_SHARED_CREDENTIALS_FILE",
            home.path().join("credentials"),
        )
        .env(CHILD, row.endpoint)
        .env(PROFILE, row.profile)
        .envs(row.env.iter().copied())
        .output()
        .expect("a child")
}

/// Calls STS once and tells how that failed. Two tries, so that the rows stay short.
fn child(endpoint: &str) {
    let text = |value: String| Some(value).filter(|value| !value.is_empty());
    let settings = Settings {
        endpoint_url: text(endpoint.to_owned()),
        profile: text(std::env::var(PROFILE).unwrap_or_default()),
        max_attempts: Some(2),
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let error = runtime.block_on(async {
        match AwsClouds::new(settings).at(&Site::from("us-west-2")).await {
            Ok(cloud) => cloud.identity().await.expect_err("nobody answers"),
            Err(error) => error,
        }
    });
    // panics and other noise would come before it and be seen
    std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("{:?}|{}", error.kind, error.message).as_bytes(),
    )
    .expect("stderr");
}
