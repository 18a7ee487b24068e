//! Apply: carries a plan out, step by step, and tells what happened.
//!
//! Nothing is decided here. Every step can be repeated: a version is looked for before it is minted, an
//! update that is under way already is followed instead of started again. So a run that was killed
//! anywhere is finished by running the same command again.

mod configure;
mod delete;
mod error;
mod groups;
mod mint;
mod progress;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use nodemint_core::plan::{Home, NewTemplateVersion, Op, Plan, Step, carried_out, moved_by_others};
use nodemint_core::site::Access;
use tokio::sync::watch;

pub use error::ApplyError;
pub use progress::Progress;

use crate::clock::Clock;
use crate::events::{Event, EventKind, Events, Group, SCHEMA};
use crate::observe::observe;
use crate::ports::{Cloud, Clouds, Minted};

/// How to apply.
#[derive(Clone, Debug)]
pub struct Options {
    /// Wait for creations and updates to end.
    pub wait: bool,
    /// Between two looks at an update. EKS publishes no limits; 15 s is what its own waiters keep to.
    pub poll: Duration,
    /// Read AWS again and refuse the plan if something moved since it was made, other than by the plan
    /// itself.
    pub check_base: bool,
}

/// How a run ended, other than by an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// All that the plan is for was so already: it was carried out before.
    DoneBefore,
    /// What was started goes on in AWS; the same command attaches to it, and does what is left.
    StillRunning {
        waiting_for: Vec<String>,
        interrupted: bool,
    },
}

/// What a run works with.
pub struct Session<'a> {
    pub clouds: &'a dyn Clouds,
    pub clock: &'a dyn Clock,
    pub events: &'a dyn Events,
    /// Becomes true when the person at the terminal wants out.
    pub stop: watch::Receiver<bool>,
    pub options: Options,
}

impl Session<'_> {
    fn emit(&self, kind: EventKind) {
        self.events.emit(Event {
            schema: SCHEMA,
            at: self.clock.now(),
            kind,
        });
    }

    fn stopping(&self) -> bool {
        *self.stop.borrow()
    }
}

/// What a step leaves behind.
enum StepEnd {
    Minted(Box<Minted>),
    Done,
    /// Not waited for, or not to the end.
    Running(String),
}

/// Carries `plan` out.
pub async fn apply(plan: &Plan, session: &Session<'_>) -> Result<Outcome, ApplyError> {
    if !plan.blockers.is_empty() {
        return Err(ApplyError::Blocked);
    }
    if session.options.check_base && check_base(plan, session).await? {
        return Ok(Outcome::DoneBefore);
    }
    let mut run = Run::new(plan);
    let mut running = Vec::new();
    // Groups that are busy with a step that is not waited for: EKS takes one change at a time.
    let mut busy: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if session.stopping() {
            return Ok(Outcome::StillRunning {
                waiting_for: running,
                interrupted: true,
            });
        }
        if step.op.group().is_some_and(|group| busy.contains(&group)) {
            continue;
        }
        session.emit(EventKind::StepStarted {
            step: step.id.clone(),
            number: index + 1,
            of: plan.steps.len(),
        });
        match run.step(step, session).await? {
            StepEnd::Minted(minted) => run.remember(step, *minted),
            StepEnd::Done => {}
            StepEnd::Running(what) => {
                running.push(what);
                // A wait that was cut short, by a person or by its limit: nothing new is begun.
                if session.options.wait {
                    let interrupted = session.stopping();
                    return Ok(Outcome::StillRunning {
                        waiting_for: running,
                        interrupted,
                    });
                }
                busy.extend(step.op.group());
            }
        }
    }
    Ok(match running.is_empty() {
        true => Outcome::Done,
        false => Outcome::StillRunning {
            waiting_for: running,
            interrupted: session.stopping(),
        },
    })
}

