//! Progress of a roll, from the instances that EC2 shows.
//!
//! DescribeUpdate has no progress field. What is certain without access to the cluster is which instances
//! exist: those that were launched before the update began are the old ones. One that was launched later,
//! but from the same version of EKS's own launch template as an old one, was put back by a failing update.
//! Whether Kubernetes finds a node Ready is not visible here, and is not claimed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::observed::Instance;

use crate::events::{EventKind, Group, Node};

/// Follows the instances of one group through one creation or roll.
#[derive(Clone, Debug)]
pub struct Progress {
    since: Timestamp,
    rolling: bool,
    /// instance → what it is to this roll, the state it was last seen in
    seen: BTreeMap<String, (Role, Stage)>,
    /// versions of EKS's own launch template that old instances run
    old_versions: BTreeSet<String>,
    /// instances that were gone at the first look
    past: BTreeSet<String>,
    first: bool,
}

/// What an instance is to a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Old,
    New,
    /// launched during the roll, of the version before it
    PutBack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Starting,
    Running,
    Gone,
}

impl Progress {
    /// Of a group that is being created: every instance is new.
    pub fn creation(since: Timestamp) -> Self {
        Self {
            since,
            rolling: false,
            seen: BTreeMap::new(),
            old_versions: BTreeSet::new(),
            past: BTreeSet::new(),
            first: true,
        }
    }

    /// Of an update that began at `since`.
    pub fn roll(since: Timestamp) -> Self {
        Self {
            since,
            rolling: true,
            seen: BTreeMap::new(),
            old_versions: BTreeSet::new(),
            past: BTreeSet::new(),
            first: true,
        }
    }

    /// Takes what EC2 shows now, and tells what happened since the last look.
    pub fn look(&mut self, group: &Group, instances: &[Instance]) -> Vec<EventKind> {
        let mut events = Vec::new();
        let mut sorted: Vec<&Instance> = instances.iter().collect();
        sorted.sort_by_key(|instance| (instance.launched_at, &instance.id));
        for instance in sorted {
            let role = self.role(instance);
            let stage = stage(instance);
            match self.seen.get(&instance.id).copied() {
                // What was gone before the first look belongs to an earlier story.
                None if self.first && stage == Stage::Gone => {
                    self.past.insert(instance.id.clone());
                }
                None if self.past.contains(&instance.id) => {}
                None => {
                    self.seen.insert(instance.id.clone(), (role, stage));
                    self.step_up(group, instance, role, None, stage, &mut events);
                }
                Some((_, before)) if stage > before => {
                    self.seen.insert(instance.id.clone(), (role, stage));
                    self.step_up(group, instance, role, Some(before), stage, &mut events);
                }
                Some(_) => {}
            }
        }
        self.first = false;
        events
    }

    /// Instances of the old version that still run.
    pub fn old_alive(&self) -> usize {
        self.alive(Role::Old)
    }

    /// Instances of the new version that still run.
    pub fn new_alive(&self) -> usize {
        self.alive(Role::New)
    }

    fn alive(&self, wanted: Role) -> usize {
        let instances = self.seen.values();
        instances
            .filter(|(role, stage)| *role == wanted && *stage != Stage::Gone)
            .count()
    }

    /// Instances come oldest first, so the old versions are known before anything newer is judged by them.
    fn role(&mut self, instance: &Instance) -> Role {
        if !self.rolling {
            return Role::New;
        }
        let old = instance
            .launched_at
            .is_none_or(|launched| launched < self.since);
        match &instance.template_version {
            version if old => {
                // What is gone already may be left from an attempt before this one, at the very version
                // that is tried again.
                if stage(instance) != Stage::Gone {
                    self.old_versions.extend(version.clone());
                }
                Role::Old
            }
            Some(version) if self.old_versions.contains(version) => Role::PutBack,
            _ => Role::New,
        }
    }

    fn step_up(
        &self,
        group: &Group,
        instance: &Instance,
        role: Role,
        before: Option<Stage>,
        stage: Stage,
        events: &mut Vec<EventKind>,
    ) {
        let (group, node) = (group.clone(), node(instance));
        match (role, stage) {
            (Role::Old, Stage::Gone) => {
                let of = self
                    .seen
                    .values()
                    .filter(|(role, _)| *role == Role::Old)
                    .count();
                events.push(EventKind::NodeReplaced {
                    group,
                    node,
                    done: of - self.old_alive(),
                    of,
                });
            }
            (Role::Old, _) | (Role::PutBack, Stage::Starting) => {}
            (Role::PutBack, Stage::Running) => events.push(EventKind::NodePutBack { group, node }),
            (_, Stage::Gone) => events.push(EventKind::SurgeNodeRemoved { group, node }),
            (Role::New, Stage::Starting) => events.push(EventKind::NodeStarted { group, node }),
            (Role::New, Stage::Running) => {
                if before.is_none() {
                    events.push(EventKind::NodeStarted {
                        group: group.clone(),
                        node: node.clone(),
                    });
                }
                events.push(EventKind::NodeRunning { group, node });
            }
        }
    }
}

