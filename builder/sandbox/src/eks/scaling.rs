//! Sizes of a node group, and how much of it an update may take away.

use serde::Deserialize;

use super::error::EksError;

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ScalingInput {
    pub min_size: Option<i64>,
    pub max_size: Option<i64>,
    pub desired_size: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateConfigInput {
    pub max_unavailable: Option<i64>,
    pub max_unavailable_percentage: Option<i64>,
    pub update_strategy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub min: i64,
    pub max: i64,
    pub desired: i64,
}

/// What a group has that was given no scalingConfig at all. Not attested.
const DEFAULT: Sizes = Sizes {
    min: 1,
    max: 2,
    desired: 2,
};

/// The most that may be unavailable at once (EKS API reference, NodegroupUpdateConfig).
const MAX_UNAVAILABLE: i64 = 100;

/// Lays a request's sizes over those of before, and checks what comes out.
pub(super) fn sizes(given: ScalingInput, before: Option<Sizes>) -> Result<Sizes, EksError> {
    let base = before.unwrap_or(DEFAULT);
    let sizes = Sizes {
        min: given.min_size.unwrap_or(base.min),
        max: given.max_size.unwrap_or(base.max),
        desired: given.desired_size.unwrap_or(base.desired),
    };
    let Sizes { min, max, desired } = sizes;
    let refused = |text: String| Err(EksError::InvalidParameter(text));
    for (name, size, least) in [
        ("minSize", min, 0),
        ("maxSize", max, 1),
        ("desiredSize", desired, 0),
    ] {
        if size < least {
            // the text of appvia/kore#611
            return refused(format!("{name} is not valid"));
        }
    }
    if min > max {
        // not attested
        return refused("minSize can't be greater than maxSize".to_owned());
    }
    if desired > max {
        // ministryofjustice/cloud-platform-infrastructure#4595
        return refused("desiredSize can't be greater than maxSize".to_owned());
    }
    if min > desired {
        return refused(match before {
            // terraform-aws-eks#3306
            Some(_) => {
                format!("Minimum capacity {min} can't be greater than desired size {desired}")
            }
            // sassoftware/viya4-iac-aws#298
            None => "minSize can't be greater than desiredSize".to_owned(),
        });
    }
    Ok(sizes)
}

/// Checks the limits of an update. The texts are not attested.
pub(super) fn update_config(given: &UpdateConfigInput) -> Result<(), EksError> {
    if given.max_unavailable.is_some() && given.max_unavailable_percentage.is_some() {
        return Err(EksError::InvalidParameter(
            "Only one of maxUnavailable and maxUnavailablePercentage can be specified".to_owned(),
        ));
    }
    let limits = [
        ("maxUnavailable", given.max_unavailable, MAX_UNAVAILABLE),
        (
            "maxUnavailablePercentage",
            given.max_unavailable_percentage,
            100,
        ),
    ];
    for (name, value, most) in limits {
        if value.is_some_and(|value| value < 1 || value > most) {
            return Err(EksError::InvalidParameter(format!(
                "{name} must be between 1 and {most}"
            )));
        }
    }
    Ok(())
}
