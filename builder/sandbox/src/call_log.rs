//! What was called: one record a call, as JSON lines in a file and the latest in memory. Tests count calls
//! with it. It holds no parameters, and so no user data and no secrets.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many calls are kept in memory.
const KEPT: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// virtual
    pub time: Timestamp,
    /// that the caller acts in; empty for a call whose credentials are refused
    #[serde(default)]
    pub account: String,
    pub region: String,
    /// as in a credential scope; empty for a call that names none
    pub service: String,
    /// empty for a call that no operation answers
    pub operation: String,
    /// Whether the operation is one that changes something, whatever came of it.
    pub writes: bool,
    /// `ok`, an error code, or `throttled` for a call beyond a [`crate::Limit`]
    pub outcome: String,
    pub status: u16,
}

#[derive(Default)]
pub struct CallLog {
    file: Option<File>,
    recent: VecDeque<CallRecord>,
}

impl CallLog {
    #[expect(
        clippy::disallowed_methods,
        reason = "the log is a file that the caller named"
    )]
    pub fn open(path: Option<&Path>) -> std::io::Result<Self> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        Ok(Self {
            file: path.map(open).transpose()?,
            recent: VecDeque::new(),
        })
    }

    pub fn record(&mut self, record: CallRecord) {
        if let Some(file) = &mut self.file
            && let Err(error) = write_line(file, &record)
        {
            tracing::warn!(%error, "a line of the call log was not written");
        }
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(record);
    }

    pub fn recent(&self) -> Vec<CallRecord> {
        self.recent.iter().cloned().collect()
    }
}

/// One write a line, so that lines of two processes do not mix.
fn write_line(file: &mut File, record: &CallRecord) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// Whether an operation changes something: AWS's names tell. AssumeRole is logged as a reading one by
/// CloudTrail too.
pub fn writes(operation: &str) -> bool {
    !["Describe", "List", "Get", "AssumeRole"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}