fn stage(instance: &Instance) -> Stage {
    match instance.state.as_str() {
        "pending" => Stage::Starting,
        "running" => Stage::Running,
        _ => Stage::Gone,
    }
}

fn node(instance: &Instance) -> Node {
    Node {
        instance: instance.id.clone(),
        instance_type: instance.instance_type.clone(),
        zone: instance.zone.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str, state: &str, launched: &str) -> Instance {
        Instance {
            id: id.to_owned(),
            instance_type: "m5.large".to_owned(),
            image_id: "ami-1".to_owned(),
            zone: "us-east-1a".to_owned(),
            state: state.to_owned(),
            launched_at: Some(launched.parse().expect("a time")),
            template_version: None,
        }
    }

    fn group() -> Group {
        Group {
            cluster: "c".to_owned(),
            name: "g".to_owned(),
        }
    }

    fn names(events: &[EventKind]) -> Vec<String> {
        events
            .iter()
            .map(|event| match event {
                EventKind::NodeStarted { node, .. } => format!("started {}", node.instance),
                EventKind::NodeRunning { node, .. } => format!("running {}", node.instance),
                EventKind::NodeReplaced { node, done, of, .. } => {
                    format!("replaced {} {done}/{of}", node.instance)
                }
                EventKind::SurgeNodeRemoved { node, .. } => format!("removed {}", node.instance),
                EventKind::NodePutBack { node, .. } => format!("put back {}", node.instance),
                other => format!("{other:?}"),
            })
            .collect()
    }

    const BEFORE: &str = "2026-01-01T00:00:00Z";
    const START: &str = "2026-01-02T00:00:00Z";
    const AFTER: &str = "2026-01-02T00:01:00Z";

    #[test]
    fn a_roll_counts_old_nodes_and_names_surge_nodes() {
        let mut progress = Progress::roll(START.parse().expect("a time"));
        let old = |state| {
            [
                instance("i-a", state, BEFORE),
                instance("i-b", "running", BEFORE),
            ]
        };
        assert!(progress.look(&group(), &old("running")).is_empty());
        let mut now = old("running").to_vec();
        now.push(instance("i-new", "pending", AFTER));
        assert_eq!(names(&progress.look(&group(), &now)), ["started i-new"]);
        now[2].state = "running".to_owned();
        assert_eq!(names(&progress.look(&group(), &now)), ["running i-new"]);
        assert!(
            progress.look(&group(), &now).is_empty(),
            "nothing is told twice"
        );
        now[0].state = "shutting-down".to_owned();
        assert_eq!(names(&progress.look(&group(), &now)), ["replaced i-a 1/2"]);
        now[0].state = "terminated".to_owned();
        now[2].state = "shutting-down".to_owned();
        assert_eq!(names(&progress.look(&group(), &now)), ["removed i-new"]);
        assert_eq!((progress.old_alive(), progress.new_alive()), (1, 0));
    }

    #[test]
    fn instances_that_were_gone_before_the_first_look_are_not_told() {
        let gone = [
            instance("i-x", "terminated", BEFORE),
            instance("i-y", "terminated", AFTER),
        ];
        for mut progress in [
            Progress::roll(START.parse().expect("a time")),
            Progress::creation(START.parse().expect("a time")),
        ] {
            assert!(progress.look(&group(), &gone).is_empty());
            assert!(
                progress.look(&group(), &gone).is_empty(),
                "nor at the second look"
            );
        }
    }

    #[test]
    fn a_node_that_starts_and_runs_between_two_looks_is_told_whole() {
        let mut progress = Progress::creation(START.parse().expect("a time"));
        let now = [instance("i-n", "running", AFTER)];
        assert_eq!(
            names(&progress.look(&group(), &now)),
            ["started i-n", "running i-n"]
        );
    }

    /// A failing update replaces what it had begun with nodes of the version before it.
    #[test]
    fn a_node_of_the_old_version_that_is_started_again_is_not_new() {
        let of = |version: &str, id: &str, state: &str, launched: &str| Instance {
            template_version: Some(version.to_owned()),
            ..instance(id, state, launched)
        };
        let mut progress = Progress::roll(START.parse().expect("a time"));
        let now = [
            of("2", "i-new", "running", AFTER),
            of("1", "i-old", "running", BEFORE),
        ];
        progress.look(&group(), &now);
        assert_eq!((progress.old_alive(), progress.new_alive()), (1, 1));
        let now = [
            of("1", "i-back", "running", AFTER),
            of("2", "i-new", "terminated", AFTER),
            of("1", "i-old", "terminated", BEFORE),
        ];
        let told = names(&progress.look(&group(), &now));
        assert!(told.contains(&"put back i-back".to_owned()), "{told:?}");
        assert_eq!((progress.old_alive(), progress.new_alive()), (0, 0));
    }
}
