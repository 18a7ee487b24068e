//! ec2Query and awsQuery requests.
//!
//! EC2 names a parameter by its queryName, or its locationName with a capital first letter, and numbers the
//! items of a list directly (`Filter.1`); awsQuery puts `member` between (`Names.member.1`). AWS's query
//! services other than EC2 take parameters they do not know; here those are refused as well.

use serde_json::{Map, Value};

use super::constraints::{self, Broken, Names, Violation};
use super::tree::{Malformed, Node};
use super::{Decoded, Incoming, Rejected, not_supported, pattern, time};
use crate::AwsError;
use crate::model::{Kind, Member, Model, Protocol, Shape};

pub fn decode(model: &'static Model, request: &Incoming<'_>) -> Result<Decoded, Rejected> {
    let reject = |operation: &str, error| Rejected {
        operation: operation.to_owned(),
        error,
    };
    let mut tree = parameters(request).map_err(|Malformed(name)| {
        let text = format!("The parameter {name} is given more than once or nested too deeply");
        reject("", AwsError::new(400, "MalformedQueryString", text))
    })?;
    let Some(action) = tree.take("Action") else {
        return Err(reject(
            "",
            AwsError::new(
                400,
                "MissingAction",
                "The request must contain the parameter Action",
            ),
        ));
    };
    let Some((name, operation)) = model.operations.get_key_value(&action) else {
        // a name that nobody has is the caller's own text, and stays out of the log
        let told = model
            .other_operations
            .get_key_value(&action)
            .map_or("", |(name, _)| name);
        return Err(reject(told, unknown_action(model, &action)));
    };
    let check = || -> Result<Value, AwsError> {
        version(model, tree.take("Version"))?;
        let Some(shape) = &operation.input else {
            return no_input(&tree);
        };
        let reader = Reader { model };
        let input = reader.read(shape, &tree, "")?;
        match constraints::check(model, shape, &input, &reader).as_slice() {
            [] => Ok(input),
            violations => Err(reader.refusal(violations)),
        }
    };
    let mut check = check;
    match check() {
        Ok(input) => Ok(Decoded {
            operation: name,
            input,
        }),
        Err(error) => Err(reject(&action, error)),
    }
}

/// The parameters of the body and the query string, without those of a presigned URL.
fn parameters(request: &Incoming<'_>) -> Result<Node, Malformed> {
    let mut tree = Node::default();
    let in_url = form_urlencoded::parse(request.query.as_bytes())
        .filter(|(name, _)| !name.starts_with("X-Amz-"));
    for (name, value) in form_urlencoded::parse(request.body).chain(in_url) {
        tree.insert(&name, value.into_owned())?;
    }
    Ok(tree)
}

fn version(model: &Model, given: Option<String>) -> Result<(), AwsError> {
    match given {
        None => Err(AwsError::new(
            400,
            "MissingParameter",
            "The request must contain the parameter Version",
        )),
        Some(given) if given == model.api_version => Ok(()),
        Some(given) => Err(AwsError::new(
            400,
            "NoSuchVersion",
            format!("The requested version ({given}) does not exist"),
        )),
    }
}

fn unknown_action(model: &Model, action: &str) -> AwsError {
    let text = if model.other_operations.contains_key(action) {
        not_supported(action)
    } else if model.protocol == Protocol::Ec2 {
        format!("The action {action} is not valid for this web service.")
    } else {
        format!(
            "Could not find operation {action} for version {}",
            model.api_version
        )
    };
    AwsError::new(400, "InvalidAction", text)
}

fn no_input(tree: &Node) -> Result<Value, AwsError> {
    match tree.children.keys().next() {
        None => Ok(Value::Object(Map::new())),
        Some(name) => Err(unknown(name)),
    }
}

fn unknown(path: &str) -> AwsError {
    AwsError::new(
        400,
        "UnknownParameter",
        format!("The parameter {path} is not recognized"),
    )
}

struct Reader {
    model: &'static Model,
}

impl Reader {
    fn read(&self, shape_name: &str, node: &Node, path: &str) -> Result<Value, AwsError> {
        let shape = self.model.shape(shape_name);
        match shape.kind {
            Kind::Structure => self.structure(shape, node, path),
            Kind::List => self.list(shape, node, path),
            // no operation of a query service here takes a map
            Kind::Map => Err(unknown(path)),
            _ => scalar(shape.kind, node, path),
        }
    }

    fn structure(&self, shape: &Shape, node: &Node, path: &str) -> Result<Value, AwsError> {
        if node.value.is_some() {
            return Err(unknown(path));
        }
        let mut object = Map::new();
        for (wire, child) in &node.children {
            let here = join(path, wire);
            let found = shape
                .members
                .iter()
                .find(|(name, member)| self.wire_name(name, member) == *wire);
            let (name, member) = found.ok_or_else(|| unknown(&here))?;
            object.insert(name.clone(), self.read(&member.shape, child, &here)?);
        }
        Ok(Value::Object(object))
    }

