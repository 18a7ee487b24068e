//! The files that a plan was made from, by their digests, and which of them changed since.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::base::hex;

/// SHA-256 of a file, as `sha256:<64 hex digits>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest(String);

impl FileDigest {
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex(&Sha256::digest(bytes))))
    }
}

/// What a plan was made from. Of a file that is not there, there is no digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    pub spec: Option<FileDigest>,
    pub lock: Option<FileDigest>,
    /// by the names that the spec gives them
    pub files: BTreeMap<String, FileDigest>,
}

/// One of a plan's inputs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    Spec,
    Lock,
    File(String),
}

/// What became of an input since the plan was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Changed,
    Gone,
    New,
}

impl Inputs {
    /// Which inputs are no longer what they were.
    pub fn changed(&self, now: &Inputs) -> Vec<(Input, Fate)> {
        let names: BTreeSet<&String> = self.files.keys().chain(now.files.keys()).collect();
        let named = names.into_iter().map(|name| {
            let file = Input::File(name.clone());
            (file, self.files.get(name), now.files.get(name))
        });
        let own = [
            (Input::Spec, self.spec.as_ref(), now.spec.as_ref()),
            (Input::Lock, self.lock.as_ref(), now.lock.as_ref()),
        ];
        let all = own.into_iter().chain(named);
        all.filter_map(|(input, then, now)| Some((input, fate(then, now)?)))
            .collect()
    }
}

fn fate(then: Option<&FileDigest>, now: Option<&FileDigest>) -> Option<Fate> {
    match (then, now) {
        (Some(then), Some(now)) if then != now => Some(Fate::Changed),
        (Some(_), None) => Some(Fate::Gone),
        (None, Some(_)) => Some(Fate::New),
        _ => None,
    }
}
