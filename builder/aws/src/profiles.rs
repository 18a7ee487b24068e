//! What the AWS configuration files must say of a profile before the SDK is given its name.
//!
//! The SDK finds out at the first call, and says it in terms of its own. It does not know `mfa_serial` at
//! all: it would assume the role without a code, and the refusal would not say why.

use std::borrow::Cow;

use aws_config::profile::{self, Profile, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

/// How many profiles may lead to one another by `source_profile`; more is a loop, which the SDK names.
const LONGEST_CHAIN: usize = 32;

/// Whether a profile can be used; if not, why not and what to do.
pub(crate) async fn check(name: &str) -> Result<(), String> {
    let env = Env::real();
    let selected = Some(Cow::Owned(name.to_owned()));
    let profiles = profile::load(&Fs::real(), &env, &Default::default(), selected)
        .await
        .map_err(|error| format!("the AWS configuration files cannot be read: {error}"))?;
    usable(&profiles, name).map_err(|problem| match problem {
        Problem::Missing => format!("no profile `{name}` in {}", files(&env)),
        Problem::Mfa(asking) => format!(
            "profile `{asking}` asks for an MFA code (mfa_serial), which is not supported; get a session with \
             `aws configure export-credentials --profile {asking} --format env`, and run nodemint with that"
        ),
    })
}

/// What is read, as the environment says.
fn files(env: &Env) -> String {
    let of = |variable: &str, usual: &str| env.get(variable).unwrap_or_else(|_| usual.to_owned());
    format!(
        "{} or {}",
        of("AWS_CONFIG_FILE", "~/.aws/config"),
        of("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    )
}

#[derive(Debug, PartialEq)]
enum Problem {
    Missing,
    /// the profile that asks
    Mfa(String),
}

/// Follows `source_profile`, because the role of any profile on the way may ask.
fn usable(profiles: &ProfileSet, name: &str) -> Result<(), Problem> {
    let mut profile = profiles.get_profile(name).ok_or(Problem::Missing)?;
    for _ in 0..LONGEST_CHAIN {
        if asks_for_mfa(profile) {
            return Err(Problem::Mfa(profile.name().to_owned()));
        }
        let source = profile.get("source_profile");
        match source.and_then(|source| profiles.get_profile(source)) {
            Some(next) => profile = next,
            None => break,
        }
    }
    Ok(())
}

/// Only an assumed role takes a code; beside plain keys the setting means nothing, as in the `aws` CLI.
fn asks_for_mfa(profile: &Profile) -> bool {
    profile.get("role_arn").is_some() && profile.get("mfa_serial").is_some()
}
