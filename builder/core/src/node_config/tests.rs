//! What is wrong with a NodeConfig, a row each; and that the schema says what the types do.

use serde_json::json;

use super::*;

fn whole(spec: Value) -> Value {
    json!({"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec})
}

/// Every field that there is, once.
fn everything() -> Value {
    whole(json!({
        "cluster": {
            "name": "a", "apiServerEndpoint": "https://a", "certificateAuthority": "Q0E=", "cidr": "10.100.0.0/16",
            "enableOutpost": true, "id": "b",
        },
        "kubelet": {"config": {"maxPods": 3, "kind": "KubeletConfiguration"}, "flags": ["--v=2"], "maxPodsExpression": "max_pods + 2"},
        "containerd": {"config": "a = 1\n", "baseRuntimeSpec": {"process": {"rlimits": []}}},
        "instance": {
            "localStorage": {"strategy": "RAID10", "mountPath": "/mnt", "disabledMounts": ["SOCI", "PodLogs", "Containerd"]},
            "storage": {"volumes": [{"device": "/dev/sdb", "mountTargets": ["/var/lib/containerd"], "fsType": "xfs"}]},
            "environment": {"default": {"HTTP_PROXY": "http://a"}},
            "network": {"nameservers": ["10.0.0.2"], "domains": ["a.example"]},
        },
        "featureGates": {"InstanceIdNodeName": true, "FastImagePull": false},
    }))
}

#[test]
fn everything_that_nodeadm_has_is_fine() {
    assert_eq!(check(&everything()), []);
    serde_json::from_value::<types::NodeConfig>(everything()).expect("the types take it, too");
}

/// The spec, then each problem as `path|severity|words of the message|words of the hint`.
#[test]
fn what_is_wrong_is_told_at_its_place() {
    let rows: &[(Value, &[&str])] = &[
        (
            json!({"kubelt": {}}),
            &["spec.kubelt|Error|no field `kubelt`|`kubelet`"],
        ),
        (
            json!({"kubelet": {"maxPods": 3}}),
            &["spec.kubelet.maxPods|Error|no field `maxPods`|`config: {maxPods: …}`"],
        ),
        (
            json!({"kubelet": {"flags": "--v=2"}}),
            &["spec.kubelet.flags|Error|expected a list, found text|"],
        ),
        (
            json!({"kubelet": {"flags": ["--v=2", 3]}}),
            &["spec.kubelet.flags[1]|Error|expected text, found a number|quotes"],
        ),
        (
            json!({"kubelet": {"config": {"maxpods": 3}}}),
            &["spec.kubelet.config.maxpods|Warning|KubeletConfiguration|`maxPods`"],
        ),
        (
            json!({"kubelet": null}),
            &["spec.kubelet|Warning|changes nothing|"],
        ),
        (
            json!({"containerd": {"config": {"a": 1}}}),
            &["spec.containerd.config|Error|expected text, found a mapping|"],
        ),
        (
            json!({"containerd": {"config": "a = "}}),
            &["spec.containerd.config|Error|no TOML|"],
        ),
        (
            json!({"instance": {"localStorage": {"strategy": "raid0"}}}),
            &["spec.instance.localStorage.strategy|Error|not one of RAID0, RAID10, Mount|`RAID0`"],
        ),
        (
            json!({"instance": {"storage": {"volumes": [{"device": "a"}]}}}),
            &["spec.instance.storage.volumes[0].mountTargets|Error|missing|"],
        ),
        (
            json!({"featureGates": {"FastImagePul": true}}),
            &["spec.featureGates.FastImagePul|Error|no field|`FastImagePull`"],
        ),
        (
            json!({"cluster": {"certificateAuthority": "-----BEGIN"}}),
            &["spec.cluster.certificateAuthority|Error|no base64|"],
        ),
        (
            json!({"a": 1, "instance": {"b": 2}, "kubelet": {"c": 3}}),
            &[
                "spec.a|Error|no field|",
                "spec.instance.b|Error|no field|",
                "spec.kubelet.c|Error|no field|",
            ],
        ),
    ];
    for (spec, wanted) in rows {
        let found = check(&whole(spec.clone()));
        assert_eq!(found.len(), wanted.len(), "{spec}: {found:?}");
        for (problem, wanted) in found.iter().zip(*wanted) {
            let columns: Vec<&str> = wanted.split('|').collect();
            assert_eq!(problem.path, columns[0]);
            assert_eq!(format!("{:?}", problem.severity), columns[1]);
            assert!(problem.message.contains(columns[2]), "{problem:?}");
            assert!(
                problem.hint.contains(columns[3]) && !problem.hint.is_empty(),
                "{problem:?}"
            );
        }
    }
}

#[test]
fn the_outside_of_a_document() {
    let paths =
        |found: Vec<FieldProblem>| found.into_iter().map(|one| one.path).collect::<Vec<_>>();
    assert_eq!(paths(check(&json!({}))), ["apiVersion", "kind"]);
    assert_eq!(paths(check_partial(&json!({}))), Vec::<String>::new());
    let moved = check_partial(&json!({"kubelet": {}, "kind": "NodeConfigs"}));
    assert_eq!(paths(moved.clone()), ["kind", "kubelet"]);
    assert!(moved[1].hint.contains("under `spec`"), "{moved:?}");
    assert_eq!(paths(check(&json!([]))), [""]);
}

#[test]
fn a_text_has_lines() {
    let text = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    config:\n      a.b: 1\n    flag: []\n";
    let found: Vec<_> = check_text(text)
        .into_iter()
        .map(|one| (one.path, one.line))
        .collect();
    let wanted = [
        ("spec.kubelet.flag".to_owned(), Some(7)),
        ("spec.kubelet.config[\"a.b\"]".to_owned(), Some(6)),
    ];
    assert_eq!(found, wanted);
    let broken = check_text("spec:\n  secret: [\n");
    assert_eq!((broken.len(), broken[0].line.is_some()), (1, true));
    assert!(!format!("{broken:?}").contains("secret"), "{broken:?}");
}
