//! The command line of `rollback` and `replace`: what is done to node groups by name.

use clap::Args;
use nodemint_core::select::Selector;

use crate::args::{AdoptArgs, RunArgs};

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The node groups: GROUP, or CLUSTER/GROUP
    #[arg(value_name = "GROUP")]
    pub groups: Vec<String>,
    /// The groups of the spec that all of this fits: cluster, name, launchTemplate, region, label:KEY and tag:KEY,
    /// `*` for any text. Repeatable: groups that any of them fits
    #[arg(long, value_name = "KEY=VALUE[,KEY=VALUE…]")]
    pub selector: Vec<Selector>,
    /// The version to go back to: a number, or `previous`
    #[arg(long, value_name = "VERSION", default_value = "previous", value_parser = rollback_target)]
    pub to: nodemint_core::plan::RollbackTo,
    /// The cluster of the named groups, if two clusters have a group of one name
    #[arg(long, value_name = "NAME", conflicts_with = "selector")]
    pub cluster: Option<String>,
    /// Write the pins into the spec before anything moves, so that the next apply does not roll forward again
    #[arg(long)]
    pub write: bool,
    /// Show what would happen, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub adopt: AdoptArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Args)]
pub struct ReplaceArgs {
    /// The node group to replace
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// The new group's name
    #[arg(long = "as", value_name = "NEWNAME")]
    pub new: String,
    /// The group's cluster, if two clusters have a group of this name
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The second step: delete the old group, now that the new one runs
    #[arg(long)]
    pub delete_old: bool,
    /// Show what would happen, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub adopt: AdoptArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

fn rollback_target(text: &str) -> Result<nodemint_core::plan::RollbackTo, String> {
    use nodemint_core::plan::RollbackTo;
    match (text, text.parse::<i64>()) {
        ("previous", _) => Ok(RollbackTo::Previous),
        (_, Ok(version)) if version >= 1 => Ok(RollbackTo::Version(version)),
        _ => Err("a version number, or `previous`".to_owned()),
    }
}
