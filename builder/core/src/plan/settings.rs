//! A node group's own settings: what differs between the spec and EKS, and what can be changed in place.

use std::collections::BTreeMap;

use super::standing::{same_taint, taint_value};
use super::{ConfigChange, OWNER_TAG, TagChange};
use crate::desired::DesiredGroup;
use crate::launch_template::FieldChange;
use crate::observed::ObservedGroup;
use crate::spec::{CapacityType, MaxUnavailable, Scaling, Taint, UpdateSettings, UpdateStrategy};

/// What UpdateNodegroupConfig has to do for a group, and how to show it.
#[derive(Default)]
pub(super) struct Settings {
    pub config: Option<ConfigChange>,
    pub tags: Option<TagChange>,
    pub changes: Vec<FieldChange>,
    pub notes: Vec<String>,
}

pub(super) fn compare(want: &DesiredGroup, have: &ObservedGroup) -> Settings {
    let mut settings = Settings::default();
    let mut config = ConfigChange {
        cluster: have.cluster.clone(),
        group: have.name.clone(),
        ..ConfigChange::default()
    };
    compare_labels(want, have, &mut config, &mut settings.changes);
    compare_taints(
        &want.spec.taints,
        &have.taints,
        &mut config,
        &mut settings.changes,
    );
    if let (Some(wanted), Some(current)) = (want.spec.scaling, have.scaling) {
        compare_scaling(wanted, current, &mut config, &mut settings);
    }
    compare_update(
        &want.spec.update,
        have.update_settings.as_ref(),
        &mut config,
        &mut settings.changes,
    );
    if !settings.changes.is_empty() {
        settings.config = Some(config);
    }
    compare_tags(want, have, &mut settings);
    settings
}

fn change(path: impl Into<String>, from: Option<String>, to: Option<String>) -> FieldChange {
    FieldChange::new(path, from, to)
}

fn compare_labels(
    want: &DesiredGroup,
    have: &ObservedGroup,
    config: &mut ConfigChange,
    changes: &mut Vec<FieldChange>,
) {
    for (key, value) in &want.spec.labels {
        if have.labels.get(key) != Some(value) {
            changes.push(change(
                format!("labels.{key}"),
                have.labels.get(key).cloned(),
                Some(value.clone()),
            ));
            config.labels_set.insert(key.clone(), value.clone());
        }
    }
    for (key, value) in &have.labels {
        if !want.spec.labels.contains_key(key) {
            changes.push(change(format!("labels.{key}"), Some(value.clone()), None));
            config.labels_removed.push(key.clone());
        }
    }
}

fn compare_taints(
    want: &[Taint],
    have: &[Taint],
    config: &mut ConfigChange,
    changes: &mut Vec<FieldChange>,
) {
    let value = |taint: &Taint| taint_value(taint).to_owned();
    for taint in want {
        let current = have.iter().find(|other| same_taint(other, taint));
        if current.map(value) != Some(value(taint)) {
            changes.push(change(
                taint_path(taint),
                current.map(value),
                Some(value(taint)),
            ));
            config.taints_set.push(taint.clone());
        }
    }
    for taint in have
        .iter()
        .filter(|taint| !want.iter().any(|other| same_taint(other, taint)))
    {
        changes.push(change(taint_path(taint), Some(value(taint)), None));
        config.taints_removed.push(taint.clone());
    }
}

fn taint_path(taint: &Taint) -> String {
    format!("taints.{}:{:?}", taint.key, taint.effect)
}

fn compare_scaling(
    want: Scaling,
    have: Scaling,
    config: &mut ConfigChange,
    settings: &mut Settings,
) {
    if (want.min, want.max) == (have.min, have.max) {
        return;
    }
    config.bounds = Some((want.min, want.max));
    for (field, from, to) in [
        ("scaling.min", have.min, want.min),
        ("scaling.max", have.max, want.max),
    ] {
        if from != to {
            settings
                .changes
                .push(change(field, Some(from.to_string()), Some(to.to_string())));
        }
    }
    let desired = have.desired.clamp(want.min, want.max);
    if desired != have.desired {
        config.desired = Some(desired);
        let path = "scaling.desired";
        settings.changes.push(change(
            path,
            Some(have.desired.to_string()),
            Some(desired.to_string()),
        ));
    }
    if desired < have.desired {
        let nodes = match have.desired - desired {
            1 => "1 node is".to_owned(),
            many => format!("{many} nodes are"),
        };
        settings.notes.push(format!(
            "{nodes} taken away by the new bounds, and EKS does not honour PodDisruptionBudgets when it scales down"
        ));
    }
}

