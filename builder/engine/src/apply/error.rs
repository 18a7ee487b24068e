//! Why a run ended badly.

use nodemint_core::observed::HealthIssue;
use nodemint_core::plan::Moved;
use nodemint_core::site::{Access, Site};

use crate::ports::CloudError;

/// Every variant maps to one exit code of the command.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("the plan has blockers and cannot be applied")]
    Blocked,
    #[error("the plan is stale: {} moved since it was made", count(.moved.len()))]
    Stale { moved: Vec<Moved> },
    #[error("the plan is for account {}, and the credentials{} are for {}", account(.planned), with(.access), account(.now))]
    OtherAccount {
        access: Access,
        planned: Option<String>,
        now: Option<String>,
    },
    #[error("node group {cluster}/{group}: {what}")]
    Conflict {
        cluster: String,
        group: String,
        what: String,
    },
    #[error("launch template {template} in {site}: {what}")]
    Template {
        site: Site,
        template: String,
        what: String,
    },
    /// The update failed, and the group and its nodes are as before.
    #[error("update {update} of node group {cluster}/{group} failed, and the group is back on version {version}: {}", issues(.errors))]
    RolledBack {
        cluster: String,
        group: String,
        update: String,
        version: String,
        errors: Vec<HealthIssue>,
    },
    /// The update failed, and the group is not as before, or nobody can tell.
    #[error("update {update} of node group {cluster}/{group} ended {status}, and the group is not known to be as before: {}", issues(.errors))]
    NotRolledBack {
        cluster: String,
        group: String,
        update: String,
        status: String,
        errors: Vec<HealthIssue>,
    },
    #[error("node group {cluster}/{group} is {status}: {}", issues(.errors))]
    GroupFailed {
        cluster: String,
        group: String,
        status: String,
        errors: Vec<HealthIssue>,
    },
    #[error(transparent)]
    Cloud(#[from] CloudError),
}

fn account(known: &Option<String>) -> &str {
    known.as_deref().unwrap_or("none that is known")
}

/// Which credentials, where they are not the command's own.
fn with(access: &Access) -> String {
    match access.is_own() {
        true => String::new(),
        false => format!(" of `{access}`"),
    }
}

fn count(moved: usize) -> String {
    match moved {
        1 => "one fact".to_owned(),
        many => format!("{many} facts"),
    }
}

/// EKS's errors on one line: code, message, and what they are about.
fn issues(errors: &[HealthIssue]) -> String {
    if errors.is_empty() {
        return "EKS gives no reason".to_owned();
    }
    let shown = errors
        .iter()
        .map(|issue| match issue.resource_ids.is_empty() {
            true => format!("{}: {}", issue.code, issue.message),
            false => format!(
                "{}: {} ({})",
                issue.code,
                issue.message,
                issue.resource_ids.join(", ")
            ),
        });
    shown.collect::<Vec<_>>().join("; ")
}
