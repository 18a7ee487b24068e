//! A launch-template version as files for version control: all of it, readable, and the same bytes each time.
//!
//! Only what never changes is in them: which version is the default, or in use, is left to `history`. User data
//! stands beside the YAML as the bytes that a node gets, and its parts beside that, for reading; the parts
//! follow from the bytes. YAML and bytes together are the whole version.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::launch_template::{Data, Decoded, Form, UserDataBlob, content_hash, decode};
use crate::observed::ObservedVersion;
use crate::render::{extension, file_name};
use crate::site::{Access, Site};

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
    hash: String,
    /// The file beside this one that holds the user data, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_data_file: Option<String>,
    /// `UserData` is here only if the file does not give its base64 back: broken lines in it, or none at all.
    launch_template_data: Data,
}

/// Path → content; none if the version has fields that [`Data`] cannot hold.
/// `demo/us-east-1/00005.yaml`, `demo/us-east-1/00005.user-data`, `demo/us-east-1/00005.parts/01.sh`…
pub fn files(
    site: &Site,
    template: &str,
    version: &ObservedVersion,
) -> Option<BTreeMap<String, Vec<u8>>> {
    if version.unread {
        return None;
    }
    let folder = format!("{}/{}", file_name(template), file_name(&site.to_string()));
    let number = format!("{:05}", version.number);
    let mut data = version.data.clone();
    let decoded = data.user_data.as_ref().map(decode);
    if let Some(decoded) = &decoded
        && data.user_data == Some(UserDataBlob::of(&decoded.bytes))
    {
        data.user_data = None;
    }
    let exported = Exported {
        launch_template: template,
        region: &site.region,
        access: &site.access,
        version: version.number,
        created: version.created_at.map(|at| at.to_string()),
        description: version.description.as_deref(),
        hash: content_hash(&version.data).0,
        user_data_file: decoded.as_ref().map(|_| format!("{number}.user-data")),
        launch_template_data: data,
    };
    // Plain structs with text keys always serialise.
    let yaml = serde_yaml::to_string(&exported).expect("launch-template data is plain data");
    let mut files = BTreeMap::from([(format!("{folder}/{number}.yaml"), yaml.into_bytes())]);
    if let Some(decoded) = decoded {
        for (name, body) in parts(&decoded) {
            files.insert(format!("{folder}/{number}.parts/{name}"), body);
        }
        files.insert(format!("{folder}/{number}.user-data"), decoded.bytes);
    }
    Some(files)
}

/// The parts, numbered as they stand; none where the user data itself is the one document.
fn parts(decoded: &Decoded) -> Vec<(String, Vec<u8>)> {
    if decoded.form != Form::Multipart && decoded.layers.is_empty() {
        return Vec::new();
    }
    let parts = decoded.parts.iter().enumerate();
    let named = parts.map(|(at, part)| {
        let ending = extension(part.effective_type());
        (format!("{:02}.{ending}", at + 1), part.body.clone())
    });
    named.collect()
}

#[cfg(test)]
mod tests;
