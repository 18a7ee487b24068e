//! The pure part of nodemint: from the text of a spec to a plan, without a clock, a network, an
//! environment or a file system. Everything that varies comes in as a value.
//!
//! `&str → FleetSpec` ([`spec`]) · `(FleetSpec, Lock) → Desired` ([`render`]) ·
//! `(Desired, Observed, now) → Plan` ([`plan`]).

pub mod ami_source;
pub mod desired;
pub mod explain;
pub mod export;
pub mod family;
pub mod fit;
pub(crate) mod gzip;
pub mod import;
pub mod launch_template;
pub mod lint;
pub mod lock;
pub mod node_config;
pub mod observed;
pub mod partition;
pub mod plan;
pub mod policy;
pub mod prune;
pub mod render;
pub mod select;
pub mod site;
pub mod spec;
pub mod translate;
pub(crate) mod user_template;
pub mod uses;
