//! `apply`: does what the plan says, and the part that rollback shares with it.

use std::path::Path;

use nodemint_core::plan::{GroupAction, Plan, Purpose, from_json};
use nodemint_engine::apply::{self, Options, Outcome};
use nodemint_engine::events::{Ending, Event, EventKind, Events as _, SCHEMA};
use tokio::sync::watch;

use super::{Session, offline, plan};
use crate::args::{ApplyArgs, Output, RunArgs};
use crate::console::{BOLD, GOOD, paint};
use crate::error::AppError;
use crate::project::Project;
use crate::report::events::Teller;
use crate::report::plan_text;
use crate::surroundings::Surroundings;

pub async fn run(session: &Session, args: &ApplyArgs) -> Result<(), AppError> {
    match &args.plan {
        Some(path) => saved(session, path, &args.run).await,
        None => fresh(session, &args.run).await,
    }
}

async fn saved(session: &Session, path: &Path, run: &RunArgs) -> Result<(), AppError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| AppError::file("read", path, error))?;
    let plan = from_json(&text).map_err(|source| AppError::PlanFile {
        path: path.to_owned(),
        source,
    })?;
    plan::refuse_blocked(&plan)?;
    // It was shown when it was made; what moved since is what apply looks for.
    session.console.tell(&plan_text::summary(&plan));
    session
        .with_aws(async |aws| carry_out(session, &plan, run, true, aws).await)
        .await
}

async fn fresh(session: &Session, run: &RunArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    offline::warn(session, &project);
    session
        .with_aws(async |aws| {
            let plan = plan::make(&project, aws).await?;
            show(session, &plan)?;
            plan::refuse_blocked(&plan)?;
            carry_out(session, &plan, run, false, aws).await
        })
        .await
}

/// The plan goes to stdout as an answer; in JSON, stdout has the events and nothing else.
fn show(session: &Session, plan: &Plan) -> Result<(), AppError> {
    match session.console.output {
        Output::Json => Ok(()),
        Output::Text | Output::Markdown => plan::show(session, plan),
    }
}

/// Asks, applies, tells.
pub async fn carry_out(
    session: &Session,
    plan: &Plan,
    run: &RunArgs,
    saved: bool,
    aws: &Surroundings,
) -> Result<(), AppError> {
    let teller = Teller::new(session.console);
    let ended = |ending| {
        teller.emit(Event {
            schema: SCHEMA,
            at: aws.clock.now(),
            kind: EventKind::RunEnded { ending },
        });
    };
    if !plan.has_changes() {
        ended(Ending::NothingToDo);
        return Ok(());
    }
    session.console.confirm(&question(plan), run.yes)?;
    let (stop, stopped) = watch::channel(false);
    let interrupts = tokio::spawn(watch_interrupts(stop, session.console));
    let engine = apply::Session {
        clouds: aws.clouds.as_ref(),
        clock: aws.clock.as_ref(),
        events: &teller,
        stop: stopped,
        // Between planning and a person's yes, or in a saved plan, things may have moved.
        options: Options {
            wait: !run.no_wait,
            poll: run.poll_interval,
            check_base: saved || !run.yes,
        },
    };
    let outcome = apply::apply(plan, &engine).await;
    interrupts.abort();
    teller.finish();
    ended(match &outcome {
        Ok(Outcome::Done) => Ending::Done,
        Ok(Outcome::StillRunning { .. }) => Ending::StillRunning,
        Err(_) => Ending::Failed,
    });
    end(session, plan, outcome?)
}

fn question(plan: &Plan) -> String {
    let rolls = plan
        .node_groups
        .iter()
        .filter(|group| group.action == GroupAction::Roll)
        .count();
    match (plan.purpose, rolls) {
        (Purpose::Rollback, _) => "Roll back?".to_owned(),
        (Purpose::Apply, 0) => "Apply this plan?".to_owned(),
        (Purpose::Apply, _) => "Apply this plan, and replace nodes as it says?".to_owned(),
    }
}

/// The first Ctrl-C ends the waiting in good order; nothing in AWS is cut off by it. A second one ends the
/// process at once.
async fn watch_interrupts(stop: watch::Sender<bool>, console: crate::console::Console) {
    let mut seen = 0_u8;
    while interrupted().await.is_ok() {
        seen = seen.saturating_add(1);
        if seen > 1 {
            std::process::exit(i32::from(crate::error::Exit::StillRunning as u8));
        }
        console.say(
            "\nStopping. What was started goes on in AWS; press Ctrl-C again to leave at once.",
        );
        // The receiver is gone when the run is over anyway.
        let _ = stop.send(true);
    }
}

#[cfg(unix)]
pub async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
pub async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn end(session: &Session, plan: &Plan, outcome: Outcome) -> Result<(), AppError> {
    let text = session.console.output != Output::Json;
    match outcome {
        Outcome::Done => {
            if text {
                session.console.tell(&paint(GOOD, done(plan)));
            }
            Ok(())
        }
        Outcome::StillRunning {
            waiting_for,
            interrupted,
        } => {
            for what in &waiting_for {
                session
                    .console
                    .say(&format!("Still running in AWS: {what}."));
            }
            let why = match (interrupted, waiting_for.is_empty()) {
                (true, true) => "Stopped between two steps; the rest of the plan was not begun.",
                (true, false) => "Stopped waiting. It cannot be cancelled, and goes on in AWS.",
                (false, _) => "Not waited for to the end.",
            };
            let again = match plan.purpose {
                Purpose::Apply => "Run `nodemint apply` again to follow it and to do what is left.",
                Purpose::Rollback => "Run the same rollback again to follow it.",
            };
            session.console.say(&paint(BOLD, format!("{why} {again}")));
            Err(AppError::StillRunning)
        }
    }
}

fn done(plan: &Plan) -> String {
    match plan.purpose {
        Purpose::Apply => "Applied.".to_owned(),
        Purpose::Rollback => "Rolled back.".to_owned(),
    }
}