/// A size that is not the spec's. It belongs to the autoscaler, and stays.
pub(super) fn resized(
    want: &DesiredGroup,
    have: &ObservedGroup,
    settings: &Settings,
) -> Option<String> {
    let (want, have) = (want.spec.scaling?.desired, have.scaling?.desired);
    let moved = settings.config.as_ref().and_then(|config| config.desired);
    (want != have && moved.is_none()).then(|| {
        format!("its desired size is {have}, and stays: the spec's {want} counts only when the group is created")
    })
}

fn compare_update(
    want: &UpdateSettings,
    have: Option<&UpdateSettings>,
    config: &mut ConfigChange,
    changes: &mut Vec<FieldChange>,
) {
    // `force` is a parameter of an update, not a setting of the group. Without a setting, EKS replaces
    // one node at a time by its DEFAULT strategy.
    let current = have.map_or(
        (MaxUnavailable::Count(1), UpdateStrategy::Default),
        |settings| (settings.max_unavailable, settings.strategy),
    );
    if current == (want.max_unavailable, want.strategy) {
        return;
    }
    if current.0 != want.max_unavailable {
        let path = "update.maxUnavailable";
        changes.push(change(
            path,
            Some(max_unavailable(current.0)),
            Some(max_unavailable(want.max_unavailable)),
        ));
    }
    if current.1 != want.strategy {
        let path = "update.strategy";
        changes.push(change(
            path,
            Some(strategy(current.1).to_owned()),
            Some(strategy(want.strategy).to_owned()),
        ));
    }
    config.update = Some(want.clone());
}

fn max_unavailable(max: MaxUnavailable) -> String {
    match max {
        MaxUnavailable::Count(count) => count.to_string(),
        MaxUnavailable::Percentage(percentage) => format!("{percentage}%"),
    }
}

fn strategy(strategy: UpdateStrategy) -> &'static str {
    match strategy {
        UpdateStrategy::Default => "DEFAULT",
        UpdateStrategy::Minimal => "MINIMAL",
    }
}

pub(super) fn capacity_type(capacity_type: CapacityType) -> &'static str {
    match capacity_type {
        CapacityType::OnDemand => "ON_DEMAND",
        CapacityType::Spot => "SPOT",
        CapacityType::CapacityBlock => "CAPACITY_BLOCK",
    }
}

/// The tags that a group of the fleet should carry: the spec's, and the owner's.
pub(super) fn wanted_tags(want: &DesiredGroup, fleet: &str) -> BTreeMap<String, String> {
    let mut tags = want.spec.tags.clone();
    tags.insert(OWNER_TAG.to_owned(), fleet.to_owned());
    tags
}

/// Tags are set, never removed: others (cost allocation, policies) put tags on groups too, and nothing
/// tells theirs from a tag that the spec once had.
fn compare_tags(want: &DesiredGroup, have: &ObservedGroup, settings: &mut Settings) {
    // A group that is nobody's, or another fleet's, is not taken over here: the owner's tag is set at creation,
    // and by `--adopt`.
    let mut wanted = want.spec.tags.clone();
    wanted.retain(|key, value| have.tags.get(key) != Some(value));
    for (key, value) in &wanted {
        settings.changes.push(change(
            format!("tags.{key}"),
            have.tags.get(key).cloned(),
            Some(value.clone()),
        ));
    }
    if !wanted.is_empty() {
        settings.tags = Some(TagChange {
            cluster: have.cluster.clone(),
            group: have.name.clone(),
            arn: have.arn.clone(),
            set: wanted,
        });
    }
}
