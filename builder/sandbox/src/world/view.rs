//! What a caller finds in a region: the account's own things, and what is published for everybody.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::OnceLock;

use super::{Image, Offered, Parameter, Region, World};
use crate::public::Shelf;

/// A region as one account sees it.
#[derive(Clone, Copy)]
pub struct View<'w> {
    /// empty where nothing was ever put
    pub own: &'w Region,
    pub public: &'w Shelf,
    pub offered: Offered<'w>,
}

impl World {
    pub fn view<'w>(&'w self, account: &str, region: &'w str) -> View<'w> {
        static EMPTY: OnceLock<Region> = OnceLock::new();
        View {
            own: self
                .region(account, region)
                .unwrap_or_else(|| EMPTY.get_or_init(Region::default)),
            public: self.public.in_region(region),
            offered: self.offered(account, region),
        }
    }
}

impl<'w> View<'w> {
    /// An image by id. Whether the account may see it is another question.
    pub fn image(&self, id: &str) -> Option<&'w Image> {
        let public = || self.public.images.get(id);
        self.own.images.get(id).or_else(public)
    }

    /// All the images, by id.
    pub fn images(&self) -> impl Iterator<Item = &'w Image> {
        merged(&self.public.images, &self.own.images).into_values()
    }

    /// A parameter by name.
    pub fn parameter(&self, name: &str) -> Option<&'w Parameter> {
        let public = || self.public.parameters.get(name);
        self.own.parameters.get(name).or_else(public)
    }

    /// The parameters whose names begin so, by name.
    pub fn parameters_under(&self, prefix: &str) -> impl Iterator<Item = &'w Parameter> {
        let under = |all: &'w BTreeMap<String, Parameter>| {
            let from = all.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
            from.take_while(|(name, _)| name.starts_with(prefix))
                .map(|(name, parameter)| (name.as_str(), parameter))
                .collect::<Vec<_>>()
        };
        let mut found: BTreeMap<&str, &Parameter> = BTreeMap::new();
        found.extend(under(&self.public.parameters));
        found.extend(under(&self.own.parameters));
        found.into_values()
    }
}

/// What is the account's own stands before what is public under the same key.
fn merged<'w, T>(
    public: &'w BTreeMap<String, T>,
    own: &'w BTreeMap<String, T>,
) -> BTreeMap<&'w str, &'w T> {
    let all = public.iter().chain(own);
    all.map(|(key, value)| (key.as_str(), value)).collect()
}
