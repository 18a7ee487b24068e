//! What Kubernetes and EKS take for a label and a taint.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::EksError;
use crate::world::Taint;

/// A node group has at most 50 taints (EKS user guide, "Prevent Pods from being scheduled").
const MAX_TAINTS: usize = 50;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaintInput {
    pub key: Option<String>,
    pub value: Option<String>,
    pub effect: Option<String>,
}

pub(super) fn check(labels: &BTreeMap<String, String>) -> Result<(), EksError> {
    for (key, value) in labels {
        name(key)?;
        // eksctl#4007 has the text; cloud-provider-aws#242 says that EKS looks for them anywhere in a prefix
        let reserved = ["kubernetes.io/", "k8s.io/", "eks.amazonaws.com/"];
        if reserved.iter().any(|prefix| key.contains(prefix)) {
            let text = "Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]";
            return Err(EksError::InvalidParameter(text.to_owned()));
        }
        self::value(value)?;
    }
    Ok(())
}

pub(super) fn taints(given: &[TaintInput]) -> Result<Vec<Taint>, EksError> {
    let mut taints: Vec<Taint> = Vec::new();
    for taint in given {
        let (Some(key), Some(effect)) = (&taint.key, &taint.effect) else {
            // not attested
            return Err(EksError::InvalidParameter(
                "Taint key and effect must be specified".to_owned(),
            ));
        };
        name(key)?;
        if let Some(value) = &taint.value {
            self::value(value)?;
        }
        if taints
            .iter()
            .any(|other| other.key == *key && other.effect == *effect)
        {
            // not attested
            let text = format!("Duplicate taint with key {key} and effect {effect}");
            return Err(EksError::InvalidParameter(text));
        }
        taints.push(Taint {
            key: key.clone(),
            value: taint.value.clone(),
            effect: effect.clone(),
        });
    }
    few_enough(&taints)?;
    Ok(taints)
}

pub(super) fn few_enough(taints: &[Taint]) -> Result<(), EksError> {
    if taints.len() <= MAX_TAINTS {
        return Ok(());
    }
    // not attested
    let text = format!("Number of taints exceeds the limit of {MAX_TAINTS} per node group");
    Err(EksError::InvalidParameter(text))
}

/// A qualified name of Kubernetes: an optional DNS prefix and `/`, then at most 63 characters.
fn name(key: &str) -> Result<(), EksError> {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(p, n)| (Some(p), n));
    let prefix_ok = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix
                .split('.')
                .all(|part| is_word(part, |c| c == '-') && !part.contains(char::is_uppercase))
    });
    if prefix_ok && name.len() <= 63 && is_word(name, |c| matches!(c, '-' | '_' | '.')) {
        return Ok(());
    }
    invalid(key)
}

fn value(value: &str) -> Result<(), EksError> {
    if value.is_empty() || (value.len() <= 63 && is_word(value, |c| matches!(c, '-' | '_' | '.'))) {
        return Ok(());
    }
    invalid(value)
}

/// Alphanumeric at both ends, and `inner` too between them.
fn is_word(text: &str, inner: fn(char) -> bool) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || inner(c))
}

/// The text as in aws-controllers-k8s/community#2208.
fn invalid(text: &str) -> Result<(), EksError> {
    Err(EksError::InvalidParameter(format!(
        "Invalid value: {text} : field must consist of alphanumeric characters, '-', '_' or '.', and must \
         start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex \
         used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    )))
}
