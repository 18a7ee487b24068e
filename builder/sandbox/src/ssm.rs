//! SSM Parameter Store.

mod labels;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::input::{Paging, flag, items, page, text, texts};
use crate::world::{Parameter, ParameterVersion, Region, World};
use crate::{Answer, AwsError, Call, protocol};

/// AWS Systems Manager quotas: a standard parameter's value, and how many versions are kept.
const MAX_VALUE: usize = 4096;
const MAX_VERSIONS: usize = 100;

pub fn handle(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation {
        "GetParameter" => get_one(world, call),
        "GetParameters" => get_many(world, call),
        "GetParametersByPath" => get_by_path(world, call),
        "PutParameter" => put(world, call),
        "LabelParameterVersion" => labels::label(world, call),
        "DescribeParameters" => describe(world, call),
        other => Err(AwsError::new(
            400,
            "UnknownOperationException",
            protocol::not_supported(other),
        )),
    }
}

fn get_one(world: &World, call: &Call<'_>) -> Answer {
    let name = text(&call.input, "Name").unwrap_or_default();
    Ok(json!({"Parameter": find(world, call, name)?}))
}

fn get_many(world: &World, call: &Call<'_>) -> Answer {
    let names = texts(&call.input, "Names");
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(validation(format!(
                "The name {name} is given more than once."
            )));
        }
        match find(world, call, name) {
            Ok(parameter) => found.push(parameter),
            Err(error) if error.code == "ValidationException" => return Err(error),
            Err(_) => invalid.push(*name),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": invalid}))
}

/// A parameter by `name`, `name:version` or `name:label`.
fn find(world: &World, call: &Call<'_>, given: &str) -> Result<Value, AwsError> {
    if given.starts_with("arn:") {
        return Err(validation(protocol::not_supported(
            "a parameter's ARN as its name",
        )));
    }
    let (name, selector) = match given.split_once(':') {
        Some((name, selector)) => (name, Some(selector)),
        None => (given, None),
    };
    let view = world.view(call.account, call.region);
    let parameter = view.parameter(name).ok_or_else(|| not_found(name))?;
    let number = match selector {
        None => parameter.versions.len(),
        Some(selector) => {
            position(parameter, selector).ok_or_else(|| version_not_found(name, selector))?
        }
    };
    show(parameter, number, selector, call)
}

/// The number of the version that a selector names.
fn position(parameter: &Parameter, selector: &str) -> Option<usize> {
    match selector.parse::<usize>() {
        Ok(number) => (1..=parameter.versions.len())
            .contains(&number)
            .then_some(number),
        Err(_) => {
            let labelled =
                |version: &ParameterVersion| version.labels.iter().any(|label| label == selector);
            parameter
                .versions
                .iter()
                .rposition(labelled)
                .map(|index| index + 1)
        }
    }
}

fn show(
    parameter: &Parameter,
    number: usize,
    selector: Option<&str>,
    call: &Call<'_>,
) -> Result<Value, AwsError> {
    let version = number
        .checked_sub(1)
        .and_then(|index| parameter.versions.get(index));
    let name = &parameter.name;
    let version = version.ok_or_else(|| not_found(name))?;
    Ok(json!({
        "Name": name,
        "Type": parameter.kind,
        "Value": version.value,
        "Version": number,
        "Selector": selector.map(|selector| format!(":{selector}")),
        "LastModifiedDate": version.modified_at,
        "ARN": arn(name, call),
        "DataType": "text",
    }))
}

/// Public parameters belong to no account.
fn arn(name: &str, call: &Call<'_>) -> String {
    let account = if name.starts_with("/aws/") {
        ""
    } else {
        call.account
    };
    format!(
        "arn:{}:ssm:{}:{account}:parameter/{}",
        crate::public::partition(call.region),
        call.region,
        name.trim_start_matches('/')
    )
}

