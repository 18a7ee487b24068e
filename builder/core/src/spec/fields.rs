//! Which keys of the spec hold one value, read from its own schema.

use serde_json::Value;

use super::nearest;
use super::schema::json_schema;
use super::{SpecPath, Step};

/// What a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    LaunchTemplate,
    NodeGroup,
}

impl Of {
    /// The list of the spec that it stands in.
    pub fn list(self) -> &'static str {
        match self {
            Of::LaunchTemplate => "launchTemplates",
            Of::NodeGroup => "nodeGroups",
        }
    }
}

/// What the schema says about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// One value: text, a number, true or false, or anything.
    Scalar,
    /// A mapping or a list.
    Composite,
    Unknown {
        /// The key that is not known.
        key: String,
        /// The nearest that is.
        hint: Option<String>,
    },
}

/// What stands at a path below a launch template or a node group.
pub fn field(of: Of, path: &SpecPath) -> Field {
    let schema = json_schema();
    let Some(start) = schema.pointer(&format!("/properties/{}", of.list())) else {
        return Field::Composite;
    };
    let mut here: Vec<&Value> = forms(&schema, start)
        .into_iter()
        .filter_map(|form| form.get("items"))
        .flat_map(|items| forms(&schema, items))
        .collect();
    for step in path.steps() {
        let below: Vec<&Value> = here.iter().filter_map(|form| child(form, step)).collect();
        if below.is_empty() {
            return unknown(&here, step);
        }
        here = below
            .into_iter()
            .flat_map(|form| forms(&schema, form))
            .collect();
    }
    match here.iter().any(|form| is_scalar(form)) {
        true => Field::Scalar,
        false => Field::Composite,
    }
}

/// The forms that a value may have, references followed.
pub(crate) fn forms<'a>(schema: &'a Value, node: &'a Value) -> Vec<&'a Value> {
    if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
        let target = schema.pointer(reference.trim_start_matches('#'));
        return target.map_or(Vec::new(), |target| forms(schema, target));
    }
    match node.get("anyOf").and_then(Value::as_array) {
        Some(any) => any.iter().flat_map(|one| forms(schema, one)).collect(),
        None => vec![node],
    }
}

fn child<'a>(form: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Index(_) => form.get("items"),
        Step::Key(_) if form.as_bool() == Some(true) => Some(form),
        Step::Key(key) => {
            let named = form.get("properties").and_then(|known| known.get(key));
            let more = form.get("additionalProperties");
            named.or_else(|| more.filter(|more| more.as_bool() != Some(false)))
        }
    }
}

fn is_scalar(form: &Value) -> bool {
    const SCALARS: &[&str] = &["string", "integer", "number", "boolean"];
    if form.as_bool() == Some(true) || form.get("enum").is_some() {
        return true;
    }
    match form.get("type") {
        Some(Value::String(name)) => SCALARS.contains(&name.as_str()),
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.any(|name| SCALARS.contains(&name))
        }
        _ => false,
    }
}

fn unknown(forms: &[&Value], step: &Step) -> Field {
    let known = forms
        .iter()
        .filter_map(|form| form.get("properties")?.as_object());
    let known: Vec<&str> = known
        .flat_map(|map| map.keys().map(String::as_str))
        .collect();
    match step {
        Step::Key(key) => Field::Unknown {
            key: key.clone(),
            hint: nearest::hint(key, &known),
        },
        Step::Index(index) => Field::Unknown {
            key: format!("[{index}]"),
            hint: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_at_a_path() {
        let template =
            |path: &str| field(Of::LaunchTemplate, &SpecPath::parse(path).expect("a path"));
        for path in [
            "family",
            "arch",
            "instanceType",
            "ami.eksOptimized",
            "ami.id",
            "ami.pinnedBy",
            "userData.kubelet.maxPods",
            "userData.kubelet.extraArgs.v",
            "userData.kubelet.config.a.b",
            "userData.localDisks",
            "metadataOptions.httpPutResponseHopLimit",
            "tags.Name",
            "blockDevices[0].size",
            "userData.preBootstrap[1].file",
            "securityGroupIds[0]",
        ] {
            assert_eq!(template(path), Field::Scalar, "{path}");
        }
        for path in [
            "ami",
            "userData",
            "tags",
            "blockDevices",
            "blockDevices[0]",
            "userData.taints",
        ] {
            assert_eq!(template(path), Field::Composite, "{path}");
        }
        let Field::Unknown { key, hint } = template("ami.eksOptimised") else {
            panic!("it is known");
        };
        assert_eq!(
            (key.as_str(), hint.as_deref()),
            ("eksOptimised", Some("did you mean `eksOptimized`?"))
        );
        for path in ["instanceType.x", "instanceType[0]", "scaling.min", "ami[0]"] {
            assert!(matches!(template(path), Field::Unknown { .. }), "{path}");
        }
        let group = |path: &str| field(Of::NodeGroup, &SpecPath::parse(path).expect("a path"));
        for path in [
            "launchTemplateVersion",
            "scaling.min",
            "labels.role",
            "update.force",
            "subnets[0]",
        ] {
            assert_eq!(group(path), Field::Scalar, "{path}");
        }
        assert!(matches!(group("instanceType"), Field::Unknown { .. }));
    }
}
