//! From what the spec says of an image to what SSM is asked, and from SSM's answer to an image id.

use std::collections::BTreeMap;

use handlebars::Handlebars;
use jiff::Timestamp;
use serde::Deserialize;

use crate::family::{FamilyError, ImageParameter, Question, family, owners};
use crate::lock::ImageRequest;
use crate::observed::Image;
use crate::spec::{AmiSource, FamilyName};

mod deny;

pub use deny::{Candidate, denied};

/// What has to be asked for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Public parameters of whoever publishes the family.
    Public {
        family: FamilyName,
        parameter: ImageParameter,
    },
    /// A parameter of one's own, whose value is an image id.
    Parameter(String),
    /// Nothing: the spec has the id.
    Id(String),
    /// EC2, for the newest image of these.
    Images(ImageQuery),
}

/// Which images DescribeImages is to find: those that all of this holds for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageQuery {
    /// `self`, `amazon` or account ids
    pub owners: Vec<String>,
    /// Patterns with `*` and `?`, any of which may fit; empty: any name.
    pub names: Vec<String>,
    /// Tag → value; `*` takes any value.
    pub tags: BTreeMap<String, String>,
    /// `x86_64` or `arm64`
    pub architecture: Option<String>,
}

/// What the parameters say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub image_id: String,
    pub release_version: Option<String>,
}

/// Why there is nothing to ask.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    Family(#[from] FamilyError),
    #[error("`ssmParameter` cannot be filled in: {0}")]
    Template(String),
    #[error("`id` has no image for region {0}")]
    NoIdForRegion(String),
}

/// Why SSM's answer is of no use.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("SSM has no parameter {name}")]
    Missing { name: String },
    #[error("DescribeImages finds no image that fits `ami.filter`")]
    NoImage,
    #[error("SSM parameter {name} does not hold an image: {why}")]
    NotAnImage { name: String, why: String },
    #[error("SSM parameter {name} holds release {found}, and {expected} was asked for")]
    OtherRelease {
        name: String,
        found: String,
        expected: String,
    },
}

impl AnswerError {
    /// What to do about it.
    pub fn hint(&self, request: &ImageRequest) -> Option<String> {
        match (self, &request.source) {
            (AnswerError::Missing { name }, AmiSource::EksOptimized(_)) => {
                Some(missing_hint(name, request))
            }
            (AnswerError::Missing { .. }, _) => Some(format!(
                "check the name and that the parameter exists in {}",
                request.region
            )),
            (AnswerError::OtherRelease { .. }, _) => Some(
                "take the release version from EKS's release notes, patch version included"
                    .to_owned(),
            ),
            (AnswerError::NoImage, _) => Some(format!(
                "check owners, name and tags, and that the image is in {} and shared with the account",
                request.region
            )),
            (AnswerError::NotAnImage { .. }, _) => None,
        }
    }
}

/// The folder above the release is where all releases are listed.
fn missing_hint(name: &str, request: &ImageRequest) -> String {
    let mut parts: Vec<&str> = name.split('/').collect();
    // `…/<release>/image_id`, or `…/recommended`
    let leaves = if name.ends_with("/recommended") { 1 } else { 2 };
    parts.truncate(parts.len().saturating_sub(leaves));
    format!(
        "{:?} may not be published for Kubernetes {} in {}; list what is there with `aws ssm get-parameters-by-path --recursive --path {}`",
        request.family,
        request.kubernetes_version,
        request.region,
        parts.join("/")
    )
}

/// What to ask for `request`.
pub fn ask(request: &ImageRequest) -> Result<Ask, AskError> {
    match &request.source {
        AmiSource::EksOptimized(release) => {
            let question = Question::from(request);
            Ok(family(request.family).ask(&question, release)?)
        }
        AmiSource::SsmParameter(name) => Ok(Ask::Parameter(fill(name, request)?)),
        AmiSource::Id(id) => Ok(Ask::Id(id.clone())),
        AmiSource::Filter(filter) => {
            let name = filter.name.as_ref().map(|name| fill(name, request));
            Ok(Ask::Images(ImageQuery {
                owners: filter.owners.clone(),
                names: name.transpose()?.into_iter().collect(),
                tags: filter.tags.clone(),
                architecture: Some(request.arch.as_str().to_owned()),
            }))
        }
        AmiSource::IdByRegion(ids) => {
            let id = ids
                .get(&request.region)
                .ok_or_else(|| AskError::NoIdForRegion(request.region.clone()))?;
            Ok(Ask::Id(id.clone()))
        }
    }
}

