//! Parameter Store verbs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::types::{Parameter, ParameterType};
use nodemint_engine::ports::{CloudError, Effect, ErrorKind};

use crate::region::AwsCloud;

/// GetParameters takes ten names at most (Systems Manager API reference, GetParameters, Names).
const NAMES_A_CALL: usize = 10;

pub(crate) async fn parameters(
    cloud: &AwsCloud,
    names: &[String],
) -> Result<BTreeMap<String, String>, CloudError> {
    let call = cloud.read("SSM", "GetParameters");
    // A name given twice is a ValidationException.
    let names: Vec<String> = names
        .iter()
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut found = BTreeMap::new();
    for chunk in names.chunks(NAMES_A_CALL) {
        let request = cloud.ssm.get_parameters().set_names(Some(chunk.to_vec()));
        let answer = request.send().await.map_err(|error| call.failed(error))?;
        for parameter in answer.parameters.unwrap_or_default() {
            for name in chunk.iter().filter(|name| answers(&parameter, name)) {
                // Undecrypted, its value is cipher text, and nothing that nodemint asks for is a secret.
                if parameter.r#type == Some(ParameterType::SecureString) {
                    let message =
                        format!("parameter {name} is a SecureString; use a String for an image id");
                    return Err(call.error(ErrorKind::Invalid, message, Effect::None));
                }
                found.insert(
                    name.clone(),
                    call.required(parameter.value.clone(), "Value")?,
                );
            }
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
