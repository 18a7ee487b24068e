//! Files of every kind as parts: what comes out of them, and what is refused.

use super::*;
use crate::gzip::pack;

/// The parts that the user's own become: origin, type and body.
fn parts_of(given: Vec<Part>) -> Vec<(String, String, String)> {
    let mut template = template();
    template.user_data.parts = given;
    let (spec, lock) = fleet(template);
    let desired = render(&spec, &lock).unwrap_or_else(|errors| panic!("{errors}"));
    let parts = desired.templates[0].user_data.parts.iter();
    let own = parts.filter(|part| part.origin != "bootstrap");
    own.map(|part| {
        let body = String::from_utf8(part.body.clone()).unwrap();
        (part.origin.clone(), part.content_type.clone(), body)
    })
    .collect()
}

fn bytes(kind: &str, content: Vec<u8>) -> Part {
    let path = "some/file".to_owned();
    Part {
        content_type: kind.to_owned(),
        file: File { path, content },
    }
}

#[test]
fn every_kind_of_file_goes_out_as_it_is() {
    let rows = [
        (SHELL, "#!/bin/sh\nls\n"),
        ("text/x-shellscript-per-boot", "#!/usr/bin/env python3\n"),
        ("text/cloud-config", "#cloud-config\nruncmd: [ls]\n"),
        ("text/cloud-config", "#cloud-config\n"),
        (
            "text/cloud-config",
            "#cloud-config\nwrite_files:\n- {path: /a, content: !!binary aGk=}\n",
        ),
        (
            "text/cloud-config-archive",
            "#cloud-config-archive\n- {type: text/cloud-config, content: 'runcmd: [ls]'}\n",
        ),
        ("text/cloud-boothook", "#cloud-boothook\n#!/bin/sh\nls\n"),
        ("text/cloud-boothook", "#!/bin/sh\nls\n"),
        (
            "text/part-handler",
            "#part-handler\ndef list_types(): ...\n",
        ),
        (
            "text/x-include-url",
            "#include\n# ours\nhttps://a.example.com/x\n\n",
        ),
        ("text/x-include-url", "#include https://a.example.com/x\n"),
        (
            "text/jinja2",
            "## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n",
        ),
    ];
    for (kind, content) in rows {
        let wanted = ("parts[0]".to_owned(), kind.to_owned(), content.to_owned());
        assert_eq!(parts_of(vec![part(kind, content)]), [wanted]);
    }
}

#[test]
fn a_type_that_says_nothing_is_told_by_the_first_line() {
    let rows = [
        ("#!/bin/sh\n", SHELL),
        ("#cloud-config\n{}\n", "text/cloud-config"),
        ("#cloud-config-archive\n[]\n", "text/cloud-config-archive"),
        ("#cloud-boothook\n#!/bin/sh\n", "text/cloud-boothook"),
        ("#part-handler\n", "text/part-handler"),
    ];
    for (content, wanted) in rows {
        for given in [
            part("text/plain", content),
            bytes("application/gzip", pack(content.as_bytes())),
        ] {
            let (_, kind, body) = parts_of(vec![given]).remove(0);
            assert_eq!((kind.as_str(), body.as_str()), (wanted, content));
        }
    }
}

#[test]
fn a_document_is_taken_in_part_by_part() {
    let document = "Content-Type: multipart/mixed; boundary=//\nMIME-Version: 1.0\n\n\
        --//\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/sh\nls\n\n\
        --//\nContent-Type: text/cloud-config\nContent-Transfer-Encoding: base64\n\n\
        I2Nsb3VkLWNvbmZpZwpydW5jbWQ6\nIFtsc10K\n\n\
        --//\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: quoted-printable\n\n\
        #!/bin/sh\necho gr=C3=B6=\n=C3=9Fer\n\n\
        --//\nContent-Type: multipart/mixed; boundary=in\n\n--in\n\n#!/bin/sh\necho in\n--in--\n\n--//--\n";
    let given = vec![
        part(SHELL, "#!/bin/sh\n"),
        part("multipart/mixed", document),
    ];
    let found = parts_of(given);
    let row = |origin: &str, kind: &str, body: &str| (origin.into(), kind.into(), body.into());
    let wanted: [(String, String, String); 5] = [
        row("parts[0]", SHELL, "#!/bin/sh\n"),
        row("parts[1].0", SHELL, "#!/bin/sh\nls\n"),
        row(
            "parts[1].1",
            "text/cloud-config",
            "#cloud-config\nruncmd: [ls]\n",
        ),
        row("parts[1].2", SHELL, "#!/bin/sh\necho größer\n"),
        row("parts[1].3", SHELL, "#!/bin/sh\necho in"),
    ];
    assert_eq!(found, wanted);
    // The same, packed.
    let packed = bytes("multipart/mixed", pack(document.as_bytes()));
    assert_eq!(parts_of(vec![part(SHELL, "#!/bin/sh\n"), packed]), wanted);
}

