//! `export`: every version of a launch template as a file, for version control.

use std::collections::BTreeMap;

use nodemint_core::export::files;
use serde::Serialize;

use super::Session;
use super::versions::{Found, Ground};
use crate::args::{ExportArgs, Output};
use crate::console::{BOLD, paint};
use crate::error::AppError;
use crate::project::write_whole;

const SCHEMA: &str = "nodemint.dev/export/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schema: &'static str,
    out: String,
    files: Vec<String>,
    /// versions with fields that nodemint does not read
    left_out: Vec<String>,
}

pub async fn run(session: &Session, args: &ExportArgs) -> Result<(), AppError> {
    let ground = Ground::open(session)?;
    let found = session
        .with_aws(async |aws| ground.find(&args.template, aws).await)
        .await?;
    let (files, left_out) = export(&found);
    for (name, bytes) in &files {
        let path = args.out.join(name);
        if std::fs::read(&path).ok().as_ref() != Some(bytes) {
            write_whole(&path, bytes)?;
        }
    }
    let answer = Answer {
        schema: SCHEMA,
        out: args.out.display().to_string(),
        files: files.into_keys().collect(),
        left_out,
    };
    match session.console.output {
        Output::Json => session.console.answer_json(&answer)?,
        Output::Text | Output::Markdown => session.console.answer(&text(&answer))?,
    }
    match answer.left_out.as_slice() {
        [] => Ok(()),
        left_out => Err(AppError::Partial(
            format!(
                "left out, because nodemint does not read all of their fields yet: {}",
                left_out.join(", ")
            ),
            "`aws ec2 describe-launch-template-versions` shows them whole".to_owned(),
        )),
    }
}

/// The files, and the versions that have none.
fn export(found: &[Found]) -> (BTreeMap<String, Vec<u8>>, Vec<String>) {
    let (mut all, mut left_out) = (BTreeMap::new(), Vec::new());
    for Found { site, template } in found {
        for version in &template.versions {
            match files(site, &template.name, version) {
                Some(files) => all.extend(files),
                None => left_out.push(format!(
                    "{} version {} in {site}",
                    template.name, version.number
                )),
            }
        }
    }
    (all, left_out)
}

fn text(answer: &Answer) -> String {
    let names = answer.files.iter();
    let mut text: String = names.map(|name| format!("  {name}\n")).collect();
    let summary = format!("{} files in {}.", answer.files.len(), answer.out);
    text.push_str(&format!("{}\n", paint(BOLD, summary)));
    text
}
