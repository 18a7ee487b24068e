//! Rollback: one row a situation.

use nodemint_core::observed::{Observed, ObservedVersion};
use nodemint_core::plan::{
    Back, FindingKind, GroupAction, Op, Plan, Purpose, RollbackTo, Scope, rollback,
};

use crate::support::*;

/// Versions 1 to 3, the group on 3.
pub(crate) fn account() -> Observed {
    let mut observed = settled(&fleet());
    for size in ["m5.xlarge", "m5.2xlarge"] {
        let mut desired = fleet();
        desired.templates[0] = template("demo", CLUSTER, REGION, content(size));
        observed = perform(&planned(&desired, &observed), &observed, 2);
    }
    observed
}

pub(crate) fn back(observed: &Observed, to: RollbackTo) -> Plan {
    several(observed, to, &[(CLUSTER, "mng-1")])
}

pub(crate) fn several(observed: &Observed, to: RollbackTo, groups: &[(&str, &str)]) -> Plan {
    let backs: Vec<Back> = groups
        .iter()
        .map(|(cluster, group)| Back {
            cluster: (*cluster).to_owned(),
            group: (*group).to_owned(),
            settings: settings(),
        })
        .collect();
    let mut scope = Scope::of(&fleet());
    for (cluster, _) in groups {
        let site = scope.clusters[CLUSTER].clone();
        scope.clusters.entry((*cluster).to_owned()).or_insert(site);
    }
    rollback("lab", &backs, to, &scope, observed, &context())
}

/// What stands in the way, in one text.
pub(crate) fn told(plan: &Plan) -> String {
    let lines = plan
        .blockers
        .iter()
        .map(|one| format!("{}: {}", one.subject, one.message));
    lines.collect::<Vec<_>>().join("\n")
}

fn action(plan: &Plan) -> (GroupAction, Option<i64>) {
    (plan.node_groups[0].action, plan.node_groups[0].to_version)
}

#[test]
fn a_version_or_the_one_before() {
    let observed = account();
    let plan = back(&observed, RollbackTo::Version(1));
    assert_eq!(
        (plan.purpose, action(&plan)),
        (Purpose::Rollback, (GroupAction::Roll, Some(1)))
    );
    assert!(
        plan.node_groups[0]
            .changes
            .iter()
            .any(|change| change.path.contains("nstanceType")
                || change.path.contains("nstance type")),
        "{:?}",
        plan.node_groups[0].changes
    );
    assert_eq!(
        action(&back(&observed, RollbackTo::Previous)),
        (GroupAction::Roll, Some(2))
    );
    let after = perform(&plan, &observed, 3);
    let again = back(&after, RollbackTo::Version(1));
    assert_eq!(
        (action(&again), again.has_changes()),
        ((GroupAction::Unchanged, Some(1)), false)
    );
    let nowhere = told(&back(&after, RollbackTo::Previous));
    assert!(nowhere.contains("no version older than 1"), "{nowhere}");
}

