//! A model of AWS that takes a plan's steps, and is strict about them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nodemint_core::observed::{
    GroupTemplate, Observed, ObservedGroup, ObservedTemplate, ObservedVersion,
};
use nodemint_core::plan::{ConfigChange, NewGroup, NewTemplateVersion, Op, Plan, Roll, VersionRef};
use nodemint_core::site::Site;
use nodemint_core::spec::{CapacityType, Taint, UpdateSettings};

use crate::support::at;

/// What AWS is like after every step of a plan, all of it done by `minute`.
pub fn perform(plan: &Plan, before: &Observed, minute: i64) -> Observed {
    let mut model = Model {
        observed: before.clone(),
        minted: BTreeMap::new(),
        now: at(minute),
    };
    for step in &plan.steps {
        match &step.op {
            Op::CreateLaunchTemplate(content) => {
                let templates = model.observed.templates.entry(step.site.clone());
                let before = templates.or_default().insert(
                    content.name.clone(),
                    ObservedTemplate {
                        id: format!("lt-{}", content.name),
                        name: content.name.clone(),
                        default_version: 1,
                        latest_version: 0,
                        tags: content.tags.clone(),
                        versions: Vec::new(),
                    },
                );
                assert_eq!(before, None, "the name is free");
                model.mint(&step.site, &step.id, content);
            }
            Op::CreateLaunchTemplateVersion(content) => model.mint(&step.site, &step.id, content),
            Op::CreateNodeGroup(new) => model.create(new),
            Op::UpdateNodeGroupVersion(roll) => model.roll(roll),
            Op::UpdateNodeGroupConfig(change) => model.configure(change),
            Op::TagNodeGroup(change) => {
                let tags = &mut model.group(&change.cluster, &change.group).tags;
                tags.extend(change.set.clone());
            }
            Op::TagLaunchTemplate(change) => {
                let templates = model.observed.templates.get_mut(&step.site);
                let template = templates.and_then(|some| some.get_mut(&change.name));
                let template = template.expect("a template");
                assert_eq!(template.id, change.template_id);
                template.tags.extend(change.set.clone());
            }
            Op::AwaitNodeGroup(wait) => model.end(&wait.cluster, &wait.group),
            Op::DeleteNodeGroup(deletion) => {
                let groups = model.observed.groups.get_mut(&deletion.cluster);
                let gone = groups.and_then(|groups| groups.remove(&deletion.group));
                assert_eq!(gone.map(|gone| gone.arn), Some(deletion.arn.clone()));
            }
        }
    }
    model.observed
}

struct Model {
    observed: Observed,
    minted: BTreeMap<String, i64>,
    now: Timestamp,
}

impl Model {
    fn group(&mut self, cluster: &str, name: &str) -> &mut ObservedGroup {
        self.observed
            .groups
            .get_mut(cluster)
            .and_then(|groups| groups.get_mut(name))
            .expect("a group")
    }

    fn mint(&mut self, site: &Site, step: &str, content: &NewTemplateVersion) {
        let templates = self.observed.templates.get_mut(site).expect("a region");
        let template = templates.get_mut(&content.name).expect("a template");
        template.latest_version += 1;
        template.versions.insert(
            0,
            ObservedVersion {
                number: template.latest_version,
                description: Some(content.description.clone()),
                created_at: Some(self.now),
                created_by: None,
                data: content.data.clone(),
                unread: false,
            },
        );
        self.minted.insert(step.to_owned(), template.latest_version);
    }

    fn number(&self, reference: &VersionRef) -> i64 {
        match reference {
            VersionRef::Known { version, .. } => *version,
            VersionRef::From { step, .. } => self.minted[step],
        }
    }

