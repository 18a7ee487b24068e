//! What changed outside of nodemint, why nodes roll for it, and what a pin keeps from them.

use super::*;

/// Adds a version that somebody made by hand.
fn by_hand(observed: &mut Observed, instance_type: &str, who: &str) -> i64 {
    let template = the_template(observed);
    let mut version = template.versions[0].clone();
    version.number = template.latest_version + 1;
    version.description = None;
    version.created_by = Some(who.to_owned());
    version.data = content(instance_type);
    template.latest_version = version.number;
    template.versions.insert(0, version);
    template.latest_version
}

fn moved_to(observed: &mut Observed, version: &str) {
    let template = the_group(observed).launch_template.as_mut();
    template.expect("it").version = Some(version.to_owned());
}

const ROOT: &str = "arn:aws:iam::111122223333:user/root";

pub const ROWS: &[Row] = &[
    Row {
        name: "a version of somebody else, newer than ours",
        situation: |_, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : version 2 was made by arn:aws:iam::111122223333:user/root"],
    },
    Row {
        name: "versions of others, newer than ours",
        situation: |_, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
            by_hand(observed, "m5.2xlarge", "arn:aws:iam::111122223333:user/b");
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : versions 2 to 3 were made by others"],
    },
    Row {
        name: "what somebody else made before our last version is history",
        situation: |desired, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
            second_version(observed, "m5.2xlarge");
            wants(desired, "m5.2xlarge");
            moved_to(observed, "3");
        },
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "a version of somebody else that has what the spec describes is used",
        situation: |desired, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
            wants(desired, "m5.xlarge");
        },
        steps: "roll",
        groups: "roll: version 2 has what this spec describes: InstanceType differs from version 1",
        findings: &[],
    },
    Row {
        name: "a group that somebody moved to a version of theirs",
        situation: |_, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
            moved_to(observed, "2");
        },
        steps: "roll",
        groups: "roll: it was moved to version 2, made by arn:aws:iam::111122223333:user/root; what this spec describes is version 1",
        findings: &[
            "warning : version 2 was made by",
            "warning : it runs version 2 of demo, made by arn:aws:iam::111122223333:user/root",
        ],
    },
    Row {
        name: "a group that somebody moved, and the spec changed as well",
        situation: |desired, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
            moved_to(observed, "2");
            wants(desired, "m5.2xlarge");
        },
        steps: "mint roll",
        groups: "roll: version 3 is minted: InstanceType differs from version 2",
        findings: &[
            "warning : version 2 was made by",
            "warning : it runs version 2 of demo",
        ],
    },
    Row {
        name: "a pin on a version of somebody else is meant",
        situation: |desired, observed| {
            by_hand(observed, "m5.xlarge", ROOT);
            desired.groups[0].spec.launch_template_version = Some(2);
        },
        steps: "roll",
        groups: "roll: `launchTemplateVersion` names version 2, and it runs version 1",
        findings: &[],
    },
    Row {
        name: "a group that somebody moved back to an older version of ours",
        situation: |desired, observed| {
            second_version(observed, "m5.2xlarge");
            wants(desired, "m5.2xlarge");
        },
        steps: "roll",
        groups: "roll: version 2 has what this spec describes: InstanceType differs from version 1",
        findings: &[],
    },
    Row {
        name: "the default version moved",
        situation: |_, observed| {
            second_version(observed, "m5.2xlarge");
            the_template(observed).default_version = 2;
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : its default version is 2, and nodemint left it at 1"],
    },
    Row {
        name: "the default version of a template that was taken over",
        situation: |desired, observed| {
            by_hand(observed, "m5.2xlarge", ROOT);
            let template = the_template(observed);
            template.versions[1].description = None;
            template.default_version = 2;
            desired.groups[0].spec.launch_template_version = Some(2);
            moved_to(observed, "2");
        },
        steps: "",
        groups: "unchanged: held at version 2 by `launchTemplateVersion`; what this spec describes is version 1, and the group does not move to it, an older number, InstanceType differs",
        findings: &[],
    },
    Row {
        name: "a group on $Default",
        situation: |desired, observed| {
            moved_to(observed, "$Default");
            wants(desired, "m5.2xlarge");
        },
        steps: "mint roll",
        groups: "roll: EKS shows the version as `$Default` (version 1 now)",
        findings: &["warning : EKS shows the version as `$Default` (version 1 now)"],
    },
    Row {
        name: "a health issue with what it is about",
        situation: |_, observed| {
            the_group(observed).status = "DEGRADED".to_owned();
            the_group(observed).health = vec![HealthIssue {
                code: "InsufficientFreeAddresses".to_owned(),
                message: "no addresses".to_owned(),
                resource_ids: vec!["subnet-a".to_owned()],
            }];
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning : InsufficientFreeAddresses: no addresses (subnet-a)"],
    },
    Row {
        name: "one subnet is short of addresses",
        situation: |desired, observed| {
            wants(desired, "m5.2xlarge");
            subnets(observed)
                .get_mut("subnet-b")
                .expect("it")
                .free_addresses = 1;
        },
        steps: "mint roll",
        groups: "roll: version 2 is minted: InstanceType differs from version 1",
        findings: &[
            "warning : subnets are short: subnet-b (us-east-1b) has 1 free, and up to 2 nodes start there",
        ],
    },
    Row {
        name: "a new group where addresses are short",
        situation: |_, observed| {
            gone(observed);
            subnets(observed)
                .get_mut("subnet-a")
                .expect("it")
                .free_addresses = 0;
        },
        steps: "create",
        groups: "create",
        findings: &[
            "warning : short of addresses: subnet-a (us-east-1a) has 0 free, and up to 1 node starts there",
        ],
    },
    Row {
        name: "a pin that is two versions behind",
        situation: |desired, observed| {
            second_version(observed, "m5.xlarge");
            wants(desired, "m5.2xlarge");
            desired.groups[0].spec.launch_template_version = Some(1);
        },
        steps: "mint",
        groups: "unchanged: what this spec describes is version 3, and the group does not move to it: 2 versions behind, InstanceType differs",
        findings: &[],
    },
    Row {
        name: "a release that a pin holds",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260901");
            desired.groups[0].spec.release_version = Some("1.34.2-20260901".to_owned());
            *observed = settled(desired);
        },
        steps: "",
        groups: "unchanged: held at release 1.34.2-20260901 by `releaseVersion`; the lock has release 1.34.2-20260915",
        findings: &[],
    },
    Row {
        name: "another release in the lock",
        situation: |desired, observed| {
            managed(desired, "1.34.2-20260901");
            *observed = settled(desired);
            managed(desired, "1.34.2-20260915");
        },
        steps: "roll",
        groups: "roll: release version 1.34.2-20260901 → 1.34.2-20260915, as the lock says",
        findings: &[],
    },
];
