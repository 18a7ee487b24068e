//! overrideBootstrapCommand, and what can no longer be said beside it.

use serde_json::{Map, Value};

use super::draft::Script;
use super::mapping::{Mapping, template};
use super::steps::script;
use crate::family::family;
use crate::lint::Reader;
use crate::spec::PinnedBy;

const FIELD: &str = "overrideBootstrapCommand";

/// What eksctl laid down on its own nodes, and nodemint does not.
const EKSCTL_FILES: &str = "/eksctl/";

impl Mapping<'_> {
    pub fn bootstrap(&mut self) {
        let Some(text) = self
            .group
            .text(FIELD)
            .map(|text| text.replace("\r\n", "\n"))
        else {
            return;
        };
        let own_image = self.template.pinned_by == PinnedBy::LaunchTemplate;
        match family(self.template.family).reader() {
            Reader::Nodeadm => self.node_config(&text),
            Reader::Bottlerocket => self.by_hand_template(
                FIELD,
                "userData",
                "Bottlerocket reads settings alone: say it under `userData.settings`",
            ),
            _ if !own_image => self.by_hand_template(
                FIELD,
                "userData",
                "EKS writes the bootstrap of its own images: this needs `ami.pinnedBy: launchTemplate`",
            ),
            reader => self.script(&text, reader),
        }
    }

    fn script(&mut self, text: &str, reader: Reader) {
        let mut script = script(text, reader);
        script.stem = "bootstrap".to_owned();
        self.template.user_data.override_bootstrap = Some(script);
        match text.contains(EKSCTL_FILES) {
            true => self.by_hand_template(
                FIELD,
                "userData",
                "the file of `overrideBootstrap` uses files that eksctl puts on its nodes, and these do not have: write their values out, or leave \
                 the override out and let nodemint write the bootstrap",
            ),
            false => self.mapped(FIELD, [template("userData.overrideBootstrap")]),
        }
    }

    /// One NodeConfig goes into the spec; more of them, or what else nodeadm reads, are parts.
    fn node_config(&mut self, text: &str) {
        if let Some(document) = one_node_config(text) {
            self.one_document(document);
            return;
        }
        let documents: Vec<&str> = documents(text);
        let all = documents.iter().all(|text| one_node_config(text).is_some());
        if (documents.is_empty() || !all) && self.translated_bootstrap(FIELD, text) {
            return;
        }
        if documents.is_empty() || !all {
            self.by_hand_template(
                FIELD,
                "userData",
                "Amazon Linux 2023 is told by NodeConfigs, and this is none: say its arguments with `userData.kubelet`, `nodeLabels`, \
                 `taints` and `clusterDns`, or its NodeConfig under `userData.nodeConfig`",
            );
            return;
        }
        for text in documents {
            let part = Script {
                stem: "nodeconfig".to_owned(),
                extension: "yaml",
                content: format!("{}\n", text.trim_matches('\n')),
            };
            let parts = &mut self.template.user_data.parts;
            parts.push((crate::render::NODE_CONFIG, part));
        }
        let note = "several NodeConfigs: nodeadm merges them in their order";
        self.noted(FIELD, [template("userData.parts")], note);
    }

    /// Without its `cluster`, which nodemint writes from the lock.
    fn one_document(&mut self, mut document: Map<String, Value>) {
        let spec = document.get_mut("spec").and_then(Value::as_object_mut);
        let cluster = spec.is_some_and(|spec| spec.remove("cluster").is_some());
        let spec = document.get("spec").and_then(Value::as_object);
        if spec.is_none_or(Map::is_empty) {
            let reason = "nodemint writes the `cluster` of a NodeConfig from the lock, and it says nothing else";
            self.left_out(FIELD, reason);
            return;
        }
        self.template.user_data.node_config = Some(document);
        let to = [template("userData.nodeConfig")];
        let note = "its `cluster` is left out: nodemint writes the cluster's from the lock";
        match cluster {
            true => self.noted(FIELD, to, note),
            false => self.mapped(FIELD, to),
        }
    }

    /// Whether the override is all that the node is told.
    pub fn overridden(&self) -> bool {
        self.template.user_data.override_bootstrap.is_some()
    }
}

/// The documents of a YAML stream.
fn documents(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim_end() == "---" {
            found.push(text.get(start..at).unwrap_or_default());
            start = end;
        }
        at = end;
    }
    found.push(text.get(start..).unwrap_or_default());
    found.retain(|text| !text.trim().is_empty());
    found
}

/// The mapping of a text that is one NodeConfig.
fn one_node_config(text: &str) -> Option<Map<String, Value>> {
    let document: Value = serde_yaml::from_str(text).ok()?;
    let Value::Object(map) = document else {
        return None;
    };
    let kind = map.get("kind").and_then(Value::as_str);
    let api = map.get("apiVersion").and_then(Value::as_str);
    (kind == Some("NodeConfig") && api == Some("node.eks.aws/v1alpha1")).then_some(map)
}
