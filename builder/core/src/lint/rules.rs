//! The table of rules: how bad each is, whether it can be allowed, and what it is about.

use super::{Rule, Severity};

/// What is known of a rule, whatever it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// How the rule is told, unless it is only a hint of what may go wrong.
    pub severity: Severity,
    /// Whether it judges by looks, and can be wrong about user data that is right: `userData.allow` takes
    /// these alone.
    pub heuristic: bool,
    /// One line for the README.
    pub about: &'static str,
}

impl Rule {
    /// Every rule, in the order of their groups.
    pub const ALL: &'static [Rule] = &[
        Rule::TooLarge,
        Rule::NoShebang,
        Rule::Crlf,
        Rule::ByteOrderMark,
        Rule::NotAscii,
        Rule::BoundaryInBody,
        Rule::WrongForm,
        Rule::TouchesKubelet,
        Rule::StartsBootstrap,
        Rule::BootstrapArgument,
        Rule::ReservedLabel,
        Rule::BadTaint,
        Rule::NodeConfig,
        Rule::KubernetesVersion,
        Rule::Secret,
        Rule::ClusterSecurityGroup,
        Rule::HopLimit,
        Rule::SlowBoot,
        Rule::UnpinnedDownload,
    ];

    /// The name that specs and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Rule::TooLarge => "too-large",
            Rule::NoShebang => "no-shebang",
            Rule::Crlf => "crlf",
            Rule::ByteOrderMark => "byte-order-mark",
            Rule::NotAscii => "not-ascii",
            Rule::BoundaryInBody => "boundary-in-body",
            Rule::WrongForm => "wrong-form",
            Rule::TouchesKubelet => "touches-kubelet",
            Rule::StartsBootstrap => "starts-bootstrap",
            Rule::BootstrapArgument => "bootstrap-argument",
            Rule::ReservedLabel => "reserved-label",
            Rule::BadTaint => "bad-taint",
            Rule::NodeConfig => "node-config",
            Rule::KubernetesVersion => "kubernetes-version",
            Rule::Secret => "secret",
            Rule::ClusterSecurityGroup => "cluster-security-group",
            Rule::HopLimit => "hop-limit",
            Rule::SlowBoot => "slow-boot",
            Rule::UnpinnedDownload => "unpinned-download",
        }
    }

    pub fn about(self) -> About {
        let certain = |about| About {
            severity: Severity::Error,
            heuristic: false,
            about,
        };
        let looks = |about| About {
            severity: Severity::Error,
            heuristic: true,
            about,
        };
        let hint = |about| About {
            severity: Severity::Warning,
            heuristic: true,
            about,
        };
        match self {
            Rule::TooLarge => certain(
                "more bytes than EC2 takes; a warning where EKS's own part may not fit beside",
            ),
            Rule::NoShebang => certain("a shell part without `#!` as its first two bytes"),
            Rule::Crlf => certain("a shell part with CRLF line ends"),
            Rule::ByteOrderMark => certain("a byte order mark before the first line"),
            Rule::NotAscii => {
                certain("bytes outside of ASCII in a part that no transfer encoding protects")
            }
            Rule::BoundaryInBody => certain("a line in a part that looks like a MIME boundary"),
            Rule::WrongForm => {
                certain("not the form that the family, or EKS in merged mode, reads")
            }
            Rule::TouchesKubelet => looks("merged mode: starts, stops or edits the kubelet"),
            Rule::StartsBootstrap => {
                looks("calls the bootstrap where EKS or another part calls it")
            }
            Rule::BootstrapArgument => looks("an argument that the bootstrap script does not have"),
            Rule::ReservedLabel => certain("a label that the kubelet may not set"),
            Rule::BadTaint => certain("a taint that Kubernetes refuses"),
            Rule::NodeConfig => looks("a field that nodeadm does not have"),
            Rule::KubernetesVersion => certain("a Kubernetes that the family has no images for"),
            Rule::Secret => looks("a key, token or password in the open"),
            Rule::ClusterSecurityGroup => hint("security groups without the cluster's own"),
            Rule::HopLimit => hint("instance metadata out of the pods' reach, or left to defaults"),
            Rule::SlowBoot => hint("updates, installs and waits that hold up every boot"),
            Rule::UnpinnedDownload => hint("a download that can be another one tomorrow"),
        }
    }
}
