//! What is wrong with a document as such, and what each reader makes of it: what lints of single parts cannot see.
//!
//! cloud-init's behaviour was probed by running its code; nodeadm's follows from Go's own `mime/multipart` and
//! `net/mail`, and EKS's from its error texts and reports. What was not seen is said to be inferred.

use std::collections::BTreeMap;

use serde::Serialize;

use super::boot::{Step, cloud_init_reads, node_configs, script_name};
use crate::launch_template::{Decoded, Form, Layer, Oddity, OddityKind as Odd};
use crate::lint::{Lint, Reader, Rule, Setting};
use crate::render::{NODE_CONFIG, USER_DATA_LIMIT};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A node does not do what the user data says.
    Error,
    Warning,
    /// Worth knowing.
    Note,
}

/// Something about user data, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub weight: Weight,
    /// The index of the part; none if it is about the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<usize>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
}

type Told = (Weight, &'static str, &'static str);

/// Errors first, then by part.
pub(super) fn notes(
    decoded: &Decoded,
    setting: &Setting,
    boot: &[Step],
    lints: &[Lint],
) -> Vec<Note> {
    let mut notes = Vec::new();
    let told = |rule: Rule| lints.iter().any(|lint| lint.rule == rule);
    for Oddity { part, kind } in &decoded.oddities {
        let declared = part.and_then(|index| decoded.parts.get(index));
        let node_config = declared.is_some_and(|part| part.content_type == NODE_CONFIG);
        if let Some(told) = odd(*kind, setting.reader, node_config) {
            notes.push(note(*part, told));
        }
    }
    if !told(Rule::WrongForm) {
        notes.extend(form(decoded, setting).map(|told| note(None, told)));
    }
    notes.extend(packing(decoded, setting).map(|told| note(None, told)));
    if decoded.bytes.len() > USER_DATA_LIMIT && !told(Rule::TooLarge) {
        let told = (
            Weight::Error,
            "more than the 16384 bytes that EC2 takes",
            "move what is long to S3 or into the image, and fetch it from a short script",
        );
        notes.push(note(None, told));
    }
    notes.extend(no_node_config(decoded, setting));
    notes.extend(one_name(decoded, boot));
    notes.extend(unread(decoded, setting.reader, boot));
    notes.sort_by_key(|note| (note.weight, note.part));
    notes.dedup();
    notes
}

fn note(part: Option<usize>, (weight, message, hint): Told) -> Note {
    Note {
        weight,
        part,
        message: message.to_owned(),
        hint: Some(hint).filter(|hint| !hint.is_empty()),
    }
}

/// What a fact about the document means to a reader.
fn odd(kind: Odd, reader: Reader, node_config: bool) -> Option<Told> {
    match kind {
        Odd::NotBase64
        | Odd::Base64Twice
        | Odd::GzipTwice
        | Odd::BrokenGzip
        | Odd::UnpacksTooLarge
        | Odd::TooManyParts => packed(kind, reader),
        Odd::NoMimeVersion
        | Odd::NotAtStart
        | Odd::NoBlankLine
        | Odd::UnquotedBoundary
        | Odd::NoParts
        | Odd::NotClosed
        | Odd::BeforeFirst
        | Odd::BehindLast
        | Odd::NotUtf8 => frame(kind, reader),
        Odd::NoBlankLineInPart
        | Odd::UnknownEncoding
        | Odd::BadEncoding
        | Odd::Nested
        | Odd::PackedUnderOtherType
        | Odd::PartNotUnpacked
        | Odd::TakenForAnotherType => of_part(kind, reader, node_config),
    }
}

fn packed(kind: Odd, reader: Reader) -> Option<Told> {
    let told = match (kind, reader) {
        (Odd::NotBase64, _) => (
            Weight::Error,
            "EC2 wants user data of a launch template in base64, and this is not",
            "encode it: `base64 -w0 FILE`",
        ),
        (Odd::Base64Twice, Reader::Nodeadm) => (
            Weight::Error,
            "it is base64 twice: nodeadm undoes the second, cloud-init does not, and runs nothing",
            "encode it once: Terraform's `user_data` and the AWS CLI's `file://` may encode again",
        ),
        (Odd::Base64Twice, _) => (
            Weight::Error,
            "it is base64 twice, and the node undoes one: it sees no user data that it knows",
            "encode it once: Terraform's `user_data` and the AWS CLI's `file://` may encode again",
        ),
        (Odd::GzipTwice, _) => (
            Weight::Error,
            "it is in gzip twice, and the node undoes one",
            "compress it once",
        ),
        (Odd::BrokenGzip, _) => (
            Weight::Error,
            "the gzip is cut short or damaged: no node can unpack it",
            "compress it anew; text tools change its bytes",
        ),
        (Odd::UnpacksTooLarge, _) => (
            Weight::Error,
            "the gzip unpacks to more than 1 MiB, and was left packed here",
            "move what is long to S3 or into the image",
        ),
        (_, _) => (
            Weight::Warning,
            "it has more than 1000 parts; the rest is not looked at",
            "",
        ),
    };
    Some(told)
}

