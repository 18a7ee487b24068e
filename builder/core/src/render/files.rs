//! What `nodemint render --out DIR` writes: everything that would go to AWS, in files for people to read.

use std::collections::BTreeMap;

use super::{NODE_CONFIG, POWERSHELL, SHELL, TOML};
use crate::desired::{Desired, DesiredTemplate, RenderedPart};
use crate::launch_template::{UserDataBlob, sha256_hex};

/// Path → content. Paths use `/` and are the same for the same spec, whatever the content:
/// `<template>/<cluster>/launch-template-data.yaml`, `user-data.mime`
/// (or `.toml`, `.ps1.txt`; with `.gz` if it is gzip), `parts/00-preBootstrap-0.sh`…
pub fn files(desired: &Desired) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for template in &desired.templates {
        let folder = folder(template);
        files.insert(
            format!("{folder}/launch-template-data.yaml"),
            data_file(template).into_bytes(),
        );
        if template.user_data.bytes.is_empty() {
            continue;
        }
        files.insert(
            format!("{folder}/{}", document_name(template)),
            template.user_data.bytes.clone(),
        );
        for (index, part) in template.user_data.parts.iter().enumerate() {
            files.insert(
                format!("{folder}/parts/{}", part_name(index, part)),
                part.body.clone(),
            );
        }
    }
    files
}

/// The folder of a template for one cluster.
pub(super) fn folder(template: &DesiredTemplate) -> String {
    let (name, cluster) = (file_name(&template.name), file_name(&template.cluster));
    format!("{name}/{cluster}")
}

/// The data as YAML. User data stands in a file of its own; a digest takes its place here.
fn data_file(template: &DesiredTemplate) -> String {
    let mut data = template.data.clone();
    let bytes = &template.user_data.bytes;
    if data.user_data.is_some() {
        let pointer = format!(
            "{}, {} bytes, sha256:{}",
            document_name(template),
            bytes.len(),
            sha256_hex(bytes)
        );
        data.user_data = Some(UserDataBlob(pointer));
    }
    let head = format!(
        "# Written by `nodemint render`: to be read, and compared by `nodemint render --check`.\n\
         # Launch template {} for cluster {} in {}\n\
         # Content {}\n",
        template.name, template.cluster, template.site, template.hash
    );
    // Plain structs with text keys always serialise.
    head + &serde_yaml::to_string(&data).expect("launch-template data is plain data")
}

/// The user data's file, named by what the family made of the parts: TOML and PowerShell are no MIME.
fn document_name(template: &DesiredTemplate) -> String {
    let first = template.user_data.parts.first();
    let bare = first.is_some_and(|part| part.body == template.user_data.bytes);
    let name = match first.map(|part| part.content_type.as_str()) {
        Some(TOML) => "user-data.toml",
        // With its tags it is no script that PowerShell would run.
        Some(POWERSHELL) => "user-data.ps1.txt",
        _ if bare => "user-data.txt",
        _ => "user-data.mime",
    };
    let gzip = if template.user_data.compressed {
        ".gz"
    } else {
        ""
    };
    format!("{name}{gzip}")
}

/// `00-preBootstrap-0.sh`: the boot order, where the part comes from, and what it is. Each type that a reader
/// knows has an ending of its own.
fn part_name(index: usize, part: &RenderedPart) -> String {
    let origin = part.origin.replace('[', "-").replace(']', "");
    let extension = extension(&part.content_type);
    format!("{index:02}-{}.{extension}", file_name(&origin))
}

/// The ending of a file that holds a part of this type.
pub(crate) fn extension(content_type: &str) -> &'static str {
    match content_type {
        SHELL => "sh",
        NODE_CONFIG => "nodeconfig.yaml",
        POWERSHELL => "ps1",
        TOML => "toml",
        "text/cloud-config" => "cloud-config.yaml",
        "text/cloud-boothook" => "boothook.sh",
        "text/cloud-config-archive" => "cloud-config-archive.yaml",
        "text/part-handler" => "part-handler.py",
        "text/jinja2" => "jinja2",
        "text/x-include-url" | "text/x-include-once-url" => "include.txt",
        "text/x-shellscript-per-boot" => "per-boot.sh",
        "text/x-shellscript-per-instance" => "per-instance.sh",
        "text/x-shellscript-per-once" => "per-once.sh",
        _ => "part",
    }
}

/// A name as one path segment. EC2 allows `/` in a template's name, ARNs have colons, which Windows has not in
/// its paths, and `.` and `..` mean something else.
pub(crate) fn file_name(name: &str) -> String {
    let name = name
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace(':', "%3A");
    match name.as_str() {
        "." | ".." => name.replace('.', "%2E"),
        _ => name,
    }
}
