//! Every way in which a command can end other than well, and its exit code.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nodemint_core::lock::LockError;
use nodemint_core::plan::{Fate, FindingKind, PlanFileError};
use nodemint_core::spec::{Places, Problem};
use nodemint_engine::apply::ApplyError;
use nodemint_engine::ports::{CloudError, ErrorKind};
use nodemint_engine::resolve::{self, Unreached};

/// Exit codes: a contract with whoever calls nodemint in a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Error = 1,
    Changes = 2,
    Stale = 3,
    Blocked = 4,
    RolledBack = 5,
    NotRolledBack = 6,
    StillRunning = 7,
}

/// A command's end, if it is not a good one.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("{}", count(.problems.len(), "problem", .path))]
    Spec {
        path: PathBuf,
        text: String,
        problems: Vec<Problem>,
    },
    #[error("the lock {} cannot be used", .path.display())]
    Lock { path: PathBuf, source: LockError },
    #[error("there is no lock at {}", .0.display())]
    NoLock(PathBuf),
    #[error(transparent)]
    Unresolved(Box<Unresolved>),
    /// What could be read was told.
    #[error("{}", unread(.0.len()))]
    Unreached(Vec<Unreached>),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// Who uses launch-template versions could not be read whole: the calls that were refused.
    #[error("who uses the versions is not known whole, and not knowing is not the same as unused")]
    UseUnknown(Vec<CloudError>),
    /// What is not this fleet's, a line each.
    #[error("only what this fleet made is pruned: nothing was deleted")]
    NotOurs(Vec<String>),
    /// What could be done was done: what was not, and what to do.
    #[error("{0}")]
    Partial(String, String),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("the plan file {} cannot be used", .path.display())]
    PlanFile {
        path: PathBuf,
        source: PlanFileError,
    },
    #[error("the plan {} expired at {}, and it is {}", .path.display(), moment(.expired), moment(.now))]
    Expired {
        path: PathBuf,
        expired: Timestamp,
        now: Timestamp,
    },
    #[error(transparent)]
    OtherInputs(Box<OtherInputs>),
    /// The plan was shown; it has blockers of this kind.
    #[error("the plan is blocked: nothing was changed")]
    Blocked(FindingKind),
    #[error("cannot {verb} {}", .path.display())]
    File {
        verb: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0}")]
    Usage(String, Option<String>),
    #[error("`{0}` is not supported yet")]
    NotSupported(String),
    #[error("the embedded AWS: {0}")]
    Sandbox(String),
    /// What there is to say was said.
    #[error("there are changes")]
    Changes,
    /// Likewise, of user data.
    #[error("something is wrong with the user data")]
    Faulty,
    #[error("still running")]
    StillRunning,
    #[error("nothing was changed")]
    Declined,
}

fn unread(sites: usize) -> String {
    match sites {
        1 => "one region could not be read; the rest is told above".to_owned(),
        many => format!("{many} regions could not be read; the rest is told above"),
    }
}

/// A saved plan that was made from other files than those that are here.
#[derive(Debug)]
pub struct OtherInputs {
    pub path: PathBuf,
    /// by their paths here
    pub changed: Vec<(String, Fate)>,
    /// the plan's fleet and the one that is here, if they are two
    pub fleets: Option<(String, String)>,
}

impl std::error::Error for OtherInputs {}

impl std::fmt::Display for OtherInputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the plan {} was made from other files",
            self.path.display()
        )?;
        match &self.fleets {
            Some((planned, now)) => {
                write!(f, ": it is for the fleet `{planned}`, and this is `{now}`")
            }
            None => Ok(()),
        }
    }
}

/// To the second, as people compare it with a clock.
fn moment(at: &Timestamp) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%d %H:%M:%S UTC")
}

/// What `resolve` could not find, or could not ask for.
#[derive(Debug)]
pub struct Unresolved {
    pub spec_path: PathBuf,
    pub text: String,
    pub places: Places,
    pub problems: Vec<resolve::Problem>,
    pub unreached: Vec<Unreached>,
    /// where the rest is: `nodemint.lock has the rest`
    pub rest: String,
}

impl std::error::Error for Unresolved {}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unasked: usize = self.unreached.iter().map(|site| site.what.len()).sum();
        let parts = [
            (
                self.problems.len(),
                "image or cluster cannot be used",
                "images or clusters cannot be used",
            ),
            (unasked, "could not be asked for", "could not be asked for"),
        ];
        let counted = parts.into_iter().filter(|(number, ..)| *number > 0);
        let counted = counted.map(|(number, one, many)| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {many}"),
        });
        let counted: Vec<String> = counted.collect();
        write!(f, "{}; {}", counted.join(", "), self.rest)
    }
}

fn count(number: usize, what: &str, path: &Path) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s} in {}", path.display())
}

