//! What the models demand of a value beyond its type. Every protocol checks it alike and tells it its own way.

use serde_json::{Map, Value};

use super::pattern;
use crate::model::{Kind, Model, Shape};

/// One thing that a value does against its shape.
#[derive(Debug, PartialEq)]
pub struct Violation {
    /// Where, in the names that the protocol has for it.
    pub path: String,
    pub kind: Broken,
}

#[derive(Debug, PartialEq)]
pub enum Broken {
    Missing,
    /// the value, and what it may be
    Enum(String, Vec<String>),
    /// the length or the number; the bounds
    Bounds {
        given: String,
        is_length: bool,
        min: Option<f64>,
        max: Option<f64>,
    },
    /// the value, and the pattern
    Pattern(String, String),
}

/// Shapes that their handlers check, because EC2 has errors of its own for them.
const LEFT_TO_HANDLERS: [&str; 2] = ["LaunchTemplateName", "InstanceType"];

/// How a protocol names places.
pub trait Names {
    fn member(&self, path: &str, member: &str, shape: &Shape) -> String;
    fn item(&self, path: &str, index: usize, shape: &Shape) -> String;
}

/// All violations, in the order of the model.
pub fn check(model: &Model, shape: &str, value: &Value, names: &dyn Names) -> Vec<Violation> {
    let mut visitor = Visitor {
        model,
        names,
        found: Vec::new(),
    };
    visitor.visit(shape, value, String::new());
    visitor.found
}

struct Visitor<'a> {
    model: &'a Model,
    names: &'a dyn Names,
    found: Vec<Violation>,
}

impl Visitor<'_> {
    fn visit(&mut self, name: &str, value: &Value, path: String) {
        if LEFT_TO_HANDLERS.contains(&name) {
            return;
        }
        let model = self.model;
        let shape = model.shape(name);
        match value {
            Value::Object(object) => self.object(shape, object, &path),
            Value::Array(items) => {
                bounds(shape, items.len() as f64, true, &path, &mut self.found);
                for (item, index) in items.iter().zip(0..) {
                    if let Some(of) = &shape.member {
                        self.visit(&of.shape, item, self.names.item(&path, index, shape));
                    }
                }
            }
            Value::String(text) if shape.kind == Kind::String => {
                string(shape, text, path, &mut self.found)
            }
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                bounds(shape, number, false, &path, &mut self.found);
            }
            _ => {}
        }
    }

    /// A structure, or a map.
    fn object(&mut self, shape: &Shape, object: &Map<String, Value>, path: &str) {
        for required in shape
            .required
            .iter()
            .filter(|name| !object.contains_key(*name))
        {
            let path = self.names.member(path, required, shape);
            self.found.push(Violation {
                path,
                kind: Broken::Missing,
            });
        }
        if let Some(of) = &shape.value {
            bounds(shape, object.len() as f64, true, path, &mut self.found);
            for (key, item) in object {
                self.visit(&of.shape, item, format!("{path}.{key}"));
            }
        }
        for (member, item) in object {
            if let Some(of) = shape.members.get(member) {
                self.visit(&of.shape, item, self.names.member(path, member, shape));
            }
        }
    }
}

fn string(shape: &Shape, text: &str, path: String, found: &mut Vec<Violation>) {
    bounds(shape, text.chars().count() as f64, true, &path, found);
    if !shape.values.is_empty() && !shape.values.iter().any(|allowed| allowed == text) {
        found.push(Violation {
            path,
            kind: Broken::Enum(text.to_owned(), shape.values.clone()),
        });
    } else if let Some(wanted) = &shape.pattern
        && pattern::matches(wanted, text) == Some(false)
    {
        found.push(Violation {
            path,
            kind: Broken::Pattern(text.to_owned(), wanted.clone()),
        });
    }
}

fn bounds(shape: &Shape, given: f64, is_length: bool, path: &str, found: &mut Vec<Violation>) {
    let (min, max) = (shape.min, shape.max);
    if min.is_some_and(|min| given < min) || max.is_some_and(|max| given > max) {
        let kind = Broken::Bounds {
            given: given.to_string(),
            is_length,
            min,
            max,
        };
        found.push(Violation {
            path: path.to_owned(),
            kind,
        });
    }
}

impl Violation {
    /// The sentence that awsJson and awsQuery services have for it. Values are not repeated: some are secrets.
    pub fn constraint_sentence(&self) -> String {
        let constraint = match &self.kind {
            Broken::Missing => "Member must not be null".to_owned(),
            Broken::Enum(_, allowed) => format!(
                "Member must satisfy enum value set: [{}]",
                allowed.join(", ")
            ),
            Broken::Pattern(_, pattern) => {
                format!("Member must satisfy regular expression pattern: {pattern}")
            }
            Broken::Bounds {
                is_length,
                min,
                max,
                given,
            } => {
                let what = if *is_length {
                    "Member must have length"
                } else {
                    "Member must have value"
                };
                let given: f64 = given.parse().unwrap_or_default();
                match (min, max) {
                    (Some(min), _) if given < *min => {
                        format!("{what} greater than or equal to {min}")
                    }
                    (_, Some(max)) => format!("{what} less than or equal to {max}"),
                    _ => what.to_owned(),
                }
            }
        };
        format!(
            "Value at '{}' failed to satisfy constraint: {constraint}",
            self.path
        )
    }
}

/// `2 validation errors detected: …`
pub fn sentences(violations: &[Violation]) -> String {
    let count = violations.len();
    let plural = if count == 1 { "error" } else { "errors" };
    let all: Vec<String> = violations
        .iter()
        .map(Violation::constraint_sentence)
        .collect();
    format!("{count} validation {plural} detected: {}", all.join("; "))
}
