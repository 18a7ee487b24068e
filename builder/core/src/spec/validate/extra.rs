//! `launchTemplateData`: what EC2 takes beyond the spec's own fields, in EC2's names.

use super::super::SpecPath;
use super::super::read::{Report, find, read};
use super::super::tree::{Entry, Kind, Node};
use crate::launch_template::Data;

/// EC2's fields that the spec has a name of its own for.
const OURS: &[(&str, &str)] = &[
    ("ImageId", "ami"),
    ("InstanceType", "instanceType"),
    ("KeyName", "keyName"),
    ("UserData", "userData"),
    ("SecurityGroupIds", "securityGroupIds"),
    ("BlockDeviceMappings", "blockDevices"),
    ("MetadataOptions", "metadataOptions"),
    ("TagSpecifications", "tags"),
];

/// EC2's fields that EKS refuses in a managed node group's template (EKS user guide, "Customize managed
/// nodes with launch templates"), and what to use instead.
const REFUSED_BY_EKS: &[(&str, &str)] = &[
    (
        "IamInstanceProfile",
        "the instance profile is made from the node group's `nodeRole`",
    ),
    ("InstanceInitiatedShutdownBehavior", "leave it out"),
    ("HibernationOptions", "leave it out"),
];

/// The rest of RequestLaunchTemplateData.
const NOT_YET: &[&str] = &[
    "CapacityReservationSpecification",
    "DisableApiStop",
    "DisableApiTermination",
    "ElasticGpuSpecifications",
    "ElasticInferenceAccelerators",
    "InstanceRequirements",
    "KernelId",
    "LicenseSpecifications",
    "MaintenanceOptions",
    "NetworkPerformanceOptions",
    "Operator",
    "PrivateDnsNameOptions",
    "RamDiskId",
    "SecondaryInterfaces",
    "SecurityGroups",
];

/// The extra data of the template at `at`, read from the tree so that every problem has its place.
pub(super) fn extra(root: &Node, template: &SpecPath, report: &mut Report<'_>) -> Data {
    let at = template.key("launchTemplateData");
    if report.pruned.contains(&at) {
        return Data::default();
    }
    let Some(node) = find(root, &SpecPath::default(), &at) else {
        return Data::default();
    };
    let Kind::Map { entries, .. } = &node.kind else {
        return Data::default();
    };
    for entry in entries {
        let path = at.key(&entry.key);
        if let Some((message, hint)) = refusal(entry) {
            report.push(&path, message, hint);
            report.pruned.insert(path);
        }
    }
    read(node, &at, report)
}

fn refusal(entry: &Entry) -> Option<(String, Option<String>)> {
    let key = entry.key.as_str();
    let by_name = |list: &[(&str, &'static str)]| {
        list.iter()
            .find(|(name, _)| *name == key)
            .map(|(_, other)| *other)
    };
    if let Some(ours) = by_name(OURS) {
        let hint = Some(format!("move it to `{ours}` of the launch template"));
        return Some((format!("the spec has a field of its own for `{key}`"), hint));
    }
    if let Some(instead) = by_name(REFUSED_BY_EKS) {
        return Some((
            format!("EKS refuses `{key}` in a launch template"),
            Some(instead.to_owned()),
        ));
    }
    if key == "InstanceMarketOptions" {
        return Some(market(entry));
    }
    if key == "NetworkInterfaces" {
        return Some(network_interfaces(entry));
    }
    NOT_YET
        .contains(&key)
        .then(|| (format!("`{key}` is not supported yet"), None))
}

fn market(entry: &Entry) -> (String, Option<String>) {
    if mentions(&entry.value, "MarketType", Some("spot")) {
        return (
            "EKS refuses spot `InstanceMarketOptions` in a launch template".to_owned(),
            Some("use `capacityType: SPOT` of the node group".to_owned()),
        );
    }
    (
        "`InstanceMarketOptions` is not supported yet".to_owned(),
        None,
    )
}

fn network_interfaces(entry: &Entry) -> (String, Option<String>) {
    if mentions(&entry.value, "SubnetId", None) {
        return (
            "EKS refuses `NetworkInterfaces` with a `SubnetId` in a launch template".to_owned(),
            Some("use `subnets` of the node group".to_owned()),
        );
    }
    ("`NetworkInterfaces` is not supported yet".to_owned(), None)
}

/// Whether a mapping at or directly under `node` has this key, and this value if one is given.
fn mentions(node: &Node, key: &str, value: Option<&str>) -> bool {
    match &node.kind {
        Kind::Seq { items } => items.iter().any(|item| mentions(item, key, value)),
        Kind::Map { entries, .. } => entries.iter().any(|entry| {
            entry.key == key
                && match (&entry.value.kind, value) {
                    (_, None) => true,
                    (Kind::Scalar { value: found, .. }, Some(wanted)) => found == wanted,
                    _ => false,
                }
        }),
        Kind::Scalar { .. } => false,
    }
}
