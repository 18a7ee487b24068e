//! Launch-template data as EC2 names it (`RequestLaunchTemplateData`), its canonical form and its hash.
//!
//! The types carry everything that EC2 takes: those fields too that EKS refuses in a node group's template, because
//! a version of somebody else's may have them, and is compared, shown and exported like any other. What EC2 gains
//! later is marked as [`Data`] with `unread` fields when it is met, so that such a version never passes for equal.

mod canonical;
mod changes;
mod cluster;
mod compare;
mod data;
mod description;
mod hash;
mod user_data;

pub use canonical::{HASH_TAG, RULE, canonical_json};
pub use changes::{FieldChange, ImageNote, changes};
pub use cluster::cluster_of;
pub use compare::{
    KeyChange, KeyChangeKind, LineChange, PartChange, PartChangeKind, PartNote, UserDataChange,
};
pub use data::*;
pub use description::{DESCRIPTION_LIMIT, Described, read_description, version_description};
pub(crate) use hash::sha256_hex;
pub use hash::{content_hash, same_content, with_hash_tag};
pub use user_data::{
    Decoded, DecodedPart, Form, Layer, Oddity, OddityKind, Wrapping, decode, decode_file,
};

#[cfg(test)]
mod tests;
