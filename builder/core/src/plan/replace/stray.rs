//! Groups of the fleet that its spec does not name: what a replacement leaves behind, or what was taken out of
//! the spec. Nothing is done to them; that they are there is told.

use super::super::resume::group_subject;
use super::super::{Finding, FindingKind, OWNER_TAG};
use super::names::is_of;
use crate::observed::{Observed, ObservedGroup};

/// One warning a group, by cluster and name.
pub fn strays(fleet: &str, observed: &Observed) -> Vec<Finding> {
    let groups = observed.strays.values().flatten();
    groups
        .filter(|group| is_of(group, fleet))
        .map(stray)
        .collect()
}

fn stray(group: &ObservedGroup) -> Finding {
    let (cluster, name) = (&group.cluster, &group.name);
    let subject = group_subject(cluster, name);
    let state = match group.status.as_str() {
        "DELETING" => "it is being deleted".to_owned(),
        status @ ("DELETE_FAILED" | "CREATE_FAILED") => format!("it is {status}"),
        _ => match group.scaling.map_or(0, |scaling| scaling.desired) {
            1 => "its node goes on running".to_owned(),
            nodes => format!("its {nodes} nodes go on running"),
        },
    };
    let message = format!(
        "it is of this fleet (tag {OWNER_TAG}), and the spec does not name it: {state}, and no plan changes it"
    );
    Finding::new(FindingKind::Warning, subject, message).hint(format!(
        "`nodemint replace {name} --as NEW --cluster {cluster} --delete-old` deletes it once NEW, a group of the spec, runs in its place; or name it in the spec again"
    ))
}
