//! The command line: names, flags and their help. A contract: nothing here is renamed lightly.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use nodemint_core::plan::Adopt;

pub use crate::args_groups::{ReplaceArgs, RollbackArgs};
pub use crate::args_rights::{PolicyAccess, PolicyArgs, SandboxArgs};
pub use crate::args_versions::{DiffArgs, ExportArgs, HistoryArgs, PruneArgs, Side};
use crate::error::AppError;
use crate::help::{
    AFTER_HELP, APPLY_HELP, DIFF_HELP, EKSCTL_HELP, EXPLAIN_HELP, EXPORT_HELP, HISTORY_HELP,
    IMPORT_AWS_HELP, OUTDATED_HELP, PLAN_HELP, POLICY_HELP, PRUNE_HELP, REPLACE_HELP, RESOLVE_HELP,
    ROLLBACK_HELP, SET_HELP,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// An AMI and launch-template build pipeline for Amazon EKS node groups.
///
/// One spec (nodemint.yaml) and one lock (nodemint.lock) say what the nodes are. `resolve` moves the lock,
/// `plan` shows what would happen, `apply` does it, `rollback` goes back to an older version.
#[derive(Debug, Parser)]
#[command(name = "nodemint", version, styles = STYLES, after_help = AFTER_HELP, propagate_version = false)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The spec
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        default_value = "nodemint.yaml"
    )]
    pub file: PathBuf,
    /// The lock [default: nodemint.lock beside the spec]
    #[arg(long, global = true, value_name = "FILE")]
    pub lock: Option<PathBuf>,
    /// Only clusters of this region
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// A profile of the AWS configuration files
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Send every AWS call to this URL, such as one of `nodemint sandbox`
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Use the embedded AWS, its state kept in a file between commands
    /// [default state: .nodemint/sandbox.json beside the spec]
    #[arg(long, global = true, value_name = "STATE", num_args = 0..=1, require_equals = true)]
    pub sandbox: Option<Option<PathBuf>>,
    /// With --sandbox: write a JSON line for each AWS call to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub sandbox_log: Option<PathBuf>,
    /// How answers are written
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub output: Output,
    /// Show what changes in user data, which can hold secrets, on more than a terminal
    #[arg(long, global = true)]
    pub show_user_data: bool,
    /// Only answers and errors, no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice: log every AWS call
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Colours; `auto` looks at the terminal and at NO_COLOR
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

