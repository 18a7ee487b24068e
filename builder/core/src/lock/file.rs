//! The lock as a file: a comment, its schema, a checksum, and the content that the checksum is over.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Lock, SCHEMA};

const HEADER: &str = "\
# Written by `nodemint resolve`: the images and cluster facts that everything is rendered from.
# Commit it; do not edit it. `nodemint resolve --update` moves it to newer images.
";

/// Why a lock file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    #[error("not YAML, in line {line}: {message}")]
    NotYaml { line: usize, message: String },
    #[error(
        "merge conflict markers in line {line}: settle the conflict by running `nodemint resolve` on either side's lock"
    )]
    Conflict { line: usize },
    #[error("written in schema {found}, and this nodemint reads schema {SCHEMA}: upgrade nodemint")]
    NewerSchema { found: u64 },
    #[error(
        "written in schema {found}, and this nodemint reads schema {SCHEMA}: delete it and run `nodemint resolve`"
    )]
    OtherSchema { found: String },
    #[error(
        "the checksum does not match: cut short, edited by hand or merged; restore it from version control, \
         or delete it and run `nodemint resolve`"
    )]
    Checksum,
    #[error(
        "no `{field}`: not a lock, or cut short; restore it from version control, or delete it and run `nodemint resolve`"
    )]
    Missing { field: &'static str },
    #[error("{path}: {message}: delete it and run `nodemint resolve`")]
    Content { path: String, message: String },
}

/// Reads a lock file. Line ends may have become CRLF in a checkout; any other change to the content is an
/// error.
///
/// # Errors
/// The first reason that it cannot be used.
pub fn parse(text: &str) -> Result<Lock, LockError> {
    let text = text.replace("\r\n", "\n");
    if let Some(line) = text.lines().position(is_conflict) {
        return Err(LockError::Conflict { line: line + 1 });
    }
    let rest = text.trim_start_matches('\u{feff}');
    let rest = skip_comments(rest);
    let (schema, rest) = field(rest, "schema").ok_or_else(|| not_a_lock(&text, "schema"))?;
    check_schema(schema)?;
    let (checksum, content) =
        field(rest, "checksum").ok_or_else(|| not_a_lock(&text, "checksum"))?;
    if checksum != checksum_of(content) {
        return Err(LockError::Checksum);
    }
    let value: Value =
        serde_yaml::from_str(content).map_err(|error| not_yaml(&error, &text, content))?;
    serde_path_to_error::deserialize(value).map_err(|error| LockError::Content {
        path: error.path().to_string(),
        message: error.inner().to_string(),
    })
}

/// Writes a lock file: the same bytes for the same lock, always.
pub fn to_yaml(lock: &Lock) -> String {
    // Through JSON's model, where an enum with content is a mapping and not a YAML tag. Neither step can
    // fail for these types: all keys are text, and all numbers finite.
    let content = serde_json::to_value(lock)
        .ok()
        .and_then(|value| serde_yaml::to_string(&value).ok())
        .unwrap_or_default();
    let checksum = checksum_of(&content);
    format!("{HEADER}schema: {SCHEMA}\nchecksum: {checksum}\n{content}")
}

fn is_conflict(line: &str) -> bool {
    ["<<<<<<< ", ">>>>>>> ", "||||||| "]
        .iter()
        .any(|marker| line.starts_with(marker))
        || line == "======="
}

fn skip_comments(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with(['#', '\n']) {
        rest = rest.split_once('\n').map_or("", |(_, after)| after);
    }
    rest
}

/// The value of a `name: value` line at the beginning of `text`, and what follows the line.
fn field<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let (line, rest) = text.split_once('\n')?;
    let value = line.strip_prefix(name)?.strip_prefix(':')?;
    Some((value.trim(), rest))
}

fn check_schema(found: &str) -> Result<(), LockError> {
    match found.parse::<u64>() {
        Ok(found) if found == u64::from(SCHEMA) => Ok(()),
        Ok(found) if found > u64::from(SCHEMA) => Err(LockError::NewerSchema { found }),
        _ => Err(LockError::OtherSchema {
            found: found.to_owned(),
        }),
    }
}

/// Why there is no such field: not even YAML, or not a lock.
fn not_a_lock(text: &str, field: &'static str) -> LockError {
    match serde_yaml::from_str::<Value>(text) {
        Err(error) => not_yaml(&error, text, text),
        Ok(_) => LockError::Missing { field },
    }
}

/// `content` is the end of `text`; lines are counted in `text`.
fn not_yaml(error: &serde_yaml::Error, text: &str, content: &str) -> LockError {
    let before = text.lines().count().saturating_sub(content.lines().count());
    LockError::NotYaml {
        line: before + error.location().map_or(1, |location| location.line()),
        message: error.to_string(),
    }
}

/// Over the bytes, not over their meaning: a file without its last line end is a file cut short.
fn checksum_of(content: &str) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(content.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