/// Our own document, taken in again, is the same parts.
#[test]
fn what_we_made_can_be_taken_in() {
    let made = multipart(&[
        RenderedPart {
            origin: String::new(),
            content_type: SHELL.to_owned(),
            body: "#!/bin/sh\necho größer\r\n".replace('\r', "").into_bytes(),
        },
        RenderedPart {
            origin: String::new(),
            content_type: "text/cloud-config".to_owned(),
            body: b"#cloud-config\na: b".to_vec(),
        },
    ]);
    let found = parts_of(vec![bytes("multipart/mixed", made)]);
    let bodies: Vec<&str> = found.iter().map(|(_, _, body)| body.as_str()).collect();
    assert_eq!(bodies, ["#!/bin/sh\necho größer\n", "#cloud-config\na: b"]);
}

#[test]
fn refusals_tell_the_part_the_cause_and_the_cure() {
    let mime = |inner: &str| {
        format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"x\"\n\n--x\n{inner}\n--x--\n"
        )
    };
    let rows: Vec<(Part, &str, &str)> = vec![
        (
            part("text/cloud-config", "a: secret\n"),
            "parts[0]: it is given as text/cloud-config, and does not begin with `#cloud-config`",
            "first line",
        ),
        (
            part("text/cloud-config", "#!/bin/sh\n"),
            "parts[0]: it is text/x-shellscript by its first line",
            "contentType: text/x-shellscript",
        ),
        (
            part("text/cloud-config", "## template: jinja\n#cloud-config\n"),
            "parts[0]: it is text/jinja2 by its first line",
            "contentType: text/jinja2",
        ),
        (
            part("text/cloud-config", "#cloud-config\na: [secret\n"),
            "parts[0]: it is no readable YAML, or a key stands twice (line",
            "correct it",
        ),
        (
            part("text/cloud-config", "#cloud-config\n- secret\n"),
            "parts[0]: it is YAML, and not a mapping",
            "a mapping",
        ),
        (
            part("text/cloud-config-archive", "#cloud-config-archive\na: b\n"),
            "parts[0]: it is YAML, and not a list",
            "a list",
        ),
        (
            part("text/cloud-boothook", "#cloud-boothook\necho secret\n"),
            "parts[0]: the boothook has no `#!`",
            "#!/bin/bash",
        ),
        (
            part("text/part-handler", "def list_types(): ...\n"),
            "parts[0]: it is given as text/part-handler",
            "#part-handler",
        ),
        (
            part("text/x-include-url", "#include\n"),
            "parts[0]: it has no URLs",
            "one URL a line",
        ),
        (
            part("text/x-include-url", "https://a\nsecret\n"),
            "parts[0]: line 2 is no URL",
            "one URL a line",
        ),
        (
            part("text/plain", "secret\n"),
            "parts[0]: its first line is none that cloud-init knows",
            "contentType",
        ),
        (
            part(SHELL, &mime("\n#!/bin/sh\n")),
            "parts[0]: it is a MIME document by its headers",
            "multipart/mixed",
        ),
        (
            part("multipart/mixed", "#!/bin/sh\n"),
            "parts[0]: it is no MIME document",
            "boundary",
        ),
        (
            part("multipart/mixed", "MIME-Version: 1.0\n\nsecret"),
            "parts[0]: it is no MIME document",
            "boundary",
        ),
        (
            part(
                "multipart/mixed",
                &mime("Content-Type: application/json\n\n{}"),
            ),
            "parts[0].0: \"application/json\" is no type",
            "text/x-shellscript",
        ),
        (
            part(
                "multipart/mixed",
                &mime("Content-Type: text/x-shellscript\n\nls secret"),
            ),
            "parts[0].0: some/file, line 1 as rendered: the script does not begin with `#!`",
            "#!/bin/bash",
        ),
        (
            part(
                "multipart/mixed",
                &mime("Content-Type: text/cloud-config\nX-Merge-Type: list()\n\n#cloud-config\n"),
            ),
            "parts[0]: a part has a header `x-merge-type`",
            "merge_how",
        ),
        (
            part("multipart/alternative", "x"),
            "parts[0].contentType: cloud-init reads no other multipart",
            "multipart/mixed",
        ),
        (
            bytes(SHELL, vec![0x1f, 0x8b, 8, 0]),
            "parts[0]: it is gzip by its first bytes",
            "before gzip",
        ),
        (
            bytes(SHELL, pack(&vec![b'#'; 2 << 20])),
            "parts[0]: it is gzip, and unpacks to more than 1048576 bytes",
            "short script",
        ),
        (
            bytes(SHELL, pack(b"ls secret\n")),
            "parts[0]: some/file, line 1 as rendered: the script does not begin with `#!`",
            "#!/bin/bash",
        ),
    ];
    for (given, front, cure) in rows {
        let text = problems(|t| t.user_data.parts = vec![given]);
        let front = format!("launchTemplates[0].userData.{front}");
        assert!(
            text.starts_with(&front),
            "{front} is not at the front of: {text}"
        );
        assert!(text.contains(cure), "{cure} is not in: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

/// A node of AL2 or Ubuntu has no nodeadm, wherever the NodeConfig comes from.
#[test]
fn a_node_config_in_a_document_is_refused_where_nothing_reads_it() {
    let document = "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: application/node.eks.aws\n\n\
        apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n--x--\n";
    let text = problems(|t| {
        al2(t);
        t.user_data.parts = vec![part("multipart/mixed", document)];
    });
    assert!(
        text.starts_with("launchTemplates[0].userData.parts[0].0: ")
            && text.contains("no type that AL2 reads"),
        "{text}"
    );
}
