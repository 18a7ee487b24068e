//! The `nodemint` command.
#![allow(
    clippy::disallowed_methods,
    reason = "the edge of the program: files, the environment and the machine's clock are read here and handed inwards as values"
)]
#![allow(
    clippy::result_large_err,
    reason = "an error of AWS is told whole; it ends a run, and its size costs nothing next to the call"
)]

mod args;
mod args_groups;
mod args_rights;
mod args_versions;
mod commands;
mod console;
mod error;
mod help;
mod inputs;
mod project;
mod report;
mod surroundings;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use args::Cli;
use console::Console;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let console = Console::new(&cli.global);
    log(cli.global.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            console.say(&format!(
                "error: the asynchronous runtime does not start: {error}"
            ));
            return ExitCode::from(error::Exit::Error as u8);
        }
    };
    match runtime.block_on(commands::run(cli, console)) {
        Ok(()) => ExitCode::from(error::Exit::Done as u8),
        Err(error) => {
            report::errors::tell(&error, &console);
            ExitCode::from(error.exit() as u8)
        }
    }
}

/// clap ends a wrong command line with 2, which here means "there are changes".
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to do if help cannot be printed.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            ExitCode::from(error::Exit::Done as u8)
        }
        _ => ExitCode::from(error::Exit::Error as u8),
    }
}

/// Logs go to stderr. NODEMINT_LOG takes tracing's own filter; `-vv` logs every AWS call without bodies,
/// because bodies hold user data.
fn log(verbose: u8) {
    let default = match verbose {
        0 => "error",
        1 => "warn,nodemint=info",
        _ => "warn,nodemint=debug,nodemint_aws=debug,nodemint_engine=debug",
    };
    let wanted = std::env::var("NODEMINT_LOG").unwrap_or_else(|_| default.to_owned());
    // Last, so that nothing in NODEMINT_LOG makes the SDK print requests.
    let capped = |filter: &str| format!("{filter},{}", nodemint_aws::LOG_CEILING);
    let filter = tracing_subscriber::EnvFilter::try_new(capped(&wanted))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(capped(default)));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}
