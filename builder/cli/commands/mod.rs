//! The commands: each reads its input, calls core and engine, and answers.

mod apply;
mod demo;
pub mod diff;
pub mod explain;
mod export;
mod groups;
pub mod history;
mod import;
pub mod import_aws;
mod offline;
pub mod outdated;
mod plan;
mod policy;
pub mod prune;
mod replace;
pub mod resolve;
mod rollback;
mod running;
mod sandbox;
mod set;
pub mod status;
mod versions;

use std::time::Duration;

use clap::CommandFactory as _;

use crate::args::{Cli, Command, Global, ImportFrom, SchemaOf};
use crate::console::Console;
use crate::error::AppError;
use crate::surroundings::Surroundings;

/// What every command works with.
#[derive(Clone)]
pub struct Session {
    pub global: Global,
    pub console: Console,
    /// Real time that a wait on the embedded AWS takes.
    pub pace: Duration,
}

impl Session {
    /// Runs something against AWS, or against the embedded one, whose state is kept however it ends.
    async fn with_aws<T>(
        &self,
        work: impl AsyncFnOnce(&Surroundings) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let surroundings = Surroundings::open(&self.global, self.pace).await?;
        let result = work(&surroundings).await;
        let closed = surroundings.close().await;
        let value = result?;
        closed?;
        Ok(value)
    }
}

pub async fn run(cli: Cli, console: Console) -> Result<(), AppError> {
    cli.global.check()?;
    let session = Session {
        global: cli.global,
        console,
        pace: Duration::ZERO,
    };
    match cli.command {
        Command::Validate => offline::validate(&session),
        Command::Render(args) => offline::render(&session, &args),
        Command::Resolve(args) => resolve::run(&session, &args).await,
        Command::Plan(args) => plan::run(&session, &args).await,
        Command::Apply(args) => apply::run(&session, &args).await,
        Command::Rollback(args) => rollback::run(&session, &args).await,
        Command::Replace(args) => replace::run(&session, &args).await,
        Command::Set(args) => set::run(&session, &args),
        Command::Status => status::run(&session).await,
        Command::Outdated => outdated::run(&session).await,
        Command::History(args) => history::run(&session, &args).await,
        Command::Export(args) => export::run(&session, &args).await,
        Command::Explain(args) => explain::run(&session, &args).await,
        Command::Policy(args) => policy::run(&session, &args),
        Command::Sandbox(args) => sandbox::run(&session, &args).await,
        Command::Demo(args) => demo::run(&session, &args).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "nodemint", &mut script);
            console.answer(&String::from_utf8_lossy(&script))
        }
        Command::Schema { of: SchemaOf::Spec } => {
            console.answer_json(&nodemint_core::spec::json_schema())
        }
        Command::Schema {
            of: SchemaOf::Nodeconfig,
        } => console.answer_json(&nodemint_core::node_config::json_schema()),
        Command::Schema { of: SchemaOf::Seed } => {
            console.answer_json(&nodemint_sandbox::seed::seed_schema())
        }
        Command::Schema { of: SchemaOf::Plan } => {
            console.answer_json(&nodemint_core::plan::schema())
        }
        Command::Schema {
            of: SchemaOf::Event,
        } => console.answer_json(&nodemint_engine::events::schema()),
        Command::Diff(args) => diff::run(&session, &args).await,
        Command::Prune(args) => prune::run(&session, &args).await,
        Command::Import(args) => match args.from {
            ImportFrom::Eksctl(args) => import::eksctl(&session, &args),
            ImportFrom::Aws(args) => import_aws::run(&session, &args).await,
        },
        Command::Bake(_) => later("bake"),
    }
}

fn later(command: &str) -> Result<(), AppError> {
    Err(AppError::NotSupported(format!("nodemint {command}")))
}