fn get_by_path(world: &World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["ParameterFilters"])?;
    let path = text(input, "Path").unwrap_or_default();
    if !path.starts_with('/') {
        let text = "The parameter doesn't meet the parameter name requirements. The parameter name must begin \
                    with a forward slash \"/\".";
        return Err(validation(text));
    }
    let prefix = format!("{}/", path.trim_end_matches('/'));
    let recursive = flag(input, "Recursive");
    let view = world.view(call.account, call.region);
    let direct = |name: &str| name.strip_prefix(&prefix).is_some_and(|n| !n.contains('/'));
    let shown: Result<Vec<Value>, _> = view
        .parameters_under(&prefix)
        .filter(|parameter| recursive || direct(&parameter.name))
        .map(|parameter| show(parameter, parameter.versions.len(), None, call))
        .collect();
    let (shown, next) = page(
        shown?,
        input,
        &Paging {
            size: "MaxResults",
            min: 1,
            max: 10,
            default: 10,
        },
    )?;
    Ok(json!({"Parameters": shown, "NextToken": next}))
}

fn put(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    simulated(input)?;
    let name = text(input, "Name").unwrap_or_default();
    check_name(name)?;
    let value = text(input, "Value").unwrap_or_default();
    if value.is_empty() || value.len() > MAX_VALUE {
        let text = format!("The value of a standard parameter has 1 to {MAX_VALUE} characters.");
        return Err(validation(text));
    }
    let kind = text(input, "Type");
    let region = world.region(call.account, call.region);
    let exists = region.is_some_and(|region| region.parameters.contains_key(name));
    if exists && !flag(input, "Overwrite") {
        let text = "The parameter already exists. To overwrite this value, set the overwrite option in the \
                    request to true.";
        return Err(AwsError::new(400, "ParameterAlreadyExists", text));
    }
    if !exists && kind.is_none() {
        return Err(validation(
            "A parameter type is required when you create a parameter.",
        ));
    }
    let version = ParameterVersion {
        value: value.to_owned(),
        modified_at: world.now,
        labels: Vec::new(),
    };
    let parameters = &mut world.region_mut(call.account, call.region).parameters;
    let parameter = parameters
        .entry(name.to_owned())
        .or_insert_with(|| Parameter {
            name: name.to_owned(),
            kind: kind.unwrap_or_default().to_owned(),
            versions: Vec::new(),
        });
    let number = add_version(parameter, kind, version)?;
    Ok(json!({"Version": number, "Tier": "Standard"}))
}

/// Refuses what the world does not keep, rather than losing it.
fn simulated(input: &Value) -> Result<(), AwsError> {
    refuse(
        input,
        &["AllowedPattern", "Description", "KeyId", "Policies", "Tags"],
    )?;
    for (member, kept) in [("Tier", "Standard"), ("DataType", "text")] {
        if text(input, member).is_some_and(|given| given != kept) {
            let what = format!("a {member} other than {kept}");
            return Err(validation(protocol::not_supported(&what)));
        }
    }
    if text(input, "Type") == Some("SecureString") {
        return Err(validation(protocol::not_supported(
            "a SecureString parameter",
        )));
    }
    Ok(())
}

fn add_version(
    parameter: &mut Parameter,
    kind: Option<&str>,
    version: ParameterVersion,
) -> Result<usize, AwsError> {
    if kind.is_some_and(|kind| kind != parameter.kind) {
        return Err(validation(protocol::not_supported(
            "another type for a parameter that exists",
        )));
    }
    // AWS drops the oldest version instead; here numbers are positions
    if parameter.versions.len() >= MAX_VERSIONS {
        let text = protocol::not_supported("a parameter with more than 100 versions");
        return Err(AwsError::new(400, "ParameterMaxVersionLimitExceeded", text));
    }
    parameter.versions.push(version);
    Ok(parameter.versions.len())
}

