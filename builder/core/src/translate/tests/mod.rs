//! One row a case: the script or flag, the settings that come of it, and what is left.

mod arguments;
mod flags;
mod steps;

use serde_json::{Map, Value, json};

use super::*;
use crate::spec::TaintEffect;

/// Settings as the spec would write them, without what is not set.
fn spec_of(settings: &Settings) -> Value {
    let taints = settings.taints.iter().map(|taint| {
        let value = taint.value.clone().unwrap_or_default();
        format!("{}={value}:{:?}", taint.key, taint.effect)
    });
    let registries = settings
        .registries
        .iter()
        .map(|registry| json!({"host": registry.host, "mirrors": registry.mirrors}));
    let all = json!({
        "maxPods": settings.max_pods,
        "extraArgs": settings.extra_args,
        "config": settings.config,
        "nodeLabels": settings.node_labels,
        "taints": taints.collect::<Vec<_>>(),
        "clusterDns": settings.cluster_dns,
        "localDisks": settings.local_disks,
        "registries": registries.collect::<Vec<_>>(),
    });
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let fields = all.as_object().expect("an object").clone();
    Value::Object(
        fields
            .into_iter()
            .filter(|(_, value)| !empty(value))
            .collect::<Map<_, _>>(),
    )
}

fn left_of(translation: &Translation) -> Vec<String> {
    let told = |left: &Left| format!("{}: {}", left.fate.as_str(), left.what);
    translation.left.iter().map(told).collect()
}

#[test]
fn values_are_never_told() {
    let secret = "s3cr3t";
    let scripts = [
        format!(
            "/etc/eks/bootstrap.sh {secret}1 {secret}2 --docker-config-json '{secret}' --b64-cluster-ca {secret} --kubelet-extra-args '{secret} --x={secret} --node-labels=a={secret}! --max-pods={secret}' --dns-cluster-ip {secret} --local-disks {secret}\nlogin --password {secret}"
        ),
        format!(
            "yum install {secret}\ndocker login -p {secret}\necho '{{\"auths\": \"{secret}\"}}' > /etc/docker/daemon.json"
        ),
    ];
    for script in scripts {
        for left in step(&script).left {
            let said = format!("{} {} {}", left.what, left.why, left.hint);
            assert!(!said.contains(secret), "{said}");
        }
    }
}

#[test]
fn later_settings_win() {
    let taint = |value: &str| Taint {
        key: "a".to_owned(),
        value: Some(value.to_owned()),
        effect: TaintEffect::NoSchedule,
    };
    let mut settings = kubelet_text("--max-pods=1 --eviction-hard=a<1,b<2 --v=1").settings;
    settings.taints.push(taint("old"));
    let mut later = kubelet_text("--max-pods=2 --eviction-hard=b<3 --v=2").settings;
    later.taints.push(taint("new"));
    settings.merge(later);
    assert_eq!(
        spec_of(&settings),
        json!({"maxPods": 2, "config": {"evictionHard": {"a": "1", "b": "3"}}, "extraArgs": {"v": "2"}, "taints": ["a=new:NoSchedule"]})
    );
}

mod laws {
    use proptest::prelude::*;

    use super::super::{bootstrap_script, kubelet_text, step};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_script_panics(text in "\\PC{0,60}", words in prop::collection::vec("[ -~\\n]{0,20}", 0..4)) {
            let _ = kubelet_text(&text);
            let script = format!("{text}\n/etc/eks/bootstrap.sh {}\n", words.join(" "));
            let _ = bootstrap_script(&script);
            let _ = step(&script);
        }

        /// Whatever is kept begins as the script does, so that its `#!` stays.
        #[test]
        fn what_is_kept_is_of_the_script(lines in prop::collection::vec("[a-z /|&;'\"$<>-]{0,16}", 0..6)) {
            let script = format!("#!/bin/bash\n{}\n", lines.join("\n"));
            let made = step(&script);
            if let Some(kept) = made.kept {
                prop_assert!(kept.starts_with("#!/bin/bash\n"));
                prop_assert!(kept.len() <= script.len());
            }
        }
    }
}
