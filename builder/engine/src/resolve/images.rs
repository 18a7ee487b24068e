//! Images: SSM says which, EC2 says whether it is really there and what it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::ami_source::{self, Answer, Ask};
use nodemint_core::lock::{ImageRequest, LockedImage};
use nodemint_core::spec::AmiSource;

use super::Problem;
use crate::ports::{Cloud, CloudError, Clouds, Image};

/// One image that is looked for.
#[derive(Clone, Debug)]
pub(super) struct Want {
    pub template: String,
    pub cluster: String,
    /// in the spec
    pub path: String,
    pub request: ImageRequest,
}

/// Finds every image that is wanted: one round of SSM and one of EC2 a region.
pub(super) async fn find(
    wants: &[Want],
    now: Timestamp,
    clouds: &dyn Clouds,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<String>,
) -> Result<Vec<(Want, LockedImage)>, CloudError> {
    let regions: BTreeSet<&String> = wants.iter().map(|want| &want.request.region).collect();
    let mut found = Vec::new();
    for region in regions {
        let of_region = wants.iter().filter(|want| want.request.region == *region);
        let asks = asks(of_region, problems);
        let cloud = clouds.region(region).await?;
        let named = answers(asks, cloud.as_ref(), problems).await?;
        let ids: BTreeSet<String> = named
            .iter()
            .map(|(_, _, answer)| answer.image_id.clone())
            .collect();
        let images = match ids.is_empty() {
            true => BTreeMap::new(),
            false => cloud.images(&ids.into_iter().collect::<Vec<_>>()).await?,
        };
        for (want, ask, answer) in named {
            match check(want, &ask, &answer, images.get(&answer.image_id)) {
                Ok(image) => {
                    warnings.extend(deprecation(want, &image, now));
                    found.push((want.clone(), image));
                }
                Err(problem) => problems.push(problem),
            }
        }
    }
    Ok(found)
}

fn asks<'a>(
    wants: impl Iterator<Item = &'a Want>,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a Want, Ask)> {
    let mut asks = Vec::new();
    for want in wants {
        match ami_source::ask(&want.request) {
            Ok(ask) => asks.push((want, ask)),
            Err(error) => problems.push(problem(want, error.to_string(), None)),
        }
    }
    asks
}

/// What SSM says, for those that ask it.
async fn answers<'a>(
    asks: Vec<(&'a Want, Ask)>,
    cloud: &dyn Cloud,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(&'a Want, Ask, Answer)>, CloudError> {
    let names: BTreeSet<String> = asks.iter().flat_map(|(_, ask)| ask.parameters()).collect();
    let values = match names.is_empty() {
        true => BTreeMap::new(),
        false => {
            cloud
                .parameters(&names.into_iter().collect::<Vec<_>>())
                .await?
        }
    };
    let mut named = Vec::new();
    for (want, ask) in asks {
        match ask.read(&values) {
            Ok(answer) => named.push((want, ask, answer)),
            Err(error) => {
                problems.push(problem(want, error.to_string(), error.hint(&want.request)))
            }
        }
    }
    Ok(named)
}

fn problem(want: &Want, message: String, hint: Option<String>) -> Problem {
    Problem {
        path: want.path.clone(),
        message,
        hint,
    }
}

/// An image is locked only if EC2 shows it, and it is what was asked for. SSM parameters have named
/// images that were gone (aws-mountpoint-s3-csi-driver #838).
fn check(
    want: &Want,
    ask: &Ask,
    answer: &Answer,
    image: Option<&Image>,
) -> Result<LockedImage, Problem> {
    let id = &answer.image_id;
    let Some(image) = image else {
        let (found_in, region) = (ask.found_in(), &want.request.region);
        return Err(problem(
            want,
            format!("image {id}, named by {found_in}, does not exist in {region} for this account"),
            Some("an image of another account must be shared with this one; a deleted image cannot be used at all".to_owned()),
        ));
    };
    if let Some((message, hint)) = unfit(want, ask, image) {
        return Err(problem(want, message, Some(hint.to_owned())));
    }
    let Some(root_device) = image.root_device.clone() else {
        let hint = Some("choose an image that boots from EBS".to_owned());
        return Err(problem(
            want,
            format!("image {id} has no root device"),
            hint,
        ));
    };
    Ok(LockedImage {
        request: want.request.clone(),
        image_id: id.clone(),
        name: image.name.clone(),
        release_version: answer.release_version.clone(),
        // `unfit` has compared it with the image's own.
        architecture: want.request.arch,
        root_device,
        root_volume_size: image.root_volume_size,
        owner: image.owner.clone(),
        created: image.created.unwrap_or(Timestamp::UNIX_EPOCH),
        deprecated: image.deprecated,
        found_in: match &want.request.source {
            AmiSource::Id(_) | AmiSource::IdByRegion(_) => "spec".to_owned(),
            AmiSource::EksOptimized(_) | AmiSource::SsmParameter(_) => ask.found_in(),
        },
    })
}

/// What is wrong with an image that exists, and what to do about it.
fn unfit(want: &Want, ask: &Ask, image: &Image) -> Option<(String, &'static str)> {
    let (id, region, arch) = (&image.id, &want.request.region, want.request.arch.as_str());
    if image.state != "available" {
        return Some((
            format!("image {id} is {}, not available", image.state),
            "choose another image",
        ));
    }
    if image.architecture != arch {
        let (name, found) = (&image.name, &image.architecture);
        let message =
            format!("image {id} ({name}) is for {found}, and the launch template says {arch}");
        return Some((message, "change `arch`, or the image"));
    }
    let expected = ask
        .expected_owner(region)
        .filter(|expected| *expected != image.owner)?;
    let message = format!(
        "image {id} belongs to account {}, and EKS publishes its images in {region} from {expected}",
        image.owner
    );
    Some((message, "do not use it before you know where it comes from"))
}

fn deprecation(want: &Want, image: &LockedImage, now: Timestamp) -> Option<String> {
    let when = image.deprecated.filter(|when| *when <= now)?;
    let (id, name, template) = (&image.image_id, &image.name, &want.template);
    Some(format!(
        "image {id} ({name}) of launch template {template} is deprecated since {when}"
    ))
}