/// Fills `{{kubernetesVersion}}`, `{{arch}}` and `{{region}}` in; anything else is an error.
fn fill(name: &str, request: &ImageRequest) -> Result<String, AskError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(handlebars::no_escape);
    let values = BTreeMap::from([
        ("kubernetesVersion", request.kubernetes_version.as_str()),
        ("arch", request.arch.as_str()),
        ("region", request.region.as_str()),
    ]);
    registry
        .render_template(name, &values)
        .map_err(|error| AskError::Template(error.reason().to_string()))
}

impl Ask {
    /// The parameters to read; empty if the id is known.
    pub fn parameters(&self) -> Vec<String> {
        match self {
            Ask::Public { parameter, .. } => {
                parameter.names().into_iter().map(str::to_owned).collect()
            }
            Ask::Parameter(name) => vec![name.clone()],
            Ask::Id(_) | Ask::Images(_) => Vec::new(),
        }
    }

    /// What to ask DescribeImages for; none if the id is known or a parameter holds it.
    pub fn query(&self) -> Option<&ImageQuery> {
        match self {
            Ask::Images(query) => Some(query),
            Ask::Public { .. } | Ask::Parameter(_) | Ask::Id(_) => None,
        }
    }

    /// Where the id is found, for the lock and for messages.
    pub fn found_in(&self) -> String {
        match self {
            Ask::Public { parameter, .. } => match parameter {
                ImageParameter::Recommended { name } => name.clone(),
                ImageParameter::Release { image_id, .. } | ImageParameter::Id { image_id } => {
                    image_id.clone()
                }
            },
            Ask::Parameter(name) => name.clone(),
            Ask::Id(_) => "the spec".to_owned(),
            Ask::Images(_) => "DescribeImages".to_owned(),
        }
    }

    /// Reads the answer out of the parameters' values, or out of the images that the query found.
    pub fn read(
        &self,
        values: &BTreeMap<String, String>,
        images: &[Image],
        now: Timestamp,
    ) -> Result<Answer, AnswerError> {
        match self {
            Ask::Public { parameter, .. } => published(parameter, values),
            Ask::Parameter(name) => Ok(Answer {
                image_id: image_id_in(name, value_of(name, values)?)?,
                release_version: None,
            }),
            Ask::Id(id) => Ok(Answer {
                image_id: id.clone(),
                release_version: None,
            }),
            Ask::Images(_) => newest(images, now)
                .map(|image| Answer {
                    image_id: image.id.clone(),
                    release_version: None,
                })
                .ok_or(AnswerError::NoImage),
        }
    }
}

/// What the public parameters say of an image.
fn published(
    parameter: &ImageParameter,
    values: &BTreeMap<String, String>,
) -> Result<Answer, AnswerError> {
    match parameter {
        ImageParameter::Recommended { name } => recommended(name, value_of(name, values)?),
        ImageParameter::Id { image_id } => Ok(Answer {
            image_id: image_id_in(image_id, value_of(image_id, values)?)?,
            release_version: None,
        }),
        ImageParameter::Release {
            image_id,
            release_version,
            expected,
        } => {
            let id = image_id_in(image_id, value_of(image_id, values)?)?;
            let found = value_of(release_version, values)?;
            match expected
                .as_ref()
                .filter(|expected| !answers(found, expected))
            {
                Some(expected) => Err(AnswerError::OtherRelease {
                    name: release_version.clone(),
                    found: found.clone(),
                    expected: expected.clone(),
                }),
                None => Ok(Answer {
                    image_id: id,
                    release_version: Some(found.clone()),
                }),
            }
        }
    }
}

/// Whether a release is the one that was asked for; `1.50.0` asks for `1.50.0-abcdef12` too.
fn answers(found: &str, expected: &str) -> bool {
    let rest = found.strip_prefix(expected);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn value_of<'v>(
    name: &str,
    values: &'v BTreeMap<String, String>,
) -> Result<&'v String, AnswerError> {
    let missing = || AnswerError::Missing {
        name: name.to_owned(),
    };
    values.get(name).ok_or_else(missing)
}

