//! Image sources, what pins them, and what is passed over.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::super::raw::{AmiId, RawAmi, RawImageFilter, RawPinnedBy};
use super::super::read::Report;
use super::super::rules::{self, Check, Flaw, flaw, flaw_hint};
use super::super::{
    AmiSource, Arch, FamilyName, ImageFilter, PinnedBy, Release, SpecPath, Variant,
};
use super::{optional, texts};
use crate::family::{FamilyError, family};

pub(super) fn ami(
    raw: &RawAmi,
    family: Option<FamilyName>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> (AmiSource, PinnedBy) {
    const SOURCES: [&str; 4] = ["eksOptimized", "ssmParameter", "id", "filter"];
    let pinned_by = match raw.pinned_by {
        Some(RawPinnedBy::ReleaseVersion) => PinnedBy::ReleaseVersion,
        _ => PinnedBy::LaunchTemplate,
    };
    let given = [
        raw.eks_optimized.is_some(),
        raw.ssm_parameter.is_some(),
        raw.id.is_some(),
        raw.filter.is_some(),
    ];
    let named: Vec<&str> = SOURCES
        .into_iter()
        .zip(given)
        .filter(|(_, given)| *given)
        .map(|(name, _)| name)
        .collect();
    let wrong = SOURCES
        .iter()
        .any(|source| report.pruned.contains(&at.key(source)));
    match named.as_slice() {
        [] if !wrong => report.error_hint(
            at,
            "no AMI source",
            "give one, such as `eksOptimized: latest`",
        ),
        [] | [_] => {}
        [first, second, ..] => report.error_hint(
            &at.key(second),
            format!("two AMI sources: `{first}` and `{second}`"),
            "keep exactly one",
        ),
    }
    check_pinned_by(pinned_by, &named, family, at, report);
    (source(raw, family, at, report), pinned_by)
}

/// Release versions are for images that EKS knows: those with an AMI type.
fn check_pinned_by(
    pinned_by: PinnedBy,
    named: &[&str],
    name: Option<FamilyName>,
    at: &SpecPath,
    report: &mut Report<'_>,
) {
    if pinned_by != PinnedBy::ReleaseVersion {
        return;
    }
    let at = at.key("pinnedBy");
    if let Some(other) = named.iter().find(|source| **source != "eksOptimized") {
        report.error_hint(
            &at,
            format!("`releaseVersion` pins EKS's own releases, and `{other}` is not one"),
            "use `eksOptimized`, or `pinnedBy: launchTemplate`",
        );
    }
    let standard = |name| family(name).ami_type(Arch::X86_64, Variant::Standard);
    if let Some(Err(error @ FamilyError::NoAmiType { .. })) = name.map(standard) {
        report.error_hint(&at, error.problem(), error.cure());
    }
}

/// `minAge` and `deny`: what the search for an image passes over.
pub(super) fn passed_over(
    raw: &RawAmi,
    source: &AmiSource,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> (Option<SignedDuration>, BTreeSet<String>) {
    let min_age = raw.min_age.as_deref().and_then(|text| {
        let at = at.key("minAge");
        let searched = matches!(
            source,
            AmiSource::EksOptimized(Release::Latest) | AmiSource::Filter(_)
        );
        if !searched {
            report.error_hint(
                &at,
                "an age, and nothing to choose from: the source names one image",
                "leave it out, or use `eksOptimized: latest` or `filter`",
            );
        }
        report.parsed(&at, rules::age(text))
    });
    let not_empty = |text: &str| match text.trim().is_empty() || text.chars().any(char::is_control)
    {
        true => Err(flaw("neither a release nor the name of an image")),
        false => Ok(()),
    };
    let deny: BTreeSet<String> = texts(&raw.deny, at, "deny", not_empty, report)
        .into_iter()
        .collect();
    if let AmiSource::EksOptimized(Release::Pinned(release)) = source
        && deny.contains(release)
    {
        report.error_hint(
            &at.key("eksOptimized"),
            "this release is under `deny`",
            "pin another, or take it out of `deny`",
        );
    }
    (min_age, deny)
}

/// What is wrong with a release of a family's; `cure` says what to write, and an example follows it.
pub(super) fn release_flaw(error: &FamilyError, cure: &str) -> Flaw {
    match error {
        FamilyError::Release { example, .. } => flaw_hint(
            "not a release of this family",
            format!("{cure} such as `{example}`"),
        ),
        other => flaw_hint(other.problem(), other.cure()),
    }
}

fn source(
    raw: &RawAmi,
    name: Option<FamilyName>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> AmiSource {
    let is_ami = |text: &str| rules::resource_id("ami-", text);
    if let Some(release) = &raw.eks_optimized {
        if let Some(name) = name.filter(|name| !family(*name).published_by_anyone()) {
            let error = FamilyError::NotPublished { family: name };
            report.error_hint(&at.key("eksOptimized"), error.problem(), error.cure());
            return AmiSource::EksOptimized(Release::Latest);
        }
        if release == "latest" {
            return AmiSource::EksOptimized(Release::Latest);
        }
        let pin = name.map_or(Ok(None), |name| family(name).pin(release));
        report.check(
            &at.key("eksOptimized"),
            pin.map(|_| ())
                .map_err(|error| release_flaw(&error, "write `latest`, or a release")),
        );
        return AmiSource::EksOptimized(Release::Pinned(release.clone()));
    }
    if let Some(name) = &raw.ssm_parameter {
        report.check(&at.key("ssmParameter"), parameter(name));
        return AmiSource::SsmParameter(name.clone());
    }
    if let Some(raw) = &raw.filter {
        return AmiSource::Filter(filter(raw, &at.key("filter"), report));
    }
    match &raw.id {
        Some(AmiId::One(id)) => {
            report.check(&at.key("id"), is_ami(id));
            AmiSource::Id(id.clone())
        }
        Some(AmiId::ByRegion(ids)) => {
            let at = at.key("id");
            if ids.is_empty() {
                report.error(&at, "no region is given");
            }
            for (region, id) in ids {
                report.check(
                    &at.key(region),
                    rules::region(region).and_then(|()| is_ami(id)),
                );
            }
            AmiSource::IdByRegion(ids.clone())
        }
        None => AmiSource::EksOptimized(Release::Latest),
    }
}

fn filter(raw: &RawImageFilter, at: &SpecPath, report: &mut Report<'_>) -> ImageFilter {
    let owner = |text: &str| {
        let account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        match account || matches!(text, "self" | "amazon") {
            true => Ok(()),
            false => Err(flaw_hint(
                "nobody who owns images",
                "write `self`, `amazon`, or the 12 digits of an account in quotes",
            )),
        }
    };
    let owners = texts(&raw.owners, at, "owners", owner, report);
    match &raw.owners {
        None => report.missing(
            at,
            "owners",
            Some("anybody can publish an image of any name: say whose are meant, such as `[self]`"),
        ),
        Some(list) if list.0.is_empty() => report.error(&at.key("owners"), "no owner is given"),
        Some(_) => {}
    }
    let tags = raw.tags.clone().unwrap_or_default();
    let wrong = ["name", "tags"].map(|key| report.pruned.contains(&at.key(key)));
    if raw.name.is_none() && tags.is_empty() && wrong == [false, false] {
        report.error_hint(
            at,
            "neither `name` nor `tags`: any image of the owners would do",
            "say which, such as `name: golden-{{kubernetesVersion}}-{{arch}}-*`",
        );
    }
    ImageFilter {
        owners,
        name: optional(&raw.name, at, "name", image_name, report),
        tags,
    }
}

/// A pattern of an image's name; EC2 takes names of up to 128 characters, and filters of up to 255.
fn image_name(name: &str) -> Check {
    let fixed = without_placeholders(name)?;
    let good = (1..=255).contains(&name.len()) && !fixed.chars().any(char::is_control);
    match good {
        true => Ok(()),
        false => Err(flaw("not a pattern of an image's name")),
    }
}

/// A parameter's name, with `:version` or `:label` after it or not: SSM's characters, and the placeholders.
fn parameter(name: &str) -> Check {
    let fixed = without_placeholders(name)?;
    let good = |c: char| c.is_ascii_alphanumeric() || "_.-/:".contains(c);
    if name.is_empty() || !fixed.chars().all(good) {
        return Err(flaw("not the name of an SSM parameter"));
    }
    Ok(())
}

/// What stands around the placeholders, all of which must be known.
fn without_placeholders(name: &str) -> Result<String, Flaw> {
    const PLACEHOLDERS: [&str; 3] = ["kubernetesVersion", "arch", "region"];
    const KNOWN: &str = "`{{kubernetesVersion}}`, `{{arch}}` and `{{region}}` are filled in";
    let mut fixed = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((placeholder, after)) = after.split_once("}}") else {
            return Err(flaw_hint("`{{` without `}}`", KNOWN));
        };
        if !PLACEHOLDERS.contains(&placeholder.trim()) {
            return Err(flaw_hint(
                format!("unknown placeholder `{{{{{placeholder}}}}}`"),
                KNOWN,
            ));
        }
        fixed.push_str(before);
        rest = after;
    }
    fixed.push_str(rest);
    Ok(fixed)
}
