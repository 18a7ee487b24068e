//! Clusters, templates, versions and pins.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "at rest",
        situation: |_, _| {},
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "nothing there",
        situation: |desired, observed| *observed = empty_account(desired),
        steps: "mint create",
        groups: "create",
        findings: &[],
    },
    Row {
        name: "only the group is missing",
        situation: |_, observed| gone(observed),
        steps: "create",
        groups: "create",
        findings: &[],
    },
    Row {
        name: "a group that is missing, and what creates it is too",
        situation: |desired, observed| {
            gone(observed);
            desired.groups[0].spec.node_role = None;
            desired.groups[0].spec.subnets.clear();
            desired.groups[0].spec.scaling = None;
        },
        steps: "",
        groups: "blocked",
        findings: &["preflight nodeGroups[0]: creating it needs nodeRole, subnets, scaling"],
    },
    Row {
        name: "no cluster",
        situation: |_, observed| observed.clusters.clear(),
        steps: "",
        groups: "blocked",
        findings: &["preflight : EKS has no cluster of this name in us-east-1"],
    },
    Row {
        name: "a cluster that is being deleted",
        situation: |_, observed| {
            observed.clusters.get_mut(CLUSTER).expect("it").status = "DELETING".to_owned();
        },
        steps: "",
        groups: "unchanged",
        findings: &["preflight : the cluster is DELETING"],
    },
    Row {
        name: "a cluster that moved on",
        situation: |_, observed| {
            observed
                .clusters
                .insert(CLUSTER.to_owned(), cluster(CLUSTER, "1.35"));
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : it runs Kubernetes 1.35 now, and the lock has 1.34"],
    },
    Row {
        name: "nodes newer than their cluster",
        situation: |desired, observed| {
            wants(desired, "m5.xlarge");
            observed
                .clusters
                .insert(CLUSTER.to_owned(), cluster(CLUSTER, "1.33"));
        },
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight : nodes of Kubernetes 1.34 are newer than the control plane, 1.33",
            "warning : it runs Kubernetes 1.33 now",
        ],
    },
    Row {
        name: "another instance type",
        situation: |desired, _| wants(desired, "m5.2xlarge"),
        steps: "mint roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "content that an older version has",
        situation: |desired, observed| {
            second_version(observed, "m5.2xlarge");
            the_group(observed)
                .launch_template
                .as_mut()
                .expect("it")
                .version = Some("2".to_owned());
            wants(desired, "m5.large");
        },
        steps: "roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "a version with fields that nodemint cannot hold is never the same",
        situation: |_, observed| the_template(observed).versions[0].unread = true,
        steps: "mint roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "two versions with the content: the lower one counts",
        situation: |_, observed| {
            let mut twin = the_template(observed).versions[0].clone();
            twin.number = 2;
            let template = the_template(observed);
            template.latest_version = 2;
            template.versions.insert(0, twin);
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "somebody else's template",
        situation: |desired, observed| {
            the_template(observed).tags.clear();
            wants(desired, "m5.2xlarge");
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["preflight : it is nobody's"],
    },
    Row {
        name: "a pin on an older version",
        situation: |desired, observed| {
            second_version(observed, "m5.2xlarge");
            wants(desired, "m5.2xlarge");
            the_group(observed)
                .launch_template
                .as_mut()
                .expect("it")
                .version = Some("2".to_owned());
            desired.groups[0].spec.launch_template_version = Some(1);
        },
        steps: "roll",
        groups: "roll: held at version 1",
        findings: &[],
    },
    Row {
        name: "a pin on the version that the spec describes",
        situation: |desired, _| desired.groups[0].spec.launch_template_version = Some(1),
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "a pin holds back what is minted",
        situation: |desired, _| {
            wants(desired, "m5.2xlarge");
            desired.groups[0].spec.launch_template_version = Some(1);
        },
        steps: "mint",
        groups: "unchanged: held at version 1",
        findings: &[],
    },
    Row {
        name: "a pin on the version that this plan would mint",
        situation: |desired, _| {
            wants(desired, "m5.2xlarge");
            desired.groups[0].spec.launch_template_version = Some(2);
        },
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplateVersion: pinned to version 2, which launch template `demo` does not have",
        ],
    },
    Row {
        name: "a pin without a template",
        situation: |desired, observed| {
            *observed = empty_account(desired);
            desired.groups[0].spec.launch_template_version = Some(1);
        },
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplateVersion: launch template `demo` does not exist in us-east-1",
        ],
    },
];
