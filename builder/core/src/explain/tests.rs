//! What is told of documents, by reader.

use super::*;
use crate::launch_template::decode_file;

const HEAD: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"B\"\n\n";
const CONFIG: &str = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    flags: [--a=secret]\n    config: {maxPods: 58}\n";

/// A document of `headers after Content-Type` and bodies.
fn document(parts: &[(&str, &str)]) -> String {
    let part = |(kind, body): &(&str, &str)| format!("--B\nContent-Type: {kind}\n\n{body}\n");
    format!(
        "{HEAD}{}--B--\n",
        parts.iter().map(part).collect::<String>()
    )
}

fn of(text: &str, reader: Option<Reader>, merged: bool) -> Explained {
    let subject = Subject {
        reader,
        merged,
        kubernetes: None,
    };
    explain(&decode_file(text.as_bytes()), &subject)
}

fn steps(explained: &Explained) -> Vec<(&str, Vec<usize>)> {
    let steps = explained.boot.iter();
    steps.map(|step| (step.who, step.parts.clone())).collect()
}

/// Notes as `E0: text` with the part, or `E: text`.
fn told(explained: &Explained) -> Vec<String> {
    let letter = |weight| match weight {
        Weight::Error => 'E',
        Weight::Warning => 'W',
        Weight::Note => 'N',
    };
    let part = |part: Option<usize>| part.map_or_else(String::new, |part| part.to_string());
    let notes = explained.notes.iter();
    let line = |note: &Note| {
        format!(
            "{}{}: {}",
            letter(note.weight),
            part(note.part),
            note.message
        )
    };
    notes.map(line).collect()
}

#[test]
fn al2023_has_nodeadm_on_both_sides_of_cloud_init() {
    let text = document(&[
        ("text/x-shellscript", "#!/bin/sh\n"),
        ("application/node.eks.aws", CONFIG),
        ("text/cloud-boothook", "#!/bin/sh\n"),
        ("text/x-shellscript", "#!/bin/bash\n"),
        ("text/cloud-config", "#cloud-config\n"),
    ]);
    let explained = of(&text, None, false);
    assert_eq!(explained.reader, Reader::Nodeadm);
    assert_eq!(
        explained.inferred.as_deref(),
        Some("part 2 is a NodeConfig")
    );
    let wanted = [
        ("nodeadm-config", vec![1]),
        ("cloud-init, network stage", vec![2]),
        ("cloud-init, its stages", vec![4]),
        ("cloud-init, final stage", vec![0, 3]),
        ("nodeadm-run", vec![1]),
    ];
    assert_eq!(steps(&explained), wanted);
    assert_eq!(told(&explained), [""; 0]);
    assert!(explained.boot.iter().all(|step| !step.inferred));
    let part = explained.parts.get(1).expect("a part");
    assert_eq!(part.steps, [1, 5]);
    let keys: Vec<&str> = explained
        .settings
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    assert_eq!(keys, ["spec.kubelet.config.maxPods", "spec.kubelet.flags"]);
    let all = serde_json::to_string(&explained).expect("plain data");
    assert!(!all.contains("secret") && !format!("{explained:?}").contains("secret"));
}

#[test]
fn the_reader_is_told_by_the_parts() {
    let rows: &[(&str, Reader)] = &[
        (
            "[settings.kubernetes]\nmax-pods = 20\n",
            Reader::Bottlerocket,
        ),
        ("<powershell>\nGet-Date\n</powershell>\n", Reader::Windows),
        (
            "#!/bin/bash\n/etc/eks/bootstrap.sh blue\n",
            Reader::CloudInit,
        ),
        (CONFIG, Reader::Nodeadm),
        ("#!/bin/bash\nls\n", Reader::Unknown),
        ("", Reader::Unknown),
    ];
    for (text, wanted) in rows {
        let explained = of(text, None, false);
        assert_eq!(explained.reader, *wanted, "{text}");
        let known = *wanted != Reader::Unknown;
        assert_eq!(explained.inferred.is_some(), known, "{text}");
        // A family that says nothing is no word against the parts.
        assert_eq!(of(text, Some(Reader::Unknown), false).reader, *wanted);
    }
    let shell = of("#!/bin/bash\nls\n", None, false);
    assert!(shell.boot.iter().all(|step| step.inferred));
}

/// (document, what cloud-init makes of it, what nodeadm does)
#[test]
fn the_probe_table() {
    let good = document(&[("application/node.eks.aws", CONFIG)]);
    let rows: &[(&str, String, &[&str], &[&str])] = &[
        ("good", good.clone(), &["W0"], &[]),
        (
            "no MIME-Version",
            good.replace("MIME-Version: 1.0\n", ""),
            &["E"],
            &["E"],
        ),
        (
            "no blank line",
            good.replace("\"\n\n", "\"\n"),
            &["W0", "N"],
            &["E"],
        ),
        ("leading blank line", format!("\n{good}"), &["E"], &["E"]),
        (
            "unquoted",
            good.replace("\"B\"", "/").replace("--B", "--/"),
            &["W0", "N"],
            &["E"],
        ),
        (
            "part without a blank line",
            good.replace("aws\n\n", "aws\n")
                .replace("\napiVersion:", "\n---\napiVersion:"),
            &["W0", "N0"],
            &["E0"],
        ),
        ("no parts", good.replace("--B", "--C"), &["E"], &["E", "W"]),
        (
            "cut short",
            good.replace("--B--\n", ""),
            &["W", "W0"],
            &["E"],
        ),
        ("more behind", format!("{good}ls\n"), &["W", "W0"], &["W"]),
    ];
    for (name, text, cloud_init, nodeadm) in rows {
        for (reader, wanted) in [(Reader::CloudInit, cloud_init), (Reader::Nodeadm, nodeadm)] {
            let explained = of(text, Some(reader), false);
            let notes = told(&explained);
            let heads = notes
                .iter()
                .map(|note| note.split(':').next().unwrap_or_default());
            assert_eq!(
                heads.collect::<Vec<_>>(),
                *wanted,
                "{name}: {reader:?}: {notes:?}"
            );
            if wanted.iter().any(|one| one.starts_with('E')) {
                assert!(explained.has_errors(), "{name}");
            }
        }
    }
}

