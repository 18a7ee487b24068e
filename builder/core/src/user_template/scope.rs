//! What a name means at a place in a template: the blocks around it, and the values there.
//!
//! It follows handlebars (its context.rs): names of blocks (`as |x|`) before everything else, `../` one block
//! up, `@root` the top. Where handlebars would take something else in silence, it refuses.

use handlebars::{Path, PathSeg};
use serde_json::Value;

use super::write::kind_of;
use crate::spec::nearest;

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen<'v> {
    Value(&'v Value),
    /// Text, a number, or true or false: which one is told when it is filled in.
    Scalar,
    /// Nothing: an item of an empty list, or what `lookup` will find.
    Unknown,
}

/// One block: its `this`, what begins with `@` in it, and the names that it gives.
#[derive(Clone, Debug)]
pub(super) struct Scope<'v> {
    pub this: Seen<'v>,
    pub locals: Vec<&'static str>,
    pub names: Vec<(String, Seen<'v>)>,
}

/// A name that stands for nothing.
#[derive(Debug)]
pub(super) struct Unresolved {
    pub message: String,
    pub hint: String,
}

/// Where a path begins, and the names under it.
struct Start<'v, 'n> {
    value: Seen<'v>,
    names: Vec<&'n str>,
    /// At the top, so that the names are those that everybody knows.
    top: bool,
    /// The path before the names, as it was written.
    written: String,
}

/// The value of a path, and, if it begins at `vars`, the name below it (none for `vars` as a whole).
pub(super) fn resolve<'v>(
    scopes: &[Scope<'v>],
    path: &Path,
) -> Result<(Seen<'v>, Option<Option<String>>), Unresolved> {
    match path {
        Path::Local((level, name, raw)) => {
            local(scopes, *level, name, raw).map(|seen| (seen, None))
        }
        Path::Relative((segments, raw)) => {
            let start = start(scopes, segments, raw)?;
            let vars = start.top && start.names.first() == Some(&"vars");
            let var = vars.then(|| start.names.get(1).map(|name| (*name).to_owned()));
            descend(scopes, &start).map(|seen| (seen, var))
        }
    }
}

fn local<'v>(
    scopes: &[Scope<'v>],
    level: usize,
    name: &str,
    raw: &str,
) -> Result<Seen<'v>, Unresolved> {
    let scope = scopes.iter().rev().nth(level);
    match scope.is_some_and(|scope| scope.locals.contains(&name)) {
        true => Ok(Seen::Scalar),
        false => Err(Unresolved {
            message: format!("there is no `{raw}` here"),
            hint: "`{{#each}}` has `@index`, `@first` and `@last`, and of a mapping `@key`; \
                   the top is `@root.…`"
                .to_owned(),
        }),
    }
}

fn start<'v, 'n>(
    scopes: &[Scope<'v>],
    segments: &'n [PathSeg],
    raw: &str,
) -> Result<Start<'v, 'n>, Unresolved> {
    let mut names: Vec<&str> = Vec::new();
    let mut ruled = 0;
    for segment in segments {
        match segment {
            PathSeg::Named(name) => names.push(name),
            _ => ruled += 1,
        }
    }
    let bare = ["this.", "this/", "./"]
        .iter()
        .find_map(|start| raw.strip_prefix(start));
    if bare.unwrap_or(raw).starts_with("@root") {
        let value = scopes.first().map_or(Seen::Unknown, |scope| scope.this);
        let (top, written) = (true, "@root.".to_owned());
        return Ok(Start {
            value,
            names,
            top,
            written,
        });
    }
    // A block's name wins from wherever it is asked for.
    let mut given = scopes.iter().rev().flat_map(|scope| &scope.names);
    if let Some((name, value)) = given.find(|(name, _)| names.first() == Some(&name.as_str())) {
        names.remove(0);
        let (value, top, written) = (*value, false, format!("{name}."));
        return Ok(Start {
            value,
            names,
            top,
            written,
        });
    }
    let Some(depth) = scopes.len().checked_sub(1 + ruled) else {
        return Err(Unresolved {
            message: format!("`{raw}` leads out of the template"),
            hint: "take a `../` away: each leaves one `{{#each}}` or `{{#with}}`".to_owned(),
        });
    };
    Ok(Start {
        value: scopes.get(depth).map_or(Seen::Unknown, |scope| scope.this),
        names,
        top: depth == 0,
        written: "../".repeat(ruled),
    })
}

fn descend<'v>(scopes: &[Scope<'v>], start: &Start<'v, '_>) -> Result<Seen<'v>, Unresolved> {
    let mut seen = start.value;
    let mut at = start.written.clone();
    for name in &start.names {
        let value = match seen {
            Seen::Unknown => return Ok(Seen::Unknown),
            Seen::Scalar => return Err(nothing_under(&at, "text")),
            Seen::Value(value) => value,
        };
        let found = match value {
            Value::Object(map) => map.get(*name),
            Value::Array(items) => name
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            other => return Err(nothing_under(&at, kind_of(other))),
        };
        let Some(found) = found else {
            return Err(no_such_name(scopes, &at, name, value));
        };
        seen = Seen::Value(found);
        at = format!("{at}{name}.");
    }
    Ok(seen)
}

fn nothing_under(at: &str, found: &str) -> Unresolved {
    let name = at.trim_end_matches('.');
    let name = if name.is_empty() { "this" } else { name };
    Unresolved {
        message: format!("`{name}` is {found}, with nothing under it"),
        hint: format!("write `{name}` alone"),
    }
}

fn no_such_name(scopes: &[Scope<'_>], at: &str, name: &str, value: &Value) -> Unresolved {
    let message = format!("there is no `{at}{name}`");
    let known: Vec<String> = match value {
        Value::Object(map) => map.keys().map(|key| format!("{at}{key}")).collect(),
        Value::Array(items) => {
            let hint = format!("the list has {} items, and the first is 0", items.len());
            return Unresolved { message, hint };
        }
        _ => Vec::new(),
    };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let given = format!("{at}{name}");
    let hint = elsewhere(scopes, at, name)
        .or_else(|| nearest::hint(&given, &known))
        .unwrap_or_else(|| "what a fleet's templates can name is in the README".to_owned());
    Unresolved { message, hint }
}

/// The same name one level below `vars`, or at the top.
fn elsewhere(scopes: &[Scope<'_>], at: &str, name: &str) -> Option<String> {
    let Seen::Value(root) = scopes.first()?.this else {
        return None;
    };
    let vars = root.get("vars")?.as_object()?;
    let path = if vars.contains_key(name) {
        format!("vars.{name}")
    } else if at.is_empty() && scopes.len() > 1 && root.get(name).is_some() {
        name.to_owned()
    } else {
        return None;
    };
    let top = if scopes.len() > 1 { "@root." } else { "" };
    Some(format!("did you mean `{top}{path}`?"))
}
