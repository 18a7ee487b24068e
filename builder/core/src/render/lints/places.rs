//! Where in the user's own files a lint of a rendered part is.

use super::super::verbatim;
use crate::desired::RenderedPart;
use crate::spec::{File, LaunchTemplate, Script};

/// A message with its place in the user's file, or in the step that the spec holds.
pub(super) fn placed(
    template: &LaunchTemplate,
    part: &RenderedPart,
    line: Option<usize>,
    message: &str,
) -> String {
    let (file, text) = source(template, &part.origin);
    let offset = text.and_then(|text| offset(&part.body, text));
    let own = line
        .zip(offset)
        .and_then(|(line, offset)| line.checked_sub(offset).filter(|own| *own > 0));
    match (file, own, line) {
        (Some(path), Some(line), _) => format!("{path}:{line}: {message}"),
        (Some(path), None, Some(line)) => format!("{path}, line {line} as rendered: {message}"),
        (Some(path), None, None) => format!("{path}: {message}"),
        (None, Some(line), _) => format!("line {line}: {message}"),
        (None, None, Some(line)) => format!("line {line} as rendered: {message}"),
        (None, None, None) => message.to_owned(),
    }
}

/// The file that a part comes from, and the text of it or of the step.
fn source<'a>(template: &'a LaunchTemplate, origin: &str) -> (Option<&'a str>, Option<&'a [u8]>) {
    let user_data = &template.user_data;
    let index = |list: &str| {
        let digits = origin
            .strip_prefix(list)?
            .strip_prefix('[')?
            .split(']')
            .next()?;
        digits.parse::<usize>().ok()
    };
    let of_file = |file: &'a File| (Some(file.path.as_str()), Some(file.content.as_slice()));
    if let Some(step) = index("preBootstrap").and_then(|at| user_data.pre_bootstrap.get(at)) {
        return match step {
            Script::File(file) => of_file(file),
            Script::Run(text) => (None, Some(text.trim_end_matches('\n').as_bytes())),
        };
    }
    if let Some(part) = index("parts").and_then(|at| user_data.parts.get(at)) {
        return of_file(&part.file);
    }
    match (&user_data.override_bootstrap, &user_data.verbatim) {
        (Some(file), _) if origin == "overrideBootstrap" => of_file(file),
        (_, Some(file)) if origin == verbatim::ORIGIN => of_file(file),
        _ => (None, None),
    }
}

/// The lines that a part has before the text it was made from; none if that was changed on the way.
fn offset(body: &[u8], text: &[u8]) -> Option<usize> {
    let text = text.trim_ascii_end();
    // A frame has a few lines; looking for the text in all of a part would take its length squared.
    const LONGEST_FRAME: usize = 8;
    let starts = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let starts = std::iter::once(0).chain(starts.map(|(at, _)| at + 1));
    starts.take(LONGEST_FRAME).position(|at| {
        let rest = body.get(at..).unwrap_or_default();
        rest.starts_with(text) || same_lines(rest, text)
    })
}

/// Equal but for CRLF, which Windows' steps lose.
fn same_lines(body: &[u8], text: &[u8]) -> bool {
    let mut body = body.split(|byte| *byte == b'\n');
    text.split(|byte| *byte == b'\n').all(|line| {
        body.next()
            .is_some_and(|other| other == line.strip_suffix(b"\r").unwrap_or(line))
    })
}
