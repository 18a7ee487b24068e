//! The world's clock, and how the machine's moves it.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::State;

/// How the world's clock goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    /// Only by [`Sandbox::advance`] and [`Options::call_duration`].
    Manual,
    /// With the machine's monotonic clock, `speed` times as fast.
    Flowing { speed: f64 },
}

impl State {
    /// Moves the world's clock to where the machine's says; true if anything happened on the way.
    pub(super) fn flow(&mut self) -> bool {
        let Time::Flowing { speed } = self.time else {
            return false;
        };
        let (instant, stamp) = self.since;
        let passed = SignedDuration::try_from_secs_f64(instant.elapsed().as_secs_f64() * speed);
        let passed = passed.unwrap_or(SignedDuration::MAX);
        self.move_to(stamp.saturating_add(passed).unwrap_or(Timestamp::MAX))
    }

    pub(super) fn pass(&mut self, by: SignedDuration) -> bool {
        self.since.1 = self.since.1.saturating_add(by).unwrap_or(Timestamp::MAX);
        self.move_to(self.world.now.saturating_add(by).unwrap_or(Timestamp::MAX))
    }

    fn move_to(&mut self, to: Timestamp) -> bool {
        let due = self.world.next_event_at().is_some_and(|at| at <= to);
        self.world.advance_to(to);
        due
    }

    /// Where time flows, clients go by the machine's clock, whatever the world's date, and botocore uses no
    /// credentials that ended before it got them. So the end of a session is told in their time.
    pub(super) fn tell_in_client_time(&self, end: &mut Value) {
        let Time::Flowing { speed } = self.time else {
            return;
        };
        let at: Option<Timestamp> = end.as_str().and_then(|text| text.parse().ok());
        let left = at.map(|at| at.duration_since(self.world.now).as_secs_f64() / speed);
        let left = left.and_then(|left| SignedDuration::try_from_secs_f64(left).ok());
        if let Some(told) = left.and_then(|left| machine_date().checked_add(left).ok()) {
            *end = json!(told);
        }
    }

    /// What limits go by: a server's clients wait in the machine's time, however fast the world's goes.
    pub(super) fn machine_time(&self) -> Duration {
        match self.time {
            Time::Manual => Duration::try_from(self.world.now.as_duration()).unwrap_or_default(),
            Time::Flowing { .. } => self.since.0.elapsed(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "flowing time is the machine's, and begins here"
)]
pub(super) fn machine_clock() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client's date is the machine's, whatever the world's"
)]
fn machine_date() -> Timestamp {
    Timestamp::now()
}

pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
