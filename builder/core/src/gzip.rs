//! gzip, the same bytes everywhere and never more out than was asked for.

use std::io::{Read as _, Write as _};

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

/// Why something cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotUnpacked {
    /// It is cut short, or no gzip behind its first bytes.
    Broken,
    /// It would give more bytes than the limit.
    TooMuch,
}

/// gzip by its first bytes, as cloud-init, nodeadm and Bottlerocket tell it.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Packs without time, name or system in the header, so that the same bytes go in and out on any day.
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    /// Of RFC 1952: the system is not known.
    const UNKNOWN_SYSTEM: u8 = 255;
    let builder = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let mut encoder = builder.write(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// Unpacks to at most `limit` bytes: a few hundred of gzip can stand for gigabytes.
pub(crate) fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>, NotUnpacked> {
    let mut out = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(limit as u64 + 1);
    reader
        .read_to_end(&mut out)
        .map_err(|_| NotUnpacked::Broken)?;
    match out.len() > limit {
        true => Err(NotUnpacked::TooMuch),
        false => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_header_tells_nothing_of_where_or_when() {
        let packed = pack(b"#!/bin/bash\n");
        // ID, deflate, no flags, no time, best compression, no system.
        assert_eq!(packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = pack(&vec![0; 4 << 20]);
        assert!(bomb.len() < 8192);
        assert_eq!(unpack(&bomb, 1 << 20), Err(NotUnpacked::TooMuch));
        assert_eq!(unpack(&bomb, 4 << 20).map(|out| out.len()), Ok(4 << 20));
        assert_eq!(unpack(&bomb[..100], 1 << 20), Err(NotUnpacked::Broken));
        assert_eq!(unpack(&[0x1f, 0x8b], 10), Err(NotUnpacked::Broken));
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let packed = pack(&bytes);
            prop_assert!(is_gzip(&packed));
            prop_assert_eq!(&packed, &pack(&bytes));
            prop_assert_eq!(unpack(&packed, bytes.len()), Ok(bytes));
        }
    }
}
