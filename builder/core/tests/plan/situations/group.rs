//! What belongs to a group itself: what can change in place, and what is for life.

use super::*;

pub const ROWS: &[Row] = &[
    Row {
        name: "another fleet's template and group",
        situation: |_, observed| {
            the_template(observed)
                .tags
                .insert(OWNER_TAG.to_owned(), "other".to_owned());
            the_group(observed)
                .tags
                .insert(OWNER_TAG.to_owned(), "other".to_owned());
        },
        steps: "",
        groups: "unchanged",
        findings: &[
            "warning : the fleet `other`'s, by the tag nodemint:fleet: launch template us-east-1/demo, node group eksworkshop/mng-1;",
        ],
    },
    Row {
        name: "a new group in a subnet that does not exist",
        situation: |_, observed| {
            observed.groups.clear();
            subnets(observed).remove("subnet-b");
        },
        steps: "",
        groups: "blocked",
        findings: &["preflight nodeGroups[0].subnets: us-east-1 has no subnet subnet-b"],
    },
    Row {
        name: "a new group where subnets cannot be read",
        situation: |_, observed| {
            observed.groups.clear();
            observed.subnets.clear();
            observed.subnets_unread.insert("us-east-1".into());
        },
        steps: "create",
        groups: "create: 2 nodes to begin with, between 1 and 3",
        findings: &[],
    },
    Row {
        name: "security groups without the cluster's",
        situation: |_, observed| {
            let cluster = observed.clusters.values_mut().next().expect("the cluster");
            cluster.security_group_id = Some("sg-0cccccccccccccccc".to_owned());
        },
        steps: "",
        groups: "unchanged",
        findings: &[
            "warning : EKS adds no security group to its own",
            "warning : its security group moved since it was locked",
        ],
    },
    Row {
        name: "a group in a Capacity Block that has nodes",
        situation: |desired, observed| {
            desired.groups[0].spec.capacity_type = CapacityType::CapacityBlock;
            let group = the_group(observed);
            group.capacity_type = Some("CAPACITY_BLOCK".to_owned());
            let version = &mut group.launch_template.as_mut().expect("it").version;
            *version = Some("$Latest".to_owned());
        },
        steps: "roll",
        groups: "roll: EKS shows the version as `$Latest` (version 1 now); it is moved to a number",
        findings: &[
            "warning : EKS shows the version as `$Latest` (version 1 now); it is moved to a number",
            "warning : it is in a Capacity Block with a desired size of",
        ],
    },
    Row {
        name: "a group on $Latest",
        situation: |_, observed| {
            the_group(observed)
                .launch_template
                .as_mut()
                .expect("it")
                .version = Some("$Latest".to_owned());
        },
        steps: "roll",
        groups: "roll: EKS shows the version as `$Latest` (version 1 now); it is moved to a number",
        findings: &["warning : as `$Latest` (version 1 now); it is moved to a number"],
    },
    Row {
        name: "a group without a launch template",
        situation: |_, observed| the_group(observed).launch_template = None,
        steps: "",
        groups: "blocked",
        findings: &["preflight nodeGroups[0].launchTemplate: made without a launch template"],
    },
    Row {
        name: "a group on another template",
        situation: |_, observed| {
            the_group(observed).launch_template = Some(GroupTemplate {
                id: Some("lt-x".to_owned()),
                name: Some("x".to_owned()),
                version: Some("1".to_owned()),
            });
        },
        steps: "",
        groups: "blocked",
        findings: &["preflight nodeGroups[0].launchTemplate: on launch template `x` for life"],
    },
    Row {
        name: "the group's template was deleted and is made again",
        situation: |_, observed| observed.templates.clear(),
        steps: "mint",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].launchTemplate: launch template `demo` that is gone (lt-demo)",
        ],
    },
    Row {
        name: "role, subnets and capacity are for life",
        situation: |desired, _| {
            let group = &mut desired.groups[0].spec;
            group.node_role = Some("arn:aws:iam::111122223333:role/other".to_owned());
            group.subnets = vec!["subnet-c".to_owned()];
            group.capacity_type = CapacityType::Spot;
        },
        steps: "",
        groups: "blocked",
        findings: &[
            "preflight nodeGroups[0].nodeRole: the group's node role is",
            "preflight nodeGroups[0].subnets: the group's subnets are subnet-a, subnet-b",
            "preflight nodeGroups[0].capacityType: capacity type is ON_DEMAND, and the spec says SPOT",
        ],
    },
    Row {
        name: "subnets in another order, an empty taint value, default settings left out by EKS",
        situation: |desired, observed| {
            desired.groups[0].spec.subnets.reverse();
            desired.groups[0].spec.taints = vec![taint("b", Some("")), taint("a", None)];
            the_group(observed).taints = vec![taint("a", Some("")), taint("b", None)];
            the_group(observed).update_settings = None;
        },
        steps: "",
        groups: "unchanged",
        findings: &["warning nodeGroups[0].taints: some time after a node joined"],
    },
    Row {
        name: "an autoscaler at work",
        situation: |_, observed| the_group(observed).scaling.as_mut().expect("it").desired = 3,
        steps: "",
        groups: "unchanged: its desired size is 3, and stays: the spec's 2 counts only",
        findings: &[],
    },
    Row {
        name: "sizes that EKS has and the spec leaves out",
        situation: |desired, _| desired.groups[0].spec.scaling = None,
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "`force` alone is no setting",
        situation: |desired, _| desired.groups[0].spec.update.force = true,
        steps: "",
        groups: "unchanged",
        findings: &[],
    },
    Row {
        name: "labels, taints, sizes and update settings",
        situation: |desired, _| {
            let group = &mut desired.groups[0].spec;
            group.labels.insert("team".to_owned(), "a".to_owned());
            group.taints.push(taint("dedicated", Some("gpu")));
            group.scaling = Some(Scaling {
                min: 0,
                max: 1,
                desired: 1,
            });
            group.update.max_unavailable = MaxUnavailable::Percentage(50);
        },
        steps: "configure",
        groups: "configure: 1 node is taken away",
        findings: &["warning nodeGroups[0].taints: some time after a node joined"],
    },
    Row {
        name: "tags are added, and never taken away",
        situation: |desired, observed| {
            desired.groups[0]
                .spec
                .tags
                .insert("cost".to_owned(), "a".to_owned());
            the_group(observed)
                .tags
                .insert("other".to_owned(), "b".to_owned());
        },
        steps: "tag",
        groups: "configure",
        findings: &[],
    },
    Row {
        name: "settings before the roll",
        situation: |desired, _| {
            wants(desired, "m5.2xlarge");
            desired.groups[0].spec.update.strategy = UpdateStrategy::Minimal;
            desired.groups[0]
                .spec
                .tags
                .insert("cost".to_owned(), "a".to_owned());
        },
        steps: "mint tag configure roll",
        groups: "roll",
        findings: &[],
    },
    Row {
        name: "too few addresses",
        situation: |desired, observed| {
            wants(desired, "m5.2xlarge");
            subnets(observed)
                .values_mut()
                .for_each(|subnet| subnet.free_addresses = 1);
        },
        steps: "mint roll",
        groups: "roll",
        findings: &["warning : addresses for 4 more nodes, and the group's subnets have 2 free"],
    },
    Row {
        name: "the version that the group is on was deleted",
        situation: |desired, observed| {
            wants(desired, "m5.2xlarge");
            the_template(observed).versions.clear();
        },
        steps: "mint roll",
        groups: "roll: version 2 is minted",
        findings: &["warning : it runs version 1 of demo, which somebody deleted"],
    },
];
