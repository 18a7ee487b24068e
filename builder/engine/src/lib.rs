//! The asynchronous part of nodemint: it reads AWS through [`ports`], and carries a plan out.
//!
//! `FleetSpec + cloud → Lock` ([`resolve`]) · `cloud → Observed` ([`observe`]) ·
//! `Plan + cloud + clock + event sink → Outcome` ([`apply`]). Nothing here prints, decides what should
//! change, or reads the time by itself.

#![expect(
    clippy::result_large_err,
    reason = "an error of AWS is told whole; it ends a run, and its size costs nothing next to the call"
)]

pub mod apply;
pub mod clock;
pub mod events;
pub mod import;
pub mod observe;
pub mod outdated;
pub mod ports;
pub mod prune;
pub mod resolve;
pub mod survey;
