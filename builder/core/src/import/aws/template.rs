//! The launch templates that the groups run: which version becomes the spec's content, and how it is said.

use std::collections::BTreeMap;

use super::attempt::Attempt;
use super::image::{Choice, managed, named};
use super::report::{Line, Told, left_out, mapped_with, to_do};
use super::user_data::{Candidate, Source};
use super::{AwsFacts, data};
use crate::import::document::Map;
use crate::launch_template::{Decoded, decode};
use crate::observed::{Image, ObservedGroup, ObservedTemplate, ObservedVersion};

/// A launch template as it stands in the spec.
pub(super) struct Drawn {
    pub id: String,
    pub name: String,
    /// The version whose content it has.
    pub version: i64,
    /// The release that its groups run, where EKS pins it.
    pub release: Option<String>,
    /// Whether the version names its image.
    pub names_image: bool,
    pub map: Map,
    pub files: BTreeMap<String, Vec<u8>>,
    pub told: Vec<Line>,
}

/// A group that a spec may have, and the number of the version that it runs.
pub(super) struct Runs<'a> {
    pub group: &'a ObservedGroup,
    pub template: &'a ObservedTemplate,
    pub version: &'a ObservedVersion,
    /// What EKS shows, if that is no number.
    pub floating: Option<String>,
}

/// Every group that is on a version that exists; why the others are left out is told.
pub(super) fn running<'a>(facts: &'a AwsFacts) -> Vec<Result<Runs<'a>, (&'a str, String)>> {
    let groups = facts.groups.iter();
    groups
        .map(|group| runs(facts, group).map_err(|why| (group.name.as_str(), why)))
        .collect()
}

fn runs<'a>(facts: &'a AwsFacts, group: &'a ObservedGroup) -> Result<Runs<'a>, String> {
    match group.status.as_str() {
        "ACTIVE" | "UPDATING" | "DEGRADED" | "CREATING" => {}
        status => return Err(format!("it is {status}")),
    }
    let Some(on) = &group.launch_template else {
        return Err(
            "EKS made its launch template itself, and a group can never get one of yours; name a new node group in the \
             spec, move the workloads, then delete this one"
                .to_owned(),
        );
    };
    let shown = on.name.as_deref().or(on.id.as_deref()).unwrap_or("unknown");
    let Some(template) = facts.template_of(group) else {
        return Err(format!(
            "its launch template `{shown}` does not exist any more"
        ));
    };
    let said = on.version.as_deref().unwrap_or("$Default");
    let number = on.number().unwrap_or(match said {
        "$Latest" => template.latest_version,
        _ => template.default_version,
    });
    let Some(version) = template.version(number) else {
        return Err(format!(
            "version {number} of its launch template `{shown}` does not exist any more"
        ));
    };
    Ok(Runs {
        group,
        template,
        version,
        floating: on.number().is_none().then(|| said.to_owned()),
    })
}

/// The launch templates of the spec, in the order of their first groups.
pub(super) fn draw(facts: &AwsFacts, told: &mut Told) -> Vec<Drawn> {
    let mut by_template: Vec<(&ObservedTemplate, Vec<Runs<'_>>)> = Vec::new();
    for one in running(facts) {
        match one {
            Err((group, why)) => told.left_out_group(group, &why),
            Ok(runs) => {
                let known = by_template
                    .iter_mut()
                    .find(|(template, _)| template.id == runs.template.id);
                match known {
                    Some((_, all)) => all.push(runs),
                    None => by_template.push((runs.template, vec![runs])),
                }
            }
        }
    }
    let mut drawn = Vec::new();
    for (template, runs) in by_template {
        match one(facts, template, &runs) {
            Ok(one) => drawn.push(one),
            Err(why) => {
                let groups: Vec<&str> = runs.iter().map(|runs| runs.group.name.as_str()).collect();
                let why = why.join("; ");
                told.add(
                    format!("launch template {}", template.name),
                    to_do(format!(
                        "left out of the spec, with its node groups {}: {why}",
                        groups.join(", ")
                    )),
                );
            }
        }
    }
    drawn
}

/// The version that most groups run, of several the newest.
fn most_used<'r, 'a>(runs: &'r [Runs<'a>]) -> Option<&'r Runs<'a>> {
    let users = |number: i64| {
        runs.iter()
            .filter(|one| one.version.number == number)
            .count()
    };
    // Of equals the first: the groups are sorted by their names.
    let best = runs
        .iter()
        .map(|one| (users(one.version.number), one.version.number))
        .max()?;
    runs.iter().find(|one| one.version.number == best.1)
}

