//! Labels, taints, the kubelet, DNS and Bottlerocket's settings.

use serde_json::{Map, Value, json};

use super::draft::{Script, Step};
use super::mapping::{Mapping, node_group, template};
use super::read::{text_map, text_of};
use crate::family::family;
use crate::lint::Reader;
use crate::spec::tree::{Kind, Node};
use crate::spec::{PinnedBy, Taint, TaintEffect, rules};

/// Settings that EKS owns, or the node group has (eksctl refuses them, too).
const EKS_SETTINGS: &[&str] = &[
    "api-server",
    "cluster-certificate",
    "cluster-dns-ip",
    "cluster-name",
    "node-labels",
    "node-taints",
];

impl Mapping<'_> {
    pub fn kubernetes(&mut self) {
        self.bottlerocket();
        self.labels();
        self.taints();
        self.max_pods();
        self.cluster_dns();
        self.kubelet_config();
        self.container_runtime();
    }

    /// Whether labels and taints go to the kubelet as well: EKS sets them on a node once it is there, which for
    /// an image of one's own can be after the first pods.
    fn told_at_boot(&self) -> bool {
        self.template.pinned_by == PinnedBy::LaunchTemplate
            && self.template.existing.is_none()
            && !self.overridden()
    }

    /// Whether the group's own NodeConfig gives the kubelet a flag already: twice, one would win in silence.
    fn has_flag(&self, name: &str) -> bool {
        let config = self.template.user_data.node_config.as_ref();
        let flags = config
            .and_then(|config| config.get("spec")?.get("kubelet")?.get("flags"))
            .and_then(Value::as_array);
        let mut flags = flags.into_iter().flatten().filter_map(Value::as_str);
        flags.any(|flag| flag.trim_start_matches('-').split('=').next() == Some(name))
    }

    fn labels(&mut self) {
        let labels = self.group.map("labels");
        let (mut to, mut refused, mut told_kubelet) = (Vec::new(), Vec::new(), false);
        let at_boot = self.told_at_boot() && !self.has_flag("node-labels");
        for (key, value) in labels {
            let good = rules::label_value(&value).is_ok();
            let by_group = good && rules::group_label_key(&key).is_ok();
            let by_kubelet = good && at_boot && rules::node_label_key(&key).is_ok();
            if by_group {
                self.node_group.labels.insert(key.clone(), value.clone());
            }
            told_kubelet |= by_kubelet;
            if by_kubelet {
                self.template
                    .user_data
                    .node_labels
                    .insert(key.clone(), value);
            }
            if !by_group && !by_kubelet {
                refused.push(format!("`{key}`"));
            }
        }
        if !self.node_group.labels.is_empty() {
            to.push(node_group("labels"));
        }
        if told_kubelet {
            to.push(template("userData.nodeLabels"));
        }
        match refused.is_empty() {
            true => self.mapped("labels", to),
            false => {
                let what = format!(
                    "{} left out: neither EKS nor the kubelet takes such labels here; a domain of one's own is always taken",
                    refused.join(", ")
                );
                self.by_hand_group("labels", "labels", what);
            }
        }
    }

    fn taints(&mut self) {
        let Some(found) = self.group.fields.get("taints") else {
            return;
        };
        let (taints, wrong) = taints_of(found.node);
        let at_boot = self.told_at_boot() && !self.has_flag("register-with-taints");
        if at_boot {
            for taint in &taints {
                let same = |other: &Taint| other.key == taint.key && other.effect == taint.effect;
                let known = &mut self.template.user_data.taints;
                known.retain(|other| !same(other));
                known.push(taint.clone());
            }
        }
        self.node_group.taints = taints;
        match (wrong, at_boot) {
            (true, _) => self.by_hand_group(
                "taints",
                "taints",
                "a taint has a key, at most one value, and the effect NoSchedule, PreferNoSchedule or NoExecute: those that have not, or stand twice, are left out",
            ),
            (false, true) => {
                let note = "in user data too: what EKS sets on a node can come after the first pods";
                self.noted("taints", [node_group("taints"), template("userData.taints")], note);
            }
            (false, false) => self.mapped("taints", [node_group("taints")]),
        }
    }

    fn max_pods(&mut self) {
        let Some(number) = self.group.whole("maxPodsPerNode") else {
            return;
        };
        let count = u32::try_from(number).ok().filter(|count| *count > 0);
        if self.overridden() {
            self.beside_override("maxPodsPerNode");
        } else if let Some(count) = count {
            self.template.user_data.max_pods = Some(count);
            self.mapped("maxPodsPerNode", [template("userData.kubelet.maxPods")]);
        } else if number != 0 {
            let what = "`maxPodsPerNode` is no number of pods";
            self.by_hand_template("maxPodsPerNode", "userData", what);
        } else {
            self.left_out(
                "maxPodsPerNode",
                "eksctl takes 0 for: as many as the instance type has addresses",
            );
        }
    }

    fn cluster_dns(&mut self) {
        let Some(address) = self.group.text("clusterDNS").map(str::to_owned) else {
            return;
        };
        if self.overridden() {
            self.beside_override("clusterDNS");
        } else if rules::ip_address(&address).is_ok() {
            self.template.user_data.cluster_dns = vec![address];
            self.mapped("clusterDNS", [template("userData.clusterDns")]);
        } else {
            self.by_hand_template("clusterDNS", "userData", "`clusterDNS` is no IP address");
        }
    }

    fn beside_override(&mut self, field: &str) {
        let what = "the file of `overrideBootstrap` is all that the node is told: say it there";
        self.by_hand_template(field, "userData", what);
    }

    /// nodeadm takes a KubeletConfiguration; bootstrap.sh reads a file that a step can write to.
    fn kubelet_config(&mut self) {
        const FIELD: &str = "kubeletExtraConfig";
        let Some(Value::Object(config)) = self.group.value(FIELD) else {
            return;
        };
        match family(self.template.family).reader() {
            _ if self.overridden() => self.beside_override(FIELD),
            Reader::Nodeadm => {
                self.template.user_data.kubelet_config.extend(config);
                self.mapped(FIELD, [template("userData.kubelet.config")]);
            }
            Reader::CloudInit => {
                self.template.user_data.steps.push(Step::File(kubelet_script(&config)));
                let note = "bootstrap.sh takes no KubeletConfiguration: the last step merges it into the kubelet's file";
                self.noted(FIELD, [template("userData.preBootstrap")], note);
            }
            _ => self.by_hand_template(
                FIELD,
                "userData",
                "the family takes no KubeletConfiguration: use the settings or flags that it has, `userData.settings` or `kubelet.extraArgs`",
            ),
        }
    }

    fn container_runtime(&mut self) {
        match self.group.text("containerRuntime") {
            Some("containerd") => self.left_out("containerRuntime", "there is no other any more"),
            Some(_) => self.by_hand(
                "containerRuntime",
                "Docker went with Kubernetes 1.24, and nodes run containerd: steps and pods that use docker or its socket need another way (nerdctl, ctr, BuildKit)",
            ),
            None => {}
        }
    }

    fn bottlerocket(&mut self) {
        const ADMIN: &str = "bottlerocket.enableAdminContainer";
        const SETTINGS: &str = "bottlerocket.settings";
        let here = family(self.template.family).reader() == Reader::Bottlerocket;
        if !here {
            for field in [ADMIN, SETTINGS] {
                self.left_out(field, "the group does not run Bottlerocket");
            }
            return;
        }
        if let Some(Value::Object(mut settings)) = self.group.value(SETTINGS) {
            let owned = take_owned(&mut settings);
            self.template.user_data.settings = settings;
            match owned.is_empty() {
                true => self.mapped(SETTINGS, [template("userData.settings")]),
                false => {
                    let what = format!(
                        "{} left out of `kubernetes`: nodemint writes the cluster's, and the node group has `labels` and `taints`",
                        owned.join(", ")
                    );
                    self.by_hand_template(SETTINGS, "userData", what);
                }
            }
        }
        self.admin_container(ADMIN);
    }

    /// eksctl turns the container on for those who may come in by SSH.
    fn admin_container(&mut self, field: &str) {
        let by_ssh = self
            .group
            .flag("ssh.allow")
            .unwrap_or(self.group.has("ssh.publicKeyName"));
        if let Some(on) = self.group.flag(field).or(by_ssh.then_some(true)) {
            let settings = &mut self.template.user_data.settings;
            let said = settings
                .get("host-containers")
                .and_then(|containers| containers.get("admin"));
            if said.is_none_or(|admin| admin.get("enabled").is_none()) {
                put(
                    settings,
                    &["host-containers", "admin", "enabled"],
                    json!(on),
                );
            }
            self.mapped(
                field,
                [template("userData.settings.host-containers.admin.enabled")],
            );
        }
    }
}

