//! What user data says: whose cluster it is for, which taints it sets, what lints find in it.

use super::*;
use nodemint_core::desired::RenderWarning;
use nodemint_core::lint::Rule;

/// The group has the taint, in the spec and in EKS.
fn tainted(desired: &mut Desired, observed: &mut Observed) {
    let dedicated = taint("dedicated", Some("gpu"));
    desired.groups[0].spec.taints = vec![dedicated.clone()];
    the_group(observed).taints = vec![dedicated];
}

/// The group's release is EKS's choice, and it is at rest so.
fn at_rest_managed(desired: &mut Desired, observed: &mut Observed) {
    managed(desired, "1.34.2-20260915");
    *observed = settled(desired);
}

/// Version 2 of the template boots nodes into `cluster`, and the group is pinned to it.
fn pinned_to_a_version_for(desired: &mut Desired, observed: &mut Observed, cluster: &str) {
    second_version(observed, "m5.2xlarge");
    let versions = &mut the_template(observed).versions;
    let second = versions.iter_mut().find(|version| version.number == 2);
    second.expect("version 2").data.user_data = Some(joining(cluster));
    desired.groups[0].spec.launch_template_version = Some(2);
}

pub const ROWS: &[Row] = &[
    Row {
        name: "a pin on another cluster's version",
        situation: |desired, observed| pinned_to_a_version_for(desired, observed, "green"),
        steps: "",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplateVersion: version 2 boots nodes into cluster green",
        ],
    },
    Row {
        name: "a pin on this cluster's version",
        situation: |desired, observed| pinned_to_a_version_for(desired, observed, CLUSTER),
        steps: "roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "taints of the group that the user data does not set",
        situation: |desired, observed| {
            tainted(desired, observed);
            desired.templates[0].register_taints = Some(vec![taint("dedicated", Some("other"))]);
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning nodeGroups[0].taints: some time after a node joined"],
    },
    Row {
        name: "taints of the group that the user data repeats",
        situation: |desired, observed| {
            tainted(desired, observed);
            desired.templates[0].register_taints = Some(desired.groups[0].spec.taints.clone());
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "taints of the group, and user data that names some of its own",
        situation: |desired, observed| {
            tainted(desired, observed);
            desired.templates[0].register_taints = None;
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "taints in both places, with EKS's bootstrap",
        situation: |desired, observed| {
            at_rest_managed(desired, observed);
            tainted(desired, observed);
            desired.templates[0].register_taints = Some(desired.groups[0].spec.taints.clone());
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning nodeGroups[0].taints: may take the last `--register-with-taints`"],
    },
    Row {
        name: "taints of the group alone, with EKS's bootstrap",
        situation: |desired, observed| {
            at_rest_managed(desired, observed);
            tainted(desired, observed);
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "a lint of the user data, and one that AWS knows better",
        situation: |desired, observed| {
            at_rest_managed(desired, observed);
            let warning = |rule, message: &str| RenderWarning {
                rule,
                template: "demo".to_owned(),
                path: "launchTemplates[0].userData.preBootstrap[0]".to_owned(),
                message: message.to_owned(),
                hint: "a cure".to_owned(),
            };
            desired.warnings = vec![
                warning(Rule::SlowBoot, "a.sh:3: it sleeps"),
                warning(Rule::ClusterSecurityGroup, "not asked"),
            ];
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning launchTemplates[0].userData.preBootstrap[0]: a.sh:3: it sleeps"],
    },
];
