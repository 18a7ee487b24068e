//! What a call passes before it is looked at: its credentials, the rate of its kind, its permission.

use std::time::Duration;

use serde_json::Value;

use super::faults::{Denial, FaultKind};
use super::limits::{Limit, Limits};
use super::policies::Policies;
use crate::caller::{BadToken, Caller, Session, account_of_temporary};
use crate::protocol::{self, Envelope};
use crate::world::World;
use crate::{AwsError, Service};

/// The account of a world in which there is none.
const FALLBACK_ACCOUNT: &str = "111122223333";

pub struct Gate {
    limits: Limits,
    denials: Vec<Denial>,
    policies: Policies,
}

/// Why a call goes no further.
pub enum Refusal {
    /// beyond a limit
    Throttled(AwsError),
    Denied(AwsError),
}

impl Gate {
    pub fn new(limits: Vec<Limit>, denials: Vec<Denial>, policies: Policies) -> Self {
        Self {
            limits: Limits::new(limits),
            denials,
            policies,
        }
    }

    /// Lets a call through, or says why not. `now` is the limits' own clock.
    pub fn pass(
        &mut self,
        service: Service,
        operation: &str,
        (account, region): (&str, &str),
        now: Duration,
    ) -> Option<Refusal> {
        if !self.limits.take(service, operation, (account, region), now) {
            let error = FaultKind::Throttle.error(service, operation);
            return error.map(Refusal::Throttled);
        }
        let strikes = |denial: &Denial| denial.strikes(service, operation, region);
        if self.denials.iter().any(strikes) {
            let error = FaultKind::AccessDenied.error(service, operation);
            return error.map(Refusal::Denied);
        }
        None
    }

    /// Why the caller's policy forbids a call, if it has one and it does.
    pub fn forbids(
        &self,
        access_key: &str,
        service: Service,
        operation: &str,
        input: &Value,
    ) -> Option<AwsError> {
        let policy = self.policies.get(access_key)?;
        policy.refuse(service, operation, input)
    }
}

/// Who the credentials of a request belong to. Those of an assumed role are its session's; an access key of
/// twelve digits is an account of its own; anything else acts in the world's main account.
pub fn caller(world: &World, envelope: &Envelope) -> Result<Caller, AwsError> {
    let key = &envelope.access_key;
    match &envelope.session_token {
        Some(token) => match Session::open(world.seed, world.now, key, token) {
            Ok(Some(session)) => {
                return Ok(Caller {
                    account: session.account.clone(),
                    session: Some(session),
                });
            }
            Ok(None) => {}
            Err(BadToken::Expired) => return Err(protocol::expired(envelope.style)),
            Err(BadToken::Invalid) => return Err(protocol::invalid_token(envelope.style)),
        },
        // a role's key whose token got lost on the way, as AWS finds it out
        None if account_of_temporary(key).is_some_and(|id| world.accounts.contains_key(&id)) => {
            return Err(protocol::invalid_token(envelope.style));
        }
        None => {}
    }
    if key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Caller::user(key));
    }
    Ok(Caller::user(
        world.default_account().unwrap_or(FALLBACK_ACCOUNT),
    ))
}
