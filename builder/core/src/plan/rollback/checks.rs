//! What would keep EKS from taking an older version, or its nodes from running: found before anything moves.

use jiff::Timestamp;

use super::super::fitness::{Seen, minor, seen, version_misfits};
use super::super::group::{OTHER_CLUSTER, SWITCH_TO_CUSTOM, SWITCH_TO_EKS};
use super::super::template::other_cluster;
use super::super::{Finding, FindingKind, RollForecast};
use super::Way;
use crate::fit::{self, Misfit, Severity};
use crate::launch_template::Data;
use crate::observed::{Observed, ObservedVersion};
use crate::spec::{DEFAULT_INSTANCE_TYPE, KubernetesVersion};

/// What was found about one group.
#[derive(Default)]
pub(super) struct Found {
    pub blockers: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

pub(super) fn check(
    way: &Way<'_>,
    observed: &Observed,
    now: Timestamp,
    forecast: &RollForecast,
) -> Found {
    let mut found = Found::default();
    let Some(target) = way.template.version(way.target) else {
        return found;
    };
    let subject = way.subject();
    found.blockers.extend(refusals(way, target, &subject));
    found.blockers.extend(subnets(way, observed, &subject));
    found.blockers.extend(no_address(forecast, &subject));
    let mut misfits = machines(way, target, observed);
    misfits.extend(kubernetes(way, &target.data, observed));
    misfits.extend(deprecated(way, &target.data, observed, now));
    for misfit in misfits {
        let (kind, findings) = match misfit.severity {
            Severity::Error => (FindingKind::Preflight, &mut found.blockers),
            Severity::Warning => (FindingKind::Warning, &mut found.warnings),
        };
        findings.push(Finding::new(kind, subject.as_str(), misfit.message).hint(misfit.hint));
    }
    found
}

/// Why EKS would refuse the target, or its nodes would be lost to the group.
fn refusals(way: &Way<'_>, target: &ObservedVersion, subject: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(message) = other_cluster(target, &way.have.cluster) {
        let finding = Finding::new(FindingKind::Preflight, subject, message);
        findings.push(finding.hint(OTHER_CLUSTER));
    }
    let custom = way.have.ami_type.as_deref().map(|it| it == "CUSTOM");
    if custom.is_some_and(|custom| target.data.image_id.is_some() != custom) {
        findings.push(mode_switch(way, subject));
    }
    let current = way.from().and_then(|from| way.template.version(from));
    let current = current.and_then(|version| version.data.instance_type.as_ref());
    // A type that the group shows because its launch template names it is not the group's own.
    let types = way.have.instance_types.iter();
    let own: Vec<String> = types
        .filter(|name| Some(*name) != current)
        .cloned()
        .collect();
    if let Some(named) = target
        .data
        .instance_type
        .as_ref()
        .filter(|_| !own.is_empty())
    {
        findings.push(two_types(subject, way.target, named, &own));
    }
    findings
}

/// What would fail with its first node, a quarter of an hour later.
fn machines(way: &Way<'_>, target: &ObservedVersion, observed: &Observed) -> Vec<Misfit> {
    let types = match &target.data.instance_type {
        Some(named) => vec![named.clone()],
        None if way.have.instance_types.is_empty() => vec![DEFAULT_INSTANCE_TYPE.to_owned()],
        None => way.have.instance_types.clone(),
    };
    let subnets = &way.have.subnets;
    version_misfits(&target.data, &types, subnets, &way.site, observed)
}

/// The group's subnets, for life: one that is gone takes nodes no more.
fn subnets(way: &Way<'_>, observed: &Observed, subject: &str) -> Option<Finding> {
    if observed.subnets_unread.contains(&way.site) || !observed.subnets.contains_key(&way.site) {
        return None;
    }
    let ids = way.have.subnets.iter();
    let gone: Vec<&str> = ids
        .filter(|id| observed.subnet(&way.site, id).is_none())
        .map(String::as_str)
        .collect();
    if gone.is_empty() {
        return None;
    }
    let message = format!(
        "its subnet {} does not exist any more, and a group keeps its subnets for life",
        gone.join(", ")
    );
    let hint = "name other subnets in the spec, and make a new group with `nodemint replace`";
    Some(Finding::new(FindingKind::Preflight, subject, message).hint(hint))
}

/// Without one address for one more node the roll cannot begin.
fn no_address(forecast: &RollForecast, subject: &str) -> Option<Finding> {
    let none = forecast.free_addresses == Some(0) && forecast.surge > 0;
    none.then(|| {
        let message = "its subnets have no free address, and a roll begins with a new node";
        Finding::new(FindingKind::Preflight, subject, message).hint(
            "free addresses, or set `update.strategy: MINIMAL`, which terminates a node before it starts one",
        )
    })
}

