//! Answers for programs, without user data.
//!
//! What is printed ends up in logs, and user data can hold secrets. A plan file (`--out`) has it whole.

use nodemint_core::plan::{Plan, PlanDocument};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::AppError;

pub fn plan(plan: &Plan) -> Result<Value, AppError> {
    without_user_data(&PlanDocument::new(plan))
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
                    Value::String(text) if key == "UserData" => {
                        *value = Value::String(format!("({} characters, not shown)", text.len()));
                    }
                    Value::Object(change) if key == "userData" => redact_change(change),
                    _ => redact(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        _ => {}
    }
}

/// What is left of a change of user data: which parts, keys and flags differ. Its values and lines go.
fn redact_change(change: &mut Map<String, Value>) {
    let parts = change.get_mut("parts").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        let keys = part.get_mut("keys").and_then(Value::as_array_mut);
        for key in keys.into_iter().flatten().filter_map(Value::as_object_mut) {
            key.remove("from");
            key.remove("to");
        }
        if let Some(lines) = part.get_mut("lines").and_then(Value::as_object_mut) {
            lines.remove("diff");
        }
    }
}
