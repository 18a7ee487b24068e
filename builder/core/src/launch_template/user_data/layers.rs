//! What lies around a document: base64 and gzip, of the whole or of one part.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::gzip::{self, NotUnpacked, is_gzip};

/// User data that unpacks to more than this is not unpacked: EC2 takes 16 KiB, and a thousandfold is possible.
pub(super) const UNPACKED_LIMIT: usize = 1 << 20;

/// As Python's email and Go's encoding/base64 read it, with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The content of a gzip file; no more than [`UNPACKED_LIMIT`] is ever unpacked.
pub(super) fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, NotUnpacked> {
    gzip::unpack(bytes, UNPACKED_LIMIT)
}

/// base64 with line breaks and blanks anywhere; none if there is anything else in it.
pub(super) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    LENIENT.decode(text).ok()
}

/// A document that is base64 as a whole, decoded. Words are base64 too, so what comes out must look like
/// user data: gzip, or text.
pub(super) fn whole_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    const SHORTEST: usize = 16;
    let text = bytes.trim_ascii();
    let one_word = !text.iter().any(|byte| matches!(byte, b' ' | b'\t'));
    if text.len() < SHORTEST || !one_word {
        return None;
    }
    let decoded = from_base64(text)?;
    let plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..);
    let text = std::str::from_utf8(&decoded).is_ok() && decoded.iter().all(plain);
    (is_gzip(&decoded) || text).then_some(decoded)
}

/// Quoted-printable (RFC 2045, 6.7), as tolerant as Python's reader: what is no escape stays. Line ends stay
/// as they are, because a script's matter.
pub(super) fn from_quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let end = line.get(content.len()..).unwrap_or_default();
        let content = content.trim_ascii_end();
        let soft = content.strip_suffix(b"=");
        unescape(soft.unwrap_or(content), &mut out);
        if soft.is_none() {
            out.extend_from_slice(end);
        }
    }
    out
}

fn unescape(mut rest: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let escaped = match (first, tail) {
            (b'=', [high, low, after @ ..]) => {
                let value = digit(*high).zip(digit(*low));
                value.map(|(high, low)| (high << 4 | low, after))
            }
            _ => None,
        };
        match escaped {
            Some((byte, after)) => {
                out.push(byte);
                rest = after;
            }
            None => out.push(*first),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::gzip::pack;

    #[test]
    fn gzip_is_unpacked_up_to_a_limit() {
        assert_eq!(gunzip(&pack(b"abc")), Ok(b"abc".to_vec()));
        let two = [pack(b"a"), pack(b"b")].concat();
        assert_eq!(gunzip(&two), Ok(b"ab".to_vec()));
        assert_eq!(
            gunzip(&pack(&vec![0; UNPACKED_LIMIT])).map(|out| out.len()),
            Ok(UNPACKED_LIMIT)
        );
        let bomb = pack(&vec![0; 16 * UNPACKED_LIMIT]);
        assert_eq!(gunzip(&bomb), Err(NotUnpacked::TooMuch));
        assert_eq!(gunzip(&[0x1f, 0x8b, 8]), Err(NotUnpacked::Broken));
        let cut = pack(b"abcdefgh");
        let cut = cut.get(..cut.len() - 6).unwrap_or_default();
        assert_eq!(gunzip(cut), Err(NotUnpacked::Broken));
    }

    #[test]
    fn quoted_printable_keeps_line_ends() {
        let rows: &[(&[u8], &[u8])] = &[
            (b"#!/bin/sh\nls\n", b"#!/bin/sh\nls\n"),
            (b"a=3Db=\n c\r\nd", b"a=b c\r\nd"),
            (b"caf=C3=A9  \n", "café\n".as_bytes()),
            (b"=zz=3=", b"=zz=3"),
            (b"\xff=\n=0A", b"\xff\n"),
            (b"", b""),
        ];
        for (text, wanted) in rows {
            assert_eq!(from_quoted_printable(text), *wanted, "{text:?}");
        }
    }

    #[test]
    fn whole_base64_is_told_from_words() {
        let encoded = |bytes: &[u8]| STANDARD.encode(bytes).into_bytes();
        let script = b"#!/bin/bash\necho hello\n";
        assert_eq!(whole_base64(&encoded(script)).as_deref(), Some(&script[..]));
        let mut wrapped = encoded(script);
        wrapped.insert(20, b'\n');
        wrapped.push(b'\n');
        assert_eq!(whole_base64(&wrapped).as_deref(), Some(&script[..]));
        assert!(whole_base64(&encoded(&pack(script))).is_some());
        for other in [
            &b"hello"[..],
            b"abcdefghijklmnop",
            b"a b",
            b"#!/bin/sh\n",
            b"",
        ] {
            assert_eq!(whole_base64(other), None, "{other:?}");
        }
    }
}
