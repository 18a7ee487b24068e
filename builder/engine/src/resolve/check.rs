//! An image is locked only if EC2 shows it, and it is what was asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nodemint_core::ami_source::{Answer, Ask, release_in_name, release_version};
use nodemint_core::fit::{self, Misfit, Severity};
use nodemint_core::lock::LockedImage;
use nodemint_core::observed::Image;
use nodemint_core::spec::AmiSource;

use super::Problem;
use super::choose::{Rules, few, usable};
use super::read::View;
use super::wants::Want;

/// The image that answers a want, if it is there.
pub(super) fn find<'v>(
    want: &Want<'_>,
    ask: &Ask,
    view: &'v View,
    now: Timestamp,
) -> Result<(Answer, &'v Image), Problem> {
    let answer = match ask {
        Ask::Images(query) => searched(want, ask, view.found(query), now)?,
        _ => view
            .answer(ask)
            .map_err(|error| want.problem(error.to_string(), error.hint(&want.request)))?,
    };
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

/// The newest image that a filter of one's own finds and that `minAge` and `deny` allow.
fn searched(
    want: &Want<'_>,
    ask: &Ask,
    found: &[Image],
    now: Timestamp,
) -> Result<Answer, Problem> {
    let rules = Rules::of(want.template, &want.request);
    let locked = want.old.map(|old| old.image_id.as_str());
    let (usable, passed) = usable(found, &rules, locked, now);
    if usable.is_empty() && !passed.is_empty() {
        let message = format!(
            "no image that fits `ami.filter` may be used: {}",
            few(&passed)
        );
        let hint = "take it out of `ami.deny`, lower `ami.minAge`, or let the filter find others";
        return Err(want.problem(message, Some(hint.to_owned())));
    }
    ask.read(&BTreeMap::new(), &usable, now)
        .map_err(|error| want.problem(error.to_string(), error.hint(&want.request)))
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
    let (answer, image) = match find(want, ask, view, now) {
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
    checked.problems.extend(denied(want, image, &answer));
    if checked.problems.is_empty() {
        match locked(want, ask, answer, image) {
            Ok(image) => checked.image = Some(image),
            Err(problem) => checked.problems.push(problem),
        }
    }
    checked
}

/// `latest` and a filter have passed over what `ami.deny` has; a source that names one image cannot.
fn denied(want: &Want<'_>, image: &Image, answer: &Answer) -> Option<Problem> {
    let rules = Rules::of(want.template, &want.request);
    let release = release_in_name(&want.request, &image.name);
    let full = answer.release_version.as_deref();
    let denies = rules.denies(&image.id, &image.name, release.as_deref(), full);
    denies.then(|| {
        want.problem(
            format!("`ami.deny` has image {} ({})", image.id, image.name),
            Some("name another image, or take it out of `ami.deny`".to_owned()),
        )
    })
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
    if let (Some(error), false) = (view.types_refused(), want.types.is_empty()) {
        return vec![Misfit {
            severity: Severity::Warning,
            message: format!("whether its instance types can run the image is unknown: {error}"),
            hint: "allow ec2:DescribeInstanceTypes; `nodemint plan` looks again".to_owned(),
        }];
    }
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
) -> Result<LockedImage, Problem> {
    let lacks = |what: &str, hint: &str| {
        want.problem(
            format!("image {} has no {what}", image.id),
            Some(hint.to_owned()),
        )
    };
    let root_device = image.root_device.clone();
    let root_device =
        root_device.ok_or_else(|| lacks("root device", "choose an image that boots from EBS"))?;
    let created = image
        .created
        .ok_or_else(|| lacks("creation date", "choose an image that EC2 gives one for"))?;
    Ok(LockedImage {
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
        created,
        deprecated: image.deprecated,
        found_in: match &want.request.source {
            AmiSource::Id(_) | AmiSource::IdByRegion(_) => "spec".to_owned(),
            AmiSource::EksOptimized(_) | AmiSource::SsmParameter(_) | AmiSource::Filter(_) => {
                ask.found_in()
            }
        },
    })
}
