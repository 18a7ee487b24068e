//! `validate` and `render`: no network, no credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nodemint_core::desired::Desired;
use nodemint_core::render;
use nodemint_core::spec::Problem;
use serde::Serialize;

use super::Session;
use crate::args::{Output, RenderArgs};
use crate::console::{BOLD, DIM, GOOD, NOTE, paint};
use crate::error::AppError;
use crate::project::{Project, read_tree, write_whole};
use crate::report;

const VALIDATE_SCHEMA: &str = "nodemint.dev/validate/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validated<'a> {
    schema: &'a str,
    fleet: &'a str,
    clusters: usize,
    launch_templates: usize,
    node_groups: usize,
    warnings: Vec<String>,
}

/// Checks the spec and its files; with a lock, what they render to as well.
pub fn validate(session: &Session) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    warn(session, &project);
    // What can be rendered is checked too: user data over 16 KiB, and all that lints know.
    let locked = project.find_lock()?.is_some();
    let lints = match locked {
        true => project.placed(&project.desired()?.warnings),
        false => project.placed(&project.lint()?),
    };
    tell_warnings(session, &project, &lints);
    let spec = project.spec();
    let (clusters, templates, groups) = (
        spec.clusters.len(),
        spec.launch_templates.len(),
        spec.node_groups.len(),
    );
    match session.console.output {
        Output::Json => session.console.answer_json(&Validated {
            schema: VALIDATE_SCHEMA,
            fleet: &spec.name,
            clusters,
            launch_templates: templates,
            node_groups: groups,
            warnings: project
                .loaded
                .warnings
                .iter()
                .chain(&lints)
                .map(ToString::to_string)
                .collect(),
        }),
        Output::Text | Output::Markdown => {
            let count = |number: usize, what: &str| {
                format!("{number} {what}{}", if number == 1 { "" } else { "s" })
            };
            session.console.answer(&format!(
                "{} is valid: {}, {}, {}.\n",
                project.spec_path.display(),
                count(clusters, "cluster"),
                count(templates, "launch template"),
                count(groups, "node group")
            ))?;
            if !locked {
                session.console.tell(
                    "There is no lock yet, so user data was not rendered, and only your own files were looked at: run `nodemint resolve`.",
                );
            }
            Ok(())
        }
    }
}

/// Shows the warnings about a spec.
pub fn warn(session: &Session, project: &Project) {
    tell_warnings(session, project, &project.loaded.warnings);
}

fn tell_warnings(session: &Session, project: &Project, warnings: &[Problem]) {
    for warning in warnings {
        report::errors::warn(&project.spec_path, &project.text, warning, &session.console);
    }
}

const RENDER_SCHEMA: &str = "nodemint.dev/render/v1";

#[derive(Serialize)]
struct Rendered {
    schema: &'static str,
    out: String,
    files: BTreeMap<String, usize>,
    differing: Vec<String>,
    /// What lints found in what was rendered.
    warnings: Vec<String>,
}

/// Renders into a folder, or compares with what is there.
pub fn render(session: &Session, args: &RenderArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    warn(session, &project);
    let desired = project.desired()?;
    let lints = project.placed(&desired.warnings);
    tell_warnings(session, &project, &lints);
    let mut files = render::files(&desired);
    if args.merged {
        files.extend(render::merged_files(&desired));
        tell_unmerged(session, &desired);
    }
    spare_sources(&project, &args.out, &files)?;
    let present = read_tree(&args.out)?;
    let whole = session.global.region.is_none();
    let differing = differing(&files, &present, whole);
    if !args.check {
        write_files(&args.out, &files, &differing)?;
    }
    if session.console.output == Output::Json {
        let rendered = Rendered {
            schema: RENDER_SCHEMA,
            out: args.out.display().to_string(),
            files: files
                .iter()
                .map(|(name, bytes)| (name.clone(), bytes.len()))
                .collect(),
            differing: differing.keys().cloned().collect(),
            warnings: lints.iter().map(ToString::to_string).collect(),
        };
        session.console.answer_json(&rendered)?;
    } else {
        answer(session, args, &files, &differing)?;
    }
    match args.check && !differing.is_empty() {
        true => Err(AppError::Changes),
        false => Ok(()),
    }
}

/// Where EKS adds nothing, the rendered user data is what a node gets.
fn tell_unmerged(session: &Session, desired: &Desired) {
    let whole = desired
        .templates
        .iter()
        .filter(|one| !render::is_merged(one));
    let names: Vec<String> = whole
        .map(|one| format!("{} on {}", one.name, one.cluster))
        .collect();
    if !names.is_empty() {
        session.console.tell(&format!(
            "{} {}: the launch template names its image, so EKS merges nothing: the node gets what is rendered",
            paint(NOTE, "note:"),
            report::few(&names)
        ));
    }
}

