//! How far a step is, judged by what EKS shows: still to do, under way, done, or in conflict.
//!
//! Apply asks right before it writes, so that a run that is begun again, or that meets another run, does
//! nothing twice.

use std::collections::BTreeMap;

use super::{ConfigChange, Deletion, NewGroup, OWNER_TAG, Roll};
use crate::observed::{ObservedGroup, ObservedUpdate};
use crate::spec::Taint;

/// How far a step is. `T`: what is left of it to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing<T> {
    Todo(T),
    /// This update, or the group's creation, is under way.
    UnderWay(Option<String>),
    Done,
    /// Something else happened to the group, or is happening.
    Conflict(String),
}

/// Whether an update ends on this launch-template version and, where one is wanted, this release. What
/// an update does not name, it leaves as the group has it.
pub fn leads_to(
    update: &ObservedUpdate,
    have: &ObservedGroup,
    version: i64,
    release: Option<&str>,
) -> bool {
    if update.kind == "ConfigUpdate" {
        return false;
    }
    let named = |key: &str| update.params.get(key).map(String::as_str);
    let current = have
        .launch_template
        .as_ref()
        .and_then(|template| template.version.as_deref());
    let on_version =
        named("LaunchTemplateVersion").or(current) == Some(version.to_string().as_str());
    on_version
        && release
            .is_none_or(|release| named("ReleaseVersion").is_none_or(|found| found == release))
}

/// How far the creation of a group is. A group that carries the fleet's tag and runs the wanted version
/// is the one that the step makes: EKS takes a name once.
pub fn created(new: &NewGroup, version: i64, have: Option<&ObservedGroup>) -> Standing<()> {
    let Some(have) = have else {
        return Standing::Todo(());
    };
    let current = have
        .launch_template
        .as_ref()
        .and_then(|template| template.number());
    if have.tags.get(OWNER_TAG) != new.tags.get(OWNER_TAG) || current != Some(version) {
        return Standing::Conflict("somebody else made a group of this name meanwhile".to_owned());
    }
    match have.status.as_str() {
        "CREATING" => Standing::UnderWay(None),
        "ACTIVE" | "DEGRADED" => Standing::Done,
        status => Standing::Conflict(format!("it was made meanwhile, and is {status} now")),
    }
}

/// How far a roll onto `version` is.
pub fn rolled(roll: &Roll, version: i64, have: Option<&ObservedGroup>) -> Standing<()> {
    let Some(have) = have else {
        return Standing::Conflict("it was deleted meanwhile".to_owned());
    };
    let release = roll.release_version.as_deref();
    let current = have
        .launch_template
        .as_ref()
        .and_then(|template| template.number());
    match (have.status.as_str(), under_way(have)) {
        ("UPDATING", Some(update)) if leads_to(update, have, version, release) => {
            Standing::UnderWay(Some(update.id.clone()))
        }
        ("UPDATING", Some(update)) => {
            Standing::Conflict(format!("another update ({}) is under way", update.id))
        }
        // The update may have ended between two reads: EKS itself refuses a second one.
        ("UPDATING", None) => Standing::Todo(()),
        ("ACTIVE" | "DEGRADED", _) => {
            let on_release =
                release.is_none_or(|release| have.release_version.as_deref() == Some(release));
            match current {
                Some(number) if number == version && on_release => Standing::Done,
                _ if current == roll.from_version || current == Some(version) => Standing::Todo(()),
                Some(number) => {
                    Standing::Conflict(format!("it was moved to version {number} meanwhile"))
                }
                None => Standing::Conflict(
                    "its launch-template version was changed meanwhile".to_owned(),
                ),
            }
        }
        (status, _) => Standing::Conflict(format!("it is {status}, and EKS takes no update then")),
    }
}

