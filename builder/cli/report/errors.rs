//! The one printer of errors: what, where, why, and what to do next.

use std::path::Path;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
    Severity,
};
use nodemint_core::lint::has_secret;
use nodemint_core::plan::Fate;
use nodemint_core::site::Site;
use nodemint_core::spec::Problem;
use nodemint_engine::apply::ApplyError;
use nodemint_engine::ports::CloudError;
use nodemint_engine::resolve::{self, Unreached};

use super::few;
use crate::console::{BAD, BOLD, Console, NOTE, paint};
use crate::error::{AppError, Unresolved, cloud_hint};

/// Tells an error, its causes and its cure.
pub fn tell(error: &AppError, console: &Console) {
    if error.is_silent() {
        return;
    }
    match error {
        AppError::Spec {
            path,
            text,
            problems,
        } => {
            for problem in problems {
                console.say(&snippet(path, text, problem, Severity::Error));
            }
        }
        AppError::Unresolved(unresolved) => tell_unresolved(unresolved, console),
        AppError::Unreached(unreached) => {
            for one in unreached {
                console.say(&unreached_text(one));
            }
        }
        AppError::UseUnknown(denied) => {
            for one in denied {
                console.say(&denied_text(one));
            }
        }
        AppError::NotOurs(others) => others.iter().for_each(|one| console.say(one)),
        _ => {}
    }
    let mut text = format!("{} {}", paint(BAD, "error:"), paint(BOLD, error));
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!("\n  {source}"));
        cause = source.source();
    }
    if let AppError::Apply(ApplyError::Stale { moved }) = error {
        for fact in moved {
            let value =
                |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            text.push_str(&format!(
                "\n  {} {}: {} → {}",
                fact.subject,
                fact.fact,
                value(&fact.planned),
                value(&fact.now)
            ));
        }
    }
    if let AppError::OtherInputs(inputs) = error {
        for (name, fate) in &inputs.changed {
            let fate = match fate {
                Fate::Changed => "changed since",
                Fate::Gone => "is gone",
                Fate::New => "was not there then",
            };
            text.push_str(&format!("\n  {name}: {fate}"));
        }
    }
    if let AppError::Cloud(error) | AppError::Apply(ApplyError::Cloud(error)) = error
        && let Some(id) = &error.request_id
    {
        text.push_str(&format!("\n  AWS request id {id}"));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n{} {hint}", paint(NOTE, "help:")));
    }
    console.say(&text);
}

/// Each problem at its place in the spec, then each region that could not be asked, in AWS's own words.
fn tell_unresolved(unresolved: &Unresolved, console: &Console) {
    for problem in &unresolved.problems {
        let (message, hint) = (told(problem), problem.hint.clone());
        let placed = unresolved.places.problem(&problem.path, message, hint);
        let (path, text) = (&unresolved.spec_path, &unresolved.text);
        console.say(&snippet(path, text, &placed, Severity::Error));
    }
    for unreached in &unresolved.unreached {
        console.say(&unreached_text(unreached));
    }
}

/// The message, with where in AWS it was met.
fn told(problem: &resolve::Problem) -> String {
    let sites: Vec<String> = problem.sites.iter().map(Site::to_string).collect();
    match sites.is_empty() {
        true => problem.message.clone(),
        false => format!("{}: {}", sites.join(", "), problem.message),
    }
}

fn unreached_text(unreached: &Unreached) -> String {
    let (site, error) = (&unreached.site, &unreached.error);
    let mut text = format!("{} {error}", paint(BAD, format!("{site}:")));
    if let Some(id) = &error.request_id {
        text.push_str(&format!("\n  AWS request id {id}"));
    }
    text.push_str(&format!("\n  not known: {}", few(&unreached.what)));
    if let Some(hint) = site_hint(site, error) {
        text.push_str(&format!("\n{} {hint}", paint(NOTE, "help:")));
    }
    text
}