#[test]
fn a_version_that_starts_no_nodes() {
    type Row = (fn(&mut Observed), &'static str);
    let rows: [Row; 4] = [
        (|_| {}, ""),
        (
            |observed| observed.images = [(REGION.into(), [].into())].into(),
            "does not exist any more",
        ),
        (
            |observed| observed.instance_types = [(REGION.into(), [].into())].into(),
            "EC2 has no instance type m5.large",
        ),
        (
            |observed| observed.offerings = [(REGION.into(), [].into())].into(),
            "m5.large is not offered in us-east-1a, us-east-1b",
        ),
    ];
    for (change, words) in rows {
        let mut observed = account();
        machines(&mut observed);
        change(&mut observed);
        let plan = back(&observed, RollbackTo::Version(1));
        let told: Vec<&str> = plan
            .blockers
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        assert_eq!(told.is_empty(), words.is_empty(), "{words}: {told:?}");
        assert!(told.join(" ").contains(words), "{words}: {told:?}");
    }
}

#[test]
fn what_cannot_be_planned() {
    let mut floating = account();
    the_group(&mut floating)
        .launch_template
        .as_mut()
        .expect("it")
        .version = Some("$Latest".to_owned());
    assert_eq!(
        action(&back(&floating, RollbackTo::Version(2))),
        (GroupAction::Roll, Some(2))
    );
    let mut bare = account();
    the_group(&mut bare).launch_template = None;
    let mut gone = account();
    gone.templates.clear();
    let mut empty = account();
    empty.groups.clear();
    let rows = [
        (
            &floating,
            RollbackTo::Previous,
            "the group follows `$Latest`",
        ),
        (
            &account(),
            RollbackTo::Version(9),
            "launch template demo has no version 9; it has 3, 2, 1",
        ),
        (
            &bare,
            RollbackTo::Previous,
            "it has no launch template of yours",
        ),
        (
            &gone,
            RollbackTo::Previous,
            "its launch template `demo` does not exist any more, so there is no version to go back to",
        ),
        (
            &empty,
            RollbackTo::Previous,
            "node group eksworkshop/mng-1 does not exist",
        ),
    ];
    for (observed, to, words) in rows {
        let plan = back(observed, to);
        assert_eq!(
            (plan.steps.len(), plan.node_groups[0].action),
            (0, GroupAction::Blocked)
        );
        let told = told(&plan);
        assert!(
            told.starts_with("node group eksworkshop/mng-1: ") && told.contains(words),
            "{words}: {told}"
        );
    }
}

#[test]
fn a_busy_group() {
    type Row = (
        &'static str,
        Option<(&'static str, &'static str)>,
        GroupAction,
        Option<FindingKind>,
    );
    let rows: [Row; 6] = [
        (
            "UPDATING",
            Some(("VersionUpdate", "1")),
            GroupAction::Attach,
            None,
        ),
        (
            "UPDATING",
            Some(("VersionUpdate", "2")),
            GroupAction::Blocked,
            Some(FindingKind::Conflict),
        ),
        (
            "UPDATING",
            Some(("ConfigUpdate", "1")),
            GroupAction::Blocked,
            Some(FindingKind::Conflict),
        ),
        (
            "CREATING",
            None,
            GroupAction::Blocked,
            Some(FindingKind::Conflict),
        ),
        (
            "CREATE_FAILED",
            None,
            GroupAction::Blocked,
            Some(FindingKind::Preflight),
        ),
        ("DEGRADED", None, GroupAction::Roll, None),
    ];
    for (status, under_way, wanted, blocker) in rows {
        let mut observed = account();
        let group = the_group(&mut observed);
        group.status = status.to_owned();
        group.last_update =
            under_way.map(|(kind, version)| update(kind, &[("LaunchTemplateVersion", version)]));
        let plan = back(&observed, RollbackTo::Version(1));
        assert_eq!(plan.node_groups[0].action, wanted, "{status}");
        assert_eq!(
            plan.blockers.first().map(|finding| finding.kind),
            blocker,
            "{status}"
        );
    }
}

/// Without a release version EKS takes the newest: the image of a group that has it from EKS would move on.
#[test]
fn a_group_on_a_release_of_eks_keeps_it() {
    let mut desired = fleet();
    managed(&mut desired, "1.34.2-20260915");
    let mut observed = settled(&desired);
    let other = template("demo", CLUSTER, REGION, {
        let mut data = content("m5.xlarge");
        data.image_id = None;
        data
    });
    desired.templates[0] = other;
    observed = perform(&planned(&desired, &observed), &observed, 2);
    let plan = back(&observed, RollbackTo::Version(1));
    let Op::UpdateNodeGroupVersion(roll) = &plan.steps[0].op else {
        panic!("{:?}", plan.steps)
    };
    assert_eq!(roll.release_version.as_deref(), Some("1.34.2-20260915"));

    let with_image = settled(&fleet())
        .template(&REGION.into(), "demo")
        .expect("it")
        .versions[0]
        .clone();
    the_template(&mut observed).versions.push(ObservedVersion {
        number: 9,
        ..with_image
    });
    let plan = back(&observed, RollbackTo::Version(9));
    assert_eq!(
        (
            plan.node_groups[0].action,
            plan.steps.len(),
            plan.blockers.len()
        ),
        (GroupAction::Blocked, 0, 1)
    );
}

/// One launch template, a version each for two clusters: those of the other cluster are no way back.
#[test]
fn a_version_for_another_cluster() {
    let mut observed = account();
    for version in &mut the_template(&mut observed).versions {
        let cluster = if version.number == 2 {
            "green"
        } else {
            CLUSTER
        };
        version.data.user_data = Some(joining(cluster));
    }
    let plan = back(&observed, RollbackTo::Previous);
    assert_eq!(action(&plan), (GroupAction::Roll, Some(1)));

    let plan = back(&observed, RollbackTo::Version(2));
    assert_eq!(action(&plan), (GroupAction::Blocked, Some(2)));
    let blockers: Vec<_> = plan
        .blockers
        .iter()
        .map(|one| (one.kind, one.message.as_str()))
        .collect();
    assert_eq!(
        blockers,
        [(
            FindingKind::Preflight,
            "version 2 boots nodes into cluster green"
        )]
    );
    assert_eq!(plan.steps, []);

    the_template(&mut observed)
        .versions
        .retain(|version| version.number != 1);
    let nowhere = told(&back(&observed, RollbackTo::Previous));
    assert!(nowhere.contains("no version older than 3"), "{nowhere}");
}

/// EKS takes instance types from the group or from its launch template, never from both.
#[test]
fn a_group_with_instance_types_of_its_own() {
    let mut observed = account();
    for version in &mut the_template(&mut observed).versions {
        version.data.instance_type = (version.number == 1).then(|| "m5.large".to_owned());
    }
    the_group(&mut observed).instance_types = vec!["c5.large".to_owned()];
    let plan = back(&observed, RollbackTo::Version(1));
    assert_eq!(action(&plan), (GroupAction::Blocked, Some(1)));
    assert!(
        plan.blockers[0].message.contains("m5.large")
            && plan.blockers[0].message.contains("(c5.large)"),
        "{:?}",
        plan.blockers
    );
    let plan = back(&observed, RollbackTo::Version(2));
    assert_eq!(action(&plan), (GroupAction::Roll, Some(2)));

    // Types that the group shows because its launch template names them are not its own.
    let mut observed = account();
    the_group(&mut observed).instance_types = vec!["m5.2xlarge".to_owned()];
    let plan = back(&observed, RollbackTo::Version(1));
    assert_eq!(action(&plan), (GroupAction::Roll, Some(1)));
}

#[test]
fn no_way_back_to_a_version_that_was_deleted() {
    let mut observed = account();
    the_template(&mut observed)
        .versions
        .retain(|version| version.number != 3);
    let plan = back(&observed, RollbackTo::Version(1));
    let notes = &plan.node_groups[0].notes;
    assert!(
        notes
            .iter()
            .any(|note| note == "version 3 no longer exists, so there is no way back to it"),
        "{notes:?}"
    );
}