fn one(
    facts: &AwsFacts,
    template: &ObservedTemplate,
    runs: &[Runs<'_>],
) -> Result<Drawn, Vec<String>> {
    let Some(first) = most_used(runs) else {
        return Err(Vec::new());
    };
    let version = first.version;
    if version.unread {
        return Err(vec![format!(
            "version {} has fields that this nodemint cannot hold",
            version.number
        )]);
    }
    let blob = version
        .data
        .user_data
        .as_ref()
        .filter(|blob| !blob.0.is_empty());
    let decoded = blob.map(decode);
    let image = image(facts, version)?;
    let choices = choices(facts, first, image, decoded.as_ref())?;
    let mut problems = Vec::new();
    for choice in choices {
        let source = Source {
            template: &template.name,
            decoded: decoded.as_ref(),
            family: choice.family,
            pinned_by: choice.pinned_by,
        };
        for candidate in source.candidates() {
            let (map, told) = draft(template, version, image, &choice, &candidate);
            let attempt = Attempt {
                facts,
                template: &map,
                files: &candidate.files,
                image,
                wanted: &version.data,
            };
            match attempt.differs() {
                None => return Ok(finished(first, map, told, &choice, candidate, runs)),
                Some(why) => problems = why,
            }
        }
    }
    Err(problems)
}

fn image<'a>(
    facts: &'a AwsFacts,
    version: &ObservedVersion,
) -> Result<Option<&'a Image>, Vec<String>> {
    let Some(id) = &version.data.image_id else {
        return Ok(None);
    };
    if id.starts_with("resolve:ssm:") {
        return Err(vec![format!(
            "version {} names its image by `{id}`, which can be another one tomorrow; set `ami.ssmParameter`, and let a \
             new version be minted",
            version.number
        )]);
    }
    facts.images.get(id).map(Some).ok_or_else(|| {
        vec![format!(
            "its image {id} does not exist any more, or is not shared with this account: no node can be started from it"
        )]
    })
}

fn choices(
    facts: &AwsFacts,
    runs: &Runs<'_>,
    image: Option<&Image>,
    decoded: Option<&Decoded>,
) -> Result<Vec<Choice>, Vec<String>> {
    let cluster = &facts.cluster.version;
    match image {
        Some(image) => Ok(named(
            image,
            facts.releases.get(&image.id),
            decoded,
            cluster,
        )),
        None => managed(runs.group, cluster)
            .map(|choice| vec![choice])
            .map_err(|why| vec![why]),
    }
}

fn draft(
    template: &ObservedTemplate,
    version: &ObservedVersion,
    image: Option<&Image>,
    choice: &Choice,
    candidate: &Candidate,
) -> (Map, Vec<Line>) {
    let mut map = Map::default();
    map.set("name", template.name.as_str());
    choice.write(&mut map);
    let root = image.and_then(|image| image.root_device.clone());
    let root = root.unwrap_or_else(|| {
        crate::family::family(choice.family)
            .default_root_device()
            .to_owned()
    });
    let told = data::write(&version.data, Some(&root), &mut map);
    map.set_some("userData", candidate.map.clone());
    (map, told)
}

fn finished(
    first: &Runs<'_>,
    map: Map,
    told: Vec<Line>,
    choice: &Choice,
    candidate: Candidate,
    runs: &[Runs<'_>],
) -> Drawn {
    let (template, version) = (first.template, first.version);
    let mut lines = vec![image_line(first, choice)];
    lines.extend(told);
    if version.data.user_data.is_some() {
        lines.push((
            "UserData".to_owned(),
            mapped_with("userData", candidate.note),
        ));
    }
    let others = template.versions.len().saturating_sub(1);
    if others > 0 {
        let reason = format!("{others}: `nodemint history` shows them, and rollbacks go to them");
        lines.push(("other versions".to_owned(), left_out(reason)));
    }
    let pinned =
        matches!(choice.ami, super::image::Ami::Release(_)) && version.data.image_id.is_none();
    Drawn {
        id: template.id.clone(),
        name: template.name.clone(),
        version: version.number,
        release: pinned
            .then(|| most_common_release(runs, version.number))
            .flatten(),
        names_image: version.data.image_id.is_some(),
        map,
        files: candidate.files,
        told: lines,
    }
}

fn image_line(first: &Runs<'_>, choice: &Choice) -> Line {
    let (field, value) = match &first.version.data.image_id {
        Some(id) => ("ImageId", id.as_str()),
        None => (
            "amiType",
            first.group.ami_type.as_deref().unwrap_or("unknown"),
        ),
    };
    let (to, note) = match &choice.ami {
        super::image::Ami::Release(release) => (
            "ami.eksOptimized",
            format!("{value} is release {release} of {:?}", choice.family),
        ),
        super::image::Ami::Id(_) => (
            "ami.id",
            format!(
                "{value} is no release that its publisher lists; the family is taken to be {:?}",
                choice.family
            ),
        ),
    };
    (field.to_owned(), mapped_with(to, note))
}

/// The release in the template is the first group's: see [`managed`].
fn most_common_release(runs: &[Runs<'_>], version: i64) -> Option<String> {
    let on = runs.iter().find(|one| one.version.number == version)?;
    on.group.release_version.clone()
}
