//! What is wrong with a spec, and where: data for whoever prints it.

use std::fmt;
use std::ops::Range;

/// One thing wrong in a spec (or, as a warning, worth a look), at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `nodeGroups[0].launchTemplte`; empty for the file as a whole
    pub path: String,
    /// from 1
    pub line: usize,
    /// from 1, in characters
    pub column: usize,
    /// byte offsets into the text
    pub span: Range<usize>,
    pub message: String,
    /// what to do about it
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a spec, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SpecErrors {
    pub problems: Vec<Problem>,
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// In the order of the file; what is said twice of one place is said once.
pub(crate) fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by(|a, b| {
        (a.span.start, &a.path, &a.message).cmp(&(b.span.start, &b.path, &b.message))
    });
    problems.dedup();
    problems
}
