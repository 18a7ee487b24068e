//! What became of every thing that was found.

use std::collections::BTreeMap;

use super::AwsFacts;
use super::group;
use super::template::Drawn;
use crate::import::{Entry, Fate};
use crate::plan::OWNER_TAG;

/// Where something goes that belongs to a launch template or a node group: their places in the spec are known at
/// the end.
#[derive(Default)]
pub(super) struct Told {
    entries: Vec<(String, Fate)>,
}

/// One field, and where it goes below its launch template or node group.
pub(super) type Line = (String, Fate);

pub(super) fn mapped(to: &str) -> Fate {
    Fate::Mapped {
        to: vec![to.to_owned()],
        note: None,
    }
}

pub(super) fn mapped_with(to: &str, note: impl Into<String>) -> Fate {
    Fate::Mapped {
        to: vec![to.to_owned()],
        note: Some(note.into()),
    }
}

pub(super) fn left_out(reason: impl Into<String>) -> Fate {
    Fate::LeftOut {
        reason: reason.into(),
    }
}

pub(super) fn to_do(what: impl Into<String>) -> Fate {
    Fate::ToDo { what: what.into() }
}

impl Told {
    pub fn add(&mut self, path: impl Into<String>, fate: Fate) {
        self.entries.push((path.into(), fate));
    }

    pub fn cluster(&mut self, facts: &AwsFacts) {
        let name = &facts.cluster.name;
        let note =
            "its endpoint, certificate authority, CIDR and Kubernetes version are in the lock";
        self.add(format!("cluster {name}"), mapped_with("clusters[0]", note));
    }

    pub fn left_out_group(&mut self, name: &str, why: &str) {
        self.add(
            format!("node group {name}"),
            to_do(format!("left out of the spec: {why}")),
        );
    }

    pub fn left_out_template(&mut self, name: &str, why: &str) {
        self.add(
            format!("launch template {name}"),
            left_out(format!("not in the spec: {why}")),
        );
    }

    /// What of the spec will need `--adopt` when it changes.
    pub fn owners(
        &mut self,
        facts: &AwsFacts,
        fleet: &str,
        templates: &[Drawn],
        groups: &[group::Drawn],
    ) {
        let in_spec = |id: &str| templates.iter().any(|one| one.id == id);
        let of_templates = facts.templates.iter().filter(|(id, _)| in_spec(id));
        let of_templates =
            of_templates.map(|(_, one)| (one.tags.get(OWNER_TAG), "launch template"));
        let named = |name: &str| groups.iter().any(|one| one.name == name);
        let of_groups = facts.groups.iter().filter(|one| named(&one.name));
        let of_groups = of_groups.map(|one| (one.tags.get(OWNER_TAG), "node group"));
        let mut others: BTreeMap<Option<&String>, BTreeMap<&str, usize>> = BTreeMap::new();
        for (owner, kind) in of_templates.chain(of_groups) {
            if owner.is_none_or(|owner| owner != fleet) {
                *others.entry(owner).or_default().entry(kind).or_default() += 1;
            }
        }
        for (owner, kinds) in others {
            let kinds = kinds.into_iter().map(|(kind, number)| match number {
                1 => format!("1 {kind}"),
                _ => format!("{number} {kind}s"),
            });
            let kinds = kinds.collect::<Vec<_>>().join(" and ");
            let what = match owner {
                Some(owner) => format!(
                    "{kinds} of the fleet `{owner}`: the first change needs `--adopt=fleet:{owner}`"
                ),
                None => format!(
                    "{kinds} of nobody's: the first change needs `--adopt`, which tags them"
                ),
            };
            self.add(format!("tags.{OWNER_TAG}"), left_out(what));
        }
    }

    /// All of it: the things, then the fields of each launch template and node group.
    pub fn entries(self, templates: &[Drawn], groups: &[group::Drawn]) -> Vec<Entry> {
        let mut all = self.entries;
        let named = templates.iter().enumerate();
        for (index, one) in named {
            let (path, to) = (
                format!("launchTemplates[{}:{}]", one.name, one.version),
                format!("launchTemplates[{index}]"),
            );
            all.extend(one.told.iter().map(|line| placed(line, &path, &to)));
        }
        for (index, one) in groups.iter().enumerate() {
            let (path, to) = (
                format!("nodeGroups[{}]", one.name),
                format!("nodeGroups[{index}]"),
            );
            all.extend(one.told.iter().map(|line| placed(line, &path, &to)));
        }
        let entry = |(path, fate)| Entry {
            path,
            line: 0,
            fate,
        };
        all.into_iter().map(entry).collect()
    }
}

fn placed((field, fate): &Line, path: &str, spec: &str) -> (String, Fate) {
    let fate = match fate {
        Fate::Mapped { to, note } => Fate::Mapped {
            to: to.iter().map(|to| format!("{spec}.{to}")).collect(),
            note: note.clone(),
        },
        other => other.clone(),
    };
    (format!("{path}.{field}"), fate)
}
