//! The state of the AWS in memory: what exists, what is under way, and which calls go wrong.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use nodemint_core::observed::{
    HealthIssue, Instance, InstanceType, ObservedCluster, ObservedGroup, ObservedTemplate,
    ObservedUpdate, ObservedVersion,
};
use nodemint_core::uses::AutoScalingGroup;
use nodemint_engine::ports::{ConfigUpdate, ErrorKind};

pub use super::shapes::{cluster, error, subnet};
use super::shop::{Shop, al2023, folder, instance_types, zones};

pub const ACCOUNT: &str = "111122223333";
pub const AMI: &str = "ami-0a1b2c3d4e5f60718";

/// How the next rolls and creations end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Well,
    /// The update fails, and the group and its nodes are as before.
    Clean,
    /// The update fails after it replaced a node, and EKS puts one of the old version in its place.
    PutBack,
    /// The update fails, and one new node stays.
    Dirty,
    /// The update fails, and the group shows the new version.
    Moved,
    Never,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Refused, without an effect.
    Refuse(ErrorKind),
    /// Done, and the answer lost.
    Lose(ErrorKind),
    /// Never answered, without an effect: the process is killed while it waits.
    HangBefore,
    /// Done and never answered.
    HangAfter,
}

pub struct Planned {
    pub verb: &'static str,
    /// none: any
    pub region: Option<String>,
    /// The how-many-th call of the verb, from 1; 0: every one.
    pub nth: usize,
    pub fault: Fault,
}

pub struct Group {
    pub shown: ObservedGroup,
    pub updates: Vec<ObservedUpdate>,
    pub nodes: Vec<Instance>,
}

enum Happening {
    Created,
    /// from this version of EKS's own launch template
    NodeStarts(usize, usize),
    NodeRuns(usize),
    OldNodeGone,
    NodeGone(usize),
    Ends(Ending),
    Configured(Box<ConfigUpdate>),
    Deleted,
}

pub struct World {
    pub now: Timestamp,
    pub account: &'static str,
    pub clusters: BTreeMap<String, ObservedCluster>,
    pub templates: BTreeMap<String, ObservedTemplate>,
    pub groups: BTreeMap<String, Group>,
    pub auto_scaling_groups: Vec<AutoScalingGroup>,
    /// launch-template id → instances that were launched from it
    pub template_instances: BTreeMap<String, Vec<Instance>>,
    /// what every region has that is not in `shops`
    pub shop: Shop,
    pub shops: BTreeMap<String, Shop>,
    pub instance_types: BTreeMap<String, InstanceType>,
    pub offerings: BTreeMap<String, BTreeSet<String>>,
    /// every parameter that was asked for, in order
    pub asked: Vec<String>,
    /// client token → what was asked for with it, and the answer
    pub tokens: BTreeMap<String, (String, String)>,
    pub ending: Ending,
    pub faults: Vec<Planned>,
    /// every call, in order
    pub calls: Vec<&'static str>,
    pub regions: Vec<String>,
    /// The call, counted from 1, that is never answered.
    pub hang_at: Option<(usize, Fault)>,
    /// The calls, counted from 1, that wait until somebody lets them go, and those that wait.
    pub gates: BTreeSet<usize>,
    pub waiting: BTreeMap<usize, &'static str>,
    /// (template id, number) → every version that was ever made: what EC2 answers a token with that it knows
    pub ever: BTreeMap<(String, i64), ObservedVersion>,
    /// EC2 answers a creation with a version that has more than was asked for.
    pub garbled: bool,
    /// So many of the next versions are deleted by somebody as soon as they are made.
    pub vanishing: usize,
    /// The next version is answered with this number, as if the token had made it before.
    pub replay: Option<i64>,
    /// What the next read of many launch templates gives: it was answered before all that is there now.
    pub earlier: Option<BTreeMap<String, ObservedTemplate>>,
    /// A call hangs.
    pub hung: bool,
    pub slept: usize,
    /// Seed of the interleavings; 0: none.
    pub seed: u64,
    coming: Vec<(Timestamp, String, Happening)>,
    made: usize,
}