impl Global {
    /// What clap does not check for global flags, which may stand on either side of the command.
    pub fn check(&self) -> Result<(), AppError> {
        match (&self.sandbox, &self.sandbox_log, &self.endpoint_url) {
            (None, Some(_), _) => Err(AppError::usage(
                "--sandbox-log logs the calls of --sandbox, which is not given",
                "add --sandbox; `nodemint sandbox` has a --log of its own",
            )),
            (Some(_), _, Some(_)) => Err(AppError::usage(
                "--sandbox and --endpoint-url exclude each other",
                "--sandbox is the embedded AWS, --endpoint-url any other",
            )),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Text,
    Json,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the spec and its files; offline
    Validate,
    /// Find the images and the clusters' facts, and write the lock
    Resolve(ResolveArgs),
    /// Render user data and launch-template data; offline
    Render(RenderArgs),
    /// Show what apply would do
    Plan(PlanArgs),
    /// Mint versions, create node groups, roll them
    Apply(ApplyArgs),
    /// Roll node groups back to older versions of their launch templates
    #[command(after_long_help = ROLLBACK_HELP)]
    Rollback(RollbackArgs),
    /// Put a new node group in the place of one that EKS cannot change, in two steps
    #[command(after_long_help = REPLACE_HELP)]
    Replace(ReplaceArgs),
    /// Edit the spec, its comments kept; move a launch template from AL2 to AL2023
    #[command(after_long_help = SET_HELP)]
    Set(SetArgs),
    /// Show node groups: version, image and its age, health, what is behind
    Status,
    /// Compare the images that run and that are locked with the newest ones
    #[command(after_long_help = OUTDATED_HELP)]
    Outdated,
    /// Show the versions of a launch template: hash, what changed, who uses which
    #[command(after_long_help = HISTORY_HELP)]
    History(HistoryArgs),
    /// Compare two versions of a launch template, or one with what the spec asks for
    #[command(after_long_help = DIFF_HELP)]
    Diff(DiffArgs),
    /// Write every version of a launch template as YAML, for version control
    #[command(after_long_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Delete old versions that nothing uses
    #[command(after_long_help = PRUNE_HELP)]
    Prune(PruneArgs),
    /// Decode user data, and tell what a node makes of it: parts, boot order, what is wrong
    Explain(ExplainArgs),
    /// Print the IAM policy that the commands need: to read, or to write too; offline
    #[command(after_long_help = POLICY_HELP)]
    Policy(PolicyArgs),
    /// Serve the embedded AWS on a loopback port, for any AWS client
    Sandbox(SandboxArgs),
    /// Tell the whole story on the embedded AWS; needs no account
    Demo(DemoArgs),
    /// Print the completions for a shell
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the JSON Schema of a file format
    Schema {
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Make a spec from another tool's file, offline, or from what exists in AWS
    Import(ImportArgs),
    /// Build a custom AMI (not supported yet)
    #[command(hide = true)]
    Bake(LaterArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// nodemint.yaml
    Spec,
    /// NodeConfig, what Amazon Linux 2023 nodes are told
    Nodeconfig,
    /// the seed file of `nodemint sandbox`
    Seed,
    /// what `plan --output json` prints
    Plan,
    /// a line of what `apply --output json` prints
    Event,
}

#[derive(Debug, Args)]
#[command(after_long_help = RESOLVE_HELP)]
pub struct ResolveArgs {
    /// Look up again what is locked: everything, or the images of the named launch templates
    ///
    /// Without it, what is locked and still answers the spec stays as it is, and only the rest is asked for.
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with = "check")]
    pub update: Option<Vec<String>>,
    /// Write nothing; exit with 2 if `--update` would change the lock
    #[arg(long)]
    pub check: bool,
    /// Lock nothing that there are doubts about, such as a deprecated image: a warning is an error
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Args)]
pub struct RenderArgs {
    /// Where to write
    #[arg(long, value_name = "DIR", default_value = "rendered")]
    pub out: PathBuf,
    /// Write nothing; exit with 2 if what is in DIR differs
    #[arg(long)]
    pub check: bool,
    /// Besides, preview what a node gets where EKS adds its own user data (`pinnedBy: releaseVersion`), in
    /// files `user-data.merged.*` that say what is known and what is inferred
    #[arg(long)]
    pub merged: bool,
}

/// What a plan may take over.
#[derive(Clone, Debug, Args)]
pub struct AdoptArgs {
    /// Take over what the plan is about and what belongs to nobody: tag it as this fleet's, before anything else.
    /// With a launch template's or node group's name, or `fleet:NAME`: also what belongs to another fleet. Repeatable
    #[arg(
        long,
        value_name = "NAME|fleet:NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub adopt: Vec<String>,
}

impl AdoptArgs {
    pub fn given(&self) -> Adopt {
        Adopt::of(self.adopt.iter().map(String::as_str))
    }
}

#[derive(Debug, Args)]
#[command(after_long_help = PLAN_HELP)]
pub struct PlanArgs {
    /// Save the plan, for `nodemint apply FILE`. It holds the user data: keep it like a secret
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How long the saved plan can be applied: `30m`, `2h`, `7d`
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = lifetime)]
    pub expires_in: SignedDuration,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    #[command(flatten)]
    pub adopt: AdoptArgs,
}

