//! Waiting for EKS: a creation until ACTIVE, an update until it ends, a deletion until the group is gone.
//!
//! EKS has no waiter for updates of node groups, and a group that is ACTIVE again has not thereby
//! succeeded: a failed update ends so too. So the update's own status is followed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nodemint_core::observed::{ObservedGroup, ObservedUpdate};

use super::groups::{conflict, creation_of, deletion_of, update_of};
use super::progress::Progress;
use super::{ApplyError, Session, StepEnd};
use crate::events::{EventKind, Group};
use crate::observe::read_group;
use crate::ports::{Cloud, CloudError, ErrorKind};

/// The type of an update that replaces no node (EKS `Update.type`).
const CONFIG_UPDATE: &str = "ConfigUpdate";
/// A configuration update replaces no node. That it ends within a minute is our assumption, this its limit.
pub(super) const CONFIG_LIMIT: Duration = Duration::from_secs(15 * 60);
/// An update that somebody else began: its size is unknown, and EKS gives each node up to 15 minutes to
/// drain.
pub(super) const ATTACH_LIMIT: Duration = Duration::from_secs(4 * 60 * 60);
/// A node has 15 minutes to join before EKS gives up, and the group some more to settle.
const CREATION_LIMIT: Duration = Duration::from_secs(30 * 60);
/// EKS gives each node 5 minutes to drain, and users report that all of them drain at once; volumes and network
/// interfaces that come off slowly are the rest.
const DELETION_LIMIT: Duration = Duration::from_secs(60 * 60);
/// The longest silence. Whoever watches a log should know that it is alive.
const SILENCE: SignedDuration = SignedDuration::from_mins(5);
/// Reads that may fail in a row before the wait is given up: with the pause between them, about the
/// time that a short outage takes.
const FAILED_READS: u32 = 8;

/// How long to follow a roll: twice its high estimate. The update goes on in AWS after that; only the
/// waiting ends.
pub(super) fn limit(minutes_high: i32) -> Duration {
    Duration::from_secs(60 * u64::try_from(minutes_high.max(15)).unwrap_or(15) * 2)
}

/// One wait: what it reads, tells and gives up on.
struct Wait<'a> {
    cloud: &'a dyn Cloud,
    group: &'a Group,
    session: &'a Session<'a>,
    started: Timestamp,
    limit: Duration,
    progress: Option<Progress>,
    spoken: Timestamp,
    failed_reads: u32,
    nodes: Nodes,
}

/// What the last look at the nodes showed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nodes {
    NotLookedAt,
    Seen,
    /// They may not be listed.
    Hidden,
}

/// What a look found.
enum Look {
    Ended(StepEnd),
    Goes(String),
}

/// An update that is followed.
#[derive(Clone, Copy)]
pub(super) struct Waited<'a> {
    pub id: &'a str,
    /// The launch-template version that the group ran before it.
    pub from: Option<&'a str>,
    pub limit: Duration,
}

pub(super) async fn creation(
    cloud: &dyn Cloud,
    group: &Group,
    session: &Session<'_>,
) -> Result<StepEnd, ApplyError> {
    let progress = Progress::creation(session.clock.now());
    let mut wait = Wait::new(cloud, group, session, CREATION_LIMIT, Some(progress));
    loop {
        match wait.look_at_creation().await {
            Ok(Look::Ended(end)) => return Ok(end),
            Ok(Look::Goes(status)) => wait.speak(status),
            Err(error) => wait.tolerate(error, "the creation")?,
        }
        if !wait.pause().await {
            return Ok(StepEnd::Running(creation_of(group)));
        }
    }
}

pub(super) async fn update(
    cloud: &dyn Cloud,
    group: &Group,
    waited: Waited<'_>,
    session: &Session<'_>,
) -> Result<StepEnd, ApplyError> {
    let mut wait = Wait::new(cloud, group, session, waited.limit, None);
    loop {
        match wait.look_at_update(waited.id, waited.from).await {
            Ok(Look::Ended(end)) => return Ok(end),
            Ok(Look::Goes(status)) => wait.speak(status),
            Err(error) => wait.tolerate(error, "the update")?,
        }
        if !wait.pause().await {
            return Ok(StepEnd::Running(update_of(group, waited.id)));
        }
    }
}

pub(super) async fn deletion(
    cloud: &dyn Cloud,
    group: &Group,
    session: &Session<'_>,
) -> Result<StepEnd, ApplyError> {
    let mut wait = Wait::new(cloud, group, session, DELETION_LIMIT, None);
    loop {
        match wait.look_at_deletion().await {
            Ok(Look::Ended(end)) => return Ok(end),
            Ok(Look::Goes(status)) => wait.speak(status),
            Err(error) => wait.tolerate(error, "the deletion")?,
        }
        if !wait.pause().await {
            return Ok(StepEnd::Running(deletion_of(group)));
        }
    }
}

