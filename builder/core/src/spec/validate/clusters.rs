//! Clusters: names, regions, and the facts that the spec may state for offline work.

use super::super::raw::{RawCluster, RawFleet, RawIpFamily};
use super::super::read::Report;
use super::super::rules::{self, flaw, flaw_hint};
use super::super::{Cluster, IpFamily, SpecPath};
use super::{items, optional, required, unique};
use crate::site::Access;

pub(super) fn clusters(raw: &RawFleet, report: &mut Report<'_>) -> Vec<Cluster> {
    let top = SpecPath::default();
    let at = top.key("clusters");
    match &raw.clusters {
        None => report.missing(
            &top,
            "clusters",
            Some("list the EKS clusters that the node groups belong to"),
        ),
        Some(list) if list.0.is_empty() => report.error(&at, "there are no clusters"),
        Some(_) => {}
    }
    let raws = items(&raw.clusters, &at, report);
    let names = raws
        .iter()
        .filter_map(|(path, raw)| Some((path.key("name"), raw.name.as_deref()?)));
    unique(names, "cluster", report);
    raws.iter()
        .map(|(path, raw)| cluster(raw, path, report))
        .collect()
}

fn cluster(raw: &RawCluster, at: &SpecPath, report: &mut Report<'_>) -> Cluster {
    let region = required(&raw.region, at, "region", rules::region, report);
    let role = |text: &str| {
        rules::role_arn(text, "deploy").and_then(|()| rules::same_partition(text, &region))
    };
    let access = Access {
        profile: optional(&raw.profile, at, "profile", rules::profile, report),
        assume_role_arn: optional(&raw.assume_role_arn, at, "assumeRoleArn", role, report),
    };
    let version = raw.version.as_deref().and_then(|text| {
        let parsed = rules::kubernetes_version(text);
        report.parsed(&at.key("version"), parsed)
    });
    let https = |text: &str| match text.strip_prefix("https://") {
        Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(()),
        _ => Err(flaw_hint(
            "not the URL of an API server",
            "write it like `https://….eks.amazonaws.com`",
        )),
    };
    let certificate_authority = raw.certificate_authority.clone();
    if let Some(data) = &certificate_authority {
        report.check(&at.key("certificateAuthority"), rules::base64_text(data));
    }
    let ip_family = raw.ip_family.as_ref().and_then(ip_family);
    let service_cidr = raw.service_cidr.clone();
    if let Some(text) = &service_cidr {
        let checked = rules::cidr(text).and_then(|is_v6| match ip_family {
            Some(family) if (family == IpFamily::Ipv6) != is_v6 => {
                Err(flaw("not of the cluster's `ipFamily`"))
            }
            _ => Ok(()),
        });
        report.check(&at.key("serviceCidr"), checked);
    }
    let group = |text: &str| rules::resource_id("sg-", text);
    Cluster {
        access,
        name: required(&raw.name, at, "name", rules::cluster_name, report),
        region,
        version,
        endpoint: optional(&raw.endpoint, at, "endpoint", https, report),
        certificate_authority,
        service_cidr,
        ip_family,
        security_group_id: optional(&raw.security_group_id, at, "securityGroupId", group, report),
    }
}

fn ip_family(raw: &RawIpFamily) -> Option<IpFamily> {
    match raw {
        RawIpFamily::Ipv4 => Some(IpFamily::Ipv4),
        RawIpFamily::Ipv6 => Some(IpFamily::Ipv6),
        RawIpFamily::Later(_) => None,
    }
}
