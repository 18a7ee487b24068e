//! Flags of the kubelet.

use serde_json::{Value, json};

use super::super::{flags, kubelet_flags, kubelet_text};
use super::{left_of, spec_of};

#[test]
fn flags_of_the_kubelet() {
    let config = |value: Value| json!({ "config": value });
    let rows: &[(&str, Value, &[&str])] = &[
        ("--max-pods=58", json!({"maxPods": 58}), &[]),
        ("--max-pods 58", json!({"maxPods": 58}), &[]),
        ("--max-pods=0", json!({}), &["by hand: --max-pods"]),
        (
            "--node-labels=a=b,c.io/d=",
            json!({"nodeLabels": {"a": "b", "c.io/d": ""}}),
            &[],
        ),
        (
            "--node-labels=a=b --node-labels=a=c,d=e",
            json!({"nodeLabels": {"a": "c", "d": "e"}}),
            &[],
        ),
        (
            "--node-labels=eks.amazonaws.com/nodegroup-image=ami-1,x=y",
            json!({"nodeLabels": {"x": "y"}}),
            &["covered: --node-labels eks.amazonaws.com/nodegroup-image"],
        ),
        (
            "--node-labels=node-role.kubernetes.io/worker=",
            json!({}),
            &["by hand: --node-labels node-role.kubernetes.io/worker"],
        ),
        (
            "--register-with-taints=a=b:NoSchedule,c:NoExecute,d=:PreferNoSchedule",
            json!({"taints": ["a=b:NoSchedule", "c=:NoExecute", "d=:PreferNoSchedule"]}),
            &[],
        ),
        (
            "--register-with-taints=a=b:Never",
            json!({}),
            &["by hand: --register-with-taints"],
        ),
        (
            "--cluster-dns=10.0.0.10,10.0.0.11",
            json!({"clusterDns": ["10.0.0.10", "10.0.0.11"]}),
            &[],
        ),
        (
            "--image-gc-high-threshold=70",
            config(json!({"imageGCHighThresholdPercent": 70})),
            &[],
        ),
        (
            "--image-gc-high-threshold=high",
            json!({}),
            &["by hand: --image-gc-high-threshold"],
        ),
        (
            "--eviction-hard=memory.available<5%,nodefs.available<10%",
            config(json!({"evictionHard": {"memory.available": "5%", "nodefs.available": "10%"}})),
            &["differs: --eviction-hard"],
        ),
        (
            "--eviction-soft-grace-period=memory.available=1m30s",
            config(json!({"evictionSoftGracePeriod": {"memory.available": "1m30s"}})),
            &[],
        ),
        (
            "--kube-reserved=cpu=100m,memory=1Gi",
            config(json!({"kubeReserved": {"cpu": "100m", "memory": "1Gi"}})),
            &["differs: --kube-reserved"],
        ),
        (
            "--system-reserved=cpu=100m",
            config(json!({"systemReserved": {"cpu": "100m"}})),
            &[],
        ),
        (
            "--feature-gates=A=true,B=false",
            config(json!({"featureGates": {"A": true, "B": false}})),
            &["differs: --feature-gates"],
        ),
        (
            "--feature-gates=A=maybe",
            json!({}),
            &["by hand: --feature-gates"],
        ),
        (
            "--serialize-image-pulls=false",
            config(json!({"serializeImagePulls": false})),
            &[],
        ),
        (
            "--protect-kernel-defaults --v=3",
            json!({"config": {"protectKernelDefaults": true}, "extraArgs": {"v": "3"}}),
            &[],
        ),
        (
            "--anonymous-auth=false --authorization-mode=Webhook",
            config(
                json!({"authentication": {"anonymous": {"enabled": false}}, "authorization": {"mode": "Webhook"}}),
            ),
            &[],
        ),
        (
            "--allowed-unsafe-sysctls=net.core.somaxconn,kernel.msg*",
            config(json!({"allowedUnsafeSysctls": ["net.core.somaxconn", "kernel.msg*"]})),
            &[],
        ),
        (
            "--cpu-manager-policy=static --reserved-cpus=0,1",
            config(json!({"cpuManagerPolicy": "static", "reservedSystemCPUs": "0,1"})),
            &[],
        ),
        (
            "--container-log-max-size=50Mi --container-log-max-files=3",
            config(json!({"containerLogMaxSize": "50Mi", "containerLogMaxFiles": 3})),
            &[],
        ),
        (
            "--registry-qps=0 --registry_burst=20",
            config(json!({"registryPullQPS": 0, "registryBurst": 20})),
            &[],
        ),
        (
            "--reserved-memory=0:memory=1Gi",
            json!({"extraArgs": {"reserved-memory": "0:memory=1Gi"}}),
            &[],
        ),
        ("-v=4", json!({"extraArgs": {"v": "4"}}), &[]),
        (
            "--container-runtime=docker",
            json!({}),
            &["left out: --container-runtime"],
        ),
        (
            "--network-plugin=cni --cni-bin-dir=/opt/cni/bin",
            json!({}),
            &["left out: --network-plugin", "left out: --cni-bin-dir"],
        ),
        (
            "--pod-infra-container-image=pause:3.5",
            json!({}),
            &["left out: --pod-infra-container-image"],
        ),
        (
            "--logtostderr=true --log-dir=/var/log",
            json!({}),
            &["left out: --logtostderr", "left out: --log-dir"],
        ),
        (
            "--image-pull-progress-deadline=10m",
            json!({}),
            &["left out: --image-pull-progress-deadline"],
        ),
        (
            "--keep-terminated-pod-volumes",
            json!({}),
            &["left out: --keep-terminated-pod-volumes"],
        ),
        (
            "--cloud-provider=aws --hostname-override=x --node-ip=10.0.0.1",
            json!({}),
            &[
                "covered: --cloud-provider",
                "covered: --hostname-override",
                "covered: --node-ip",
            ],
        ),
        (
            "--allow-privileged=true",
            json!({"extraArgs": {"allow-privileged": "true"}}),
            &["by hand: --allow-privileged"],
        ),
        (
            "word --v=2",
            json!({"extraArgs": {"v": "2"}}),
            &["by hand: --kubelet-extra-args"],
        ),
        ("", json!({}), &[]),
    ];
    for (text, settings, left) in rows {
        let made = kubelet_text(text);
        assert_eq!(&spec_of(&made.settings), settings, "{text}");
        assert_eq!(&left_of(&made), left, "{text}");
    }
    let made = kubelet_flags(&[("max-pods", "20"), ("node-labels", "a=b")]);
    assert_eq!(
        spec_of(&made.settings),
        json!({"maxPods": 20, "nodeLabels": {"a": "b"}})
    );
}

/// The tables can only be found by a flag that stands in one of them.
#[test]
fn no_flag_is_in_two_tables() {
    let mut seen = std::collections::BTreeSet::new();
    for flag in flags::all() {
        assert!(seen.insert(flag), "{flag}");
        assert_ne!(flags::becomes(flag), flags::Becomes::Unknown, "{flag}");
    }
    assert!(seen.len() > 120, "{}", seen.len());
}
