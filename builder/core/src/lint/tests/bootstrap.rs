//! The bootstrap scripts: who calls them, and with what.

use super::*;

#[test]
fn merged_al2_calls_it_once() {
    let rows_of: &[Row] = &[
        ("/etc/eks/bootstrap.sh blue", &["starts-bootstrap 2"]),
        (
            "sudo -E /etc/eks/bootstrap.sh blue",
            &["starts-bootstrap 2"],
        ),
        (
            "bash -x /etc/eks/bootstrap.sh blue",
            &["starts-bootstrap 2"],
        ),
        ("source /etc/eks/bootstrap.sh blue", &["starts-bootstrap 2"]),
        (
            "B=/etc/eks/bootstrap.sh\n\"$B\" blue",
            &["starts-bootstrap 3"],
        ),
        (
            "export B=/etc/eks/bootstrap.sh\nbash ${B} blue",
            &["starts-bootstrap 3"],
        ),
        (
            "set -e; exec timeout 300 /etc/eks/bootstrap.sh blue --no-such a",
            &["starts-bootstrap 2"],
        ),
        ("# never call /etc/eks/bootstrap.sh", &[]),
        ("echo /etc/eks/bootstrap.sh blue", &[]),
        ("cat /etc/eks/bootstrap.sh", &[]),
        ("test -x /etc/eks/bootstrap.sh", &[]),
        ("cat <<EOF\n/etc/eks/bootstrap.sh blue\nEOF", &[]),
        ("/opt/ours/bootstrap.sh blue", &[]),
    ];
    rows(&setting(AL2, true), rows_of);
    for (script, expected) in rows_of {
        let alone = of_script(&setting(AL2, false), script);
        let arguments = alone
            .iter()
            .all(|one| one.starts_with("bootstrap-argument"));
        assert!(arguments, "{script}: {alone:?}");
        // The stub of AL2023 fails, merged or not.
        assert_eq!(
            of_script(&setting(AL2023, false), script),
            *expected,
            "{script}"
        );
    }
}

#[test]
fn a_second_call_is_one_too_many() {
    let first = part(SHELL, "#!/bin/bash\n\n/etc/eks/bootstrap.sh blue\n");
    let last = part(
        SHELL,
        "#!/bin/bash\nif a; then /etc/eks/bootstrap.sh a; else /etc/eks/bootstrap.sh b; fi\n",
    );
    assert_eq!(
        told(&setting(AL2, false), &[first, last]),
        ["starts-bootstrap 3"]
    );
    assert_eq!(told(&setting(AL2, false), &[last]), [""; 0]);
    let start = "& \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\" -EKSClusterName a\n";
    let twice = [part(POWERSHELL, start), part(POWERSHELL, start)];
    assert_eq!(
        told(&setting(Reader::Windows, false), &twice),
        ["starts-bootstrap 1"]
    );
}

#[test]
fn merged_windows_calls_it_once() {
    let rows: &[(bool, &str, &[&str])] = &[
        (
            true,
            "& \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\"",
            &["starts-bootstrap 1"],
        ),
        (
            true,
            "[string]$S = \"C:\\x\\start-eksbootstrap.ps1\"\n& $S -EKSClusterName a",
            &["starts-bootstrap 2"],
        ),
        (
            true,
            "if ($x) { & x\\START-EKSBootstrap.ps1 }",
            &["starts-bootstrap 1"],
        ),
        (true, "# Start-EKSBootstrap.ps1 is EKS's", &[]),
        (true, "Test-Path C:\\x\\Start-EKSBootstrap.ps1", &[]),
        (true, "Write-Host 'Start-EKSBootstrap.ps1'", &[]),
        (false, "& x\\Start-EKSBootstrap.ps1", &[]),
    ];
    for (merged, script, expected) in rows {
        assert_eq!(of_powershell(*merged, script), *expected, "{script}");
    }
}

#[test]
fn arguments_of_bootstrap_sh() {
    let rows_of: &[Row] = &[
        (
            "/etc/eks/bootstrap.sh blue --kubelet-extra-arg '--v=2'",
            &["bootstrap-argument 2"],
        ),
        (
            "/etc/eks/bootstrap.sh blue \\\n  --service-ipv4-cidr 10.0.0.0/16",
            &["bootstrap-argument 2"],
        ),
        (
            "/etc/eks/bootstrap.sh blue --dns-cluster-ip=10.0.0.10",
            &["bootstrap-argument 2"],
        ),
        (
            "/etc/eks/bootstrap.sh blue --kubelet-extra-args --v=2 --max-pods=8",
            &["bootstrap-argument 2"],
        ),
        (
            "/etc/eks/bootstrap.sh --no-such --other a",
            &["bootstrap-argument 2", "bootstrap-argument 2"],
        ),
        (
            "/etc/eks/bootstrap.sh blue --kubelet-extra-args '--node-ip=1 --v=2' --use-max-pods false",
            &[],
        ),
        (
            "/etc/eks/bootstrap.sh $NAME $EXTRA --local-disks raid0",
            &[],
        ),
        (
            "/etc/eks/bootstrap.sh blue --b64-cluster-ca $CA --apiserver-endpoint \"$URL\"",
            &[],
        ),
        (
            "/etc/eks/bootstrap.sh blue --docker-config-json '{\"bridge\": \"none\"}'",
            &[],
        ),
        ("/etc/eks/bootstrap.sh --help", &[]),
        (
            "/etc/eks/bootstrap.sh blue --ip-family ipv6 --service-ipv6-cidr fd00::/108",
            &[],
        ),
        ("other.sh --no-such a", &[]),
    ];
    rows(&setting(AL2, false), rows_of);
    let hints = [
        (
            "--kubelet-extra-arg x",
            "did you mean `--kubelet-extra-args`?",
        ),
        ("--dns-cluster-ip=10.0.0.10", "as two words"),
        ("--service-ipv4-cidr 10.0.0.0/16", "--dns-cluster-ip"),
        (
            "--node-labels=a=b",
            "--kubelet-extra-args '--node-labels=…'",
        ),
    ];
    for (arguments, hint) in hints {
        let script = format!("#!/bin/bash\n/etc/eks/bootstrap.sh blue {arguments}\n");
        let lints = lint(&setting(AL2, false), &[part(SHELL, &script)]);
        assert!(lints[0].hint.contains(hint), "{}", lints[0].hint);
        assert!(!lints[0].message.contains("10.0.0"), "{}", lints[0].message);
    }
}

