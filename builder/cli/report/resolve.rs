//! What `resolve` found: for people, and for programs.

use nodemint_core::site::Site;
use nodemint_engine::ports::CloudError;
use nodemint_engine::resolve::{LockChange, Problem, Unreached};
use serde::Serialize;

use super::errors::site_hint;
use crate::commands::resolve::Answer;
use crate::console::{BAD, BOLD, GOOD, paint};
use crate::project::Project;

const SCHEMA: &str = "nodemint.dev/resolve/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    schema: &'static str,
    lock: String,
    written: bool,
    /// everything that the spec asks for is locked
    complete: bool,
    changes: Vec<Change<'a>>,
    warnings: &'a [String],
    problems: Vec<PlacedProblem>,
    unreached: Vec<UnreachedSite<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    subject: &'a str,
    fact: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlacedProblem {
    /// in the spec
    path: String,
    line: usize,
    column: usize,
    message: String,
    hint: Option<String>,
    /// where in AWS it was met
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sites: Vec<Site>,
}

/// A site that could not be asked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreachedSite<'a> {
    site: &'a Site,
    region: &'a str,
    /// what is not known for it
    what: &'a [String],
    error: Refusal<'a>,
    hint: Option<String>,
}

/// AWS's own words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refusal<'a> {
    service: &'a str,
    operation: &'a str,
    code: Option<&'a str>,
    message: &'a str,
    request_id: Option<&'a str>,
}

pub fn json<'a>(answer: &Answer<'a>) -> Document<'a> {
    let resolved = answer.resolved;
    let changes = resolved.changes.iter().map(|change| Change {
        subject: &change.subject,
        fact: &change.fact,
        from: change.from.as_deref(),
        to: change.to.as_deref(),
    });
    let problems = resolved.problems.iter();
    Document {
        schema: SCHEMA,
        lock: answer.project.lock_path.display().to_string(),
        written: answer.written,
        complete: answer.complete(),
        changes: changes.collect(),
        warnings: &resolved.warnings,
        problems: problems
            .map(|problem| placed(problem, answer.project))
            .collect(),
        unreached: resolved.unreached.iter().map(unreached).collect(),
    }
}

fn placed(problem: &Problem, project: &Project) -> PlacedProblem {
    let path = project.in_file(&problem.path);
    let (message, hint) = (problem.message.clone(), problem.hint.clone());
    let placed = project.loaded.places.problem(&path, message, hint);
    PlacedProblem {
        path: placed.path,
        line: placed.line,
        column: placed.column,
        message: placed.message,
        hint: placed.hint,
        sites: problem.sites.iter().cloned().collect(),
    }
}

pub fn unreached(unreached: &Unreached) -> UnreachedSite<'_> {
    let error: &CloudError = &unreached.error;
    UnreachedSite {
        site: &unreached.site,
        region: &unreached.site.region,
        what: &unreached.what,
        error: Refusal {
            service: error.service,
            operation: error.operation,
            code: error.code.as_deref(),
            message: &error.message,
            request_id: error.request_id.as_deref(),
        },
        hint: site_hint(&unreached.site, error),
    }
}

pub fn text(answer: &Answer<'_>) -> String {
    let mut text = changes(&answer.resolved.changes);
    let lock = answer.project.lock_path.display();
    let unchanged = answer.resolved.changes.is_empty();
    let summary = match (answer.complete(), answer.written) {
        (true, true) => format!("{lock} written: commit it."),
        (false, true) => format!("{lock} written, and not complete yet."),
        (true, false) if unchanged => format!("{lock} is up to date."),
        (_, false) if unchanged => return text,
        (_, false) => {
            format!("{lock} is behind: `nodemint resolve --update` would change it as above.")
        }
    };
    text.push_str(&format!("{}\n", paint(BOLD, summary)));
    text
}

fn changes(changes: &[LockChange]) -> String {
    let mut text = String::new();
    let mut subject = "";
    for change in changes {
        if change.subject != subject {
            subject = &change.subject;
            text.push_str(&format!("{}\n", paint(BOLD, subject)));
        }
        let values = match (&change.from, &change.to) {
            (Some(from), Some(to)) => format!("{} → {}", paint(BAD, from), paint(GOOD, to)),
            (None, Some(to)) => to.clone(),
            (Some(from), None) => format!("{} → gone", paint(BAD, from)),
            (None, None) => String::new(),
        };
        text.push_str(&format!("  {:22} {values}\n", change.fact));
    }
    text
}
