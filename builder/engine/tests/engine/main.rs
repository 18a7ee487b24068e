//! Resolve, observe and apply on an AWS in memory, whose every call can fail, hang or be overtaken.

mod accounts;
mod apply_errors;
mod combined;
mod failures;
mod filters;
mod fleets;
mod kills;
mod meetings;
mod observe;
mod outdated;
mod ownership;
mod prune;
mod races;
mod regions;
mod replace;
mod resolve;
mod saved;
mod story;
mod support;
