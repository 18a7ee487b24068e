//! LabelParameterVersion: names for versions of a parameter.

use serde_json::json;

use super::{not_found, reserved, version_not_found};
use crate::input::{number, text, texts};
use crate::world::{Parameter, World};
use crate::{Answer, AwsError, Call};

/// SSM API reference, LabelParameterVersion.
const MAX_LABELS: usize = 10;
const MAX_LENGTH: usize = 100;

pub(super) fn label(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let name = text(input, "Name").unwrap_or_default();
    if name.starts_with("/aws/") {
        // what PutParameter says; not attested here
        return Err(reserved(name));
    }
    // a region in which nothing was ever made stays that way when the call fails
    if world.region(call.account, call.region).is_none() {
        return Err(not_found(name));
    }
    let region = world.region_mut(call.account, call.region);
    let parameter = region
        .parameters
        .get_mut(name)
        .ok_or_else(|| not_found(name))?;
    let latest = i64::try_from(parameter.versions.len()).unwrap_or(i64::MAX);
    let version = number(input, "ParameterVersion").unwrap_or(latest);
    let index = usize::try_from(version)
        .ok()
        .and_then(|version| version.checked_sub(1))
        .filter(|index| *index < parameter.versions.len())
        .ok_or_else(|| version_not_found(name, &version.to_string()))?;
    let (valid, invalid): (Vec<&str>, Vec<&str>) = texts(input, "Labels")
        .into_iter()
        .partition(|label| allowed(label));
    attach(parameter, index, &valid)?;
    Ok(json!({"InvalidLabels": invalid, "ParameterVersion": version}))
}

/// A label is on one version: where it was before it is taken away.
fn attach(parameter: &mut Parameter, index: usize, labels: &[&str]) -> Result<(), AwsError> {
    let mut all: Vec<String> = parameter.versions[index].labels.clone();
    for label in labels {
        if !all.iter().any(|known| known == label) {
            all.push((*label).to_owned());
        }
    }
    if all.len() > MAX_LABELS {
        // the code is the model's; the text is not attested
        let text = format!("A parameter version can have at most {MAX_LABELS} labels.");
        return Err(AwsError::new(
            400,
            "ParameterVersionLabelLimitExceeded",
            text,
        ));
    }
    for version in &mut parameter.versions {
        version
            .labels
            .retain(|label| !labels.contains(&label.as_str()));
    }
    parameter.versions[index].labels = all;
    Ok(())
}

/// Letters, digits and `._-`; not a number, `aws` or `ssm` in front (SSM API reference).
fn allowed(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !label.is_empty()
        && label.len() <= MAX_LENGTH
        && label.chars().all(inner)
        && !label.starts_with(|c: char| c.is_ascii_digit())
        && !lower.starts_with("aws")
        && !lower.starts_with("ssm")
}
