//! The plan: situations and what comes of them, whole plans as snapshots, and the laws that hold for all.

mod accounts;
mod files;
mod laws;
mod model;
mod resume;
mod rollback;
mod situations;
mod snapshots;
mod standing;
mod support;
