//! nodeadm, cloud-init and `bootstrap.sh`.

use super::*;

const NODE: &str = "Content-Type: application/node.eks.aws";
const SHELL: &str = "Content-Type: text/x-shellscript; charset=\"us-ascii\"";

/// MIME of NodeConfigs.
fn configs(bodies: &[&str]) -> String {
    let parts: String = bodies
        .iter()
        .map(|body| format!("--b\n{NODE}\n\n{body}\n"))
        .collect();
    format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n{parts}--b--\n")
}

#[test]
fn nodeadm_merges_and_wants_the_whole_cluster() {
    let good = node_config();
    let spec = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n";
    let maximum =
        format!("{spec}  kubelet: {{config: {{maxPods: 8}}, flags: [--v=2], unknown: 3}}\n");
    let without = |key: &str| good.replace(key, "    other");
    let typed = "value of a wrong type";
    let extra = |yaml: &str| format!("{good}{yaml}");
    let cases = [
        (good.clone(), JOINS),
        (format!("---\n{good}"), JOINS),
        (configs(&[&good]), JOINS),
        (configs(&[&good, &maximum]), JOINS),
        (configs(&[&maximum, &good]), JOINS),
        (configs(&[&good]).replace('\n', "\r\n"), JOINS),
        (configs(&[&good]).replace("MIME-Version: 1.0\n", ""), JOINS),
        // what comes later wins, and an empty value overrides nothing
        (
            configs(&[&good, &format!("{spec}  cluster: {{name: other}}")]),
            Some("names another"),
        ),
        (
            configs(&[&format!("{spec}  cluster: {{name: other}}"), &good]),
            JOINS,
        ),
        (
            configs(&[&good, &format!("{spec}  cluster: {{name: ''}}")]),
            JOINS,
        ),
        // a field that nodeadm does not know is passed over
        (extra("  unknown: {a: 1}\n"), JOINS),
        (
            without("    name"),
            Some("Name is missing in cluster configuration"),
        ),
        (
            without("    apiServerEndpoint"),
            Some("Apiserver endpoint is missing"),
        ),
        (
            without("    certificateAuthority"),
            Some("Certificate authority is missing"),
        ),
        (without("    cidr"), Some("CIDR is missing")),
        (
            good.replace("    cidr", "    enableOutpost: true\n    cidr"),
            Some("CIDR is missing"),
        ),
        (maximum.clone(), Some("Name is missing")),
        (configs(&[&maximum]), Some("Name is missing")),
        (
            good.replace("https://0", "https://1"),
            Some("another cluster's API server"),
        ),
        (
            good.replace("LS0t", "LS1t"),
            Some("another cluster's certificate"),
        ),
        (good.replace("LS0t", "L-0t"), Some(typed)),
        (good.replace("name: eksworkshop", "name: 3"), Some(typed)),
        (extra("  kubelet: {flags: --v=2}\n"), Some(typed)),
        (extra("  kubelet: {config: [a]}\n"), Some(typed)),
        (
            extra("  featureGates: {FastImagePull: please}\n"),
            Some(typed),
        ),
        (extra("  instance: {localStorage: RAID0}\n"), Some(typed)),
        (
            extra(
                "  instance: {localStorage: {strategy: RAID0, mountPath: /mnt}, network: {domains: [a]}}\n",
            ),
            JOINS,
        ),
        (
            extra("  containerd: {config: '[a'}\n"),
            Some("containerd.config is no TOML"),
        ),
        (extra("  containerd: {config: 'a = 1'}\n"), JOINS),
        (good.replace("NodeConfig", "Other"), Some("no NodeConfig's")),
        (good.replace("v1alpha1", "v1"), Some("no NodeConfig's")),
        // only the first document is read
        (format!("{maximum}---\n{good}"), Some("Name is missing")),
        (format!("{good}other: [unreadable"), Some("no YAML")),
        (
            "#!/bin/bash\n/etc/eks/bootstrap.sh eksworkshop\n".to_owned(),
            Some("NodeConfig"),
        ),
        (
            mime(SHELL, "#!/bin/bash\necho hello"),
            Some("could not find NodeConfig"),
        ),
        (
            mime(&NODE.replace("aws", "aws2"), &good),
            Some("could not find NodeConfig"),
        ),
        (String::new(), Some("no NodeConfig")),
        (settings(), Some("nodeadm")),
    ];
    for (text, expected) in cases {
        holds(AL2023, text.as_bytes(), expected);
        holds(AL2023, &gzip(&text), expected);
    }
    for packed in [STANDARD.encode(&good), STANDARD.encode(gzip(&good))] {
        holds(AL2023, packed.as_bytes(), JOINS);
        holds(AL2023, configs(&[&packed]).as_bytes(), JOINS);
    }
}

