//! Where something is: a region, as seen with some credentials.
//!
//! Two clusters of one region can be in two accounts, each with a launch template of the same name. So
//! what is read from AWS, and what is written there, is kept by site and not by region.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which credentials. The default: those of the command itself. As text: `own`, `profile:prod`,
/// `arn:aws:iam::222233334444:role/deploy`, or `profile:prod@arn:aws:iam::222233334444:role/deploy`.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
pub struct Access {
    /// A profile of the AWS configuration files, instead of the command's own credentials.
    pub profile: Option<String>,
    /// A role that is assumed with these credentials.
    pub assume_role_arn: Option<String>,
}

const OWN: &str = "own";
const PROFILE: &str = "profile:";
const ROLE: &str = "arn:";

impl Access {
    /// Whether it is the command's own.
    pub fn is_own(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.profile, &self.assume_role_arn) {
            (None, None) => f.write_str(OWN),
            (Some(profile), None) => write!(f, "{PROFILE}{profile}"),
            (None, Some(role)) => f.write_str(role),
            (Some(profile), Some(role)) => write!(f, "{PROFILE}{profile}@{role}"),
        }
    }
}

impl FromStr for Access {
    type Err = NotASite;

    fn from_str(text: &str) -> Result<Self, NotASite> {
        let bad = || NotASite(text.to_owned());
        if text == OWN {
            return Ok(Self::default());
        }
        if text.starts_with(ROLE) {
            return Ok(Self {
                profile: None,
                assume_role_arn: Some(text.to_owned()),
            });
        }
        let rest = text.strip_prefix(PROFILE).ok_or_else(bad)?;
        let (profile, role) = match rest.split_once(&format!("@{ROLE}")) {
            Some((profile, role)) => (profile, Some(format!("{ROLE}{role}"))),
            None => (rest, None),
        };
        if profile.is_empty() {
            return Err(bad());
        }
        Ok(Self {
            profile: Some(profile.to_owned()),
            assume_role_arn: role,
        })
    }
}

/// A region with the credentials that it is reached with. As text: `us-east-1`, and with other credentials
/// than the command's own `us-east-1@profile:prod` or `us-east-1@arn:aws:iam::222233334444:role/deploy`.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
pub struct Site {
    pub region: String,
    pub access: Access,
}

impl Site {
    pub fn new(region: impl Into<String>, access: Access) -> Self {
        Self {
            region: region.into(),
            access,
        }
    }
}

impl From<&str> for Site {
    /// A region with the command's own credentials.
    fn from(region: &str) -> Self {
        Self::new(region, Access::default())
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.region)?;
        match self.access.is_own() {
            true => Ok(()),
            false => write!(f, "@{}", self.access),
        }
    }
}

impl FromStr for Site {
    type Err = NotASite;

    fn from_str(text: &str) -> Result<Self, NotASite> {
        let (region, access) = match text.split_once('@') {
            Some((region, access)) => (region, access.parse()?),
            None => (text, Access::default()),
        };
        match region {
            "" => Err(NotASite(text.to_owned())),
            _ => Ok(Self::new(region, access)),
        }
    }
}

/// A text that is no site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no region with credentials, as us-east-1@arn:aws:iam::222233334444:role/deploy does"
)]
pub struct NotASite(String);

impl From<Access> for String {
    fn from(access: Access) -> Self {
        access.to_string()
    }
}

impl TryFrom<String> for Access {
    type Error = NotASite;

    fn try_from(text: String) -> Result<Self, NotASite> {
        text.parse()
    }
}

impl From<Site> for String {
    fn from(site: Site) -> Self {
        site.to_string()
    }
}

impl TryFrom<String> for Site {
    type Error = NotASite;

    fn try_from(text: String) -> Result<Self, NotASite> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let role = || Some("arn:aws:iam::222233334444:role/team/deploy".to_owned());
        let profile = || Some("prod@eu".to_owned());
        let cases = [
            (None, None, "us-east-1"),
            (
                None,
                role(),
                "us-east-1@arn:aws:iam::222233334444:role/team/deploy",
            ),
            (profile(), None, "us-east-1@profile:prod@eu"),
            (
                profile(),
                role(),
                "us-east-1@profile:prod@eu@arn:aws:iam::222233334444:role/team/deploy",
            ),
        ];
        for (profile, assume_role_arn, text) in cases {
            let access = Access {
                profile,
                assume_role_arn,
            };
            let site = Site::new("us-east-1", access);
            assert_eq!(site.to_string(), text);
            assert_eq!(text.parse(), Ok(site));
        }
        for text in [
            "",
            "@profile:prod",
            "us-east-1@",
            "us-east-1@prod",
            "us-east-1@profile:",
        ] {
            assert!(text.parse::<Site>().is_err(), "{text}");
        }
    }
}
