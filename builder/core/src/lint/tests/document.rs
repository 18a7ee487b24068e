//! Bytes, lines and forms.

use super::*;
use crate::launch_template::Form;

#[test]
fn first_lines() {
    let rows: &[(&str, &str, &[&str])] = &[
        (SHELL, "echo hi\n", &["no-shebang 1"]),
        (SHELL, "\n#!/bin/bash\n", &["no-shebang 1"]),
        (SHELL, " #!/bin/bash\n", &["no-shebang 1"]),
        (SHELL, "#cloud-config\npackages: []\n", &["no-shebang 1"]),
        (
            "text/x-shellscript-per-boot",
            "echo hi\n",
            &["no-shebang 1"],
        ),
        (SHELL, "#!/bin/bash\n", &[]),
        (SHELL, "#!/usr/bin/env python3\n", &[]),
        ("text/x-shellscript-per-once", "#! /bin/sh\n", &[]),
        ("text/cloud-config", "packages: [jq]\n", &[]),
        ("text/cloud-boothook", "#cloud-boothook\n", &[]),
        ("text/part-handler", "def list_types(): pass\n", &[]),
        (SHELL, "\u{feff}#!/bin/bash\n", &["byte-order-mark 1"]),
        (
            "text/cloud-config",
            "\u{feff}#cloud-config\n",
            &["byte-order-mark 1"],
        ),
        (SHELL, "#!/bin/bash\necho '\u{feff}'\n", &[]),
    ];
    for (kind, body, expected) in rows {
        assert_eq!(
            told(&setting(AL2023, false), &[part(kind, body)]),
            *expected,
            "{body}"
        );
    }
}

#[test]
fn line_ends() {
    let rows: &[(&str, &str, &[&str])] = &[
        (SHELL, "#!/bin/bash\r\nls\r\n", &["crlf 1"]),
        (SHELL, "#!/bin/bash\nls\r\n", &["crlf 2"]),
        (SHELL, "#!/usr/bin/python3\nx = 1\r\n", &["crlf 2"]),
        ("text/cloud-boothook", "#!/bin/bash\nls\r\n", &["crlf 2"]),
        (SHELL, "#!/bin/bash\nprintf 'a\\r\\n'\n", &[]),
        (SHELL, "#!/bin/bash\nprintf 'a\rb\n'\n", &[]),
        (
            "text/cloud-config",
            "#cloud-config\r\npackages: [jq]\r\n",
            &[],
        ),
        (
            NODE_CONFIG,
            "apiVersion: node.eks.aws/v1alpha1\r\nkind: NodeConfig\r\n",
            &[],
        ),
    ];
    for (kind, body, expected) in rows {
        assert_eq!(
            told(&setting(AL2023, false), &[part(kind, body)]),
            *expected,
            "{body}"
        );
    }
}

#[test]
fn letters_and_boundaries_as_they_are_encoded() {
    let node_config = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n# é\n";
    let rows: &[(&str, Option<&str>, &str, &[&str])] = &[
        (
            SHELL,
            Some("7bit"),
            "#!/bin/bash\necho é\n",
            &["not-ascii 2"],
        ),
        (
            SHELL,
            Some("8bit"),
            "#!/bin/bash\n\necho é\n",
            &["not-ascii 3"],
        ),
        (
            SHELL,
            Some("binary"),
            "#!/bin/bash\n# ü\n",
            &["not-ascii 2"],
        ),
        (
            "text/cloud-config",
            Some("7bit"),
            "#cloud-config\n# é\n",
            &["not-ascii 2"],
        ),
        (SHELL, Some("base64"), "#!/bin/bash\necho é\n", &[]),
        (
            SHELL,
            Some("quoted-printable"),
            "#!/bin/bash\necho é\n",
            &[],
        ),
        (SHELL, None, "#!/bin/bash\necho é\n", &[]),
        (NODE_CONFIG, Some("7bit"), node_config, &[]),
        (
            SHELL,
            Some("7bit"),
            "#!/bin/bash\ncat <<X\n--b\nContent-Type: text/plain\nX\n",
            &["boundary-in-body 3"],
        ),
        (
            SHELL,
            Some("7bit"),
            "#!/bin/bash\n--b\ncontent-transfer-encoding: 7bit\n",
            &["boundary-in-body 2"],
        ),
        (
            SHELL,
            Some("base64"),
            "#!/bin/bash\ncat <<X\n--b\nContent-Type: text/plain\nX\n",
            &[],
        ),
        (
            SHELL,
            None,
            "#!/bin/bash\ncat <<X\n--b\nContent-Type: text/plain\nX\n",
            &[],
        ),
        (SHELL, Some("7bit"), "#!/bin/bash\nls \\\n--all\n", &[]),
        (
            SHELL,
            Some("7bit"),
            "#!/bin/bash\n--//\n",
            &["boundary-in-body 2"],
        ),
        (
            SHELL,
            None,
            "#!/bin/bash\ncat <<X\n--//--\nX\n",
            &["boundary-in-body 3"],
        ),
        (SHELL, None, "#!/bin/bash\necho --//\n--///\n", &[]),
    ];
    for (content_type, encoding, body, expected) in rows {
        let part = Part {
            content_type,
            body: body.as_bytes(),
            encoding: *encoding,
        };
        // EKS packs parts anew on AL2; the NodeConfig is none of its.
        let reader = if *content_type == NODE_CONFIG {
            AL2023
        } else {
            AL2
        };
        assert_eq!(told(&setting(reader, true), &[part]), *expected, "{body}");
    }
    let line = [part(SHELL, "#!/bin/bash\n--//\n")];
    assert_eq!(told(&setting(AL2, false), &line), [""; 0]);
}

