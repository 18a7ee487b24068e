//! awsJson 1.1 requests, and the JSON answers of both JSON protocols.
//!
//! AWS's JSON services pass over members that they do not know; here those are refused.

use serde_json::{Map, Value};

use super::constraints::{self, Names};
use super::{BadAnswer, Decoded, Incoming, Rejected, not_supported, time};
use crate::AwsError;
use crate::model::{Kind, Location, Member, Model, Protocol, Shape};

pub fn decode(model: &'static Model, request: &Incoming<'_>) -> Result<Decoded, Rejected> {
    let target = request
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = target
        .strip_prefix(model.target_prefix.as_str())
        .and_then(|rest| rest.strip_prefix('.'));
    // a name that nobody has is the caller's own text, and stays out of the log
    let told = name.filter(|name| {
        model.operations.contains_key(*name) || model.other_operations.contains_key(*name)
    });
    let reject = |error| Rejected {
        operation: told.unwrap_or_default().to_owned(),
        error,
    };
    let found = name.and_then(|name| model.operations.get_key_value(name));
    let Some((name, operation)) = found else {
        let text = match name {
            Some(name) if model.other_operations.contains_key(name) => not_supported(name),
            _ => format!("The operation {target} is not known"),
        };
        return Err(reject(AwsError::new(
            400,
            "UnknownOperationException",
            text,
        )));
    };
    let body = object(request.body).map_err(&reject)?;
    let Some(shape) = &operation.input else {
        return Ok(Decoded {
            operation: name,
            input: body,
        });
    };
    let input = read(model, shape, &body, "").map_err(&reject)?;
    match constraints::check(model, shape, &input, &JsonNames).as_slice() {
        [] => Ok(Decoded {
            operation: name,
            input,
        }),
        violations => Err(reject(AwsError::new(
            400,
            "ValidationException",
            constraints::sentences(violations),
        ))),
    }
}

/// The JSON object of a body; an empty body is an empty object.
pub fn object(body: &[u8]) -> Result<Value, AwsError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        // the parser's own text could repeat what the caller sent
        _ => Err(AwsError::new(
            400,
            "SerializationException",
            "The body is not a JSON object",
        )),
    }
}

/// A JSON value as the API's members. Members of other locations than the body are not looked for.
pub fn read(model: &Model, shape_name: &str, value: &Value, path: &str) -> Result<Value, AwsError> {
    let shape = model.shape(shape_name);
    let wrong = |expected: &str| {
        let at = if path.is_empty() { "the body" } else { path };
        AwsError::new(
            400,
            "SerializationException",
            format!("{at} must be {expected}"),
        )
    };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(object)) => structure(model, shape, object, path),
        (Kind::Structure, _) => Err(wrong("an object")),
        (Kind::List, Value::Array(items)) => {
            let of = shape.member.as_ref().ok_or_else(|| wrong("left out"))?;
            let read = |(index, item)| read(model, &of.shape, item, &format!("{path}[{index}]"));
            items
                .iter()
                .enumerate()
                .map(read)
                .collect::<Result<_, _>>()
                .map(Value::Array)
        }
        (Kind::List, _) => Err(wrong("a list")),
        (Kind::Map, Value::Object(object)) => {
            let of = shape.value.as_ref().ok_or_else(|| wrong("left out"))?;
            let read = |(key, item): (&String, &Value)| {
                Ok((key.clone(), read(model, &of.shape, item, &join(path, key))?))
            };
            object
                .iter()
                .map(read)
                .collect::<Result<_, AwsError>>()
                .map(Value::Object)
        }
        (Kind::Map, _) => Err(wrong("an object")),
        (Kind::String | Kind::Blob, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => {
            Ok(value.clone())
        }
        (Kind::String | Kind::Blob, _) => Err(wrong("a string")),
        (Kind::Boolean, _) => Err(wrong("true or false")),
        (Kind::Integer, Value::Number(number))
            if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) =>
        {
            Ok(value.clone())
        }
        (Kind::Long, Value::Number(number)) if number.is_i64() => Ok(value.clone()),
        (Kind::Integer | Kind::Long, _) => Err(wrong("an integer")),
        (Kind::Double | Kind::Float, Value::Number(_)) => Ok(value.clone()),
        (Kind::Double | Kind::Float, _) => Err(wrong("a number")),
        (Kind::Timestamp, _) => time::read(value)
            .map(|_| value.clone())
            .ok_or_else(|| wrong("a time")),
    }
}

