//! The JSON Schema of the spec, generated from the raw types, for editors and for checks outside nodemint.

use serde_json::Value;

use super::raw::RawFleet;

/// The schema (draft 2020-12). It knows keys, types and simple patterns; `load` knows more.
pub fn json_schema() -> Value {
    schemars::schema_for!(RawFleet).to_value()
}
