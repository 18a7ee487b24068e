//! A plan as a file: JSON with a checksum, so that a cut or edited one is told from a good one. A file is
//! good only byte for byte as it was written: what was reviewed is what is applied.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::base::hex;
use super::{Inputs, Plan, SCHEMA};

/// The schema of a plan file.
pub const FILE_SCHEMA: &str = "nodemint.dev/saved-plan/v1";

/// A plan, and what must still hold beside its own [`Base`](super::Base) when it is applied.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedPlan {
    /// It is not applied after this time.
    pub expires: Timestamp,
    /// Where calls went that did not go to AWS itself.
    pub endpoint: Option<String>,
    pub inputs: Inputs,
    pub plan: Plan,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PlanFile {
    schema: String,
    /// of the file with nothing here
    checksum: String,
    /// for pipelines, which need not look into the plan
    has_changes: bool,
    expires: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    inputs: Inputs,
    plan: Plan,
}

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    #[error("it ends in line {line}: it was cut short")]
    CutShort { line: usize },
    // serde_json quotes the offending value in its message, and a plan holds user data: only the place
    // is told.
    #[error("not a plan file: it cannot be read at line {line}, column {column}")]
    NotAPlan { line: usize, column: usize },
    #[error("its schema `{found}` is {}: this nodemint reads `{FILE_SCHEMA}`", age(.found))]
    OtherSchema { found: String },
    #[error("it is what `plan --output json` prints, which has no user data")]
    Printed,
    #[error("nodemint {found} made it, and this is nodemint {this}")]
    OtherNodemint { found: String, this: String },
    #[error("it was edited or cut short: its checksum does not match")]
    Checksum,
}

impl SavedPlan {
    /// The file's text. It holds the launch-template data whole, user data included: treat it as a secret.
    pub fn to_json(&self) -> String {
        let file = PlanFile {
            schema: FILE_SCHEMA.to_owned(),
            checksum: String::new(),
            has_changes: self.plan.has_changes(),
            expires: self.expires,
            endpoint: self.endpoint.clone(),
            inputs: self.inputs.clone(),
            plan: self.plan.clone(),
        };
        let checksum = checksum(&file);
        // Plain structs with string keys always serialise.
        let mut text =
            serde_json::to_string_pretty(&PlanFile { checksum, ..file }).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads what [`SavedPlan::to_json`] of the same `nodemint` wrote. Another one may mean something else by
    /// the same plan, so it is not asked to carry it out.
    pub fn from_json(text: &str, nodemint: &str) -> Result<Self, PlanFileError> {
        let schema = read::<Schema>(text)?.schema;
        match schema.as_str() {
            FILE_SCHEMA => {}
            SCHEMA => return Err(PlanFileError::Printed),
            _ => return Err(PlanFileError::OtherSchema { found: schema }),
        }
        let found = read::<Maker>(text)?.plan.nodemint;
        if found != nodemint {
            let this = nodemint.to_owned();
            return Err(PlanFileError::OtherNodemint { found, this });
        }
        let file: PlanFile = read(text)?;
        let saved = Self {
            expires: file.expires,
            endpoint: file.endpoint,
            inputs: file.inputs,
            plan: file.plan,
        };
        match saved.to_json() == text {
            true => Ok(saved),
            false => Err(PlanFileError::Checksum),
        }
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}

/// Read first: in a document of another schema, or of another nodemint, anything else may differ.
#[derive(Deserialize)]
struct Schema {
    schema: String,
}

#[derive(Deserialize)]
struct Maker {
    plan: MadeBy,
}

#[derive(Deserialize)]
struct MadeBy {
    nodemint: String,
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, PlanFileError> {
    serde_json::from_str(text).map_err(|error| match error.is_eof() {
        true => PlanFileError::CutShort { line: error.line() },
        false => PlanFileError::NotAPlan {
            line: error.line(),
            column: error.column(),
        },
    })
}

fn checksum(file: &PlanFile) -> String {
    let bytes = serde_json::to_vec(file).unwrap_or_default();
    format!("sha256:{}", hex(&Sha256::digest(&bytes)))
}

/// How another schema stands to ours.
fn age(found: &str) -> &'static str {
    let split = |schema: &str| {
        let (name, number) = schema.rsplit_once("/v")?;
        Some((name.to_owned(), number.parse::<u32>().ok()?))
    };
    match (split(found), split(FILE_SCHEMA)) {
        (Some((name, theirs)), Some((ours, number))) if name == ours => match theirs.cmp(&number) {
            Ordering::Greater => "of a newer nodemint",
            Ordering::Less => "of an older nodemint",
            Ordering::Equal => "not written as it should be",
        },
        _ => "none of a plan file",
    }
}