    fn list(&self, shape: &Shape, node: &Node, path: &str) -> Result<Value, AwsError> {
        let Some(member) = &shape.member else {
            return Err(unknown(path));
        };
        // awsQuery sends an empty list as `Names=`
        if node.children.is_empty() && node.value.as_deref() == Some("") {
            return Ok(Value::Array(Vec::new()));
        }
        if node.value.is_some() {
            return Err(unknown(path));
        }
        let (numbered, path) = match self.list_infix(shape) {
            None => (node, path.to_owned()),
            Some(infix) => {
                if let Some(other) = node.children.keys().find(|name| **name != infix) {
                    return Err(unknown(&join(path, other)));
                }
                let items = node.children.get(&infix).ok_or_else(|| unknown(path))?;
                (items, join(path, &infix))
            }
        };
        let items = numbered
            .numbered()
            .map_err(|other| unknown(&join(&path, other)))?;
        let read = |(number, item): (u32, &Node)| {
            self.read(&member.shape, item, &format!("{path}.{number}"))
        };
        items
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Value::Array)
    }

    /// What stands between a list's name and the numbers of its items.
    fn list_infix(&self, shape: &Shape) -> Option<String> {
        if self.model.protocol == Protocol::Ec2 || shape.flattened {
            return None;
        }
        let named = shape
            .member
            .as_ref()
            .and_then(|member| member.location_name.clone());
        Some(named.unwrap_or_else(|| "member".to_owned()))
    }

    fn wire_name(&self, name: &str, member: &Member) -> String {
        match (
            self.model.protocol,
            &member.query_name,
            &member.location_name,
        ) {
            (Protocol::Ec2, Some(query), _) => query.clone(),
            (Protocol::Ec2, None, Some(location)) => capital(location),
            (_, _, Some(location)) => location.clone(),
            _ => name.to_owned(),
        }
    }

    fn refusal(&self, violations: &[Violation]) -> AwsError {
        match violations {
            [first, ..] if self.model.protocol == Protocol::Ec2 => ec2_refusal(first),
            _ => AwsError::new(400, "ValidationError", constraints::sentences(violations)),
        }
    }
}

impl Names for Reader {
    fn member(&self, path: &str, member: &str, shape: &Shape) -> String {
        let wire = shape
            .members
            .get(member)
            .map_or_else(|| member.to_owned(), |of| self.wire_name(member, of));
        join(path, &wire)
    }

    fn item(&self, path: &str, index: usize, shape: &Shape) -> String {
        match self.list_infix(shape) {
            None => format!("{path}.{}", index + 1),
            Some(infix) => format!("{path}.{infix}.{}", index + 1),
        }
    }
}

fn ec2_refusal(violation: &Violation) -> AwsError {
    let path = &violation.path;
    let (code, text) = match &violation.kind {
        Broken::Missing => (
            "MissingParameter",
            format!("The request must contain the parameter {path}"),
        ),
        Broken::Enum(value, _) | Broken::Pattern(value, _) => (
            "InvalidParameterValue",
            format!("Value ({value}) for parameter {path} is invalid."),
        ),
        Broken::Bounds {
            given,
            is_length: false,
            min,
            max,
        } => {
            let expected = match (min, max) {
                (Some(min), Some(max)) => format!("between {min} and {max}"),
                (Some(min), None) => format!("greater than or equal to {min}"),
                (None, Some(max)) => format!("less than or equal to {max}"),
                (None, None) => String::new(),
            };
            let text = format!(
                "Value ( {given} ) for parameter {path} is invalid. Expecting a value {expected}."
            );
            ("InvalidParameterValue", text)
        }
        Broken::Bounds {
            given,
            is_length: true,
            min,
            max,
        } => {
            let (min, max) = (min.unwrap_or(0.0), max.unwrap_or(f64::INFINITY));
            let text = format!(
                "The length of parameter {path} is {given}. It must be between {min} and {max}."
            );
            ("InvalidParameterValue", text)
        }
    };
    AwsError::new(400, code, text)
}

fn scalar(kind: Kind, node: &Node, path: &str) -> Result<Value, AwsError> {
    if let Some(child) = node.children.keys().next() {
        return Err(unknown(&join(path, child)));
    }
    let text = node.value.as_deref().unwrap_or_default();
    let invalid = |what: &str| {
        let text = format!("The value for parameter {path} is invalid. Expecting {what}.");
        AwsError::new(400, "InvalidParameterValue", text)
    };
    match kind {
        Kind::Boolean => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(invalid("true or false")),
        },
        Kind::Integer => text
            .parse::<i32>()
            .map(Value::from)
            .map_err(|_| invalid("an integer")),
        Kind::Long => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| invalid("an integer")),
        Kind::Double | Kind::Float => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::from(number)),
            _ => Err(invalid("a number")),
        },
        Kind::Timestamp => time::read(&Value::from(text))
            .map(|_| Value::from(text))
            .ok_or_else(|| invalid("a time in ISO 8601")),
        _ if text.chars().all(pattern::printable) => Ok(Value::from(text)),
        _ => Err(AwsError::new(
            400,
            "InvalidCharacter",
            format!("A character in parameter {path} is invalid."),
        )),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
