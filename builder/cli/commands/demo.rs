//! `demo`: the whole story on the embedded AWS, told by the commands themselves.
//!
//! Every step is the command that a person would type, run by the same code, on files that stay: whoever
//! wants to go on from there can.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser as _;
use nodemint_core::spec::edit;

use super::{Session, apply, history, plan, resolve, rollback, status};
use crate::args::{Cli, Command, DemoArgs};
use crate::console::{BOLD, Console, DIM, GOOD, NOTE, paint};
use crate::error::AppError;
use crate::project::write_whole;

/// The project that the story is told on: the first golden case.
const FILES: [(&str, &str); 2] = [
    (
        "nodemint.yaml",
        include_str!("../../../golden/eksworkshop/nodemint.yaml"),
    ),
    (
        "userdata/10-sysctl.sh",
        include_str!("../../../golden/eksworkshop/userdata/10-sysctl.sh"),
    ),
];

/// Real time that a look at the embedded AWS takes: 15 of its seconds pass meanwhile. Slow enough to
/// read, and two rolls stay well under half a minute.
const PACE: Duration = Duration::from_millis(60);

/// The call log of the step that must not write.
const CALLS: &str = "calls.jsonl";

pub async fn run(session: &Session, args: &DemoArgs) -> Result<(), AppError> {
    let folder = folder(args)?;
    for (name, text) in FILES {
        // The golden case names the schema by a path inside the repository.
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !line.contains("$schema="))
            .collect();
        write_whole(
            &folder.join(name),
            format!("{}\n", kept.join("\n")).as_bytes(),
        )?;
    }
    // The commands of the story are those that a person would type in that folder.
    std::env::set_current_dir(&folder).map_err(|error| AppError::file("enter", &folder, error))?;
    let story = Story {
        folder,
        console: session.console,
        pace: if args.fast { Duration::ZERO } else { PACE },
        started: Instant::now(),
    };
    story.tell().await
}

/// The folder for the files: as told, or the first free name.
fn folder(args: &DemoArgs) -> Result<PathBuf, AppError> {
    if let Some(dir) = &args.dir {
        let taken = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        return match taken {
            true => Err(AppError::usage(
                format!(
                    "{} is not empty, and the demo overwrites nothing",
                    dir.display()
                ),
                "name another folder with --dir",
            )),
            false => Ok(dir.clone()),
        };
    }
    let names = std::iter::once("nodemint-demo".to_owned())
        .chain((2..1000).map(|number| format!("nodemint-demo-{number}")));
    let free = names.map(PathBuf::from).find(|path| !path.exists());
    free.ok_or_else(|| {
        AppError::usage(
            "there are a thousand demos in this folder",
            "name another one with --dir",
        )
    })
}

struct Story {
    folder: PathBuf,
    console: Console,
    pace: Duration,
    started: Instant,
}

impl Story {
    async fn tell(&self) -> Result<(), AppError> {
        let folder = self.folder.display();
        self.title("An EKS cluster, a launch template, a node group, on an embedded AWS: no account, no network.");
        self.aside(&format!("Everything is in {folder}/: the spec is nodemint.yaml, and .nodemint/ holds the embedded AWS."));
        self.chapter(
            1,
            "resolve finds the image and the cluster's facts, and locks them.",
        );
        self.command(&["resolve"]).await?;
        self.chapter(
            2,
            "plan shows what would happen, apply does it: version 1, and a node group on it.",
        );
        self.command(&["plan", "--out", "plan.json"]).await?;
        self.command(&["apply", "plan.json", "--yes"]).await?;
        self.chapter(3, "The instance type changes: one line in the spec.");
        self.edit("launchTemplates[0].instanceType", "m5.2xlarge")?;
        self.command(&["plan", "--out", "plan.json"]).await?;
        self.command(&["apply", "plan.json", "--yes"]).await?;
        self.chapter(
            4,
            "apply again: nothing to do, and not one call that writes.",
        );
        self.command(&["apply", "--yes", "--sandbox-log", CALLS])
            .await?;
        self.count_calls()?;
        self.chapter(
            5,
            "The new type was a mistake: version 1 is still there, image and user data included.",
        );
        self.command(&["rollback", "mng-1", "--to", "1", "--yes", "--write"])
            .await?;
        self.command(&["history", "demo"]).await?;
        self.command(&["status"]).await?;
        self.end();
        Ok(())
    }

