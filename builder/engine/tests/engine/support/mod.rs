//! What the tests share: the AWS in memory, a clock that costs no time, a recorder, and a fleet.

mod calls;
pub mod cloud;
mod ec2;
mod eks;
pub mod fleet;
pub mod regions;
mod shapes;
pub mod shop;
pub mod world;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use nodemint_core::desired::Desired;
use nodemint_core::observed::Observed;
use nodemint_core::plan::{Context, Plan, Scope, plan};
use nodemint_core::site::Access;
use nodemint_engine::apply::{self, ApplyError, Options, Outcome};
use nodemint_engine::clock::Clock;
use nodemint_engine::events::{Event, EventKind, Events};
use nodemint_engine::observe::observe;
use tokio::sync::watch;

use cloud::FakeClouds;
use world::World;

pub type Shared = Arc<Mutex<World>>;

pub const POLL: Duration = Duration::from_secs(15);

/// A fake AWS and everything that a run on it needs.
#[derive(Clone)]
pub struct Rig {
    pub world: Shared,
    /// accounts that are reached with credentials of their own
    pub others: BTreeMap<Access, Shared>,
    pub events: Arc<Recorder>,
}

/// Sleeping moves the time of every world on; the first one tells it.
pub struct SimClock(Vec<Shared>);

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.0[0].lock().expect("no panic").now
    }

    async fn sleep(&self, duration: Duration) {
        let step = SignedDuration::try_from(duration).expect("a short time");
        let later = self.now().checked_add(step).expect("a near time");
        let mut turns = 0;
        for world in &self.0 {
            let mut world = world.lock().expect("no panic");
            world.pass(later);
            world.slept += 1;
            turns = world.turns();
        }
        for _ in 0..=turns {
            tokio::task::yield_now().await;
        }
    }
}

#[derive(Default)]
pub struct Recorder(Mutex<Vec<EventKind>>);

impl Events for Recorder {
    fn emit(&self, event: Event) {
        self.0.lock().expect("no panic").push(event.kind);
    }
}

impl Recorder {
    /// What happened since the last look, a word or two each.
    pub fn take(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

/// The name of an event, and the number that matters most in it.
pub fn word(event: &EventKind) -> String {
    match event {
        EventKind::StepStarted { step, .. } => {
            format!("step {}", step.split(' ').next().unwrap_or_default())
        }
        EventKind::Minted { version, .. } => format!("minted {version}"),
        EventKind::Found { version, .. } => format!("found {version}"),
        EventKind::GroupCreating { version, .. } => format!("creating on {version}"),
        EventKind::UpdateStarted { kind, .. } => format!("update {kind:?}"),
        EventKind::Attached { update, .. } => {
            format!("attached {}", update.as_deref().unwrap_or("creation"))
        }
        EventKind::NodeStarted { node, .. } => format!("started {}", node.instance),
        EventKind::NodeRunning { node, .. } => format!("running {}", node.instance),
        EventKind::NodeReplaced { done, of, .. } => format!("replaced {done}/{of}"),
        EventKind::SurgeNodeRemoved { node, .. } => format!("removed {}", node.instance),
        EventKind::StillWaiting { minutes, .. } => format!("waiting {minutes}"),
        EventKind::NodesUnseen { .. } => "nodes unseen".to_owned(),
        EventKind::ReadFailed { .. } => "read failed".to_owned(),
        EventKind::UpdateFailed { .. } => "update failed".to_owned(),
        EventKind::GroupActive { version, .. } => format!("active {}", version.unwrap_or_default()),
        EventKind::NodePutBack { node, .. } => format!("put back {}", node.instance),
        EventKind::RunEnded { ending } => format!("ended {ending:?}"),
        EventKind::TagsSet { .. } => "tagged".to_owned(),
        EventKind::GroupDeleting { nodes, .. } => format!("deleting {nodes}"),
        EventKind::GroupDeleted { .. } => "deleted".to_owned(),
        EventKind::TemplateTagged { template, .. } => format!("tagged {template}"),
    }
}

pub fn options() -> Options {
    Options {
        wait: true,
        poll: POLL,
        check_base: true,
    }
}

impl Rig {
    pub fn new() -> Self {
        Self {
            world: Arc::new(Mutex::new(World::lab())),
            others: BTreeMap::new(),
            events: Arc::default(),
        }
    }

    pub fn world<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        with(&mut self.world.lock().expect("no panic"))
    }

    pub fn clouds(&self) -> FakeClouds {
        FakeClouds {
            own: self.world.clone(),
            others: self.others.clone(),
        }
    }

    fn clock(&self) -> SimClock {
        let worlds = [&self.world].into_iter().chain(self.others.values());
        SimClock(worlds.cloned().collect())
    }

    pub async fn observed(&self, desired: &Desired) -> Observed {
        observe(&Scope::of(desired), &self.clouds())
            .await
            .expect("to observe")
    }

    pub async fn plan(&self, desired: &Desired) -> Plan {
        let observed = self.observed(desired).await;
        let now = self.world(|world| world.now);
        plan(
            desired,
            &observed,
            &Context {
                now,
                nodemint: "0.1.0".to_owned(),
                origin: None,
                adopt: Default::default(),
            },
        )
    }

    pub async fn apply(&self, plan: &Plan, options: Options) -> Result<Outcome, ApplyError> {
        let (_stop, stopped) = watch::channel(false);
        self.apply_until(plan, options, stopped).await
    }

    pub async fn apply_until(
        &self,
        plan: &Plan,
        options: Options,
        stop: watch::Receiver<bool>,
    ) -> Result<Outcome, ApplyError> {
        let (clouds, clock) = (self.clouds(), self.clock());
        let session = apply::Session {
            clouds: &clouds,
            clock: &clock,
            events: self.events.as_ref(),
            stop,
            options,
        };
        apply::apply(plan, &session).await
    }

    /// The command: plan and apply, as `nodemint apply --yes` does it.
    pub async fn run(&self, desired: &Desired) -> Result<Outcome, ApplyError> {
        let plan = self.plan(desired).await;
        self.apply(
            &plan,
            Options {
                check_base: false,
                ..options()
            },
        )
        .await
    }

    /// Apply followed by plan shows nothing, and then apply writes nothing.
    pub async fn settled(&self, desired: &Desired) {
        let again = self.plan(desired).await;
        assert_eq!((again.steps, again.blockers), (Vec::new(), Vec::new()));
    }

    /// The words of what happened since the last look.
    pub fn words(&self) -> Vec<String> {
        self.events.take().iter().map(word).collect()
    }
}

/// Runs to the end on one thread; nothing in these tests waits for real time.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}
