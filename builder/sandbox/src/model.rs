//! AWS's own description of the services, cut down to the operations that the sandbox has.
//!
//! The files under `model/` are made from botocore by `ci/sandbox-model.py`. Everything about names on the
//! wire, types and constraints comes from them, so that no handler repeats it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Service;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub api_version: String,
    pub protocol: Protocol,
    #[serde(default)]
    pub xml_namespace: String,
    #[serde(default)]
    pub target_prefix: String,
    pub operations: BTreeMap<String, Operation>,
    /// What AWS has besides: name → `METHOD /uri` (restJson) or nothing.
    pub other_operations: BTreeMap<String, String>,
    pub shapes: BTreeMap<String, Shape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Protocol {
    #[serde(rename = "ec2")]
    Ec2,
    #[serde(rename = "query")]
    Query,
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "rest-json")]
    RestJson,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub method: String,
    pub uri: String,
    pub input: Option<String>,
    pub output: Option<String>,
    pub result_wrapper: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(rename = "enum", default)]
    pub values: Vec<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub pattern: Option<String>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub members: BTreeMap<String, Member>,
    /// of a list
    pub member: Option<Member>,
    /// of a map
    pub value: Option<Member>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Structure,
    List,
    Map,
    String,
    Blob,
    Boolean,
    Integer,
    Long,
    Double,
    Float,
    Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub shape: String,
    pub location: Option<Location>,
    pub location_name: Option<String>,
    pub query_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    Uri,
    Querystring,
    Header,
    Headers,
    StatusCode,
}

impl Model {
    /// The model of a service, parsed at its first use.
    pub fn of(service: Service) -> &'static Self {
        static EC2: LazyLock<Model> = LazyLock::new(|| parse(include_str!("../model/ec2.json")));
        static EKS: LazyLock<Model> = LazyLock::new(|| parse(include_str!("../model/eks.json")));
        static SSM: LazyLock<Model> = LazyLock::new(|| parse(include_str!("../model/ssm.json")));
        static STS: LazyLock<Model> = LazyLock::new(|| parse(include_str!("../model/sts.json")));
        static AUTO_SCALING: LazyLock<Model> =
            LazyLock::new(|| parse(include_str!("../model/autoscaling.json")));
        match service {
            Service::Ec2 => &EC2,
            Service::Eks => &EKS,
            Service::Ssm => &SSM,
            Service::Sts => &STS,
            Service::AutoScaling => &AUTO_SCALING,
        }
    }

    /// A shape that the model itself refers to, or that a handler knows it has.
    pub fn shape(&self, name: &str) -> &Shape {
        // a model is closed under reference: `every_model_is_closed` holds that
        &self.shapes[name]
    }
}

fn parse(text: &str) -> Model {
    // not input: the text is part of the program, and a test parses it
    serde_json::from_str(text).expect("the embedded service model is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_closed() {
        for service in Service::ALL {
            let model = Model::of(service);
            let from_operations = model
                .operations
                .values()
                .flat_map(|op| op.input.iter().chain(&op.output))
                .map(String::as_str);
            let from_shapes = model.shapes.values().flat_map(|shape| {
                shape
                    .members
                    .values()
                    .chain(&shape.member)
                    .chain(&shape.value)
                    .map(|member| member.shape.as_str())
            });
            for name in from_operations.chain(from_shapes) {
                assert!(
                    model.shapes.contains_key(name),
                    "{}: {name}",
                    service.name()
                );
            }
        }
    }
}
