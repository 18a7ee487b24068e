//! Replacement: what is for life in a group is had by a new one, then the old one goes.

use nodemint_core::desired::Desired;
use nodemint_core::observed::{HealthIssue, Observed, ObservedGroup};
use nodemint_core::plan::{
    FindingKind, GroupAction, Names, OWNER_TAG, Op, Plan, Purpose, removal, replacement,
};
use nodemint_core::spec::CapacityType;

use crate::support::*;

const NAMES: Names<'static> = Names {
    cluster: CLUSTER,
    old: "mng-1",
    new: "mng-2",
};

/// What cannot be had in place: its name, the account to begin with, and the change of the spec.
type Change = (&'static str, fn(&mut Desired), fn(&mut Desired));

const CHANGES: [Change; 7] = [
    (
        "an image in the launch template becomes EKS's",
        |_| {},
        |desired| managed(desired, "1.34.2-20260915"),
    ),
    (
        "EKS's image becomes one in the launch template",
        |desired| managed(desired, "1.34.2-20260915"),
        |_| {},
    ),
    (
        "another AMI type",
        |desired| managed(desired, "1.34.2-20260915"),
        |desired| {
            managed(desired, "1.34.2-20260915");
            let ami = desired.groups[0].managed_ami.as_mut().expect("it");
            ami.ami_type = "AL2023_ARM_64_STANDARD".to_owned();
        },
    ),
    (
        "other subnets",
        |_| {},
        |desired| desired.groups[0].spec.subnets = vec!["subnet-a".to_owned()],
    ),
    (
        "another role",
        |_| {},
        |desired| desired.groups[0].spec.node_role = Some(format!("{ROLE}-2")),
    ),
    (
        "spot",
        |_| {},
        |desired| desired.groups[0].spec.capacity_type = CapacityType::Spot,
    ),
    (
        "another launch template",
        |_| {},
        |desired| {
            desired.templates[0] = template("other", CLUSTER, REGION, content("m5.large"));
            desired.groups[0].spec.launch_template = "other".to_owned();
        },
    ),
];

fn renamed(mut desired: Desired) -> Desired {
    desired.groups[0].spec.name = NAMES.new.to_owned();
    desired
}

/// The account with an old group of three nodes, and the fleet that is wanted of it.
fn before((_, first, then): &Change) -> (Desired, Observed) {
    let mut settled_on = fleet();
    first(&mut settled_on);
    let mut observed = settled(&settled_on);
    the_group(&mut observed)
        .scaling
        .as_mut()
        .expect("it")
        .desired = 3;
    let mut desired = fleet();
    then(&mut desired);
    (desired, observed)
}

fn replaced(desired: &Desired, observed: &Observed) -> Plan {
    replacement(&renamed(desired.clone()), &NAMES, observed, &context())
}

fn removed(desired: &Desired, observed: &Observed, running: Option<usize>) -> Plan {
    removal(
        &renamed(desired.clone()),
        &NAMES,
        running,
        observed,
        &context(),
    )
}

/// As a plan of the whole fleet reads it: the old group is in the cluster, and the spec does not name it.
fn with_stray(observed: &Observed) -> Observed {
    let mut observed = observed.clone();
    let groups = observed.groups.get_mut(CLUSTER).expect("the cluster");
    let old: Vec<ObservedGroup> = groups.remove(NAMES.old).into_iter().collect();
    observed.strays.insert(CLUSTER.to_owned(), old);
    observed
}

fn verbs(plan: &Plan) -> Vec<&str> {
    let ids = plan.steps.iter().map(|step| step.id.as_str());
    ids.map(|id| id.split(' ').next().unwrap_or_default())
        .collect()
}

#[test]
fn every_change_that_needs_a_new_group_is_had_by_two_steps() {
    for change in &CHANGES {
        let what = change.0;
        let (desired, observed) = before(change);
        let blocked = planned(&desired, &observed);
        let hints: Vec<&str> = blocked
            .blockers
            .iter()
            .filter_map(|one| one.hint.as_deref())
            .collect();
        assert!(
            hints
                .join(" ")
                .contains("`nodemint replace mng-1 --as mng-2 --cluster eksworkshop`"),
            "{what}: {hints:?}"
        );

        let first = replaced(&desired, &observed);
        assert_eq!(
            (first.purpose, &first.blockers),
            (Purpose::Replace, &vec![]),
            "{what}"
        );
        assert_eq!(verbs(&first).last(), Some(&"create"), "{what}");
        let Some(Op::CreateNodeGroup(new)) = first.steps.last().map(|step| &step.op) else {
            panic!("{what}: {:?}", first.steps)
        };
        assert_eq!(
            (new.group.as_str(), new.scaling.desired),
            ("mng-2", 3),
            "{what}"
        );
        let actions: Vec<_> = first.node_groups.iter().map(|group| group.action).collect();
        assert_eq!(
            actions,
            [GroupAction::Create, GroupAction::Unchanged],
            "{what}"
        );
        let why = first.node_groups[1].notes.join("\n");
        assert!(why.contains(&blocked.blockers[0].message), "{what}: {why}");

        let both = perform(&first, &observed, 20);
        let again = replaced(&desired, &both);
        assert_eq!(
            (verbs(&again), &again.blockers),
            (vec![], &vec![]),
            "{what}"
        );
        // The whole fleet's plan has nothing to do, and tells of the old group.
        let fleet_plan = planned(&renamed(desired.clone()), &with_stray(&both));
        assert_eq!(verbs(&fleet_plan), Vec::<&str>::new(), "{what}");
        let told: Vec<&str> = fleet_plan
            .warnings
            .iter()
            .map(|one| one.message.as_str())
            .filter(|text| text.contains("the spec does not name it"))
            .collect();
        assert_eq!(told.len(), 1, "{what}: {told:?}");

        let second = removed(&desired, &both, Some(3));
        assert_eq!(
            (verbs(&second), &second.blockers),
            (vec!["delete"], &vec![]),
            "{what}"
        );
        let after = perform(&second, &both, 40);
        assert!(after.group(CLUSTER, "mng-1").is_none(), "{what}");
        let done = removed(&desired, &after, Some(3));
        assert_eq!((verbs(&done), &done.blockers), (vec![], &vec![]), "{what}");
        let nothing = planned(&renamed(desired), &after);
        assert_eq!(
            (verbs(&nothing), &nothing.blockers),
            (vec![], &vec![]),
            "{what}"
        );
    }
}

/// One row a state of the two groups: what is changed in it, and what is told.
type Row = (&'static str, fn(&mut Observed), &'static [&'static str]);

fn of<'a>(observed: &'a mut Observed, name: &str) -> &'a mut ObservedGroup {
    let groups = observed.groups.get_mut(CLUSTER).expect("the cluster");
    groups.get_mut(name).expect("the group")
}

#[test]
fn the_old_group_stays_until_the_new_one_is_well() {
    let rows: [Row; 9] = [
        (
            "no new group",
            |observed| {
                observed
                    .groups
                    .get_mut(CLUSTER)
                    .expect("it")
                    .remove("mng-2");
            },
            &["preflight mng-2: the group does not exist"],
        ),
        (
            "a degraded one",
            |observed| {
                let new = of(observed, "mng-2");
                new.status = "DEGRADED".to_owned();
                new.health.push(HealthIssue {
                    code: "AsgInstanceLaunchFailures".to_owned(),
                    message: "no capacity".to_owned(),
                    resource_ids: Vec::new(),
                });
            },
            &[
                "preflight mng-2: the group is DEGRADED, and not ACTIVE",
                "preflight mng-2: EKS reports AsgInstanceLaunchFailures: no capacity",
            ],
        ),
        (
            "one on another version",
            |observed| {
                let template = of(observed, "mng-2").launch_template.as_mut().expect("it");
                template.version = Some("7".to_owned());
            },
            &["preflight mng-2: the group is not as the spec says yet"],
        ),
        (
            "one with a label less",
            |observed| of(observed, "mng-2").labels.clear(),
            &["preflight mng-2: the group is not as the spec says yet"],
        ),
        (
            "one with too few nodes",
            |observed| of(observed, "mng-2").scaling.as_mut().expect("it").desired = 9,
            &["preflight mng-2: 3 of its 9 nodes run"],
        ),
        (
            "an old group of others, and one with too few nodes",
            |observed| {
                of(observed, "mng-1").tags.clear();
                of(observed, "mng-2").scaling.as_mut().expect("it").desired = 9;
            },
            &[
                "preflight mng-2: 3 of its 9 nodes run",
                "preflight mng-1: the group is not of this fleet",
            ],
        ),
        (
            "an old group of another fleet",
            |observed| {
                let tags = &mut of(observed, "mng-1").tags;
                tags.insert(OWNER_TAG.to_owned(), "other".to_owned());
            },
            &["preflight mng-1: the group is not of this fleet"],
        ),
        (
            "an old group that is updated",
            |observed| of(observed, "mng-1").status = "UPDATING".to_owned(),
            &["conflict mng-1: the group is UPDATING"],
        ),
        ("all is well", |_| {}, &[]),
    ];
    let (desired, observed) = before(&CHANGES[0]);
    let both = perform(&replaced(&desired, &observed), &observed, 20);
    for (what, change, wanted) in rows {
        let mut observed = both.clone();
        change(&mut observed);
        let plan = removed(&desired, &observed, Some(3));
        let told: Vec<String> = plan
            .blockers
            .iter()
            .map(|one| {
                let kind = match one.kind {
                    FindingKind::Preflight => "preflight",
                    FindingKind::Conflict => "conflict",
                    FindingKind::Warning => "warning",
                };
                let name = one.subject.rsplit('/').next().unwrap_or_default();
                format!("{kind} {name}: {}", one.message)
            })
            .collect();
        let same = told.len() == wanted.len()
            && told
                .iter()
                .zip(wanted)
                .all(|(one, words)| one.starts_with(words));
        assert!(same, "{what}: {told:#?}");
    }
}

#[test]
fn a_deletion_that_failed_or_goes_on() {
    let (desired, observed) = before(&CHANGES[0]);
    let both = perform(&replaced(&desired, &observed), &observed, 20);
    for (status, note) in [
        ("DELETING", "its deletion is under way"),
        (
            "DELETE_FAILED",
            "a deletion failed before (Ec2SecurityGroupDeletionFailure: in use)",
        ),
        ("CREATE_FAILED", "it could not be created"),
        ("DEGRADED", "its 3 nodes go with it"),
    ] {
        let mut observed = both.clone();
        let old = of(&mut observed, "mng-1");
        old.status = status.to_owned();
        if status == "DELETE_FAILED" {
            old.health.push(HealthIssue {
                code: "Ec2SecurityGroupDeletionFailure".to_owned(),
                message: "in use".to_owned(),
                resource_ids: Vec::new(),
            });
        }
        let plan = removed(&desired, &observed, None);
        assert_eq!(
            (verbs(&plan), &plan.blockers),
            (vec!["delete"], &vec![]),
            "{status}"
        );
        let shown = plan.node_groups.last().expect("the old group");
        assert_eq!(shown.action, GroupAction::Delete);
        assert!(
            shown.notes.join("\n").contains(note),
            "{status}: {:?}",
            shown.notes
        );
        let warned: Vec<&str> = plan
            .warnings
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        assert!(
            warned
                .join(" ")
                .contains("whether its nodes run is not known"),
            "{warned:?}"
        );
    }
}

#[test]
fn what_the_first_step_refuses_and_warns_of() {
    // Other groups of the fleet are not its business.
    let (mut desired, mut observed) = before(&CHANGES[5]);
    let mut third = group("mng-3", CLUSTER, REGION, 1);
    third.spec.launch_template_version = Some(77);
    desired.groups.push(third);
    the_group(&mut observed)
        .scaling
        .as_mut()
        .expect("it")
        .desired = 5;
    the_group(&mut observed).tags.clear();
    subnets(&mut observed)
        .values_mut()
        .for_each(|subnet| subnet.free_addresses = 1);
    let plan = replaced(&desired, &observed);
    assert_eq!((verbs(&plan), &plan.blockers), (vec!["create"], &vec![]));
    let warned: Vec<&str> = plan
        .warnings
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    for words in [
        "the old group has 5 nodes, and `scaling` allows the new one 3 at the most",
        "its 3 nodes need an address each, and its subnets have 2 free",
        "nodemint did not make it, and will not delete it either",
    ] {
        assert!(warned.join("\n").contains(words), "{words}: {warned:#?}");
    }

    observed.groups.clear();
    let plan = replaced(&desired, &observed);
    assert!(
        plan.blockers[0].message.contains("nothing to replace"),
        "{:?}",
        plan.blockers
    );

    let (desired, observed) = before(&CHANGES[0]);
    let mut both = perform(&replaced(&desired, &observed), &observed, 20);
    of(&mut both, "mng-2").tags.clear();
    let plan = replaced(&desired, &both);
    assert!(
        plan.blockers[0].message.contains("not of this fleet"),
        "{:?}",
        plan.blockers
    );
}

/// Only groups that carry the fleet's tag are told of.
#[test]
fn groups_of_others_are_not_told_of() {
    let mut observed = settled(&fleet());
    let mut other = the_group(&mut observed).clone();
    other.name = "theirs".to_owned();
    other.tags.clear();
    observed
        .strays
        .insert(CLUSTER.to_owned(), vec![other.clone()]);
    assert_eq!(planned(&fleet(), &observed).warnings, []);
    other.tags.insert(OWNER_TAG.to_owned(), "lab".to_owned());
    other.status = "DELETING".to_owned();
    observed.strays.insert(CLUSTER.to_owned(), vec![other]);
    let plan = planned(&fleet(), &observed);
    assert_eq!((plan.steps.len(), plan.warnings.len()), (0, 1));
    assert!(
        plan.warnings[0].message.contains("it is being deleted"),
        "{:?}",
        plan.warnings
    );
}
