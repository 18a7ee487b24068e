//! The steps that touch node groups: create, roll, attach.
//!
//! Each looks at the group right before it writes, and again when a write's answer is unclear: what is
//! done is not done twice, and what is under way is followed. How far a step is, core decides
//! ([`Standing`]).

use nodemint_core::observed::ObservedGroup;
use nodemint_core::plan::{Await, NewGroup, Roll, Standing, Step, VersionRef, created, rolled};
use nodemint_core::site::Site;
use serde::Serialize;

use super::mint::token;
use super::wait::{self, Waited};
use super::{ApplyError, Run, Session, StepEnd};
use crate::events::{EventKind, Group, UpdateKind};
use crate::observe::read_group;
use crate::ports::{Cloud, CloudError, Effect, ErrorKind, NewNodeGroup, VersionUpdate};

/// How often an update is sent that EKS refuses for another one which nobody sees.
const TRIES: u32 = 3;

/// A launch template and a version of it, both known.
struct Target {
    template_id: String,
    version: i64,
}

/// Where the steps about groups work.
pub(super) struct Place<'a> {
    pub cloud: &'a dyn Cloud,
    pub step: &'a Step,
    pub session: &'a Session<'a>,
}

impl Place<'_> {
    pub(super) async fn look(&self, group: &Group) -> Result<Option<ObservedGroup>, ApplyError> {
        Ok(read_group(self.cloud, &group.cluster, &group.name).await?)
    }

    /// Looks again after a write that may have had an effect, or that met another one. If nobody can
    /// look, the write's own error is what counts.
    pub(super) async fn look_again(
        &self,
        group: &Group,
        error: &CloudError,
    ) -> Option<Option<ObservedGroup>> {
        let unclear = error.effect == Effect::Maybe
            || matches!(error.kind, ErrorKind::AlreadyExists | ErrorKind::InUse);
        match unclear {
            true => self.look(group).await.ok(),
            false => None,
        }
    }

    pub(super) fn attached(&self, group: &Group, update: Option<&String>) {
        self.session.emit(EventKind::Attached {
            group: group.clone(),
            update: update.cloned(),
        });
    }

    /// The group is where the step wants it, and this run did nothing for it.
    fn there(&self, group: &Group, version: i64) -> StepEnd {
        let (group, version) = (group.clone(), Some(version));
        self.session.emit(EventKind::GroupActive {
            group,
            version,
            seconds: 0,
        });
        StepEnd::Done
    }

    async fn follow_creation(&self, group: &Group) -> Result<StepEnd, ApplyError> {
        match self.session.options.wait {
            true => wait::creation(self.cloud, group, self.session).await,
            false => Ok(StepEnd::Running(creation_of(group))),
        }
    }

    pub(super) async fn follow_update(
        &self,
        group: &Group,
        waited: Waited<'_>,
    ) -> Result<StepEnd, ApplyError> {
        match self.session.options.wait {
            true => wait::update(self.cloud, group, waited, self.session).await,
            false => Ok(StepEnd::Running(update_of(group, waited.id))),
        }
    }
}

impl Run {
    fn target(&self, reference: &VersionRef, site: &Site) -> Result<Target, ApplyError> {
        match reference {
            VersionRef::Known {
                template_id,
                version,
                ..
            } => Ok(Target {
                template_id: template_id.clone(),
                version: *version,
            }),
            VersionRef::From { step, template } => match self.minted.get(step) {
                Some(minted) => Ok(Target {
                    template_id: minted.template_id.clone(),
                    version: minted.version.number,
                }),
                None => Err(ApplyError::Template {
                    site: site.clone(),
                    template: template.clone(),
                    what: format!("the plan has no step `{step}` before the one that needs it"),
                }),
            },
        }
    }

    /// A client token for a change of a group. The plan's time and base are in it, because a token that
    /// EKS has seen is answered with what it did then: a group that was deleted and is wanted again, an
    /// update that failed and is tried again, A → B → A → B would all come to nothing.
    pub(super) fn group_token(&self, step: &Step, version: i64, what: &impl Serialize) -> String {
        // Plain structs with string keys always serialise.
        let content = serde_json::to_string(what).unwrap_or_default();
        let created = self.created.to_string();
        token(&[
            self.account(step),
            &step.site.to_string(),
            &created,
            &self.base_digest,
            &step.id,
            &version.to_string(),
            &content,
        ])
    }

    pub(super) async fn create_group(
        &self,
        place: &Place<'_>,
        new: &NewGroup,
    ) -> Result<StepEnd, ApplyError> {
        let target = self.target(&new.version, &place.step.site)?;
        let group = Group {
            cluster: new.cluster.clone(),
            name: new.group.clone(),
        };
        let mut standing = created(new, target.version, place.look(&group).await?.as_ref());
        if standing == Standing::Todo(()) {
            let request = self.new_group(place.step, new, &target);
            match place.cloud.create_node_group(&request).await {
                Ok(()) => {
                    let (version, nodes) = (target.version, new.scaling.desired);
                    place.session.emit(EventKind::GroupCreating {
                        group: group.clone(),
                        version,
                        nodes,
                    });
                    return place.follow_creation(&group).await;
                }
                Err(error) => match place.look_again(&group, &error).await {
                    Some(have @ Some(_)) => standing = created(new, target.version, have.as_ref()),
                    _ => return Err(error.into()),
                },
            }
        }
        match standing {
            Standing::Done => Ok(place.there(&group, target.version)),
            Standing::Conflict(what) => Err(conflict(&group, what)),
            Standing::Todo(()) | Standing::UnderWay(_) => {
                place.attached(&group, None);
                place.follow_creation(&group).await
            }
        }
    }

