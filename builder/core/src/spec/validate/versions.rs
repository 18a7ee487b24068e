//! Launch templates against the Kubernetes and the partitions of their clusters.

use super::super::read::Report;
use super::super::{
    AmiSource, Cluster, KubernetesVersion, LaunchTemplate, PinnedBy, Release, SpecPath,
};
use crate::family::{FamilyError, check_ami_type_in, check_kubernetes, family};
use crate::fit;
use crate::partition::partition;

/// The image is one that exists for each cluster's version and region, and may join it.
pub(super) fn check(
    at: &SpecPath,
    template: &LaunchTemplate,
    clusters: &[&Cluster],
    report: &mut Report<'_>,
) {
    for cluster in clusters {
        check_skew(at, template, cluster, report);
        if let AmiSource::EksOptimized(release) = &template.ami {
            check_published(at, template, cluster, report);
            check_release(at, template, release, cluster, report);
        }
        check_metadata(at, template, cluster, report);
    }
}

/// The Kubernetes of the image, if the spec tells it.
fn wanted(template: &LaunchTemplate, cluster: &Cluster) -> Option<KubernetesVersion> {
    template.kubernetes_version.or(cluster.version)
}

fn check_skew(
    at: &SpecPath,
    template: &LaunchTemplate,
    cluster: &Cluster,
    report: &mut Report<'_>,
) {
    let (Some(node), Some(control_plane)) = (template.kubernetes_version, cluster.version) else {
        return;
    };
    if let Err(misfit) = fit::skew(node, control_plane) {
        let message = format!("for the cluster `{}`: {}", cluster.name, misfit.message);
        report.error_hint(&at.key("kubernetesVersion"), message, misfit.hint);
    }
}

fn check_published(
    at: &SpecPath,
    template: &LaunchTemplate,
    cluster: &Cluster,
    report: &mut Report<'_>,
) {
    let strategy = family(template.family);
    let mut tell = |at: SpecPath, error: FamilyError| {
        let message = format!("for the cluster `{}`: {}", cluster.name, error.problem());
        report.error_hint(&at, message, error.cure());
    };
    if template.pinned_by == PinnedBy::ReleaseVersion
        && let Err(error) = check_ami_type_in(strategy, &cluster.region)
    {
        tell(at.key("ami").key("pinnedBy"), error);
    }
    if let Some(version) = wanted(template, cluster)
        && let Err(error) = check_kubernetes(strategy, template.variant, &version.to_string())
    {
        tell(at.key("family"), error);
    }
}

fn check_release(
    at: &SpecPath,
    template: &LaunchTemplate,
    release: &Release,
    cluster: &Cluster,
    report: &mut Report<'_>,
) {
    let Release::Pinned(release) = release else {
        return;
    };
    // A pin that is none is reported as that.
    let of_release = family(template.family).pin(release).ok().flatten();
    if let (Some(of_release), Some(version)) = (of_release, wanted(template, cluster))
        && of_release != version
    {
        let message = other_minor(of_release, template, &cluster.name, version);
        report.error(&at.key("ami").key("eksOptimized"), message);
    }
}

/// A release is for another Kubernetes than the one that is wanted in a cluster.
pub(super) fn other_minor(
    of_release: KubernetesVersion,
    template: &LaunchTemplate,
    cluster: &str,
    version: KubernetesVersion,
) -> String {
    let wanted = match template.kubernetes_version {
        Some(_) => format!("`kubernetesVersion` is {version}"),
        None => format!("the cluster `{cluster}` is {version}"),
    };
    format!("this is a release of Kubernetes {of_release}, and {wanted}")
}

fn check_metadata(
    at: &SpecPath,
    template: &LaunchTemplate,
    cluster: &Cluster,
    report: &mut Report<'_>,
) {
    let absent = partition(&cluster.region).filter(|found| !found.has_metadata_over_ipv6());
    if let Some(absent) = absent.filter(|_| template.metadata_options.http_protocol_ipv6.is_some())
    {
        report.error_hint(
            &at.key("metadataOptions").key("httpProtocolIpv6"),
            format!(
                "EC2 does not have this in {}, of the partition {absent}",
                cluster.region
            ),
            "leave it out",
        );
    }
}
