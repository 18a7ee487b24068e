//! What holds a boot up, and what it downloads.

use super::*;

#[test]
fn slow() {
    let rows_of: &[Row] = &[
        ("yum update -y", &["slow-boot 2"]),
        ("sudo dnf -y upgrade --security", &["slow-boot 2"]),
        (
            "DEBIAN_FRONTEND=noninteractive apt-get -qq update && apt-get install -y jq",
            &["slow-boot 2"],
        ),
        ("pip3 install awscli", &["slow-boot 2"]),
        ("python3 -m pip install --upgrade boto3", &["slow-boot 2"]),
        ("docker pull nginx:1.27", &["slow-boot 2"]),
        (
            "ctr -n k8s.io images pull docker.io/library/nginx:1.27",
            &["slow-boot 2"],
        ),
        ("sleep 10", &["slow-boot 2"]),
        ("sleep 1m", &["slow-boot 2"]),
        (
            "until curl -sf http://localhost/; do\n  sleep 2\ndone",
            &["slow-boot 2"],
        ),
        (
            "while ! mountpoint -q /data; do sleep 30; sleep 1; done",
            &["slow-boot 2"],
        ),
        (
            "true\nwhile true; do\n  if x; then break; fi\n  sleep 1\ndone\nsleep 60",
            &["slow-boot 3", "slow-boot 7"],
        ),
        ("yum install -y jq", &[]),
        ("yum clean all; yum repolist; yum check-update", &[]),
        ("yum-config-manager --enable epel", &[]),
        ("# yum update", &[]),
        ("echo yum update; logger 'sleep 60'", &[]),
        ("sleep 5", &[]),
        ("sleep 0.5s; sleep $DELAY", &[]),
        ("sleep 60 &", &[]),
        (
            "(while true; do report; sleep 60; done) &",
            &["slow-boot 2"],
        ),
        (
            "for i in 1 2 3; do curl -f https://example.com/v1/a && break; sleep 3; done",
            &[],
        ),
        (
            "while read -r line; do echo \"$line\"; sleep 1; done < /tmp/x",
            &[],
        ),
        (
            "cat <<'EOF' > /usr/local/bin/wait\nuntil false; do sleep 60; done\nEOF",
            &[],
        ),
        ("docker pull", &["slow-boot 2"]),
        ("pip --version; pip list", &[]),
        ("crictl images; git pull", &[]),
    ];
    rows(&setting(AL2023, false), rows_of);
}

#[test]
fn unpinned() {
    let rows_of: &[Row] = &[
        (
            "curl -fsSL https://get.example.com/v1.2.3/install.sh | bash",
            &["unpinned-download 2"],
        ),
        (
            "wget -qO- https://example.com/x | sudo -E sh -s -- --yes",
            &["unpinned-download 2"],
        ),
        (
            "curl https://example.com/x | tee /tmp/x | bash",
            &["unpinned-download 2"],
        ),
        (
            "curl https://example.com/x |\n  bash",
            &["unpinned-download 3"],
        ),
        (
            "bash <(curl -s https://example.com/x)",
            &["unpinned-download 2"],
        ),
        (
            "bash -c \"$(curl -fsSL https://example.com/x)\"",
            &["unpinned-download 2"],
        ),
        (
            "eval \"$(wget -qO- https://example.com/x)\"",
            &["unpinned-download 2"],
        ),
        (
            "source <(curl -s https://example.com/x)",
            &["unpinned-download 2"],
        ),
        (
            "curl https://example.com/get.py | python3 -",
            &["unpinned-download 2"],
        ),
        (
            "curl -LO https://example.com/releases/latest/download/x.tgz",
            &["unpinned-download 2"],
        ),
        (
            "wget https://raw.githubusercontent.com/a/b/main/x.sh",
            &["unpinned-download 2"],
        ),
        (
            "curl -o x https://example.com/agent-latest.rpm",
            &["unpinned-download 2"],
        ),
        (
            "yum install -y https://s3.amazonaws.com/ec2-downloads/latest/linux_amd64/amazon-ssm-agent.rpm",
            &["unpinned-download 2"],
        ),
        (
            "rpm -Uvh https://example.com/amd64/latest/agent.rpm",
            &["unpinned-download 2"],
        ),
        (
            "curl -LO https://example.com/releases/download/v1.2.3/x.tgz",
            &[],
        ),
        ("curl -s https://example.com/v1/x | tar xz -C /opt", &[]),
        (
            "curl -s https://example.com/v1/x.json | jq -r .a | tee /tmp/a",
            &[],
        ),
        (
            "curl -s https://example.com/v1/x.json | python3 -c 'import json'",
            &[],
        ),
        (
            "curl -s https://example.com/v1/x.json | python3 parse.py",
            &[],
        ),
        (
            "curl -s http://169.254.169.254/latest/meta-data/instance-id",
            &[],
        ),
        (
            "REGION=$(curl -s http://169.254.169.254/latest/dynamic/instance-identity/document | jq -r .region)",
            &[],
        ),
        (
            "aws s3 cp s3://bucket/latest/x.sh /tmp/x.sh && bash /tmp/x.sh",
            &[],
        ),
        ("# curl https://example.com/x | bash", &[]),
        ("echo 'curl https://example.com/x | bash'", &[]),
        (
            "cat <<EOF > /README\ncurl https://example.com/latest/x | bash\nEOF",
            &[],
        ),
        (
            "curl https://example.com/v1/x > /tmp/x; echo done | bash",
            &[],
        ),
        (
            "bash /opt/install.sh \"$(curl -s https://example.com/v1/version)\"",
            &[],
        ),
        (
            "curl -O https://example.com/maintenance/greatest/v2.tgz",
            &[],
        ),
        ("curl -s https://example.com/v1/a?ref=main", &[]),
    ];
    rows(&setting(AL2023, false), rows_of);
}

#[test]
fn powershell() {
    let rows: &[(&str, &[&str])] = &[
        (
            "iwr https://example.com/x.ps1 | iex",
            &["unpinned-download 1"],
        ),
        (
            "iex ((New-Object System.Net.WebClient).DownloadString('https://example.com/x.ps1'))",
            &["unpinned-download 1"],
        ),
        (
            "Invoke-WebRequest -Uri https://example.com/latest/a.msi -OutFile a.msi",
            &["unpinned-download 1"],
        ),
        ("ls\nStart-Sleep -Seconds 30", &["slow-boot 2"]),
        (
            "Invoke-WebRequest -Uri https://example.com/v1/a.msi -OutFile a.msi",
            &[],
        ),
        ("# iwr https://example.com/x.ps1 | iex", &[]),
        (
            "Invoke-RestMethod http://169.254.169.254/latest/meta-data/",
            &[],
        ),
        ("Start-Sleep 5", &[]),
    ];
    for (script, expected) in rows {
        assert_eq!(of_powershell(false, script), *expected, "{script}");
    }
}