/// Takes out what is not for user data, and names it.
fn take_owned(settings: &mut Map<String, Value>) -> Vec<String> {
    let Some(Value::Object(kubernetes)) = settings.get_mut("kubernetes") else {
        return Vec::new();
    };
    let owned = EKS_SETTINGS
        .iter()
        .filter(|key| kubernetes.remove(**key).is_some());
    let owned: Vec<String> = owned.map(|key| format!("`{key}`")).collect();
    if kubernetes.is_empty() {
        settings.remove("kubernetes");
    }
    owned
}

/// Sets a value deep in a mapping; what is in the way and no mapping stays as it is.
fn put(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    let [key, rest @ ..] = path else { return };
    if rest.is_empty() {
        map.insert((*key).to_owned(), value);
        return;
    }
    let inner = map.entry(*key).or_insert_with(|| json!({}));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// The taints of either form, and whether any was wrong.
fn taints_of(node: &Node) -> (Vec<Taint>, bool) {
    let read: Vec<Option<Taint>> = match &node.kind {
        Kind::Map { entries, .. } => entries
            .iter()
            .map(|pair| short_taint(&pair.key, text_of(&pair.value).unwrap_or_default()))
            .collect(),
        Kind::Seq { items } => items.iter().map(long_taint).collect(),
        Kind::Scalar { .. } => Vec::new(),
    };
    let mut taints: Vec<Taint> = Vec::new();
    let count = read.len();
    for taint in read.into_iter().flatten() {
        let same = |other: &Taint| other.key == taint.key && other.effect == taint.effect;
        if !taints.iter().any(same) {
            taints.push(taint);
        }
    }
    let wrong = taints.len() < count;
    (taints, wrong)
}

/// `key: value:Effect` or `key: Effect`.
fn short_taint(key: &str, text: &str) -> Option<Taint> {
    let (value, effect) = match text.rsplit_once(':') {
        Some((value, effect)) => (value, effect),
        None => ("", text),
    };
    taint(key, value, effect)
}

fn long_taint(node: &Node) -> Option<Taint> {
    let fields = text_map(node);
    let of = |key: &str| fields.get(key).map(String::as_str).unwrap_or_default();
    let known = fields
        .keys()
        .all(|key| ["key", "value", "effect"].contains(&key.as_str()));
    taint(of("key"), of("value"), of("effect")).filter(|_| known)
}

fn taint(key: &str, value: &str, effect: &str) -> Option<Taint> {
    rules::label_key(key).ok()?;
    rules::label_value(value).ok()?;
    let effect = match effect {
        "NoSchedule" => TaintEffect::NoSchedule,
        "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
        "NoExecute" => TaintEffect::NoExecute,
        _ => return None,
    };
    Some(Taint {
        key: key.to_owned(),
        value: (!value.is_empty()).then(|| value.to_owned()),
        effect,
    })
}

/// The file that bootstrap.sh of Amazon Linux 2 and of Ubuntu starts the kubelet with, merged deeply, lists
/// replaced, as eksctl does it. Both images have jq.
fn kubelet_script(config: &Map<String, Value>) -> Script {
    let text = serde_json::to_string_pretty(config).unwrap_or_default();
    let content = format!(
        "#!/bin/bash\n\
         # eksctl's kubeletExtraConfig, over the image's own configuration of the kubelet.\n\
         set -o errexit\n\
         file=/etc/kubernetes/kubelet/kubelet-config.json\n\
         cat >/tmp/kubelet-extra-config.json <<'EKSCTL_KUBELET'\n\
         {text}\n\
         EKSCTL_KUBELET\n\
         jq -s '.[0] * .[1]' \"$file\" /tmp/kubelet-extra-config.json >\"$file.new\"\n\
         mv \"$file.new\" \"$file\"\n\
         rm /tmp/kubelet-extra-config.json\n"
    );
    Script {
        stem: "kubelet-config".to_owned(),
        extension: "sh",
        content,
    }
}
