//! Ways to say existing user data in a spec, the plainest first. Which of them gives the same bytes is tried.

use std::collections::BTreeMap;

use serde_json::{Map as Fields, Value, json};

use super::node_config;
use crate::family::family;
use crate::import::document::{Doc, Map};
use crate::launch_template::{Decoded, DecodedPart, Form, Layer};
use crate::lint::Reader;
use crate::render::{NODE_CONFIG, POWERSHELL, SHELL, TOML};
use crate::spec::{FamilyName, PinnedBy};

/// One way.
#[derive(Clone, Default)]
pub(super) struct Candidate {
    /// `userData`; none: the key is left out
    pub map: Option<Map>,
    pub files: BTreeMap<String, Vec<u8>>,
    /// What to tell of it.
    pub note: &'static str,
}

const OWN: &str = "what nodemint renders by itself";
const FIELDS: &str = "its settings, by the spec's own fields";
const BOOTSTRAP: &str = "its bootstrap as a file";
const VERBATIM: &str = "as it is, byte for byte";

/// Where the user data of a launch template comes from.
pub(super) struct Source<'a> {
    pub template: &'a str,
    pub decoded: Option<&'a Decoded>,
    pub family: FamilyName,
    pub pinned_by: PinnedBy,
}

impl Source<'_> {
    pub fn candidates(&self) -> Vec<Candidate> {
        let nothing = Candidate {
            note: OWN,
            ..Candidate::default()
        };
        let Some(decoded) = self.decoded else {
            return vec![nothing];
        };
        let mut all = vec![nothing];
        match (family(self.family).reader(), decoded.form) {
            (Reader::Nodeadm, Form::Multipart) => self.nodeadm(&decoded.parts, &mut all),
            (Reader::Bottlerocket, _) => all.extend(settings(&decoded.parts)),
            (Reader::CloudInit, Form::Multipart) => self.cloud_init(&decoded.parts, &mut all),
            _ => {}
        }
        if decoded.layers == [Layer::Gzip] {
            let packed = all.iter().map(|one| {
                let mut one = one.clone();
                let mut map = one.map.take().unwrap_or_default();
                map.set("compress", "always");
                one.map = Some(map);
                one
            });
            all = packed.collect();
        }
        all.push(self.verbatim(decoded));
        all
    }

    /// NodeConfigs: the last one, if it is ours, says what the spec's fields say.
    fn nodeadm(&self, parts: &[DecodedPart], all: &mut Vec<Candidate>) {
        let Some((last, before)) = parts.split_last() else {
            return;
        };
        if last.content_type != NODE_CONFIG {
            if self.pinned_by == PinnedBy::ReleaseVersion {
                all.extend(self.steps(parts));
            }
            return;
        }
        let Some(steps) = self.steps(before) else {
            return;
        };
        all.push(steps.clone());
        let ways = [
            node_config::by_fields(&last.body),
            node_config::whole(&last.body),
        ];
        for fields in ways.into_iter().flatten() {
            let mut one = steps.clone();
            one.note = FIELDS;
            let map = one.map.get_or_insert_default();
            for (key, value) in fields {
                map.set(&key, Doc::from(value));
            }
            all.push(one);
        }
        all.extend(self.overridden(last, steps));
    }

    /// bootstrap.sh, called last.
    fn cloud_init(&self, parts: &[DecodedPart], all: &mut Vec<Candidate>) {
        if self.pinned_by == PinnedBy::ReleaseVersion {
            all.extend(self.steps(parts));
            return;
        }
        let Some((last, before)) = parts.split_last() else {
            return;
        };
        if let Some(steps) = self.steps(before) {
            all.push(steps.clone());
            all.extend(self.overridden(last, steps));
        }
    }

    fn overridden(&self, last: &DecodedPart, mut steps: Candidate) -> Option<Candidate> {
        if self.pinned_by == PinnedBy::ReleaseVersion {
            return None;
        }
        let path = self.path("bootstrap", &last.content_type);
        let map = steps.map.get_or_insert_default();
        map.set("overrideBootstrap", Doc::from(json!({ "file": path })));
        steps.files.insert(path, last.body.clone());
        steps.note = BOOTSTRAP;
        Some(steps)
    }

    /// Scripts before anything else are `preBootstrap`; what follows are `parts`.
    fn steps(&self, parts: &[DecodedPart]) -> Option<Candidate> {
        let scripts = parts
            .iter()
            .take_while(|part| part.content_type == SHELL)
            .count();
        let (mut before, mut others) = (Vec::new(), Vec::new());
        let mut files = BTreeMap::new();
        for (index, part) in parts.iter().enumerate() {
            let path = self.path(&format!("{:02}", (index + 1) * 10), &part.content_type);
            if index < scripts {
                before.push(json!({ "file": path }));
            } else {
                others.push(json!({"contentType": part.content_type, "file": path}));
            }
            files.insert(path, part.body.clone());
        }
        let mut map = Map::default();
        map.set_some("preBootstrap", Some(Value::Array(before)));
        map.set_some("parts", Some(Value::Array(others)));
        let note = if files.is_empty() { OWN } else { FIELDS };
        Some(Candidate {
            map: (!map.is_empty()).then_some(map),
            files,
            note,
        })
    }

    fn verbatim(&self, decoded: &Decoded) -> Candidate {
        let kind = match (decoded.form, decoded.parts.first()) {
            (Form::Plain, Some(part)) => part.content_type.as_str(),
            _ => "multipart/mixed",
        };
        let mut path = self.path("user-data", kind);
        if decoded.layers.contains(&Layer::Gzip) {
            path.push_str(".gz");
        }
        let mut map = Map::default();
        map.set("verbatim", Doc::from(json!({ "file": path })));
        Candidate {
            map: Some(map),
            files: BTreeMap::from([(path, decoded.bytes.clone())]),
            note: VERBATIM,
        }
    }

    /// `userdata/<template>/<stem>.<extension>`
    fn path(&self, stem: &str, content_type: &str) -> String {
        let plain = |c: char| match c {
            c if c.is_ascii_alphanumeric() || c == '-' || c == '_' => c,
            _ => '-',
        };
        let folder: String = self.template.chars().map(plain).collect();
        let extension = match content_type {
            SHELL => "sh",
            NODE_CONFIG | "text/cloud-config" => "yaml",
            TOML => "toml",
            POWERSHELL => "ps1.txt",
            "multipart/mixed" => "mime",
            _ => "txt",
        };
        format!("userdata/{folder}/{stem}.{extension}")
    }
}

/// Bottlerocket's TOML, without what says which cluster the node joins.
fn settings(parts: &[DecodedPart]) -> Option<Candidate> {
    let [only] = parts else { return None };
    let table: toml::Table = std::str::from_utf8(&only.body).ok()?.parse().ok()?;
    let mut settings = match serde_json::to_value(table).ok()? {
        Value::Object(mut top) if top.len() == 1 => match top.remove("settings")? {
            Value::Object(settings) => settings,
            _ => return None,
        },
        _ => return None,
    };
    if let Some(Value::Object(kubernetes)) = settings.get_mut("kubernetes") {
        for key in [
            "cluster-name",
            "api-server",
            "cluster-certificate",
            "cluster-dns-ip",
        ] {
            kubernetes.remove(key);
        }
    }
    let empty = |value: &Value| value.as_object().is_some_and(Fields::is_empty);
    settings.retain(|_, value| !empty(value));
    let mut map = Map::default();
    map.set_some("settings", Some(Value::Object(settings)));
    Some(Candidate {
        map: (!map.is_empty()).then_some(map),
        files: BTreeMap::new(),
        note: FIELDS,
    })
}
