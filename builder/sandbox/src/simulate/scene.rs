//! One node group and the world around it: what every step of a simulation works on.

use jiff::SignedDuration;

use crate::world::{
    AutoScalingGroup, Change, Event, FailureMoment, HealthIssue, NodeGroup, NodeGroupStep, Region,
    Roll, ScriptedFailure, Update, World,
};

pub(crate) struct Scene<'w> {
    pub world: &'w mut World,
    pub account: String,
    pub region_name: String,
    pub cluster: String,
    pub name: String,
}

impl<'w> Scene<'w> {
    pub fn new(
        world: &'w mut World,
        account: &str,
        region: &str,
        cluster: &str,
        name: &str,
    ) -> Self {
        Self {
            world,
            account: account.to_owned(),
            region_name: region.to_owned(),
            cluster: cluster.to_owned(),
            name: name.to_owned(),
        }
    }

    pub fn region(&mut self) -> &mut Region {
        self.world.region_mut(&self.account, &self.region_name)
    }

    pub fn group(&mut self) -> Option<&mut NodeGroup> {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        self.region().node_group_mut(&cluster, &name)
    }

    pub fn auto_scaling_group(&mut self) -> Option<&mut AutoScalingGroup> {
        let name = self.group()?.auto_scaling_group.clone()?;
        self.region().auto_scaling_groups.get_mut(&name)
    }

    /// The ids of the instances that count towards the group's size.
    pub fn members(&mut self) -> Option<Vec<String>> {
        let name = self.group()?.auto_scaling_group.clone()?;
        Some(
            self.region()
                .members(&name)
                .map(|instance| instance.id.clone())
                .collect(),
        )
    }

    /// The rolling update under way, if it is this one.
    pub fn roll(&mut self, update: &str) -> Option<&mut Roll> {
        match self.group()?.change.as_mut()? {
            Change::Roll(roll) if roll.update == update => Some(roll),
            Change::Roll(_) | Change::Create(_) | Change::Config(_) => None,
        }
    }

    pub fn update(&mut self, id: &str) -> Option<&mut Update> {
        self.group()?
            .updates
            .iter_mut()
            .find(|update| update.id == id)
    }

    /// Puts the group's next step on the agenda.
    pub fn next(&mut self, seconds: i64, step: NodeGroupStep) {
        let event = Event::NodeGroupStep {
            cluster: self.cluster.clone(),
            node_group: self.name.clone(),
            step,
        };
        let after = SignedDuration::from_secs(seconds);
        self.world
            .schedule(after, &self.account, &self.region_name, event);
    }

    /// The failure that the seed has for this group at such a moment, if any is left.
    pub fn scripted(&mut self, moment: FailureMoment) -> Option<&mut ScriptedFailure> {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        self.region().failures.iter_mut().find(|failure| {
            failure.on == moment
                && failure.times > 0
                && failure.cluster == cluster
                && failure.node_group == name
        })
    }

    /// Uses a scripted failure up, and tells it as EKS does.
    pub fn strike(
        &mut self,
        moment: FailureMoment,
        default_message: &str,
        resource_ids: Vec<String>,
    ) -> Option<HealthIssue> {
        let failure = self.scripted(moment)?;
        failure.times -= 1;
        Some(HealthIssue {
            code: failure.code.clone(),
            message: failure
                .message
                .clone()
                .unwrap_or_else(|| default_message.to_owned()),
            resource_ids,
        })
    }
}
