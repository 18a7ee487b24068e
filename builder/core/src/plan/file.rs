//! A plan as a file: JSON with a checksum, so that a cut or edited one is told from a good one. A file is
//! good only byte for byte as it was written: what was reviewed is what is applied.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::base::hex;
use super::{Plan, SCHEMA};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    schema: String,
    checksum: String,
    plan: Plan,
}

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    // serde_json quotes the offending value in its message, and a plan holds user data: only the place
    // is told.
    #[error("not a plan file: it cannot be read at line {line}, column {column}")]
    NotAPlan { line: usize, column: usize },
    #[error("a plan of schema `{found}`, and this nodemint reads `{SCHEMA}`")]
    OtherSchema { found: String },
    #[error("the plan was edited or cut short: its checksum does not match")]
    Checksum,
}

/// The file's text. It holds the launch-template data whole, user data included: treat it as a secret.
pub fn to_json(plan: &Plan) -> String {
    let file = PlanFile {
        schema: SCHEMA.to_owned(),
        checksum: checksum(plan),
        plan: plan.clone(),
    };
    // Plain structs with string keys always serialise.
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

pub fn from_json(text: &str) -> Result<Plan, PlanFileError> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let not_a_plan = |source: serde_json::Error| PlanFileError::NotAPlan {
        line: source.line(),
        column: source.column(),
    };
    let Schema { schema } = serde_json::from_str(text).map_err(not_a_plan)?;
    if schema != SCHEMA {
        return Err(PlanFileError::OtherSchema { found: schema });
    }
    let file: PlanFile = serde_json::from_str(text).map_err(not_a_plan)?;
    if checksum(&file.plan) != file.checksum || to_json(&file.plan) != text {
        return Err(PlanFileError::Checksum);
    }
    Ok(file.plan)
}

fn checksum(plan: &Plan) -> String {
    let bytes = serde_json::to_vec(plan).unwrap_or_default();
    format!("sha256:{}", hex(&Sha256::digest(&bytes)))
}