/// Whether cloud-init's word is all that counts: where it alone reads the parts, or may.
fn frame(kind: Odd, reader: Reader) -> Option<Told> {
    let go = reader == Reader::Nodeadm;
    if matches!(reader, Reader::Bottlerocket | Reader::Windows) {
        return None;
    }
    let told = match kind {
        Odd::NoMimeVersion if go => (
            Weight::Error,
            "no MIME-Version in the first 4096 bytes: cloud-init ignores every part, while nodeadm reads its NodeConfigs",
            "begin with the line `MIME-Version: 1.0`",
        ),
        Odd::NoMimeVersion => (
            Weight::Error,
            "no MIME-Version in the first 4096 bytes: cloud-init ignores every part",
            "begin with the line `MIME-Version: 1.0`",
        ),
        Odd::NotAtStart => (
            Weight::Error,
            "the headers do not begin at the first byte: cloud-init finds no parts",
            "take blank lines and indentation before the headers away",
        ),
        Odd::NoBlankLine if go => (
            Weight::Error,
            "no blank line between the headers and the first boundary: nodeadm ends with `malformed MIME header`, and the node does not join",
            "put a blank line before the first boundary",
        ),
        Odd::NoBlankLine => (
            Weight::Note,
            "no blank line between the headers and the first boundary: cloud-init reads it, readers in Go (nodeadm, Karpenter) do not",
            "put a blank line before the first boundary",
        ),
        Odd::UnquotedBoundary if go => (
            Weight::Error,
            "the boundary needs quotes: Go, and so nodeadm, does not read the Content-Type without them",
            "write it as `boundary=\"…\"`",
        ),
        Odd::UnquotedBoundary => (
            Weight::Note,
            "the boundary needs quotes for readers in Go (nodeadm, Karpenter); cloud-init reads it",
            "write it as `boundary=\"…\"`",
        ),
        Odd::NoParts => (
            Weight::Error,
            "it says that it has parts, and no line is its boundary: nothing is read",
            "a boundary line is `--`, then the boundary exactly as in the Content-Type",
        ),
        Odd::NotClosed if go => (
            Weight::Error,
            "the last boundary line is missing: nodeadm ends with an error (inferred from Go's mime/multipart)",
            "end with `--`, the boundary, and `--`",
        ),
        Odd::NotClosed => (
            Weight::Warning,
            "the last boundary line is missing: it may have been cut short",
            "end with `--`, the boundary, and `--`",
        ),
        Odd::BeforeFirst => (
            Weight::Warning,
            "text before the first boundary line, which nothing reads",
            "put it into a part",
        ),
        Odd::BehindLast => (
            Weight::Warning,
            "text behind the last boundary line, which nothing reads: a script with a line like the boundary ends there",
            "choose a boundary that no part contains",
        ),
        _ => (
            Weight::Error,
            "bytes that are not UTF-8 outside of any encoding: cloud-init fails to decode the document",
            "encode that part in base64",
        ),
    };
    Some(told)
}

fn of_part(kind: Odd, reader: Reader, node_config: bool) -> Option<Told> {
    let go = reader == Reader::Nodeadm;
    let told = match kind {
        Odd::NoBlankLineInPart if go => (
            Weight::Error,
            "no blank line between its headers and its body: nodeadm ends with `malformed MIME header` (inferred from Go's mime/multipart)",
            "put a blank line before the body",
        ),
        Odd::NoBlankLineInPart => (
            Weight::Note,
            "no blank line between its headers and its body, as EKS writes its own part; cloud-init reads it",
            "",
        ),
        Odd::UnknownEncoding => (
            Weight::Warning,
            "its transfer encoding is not undone here: it is shown as it is",
            "use 7bit or base64",
        ),
        Odd::BadEncoding => (
            Weight::Error,
            "it says that it is in base64, and is not",
            "encode it anew, or leave Content-Transfer-Encoding out",
        ),
        Odd::Nested if go && node_config => (
            Weight::Error,
            "it is inside of a multipart within the multipart, where nodeadm does not look",
            "put it into the outer multipart",
        ),
        Odd::PackedUnderOtherType => (
            Weight::Error,
            "it is in gzip under a type that cloud-init does not unpack",
            "give it the type application/gzip, or compress the whole document",
        ),
        Odd::PartNotUnpacked => (
            Weight::Error,
            "its gzip cannot be unpacked",
            "compress it anew",
        ),
        Odd::TakenForAnotherType => (
            Weight::Note,
            "cloud-init goes by its first line, and not by the type that it declares",
            "declare the type that it has",
        ),
        _ => return None,
    };
    Some(told)
}