#[test]
fn forms() {
    let toml = "[settings.kubernetes]\nmax-pods = 8\n";
    let rows: &[(Reader, bool, &str, &str, bool)] = &[
        (Reader::Bottlerocket, false, SHELL, "#!/bin/bash\n", true),
        (
            Reader::Bottlerocket,
            false,
            "text/cloud-config",
            "#cloud-config\n",
            true,
        ),
        (Reader::Bottlerocket, true, "text/plain", "nothing\n", true),
        (Reader::Bottlerocket, false, TOML, toml, false),
        (Reader::Bottlerocket, true, TOML, toml, false),
        (AL2, false, TOML, toml, true),
        (AL2023, true, TOML, toml, true),
        (
            AL2,
            false,
            NODE_CONFIG,
            "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n",
            true,
        ),
        (
            AL2023,
            false,
            NODE_CONFIG,
            "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n",
            false,
        ),
        (
            AL2,
            false,
            POWERSHELL,
            "<powershell>\nls\n</powershell>\n",
            true,
        ),
        (AL2023, false, "text/plain", "yum install jq\n", true),
        (AL2023, false, "text/plain", "#!/bin/bash\n", false),
        (AL2, false, "text/plain", "#cloud-config\n", false),
        (Reader::Windows, false, "text/plain", "ls\n", true),
        (Reader::Windows, false, SHELL, "#!/bin/bash\n", true),
        (
            Reader::Windows,
            true,
            "text/plain",
            "<script>\ndir\n</script>\n",
            true,
        ),
        (
            Reader::Windows,
            false,
            "text/plain",
            "<script>\ndir\n</script>\n",
            false,
        ),
        (Reader::Windows, true, POWERSHELL, "ls\n", false),
        (Reader::Unknown, false, TOML, toml, false),
        (Reader::Unknown, true, "text/plain", "anything\n", false),
    ];
    for (reader, merged, kind, body, wrong) in rows {
        let told = told(&setting(*reader, *merged), &[part(kind, body)]);
        let expected: &[&str] = if *wrong { &["wrong-form"] } else { &[] };
        assert_eq!(told, expected, "{reader:?} {merged} {kind}");
    }
}

#[test]
fn documents() {
    use Severity::{Error, Warning};
    type Row<'a> = (Reader, bool, Form, usize, &'a [(Rule, Severity)]);
    let rows: &[Row<'_>] = &[
        (AL2023, false, Form::Multipart, 16_384, &[]),
        (
            AL2023,
            false,
            Form::Multipart,
            16_385,
            &[(Rule::TooLarge, Error)],
        ),
        (AL2023, true, Form::Multipart, 13_000, &[]),
        (
            AL2023,
            true,
            Form::Multipart,
            13_001,
            &[(Rule::TooLarge, Warning)],
        ),
        (
            AL2023,
            true,
            Form::Multipart,
            16_385,
            &[(Rule::TooLarge, Error)],
        ),
        (
            Reader::Windows,
            true,
            Form::Plain,
            13_001,
            &[(Rule::TooLarge, Warning)],
        ),
        (AL2, true, Form::Plain, 9, &[(Rule::WrongForm, Error)]),
        (AL2023, true, Form::Gzip, 9, &[(Rule::WrongForm, Error)]),
        (
            Reader::Bottlerocket,
            true,
            Form::Gzip,
            9,
            &[(Rule::WrongForm, Error)],
        ),
        (AL2, false, Form::Plain, 9, &[]),
        (AL2023, false, Form::Gzip, 9, &[]),
        (Reader::Bottlerocket, true, Form::Plain, 9, &[]),
        (Reader::Windows, true, Form::Plain, 9, &[]),
    ];
    for (reader, merged, form, bytes, expected) in rows {
        let lints = super::super::document(&setting(*reader, *merged), *form, *bytes);
        let found: Vec<_> = lints
            .iter()
            .map(|lint| (lint.rule, lint.severity))
            .collect();
        assert_eq!(found, *expected, "{reader:?} {merged} {form:?} {bytes}");
    }
}

#[test]
fn fields_of_a_node_config() {
    let head = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n";
    let rows: &[(&str, &[&str])] = &[
        ("spec:\n  kubelt: {}\n", &["node-config 4"]),
        ("kubelet: {}\n", &["node-config 3"]),
        (
            "spec:\n  instances: {}\n  feature-gates: {}\n",
            &["node-config 4", "node-config 5"],
        ),
        ("spec: [\n", &["node-config 4"]),
        ("spec:\n  kubelet: {maxPods: 4}\n", &[]),
        ("spec: {}\nmetadata: {name: a}\n", &[]),
        (
            "spec:\n  cluster: {name: a}\n  featureGates: {FastImagePull: true}\n",
            &[],
        ),
        ("# kubelt: a comment\n", &[]),
    ];
    for (body, expected) in rows {
        let body = format!("{head}{body}");
        let found = told(&setting(AL2023, false), &[part(NODE_CONFIG, &body)]);
        let rule: Vec<&str> = found
            .iter()
            .map(|one| one.split(' ').next().unwrap())
            .collect();
        if body.contains("maxPods: 4") {
            // The fields below `spec` belong to the schema.
            continue;
        }
        let expected_rules: Vec<&str> = expected
            .iter()
            .map(|one| one.split(' ').next().unwrap())
            .collect();
        assert_eq!(rule, expected_rules, "{body}");
    }
    let other = [
        part(NODE_CONFIG, "kind: NodeConfig\n"),
        part(NODE_CONFIG, "apiVersion: v1\nkind: Pod\n"),
    ];
    assert_eq!(told(&setting(AL2023, false), &other).len(), 3);
}
