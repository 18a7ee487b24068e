//! Network interfaces: each by itself, among each other, and beside the spec's own fields.

use std::collections::BTreeMap;

use super::super::super::read::Report;
use super::super::super::{LaunchTemplate, SpecPath};
use crate::launch_template::NetworkInterface;

pub(super) fn check(template: &LaunchTemplate, at: &SpecPath, report: &mut Report<'_>) {
    security_groups(template, at, report);
    let interfaces = &template.extra.network_interfaces;
    if interfaces.is_empty() {
        return;
    }
    let at = at.key("NetworkInterfaces");
    let mut seen: BTreeMap<(i32, i32), usize> = BTreeMap::new();
    for (index, interface) in interfaces.iter().enumerate() {
        let path = at.index(index);
        counts(interface, &path, report);
        let Some(device) = interface.device_index else {
            report.missing(&path, "DeviceIndex", Some("the primary interface has 0"));
            continue;
        };
        let card = interface.network_card_index.unwrap_or(0);
        match seen.get(&(card, device)) {
            Some(first) => report.error(
                &path.key("DeviceIndex"),
                format!(
                    "network card {card} has device {device} twice; the first is {}",
                    at.index(*first)
                ),
            ),
            None => {
                seen.insert((card, device), index);
            }
        }
    }
    let complete = interfaces.iter().all(|one| one.device_index.is_some());
    if complete && !seen.contains_key(&(0, 0)) {
        report.error_hint(
            &at,
            "there is no primary interface: none is device 0 of network card 0",
            "add one with `DeviceIndex: 0`",
        );
    }
    efa_only(interfaces, &at, report);
}

/// EC2 and Auto Scaling take security groups on one level (terraform-provider-aws#4570 and #14440 have the texts).
fn security_groups(template: &LaunchTemplate, at: &SpecPath, report: &mut Report<'_>) {
    let data = &template.extra;
    let key = if !template.security_group_ids.is_empty() {
        "securityGroupIds"
    } else {
        "SecurityGroups"
    };
    let on_instance = !template.security_group_ids.is_empty() || !data.security_groups.is_empty();
    if on_instance && !data.network_interfaces.is_empty() {
        report.error_hint(
            &at.key("NetworkInterfaces"),
            format!(
                "`{key}` beside network interfaces; EC2 answers \"Network interfaces and an instance-level security \
                 groups may not be specified on the same request\""
            ),
            "move the security groups into `Groups` of each interface",
        );
    }
    if !template.security_group_ids.is_empty() && !data.security_groups.is_empty() {
        report.error_hint(
            &at.key("SecurityGroups"),
            "EC2 takes security groups either by id or by name, and there are `securityGroupIds`, too",
            "keep the ids: names work in a default VPC alone",
        );
    }
}

/// EC2 API reference, LaunchTemplateInstanceNetworkInterfaceSpecificationRequest: a count excludes its list.
fn counts(interface: &NetworkInterface, at: &SpecPath, report: &mut Report<'_>) {
    let rows = [
        (
            "Ipv4PrefixCount",
            interface.ipv4_prefix_count.is_some(),
            "Ipv4Prefixes",
            interface.ipv4_prefixes.is_empty(),
        ),
        (
            "Ipv6PrefixCount",
            interface.ipv6_prefix_count.is_some(),
            "Ipv6Prefixes",
            interface.ipv6_prefixes.is_empty(),
        ),
        (
            "Ipv6AddressCount",
            interface.ipv6_address_count.is_some(),
            "Ipv6Addresses",
            interface.ipv6_addresses.is_empty(),
        ),
    ];
    for (count, counted, list, empty) in rows {
        if counted && !empty {
            report.error_hint(
                &at.key(count),
                format!("EC2 takes either `{count}` or `{list}`"),
                "keep one of the two",
            );
        }
    }
}

/// EC2 user guide, "Elastic Fabric Adapter": such an interface has no IP networking, and a node needs some.
fn efa_only(interfaces: &[NetworkInterface], at: &SpecPath, report: &mut Report<'_>) {
    for (index, interface) in interfaces.iter().enumerate() {
        let primary =
            interface.device_index == Some(0) && interface.network_card_index.unwrap_or(0) == 0;
        if primary && interface.interface_type.as_deref() == Some("efa-only") {
            report.error_hint(
                &at.index(index).key("InterfaceType"),
                "the primary interface cannot be `efa-only`: it has no IP address",
                "use `efa` or `interface` for device 0 of network card 0",
            );
        }
    }
}
