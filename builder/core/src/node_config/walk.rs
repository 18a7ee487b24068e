//! A document against the schema that the types give: everything that is wrong, where it is.

use serde_json::{Map, Value};

use super::{FieldProblem, kubelet};
use crate::lint::Severity;
use crate::spec::SpecPath;
use crate::spec::nearest::hint;

pub(super) struct Walk<'s> {
    root: &'s Value,
    /// Whether what the schema requires has to be there.
    whole: bool,
    found: Vec<FieldProblem>,
}

/// Everything in `document` that the schema does not have.
pub(super) fn walk(schema: &Value, document: &Value, whole: bool) -> Vec<FieldProblem> {
    let mut walk = Walk {
        root: schema,
        whole,
        found: Vec::new(),
    };
    walk.value(schema, document, &SpecPath::default());
    walk.found
}

impl<'s> Walk<'s> {
    fn value(&mut self, schema: &'s Value, value: &Value, at: &SpecPath) {
        let schema = self.resolved(schema);
        if value.is_null() {
            self.found.push(FieldProblem {
                path: at.to_string(),
                line: None,
                severity: Severity::Warning,
                message: "null changes nothing: nodeadm takes it for a field that is not set"
                    .to_owned(),
                hint: "write a value, or take the field out".to_owned(),
            });
            return;
        }
        if let Some(wanted) = schema.get("const") {
            if value != wanted {
                let wanted = wanted.as_str().unwrap_or_default();
                let message = format!("a NodeConfig has `{at}: {wanted}`");
                self.error(at, message, format!("write `{at}: {wanted}`"));
            }
            return;
        }
        if !self.type_fits(schema, value, at) {
            return;
        }
        match value {
            Value::Object(map) => self.object(schema, map, at),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(schema) = schema.get("items") {
                        self.value(schema, item, &at.index(index));
                    }
                }
            }
            _ => self.one_of(schema, value, at),
        }
    }

    fn object(&mut self, schema: &'s Value, map: &Map<String, Value>, at: &SpecPath) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let names: Vec<&str> = properties
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        let others = schema.get("additionalProperties");
        for (key, value) in map {
            let path = at.key(key);
            let property = properties.and_then(|all| all.get(key));
            match (property, others) {
                (Some(schema), _) => self.value(schema, value, &path),
                (None, Some(Value::Bool(false))) => {
                    let message =
                        format!("nodeadm has no field `{key}` here, and would pass over it");
                    let near = misplaced(at, key).or_else(|| hint(key, &names));
                    self.error(
                        &path,
                        message,
                        near.unwrap_or_else(|| "take it out".to_owned()),
                    );
                }
                (None, Some(schema @ Value::Object(_))) => self.value(schema, value, &path),
                (None, _) => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        // The outside of a document can be ours to write; what is inside of it cannot.
        for name in required
            .filter(|name| !map.contains_key(*name) && (self.whole || !at.steps().is_empty()))
        {
            self.found.push(FieldProblem {
                path: at.key(name).to_string(),
                line: None,
                severity: Severity::Error,
                message: format!("`{name}` is missing"),
                hint: "write it".to_owned(),
            });
        }
    }

    fn one_of(&mut self, schema: &'s Value, value: &Value, at: &SpecPath) {
        let Some(Value::Array(known)) = schema.get("enum") else {
            return;
        };
        if !known.contains(value) {
            let names: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
            let near = hint(value.as_str().unwrap_or_default(), &names);
            let message = format!("not one of {}", names.join(", "));
            self.error(
                at,
                message,
                near.unwrap_or_else(|| "write one of these".to_owned()),
            );
        }
    }

    /// The schema behind references, and without the null of what can be left out.
    fn resolved(&self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        loop {
            if let Some(Value::Array(ways)) = schema.get("anyOf") {
                let null = |way: &&Value| way.get("type").and_then(Value::as_str) != Some("null");
                schema = ways.iter().find(null).unwrap_or(schema);
            }
            let name = schema.get("$ref").and_then(Value::as_str);
            let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
            match name.and_then(|name| self.root.get("$defs")?.get(name)) {
                Some(definition) => schema = definition,
                None => return schema,
            }
        }
    }

    fn type_fits(&mut self, schema: &Value, value: &Value, at: &SpecPath) -> bool {
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let found = kind(value);
        if types.contains(&found) {
            return true;
        }
        let wanted = types.iter().find(|one| **one != "null").copied();
        let wanted = plain(wanted.unwrap_or_default());
        let message = format!("expected {wanted}, found {}", plain(found));
        let hint = match value {
            Value::Number(_) | Value::Bool(_) if wanted == "text" => "write it in quotes",
            _ => "write it so",
        };
        self.error(at, message, hint.to_owned());
        false
    }

    fn error(&mut self, at: &SpecPath, message: String, hint: String) {
        self.found.push(FieldProblem {
            path: at.to_string(),
            line: None,
            severity: Severity::Error,
            message,
            hint,
        });
    }
}

/// Fields that people put one level too high.
fn misplaced(at: &SpecPath, key: &str) -> Option<String> {
    const OF_SPEC: [&str; 5] = [
        "cluster",
        "kubelet",
        "containerd",
        "instance",
        "featureGates",
    ];
    if at.steps().is_empty() && OF_SPEC.contains(&key) {
        return Some(format!("write it under `spec`: `spec: {{{key}: …}}`"));
    }
    (at.to_string() == "spec.kubelet" && kubelet::FIELDS.contains(&key))
        .then(|| format!("write it under `config`: `config: {{{key}: …}}`"))
}

/// As JSON Schema names it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// As people name it.
fn plain(kind: &str) -> &str {
    match kind {
        "boolean" => "true or false",
        "integer" | "number" => "a number",
        "string" => "text",
        "array" => "a list",
        "object" => "a mapping",
        other => other,
    }
}
