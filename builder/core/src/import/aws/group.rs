//! Node groups as they are.

use serde_json::Value;

use super::AwsFacts;
use super::report::{Line, Told, left_out, mapped, mapped_with};
use super::template::{Drawn as Template, Runs, running};
use crate::import::document::{Doc, Map};
use crate::observed::ObservedGroup;
use crate::plan::OWNER_TAG;
use crate::spec::{MaxUnavailable, UpdateStrategy};

/// A node group as it stands in the spec.
pub(super) struct Drawn {
    pub name: String,
    pub template: String,
    pub map: Map,
    pub told: Vec<Line>,
}

/// The groups whose launch templates are in the spec.
pub(super) fn draw(facts: &AwsFacts, templates: &[Template], told: &mut Told) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    for runs in running(facts).into_iter().flatten() {
        // Groups of a template that is left out were told with it.
        let Some(template) = templates.iter().find(|one| one.id == runs.template.id) else {
            continue;
        };
        match misfit(&runs, template) {
            Some(why) => told.left_out_group(&runs.group.name, &why),
            None => drawn.push(group(facts, &runs, template)),
        }
    }
    drawn
}

/// A launch template of the spec either names its image, or leaves it to the release version.
fn misfit(runs: &Runs<'_>, template: &Template) -> Option<String> {
    let names_image = runs.version.data.image_id.is_some();
    (names_image != template.names_image).then(|| {
        format!(
            "its version {} of `{}` and version {} of the other groups differ in whether they name an image, and a launch \
             template of the spec is one or the other; give it a launch template of its own",
            runs.version.number, template.name, template.version
        )
    })
}

fn group(facts: &AwsFacts, runs: &Runs<'_>, template: &Template) -> Drawn {
    let have = runs.group;
    let mut map = Map::block();
    let mut told = Vec::new();
    map.set("name", have.name.as_str());
    map.set("cluster", facts.cluster.name.as_str());
    map.set("launchTemplate", template.name.as_str());
    version(runs, template, &mut map, &mut told);
    let plain = |value: Option<Value>| value.map(Doc::from);
    let lines = [
        ("nodeRole", plain(have.node_role.clone().map(Value::from))),
        ("subnets", plain(list(&have.subnets))),
        ("instanceTypes", plain(own_types(runs))),
        ("capacityType", plain(capacity(have))),
        ("scaling", scaling(have)),
        ("labels", plain(serde_json::to_value(&have.labels).ok())),
        ("taints", Some(taints(have))),
        ("tags", plain(tags(have, &mut told))),
        ("update", update(have)),
    ];
    for (key, value) in lines {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            map.set(key, value);
            told.push((key.to_owned(), mapped(key)));
        }
    }
    if runs.version.data.instance_type.is_some() && !have.instance_types.is_empty() {
        told.push((
            "instanceTypes".to_owned(),
            left_out("its launch template names the type"),
        ));
    }
    for issue in &have.health {
        let what = format!("{}: nothing of it is in the spec", issue.code);
        told.push(("health".to_owned(), left_out(what)));
    }
    Drawn {
        name: have.name.clone(),
        template: template.name.clone(),
        map,
        told,
    }
}

/// Pins, where the group is not on what the launch template of the spec says.
fn version(runs: &Runs<'_>, template: &Template, map: &mut Map, told: &mut Vec<Line>) {
    let number = runs.version.number;
    match &runs.floating {
        Some(shown) => {
            let note = format!(
                "EKS shows `{shown}`, which is version {number} today; the first apply moves it to the number, and \
                 replaces its nodes"
            );
            told.push((
                "launchTemplate.version".to_owned(),
                mapped_with("launchTemplate", note),
            ));
        }
        None => {
            let note = format!("it runs version {number}");
            told.push((
                "launchTemplate".to_owned(),
                mapped_with("launchTemplate", note),
            ));
        }
    }
    if number != template.version {
        map.set("launchTemplateVersion", Doc::from(Value::from(number)));
        let note = format!(
            "the launch template has the content of version {}, and the group runs another",
            template.version
        );
        told.push((
            "launchTemplate.version".to_owned(),
            mapped_with("launchTemplateVersion", note),
        ));
    }
    let own = &runs.group.release_version;
    if template.release.is_some() && *own != template.release {
        map.set_some("releaseVersion", own.as_deref());
        let note = "the launch template has the release of another group";
        told.push((
            "releaseVersion".to_owned(),
            mapped_with("releaseVersion", note),
        ));
    }
}

fn list(texts: &[String]) -> Option<Value> {
    (!texts.is_empty()).then(|| Value::from(texts.to_vec()))
}

/// EKS shows the launch template's type as the group's; the group's own are those that it names besides.
fn own_types(runs: &Runs<'_>) -> Option<Value> {
    match runs.version.data.instance_type {
        Some(_) => None,
        None => list(&runs.group.instance_types),
    }
}

fn capacity(have: &ObservedGroup) -> Option<Value> {
    let capacity = have.capacity_type.clone();
    capacity
        .filter(|capacity| capacity != "ON_DEMAND")
        .map(Value::from)
}

fn scaling(have: &ObservedGroup) -> Option<Doc> {
    let sizes = have.scaling?;
    let sizes = [
        ("min", sizes.min),
        ("max", sizes.max),
        ("desired", sizes.desired),
    ];
    let mut map = Map::default();
    for (key, size) in sizes {
        map.set(key, Doc::from(Value::from(size)));
    }
    Some(map.into())
}

fn taints(have: &ObservedGroup) -> Doc {
    let taints = have.taints.iter().map(|taint| {
        let mut map = Map::default();
        map.set("key", taint.key.as_str());
        let value = taint.value.as_deref().filter(|value| !value.is_empty());
        map.set_some("value", value);
        map.set("effect", format!("{:?}", taint.effect).as_str());
        Doc::from(map)
    });
    Doc::List(taints.collect())
}

/// The owner's tag is nodemint's to set, and AWS's own are nobody's.
fn tags(have: &ObservedGroup, told: &mut Vec<Line>) -> Option<Value> {
    let mut tags = have.tags.clone();
    tags.retain(|key, _| {
        let reserved = key.starts_with("aws:");
        if reserved {
            told.push((format!("tags.{key}"), left_out("AWS sets it itself")));
        }
        key != OWNER_TAG && !reserved
    });
    serde_json::to_value(tags).ok()
}

/// One node at a time by the DEFAULT strategy is what the spec means when it says nothing.
fn update(have: &ObservedGroup) -> Option<Doc> {
    let settings = have.update_settings.as_ref()?;
    let mut map = Map::default();
    match settings.max_unavailable {
        MaxUnavailable::Count(1) => {}
        MaxUnavailable::Count(count) => map.set("maxUnavailable", Doc::from(Value::from(count))),
        MaxUnavailable::Percentage(percentage) => {
            map.set(
                "maxUnavailablePercentage",
                Doc::from(Value::from(percentage)),
            );
        }
    }
    if settings.strategy == UpdateStrategy::Minimal {
        map.set("strategy", "MINIMAL");
    }
    Some(map.into())
}
