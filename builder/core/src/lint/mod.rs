//! Lints of user data: what would break a node, and shows nowhere but at its boot.
//!
//! They look at parts, whoever made them: `render` lints what it is about to mint, `explain` what already
//! runs somewhere. A lint says where (part, line), what happens on the node, and what to do; it never quotes
//! the line, because user data can hold secrets.

mod boot;
mod bootstrap;
mod command;
mod document;
mod kubelet;
mod labels;
mod node_config;
mod powershell;
mod read;
mod rules;
mod secrets;
mod shell;

use serde::{Deserialize, Serialize};

use crate::render::{NODE_CONFIG, POWERSHELL, SHELL, TOML};
use crate::spec::KubernetesVersion;

pub(crate) use document::BYTE_ORDER_MARK;
pub use document::{ROOM_FOR_EKS, document};
pub use rules::About;
pub use secrets::has_secret;

/// What a lint is about. The names are a contract: specs allow rules by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// More bytes than EC2 takes, or than leave room for EKS's own part.
    TooLarge,
    /// A shell part without `#!`.
    NoShebang,
    /// CRLF line ends where they break something.
    Crlf,
    /// A byte order mark before the first line.
    ByteOrderMark,
    /// Bytes outside of ASCII in a part that is not encoded.
    NotAscii,
    /// A line inside of a part that looks like the boundary.
    BoundaryInBody,
    /// Not the form that the family (or EKS, in merged mode) reads.
    WrongForm,
    /// Starts, stops or edits the kubelet where EKS does that.
    TouchesKubelet,
    /// Calls the bootstrap where EKS calls it.
    StartsBootstrap,
    /// An argument that the bootstrap script does not have.
    BootstrapArgument,
    /// A label that the kubelet may not set.
    ReservedLabel,
    /// A taint that Kubernetes refuses.
    BadTaint,
    /// A field that nodeadm does not have.
    NodeConfig,
    /// A Kubernetes version that the family has no images for.
    KubernetesVersion,
    /// A key, token or password in the open.
    Secret,
    /// Security groups without the cluster's own.
    ClusterSecurityGroup,
    /// Instance metadata out of the pods' reach, or in it.
    HopLimit,
    /// Something that holds up every boot.
    SlowBoot,
    /// A download that can be another one tomorrow.
    UnpinnedDownload,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// Something wrong with user data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lint {
    pub rule: Rule,
    pub severity: Severity,
    /// The index of the part that it is in; none if it is about the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<usize>,
    /// The line in that part, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What happens, never quoting the user data.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// What reads the user data on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reader {
    /// cloud-init, then bootstrap.sh: Amazon Linux 2 and Ubuntu.
    CloudInit,
    /// nodeadm and cloud-init: Amazon Linux 2023.
    Nodeadm,
    /// Bottlerocket's early-boot-config.
    Bottlerocket,
    /// EC2Launch.
    Windows,
    /// An image of which nothing is known: a family `Custom`, or user data without a spec.
    Unknown,
}

impl Reader {
    /// The type of a step that runs before the node joins.
    pub(crate) fn script_type(self) -> &'static str {
        match self {
            Reader::CloudInit | Reader::Nodeadm | Reader::Unknown => SHELL,
            Reader::Bottlerocket => TOML,
            Reader::Windows => POWERSHELL,
        }
    }

    /// The type of a bootstrap of the user's own that is no shell script.
    pub(crate) fn settings_type(self) -> &'static str {
        match self {
            Reader::Nodeadm => NODE_CONFIG,
            // Its first line tells, if anything does.
            Reader::Unknown => "text/plain",
            other => other.script_type(),
        }
    }
}

/// What user data is for.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub reader: Reader,
    /// Whether EKS merges its own part in: there is no image in the launch template.
    pub merged: bool,
    pub kubernetes: Option<KubernetesVersion>,
}

/// One part of user data, as it is before any transfer encoding.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// In lower case and without parameters.
    pub content_type: &'a str,
    pub body: &'a [u8],
    /// Its `Content-Transfer-Encoding` in the document, if it was read from one; `7bit` where a part of a
    /// multipart document names none (RFC 2045).
    pub encoding: Option<&'a str>,
}

/// What is wrong with parts: by part, then line, errors before warnings.
pub fn lint(setting: &Setting, parts: &[Part<'_>]) -> Vec<Lint> {
    let mut found = Found::default();
    let read = check(setting, parts, &mut found);
    for (index, part) in read.iter().enumerate() {
        document::form(setting, index, part, &mut found);
        node_config::check(index, part, &mut found);
    }
    found.sorted()
}

/// The fields of the NodeConfigs among parts.
pub(crate) fn lint_node_configs(parts: &[Part<'_>]) -> Vec<Lint> {
    let mut found = Found::default();
    for (index, part) in parts.iter().enumerate() {
        node_config::check(index, &read::Read::of(part), &mut found);
    }
    found.sorted()
}

/// What else there is of parts of our own making: their forms are their families', and whether their NodeConfigs
/// can be used has been checked with their places in the spec.
pub(crate) fn lint_rendered(setting: &Setting, parts: &[Part<'_>]) -> Vec<Lint> {
    let mut found = Found::default();
    check(setting, parts, &mut found);
    found.sorted()
}

/// The arguments of the only call of `program` in a shell script; none: it is not called, or more than once. Of a
/// word that a variable fills in, that alone is known.
pub(crate) fn words_of_call(script: &[u8], program: &str) -> Option<Vec<String>> {
    const FILLED_IN: &str = "(filled in when the script runs)";
    let commands = shell::commands(script);
    let mut calls = commands.iter().filter_map(|command| {
        let (name, words) = command.script().split_first()?;
        (command::base_name(&name.text) == program).then_some(words)
    });
    let (words, None) = (calls.next()?, calls.next()) else {
        return None;
    };
    let word = |word: &command::Word| match word.expands {
        true => FILLED_IN.to_owned(),
        false => word.text.clone(),
    };
    Some(words.iter().map(word).collect())
}

fn check<'a>(setting: &Setting, parts: &[Part<'a>], found: &mut Found) -> Vec<read::Read<'a>> {
    let read: Vec<read::Read<'_>> = parts.iter().map(read::Read::of).collect();
    for (index, part) in read.iter().enumerate() {
        document::check(setting, index, part, found);
        kubelet::check(setting, index, part, found);
        labels::check(index, part, found);
        boot::check(index, part, found);
        secrets::check(index, part, found);
    }
    bootstrap::check(setting, &read, found);
    read
}

/// Collects what the rules find.
#[derive(Default)]
struct Found {
    lints: Vec<Lint>,
}

impl Found {
    fn add(
        &mut self,
        rule: Rule,
        (part, line): (usize, Option<usize>),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add_as(rule, rule.about().severity, (part, line), message, hint);
    }

    /// With another severity than the rule's own.
    fn add_as(
        &mut self,
        rule: Rule,
        severity: Severity,
        (part, line): (usize, Option<usize>),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.lints.push(Lint {
            rule,
            severity,
            part: Some(part),
            line,
            message: message.into(),
            hint: hint.into(),
        });
    }

    fn sorted(self) -> Vec<Lint> {
        let mut lints = self.lints;
        lints.sort_by(|a, b| {
            (a.part, a.line, a.severity, a.rule, &a.message)
                .cmp(&(b.part, b.line, b.severity, b.rule, &b.message))
        });
        lints.dedup();
        lints
    }
}

#[cfg(test)]
mod tests;