/// How far a change of settings is; what is left has only what still differs.
pub fn configured(change: &ConfigChange, have: Option<&ObservedGroup>) -> Standing<ConfigChange> {
    let Some(have) = have else {
        return Standing::Conflict("it was deleted meanwhile".to_owned());
    };
    match (have.status.as_str(), under_way(have)) {
        ("UPDATING", Some(update)) if update.kind == "ConfigUpdate" => {
            Standing::UnderWay(Some(update.id.clone()))
        }
        (status @ ("UPDATING" | "ACTIVE" | "DEGRADED"), update) => {
            match (left(change, have), update) {
                (None, _) => Standing::Done,
                (Some(rest), _) if takes_more_nodes(change, &rest, have) => Standing::Conflict(
                    "it has grown since the plan was made, and the new bounds would take nodes away that the plan did not show".to_owned(),
                ),
                (Some(_), Some(update)) if status == "UPDATING" => {
                    Standing::Conflict(format!("another update ({}) is under way", update.id))
                }
                (Some(rest), _) => Standing::Todo(rest),
            }
        }
        (status, _) => Standing::Conflict(format!("it is {status}, and EKS takes no update then")),
    }
}

/// How far the deletion of a group is. A deletion that failed can be tried again.
pub fn deleted(deletion: &Deletion, have: Option<&ObservedGroup>) -> Standing<()> {
    let Some(have) = have else {
        return Standing::Done;
    };
    if have.arn != deletion.arn {
        return Standing::Conflict("somebody else made a group of this name meanwhile".to_owned());
    }
    match have.status.as_str() {
        "DELETING" => Standing::UnderWay(None),
        "ACTIVE" | "DEGRADED" | "CREATE_FAILED" | "DELETE_FAILED" => Standing::Todo(()),
        status => Standing::Conflict(format!(
            "it is {status}, and EKS takes one change at a time"
        )),
    }
}

fn under_way(have: &ObservedGroup) -> Option<&ObservedUpdate> {
    have.last_update
        .as_ref()
        .filter(|update| update.in_progress())
}

/// The part of a change that the group does not show yet; none: it shows all of it.
fn left(change: &ConfigChange, have: &ObservedGroup) -> Option<ConfigChange> {
    let shows = |wanted: &Taint| have.taints.iter().find(|taint| same_taint(taint, wanted));
    let labels_set: BTreeMap<String, String> = change
        .labels_set
        .iter()
        .filter(|(key, value)| have.labels.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let bounds = change
        .bounds
        .filter(|bounds| have.scaling.map(|now| (now.min, now.max)) != Some(*bounds));
    let update = change.update.as_ref().filter(|wanted| {
        !have.update_settings.as_ref().is_some_and(|now| {
            (now.max_unavailable, now.strategy) == (wanted.max_unavailable, wanted.strategy)
        })
    });
    let rest = ConfigChange {
        cluster: change.cluster.clone(),
        group: change.group.clone(),
        labels_set,
        labels_removed: change
            .labels_removed
            .iter()
            .filter(|key| have.labels.contains_key(*key))
            .cloned()
            .collect(),
        taints_set: change
            .taints_set
            .iter()
            .filter(|taint| shows(taint).is_none_or(|now| taint_value(now) != taint_value(taint)))
            .cloned()
            .collect(),
        taints_removed: change
            .taints_removed
            .iter()
            .filter(|taint| shows(taint).is_some())
            .cloned()
            .collect(),
        bounds,
        desired: bounds.and_then(|bounds| following(bounds, have)),
        update: update.cloned(),
    };
    let nothing = ConfigChange {
        cluster: change.cluster.clone(),
        group: change.group.clone(),
        ..ConfigChange::default()
    };
    (rest != nothing).then_some(rest)
}

/// The desired size that new bounds ask for, if the group's own lies outside of them. It is taken from the
/// group as it is now: an autoscaler may have moved it since the plan was made.
fn following((min, max): (i32, i32), have: &ObservedGroup) -> Option<i32> {
    let now = have.scaling?.desired;
    Some(now.clamp(min, max)).filter(|desired| *desired != now)
}

/// Whether a change of bounds would scale the group down further than the plan showed. EKS does that past
/// PodDisruptionBudgets.
fn takes_more_nodes(planned: &ConfigChange, rest: &ConfigChange, have: &ObservedGroup) -> bool {
    let now = have.scaling.map_or(0, |scaling| scaling.desired);
    rest.desired
        .is_some_and(|desired| desired < now && planned.desired != Some(desired))
}

/// EKS knows a taint by key and effect; its value can be changed.
pub(super) fn same_taint(a: &Taint, b: &Taint) -> bool {
    a.key == b.key && a.effect == b.effect
}

/// A taint without a value and one with an empty value are the same to Kubernetes.
pub(super) fn taint_value(taint: &Taint) -> &str {
    taint.value.as_deref().unwrap_or_default()
}
