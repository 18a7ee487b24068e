//! EC2's limits, told by the plan before EC2 refuses.

use nodemint_core::observed::ObservedVersion;
use nodemint_core::plan::{FindingKind, Plan};

use crate::support::*;

/// The plan of another content for a launch template that has so many versions already.
fn with_versions(number: i64) -> Plan {
    let mut desired = fleet();
    let mut observed = settled(&desired);
    let found = the_template(&mut observed);
    let first = found.versions[0].clone();
    found.versions = (1..=number)
        .rev()
        .map(|number| ObservedVersion {
            number,
            ..first.clone()
        })
        .collect();
    found.latest_version = number;
    desired.templates[0] = template("demo", CLUSTER, REGION, content("m5.2xlarge"));
    planned(&desired, &observed)
}

#[test]
fn ten_thousand_versions_are_all() {
    let plan = with_versions(10_000);
    let [blocker] = plan.blockers.as_slice() else {
        panic!("{:?}", plan.blockers);
    };
    assert_eq!(blocker.kind, FindingKind::Preflight);
    assert_eq!(
        blocker.message,
        "it has 10000 versions, and EC2 takes 10000: no more can be minted"
    );
    assert!(
        blocker
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("nodemint prune"))
    );
}

#[test]
fn the_limit_is_told_in_good_time() {
    let told = |number| {
        let plan = with_versions(number);
        assert_eq!(plan.blockers, []);
        plan.warnings
            .iter()
            .any(|warning| warning.message.contains("of 10000 that EC2 takes"))
    };
    assert_eq!([8_999, 9_000, 9_999].map(told), [false, true, true]);
}

/// A template that is full is no obstacle to a plan that mints nothing.
#[test]
fn what_mints_nothing_needs_no_room() {
    let desired = fleet();
    let mut observed = settled(&desired);
    let found = the_template(&mut observed);
    let first = found.versions[0].clone();
    let copies = (2..=10_000).rev().map(|number| ObservedVersion {
        number,
        ..first.clone()
    });
    found.versions = copies.chain([first.clone()]).collect();
    found.latest_version = 10_000;
    let plan = planned(&desired, &observed);
    assert_eq!(
        (plan.steps, plan.blockers, plan.warnings),
        (vec![], vec![], vec![])
    );
}
