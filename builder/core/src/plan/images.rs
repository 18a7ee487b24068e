//! Images by name and release, and not by their ids alone.

use super::Plan;
use crate::ami_source::release_version;
use crate::launch_template::{FieldChange, ImageNote};
use crate::lock::LockedImage;
use crate::observed::Observed;
use crate::site::Site;

/// Names the images of every change of `ImageId` in a plan, as far as they are known: from the lock, or as EC2
/// shows them.
pub(super) fn name(plan: &mut Plan, locked: &[&LockedImage], observed: &Observed) {
    let templates = plan.launch_templates.iter_mut();
    let templates = templates.map(|outlook| (&outlook.site, &mut outlook.changes));
    let groups = plan.node_groups.iter_mut();
    let groups = groups.map(|outlook| (&outlook.site, &mut outlook.changes));
    for (site, changes) in templates.chain(groups) {
        for change in changes.iter_mut().filter(|change| change.path == "ImageId") {
            name_one(change, site, locked, observed);
        }
    }
}

fn name_one(change: &mut FieldChange, site: &Site, locked: &[&LockedImage], observed: &Observed) {
    let note = |id: Option<&String>| note(id?, site, locked, observed);
    change.from_image = note(change.from.as_ref());
    change.to_image = note(change.to.as_ref());
}

fn note(id: &str, site: &Site, locked: &[&LockedImage], observed: &Observed) -> Option<ImageNote> {
    let here = |image: &&&LockedImage| image.request.region == site.region;
    if let Some(image) = locked.iter().find(|image| image.image_id == id) {
        return Some(ImageNote {
            id: id.to_owned(),
            name: image.name.clone(),
            release_version: image.release_version.clone(),
        });
    }
    let image = observed.images.get(site)?.get(id)?;
    // A name of one of the fleet's families tells its release.
    let mut requests = locked.iter().filter(here).map(|image| &image.request);
    Some(ImageNote {
        id: id.to_owned(),
        name: image.name.clone(),
        release_version: requests.find_map(|request| release_version(request, &image.name)),
    })
}
