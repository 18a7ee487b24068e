//! IAM roles that can be assumed. What a role may do is not simulated: everything.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// `/`, or `/teams/platform/`: stands in the role's ARN, and not in that of its sessions
    pub path: String,
    pub name: String,
    /// who may assume it: account ids, or ARNs of users and roles
    pub trusted: Vec<String>,
    /// what a caller must know too
    pub external_id: Option<String>,
    pub max_session_seconds: i64,
}

impl Role {
    /// What follows the account in its ARN.
    pub fn resource(&self) -> String {
        format!("role{}{}", self.path, self.name)
    }
}