/// Systems Manager user guide, parameter name requirements.
fn check_name(name: &str) -> Result<(), AwsError> {
    let bare = name.trim_start_matches('/').to_ascii_lowercase();
    if name.starts_with('/') && bare.split('/').next() == Some("aws") {
        return Err(reserved(name));
    }
    if bare.starts_with("aws") || bare.starts_with("ssm") {
        return Err(validation(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).",
        ));
    }
    let allowed = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_.-/".contains(&b));
    let absolute = !name.contains('/') || name.starts_with('/');
    if !allowed || !absolute || bare.is_empty() || name.ends_with('/') || name.contains("//") {
        return Err(validation(
            "Parameter name must be a fully qualified name: letters, numbers and _.- in levels separated by /.",
        ));
    }
    if bare.split('/').count() > 15 {
        let text = "The hierarchy of a parameter name may have 15 levels at most.";
        return Err(AwsError::new(
            400,
            "HierarchyLevelLimitExceededException",
            text,
        ));
    }
    Ok(())
}

/// The account's own parameters, without their values.
fn describe(world: &World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["Filters", "Shared"])?;
    let filters = items(input, "ParameterFilters");
    for filter in filters {
        let key = text(filter, "Key").unwrap_or_default();
        let option = text(filter, "Option").unwrap_or("Equals");
        if key != "Name" || !["Equals", "BeginsWith", "Contains"].contains(&option) {
            return Err(validation(protocol::not_supported(&format!(
                "the filter {key} with {option}"
            ))));
        }
    }
    let empty = Region::default();
    let region = world.region(call.account, call.region).unwrap_or(&empty);
    let own = region
        .parameters
        .values()
        .filter(|parameter| !parameter.name.starts_with("/aws/"));
    let wanted =
        own.filter(|parameter| filters.iter().all(|filter| passes(&parameter.name, filter)));
    let show = |parameter: &Parameter| {
        let modified: Option<Timestamp> =
            parameter.versions.last().map(|version| version.modified_at);
        json!({
            "Name": parameter.name,
            "ARN": arn(&parameter.name, call),
            "Type": parameter.kind,
            "Version": parameter.versions.len(),
            "LastModifiedDate": modified,
            "LastModifiedUser": crate::sts::caller_arn(call),
            "Tier": "Standard",
            "DataType": "text",
        })
    };
    let found: Vec<Value> = wanted.map(show).collect();
    let (shown, next) = page(
        found,
        input,
        &Paging {
            size: "MaxResults",
            min: 1,
            max: 50,
            default: 50,
        },
    )?;
    Ok(json!({"Parameters": shown, "NextToken": next}))
}

fn passes(name: &str, filter: &Value) -> bool {
    texts(filter, "Values")
        .iter()
        .any(|value| match text(filter, "Option").unwrap_or("Equals") {
            "BeginsWith" => name.starts_with(value),
            "Contains" => name.contains(value),
            _ => name == *value,
        })
}

fn refuse(input: &Value, members: &[&str]) -> Result<(), AwsError> {
    let given = |value: &Value| {
        !matches!(value, Value::Bool(false)) && value.as_array().is_none_or(|list| !list.is_empty())
    };
    match members
        .iter()
        .find(|member| input.get(**member).is_some_and(given))
    {
        Some(member) => Err(validation(protocol::not_supported(&format!(
            "the parameter {member}"
        )))),
        None => Ok(()),
    }
}

fn not_found(name: &str) -> AwsError {
    let text = format!("Parameter {name} not found.");
    AwsError::new(400, "ParameterNotFound", text)
}

fn version_not_found(name: &str, selector: &str) -> AwsError {
    let text = format!(
        "Systems Manager could not find version {selector} of {name}. Verify the version and try again."
    );
    AwsError::new(400, "ParameterVersionNotFound", text)
}

fn reserved(name: &str) -> AwsError {
    let text = format!("No access to reserved parameter name: {name}.");
    AwsError::new(400, "AccessDeniedException", text)
}

fn validation(text: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", text)
}

#[cfg(test)]
mod tests;
