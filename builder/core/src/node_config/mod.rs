//! NodeConfig, the document that nodeadm joins an Amazon Linux 2023 node by: what it can say, and what is wrong with
//! one.
//!
//! nodeadm passes over a field that it does not have (its decoder is not strict), and the node joins without what the
//! field should have done. So the fields are checked here, against the schema that [`types`] give; it is published
//! as `golden/schema/nodeconfig.schema.json`.

pub mod kubelet;
pub mod types;
mod walk;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::lint::Severity;
use crate::spec::{SpecPath, places};

/// Something wrong with a field. It names fields, and never shows what stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Where in the document: `spec.kubelet.flags[0]`.
    pub path: String,
    /// The line in the text, from 1, where there is a text.
    pub line: Option<usize>,
    pub severity: Severity,
    pub message: String,
    pub hint: String,
}

/// The JSON Schema of a NodeConfig (draft 2020-12).
pub fn json_schema() -> Value {
    schemars::schema_for!(types::NodeConfig).to_value()
}

static SCHEMA: LazyLock<Value> = LazyLock::new(json_schema);

/// Everything that is wrong with the text of a whole document, with its lines.
pub fn check_text(text: &str) -> Vec<FieldProblem> {
    let document = match serde_yaml::from_str::<Value>(text) {
        Ok(document) => document,
        // The parser's text can quote the document: the place alone is told.
        Err(found) => {
            let hint = "write one NodeConfig document; nodeadm reads YAML and JSON";
            return vec![FieldProblem {
                line: found.location().map(|at| at.line()),
                ..error("", "it is no readable YAML", hint)
            }];
        }
    };
    let found = check(&document);
    if found.is_empty() {
        return found;
    }
    let places = places(text);
    let line = |path: &str| Some(places.as_ref()?.nearest(path)?.spot().line);
    found
        .into_iter()
        .map(|problem| FieldProblem {
            line: line(&problem.path),
            ..problem
        })
        .collect()
}

/// Everything that is wrong with a whole document.
pub fn check(document: &Value) -> Vec<FieldProblem> {
    problems(document, true)
}

/// The same of a document whose `apiVersion` and `kind` may be left out: the spec's `nodeConfig`.
pub fn check_partial(document: &Value) -> Vec<FieldProblem> {
    problems(document, false)
}

fn problems(document: &Value, whole: bool) -> Vec<FieldProblem> {
    let mut found = walk::walk(&SCHEMA, document, whole);
    let at = |pointer: &str| document.pointer(pointer);
    let kubelet_config = SpecPath::default().key("spec").key("kubelet").key("config");
    if let Some(Value::Object(config)) = at("/spec/kubelet/config") {
        found.extend(kubelet::check(config, &kubelet_config));
    }
    if let Some(Value::String(config)) = at("/spec/containerd/config")
        && toml::from_str::<toml::Table>(config).is_err()
    {
        // The parser's text can quote the document: it is not told.
        let path = "spec.containerd.config";
        found.push(error(
            path,
            "it is no TOML",
            "write containerd's configuration as text: `config: |`",
        ));
    }
    if let Some(Value::String(authority)) = at("/spec/cluster/certificateAuthority")
        && STANDARD.decode(authority).is_err()
    {
        let path = "spec.cluster.certificateAuthority";
        found.push(error(
            path,
            "it is no base64",
            "take it from DescribeCluster as it is",
        ));
    }
    found
}

fn error(path: &str, message: &str, hint: &str) -> FieldProblem {
    FieldProblem {
        path: path.to_owned(),
        line: None,
        severity: Severity::Error,
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests;
