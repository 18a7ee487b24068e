//! Resolve, observe and apply on an AWS in memory, whose every call can fail, hang or be overtaken.

mod accounts;
mod apply_errors;
mod failures;
mod filters;
mod fleets;
mod kills;
mod observe;
mod outdated;
mod races;
mod regions;
mod resolve;
mod saved;
mod story;
mod support;