impl World {
    pub fn lab() -> Self {
        let now = Timestamp::from_second(1_790_000_000).expect("a time");
        let name = "amazon-eks-node-al2023-x86_64-standard-1.34-v20260915";
        let image = al2023(AMI, name, now);
        let recommended = format!(
            r#"{{"image_id":"{AMI}","image_name":"{}","release_version":"1.34.2-20260915"}}"#,
            image.name
        );
        Self {
            now,
            account: ACCOUNT,
            clusters: BTreeMap::from([("eksworkshop".to_owned(), cluster("eksworkshop"))]),
            templates: BTreeMap::new(),
            groups: BTreeMap::new(),
            auto_scaling_groups: Vec::new(),
            template_instances: BTreeMap::new(),
            shop: Shop {
                images: BTreeMap::from([(AMI.to_owned(), image)]),
                parameters: BTreeMap::from([(
                    format!("{}/recommended", folder("1.34")),
                    recommended,
                )]),
            },
            shops: BTreeMap::new(),
            instance_types: instance_types(),
            offerings: instance_types()
                .into_keys()
                .map(|name| (name, zones()))
                .collect(),
            asked: Vec::new(),
            tokens: BTreeMap::new(),
            ending: Ending::Well,
            faults: Vec::new(),
            calls: Vec::new(),
            regions: Vec::new(),
            hang_at: None,
            gates: BTreeSet::new(),
            waiting: BTreeMap::new(),
            ever: BTreeMap::new(),
            garbled: false,
            vanishing: 0,
            replay: None,
            earlier: None,
            hung: false,
            slept: 0,
            seed: 0,
            coming: Vec::new(),
            made: 0,
        }
    }

    pub fn fail(&mut self, verb: &'static str, nth: usize, fault: Fault) {
        let region = None;
        self.faults.push(Planned {
            verb,
            region,
            nth,
            fault,
        });
    }

    /// Every call of a verb in a region goes wrong.
    pub fn fail_in(&mut self, region: &str, verb: &'static str, kind: ErrorKind) {
        self.faults.push(Planned {
            verb,
            region: Some(region.to_owned()),
            nth: 0,
            fault: Fault::Refuse(kind),
        });
    }

    pub fn shop(&self, region: &str) -> &Shop {
        self.shops.get(region).unwrap_or(&self.shop)
    }

    pub fn count(&self, verb: &str) -> usize {
        self.calls.iter().filter(|call| **call == verb).count()
    }

    /// The calls that write, and forgets all calls.
    pub fn take_writes(&mut self) -> Vec<&'static str> {
        let writes = [
            "create_launch_template",
            "create_launch_template_version",
            "create_node_group",
            "update_node_group_version",
            "update_node_group_config",
            "delete_node_group",
            "tag",
            "tag_launch_template",
        ];
        std::mem::take(&mut self.calls)
            .into_iter()
            .filter(|call| writes.contains(call))
            .collect()
    }

    /// Notes a call, and tells what goes wrong with it.
    pub fn called(&mut self, verb: &'static str, region: &str) -> Option<Fault> {
        self.calls.push(verb);
        self.regions.push(region.to_owned());
        let (of_verb, of_all) = (self.count(verb), self.calls.len());
        if let Some((at, fault)) = self.hang_at
            && at == of_all
        {
            return Some(fault);
        }
        self.faults
            .iter()
            .filter(|planned| planned.region.as_deref().is_none_or(|one| one == region))
            .find(|planned| planned.verb == verb && (planned.nth == 0 || planned.nth == of_verb))
            .map(|planned| planned.fault)
    }

    /// The number of the next call, if it is one that waits.
    pub fn gate(&mut self, verb: &'static str) -> Option<usize> {
        let next = self.calls.len() + 1;
        let waits = self.gates.remove(&next);
        waits.then(|| self.waiting.insert(next, verb));
        waits.then_some(next)
    }

    /// How often a call lets others go first: any number up to five, by the seed (xorshift).
    pub fn turns(&mut self) -> u64 {
        if self.seed == 0 {
            return 0;
        }
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % 6
    }

    pub fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}-{}", self.made)
    }

    fn after(&mut self, minutes: i64, group: &str, happening: Happening) {
        let at = self
            .now
            .checked_add(SignedDuration::from_mins(minutes))
            .expect("a near time");
        self.coming.push((at, group.to_owned(), happening));
        self.coming.sort_by_key(|(at, ..)| *at);
    }

    /// Moves time on, and lets happen what was to come until then.
    pub fn pass(&mut self, to: Timestamp) {
        while self.coming.first().is_some_and(|(at, ..)| *at <= to) {
            let (at, group, happening) = self.coming.remove(0);
            self.now = at;
            self.happen(&group, happening);
        }
        self.now = self.now.max(to);
    }

    fn happen(&mut self, name: &str, happening: Happening) {
        let (now, ending) = (self.now, self.ending);
        if matches!(happening, Happening::Deleted) && ending == Ending::Well {
            self.groups.remove(name);
        }
        let Some(group) = self.groups.get_mut(name) else {
            return;
        };
        match happening {
            Happening::Deleted => {
                group.shown.status = "DELETE_FAILED".to_owned();
                group.shown.health.push(issue());
            }
            Happening::Created => {
                let failed = self.ending != Ending::Well;
                group.shown.status = if failed { "CREATE_FAILED" } else { "ACTIVE" }.to_owned();
                group.shown.health.extend(failed.then(issue));
            }
            Happening::NodeStarts(number, version) => group.nodes.push(Instance {
                id: format!("i-{number}"),
                instance_type: "m5.large".to_owned(),
                image_id: AMI.to_owned(),
                zone: "us-east-1a".to_owned(),
                state: "pending".to_owned(),
                launched_at: Some(now),
                template_version: Some(version.to_string()),
            }),
            Happening::NodeRuns(number) => set_state(group, &format!("i-{number}"), "running"),
            Happening::OldNodeGone => {
                if let Some(node) = group.nodes.iter_mut().find(|node| node.state == "running") {
                    node.state = "terminated".to_owned();
                }
            }
            Happening::NodeGone(number) => set_state(group, &format!("i-{number}"), "terminated"),
            Happening::Ends(ending) => end(group, ending, now),
            Happening::Configured(change) => {
                configure(&mut group.shown, &change);
                group.shown.modified_at = Some(now);
                end(group, Ending::Well, now);
            }
        }
    }

    /// A group that is being created: two nodes, ACTIVE after five minutes.
    pub fn begin_creation(&mut self, name: &str) {
        for number in [1, 2] {
            self.after(1, name, Happening::NodeStarts(number, 1));
            self.after(2, name, Happening::NodeRuns(number));
        }
        self.after(5, name, Happening::Created);
    }

    /// A roll: a new node, an old one gone, twice, in twelve minutes.
    pub fn begin_roll(&mut self, name: &str) {
        let ending = self.ending;
        let first = 100 + self.made;
        let updates = self.groups.get(name).map_or(0, |group| group.updates.len());
        let (old, new) = (updates, updates + 1);
        self.after(1, name, Happening::NodeStarts(first, new));
        self.after(2, name, Happening::NodeRuns(first));
        match ending {
            Ending::Never => return,
            Ending::Well | Ending::Moved => {
                self.after(4, name, Happening::OldNodeGone);
                self.after(5, name, Happening::NodeStarts(first + 1, new));
                self.after(6, name, Happening::NodeRuns(first + 1));
                self.after(8, name, Happening::OldNodeGone);
            }
            Ending::PutBack => {
                self.after(4, name, Happening::OldNodeGone);
                self.after(8, name, Happening::NodeStarts(first + 1, old));
                self.after(9, name, Happening::NodeRuns(first + 1));
                self.after(10, name, Happening::NodeGone(first));
            }
            Ending::Clean | Ending::Dirty => {}
        }
        self.after(12, name, Happening::Ends(ending));
    }

    pub fn begin_end(&mut self, name: &str) {
        self.after(6, name, Happening::Deleted);
    }

    pub fn begin_config(&mut self, change: &ConfigUpdate) {
        self.after(
            1,
            &change.group,
            Happening::Configured(Box::new(change.clone())),
        );
    }
}

