//! The text of the spec, and the names of its files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::draft::{Image, Script, Step, UserData};
use super::share::{Named, Placed};
use super::top_level::Config;
use crate::family::variant_name;
use crate::import::document::{Doc, Map, write};
use crate::spec::{Arch, BlockDevice, CapacityType, Device, PinnedBy, Registry, Taint, Variant};

const HEAD: &str = "# Made from an eksctl ClusterConfig by `nodemint import eksctl`. What is marked with \"to do\" needs a look; then\n\
#\n\
#   nodemint validate     checks this file, offline\n\
#   nodemint resolve      finds images and the cluster's facts, and writes nodemint.lock\n\
#   nodemint plan         shows what would change in AWS\n\n";

/// A fleet's name is shorter than a cluster's may be.
const LONGEST_FLEET: usize = 63;

pub(super) struct Written {
    pub spec: String,
    pub files: BTreeMap<String, Vec<u8>>,
}

pub(super) fn spec(config: &Config<'_>, templates: &[Named], groups: &[Placed]) -> Written {
    let mut files = BTreeMap::new();
    let fleet: String = config.name.chars().take(LONGEST_FLEET).collect();
    let mut cluster = Map::default();
    cluster.set("name", config.name.as_str());
    cluster.set("region", config.region.as_str());
    let version = config.version.map(|version| version.to_string());
    cluster.set_some("version", version.as_deref());
    let mut top = Map::default();
    top.set("apiVersion", "nodemint.dev/v1alpha1");
    top.set("kind", "Fleet");
    top.set("metadata", Doc::from(json!({"name": fleet})));
    top.apart("clusters", Vec::new(), Doc::List(vec![cluster.into()]));
    let listed = templates.iter().map(|named| template(named, &mut files));
    top.apart("launchTemplates", Vec::new(), Doc::List(listed.collect()));
    let listed = groups.iter().map(|placed| group(placed, config, templates));
    top.apart("nodeGroups", Vec::new(), Doc::List(listed.collect()));
    let spec = format!("{HEAD}{}", write(&top));
    Written { spec, files }
}

fn template(named: &Named, files: &mut BTreeMap<String, Vec<u8>>) -> Doc {
    let one = &named.template;
    let comments = |key: &str| named.comments.get(key).cloned().unwrap_or_default();
    let mut map = Map::default();
    map.set("name", named.name.as_str());
    let family = format!("{:?}", one.family);
    map.commented("family", comments("family"), Some(family.as_str().into()));
    if one.arch == Arch::Arm64 {
        map.set("arch", one.arch.as_str());
    }
    if one.variant != Variant::Standard {
        map.set("variant", variant_name(one.variant));
    }
    map.commented("ami", comments("ami"), Some(ami(&one.image, one.pinned_by)));
    let lines = [
        ("instanceType", one.instance_type.as_deref().map(Doc::from)),
        ("keyName", one.key_name.as_deref().map(Doc::from)),
        ("securityGroupIds", some_list(&one.security_group_ids)),
        ("blockDevices", devices(&one.block_devices)),
        ("metadataOptions", metadata(named)),
        ("tags", tags(named)),
        ("launchTemplateData", data(&one.data)),
        ("userData", user_data(&one.user_data, &named.name, files)),
    ];
    for (key, value) in lines {
        map.commented(key, comments(key), value);
    }
    map.into()
}

fn ami(image: &Image, pinned_by: PinnedBy) -> Doc {
    let mut map = Map::default();
    match image {
        Image::Latest => map.set("eksOptimized", "latest"),
        Image::Id(id) => map.set("id", id.as_str()),
        Image::Parameter(name) => map.set("ssmParameter", name.as_str()),
    }
    if pinned_by == PinnedBy::ReleaseVersion {
        map.set("pinnedBy", "releaseVersion");
    }
    map.into()
}

fn some_list(texts: &[String]) -> Option<Doc> {
    (!texts.is_empty()).then(|| Doc::from(Value::from(texts.to_vec())))
}

fn devices(devices: &[BlockDevice]) -> Option<Doc> {
    (!devices.is_empty()).then(|| Doc::List(devices.iter().map(device).collect()))
}

