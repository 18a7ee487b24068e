//! Whether an image is the one that was asked for.

use jiff::Timestamp;

use super::Misfit;
use crate::ami_source::releases;
use crate::family::expected_owner;
use crate::lock::ImageRequest;
use crate::observed::Image;

/// What is wrong with an image that exists.
pub fn image(request: &ImageRequest, image: &Image, now: Timestamp) -> Vec<Misfit> {
    let found = [
        launchable(image),
        architecture(request, image),
        publisher(request, image),
        root(image),
        virtualization(image),
        kubernetes(request, image),
        deprecated(image, now),
    ];
    found.into_iter().flatten().collect()
}

/// Whether EC2 starts instances from it at all.
pub fn launchable(image: &Image) -> Option<Misfit> {
    (image.state != "available").then(|| {
        Misfit::error(
            format!("image {} is {}, not available", image.id, image.state),
            "choose another image",
        )
    })
}

fn architecture(request: &ImageRequest, image: &Image) -> Option<Misfit> {
    let (arch, found) = (request.arch.as_str(), &image.architecture);
    (found != arch).then(|| {
        let (id, name) = (&image.id, &image.name);
        Misfit::error(
            format!("image {id} ({name}) is for {found}, and the launch template says {arch}"),
            "change `arch`, or the image",
        )
    })
}

/// The account decides, where it is known. AWS opens regions faster than any table learns of them, and moves
/// images between its accounts; nobody else gets its alias (EC2 user guide, "Understand shared AMI usage":
/// "Other users can't alias their AMIs"). A known account that is another one all the same is worth a look.
fn publisher(request: &ImageRequest, image: &Image) -> Option<Misfit> {
    let expected = expected_owner(request)?;
    let (id, region, found) = (&image.id, &request.region, &image.owner);
    let amazons = image.owner_alias.as_deref() == Some("amazon");
    match expected.account {
        Some(known) if known == found => None,
        Some(known) if expected.amazon && amazons => Some(Misfit::warning(
            format!(
                "image {id} belongs to Amazon's account {found}, and nodemint knows {known} as the publisher of {:?} images in {region}",
                request.family
            ),
            "AWS may have moved the images; compare with its documentation",
        )),
        Some(known) => Some(stranger(request, image, &format!("from {known}"))),
        None if expected.amazon && !amazons => {
            Some(stranger(request, image, "from accounts of Amazon's"))
        }
        None => None,
    }
}

fn stranger(request: &ImageRequest, image: &Image, publisher: &str) -> Misfit {
    let (id, region, found) = (&image.id, &request.region, &image.owner);
    let family = request.family;
    Misfit::error(
        format!(
            "image {id} belongs to account {found}, and {family:?} images in {region} are published {publisher}"
        ),
        "do not use it before you know where it comes from",
    )
}

/// Block device mappings, and so volume sizes and encryption, are for EBS-backed images.
fn root(image: &Image) -> Option<Misfit> {
    let kind = image.root_device_type.as_deref()?;
    (kind != "ebs").then(|| {
        Misfit::error(
            format!(
                "image {} ({}) has its root device on {kind}, and nodes need it on EBS",
                image.id, image.name
            ),
            "choose an image with an EBS root volume",
        )
    })
}

fn virtualization(image: &Image) -> Option<Misfit> {
    let kind = &image.virtualization;
    (!kind.is_empty() && kind != "hvm").then(|| {
        Misfit::error(
            format!(
                "image {} ({}) is {kind}, and today's instance types run hvm images",
                image.id, image.name
            ),
            "choose an hvm image",
        )
    })
}

/// A public image says in its name what Kubernetes it is for. One's own may be called anything, so that
/// is a warning, and only where the name has a minor that is not the one asked for.
fn kubernetes(request: &ImageRequest, image: &Image) -> Option<Misfit> {
    let (id, name, wanted) = (&image.id, &image.name, &request.kubernetes_version);
    match releases(request) {
        Ok(Some(releases)) if releases.of(std::slice::from_ref(image)).is_empty() => {
            let message = format!(
                "image {id} is called {name}, and images of this family for Kubernetes {wanted} are called {}",
                releases.query.names.join(" or ")
            );
            let found: Vec<&str> = minors(name).collect();
            // Publishers have renamed images before; another Kubernetes is another matter.
            Some(match found.is_empty() || found.contains(&wanted.as_str()) {
                true => Misfit::warning(message, "check what the image holds before nodes run it"),
                false => Misfit::error(
                    message,
                    "the parameter names an image of another kind: choose another release",
                ),
            })
        }
        Ok(None) => {
            let minors: Vec<&str> = minors(name).collect();
            let other = minors
                .first()
                .filter(|_| !minors.contains(&wanted.as_str()))?;
            Some(Misfit::warning(
                format!(
                    "image {id} is called {name}, which speaks of Kubernetes {other}, and {wanted} is wanted"
                ),
                "check what the image holds, or name `kubernetesVersion` in the launch template",
            ))
        }
        // What cannot be asked for has been refused by then.
        Ok(Some(_)) | Err(_) => None,
    }
}

/// The words of a name that read as Kubernetes minors: `1.33`, and not `11.33`, `1.33.1` or `1.3`.
fn minors(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .filter(|word| {
            let minor = word.strip_prefix("1.").unwrap_or_default();
            minor.len() == 2 && minor.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn deprecated(image: &Image, now: Timestamp) -> Option<Misfit> {
    let when = image.deprecated.filter(|when| *when <= now)?;
    Some(Misfit::warning(
        format!(
            "image {} ({}) is deprecated since {when}",
            image.id, image.name
        ),
        "move to a newer one with `nodemint resolve --update`",
    ))
}
