//! Documents as people write them, and what is made of each.

use super::*;
use crate::gzip::pack;

const HEAD: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"//\"\n\n";
const SCRIPT: &str = "--//\nContent-Type: text/x-shellscript\n\n#!/bin/sh\nls\n\n--//--\n";

fn kinds(decoded: &Decoded) -> Vec<OddityKind> {
    decoded.oddities.iter().map(|oddity| oddity.kind).collect()
}

fn first(decoded: &Decoded) -> (&str, &[u8]) {
    let part = decoded.parts.first().expect("a part");
    (part.content_type.as_str(), part.body.as_slice())
}

/// The probe table: what each reader is known to make of it is told in `explain`.
#[test]
fn documents_that_somebody_wrote() {
    use OddityKind::*;
    let good = format!("{HEAD}{SCRIPT}");
    let rows: &[(&str, String, &[OddityKind])] = &[
        ("as it should be", good.clone(), &[]),
        ("CRLF", good.replace('\n', "\r\n"), &[]),
        ("folded", good.replace("; boundary", ";\n boundary"), &[]),
        (
            "no MIME-Version",
            good.replace("MIME-Version: 1.0\n", ""),
            &[NoMimeVersion],
        ),
        (
            "no blank line",
            good.replace("\"\n\n--", "\"\n--"),
            &[NoBlankLine],
        ),
        ("leading line", format!("\n{good}"), &[NotAtStart]),
        (
            "indented",
            good.replace("MIME", "  MIME")
                .replace("\nContent-Type: m", "\n  Content-Type: m"),
            &[NotAtStart],
        ),
        (
            "unquoted //",
            good.replace("\"//\"", "//"),
            &[UnquotedBoundary],
        ),
        (
            "unquoted, a token",
            good.replace("\"//\"", "BB").replace("--//", "--BB"),
            &[],
        ),
        ("not closed", good.replace("\n--//--\n", ""), &[NotClosed]),
        ("dangling", good.replace("--//--", "--//"), &[NotClosed]),
        ("no parts", good.replace("--//", "--xx"), &[NoParts]),
        (
            "before",
            good.replacen("\n\n--//", "\n\nhello\n--//", 1),
            &[BeforeFirst],
        ),
        ("behind", format!("{good}hello\n"), &[BehindLast]),
        (
            "EKS's own",
            good.replace("shellscript\n\n", "shellscript\n"),
            &[NoBlankLineInPart],
        ),
        (
            "x-uuencode",
            good.replace(
                "shellscript\n",
                "shellscript\nContent-Transfer-Encoding: x-uuencode\n",
            ),
            &[UnknownEncoding],
        ),
        (
            "no base64",
            good.replace(
                "shellscript\n",
                "shellscript\nContent-Transfer-Encoding: base64\n",
            ),
            &[BadEncoding],
        ),
        (
            "a config under a script's type",
            good.replace("#!/bin/sh", "#cloud-config"),
            &[TakenForAnotherType],
        ),
        (
            "late MIME-Version",
            format!("X-A: {}\n{good}", "a".repeat(5000)),
            &[NoMimeVersion],
        ),
    ];
    for (name, text, wanted) in rows {
        let decoded = decode_file(text.as_bytes());
        assert_eq!(decoded.form, Form::Multipart, "{name}");
        assert_eq!(kinds(&decoded), *wanted, "{name}");
        if *name != "no parts" {
            assert_eq!(first(&decoded).0, "text/x-shellscript", "{name}");
            assert_eq!(decoded.parts.len(), 1, "{name}");
        }
    }
}

