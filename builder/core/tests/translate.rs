//! Launch templates of AL2 and what they become: `tests/translate/<case>` holds `before.yaml` and its files,
//! `after.yaml`, `left.txt`, and under `new/` the files that are written. `UPDATE_GOLDEN=1` writes them anew.

// The cases are files, and UPDATE_GOLDEN is asked for by whoever runs the test.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

use nodemint_core::spec::{self, FamilyName, Loaded};
use nodemint_core::translate::{MoveError, Moved, Told, to_al2023};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/translate");
    let entries = fs::read_dir(root).expect("tests/translate");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 10, "the cases are not found");
    folders
}

fn load(text: &str, folder: &Path, moved: &Moved) -> Loaded {
    let mut read = |path: &str| match moved.files.get(path) {
        Some(content) => Ok(content.clone().into_bytes()),
        None => fs::read(folder.join(path)).map_err(|error| error.to_string()),
    };
    let loaded = spec::load(text, &mut read);
    loaded.unwrap_or_else(|errors| panic!("{}:\n{errors}\n{text}", folder.display()))
}

fn left(told: &[Told]) -> String {
    let line = |one: &Told| {
        let place = one.file.as_deref().unwrap_or(&one.at);
        let line = one.left.line.map(|line| format!(" line {line}"));
        let (fate, what, why) = (one.left.fate.as_str(), &one.left.what, &one.left.why);
        let hint = match one.left.hint.as_str() {
            "" => String::new(),
            hint => format!("\n    {hint}"),
        };
        format!(
            "{fate}: {place}{}: {what}: {why}{hint}\n",
            line.unwrap_or_default()
        )
    };
    told.iter().map(line).collect()
}

fn move_case(folder: &Path) -> (String, Result<Moved, MoveError>) {
    let before = fs::read_to_string(folder.join("before.yaml")).expect("before.yaml");
    let spec = load(&before, folder, &Moved::default()).spec;
    let taken = |path: &str| folder.join(path).exists();
    let moved = to_al2023(&before, &spec.launch_templates[0], 0, &taken);
    (before, moved)
}

fn check(path: &Path, content: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(content, golden, "{}", path.display());
}

#[test]
fn templates_become_what_is_golden() {
    for folder in cases() {
        match move_case(&folder).1 {
            Ok(moved) => {
                check(&folder.join("after.yaml"), &moved.text);
                check(&folder.join("left.txt"), &left(&moved.left));
                for (path, content) in &moved.files {
                    check(&folder.join("new").join(path), content);
                }
            }
            Err(MoveError::Blocked(told)) => check(&folder.join("left.txt"), &left(&told)),
            Err(error) => panic!("{}: {error}", folder.display()),
        }
    }
}

#[test]
fn what_comes_out_is_a_valid_spec_of_al2023() {
    for folder in cases() {
        let Ok(moved) = move_case(&folder).1 else {
            continue;
        };
        let loaded = load(&moved.text, &folder, &moved);
        assert_eq!(loaded.spec.launch_templates[0].family, FamilyName::AL2023);
        for path in moved.files.keys() {
            assert!(!folder.join(path).exists(), "{path} would be written over");
            assert!(
                moved.text.contains(path.as_str()),
                "{path} is not in the spec"
            );
        }
    }
}

#[test]
fn comments_stay() {
    for folder in cases() {
        let (before, moved) = move_case(&folder);
        let Ok(moved) = moved else { continue };
        // A comment on a line that goes, goes with it; one on a line of its own stays.
        let lines = before.lines().filter(|line| line.contains("# "));
        for line in lines {
            let (code, comment) = line.split_once("# ").expect("a comment");
            let key = code.split(':').next().unwrap_or_default().trim();
            let goes = !key.is_empty() && !moved.text.contains(key);
            // Twelve blanks: a line of a step.
            let in_step = line.starts_with("            ");
            if in_step {
                continue;
            }
            assert!(
                goes || moved.text.contains(comment),
                "{}: {line}",
                folder.display()
            );
        }
    }
}

#[test]
fn moving_again_changes_nothing() {
    for folder in cases() {
        let Ok(moved) = move_case(&folder).1 else {
            continue;
        };
        let spec = load(&moved.text, &folder, &moved).spec;
        let again = to_al2023(&moved.text, &spec.launch_templates[0], 0, &|_| true);
        let again = again.expect("a move");
        assert_eq!(again.text, moved.text, "{}", folder.display());
        assert!(again.files.is_empty());
    }
}
