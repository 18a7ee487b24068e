//! The server: HTTP on loopback around one [`World`], one call at a time.

mod faults;
mod http;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::call_log::{CallLog, CallRecord, writes};
use crate::protocol::{self, Decoded, Envelope, Incoming, Rejected, Reply};
use crate::world::World;
use crate::{Answer, AwsError, Call, Service, dispatch};

pub use faults::{Fault, FaultKind};

/// The account of a world in which there is none.
const FALLBACK_ACCOUNT: &str = "111122223333";

/// How the world's clock goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    /// Only by [`Sandbox::advance`] and [`Options::call_duration`].
    Manual,
    /// With the machine's monotonic clock, `speed` times as fast.
    Flowing { speed: f64 },
}

type OnChange = Box<dyn Fn(&World) + Send + Sync>;

pub struct Options {
    pub time: Time,
    /// Virtual time that every call takes, in both modes.
    pub call_duration: Duration,
    /// Where a JSON line a call is appended.
    pub call_log: Option<PathBuf>,
    /// Called with the changed world, before the call that changed it is answered.
    pub on_change: Option<OnChange>,
    /// What goes wrong on purpose.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time: Time::Manual,
            call_duration: Duration::ZERO,
            call_log: None,
            on_change: None,
            faults: Vec::new(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the call log {} cannot be opened", path.display())]
    CallLog {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the speed of time must be a positive number")]
    Speed,
    #[error("the sandbox stopped serving")]
    Serve(#[source] std::io::Error),
}

/// The embedded AWS. Clones are the same one.
#[derive(Clone)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
}

struct State {
    world: World,
    time: Time,
    /// The machine's clock when the world's stood at `since.1`.
    since: (Instant, Timestamp),
    call_duration: SignedDuration,
    log: CallLog,
    faults: faults::Faults,
    on_change: Option<OnChange>,
    calls: u64,
}

/// What the server does with a call.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Reply {
        reply: Reply,
        request_id: String,
    },
    /// The call had its effect, and the connection breaks off instead of an answer.
    Lost,
}