#[test]
fn merged_user_data_must_be_what_eks_reads() {
    for (text, reader, wanted) in [
        (
            "#!/bin/bash\n",
            Reader::CloudInit,
            "EKS merges MIME multipart alone",
        ),
        (
            "#!/bin/bash\n",
            Reader::Nodeadm,
            "EKS merges MIME multipart alone",
        ),
        (
            &document(&[("application/toml", "[settings]\n")]),
            Reader::Bottlerocket,
            "Bottlerocket reads TOML",
        ),
        (
            &document(&[("text/x-powershell", "ls")]),
            Reader::Windows,
            "EC2Launch reads no MIME",
        ),
    ] {
        let explained = of(text, Some(reader), true);
        assert!(
            told(&explained).iter().any(|note| note.contains(wanted)),
            "{text}: {explained:?}"
        );
    }
    let merged = of(
        &document(&[("text/x-shellscript", "#!/bin/sh\n")]),
        Some(Reader::Nodeadm),
        true,
    );
    assert_eq!(told(&merged), [""; 0], "EKS brings the NodeConfig");
    assert!(
        merged
            .boot
            .iter()
            .any(|step| step.who == "EKS" && step.inferred)
    );
    let alone = of(
        &document(&[("text/x-shellscript", "#!/bin/sh\n")]),
        Some(Reader::Nodeadm),
        false,
    );
    assert!(
        told(&alone)
            .iter()
            .any(|note| note.contains("could not find NodeConfig"))
    );
}

/// cloud-init runs scripts by the names of their files.
#[test]
fn file_names_order_scripts_and_hide_one_another() {
    let named = |name: &str| format!("text/x-shellscript; name=\"{name}\"");
    let (b, a) = (named("b.sh"), named("a.sh"));
    let turned = document(&[(&b, "#!/bin/sh\n"), (&a, "#!/bin/sh\n")]);
    let explained = of(&turned, Some(Reader::CloudInit), false);
    assert_eq!(steps(&explained), [("cloud-init, final stage", vec![1, 0])]);
    assert!(
        told(&explained)
            .iter()
            .any(|note| note.starts_with("W: cloud-init runs scripts"))
    );
    let twice = document(&[(&a, "#!/bin/sh\n"), (&a, "#!/bin/sh\n")]);
    let explained = of(&twice, Some(Reader::CloudInit), false);
    assert!(
        told(&explained)
            .iter()
            .any(|note| note.starts_with("E0: another script"))
    );
}

/// The boot order is what the node really does, not what was meant.
#[test]
fn what_a_reader_does_not_find_it_does_not_run() {
    let good = document(&[
        ("text/x-shellscript", "#!/bin/sh\n"),
        ("application/node.eks.aws", CONFIG),
    ]);
    type Steps<'a> = &'a [(&'a str, &'a [usize])];
    let rows: &[(String, Steps<'_>)] = &[
        (
            good.replace("MIME-Version: 1.0\n", ""),
            &[
                ("nodeadm-config", &[1]),
                ("cloud-init", &[]),
                ("nodeadm-run", &[1]),
            ],
        ),
        (
            good.replace("\"\n\n", "\"\n"),
            &[("nodeadm-config", &[]), ("cloud-init, final stage", &[0])],
        ),
        (
            format!("\n{good}"),
            &[("nodeadm-config", &[]), ("cloud-init", &[])],
        ),
    ];
    for (text, wanted) in rows {
        let explained = of(text, None, false);
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(who, parts)| (*who, parts.to_vec()))
            .collect();
        assert_eq!(steps(&explained), wanted, "{text}");
        assert!(explained.has_errors());
    }
}

#[test]
fn nested_node_configs_are_not_seen_by_nodeadm() {
    let inner = document(&[("application/node.eks.aws", CONFIG)]);
    let inner = inner
        .strip_prefix("MIME-Version: 1.0\nContent-Type: ")
        .expect("the head")
        .replace("--B", "--I")
        .replace("\"B\"", "\"I\"");
    let (kind, body) = inner.split_once("\n\n").expect("a blank line");
    let explained = of(&document(&[(kind, body)]), None, false);
    assert_eq!(explained.reader, Reader::Nodeadm);
    let notes = told(&explained);
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("E0: it is inside of a multipart")),
        "{notes:?}"
    );
}
