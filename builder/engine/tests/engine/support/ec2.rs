//! What EC2 does with launch templates.

use nodemint_core::launch_template::Data;
use nodemint_core::observed::{ObservedTemplate, ObservedVersion};
use nodemint_engine::ports::{DeletedVersions, ErrorKind, Minted};

use super::eks::Answer;
use super::world::World;

/// The same token is the same call; with other parameters it is refused. `fresh` does it for the first time.
pub fn once(
    world: &mut World,
    token: &str,
    request: String,
    fresh: impl FnOnce(&mut World) -> Answer<String>,
) -> Answer<String> {
    assert!(
        token.len() <= 64 && token.is_ascii(),
        "a token that every API takes"
    );
    match world.tokens.get(token) {
        Some((asked, answer)) if *asked == request => Ok(answer.clone()),
        Some(_) => Err(ErrorKind::TokenMismatch),
        None => {
            let answer = fresh(world)?;
            world
                .tokens
                .insert(token.to_owned(), (request, answer.clone()));
            Ok(answer)
        }
    }
}

/// The answer to a creation. To a token that it knows EC2 gives what it made then, be it deleted since.
pub fn minted(world: &World, id: &str, number: &str) -> Answer<Minted> {
    let number = number.parse().map_err(|_| ErrorKind::Unexpected)?;
    let version = world
        .ever
        .get(&(id.to_owned(), number))
        .ok_or(ErrorKind::NotFound)?;
    let version = ObservedVersion {
        unread: world.garbled,
        ..version.clone()
    };
    Ok(Minted {
        template_id: id.to_owned(),
        version,
        warning: None,
    })
}

/// EKS takes only a version that is there.
pub fn check_version(world: &World, id: &str, number: i64) -> Answer<()> {
    let mut templates = world.templates.values();
    let found = templates.find(|template| template.id == id);
    match found.and_then(|template| template.version(number)) {
        Some(_) => Ok(()),
        None => Err(ErrorKind::Invalid),
    }
}

/// Adds a version, and gives its number as text besides.
pub fn push_version(
    template: &mut ObservedTemplate,
    description: &str,
    data: &Data,
) -> (String, ObservedVersion) {
    template.latest_version += 1;
    let version = ObservedVersion {
        number: template.latest_version,
        description: Some(description.to_owned()),
        created_at: None,
        created_by: None,
        data: data.clone(),
        unread: false,
    };
    template.versions.insert(0, version.clone());
    (template.latest_version.to_string(), version)
}

/// Each for itself; the default version never, and no more than EC2 takes at once.
pub fn delete_versions(world: &mut World, id: &str, versions: &[i64]) -> Answer<DeletedVersions> {
    assert!((1..=200).contains(&versions.len()), "{versions:?}");
    let mut templates = world.templates.values_mut();
    let template = templates
        .find(|template| template.id == id)
        .ok_or(ErrorKind::NotFound)?;
    let mut told = DeletedVersions::default();
    for number in versions {
        if *number == template.default_version {
            told.refused
                .insert(*number, "unexpectedError: default".to_owned());
        } else if template.version(*number).is_some() {
            template
                .versions
                .retain(|version| version.number != *number);
            told.deleted.push(*number);
        } else {
            told.gone.push(*number);
        }
    }
    Ok(told)
}
