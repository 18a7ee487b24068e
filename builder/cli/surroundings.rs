//! Which AWS a command talks to, and which clock it waits by: the real ones, or the embedded AWS.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use nodemint_aws::{AwsClouds, Settings};
use nodemint_engine::clock::Clock;
use nodemint_engine::ports::Clouds;
use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{Options, Sandbox, Time};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::args::Global;
use crate::error::AppError;
use crate::project::{folder, write_private};

/// AWS and a clock, for one command.
pub struct Surroundings {
    pub clouds: Arc<dyn Clouds>,
    pub clock: Arc<dyn Clock>,
    embedded: Option<Embedded>,
}

/// The embedded AWS while a command runs.
struct Embedded {
    sandbox: Sandbox,
    state: PathBuf,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    /// Held until the end: two commands on one state would undo each other's changes.
    _lock: File,
}

impl Surroundings {
    pub async fn open(global: &Global, pace: Duration) -> Result<Self, AppError> {
        match &global.sandbox {
            None => Ok(Self::real(global)),
            Some(state) => {
                let default = || folder(&global.file).join(".nodemint").join("sandbox.json");
                let state = state.clone().unwrap_or_else(default);
                Self::embedded(state, global.sandbox_log.clone(), pace).await
            }
        }
    }

    fn real(global: &Global) -> Self {
        let settings = Settings {
            profile: global.profile.clone(),
            endpoint_url: global.endpoint_url.clone(),
            max_attempts: std::env::var("AWS_MAX_ATTEMPTS")
                .ok()
                .and_then(|text| text.parse().ok()),
            ..Settings::default()
        };
        Self {
            clouds: Arc::new(AwsClouds::new(settings)),
            clock: Arc::new(MachineClock),
            embedded: None,
        }
    }

    async fn embedded(
        state: PathBuf,
        log: Option<PathBuf>,
        pace: Duration,
    ) -> Result<Self, AppError> {
        let lock = lock_state(&state)?;
        let world = load_world(&state)?;
        let saved = state.clone();
        let options = Options {
            time: Time::Manual,
            call_log: log,
            on_change: Some(Box::new(move |world: &World| {
                // The command's end saves again, and reports a failure as its own.
                if let Err(error) = save_world(&saved, world) {
                    tracing::error!("{error}");
                }
            })),
            ..Options::default()
        };
        let sandbox =
            Sandbox::new(world, options).map_err(|error| AppError::Sandbox(error.to_string()))?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| AppError::Sandbox(format!("no loopback port is free: {error}")))?;
        let address = listener
            .local_addr()
            .map_err(|error| AppError::Sandbox(error.to_string()))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = sandbox.clone();
        let server = tokio::spawn(async move {
            let shutdown = async move {
                // Dropping the sender means the same as sending.
                let _ = stopped.await;
            };
            if let Err(error) = serving.serve(listener, shutdown).await {
                tracing::error!("the embedded AWS stopped: {error}");
            }
        });
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock {
            sandbox: sandbox.clone(),
            pace,
        });
        let settings = Settings {
            clock: Some(Arc::clone(&clock)),
            ..Settings::sandbox(&format!("http://{address}"))
        };
        Ok(Self {
            clouds: Arc::new(AwsClouds::new(settings)),
            clock,
            embedded: Some(Embedded {
                sandbox,
                state,
                stop,
                server,
                _lock: lock,
            }),
        })
    }

    /// Ends the embedded AWS, and keeps its state: time has passed in it although nothing was written.
    pub async fn close(self) -> Result<(), AppError> {
        drop(self.clouds);
        if let Some(embedded) = self.embedded {
            let _ = embedded.stop.send(());
            // Connections of a client that is gone do not keep the command.
            let _ = tokio::time::timeout(Duration::from_secs(1), embedded.server).await;
            save_world(&embedded.state, &embedded.sandbox.world())?;
        }
        Ok(())
    }
}

fn lock_state(state: &Path) -> Result<File, AppError> {
    let folder = folder(state);
    fs::create_dir_all(&folder).map_err(|error| AppError::file("create", &folder, error))?;
    let mut path = state.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file = File::create(&path).map_err(|error| AppError::file("create", &path, error))?;
    file.lock()
        .map_err(|error| AppError::file("lock", &path, error))?;
    Ok(file)
}

/// The world in a state file, or the built-in account if there is no such file yet.
pub fn load_world(state: &Path) -> Result<World, AppError> {
    match fs::read_to_string(state) {
        Ok(text) => World::from_json(&text).map_err(|error| {
            AppError::Sandbox(format!(
                "the state {} cannot be used: {error}",
                state.display()
            ))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(World::from_seed(&Seed::builtin()))
        }
        Err(error) => Err(AppError::file("read", state, error)),
    }
}

pub fn save_world(state: &Path, world: &World) -> Result<(), AppError> {
    let text = world
        .to_json()
        .map_err(|error| AppError::Sandbox(error.to_string()))?;
    // It holds the user data of every version.
    write_private(state, text.as_bytes())
}

/// The machine's clock.
pub struct MachineClock;

#[async_trait]
impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The embedded AWS's clock: waiting makes its time pass.
struct VirtualClock {
    sandbox: Sandbox,
    /// real time that a wait takes, for whoever watches
    pace: Duration,
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(self.pace).await;
        self.sandbox.advance(duration);
    }
}
