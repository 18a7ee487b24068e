//! Image sources, what pins them, and which family has which images.

use super::super::raw::{AmiId, RawAmi, RawPinnedBy};
use super::super::read::Report;
use super::super::rules::{self, Check, flaw, flaw_hint};
use super::super::{AmiSource, Arch, FamilyName, PinnedBy, Release, SpecPath, Variant};

pub(super) fn ami(raw: &RawAmi, at: &SpecPath, report: &mut Report<'_>) -> (AmiSource, PinnedBy) {
    const SOURCES: [&str; 4] = ["eksOptimized", "ssmParameter", "id", "filter"];
    if raw.filter.is_some() {
        report.not_yet(&at.key("filter"), "ami.filter");
    }
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
    if pinned_by == PinnedBy::ReleaseVersion
        && let Some(other) = named
            .iter()
            .find(|name| !matches!(**name, "eksOptimized" | "filter"))
    {
        report.error_hint(
            &at.key("pinnedBy"),
            format!("`releaseVersion` pins EKS's own releases, and `{other}` is not one"),
            "use `eksOptimized`, or `pinnedBy: launchTemplate`",
        );
    }
    (source(raw, at, report), pinned_by)
}

fn source(raw: &RawAmi, at: &SpecPath, report: &mut Report<'_>) -> AmiSource {
    let is_ami = |text: &str| rules::resource_id("ami-", text);
    if let Some(release) = &raw.eks_optimized {
        if release == "latest" {
            return AmiSource::EksOptimized(Release::Latest);
        }
        report.parsed(&at.key("eksOptimized"), rules::release_version(release));
        return AmiSource::EksOptimized(Release::Pinned(release.clone()));
    }
    if let Some(name) = &raw.ssm_parameter {
        report.check(&at.key("ssmParameter"), parameter(name));
        return AmiSource::SsmParameter(name.clone());
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

/// A parameter's name: SSM's characters, and the three placeholders.
fn parameter(name: &str) -> Check {
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
    let good = |c: char| c.is_ascii_alphanumeric() || "_.-/:".contains(c);
    if name.is_empty() || !fixed.chars().all(good) {
        return Err(flaw("not the name of an SSM parameter"));
    }
    Ok(())
}

/// Which images EKS publishes: AL2 for x86_64, arm64 and (x86_64) GPU; AL2023 for both architectures,
/// Neuron on x86_64 alone.
pub(super) fn combination(family: FamilyName, arch: Arch, variant: Variant) -> Check {
    match (family, arch, variant) {
        (FamilyName::AL2, _, Variant::Neuron) => Err(flaw_hint(
            "AL2 has no neuron image of its own",
            "its GPU image carries Neuron: use `variant: nvidia`",
        )),
        (FamilyName::AL2, Arch::Arm64, Variant::Nvidia) => Err(flaw_hint(
            "AL2 has no nvidia image for arm64",
            "use AL2023, or `arch: x86_64`",
        )),
        (FamilyName::AL2023, Arch::Arm64, Variant::Neuron) => Err(flaw_hint(
            "AL2023 has no neuron image for arm64",
            "use `arch: x86_64`",
        )),
        _ => Ok(()),
    }
}
