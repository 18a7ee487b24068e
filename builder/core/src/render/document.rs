//! The user data as it goes out: its parts in one document, gzipped where that is asked for and legal, and
//! within EC2's limit.

use super::lints::{self, Warnings};
use super::{Boot, Problems, USER_DATA_LIMIT, mime, verbatim};
use crate::desired::{RenderedPart, RenderedUserData};
use crate::family::{check_gzip, family, refusals};
use crate::gzip::pack;
use crate::spec::Compress;

/// The user data of a launch template for one of its clusters; none if there are problems.
pub fn user_data(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedUserData> {
    render(boot, problems, &mut Warnings::default())
}

/// The same, with what lints found that is no error.
pub(super) fn render(
    boot: &Boot<'_>,
    problems: &mut Problems,
    warnings: &mut Warnings,
) -> Option<RenderedUserData> {
    if let Some(file) = &boot.template.user_data.verbatim {
        return verbatim::render(boot, file, problems, warnings);
    }
    let before = problems.len();
    let family = family(boot.template.family);
    let compress = boot.template.user_data.compress;
    let gzip = check_gzip(family, boot.template.pinned_by);
    if let (Err((message, hint)), Compress::Auto | Compress::Always) = (gzip, compress) {
        problems.spec(boot.path("compress"), message, hint);
    }
    let template = boot.template;
    for (field, refusal) in refusals(family, template.pinned_by, &template.user_data) {
        problems.spec(boot.path(&field), refusal.message, refusal.hint);
    }
    refuse_foreign_parts(boot, problems);
    let mut parts = family.pre_bootstrap(boot, problems);
    parts.extend(family.parts(boot, problems));
    lints::check(boot, &parts, problems, warnings);
    if problems.len() > before {
        return None;
    }
    if parts.is_empty() {
        return Some(RenderedUserData {
            bytes: Vec::new(),
            compressed: false,
            parts,
        });
    }
    let plain = family.document(&parts);
    let compressed = match compress {
        Compress::Never => false,
        Compress::Auto => plain.len() > USER_DATA_LIMIT,
        Compress::Always => true,
    };
    let bytes = if compressed {
        pack(&plain)
    } else {
        plain.clone()
    };
    if bytes.len() > USER_DATA_LIMIT {
        let size = Size {
            parts: &parts,
            plain: &plain,
            legal: gzip.is_ok(),
            compressed,
        };
        let (message, hint) = size.too_long(&boot.cluster.name, bytes.len());
        problems.spec(
            format!("launchTemplates[{}].userData", boot.index),
            message,
            hint,
        );
        return None;
    }
    lints::check_room(boot, bytes.len(), problems, warnings);
    Some(RenderedUserData {
        bytes,
        compressed,
        parts,
    })
}

/// Parts of types that nothing on a node of the family reads.
fn refuse_foreign_parts(boot: &Boot<'_>, problems: &mut Problems) {
    let types = family(boot.template.family).part_types();
    for (index, part) in boot.template.user_data.parts.iter().enumerate() {
        let kind = part.content_type.trim().to_ascii_lowercase();
        // What is no type at all is told by itself.
        let known = kind.contains('/')
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b';')
            && !(kind.starts_with("multipart/") && types.contains(&"multipart/mixed"));
        if known && !types.contains(&kind.as_str()) {
            problems.spec(
                boot.path(&format!("parts[{index}]")),
                format!(
                    "{:?} reads no parts of the type {kind}",
                    boot.template.family
                ),
                format!("take it out, or make it one of {}", types.join(", ")),
            );
        }
    }
}

/// What the bytes of a document are, for somebody who has to make it shorter.
struct Size<'a> {
    parts: &'a [RenderedPart],
    plain: &'a [u8],
    /// Whether what reads it could unpack it.
    legal: bool,
    compressed: bool,
}

impl Size<'_> {
    fn too_long(&self, cluster: &str, total: usize) -> (String, String) {
        let how = if self.compressed { " in gzip" } else { "" };
        let mut text = format!(
            "the user data for cluster {cluster} has {total} bytes{how}, and EC2 takes {USER_DATA_LIMIT}:"
        );
        let is_mime = self.plain.starts_with(b"MIME-Version");
        let mut rest = self.plain.len();
        for part in self.parts {
            let bytes = match is_mime {
                true => mime::packed_len(part),
                false => part.body.len(),
            };
            rest = rest.saturating_sub(bytes);
            text.push_str(&format!("\n  {bytes:>7}  {}", part.origin));
        }
        text.push_str(&format!("\n  {rest:>7}  headers and boundaries"));
        let packed = match self.compressed {
            true => total,
            false => pack(self.plain).len(),
        };
        text.push_str(&format!("\n  {packed:>7}  all of it in gzip"));
        let hint = if self.legal && !self.compressed && packed <= USER_DATA_LIMIT {
            "set `compress: auto`, or move what is long to S3 or into the image"
        } else {
            "move what is long to S3 or into the image, and fetch it from a short script"
        };
        (text, hint.to_owned())
    }
}
