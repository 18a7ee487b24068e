//! Kubelet flags: to labels, taints and pods, to fields of the KubeletConfiguration, or on as flags.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::flags::{Becomes, Kind, becomes};
use super::shell::UNKNOWN;
use super::{Fate, Report, Settings, Translation};
use crate::spec::rules::{label_key, label_value, node_label_key};
use crate::spec::{Taint, TaintEffect};

/// Translates flags that are apart already: names without their dashes.
pub fn kubelet_flags(flags: &[(&str, &str)]) -> Translation {
    let (mut settings, mut report) = (Settings::default(), Report::default());
    for (name, value) in flags {
        apply_flag(name, Some(value), &mut settings, &mut report);
    }
    done(settings, report)
}

/// Translates the text of `--kubelet-extra-args`. systemd splits it at blanks, quotes or not.
pub fn kubelet_text(text: &str) -> Translation {
    let (mut settings, mut report) = (Settings::default(), Report::default());
    apply_text(text, &mut settings, &mut report);
    done(settings, report)
}

fn done(settings: Settings, report: Report) -> Translation {
    Translation {
        settings,
        left: report.left,
        ..Translation::default()
    }
}

const LATER: &str = "its value is made when the node boots";
const LATER_HINT: &str =
    "let a preBootstrap step write a NodeConfig with it into /etc/eks/nodeadm.d/10-kubelet.yaml";

pub(super) fn apply_text(text: &str, settings: &mut Settings, report: &mut Report) {
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let word = word.trim_matches(['"', '\'']);
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            let why = match word.contains(UNKNOWN) {
                true => "a part of it is made when the node boots",
                false => "it has a word that is no flag",
            };
            report.tell(Fate::ByHand, "--kubelet-extra-args", why, LATER_HINT);
            continue;
        };
        match flag.split_once('=') {
            Some((name, value)) => apply_flag(name, Some(value), settings, report),
            None => {
                let takes = !matches!(becomes(flag), Becomes::Config(_, Kind::Bool));
                let next = words.next_if(|next| takes && !next.starts_with('-'));
                apply_flag(flag, next, settings, report);
            }
        }
    }
}

fn apply_flag(name: &str, value: Option<&str>, settings: &mut Settings, report: &mut Report) {
    let shown = match name.contains(UNKNOWN) {
        true => "--kubelet-extra-args".to_owned(),
        false => format!("--{}", name.replace('_', "-")),
    };
    let name = name.replace('_', "-");
    let text = value.unwrap_or("");
    match becomes(&name) {
        Becomes::Gone(why, hint) => report.tell(Fate::Gone, shown, why, hint),
        Becomes::Covered(why) => report.tell(Fate::Covered, shown, why, ""),
        Becomes::Labels => labels(text, settings, report),
        Becomes::Taints => taints(text, settings, report),
        _ if name.contains(UNKNOWN) || text.contains(UNKNOWN) => {
            report.tell(Fate::ByHand, shown, LATER, LATER_HINT);
        }
        Becomes::MaxPods => match text.parse::<u32>() {
            Ok(count) if count > 0 => settings.max_pods = Some(count),
            _ => wrong(&shown, "number of pods", report),
        },
        Becomes::Config(path, kind) => {
            let value = value.unwrap_or("true");
            match typed(kind, value) {
                Some(value) => {
                    settings.configure(path, value);
                    differs(&name, &shown, report);
                }
                None => wrong(&shown, kind.as_str(), report),
            }
        }
        Becomes::Flag => {
            settings.extra_args.insert(name, text.to_owned());
        }
        Becomes::Unknown => unknown(name, text, &shown, settings, report),
    }
}

/// A flag that no kubelet of our tables has: it goes on as it is, and is told.
fn unknown(name: String, text: &str, shown: &str, settings: &mut Settings, report: &mut Report) {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(letters) {
        report.tell(
            Fate::ByHand,
            "--kubelet-extra-args",
            "it has a word that is no flag",
            "take it out",
        );
        return;
    }
    settings.extra_args.insert(name, text.to_owned());
    report.tell(
        Fate::ByHand,
        shown,
        "no flag that is known of the kubelet; it stays one in kubelet.extraArgs",
        "take it out if the kubelet of the new image does not have it: a kubelet does not start with an unknown flag",
    );
}

fn wrong(shown: &str, kind: &str, report: &mut Report) {
    report.tell(
        Fate::ByHand,
        shown,
        format!("its value is no {kind}"),
        "correct it, and set the field in kubelet.config",
    );
}

