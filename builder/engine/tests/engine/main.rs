//! Resolve, observe and apply on an AWS in memory, whose every call can fail, hang or be overtaken.

#![expect(clippy::result_large_err, reason = "as in the engine itself")]

mod apply_errors;
mod failures;
mod kills;
mod races;
mod resolve;
mod saved;
mod story;
mod support;
