//! The world as a document: what `--sandbox=STATE` keeps between two commands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::World;
use crate::public::Public;

/// The schema of the document that [`World::to_json`] writes. It goes up with every change that an older
/// reader would take for something else. In 1, every region held the public images and parameters and the
/// instance types itself.
pub const SCHEMA: u32 = 2;

/// Why a document is not a world.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error(
        "sandbox state ends too early (line {line}): it was cut off while it was written or copied"
    )]
    Truncated { line: usize },
    #[error(
        "sandbox state has schema {found}, and this version reads schema {SCHEMA}: another version of nodemint \
         wrote it; use that one, or delete the state to begin anew"
    )]
    AnotherSchema { found: u32 },
    #[error("not a sandbox state")]
    Malformed(#[source] serde_json::Error),
    #[error("sandbox state cannot be written")]
    Unwritable(#[source] serde_json::Error),
}

impl World {
    /// A world in which nothing exists yet.
    pub fn empty(seed: u64, now: Timestamp) -> Self {
        Self {
            schema: SCHEMA,
            now,
            seed,
            drawn: 0,
            main_account: None,
            instance_types: BTreeMap::new(),
            roles: BTreeMap::new(),
            accounts: BTreeMap::new(),
            public: Public::default(),
            agenda: Vec::new(),
            next_sequence: 0,
        }
    }

    /// The whole state. The same world gives the same bytes.
    pub fn to_json(&self) -> Result<String, WorldError> {
        serde_json::to_string(self).map_err(WorldError::Unwritable)
    }

    /// Reads what [`World::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, WorldError> {
        /// Read first: in a document of another schema anything else may differ.
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(explain)?;
        if head.schema != SCHEMA {
            return Err(WorldError::AnotherSchema { found: head.schema });
        }
        serde_json::from_str(text).map_err(explain)
    }
}

fn explain(error: serde_json::Error) -> WorldError {
    if error.is_eof() {
        WorldError::Truncated { line: error.line() }
    } else {
        WorldError::Malformed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn a_world_survives_the_round_trip() {
        let world = World::from_seed(&Seed::builtin());
        let text = world.to_json().expect("a world can be written");
        let back = World::from_json(&text).expect("what was written can be read");
        assert_eq!(back, world);
        assert_eq!(back.to_json().expect("a world can be written"), text);
    }

    #[test]
    fn what_is_no_world_is_told_apart() {
        let text = World::empty(1, Timestamp::UNIX_EPOCH)
            .to_json()
            .expect("a world can be written");
        let cases = [
            (String::new(), "ends too early"),
            (text[..text.len() / 2].to_owned(), "ends too early"),
            (
                text.replace("\"schema\":2", "\"schema\":99"),
                "has schema 99",
            ),
            // before the public images were kept apart
            (
                text.replace("\"schema\":2", "\"schema\":1"),
                "delete the state to begin anew",
            ),
            ("{}".to_owned(), "not a sandbox state"),
            (
                "apiVersion: nodemint.dev/v1alpha1".to_owned(),
                "not a sandbox state",
            ),
        ];
        for (document, expected) in cases {
            let error = World::from_json(&document).expect_err(expected);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
