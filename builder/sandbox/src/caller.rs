//! Who calls: the account and the principal behind an access key, and the credentials of assumed roles.
//!
//! Nothing about a session is kept in the world. As with AWS's own, the session token holds it all, and a
//! temporary key is worth nothing without it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::partition;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: String,
    /// of a session; everybody else is the same user of the account
    pub session: Option<Session>,
}

/// A role while somebody plays it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub account: String,
    /// `role/teams/platform/deploy`, as in the role's ARN
    pub role: String,
    pub name: String,
    pub expires: Timestamp,
}

/// What AssumeRole hands out.
#[derive(Debug, PartialEq, Eq)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
    pub token: String,
}

/// Why a session token opens no door.
#[derive(Debug, PartialEq, Eq)]
pub enum BadToken {
    Invalid,
    Expired,
}

impl Caller {
    pub fn user(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            session: None,
        }
    }

    /// As GetCallerIdentity shows it.
    pub fn arn(&self, region: &str) -> String {
        match &self.session {
            None => partition::arn("iam", region, &self.account, "user/sandbox"),
            Some(session) => {
                let resource = format!("assumed-role/{}/{}", session.role_name(), session.name);
                partition::arn("sts", region, &self.account, &resource)
            }
        }
    }

    /// Whether a role's trust names this caller: its account as a whole, itself, or the role that it plays.
    pub fn is_one_of(&self, principals: &[String], region: &str) -> bool {
        let iam = |resource: &str| partition::arn("iam", region, &self.account, resource);
        let mut names = vec![self.account.clone(), iam("root"), self.arn(region)];
        names.extend(self.session.as_ref().map(|session| iam(&session.role)));
        principals.iter().any(|principal| names.contains(principal))
    }
}

impl Session {
    /// Without the path.
    pub fn role_name(&self) -> &str {
        self.role.rsplit('/').next().unwrap_or_default()
    }

    /// The credentials of the session. The same session has the same ones.
    pub fn credentials(&self, world_seed: u64) -> Credentials {
        // plain data of plain types: it has a JSON form
        let body = serde_json::to_vec(self).unwrap_or_default();
        let digest = Sha256::digest([&world_seed.to_be_bytes(), body.as_slice()].concat());
        let access_key = access_key(&self.account, &digest);
        let sealed = seal(world_seed, &access_key, &body);
        Credentials {
            secret_key: URL_SAFE_NO_PAD.encode(&digest[..30]),
            token: format!("{TOKEN}{}.{sealed}", URL_SAFE_NO_PAD.encode(&body)),
            access_key,
        }
    }

    /// The session behind a key and its token. None for a token that the sandbox never made: such
    /// credentials are somebody's own, and the sandbox takes any.
    pub fn open(
        world_seed: u64,
        now: Timestamp,
        access_key: &str,
        token: &str,
    ) -> Result<Option<Self>, BadToken> {
        let Some(rest) = token.strip_prefix(TOKEN) else {
            return Ok(None);
        };
        let (body, sealed) = rest.split_once('.').ok_or(BadToken::Invalid)?;
        let body = URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| BadToken::Invalid)?;
        if seal(world_seed, access_key, &body) != sealed {
            return Err(BadToken::Invalid);
        }
        let session: Self = serde_json::from_slice(&body).map_err(|_| BadToken::Invalid)?;
        if session.expires <= now {
            return Err(BadToken::Expired);
        }
        Ok(Some(session))
    }
}

/// What the sandbox's session tokens begin with.
const TOKEN: &str = "nodemintSandbox.";

/// Ties a token to its key and its world, so that a token that was cut short or changed is found out.
fn seal(world_seed: u64, access_key: &str, body: &[u8]) -> String {
    let parts = [&world_seed.to_be_bytes(), access_key.as_bytes(), body];
    URL_SAFE_NO_PAD.encode(&Sha256::digest(parts.concat())[..12])
}

/// RFC 4648's alphabet, which AWS's key ids are written in.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// A key id after its four letters: sixteen digits of five bits.
const KEY_DIGITS: u32 = 16;
/// Where the account's forty bits are in them: behind one bit, before 39 of noise.
const ACCOUNT_SHIFT: u32 = 39;