#[test]
fn layers_come_off_and_are_told() {
    let good = format!("{HEAD}{SCRIPT}").into_bytes();
    let base64 = |bytes: &[u8]| STANDARD.encode(bytes).into_bytes();
    type Row<'a> = (&'a str, Vec<u8>, &'a [Layer], &'a [OddityKind]);
    let rows: &[Row<'_>] = &[
        ("raw", good.clone(), &[], &[]),
        ("gzip", pack(&good), &[Layer::Gzip], &[]),
        (
            "base64 again",
            base64(&good),
            &[Layer::Base64],
            &[OddityKind::Base64Twice],
        ),
        (
            "base64 of gzip",
            base64(&pack(&good)),
            &[Layer::Base64, Layer::Gzip],
            &[OddityKind::Base64Twice],
        ),
        (
            "gzip of gzip",
            pack(&pack(&good)),
            &[Layer::Gzip, Layer::Gzip],
            &[OddityKind::GzipTwice],
        ),
    ];
    for (name, bytes, layers, odd) in rows {
        let decoded = decode(&UserDataBlob(STANDARD.encode(bytes)));
        assert_eq!(decoded.form, Form::Multipart, "{name}");
        assert_eq!(decoded.layers, *layers, "{name}");
        assert_eq!(kinds(&decoded), *odd, "{name}");
        assert_eq!(decoded.bytes, *bytes, "{name}: what EC2 counts");
        assert_eq!(
            first(&decoded),
            ("text/x-shellscript", &b"#!/bin/sh\nls\n"[..]),
            "{name}"
        );
    }
    // A file may be the launch template's base64: that is no mistake.
    assert_eq!(kinds(&decode_file(&base64(&good))), []);
    let bomb = decode_file(&pack(&vec![b'a'; 32 << 20]));
    assert_eq!(
        (bomb.form, kinds(&bomb)),
        (Form::Gzip, vec![OddityKind::UnpacksTooLarge])
    );
    let cut = decode_file(&[0x1f, 0x8b, 8, 0]);
    assert_eq!(
        (cut.form, kinds(&cut)),
        (Form::Gzip, vec![OddityKind::BrokenGzip])
    );
}

/// (headers of a part, its body in the document, the body, gzip, encoding)
#[test]
fn parts_are_taken_out_of_their_encodings() {
    let script = "#!/bin/sh\n# café\n".as_bytes();
    let base64 = |bytes: &[u8]| STANDARD.encode(bytes).into_bytes();
    let shell = "text/x-shellscript\nContent-Transfer-Encoding: ";
    let config = b"kind: NodeConfig\n";
    let rows: &[(String, Vec<u8>, &[u8], bool)] = &[
        (format!("{shell}base64"), base64(script), script, false),
        (format!("{shell}8bit"), script.to_vec(), script, false),
        (
            format!("{shell}Quoted-Printable"),
            b"#!/bin/sh\n# caf=C3=\n=A9\n".to_vec(),
            script,
            false,
        ),
        (
            "application/x-gzip\nContent-Transfer-Encoding: base64".to_owned(),
            base64(&pack(script)),
            script,
            true,
        ),
        // nodeadm takes both off a NodeConfig, whatever its headers say.
        (
            "application/node.eks.aws".to_owned(),
            base64(&pack(config)),
            config,
            true,
        ),
        (
            "application/node.eks.aws; charset=\"us-ascii\"".to_owned(),
            config.to_vec(),
            config,
            false,
        ),
    ];
    for (headers, packed, wanted, zipped) in rows {
        let mut document = format!("{HEAD}--//\nContent-Type: {headers}\nContent-Disposition: attachment; filename=\"a b.sh\"\n\n").into_bytes();
        document.extend_from_slice(packed);
        document.extend_from_slice(b"\n--//--\n");
        let decoded = decode_file(&document);
        let part = decoded.parts.first().expect("a part");
        assert_eq!(part.body, *wanted, "{headers}");
        assert_eq!(part.wrapping.gzip, *zipped, "{headers}");
        assert_eq!(part.wrapping.packed, packed.len(), "{headers}");
        assert_eq!(part.wrapping.file_name.as_deref(), Some("a b.sh"));
    }
}

#[test]
fn nested_and_gzip_under_another_type_are_told() {
    let inner = "Content-Type: multipart/mixed; boundary=\"in\"\n\n--in\nContent-Type: application/node.eks.aws\n\nkind: NodeConfig\n--in--\n";
    let decoded = decode_file(format!("{HEAD}--//\n{inner}\n--//--\n").as_bytes());
    assert_eq!(first(&decoded).0, "application/node.eks.aws");
    assert_eq!(decoded.oddities, [Oddity::of(0, OddityKind::Nested)]);

    let packed = STANDARD.encode(pack(b"#!/bin/sh\n"));
    let part =
        format!("Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n{packed}");
    let decoded = decode_file(format!("{HEAD}--//\n{part}\n--//--\n").as_bytes());
    assert_eq!(kinds(&decoded), [OddityKind::PackedUnderOtherType]);
    assert!(
        is_gzip(first(&decoded).1),
        "as it is: cloud-init runs the gzip"
    );
}

/// A few thousand boundary lines are no reason to hold millions of parts.
#[test]
fn parts_are_bounded() {
    let many = format!("{HEAD}{}--//--\n", "--//\n\nx\n".repeat(5000));
    let decoded = decode_file(&pack(many.as_bytes()));
    assert_eq!(decoded.parts.len(), 1000);
    assert_eq!(kinds(&decoded), [OddityKind::TooManyParts]);
}
