//! Which version each group goes back to, and why there may be none.

use std::collections::{BTreeMap, BTreeSet};

use super::super::template::other_cluster;
use super::super::{Finding, FindingKind, Home};
use super::{Back, RollbackTo, Way};
use crate::observed::{GroupTemplate, Observed, ObservedGroup, ObservedTemplate, ObservedVersion};
use crate::site::{Access, Site};

/// Why a group has nowhere to go, and the name of its launch template as far as it is known.
pub(super) type Nowhere = (Box<Finding>, String);

/// A group's way to its target.
pub(super) fn way<'a>(
    back: &'a Back,
    site: &Site,
    to: RollbackTo,
    observed: &'a Observed,
) -> Result<Way<'a>, Nowhere> {
    let unknown = || "unknown".to_owned();
    let have = observed.group(&back.cluster, &back.group).ok_or_else(|| {
        let message = format!("node group {}/{} does not exist", back.cluster, back.group);
        let hint = "`nodemint status` lists the groups; `--cluster` says which cluster";
        (Box::new(nowhere(message).hint(hint)), unknown())
    })?;
    let template = template_of(have, site, observed).ok_or_else(|| {
        let name = have.launch_template.as_ref().and_then(shown);
        (
            Box::new(no_template(have)),
            name.unwrap_or_else(|| "none".to_owned()),
        )
    })?;
    let target =
        target(have, template, to).map_err(|finding| (Box::new(finding), template.name.clone()))?;
    Ok(Way {
        have,
        template,
        target,
        site: site.clone(),
        settings: &back.settings,
    })
}

/// The subject is the caller's to set.
fn nowhere(message: String) -> Finding {
    Finding::new(FindingKind::Preflight, "", message)
}

fn shown(template: &GroupTemplate) -> Option<String> {
    template.name.clone().or_else(|| template.id.clone())
}

fn no_template(have: &ObservedGroup) -> Finding {
    match &have.launch_template {
        None => nowhere(
            "it has no launch template of yours, so there is no version to go back to".to_owned(),
        ),
        Some(template) => nowhere(format!(
            "its launch template `{}` does not exist any more, so there is no version to go back to",
            shown(template).unwrap_or_default()
        )),
    }
}

fn template_of<'a>(
    have: &ObservedGroup,
    site: &Site,
    observed: &'a Observed,
) -> Option<&'a ObservedTemplate> {
    let current = have.launch_template.as_ref()?;
    let templates = observed.templates.get(site)?;
    templates.values().find(|template| {
        current.id.as_deref() == Some(template.id.as_str())
            || (current.id.is_none() && current.name.as_deref() == Some(template.name.as_str()))
    })
}

fn target(
    have: &ObservedGroup,
    template: &ObservedTemplate,
    to: RollbackTo,
) -> Result<i64, Finding> {
    let name = &template.name;
    match to {
        RollbackTo::Version(version) if template.version(version).is_some() => Ok(version),
        RollbackTo::Version(version) => {
            let existing = super::super::group::existing_versions(template);
            Err(nowhere(format!(
                "launch template {name} has no version {version}; it has {existing}"
            )))
        }
        RollbackTo::Previous => {
            let current = have.launch_template.as_ref();
            let Some(number) = current.and_then(|template| template.number()) else {
                let version = current
                    .and_then(|template| template.version.clone())
                    .unwrap_or_default();
                return Err(nowhere(format!(
                    "the group follows `{version}`, so which version is the one before it cannot be told"
                ))
                .hint("name the version with --to"));
            };
            let older = previous_version(template, &have.cluster, number);
            older.ok_or_else(|| {
                nowhere(format!(
                    "launch template {name} has no version older than {number} for this cluster"
                ))
                .hint(format!("`nodemint history {name}` shows its versions"))
            })
        }
    }
}

/// Where [`RollbackTo::Previous`] leads from a version: the newest one below it that is not for another
/// cluster.
pub fn previous_version(template: &ObservedTemplate, cluster: &str, from: i64) -> Option<i64> {
    let versions = template.versions.iter();
    let mut older: Vec<&ObservedVersion> = versions.filter(|one| one.number < from).collect();
    older.sort_by_key(|version| std::cmp::Reverse(version.number));
    // Which cluster a version is for is read from its user data: no more of them than it takes.
    let mut fitting = older
        .into_iter()
        .filter(|one| other_cluster(one, cluster).is_none());
    fitting.next().map(|version| version.number)
}

/// One number cannot stand for versions of two launch templates. Roles of one account reach the same ones.
pub(super) fn several_templates(
    ways: &[Way<'_>],
    number: i64,
    accounts: &BTreeMap<Access, String>,
) -> Option<Finding> {
    let places: BTreeSet<(Home, &str)> = ways
        .iter()
        .map(|way| (Home::of(accounts, &way.site), way.template.id.as_str()))
        .collect();
    if places.len() < 2 {
        return None;
    }
    let mut names: Vec<String> = ways
        .iter()
        .map(|way| format!("{}/{}", way.site, way.template.name))
        .collect();
    names.sort();
    names.dedup();
    let message = format!(
        "version {number} is not one version: these groups are on the launch templates {}",
        names.join(", ")
    );
    Some(
        Finding::new(FindingKind::Preflight, "--to", message).hint(
            "roll back the groups of one launch template at a time (`--selector launchTemplate=…,region=…`), or take `--to previous`",
        ),
    )
}
