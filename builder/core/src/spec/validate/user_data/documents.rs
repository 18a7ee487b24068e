//! The parts of `userData` that are documents of other programs: NodeConfig, KubeletConfiguration, TOML.

use serde_json::{Map, Value};

use crate::lint::{Rule, Severity};
use crate::node_config::{self, FieldProblem, kubelet};
use crate::render::merge::toml_of;
use crate::spec::read::Report;
use crate::spec::{SpecPath, Step, UserData};

pub(super) fn check(user_data: &UserData, at: &SpecPath, report: &mut Report<'_>) {
    if let Some(config) = &user_data.node_config {
        let allowed = user_data.allow.contains(&Rule::NodeConfig);
        let found = node_config::check_partial(&Value::Object(config.clone()));
        tell(found, &at.key("nodeConfig"), allowed, report);
    }
    let found = kubelet::check(&user_data.kubelet.config, &SpecPath::default());
    tell(found, &at.key("kubelet").key("config"), true, report);
    let containerd = at.key("containerd").key("config");
    as_toml(&user_data.containerd.config, &containerd, report);
    as_toml(&user_data.settings, &at.key("settings"), report);
}

fn tell(found: Vec<FieldProblem>, at: &SpecPath, allowed: bool, report: &mut Report<'_>) {
    for problem in found {
        let path = below(at, &problem.path);
        match problem.severity {
            Severity::Error if !allowed => report.error_hint(&path, problem.message, problem.hint),
            _ => report.warn(&path, problem.message, problem.hint),
        }
    }
}

fn as_toml(map: &Map<String, Value>, at: &SpecPath, report: &mut Report<'_>) {
    for path in toml_of(map).err().into_iter().flatten() {
        report.error_hint(
            &below(at, &path),
            "TOML has no word for this value",
            "write another, or leave it out",
        );
    }
}

/// `spec.kubelet.flags[0]` below a path of the spec.
fn below(at: &SpecPath, path: &str) -> SpecPath {
    let path = SpecPath::parse(path).unwrap_or_default();
    path.steps().iter().fold(at.clone(), |at, step| match step {
        Step::Key(key) => at.key(key),
        Step::Index(index) => at.index(*index),
    })
}
