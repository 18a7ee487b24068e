//! From the text of a spec and its files to a [`FleetSpec`], or to everything that is wrong with them.

use std::collections::BTreeMap;

use super::places::Places;
use super::problem::{Problem, SpecErrors, sorted};
use super::raw::RawFleet;
use super::read::{Report, read};
use super::tree::{self, Kind, Node};
use super::validate;
use super::{FleetSpec, SpecPath};

/// A valid spec, with the places of everything in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub spec: FleetSpec,
    pub places: Places,
    /// Worth a look, in the order of the file; nothing here keeps the spec from being used.
    pub warnings: Vec<Problem>,
}

/// Reads the file of a path that the spec names; an error is what is wrong with it, such as `not found`.
pub type ReadFile<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// Reads a spec. `read_file` is called once for each path that the spec names, as it is written there.
///
/// # Errors
/// Everything that is wrong, in the order of the file: syntax alone if it is not YAML, else every unknown
/// key, wrong type, missing value, broken rule, dangling reference and unreadable file.
pub fn load(text: &str, read_file: &mut ReadFile<'_>) -> Result<Loaded, SpecErrors> {
    let (root, duplicates) = tree::parse(text).map_err(|problems| SpecErrors {
        problems: sorted(problems),
    })?;
    let places = Places::of(&root);
    let mut report = Report::new(&places);
    report.problems.extend(duplicates);
    if !is_mapping(&root) {
        report.error_hint(
            &SpecPath::default(),
            "a spec is a mapping",
            "begin with `apiVersion: nodemint.dev/v1alpha1` and `kind: Fleet`",
        );
        return Err(SpecErrors {
            problems: sorted(report.problems),
        });
    }
    let raw: RawFleet = read(&root, &SpecPath::default(), &mut report);
    if report.gave_up {
        return Err(SpecErrors {
            problems: sorted(report.problems),
        });
    }
    let mut files = Files {
        read: read_file,
        known: BTreeMap::new(),
    };
    let spec = validate::fleet(&raw, &root, &mut files, &mut report);
    if !report.problems.is_empty() {
        return Err(SpecErrors {
            problems: sorted(report.problems),
        });
    }
    let warnings = sorted(report.warnings);
    Ok(Loaded {
        spec,
        places,
        warnings,
    })
}

fn is_mapping(root: &Node) -> bool {
    matches!(root.kind, Kind::Map { .. })
}

/// The files that a spec names, each read once.
pub(crate) struct Files<'a, 'b> {
    read: &'a mut ReadFile<'b>,
    known: BTreeMap<String, Result<Vec<u8>, String>>,
}

impl Files<'_, '_> {
    pub fn get(&mut self, path: &str) -> Result<Vec<u8>, String> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let content = (self.read)(path);
        self.known.insert(path.to_owned(), content.clone());
        content
    }
}
