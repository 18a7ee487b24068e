//! The files of the spec that are templates, filled in for one launch template in one cluster.
//!
//! It happens before anything else looks at them, so that every family sees files as if they had been written
//! by hand for this cluster.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Problems;
use crate::family::family;
use crate::lock::{LockedCluster, LockedImage};
use crate::spec::{Cluster, File, LaunchTemplate, Script, UserData};
use crate::user_template::{Fault, UserTemplate, is_template, kind, values};

/// The launch template with its files filled in; none if one cannot be.
pub(super) fn filled<'a>(
    (index, template): (usize, &'a LaunchTemplate),
    (cluster, locked): (&Cluster, &LockedCluster),
    image: &LockedImage,
    vars: &Map<String, Value>,
    problems: &mut Problems,
) -> Option<Cow<'a, LaunchTemplate>> {
    if !named_files(&template.user_data).any(|named| is_template(&named.file.path)) {
        return Some(Cow::Borrowed(template));
    }
    let before = problems.len();
    let context = values(template, cluster, locked, image, vars);
    let reader = family(template.family).reader();
    let mut template = template.clone();
    for_each_file(&mut template.user_data, |path, content_type, file| {
        if !is_template(&file.path) {
            return;
        }
        match fill(
            file,
            |text| kind(&file.path, content_type, reader, text),
            &context,
        ) {
            Ok(text) => file.content = text.into_bytes(),
            Err(faults) => {
                for fault in faults {
                    let path = format!("launchTemplates[{index}].userData.{path}.file");
                    let message = told(&file.path, &fault);
                    let message = format!("{message}, for cluster {}", cluster.name);
                    problems.spec(path, message, fault.hint);
                }
            }
        }
    });
    (problems.len() == before).then_some(Cow::Owned(template))
}

fn fill(
    file: &File,
    kind: impl Fn(&str) -> crate::user_template::Kind,
    context: &Value,
) -> Result<String, Vec<Fault>> {
    let text = text_of(file)?;
    let read = UserTemplate::read(text, kind(text), context)?;
    read.fill(context.clone()).map_err(|fault| vec![fault])
}

/// A template is text.
pub(crate) fn text_of(file: &File) -> Result<&str, Vec<Fault>> {
    std::str::from_utf8(&file.content).map_err(|error| {
        let before = file.content.get(..error.valid_up_to()).unwrap_or_default();
        vec![Fault {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: 1,
            message: "a template is text, and this is no UTF-8".to_owned(),
            hint: "save it as UTF-8, or take `.hbs` off its name".to_owned(),
        }]
    })
}

/// What is wrong with a template, with its file and its place there.
pub(crate) fn told(path: &str, fault: &Fault) -> String {
    // A name in brackets can have a line break in it, and a message is one line.
    let message = fault.message.replace(char::is_control, " ");
    format!("{path}:{}:{}: {message}", fault.line, fault.column)
}

/// A file that user data names.
pub(crate) struct NamedFile<'a> {
    /// Below `userData`: `preBootstrap[0]`.
    pub at: String,
    pub content_type: Option<&'a str>,
    pub file: &'a File,
}

/// Every file that user data names.
pub(crate) fn named_files(user_data: &UserData) -> impl Iterator<Item = NamedFile<'_>> {
    let steps = user_data.pre_bootstrap.iter().enumerate();
    let steps = steps.filter_map(|(index, step)| match step {
        Script::File(file) => Some(NamedFile {
            at: format!("preBootstrap[{index}]"),
            content_type: None,
            file,
        }),
        Script::Run(_) => None,
    });
    let parts = user_data.parts.iter().enumerate();
    let parts = parts.map(|(index, part)| NamedFile {
        at: format!("parts[{index}]"),
        content_type: Some(part.content_type.as_str()),
        file: &part.file,
    });
    let bootstrap = user_data.override_bootstrap.iter().map(|file| NamedFile {
        at: "overrideBootstrap".to_owned(),
        content_type: None,
        file,
    });
    steps.chain(parts).chain(bootstrap)
}

fn for_each_file(user_data: &mut UserData, mut each: impl FnMut(&str, Option<&str>, &mut File)) {
    for (index, step) in user_data.pre_bootstrap.iter_mut().enumerate() {
        if let Script::File(file) = step {
            each(&format!("preBootstrap[{index}]"), None, file);
        }
    }
    for (index, part) in user_data.parts.iter_mut().enumerate() {
        let (path, content_type) = (format!("parts[{index}]"), part.content_type.as_str());
        each(&path, Some(content_type), &mut part.file);
    }
    if let Some(file) = &mut user_data.override_bootstrap {
        each("overrideBootstrap", None, file);
    }
}
