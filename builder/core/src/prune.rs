//! Which versions of a launch template may be deleted: those that nothing uses, nothing names and nobody
//! would go back to. Deleting is final: EC2 never gives a version's number again.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::launch_template::{Data, same_content};
use crate::observed::{ObservedTemplate, ObservedVersion};
use crate::plan::previous_version;
use crate::uses::{User, Uses};

/// The most versions that EC2 deletes in a call (EC2 API reference, DeleteLaunchTemplateVersions).
pub const MOST_AT_ONCE: usize = 200;

/// What is kept whether it is used or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// so many of the newest versions
    pub keep: usize,
    /// versions that were made less than this ago
    pub older_than: SignedDuration,
}

/// What a spec says of a launch template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// (cluster, group) → the version that the group is pinned to
    pub pins: BTreeMap<(String, String), i64>,
    /// cluster → what the spec and its lock render for it
    pub rendered: BTreeMap<String, Data>,
}

/// Why a version stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "reason"
)]
pub enum Reason {
    Default,
    Latest,
    Used {
        by: User,
    },
    /// Somebody uses the template, and AWS does not tell which version.
    MaybeUsed {
        by: User,
    },
    Pinned {
        cluster: String,
        group: String,
    },
    Rendered {
        cluster: String,
    },
    /// `rollback --to previous` leads here.
    RollbackTarget {
        cluster: String,
        group: String,
    },
    /// The last version before its own that an update took the group to with success.
    LastGood {
        cluster: String,
        group: String,
    },
    Recent {
        keep: usize,
    },
    Young {
        created_at: Timestamp,
    },
    /// EC2 does not tell when it was made.
    AgeUnknown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Default => f.write_str("the default version"),
            Reason::Latest => f.write_str("the latest version"),
            Reason::Used { by } => write!(f, "used by {by}"),
            Reason::MaybeUsed { by } => {
                write!(
                    f,
                    "{by} uses the template, at a version that AWS does not tell"
                )
            }
            Reason::Pinned { cluster, group } => {
                write!(f, "the spec pins node group {cluster}/{group} to it")
            }
            Reason::Rendered { cluster } => write!(f, "the spec asks for it for cluster {cluster}"),
            Reason::RollbackTarget { cluster, group } => {
                write!(f, "node group {cluster}/{group} would roll back to it")
            }
            Reason::LastGood { cluster, group } => {
                write!(f, "node group {cluster}/{group} ran it with success before")
            }
            Reason::Recent { keep: 1 } => f.write_str("the newest one"),
            Reason::Recent { keep } => write!(f, "among the newest {keep}"),
            Reason::Young { created_at } => {
                write!(f, "made on {}: too young", created_at.strftime("%Y-%m-%d"))
            }
            Reason::AgeUnknown => f.write_str("EC2 does not tell its age"),
        }
    }
}

/// What becomes of a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub version: i64,
    pub created_at: Option<Timestamp>,
    /// Every reason to keep it; empty exactly if it may be deleted.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    pub fn may_go(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Judges every version of a template, newest first. Only with a complete [`Uses`]: what could not be read is
/// not the same as what is not used.
pub fn judge(
    template: &ObservedTemplate,
    uses: &Uses,
    wishes: &Wishes,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Verdict> {
    let mut versions: Vec<&ObservedVersion> = template.versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let ways_back = ways_back(template, uses);
    let verdicts = versions.iter().enumerate().map(|(rank, version)| {
        let mut reasons = marks(template, version);
        reasons.extend(in_use(version, uses));
        reasons.extend(wished(version, wishes));
        let back = ways_back.iter().filter(|(to, _)| *to == version.number);
        reasons.extend(back.map(|(_, reason)| reason.clone()));
        reasons.extend((rank < policy.keep).then_some(Reason::Recent { keep: policy.keep }));
        reasons.extend(young(version, policy, now));
        Verdict {
            version: version.number,
            created_at: version.created_at,
            reasons,
        }
    });
    verdicts.collect()
}

fn marks(template: &ObservedTemplate, version: &ObservedVersion) -> Vec<Reason> {
    // The newest version that exists is what `$Latest` means, even if a newer one was deleted.
    let newest = template.versions.iter().map(|one| one.number).max();
    let latest = version.number == template.latest_version || Some(version.number) == newest;
    let default = version.number == template.default_version;
    let marks = [(default, Reason::Default), (latest, Reason::Latest)];
    let true_ones = marks.into_iter().filter(|(holds, _)| *holds);
    true_ones.map(|(_, reason)| reason).collect()
}

fn in_use(version: &ObservedVersion, uses: &Uses) -> Vec<Reason> {
    let used = uses.of_version(version.number).cloned();
    let maybe = uses.unplaced.iter().cloned();
    used.map(|by| Reason::Used { by })
        .chain(maybe.map(|by| Reason::MaybeUsed { by }))
        .collect()
}

fn wished(version: &ObservedVersion, wishes: &Wishes) -> Vec<Reason> {
    let pins = wishes.pins.iter();
    let pins = pins.filter(|(_, number)| **number == version.number);
    let pinned = pins.map(|((cluster, group), _)| Reason::Pinned {
        cluster: cluster.clone(),
        group: group.clone(),
    });
    let rendered = wishes.rendered.iter();
    let rendered =
        rendered.filter(|(_, data)| !version.unread && same_content(data, &version.data));
    let rendered = rendered.map(|(cluster, _)| Reason::Rendered {
        cluster: cluster.clone(),
    });
    pinned.chain(rendered).collect()
}

/// Version → why a node group would want it back.
fn ways_back(template: &ObservedTemplate, uses: &Uses) -> Vec<(i64, Reason)> {
    let mut back = Vec::new();
    for ((cluster, group), ways) in &uses.groups {
        let (cluster, group) = (cluster.clone(), group.clone());
        let previous = ways
            .current
            .and_then(|current| previous_version(template, &cluster, current));
        back.extend(ways.last_good.map(|to| {
            let (cluster, group) = (cluster.clone(), group.clone());
            (to, Reason::LastGood { cluster, group })
        }));
        back.extend(previous.map(|to| (to, Reason::RollbackTarget { cluster, group })));
    }
    back
}

fn young(version: &ObservedVersion, policy: &Policy, now: Timestamp) -> Option<Reason> {
    let Some(created_at) = version.created_at else {
        return (!policy.older_than.is_zero()).then_some(Reason::AgeUnknown);
    };
    (now.duration_since(created_at) < policy.older_than).then_some(Reason::Young { created_at })
}

#[cfg(test)]
mod tests;