/// A call that was refused, and the permission that it needs.
fn denied_text(error: &CloudError) -> String {
    let mut text = format!("{} {error}", paint(BAD, "not known:"));
    if let Some(id) = &error.request_id {
        text.push_str(&format!("\n  AWS request id {id}"));
    }
    if let Some(hint) = cloud_hint(error) {
        text.push_str(&format!("\n{} {hint}", paint(NOTE, "help:")));
    }
    text
}

/// What to do about an error in one site, with the credentials that it is about.
pub fn site_hint(site: &Site, error: &CloudError) -> Option<String> {
    let hint = cloud_hint(error)?;
    match site.access.is_own() {
        true => Some(hint),
        false => Some(format!("{hint} (with the credentials of {})", site.access)),
    }
}

/// A warning about a place in the spec.
pub fn warn(path: &Path, text: &str, problem: &Problem, console: &Console) {
    console.tell(&snippet(path, text, problem, Severity::Warning));
}

/// Bytes of a line of the spec that is still shown in an error.
const LONGEST_LINE: usize = 400;

/// Lines of the spec that are shown above and below the one that an error is about. Beside a field of the user
/// data there may be a script.
fn context_lines(problem: &Problem) -> usize {
    match problem.path.contains(".userData.") {
        true => 0,
        false => 1,
    }
}

/// Whether the lines that would be shown are a script's, or have something in them that nobody should copy into
/// a log.
fn may_show_secrets(text: &str, problem: &Problem) -> bool {
    let path = problem.path.as_str();
    let script = path.contains(".userData.preBootstrap[") && !path.ends_with(".file");
    let context = context_lines(problem);
    let first = problem.line.saturating_sub(1 + context);
    let shown: Vec<&str> = text.lines().skip(first).take(1 + 2 * context).collect();
    // What templates are filled with can be a token, whatever its name.
    let var = path.starts_with("vars.") || path.starts_with("vars[");
    script || var || has_secret(&shown.join("\n"))
}

/// A problem with the lines of the spec that it is about.
fn snippet(path: &Path, text: &str, problem: &Problem, severity: Severity) -> String {
    let place = match problem.path.is_empty() {
        true => problem.message.clone(),
        false => format!("{}: {}", problem.path, problem.message),
    };
    let end = problem.span.end.min(text.len());
    let start = problem.span.start.min(end);
    let mut diagnostic = MietteDiagnostic::new(place)
        .with_severity(severity)
        .with_label(LabeledSpan::at(start..end, "here"));
    if let Some(hint) = &problem.hint {
        diagnostic = diagnostic.with_help(hint.clone());
    }
    // A line as long as a page would bury the message.
    let longest = text.lines().map(str::len).max().unwrap_or(0);
    if longest > LONGEST_LINE || may_show_secrets(text, problem) {
        let help = problem
            .hint
            .as_ref()
            .map(|hint| format!("\n  help: {hint}"));
        return format!(
            "{}:{}:{}: {}{}{}",
            path.display(),
            problem.line,
            problem.column,
            match severity {
                Severity::Error => "",
                _ => "warning: ",
            },
            diagnostic.message,
            help.unwrap_or_default()
        );
    }
    let source = NamedSource::new(path.display().to_string(), text.to_owned());
    let report = Report::new(diagnostic).with_source_code(source);
    let mut shown = String::new();
    let handler = GraphicalReportHandler::new_themed(theme())
        .with_width(width())
        .with_context_lines(context_lines(problem));
    if handler.render_report(&mut shown, report.as_ref()).is_err() {
        return format!("{}:{}: {}", path.display(), problem, problem.message);
    }
    shown.trim_end().to_owned()
}

/// Colours are put in always; anstream takes them out where they are not wanted.
fn theme() -> GraphicalTheme {
    GraphicalTheme::unicode()
}

/// Lines for a terminal of its width; a pipe gets whole sentences on one line.
fn width() -> usize {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() {
        100
    } else {
        400
    }
}
