//! eksctl's ClusterConfig (`eksctl.io/v1alpha5`) becomes a spec.
//!
//! Its `managedNodeGroups` and its own `nodeGroups` become managed node groups on launch templates of ours,
//! which is the migration that eksctl refuses; the rest of the file stays eksctl's. [`FIELDS`] says of each
//! field of a group how it is handled.

mod bootstrap;
mod capacity;
mod draft;
mod fields;
mod image;
mod instances;
mod kubernetes;
mod machine;
mod mapping;
mod network;
mod read;
mod scaling;
mod share;
mod spec;
mod steps;
mod top;
mod top_level;
mod translated;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};

pub use fields::{FIELDS, Field, How, Kind, On};

use super::{Entry, Fate, ImportErrors, Imported, Options};
use crate::spec::nearest;
use crate::spec::problem::sorted;
use crate::spec::tree::{Advice, Kind as Tree, parse_with};
use crate::spec::{Problem, SpecPath, load};
use read::{Findings, Group, text_of};
use share::{Placed, share};
use top_level::Config;

const ADVICE: Advice = Advice {
    empty: "an eksctl file begins with `apiVersion: eksctl.io/v1alpha5` and `kind: ClusterConfig`",
    second_document: "keep one ClusterConfig a file",
};

/// Volume types that the spec has; eksctl's are among them.
const VOLUME_TYPES: [&str; 7] = ["gp2", "gp3", "io1", "io2", "sc1", "st1", "standard"];

/// Makes a spec of a ClusterConfig.
///
/// # Errors
/// Everything that keeps it from being read, in the order of the file: what is not YAML, another kind of file,
/// values of a wrong type. A field that is unknown, or has no place in a spec, is no error: the report has it.
pub fn import(text: &str, options: &Options) -> Result<Imported, ImportErrors> {
    let (root, duplicates) = parse_with(text, &ADVICE).map_err(errors)?;
    let mut findings = Findings {
        problems: duplicates,
        ..Findings::default()
    };
    let Tree::Map { entries, .. } = &root.kind else {
        let hint = Some(ADVICE.empty.to_owned());
        let message = "a ClusterConfig is a mapping".to_owned();
        findings.problem(&SpecPath::default(), &root.spot, message, hint);
        return Err(errors(findings.problems));
    };
    let config = top_level::config(entries, &mut findings);
    let mut groups = Vec::new();
    for (node, at, managed) in config.groups() {
        groups.extend(read::group(node, at.clone(), *managed, &mut findings));
    }
    check_values(&groups, &mut findings);
    check_names(&groups, &mut findings);
    if config.groups().is_empty() && findings.problems.is_empty() {
        let message = "there are no node groups in this file".to_owned();
        let hint = "nodemint looks after node groups: give it the file that has `nodeGroups` or `managedNodeGroups`";
        findings.problem(
            &SpecPath::default(),
            &entries_spot(entries),
            message,
            Some(hint.to_owned()),
        );
    }
    if !findings.problems.is_empty() {
        return Err(errors(findings.problems));
    }
    Ok(imported(&groups, &config, options, findings.entries))
}

fn entries_spot(entries: &[crate::spec::tree::Entry]) -> crate::spec::Spot {
    entries
        .first()
        .map(|first| first.key_spot.clone())
        .unwrap_or_default()
}

fn errors(problems: Vec<Problem>) -> ImportErrors {
    ImportErrors {
        problems: sorted(problems),
    }
}

fn imported(
    groups: &[Group<'_>],
    config: &Config<'_>,
    options: &Options,
    mut report: Vec<Entry>,
) -> Imported {
    let mapped = groups
        .iter()
        .map(|group| mapping::map(group, config, options));
    let (templates, placed) = share(mapped.collect(), &config.name);
    let written = spec::spec(config, &templates, &placed);
    report.extend(refused(&written, &templates, &placed));
    for (index, one) in placed.into_iter().enumerate() {
        report.extend(mapping::entries(one.entries, one.template, index));
    }
    // In the order of the file; the order of what is in one line is the one of making.
    report.sort_by_key(|entry| entry.line);
    Imported {
        spec: written.spec,
        files: written.files,
        report,
    }
}

/// Values whose names are fixed: a wrong one is a mistake of the file.
fn check_values(groups: &[Group<'_>], findings: &mut Findings) {
    let families: Vec<&str> = image::FAMILIES.iter().map(|(name, ..)| *name).collect();
    for found in groups.iter().flat_map(|group| group.fields.values()) {
        let known: &[&str] = match found.field.path {
            "amiFamily" => &families,
            "volumeType" | "additionalVolumes[].volumeType" => &VOLUME_TYPES,
            _ => continue,
        };
        let Some(text) = text_of(found.node) else {
            continue;
        };
        let retired = image::RETIRED.iter().any(|(name, _)| *name == text);
        let retired = retired && found.field.path == "amiFamily";
        if !known.contains(&text) && !retired {
            let message = format!("unknown value `{text}`");
            findings.problem(
                &found.at,
                &found.node.spot,
                message,
                nearest::hint(text, known),
            );
        }
    }
}

/// eksctl wants a name for every group, and none twice.
fn check_names(groups: &[Group<'_>], findings: &mut Findings) {
    let mut seen: BTreeMap<&str, &Group<'_>> = BTreeMap::new();
    for group in groups {
        let Some(found) = group.fields.get("name") else {
            let wrong = findings
                .problems
                .iter()
                .any(|problem| problem.path == group.at.key("name").to_string());
            if !wrong {
                let spot = group.spot.clone();
                findings.problem(
                    &group.at.key("name"),
                    &spot,
                    "`name` is missing".to_owned(),
                    None,
                );
            }
            continue;
        };
        let name = text_of(found.node).unwrap_or_default();
        if let Some(first) = seen.insert(name, group) {
            let message = format!(
                "a node group `{name}` is given twice; the first is {}",
                first.at
            );
            findings.problem(&found.at, &found.node.spot, message, None);
        }
    }
}

/// What the spec's own reader does not take: a value that only a person can correct.
fn refused(written: &spec::Written, templates: &[share::Named], placed: &[Placed]) -> Vec<Entry> {
    let mut read = |path: &str| {
        let content = written.files.get(path).cloned();
        content.ok_or_else(|| "not found".to_owned())
    };
    let Err(errors) = load(&written.spec, &mut read) else {
        return Vec::new();
    };
    let mut told = BTreeSet::new();
    let entry = |problem: &Problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})"));
        let what = format!(
            "`nodemint validate` refuses {}: {}{}",
            problem.path,
            problem.message,
            hint.unwrap_or_default()
        );
        let group = group_of(&problem.path, templates).and_then(|index| placed.get(index));
        let (path, line) = group.map_or((String::new(), 1), |group| (group.at.clone(), group.line));
        let fate = Fate::ToDo { what };
        told.insert((path.clone(), fate_text(&fate)))
            .then_some(Entry { path, line, fate })
    };
    errors.problems.iter().filter_map(entry).collect()
}

fn fate_text(fate: &Fate) -> String {
    match fate {
        Fate::ToDo { what } => what.clone(),
        _ => String::new(),
    }
}

/// The group that a path of the spec comes from.
fn group_of(path: &str, templates: &[share::Named]) -> Option<usize> {
    let index = |list: &str| -> Option<usize> {
        let rest = path.strip_prefix(list)?;
        rest.split(']').next()?.parse().ok()
    };
    index("nodeGroups[").or_else(|| Some(templates.get(index("launchTemplates[")?)?.of))
}
