//! A NodeConfig in the spec's words: what of it nodemint would write by itself, and what the fields say.

use serde_json::{Map as Fields, Value, json};

/// The spec's fields, in the order in which people write them.
type Said = Vec<(String, Value)>;

/// By the spec's own fields; what they do not have stays a `nodeConfig`. None: it is no NodeConfig.
pub(super) fn by_fields(body: &[u8]) -> Option<Said> {
    let mut spec = spec(body)?;
    let mut said = Said::new();
    if let Some(Value::Object(kubelet)) = spec.remove("kubelet") {
        said.extend(of_kubelet(kubelet)?);
    }
    if let Some(Value::Object(containerd)) = spec.remove("containerd") {
        said.push(("containerd".to_owned(), of_containerd(containerd)?));
    }
    said.extend(local_disks(&mut spec).map(|disks| ("localDisks".to_owned(), disks)));
    if !spec.is_empty() {
        said.push(("nodeConfig".to_owned(), json!({ "spec": spec })));
    }
    Some(said)
}

/// All of it as `nodeConfig`, but for the cluster.
pub(super) fn whole(body: &[u8]) -> Option<Said> {
    let spec = spec(body).filter(|spec| !spec.is_empty())?;
    Some(vec![("nodeConfig".to_owned(), json!({ "spec": spec }))])
}

/// Its `spec` without the cluster, which is nodemint's to fill in.
fn spec(body: &[u8]) -> Option<Fields<String, Value>> {
    let document: Value = serde_yaml::from_slice(body).ok()?;
    let mut spec = document.get("spec")?.as_object()?.clone();
    spec.remove("cluster");
    Some(spec)
}

fn of_kubelet(mut kubelet: Fields<String, Value>) -> Option<Said> {
    let mut said = Said::new();
    let mut words = Fields::new();
    if let Some(Value::Object(mut config)) = kubelet.remove("config") {
        if let Some(pods) = config.remove("maxPods") {
            words.insert("maxPods".to_owned(), pods);
        }
        if let Some(dns) = config.remove("clusterDNS") {
            said.push(("clusterDns".to_owned(), dns));
        }
        if !config.is_empty() {
            words.insert("config".to_owned(), Value::Object(config));
        }
    }
    let flags = kubelet.remove("flags").unwrap_or(Value::Array(Vec::new()));
    let mut extra = Fields::new();
    for flag in flags.as_array()? {
        let (name, value) = flag.as_str()?.strip_prefix("--")?.split_once('=')?;
        match name {
            "node-labels" => said.push(("nodeLabels".to_owned(), labels(value)?)),
            "register-with-taints" => said.push(("taints".to_owned(), taints(value)?)),
            _ => {
                extra.insert(name.to_owned(), Value::from(value));
            }
        }
    }
    if !extra.is_empty() {
        words.insert("extraArgs".to_owned(), Value::Object(extra));
    }
    if !words.is_empty() {
        said.push(("kubelet".to_owned(), Value::Object(words)));
    }
    kubelet.is_empty().then_some(said)
}

fn labels(list: &str) -> Option<Value> {
    let pairs = list.split(',').map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.to_owned(), Value::from(value)))
    });
    pairs
        .collect::<Option<Fields<String, Value>>>()
        .map(Value::Object)
}

/// `key=value:Effect` or `key:Effect`, with commas between.
fn taints(list: &str) -> Option<Value> {
    let taints = list.split(',').map(|taint| {
        let (pair, effect) = taint.rsplit_once(':')?;
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Some(value).filter(|value| !value.is_empty())),
            None => (pair, None),
        };
        Some(match value {
            Some(value) => json!({"key": key, "value": value, "effect": effect}),
            None => json!({"key": key, "effect": effect}),
        })
    });
    taints.collect::<Option<Vec<Value>>>().map(Value::Array)
}

fn of_containerd(containerd: Fields<String, Value>) -> Option<Value> {
    let mut said = Fields::new();
    for (key, value) in containerd {
        let value = match key.as_str() {
            "config" => {
                let table: toml::Table = value.as_str()?.parse().ok()?;
                serde_json::to_value(table).ok()?
            }
            _ => value,
        };
        said.insert(key, value);
    }
    Some(Value::Object(said))
}

/// The strategy of the instance store, if nothing else is said of it.
fn local_disks(spec: &mut Fields<String, Value>) -> Option<Value> {
    let storage = spec.get("instance")?.get("localStorage")?;
    if storage.as_object()?.len() != 1 || spec.get("instance")?.as_object()?.len() != 1 {
        return None;
    }
    let disks = match storage.get("strategy")?.as_str()? {
        "RAID0" => "raid0",
        "RAID10" => "raid10",
        "Mount" => "mount",
        _ => return None,
    };
    spec.remove("instance");
    Some(Value::from(disks))
}
