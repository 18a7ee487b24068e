//! A ClusterConfig outside of its groups: the cluster, its tags and its subnets.

use std::collections::BTreeMap;

use super::fields::Kind as Field;
use super::read::{Findings, check, is_nothing, text_map, text_of};
use super::top::{API_VERSION, KIND, METADATA, READ, TOP};
use crate::import::Fate;
use crate::spec::tree::{Entry as Pair, Kind, Node};
use crate::spec::{KubernetesVersion, SpecPath, nearest, rules};

/// What groups need to know of the rest of the file.
pub(super) struct Config<'a> {
    pub name: String,
    pub region: String,
    /// None if the file leaves it to eksctl.
    pub version: Option<KubernetesVersion>,
    /// `metadata.tags`, which eksctl gives to everything.
    pub tags: BTreeMap<String, String>,
    subnets: Vec<Subnet>,
    groups: Vec<(&'a Node, SpecPath, bool)>,
}

struct Subnet {
    private: bool,
    /// The key in `vpc.subnets`, which is a zone unless `az` says it.
    name: String,
    zone: String,
    id: String,
}

impl<'a> Config<'a> {
    /// The group nodes with their places, eksctl's own first, as they stand in the file.
    pub fn groups(&self) -> &[(&'a Node, SpecPath, bool)] {
        &self.groups
    }

    /// The ids of subnets that are named by id or by their key, and the names that have no id here.
    pub fn subnets_named(&self, names: &[String]) -> (Vec<String>, Vec<String>) {
        self.pick(names, |name| {
            if rules::resource_id("subnet-", name).is_ok() {
                return vec![name.to_owned()];
            }
            self.ids(|subnet| subnet.name == name)
        })
    }

    pub fn subnets_in(&self, private: bool, zones: &[String]) -> (Vec<String>, Vec<String>) {
        self.pick(zones, |zone| {
            self.ids(|subnet| subnet.private == private && subnet.zone == zone)
        })
    }

    pub fn all_subnets(&self, private: bool) -> Vec<String> {
        self.ids(|subnet| subnet.private == private)
    }

    fn ids(&self, wanted: impl Fn(&Subnet) -> bool) -> Vec<String> {
        let found = self.subnets.iter().filter(|subnet| wanted(subnet));
        found.map(|subnet| subnet.id.clone()).collect()
    }

    fn pick(
        &self,
        names: &[String],
        find: impl Fn(&str) -> Vec<String>,
    ) -> (Vec<String>, Vec<String>) {
        let (mut ids, mut missing) = (Vec::new(), Vec::new());
        for name in names {
            let found = find(name);
            if found.is_empty() {
                missing.push(format!("`{name}`"));
            }
            for id in found {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        (ids, missing)
    }
}

/// Reads everything but the groups themselves. What is wrong is in the findings.
pub(super) fn config<'a>(entries: &'a [Pair], findings: &mut Findings) -> Config<'a> {
    let top = SpecPath::default();
    header(entries, findings);
    let mut config = Config {
        name: String::new(),
        region: String::new(),
        version: None,
        tags: BTreeMap::new(),
        subnets: Vec::new(),
        groups: Vec::new(),
    };
    for pair in entries {
        let at = top.key(&pair.key);
        let own = TOP.iter().find(|(name, _)| *name == pair.key);
        match (pair.key.as_str(), own) {
            ("metadata", _) => metadata(&pair.value, &at, &mut config, findings),
            ("nodeGroups", _) => groups(pair, &at, false, &mut config, findings),
            ("managedNodeGroups", _) => groups(pair, &at, true, &mut config, findings),
            ("apiVersion" | "kind", _) => {}
            (_, None) => {
                let names = TOP.iter().map(|(name, _)| *name);
                let known: Vec<&str> = names.chain(READ.iter().copied()).collect();
                findings.unknown(&at, pair, &known);
            }
            (_, Some((_, reason))) => elsewhere(pair, &at, reason, &mut config, findings),
        }
    }
    if !entries.iter().any(|pair| pair.key == "metadata") {
        let hint = "add `metadata: {name: …, region: …}`".to_owned();
        missing(&top, "metadata", Some(hint), entries, findings);
    }
    config
}

/// A field that is not node groups' business; the network's tells subnets, though.
fn elsewhere(
    pair: &Pair,
    at: &SpecPath,
    reason: &str,
    config: &mut Config<'_>,
    findings: &mut Findings,
) {
    let mut reason = reason.to_owned();
    if pair.key == "vpc" {
        config.subnets = subnets(&pair.value);
        if !config.subnets.is_empty() {
            reason = format!("node groups get its subnets by their ids; otherwise {reason}");
        }
    }
    findings.entry(at, pair.key_spot.line, Fate::LeftOut { reason });
}

fn header(entries: &[Pair], findings: &mut Findings) {
    let top = SpecPath::default();
    for (key, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
        let Some(pair) = entries.iter().find(|pair| pair.key == key) else {
            missing(
                &top,
                key,
                Some(format!("add `{key}: {wanted}`")),
                entries,
                findings,
            );
            continue;
        };
        match text_of(&pair.value) {
            Some(found) if found == wanted => {
                let note = None;
                let to = vec![key.to_owned()];
                findings.entry(&top.key(key), pair.key_spot.line, Fate::Mapped { to, note });
            }
            Some(found) => {
                let near =
                    nearest::nearest(found, [wanted]).map(|name| format!("did you mean `{name}`?"));
                let hint = near.or_else(|| Some(format!("this is for `{key}: {wanted}`")));
                let message = format!("`{found}` is not known");
                findings.problem(&top.key(key), &pair.value.spot, message, hint);
            }
            None => drop(check(Field::Text, &pair.value, &top.key(key), findings)),
        }
    }
}

fn missing(
    parent: &SpecPath,
    key: &str,
    hint: Option<String>,
    entries: &[Pair],
    findings: &mut Findings,
) {
    let spot = entries.first().map(|first| first.key_spot.clone());
    let message = format!("`{key}` is missing");
    findings.problem(&parent.key(key), &spot.unwrap_or_default(), message, hint);
}

fn metadata(node: &Node, at: &SpecPath, config: &mut Config<'_>, findings: &mut Findings) {
    let Kind::Map { entries, .. } = &node.kind else {
        check(Field::Fields, node, at, findings);
        return;
    };
    for pair in entries {
        let at = at.key(&pair.key);
        let line = pair.key_spot.line;
        if !METADATA.contains(&pair.key.as_str()) {
            findings.unknown(&at, pair, METADATA);
        } else if is_nothing(&pair.value) {
            findings.nothing(&at, line);
        } else if pair.key == "tags" {
            if check(Field::TextMap, &pair.value, &at, findings) {
                config.tags = text_map(&pair.value);
                let to = vec![
                    "nodeGroups[].tags".to_owned(),
                    "launchTemplates[].tags".to_owned(),
                ];
                findings.entry(&at, line, Fate::Mapped { to, note: None });
            }
        } else if pair.key == "annotations" {
            let reason = "eksctl does not read them either".to_owned();
            findings.entry(&at, line, Fate::LeftOut { reason });
        } else if check(Field::Text, &pair.value, &at, findings) {
            let text = text_of(&pair.value).unwrap_or_default();
            fact(&pair.key, text, &at, pair, config, findings);
        }
    }
    for key in ["name", "region"] {
        if !entries
            .iter()
            .any(|pair| pair.key == key && !is_nothing(&pair.value))
        {
            missing(at, key, None, entries, findings);
        }
    }
}

/// Name, region or version of the cluster.
fn fact(
    key: &str,
    text: &str,
    at: &SpecPath,
    pair: &Pair,
    config: &mut Config<'_>,
    findings: &mut Findings,
) {
    let rule = match key {
        "name" => rules::cluster_name(text),
        "region" => rules::region(text),
        _ => Ok(()),
    };
    if let Err(flaw) = rule {
        findings.problem(at, &pair.value.spot, flaw.message, flaw.hint);
        return;
    }
    let line = pair.key_spot.line;
    match key {
        "name" => config.name = text.to_owned(),
        "region" => config.region = text.to_owned(),
        _ => match rules::kubernetes_version(text) {
            Ok(version) => config.version = Some(version),
            // `auto` and `latest` are eksctl's.
            Err(_) => {
                let reason =
                    "no version such as 1.34: `nodemint resolve` reads the cluster's from EKS"
                        .to_owned();
                findings.entry(at, line, Fate::LeftOut { reason });
                return;
            }
        },
    }
    let to = match key {
        "name" => vec!["metadata.name".to_owned(), "clusters[0].name".to_owned()],
        key => vec![format!("clusters[0].{key}")],
    };
    findings.entry(at, line, Fate::Mapped { to, note: None });
}

const NEW_NAMES: &str = "EKS never moves a node group to another launch template, and these are on eksctl's own: give them new \
    names here, apply, and delete the old ones with eksctl once the new nodes carry the pods; eksctl's labels \
    (alpha.eksctl.io/…) go with them";
const MANAGED_NOW: &str = "these were eksctl's own Auto Scaling groups, and are managed node groups here: apply, then let \
    `eksctl delete nodegroup` drain and delete the old ones; eksctl's labels (alpha.eksctl.io/…) go with them";

fn groups<'a>(
    pair: &'a Pair,
    at: &SpecPath,
    managed: bool,
    config: &mut Config<'a>,
    findings: &mut Findings,
) {
    if is_nothing(&pair.value) {
        findings.nothing(at, pair.key_spot.line);
        return;
    }
    let Kind::Seq { items } = &pair.value.kind else {
        check(Field::List, &pair.value, at, findings);
        return;
    };
    let what = if managed { NEW_NAMES } else { MANAGED_NOW }.to_owned();
    findings.entry(at, pair.key_spot.line, Fate::ToDo { what });
    let found = items.iter().enumerate();
    let found = found.map(|(index, item)| (item, at.index(index), managed));
    config.groups.extend(found);
}

/// `vpc.subnets`, as far as it has ids. Anything else there is the network's business, and not read.
fn subnets(vpc: &Node) -> Vec<Subnet> {
    let mut found = Vec::new();
    let Some(both) = under(vpc, "subnets") else {
        return found;
    };
    for (side, private) in [("public", false), ("private", true)] {
        let Some(Kind::Map { entries, .. }) = under(both, side).map(|node| &node.kind) else {
            continue;
        };
        for pair in entries {
            let text = |key: &str| under(&pair.value, key).and_then(text_of);
            let id = text("id").filter(|id| rules::resource_id("subnet-", id).is_ok());
            found.extend(id.map(|id| Subnet {
                private,
                name: pair.key.clone(),
                zone: text("az").unwrap_or(&pair.key).to_owned(),
                id: id.to_owned(),
            }));
        }
    }
    found
}

fn under<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.kind {
        Kind::Map { entries, .. } => {
            let found = entries.iter().find(|pair| pair.key == key)?;
            Some(&found.value)
        }
        _ => None,
    }
}