impl<'a> Wait<'a> {
    fn new(
        cloud: &'a dyn Cloud,
        group: &'a Group,
        session: &'a Session<'a>,
        limit: Duration,
        progress: Option<Progress>,
    ) -> Self {
        let started = session.clock.now();
        Self {
            cloud,
            group,
            session,
            started,
            limit,
            progress,
            spoken: started,
            failed_reads: 0,
            nodes: Nodes::NotLookedAt,
        }
    }

    async fn look_at_creation(&mut self) -> Result<Look, ApplyError> {
        let Some(have) = self
            .cloud
            .node_group(&self.group.cluster, &self.group.name)
            .await?
        else {
            return Err(conflict(self.group, "it was deleted meanwhile".to_owned()));
        };
        self.failed_reads = 0;
        // After the status, so that the nodes of a group that is ACTIVE are all told.
        self.look_at_nodes().await;
        match have.status.as_str() {
            "ACTIVE" | "DEGRADED" | "UPDATING" => {
                self.active(&have);
                Ok(Look::Ended(StepEnd::Done))
            }
            "CREATING" => Ok(Look::Goes(have.status)),
            _ => Err(self.failed(have)),
        }
    }

    async fn look_at_deletion(&mut self) -> Result<Look, ApplyError> {
        let (cluster, name) = (&self.group.cluster, &self.group.name);
        let have = self.cloud.node_group(cluster, name).await?;
        self.failed_reads = 0;
        match have {
            None => {
                let (group, seconds) = (self.group.clone(), self.waited());
                self.session
                    .emit(EventKind::GroupDeleted { group, seconds });
                Ok(Look::Ended(StepEnd::Done))
            }
            Some(have) if have.status == "DELETE_FAILED" => Err(self.failed(have)),
            // A read may be older than the deletion.
            Some(have) => Ok(Look::Goes(have.status)),
        }
    }

    async fn look_at_update(&mut self, id: &str, from: Option<&str>) -> Result<Look, ApplyError> {
        let update = self
            .cloud
            .update(&self.group.cluster, &self.group.name, id)
            .await?;
        if update.kind != CONFIG_UPDATE && self.nodes == Nodes::NotLookedAt {
            let since = update.created_at.unwrap_or(self.started);
            self.progress.get_or_insert_with(|| Progress::roll(since));
        }
        self.look_at_nodes().await;
        let look = match update.status.as_str() {
            "InProgress" => Look::Goes(update.status),
            "Successful" => self.settled().await?,
            _ => return Err(self.after_failure(update, from).await),
        };
        self.failed_reads = 0;
        Ok(look)
    }

    /// The update is done; the group may show UPDATING a moment longer.
    async fn settled(&mut self) -> Result<Look, ApplyError> {
        let Some(have) = self
            .cloud
            .node_group(&self.group.cluster, &self.group.name)
            .await?
        else {
            return Err(conflict(self.group, "it was deleted meanwhile".to_owned()));
        };
        match have.status.as_str() {
            "UPDATING" => Ok(Look::Goes(have.status)),
            "ACTIVE" | "DEGRADED" => {
                self.active(&have);
                Ok(Look::Ended(StepEnd::Done))
            }
            _ => Err(self.failed(have)),
        }
    }

    /// What a failed update leaves behind is not documented, so it is looked at: the group's version and
    /// release, and whether instances of the new version are alive. The group is only called rolled back
    /// if all of that could be seen.
    async fn after_failure(&mut self, update: ObservedUpdate, from: Option<&str>) -> ApplyError {
        let (cluster, group) = (self.group.cluster.clone(), self.group.name.clone());
        self.session.emit(EventKind::UpdateFailed {
            group: self.group.clone(),
            update: update.id.clone(),
            errors: update.errors.clone(),
        });
        let have = read_group(self.cloud, &cluster, &group)
            .await
            .ok()
            .flatten();
        let no_new_nodes = self.nodes == Nodes::Seen
            && self
                .progress
                .as_ref()
                .is_some_and(|progress| progress.new_alive() == 0);
        match have.and_then(|have| as_before(&have, &update, from)) {
            Some(version) if no_new_nodes => ApplyError::RolledBack {
                cluster,
                group,
                update: update.id,
                version,
                errors: update.errors,
            },
            _ => ApplyError::NotRolledBack {
                cluster,
                group,
                update: update.id,
                status: update.status,
                errors: update.errors,
            },
        }
    }

