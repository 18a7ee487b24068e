//! VersionDescription: what a launch-template version says of itself, for people and for `history`.
//!
//! `nodemint v1:sha256:<64 hex digits> fleet=<name>[ origin=<where it was made from>]`. It is a label and
//! no proof: whether a version has some content is decided by its data alone.

use crate::desired::ContentHash;

/// EC2's limit for VersionDescription, in characters (CreateLaunchTemplateVersion).
pub const DESCRIPTION_LIMIT: usize = 255;

/// What a description that we wrote says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub hash: ContentHash,
    pub fleet: String,
    pub origin: Option<String>,
}

/// The description of a version; never longer than [`DESCRIPTION_LIMIT`], cut in the origin first.
pub fn version_description(hash: &ContentHash, fleet: &str, origin: Option<&str>) -> String {
    let mut text = format!("nodemint {hash} fleet=");
    push_word(&mut text, fleet);
    if let Some(origin) = origin.filter(|origin| !origin.is_empty()) {
        let label = " origin=";
        if text.len() + label.len() < DESCRIPTION_LIMIT {
            text.push_str(label);
            push_word(&mut text, origin);
        }
    }
    text
}

/// Reads a description that [`version_description`] wrote; `None` for anybody else's.
pub fn read_description(text: &str) -> Option<Described> {
    let mut words = text.split(' ');
    if words.next()? != "nodemint" {
        return None;
    }
    let hash = words.next().filter(|word| is_hash(word))?;
    let fleet = words.next()?.strip_prefix("fleet=")?;
    let origin = words.find_map(|word| word.strip_prefix("origin="));
    Some(Described {
        hash: ContentHash(hash.to_owned()),
        fleet: decode_word(fleet),
        origin: origin.map(decode_word),
    })
}

fn is_hash(word: &str) -> bool {
    let mut fields = word.split(':');
    let rule = fields.next().and_then(|rule| rule.strip_prefix('v'));
    let numbered =
        rule.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let sha256 = fields.next() == Some("sha256");
    let hex = fields
        .next()
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    numbered && sha256 && hex && fields.next().is_none()
}

/// Appends `word` as far as it fits, with every byte that is no visible ASCII character as `%XX`.
fn push_word(text: &mut String, word: &str) {
    for character in word.chars() {
        let encoded = encode(character);
        if text.len() + encoded.len() > DESCRIPTION_LIMIT {
            return;
        }
        text.push_str(&encoded);
    }
}

fn encode(character: char) -> String {
    if character.is_ascii_graphic() && character != '%' {
        return character.to_string();
    }
    let mut buffer = [0; 4];
    character
        .encode_utf8(&mut buffer)
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect()
}

fn decode_word(word: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = (first == b'%').then(|| tail.get(..2)).flatten();
        let code = code.and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
