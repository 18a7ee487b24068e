//! Which node groups a command is about: named ones, or those that a selector fits.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::select::Selector;
use nodemint_core::site::Site;
use nodemint_core::spec::{FleetSpec, NodeGroup};

use super::running;
use crate::error::AppError;
use crate::report::few;

/// A node group that a command is about.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    pub cluster: String,
    pub name: String,
    pub site: Site,
    /// none: the spec does not name it
    pub named: Option<&'a NodeGroup>,
}

/// The groups that are named (GROUP or CLUSTER/GROUP, in `cluster` where one is told) or selected, each once: those of
/// the spec in its order, then the others as they were named.
pub fn choose<'a>(
    spec: &'a FleetSpec,
    names: &[String],
    cluster: Option<&str>,
    selectors: &[Selector],
) -> Result<Vec<Chosen<'a>>, AppError> {
    if names.is_empty() && selectors.is_empty() {
        return Err(AppError::usage(
            "no node group is named",
            "name some, as GROUP or CLUSTER/GROUP, or choose them with --selector",
        ));
    }
    let sites = running::sites(spec);
    let mut chosen: BTreeMap<(usize, usize), Chosen<'a>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (nth, text) in names.iter().enumerate() {
        match named(spec, &sites, text, cluster) {
            Ok(one) => {
                let place = one.named.map_or(usize::MAX, |group| group.index);
                let known = chosen
                    .values()
                    .any(|other| (&other.cluster, &other.name) == (&one.cluster, &one.name));
                if !known {
                    chosen.insert((place, nth), one);
                }
            }
            Err(problem) => wrong.push(problem),
        }
    }
    for selector in selectors {
        let found = selected(spec, &sites, selector);
        if found.is_empty() {
            wrong.push(no_match(spec, selector));
        }
        chosen.extend(found.into_iter().map(|one| {
            let place = one.named.map_or(usize::MAX, |group| group.index);
            ((place, usize::MAX), one)
        }));
    }
    refuse(wrong)?;
    // A group that is named and selected is in there twice.
    let mut seen = BTreeSet::new();
    let all = chosen.into_values();
    Ok(all
        .filter(|one| seen.insert((one.cluster.clone(), one.name.clone())))
        .collect())
}

/// What is wrong with one name or selector, and what to do about it.
struct Wrong {
    message: String,
    hint: String,
}

/// All that is wrong, at once.
fn refuse(wrong: Vec<Wrong>) -> Result<(), AppError> {
    let mut hints: Vec<String> = wrong.iter().map(|one| one.hint.clone()).collect();
    hints.dedup();
    let messages: Vec<String> = wrong.into_iter().map(|one| one.message).collect();
    match messages.is_empty() {
        true => Ok(()),
        false => Err(AppError::usage(messages.join("; "), hints.join("; "))),
    }
}

fn selected<'a>(
    spec: &'a FleetSpec,
    sites: &BTreeMap<&str, Site>,
    selector: &Selector,
) -> Vec<Chosen<'a>> {
    let groups = spec.node_groups.iter();
    groups
        .filter_map(|group| {
            let site = sites.get(group.cluster.as_str())?;
            selector.matches(group, &site.region).then(|| Chosen {
                cluster: group.cluster.clone(),
                name: group.name.clone(),
                site: site.clone(),
                named: Some(group),
            })
        })
        .collect()
}

fn no_match(spec: &FleetSpec, selector: &Selector) -> Wrong {
    let groups = spec.node_groups.iter();
    let groups: Vec<String> = groups
        .map(|group| {
            let (cluster, name) = (&group.cluster, &group.name);
            format!(
                "{cluster}/{name} (launch template {})",
                group.launch_template
            )
        })
        .collect();
    Wrong {
        message: format!("no node group of the spec fits `{selector}`"),
        hint: format!("it has {}", few(&groups)),
    }
}

/// The group's cluster: as told, or the only one whose group has the name.
fn named<'a>(
    spec: &'a FleetSpec,
    sites: &BTreeMap<&str, Site>,
    text: &str,
    cluster: Option<&str>,
) -> Result<Chosen<'a>, Wrong> {
    let (told, name) = match text.split_once('/') {
        Some((cluster, name)) => (Some(cluster), name),
        None => (cluster, text),
    };
    let of_name = |group: &&NodeGroup| group.name == name;
    let clusters: BTreeSet<&str> = spec
        .node_groups
        .iter()
        .filter(of_name)
        .map(|group| group.cluster.as_str())
        .collect();
    let cluster = match (told, clusters.first()) {
        (Some(told), _) => told,
        (None, Some(only)) if clusters.len() == 1 => *only,
        (None, None) => return Err(unknown(spec, name)),
        (None, Some(_)) => {
            let clusters: Vec<&str> = clusters.into_iter().collect();
            return Err(Wrong {
                message: format!("several clusters have a node group `{name}`"),
                hint: format!("pass --cluster with one of {}", clusters.join(", ")),
            });
        }
    };
    let site = sites.get(cluster).cloned().ok_or_else(|| Wrong {
        message: format!("the spec has no cluster `{cluster}`"),
        hint: "add it to `clusters`, with its region".to_owned(),
    })?;
    let here = |group: &&NodeGroup| of_name(group) && group.cluster == cluster;
    Ok(Chosen {
        cluster: cluster.to_owned(),
        name: name.to_owned(),
        site,
        named: spec.node_groups.iter().find(here),
    })
}

fn unknown(spec: &FleetSpec, name: &str) -> Wrong {
    let mut names: Vec<&str> = spec
        .node_groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    Wrong {
        message: format!("the spec has no node group `{name}`"),
        hint: format!(
            "it has {}; for a group that is not in the spec, pass --cluster",
            few(&names)
        ),
    }
}
