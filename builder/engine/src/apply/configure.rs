//! The step that changes a node group's settings.

use nodemint_core::plan::{ConfigChange, Standing, Step, configured};

use super::groups::{Place, conflict, refused, started};
use super::wait::{self, Waited};
use super::{ApplyError, Run, StepEnd};
use crate::events::{Group, UpdateKind};
use crate::ports::ConfigUpdate;

/// What became of a request.
enum Sent {
    Taken(StepEnd),
    /// The group was met in another state than the one before it.
    Met(Standing<ConfigChange>),
}

impl Run {
    /// Changes what still differs. A change of settings that is under way is followed first: it may be
    /// this very one, from a run that was killed or that goes on beside this one.
    pub(super) async fn configure(
        &self,
        place: &Place<'_>,
        change: &ConfigChange,
    ) -> Result<StepEnd, ApplyError> {
        let group = Group {
            cluster: change.cluster.clone(),
            name: change.group.clone(),
        };
        let id = match self.try_to_configure(place, &group, change).await? {
            Sent::Met(Standing::UnderWay(Some(id))) => id,
            sent => return ended(&group, sent),
        };
        place.attached(&group, Some(&id));
        match place.follow_update(&group, waited(&id)).await? {
            StepEnd::Done => ended(&group, self.try_to_configure(place, &group, change).await?),
            other => Ok(other),
        }
    }

    async fn try_to_configure(
        &self,
        place: &Place<'_>,
        group: &Group,
        change: &ConfigChange,
    ) -> Result<Sent, ApplyError> {
        let rest = match configured(change, place.look(group).await?.as_ref()) {
            Standing::Todo(rest) => rest,
            other => return Ok(Sent::Met(other)),
        };
        match place
            .cloud
            .update_node_group_config(&self.config_update(place.step, &rest))
            .await
        {
            Ok(id) => {
                started(place.session, group, &id, UpdateKind::Config);
                Ok(Sent::Taken(place.follow_update(group, waited(&id)).await?))
            }
            Err(error) => {
                let Some(have) = place.look_again(group, &error).await else {
                    return Err(error.into());
                };
                match configured(change, have.as_ref()) {
                    Standing::Todo(_) => Err(refused(group, error)),
                    other => Ok(Sent::Met(other)),
                }
            }
        }
    }

    fn config_update(&self, step: &Step, change: &ConfigChange) -> ConfigUpdate {
        ConfigUpdate {
            cluster: change.cluster.clone(),
            group: change.group.clone(),
            labels_set: change.labels_set.clone(),
            labels_removed: change.labels_removed.clone(),
            taints_set: change.taints_set.clone(),
            taints_removed: change.taints_removed.clone(),
            bounds: change.bounds,
            desired: change.desired,
            update: change.update.clone(),
            client_token: self.group_token(step, 0, change),
        }
    }
}

fn waited(id: &str) -> Waited<'_> {
    Waited {
        id,
        from: None,
        limit: wait::CONFIG_LIMIT,
    }
}

fn ended(group: &Group, sent: Sent) -> Result<StepEnd, ApplyError> {
    match sent {
        Sent::Taken(end) => Ok(end),
        Sent::Met(Standing::Done) => Ok(StepEnd::Done),
        Sent::Met(Standing::Conflict(what)) => Err(conflict(group, what)),
        Sent::Met(Standing::UnderWay(_) | Standing::Todo(_)) => Err(conflict(
            group,
            "its settings are changed by others, again and again".to_owned(),
        )),
    }
}
