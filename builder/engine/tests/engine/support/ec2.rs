//! What EC2 does with launch templates.

use nodemint_core::launch_template::Data;
use nodemint_core::observed::{ObservedTemplate, ObservedVersion};
use nodemint_engine::ports::{ErrorKind, Minted};

use super::eks::Answer;
use super::world::World;

pub fn minted(world: &World, id: &str, number: &str) -> Answer<Minted> {
    let template = world
        .templates
        .values()
        .find(|template| template.id == id)
        .ok_or(ErrorKind::NotFound)?;
    let version = number
        .parse()
        .ok()
        .and_then(|number| template.version(number))
        .ok_or(ErrorKind::Unexpected)?;
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

pub fn push_version(template: &mut ObservedTemplate, description: &str, data: &Data) -> String {
    template.latest_version += 1;
    let version = ObservedVersion {
        number: template.latest_version,
        description: Some(description.to_owned()),
        created_at: None,
        created_by: None,
        data: data.clone(),
        unread: false,
    };
    template.versions.insert(0, version);
    template.latest_version.to_string()
}
