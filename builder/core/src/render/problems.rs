//! What stands in the way of rendering: collected, never the first alone.

use std::fmt;

use thiserror::Error;

/// Everything that is wrong, in the order it was met.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct RenderErrors {
    pub problems: Vec<RenderProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderProblem {
    pub kind: ProblemKind,
    /// The path in the spec, such as `launchTemplates[0].userData.preBootstrap[0]`.
    pub path: String,
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The spec, or a file that it names, has to change.
    Spec,
    /// The lock lacks something or is older than the spec: `nodemint resolve` cures it.
    Lock,
}

impl RenderErrors {
    /// Whether `nodemint resolve` alone may cure everything.
    pub fn only_the_lock(&self) -> bool {
        self.problems
            .iter()
            .all(|problem| problem.kind == ProblemKind::Lock)
    }
}

impl fmt::Display for RenderErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for RenderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The path of something inside of a value, which stands at `at` and has a path of its own.
pub(crate) fn below(at: &str, path: &str) -> String {
    match path {
        "" => at.to_owned(),
        path if path.starts_with('[') => format!("{at}{path}"),
        path => format!("{at}.{path}"),
    }
}

/// Collects problems; one that is met again for another cluster is kept once.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<RenderProblem>,
}

impl Problems {
    pub fn spec(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(ProblemKind::Spec, path.into(), message.into(), hint.into());
    }

    pub fn lock(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.push(
            ProblemKind::Lock,
            path.into(),
            message.into(),
            "run `nodemint resolve`".to_owned(),
        );
    }

    /// What the lock has may not be used: `nodemint resolve` alone would keep it.
    pub fn locked_badly(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        template: &str,
    ) {
        self.push(
            ProblemKind::Lock,
            path.into(),
            message.into(),
            format!("run `nodemint resolve --update {template}`"),
        );
    }

    /// A template of ours could not be filled in: never the user's fault.
    pub(crate) fn unfilled(&mut self, path: impl Into<String>, error: impl fmt::Display) {
        let message = format!("nodemint's own template cannot be filled in: {error}");
        self.spec(path, message, "report this as a bug of nodemint");
    }

    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn into_result<T>(self, value: T) -> Result<T, RenderErrors> {
        if self.found.is_empty() {
            Ok(value)
        } else {
            Err(RenderErrors {
                problems: self.found,
            })
        }
    }

    fn push(&mut self, kind: ProblemKind, path: String, message: String, hint: String) {
        let problem = RenderProblem {
            kind,
            path,
            message,
            hint: Some(hint),
        };
        if !self.found.contains(&problem) {
            self.found.push(problem);
        }
    }
}