fn set_state(group: &mut Group, id: &str, state: &str) {
    for node in group.nodes.iter_mut().filter(|node| node.id == id) {
        node.state = state.to_owned();
    }
}

pub fn issue() -> HealthIssue {
    HealthIssue {
        code: "NodeCreationFailure".to_owned(),
        message: "Instances failed to join the kubernetes cluster".to_owned(),
        resource_ids: vec!["i-1".to_owned()],
    }
}

/// The update under way ends.
fn end(group: &mut Group, ending: Ending, now: Timestamp) {
    let Some(update) = group.updates.last_mut() else {
        return;
    };
    group.shown.status = "ACTIVE".to_owned();
    group.shown.modified_at = Some(now);
    if ending != Ending::Well {
        update.status = "Failed".to_owned();
        update.errors.push(issue());
    } else {
        update.status = "Successful".to_owned();
    }
    if ending == Ending::Clean {
        for node in group
            .nodes
            .iter_mut()
            .filter(|node| node.launched_at >= update.created_at)
        {
            node.state = "terminated".to_owned();
        }
    }
    if matches!(ending, Ending::Well | Ending::Moved) {
        if let (Some(version), Some(template)) = (
            update.params.get("LaunchTemplateVersion"),
            &mut group.shown.launch_template,
        ) {
            template.version = Some(version.clone());
        }
        if let Some(release) = update.params.get("ReleaseVersion") {
            group.shown.release_version = Some(release.clone());
        }
    }
}

fn configure(group: &mut ObservedGroup, change: &ConfigUpdate) {
    group.labels.extend(change.labels_set.clone());
    group
        .labels
        .retain(|key, _| !change.labels_removed.contains(key));
    group
        .taints
        .retain(|taint| !change.taints_removed.contains(taint));
    group.taints.extend(change.taints_set.clone());
    if let (Some((min, max)), Some(scaling)) = (change.bounds, &mut group.scaling) {
        (scaling.min, scaling.max) = (min, max);
        scaling.desired = change.desired.unwrap_or(scaling.desired);
    }
    if let Some(update) = &change.update {
        group.update_settings = Some(update.clone());
    }
}
