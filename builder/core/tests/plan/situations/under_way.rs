//! Groups that EKS is busy with, or is done with badly.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "DEGRADED",
        situation: |desired, observed| {
            wants(desired, "m5.2xlarge");
            the_group(observed).status = "DEGRADED".to_owned();
            the_group(observed).health = vec![HealthIssue {
                code: "Ec2SubnetInvalidConfiguration".to_owned(),
                message: "no route".to_owned(),
                resource_ids: Vec::new(),
            }];
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["warning : Ec2SubnetInvalidConfiguration: no route"],
    },
    Row {
        name: "DEGRADED without a reason",
        situation: |_, observed| the_group(observed).status = "DEGRADED".to_owned(),
        steps: "",
        groups: "unchanged",
        findings: &["warning : DEGRADED, and EKS does not say why"],
    },
    Row {
        name: "CREATE_FAILED",
        situation: |_, observed| the_group(observed).status = "CREATE_FAILED".to_owned(),
        steps: "",
        groups: "blocked",
        findings: &["preflight : the group is CREATE_FAILED"],
    },
    Row {
        name: "DELETING",
        situation: |_, observed| the_group(observed).status = "DELETING".to_owned(),
        steps: "",
        groups: "blocked",
        findings: &["conflict : the group is being deleted"],
    },
    Row {
        name: "a status that is new to nodemint",
        situation: |_, observed| the_group(observed).status = "PAUSED".to_owned(),
        steps: "",
        groups: "blocked",
        findings: &["preflight : status is `PAUSED`"],
    },
    Row {
        name: "CREATING as wanted",
        situation: |_, observed| the_group(observed).status = "CREATING".to_owned(),
        steps: "await",
        groups: "attach: it is being created",
        findings: &[],
    },
    Row {
        name: "CREATING on another version",
        situation: |desired, observed| {
            the_group(observed).status = "CREATING".to_owned();
            wants(desired, "m5.2xlarge");
        },
        steps: "mint await roll",
        groups: "roll: it is being created",
        findings: &[],
    },
    Row {
        name: "UPDATING to the wanted version",
        situation: |desired, observed| {
            second_version(observed, "m5.2xlarge");
            wants(desired, "m5.2xlarge");
            updating(observed, "VersionUpdate", &[("LaunchTemplateVersion", "2")]);
        },
        steps: "await",
        groups: "attach: update u-1 to this version is under way",
        findings: &[],
    },
    Row {
        name: "UPDATING to the wanted version, and labels differ",
        situation: |desired, observed| {
            second_version(observed, "m5.2xlarge");
            wants(desired, "m5.2xlarge");
            desired.groups[0].spec.labels.clear();
            updating(observed, "VersionUpdate", &[("LaunchTemplateVersion", "2")]);
        },
        steps: "await configure",
        groups: "configure: update u-1 to this version is under way",
        findings: &[],
    },
    Row {
        name: "UPDATING to another version",
        situation: |desired, observed| {
            wants(desired, "m5.2xlarge");
            updating(observed, "VersionUpdate", &[("LaunchTemplateVersion", "7")]);
        },
        steps: "mint",
        groups: "blocked",
        findings: &["conflict : another update (u-1) to version 7 is under way"],
    },
    Row {
        name: "UPDATING away from the wanted version",
        situation: |_, observed| {
            updating(observed, "VersionUpdate", &[("LaunchTemplateVersion", "7")])
        },
        steps: "",
        groups: "blocked",
        findings: &["conflict : another update (u-1) to version 7 is under way"],
    },
    Row {
        name: "UPDATING of settings, and a roll is wanted",
        situation: |desired, observed| {
            wants(desired, "m5.2xlarge");
            updating(observed, "ConfigUpdate", &[("MaxSize", "5")]);
        },
        steps: "mint await roll",
        groups: "roll: update u-1 of its settings is under way",
        findings: &[],
    },
    Row {
        name: "UPDATING by an update that nobody finds",
        situation: |_, observed| the_group(observed).status = "UPDATING".to_owned(),
        steps: "",
        groups: "blocked",
        findings: &["conflict : another update (of unknown id) is under way"],
    },
    Row {
        name: "an update that ended long ago",
        situation: |_, observed| {
            let mut old = update("VersionUpdate", &[("LaunchTemplateVersion", "7")]);
            old.status = "Failed".to_owned();
            the_group(observed).last_update = Some(old);
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
];
