//! The JSON Schema of the spec, generated from the raw types, for editors and for checks outside nodemint.

use std::sync::LazyLock;

use serde_json::Value;

use super::raw::RawFleet;
use crate::launch_template::Data;

/// The schema (draft 2020-12). It knows keys, types and simple patterns; `load` knows more.
pub fn json_schema() -> Value {
    schemars::schema_for!(RawFleet).to_value()
}

/// That of `launchTemplateData` by itself: what its values are held to.
pub(crate) static LAUNCH_TEMPLATE_DATA: LazyLock<Value> =
    LazyLock::new(|| schemars::schema_for!(Data).to_value());
