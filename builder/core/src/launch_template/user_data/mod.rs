//! Reads user data that exists: ours, or whatever somebody put into a launch template or a file.
//!
//! It is more tolerant than any of the readers on a node, because it is asked where a node does not join: no
//! blank line between a part's headers and its body (EKS writes that), CRLF, missing MIME-Version, unquoted
//! boundaries, nested multiparts, gzip, base64 over base64. It never fails; what cannot be taken apart is one
//! part. What a reader on the node would make of it otherwise is told beside it, as [`Oddity`].

mod layers;
mod mime;
mod oddity;
mod sniff;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::layers::{gunzip, whole_base64};
use self::sniff::of_document;
use super::UserDataBlob;
use crate::gzip::{NotUnpacked, is_gzip};

pub use oddity::{Oddity, OddityKind};

#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    pub form: Form,
    /// The raw bytes, after the launch template's base64: what EC2 counts.
    pub bytes: Vec<u8>,
    /// What was taken off these bytes to find the document, from the outside in.
    pub layers: Vec<Layer>,
    /// In the document's order, nested ones in place.
    pub parts: Vec<DecodedPart>,
    /// What the readers on a node trip over, or read otherwise.
    pub oddities: Vec<Oddity>,
}

/// What the document is, inside of its layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Multipart,
    /// One document: a script, a cloud-config, TOML…
    Plain,
    /// In gzip, and it cannot be unpacked.
    Gzip,
    /// The text in the launch template is not base64 at all.
    NotBase64,
}

/// What lies around a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Base64,
    Gzip,
}

#[derive(Clone, PartialEq, Eq)]
pub struct DecodedPart {
    /// As declared, or found by its beginning if nothing declares it; in lower case and without parameters.
    pub content_type: String,
    /// After the transfer encoding is undone, and gzip where its reader undoes it.
    pub body: Vec<u8>,
    pub wrapping: Wrapping,
}

/// How a part stands in its document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrapping {
    /// `Content-Transfer-Encoding`, in lower case.
    pub encoding: Option<String>,
    /// From `Content-Disposition`, or the `name` of `Content-Type`.
    pub file_name: Option<String>,
    /// What cloud-init takes the part for where it does not go by the declared type.
    pub taken_for: Option<&'static str>,
    /// Bytes that its body takes in the document.
    pub packed: usize,
    /// Whether the part by itself is in gzip.
    pub gzip: bool,
    /// Multiparts around it; 0 for a document without headers.
    pub depth: usize,
}

impl DecodedPart {
    /// The type that it is handled as.
    pub fn effective_type(&self) -> &str {
        self.wrapping.taken_for.unwrap_or(&self.content_type)
    }
}

// User data can hold secrets: Debug shows sizes, never content.
impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Decoded({:?}, {:?}, {} bytes, {:?})",
            self.form,
            self.layers,
            self.bytes.len(),
            self.parts
        )
    }
}

impl fmt::Debug for DecodedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DecodedPart({}, {} bytes)",
            self.content_type,
            self.body.len()
        )
    }
}

/// Takes user data of a launch template apart.
pub fn decode(blob: &UserDataBlob) -> Decoded {
    let text: String = blob.0.split_ascii_whitespace().collect();
    match STANDARD.decode(text) {
        Ok(bytes) => decode_bytes(bytes),
        Err(_) => {
            let bytes = blob.0.clone().into_bytes();
            let parts = vec![plain(&bytes)];
            Decoded {
                form: Form::NotBase64,
                bytes,
                layers: Vec::new(),
                parts,
                oddities: vec![Oddity::whole(OddityKind::NotBase64)],
            }
        }
    }
}

/// Takes a file apart: raw user data, or what a launch template holds of it, its base64.
pub fn decode_file(bytes: &[u8]) -> Decoded {
    match whole_base64(bytes) {
        Some(raw) => decode_bytes(raw),
        None => decode_bytes(bytes.to_vec()),
    }
}

fn decode_bytes(bytes: Vec<u8>) -> Decoded {
    let mut oddities = Vec::new();
    let (layers, document, unreadable) = unwrap_layers(&bytes, &mut oddities);
    let (form, parts) = match unreadable {
        true => (Form::Gzip, vec![unread_gzip(&document)]),
        false => read_document(&document, &mut oddities),
    };
    Decoded {
        form,
        bytes,
        layers,
        parts,
        oddities,
    }
}

/// Takes base64 and gzip off. nodeadm does the same once each, in this order; cloud-init takes gzip off alone.
fn unwrap_layers(bytes: &[u8], oddities: &mut Vec<Oddity>) -> (Vec<Layer>, Vec<u8>, bool) {
    /// Nobody packs deeper by mistake, and a file that holds itself must end.
    const MOST: usize = 3;
    let mut layers = Vec::new();
    let mut document = bytes.to_vec();
    while layers.len() < MOST {
        if is_gzip(&document) {
            match gunzip(&document) {
                Ok(unpacked) => document = unpacked,
                Err(why) => {
                    oddities.push(Oddity::whole(not_unpacked(why)));
                    return (layers, document, true);
                }
            }
            layers.push(Layer::Gzip);
        } else if let Some(raw) = whole_base64(&document) {
            document = raw;
            layers.push(Layer::Base64);
        } else {
            break;
        }
    }
    if layers.contains(&Layer::Base64) {
        oddities.push(Oddity::whole(OddityKind::Base64Twice));
    }
    if layers.iter().filter(|one| **one == Layer::Gzip).count() > 1 {
        oddities.push(Oddity::whole(OddityKind::GzipTwice));
    }
    (layers, document, false)
}

fn not_unpacked(why: NotUnpacked) -> OddityKind {
    match why {
        NotUnpacked::Broken => OddityKind::BrokenGzip,
        NotUnpacked::TooMuch => OddityKind::UnpacksTooLarge,
    }
}

fn unread_gzip(document: &[u8]) -> DecodedPart {
    DecodedPart {
        content_type: "application/gzip".to_owned(),
        body: document.to_vec(),
        wrapping: Wrapping {
            packed: document.len(),
            ..Wrapping::default()
        },
    }
}

fn read_document(document: &[u8], oddities: &mut Vec<Oddity>) -> (Form, Vec<DecodedPart>) {
    if let Some(parts) = mime::read(document, oddities) {
        return (Form::Multipart, parts);
    }
    let parts = match document {
        [] => Vec::new(),
        _ => vec![plain(document)],
    };
    (Form::Plain, parts)
}

/// A document without headers.
fn plain(body: &[u8]) -> DecodedPart {
    DecodedPart {
        content_type: of_document(body).to_owned(),
        body: body.to_vec(),
        wrapping: Wrapping {
            packed: body.len(),
            ..Wrapping::default()
        },
    }
}

#[cfg(test)]
mod tests;
