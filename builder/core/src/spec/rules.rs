//! Rules of single values: names, ids, labels, tags, addresses. Pure, and the same wherever a value stands.

use std::net::IpAddr;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::KubernetesVersion;
use crate::partition::partition;

/// What is wrong with a value, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub message: String,
    pub hint: Option<String>,
}

pub(crate) type Check = Result<(), Flaw>;

pub(crate) fn flaw(message: impl Into<String>) -> Flaw {
    Flaw {
        message: message.into(),
        hint: None,
    }
}

pub(crate) fn flaw_hint(message: impl Into<String>, hint: impl Into<String>) -> Flaw {
    Flaw {
        message: message.into(),
        hint: Some(hint.into()),
    }
}

fn require(holds: bool, flaw: impl FnOnce() -> Flaw) -> Check {
    if holds { Ok(()) } else { Err(flaw()) }
}

fn alphanumeric_or(text: &str, others: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn starts_alphanumeric(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Ours: it goes into version descriptions and tags.
pub(crate) fn fleet_name(name: &str) -> Check {
    let good = name.len() <= 63 && starts_alphanumeric(name) && alphanumeric_or(name, "-._");
    require(good, || {
        flaw("a fleet's name is 1 to 63 letters, digits, `-`, `_` or `.`, a letter or digit first")
    })
}

/// EKS CreateCluster: `^[0-9A-Za-z][A-Za-z0-9\-_]*`, at most 100.
pub(crate) fn cluster_name(name: &str) -> Check {
    let good = name.len() <= 100 && starts_alphanumeric(name) && alphanumeric_or(name, "-_");
    require(good, || {
        flaw("a cluster's name is 1 to 100 letters, digits, `-` or `_`, a letter or digit first")
    })
}

/// EKS CreateNodegroup: at most 63, a letter or digit first, then also hyphens and underscores.
pub(crate) fn node_group_name(name: &str) -> Check {
    let good = name.len() <= 63 && starts_alphanumeric(name) && alphanumeric_or(name, "-_");
    require(good, || {
        flaw("a node group's name is 1 to 63 letters, digits, `-` or `_`, a letter or digit first")
    })
}

/// EC2 CreateLaunchTemplate: 3 to 128 of `[a-zA-Z0-9\(\)\.\-/_]`.
pub(crate) fn launch_template_name(name: &str) -> Check {
    let good = (3..=128).contains(&name.len()) && alphanumeric_or(name, "().-/_");
    require(good, || {
        flaw("a launch template's name is 3 to 128 letters, digits or `( ) . - / _`")
    })
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
pub(crate) fn region(name: &str) -> Check {
    let good = partition(name).is_some();
    require(good, || {
        let zone = name.strip_suffix(|c: char| c.is_ascii_lowercase());
        match zone
            .filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit()) && region(rest).is_ok())
        {
            Some(rest) => flaw_hint(
                "not an AWS region but an availability zone",
                format!("did you mean `{rest}`?"),
            ),
            None => flaw_hint("not an AWS region", "write it like `us-east-1`"),
        }
    })
}

pub(crate) fn kubernetes_version(text: &str) -> Result<KubernetesVersion, Flaw> {
    let version = text.parse::<KubernetesVersion>().ok();
    let version = version.filter(|version| version.major == 1 && version.minor < 1000);
    version.ok_or_else(|| {
        flaw_hint(
            "not a Kubernetes minor version",
            "write it like \"1.34\", without a patch",
        )
    })
}

/// How old: `3d`, `36h`, `2w`. A day has 24 hours; months and years have no length.
pub(crate) fn age(text: &str) -> Result<SignedDuration, Flaw> {
    let bad = || flaw_hint("not an age", "write it like `3d`, `36h` or `2w`");
    let span: Span = text.parse().map_err(|_| bad())?;
    let age = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| bad())?;
    match age.is_positive() {
        true => Ok(age),
        false => Err(bad()),
    }
}

/// `ami-`, `sg-`, `subnet-`, `snap-` and 8 or 17 hexadecimal digits.
pub(crate) fn resource_id(prefix: &str, text: &str) -> Check {
    let good = text.strip_prefix(prefix).is_some_and(|hex| {
        matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    });
    require(good, || {
        flaw(format!(
            "not an id: `{prefix}` and 8 or 17 of the digits 0-9 and a-f"
        ))
    })
}

/// `example`: the name of such a role.
pub(crate) fn role_arn(text: &str, example: &str) -> Check {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let good = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && resource
                    .strip_prefix("role/")
                    .is_some_and(|name| !name.is_empty())
        }
        _ => false,
    };
    let hint = format!("write it like `arn:aws:iam::111122223333:role/{example}`");
    require(good, || flaw_hint("not the ARN of an IAM role", hint))
}

/// `arn:<partition>:…` is of the region's partition: credentials of another are worth nothing there.
pub(crate) fn same_partition(arn: &str, region: &str) -> Check {
    let found = arn.split(':').nth(1).unwrap_or_default();
    match partition(region) {
        Some(wanted) if wanted.as_str() != found => Err(flaw_hint(
            format!("this is of the partition {found}, and {region} is in {wanted}"),
            format!("write it like `arn:{wanted}:iam::…`"),
        )),
        _ => Ok(()),
    }
}

/// The name of a profile in the AWS configuration files.
pub(crate) fn profile(text: &str) -> Check {
    let good = (1..=128).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && !text.contains("@arn:");
    require(good, || flaw("not the name of a profile"))
}