    fn create(&mut self, new: &NewGroup) {
        let version = self.number(&new.version);
        let template = new.version.template_name();
        let group = ObservedGroup {
            name: new.group.clone(),
            cluster: new.cluster.clone(),
            arn: format!(
                "arn:aws:eks:us-east-1:111122223333:nodegroup/{}/{}/1",
                new.cluster, new.group
            ),
            status: "ACTIVE".to_owned(),
            version: Some("1.34".to_owned()),
            release_version: new.release_version.clone(),
            ami_type: Some(new.ami_type.clone().unwrap_or_else(|| "CUSTOM".to_owned())),
            launch_template: Some(GroupTemplate {
                id: Some(format!("lt-{template}")),
                name: Some(template.to_owned()),
                version: Some(version.to_string()),
            }),
            capacity_type: Some(match new.capacity_type {
                CapacityType::OnDemand => "ON_DEMAND".to_owned(),
                CapacityType::Spot => "SPOT".to_owned(),
                CapacityType::CapacityBlock => "CAPACITY_BLOCK".to_owned(),
            }),
            instance_types: new.instance_types.clone(),
            subnets: new.subnets.clone(),
            node_role: Some(new.node_role.clone()),
            labels: new.labels.clone(),
            taints: new.taints.clone(),
            scaling: Some(new.scaling),
            // EKS does not give `force` back: it belongs to an update.
            update_settings: Some(UpdateSettings {
                force: false,
                ..new.update.clone()
            }),
            tags: new.tags.clone(),
            health: Vec::new(),
            created_at: Some(self.now),
            modified_at: Some(self.now),
            last_update: None,
        };
        let groups = self.observed.groups.entry(new.cluster.clone()).or_default();
        assert_eq!(
            groups.insert(new.group.clone(), group),
            None,
            "the name is free"
        );
    }

    fn roll(&mut self, roll: &Roll) {
        let (version, now) = (self.number(&roll.version), self.now);
        let group = self.group(&roll.cluster, &roll.group);
        assert_eq!(group.status, "ACTIVE", "EKS takes one update at a time");
        if let Some(template) = &mut group.launch_template {
            template.version = Some(version.to_string());
        }
        if let Some(version) = &roll.kubernetes_version {
            group.version = Some(version.clone());
        }
        if let Some(release) = &roll.release_version {
            group.release_version = Some(release.clone());
        }
        group.modified_at = Some(now);
    }

    fn configure(&mut self, change: &ConfigChange) {
        let now = self.now;
        let group = self.group(&change.cluster, &change.group);
        assert_eq!(group.status, "ACTIVE", "EKS takes one update at a time");
        assert_ne!(
            *change,
            ConfigChange {
                cluster: change.cluster.clone(),
                group: change.group.clone(),
                ..ConfigChange::default()
            },
            "an update that changes nothing"
        );
        group.labels.extend(change.labels_set.clone());
        group
            .labels
            .retain(|key, _| !change.labels_removed.contains(key));
        let same = |a: &Taint, b: &Taint| (&a.key, a.effect) == (&b.key, b.effect);
        group.taints.retain(|old| {
            let gone = change.taints_removed.iter().chain(&change.taints_set);
            !gone.into_iter().any(|other| same(old, other))
        });
        group.taints.extend(change.taints_set.clone());
        if let (Some((min, max)), Some(scaling)) = (change.bounds, &mut group.scaling) {
            (scaling.min, scaling.max) = (min, max);
            scaling.desired = change.desired.unwrap_or(scaling.desired);
            assert!(
                (min..=max).contains(&scaling.desired),
                "desired is in its bounds"
            );
        }
        if let Some(update) = &change.update {
            group.update_settings = Some(UpdateSettings {
                force: false,
                ..update.clone()
            });
        }
        group.modified_at = Some(now);
    }

    /// What is under way ends well.
    fn end(&mut self, cluster: &str, name: &str) {
        let group = self.group(cluster, name);
        group.status = "ACTIVE".to_owned();
        let Some(update) = group.last_update.take() else {
            return;
        };
        if let (Some(version), Some(template)) = (
            update.params.get("LaunchTemplateVersion"),
            &mut group.launch_template,
        ) {
            template.version = Some(version.clone());
        }
        if let Some(release) = update.params.get("ReleaseVersion") {
            group.release_version = Some(release.clone());
        }
    }
}
