//! From what the spec says of an image to what SSM is asked, and from SSM's answer to an image id.

use std::collections::BTreeMap;

use handlebars::Handlebars;
use serde::Deserialize;

use crate::family::{FamilyError, ImageParameter, eks_image_owner, family};
use crate::lock::ImageRequest;
use crate::spec::AmiSource;

/// What has to be asked for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// EKS's own public parameters.
    Eks(ImageParameter),
    /// A parameter of one's own, whose value is an image id.
    Parameter(String),
    /// Nothing: the spec has the id.
    Id(String),
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
            (AnswerError::Missing { .. }, AmiSource::EksOptimized(_)) => Some(format!(
                "EKS may not have published {:?} for Kubernetes {} in {}; list what is there with `aws ssm get-parameters-by-path --recursive --path /aws/service/eks/optimized-ami/{}`",
                request.family,
                request.kubernetes_version,
                request.region,
                request.kubernetes_version
            )),
            (AnswerError::Missing { .. }, _) => Some(format!(
                "check the name and that the parameter exists in {}",
                request.region
            )),
            (AnswerError::OtherRelease { .. }, _) => Some(
                "take the release version from EKS's release notes, patch version included"
                    .to_owned(),
            ),
            (AnswerError::NotAnImage { .. }, _) => None,
        }
    }
}

/// What to ask for `request`.
pub fn ask(request: &ImageRequest) -> Result<Ask, AskError> {
    match &request.source {
        AmiSource::EksOptimized(release) => {
            let strategy = family(request.family);
            let version = &request.kubernetes_version;
            Ok(Ask::Eks(strategy.image_parameter(
                version,
                request.arch,
                request.variant,
                release,
            )?))
        }
        AmiSource::SsmParameter(name) => Ok(Ask::Parameter(fill(name, request)?)),
        AmiSource::Id(id) => Ok(Ask::Id(id.clone())),
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
            Ask::Eks(parameter) => parameter.names().into_iter().map(str::to_owned).collect(),
            Ask::Parameter(name) => vec![name.clone()],
            Ask::Id(_) => Vec::new(),
        }
    }

    /// Where the id is found, for the lock and for messages.
    pub fn found_in(&self) -> String {
        match self {
            Ask::Eks(ImageParameter::Recommended { name }) => name.clone(),
            Ask::Eks(ImageParameter::Release { image_id, .. }) => image_id.clone(),
            Ask::Parameter(name) => name.clone(),
            Ask::Id(_) => "the spec".to_owned(),
        }
    }

    /// The account that the image must belong to, where that is known.
    pub fn expected_owner(&self, region: &str) -> Option<&'static str> {
        match self {
            Ask::Eks(_) => eks_image_owner(region),
            Ask::Parameter(_) | Ask::Id(_) => None,
        }
    }

    /// Reads the answer out of the parameters' values.
    pub fn read(&self, values: &BTreeMap<String, String>) -> Result<Answer, AnswerError> {
        let value = |name: &String| {
            values
                .get(name)
                .ok_or_else(|| AnswerError::Missing { name: name.clone() })
        };
        match self {
            Ask::Eks(ImageParameter::Recommended { name }) => recommended(name, value(name)?),
            Ask::Eks(ImageParameter::Release {
                image_id,
                release_version,
                expected,
                ..
            }) => {
                let id = image_id_in(image_id, value(image_id)?)?;
                let found = value(release_version)?;
                if found != expected {
                    let (name, found, expected) =
                        (release_version.clone(), found.clone(), expected.clone());
                    return Err(AnswerError::OtherRelease {
                        name,
                        found,
                        expected,
                    });
                }
                Ok(Answer {
                    image_id: id,
                    release_version: Some(expected.clone()),
                })
            }
            Ask::Parameter(name) => Ok(Answer {
                image_id: image_id_in(name, value(name)?)?,
                release_version: None,
            }),
            Ask::Id(id) => Ok(Answer {
                image_id: id.clone(),
                release_version: None,
            }),
        }
    }
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
