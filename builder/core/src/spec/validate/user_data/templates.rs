//! Files that are templates (`*.hbs`): every name in them is known without a lock, and so is their syntax.

use serde_json::{Map, Value};

use crate::family::family;
use crate::render::{named_files, text_of, told};
use crate::spec::read::Report;
use crate::spec::{LaunchTemplate, SpecPath};
use crate::user_template::{Fault, Used, UserTemplate, is_template, kind, shape};

/// Checks every template of the launch templates, and the `vars` that they are filled from.
pub(in super::super) fn check(
    templates: &[LaunchTemplate],
    vars: &Map<String, Value>,
    report: &mut Report<'_>,
) {
    let at = SpecPath::default().key("vars");
    for name in vars.keys().filter(|name| !can_be_named(name)) {
        report.error_hint(
            &at.key(name),
            "a template cannot name this",
            "a name in `vars` is a letter, then letters, digits, `_` or `-`",
        );
    }
    let mut used = Used::default();
    let mut all_read = true;
    for (index, template) in templates.iter().enumerate() {
        let path = SpecPath::default().key("launchTemplates").index(index);
        all_read &= check_files(template, &path.key("userData"), vars, &mut used, report);
    }
    if !all_read || used.all {
        return;
    }
    for name in vars.keys().filter(|name| !used.names.contains(*name)) {
        report.warn(
            &at.key(name),
            format!("no template has `{{{{vars.{name}}}}}`"),
            "take it out, if it was not forgotten",
        );
    }
}

/// Whether everything could be read.
fn check_files(
    template: &LaunchTemplate,
    at: &SpecPath,
    vars: &Map<String, Value>,
    used: &mut Used,
    report: &mut Report<'_>,
) -> bool {
    let reader = family(template.family).reader();
    let mut all_read = true;
    for named in named_files(&template.user_data) {
        let file = named.file;
        // A file that could not be read has been told of, and is empty here.
        if !is_template(&file.path) || file.content.is_empty() {
            continue;
        }
        let read = text_of(file).and_then(|text| {
            let kind = kind(&file.path, named.content_type, reader, text);
            UserTemplate::read(text, kind, &shape(template, vars))
        });
        match read {
            Ok(read) => {
                used.all |= read.vars.all;
                used.names.extend(read.vars.names);
            }
            Err(faults) => {
                all_read = false;
                tell(&faults, &file.path, &below(at, &named.at), report);
            }
        }
    }
    all_read
}

fn tell(faults: &[Fault], file: &str, at: &SpecPath, report: &mut Report<'_>) {
    for fault in faults {
        report.error_hint(at, told(file, fault), fault.hint.clone());
    }
}

fn below(at: &SpecPath, named: &str) -> SpecPath {
    let steps = SpecPath::parse(named).unwrap_or_default();
    let mut path = at.clone();
    for step in steps.steps() {
        path = match step {
            crate::spec::Step::Key(key) => path.key(key),
            crate::spec::Step::Index(index) => path.index(*index),
        };
    }
    path.key("file")
}

/// As handlebars writes names, and no number in the place of one.
fn can_be_named(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(first)
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && name != "this"
}