fn device(device: &BlockDevice) -> Doc {
    let mut map = Map::default();
    map.set(
        "device",
        match &device.device {
            Device::Root => "root",
            Device::Named(name) => name.as_str(),
        },
    );
    let number = |number: Option<i32>| number.map(|number| Doc::from(Value::from(number)));
    map.set_some("size", number(device.size));
    map.set_some("type", device.volume_type.as_deref());
    map.set_some("iops", number(device.iops));
    map.set_some("throughput", number(device.throughput));
    map.set_some(
        "encrypted",
        device.encrypted.map(|on| Doc::from(Value::from(on))),
    );
    map.set_some("kmsKeyId", device.kms_key_id.as_deref());
    map.set_some("snapshotId", device.snapshot_id.as_deref());
    map.into()
}

/// Tokens are required unless the spec says otherwise.
fn metadata(named: &Named) -> Option<Doc> {
    let options = named.template.metadata;
    if named.template.existing.is_some() {
        return None;
    }
    let mut map = Map::default();
    if !options.tokens_required {
        map.set("httpTokens", "optional");
    }
    map.set(
        "httpPutResponseHopLimit",
        Doc::from(Value::from(options.hop_limit)),
    );
    Some(map.into())
}

fn tags(named: &Named) -> Option<Doc> {
    let mut map = Map::default();
    if let Some(name) = &named.instance_name {
        let name: String = name.chars().take(256).collect();
        map.set("Name", name.as_str());
    }
    for (key, value) in &named.template.tags {
        map.set(key, value.as_str());
    }
    (!map.is_empty()).then(|| map.into())
}

fn data(data: &BTreeMap<&'static str, Value>) -> Option<Doc> {
    let pairs = data
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()));
    let map: serde_json::Map<String, Value> = pairs.collect();
    (!map.is_empty()).then(|| Doc::from(Value::Object(map)))
}

fn user_data(
    data: &UserData,
    template: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Option<Doc> {
    let mut folder = Folder { template, files };
    let mut map = Map::block();
    let steps = data.steps.iter().enumerate();
    let steps: Vec<Doc> = steps
        .map(|(index, step)| folder.step(index, step))
        .collect();
    map.set_some("preBootstrap", Some(Doc::List(steps)));
    let mut kubelet = Map::default();
    let max_pods = data.max_pods.map(|count| Doc::from(Value::from(count)));
    kubelet.set_some("maxPods", max_pods);
    kubelet.set_some("extraArgs", Some(texts(&data.extra_args)));
    let config = Value::Object(data.kubelet_config.clone());
    kubelet.set_some("config", Some(Doc::from(config)));
    map.set_some("kubelet", Some(Doc::Map(kubelet)));
    map.set_some("nodeLabels", Some(texts(&data.node_labels)));
    map.set_some("taints", Some(taints(&data.taints)));
    map.set_some("clusterDns", some_list(&data.cluster_dns));
    let node_config = data.node_config.clone().map(Value::Object);
    map.set_some("nodeConfig", node_config.map(Doc::from));
    let settings = Value::Object(data.settings.clone());
    map.set_some("settings", Some(Doc::from(settings)));
    let disks = data.local_disks.map(|disks| json!(disks));
    map.set_some("localDisks", disks.map(Doc::from));
    map.set_some("registries", Some(registries(&data.registries)));
    let parts = data.parts.iter().enumerate();
    let parts: Vec<Doc> = parts
        .map(|(index, (kind, script))| folder.part(index, kind, script))
        .collect();
    map.set_some("parts", Some(Doc::List(parts)));
    let own = data.override_bootstrap.as_ref();
    map.set_some("overrideBootstrap", own.map(|script| folder.named(script)));
    (!map.is_empty()).then(|| map.into())
}

/// `userdata/<launch template>`, and the files in it.
struct Folder<'a> {
    template: &'a str,
    files: &'a mut BTreeMap<String, Vec<u8>>,
}

