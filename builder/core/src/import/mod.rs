//! Specs from what people have: other tools' files, and what runs in AWS.
//!
//! An import is a text in, and a spec, its user-data files and a report out. The report has a line for every
//! field of the input: where it went, or why it has no place, or what a person has to do about it. Nothing
//! that an import meets is lost.

pub mod aws;
mod document;
pub mod eksctl;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::spec::{FamilyName, Problem};

/// What an import may be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Amazon Linux 2 becomes this, whatever the Kubernetes version.
    pub family: Option<FamilyName>,
}

/// A spec that was made from another tool's file.
#[derive(Clone, PartialEq)]
pub struct Imported {
    /// The text of `nodemint.yaml`.
    pub spec: String,
    /// The files that it names, by their paths in it.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What became of every field, in the order of the input.
    pub report: Vec<Entry>,
}

impl Imported {
    /// How much is left for a person to do.
    pub fn to_do(&self) -> usize {
        let open = |entry: &&Entry| matches!(entry.fate, Fate::ToDo { .. });
        self.report.iter().filter(open).count()
    }
}

// The files are user data, which can hold secrets: Debug shows sizes, never content.
impl fmt::Debug for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Imported({} bytes, {} files, {} entries)",
            self.spec.len(),
            self.files.len(),
            self.report.len()
        )
    }
}

/// One field of the input, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Where it stands in the input: `nodeGroups[0].ssh.allow`.
    pub path: String,
    /// from 1; 0: the input has no lines
    #[serde(skip_serializing_if = "is_none")]
    pub line: usize,
    #[serde(flatten)]
    pub fate: Fate,
}

fn is_none(line: &usize) -> bool {
    *line == 0
}

/// What became of a field. Texts never quote user data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "camelCase")]
pub enum Fate {
    /// It is in the spec.
    Mapped {
        /// Paths in the spec.
        to: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It has no place, and none is needed.
    LeftOut { reason: String },
    /// Somebody has to look.
    ToDo { what: String },
}

/// Everything that is wrong with the input, in its order. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ImportErrors {
    pub problems: Vec<Problem>,
}

impl fmt::Display for ImportErrors {
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
