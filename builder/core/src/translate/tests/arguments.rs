//! Arguments of bootstrap.sh, and the script around its call.

use serde_json::{Value, json};

use super::super::bootstrap_script;
use super::{left_of, spec_of};

#[test]
fn arguments_of_bootstrap() {
    let rows: &[(&str, Value, &[&str])] = &[
        ("", json!({}), &[]),
        ("--use-max-pods true", json!({}), &[]),
        (
            "--use-max-pods false",
            json!({"maxPods": 110}),
            &["differs: --use-max-pods"],
        ),
        ("--use-max-pods no", json!({}), &["differs: --use-max-pods"]),
        (
            "--use-max-pods false --kubelet-extra-args --max-pods=58",
            json!({"maxPods": 58}),
            &[],
        ),
        (
            "--use-max-pods=false",
            json!({}),
            &["left out: --use-max-pods"],
        ),
        (
            "--dns-cluster-ip 10.100.0.10",
            json!({"clusterDns": ["10.100.0.10"]}),
            &[],
        ),
        (
            "--dns-cluster-ip 169.254.20.10,fd00::a",
            json!({"clusterDns": ["169.254.20.10", "fd00::a"]}),
            &[],
        ),
        (
            "--dns-cluster-ip dns",
            json!({}),
            &["by hand: --dns-cluster-ip"],
        ),
        (
            "--dns-cluster-ip $DNS",
            json!({}),
            &["by hand: --dns-cluster-ip"],
        ),
        ("--local-disks raid0", json!({"localDisks": "raid0"}), &[]),
        ("--local-disks raid10", json!({"localDisks": "raid10"}), &[]),
        ("--local-disks mount", json!({"localDisks": "mount"}), &[]),
        (
            "--local-disks stripe",
            json!({}),
            &["by hand: --local-disks"],
        ),
        (
            "--apiserver-endpoint \"$API\" --b64-cluster-ca $CA",
            json!({}),
            &["covered: --apiserver-endpoint", "covered: --b64-cluster-ca"],
        ),
        (
            "--ip-family ipv6 --service-ipv6-cidr fd00::/108",
            json!({}),
            &["covered: --ip-family", "covered: --service-ipv6-cidr"],
        ),
        ("--cluster-id abc", json!({}), &["by hand: --cluster-id"]),
        (
            "--enable-local-outpost true",
            json!({}),
            &["by hand: --enable-local-outpost"],
        ),
        (
            "--container-runtime containerd",
            json!({}),
            &["covered: --container-runtime"],
        ),
        (
            "--container-runtime dockerd",
            json!({}),
            &["left out: --container-runtime"],
        ),
        (
            "--containerd-config-file /etc/c.toml",
            json!({}),
            &["by hand: --containerd-config-file"],
        ),
        (
            "--docker-config-json '{\"bridge\":\"none\"}'",
            json!({}),
            &["left out: --docker-config-json"],
        ),
        (
            "--enable-docker-bridge true",
            json!({}),
            &["left out: --enable-docker-bridge"],
        ),
        (
            "--pause-container-account 1 --pause-container-version 3.5",
            json!({}),
            &[
                "left out: --pause-container-account",
                "left out: --pause-container-version",
            ],
        ),
        (
            "--aws-api-retry-attempts 5",
            json!({}),
            &["left out: --aws-api-retry-attempts"],
        ),
        (
            "--mount-bpf-fs true",
            json!({}),
            &["covered: --mount-bpf-fs"],
        ),
        (
            "--service-ipv4-cidr 10.0.0.0/16",
            json!({}),
            &[
                "left out: --service-ipv4-cidr",
                "left out: a word after the cluster's name",
            ],
        ),
        ("--local-disks", json!({}), &["left out: --local-disks"]),
        (
            "$EXTRA",
            json!({}),
            &["by hand: an argument of bootstrap.sh"],
        ),
        (
            "--kubelet-extra-args \"--node-labels=a=b --v=4\"",
            json!({"nodeLabels": {"a": "b"}, "extraArgs": {"v": "4"}}),
            &[],
        ),
        (
            "--kubelet-extra-args \"--node-labels=a=b,id=$(id) --v=$V\"",
            json!({"nodeLabels": {"a": "b"}}),
            &["by hand: --node-labels id", "by hand: --v"],
        ),
        // The kubelet's own flag wins over what bootstrap.sh writes, wherever it stands.
        (
            "--kubelet-extra-args --cluster-dns=10.0.0.9 --dns-cluster-ip 10.0.0.10",
            json!({"clusterDns": ["10.0.0.9"]}),
            &[],
        ),
    ];
    for (arguments, settings, left) in rows {
        let made = bootstrap_script(&format!(
            "#!/bin/bash\n/etc/eks/bootstrap.sh mine {arguments}\n"
        ));
        assert_eq!(&spec_of(&made.settings), settings, "{arguments}");
        assert_eq!(&left_of(&made), left, "{arguments}");
        assert_eq!(made.kept, None, "{arguments}");
    }
}

