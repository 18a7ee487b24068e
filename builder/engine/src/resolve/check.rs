//! An image is locked only if EC2 shows it, and it is what was asked for.

use jiff::Timestamp;
use nodemint_core::ami_source::{Answer, Ask, release_version};
use nodemint_core::fit::{self, Misfit, Severity};
use nodemint_core::lock::LockedImage;
use nodemint_core::observed::Image;
use nodemint_core::spec::AmiSource;

use super::Problem;
use super::read::View;
use super::wants::Want;

/// The image that answers a want, if it is there.
pub(super) fn find<'v>(
    want: &Want<'_>,
    ask: &Ask,
    view: &'v View,
) -> Result<(Answer, &'v Image), Problem> {
    let answer = view
        .answer(ask)
        .map_err(|error| want.problem(error.to_string(), error.hint(&want.request)))?;
    // SSM parameters have named images that were gone (aws-mountpoint-s3-csi-driver #838).
    match view.image(&answer.image_id) {
        Some(image) => Ok((answer, image)),
        None => {
            let (id, found_in) = (&answer.image_id, ask.found_in());
            let region = &want.request.region;
            let message = format!(
                "image {id}, named by {found_in}, does not exist in {region} for this account"
            );
            let hint = "an image of another account must be shared with this one; a deleted image cannot be used at all";
            Err(want.problem(message, Some(hint.to_owned())))
        }
    }
}

/// What was found out about an image.
pub(super) struct Checked {
    pub image: Option<LockedImage>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<String>,
}

/// Checks the image, and the instance types that are to run it.
pub(super) fn check(
    want: &Want<'_>,
    ask: &Ask,
    view: &View,
    strict: bool,
    now: Timestamp,
) -> Checked {
    let mut checked = Checked {
        image: None,
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let (answer, image) = match find(want, ask, view) {
        Ok(found) => found,
        Err(problem) => {
            checked.problems.push(problem);
            return checked;
        }
    };
    let misfits = fit::image(&want.request, image, now);
    let fits = |misfit: &Misfit| misfit.severity != Severity::Error;
    let types = match misfits.iter().all(fits) {
        true => types(want, image, view),
        false => Vec::new(),
    };
    let of_image = |misfit: Misfit| want.problem(misfit.message, Some(misfit.hint));
    checked.note(want, misfits, strict, of_image);
    let of_type = |misfit: Misfit| want.problem_of_type(misfit.message, misfit.hint);
    checked.note(want, types, strict, of_type);
    match image.root_device.clone() {
        _ if !checked.problems.is_empty() => {}
        Some(root_device) => checked.image = Some(locked(want, ask, answer, image, root_device)),
        None => checked.problems.push(want.problem(
            format!("image {} has no root device", image.id),
            Some("choose an image that boots from EBS".to_owned()),
        )),
    }
    checked
}

impl Checked {
    fn note(
        &mut self,
        want: &Want<'_>,
        misfits: Vec<Misfit>,
        strict: bool,
        problem: impl Fn(Misfit) -> Problem,
    ) {
        for misfit in misfits {
            match misfit.severity {
                Severity::Warning if !strict => self.warnings.push(format!(
                    "{}: {}; {}",
                    want.subject(),
                    misfit.message,
                    misfit.hint
                )),
                Severity::Warning | Severity::Error => self.problems.push(problem(misfit)),
            }
        }
    }
}

fn types(want: &Want<'_>, image: &Image, view: &View) -> Vec<Misfit> {
    let (family, variant) = (want.request.family, want.request.variant);
    let misfits = want.types.iter().flat_map(|name| {
        let found = view.instance_type(name);
        fit::instance_type(family, variant, image, name, found)
    });
    misfits.collect()
}

fn locked(
    want: &Want<'_>,
    ask: &Ask,
    answer: Answer,
    image: &Image,
    root_device: String,
) -> LockedImage {
    LockedImage {
        request: want.request.clone(),
        image_id: answer.image_id,
        name: image.name.clone(),
        // Not every family has a parameter for it, and EKS asks for it where it pins the image.
        release_version: answer
            .release_version
            .or_else(|| release_version(&want.request, &image.name)),
        // `fit::image` has compared it with the image's own.
        architecture: want.request.arch,
        root_device,
        root_volume_size: image.root_volume_size,
        owner: image.owner.clone(),
        created: image.created.unwrap_or(Timestamp::UNIX_EPOCH),
        deprecated: image.deprecated,
        found_in: match &want.request.source {
            AmiSource::Id(_) | AmiSource::IdByRegion(_) => "spec".to_owned(),
            AmiSource::EksOptimized(_) | AmiSource::SsmParameter(_) | AmiSource::Filter(_) => {
                ask.found_in()
            }
        },
    }
}