/// `m5.large`, `u-6tb1.112xlarge`, `m7i-flex.large`.
pub(crate) fn instance_type(text: &str) -> Check {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let good = text.split_once('.').is_some_and(|(family, size)| {
        family.starts_with(|c: char| c.is_ascii_lowercase()) && part(family) && part(size)
    });
    require(good, || {
        flaw_hint("not an instance type", "write it like `m5.large`")
    })
}

pub(crate) fn ip_address(text: &str) -> Check {
    require(text.parse::<IpAddr>().is_ok(), || flaw("not an IP address"))
}

/// An address and a prefix length; gives whether it is IPv6.
pub(crate) fn cidr(text: &str) -> Result<bool, Flaw> {
    let bad = || flaw_hint("not a CIDR", "write it like `10.100.0.0/16`");
    let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
    let address: IpAddr = address.parse().map_err(|_| bad())?;
    let prefix: u8 = prefix.parse().map_err(|_| bad())?;
    let most = if address.is_ipv6() { 128 } else { 32 };
    if prefix > most {
        Err(bad())
    } else {
        Ok(address.is_ipv6())
    }
}

/// A Kubernetes label value (and a taint's): at most 63, alphanumeric at both ends.
pub(crate) fn label_value(text: &str) -> Check {
    require(text.is_empty() || label_name(text), || {
        flaw(
            "a label's value is at most 63 letters, digits, `-`, `_` or `.`, a letter or digit at both ends",
        )
    })
}

fn label_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.starts_with(ends)
        && text.ends_with(ends)
        && alphanumeric_or(text, "-_.")
}

/// A Kubernetes label key (and a taint's): an optional DNS subdomain, `/`, and a name.
pub(crate) fn label_key(text: &str) -> Check {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    require(label_name(name), || {
        flaw(
            "a label's name is 1 to 63 letters, digits, `-`, `_` or `.`, a letter or digit at both ends",
        )
    })?;
    require(prefix.is_none_or(dns_subdomain), || {
        flaw("the part before `/` must be a domain name in lower case")
    })
}

fn dns_subdomain(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.split('.').all(|part| {
            let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.starts_with(edge)
                && part.ends_with(edge)
                && part.chars().all(|c| edge(c) || c == '-')
        })
}

/// Labels under kubernetes.io and k8s.io that the kubelet may give its own node
/// (k8s.io/kubelet/pkg/apis/well_known_labels.go). It refuses to start with any other.
pub(crate) fn node_label_key(text: &str) -> Check {
    const ALLOWED: &[&str] = &[
        "kubernetes.io/hostname",
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
    ];
    label_key(text)?;
    let Some((prefix, _)) = text.split_once('/') else {
        return Ok(());
    };
    let under = |domain: &str| prefix == domain || prefix.ends_with(&format!(".{domain}"));
    let reserved = under("kubernetes.io") || under("k8s.io");
    let allowed =
        under("kubelet.kubernetes.io") || under("node.kubernetes.io") || ALLOWED.contains(&text);
    require(!reserved || allowed, || {
        flaw_hint(
            format!("the kubelet refuses to set labels under `{prefix}`"),
            "use a domain of your own, or `node.kubernetes.io/`",
        )
    })
}

/// Labels of a node group go through EKS, which takes none of these anywhere in a key, not even those that
/// the kubelet would ("Label cannot contain reserved prefixes", eksctl#4007).
pub(crate) fn group_label_key(text: &str) -> Check {
    label_key(text)?;
    let reserved = ["kubernetes.io/", "k8s.io/", "eks.amazonaws.com/"];
    let found = reserved.iter().find(|prefix| text.contains(**prefix));
    match found {
        None => Ok(()),
        Some(prefix) => Err(flaw_hint(
            format!("EKS refuses labels of a node group with `{prefix}` in them"),
            "use a domain of your own; labels that the kubelet may set go into `userData.nodeLabels`",
        )),
    }
}

/// Tags: keys of 1 to 128 characters and values of up to 256; `aws:` is AWS's.
pub(crate) fn tag(key: &str, value: &str) -> Check {
    require((1..=128).contains(&key.chars().count()), || {
        flaw("a tag's key has 1 to 128 characters")
    })?;
    require(value.chars().count() <= 256, || {
        flaw("a tag's value has at most 256 characters")
    })?;
    let reserved = key
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
    require(!reserved, || {
        flaw("tags that begin with `aws:` are reserved for AWS")
    })?;
    require(!key.starts_with("nodemint:"), || {
        flaw("tags that begin with `nodemint:` are reserved for nodemint")
    })
}

/// A file that the spec names: in the spec's folder or below it, so that a checkout has it whole.
pub(crate) fn file_path(path: &str) -> Check {
    require(!path.is_empty(), || flaw("the path of a file is missing"))?;
    require(!path.contains('\\'), || {
        flaw_hint("`\\` in a path", "write paths with `/`")
    })?;
    let absolute = path.starts_with(['/', '~']) || path.get(1..2) == Some(":");
    let inside = "files must be in the folder of the spec, so that a checkout has them all";
    require(!absolute, || flaw_hint("an absolute path", inside))?;
    let leaves = path.split('/').any(|part| part == "..");
    require(!leaves, || flaw_hint("`..` in a path", inside))?;
    require(
        !path.ends_with('/') && !path.chars().any(char::is_control),
        || flaw("not the path of a file"),
    )
}

pub(crate) fn base64_text(text: &str) -> Check {
    let body = text.trim_end_matches('=');
    let good = !body.is_empty()
        && text.len() - body.len() <= 2
        && text.len().is_multiple_of(4)
        && alphanumeric_or(body, "+/");
    require(good, || {
        flaw_hint(
            "not base64",
            "write it as `aws eks describe-cluster` gives it, on one line",
        )
    })
}