    fn say(&self, text: &str) -> Result<(), AppError> {
        self.console.answer(&format!("{text}\n"))
    }

    fn title(&self, text: &str) {
        let _ = self.say(&paint(BOLD, text));
    }

    fn aside(&self, text: &str) {
        let _ = self.say(&paint(DIM, text));
    }

    fn chapter(&self, number: u8, text: &str) {
        let _ = self.say(&format!("\n{}", paint(NOTE, format!("{number}. {text}"))));
    }

    /// What the call log of the embedded AWS says of the last step.
    fn count_calls(&self) -> Result<(), AppError> {
        let path = Path::new(CALLS);
        let log =
            std::fs::read_to_string(path).map_err(|error| AppError::file("read", path, error))?;
        let calls: Vec<serde_json::Value> = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let writing = calls.iter().filter(|call| call["writes"] == true).count();
        self.say(&format!(
            "{CALLS}: {} calls to AWS, {writing} of them writing.",
            calls.len()
        ))
    }

    /// Runs a command of ours as if it were typed in the folder.
    async fn command(&self, words: &[&str]) -> Result<(), AppError> {
        let _ = self.say(&format!(
            "\n{}",
            paint(BOLD, format!("$ nodemint {} --sandbox", words.join(" ")))
        ));
        let line = ["nodemint", "--sandbox"]
            .into_iter()
            .chain(words.iter().copied());
        let cli =
            Cli::try_parse_from(line).map_err(|error| AppError::Sandbox(error.to_string()))?;
        let session = Session {
            global: cli.global,
            console: self.console,
            pace: self.pace,
        };
        match cli.command {
            Command::Resolve(args) => resolve::run(&session, &args).await,
            Command::Plan(args) => plan::run(&session, &args).await,
            Command::Apply(args) => apply::run(&session, &args).await,
            Command::Rollback(args) => rollback::run(&session, &args).await,
            Command::History(args) => history::run(&session, &args).await,
            Command::Status => status::run(&session).await,
            _ => Err(AppError::Sandbox("the story has no such step".to_owned())),
        }
    }

    /// Changes one value of the spec, its comments kept, and shows the change.
    fn edit(&self, path: &str, value: &str) -> Result<(), AppError> {
        let spec = Path::new("nodemint.yaml");
        let before =
            std::fs::read_to_string(spec).map_err(|error| AppError::file("read", spec, error))?;
        let after = edit::set_scalar(&before, path, value)
            .map_err(|error| AppError::Sandbox(error.to_string()))?;
        write_whole(spec, after.as_bytes())?;
        let diff = similar::TextDiff::from_lines(&before, &after);
        let _ = self.say("");
        for change in diff.iter_all_changes() {
            let line = change.value().trim_end();
            match change.tag() {
                similar::ChangeTag::Delete => self.aside(&format!("  - {line}")),
                similar::ChangeTag::Insert => {
                    let _ = self.say(&paint(GOOD, format!("  + {line}")));
                }
                similar::ChangeTag::Equal => {}
            }
        }
        Ok(())
    }

    fn end(&self) {
        let seconds = self.started.elapsed().as_secs().max(1);
        let _ = self.say(&format!(
            "\n{}",
            paint(BOLD, format!("Told in {seconds} seconds. Go on from here:"))
        ));
        let _ = self.say(&format!("  cd {}", self.folder.display()));
        if let Some(program) = not_on_path() {
            let _ = self.say(&format!("  alias nodemint={}", program.display()));
        }
        let _ = self.say("  nodemint status --sandbox\n  nodemint history demo --sandbox");
        let _ = self.say("  $EDITOR nodemint.yaml, then nodemint plan --sandbox");
        self.aside("Without --sandbox, the same commands talk to AWS.");
    }
}

/// This program, if a shell would not find it by its name.
fn not_on_path() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).any(|folder| folder.join("nodemint").is_file());
    (!found).then_some(program)
}
