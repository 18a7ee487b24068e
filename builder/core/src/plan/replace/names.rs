//! The two groups of a replacement, and the commands that make it.

use std::collections::BTreeSet;

use super::super::{OWNER_TAG, Scope};
use crate::desired::{Desired, DesiredGroup};
use crate::observed::Observed;

/// A group, and the one that takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names<'a> {
    pub cluster: &'a str,
    pub old: &'a str,
    pub new: &'a str,
}

impl Names<'_> {
    /// What to read from AWS for both plans.
    pub fn scope(&self, desired: &Desired) -> Scope {
        let mut scope = Scope {
            strays: false,
            ..Scope::of(&self.only(desired))
        };
        let groups = scope.groups.entry(self.cluster.to_owned()).or_default();
        groups.insert(self.old.to_owned());
        scope
    }

    /// The part of a fleet that is the new group's.
    pub(super) fn only(&self, desired: &Desired) -> Desired {
        let mut only = desired.clone();
        only.groups
            .retain(|group| group.spec.cluster == self.cluster && group.spec.name == self.new);
        let named: BTreeSet<String> = only
            .groups
            .iter()
            .map(|group| group.spec.launch_template.clone())
            .collect();
        only.templates
            .retain(|one| one.cluster == self.cluster && named.contains(&one.name));
        only.clusters.retain(|name, _| name == self.cluster);
        only.warnings
            .retain(|warning| named.contains(&warning.template));
        only
    }

    pub(super) fn first_step(&self) -> String {
        let Names { cluster, old, new } = self;
        format!("nodemint replace {old} --as {new} --cluster {cluster}")
    }

    pub(super) fn second_step(&self) -> String {
        format!("{} --delete-old", self.first_step())
    }
}

/// How to get what EKS never changes in a group: the commands.
pub(in crate::plan) fn way_out(
    want: &DesiredGroup,
    desired: &Desired,
    observed: &Observed,
) -> String {
    let (cluster, old) = (&want.spec.cluster, &want.spec.name);
    let wanted = desired.groups.iter().map(|group| &group.spec);
    let mut taken: BTreeSet<&str> = wanted
        .filter(|group| group.cluster == *cluster)
        .map(|group| group.name.as_str())
        .collect();
    let there = observed.groups.get(cluster).into_iter().flatten();
    taken.extend(there.map(|(name, _)| name.as_str()));
    let strays = observed.strays.get(cluster).into_iter().flatten();
    taken.extend(strays.map(|group| group.name.as_str()));
    let new = successor(old, &taken);
    let names = Names {
        cluster,
        old,
        new: &new,
    };
    format!(
        "`{}` makes a new group beside it, and `{}` then deletes the old one",
        names.first_step(),
        names.second_step()
    )
}

/// The next free name: `mng-2` after `mng-1`, `workers-2` after `workers`.
fn successor(name: &str, taken: &BTreeSet<&str>) -> String {
    let number = |digits: &str| digits.parse::<u32>().ok();
    let (stem, last) = name
        .rsplit_once('-')
        .and_then(|(stem, digits)| Some((stem, number(digits)?)))
        .unwrap_or((name, 1));
    let mut next = last;
    loop {
        next = next.saturating_add(1);
        let candidate = format!("{stem}-{next}");
        if !taken.contains(candidate.as_str()) || next == u32::MAX {
            return candidate;
        }
    }
}

/// Whether a group carries the fleet's tag.
pub(super) fn is_of(have: &crate::observed::ObservedGroup, fleet: &str) -> bool {
    have.tags.get(OWNER_TAG).is_some_and(|owner| owner == fleet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_free_name() {
        let taken = BTreeSet::from(["mng-1", "mng-2", "workers-2"]);
        for (name, next) in [
            ("mng-1", "mng-3"),
            ("mng-7", "mng-8"),
            ("workers", "workers-3"),
            ("gpu-a", "gpu-a-2"),
            ("gpu-", "gpu--2"),
            ("4", "4-2"),
        ] {
            assert_eq!(successor(name, &taken), next, "{name}");
        }
    }
}