#[derive(Debug, Args)]
#[command(after_long_help = APPLY_HELP)]
pub struct ApplyArgs {
    /// A plan saved by `nodemint plan --out`; left out: plan now, show it, and ask
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub adopt: AdoptArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Start creations and updates, and do not wait for them (exit code 7)
    #[arg(long)]
    pub no_wait: bool,
    /// Seconds between two looks at an update
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub poll_interval: std::time::Duration,
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// The launch template or node group
    #[arg(value_name = "GROUP|TEMPLATE")]
    pub name: String,
    /// What to set: a path below it, and the value; an empty value takes the key out
    #[arg(value_name = "KEY=VALUE", required = true)]
    pub changes: Vec<String>,
    /// The group's cluster, if two clusters have a group of this name
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask, where other node groups share the launch template
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = EXPLAIN_HELP)]
pub struct ExplainArgs {
    /// A file with user data, `-` for standard input, or a launch template with a version: a number,
    /// `latest` (if left out) or `default`
    #[arg(value_name = "FILE|TEMPLATE[:VERSION]")]
    pub what: String,
    /// The AMI family that it is for; left out: the spec's, or told by the parts
    #[arg(long, value_name = "NAME", value_parser = family_name)]
    pub family: Option<nodemint_core::spec::FamilyName>,
    /// EKS merges it with its own user data: no image is in the launch template
    #[arg(long)]
    pub merged: bool,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the story leaves its files; must not exist yet [default: nodemint-demo, or the next free]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// No pauses
    #[arg(long)]
    pub fast: bool,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    pub from: ImportFrom,
}

#[derive(Debug, Subcommand)]
pub enum ImportFrom {
    /// An eksctl ClusterConfig: its node groups become a spec and user-data files
    #[command(after_long_help = EKSCTL_HELP)]
    Eksctl(EksctlArgs),
    /// What exists in AWS: a cluster's node groups and their launch templates become a spec, a lock and files
    #[command(after_long_help = IMPORT_AWS_HELP)]
    Aws(AwsArgs),
}

#[derive(Debug, Args)]
pub struct EksctlArgs {
    /// The ClusterConfig; `-` reads it from standard input
    #[arg(value_name = "FILE")]
    pub config: PathBuf,
    /// Where to write nodemint.yaml and userdata/
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Move groups of Amazon Linux 2 to this family, whatever their Kubernetes version
    #[arg(long, value_enum, value_name = "FAMILY")]
    pub family: Option<ImportFamily>,
    /// Write over files that exist
    #[arg(long)]
    pub force: bool,
    /// Write nothing: show the spec and the report
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct AwsArgs {
    /// The EKS cluster
    #[arg(long, value_name = "NAME")]
    pub cluster: String,
    /// Only these node groups; left out: all of the cluster's. Repeatable
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,
    /// The fleet's name [default: the fleet that all of it is tagged with, or the cluster's name]
    #[arg(long, value_name = "NAME")]
    pub fleet: Option<String>,
    /// Where to write nodemint.yaml, nodemint.lock and userdata/
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Write over files that exist
    #[arg(long)]
    pub force: bool,
    /// Write nothing: show the spec and the report
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFamily {
    #[value(name = "AL2023")]
    Al2023,
}

#[derive(Debug, Args)]
pub struct LaterArgs {
    #[arg(num_args = 0.., allow_hyphen_values = true, trailing_var_arg = true, hide = true)]
    pub rest: Vec<String>,
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.05..=600.0).contains(&seconds) => {
            Ok(std::time::Duration::from_secs_f64(seconds))
        }
        _ => Err("a number of seconds between 0.05 and 600".to_owned()),
    }
}

/// The longest life of a saved plan. What it was made from is checked whatever its age; its reviewers are not.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let span: Option<Span> = text.parse().ok();
    let days = SpanRelativeTo::days_are_24_hours();
    let time = span.and_then(|span| span.to_duration(days).ok());
    match time {
        Some(time) if (SignedDuration::from_secs(1)..=LONGEST_LIFE).contains(&time) => Ok(time),
        _ => Err("a time between a second and 90 days, such as 30m, 2h or 7d".to_owned()),
    }
}

fn family_name(text: &str) -> Result<nodemint_core::spec::FamilyName, String> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|error| error.to_string())
}