#[test]
fn nodeadm_reads_mime_as_go_does() {
    let good = configs(&[&node_config()]);
    let cases = [
        (good.replace("\"b\"\n\n", "\"b\"\n"), Some("nodeadm")),
        (good.replace("--b--\n", ""), Some("malformed")),
        (
            good.replace("aws\n\napi", "aws\n---\napi"),
            Some("malformed"),
        ),
        (format!("\n{good}"), Some("nodeadm")),
        (
            good.replace("boundary=\"b\"", "boundary=//"),
            Some("nodeadm"),
        ),
    ];
    for (text, expected) in cases {
        assert_ne!(text, good);
        holds(AL2023, text.as_bytes(), expected);
    }
}

#[test]
fn a_script_may_give_nodeadm_what_it_lacks() {
    let cases = [
        ("#!/bin/bash\necho x > /etc/eks/nodeadm.d/own.yaml", JOINS),
        ("#!/bin/bash\nnodeadm init -c file:///own.yaml", JOINS),
        ("#!/bin/bash\n# nodeadm\n", Some("could not find")),
        ("nodeadm init -c file:///own.yaml", Some("could not find")),
        // a stub there
        (
            "#!/bin/bash\n/etc/eks/bootstrap.sh eksworkshop --b64-cluster-ca x",
            Some("could not find"),
        ),
    ];
    for (script, expected) in cases {
        holds(AL2023, mime(SHELL, script).as_bytes(), expected);
    }
    let writes = "#cloud-config\nwrite_files: [{encoding: b64, content: eA==}]";
    holds(
        AL2023,
        mime("Content-Type: text/cloud-config", writes).as_bytes(),
        JOINS,
    );
}

#[test]
fn cloud_init_runs_scripts_with_an_interpreter() {
    let script = "#!/bin/bash\n/etc/eks/bootstrap.sh eksworkshop\n";
    let (format, nothing) = ("Exec format error", "nothing in the user data");
    let packed = |body: &str| {
        let headers = format!("{SHELL}\nContent-Transfer-Encoding: base64");
        mime(&headers, &STANDARD.encode(body))
    };
    let cases = [
        (script.to_owned(), JOINS),
        (script.replace('\n', "\r\n"), JOINS),
        (mime(SHELL, script), JOINS),
        (packed(script), JOINS),
        (mime("X: y", script), JOINS),
        // cloud-init forgives what Go does not
        (mime(SHELL, script).replace("\n--b--", ""), JOINS),
        (mime(SHELL, script).replace("\"b\"\n\n", "b\n"), JOINS),
        (
            mime(
                "Content-Type: text/cloud-boothook",
                &format!("#cloud-boothook\n{script}"),
            ),
            JOINS,
        ),
        (
            mime(
                "Content-Type: text/cloud-config",
                "## template: jinja\n#cloud-config\nx: y",
            ),
            JOINS,
        ),
        (
            "#cloud-config\nruncmd: [/etc/eks/bootstrap.sh eksworkshop]\n".to_owned(),
            JOINS,
        ),
        (
            mime(SHELL, "/etc/eks/bootstrap.sh eksworkshop"),
            Some(format),
        ),
        (mime(SHELL, &format!("\n{script}")), Some(format)),
        (mime(SHELL, &format!("\u{feff}{script}")), Some(format)),
        (packed("/etc/eks/bootstrap.sh eksworkshop"), Some(format)),
        (
            "/etc/eks/bootstrap.sh eksworkshop\n".to_owned(),
            Some(nothing),
        ),
        (packed("#!/bin/bash\necho hello\n"), Some(nothing)),
        (
            "#!/bin/bash\n# no bootstrap.sh here\necho hello\n".to_owned(),
            Some(nothing),
        ),
        ("#cloud-config\npackages: [jq]\n".to_owned(), Some(nothing)),
        // without the header, or with an empty line before it, it is no MIME
        (
            mime(SHELL, script).replace("MIME-Version: 1.0\n", ""),
            Some(nothing),
        ),
        (format!("\n{}", mime(SHELL, script)), Some(nothing)),
        (mime(NODE, &node_config()), Some(nothing)),
        (mime("Content-Type: text/x-new", script), Some(nothing)),
        (mime("Content-Type: application/gzip", "x"), JOINS),
        (settings(), Some(nothing)),
        (
            "<powershell>\nStart-EKSBootstrap.ps1\n</powershell>".to_owned(),
            Some(nothing),
        ),
        (String::new(), Some(nothing)),
    ];
    for (text, expected) in cases {
        for family in [AL2, UBUNTU] {
            holds(family, text.as_bytes(), expected);
            holds(family, &gzip(&text), expected);
        }
    }
}

