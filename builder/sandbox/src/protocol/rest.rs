//! restJson1 requests: the operation is told by method and path, members come from the path, the query
//! string and the body.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::constraints::{self, Broken, Violation};
use super::{Decoded, Incoming, Rejected, json, not_supported};
use crate::AwsError;
use crate::model::{Kind, Location, Model, Operation};

pub fn decode(model: &'static Model, request: &Incoming<'_>) -> Result<Decoded, Rejected> {
    let found = model.operations.iter().find_map(|(name, operation)| {
        let labels = (operation.method == request.method)
            .then(|| labels(&operation.uri, request.path))??;
        Some((name, operation, labels))
    });
    let Some((name, operation, labels)) = found else {
        return Err(unknown(model, request));
    };
    match input(model, operation, labels, request) {
        Ok(input) => Ok(Decoded {
            operation: name,
            input,
        }),
        Err(error) => Err(Rejected {
            operation: name.clone(),
            error,
        }),
    }
}

fn unknown(model: &Model, request: &Incoming<'_>) -> Rejected {
    let other = model.other_operations.iter().find(|(_, place)| {
        place.split_once(' ').is_some_and(|(method, uri)| {
            method == request.method && labels(uri, request.path).is_some()
        })
    });
    let (operation, text) = match other {
        Some((name, _)) => (name.clone(), not_supported(name)),
        None => (
            String::new(),
            format!("no operation answers {} on this path", request.method),
        ),
    };
    Rejected {
        operation,
        error: AwsError::new(404, "UnknownOperationException", text),
    }
}

/// The labels of a path, if it is one of the template's: `/clusters/{name}` and `/clusters/a%2Fb`.
fn labels(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let template = template.split('?').next().unwrap_or_default();
    let (wanted, given): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut labels = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(_) if given.is_empty() => return None,
            Some(label) => {
                labels.push((
                    label.to_owned(),
                    percent_decode_str(given).decode_utf8().ok()?.into_owned(),
                ));
            }
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(labels)
}

fn input(
    model: &Model,
    operation: &Operation,
    labels: Vec<(String, String)>,
    request: &Incoming<'_>,
) -> Result<Value, AwsError> {
    let body = json::object(request.body)?;
    let Some(shape_name) = &operation.input else {
        return Ok(body);
    };
    let Value::Object(mut members) = json::read(model, shape_name, &body, "")? else {
        return Ok(body);
    };
    let shape = model.shape(shape_name);
    let named = |location: Location, wire: &str| {
        shape.members.iter().find(|(name, member)| {
            member.location == Some(location)
                && member.location_name.as_deref().unwrap_or(name) == wire
        })
    };
    for (label, value) in labels {
        let (name, _) = named(Location::Uri, &label).ok_or_else(|| not_recognized(&label))?;
        members.insert(name.clone(), Value::from(value));
    }
    for (wire, value) in form_urlencoded::parse(request.query.as_bytes()) {
        let (name, member) =
            named(Location::Querystring, &wire).ok_or_else(|| not_recognized(&wire))?;
        query_member(model, &member.shape, &wire, &value, name, &mut members)?;
    }
    let input = Value::Object(members);
    match constraints::check(model, shape_name, &input, &json::JsonNames).as_slice() {
        [] => Ok(input),
        [first, ..] => Err(invalid(refusal(first))),
    }
}

/// A list is the same parameter several times.
fn query_member(
    model: &Model,
    shape_name: &str,
    wire: &str,
    value: &str,
    name: &str,
    members: &mut Map<String, Value>,
) -> Result<(), AwsError> {
    let shape = model.shape(shape_name);
    let read = match shape.kind {
        Kind::Boolean => value.parse::<bool>().map(Value::from).ok(),
        Kind::Integer | Kind::Long => value.parse::<i32>().map(Value::from).ok(),
        _ => Some(Value::from(value)),
    };
    let read = read.ok_or_else(|| invalid(format!("The value of {wire} is not valid")))?;
    if shape.kind == Kind::List {
        if let Value::Array(items) = members
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()))
        {
            items.push(read);
        }
    } else if members.insert(name.to_owned(), read).is_some() {
        return Err(invalid(format!("{wire} is given more than once")));
    }
    Ok(())
}

fn refusal(violation: &Violation) -> String {
    match &violation.kind {
        Broken::Missing => format!("{} is required", violation.path),
        _ => violation.constraint_sentence(),
    }
}

fn not_recognized(name: &str) -> AwsError {
    invalid(format!("The parameter {name} is not recognized"))
}

fn invalid(text: String) -> AwsError {
    AwsError::new(400, "InvalidParameterException", text)
}
