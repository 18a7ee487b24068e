//! The story that `nodemint demo` tells: the same every time, and the one that the README shows.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Tells the story in an empty folder. Time, ids and the order of nodes come from the embedded AWS's seed;
/// only how long it took on this machine differs from run to run.
fn tell() -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Answers and progress in one file, as a person sees them.
    let path = folder.path().join("told.txt");
    let told = File::create(&path).expect("a file");
    let status = Command::new(env!("CARGO_BIN_EXE_nodemint"))
        .args(["demo", "--fast"])
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(told.try_clone().expect("the file again"))
        .stderr(told)
        .status()
        .expect("the command runs");
    let told = fs::read_to_string(&path).expect("UTF-8");
    assert!(status.success(), "{told}");
    for file in [
        "nodemint.yaml",
        "nodemint.lock",
        "plan.json",
        ".nodemint/sandbox.json",
    ] {
        assert!(
            folder.path().join("nodemint-demo").join(file).exists(),
            "{file} is left behind"
        );
    }
    // How long it took and where the binary lies are this machine's.
    let lines = told
        .lines()
        .filter(|line| !line.starts_with("  alias nodemint="))
        .map(|line| match line.starts_with("Told in ") {
            true => "Told in some seconds. Go on from here:",
            false => line,
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_story_is_the_same_every_time() {
    let story = tell();
    assert_eq!(story, tell());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(ROOT).join("golden/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("demo", story));
}

/// What the README shows was really printed: each line of its story, in this order.
#[test]
fn the_readme_shows_what_is_printed() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let section = readme
        .split("\n## The story\n")
        .nth(1)
        .expect("the story's section");
    let section = section.split("\n## ").next().expect("its end");
    let shown: Vec<&str> = section
        .split("```")
        .skip(1)
        .step_by(2)
        .flat_map(|block| block.lines().skip(1))
        .collect();
    assert!(shown.len() > 40, "the README shows the story");
    let story = tell();
    let mut printed = story.lines();
    for line in shown
        .iter()
        .filter(|line| !line.trim().is_empty() && line.trim() != "…")
    {
        assert!(
            printed.any(|other| other == *line),
            "not printed, or not in this order: {line:?}"
        );
    }
}