/// The wrong kind of document for its reader.
fn form(decoded: &Decoded, setting: &Setting) -> Option<Told> {
    let linux = matches!(setting.reader, Reader::CloudInit | Reader::Nodeadm);
    let told = match (setting.reader, decoded.form) {
        (Reader::Bottlerocket, Form::Multipart) => (
            Weight::Error,
            "Bottlerocket reads TOML, and no MIME: the node does not get its settings",
            "leave the multipart away, and write TOML alone",
        ),
        (Reader::Windows, Form::Multipart) => (
            Weight::Error,
            "EC2Launch reads no MIME: nothing of this runs",
            "write one <powershell> block",
        ),
        (_, Form::Plain) if setting.merged && linux && !decoded.parts.is_empty() => (
            Weight::Error,
            "EKS merges MIME multipart alone, and refuses this: `User data was not in the MIME multipart format`",
            "pack it as MIME multipart; `nodemint render` does",
        ),
        _ => return None,
    };
    Some(told)
}

/// gzip where it is not undone.
fn packing(decoded: &Decoded, setting: &Setting) -> Option<Told> {
    if !decoded.layers.contains(&Layer::Gzip) {
        return None;
    }
    match setting.reader {
        _ if setting.merged => Some((
            Weight::Error,
            "EKS does not unpack gzip before it merges: `User data was not in the MIME multipart format`",
            "leave it uncompressed where EKS brings the image",
        )),
        Reader::Windows => Some((
            Weight::Error,
            "EC2Launch is not known to unpack gzip (inferred: its documentation does not mention it)",
            "leave it uncompressed",
        )),
        _ => None,
    }
}

fn no_node_config(decoded: &Decoded, setting: &Setting) -> Option<Note> {
    let readable = matches!(decoded.form, Form::Multipart | Form::Plain);
    let wanted = setting.reader == Reader::Nodeadm && !setting.merged && readable;
    (wanted && node_configs(decoded).is_empty()).then(|| {
        note(
            None,
            (
                Weight::Warning,
                "no part is a NodeConfig: nodeadm ends with `could not find NodeConfig within UserData`, unless the image or a script brings one in /etc/eks/nodeadm.d",
                "add a part of the type application/node.eks.aws, or say --merged if EKS brings the image",
            ),
        )
    })
}

/// Scripts are files in one folder: of two with one name, the last is left; and names order them.
fn one_name(decoded: &Decoded, boot: &[Step]) -> Vec<Note> {
    let mut notes = Vec::new();
    let scripts = boot.iter().filter(|step| step.who.ends_with("final stage"));
    for step in scripts {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut in_order = step.parts.clone();
        in_order.sort_unstable();
        for index in &in_order {
            if let Some(before) = names.insert(script_name(decoded, *index), *index) {
                let told = (
                    Weight::Error,
                    "another script has the same file name, and cloud-init writes that over this one",
                    "give each part a file name of its own, or none",
                );
                notes.push(note(Some(before), told));
            }
        }
        if in_order != step.parts {
            let told = (
                Weight::Warning,
                "cloud-init runs scripts in the order of their file names, which is not the order of these parts",
                "name none of them, or number the names",
            );
            notes.push(note(None, told));
        }
    }
    notes
}

/// Parts that nothing reads.
fn unread(decoded: &Decoded, reader: Reader, boot: &[Step]) -> Vec<Note> {
    // Where a reader does not find any part, that was told.
    let found = match reader {
        Reader::Unknown => false,
        Reader::CloudInit => cloud_init_reads(decoded),
        Reader::Nodeadm => boot.iter().any(|step| step.who == "nodeadm-run"),
        Reader::Bottlerocket | Reader::Windows => decoded.form == Form::Plain,
    };
    if !found {
        return Vec::new();
    }
    let read = |index: &usize| boot.iter().any(|step| step.parts.contains(index));
    let unread = (0..decoded.parts.len()).filter(|index| !read(index));
    let told = (
        Weight::Warning,
        "nothing on the node reads a part of this type",
        "check the type, and what the image is: `--family` says which it is for",
    );
    let by_nodeadm_alone = reader == Reader::Nodeadm && !cloud_init_reads(decoded);
    let unread = unread.filter(|_| !by_nodeadm_alone);
    unread.map(|index| note(Some(index), told)).collect()
}