/// Refuses a plan whose base was moved by others, or that was made for another account. Credentials that
/// either side does not know are no match, nor are those of a step that the plan's scope leaves out. Of a plan
/// that holds, tells whether all of it was done before.
async fn check_base(plan: &Plan, session: &Session<'_>) -> Result<bool, ApplyError> {
    let observed = observe(&plan.base.scope, session.clouds).await?;
    let of_steps = plan.steps.iter().map(|step| &step.site.access);
    let known = plan.accounts.keys().chain(observed.accounts.keys());
    for access in known.chain(of_steps).collect::<BTreeSet<_>>() {
        let planned = plan.accounts.get(access).cloned();
        let now = observed.accounts.get(access).cloned();
        if planned.is_none() || planned != now {
            return Err(ApplyError::OtherAccount {
                access: access.clone(),
                planned,
                now,
            });
        }
    }
    let moved = moved_by_others(plan, &observed);
    match moved.is_empty() {
        true => Ok(carried_out(plan, &observed)),
        false => Err(ApplyError::Stale { moved }),
    }
}

/// What is known so far in one run.
struct Run {
    base_digest: String,
    created: Timestamp,
    accounts: BTreeMap<Access, String>,
    /// by the id of the step that minted it
    minted: BTreeMap<String, Minted>,
    /// place and launch-template name → id, of the templates that this run made or found
    templates: BTreeMap<(Home, String), String>,
}

impl Run {
    fn new(plan: &Plan) -> Self {
        Self {
            base_digest: plan.base.digest(),
            created: plan.created,
            accounts: plan.accounts.clone(),
            minted: BTreeMap::new(),
            templates: BTreeMap::new(),
        }
    }

    /// The account that a step is for; part of its client token.
    fn account(&self, step: &Step) -> &str {
        let account = self.accounts.get(&step.site.access);
        account.map(String::as_str).unwrap_or_default()
    }

    fn home(&self, step: &Step) -> Home {
        Home::of(&self.accounts, &step.site)
    }

    fn remember(&mut self, step: &Step, minted: Minted) {
        if let Op::CreateLaunchTemplate(content) | Op::CreateLaunchTemplateVersion(content) =
            &step.op
        {
            self.templates.insert(
                (self.home(step), content.name.clone()),
                minted.template_id.clone(),
            );
        }
        self.minted.insert(step.id.clone(), minted);
    }

    async fn step(&self, step: &Step, session: &Session<'_>) -> Result<StepEnd, ApplyError> {
        let cloud = session.clouds.at(&step.site).await?;
        let cloud = cloud.as_ref();
        let place = groups::Place {
            cloud,
            step,
            session,
        };
        match &step.op {
            Op::CreateLaunchTemplate(content) => {
                self.mint(cloud, step, content, true, session).await
            }
            Op::CreateLaunchTemplateVersion(content) => {
                self.mint(cloud, step, content, false, session).await
            }
            Op::CreateNodeGroup(new) => self.create_group(&place, new).await,
            Op::UpdateNodeGroupVersion(roll) => self.roll(&place, roll).await,
            Op::UpdateNodeGroupConfig(change) => self.configure(&place, change).await,
            Op::TagNodeGroup(change) => {
                cloud.tag(&change.arn, &change.set).await?;
                let group = Group {
                    cluster: change.cluster.clone(),
                    name: change.group.clone(),
                };
                session.emit(EventKind::TagsSet { group });
                Ok(StepEnd::Done)
            }
            Op::TagLaunchTemplate(change) => {
                cloud
                    .tag_launch_template(&change.template_id, &change.set)
                    .await?;
                session.emit(EventKind::TemplateTagged {
                    site: step.site.clone(),
                    template: change.name.clone(),
                });
                Ok(StepEnd::Done)
            }
            Op::AwaitNodeGroup(wait) => self.attach(&place, wait).await,
            Op::DeleteNodeGroup(deletion) => delete::delete_group(&place, deletion).await,
        }
    }

    async fn mint(
        &self,
        cloud: &dyn Cloud,
        step: &Step,
        content: &NewTemplateVersion,
        create: bool,
        session: &Session<'_>,
    ) -> Result<StepEnd, ApplyError> {
        let made = self
            .templates
            .get(&(self.home(step), content.name.clone()))
            .map(String::as_str);
        let minting = mint::Minting {
            cloud,
            site: &step.site,
            account: self.account(step),
            content,
            create,
            made,
        };
        Ok(StepEnd::Minted(Box::new(
            mint::mint(&minting, session).await?,
        )))
    }
}
