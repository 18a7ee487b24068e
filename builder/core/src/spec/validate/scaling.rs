//! Node counts, update settings and taints.

use super::super::raw::{List, RawScaling, RawTaint, RawTaintEffect, RawUpdate, RawUpdateStrategy};
use super::super::read::Report;
use super::super::rules;
use super::super::{
    MaxUnavailable, Scaling, SpecPath, Taint, TaintEffect, UpdateSettings, UpdateStrategy,
};
use super::{items, required};

/// EKS takes at most 50 taints for a node group (CreateNodegroup).
const MOST_TAINTS: usize = 50;

pub(super) fn scaling(raw: &RawScaling, at: &SpecPath, report: &mut Report<'_>) -> Scaling {
    for (key, value) in [("min", raw.min), ("max", raw.max)] {
        if value.is_none() {
            report.missing(at, key, None);
        }
    }
    for (key, value, least) in [
        ("min", raw.min, 0),
        ("max", raw.max, 1),
        ("desired", raw.desired, 0),
    ] {
        if value.is_some_and(|value| value < least) {
            report.error(&at.key(key), format!("`{key}` is at least {least}"));
        }
    }
    if let (Some(min), Some(max)) = (raw.min, raw.max)
        && min > max
    {
        report.error(
            &at.key("min"),
            format!("`min` ({min}) is greater than `max` ({max})"),
        );
    }
    if let (Some(min), Some(desired)) = (raw.min, raw.desired)
        && desired < min
        && desired >= 0
    {
        report.error(
            &at.key("desired"),
            format!("`desired` ({desired}) is less than `min` ({min})"),
        );
    }
    if let (Some(max), Some(desired)) = (raw.max, raw.desired)
        && desired > max
    {
        report.error(
            &at.key("desired"),
            format!("`desired` ({desired}) is greater than `max` ({max})"),
        );
    }
    let min = raw.min.unwrap_or_default();
    Scaling {
        min,
        max: raw.max.unwrap_or_default(),
        desired: raw.desired.unwrap_or(min),
    }
}

/// Left out: one node at a time, as EKS does by itself.
pub(super) fn update(raw: &RawUpdate, at: &SpecPath, report: &mut Report<'_>) -> UpdateSettings {
    let rows = [
        ("maxUnavailable", raw.max_unavailable),
        ("maxUnavailablePercentage", raw.max_unavailable_percentage),
    ];
    for (key, value) in rows {
        if value.is_some_and(|value| !(1..=100).contains(&value)) {
            report.error(&at.key(key), "EKS takes 1 to 100");
        }
    }
    let max_unavailable = match (raw.max_unavailable, raw.max_unavailable_percentage) {
        (Some(_), Some(_)) => {
            report.error_hint(
                &at.key("maxUnavailablePercentage"),
                "`maxUnavailable` is given as well",
                "keep one of the two",
            );
            MaxUnavailable::Count(1)
        }
        (None, Some(percentage)) => MaxUnavailable::Percentage(percentage),
        (count, None) => MaxUnavailable::Count(count.unwrap_or(1)),
    };
    UpdateSettings {
        max_unavailable,
        strategy: match raw.strategy {
            Some(RawUpdateStrategy::Minimal) => UpdateStrategy::Minimal,
            _ => UpdateStrategy::Default,
        },
        force: raw.force.unwrap_or(false),
    }
}

pub(super) fn taints(
    list: &Option<List<RawTaint>>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> Vec<Taint> {
    let raws = items(list, at, report);
    if raws.len() > MOST_TAINTS {
        report.error(
            at,
            format!("{} taints; EKS takes {MOST_TAINTS}", raws.len()),
        );
    }
    let mut taints: Vec<Taint> = Vec::new();
    for (path, raw) in raws {
        let key = required(&raw.key, &path, "key", rules::label_key, report);
        if let Some(value) = &raw.value {
            report.check(&path.key("value"), rules::label_value(value));
        }
        if raw.effect.is_none() {
            report.missing(
                &path,
                "effect",
                Some("`NoSchedule`, `PreferNoSchedule` or `NoExecute`"),
            );
        }
        let effect = match raw.effect {
            Some(RawTaintEffect::PreferNoSchedule) => TaintEffect::PreferNoSchedule,
            Some(RawTaintEffect::NoExecute) => TaintEffect::NoExecute,
            _ => TaintEffect::NoSchedule,
        };
        let twice = taints
            .iter()
            .any(|taint| taint.key == key && taint.effect == effect);
        if twice && raw.effect.is_some() && raw.key.is_some() {
            report.error(
                &path,
                format!("a taint `{key}` with this effect is given twice"),
            );
        }
        taints.push(Taint {
            key,
            value: raw.value.clone(),
            effect,
        });
    }
    taints
}
