//! Where a node's image and instance type come from.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "the spec's template loses its image",
        situation: |desired, _| managed(desired, "1.34.2-20260915"),
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplate: The request must contain the parameter ImageId",
        ],
    },
    Row {
        name: "the spec's template gets an image",
        situation: |_, observed| {
            the_group(observed).ami_type = Some("AL2023_x86_64_STANDARD".to_owned());
        },
        steps: "",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplate: You cannot specify an image id within the launch template",
        ],
    },
    Row {
        name: "a pin across the line between image and release version",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260915");
            let mut with_image = settled(&fleet());
            let version = the_template(&mut with_image).versions.remove(0);
            *observed = settled(desired);
            let template = the_template(observed);
            template.latest_version = 2;
            template.versions.insert(
                0,
                nodemint_core::observed::ObservedVersion {
                    number: 2,
                    ..version
                },
            );
            desired.groups[0].spec.launch_template_version = Some(2);
        },
        steps: "",
        groups: "blocked: held at version 2",
        findings: &[
            "preflight nodeGroups[0].launchTemplateVersion: You cannot specify an image id within the launch template",
        ],
    },
    Row {
        name: "a group of its own release: at rest",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260915");
            *observed = settled(desired);
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "a new release, same version",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260915");
            *observed = settled(desired);
            managed(desired, "1.34.3-20261001");
        },
        steps: "roll",
        groups: "roll: release version 1.34.2-20260915 → 1.34.3-20261001",
        findings: &[],
    },
    Row {
        name: "a release update under way that names no launch template",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260915");
            *observed = settled(desired);
            managed(desired, "1.34.3-20261001");
            updating(
                observed,
                "VersionUpdate",
                &[("ReleaseVersion", "1.34.3-20261001")],
            );
        },
        steps: "await",
        groups: "attach",
        findings: &[],
    },
    Row {
        name: "a release for another Kubernetes version than EKS takes",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260915");
            *observed = settled(desired);
            the_group(observed).version = Some("1.33".to_owned());
            the_group(observed).release_version = Some("1.33.9-20260901".to_owned());
            observed
                .clusters
                .insert(CLUSTER.to_owned(), cluster(CLUSTER, "1.35"));
        },
        steps: "",
        groups: "blocked",
        findings: &[
            "preflight : EKS takes the cluster's Kubernetes version 1.35 or the node group's own 1.33 for it, and the lock has 1.34",
            "warning : it runs Kubernetes 1.35 now",
        ],
    },
    Row {
        name: "another AMI type",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260915");
            *observed = settled(desired);
            the_group(observed).ami_type = Some("AL2_x86_64".to_owned());
        },
        steps: "",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplate: AMI type is AL2_x86_64, and the spec asks for AL2023_x86_64_STANDARD",
        ],
    },
    Row {
        name: "instance types in both places",
        situation: |desired, observed| {
            the_group(observed).instance_types = vec!["t3.large".to_owned()];
            wants(desired, "m5.2xlarge");
        },
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].instanceTypes: Cannot specify instance types in launch template and API Request",
        ],
    },
    Row {
        name: "an instance type that is only the template's, shown",
        situation: |desired, observed| {
            the_group(observed).instance_types = vec!["m5.large".to_owned()];
            wants(desired, "m5.2xlarge");
        },
        steps: "mint roll",
        groups: "roll",
        findings: &[],
    },
];
