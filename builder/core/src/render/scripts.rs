//! The parts that the user brings: preBootstrap steps, and an own bootstrap; `parts` are in `user_parts`.
//!
//! A file goes out byte for byte. What cloud-init or the kernel would trip over at boot is a lint, of every part
//! alike: cloud-init says "Exec format error. Missing #! in script?" on the node alone, where nobody looks.

use serde::Serialize;

use super::templates::{Format, fill};
use super::user_parts::check_by_type;
use super::{Boot, NODE_CONFIG, Problems, SHELL};
use crate::desired::RenderedPart;
use crate::lint::BYTE_ORDER_MARK;
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
    check_bytes(&path, &body, problems).then_some(RenderedPart {
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

/// `overrideBootstrap`: its type is told by its content, and must be one that the family can take.
pub(crate) fn override_part(
    boot: &Boot<'_>,
    kinds: &[&str],
    problems: &mut Problems,
) -> Option<RenderedPart> {
    let file = boot.template.user_data.override_bootstrap.as_ref()?;
    let path = boot.path("overrideBootstrap");
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
        let (message, hint) = BYTE_ORDER_MARK;
        problems.spec(path, message, hint);
        return false;
    }
    true
}
