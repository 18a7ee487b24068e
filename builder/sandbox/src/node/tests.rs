//! User data, and why its nodes never join: by family, with the reason, so that no case passes for another's.

mod linux;

use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::eks::kit::{cluster, node_config};
use crate::seed::Seed;
use crate::world::World;

const AL2023: &str = "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012";
const AL2: &str = "amazon-eks-node-1.32-v20251120";
const UBUNTU: &str =
    "ubuntu-eks/k8s_1.34/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260918";
const BOTTLEROCKET: &str = "bottlerocket-aws-k8s-1.34-x86_64-v1.65.0-2b91f4e8";
const OWN: &str = "own";

const JOINS: Option<&str> = None;

/// Any image, and the cluster of the built-in account. To make a world takes longer than all these cases.
static SCENE: LazyLock<(Image, Cluster)> = LazyLock::new(|| {
    let world = World::from_seed(&Seed::builtin());
    let view = world.view("111122223333", "us-east-1");
    let any = view.images().next().expect("a public image");
    (any.clone(), cluster())
});

fn image(name: &str) -> Image {
    let any = &SCENE.0;
    let platform = (name == "windows").then(|| "windows".to_owned());
    let name = name.to_owned();
    Image {
        name,
        platform,
        ..any.clone()
    }
}

/// The reason, as far as the end of what is expected goes.
fn holds(image_name: &str, user_data: &[u8], expected: Option<&str>) {
    let why = never_joins(&image(image_name), &SCENE.1, &STANDARD.encode(user_data));
    let shown = String::from_utf8_lossy(user_data);
    match (why, expected) {
        (None, None) => {}
        (Some(why), Some(part)) => assert!(why.contains(part), "{image_name}: {why}\n{shown}"),
        (why, _) => panic!("{image_name}: {why:?}, expected {expected:?}\n{shown}"),
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).expect("memory");
    packer.finish().expect("memory")
}

/// MIME with one part.
fn mime(headers: &str, body: &str) -> String {
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n{headers}\n\n{body}\n--b--\n"
    )
}

fn settings() -> String {
    let cluster = cluster();
    format!(
        "[settings.kubernetes]\ncluster-name = \"{}\"\napi-server = \"{}\"\ncluster-certificate = \"{}\"\n",
        cluster.name, cluster.endpoint, cluster.certificate_authority
    )
}

#[test]
fn bottlerocket_wants_its_three_settings() {
    let good = settings();
    let dotted = good
        .replace("[settings.kubernetes]\n", "[settings]\n")
        .replace("cluster-", "kubernetes.cluster-")
        .replace("api-", "kubernetes.api-");
    let toml = "no TOML";
    let (missing, other) = ("a setting is missing", "of another cluster");
    let cases = [
        (good.clone(), JOINS),
        (dotted, JOINS),
        (good.replace("cluster-certificate", "#"), Some(missing)),
        (good.replace("api-server", "#"), Some(missing)),
        (good.replace("\"eksworkshop\"", "\"\""), Some(missing)),
        (good.replace("\"eksworkshop\"", "3"), Some(missing)),
        (good.replace("\"eksworkshop\"", "\"other\""), Some(other)),
        (good.replace("https://0", "https://1"), Some(other)),
        (good.replace("LS0t", "LS1t"), Some(other)),
        (format!("{good}{good}"), Some(toml)),
        (mime("Content-Type: text/plain", &good), Some(toml)),
        (
            "#!/bin/bash\n/etc/eks/bootstrap.sh eksworkshop\n".to_owned(),
            Some(toml),
        ),
        (String::new(), Some(missing)),
    ];
    for (text, expected) in cases {
        holds(BOTTLEROCKET, text.as_bytes(), expected);
        holds(BOTTLEROCKET, &gzip(&text), expected);
    }
    holds(
        BOTTLEROCKET,
        &[0x1f, 0x8b, 8, 0],
        Some("cannot be unpacked"),
    );
    // what an own image looks like
    holds(OWN, good.as_bytes(), JOINS);
    holds(
        OWN,
        good.replace("api-server", "#").as_bytes(),
        Some(missing),
    );
}

