//! XML answers of ec2Query and awsQuery.

use std::borrow::Cow;

use serde_json::Value;

use super::{BadAnswer, pattern, time};
use crate::model::{Kind, Model, Operation, Protocol};

pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Text for an element's content. A carriage return would be read as a line feed, so it is written by number;
/// what XML cannot carry at all becomes the replacement character.
pub fn escape(text: &str) -> Cow<'_, str> {
    let escaped = quick_xml::escape::escape(text);
    if !escaped.contains('\r') && escaped.chars().all(pattern::printable) {
        return escaped;
    }
    let carried: String = escaped
        .chars()
        .map(|c| if pattern::printable(c) { c } else { '\u{fffd}' })
        .collect();
    Cow::Owned(carried.replace('\r', "&#13;"))
}

pub fn answer(
    model: &Model,
    name: &str,
    output: &Value,
    request_id: &str,
) -> Result<String, BadAnswer> {
    let mut xml = String::with_capacity(1024);
    xml.push_str(DECLARATION);
    let operation = model.operations.get(name);
    let unknown = || BadAnswer {
        path: name.to_owned(),
        problem: "no such operation",
    };
    let operation = operation.ok_or_else(unknown)?;
    // EC2 answers with a slash behind its namespace that the model does not have
    let slash = if model.protocol == Protocol::Ec2 {
        "/"
    } else {
        ""
    };
    xml.push_str(&format!(
        "<{name}Response xmlns=\"{}{slash}\">",
        escape(&model.xml_namespace)
    ));
    match model.protocol {
        Protocol::Ec2 => {
            xml.push_str(&format!("<requestId>{request_id}</requestId>"));
            match &operation.output {
                Some(_) => body(model, operation, output, name, &mut xml)?,
                // operations without an output answer so
                None => xml.push_str("<return>true</return>"),
            }
        }
        _ => {
            let wrapper = operation
                .result_wrapper
                .clone()
                .unwrap_or_else(|| format!("{name}Result"));
            xml.push_str(&format!("<{wrapper}>"));
            body(model, operation, output, name, &mut xml)?;
            xml.push_str(&format!("</{wrapper}>"));
            xml.push_str(&format!(
                "<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            ));
        }
    }
    xml.push_str(&format!("</{name}Response>"));
    Ok(xml)
}

fn body(
    model: &Model,
    of: &Operation,
    output: &Value,
    name: &str,
    xml: &mut String,
) -> Result<(), BadAnswer> {
    of.output
        .as_ref()
        .map_or(Ok(()), |shape| write(model, shape, output, name, xml))
}

/// Writes what is inside the element of a value.
fn write(
    model: &Model,
    shape_name: &str,
    value: &Value,
    path: &str,
    xml: &mut String,
) -> Result<(), BadAnswer> {
    let shape = model.shape(shape_name);
    let bad = |problem| BadAnswer {
        path: path.to_owned(),
        problem,
    };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(object)) => {
            for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                let here = format!("{path}.{name}");
                let unknown = || BadAnswer {
                    path: here.clone(),
                    problem: "no such member",
                };
                let member = shape.members.get(name).ok_or_else(unknown)?;
                let element = member.location_name.as_deref().unwrap_or(name);
                xml.push_str(&format!("<{element}>"));
                write(model, &member.shape, value, &here, xml)?;
                xml.push_str(&format!("</{element}>"));
            }
        }
        (Kind::List, Value::Array(items)) => {
            let of = shape
                .member
                .as_ref()
                .ok_or_else(|| bad("a list of nothing"))?;
            let element = of.location_name.as_deref().unwrap_or("member");
            for item in items {
                xml.push_str(&format!("<{element}>"));
                write(model, &of.shape, item, path, xml)?;
                xml.push_str(&format!("</{element}>"));
            }
        }
        (Kind::Timestamp, _) => xml.push_str(&time::iso(
            time::read(value).ok_or_else(|| bad("not a time"))?,
        )),
        (Kind::String | Kind::Blob, Value::String(text)) => xml.push_str(&escape(text)),
        (Kind::Boolean, Value::Bool(flag)) => xml.push_str(if *flag { "true" } else { "false" }),
        (Kind::Integer | Kind::Long, Value::Number(number))
            if number.is_i64() || number.is_u64() =>
        {
            xml.push_str(&number.to_string());
        }
        (Kind::Double | Kind::Float, Value::Number(number)) => xml.push_str(&number.to_string()),
        _ => return Err(bad("another type")),
    }
    Ok(())
}