impl Folder<'_> {
    fn step(&mut self, index: usize, step: &Step) -> Doc {
        let mut map = Map::block();
        match step {
            Step::Run(text) => map.set("run", text.as_str()),
            Step::File(script) => map.set("file", self.numbered(index, script).as_str()),
        }
        map.into()
    }

    fn part(&mut self, index: usize, kind: &str, script: &Script) -> Doc {
        let mut map = Map::default();
        map.set("contentType", kind);
        map.set("file", self.numbered(index, script).as_str());
        map.into()
    }

    /// Steps are numbered in tens, so that one can come between.
    fn numbered(&mut self, index: usize, script: &Script) -> String {
        let number = (index + 1) * 10;
        self.add(format!("{number:02}-{}", script.stem), script)
    }

    fn named(&mut self, script: &Script) -> Doc {
        let mut map = Map::default();
        map.set("file", self.add(script.stem.clone(), script).as_str());
        map.into()
    }

    /// A part and a step can have the same number and name.
    fn add(&mut self, stem: String, script: &Script) -> String {
        let path = |stem: &str| format!("userdata/{}/{stem}.{}", self.template, script.extension);
        let mut name = path(&stem);
        let mut again = 2;
        while self.files.contains_key(&name) {
            name = path(&format!("{stem}-{again}"));
            again += 1;
        }
        let content = script.content.as_bytes().to_vec();
        self.files.insert(name.clone(), content);
        name
    }
}

fn texts(texts: &BTreeMap<String, String>) -> Doc {
    let mut map = Map::default();
    for (key, value) in texts {
        map.set(key, value.as_str());
    }
    map.into()
}

fn taints(taints: &[Taint]) -> Doc {
    let one = |taint: &Taint| {
        let mut map = Map::default();
        map.set("key", taint.key.as_str());
        map.set_some("value", taint.value.as_deref());
        map.set("effect", format!("{:?}", taint.effect).as_str());
        map.into()
    };
    Doc::List(taints.iter().map(one).collect())
}

fn registries(registries: &[Registry]) -> Doc {
    let one = |registry: &Registry| {
        let mut map = Map::default();
        map.set("host", registry.host.as_str());
        map.set("mirrors", Doc::from(Value::from(registry.mirrors.clone())));
        map.into()
    };
    Doc::List(registries.iter().map(one).collect())
}

fn group(placed: &Placed, config: &Config<'_>, templates: &[Named]) -> Doc {
    let one = &placed.group;
    let comments = |key: &str| placed.comments.get(key).cloned().unwrap_or_default();
    let mut map = Map::default();
    map.set("name", one.name.as_str());
    // Nothing can stand between the dash and the name.
    map.commented(
        "cluster",
        comments("name"),
        Some(config.name.as_str().into()),
    );
    let template = templates
        .get(placed.template)
        .map(|named| named.name.as_str());
    map.set_some("launchTemplate", template);
    let capacity = match one.capacity_type {
        CapacityType::OnDemand => None,
        CapacityType::Spot => Some(Doc::from("SPOT")),
        CapacityType::CapacityBlock => Some(Doc::from("CAPACITY_BLOCK")),
    };
    let update = one
        .max_unavailable
        .map(|(key, number)| Doc::from(json!({key: number})));
    let filled = |doc: Doc, full: bool| full.then_some(doc);
    let lines = [
        (
            "releaseVersion",
            one.release_version.as_deref().map(Doc::from),
        ),
        ("nodeRole", one.node_role.as_deref().map(Doc::from)),
        ("subnets", some_list(&one.subnets)),
        ("instanceTypes", some_list(&one.instance_types)),
        ("capacityType", capacity),
        ("scaling", Some(scaling(placed))),
        ("labels", filled(texts(&one.labels), !one.labels.is_empty())),
        (
            "taints",
            filled(taints(&one.taints), !one.taints.is_empty()),
        ),
        ("tags", filled(texts(&one.tags), !one.tags.is_empty())),
        ("update", update),
    ];
    for (key, value) in lines {
        map.commented(key, comments(key), value);
    }
    map.into()
}

/// `desired` is `min` where nothing is said.
fn scaling(placed: &Placed) -> Doc {
    let counts = placed.group.scaling;
    let mut map = Map::default();
    map.set("min", Doc::from(Value::from(counts.min)));
    map.set("max", Doc::from(Value::from(counts.max)));
    if counts.desired != counts.min {
        map.set("desired", Doc::from(Value::from(counts.desired)));
    }
    map.into()
}
