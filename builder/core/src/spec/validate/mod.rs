//! From the raw spec to the validated one: every rule that can be known without AWS, all at once.
//!
//! Values that are missing or wrong are reported and stood in for, so that checking goes on; with any
//! problem in the report the result is thrown away.

mod ami;
mod capacity;
mod clusters;
mod devices;
mod extra;
mod groups;
mod scaling;
mod surroundings;
mod templates;
mod user_data;
mod versions;

use std::collections::BTreeMap;

use super::load::Files;
use super::nearest;
use super::raw::{List, RawFleet};
use super::read::Report;
use super::rules::{self, Check};
use super::tree::Node;
use super::{FleetSpec, SpecPath};

const API_VERSION: &str = "nodemint.dev/v1alpha1";
const KIND: &str = "Fleet";

/// The validated fleet; to be thrown away if there is any problem in the report.
pub(crate) fn fleet(
    raw: &RawFleet,
    root: &Node,
    files: &mut Files<'_, '_>,
    report: &mut Report<'_>,
) -> FleetSpec {
    let top = SpecPath::default();
    header(raw, report);
    let clusters = clusters::clusters(raw, report);
    let mut launch_templates = templates::templates(raw, root, files, report);
    let node_groups = groups::groups(raw, report);
    templates::check_clusters(raw, &mut launch_templates, &node_groups, &clusters, report);
    groups::check_references(raw, &launch_templates, &node_groups, &clusters, report);
    let vars = raw.vars.clone().unwrap_or_default();
    user_data::check_templates(&launch_templates, &vars, report);
    if raw.rollout.is_some() {
        report.not_yet(&top.key("rollout"), "rollout");
    }
    FleetSpec {
        name: raw
            .metadata
            .as_ref()
            .and_then(|m| m.name.clone())
            .unwrap_or_default(),
        clusters,
        launch_templates,
        node_groups,
        vars,
    }
}

fn header(raw: &RawFleet, report: &mut Report<'_>) {
    let top = SpecPath::default();
    let expected = [
        ("apiVersion", &raw.api_version, API_VERSION),
        ("kind", &raw.kind, KIND),
    ];
    for (key, value, wanted) in expected {
        match value.as_deref() {
            None => report.missing(&top, key, Some(&format!("add `{key}: {wanted}`"))),
            Some(found) if found == wanted => {}
            Some(found) => report.error_hint(
                &top.key(key),
                format!("`{found}` is not known"),
                format!("this nodemint reads `{key}: {wanted}`"),
            ),
        }
    }
    let at = top.key("metadata");
    match &raw.metadata {
        None => report.missing(&top, "metadata", Some("add `metadata: {name: …}`")),
        Some(metadata) => {
            required(&metadata.name, &at, "name", rules::fleet_name, report);
        }
    }
}

impl Report<'_> {
    /// Reports what a rule finds wrong. True if it holds.
    fn check(&mut self, path: &SpecPath, check: Check) -> bool {
        match check {
            Ok(()) => true,
            Err(flaw) => {
                self.push(path, flaw.message, flaw.hint);
                false
            }
        }
    }

    /// A value that a rule parses.
    fn parsed<T>(&mut self, path: &SpecPath, parsed: Result<T, rules::Flaw>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(flaw) => {
                self.push(path, flaw.message, flaw.hint);
                None
            }
        }
    }
}

/// A required text under `parent`: reported when missing, empty or against its rule.
fn required(
    value: &Option<String>,
    parent: &SpecPath,
    key: &str,
    rule: impl Fn(&str) -> Check,
    report: &mut Report<'_>,
) -> String {
    match value {
        None => {
            report.missing(parent, key, None);
            String::new()
        }
        Some(text) => {
            report.check(&parent.key(key), rule(text));
            text.clone()
        }
    }
}

/// An optional text under `parent`, by its rule.
fn optional(
    value: &Option<String>,
    parent: &SpecPath,
    key: &str,
    rule: impl Fn(&str) -> Check,
    report: &mut Report<'_>,
) -> Option<String> {
    if let Some(text) = value {
        report.check(&parent.key(key), rule(text));
    }
    value.clone()
}

/// The items of a list with their paths. An item that says nothing is reported, once.
fn items<'l, T>(
    list: &'l Option<List<T>>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> Vec<(SpecPath, &'l T)> {
    let mut found = Vec::new();
    for (index, item) in list.iter().flat_map(|list| list.0.iter()).enumerate() {
        let path = at.index(index);
        match item {
            Some(item) => found.push((path, item)),
            None if report.pruned.contains(&path) => {}
            None => report.error(&path, "there is nothing after this `-`"),
        }
    }
    found
}

/// The same as [`items`], once the items that say nothing have been reported.
fn present<'l, T>(list: &'l Option<List<T>>, at: &SpecPath) -> Vec<(SpecPath, &'l T)> {
    let all = list.iter().flat_map(|list| list.0.iter()).enumerate();
    all.filter_map(|(index, item)| Some((at.index(index), item.as_ref()?)))
        .collect()
}

/// A list of distinct texts under `parent`, each by the same rule.
fn texts(
    list: &Option<List<String>>,
    parent: &SpecPath,
    key: &str,
    rule: impl Fn(&str) -> Check,
    report: &mut Report<'_>,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (path, text) in items(list, &parent.key(key), report) {
        report.check(&path, rule(text));
        if found.contains(text) {
            report.error(&path, format!("`{text}` is given twice"));
        }
        found.push(text.clone());
    }
    found
}

/// Reports names that a list gives twice. The names of wrong items are absent.
fn unique<'n>(
    names: impl Iterator<Item = (SpecPath, &'n str)>,
    what: &str,
    report: &mut Report<'_>,
) {
    let mut seen: BTreeMap<&str, SpecPath> = BTreeMap::new();
    for (path, name) in names {
        match seen.get(name) {
            Some(first) => report.error(
                &path,
                format!("{what} `{name}` is given twice; the first is {first}"),
            ),
            None => {
                if let Some(parent) = path.parent() {
                    seen.insert(name, parent);
                }
            }
        }
    }
}

/// Checks that `name` is one of `known`. When a name there is missing or wrong itself, an unknown one is
/// not reported: it may well be that.
fn reference(
    path: &SpecPath,
    name: &str,
    what: &str,
    known: &[&str],
    complete: bool,
    report: &mut Report<'_>,
) -> bool {
    if known.contains(&name) {
        return true;
    }
    if complete {
        let message = format!("there is no {what} `{name}`");
        report.push(path, message, nearest::hint(name, known));
    }
    false
}

/// Tags: each by EC2's rules, and no more than `most`.
fn tags(
    tags: &Option<BTreeMap<String, String>>,
    at: &SpecPath,
    most: usize,
    report: &mut Report<'_>,
) -> BTreeMap<String, String> {
    let tags = tags.clone().unwrap_or_default();
    if tags.len() > most {
        report.error(
            at,
            format!("{} tags; AWS takes {most} of yours", tags.len()),
        );
    }
    for (key, value) in &tags {
        report.check(&at.key(key), rules::tag(key, value));
    }
    tags
}

/// Labels, their keys held to whoever sets them: the kubelet, or EKS.
fn labels(
    labels: &Option<BTreeMap<String, String>>,
    at: &SpecPath,
    key_rule: fn(&str) -> rules::Check,
    report: &mut Report<'_>,
) -> BTreeMap<String, String> {
    let labels = labels.clone().unwrap_or_default();
    for (key, value) in &labels {
        let rule = key_rule(key).and_then(|()| rules::label_value(value));
        report.check(&at.key(key), rule);
    }
    labels
}
