//! What user data says: whose cluster it is for, which taints it sets, how much room it leaves.

use super::*;

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
        name: "user data that leaves little room for EKS's",
        situation: |desired, observed| {
            at_rest_managed(desired, observed);
            desired.templates[0].user_data.bytes = vec![b'#'; 13_001];
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : has 13001 bytes: EKS adds its own part to it"],
    },
    Row {
        name: "user data that leaves room, and as much where EKS adds none",
        situation: |desired, observed| {
            at_rest_managed(desired, observed);
            desired.templates[0].user_data.bytes = vec![b'#'; 13_000];
            let mut other = template("other", CLUSTER, REGION, content("m5.large"));
            other.user_data.bytes = vec![b'#'; 16_000];
            desired.templates.push(other);
        },
        steps: "mint",
        groups: "unchanged",
        findings: &[],
    },
];