impl Sandbox {
    pub fn new(world: World, options: Options) -> Result<Self, SandboxError> {
        if let Time::Flowing { speed } = options.time
            && !(speed.is_finite() && speed > 0.0)
        {
            return Err(SandboxError::Speed);
        }
        let log =
            CallLog::open(options.call_log.as_deref()).map_err(|source| SandboxError::CallLog {
                path: options.call_log.clone().unwrap_or_default(),
                source,
            })?;
        let state = State {
            since: (machine_clock(), world.now),
            world,
            time: options.time,
            call_duration: signed(options.call_duration),
            log,
            faults: faults::Faults::new(options.faults),
            on_change: options.on_change,
            calls: 0,
        };
        Ok(Self {
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// Serves until `shutdown` is done and the calls under way are answered.
    pub async fn serve(
        self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), SandboxError> {
        http::serve(self, listener, shutdown)
            .await
            .map_err(SandboxError::Serve)
    }

    /// Lets virtual time pass, in both modes, and everything happen that falls due on the way.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        let state = &mut *state;
        state.flow();
        state.pass(signed(by));
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        let mut state = self.lock();
        state.flow();
        state.world.now
    }

    /// A copy of everything, as it is now.
    pub fn world(&self) -> World {
        let mut state = self.lock();
        state.flow();
        state.world.clone()
    }

    /// The latest calls, oldest first: ten thousand at most.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.lock().log.recent()
    }

    /// Adds something that goes wrong on purpose; calls are counted from now.
    pub fn add_fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Answers a request. Whatever a handler does, this comes back.
    pub(crate) fn answer(&self, request: &Incoming<'_>) -> Outcome {
        let (envelope, refused) = protocol::open(request);
        let mut state = self.lock();
        let answered = catch_unwind(AssertUnwindSafe(|| {
            state.answer(request, &envelope, refused)
        }));
        answered.unwrap_or_else(|_| {
            let error = AwsError::new(
                500,
                "InternalFailure",
                "the nodemint sandbox failed on this call",
            );
            let request_id = state.request_id();
            Outcome::Reply {
                reply: protocol::encode_error(
                    envelope.style,
                    envelope.service,
                    &error,
                    &request_id,
                ),
                request_id,
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // a panic in a handler is answered with a 500; the world stays as it was left
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(
        &mut self,
        request: &Incoming<'_>,
        envelope: &Envelope,
        refused: Option<AwsError>,
    ) -> Outcome {
        let happened = self.flow() | self.pass(self.call_duration);
        let request_id = self.request_id();
        let (operation, answer, lost) = match (envelope.service, refused) {
            (Some(service), None) => self.call(service, request, envelope),
            (_, refused) => (String::new(), Err(refused.unwrap_or_else(internal)), false),
        };
        let reply = self.encode(envelope, &operation, answer, &request_id);
        let wrote = writes(&operation) && reply.0.status < 400;
        // State first, log second: a call that the log calls done must be found again after a kill.
        if let Some(on_change) = self.on_change.as_ref().filter(|_| happened || wrote) {
            on_change(&self.world);
        }
        self.log.record(CallRecord {
            time: self.world.now,
            region: envelope.region.clone(),
            service: envelope.service.map_or("", Service::name).to_owned(),
            writes: !operation.is_empty() && writes(&operation),
            operation: operation.clone(),
            outcome: reply.1,
            status: reply.0.status,
        });
        if lost {
            Outcome::Lost
        } else {
            Outcome::Reply {
                reply: reply.0,
                request_id,
            }
        }
    }

    /// The operation, its answer, and whether that gets lost on the way.
    fn call(
        &mut self,
        service: Service,
        request: &Incoming<'_>,
        envelope: &Envelope,
    ) -> (String, Answer, bool) {
        let Decoded { operation, input } = match protocol::decode(service, request) {
            Ok(decoded) => decoded,
            Err(Rejected { operation, error }) => return (operation, Err(error), false),
        };
        let fault = self.faults.strike(service, operation);
        if let Some(error) = fault.and_then(|fault| fault.error(service, operation)) {
            return (operation.to_owned(), Err(error), false);
        }
        let account = self.account(&envelope.access_key);
        let call = Call {
            service,
            operation,
            account: &account,
            region: &envelope.region,
            input,
        };
        let answer = dispatch(&mut self.world, &call);
        (
            operation.to_owned(),
            answer,
            fault == Some(FaultKind::LostReply),
        )
    }

    /// The reply, and the outcome for the log.
    fn encode(
        &self,
        envelope: &Envelope,
        operation: &str,
        answer: Answer,
        request_id: &str,
    ) -> (Reply, String) {
        let error = match (answer, envelope.service) {
            (Ok(output), Some(service)) => {
                match protocol::encode(service, operation, &output, request_id) {
                    Ok(reply) => return (reply, "ok".to_owned()),
                    Err(bad) => {
                        tracing::error!(%bad, operation, "an answer does not fit its model");
                        AwsError::new(
                            500,
                            "InternalFailure",
                            format!("the nodemint sandbox is wrong: {bad}"),
                        )
                    }
                }
            }
            (Err(error), _) => error,
            (Ok(_), None) => internal(),
        };
        (
            protocol::encode_error(envelope.style, envelope.service, &error, request_id),
            error.code,
        )
    }

    /// An access key of twelve digits is an account of its own; anything else acts in the world's first.
    fn account(&self, access_key: &str) -> String {
        if access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit()) {
            return access_key.to_owned();
        }
        self.world
            .default_account()
            .unwrap_or(FALLBACK_ACCOUNT)
            .to_owned()
    }

    /// Moves the world's clock to where the machine's says; true if anything happened on the way.
    fn flow(&mut self) -> bool {
        let Time::Flowing { speed } = self.time else {
            return false;
        };
        let (instant, stamp) = self.since;
        let passed = SignedDuration::try_from_secs_f64(instant.elapsed().as_secs_f64() * speed);
        let passed = passed.unwrap_or(SignedDuration::MAX);
        self.move_to(stamp.saturating_add(passed).unwrap_or(Timestamp::MAX))
    }

    fn pass(&mut self, by: SignedDuration) -> bool {
        self.since.1 = self.since.1.saturating_add(by).unwrap_or(Timestamp::MAX);
        self.move_to(self.world.now.saturating_add(by).unwrap_or(Timestamp::MAX))
    }

    fn move_to(&mut self, to: Timestamp) -> bool {
        let due = self.world.next_event_at().is_some_and(|at| at <= to);
        self.world.advance_to(to);
        due
    }

    /// Not drawn from the world's ids, so that reading more often does not change what later ids are.
    fn request_id(&mut self) -> String {
        self.calls += 1;
        let seed = format!("{}/{}/{}", self.world.seed, self.world.now, self.calls);
        let digest = Sha256::digest(seed.as_bytes());
        let hex: String = digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "flowing time is the machine's, and begins here"
)]
fn machine_clock() -> Instant {
    Instant::now()
}

fn internal() -> AwsError {
    AwsError::new(
        500,
        "InternalFailure",
        "the nodemint sandbox failed on this call",
    )
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
