//! What a node's own software makes of the user data that it boots with: whether the node can join its
//! cluster at all. Only clear cases are told: whatever cannot be read here may join.
//!
//! One reader a file: nodeadm (AL2023), cloud-init and the `bootstrap.sh` that it runs (AL2, Ubuntu),
//! Bottlerocket, Windows. An image that is nobody's known one is judged by what its user data looks like.

mod bootstrap_sh;
mod bottlerocket;
mod cloud_init;
pub(crate) mod mime;
mod nodeadm;
mod windows;

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use crate::world::{Cluster, Image};

/// Why a node never joins. Never a word of the user data: it may hold secrets.
pub(crate) type Why = &'static str;

/// More than any user data of 16 KiB can sensibly unpack to.
const MAX_UNPACKED: u64 = 16 << 20;

/// Who reads the user data of an image.
enum Reader {
    Nodeadm,
    CloudInit,
    Bottlerocket,
    Windows,
    /// an image of somebody's own, or a copy under another name
    Unknown,
}

/// By the names of the images that are public.
fn reader(image: &Image) -> Reader {
    let named = |head: &str| image.name.starts_with(head);
    if image.platform.is_some() {
        Reader::Windows
    } else if named("bottlerocket-") {
        Reader::Bottlerocket
    } else if named("amazon-eks-node-al2023-") {
        Reader::Nodeadm
    } else if named("amazon-eks-") || named("ubuntu-eks") {
        Reader::CloudInit
    } else {
        Reader::Unknown
    }
}

/// Why nodes of this image with this user data, as a launch template holds it, certainly never join the
/// cluster.
pub(crate) fn never_joins(image: &Image, cluster: &Cluster, base64: &str) -> Option<Why> {
    let raw = STANDARD.decode(base64).ok()?;
    let reader = reader(image);
    // That Windows unpacks nothing is inferred: EC2Launch looks for its tags in what it was given.
    if matches!(reader, Reader::Windows) {
        return windows::never_joins(&raw, cluster);
    }
    let Some(bytes) = unpacked(&raw) else {
        return Some("the user data cannot be unpacked");
    };
    match reader {
        Reader::Bottlerocket => bottlerocket::never_joins(&bytes, cluster),
        Reader::Nodeadm => al2023(&bytes, cluster),
        Reader::CloudInit => cloud_init::never_joins(&cloud_init::pieces(&bytes), cluster),
        Reader::Windows | Reader::Unknown => unknown(&bytes, cluster),
    }
}

/// nodeadm reads the user data itself; a script may bring it the rest (drop-ins in `/etc/eks/nodeadm.d`), or
/// run it on another file. `bootstrap.sh` does nothing there but say so.
fn al2023(bytes: &[u8], cluster: &Cluster) -> Option<Why> {
    let why = nodeadm::never_joins(bytes, cluster)?;
    // a cloud-config may write files in base64, which it calls b64
    let helps = |piece: &cloud_init::Piece| {
        piece.may_mention(&["nodeadm", "base64"])
            || (piece.is_cloud_config() && piece.may_mention(&["b64"]))
    };
    (!cloud_init::pieces(bytes).iter().any(helps)).then_some(why)
}

/// What user data of an own image looks like says who is to read it.
fn unknown(bytes: &[u8], cluster: &Cluster) -> Option<Why> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.trim().is_empty() {
        return Some("there is no user data");
    }
    if bottlerocket::looks_like(text) {
        return bottlerocket::never_joins(bytes, cluster);
    }
    let pieces = cloud_init::pieces(bytes);
    if pieces.iter().any(cloud_init::Piece::is_unknown) {
        return None;
    }
    let of_scripts = cloud_init::never_joins(&pieces, cluster)?;
    if pieces.iter().any(cloud_init::Piece::is_node_config) {
        return nodeadm::never_joins(bytes, cluster);
    }
    Some(of_scripts)
}

/// The bytes, unpacked if they are gzip; none if that fails.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(bytes.to_vec());
    }
    let mut plain = Vec::new();
    let unpacking = GzDecoder::new(bytes)
        .take(MAX_UNPACKED)
        .read_to_end(&mut plain);
    unpacking.ok().map(|_| plain)
}

/// Whether a value that user data gives is what the cluster has.
type IsOurs<'c> = &'c dyn Fn(&str) -> bool;

/// Whether an address that user data gives is the cluster's own.
fn is_endpoint(given: &str, cluster: &Cluster) -> bool {
    given
        .trim_end_matches('/')
        .eq_ignore_ascii_case(cluster.endpoint.trim_end_matches('/'))
}

/// Whether a certificate authority, in base64, is the cluster's own.
fn is_authority(given: &str, cluster: &Cluster) -> bool {
    let packed = |text: &str| -> String { text.split_whitespace().collect() };
    packed(given) == packed(&cluster.certificate_authority)
}

#[cfg(test)]
mod tests;
