//! The server: HTTP on loopback around one [`World`], one call at a time.

mod faults;
mod gate;
mod http;
mod limits;
mod policies;
#[cfg(test)]
mod tests;
mod time;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::call_log::{CallLog, CallRecord, writes};
use crate::protocol::{self, Decoded, Envelope, Incoming, Reply};
use crate::world::World;
use crate::{Answer, AwsError, Call, Service, dispatch};

pub use faults::{Denial, Fault, FaultKind, TargetError};
pub use limits::{Limit, LimitError};
pub use policies::{Policies, Policy, PolicyError};
pub use time::Time;

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
    /// How often operations may be called; by the world's clock where time is manual, else by the machine's.
    pub limits: Vec<Limit>,
    /// What nobody has permission for.
    pub denials: Vec<Denial>,
    /// What an access key may do.
    pub policies: Policies,
    /// The machine's time between a call and its answer: the way there and back. A call has its effect before.
    pub latency: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time: Time::Manual,
            call_duration: Duration::ZERO,
            call_log: None,
            on_change: None,
            faults: Vec::new(),
            limits: Vec::new(),
            denials: Vec::new(),
            policies: Policies::new(),
            latency: Duration::ZERO,
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
    latency: Duration,
}

struct State {
    world: World,
    time: Time,
    /// The machine's clock when the world's stood at `since.1`.
    since: (Instant, Timestamp),
    call_duration: SignedDuration,
    log: CallLog,
    faults: faults::Faults,
    gate: gate::Gate,
    on_change: Option<OnChange>,
    calls: u64,
}

/// What came of a call, before it is written down.
#[derive(Default)]
struct Called {
    account: String,
    /// empty for a call that no operation answers
    operation: String,
    /// set apart in the log
    throttled: bool,
    /// on the way back
    lost: bool,
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
            since: (time::machine_clock(), world.now),
            world,
            time: options.time,
            call_duration: time::signed(options.call_duration),
            log,
            faults: faults::Faults::new(options.faults),
            gate: gate::Gate::new(options.limits, options.denials, options.policies),
            on_change: options.on_change,
            calls: 0,
        };
        Ok(Self {
            state: Arc::new(Mutex::new(state)),
            latency: options.latency,
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
        state.pass(time::signed(by));
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
        let mut called = Called::default();
        let answer = match (envelope.service, refused) {
            (Some(service), None) => self.call(service, request, envelope, &mut called),
            (_, refused) => Err(refused.unwrap_or_else(internal)),
        };
        let Called {
            operation, lost, ..
        } = called;
        let (reply, outcome) = self.encode(envelope, &operation, answer, &request_id);
        let wrote = writes(&operation) && reply.status < 400;
        // State first, log second: a call that the log calls done must be found again after a kill.
        if let Some(on_change) = self.on_change.as_ref().filter(|_| happened || wrote) {
            on_change(&self.world);
        }
        self.log.record(CallRecord {
            time: self.world.now,
            account: called.account,
            region: envelope.region.clone(),
            service: envelope.service.map_or("", Service::name).to_owned(),
            writes: !operation.is_empty() && writes(&operation),
            operation,
            outcome: if called.throttled {
                "throttled".to_owned()
            } else {
                outcome
            },
            status: reply.status,
        });
        if lost {
            Outcome::Lost
        } else {
            Outcome::Reply { reply, request_id }
        }
    }

    /// Answers a call, and notes in `called` what else there is to say of it.
    fn call(
        &mut self,
        service: Service,
        request: &Incoming<'_>,
        envelope: &Envelope,
        called: &mut Called,
    ) -> Answer {
        let decoded = protocol::decode(service, request);
        called.operation = match &decoded {
            Ok(decoded) => decoded.operation.to_owned(),
            Err(rejected) => rejected.operation.clone(),
        };
        let caller = gate::caller(&self.world, envelope)?;
        called.account.clone_from(&caller.account);
        let place = (caller.account.as_str(), envelope.region.as_str());
        let now = self.machine_time();
        match self.gate.pass(service, &called.operation, place, now) {
            Some(gate::Refusal::Throttled(error)) => {
                called.throttled = true;
                return Err(error);
            }
            Some(gate::Refusal::Denied(error)) => return Err(error),
            None => {}
        }
        let Decoded { operation, input } = decoded.map_err(|rejected| rejected.error)?;
        let key = &envelope.access_key;
        if let Some(error) = self.gate.forbids(key, service, operation, &input) {
            return Err(error);
        }
        let fault = self.faults.strike(service, operation);
        if let Some(error) = fault.and_then(|fault| fault.error(service, operation)) {
            return Err(error);
        }
        called.lost = fault == Some(FaultKind::LostReply);
        let call = Call {
            service,
            operation,
            caller: &caller,
            account: &caller.account,
            region: &envelope.region,
            input,
        };
        let mut answer = dispatch(&mut self.world, &call)?;
        if let Some(end) = answer.pointer_mut("/Credentials/Expiration") {
            self.tell_in_client_time(end);
        }
        Ok(answer)
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

fn internal() -> AwsError {
    AwsError::new(
        500,
        "InternalFailure",
        "the nodemint sandbox failed on this call",
    )
}
