//! What AWS, Bottlerocket and Canonical publish for everybody: images, and the SSM parameters that name them.
//!
//! They belong to no account and follow from a [`Catalogue`] alone, so a world keeps the catalogue, and a
//! region's [`Shelf`] is filled when somebody first looks at it: thousands of images and parameters are
//! neither saved with the state nor made for regions that nobody asks for.

mod catalogue;
mod check;
mod publish;
mod template;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use catalogue::Catalogue;
pub(crate) use catalogue::{Architecture, BootMode, partition};

use crate::seed::Problem;
use crate::world::{Image, Parameter};

/// The built-in catalogue: see the file for what is in it, and where it comes from.
const BUILTIN: &str = include_str!("../../seed/public-images.yaml");

/// What is published in one region.
#[derive(Debug, Default)]
pub struct Shelf {
    /// by id
    pub images: BTreeMap<String, Image>,
    /// by name
    pub parameters: BTreeMap<String, Parameter>,
}

static NOTHING: Shelf = Shelf {
    images: BTreeMap::new(),
    parameters: BTreeMap::new(),
};

/// A catalogue, and the shelves of the regions that there are. A copy shares them.
#[derive(Clone, Debug, Default)]
pub struct Public(Arc<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    catalogue: Catalogue,
    regions: BTreeMap<String, OnceLock<Shelf>>,
}

/// A [`Public`] as it is saved.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    regions: Vec<String>,
    catalogue: Catalogue,
}

impl Public {
    /// Publishes a catalogue in these regions, and nowhere else.
    pub fn new<'r>(catalogue: Catalogue, regions: impl IntoIterator<Item = &'r String>) -> Self {
        let regions = regions.into_iter().cloned();
        Self(Arc::new(Shelves {
            catalogue,
            regions: regions.map(|name| (name, OnceLock::new())).collect(),
        }))
    }

    /// What is published in a region: nothing in one that the world does not have.
    pub fn in_region(&self, region: &str) -> &Shelf {
        match self.0.regions.get(region) {
            Some(shelf) => shelf.get_or_init(|| publish::shelf(&self.0.catalogue, region)),
            None => &NOTHING,
        }
    }
}

impl PartialEq for Public {
    fn eq(&self, other: &Self) -> bool {
        self.0.catalogue == other.0.catalogue && self.0.regions.keys().eq(other.0.regions.keys())
    }
}

impl Serialize for Public {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Saved {
            regions: self.0.regions.keys().cloned().collect(),
            catalogue: self.0.catalogue.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Public {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        Ok(Self::new(saved.catalogue, &saved.regions))
    }
}

impl Catalogue {
    /// What the sandbox publishes when a seed asks for it.
    pub fn builtin() -> Self {
        // not input: the text is part of the program, and a test parses and checks it
        serde_yaml::from_str(BUILTIN).expect("the built-in catalogue is valid")
    }

    /// What a seed says, laid over the catalogue that it begins with.
    pub fn resolved(self) -> Self {
        match self.base {
            None => self,
            Some(catalogue::Base::Builtin) => Self::builtin().with(self),
        }
    }

    /// What is wrong with it, each with its place under `publicImages`.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        check::problems(self)
    }
}

#[cfg(test)]
mod tests;
