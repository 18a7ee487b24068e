//! `import::eksctl` on files of many shapes: `cases/NAME/cluster.yaml` beside the spec, the files and the report
//! that it becomes, byte for byte (`UPDATE_GOLDEN=1` writes them anew), and `mistakes/NAME.yaml` beside what is said
//! of it. Each case's spec loads and renders, and its report has every field of its input.
#![allow(
    clippy::disallowed_methods,
    reason = "the cases are files, and UPDATE_GOLDEN rewrites them"
)]

mod accounted;
mod cases;
mod generated;
mod mistakes;
mod rendered;
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nodemint_core::import::eksctl::import;
use nodemint_core::import::{Entry, Fate, Imported, Options};
use nodemint_core::spec::FamilyName;

struct Case {
    name: String,
    folder: PathBuf,
    text: String,
    options: Options,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/eksctl")
        .join(name)
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// The cases. A file that begins with `# --family AL2023` is imported with that option.
fn all_cases() -> Vec<Case> {
    let entries = fs::read_dir(folder("cases")).expect("the cases");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    folders.into_iter().map(case).collect()
}

fn case(folder: PathBuf) -> Case {
    let name = folder
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let text = fs::read_to_string(folder.join("cluster.yaml")).expect(&name);
    let family = text
        .starts_with("# --family AL2023\n")
        .then_some(FamilyName::AL2023);
    Case {
        name,
        folder,
        text,
        options: Options { family },
    }
}

impl Case {
    fn import(&self) -> Imported {
        import(&self.text, &self.options)
            .unwrap_or_else(|errors| panic!("{}:\n{errors}", self.name))
    }
}

/// The report as text, a line a field.
fn report(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let fate = match &entry.fate {
            Fate::Mapped { to, note: None } => format!("to {}", to.join(", ")),
            Fate::Mapped {
                to,
                note: Some(note),
            } => format!("to {} ({note})", to.join(", ")),
            Fate::LeftOut { reason } => format!("left out: {reason}"),
            Fate::ToDo { what } => format!("to do: {what}"),
        };
        format!("{:>3}  {}  {fate}\n", entry.line, entry.path)
    };
    entries.iter().map(line).collect()
}

/// What a case becomes, by path.
fn golden(imported: &Imported) -> BTreeMap<String, Vec<u8>> {
    let mut files = imported.files.clone();
    files.insert(
        "nodemint.yaml".to_owned(),
        imported.spec.clone().into_bytes(),
    );
    files.insert(
        "report.txt".to_owned(),
        report(&imported.report).into_bytes(),
    );
    files
}
