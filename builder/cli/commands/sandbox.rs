//! `sandbox`: serves the embedded AWS to any client.

use std::time::Duration;

use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{Options, Policies, Policy, Sandbox, Time};

use super::Session;
use crate::args::SandboxArgs;
use crate::error::AppError;
use crate::surroundings::{load_world, save_world};

pub async fn run(session: &Session, args: &SandboxArgs) -> Result<(), AppError> {
    let world = world(args)?;
    let state = args.state.clone();
    let saved = state.clone();
    let options = Options {
        time: Time::Flowing { speed: args.speed },
        call_log: args.log.clone(),
        on_change: saved.map(|path| {
            let save: Box<dyn Fn(&World) + Send + Sync> = Box::new(move |world| {
                if let Err(error) = save_world(&path, world) {
                    tracing::error!("{error}");
                }
            });
            save
        }),
        limits: args.limit.clone(),
        denials: args.deny.clone(),
        policies: policies(args)?,
        latency: Duration::from_millis(args.latency),
        ..Options::default()
    };
    let sandbox =
        Sandbox::new(world, options).map_err(|error| AppError::Sandbox(error.to_string()))?;
    if let (Some(path), true) = (&args.state, args.seed.is_some()) {
        save_world(path, &sandbox.world())?;
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port))
        .await
        .map_err(|error| {
            AppError::Sandbox(format!(
                "port {} on 127.0.0.1 cannot be used: {error}",
                args.port
            ))
        })?;
    let address = listener
        .local_addr()
        .map_err(|error| AppError::Sandbox(error.to_string()))?;
    // The first line, and in this form: programs wait for it.
    session
        .console
        .say(&format!("listening on http://{address}"));
    let serving = sandbox.clone();
    let shutdown = async {
        // Whatever ends the wait ends the server.
        let _ = super::apply::interrupted().await;
    };
    serving
        .serve(listener, shutdown)
        .await
        .map_err(|error| AppError::Sandbox(error.to_string()))?;
    match &state {
        Some(path) => save_world(path, &sandbox.world()),
        None => Ok(()),
    }
}

fn world(args: &SandboxArgs) -> Result<World, AppError> {
    let Some(path) = &args.seed else {
        return match &args.state {
            Some(state) => load_world(state),
            None => Ok(World::from_seed(&Seed::builtin())),
        };
    };
    if let Some(state) = args.state.as_ref().filter(|state| state.exists()) {
        return Err(AppError::usage(
            format!(
                "{} holds a state already, and --seed would begin anew",
                state.display()
            ),
            "leave out --seed to go on from it, or name a file that does not exist yet",
        ));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| AppError::file("read", path, error))?;
    let seed = Seed::parse(&text)
        .map_err(|error| AppError::Sandbox(format!("{}: {error}", path.display())))?;
    Ok(World::from_seed(&seed))
}

fn policies(args: &SandboxArgs) -> Result<Policies, AppError> {
    let read = |(key, path): &(String, std::path::PathBuf)| {
        let text =
            std::fs::read_to_string(path).map_err(|error| AppError::file("read", path, error))?;
        let policy = Policy::parse(&text)
            .map_err(|error| AppError::Sandbox(format!("{}: {error}", path.display())))?;
        Ok((key.clone(), policy))
    };
    args.policy.iter().map(read).collect()
}
