//! Parameter Store verbs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::types::{Parameter, ParameterType};
use futures::stream::{self, StreamExt, TryStreamExt};
use nodemint_engine::ports::{CloudError, Effect, ErrorKind};

use crate::region::AwsCloud;

/// GetParameters takes ten names at most (Systems Manager API reference, GetParameters, Names).
const NAMES_A_CALL: usize = 10;

/// So many calls are under way at once. Their rate is held by the buckets in front of the transport; more
/// at once would only wait there.
const CALLS_AT_ONCE: usize = 8;

pub(crate) async fn parameters(
    cloud: &AwsCloud,
    names: &[String],
) -> Result<BTreeMap<String, String>, CloudError> {
    // A name given twice is a ValidationException.
    let names: BTreeSet<&String> = names.iter().collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    let tens: Vec<Vec<String>> = names.chunks(NAMES_A_CALL).map(<[_]>::to_vec).collect();
    let answers: Vec<_> = stream::iter(tens)
        .map(|names| ten(cloud, names))
        .buffered(CALLS_AT_ONCE)
        .try_collect()
        .await?;
    Ok(answers.into_iter().flatten().collect())
}

/// What one call finds.
async fn ten(cloud: &AwsCloud, names: Vec<String>) -> Result<BTreeMap<String, String>, CloudError> {
    let call = cloud.read("SSM", "GetParameters");
    let request = cloud.ssm.get_parameters().set_names(Some(names.clone()));
    let answer = request.send().await.map_err(|error| call.failed(error))?;
    let mut found = BTreeMap::new();
    for parameter in answer.parameters.unwrap_or_default() {
        for name in names.iter().filter(|name| answers(&parameter, name)) {
            // Undecrypted, its value is cipher text, and nothing that nodemint asks for is a secret.
            if parameter.r#type == Some(ParameterType::SecureString) {
                let message =
                    format!("parameter {name} is a SecureString; use a String for an image id");
                return Err(call.error(ErrorKind::Invalid, message, Effect::None));
            }
            let value = call.required(parameter.value.clone(), "Value")?;
            found.insert(name.clone(), value);
        }
    }
    Ok(found)
}

/// Whether a parameter is the answer to a name: the answer splits `name:3` into name and selector, and a
/// parameter of another account is asked for by its ARN.
fn answers(parameter: &Parameter, asked: &str) -> bool {
    let name = parameter.name().unwrap_or_default();
    let selector = parameter.selector().unwrap_or_default();
    asked == name || parameter.arn() == Some(asked) || asked.strip_prefix(name) == Some(selector)
}
