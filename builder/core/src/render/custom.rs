//! User data of an image that nothing is known of: what the user brings, and nothing else.
//!
//! One part that is a document by itself goes out as it is; shell and cloud-config parts go out as cloud-init
//! takes them, in MIME multipart. A node without a bootstrap never joins, and nothing says so but its absence.

use super::scripts::check_bytes;
use super::{
    Boot, CLOUD_INIT, NODE_CONFIG, POWERSHELL, Problems, SHELL, TOML, multipart, user_parts,
};
use crate::desired::RenderedPart;

/// The types that a part can have.
pub(crate) const PART_TYPES: [&[&str]; 2] = [CLOUD_INIT, &[NODE_CONFIG, TOML, POWERSHELL]];

/// A document of which only the user knows what it is.
const AS_IT_IS: &str = "application/octet-stream";

/// The parts after the preBootstrap ones.
pub(crate) fn parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let before = problems.len();
    let user_data = &boot.template.user_data;
    let mut parts = user_parts(boot, problems);
    let others = user_data.pre_bootstrap.len() + user_data.parts.len();
    if let Some(file) = &user_data.override_bootstrap {
        let path = boot.path("overrideBootstrap");
        let script = file.content.starts_with(b"#!");
        if check_bytes(&path, &file.content, problems) && !script && others > 0 {
            problems.spec(
                &path,
                format!(
                    "{} is no script, and nothing tells what type it has beside other parts",
                    file.path
                ),
                "give it as one of `parts`, with its type",
            );
        }
        parts.push(RenderedPart {
            origin: "overrideBootstrap".to_owned(),
            content_type: if script { SHELL } else { AS_IT_IS }.to_owned(),
            body: file.content.clone(),
        });
    } else if user_data.parts.is_empty() && !user_data.pre_bootstrap.is_empty() {
        problems.spec(
            boot.path("preBootstrap"),
            "nothing joins the node after these steps: nodemint has no bootstrap for an image of the family Custom",
            "give one by `overrideBootstrap` or `parts`; if the image joins by itself, make the steps parts",
        );
    }
    if problems.len() == before {
        refuse_mixed(boot, &parts, problems);
    }
    parts
}

/// TOML and PowerShell are whole documents: whoever reads them reads no MIME.
fn refuse_mixed(boot: &Boot<'_>, parts: &[RenderedPart], problems: &mut Problems) {
    let steps = boot.template.user_data.pre_bootstrap.len();
    if parts.len() + steps < 2 {
        return;
    }
    let whole = |part: &&RenderedPart| [TOML, POWERSHELL].contains(&part.content_type.as_str());
    for part in parts.iter().filter(whole) {
        problems.spec(
            boot.path(&part.origin),
            format!(
                "a part of the type {} is a document by itself, and there are others beside it",
                part.content_type
            ),
            "make them one file, or use the family that the image is made from",
        );
    }
}

/// One part that is a document goes out as it is; all else as MIME multipart.
pub(crate) fn document(parts: &[RenderedPart]) -> Vec<u8> {
    match parts {
        [one] if one.origin == "overrideBootstrap" => one.body.clone(),
        [one] if [TOML, POWERSHELL].contains(&one.content_type.as_str()) => one.body.clone(),
        parts => multipart(parts),
    }
}