/// A temporary key id. AWS's own hold the account's number in the same place (nobody documents it; Tal
/// Be'ery, "A short note on AWS KEY ID").
fn access_key(account: &str, noise: &[u8]) -> String {
    let number: u128 = account.parse().unwrap_or_default();
    let noise = noise
        .iter()
        .take(8)
        .fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
    // the first bit is set in all key ids of today
    let bits = 1u128 << 79 | number << ACCOUNT_SHIFT | noise & ((1 << ACCOUNT_SHIFT) - 1);
    let digit = |i: u32| {
        let five = usize::try_from(bits >> (5 * i) & 31).unwrap_or_default();
        char::from(BASE32[five])
    };
    let digits: String = (0..KEY_DIGITS).rev().map(digit).collect();
    format!("ASIA{digits}")
}

/// The account in a temporary key id, if it has the form of one.
pub fn account_of_temporary(access_key: &str) -> Option<String> {
    let digits = access_key.strip_prefix("ASIA")?;
    if digits.len() != 16 {
        return None;
    }
    let mut bits = 0u128;
    for byte in digits.bytes() {
        let five = BASE32.iter().position(|digit| *digit == byte)?;
        bits = bits << 5 | u128::try_from(five).ok()?;
    }
    Some(format!("{:012}", bits >> ACCOUNT_SHIFT & ((1 << 40) - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            account: "222233334444".to_owned(),
            role: "role/teams/deploy".to_owned(),
            name: "ci".to_owned(),
            expires: Timestamp::from_second(3600).expect("a time"),
        }
    }

    #[test]
    fn key_ids_hold_the_account_as_those_of_aws_do() {
        // the first two are the examples of the two articles on the form
        for (key, account) in [
            ("ASIAY34FZKBOKMUTVV7A", Some("609629065308")),
            ("ASIAQNZGKIQY56JQ7WML", Some("029608264753")),
            ("AKIAY34FZKBOKMUTVV7A", None),
            ("ASIAEXAMPLE", None),
            ("ASIAY34FZKBOKMUTVV70", None),
            ("test", None),
        ] {
            assert_eq!(account_of_temporary(key).as_deref(), account, "{key}");
        }
        for account in ["000000000001", "222233334444", "999999999999"] {
            let made = access_key(account, &[0xff; 32]);
            assert_eq!(made.len(), 20);
            assert_eq!(account_of_temporary(&made).as_deref(), Some(account));
        }
    }

    #[test]
    fn a_token_opens_its_own_door_and_no_other() {
        let made = session().credentials(7);
        assert_eq!(made, session().credentials(7), "the same every time");
        let early = Timestamp::from_second(3599).expect("a time");
        let late = Timestamp::from_second(3600).expect("a time");
        let cut = &made.token[..made.token.len() - 1];
        let rows = [
            (
                7,
                early,
                &*made.access_key,
                &*made.token,
                Ok(Some(session())),
            ),
            (
                7,
                late,
                &*made.access_key,
                &*made.token,
                Err(BadToken::Expired),
            ),
            (
                8,
                early,
                &*made.access_key,
                &*made.token,
                Err(BadToken::Invalid),
            ),
            (
                7,
                early,
                "ASIAY34FZKBOKMUTVV7A",
                &*made.token,
                Err(BadToken::Invalid),
            ),
            (7, early, &*made.access_key, cut, Err(BadToken::Invalid)),
            (7, early, &*made.access_key, TOKEN, Err(BadToken::Invalid)),
            (7, early, "ASIAY34FZKBOKMUTVV7A", "FwoGZXIvYXdz", Ok(None)),
        ];
        for (seed, now, key, token, expected) in rows {
            let opened = Session::open(seed, now, key, token);
            assert_eq!(opened, expected, "{seed} {now} {key} {token}");
        }
    }

    #[test]
    fn trust_is_in_an_account_a_user_or_a_role() {
        let user = Caller::user("111122223333");
        let role = Caller {
            account: "222233334444".to_owned(),
            session: Some(session()),
        };
        for (caller, principal, expected) in [
            (&user, "111122223333", true),
            (&user, "arn:aws:iam::111122223333:root", true),
            (&user, "arn:aws:iam::111122223333:user/sandbox", true),
            (&user, "arn:aws:iam::111122223333:user/another", false),
            (&user, "222233334444", false),
            (&role, "222233334444", true),
            (&role, "arn:aws:iam::222233334444:role/teams/deploy", true),
            (&role, "arn:aws:iam::222233334444:role/deploy", false),
            (
                &role,
                "arn:aws:sts::222233334444:assumed-role/deploy/ci",
                true,
            ),
        ] {
            let trusted = caller.is_one_of(&[principal.to_owned()], "us-east-1");
            assert_eq!(trusted, expected, "{principal} {caller:?}");
        }
    }
}
