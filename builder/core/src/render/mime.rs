//! MIME multipart as both readers of user data want it: cloud-init (Python) and nodeadm (Go).
//!
//! mail-builder writes the message; it is told everything that it would otherwise decide by itself.
//! Measured with its defaults: text bodies get CRLF (and cloud-init then hands bash `#!/bin/bash\r`), the
//! boundary is random, MIME-Version is missing (and cloud-init then ignores everything), and long lines
//! become quoted-printable. So every part carries its transfer encoding and is written raw, the boundary is
//! ours, and the CRLF of the frame becomes LF at the end: bodies with a CR of their own are in base64 then.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use sha2::{Digest, Sha256};

use crate::desired::RenderedPart;

/// RFC 2045, 6.8: base64 in lines of at most 76 characters.
const BASE64_LINE: usize = 76;

/// Packs parts into one document: ASCII, LF, `MIME-Version` at byte 0, and the same bytes every time.
pub fn multipart(parts: &[RenderedPart]) -> Vec<u8> {
    let bodies: Vec<(&'static str, Vec<u8>)> =
        parts.iter().map(|part| encode(&part.body)).collect();
    let boundary = boundary(parts, &bodies);
    let children = parts.iter().zip(&bodies).map(|(part, (encoding, body))| {
        // Bytes under a `text/` type would be taken for text and wrapped again, but for the encoding named.
        MimePart::raw(body.as_slice())
            .header("Content-Type", Raw::new(part.content_type.as_str()))
            .transfer_encoding(*encoding)
    });
    let message = MimePart::raw(children.collect::<Vec<_>>())
        .header("MIME-Version", Raw::new("1.0"))
        .header(
            "Content-Type",
            ContentType::new("multipart/mixed").attribute("boundary", boundary),
        );
    let mut out = Vec::new();
    message.write_part(&mut out);
    unix_line_ends(&out)
}

/// The bytes that a part's body takes in the document.
pub(super) fn packed_len(part: &RenderedPart) -> usize {
    encode(&part.body).1.len()
}

/// The transfer encoding of a body, and the body in it.
///
/// Lines may be longer than the 998 characters of RFC 5322: a NodeConfig has the cluster's CA on one line,
/// no mail relay is on the way, and both readers take them. base64 would cost a third of the 16 KiB, hide
/// the NodeConfig from whoever looks at the launch template, and in merged mode rest on EKS's own parser.
pub(super) fn encode(body: &[u8]) -> (&'static str, Vec<u8>) {
    let plain = |byte: &u8| matches!(byte, b'\n' | b'\t' | b' '..=b'~');
    if body.iter().all(plain) {
        return ("7bit", body.to_vec());
    }
    let text = STANDARD.encode(body);
    let mut lines = Vec::with_capacity(text.len() + text.len() / BASE64_LINE + 1);
    for line in text.as_bytes().chunks(BASE64_LINE) {
        lines.extend_from_slice(line);
        lines.push(b'\n');
    }
    ("base64", lines)
}

/// A boundary made from the content, which no body contains.
fn boundary(parts: &[RenderedPart], bodies: &[(&'static str, Vec<u8>)]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        for field in [part.content_type.as_bytes(), &part.body] {
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field);
        }
    }
    let seed = digest.finalize();
    let mut attempt: u64 = 0;
    loop {
        let hash = Sha256::new()
            .chain_update(seed)
            .chain_update(attempt.to_be_bytes())
            .finalize();
        let hex: String = hash
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let candidate = format!("nodemint-{hex}");
        let free = |body: &[u8]| {
            !body
                .windows(candidate.len())
                .any(|window| window == candidate.as_bytes())
        };
        if bodies.iter().all(|(_, body)| free(body)) {
            return candidate;
        }
        attempt += 1;
    }
}

fn unix_line_ends(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            out.push(*byte);
        }
    }
    out
}
