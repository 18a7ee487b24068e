//! Merged mode: what is EKS's own, and what only looks so.

use super::*;

const TOUCHES: &[Row] = &[
    ("systemctl restart kubelet", &["touches-kubelet 2"]),
    (
        "set -e\nsudo systemctl --now enable kubelet.service",
        &["touches-kubelet 3"],
    ),
    (
        "if true; then systemctl stop docker kubelet; fi",
        &["touches-kubelet 2"],
    ),
    ("systemctl \\\n  mask kubelet", &["touches-kubelet 2"]),
    ("service kubelet start", &["touches-kubelet 2"]),
    ("nohup kubelet --config /x &", &["touches-kubelet 2"]),
    ("pkill kubelet", &["touches-kubelet 2"]),
    ("nodeadm init -c imds://user-data", &["touches-kubelet 2"]),
    (
        "cat <<EOF > /etc/kubernetes/kubelet/config.json\n{}\nEOF",
        &["touches-kubelet 2"],
    ),
    (
        "echo x | sudo tee -a /etc/systemd/system/kubelet.service.d/10-x.conf",
        &["touches-kubelet 2"],
    ),
    (
        "sed -i s/a/b/ /etc/eks/bootstrap.sh",
        &["touches-kubelet 2"],
    ),
    (
        "sed -ri.bak s/a/b/ /etc/eks/bootstrap.sh",
        &["touches-kubelet 2"],
    ),
    (
        "jq '.a=1' /etc/kubernetes/kubelet/kubelet-config.json > /tmp/x\nmv /tmp/x /etc/kubernetes/kubelet/kubelet-config.json",
        &["touches-kubelet 3"],
    ),
    (
        "cp /tmp/x /etc/systemd/system/kubelet.service",
        &["touches-kubelet 2"],
    ),
    (
        "x=$(systemctl restart kubelet 2>&1)",
        &["touches-kubelet 2"],
    ),
    ("`systemctl start kubelet`", &["touches-kubelet 2"]),
    (
        "f() { systemctl disable kubelet; }\nf",
        &["touches-kubelet 2"],
    ),
    ("(cd /; systemctl reload kubelet)", &["touches-kubelet 2"]),
    (
        "case $1 in\n  start) systemctl start kubelet ;;\nesac",
        &["touches-kubelet 3"],
    ),
];

const INNOCENT: &[Row] = &[
    ("# systemctl restart kubelet", &[]),
    ("ls # systemctl restart kubelet", &[]),
    ("echo 'systemctl restart kubelet'", &[]),
    ("echo systemctl restart kubelet", &[]),
    ("cat <<EOF\nsystemctl restart kubelet\nEOF\n", &[]),
    (
        "cat <<-'EOF' > /tmp/x\n\tsystemctl restart kubelet\n\tEOF\ntrue\n",
        &[],
    ),
    ("systemctl status kubelet", &[]),
    ("systemctl is-active --quiet kubelet", &[]),
    ("systemctl restart containerd", &[]),
    ("systemctl daemon-reload", &[]),
    ("systemctl enable my-kubelet-exporter", &[]),
    ("service sshd restart", &[]),
    ("kubelet --version", &[]),
    ("cat /etc/kubernetes/kubelet/kubelet-config.json", &[]),
    (
        "jq . /etc/kubernetes/kubelet/kubelet-config.json > /tmp/x",
        &[],
    ),
    ("cp /etc/kubernetes/kubelet/kubelet-config.json /tmp/", &[]),
    ("sed -n 1p /etc/eks/bootstrap.sh", &[]),
    ("grep kubelet /var/log/messages > /tmp/kubelet", &[]),
    (
        "mkdir -p /etc/eks/nodeadm.d; cat <<EOF > /etc/eks/nodeadm.d/10.yaml\nkind: NodeConfig\nEOF",
        &[],
    ),
    ("nodeadm config check", &[]),
    ("journalctl -u kubelet", &[]),
    ("PKGS=(systemctl restart kubelet)", &[]),
];

#[test]
fn of_eks_in_merged_mode_alone() {
    for reader in [AL2, AL2023] {
        rows(&setting(reader, true), TOUCHES);
        rows(&setting(reader, true), INNOCENT);
        for (script, _) in TOUCHES {
            assert_eq!(
                of_script(&setting(reader, false), script),
                [""; 0],
                "{script}"
            );
        }
    }
}

#[test]
fn windows() {
    let rows: &[(bool, &str, &[&str])] = &[
        (true, "Restart-Service kubelet", &["touches-kubelet 1"]),
        (
            true,
            "ls\nstop-service -Name kubelet -Force",
            &["touches-kubelet 2"],
        ),
        (true, "sc.exe start kubelet", &["touches-kubelet 1"]),
        (
            true,
            "if ($x) { Start-Service `\n  kubelet }",
            &["touches-kubelet 1"],
        ),
        (true, "# Restart-Service kubelet", &[]),
        (true, "<# Restart-Service kubelet #>", &[]),
        (true, "Write-Host 'Restart-Service kubelet'", &[]),
        (true, "Get-Service kubelet; sc.exe query kubelet", &[]),
        (
            true,
            "@'\nRestart-Service kubelet\n'@ | Out-File x.ps1",
            &[],
        ),
        (false, "Restart-Service kubelet", &[]),
    ];
    for (merged, script, expected) in rows {
        assert_eq!(of_powershell(*merged, script), *expected, "{script}");
    }
}

#[test]
fn cloud_config_runs_and_writes() {
    let rows: &[(&str, &[&str])] = &[
        (
            "#cloud-config\nruncmd:\n  - systemctl restart kubelet\n",
            &["touches-kubelet 3"],
        ),
        (
            "#cloud-config\nbootcmd:\n  - [systemctl, restart, kubelet]\n",
            &["touches-kubelet 3"],
        ),
        (
            "#cloud-config\nwrite_files:\n  - path: /etc/kubernetes/kubelet/a.json\n    content: x\n",
            &["touches-kubelet 3"],
        ),
        (
            "#cloud-config\nruncmd:\n  - |\n    true\n    sleep 30\n",
            &["slow-boot 5"],
        ),
        (
            "#cloud-config\nruncmd:\n  - systemctl restart chronyd\n",
            &[],
        ),
        (
            "#cloud-config\nwrite_files:\n  - path: /etc/motd\n    content: systemctl restart kubelet\n",
            &[],
        ),
        ("#cloud-config\n# runcmd: systemctl restart kubelet\n", &[]),
        ("#cloud-config\nruncmd: [\n", &[]),
    ];
    for (body, expected) in rows {
        let part = part("text/cloud-config", body);
        assert_eq!(told(&setting(AL2023, true), &[part]), *expected, "{body}");
    }
}