/// Flags replace a whole map; a field of the configuration is merged with nodeadm's own, as JSON merge patches
/// are (kubernetes, mergeKubeletConfigurations of `cmd/kubelet/app/server.go`).
fn differs(name: &str, shown: &str, report: &mut Report) {
    if ["eviction-hard", "kube-reserved", "feature-gates"].contains(&name) {
        report.tell(
            Fate::Differs,
            shown,
            "the flag replaced all of the image's own values; as a field it stands beside nodeadm's",
            "name every key in kubelet.config that is to be other than nodeadm's",
        );
    }
}

/// Labels that EKS gives every node of a managed group; an old image's id among them would be a lie.
const OF_EKS: &[&str] = &[
    "eks.amazonaws.com/nodegroup",
    "eks.amazonaws.com/nodegroup-image",
    "eks.amazonaws.com/capacityType",
    "eks.amazonaws.com/sourceLaunchTemplateId",
    "eks.amazonaws.com/sourceLaunchTemplateVersion",
];

fn labels(text: &str, settings: &mut Settings, report: &mut Report) {
    for pair in items(text) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let shown = || match key.contains(UNKNOWN) {
            true => "--node-labels".to_owned(),
            false => format!("--node-labels {key}"),
        };
        if OF_EKS.contains(&key) {
            report.tell(Fate::Covered, shown(), "EKS labels its nodes with it", "");
        } else if pair.contains(UNKNOWN) {
            report.tell(Fate::ByHand, shown(), LATER, LATER_HINT);
        } else if let Err(flaw) = node_label_key(key).and_then(|()| label_value(value)) {
            let hint = flaw.hint.unwrap_or_default();
            report.tell(Fate::ByHand, shown(), flaw.message, hint);
        } else {
            settings
                .node_labels
                .insert(key.to_owned(), value.to_owned());
        }
    }
}

/// `key=value:Effect`, `key:Effect`
fn taints(text: &str, settings: &mut Settings, report: &mut Report) {
    for item in items(text) {
        let (rest, effect) = item.rsplit_once(':').unwrap_or((item, ""));
        let (key, value) = match rest.split_once('=') {
            Some((key, value)) => (key, Some(value).filter(|value| !value.is_empty())),
            None => (rest, None),
        };
        let effect = match effect {
            "NoSchedule" => Some(TaintEffect::NoSchedule),
            "PreferNoSchedule" => Some(TaintEffect::PreferNoSchedule),
            "NoExecute" => Some(TaintEffect::NoExecute),
            _ => None,
        };
        let known = !item.contains(UNKNOWN);
        let valid = label_key(key).is_ok() && label_value(value.unwrap_or("")).is_ok();
        match effect.filter(|_| known && valid) {
            Some(effect) => settings.merge(Settings {
                taints: vec![Taint {
                    key: key.to_owned(),
                    value: value.map(str::to_owned),
                    effect,
                }],
                ..Settings::default()
            }),
            None if known => wrong("--register-with-taints", "taint", report),
            None => report.tell(Fate::ByHand, "--register-with-taints", LATER, LATER_HINT),
        }
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// The value of a flag as its field has it; `None` if it is none of the kind.
fn typed(kind: Kind, text: &str) -> Option<Value> {
    let pairs = |separator: char| -> Option<BTreeMap<&str, &str>> {
        items(text).map(|item| item.split_once(separator)).collect()
    };
    let object = |pairs: BTreeMap<&str, &str>| {
        let texts = pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), Value::from(value)));
        Value::Object(texts.collect::<Map<String, Value>>())
    };
    match kind {
        Kind::Text => Some(Value::from(text)),
        // strconv.ParseBool, which the kubelet reads its flags with.
        Kind::Bool => match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::from(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::from(false)),
            _ => None,
        },
        Kind::Number => text
            .parse::<i64>()
            .ok()
            .map(|number| Value::Number(Number::from(number))),
        Kind::List => Some(items(text).map(Value::from).collect()),
        Kind::Map => pairs('=').map(object),
        Kind::Thresholds => pairs('<').map(object),
        Kind::Gates => {
            let gates = pairs('=')?
                .into_iter()
                .map(|(key, value)| Some((key.to_owned(), typed(Kind::Bool, value)?)));
            gates
                .collect::<Option<Map<String, Value>>>()
                .map(Value::Object)
        }
    }
}