/// No file that the spec names is ever written over.
fn spare_sources(
    project: &Project,
    out: &Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), AppError> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let sources: Vec<PathBuf> = project
        .sources()
        .iter()
        .map(|path| absolute(path))
        .collect();
    let taken = files.keys().map(|name| absolute(&out.join(name)));
    match taken.into_iter().find(|path| sources.contains(path)) {
        None => Ok(()),
        Some(path) => Err(AppError::usage(
            format!(
                "{} is a file of the spec, and would be written over",
                path.display()
            ),
            "render into another folder with --out",
        )),
    }
}

/// How a file in the folder differs from what is rendered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    New,
    Changed,
    /// Of something that is rendered now: it is removed.
    Leftover,
    /// Of a launch template or cluster that the spec does not have: it is told, and left.
    Foreign,
}

impl Difference {
    fn text(self) -> &'static str {
        match self {
            Difference::New => "new",
            Difference::Changed => "changed",
            Difference::Leftover => "no longer rendered",
            Difference::Foreign => "not of this spec any more: delete it, or keep it elsewhere",
        }
    }
}

fn differing(
    files: &BTreeMap<String, Vec<u8>>,
    present: &BTreeMap<String, Vec<u8>>,
    whole: bool,
) -> BTreeMap<String, Difference> {
    let mut differing = BTreeMap::new();
    for (name, bytes) in files {
        match present.get(name) {
            None => differing.insert(name.clone(), Difference::New),
            Some(other) if other != bytes => differing.insert(name.clone(), Difference::Changed),
            Some(_) => None,
        };
    }
    let folders: BTreeSet<String> = files.keys().filter_map(|name| folder_of(name)).collect();
    for name in present.keys().filter(|name| !files.contains_key(*name)) {
        match folder_of(name).filter(|folder| written_by_us(folder, present)) {
            Some(folder) if folders.contains(&folder) => {
                differing.insert(name.clone(), Difference::Leftover);
            }
            Some(_) if whole => {
                differing.insert(name.clone(), Difference::Foreign);
            }
            _ => {}
        }
    }
    differing
}

/// `<template>/<cluster>` of a path as we write them; none for any other.
fn folder_of(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').collect();
    let numbered = |part: &str| part.as_bytes().first().is_some_and(u8::is_ascii_digit);
    match parts[..] {
        [template, cluster, file] if file == DATA_FILE || file.starts_with("user-data.") => {
            Some(format!("{template}/{cluster}"))
        }
        [template, cluster, "parts", part] if numbered(part) => {
            Some(format!("{template}/{cluster}"))
        }
        _ => None,
    }
}

/// The file that is in every folder of ours, and how it begins.
const DATA_FILE: &str = "launch-template-data.yaml";
const DATA_HEAD: &[u8] = b"# Written by `nodemint render`";

fn written_by_us(folder: &str, present: &BTreeMap<String, Vec<u8>>) -> bool {
    let data = present.get(&format!("{folder}/{DATA_FILE}"));
    data.is_some_and(|bytes| bytes.starts_with(DATA_HEAD))
}

fn write_files(
    out: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    differing: &BTreeMap<String, Difference>,
) -> Result<(), AppError> {
    for (name, difference) in differing {
        let path = out.join(name);
        match (difference, files.get(name)) {
            (_, Some(bytes)) => write_whole(&path, bytes)?,
            (Difference::Leftover, None) => std::fs::remove_file(&path)
                .map_err(|error| AppError::file("remove", &path, error))?,
            (_, None) => {}
        }
    }
    Ok(())
}

fn answer(
    session: &Session,
    args: &RenderArgs,
    files: &BTreeMap<String, Vec<u8>>,
    differing: &BTreeMap<String, Difference>,
) -> Result<(), AppError> {
    let console = &session.console;
    let mut text = String::new();
    let names: BTreeSet<&String> = files.keys().chain(differing.keys()).collect();
    for name in names {
        let size = files
            .get(name)
            .map_or_else(|| "-".to_owned(), |bytes| format!("{} B", bytes.len()));
        let how = differing
            .get(name)
            .map(|how| paint(DIM, format!(" {}", how.text())));
        text.push_str(&format!("  {size:>9}  {name}{}\n", how.unwrap_or_default()));
    }
    let out = args.out.display();
    let count = |wanted: &[Difference]| {
        differing
            .values()
            .filter(|how| wanted.contains(how))
            .count()
    };
    let summary = match (args.check, differing.len()) {
        (_, 0) => paint(GOOD, format!("{out} is up to date.")),
        (true, number) => format!(
            "{number} of the files in {out} differ from what the spec and the lock render to."
        ),
        (false, _) => {
            let removed = match count(&[Difference::Leftover]) {
                0 => String::new(),
                number => format!(", {number} removed"),
            };
            let written = count(&[Difference::New, Difference::Changed]);
            format!(
                "{written} of {} files written to {out}{removed}.",
                files.len()
            )
        }
    };
    text.push_str(&format!("{}\n", paint(BOLD, summary)));
    console.answer(&text)
}
