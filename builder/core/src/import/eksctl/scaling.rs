//! Name, node counts, update settings and tags of a group.

use super::draft::InstanceName;
use super::mapping::{Mapping, node_group, template};
use crate::spec::rules;

/// eksctl's node count where nothing is said (`DefaultNodeCount`).
const DEFAULT_COUNT: i64 = 2;
/// The longest name of a node group in EKS.
const LONGEST_NAME: usize = 63;
/// More nodes than any group has.
const MOST_NODES: i64 = 100_000;

impl Mapping<'_> {
    pub fn name(&mut self) {
        let given = self.group.text("name").unwrap_or_default().to_owned();
        if rules::node_group_name(&given).is_ok() {
            self.node_group.name = given;
            self.mapped("name", [node_group("name")]);
            return;
        }
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let name: String = given
            .chars()
            .map(|c| if fine(c) { c } else { '-' })
            .collect();
        let name = name.trim_start_matches(['-', '_']);
        let name: String = name.chars().take(LONGEST_NAME).collect();
        self.node_group.name = match name.is_empty() {
            true => "nodes".to_owned(),
            false => name,
        };
        let what = "EKS takes no such name: this one stands in for it";
        self.by_hand_group("name", "name", what);
    }

    /// As eksctl fills in what is not said (validation.go, `ValidateManagedNodeGroup`).
    pub fn scaling(&mut self) {
        let (desired, min, max) = (
            self.group.whole("desiredCapacity"),
            self.group.whole("minSize"),
            self.group.whole("maxSize"),
        );
        let first = min.or(desired).unwrap_or(DEFAULT_COUNT);
        let last = max.or(desired).unwrap_or(first);
        let wanted = desired.unwrap_or(first);
        // Counts that eksctl refuses are made to fit, and told.
        let max = last.clamp(1, MOST_NODES);
        let min = first.clamp(0, max);
        let counts = &mut self.node_group.scaling;
        (counts.min, counts.max, counts.desired) = (min, max, wanted.clamp(min, max));
        let counts = *counts;
        let rows = [
            ("minSize", "scaling.min", first, counts.min),
            ("maxSize", "scaling.max", last.max(1), counts.max),
            ("desiredCapacity", "scaling.desired", wanted, counts.desired),
        ];
        for (field, to, given, taken) in rows {
            match given == taken {
                true => self.mapped(field, [node_group(to)]),
                false => self.by_hand_group(
                    field,
                    "scaling",
                    "min, max and desired do not fit together: they were made to",
                ),
            }
        }
        self.update();
    }

    fn update(&mut self) {
        let rows = [
            ("updateConfig.maxUnavailable", "maxUnavailable"),
            (
                "updateConfig.maxUnavailablePercentage",
                "maxUnavailablePercentage",
            ),
        ];
        for (field, key) in rows {
            let Some(number) = self.group.whole(field) else {
                continue;
            };
            if !(1..=100).contains(&number) {
                self.by_hand_group(field, "update", "EKS takes 1 to 100");
            } else if self.node_group.max_unavailable.is_some() {
                self.by_hand_group(
                    field,
                    "update",
                    "EKS takes a number or a percentage: the number was kept",
                );
            } else {
                self.node_group.max_unavailable = Some((key, number));
                self.mapped(field, [node_group(&format!("update.{key}"))]);
            }
        }
    }

    /// eksctl puts a group's tags, and over them the cluster's that it does not have, on the group and on
    /// its instances.
    pub fn tags(&mut self) {
        let mut tags = self.config.tags.clone();
        tags.extend(self.group.map("tags"));
        let total = tags.len();
        let name = tags.get("Name").cloned();
        tags.retain(|key, value| rules::tag(key, value).is_ok() && key != "Name");
        let named = name.is_some();
        self.template.tags = match self.template.existing {
            Some(_) => Default::default(),
            None => tags.clone(),
        };
        self.node_group.tags = tags;
        let autoscaler = |key: &String| key.starts_with("k8s.io/cluster-autoscaler/");
        let scaled = self.node_group.tags.keys().any(autoscaler);
        let refused = total - self.node_group.tags.len() - usize::from(named);
        if refused > 0 {
            let what = "tags that begin with `aws:` or `nodemint:`, or are too long, are left out";
            self.by_hand("tags", what);
        }
        if scaled {
            self.by_hand_group(
                "tags",
                "tags",
                "tags of a managed group do not reach its Auto Scaling group: the cluster autoscaler finds it by EKS's own tags, and needs these no more",
            );
        }
        let mut to = vec![node_group("tags")];
        if self.template.existing.is_none() {
            to.push(template("tags"));
        }
        match named {
            true => self.noted("tags", to, "`Name` is on the instances alone"),
            false => self.mapped("tags", to),
        }
        if let Some(name) = name {
            self.template.instance_name = InstanceName::Given(name);
        }
    }
}
