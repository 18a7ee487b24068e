//! `export`: every version of a launch template as a file, for version control.

use std::collections::BTreeMap;

use nodemint_core::launch_template::{Data, content_hash, decode};
use nodemint_core::observed::ObservedVersion;
use nodemint_core::site::{Access, Site};
use serde::Serialize;

use super::Session;
use super::history::find;
use crate::args::{ExportArgs, Output};
use crate::console::{BOLD, paint};
use crate::error::AppError;
use crate::project::{Project, write_whole};

const SCHEMA: &str = "nodemint.dev/export/v1";

/// One version. Only what never changes is in it, so that a second export writes the same bytes: which
/// version is the default, or in use, is left to `history`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported<'a> {
    launch_template: &'a str,
    region: &'a str,
    /// whose account it is in, if not the one of the command's own credentials
    #[serde(skip_serializing_if = "Access::is_own")]
    access: &'a Access,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// The file beside this one that holds the user data, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_data_file: Option<String>,
    launch_template_data: Data,
}

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    out: String,
    files: Vec<String>,
}

pub async fn run(session: &Session, args: &ExportArgs) -> Result<(), AppError> {
    let project = Project::open(&session.global)?;
    let found = session
        .with_aws(async |aws| find(&project, &args.template, aws).await)
        .await?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for found in &found {
        for version in &found.template.versions {
            files.extend(export(&found.site, &found.template.name, version)?);
        }
    }
    for (name, bytes) in &files {
        let path = args.out.join(name);
        if std::fs::read(&path).ok().as_ref() != Some(bytes) {
            write_whole(&path, bytes)?;
        }
    }
    let names: Vec<String> = files.into_keys().collect();
    match session.console.output {
        Output::Json => session.console.answer_json(&Answer {
            schema: SCHEMA,
            out: args.out.display().to_string(),
            files: names,
        }),
        Output::Text | Output::Markdown => {
            let mut text: String = names.iter().map(|name| format!("  {name}\n")).collect();
            text.push_str(&format!(
                "{}\n",
                paint(
                    BOLD,
                    format!("{} files in {}.", names.len(), args.out.display())
                )
            ));
            session.console.answer(&text)
        }
    }
}

/// A site as the name of a folder.
fn folder(site: &Site) -> String {
    site.to_string().replace('/', "%2F").replace(':', "%3A")
}

fn export(
    site: &Site,
    template: &str,
    version: &ObservedVersion,
) -> Result<Vec<(String, Vec<u8>)>, AppError> {
    if version.unread {
        return Err(AppError::NotSupported(format!(
            "export of {template} version {}, which has fields that nodemint does not read yet,",
            version.number
        )));
    }
    let stem = format!("{template}/{}/{:05}", folder(site), version.number);
    let mut data = version.data.clone();
    let user_data = data.user_data.take().map(|blob| decode(&blob).bytes);
    let user_data_file = user_data
        .as_ref()
        .map(|_| format!("{:05}.user-data", version.number));
    let exported = Exported {
        launch_template: template,
        region: &site.region,
        access: &site.access,
        version: version.number,
        created: version.created_at.map(|at| at.to_string()),
        description: version.description.as_deref(),
        hash: Some(content_hash(&version.data).0),
        user_data_file,
        launch_template_data: data,
    };
    let yaml =
        serde_yaml::to_string(&exported).map_err(|error| AppError::Sandbox(error.to_string()))?;
    let mut files = vec![(format!("{stem}.yaml"), yaml.into_bytes())];
    files.extend(user_data.map(|bytes| (format!("{stem}.user-data"), bytes)));
    Ok(files)
}
