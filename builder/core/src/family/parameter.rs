//! Public parameters of SSM, and the releases that their names hold.

use super::FamilyError;
use crate::ami_source::{Ask, Published};
use crate::spec::{FamilyName, KubernetesVersion, Release};

/// What to ask SSM for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageParameter {
    /// One parameter whose value is JSON: `image_id`, `image_name`, `release_version`.
    Recommended { name: String },
    /// One parameter for each value. EKS's name of a release does not hold the Kubernetes patch, so whoever
    /// asks must compare the value of `release_version` with `expected`, where one is.
    Release {
        image_id: String,
        release_version: String,
        expected: Option<String>,
    },
    /// The id alone: no parameter holds the release, the image's name does.
    Id { image_id: String },
}

impl ImageParameter {
    /// The names to ask for.
    pub fn names(&self) -> Vec<&str> {
        match self {
            ImageParameter::Recommended { name } => vec![name],
            ImageParameter::Id { image_id } => vec![image_id],
            ImageParameter::Release {
                image_id,
                release_version,
                ..
            } => vec![image_id, release_version],
        }
    }
}

/// `20260915` and such: eight digits.
pub(super) fn is_day(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The parts of EKS's release version for Amazon Linux: minor and day of `1.34.2-20260915`.
pub(super) fn eks_release(release: &str) -> Result<(KubernetesVersion, &str), FamilyError> {
    let bad = || FamilyError::Release {
        release: release.to_owned(),
        example: "1.34.2-20260915",
    };
    let (version, day) = release.split_once('-').ok_or_else(bad)?;
    let numbers: Vec<&str> = version.split('.').collect();
    let [major, minor, patch] = numbers.as_slice() else {
        return Err(bad());
    };
    let digits = !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !is_day(day) {
        return Err(bad());
    }
    let of = format!("{major}.{minor}").parse().map_err(|_| bad())?;
    Ok((of, day))
}

/// An error if a release is for another minor than the one that is wanted.
pub(super) fn same_minor(
    release: &str,
    of: KubernetesVersion,
    wanted: KubernetesVersion,
) -> Result<(), FamilyError> {
    match of == wanted {
        true => Ok(()),
        false => Err(FamilyError::ReleaseOfOtherMinor {
            release: release.to_owned(),
            kubernetes_version: wanted.to_string(),
        }),
    }
}

/// Images of EKS's own for Amazon Linux, of one kind and Kubernetes.
pub(super) struct EksImages {
    pub family: FamilyName,
    /// the folder of their parameters
    pub folder: String,
    /// their name without version and release
    pub name: String,
    pub version: KubernetesVersion,
}

impl EksImages {
    pub fn ask(&self, release: &Release) -> Result<Ask, FamilyError> {
        let (folder, version) = (&self.folder, self.version);
        let parameter = match release {
            Release::Latest => ImageParameter::Recommended {
                name: format!("/aws/service/eks/optimized-ami/{version}/{folder}/recommended"),
            },
            Release::Pinned(release) => {
                let (of, day) = eks_release(release)?;
                same_minor(release, of, version)?;
                let name = format!("{}-{version}-v{day}", self.name);
                of_release(folder, version, &name, Some(release.clone()))
            }
        };
        let family = self.family;
        Ok(Ask::Public { family, parameter })
    }

    /// The names of all that are published, `*` where the release stands.
    pub fn names(&self) -> String {
        format!("{}-{}-v*", self.name, self.version)
    }

    /// What to ask for one that was found by its name.
    pub fn published(&self, image: &Published<'_>) -> Ask {
        Ask::Public {
            family: self.family,
            parameter: of_release(&self.folder, self.version, &image.image.name, None),
        }
    }
}

fn of_release(
    folder: &str,
    version: KubernetesVersion,
    name: &str,
    expected: Option<String>,
) -> ImageParameter {
    let root = format!("/aws/service/eks/optimized-ami/{version}/{folder}/{name}");
    ImageParameter::Release {
        image_id: format!("{root}/image_id"),
        release_version: format!("{root}/release_version"),
        expected,
    }
}