fn structure(
    model: &Model,
    shape: &Shape,
    object: &Map<String, Value>,
    path: &str,
) -> Result<Value, AwsError> {
    let mut read_members = Map::new();
    for (wire, value) in object {
        let here = join(path, wire);
        let in_body = |(name, member): &(&String, &Member)| {
            member.location.is_none() && wire_name(name, member) == wire
        };
        let Some((name, member)) = shape.members.iter().find(in_body) else {
            let code = match model.protocol {
                Protocol::RestJson => "InvalidParameterException",
                _ => "ValidationException",
            };
            return Err(AwsError::new(
                400,
                code,
                format!("The parameter {here} is not recognized"),
            ));
        };
        // null is how some clients write "not given"
        if !value.is_null() {
            read_members.insert(name.clone(), read(model, &member.shape, value, &here)?);
        }
    }
    Ok(Value::Object(read_members))
}

fn wire_name<'a>(name: &'a str, member: &'a Member) -> &'a str {
    member.location_name.as_deref().unwrap_or(name)
}

pub struct JsonNames;

impl Names for JsonNames {
    fn member(&self, path: &str, member: &str, shape: &Shape) -> String {
        join(
            path,
            shape
                .members
                .get(member)
                .map_or(member, |of| wire_name(member, of)),
        )
    }

    fn item(&self, path: &str, index: usize, _shape: &Shape) -> String {
        format!("{path}.{}.member", index + 1)
    }
}

/// The body of an answer.
pub fn answer(model: &Model, operation: &str, output: &Value) -> Result<String, BadAnswer> {
    match model
        .operations
        .get(operation)
        .and_then(|operation| operation.output.as_deref())
    {
        Some(shape) => Ok(write(model, shape, output, operation)?.to_string()),
        None => Ok("{}".to_owned()),
    }
}

fn write(model: &Model, shape_name: &str, value: &Value, path: &str) -> Result<Value, BadAnswer> {
    let shape = model.shape(shape_name);
    let bad = |problem| BadAnswer {
        path: path.to_owned(),
        problem,
    };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(object)) => write_structure(model, shape, object, path),
        (Kind::List, Value::Array(items)) => {
            let of = shape
                .member
                .as_ref()
                .ok_or_else(|| bad("a list of nothing"))?;
            items
                .iter()
                .map(|item| write(model, &of.shape, item, path))
                .collect::<Result<_, _>>()
                .map(Value::Array)
        }
        (Kind::Map, Value::Object(object)) => {
            let of = shape
                .value
                .as_ref()
                .ok_or_else(|| bad("a map of nothing"))?;
            let write = |(key, item): (&String, &Value)| {
                Ok((key.clone(), write(model, &of.shape, item, path)?))
            };
            object
                .iter()
                .map(write)
                .collect::<Result<_, BadAnswer>>()
                .map(Value::Object)
        }
        (Kind::Timestamp, _) => time::read(value)
            .map(time::epoch)
            .ok_or_else(|| bad("not a time")),
        (Kind::String | Kind::Blob, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => {
            Ok(value.clone())
        }
        (Kind::Integer | Kind::Long, Value::Number(number))
            if number.is_i64() || number.is_u64() =>
        {
            Ok(value.clone())
        }
        (Kind::Double | Kind::Float, Value::Number(_)) => Ok(value.clone()),
        _ => Err(bad("another type")),
    }
}

fn write_structure(
    model: &Model,
    shape: &Shape,
    object: &Map<String, Value>,
    path: &str,
) -> Result<Value, BadAnswer> {
    let mut written = Map::new();
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let here = join(path, name);
        let bad = |problem| BadAnswer {
            path: here.clone(),
            problem,
        };
        let member = shape
            .members
            .get(name)
            .ok_or_else(|| bad("no such member"))?;
        if !matches!(member.location, None | Some(Location::StatusCode)) {
            return Err(bad("a member outside the body"));
        }
        let value = write(model, &member.shape, value, &here)?;
        written.insert(wire_name(name, member).to_owned(), value);
    }
    Ok(Value::Object(written))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
