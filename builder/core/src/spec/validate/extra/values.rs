//! Values of `launchTemplateData`, held to the schema of its types: what is required, enums, ranges and lengths. So
//! the published schema and the check are one. Ids, addresses and patterns have the spec's own rules.
//!
//! Values of a wrong type are passed over: they are told where the data is read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::super::SpecPath;
use super::super::super::fields::forms;
use super::super::super::nearest;
use super::super::super::path::Step;
use super::super::super::read::Report;
use super::super::super::rules::{self, Check, flaw, flaw_hint};
use super::super::super::schema::LAUNCH_TEMPLATE_DATA;
use super::super::super::tree::{Entry, Kind, Node};
use super::super::super::value::to_json;

pub(super) fn check(node: &Node, at: &SpecPath, report: &mut Report<'_>) {
    value(
        node,
        at,
        &forms(&LAUNCH_TEMPLATE_DATA, &LAUNCH_TEMPLATE_DATA),
        report,
    );
}

/// `forms`: what the schema has for the value at `at`; empty where it has nothing.
fn value(node: &Node, at: &SpecPath, forms: &[&Value], report: &mut Report<'_>) {
    if report.pruned.contains(at) || forms.is_empty() {
        return;
    }
    match &node.kind {
        Kind::Map { entries, .. } => mapping(entries, at, forms, report),
        Kind::Seq { items } => list(items, at, forms, report),
        Kind::Scalar { .. } => match to_json(node, at, &BTreeSet::new()) {
            Value::String(text) => text_value(&text, at, forms, report),
            Value::Number(number) => number_value(number.as_f64(), at, forms, report),
            _ => {}
        },
    }
}

/// What the schema has one step below.
fn below<'s>(
    schemas: &[&'s Value],
    step: impl Fn(&'s Value) -> Option<&'s Value>,
) -> Vec<&'s Value> {
    let found = schemas.iter().filter_map(|schema| step(schema));
    found
        .flat_map(|schema| forms(&LAUNCH_TEMPLATE_DATA, schema))
        .collect()
}

fn mapping(entries: &[Entry], at: &SpecPath, schemas: &[&Value], report: &mut Report<'_>) {
    for entry in entries {
        let schemas = below(schemas, |schema| schema.get("properties")?.get(&entry.key));
        value(&entry.value, &at.key(&entry.key), &schemas, report);
    }
    let required = schemas
        .iter()
        .filter_map(|schema| schema.get("required")?.as_array());
    for name in required.flatten().filter_map(Value::as_str) {
        if !entries.iter().any(|entry| entry.key == name) {
            report.missing(at, name, None);
        }
    }
}

fn list(items: &[Node], at: &SpecPath, schemas: &[&Value], report: &mut Report<'_>) {
    let of_items = below(schemas, |schema| schema.get("items"));
    for (index, item) in items.iter().enumerate() {
        let path = at.index(index);
        if to_json(item, &path, &BTreeSet::new()).is_null() {
            report.error(&path, "there is nothing after this `-`");
            report.pruned.insert(path);
        } else {
            value(item, &path, &of_items, report);
        }
    }
    if bound(schemas, "minItems").is_some_and(|least| (items.len() as f64) < least) {
        report.error(at, "this is empty");
    }
    let most = bound(schemas, "maxItems");
    if let Some(most) = most.filter(|most| items.len() as f64 > *most) {
        report.error(at, format!("EC2 takes at most {most}"));
    }
}

fn text_value(text: &str, at: &SpecPath, schemas: &[&Value], report: &mut Report<'_>) {
    let known = schemas
        .iter()
        .filter_map(|schema| schema.get("enum")?.as_array());
    let known: Vec<&str> = known.flatten().filter_map(Value::as_str).collect();
    if !known.is_empty() && !known.contains(&text) {
        let hint = nearest::hint(text, &known);
        report.push(at, format!("unknown value `{text}`"), hint);
        return;
    }
    report.check(at, rule(field(at), text));
}

fn number_value(number: Option<f64>, at: &SpecPath, schemas: &[&Value], report: &mut Report<'_>) {
    let Some(number) = number else { return };
    let (least, most) = (bound(schemas, "minimum"), bound(schemas, "maximum"));
    let inside =
        least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
    if inside {
        return;
    }
    let message = match (least, most) {
        (Some(least), Some(most)) => format!("EC2 takes {least} to {most}"),
        (Some(least), None) => format!("EC2 takes {least} or more"),
        (None, most) => format!("EC2 takes at most {}", most.unwrap_or_default()),
    };
    report.error(at, message);
}

fn bound(schemas: &[&Value], key: &str) -> Option<f64> {
    schemas.iter().find_map(|schema| schema.get(key)?.as_f64())
}

/// The field that a value, or an item of a list, is of.
fn field(at: &SpecPath) -> &str {
    let keys = at.steps().iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    keys.unwrap_or_default()
}

/// What a text must look like, by EC2's name of its field.
fn rule(field: &str, text: &str) -> Check {
    match field {
        "Groups" => rules::resource_id("sg-", text),
        "GroupId" => rules::resource_id("pg-", text),
        "HostId" => rules::resource_id("h-", text),
        "CapacityReservationId" => rules::resource_id("cr-", text),
        "NetworkInterfaceId" => rules::resource_id("eni-", text),
        "KernelId" => rules::resource_id("aki-", text),
        "RamDiskId" => rules::resource_id("ari-", text),
        "PrivateIpAddress" => address(text, false),
        "Ipv6Address" => address(text, true),
        "Ipv4Prefix" => prefix(text, false),
        "Ipv6Prefix" => prefix(text, true),
        "AllowedInstanceTypes" | "ExcludedInstanceTypes" => type_pattern(text),
        name if name.to_ascii_lowercase().ends_with("arn") => arn(text),
        _ if text.is_empty() && !["Value", "Description"].contains(&field) => {
            Err(flaw("this is empty"))
        }
        _ => Ok(()),
    }
}

fn address(text: &str, v6: bool) -> Check {
    match text.parse::<std::net::IpAddr>() {
        Ok(address) if address.is_ipv6() == v6 => Ok(()),
        _ => Err(flaw(match v6 {
            true => "not an IPv6 address",
            false => "not an IPv4 address",
        })),
    }
}

fn prefix(text: &str, v6: bool) -> Check {
    match rules::cidr(text)? == v6 {
        true => Ok(()),
        false => Err(flaw(match v6 {
            true => "not an IPv6 prefix",
            false => "not an IPv4 prefix",
        })),
    }
}

fn arn(text: &str) -> Check {
    let parts = text.splitn(6, ':').count();
    match text.starts_with("arn:aws") && parts == 6 {
        true => Ok(()),
        false => Err(flaw_hint("not an ARN", "write it like `arn:aws:…`")),
    }
}

/// EC2 API reference, InstanceRequirementsRequest.
fn type_pattern(text: &str) -> Check {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '-');
    match (1..=30).contains(&text.len()) && text.chars().all(known) {
        true => Ok(()),
        false => Err(flaw_hint(
            "not an instance type or a pattern of some",
            "write it like `m5.large`, `c7*.*` or `r*`",
        )),
    }
}
