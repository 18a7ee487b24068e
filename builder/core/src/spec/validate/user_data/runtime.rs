//! containerd, disks, registries, and how the user data goes out.

use std::collections::BTreeSet;

use super::super::items;
use crate::lint::Rule;
use crate::spec::raw::{RawCompress, RawLocalDisks, RawRule, RawUserData};
use crate::spec::raw_values::Name;
use crate::spec::read::Report;
use crate::spec::rules::{Check, flaw, flaw_hint};
use crate::spec::{Compress, Containerd, LocalDisks, Registry, SpecPath};

pub(super) fn containerd(raw: &RawUserData) -> Containerd {
    let raw = raw.containerd.clone().unwrap_or_default();
    Containerd {
        config: raw.config.unwrap_or_default(),
        base_runtime_spec: raw.base_runtime_spec.unwrap_or_default(),
    }
}

pub(super) fn local_disks(raw: &RawUserData) -> Option<LocalDisks> {
    Some(match raw.local_disks.as_ref()? {
        RawLocalDisks::Raid0 => LocalDisks::Raid0,
        RawLocalDisks::Raid10 => LocalDisks::Raid10,
        RawLocalDisks::Mount => LocalDisks::Mount,
        RawLocalDisks::Later(_) => return None,
    })
}

pub(super) fn compress(raw: &RawUserData) -> Compress {
    match raw.compress {
        Some(RawCompress::Auto) => Compress::Auto,
        Some(RawCompress::Always) => Compress::Always,
        _ => Compress::Never,
    }
}

pub(super) fn allow(raw: &RawUserData, at: &SpecPath, report: &mut Report<'_>) -> BTreeSet<Rule> {
    let mut rules = BTreeSet::new();
    for (path, raw) in items(&raw.allow, &at.key("allow"), report) {
        let Some(rule) = rule(raw) else { continue };
        if !rules.insert(rule) {
            report.error(&path, format!("`{}` is given twice", raw.as_str()));
        }
    }
    rules
}

fn rule(raw: &RawRule) -> Option<Rule> {
    serde_json::from_value(serde_json::Value::from(raw.as_str())).ok()
}

pub(super) fn registries(
    raw: &RawUserData,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> Vec<Registry> {
    let mut found: Vec<Registry> = Vec::new();
    for (path, raw) in items(&raw.registries, &at.key("registries"), report) {
        let host = super::super::required(&raw.host, &path, "host", registry_host, report);
        if !host.is_empty() && found.iter().any(|other| other.host == host) {
            report.error(&path.key("host"), format!("`{host}` is given twice"));
        }
        let mirrors = super::super::texts(&raw.mirrors, &path, "mirrors", mirror, report);
        if raw.mirrors.is_none() {
            report.missing(&path, "mirrors", None);
        } else if mirrors.is_empty() {
            report.error(&path.key("mirrors"), "there are no mirrors");
        }
        found.push(Registry { host, mirrors });
    }
    found
}

/// A host as the first part of an image's name: no scheme, no path.
fn registry_host(text: &str) -> Check {
    let good = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:*_".contains(&byte));
    match good {
        true => Ok(()),
        false => Err(flaw_hint(
            "not the host of a registry",
            "write it as images name it, such as `docker.io`",
        )),
    }
}

fn mirror(text: &str) -> Check {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\`$".contains(&byte);
    match rest {
        Some(rest) if rest.contains('@') => Err(flaw(
            "credentials in a URL: user data is readable by anyone who may describe the launch template",
        )),
        Some(rest) if !rest.is_empty() && rest.bytes().all(plain) => Ok(()),
        _ => Err(flaw_hint(
            "not the URL of a mirror",
            "write it like `https://mirror.example.com`",
        )),
    }
}
