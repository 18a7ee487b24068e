//! What exists in AWS becomes a spec: a cluster, its managed node groups, and the launch templates that they run.
//!
//! The spec describes what is there and nothing else, so that a plan right after it is empty. That is not hoped for:
//! each launch template is rendered again from what is about to be written ([`attempt`]), and whatever does not give
//! the content that its groups run is left out by name, with its groups.

mod attempt;
mod data;
mod devices;
mod group;
mod image;
mod node_config;
mod report;
mod template;
mod user_data;

use std::collections::{BTreeMap, BTreeSet};

pub use image::{KnownImage, likely};

use super::document::{Doc, Map, write};
use super::{Fate, Imported};
use crate::observed::{Image, ObservedCluster, ObservedGroup, ObservedTemplate};
use crate::plan::OWNER_TAG;
use crate::spec::load;
use report::Told;
use serde_json::json;
use template::Drawn;

/// A fleet's name is shorter than a cluster's may be.
const LONGEST_FLEET: usize = 63;

/// What was read of a cluster.
#[derive(Clone, Debug)]
pub struct AwsFacts {
    /// The fleet's name; none: the fleet that everything is tagged with, or else the cluster's name.
    pub fleet: Option<String>,
    pub region: String,
    pub cluster: ObservedCluster,
    /// By name.
    pub groups: Vec<ObservedGroup>,
    /// Those that groups are on, by id.
    pub templates: BTreeMap<String, ObservedTemplate>,
    /// Those that launch templates name, by id; absent: EC2 shows none.
    pub images: BTreeMap<String, Image>,
    /// Images that are releases of a family for certain: whoever publishes it says so of this very id.
    pub releases: BTreeMap<String, KnownImage>,
    /// What could not be read, and what that means for the spec.
    pub gaps: Vec<String>,
}

impl AwsFacts {
    fn template_of(&self, group: &ObservedGroup) -> Option<&ObservedTemplate> {
        let on = group.launch_template.as_ref()?;
        match &on.id {
            Some(id) => self.templates.get(id),
            None => self
                .templates
                .values()
                .find(|template| Some(&template.name) == on.name.as_ref()),
        }
    }
}

/// Writes the spec of a cluster.
pub fn import(facts: &AwsFacts) -> Imported {
    let mut told = Told::default();
    let fleet = fleet(facts, &mut told);
    told.cluster(facts);
    for gap in &facts.gaps {
        told.add("permissions", report::to_do(gap));
    }
    let mut drawn = template::draw(facts, &mut told);
    let mut groups = group::draw(facts, &drawn, &mut told);
    let (mut spec, mut files) = written(facts, &fleet, &drawn, &groups);
    // What a spec cannot say of a group shows when it is read, at the group's place.
    while let Some(refused) = refused(&spec, &files) {
        let before = groups.len();
        let mut index = 0;
        groups.retain(|group| {
            let why = refused.get(&index);
            index += 1;
            why.inspect(|why| told.left_out_group(&group.name, why))
                .is_none()
        });
        if groups.len() == before {
            break;
        }
        drop_unused(&mut drawn, &groups, &mut told);
        (spec, files) = written(facts, &fleet, &drawn, &groups);
    }
    told.owners(facts, &fleet, &drawn, &groups);
    Imported {
        spec,
        files,
        report: told.entries(&drawn, &groups),
    }
}

/// A launch template without groups would be minted by nobody's wish.
fn drop_unused(drawn: &mut Vec<Drawn>, groups: &[group::Drawn], told: &mut Told) {
    drawn.retain(|template| {
        let used = groups.iter().any(|group| group.template == template.name);
        if !used {
            let why = "none of its node groups is in the spec";
            told.left_out_template(&template.name, why);
        }
        used
    });
}

/// The problems of node groups, by their index.
fn refused(spec: &str, files: &BTreeMap<String, Vec<u8>>) -> Option<BTreeMap<usize, String>> {
    let mut read = |path: &str| {
        files
            .get(path)
            .cloned()
            .ok_or_else(|| "not found".to_owned())
    };
    let problems = load(spec, &mut read).err()?.problems;
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    for problem in problems {
        let Some(rest) = problem.path.strip_prefix("nodeGroups[") else {
            continue;
        };
        let (index, field) = rest.split_once(']').unwrap_or((rest, ""));
        let Ok(index) = index.parse() else { continue };
        let text = format!("{}: {}", field.trim_start_matches('.'), problem.message);
        found
            .entry(index)
            .and_modify(|all| *all = format!("{all}; {text}"))
            .or_insert(text);
    }
    (!found.is_empty()).then_some(found)
}

/// The fleet that everything belongs to already, if it is one.
fn fleet(facts: &AwsFacts, told: &mut Told) -> String {
    if let Some(fleet) = &facts.fleet {
        return fleet.clone();
    }
    let groups = facts.groups.iter().map(|group| &group.tags);
    let templates = facts.templates.values().map(|template| &template.tags);
    let owners: BTreeSet<Option<&String>> = groups
        .chain(templates)
        .map(|tags| tags.get(OWNER_TAG))
        .collect();
    if let Some(Some(owner)) = owners.first().filter(|_| owners.len() == 1) {
        let to = vec!["metadata.name".to_owned()];
        let note = Some("the fleet that all of it belongs to".to_owned());
        told.add(format!("tags.{OWNER_TAG}"), Fate::Mapped { to, note });
        return (*owner).clone();
    }
    facts.cluster.name.chars().take(LONGEST_FLEET).collect()
}

fn written(
    facts: &AwsFacts,
    fleet: &str,
    templates: &[Drawn],
    groups: &[group::Drawn],
) -> (String, BTreeMap<String, Vec<u8>>) {
    let (cluster, region) = (&facts.cluster.name, &facts.region);
    let head = format!(
        "# Made by `nodemint import aws` from what cluster {cluster} in {region} ran. Images and user data are as they were\n\
         # found; a plan of it changes nothing. What is to change is changed here.\n\n"
    );
    let mut top = Map::default();
    top.set("apiVersion", "nodemint.dev/v1alpha1");
    top.set("kind", "Fleet");
    top.set("metadata", Doc::from(json!({ "name": fleet })));
    let clusters = json!([{"name": cluster, "region": region}]);
    top.apart("clusters", Vec::new(), Doc::from(clusters));
    let listed = templates.iter().map(|one| Doc::from(one.map.clone()));
    top.apart("launchTemplates", Vec::new(), Doc::List(listed.collect()));
    let listed = groups.iter().map(|one| Doc::from(one.map.clone()));
    top.apart("nodeGroups", Vec::new(), Doc::List(listed.collect()));
    let files = templates.iter().flat_map(|one| one.files.clone());
    (format!("{head}{}", write(&top)), files.collect())
}

#[cfg(test)]
mod tests;
