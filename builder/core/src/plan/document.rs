//! What `plan --output json` prints, and its published schema.
//!
//! `nodemint.dev/plan/v1` grows: fields are added to it, and a reader passes over those that it does not know. What
//! would make a reader wrong (a field that goes, or means something else) makes `v2`. So the schema that is published
//! allows unknown fields, although a plan file does not: that is read by the nodemint that will apply it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use super::Plan;

/// A plan, with what programs ask first. User data is left out of what is printed: its size stands in its place.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "nodemint plan")]
pub struct PlanDocument<'a> {
    /// Whether apply would do anything.
    pub has_changes: bool,
    /// Whether something stands in the way: see `blockers`.
    pub blocked: bool,
    #[serde(flatten)]
    pub plan: &'a Plan,
}

impl<'a> PlanDocument<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            has_changes: plan.has_changes(),
            blocked: !plan.blockers.is_empty(),
            plan,
        }
    }
}

/// The JSON Schema (draft 2020-12) of a [`PlanDocument`].
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(PlanDocument<'static>).to_value();
    open(&mut schema);
    schema
}

/// Takes `additionalProperties: false` out everywhere.
fn open(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                map.remove("additionalProperties");
            }
            map.values_mut().for_each(open);
        }
        Value::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}

/// Launch-template data is EC2's, and its reference describes it better than we could.
pub(super) fn launch_template_data(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "description": "RequestLaunchTemplateData, in EC2's own names; of UserData, the size alone",
    })
}