/// Whether nodes of the version's image may join the cluster as it is now. The Kubernetes version of an image is
/// read from its name: EC2 knows none.
fn kubernetes(way: &Way<'_>, data: &Data, observed: &Observed) -> Option<Misfit> {
    let cluster = observed.clusters.get(&way.have.cluster)?;
    let running = minor(&cluster.version)?;
    let Some(id) = &data.image_id else {
        let node = way.have.version.as_deref().and_then(minor)?;
        let mut misfit = fit::skew(node, running).err()?;
        // The nodes that run are of this version, too: going back makes it no worse.
        misfit.severity = Severity::Warning;
        return Some(misfit);
    };
    let Seen::There(image) = seen(observed, &way.site, id) else {
        return None;
    };
    let mut misfit = fit::skew(named_minor(&image.name)?, running).err()?;
    misfit.message = format!(
        "image {id} is of Kubernetes {} by its name, `{}`: {}",
        named_minor(&image.name)?,
        image.name,
        misfit.message
    );
    misfit.hint = "choose a version whose image is of the cluster's Kubernetes".to_owned();
    if image.owner_alias.as_deref() != Some("amazon") {
        // What a name of one's own says is a guess.
        misfit.severity = Severity::Warning;
    }
    Some(misfit)
}

/// `1.34` in `amazon-eks-node-al2023-x86_64-standard-1.34-v20260915`: the one number of that shape.
fn named_minor(name: &str) -> Option<KubernetesVersion> {
    let words = name.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut found = words
        .filter_map(|word| word.trim_matches('.').parse::<KubernetesVersion>().ok())
        .filter(|version| version.major == 1 && (10..100).contains(&version.minor));
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

fn deprecated(way: &Way<'_>, data: &Data, observed: &Observed, now: Timestamp) -> Option<Misfit> {
    let id = data.image_id.as_ref()?;
    let Seen::There(image) = seen(observed, &way.site, id) else {
        return None;
    };
    let since = image.deprecated.filter(|at| *at <= now)?;
    Some(Misfit {
        severity: Severity::Warning,
        message: format!(
            "image {id} ({}) is deprecated since {}",
            image.name,
            since.strftime("%Y-%m-%d")
        ),
        hint: "it still starts; security fixes are in newer ones".to_owned(),
    })
}

pub(super) fn busy(subject: String, status: &str) -> Finding {
    match status {
        "CREATING" | "UPDATING" | "DELETING" => {
            let what = format!("the group is {status}, and EKS takes one change at a time");
            Finding::new(FindingKind::Conflict, subject, what).hint(
                "an update of a node group cannot be cancelled: wait until it ends, then roll back",
            )
        }
        status => {
            let what = format!("the group is {status}, and EKS takes no update in this state");
            Finding::new(FindingKind::Preflight, subject, what)
                .hint("delete the group, solve what EKS names, and apply again")
        }
    }
}

fn two_types(subject: &str, target: i64, named: &str, of_group: &[String]) -> Finding {
    let message = format!(
        "version {target} names the instance type {named}, and the group has types of its own ({}); EKS answers \"Cannot specify instance types in launch template and API Request\"",
        of_group.join(", ")
    );
    Finding::new(FindingKind::Preflight, subject, message)
        .hint("choose a version without an instance type, or make a new node group on that version")
}

/// Between an image in the launch template and one that EKS chooses there is no way in place.
fn mode_switch(way: &Way<'_>, subject: &str) -> Finding {
    let target = way.target;
    let names_image = way
        .template
        .version(target)
        .is_some_and(|version| version.data.image_id.is_some());
    let message = match names_image {
        true => format!(
            "version {target} names an image, and the group runs an Amazon EKS optimized AMI chosen by its release version; {SWITCH_TO_CUSTOM}"
        ),
        false => format!(
            "version {target} names no image, and the group runs one named in its launch template; {SWITCH_TO_EKS}"
        ),
    };
    let (cluster, group) = (&way.have.cluster, &way.have.name);
    Finding::new(FindingKind::Preflight, subject, message).hint(format!(
        "set `launchTemplateVersion: {target}` and the `pinnedBy` of that version in the spec; `nodemint replace {group} --as NEWNAME --cluster {cluster}` then makes a new group on it"
    ))
}

#[cfg(test)]
mod tests {
    use super::named_minor;

    #[test]
    fn the_kubernetes_version_in_names_of_images() {
        let rows = [
            (
                "amazon-eks-node-al2023-x86_64-standard-1.34-v20260915",
                Some("1.34"),
            ),
            ("amazon-eks-node-1.32-v20251120", Some("1.32")),
            (
                "bottlerocket-aws-k8s-1.33-x86_64-v1.49.0-713f44ce",
                Some("1.33"),
            ),
            (
                "Windows_Server-2022-English-Core-EKS_Optimized-1.34-2026.09.15",
                Some("1.34"),
            ),
            (
                "ubuntu-eks/k8s_1.31/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260912",
                Some("1.31"),
            ),
            ("golden-v1.2", None),
            ("golden-1.30-of-1.31", None),
            ("golden-20260915", None),
        ];
        for (name, wanted) in rows {
            let found = named_minor(name).map(|version| version.to_string());
            assert_eq!(found.as_deref(), wanted, "{name}");
        }
    }
}
