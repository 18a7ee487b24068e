//! The parts that the user brings: preBootstrap steps, `parts`, and an own bootstrap.
//!
//! A file goes out byte for byte. What cloud-init or the kernel would trip over at boot is refused here:
//! cloud-init says "Exec format error. Missing #! in script?" on the node alone, where nobody looks.

use serde::Serialize;

use super::node_config::check_node_config;
use super::templates::{Format, fill};
use super::{Boot, NODE_CONFIG, Problems, SHELL};
use crate::desired::RenderedPart;
use crate::spec::Script;

const PRE_BOOTSTRAP: &str = include_str!("../../../../userdata/pre-bootstrap.sh.hbs");

#[derive(Serialize)]
struct PreBootstrap<'a> {
    origin: &'a str,
    step: &'a str,
}

/// The preBootstrap steps, in order.
pub(crate) fn pre_bootstrap_parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let steps = boot.template.user_data.pre_bootstrap.iter().enumerate();
    steps
        .filter_map(|(index, step)| pre_bootstrap_part(boot, index, step, problems))
        .collect()
}

fn pre_bootstrap_part(
    boot: &Boot<'_>,
    index: usize,
    step: &Script,
    problems: &mut Problems,
) -> Option<RenderedPart> {
    let origin = format!("preBootstrap[{index}]");
    let path = boot.path(&origin);
    let body = match step {
        Script::File(file) => file.content.clone(),
        // A step that names its interpreter is a script of its own and needs no frame.
        Script::Run(text) if text.starts_with("#!") => text.clone().into_bytes(),
        Script::Run(text) => framed(&origin, &path, text, problems)?,
    };
    let content_type = SHELL.to_owned();
    check_script(&path, &body, problems).then_some(RenderedPart {
        origin,
        content_type,
        body,
    })
}

fn framed(origin: &str, path: &str, text: &str, problems: &mut Problems) -> Option<Vec<u8>> {
    if text.trim().is_empty() {
        problems.spec(
            path,
            "the step is empty",
            "write a command, or take the step out",
        );
        return None;
    }
    let context = PreBootstrap {
        origin,
        step: text.trim_end_matches('\n'),
    };
    match fill(PRE_BOOTSTRAP, Format::Shell, &context) {
        Ok(script) => Some(script.into_bytes()),
        Err(error) => {
            problems.unfilled(path, error);
            None
        }
    }
}

/// The `parts` of the spec, in order.
pub(crate) fn user_parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let mut parts = Vec::new();
    for (index, part) in boot.template.user_data.parts.iter().enumerate() {
        let origin = format!("parts[{index}]");
        let path = boot.path(&origin);
        let content_type = part.content_type.trim().to_ascii_lowercase();
        let fine = check_content_type(&path, &content_type, problems)
            && check_bytes(&path, &part.file.content, problems)
            && check_by_type(boot, &path, &content_type, &part.file.content, problems);
        if fine {
            parts.push(RenderedPart {
                origin,
                content_type,
                body: part.file.content.clone(),
            });
        }
    }
    parts
}

fn check_by_type(
    boot: &Boot<'_>,
    path: &str,
    kind: &str,
    body: &[u8],
    problems: &mut Problems,
) -> bool {
    match kind {
        NODE_CONFIG => check_node_config(boot, path, body, problems),
        _ if kind.starts_with(SHELL) => check_script(path, body, problems),
        _ => true,
    }
}

/// `overrideBootstrap`: its type is told by its content, and must be one that the family can take.
pub(crate) fn override_part(
    boot: &Boot<'_>,
    kinds: &[&str],
    problems: &mut Problems,
) -> Option<RenderedPart> {
    let file = boot.template.user_data.override_bootstrap.as_ref()?;
    let path = boot.path("overrideBootstrap");
    refuse_overridden(boot, problems);
    let kind = if file.content.starts_with(b"#!") {
        SHELL
    } else {
        NODE_CONFIG
    };
    if !kinds.contains(&kind) {
        problems.spec(
            path,
            format!("{} is no script", file.path),
            "begin it with `#!/bin/bash`",
        );
        return None;
    }
    let fine = check_bytes(&path, &file.content, problems)
        && check_by_type(boot, &path, kind, &file.content, problems);
    let (origin, content_type) = ("overrideBootstrap".to_owned(), kind.to_owned());
    fine.then(|| RenderedPart {
        origin,
        content_type,
        body: file.content.clone(),
    })
}

pub(super) fn refuse_overridden(boot: &Boot<'_>, problems: &mut Problems) {
    let node_config = boot
        .template
        .user_data
        .node_config
        .as_ref()
        .map(|_| "nodeConfig");
    for field in boot.kubelet_fields().into_iter().chain(node_config) {
        problems.spec(
            boot.path(field),
            "overrideBootstrap replaces the part that would carry this",
            "write it into the file of overrideBootstrap, or take one of the two out",
        );
    }
}

/// `type/subtype` and nothing else: nodeadm compares the whole type, and the encoding is ours to choose.
fn check_content_type(path: &str, text: &str, problems: &mut Problems) -> bool {
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let simple = text
        .split_once('/')
        .is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    if !simple || text.len() > 60 {
        problems.spec(
            format!("{path}.contentType"),
            format!("{text:?} is no MIME type"),
            "write `type/subtype` without parameters, such as text/x-shellscript",
        );
        return false;
    }
    if text.starts_with("multipart/") {
        problems.spec(
            format!("{path}.contentType"),
            "a multipart document inside of ours",
            "give each of its parts by itself",
        );
        return false;
    }
    true
}

pub(super) fn check_bytes(path: &str, body: &[u8], problems: &mut Problems) -> bool {
    if body.is_empty() {
        problems.spec(
            path,
            "the file is empty",
            "write something into it, or take it out",
        );
        return false;
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        problems.spec(
            path,
            "it begins with a byte order mark, so that nothing recognises its first line",
            "save it as UTF-8 without BOM",
        );
        return false;
    }
    true
}

fn check_script(path: &str, body: &[u8], problems: &mut Problems) -> bool {
    if !check_bytes(path, body, problems) {
        return false;
    }
    if !body.starts_with(b"#!") {
        problems.spec(
            path,
            "the script does not begin with `#!`, so the node could not run it",
            "make `#!/bin/bash` its first line",
        );
        return false;
    }
    if let Some(line) = body
        .split(|byte| *byte == b'\n')
        .position(|line| line.ends_with(b"\r"))
    {
        problems.spec(
            path,
            format!("line {} ends as Windows ends lines (CRLF), which the shell takes for part of the command", line + 1),
            "save it with LF line ends, and keep git from changing them back: `*.sh text eol=lf` in .gitattributes",
        );
        return false;
    }
    true
}