#[test]
fn parameters_of_start_eksbootstrap() {
    let rows: &[(&str, &[&str])] = &[
        ("-ClusterName a", &["bootstrap-argument 1"]),
        (
            "-EKSClusterName a `\n -KubeletExtraArg:x -DNSClusterIPs 1",
            &["bootstrap-argument 1"],
        ),
        ("-NodeLabels a=b", &["bootstrap-argument 1"]),
        (
            "-EKSClusterName a -ServiceIPv4CIDR 10.0.0.0/16",
            &["bootstrap-argument 1"],
        ),
        (
            "-EKSClusterName a -KubeletExtraArgs '--node-labels=a=b' 3>&1 4>&1",
            &[],
        ),
        ("-eksclustername a -apiserverendpoint:b -Base64 c", &[]),
        ("-EKSClusterName a -Verbose -ErrorAction Stop", &[]),
        ("-EKSClusterName \"-odd $name\"", &[]),
    ];
    for (arguments, expected) in rows {
        let script =
            format!("& 'C:\\Program Files\\Amazon\\EKS\\Start-EKSBootstrap.ps1' {arguments}\n");
        assert_eq!(of_powershell(false, &script), *expected, "{arguments}");
    }
}

#[test]
fn labels_and_taints() {
    let call = "/etc/eks/bootstrap.sh blue --kubelet-extra-args";
    let rows: &[(&str, &[&str])] = &[
        (
            "--node-labels=node-role.kubernetes.io/worker=x",
            &["reserved-label 2"],
        ),
        (
            "--v=2 --node-labels=a=b,kubernetes.io/foo=bar",
            &["reserved-label 2"],
        ),
        ("--node-labels=-a=b", &["reserved-label 2"]),
        (
            "--register-with-taints=dedicated=gpu:NoShedule",
            &["bad-taint 2"],
        ),
        ("--register-with-taints=dedicated=gpu", &["bad-taint 2"]),
        (
            "--register-with-taints=a=b:NoSchedule,k8s!=x:NoExecute",
            &["bad-taint 2"],
        ),
        (
            "--node-labels=node.kubernetes.io/lifecycle=spot,eks.amazonaws.com/nodegroup=a",
            &[],
        ),
        ("--node-labels=team=a,role=$ROLE,${KEY}=x", &[]),
        ("--node-labels=", &[]),
        ("--register-with-taints=a=b:NoSchedule,c:NoExecute", &[]),
        ("--register-with-taints=$TAINTS", &[]),
        ("--node-labels=kubernetes.io/arch=arm64 --v=2", &[]),
    ];
    for (flags, expected) in rows {
        let script = format!("{call} '{flags}'");
        assert_eq!(
            of_script(&setting(AL2, false), &script),
            *expected,
            "{flags}"
        );
        let variable = format!("KUBELET_EXTRA_ARGS=\"{flags}\"");
        assert_eq!(
            of_script(&setting(AL2, false), &variable),
            *expected,
            "{flags}"
        );
        let rule = |one: &&str| one.split(' ').next().map(str::to_owned);
        let rules: Vec<String> = expected.iter().filter_map(rule).collect();
        let node_config = format!(
            "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    flags:\n      - \"{flags}\"\n      # {flags}\n"
        );
        let found = told(&setting(AL2023, false), &[part(NODE_CONFIG, &node_config)]);
        let lines: Vec<String> = rules.iter().map(|rule| format!("{rule} 6")).collect();
        assert_eq!(found, lines, "{flags}");
    }
}

#[test]
fn labels_and_taints_of_bottlerocket() {
    let rows: &[(&str, &[&str])] = &[
        (
            "[settings.kubernetes.node-labels]\n\"kubernetes.io/foo\" = \"a\"\n",
            &["reserved-label 2"],
        ),
        (
            "[settings.kubernetes.node-labels]\nteam = \"-a\"\n",
            &["reserved-label 2"],
        ),
        (
            "[settings.kubernetes.node-taints]\ndedicated = [\"gpu:NoSchedule\", \"gpu:Never\"]\n",
            &["bad-taint 2"],
        ),
        (
            "[settings.kubernetes.node-taints]\ndedicated = \"gpu\"\n",
            &["bad-taint 2"],
        ),
        (
            "[settings.kubernetes.node-labels]\nteam = \"a\"\n\"node.kubernetes.io/x\" = \"y\"\n",
            &[],
        ),
        (
            "[settings.kubernetes.node-taints]\ndedicated = [\"gpu:NoSchedule\"]\nlone = [\":NoExecute\"]\n",
            &[],
        ),
        (
            "[settings.other.node-labels]\n\"kubernetes.io/foo\" = \"a\"\n",
            &[],
        ),
        ("# node-labels\n[settings.kubernetes]\nmax-pods = 4\n", &[]),
    ];
    for (body, expected) in rows {
        let part = part(TOML, body);
        assert_eq!(
            told(&setting(Reader::Bottlerocket, false), &[part]),
            *expected,
            "{body}"
        );
    }
}
