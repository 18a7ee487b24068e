//! A group that EKS is busy with: what is under way is followed if it goes the right way.

use super::super::standing::leads_to;
use super::super::{Await, Finding, FindingKind};
use super::{Case, subject};
use crate::observed::{ObservedGroup, ObservedUpdate};

/// What to do about what is under way.
pub(super) enum UnderWay {
    Nothing,
    /// Wait for it first; what differs after it is planned as usual.
    Await {
        wait: Await,
        note: String,
        rolls: bool,
    },
    Conflict(Finding),
}

pub(super) fn under_way(case: &Case<'_>, have: &ObservedGroup) -> UnderWay {
    let update = have
        .last_update
        .as_ref()
        .filter(|update| update.in_progress());
    match (have.status.as_str(), update) {
        ("CREATING", _) => awaited(
            have,
            None,
            "it is being created; this run waits for it".to_owned(),
            false,
        ),
        ("UPDATING", Some(update)) if arrives(case, have, update) => {
            let note = format!(
                "update {} to this version is under way; this run follows it",
                update.id
            );
            awaited(have, Some(update), note, true)
        }
        ("UPDATING", Some(update)) if update.kind == "ConfigUpdate" => {
            let note = format!(
                "update {} of its settings is under way; this run waits for it, and changes only what still differs then",
                update.id
            );
            awaited(have, Some(update), note, false)
        }
        ("UPDATING", update) => UnderWay::Conflict(another(case, update)),
        _ => UnderWay::Nothing,
    }
}

/// Whether an update ends where this plan wants the group.
fn arrives(case: &Case<'_>, have: &ObservedGroup, update: &ObservedUpdate) -> bool {
    let release = case
        .want
        .managed_ami
        .as_ref()
        .map(|ami| ami.release_version.as_str());
    case.target
        .number()
        .is_some_and(|to| leads_to(update, have, to, release))
}

fn awaited(
    have: &ObservedGroup,
    update: Option<&ObservedUpdate>,
    note: String,
    rolls: bool,
) -> UnderWay {
    let (cluster, group) = (have.cluster.clone(), have.name.clone());
    let wait = Await {
        cluster,
        group,
        update: update.map(|update| update.id.clone()),
    };
    UnderWay::Await { wait, note, rolls }
}

fn another(case: &Case<'_>, update: Option<&ObservedUpdate>) -> Finding {
    let id = update.map_or("of unknown id", |update| update.id.as_str());
    let towards = update.and_then(|update| update.params.get("LaunchTemplateVersion"));
    let towards = towards
        .map(|version| format!(" to version {version}"))
        .unwrap_or_default();
    let message = format!("another update ({id}){towards} is under way");
    Finding::new(FindingKind::Conflict, subject(case.want), message)
        .hint("an update of a node group cannot be cancelled: wait until it ends, then plan again")
}
