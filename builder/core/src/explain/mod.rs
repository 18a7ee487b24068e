//! What a node makes of user data, ours or not: its parts, what runs each of them and when, and what is wrong.
//!
//! Nothing here fails: this is what a person asks about a node that does not join. What is not documented,
//! but follows from a program's source or from reports, is marked as inferred. Content never shows; names of
//! settings do.

mod boot;
mod keys;
mod notes;
mod reader;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::launch_template::{Decoded, Form, Layer};
use crate::lint::{Lint, Part, Reader, Setting, lint};
use crate::render::USER_DATA_LIMIT;
use crate::spec::KubernetesVersion;

pub use boot::Step;
pub use keys::SettingKey;
pub use notes::{Note, Weight};

/// What is known about user data beside itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    /// None: it is told by the parts.
    pub reader: Option<Reader>,
    /// Whether EKS merges its own part in: there is no image in the launch template.
    pub merged: bool,
    pub kubernetes: Option<KubernetesVersion>,
}

/// User data, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    pub reader: Reader,
    /// Why this reader, if nobody said which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inferred: Option<String>,
    pub merged: bool,
    /// `MIME multipart`, `shell script`…
    pub form: &'static str,
    /// What lies around the document, from the outside in: `base64`, `gzip`.
    pub packed_in: Vec<&'static str>,
    /// What EC2 counts.
    pub bytes: usize,
    /// What EC2 takes.
    pub limit: usize,
    pub parts: Vec<ExplainedPart>,
    /// The order in which a node goes through them.
    pub boot: Vec<Step>,
    pub notes: Vec<Note>,
    pub lints: Vec<Lint>,
    /// What the settings documents say together, by name; values are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedPart {
    /// As declared.
    pub content_type: String,
    /// What cloud-init takes it for, if that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_for: Option<&'static str>,
    /// Its transfer encoding; `gzip` behind it, if the part is packed by itself.
    pub encoding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Unpacked.
    pub bytes: usize,
    /// In the document.
    pub packed_bytes: usize,
    /// The numbers of the steps in `boot` that it is read in, from 1; none: nothing reads it.
    pub steps: Vec<usize>,
}

impl Explained {
    /// Whether something is wrong that keeps a node from doing what the user data says.
    pub fn has_errors(&self) -> bool {
        let lints = self.lints.iter();
        let mut lints = lints.filter(|lint| lint.severity == crate::lint::Severity::Error);
        let mut notes = self.notes.iter();
        lints.next().is_some() || notes.any(|note| note.weight == Weight::Error)
    }
}

/// Explains user data that was taken apart.
pub fn explain(decoded: &Decoded, subject: &Subject) -> Explained {
    let (reader, inferred) = reader::reader(decoded, subject);
    let setting = Setting {
        reader,
        merged: subject.merged,
        kubernetes: subject.kubernetes,
    };
    let boot = boot::steps(decoded, &setting);
    let lints = lint(&setting, &parts_to_lint(decoded));
    Explained {
        reader,
        inferred,
        merged: subject.merged,
        form: form(decoded),
        packed_in: decoded.layers.iter().map(|layer| name(*layer)).collect(),
        bytes: decoded.bytes.len(),
        limit: USER_DATA_LIMIT,
        parts: parts(decoded, &boot),
        notes: notes::notes(decoded, &setting, &boot, &lints),
        boot,
        lints,
        settings: keys::settings(decoded, reader),
    }
}

fn parts_to_lint(decoded: &Decoded) -> Vec<Part<'_>> {
    // RFC 2045, 6.1: a part that names no encoding has this.
    let unnamed = (decoded.form == Form::Multipart).then_some("7bit");
    let parts = decoded.parts.iter().map(|part| Part {
        content_type: part.effective_type(),
        body: &part.body,
        encoding: part.wrapping.encoding.as_deref().or(unnamed),
    });
    parts.collect()
}

fn parts(decoded: &Decoded, boot: &[Step]) -> Vec<ExplainedPart> {
    let parts = decoded.parts.iter().enumerate().map(|(index, part)| {
        let steps = boot.iter().enumerate();
        let steps = steps.filter(|(_, step)| step.parts.contains(&index));
        let encoding = part.wrapping.encoding.as_deref().unwrap_or("none");
        ExplainedPart {
            content_type: part.content_type.clone(),
            taken_for: part.wrapping.taken_for,
            encoding: match part.wrapping.gzip {
                true => format!("{encoding}, gzip"),
                false => encoding.to_owned(),
            },
            file_name: part.wrapping.file_name.clone(),
            bytes: part.body.len(),
            packed_bytes: part.wrapping.packed,
            steps: steps.map(|(at, _)| at + 1).collect(),
        }
    });
    parts.collect()
}

fn name(layer: Layer) -> &'static str {
    match layer {
        Layer::Base64 => "base64",
        Layer::Gzip => "gzip",
    }
}

fn form(decoded: &Decoded) -> &'static str {
    let only = decoded.parts.first().map(|part| part.effective_type());
    match (decoded.form, only) {
        (Form::Multipart, _) => "MIME multipart",
        (Form::Gzip, _) => "gzip that cannot be unpacked",
        (Form::NotBase64, _) => "text that is not base64",
        (Form::Plain, None) => "empty",
        (Form::Plain, Some("text/x-shellscript")) => "shell script",
        (Form::Plain, Some("text/cloud-config")) => "cloud-config",
        (Form::Plain, Some("text/cloud-boothook")) => "boothook",
        (Form::Plain, Some("text/x-powershell")) => "EC2Launch script",
        (Form::Plain, Some("application/toml")) => "Bottlerocket settings",
        (Form::Plain, Some("application/node.eks.aws")) => "NodeConfig",
        (Form::Plain, Some("text/plain")) => "text of no known kind",
        (Form::Plain, Some(_)) => "document for cloud-init",
    }
}
