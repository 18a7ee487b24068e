//! Accounts and their roles in a seed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::RegionSeed;
use crate::world::Role;

/// An account beside the seed's main one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccountSeed {
    /// that can be assumed
    #[serde(default)]
    pub roles: Vec<RoleSeed>,
    /// by name: `us-east-1`
    #[serde(default)]
    pub regions: BTreeMap<String, RegionSeed>,
}

/// An IAM role. It may do anything in its account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RoleSeed {
    pub name: String,
    /// `/` unless said otherwise; begins and ends with a slash
    #[serde(default = "root")]
    pub path: String,
    /// account ids, and ARNs of users and roles
    pub assumable_by: Vec<String>,
    /// what AssumeRole must give as ExternalId
    pub external_id: Option<String>,
    /// the longest session: 3600 to 43200
    #[serde(default = "an_hour")]
    pub max_session_seconds: i64,
}

fn root() -> String {
    "/".to_owned()
}

fn an_hour() -> i64 {
    3600
}

impl RoleSeed {
    pub fn role(&self) -> Role {
        Role {
            path: self.path.clone(),
            name: self.name.clone(),
            trusted: self.assumable_by.clone(),
            external_id: self.external_id.clone(),
            max_session_seconds: self.max_session_seconds,
        }
    }
}
