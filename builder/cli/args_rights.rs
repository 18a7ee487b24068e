//! The command line of `policy`, and of `sandbox`, which can hold callers to one. A part of the contract in args.rs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nodemint_sandbox::{Denial, Limit};

#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[arg(value_enum)]
    pub access: PolicyAccess,
    /// For any fleet of the account: no spec is read
    #[arg(long, conflicts_with_all = ["who", "file", "region"])]
    pub generic: bool,
    /// Whose policy, where clusters are reached with other credentials: `own`, `profile:NAME`, or the role's ARN
    #[arg(long = "for", value_name = "CREDENTIALS", default_value = "own", value_parser = credentials)]
    pub who: nodemint_core::site::Access,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyAccess {
    /// resolve, plan and whatever else looks
    Read,
    /// besides: apply, rollback
    Write,
    /// besides, for a person: what deletes (prune, replace), and `--adopt` of launch templates that others made
    All,
}

#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value = "0")]
    pub port: u16,
    /// The account to begin with, as YAML (`nodemint schema seed`)
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// Keep the state in this file; if it exists, go on from it, without --seed
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Write a JSON line for each call
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// How many virtual seconds pass in a second
    #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
    pub speed: f64,
    /// Throttle an operation beyond so many calls a real second, per account and region, such as
    /// ssm:GetParameters=40; all reads of Parameter Store count together. Repeatable
    #[arg(long, value_name = "SERVICE:OPERATION=RATE")]
    pub limit: Vec<Limit>,
    /// Refuse an operation for want of permission, everywhere or in one region, such as
    /// eks:DescribeCluster@eu-west-1. Repeatable
    #[arg(long, value_name = "SERVICE:OPERATION[@REGION]")]
    pub deny: Vec<Denial>,
    /// Let an access key do only what an IAM policy document allows: its actions, while resources and conditions
    /// are not looked at. Repeatable
    #[arg(long, value_name = "ACCESS_KEY=FILE", value_parser = key_and_file)]
    pub policy: Vec<(String, PathBuf)>,
    /// Answer each call so many real milliseconds later, as the way to AWS and back takes
    #[arg(long, value_name = "MS", default_value = "0")]
    pub latency: u64,
}

fn key_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((key, file)) if !key.is_empty() && !file.is_empty() => {
            Ok((key.to_owned(), PathBuf::from(file)))
        }
        _ => Err("an access key, `=` and a file".to_owned()),
    }
}

fn credentials(text: &str) -> Result<nodemint_core::site::Access, String> {
    let wanted = "`own`, `profile:NAME`, or the ARN of a role, as `assumeRoleArn` has it";
    text.parse().map_err(|_| wanted.to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.001..=1_000_000.0).contains(&speed) => Ok(speed),
        _ => Err("a factor between 0.001 and 1000000".to_owned()),
    }
}
