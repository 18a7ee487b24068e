//! Answers for programs, without user data.
//!
//! What is printed ends up in logs, and user data can hold secrets. A plan file (`--out`) has it whole.

use nodemint_core::plan::Plan;
use serde::Serialize;
use serde_json::Value;

use crate::error::AppError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    has_changes: bool,
    blocked: bool,
    #[serde(flatten)]
    plan: &'a Plan,
}

pub fn plan(plan: &Plan) -> Result<Value, AppError> {
    let document = Document {
        has_changes: plan.has_changes(),
        blocked: !plan.blockers.is_empty(),
        plan,
    };
    without_user_data(&document)
}

/// Any answer as JSON, with user data and the differences in it replaced by their size.
pub fn without_user_data<T: Serialize>(answer: &T) -> Result<Value, AppError> {
    let mut value =
        serde_json::to_value(answer).map_err(|error| AppError::Sandbox(error.to_string()))?;
    redact(&mut value);
    Ok(value)
}

/// Replaces user data, and the differences in it, by their size.
fn redact(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if key == "UserData" || key == "detail" => {
                        *value = Value::String(format!("({} characters, not shown)", text.len()));
                    }
                    _ => redact(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        _ => {}
    }
}