#[test]
fn how_bootstrap_is_called() {
    let call = "/etc/eks/bootstrap.sh mine --kubelet-extra-args '--max-pods=58'";
    let rows = [
        format!("#!/bin/bash\n{call}"),
        format!("#!/bin/bash\nset -ex\n# joins\nexec {call}\n"),
        format!("#!/bin/bash\nsudo -E bash -x {call} > /var/log/x 2>&1\n"),
        format!("#!/bin/bash\n{call} | tee /var/log/x\n"),
        "#!/bin/bash\n/etc/eks/bootstrap.sh \\\n  --kubelet-extra-args '--max-pods=58' \\\n  mine\n".to_owned(),
        "#!/bin/bash\nARGS=\"--max-pods=58\"\n/etc/eks/bootstrap.sh $NAME --kubelet-extra-args \"$ARGS\"\n".to_owned(),
        "#!/bin/bash\nexport KUBELET_EXTRA_ARGS=--max-pods=58 USE_MAX_PODS=false\n/etc/eks/bootstrap.sh mine\n".to_owned(),
        "#!/bin/bash\nKUBELET_EXTRA_ARGS=--max-pods=58 /etc/eks/bootstrap.sh mine\n".to_owned(),
        "#!/bin/bash\nB=/etc/eks/bootstrap.sh\n$B mine --kubelet-extra-args --max-pods=58\necho done\nexit 0\n".to_owned(),
    ];
    for script in rows {
        let made = bootstrap_script(&script);
        assert_eq!(spec_of(&made.settings), json!({"maxPods": 58}), "{script}");
        assert_eq!((left_of(&made), made.kept), (Vec::new(), None), "{script}");
    }
}

#[test]
fn what_stands_around_the_call() {
    let script = "#!/bin/bash\nset -ex\nmkdir /data && mount /dev/xvdb /data\n\n/etc/eks/bootstrap.sh mine \\\n  --local-disks raid0\n\nkubectl label node x a=b\necho ok\n";
    let made = bootstrap_script(script);
    assert_eq!(
        made.kept.as_deref(),
        Some("#!/bin/bash\nset -ex\nmkdir /data && mount /dev/xvdb /data\n")
    );
    assert_eq!(left_of(&made), ["by hand: `kubectl` after bootstrap.sh"]);
    assert_eq!(made.left[0].line, Some(8));

    let made = bootstrap_script("#!/bin/sh\nsleep 5 && /etc/eks/bootstrap.sh mine || poweroff\n");
    assert_eq!(made.kept.as_deref(), Some("#!/bin/sh\nsleep 5 && true\n"));
    assert_eq!(left_of(&made), ["by hand: `poweroff` after bootstrap.sh"]);
}

#[test]
fn what_is_told_at_boot_blocks() {
    let rows = [
        (
            "#!/bin/bash\nif true; then /etc/eks/bootstrap.sh a; fi\n",
            Some(2),
        ),
        (
            "#!/bin/bash\n/etc/eks/bootstrap.sh a\n/etc/eks/bootstrap.sh b\n",
            Some(3),
        ),
        (
            "#!/bin/bash\njoin() {\n  /etc/eks/bootstrap.sh a\n}\njoin\n",
            Some(3),
        ),
        ("#!/bin/bash\necho hello\n", None),
        ("#!/bin/bash\necho /etc/eks/bootstrap.sh\n", None),
        ("", None),
    ];
    for (script, line) in rows {
        let made = bootstrap_script(script);
        assert_eq!(
            made.blockers().map(|left| left.line).collect::<Vec<_>>(),
            [line],
            "{script}"
        );
        assert_eq!(made.kept.as_deref(), Some(script));
        assert!(made.settings.is_empty() && !made.changed);
    }
}