impl AppError {
    pub fn file(verb: &'static str, path: &Path, source: std::io::Error) -> Self {
        AppError::File {
            verb,
            path: path.to_owned(),
            source,
        }
    }

    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        AppError::Usage(message.into(), Some(hint.into()))
    }

    pub fn exit(&self) -> Exit {
        match self {
            AppError::Spec { .. }
            | AppError::Lock { .. }
            | AppError::NoLock(_)
            | AppError::Unresolved(_)
            | AppError::Unreached(_)
            | AppError::Cloud(_)
            | AppError::PlanFile { .. }
            | AppError::File { .. }
            | AppError::Usage(..)
            | AppError::NotSupported(_)
            | AppError::Sandbox(_)
            | AppError::Partial(..)
            | AppError::Declined => Exit::Error,
            AppError::Expired { .. } | AppError::OtherInputs(_) => Exit::Stale,
            AppError::UseUnknown(_) | AppError::NotOurs(_) => Exit::Blocked,
            AppError::Apply(error) => apply_exit(error),
            AppError::Blocked(FindingKind::Conflict) => Exit::Stale,
            AppError::Blocked(FindingKind::Preflight | FindingKind::Warning) => Exit::Blocked,
            AppError::Faulty => Exit::Blocked,
            AppError::Changes => Exit::Changes,
            AppError::StillRunning => Exit::StillRunning,
        }
    }

    /// Whether the command itself has already said everything.
    pub fn is_silent(&self) -> bool {
        matches!(
            self,
            AppError::Changes | AppError::Faulty | AppError::StillRunning
        )
    }

    /// What to do next, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            AppError::NoLock(_) => Some("run `nodemint resolve`".to_owned()),
            AppError::Unresolved(_) => Some(
                "solve what is told above, then run the same command again: it asks only for what is missing"
                    .to_owned(),
            ),
            AppError::Cloud(error) => cloud_hint(error),
            AppError::Apply(error) => apply_hint(error),
            AppError::PlanFile { .. } => {
                Some("make the plan again with `nodemint plan --out`".to_owned())
            }
            AppError::Expired { .. } => Some(
                "make the plan again with `nodemint plan --out`; `--expires-in` says for how long"
                    .to_owned(),
            ),
            AppError::OtherInputs(_) => Some(
                "make the plan again with `nodemint plan --out`, or go back to the files that were reviewed"
                    .to_owned(),
            ),
            AppError::Usage(_, hint) => hint.clone(),
            AppError::Partial(_, hint) => Some(hint.clone()),
            AppError::NotOurs(_) => Some(
                "leave them out; the fleet's own are those with the tag `nodemint:fleet` of its name"
                    .to_owned(),
            ),
            AppError::Spec { .. }
            | AppError::Lock { .. }
            | AppError::Unreached(_)
            | AppError::UseUnknown(_)
            | AppError::Blocked(_)
            | AppError::File { .. }
            | AppError::NotSupported(_)
            | AppError::Sandbox(_)
            | AppError::Changes
            | AppError::Faulty
            | AppError::StillRunning
            | AppError::Declined => None,
        }
    }
}

fn apply_exit(error: &ApplyError) -> Exit {
    match error {
        ApplyError::Blocked => Exit::Blocked,
        ApplyError::Stale { .. } | ApplyError::Conflict { .. } => Exit::Stale,
        ApplyError::RolledBack { .. } => Exit::RolledBack,
        ApplyError::NotRolledBack { .. } | ApplyError::GroupFailed { .. } => Exit::NotRolledBack,
        ApplyError::OtherAccount { .. } | ApplyError::Template { .. } | ApplyError::Cloud(_) => {
            Exit::Error
        }
    }
}

fn apply_hint(error: &ApplyError) -> Option<String> {
    let text = match error {
        ApplyError::Cloud(error) => return cloud_hint(error),
        ApplyError::Stale { .. } => "plan again, and look at what changed",
        ApplyError::OtherAccount { .. } => "use credentials of the account that the plan is for",
        ApplyError::Conflict { .. } => {
            "wait until the other update ends, then run the same command again"
        }
        ApplyError::RolledBack { .. } => {
            "solve what EKS names, then apply again; for PodEvictionFailure look for PodDisruptionBudgets that allow no eviction, `update.force: true` evicts past them"
        }
        ApplyError::NotRolledBack { .. } => {
            "look at the group with `nodemint status` and in EKS; apply again to go on, or `nodemint rollback GROUP --to VERSION` to leave for another version"
        }
        ApplyError::GroupFailed { status, .. } if status == "DELETE_FAILED" => {
            "solve what EKS names, then run the same command again"
        }
        ApplyError::GroupFailed { .. } => {
            "solve what EKS names, then delete the group and apply again; or leave it, and let `nodemint replace GROUP --as NEWNAME` make another"
        }
        ApplyError::Blocked | ApplyError::Template { .. } => return None,
    };
    Some(text.to_owned())
}

/// What to do about an error of AWS.
pub fn cloud_hint(error: &CloudError) -> Option<String> {
    let text = match error.kind {
        // The message says where credentials were looked for.
        ErrorKind::Credentials => "to try things without an account, pass --sandbox".to_owned(),
        ErrorKind::AccessDenied => format!(
            "the credentials need permission for {}:{}",
            error.service.to_lowercase(),
            error.operation
        ),
        ErrorKind::Network => format!(
            "is {} reachable from here? A proxy, a VPC endpoint, --endpoint-url and AWS_ENDPOINT_URL all have a say",
            error.region
        ),
        ErrorKind::Throttled => {
            "AWS is throttling this account; wait a little and run the same command again"
                .to_owned()
        }
        ErrorKind::Server | ErrorKind::Unexpected => {
            "run the same command again: what was done is found, not done twice".to_owned()
        }
        ErrorKind::Limit => match error.operation {
            "CreateLaunchTemplateVersion" => "`nodemint prune` deletes old versions that nothing uses; no node group was touched by this step, and the same command goes on from here",
            "CreateLaunchTemplate" => "delete launch templates that nothing uses, or raise the quota; no node group was touched by this step, and the same command goes on from here",
            _ => "raise the quota, or take away what is not needed any more",
        }
        .to_owned(),
        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::InUse
        | ErrorKind::TokenMismatch
        | ErrorKind::Invalid => return None,
    };
    Some(text)
}