/// The newest image: one that is not deprecated by now before one that is, then by its creation, then by name.
pub fn newest(images: &[Image], now: Timestamp) -> Option<&Image> {
    images.iter().max_by(|one, other| {
        let rank = |image: &Image| {
            let in_time = image.deprecated.is_none_or(|when| when > now);
            (in_time, image.created)
        };
        rank(one)
            .cmp(&rank(other))
            .then_with(|| one.name.cmp(&other.name))
    })
}

/// How to list what a family publishes for a request: every release, older ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releases {
    pub query: ImageQuery,
    /// what stands before and after the release in an image's name
    frame: (String, String),
}

/// One image among a family's published ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published<'a> {
    pub image: &'a Image,
    /// the release as the image's name has it: `20261012` of `…-1.34-v20261012`
    pub release: &'a str,
}

/// None: the image comes from nobody who publishes releases.
pub fn releases(request: &ImageRequest) -> Result<Option<Releases>, AskError> {
    let AmiSource::EksOptimized(_) = &request.source else {
        return Ok(None);
    };
    let strategy = family(request.family);
    let pattern = strategy.image_names(&Question::from(request))?;
    let (before, after) = pattern.split_once('*').unwrap_or((&pattern, ""));
    Ok(Some(Releases {
        query: ImageQuery {
            owners: owners(strategy, &request.region),
            names: vec![pattern.clone()],
            ..ImageQuery::default()
        },
        frame: (before.to_owned(), after.to_owned()),
    }))
}

impl Releases {
    /// Those of `images` that answer the request, newest first. Images of other requests may be among them:
    /// one DescribeImages can be asked for several patterns.
    pub fn of<'a>(&self, images: &'a [Image]) -> Vec<Published<'a>> {
        let published = images.iter().filter_map(|image| {
            let release = self.in_name(&image.name)?;
            Some(Published { image, release })
        });
        let mut published: Vec<Published<'a>> = published.collect();
        published
            .sort_by_key(|one| std::cmp::Reverse((one.image.created, one.image.name.as_str())));
        published
    }

    fn in_name<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (before, after) = &self.frame;
        name.strip_prefix(before)?.strip_suffix(after.as_str())
    }
}

/// What to ask for one image that [`Releases::of`] found: its parameters where it has some, because the
/// release version that EKS wants is not always in the name.
pub fn ask_for(request: &ImageRequest, published: &Published<'_>) -> Result<Ask, AskError> {
    Ok(family(request.family).published(&Question::from(request), published)?)
}

/// The release version of an image that the request's family publishes, as its name tells it: that of
/// Amazon Linux does not. For answers that come without one.
pub fn release_version(request: &ImageRequest, image_name: &str) -> Option<String> {
    let in_name = release_in_name(request, image_name)?;
    family(request.family).release_version(&Question::from(request), &in_name)
}

/// The release as an image's name has it: `20261012` of `…-1.34-v20261012`. None: no name of the family's.
pub fn release_in_name(request: &ImageRequest, image_name: &str) -> Option<String> {
    let releases = releases(request).ok()??;
    releases.in_name(image_name).map(str::to_owned)
}

fn recommended(name: &str, value: &str) -> Result<Answer, AnswerError> {
    #[derive(Deserialize)]
    struct Recommended {
        image_id: String,
        release_version: String,
    }
    let parsed: Recommended =
        serde_json::from_str(value).map_err(|error| AnswerError::NotAnImage {
            name: name.to_owned(),
            why: format!(
                "its value is not the JSON that EKS publishes (line {}, column {})",
                error.line(),
                error.column()
            ),
        })?;
    Ok(Answer {
        image_id: image_id_in(name, &parsed.image_id)?,
        release_version: Some(parsed.release_version),
    })
}

fn image_id_in(name: &str, value: &str) -> Result<String, AnswerError> {
    let id = value.trim();
    let hex = id.strip_prefix("ami-").unwrap_or_default();
    let good = matches!(hex.len(), 8 | 17) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    match good {
        true => Ok(id.to_owned()),
        // The value is not shown: a parameter of one's own can hold anything.
        false => Err(AnswerError::NotAnImage {
            name: name.to_owned(),
            why: "its value is no image id such as ami-0123456789abcdef0".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
