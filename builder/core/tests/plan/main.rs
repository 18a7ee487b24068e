//! The plan: situations and what comes of them, whole plans as snapshots, and the laws that hold for all.

mod accounts;
mod files;
mod laws;
mod limits;
mod model;
mod ownership;
mod replace;
mod resume;
mod rollback;
mod rollback_checks;
mod situations;
mod snapshots;
mod standing;
mod support;
mod telling;
