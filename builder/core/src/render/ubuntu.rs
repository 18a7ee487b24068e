//! User data of Ubuntu: Canonical's `/etc/eks/bootstrap.sh`, through cloud-init.
//!
//! It is "a customized version of the Amazon bootstrap script" by its own head, and parses the flags that are
//! given here. The copy that was read speaks of Kubernetes 1.27 as still to come; that later images take the
//! same flags is inferred. Its differences: the kubelet is the snap kubelet-eks, and on an IPv6 cluster the DNS
//! is always worked out from `--service-ipv6-cidr`, whatever `--dns-cluster-ip` says.

use super::bootstrap::{context, filled};
use super::templates::Format;
use super::{Boot, Problems, SHELL, kubelet_config_part, override_part, user_parts};
use crate::desired::RenderedPart;
use crate::spec::{IpFamily, PinnedBy};

const BOOTSTRAP: &str = include_str!("../../../../userdata/ubuntu/bootstrap.sh.hbs");

/// The parts after the preBootstrap ones.
pub(crate) fn parts(boot: &Boot<'_>, problems: &mut Problems) -> Vec<RenderedPart> {
    let mut parts = user_parts(boot, problems);
    if boot.template.pinned_by == PinnedBy::ReleaseVersion {
        problems.spec(
            format!("launchTemplates[{}].ami.pinnedBy", boot.index),
            "EKS has no AMI type for Ubuntu, so no release version can pin its image",
            "set `ami.pinnedBy: launchTemplate`",
        );
        return parts;
    }
    parts.extend(kubelet_config_part(boot, problems));
    if boot.template.user_data.override_bootstrap.is_some() {
        parts.extend(override_part(boot, &[SHELL], problems));
    } else {
        parts.extend(bootstrap(boot, problems));
    }
    parts
}

fn bootstrap(boot: &Boot<'_>, problems: &mut Problems) -> Option<RenderedPart> {
    let before = problems.len();
    let user_data = &boot.template.user_data;
    if !user_data.cluster_dns.is_empty() && boot.locked.ip_family == IpFamily::Ipv6 {
        problems.spec(
            boot.path("clusterDns"),
            format!(
                "Ubuntu's bootstrap.sh works the DNS of an IPv6 cluster such as {} out by itself, and would ignore this",
                boot.cluster.name
            ),
            "take it out, or call bootstrap.sh in a file of `overrideBootstrap`",
        );
    }
    let context = context(boot, problems);
    if problems.len() > before {
        return None;
    }
    filled(boot, BOOTSTRAP, Format::Shell, SHELL, &context, problems)
}
