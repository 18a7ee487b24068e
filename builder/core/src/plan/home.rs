//! Which sites are one place: roles and profiles of one account reach the same launch templates.

use std::collections::BTreeMap;

use crate::site::{Access, Site};

/// A region of an account. Of credentials whose account nobody could tell, nothing is known to be shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    account: String,
    region: String,
}

impl Home {
    pub fn of(accounts: &BTreeMap<Access, String>, site: &Site) -> Self {
        let account = accounts.get(&site.access).cloned();
        Self {
            account: account.unwrap_or_else(|| site.access.to_string()),
            region: site.region.clone(),
        }
    }
}
