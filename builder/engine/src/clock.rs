//! Time as an argument.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// A clock that waits: the machine's own, or the virtual one of the embedded AWS.
#[async_trait]
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
    async fn sleep(&self, duration: Duration);
}
