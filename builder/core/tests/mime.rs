//! What goes into a multipart document comes out of it, byte for byte, with two readers: a strict one of
//! our own that follows Go's mime/multipart, and mail-parser. cloud-init's own reader is asked in
//! ci/tests/test_user_data.py.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{MessageParser, MimeHeaders as _};
use nodemint_core::desired::RenderedPart;
use nodemint_core::launch_template::{Form, UserDataBlob, decode};
use nodemint_core::render::multipart;
use proptest::prelude::*;

fn part(content_type: &str, body: &[u8]) -> RenderedPart {
    RenderedPart {
        origin: String::new(),
        content_type: content_type.to_owned(),
        body: body.to_vec(),
    }
}

/// Type and content of each part. Panics wherever a strict reader would stop.
fn read_strictly(document: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = std::str::from_utf8(document).expect("ASCII");
    assert!(
        text.is_ascii() && !text.contains('\r'),
        "ASCII with LF alone"
    );
    let head = text
        .strip_prefix("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"")
        .expect("the head");
    let (boundary, rest) = head
        .split_once("\"\n\n")
        .expect("a quoted boundary, then a blank line");
    assert!(boundary.len() <= 70, "RFC 2046, 5.1.1");
    let rest = rest
        .strip_prefix(&format!("--{boundary}\n"))
        .expect("the first boundary");
    let rest = rest
        .strip_suffix(&format!("\n--{boundary}--\n"))
        .expect("the last boundary");
    assert!(!rest.contains(&format!("--{boundary}--")));
    let delimiter = format!("\n--{boundary}\n");
    rest.split(delimiter.as_str()).map(read_part).collect()
}

fn read_part(section: &str) -> (String, Vec<u8>) {
    let (headers, body) = section
        .split_once("\n\n")
        .expect("a blank line after a part's headers");
    let rest = headers
        .strip_prefix("Content-Type: ")
        .expect("Content-Type first");
    let (kind, encoding) = rest
        .split_once("\nContent-Transfer-Encoding: ")
        .expect("then the encoding");
    let body = match encoding {
        "7bit" => body.as_bytes().to_vec(),
        "base64" => {
            assert!(body.lines().all(|line| line.len() <= 76), "RFC 2045, 6.8");
            STANDARD.decode(body.replace('\n', "")).expect("base64")
        }
        other => panic!("encoding {other}"),
    };
    (kind.to_owned(), body)
}

fn read_with_mail_parser(document: &[u8]) -> Vec<(String, Vec<u8>)> {
    let message = MessageParser::default().parse(document).expect("a message");
    let leaves = message.parts.iter().filter(|part| !part.is_multipart());
    let leaf = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().expect("a type");
        let raw = message
            .raw_message
            .get(part.offset_body as usize..part.offset_end as usize)
            .expect("a body");
        let body = match part.encoding {
            mail_parser::Encoding::Base64 => STANDARD.decode(
                raw.trim_ascii()
                    .split(|b| *b == b'\n')
                    .collect::<Vec<_>>()
                    .concat(),
            ),
            _ => Ok(raw.to_vec()),
        };
        (
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()),
            body.expect("base64"),
        )
    };
    leaves.map(leaf).collect()
}

fn read_with_ours(document: &[u8]) -> Vec<(String, Vec<u8>)> {
    let decoded = decode(&UserDataBlob(STANDARD.encode(document)));
    assert_eq!(decoded.form, Form::Multipart);
    decoded
        .parts
        .into_iter()
        .map(|part| (part.content_type, part.body))
        .collect()
}

fn check(parts: &[RenderedPart]) -> Vec<u8> {
    let document = multipart(parts);
    let want: Vec<(String, Vec<u8>)> = parts
        .iter()
        .map(|part| (part.content_type.clone(), part.body.clone()))
        .collect();
    assert_eq!(read_strictly(&document), want);
    assert_eq!(read_with_mail_parser(&document), want);
    assert_eq!(read_with_ours(&document), want);
    assert_eq!(multipart(parts), document, "the same bytes every time");
    document
}

#[test]
fn plain_scripts_stay_readable() {
    let document = check(&[
        part("text/x-shellscript", b"#!/bin/bash\necho a=b\n"),
        part("application/node.eks.aws", b"kind: NodeConfig\n"),
    ]);
    let text = String::from_utf8(document).expect("ASCII");
    assert!(
        text.contains("\n\n#!/bin/bash\necho a=b\n\n--nodemint-"),
        "{text}"
    );
    assert!(!text.contains("base64"), "{text}");
}

#[test]
fn what_7bit_cannot_carry_goes_in_base64() {
    for body in [
        "#!/bin/sh\n# é\n".as_bytes(),
        b"#!/bin/sh\r\n",
        b"a\rb",
        b"\0",
        b"\x7f",
        b"\xff\xfe",
    ] {
        let document = check(&[part("text/x-shellscript", body)]);
        assert!(
            String::from_utf8(document)
                .expect("ASCII")
                .contains("Content-Transfer-Encoding: base64"),
            "{body:?}"
        );
    }
}

#[test]
fn line_ends_at_the_edges_survive() {
    for body in [
        &b""[..],
        b"\n",
        b"\n\n",
        b"a",
        b"a\n",
        b"a\n\n\n",
        b"\n\na",
        b"--",
        b"--\n--x--\n",
        b" a",
        b"a:b\n\nc",
    ] {
        check(&[
            part("text/x-shellscript", body),
            part("text/x-shellscript", body),
        ]);
    }
}

/// A body that holds a boundary line cannot end the part early: the boundary moves out of its way.
#[test]
fn a_boundary_in_a_body_is_stepped_around() {
    let first = String::from_utf8(multipart(&[part("text/plain", b"x")])).expect("ASCII");
    let boundary = first
        .lines()
        .find_map(|line| line.strip_prefix("--"))
        .expect("a boundary")
        .to_owned();
    // The document that an attacker would need: its own boundary in its own body. Hashing makes that
    // impossible to write down, so the body quotes another document's boundary and prefix instead.
    check(&[part(
        "text/plain",
        format!("x\n--{boundary}\n--nodemint-\n--{boundary}--\n").as_bytes(),
    )]);
}

#[test]
fn different_parts_never_share_a_document() {
    let one = multipart(&[part("text/plain", b"ab"), part("text/plain", b"c")]);
    let other = multipart(&[part("text/plain", b"a"), part("text/plain", b"bc")]);
    assert_ne!(one, other);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_come_back(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..5)) {
        check(&bodies.iter().map(|body| part("text/x-shellscript", body)).collect::<Vec<_>>());
    }

    #[test]
    fn any_text_comes_back(bodies in prop::collection::vec("[ -~\n\t]{0,200}", 1..5)) {
        check(&bodies.iter().map(|body| part("text/cloud-config", body.as_bytes())).collect::<Vec<_>>());
    }
}

/// A NodeConfig has the CA on one line of well over 998 characters, and stays readable.
#[test]
fn a_long_line_is_no_reason_for_base64() {
    let long = format!("#!/bin/sh\n# {}\n", "x".repeat(5000));
    let document = check(&[part("text/x-shellscript", long.as_bytes())]);
    assert!(
        !String::from_utf8(document)
            .expect("ASCII")
            .contains("base64")
    );
}
