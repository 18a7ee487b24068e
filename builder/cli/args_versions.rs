//! The command line of the commands about versions: `history`, `diff`, `export`, `prune`. A part of the
//! contract in args.rs.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Span, SpanRelativeTo};

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The launch template: its name or its id
    pub template: String,
    /// Only so many of the newest versions
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The launch template: its name or its id
    pub template: String,
    /// The version to compare from: a number, `latest`, `default`, `previous` or `spec`
    #[arg(value_name = "A", value_parser = side)]
    pub from: Side,
    /// The version to compare with, likewise
    #[arg(value_name = "B", value_parser = side)]
    pub to: Side,
    /// Only where this cluster is, and what the spec asks for there
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Exit with 2 if they differ
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Number(i64),
    Latest,
    Default,
    /// the newest version below the other side
    Previous,
    /// what the spec and the lock render
    Spec,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The launch template: its name or its id
    pub template: String,
    /// Where to write
    #[arg(long, value_name = "DIR", default_value = "exported")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Launch templates, by name or id [default: all of the spec]
    #[arg(value_name = "TEMPLATE")]
    pub templates: Vec<String>,
    /// So many of the newest versions stay, used or not
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub keep: usize,
    /// Versions that are younger stay: 30d, 36h, 2w; 0d for no such limit
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = age)]
    pub older_than: SignedDuration,
    /// Do not ask
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn side(text: &str) -> Result<Side, String> {
    match (text, text.parse::<i64>()) {
        ("latest" | "$Latest", _) => Ok(Side::Latest),
        ("default" | "$Default", _) => Ok(Side::Default),
        ("previous", _) => Ok(Side::Previous),
        ("spec", _) => Ok(Side::Spec),
        (_, Ok(number)) if number >= 1 => Ok(Side::Number(number)),
        _ => Err("a version number, `latest`, `default`, `previous` or `spec`".to_owned()),
    }
}

/// How old: a day has 24 hours; months and years have no length.
fn age(text: &str) -> Result<SignedDuration, String> {
    let bad = || "an age such as 30d, 36h or 2w".to_owned();
    let span: Span = text.parse().map_err(|_| bad())?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours());
    age.ok().filter(|age| !age.is_negative()).ok_or_else(bad)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| *number >= 1);
    number.ok_or_else(|| "a number of at least 1".to_owned())
}
