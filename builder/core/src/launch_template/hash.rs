//! The content hash of launch-template data, and the tag that carries it to the instances.

use sha2::{Digest, Sha256};

use super::canonical::{HASH_TAG, INSTANCE, RULE, canonical_json};
use super::{Data, Tag, TagSpecification};
use crate::desired::ContentHash;

/// The hash of `data` under the current rule. [`HASH_TAG`] does not count, whatever its value.
pub fn content_hash(data: &Data) -> ContentHash {
    ContentHash(format!(
        "{RULE}:sha256:{}",
        sha256_hex(canonical_json(data).as_bytes())
    ))
}

/// Whether `a` and `b` mean the same; our own tag does not count.
pub fn same_content(a: &Data, b: &Data) -> bool {
    canonical_json(a) == canonical_json(b)
}

/// Computes the hash of `data` and adds it as a tag of the instances.
pub fn with_hash_tag(mut data: Data) -> (Data, ContentHash) {
    let hash = content_hash(&data);
    let tag = Tag {
        key: HASH_TAG.to_owned(),
        value: hash.0.clone(),
    };
    for specification in &mut data.tag_specifications {
        if specification.resource_type == INSTANCE {
            specification.tags.retain(|tag| tag.key != HASH_TAG);
        }
    }
    match data
        .tag_specifications
        .iter_mut()
        .find(|one| one.resource_type == INSTANCE)
    {
        Some(instance) => instance.tags.push(tag),
        None => {
            let instance = TagSpecification {
                resource_type: INSTANCE.to_owned(),
                tags: vec![tag],
            };
            data.tag_specifications.insert(0, instance);
        }
    }
    (data, hash)
}

/// SHA-256 in lower-case hex digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
