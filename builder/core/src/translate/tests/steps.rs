//! Steps that prepare an AL2 node.

use serde_json::{Value, json};

use super::super::step;
use super::{left_of, spec_of};

#[test]
fn steps_for_files_that_only_al2_has() {
    const F: &str = "/etc/kubernetes/kubelet/kubelet-config.json";
    let gone = |script: String, settings: Value, left: &[&str]| {
        let made = step(&script);
        assert_eq!(spec_of(&made.settings), settings, "{script}");
        assert_eq!(left_of(&made), left, "{script}");
        assert_eq!(made.kept, None, "{script}");
        assert!(made.changed);
    };
    gone(
        format!("echo \"$(jq '.maxPods=58' {F})\" > {F}\n"),
        json!({"maxPods": 58}),
        &[],
    );
    gone(
        format!("C={F}\necho $(jq \".registryPullQPS=10|.registryBurst=20\" $C) > $C"),
        json!({"config": {"registryPullQPS": 10, "registryBurst": 20}}),
        &[],
    );
    gone(
        format!("jq '.maxPods=58' {F} > /tmp/x && mv /tmp/x {F}"),
        json!({"maxPods": 58}),
        &[],
    );
    gone(
        format!("set -e\njq '. += {{\"podPidsLimit\": 100}}' {F} > /tmp/x\nsudo mv /tmp/x {F}"),
        json!({"config": {"podPidsLimit": 100}}),
        &[],
    );
    // What eksctl writes for maxPodsPerNode on AL2.
    gone(
        format!(
            "#!/bin/sh\nset -ex\nsed -i -E \"s/^USE_MAX_PODS=\\\"\\\\$\\{{USE_MAX_PODS:-true}}\\\"/USE_MAX_PODS=false/\" /etc/eks/bootstrap.sh\nKUBELET_CONFIG={F}\necho \"$(jq \".maxPods=58\" $KUBELET_CONFIG)\" > $KUBELET_CONFIG\n"
        ),
        json!({"maxPods": 58}),
        &["differs: USE_MAX_PODS of bootstrap.sh"],
    );
    gone("sed -i '/^KUBELET_EXTRA_ARGS=/a KUBELET_EXTRA_ARGS+=\" --node-labels=a=b --v=3\"' /etc/eks/bootstrap.sh".to_owned(), json!({"nodeLabels": {"a": "b"}, "extraArgs": {"v": "3"}}), &[]);
    gone("sed -i 's/KUBELET_EXTRA_ARGS=$2/KUBELET_EXTRA_ARGS=\"$2 --max-pods=20\"/' /etc/eks/bootstrap.sh".to_owned(), json!({"maxPods": 20}), &[]);
    gone("cat > /etc/docker/daemon.json <<'EOF'\n{\"registry-mirrors\": [\"https://m.example.com/\"], \"log-opts\": {\"max-size\": \"10m\", \"max-file\": \"3\"}}\nEOF\nsystemctl restart docker\n".to_owned(), json!({"config": {"containerLogMaxSize": "10M", "containerLogMaxFiles": 3}, "registries": [{"host": "docker.io", "mirrors": ["https://m.example.com"]}]}), &["left out: `systemctl` of docker"]);
    gone(
        "echo '{\"bridge\": \"none\"}' > /etc/docker/daemon.json".to_owned(),
        json!({}),
        &["left out: daemon.json bridge"],
    );
}

#[test]
fn steps_that_somebody_has_to_look_at() {
    let rows: &[(&str, &[&str])] = &[
        ("echo hello\n", &[]),
        ("sysctl -w vm.max_map_count=262144", &[]),
        ("yum install -y htop", &["by hand: `yum`"]),
        ("sudo yum -y update", &["by hand: `yum`"]),
        (
            "amazon-linux-extras install epel",
            &["by hand: `amazon-linux-extras`"],
        ),
        ("docker pull busybox", &["by hand: `docker`"]),
        (
            "systemctl restart kubelet",
            &["by hand: `systemctl` of the kubelet"],
        ),
        ("/usr/bin/python /opt/x.py", &["by hand: `python`"]),
        (
            "sed -i 's/1024/65536/' /etc/sysconfig/docker",
            &["by hand: /etc/sysconfig/docker"],
        ),
        (
            "jq 'del(.maxPods)' /etc/kubernetes/kubelet/kubelet-config.json > /tmp/x",
            &["by hand: /etc/kubernetes/kubelet/kubelet-config.json"],
        ),
        (
            "sed -i 's/a/b/' /etc/kubernetes/kubelet/kubelet-config.json",
            &["by hand: /etc/kubernetes/kubelet/kubelet-config.json"],
        ),
        (
            "if x; then echo \"$(jq .maxPods=5 /etc/kubernetes/kubelet/kubelet-config.json)\" > /etc/kubernetes/kubelet/kubelet-config.json; fi",
            &["by hand: /etc/kubernetes/kubelet/kubelet-config.json"],
        ),
        (
            "sed -i 's/a/b/' /etc/eks/bootstrap.sh",
            &["by hand: an edit of /etc/eks/bootstrap.sh"],
        ),
        (
            "sed -i 's/KUBELET_EXTRA_ARGS=$2/KUBELET_EXTRA_ARGS=\"$2 --node-labels=a/b=c\"/' /etc/eks/bootstrap.sh",
            &["by hand: an edit of /etc/eks/bootstrap.sh"],
        ),
        (
            "cat > /etc/docker/daemon.json <<EOF\n{\"bip\": \"$BIP\"}\nEOF",
            &["by hand: /etc/docker/daemon.json"],
        ),
        (
            "cp x /etc/containerd/config.toml",
            &["by hand: /etc/containerd/config.toml"],
        ),
        ("echo 'yum install x'", &[]),
        ("# yum install x\ntrue", &[]),
    ];
    for (script, left) in rows {
        let made = step(script);
        assert_eq!(&left_of(&made), left, "{script}");
        assert!(made.settings.is_empty(), "{script}");
        assert_eq!(
            (made.kept.as_deref(), made.changed),
            (Some(*script), false),
            "{script}"
        );
    }
}

#[test]
fn a_step_keeps_what_is_no_edit() {
    let script = "#!/bin/bash\nset -e\nmkdir /a   # ours\nF=/etc/kubernetes/kubelet/kubelet-config.json\necho \"$(jq '.maxPods=58' $F)\" > $F\nmkdir /b\n";
    let made = step(script);
    assert_eq!(
        made.kept.as_deref(),
        Some(
            "#!/bin/bash\nset -e\nmkdir /a   # ours\nF=/etc/kubernetes/kubelet/kubelet-config.json\nmkdir /b\n"
        )
    );
}
