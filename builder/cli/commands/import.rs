//! `import`: another tool's file becomes a spec and its files.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nodemint_core::import::eksctl;
use nodemint_core::import::{Entry, Imported, Options};
use nodemint_core::spec::FamilyName;
use serde::Serialize;

use super::Session;
use crate::args::{EksctlArgs, ImportFamily, Output};
use crate::error::AppError;
use crate::project::write_whole;
use crate::report;

pub(super) const SCHEMA: &str = "nodemint.dev/import/v1";
const SPEC: &str = "nodemint.yaml";

/// The answer for programs. The files' content is left out: what is printed ends up in logs, and user data
/// can hold secrets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema: &'a str,
    spec: &'a str,
    /// by path, in bytes
    files: BTreeMap<&'a str, usize>,
    report: &'a [Entry],
    to_do: usize,
    written: Vec<String>,
}

pub fn eksctl(session: &Session, args: &EksctlArgs) -> Result<(), AppError> {
    let text = read(&args.config)?;
    let options = Options {
        family: args.family.map(|ImportFamily::Al2023| FamilyName::AL2023),
    };
    let imported = eksctl::import(&text, &options).map_err(|errors| AppError::Spec {
        path: shown(&args.config),
        text,
        problems: errors.problems,
    })?;
    let files = files(&imported, &args.out);
    if !args.dry_run {
        if !args.force {
            spare_others(&files)?;
        }
        for (path, content) in &files {
            write_whole(path, content)?;
        }
    }
    answer(session, args, &imported, &files)
}

fn read(path: &Path) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().lock().read_to_end(&mut bytes),
        false => std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    read.map_err(|error| AppError::file("read", &shown(path), error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        AppError::usage(
            format!("{} is not UTF-8 text (byte {at})", shown(path).display()),
            "save it as UTF-8",
        )
    })
}

fn shown(path: &Path) -> PathBuf {
    match path == Path::new("-") {
        true => PathBuf::from("standard input"),
        false => path.to_owned(),
    }
}

/// Everything to be written, by where it goes.
pub(super) fn files<'a>(imported: &'a Imported, out: &Path) -> BTreeMap<PathBuf, &'a [u8]> {
    let scripts = imported.files.iter();
    let scripts = scripts.map(|(path, content)| (out.join(path), content.as_slice()));
    let spec = (out.join(SPEC), imported.spec.as_bytes());
    scripts.chain([spec]).collect()
}

/// Files that are there and say something else stay as they are, unless asked: all of them are named.
pub(super) fn spare_others(files: &BTreeMap<PathBuf, &[u8]>) -> Result<(), AppError> {
    let differs = |(path, content): &(&PathBuf, &&[u8])| match std::fs::read(path) {
        Ok(present) => present != **content,
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    let there = files.iter().filter(differs);
    let there: Vec<String> = there.map(|(path, _)| path.display().to_string()).collect();
    match there.is_empty() {
        true => Ok(()),
        false => Err(AppError::usage(
            format!(
                "nothing was written, because there is already {}",
                there.join(", ")
            ),
            "write elsewhere with --out, or over them with --force",
        )),
    }
}

fn answer(
    session: &Session,
    args: &EksctlArgs,
    imported: &Imported,
    files: &BTreeMap<PathBuf, &[u8]>,
) -> Result<(), AppError> {
    let console = &session.console;
    let written: Vec<String> = match args.dry_run {
        true => Vec::new(),
        false => files
            .keys()
            .map(|path| path.display().to_string())
            .collect(),
    };
    if console.output == Output::Json {
        let sizes = imported.files.iter();
        return console.answer_json(&Answer {
            schema: SCHEMA,
            spec: &imported.spec,
            files: sizes
                .map(|(path, content)| (path.as_str(), content.len()))
                .collect(),
            report: &imported.report,
            to_do: imported.to_do(),
            written,
        });
    }
    let mut text = String::new();
    if args.dry_run {
        text.push_str(&imported.spec);
        text.push('\n');
    }
    text.push_str(&report::import::text(imported, &written, console));
    console.answer(&text)
}
