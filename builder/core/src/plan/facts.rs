//! Facts of a cluster that moved since they were locked. Nodes boot with the locked ones.

use super::{Finding, FindingKind, Plan};
use crate::desired::Desired;
use crate::lock::LockedCluster;
use crate::observed::{Observed, ObservedCluster};
use crate::spec::IpFamily;

pub(super) fn check(desired: &Desired, observed: &Observed, plan: &mut Plan) {
    for (name, locked) in &desired.clusters {
        let Some(cluster) = observed.clusters.get(name) else {
            continue;
        };
        for (fact, locked, now) in moved(locked, cluster) {
            let message = format!("its {fact} moved since it was locked: {locked} → {now}");
            let finding = Finding::new(FindingKind::Warning, format!("cluster {name}"), message)
                .hint("take it into the lock with `nodemint resolve --update`; where `clusters` states it, change it there");
            plan.warnings.push(finding);
        }
    }
}

/// The version has a finding of its own. A fact that EKS does not show, of a cluster that is being made,
/// has not moved.
fn moved(locked: &LockedCluster, now: &ObservedCluster) -> Vec<(&'static str, String, String)> {
    let (family, cidr) = match locked.ip_family {
        IpFamily::Ipv4 => ("ipv4", &now.service_cidr_v4),
        IpFamily::Ipv6 => ("ipv6", &now.service_cidr_v6),
    };
    let text = |text: &str| Some(text.to_owned());
    let none = || Some("none".to_owned());
    // Between families, the CIDRs are no two values of one fact.
    let same_family = family == now.ip_family;
    let group = locked.security_group_id.clone().or_else(none);
    let facts = [
        ("endpoint", text(&locked.endpoint), now.endpoint.clone()),
        ("IP family", text(family), text(&now.ip_family)),
        (
            "service CIDR",
            text(&locked.service_cidr),
            cidr.clone().filter(|_| same_family),
        ),
        ("security group", group, now.security_group_id.clone()),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(fact, locked, now)| Some((fact, locked?, now?)));
    let mut moved: Vec<_> = facts.filter(|(_, locked, now)| locked != now).collect();
    let authority = now.certificate_authority.as_ref();
    if authority.is_some_and(|now| *now != locked.certificate_authority) {
        // Base64 of a certificate: nobody reads it.
        let (before, after) = ("another".to_owned(), "a new one".to_owned());
        moved.push(("certificate authority", before, after));
    }
    moved
}
