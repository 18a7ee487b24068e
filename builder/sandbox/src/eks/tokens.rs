//! Client request tokens: the same token with the same request is the same call, answered again.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::EksError;
use crate::Call;
use crate::world::{ClientToken, World};

/// A request's token, and what it was sent with.
pub(super) struct Token {
    key: String,
    digest: String,
}

impl Token {
    pub(super) fn of(call: &Call<'_>) -> Option<Self> {
        let token = call.input["clientRequestToken"].as_str()?;
        let mut rest = call.input.clone();
        rest["clientRequestToken"] = Value::Null;
        // members are sorted, so the text does not depend on the order they came in
        let digest = Sha256::digest(rest.to_string());
        Some(Self {
            key: format!("{}/{token}", call.operation),
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}

/// The id that the call with this token was answered with before.
pub(super) fn known(
    world: &World,
    call: &Call<'_>,
    token: Option<&Token>,
) -> Result<Option<String>, EksError> {
    let Some(token) = token else { return Ok(None) };
    let region = world.region(call.account, call.region);
    let Some(seen) = region.and_then(|region| region.client_tokens.get(&token.key)) else {
        return Ok(None);
    };
    if seen.request_digest != token.digest {
        // not attested
        let text = "The client request token was already used with other parameters";
        return Err(EksError::InvalidParameter(text.to_owned()));
    }
    Ok(seen.answer.as_str().map(str::to_owned))
}

pub(super) fn remember(world: &mut World, call: &Call<'_>, token: Option<Token>, id: &str) {
    let Some(token) = token else { return };
    let seen = ClientToken {
        request_digest: token.digest,
        answer: json!(id),
    };
    world
        .region_mut(call.account, call.region)
        .client_tokens
        .insert(token.key, seen);
}