    /// Tells what the nodes did. That they may not be listed is told once, and the wait goes on without.
    async fn look_at_nodes(&mut self) {
        let Some(progress) = &mut self.progress else {
            return;
        };
        match self
            .cloud
            .group_instances(&self.group.cluster, &self.group.name)
            .await
        {
            Ok(instances) => {
                self.nodes = Nodes::Seen;
                for event in progress.look(self.group, &instances) {
                    self.spoken = self.session.clock.now();
                    self.session.emit(event);
                }
            }
            Err(error) if error.kind == ErrorKind::AccessDenied => {
                self.nodes = Nodes::Hidden;
                self.progress = None;
                let reason = error.to_string();
                self.session.emit(EventKind::NodesUnseen {
                    group: self.group.clone(),
                    reason,
                });
            }
            // The next look will tell.
            Err(_) => self.nodes = Nodes::NotLookedAt,
        }
    }

    fn active(&self, have: &ObservedGroup) {
        let version = have
            .launch_template
            .as_ref()
            .and_then(|template| template.number());
        self.session.emit(EventKind::GroupActive {
            group: self.group.clone(),
            version,
            seconds: self.waited(),
        });
    }

    /// Seconds.
    fn waited(&self) -> i64 {
        let now = self.session.clock.now();
        now.duration_since(self.started).as_secs()
    }

    fn failed(&self, have: ObservedGroup) -> ApplyError {
        ApplyError::GroupFailed {
            cluster: self.group.cluster.clone(),
            group: self.group.name.clone(),
            status: have.status,
            errors: have.health,
        }
    }

    fn speak(&mut self, status: String) {
        let now = self.session.clock.now();
        if now.duration_since(self.spoken) >= SILENCE {
            self.spoken = now;
            let minutes = now.duration_since(self.started).as_secs() / 60;
            self.session.emit(EventKind::StillWaiting {
                group: self.group.clone(),
                status,
                minutes,
            });
        }
    }

    /// A read that failed for a passing reason is tried again; the update goes on in AWS all the while.
    fn tolerate(&mut self, error: ApplyError, what: &str) -> Result<(), ApplyError> {
        let ApplyError::Cloud(mut cloud) = error else {
            return Err(error);
        };
        self.failed_reads += 1;
        if !passing(&cloud) || self.failed_reads > FAILED_READS {
            let (cluster, group) = (&self.group.cluster, &self.group.name);
            cloud.message.push_str(&format!(
                " ({what} of node group {cluster}/{group} goes on in AWS; the same command follows it again)"
            ));
            return Err(cloud.into());
        }
        self.session.emit(EventKind::ReadFailed {
            group: self.group.clone(),
            reason: cloud.to_string(),
            again_in_seconds: self.session.options.poll.as_secs(),
        });
        Ok(())
    }

    /// Sleeps until the next look. False: the person wants out, or the wait took too long.
    async fn pause(&self) -> bool {
        let waited = self.session.clock.now().duration_since(self.started);
        if waited >= SignedDuration::try_from(self.limit).unwrap_or(SignedDuration::MAX) {
            return false;
        }
        let mut stop = self.session.stop.clone();
        if *stop.borrow() {
            return false;
        }
        tokio::select! {
            () = self.session.clock.sleep(self.session.options.poll) => true,
            changed = stop.changed() => match changed {
                Ok(()) => !*stop.borrow(),
                // Nobody can ask to stop any more: sleep on.
                Err(_) => { self.session.clock.sleep(self.session.options.poll).await; true }
            },
        }
    }
}

/// The version of a group that an update has not changed; none: it runs another one, or what the update
/// was to bring.
fn as_before(have: &ObservedGroup, update: &ObservedUpdate, from: Option<&str>) -> Option<String> {
    let version = have.launch_template.as_ref()?.version.clone()?;
    let was_to_be = |key: &str| update.params.get(key);
    let new_version = was_to_be("LaunchTemplateVersion").is_none_or(|wanted| *wanted == version);
    let new_release = was_to_be("ReleaseVersion")
        .is_none_or(|wanted| Some(wanted) == have.release_version.as_ref());
    (Some(version.as_str()) == from && !(new_version && new_release)).then_some(version)
}

fn passing(error: &CloudError) -> bool {
    match error.kind {
        ErrorKind::Throttled | ErrorKind::Network | ErrorKind::Server | ErrorKind::Unexpected => {
            true
        }
        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::InUse
        | ErrorKind::TokenMismatch
        | ErrorKind::Invalid
        | ErrorKind::AccessDenied
        | ErrorKind::Credentials
        | ErrorKind::Limit => false,
    }
}