#[test]
fn bootstrap_sh_takes_its_arguments() {
    let cluster = cluster();
    let (endpoint, authority) = (&cluster.endpoint, &cluster.certificate_authority);
    let both = format!("--apiserver-endpoint '{endpoint}' --b64-cluster-ca \"{authority}\"");
    let (name, other) = ("first positional", "of another cluster");
    let cases = [
        ("eksworkshop".to_owned(), JOINS),
        (format!("eksworkshop {both}"), JOINS),
        (format!("{both} \\\n  eksworkshop"), JOINS),
        (
            "'eksworkshop' --kubelet-extra-args '--node-labels=a=b --v=2' 2>&1 | tee /log"
                .to_owned(),
            JOINS,
        ),
        (
            "eksworkshop --service-ipv4-cidr 10.0.0.0/8".to_owned(),
            JOINS,
        ),
        ("$CLUSTER --unknown".to_owned(), JOINS),
        ("\"$CLUSTER\"".to_owned(), JOINS),
        ("eksworkshop > /log # then".to_owned(), JOINS),
        // EKS is asked for both where one is missing
        (
            "eksworkshop --apiserver-endpoint https://other".to_owned(),
            JOINS,
        ),
        (String::new(), Some("cluster name is not defined")),
        (both.clone(), Some("cluster name is not defined")),
        ("other".to_owned(), Some(name)),
        (
            "--service-ipv4-cidr 10.0.0.0/8 eksworkshop".to_owned(),
            Some(name),
        ),
        ("--use-max-pods=false eksworkshop".to_owned(), Some(name)),
        (
            format!("eksworkshop {}", both.replace("https://0", "https://1")),
            Some(other),
        ),
        (
            format!("eksworkshop {}", both.replace("LS0t", "LS1t")),
            Some(other),
        ),
        ("eksworkshop --use-max-pods".to_owned(), Some("no value")),
        (
            "eksworkshop --container-runtime dockerd".to_owned(),
            Some("containerd"),
        ),
        (
            "eksworkshop --ip-family six".to_owned(),
            Some("Invalid --ip-family"),
        ),
        (
            "eksworkshop --ip-family ipv4 --service-ipv6-cidr fd00::/108".to_owned(),
            Some("should be ipv6"),
        ),
        ("eksworkshop --ip-family ipv6".to_owned(), JOINS),
        (
            format!("eksworkshop --ip-family ipv6 {both}"),
            Some("One of --service-ipv6-cidr"),
        ),
        (
            format!("eksworkshop --ip-family IPv6 --service-ipv6-cidr fd00::/108 {both}"),
            JOINS,
        ),
        (
            format!("eksworkshop --ip-family ipv6 --dns-cluster-ip fd00::a {both}"),
            JOINS,
        ),
    ];
    for (arguments, expected) in cases {
        let script = format!("#!/bin/bash\nset -ex\n/etc/eks/bootstrap.sh {arguments}\n");
        holds(AL2, script.as_bytes(), expected);
        holds(OWN, script.as_bytes(), expected);
    }
    let scripts = [
        ("sed -i s/a/b/ /etc/eks/bootstrap.sh", JOINS),
        ("bash -c \"/etc/eks/bootstrap.sh other\"", JOINS),
        (
            "if ! /etc/eks/bootstrap.sh other; then exit 1; fi",
            Some(name),
        ),
        ("sudo /etc/eks/bootstrap.sh other", Some(name)),
        (
            "/etc/eks/bootstrap.sh other || /etc/eks/bootstrap.sh eksworkshop",
            JOINS,
        ),
    ];
    for (script, expected) in scripts {
        holds(AL2, format!("#!/bin/bash\n{script}\n").as_bytes(), expected);
    }
}
