//! `apply`: does what the plan says, and the part that rollback shares with it.

use std::path::Path;

use nodemint_core::plan::{Adopt, GroupAction, Plan, Purpose, SavedPlan};
use nodemint_engine::apply::{self, ApplyError, Options, Outcome};
use nodemint_engine::events::{Ending, Event, EventKind, Events as _, SCHEMA};
use tokio::sync::watch;

use super::{Session, offline, plan};
use crate::args::{ApplyArgs, Output, RunArgs};
use crate::console::{BOLD, Console, GOOD, paint};
use crate::error::AppError;
use crate::inputs;
use crate::project::Project;
use crate::report::events::Teller;
use crate::report::ledger::{Ledger, seconds, ways_back};
use crate::report::plan_text;
use crate::surroundings::Surroundings;

pub async fn run(session: &Session, args: &ApplyArgs) -> Result<(), AppError> {
    match &args.plan {
        Some(_) if args.adopt.given() != Adopt::default() => Err(AppError::usage(
            "a saved plan holds what it takes over, and --adopt adds nothing to it",
            "pass --adopt to `nodemint plan --out`",
        )),
        Some(path) => saved(session, path, &args.run).await,
        None => fresh(session, args).await,
    }
}

async fn saved(session: &Session, path: &Path, run: &RunArgs) -> Result<(), AppError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| AppError::file("read", path, error))?;
    let saved =
        SavedPlan::from_json(&text, plan::NODEMINT).map_err(|source| AppError::PlanFile {
            path: path.to_owned(),
            source,
        })?;
    plan::refuse_blocked(&saved.plan)?;
    inputs::check(&session.global, path, &saved)?;
    session
        .with_aws(async |aws| {
            let now = aws.clock.now();
            if saved.is_expired(now) {
                let (path, expired) = (path.to_owned(), saved.expires);
                return Err(AppError::Expired { path, expired, now });
            }
            // It was shown when it was made; what moved since is what apply looks for.
            session.console.tell(&plan_text::summary(&saved.plan));
            carry_out(session, &saved.plan, run, true, aws).await
        })
        .await
}

async fn fresh(session: &Session, args: &ApplyArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    offline::warn(session, &project);
    session
        .with_aws(async |aws| {
            let plan = plan::make(&project, args.adopt.given(), aws).await?;
            show(session, &plan)?;
            plan::refuse_blocked(&plan)?;
            carry_out(session, &plan, &args.run, false, aws).await
        })
        .await
}

/// The plan goes to stdout as an answer. In JSON, stdout has the events and nothing else, unless there are
/// none to come: the plan of a blocked run says why.
fn show(session: &Session, plan: &Plan) -> Result<(), AppError> {
    match session.console.output {
        Output::Json if plan.blockers.is_empty() => Ok(()),
        Output::Json | Output::Text | Output::Markdown => plan::show(session, plan),
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
    let started = aws.clock.now();
    let outcome = apply::apply(plan, &engine).await;
    interrupts.abort();
    teller.finish();
    ended(match &outcome {
        Ok(Outcome::Done) => Ending::Done,
        Ok(Outcome::DoneBefore) => Ending::NothingToDo,
        Ok(Outcome::StillRunning { .. }) => Ending::StillRunning,
        Err(_) => Ending::Failed,
    });
    if session.console.output != Output::Json {
        let seconds = seconds(started, aws.clock.now());
        tell_end(session.console, plan, &outcome, &teller.ledger(), seconds);
    }
    match outcome? {
        Outcome::Done | Outcome::DoneBefore => Ok(()),
        Outcome::StillRunning { .. } => Err(AppError::StillRunning),
    }
}

fn question(plan: &Plan) -> String {
    let rolls = plan
        .node_groups
        .iter()
        .filter(|group| group.action == GroupAction::Roll)
        .count();
    match (plan.purpose, rolls) {
        (Purpose::Rollback, _) => "Roll back?".to_owned(),
        (Purpose::Replace, _) => "Replace?".to_owned(),
        (Purpose::Apply, 0) => "Apply this plan?".to_owned(),
        (Purpose::Apply, _) => "Apply this plan, and replace nodes as it says?".to_owned(),
    }
}

/// The first Ctrl-C ends the waiting in good order; nothing in AWS is cut off by it. A second one ends the
/// process at once.
async fn watch_interrupts(stop: watch::Sender<bool>, console: Console) {
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

/// What was done, what goes on, and how to go back. Of a failure, what it left; the error itself follows.
fn tell_end(
    console: Console,
    plan: &Plan,
    outcome: &Result<Outcome, ApplyError>,
    ledger: &Ledger,
    seconds: i64,
) {
    match outcome {
        Ok(Outcome::Done) => {
            console.tell(&paint(GOOD, ledger.done(plan, seconds)));
            let back = match plan.purpose {
                Purpose::Apply => ways_back(plan),
                // The command says itself what keeps the version.
                Purpose::Rollback | Purpose::Replace => Vec::new(),
            };
            if !back.is_empty() {
                console.tell(&format!("To go back: {}", back.join("\n            ")));
            }
        }
        Ok(Outcome::DoneBefore) => {
            let text = "All of this plan was done before, and AWS is still so: nothing to do.";
            console.tell(&paint(GOOD, text));
        }
        Ok(Outcome::StillRunning {
            waiting_for,
            interrupted,
        }) => tell_running(console, plan, waiting_for, *interrupted),
        Err(_) => {
            if let Some(left) = ledger.left(plan) {
                console.say(&left);
            }
        }
    }
}

fn tell_running(console: Console, plan: &Plan, waiting_for: &[String], interrupted: bool) {
    for what in waiting_for {
        console.say(&format!("Still running in AWS: {what}."));
    }
    let why = match (interrupted, waiting_for.is_empty()) {
        (true, true) => "Stopped between two steps; the rest of the plan was not begun.",
        (true, false) => "Stopped waiting. It cannot be cancelled, and goes on in AWS.",
        (false, _) => "Not waited for to the end.",
    };
    let again = match plan.purpose {
        Purpose::Apply => "Run `nodemint apply` again to follow it and to do what is left.",
        Purpose::Rollback => "Run the same rollback again to follow it.",
        Purpose::Replace => "Run the same command again to follow it.",
    };
    console.say(&paint(BOLD, format!("{why} {again}")));
}
