//! Where each key and value of a spec stands, so that any later stage can point into the file.

use std::collections::BTreeMap;

use super::SpecPath;
use super::problem::Problem;
use super::tree::{self, Kind, Node, Spot};

/// The place of one value, and of its key if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub key: Option<Spot>,
    pub value: Spot,
    collection: bool,
}

impl Place {
    /// What to point at: a scalar itself; the key of a mapping or list, which may be a hundred lines long.
    pub fn spot(&self) -> &Spot {
        match &self.key {
            Some(key) if self.collection || self.value.span.is_empty() => key,
            _ => &self.value,
        }
    }
}

/// The places of a spec, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Place>);

impl Places {
    pub(crate) fn of(root: &Node) -> Places {
        let mut places = BTreeMap::new();
        collect(root, None, &SpecPath::default(), &mut places);
        Places(places)
    }

    /// The place of exactly this path, as [`SpecPath`] writes it.
    pub fn find(&self, path: &str) -> Option<Place> {
        self.0.get(path).cloned()
    }

    /// The place of this path or of the nearest value that it would be under.
    pub fn nearest(&self, path: &str) -> Option<Place> {
        let mut at = SpecPath::parse(path);
        while let Some(path) = at {
            if let Some(place) = self.0.get(&path.to_string()) {
                return Some(place.clone());
            }
            at = path.parent();
        }
        self.0.get("").cloned()
    }

    /// A problem that points at this path.
    pub fn problem(&self, path: &str, message: String, hint: Option<String>) -> Problem {
        let spot = self
            .nearest(path)
            .map(|place| place.spot().clone())
            .unwrap_or(Spot {
                span: 0..0,
                line: 1,
                column: 1,
            });
        Problem {
            path: path.to_owned(),
            line: spot.line,
            column: spot.column,
            span: spot.span,
            message,
            hint,
        }
    }

    /// Every path of the spec with its place, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.0.iter().map(|(path, place)| (path.as_str(), place))
    }
}

/// The places of any YAML; none if it is not one document.
pub(crate) fn places(text: &str) -> Option<Places> {
    let (root, _) = tree::parse(text).ok()?;
    Some(Places::of(&root))
}

fn collect(node: &Node, key: Option<&Spot>, path: &SpecPath, places: &mut BTreeMap<String, Place>) {
    let mut value = node.spot.clone();
    let collection = !matches!(node.kind, Kind::Scalar { .. });
    // An item of a list has no key to point at: its first key stands for it.
    if let (Kind::Map { entries, .. }, None) = (&node.kind, key)
        && let Some(first) = entries.first()
    {
        value = first.key_spot.clone();
    }
    let place = Place {
        key: key.cloned(),
        value,
        collection,
    };
    places.insert(path.to_string(), place);
    match &node.kind {
        Kind::Scalar { .. } => {}
        Kind::Seq { items } => {
            for (index, item) in items.iter().enumerate() {
                collect(item, None, &path.index(index), places);
            }
        }
        Kind::Map { entries, .. } => {
            for entry in entries {
                collect(
                    &entry.value,
                    Some(&entry.key_spot),
                    &path.key(&entry.key),
                    places,
                );
            }
        }
    }
}
