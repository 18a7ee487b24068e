//! What cannot stand in `launchTemplateData`: fields that the spec has a name of its own for, and fields that EKS
//! refuses in a managed node group's template.
//!
//! Source: EKS user guide, "Customize managed nodes with launch templates", and EKS API reference,
//! LaunchTemplateSpecification. Of EKS's answers only that about instance profiles was seen in public.

use super::super::super::SpecPath;
use super::super::super::read::Report;
use super::super::super::tree::{Entry, Kind, Node};

/// EC2's fields that the spec has a name of its own for.
const OURS: &[(&str, &str)] = &[
    ("ImageId", "ami"),
    ("InstanceType", "instanceType"),
    ("KeyName", "keyName"),
    ("UserData", "userData"),
    ("SecurityGroupIds", "securityGroupIds"),
    ("BlockDeviceMappings", "blockDevices"),
    ("MetadataOptions", "metadataOptions"),
];

/// A field that EKS refuses: what EKS says or documents of it, and what to do instead.
struct Refused {
    field: &'static str,
    why: &'static str,
    instead: &'static str,
}

const PROHIBITED: &str = "its documentation lists it among what a launch template cannot have";

const REFUSED_BY_EKS: &[Refused] = &[
    Refused {
        field: "IamInstanceProfile",
        why: "it answers \"Launch template should not specify an instance profile. The noderole in your request will be \
              used to construct an instance profile.\"",
        instead: "put the role under `nodeRole` of the node group",
    },
    Refused {
        field: "InstanceInitiatedShutdownBehavior",
        why: PROHIBITED,
        instead: "leave it out: EKS ends the instances itself",
    },
    Refused {
        field: "HibernationOptions",
        why: PROHIBITED,
        instead: "leave it out: EKS ends the instances itself",
    },
];

/// Reports what cannot stand here, and prunes it.
pub(super) fn check(node: &Node, at: &SpecPath, report: &mut Report<'_>) {
    for entry in entries(node) {
        let path = at.key(&entry.key);
        match entry.key.as_str() {
            "InstanceMarketOptions" => market(entry, &path, report),
            "NetworkInterfaces" => subnets(&entry.value, &path, report),
            key => {
                if let Some((message, hint)) = refusal(key) {
                    refuse(&path, message, hint, report);
                }
            }
        }
    }
}

fn refuse(path: &SpecPath, message: String, hint: String, report: &mut Report<'_>) {
    report.error_hint(path, message, hint);
    report.pruned.insert(path.clone());
}

fn refusal(key: &str) -> Option<(String, String)> {
    if let Some((_, ours)) = OURS.iter().find(|(name, _)| *name == key) {
        return Some((
            format!("the spec has a field of its own for `{key}`"),
            format!("move it to `{ours}` of the launch template"),
        ));
    }
    let refused = REFUSED_BY_EKS.iter().find(|one| one.field == key)?;
    Some((
        format!("EKS refuses `{key}` in a launch template: {}", refused.why),
        refused.instead.to_owned(),
    ))
}

/// Spot is asked for at the node group, and the third market is not for node groups at all.
fn market(entry: &Entry, at: &SpecPath, report: &mut Report<'_>) {
    const SPOT: &str = "use `capacityType: SPOT` of the node group";
    for option in entries(&entry.value) {
        let path = at.key(&option.key);
        match (option.key.as_str(), text(&option.value)) {
            ("MarketType", Some("spot")) => {
                let message = format!(
                    "EKS refuses spot `InstanceMarketOptions` in a launch template: {PROHIBITED}"
                );
                refuse(&path, message, SPOT.to_owned(), report);
            }
            ("MarketType", Some("interruptible-capacity-reservation")) => {
                let message = "EKS documents no managed node groups in `interruptible-capacity-reservation`: this is refused here";
                let hint = "`capacity-block` is what node groups take";
                refuse(&path, message.to_owned(), hint.to_owned(), report);
            }
            ("SpotOptions", _) => {
                let message =
                    format!("EKS refuses `SpotOptions` in a launch template: {PROHIBITED}");
                refuse(&path, message, SPOT.to_owned(), report);
            }
            _ => {}
        }
    }
}

fn subnets(interfaces: &Node, at: &SpecPath, report: &mut Report<'_>) {
    let Kind::Seq { items } = &interfaces.kind else {
        return;
    };
    for (index, item) in items.iter().enumerate() {
        if entries(item).iter().any(|entry| entry.key == "SubnetId") {
            let path = at.index(index).key("SubnetId");
            let message = format!(
                "EKS refuses a subnet in `NetworkInterfaces` of a launch template: {PROHIBITED}"
            );
            let hint = "use `subnets` of the node group";
            refuse(&path, message, hint.to_owned(), report);
        }
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Map { entries, .. } => entries,
        _ => &[],
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar { value, .. } => Some(value),
        _ => None,
    }
}