#[test]
fn windows_runs_what_is_in_its_tags() {
    let cluster = cluster();
    let call = format!(
        "& \"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1\" `\n  -EKSClusterName '{}' `\n  -APIServerEndpoint \"{}\" `\n  -Base64ClusterCA {} `\n  3>&1 4>&1",
        cluster.name, cluster.endpoint, cluster.certificate_authority
    );
    let tagged = |text: &str| format!("<powershell>\n{text}\n</powershell>\n");
    let good = tagged(&call);
    let (nothing, other, tag) = (
        "nothing calls",
        "for another cluster",
        "no <powershell> tag",
    );
    let cases = [
        (good.clone(), JOINS),
        (good.replace('\n', "\r\n"), JOINS),
        (good.replace("'eksworkshop'", "$name"), JOINS),
        (tagged("iex $downloaded"), JOINS),
        (tagged("& Start-EKSBootstrap.ps1 @arguments"), JOINS),
        (good.replace("'eksworkshop'", "'other'"), Some(other)),
        (good.replace("'eksworkshop'", "other"), Some(other)),
        (good.replace("https://0", "https://1"), Some(other)),
        (good.replace("LS0t", "LS1t"), Some(other)),
        (good.replace("-EKSClusterName", "-Cluster"), Some(nothing)),
        (tagged("Write-Host hello"), Some(nothing)),
        (
            tagged(&format!("# {call}").replace(" `\n", "")),
            Some(nothing),
        ),
        (call.clone(), Some(tag)),
        (
            "#!/bin/bash\n/etc/eks/bootstrap.sh eksworkshop\n".to_owned(),
            Some(tag),
        ),
        (String::new(), Some(tag)),
    ];
    for (text, expected) in cases {
        holds("windows", text.as_bytes(), expected);
    }
    holds("windows", &gzip(&good), Some("no text"));
}

#[test]
fn an_own_image_is_judged_by_what_its_user_data_looks_like() {
    let shell = "Content-Type: text/x-shellscript; charset=\"us-ascii\"";
    let of_type = |kind: &str| mime(&format!("Content-Type: {kind}"), "x");
    let joins = node_config();
    let cases = [
        (joins.clone(), JOINS),
        (
            joins.replace("cluster:", "kubelet:"),
            Some("Name is missing"),
        ),
        (
            mime("Content-Type: application/node.eks.aws", &joins),
            JOINS,
        ),
        (
            "<powershell>\n& Start-EKSBootstrap.ps1\n</powershell>".to_owned(),
            JOINS,
        ),
        ("something else".to_owned(), JOINS),
        ("MIME-Version: 1.0\nbroken".to_owned(), JOINS),
        (of_type("text/part-handler"), JOINS),
        (of_type("text/x-include-url"), JOINS),
        (of_type("text/jinja2"), JOINS),
        (of_type("text/x-new"), JOINS),
        (
            mime(&format!("{shell}\nContent-Transfer-Encoding: base64"), "*"),
            JOINS,
        ),
        (
            mime(
                &format!("{shell}\nContent-Transfer-Encoding: quoted-printable"),
                "x",
            ),
            JOINS,
        ),
        ("#include\nhttps://example.com/x\n".to_owned(), JOINS),
        ("#!/bin/bash\nnodeadm init\n".to_owned(), JOINS),
        (
            "#cloud-config\nwrite_files: [{encoding: b64, content: eA==}]\n".to_owned(),
            JOINS,
        ),
        (
            of_type("text/cloud-config"),
            Some("nothing in the user data"),
        ),
        (
            "#!/bin/bash\necho hello\n".to_owned(),
            Some("nothing in the user data"),
        ),
        (" \n".to_owned(), Some("no user data")),
    ];
    for (text, expected) in cases {
        holds(OWN, text.as_bytes(), expected);
        holds(OWN, &gzip(&text), expected);
    }
    holds(OWN, &[0xff, 0xfe], JOINS);
    assert_eq!(never_joins(&image(OWN), &cluster(), "not base64!"), None);
}

/// Pieces that the readers look for, in no good order.
const SHARDS: [&str; 16] = [
    "MIME-Version: 1.0\n",
    "Content-Type: multipart/mixed; boundary=\"b\"\n",
    "\n",
    "--b\n",
    "--b--\n",
    "Content-Type: application/node.eks.aws\n",
    "Content-Transfer-Encoding: base64\n",
    "#!/bin/bash\n",
    "/etc/eks/bootstrap.sh ",
    "--ip-family ",
    "'",
    "\"",
    "kind: NodeConfig\n",
    "<powershell>",
    "-EKSClusterName ",
    "ü",
];

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        shards in prop::collection::vec(prop::sample::select(SHARDS.to_vec()), 0..20),
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let bytes = [shards.concat().into_bytes(), tail].concat();
        for name in [AL2023, AL2, BOTTLEROCKET, OWN, "windows"] {
            let _why = never_joins(&image(name), &SCENE.1, &STANDARD.encode(&bytes));
        }
    }
}