    fn new_group(&self, step: &Step, new: &NewGroup, target: &Target) -> NewNodeGroup {
        NewNodeGroup {
            cluster: new.cluster.clone(),
            name: new.group.clone(),
            template_id: target.template_id.clone(),
            template_version: target.version,
            node_role: new.node_role.clone(),
            subnets: new.subnets.clone(),
            instance_types: new.instance_types.clone(),
            capacity_type: new.capacity_type,
            scaling: new.scaling,
            labels: new.labels.clone(),
            taints: new.taints.clone(),
            tags: new.tags.clone(),
            update: new.update.clone(),
            ami_type: new.ami_type.clone(),
            release_version: new.release_version.clone(),
            client_token: self.group_token(step, target.version, new),
        }
    }

    pub(super) async fn roll(&self, place: &Place<'_>, roll: &Roll) -> Result<StepEnd, ApplyError> {
        let target = self.target(&roll.version, &place.step.site)?;
        let group = Group {
            cluster: roll.cluster.clone(),
            name: roll.group.clone(),
        };
        let (begun, standing) = self.begin_roll(place, roll, &target, &group).await?;
        let id = match (begun, standing) {
            (Some(id), _) => id,
            (None, Standing::UnderWay(Some(id))) => {
                place.attached(&group, Some(&id));
                id
            }
            (None, Standing::Conflict(what)) => return Err(conflict(&group, what)),
            (None, Standing::Done | Standing::Todo(()) | Standing::UnderWay(None)) => {
                return Ok(place.there(&group, target.version));
            }
        };
        let from = roll.from_version.map(|version| version.to_string());
        let limit = wait::limit(roll.forecast.minutes_high);
        place
            .follow_update(
                &group,
                Waited {
                    id: &id,
                    from: from.as_deref(),
                    limit,
                },
            )
            .await
    }

    /// Starts the update that a roll needs, or finds how far the group is already. EKS may refuse an update
    /// because of one that it does not list yet: then the group is looked at again a little later.
    async fn begin_roll(
        &self,
        place: &Place<'_>,
        roll: &Roll,
        target: &Target,
        group: &Group,
    ) -> Result<(Option<String>, Standing<()>), ApplyError> {
        let request = self.version_update(place.step, roll, target);
        let mut tries = 0;
        loop {
            let standing = rolled(roll, target.version, place.look(group).await?.as_ref());
            if standing != Standing::Todo(()) {
                return Ok((None, standing));
            }
            tries += 1;
            let error = match place.cloud.update_node_group_version(&request).await {
                Ok(id) => {
                    started(place.session, group, &id, UpdateKind::Version);
                    return Ok((Some(id), standing));
                }
                Err(error) => error,
            };
            let Some(have) = place.look_again(group, &error).await else {
                return Err(error.into());
            };
            match rolled(roll, target.version, have.as_ref()) {
                Standing::Todo(()) if error.kind == ErrorKind::InUse && tries < TRIES => {
                    place.session.clock.sleep(place.session.options.poll).await;
                }
                Standing::Todo(()) => return Err(refused(group, error)),
                standing => return Ok((None, standing)),
            }
        }
    }

    fn version_update(&self, step: &Step, roll: &Roll, target: &Target) -> VersionUpdate {
        VersionUpdate {
            cluster: roll.cluster.clone(),
            group: roll.group.clone(),
            template_id: target.template_id.clone(),
            template_version: target.version,
            kubernetes_version: roll.kubernetes_version.clone(),
            release_version: roll.release_version.clone(),
            force: roll.force,
            client_token: self.group_token(step, target.version, roll),
        }
    }

    pub(super) async fn attach(
        &self,
        place: &Place<'_>,
        wait: &Await,
    ) -> Result<StepEnd, ApplyError> {
        let group = Group {
            cluster: wait.cluster.clone(),
            name: wait.group.clone(),
        };
        place.attached(&group, wait.update.as_ref());
        let Some(id) = &wait.update else {
            return place.follow_creation(&group).await;
        };
        if !place.session.options.wait {
            return Ok(StepEnd::Running(update_of(&group, id)));
        }
        let have = place
            .look(&group)
            .await?
            .ok_or_else(|| conflict(&group, "it was deleted meanwhile".to_owned()))?;
        let from = have.launch_template.and_then(|template| template.version);
        place
            .follow_update(
                &group,
                Waited {
                    id,
                    from: from.as_deref(),
                    limit: wait::ATTACH_LIMIT,
                },
            )
            .await
    }
}

pub(super) fn creation_of(group: &Group) -> String {
    format!("creation of node group {}/{}", group.cluster, group.name)
}

pub(super) fn deletion_of(group: &Group) -> String {
    format!("deletion of node group {}/{}", group.cluster, group.name)
}

pub(super) fn update_of(group: &Group, id: &str) -> String {
    format!("update {id} of node group {}/{}", group.cluster, group.name)
}

pub(super) fn started(session: &Session<'_>, group: &Group, update: &str, kind: UpdateKind) {
    session.emit(EventKind::UpdateStarted {
        group: group.clone(),
        update: update.to_owned(),
        kind,
    });
}

/// A write that EKS refused, or whose fate is unknown, and that left no trace in the group.
pub(super) fn refused(group: &Group, error: CloudError) -> ApplyError {
    match error.kind {
        ErrorKind::InUse => conflict(group, format!("EKS says that it is in use: {error}")),
        _ => error.into(),
    }
}

pub(super) fn conflict(group: &Group, what: String) -> ApplyError {
    ApplyError::Conflict {
        cluster: group.cluster.clone(),
        group: group.name.clone(),
        what,
    }
}
