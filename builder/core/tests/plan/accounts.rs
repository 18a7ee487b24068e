//! Two clusters of one region, each reached with credentials of its own.

use nodemint_core::desired::Desired;
use nodemint_core::observed::Observed;
use nodemint_core::plan::{Base, Plan, Scope, moved_by_others};
use nodemint_core::site::{Access, Site};

use crate::support::*;

const OTHER: &str = "other";

fn elsewhere() -> Site {
    let access = Access {
        profile: Some("prod".to_owned()),
        assume_role_arn: None,
    };
    Site::new(REGION, access)
}

/// The lab, and a second cluster behind a profile: the same template name, the same subnet ids.
fn fleet_of_two(instance_type: &str) -> Desired {
    let mut desired = fleet();
    desired.templates = [CLUSTER, OTHER]
        .map(|cluster| template("demo", cluster, REGION, content(instance_type)))
        .into();
    desired.groups.push(group("mng-2", OTHER, REGION, 1));
    desired.templates[1].site = elsewhere();
    desired.groups[1].site = elsewhere();
    desired
}

fn account(desired: &Desired, account: &str) -> Observed {
    let mut observed = empty_account(desired);
    machines(&mut observed);
    let access = elsewhere().access;
    observed.accounts.insert(access, account.to_owned());
    observed
}

fn steps(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn one_name_in_two_accounts_is_two_templates() {
    let desired = fleet_of_two("m5.large");
    let observed = account(&desired, "222233334444");
    let plan = planned(&desired, &observed);
    assert_eq!(plan.blockers, []);
    let numbers: Vec<i64> = plan
        .launch_templates
        .iter()
        .map(|one| one.version)
        .collect();
    assert_eq!((numbers, steps(&plan).len()), (vec![1, 1], 4));
    let after = perform(&plan, &observed, 1);
    let again = planned(&desired, &after);
    assert_eq!((again.steps, again.warnings), (vec![], vec![]));
}

/// In one account, the same content is minted once, for both.
#[test]
fn one_name_in_one_account_is_one_template() {
    let desired = fleet_of_two("m5.large");
    let plan = planned(&desired, &account(&desired, "111122223333"));
    let [template] = plan.launch_templates.as_slice() else {
        panic!("{:?}", plan.launch_templates);
    };
    assert_eq!(template.clusters, [CLUSTER, OTHER]);
    let verbs: Vec<&str> = steps(&plan)
        .into_iter()
        .filter_map(|id| id.split(' ').next())
        .collect();
    assert_eq!(verbs, ["mint", "create", "create"]);
}

/// A shared subnet has one id in both accounts, and a zone name of each account's own.
#[test]
fn subnets_are_those_of_the_site() {
    let desired = fleet_of_two("m5.large");
    let mut observed = account(&desired, "222233334444");
    let theirs = observed.subnets.get_mut(&elsewhere()).expect("subnets");
    for subnet in theirs.values_mut() {
        subnet.zone = "us-east-1f".to_owned();
    }
    let plan = planned(&desired, &observed);
    let [blocker] = plan.blockers.as_slice() else {
        panic!("{:?}", plan.blockers);
    };
    assert_eq!(blocker.path.as_deref(), Some("nodeGroups[1]"));
    let words = "m5.large is not offered in us-east-1f";
    assert!(blocker.message.contains(words), "{}", blocker.message);

    theirs_gone(&mut observed);
    let plan = planned(&desired, &observed);
    let [blocker] = plan.blockers.as_slice() else {
        panic!("{:?}", plan.blockers);
    };
    let words = "us-east-1@profile:prod has no subnet subnet-a, subnet-b";
    assert!(blocker.message.contains(words), "{}", blocker.message);
}

fn theirs_gone(observed: &mut Observed) {
    observed.subnets.remove(&elsewhere());
}

/// What a plan mints in one account explains no version in another.
#[test]
fn what_moved_is_told_by_account() {
    let desired = fleet_of_two("m5.large");
    let before = perform(
        &planned(&desired, &account(&desired, "222233334444")),
        &account(&desired, "222233334444"),
        1,
    );
    // Only the first account's group is to change.
    let mut change = desired.clone();
    change.templates[0] = template("demo", CLUSTER, REGION, content("m5.xlarge"));
    let plan = planned(&change, &before);
    assert_eq!(moved_by_others(&plan, &perform(&plan, &before, 2)), []);

    let mut now = before.clone();
    let minted = perform(&plan, &before, 2).templates[&REGION.into()].clone();
    now.templates.insert(elsewhere(), minted);
    let moved = moved_by_others(&plan, &now);
    let subjects: Vec<&str> = moved.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(
        subjects,
        ["launch template us-east-1@profile:prod/demo"],
        "{moved:?}"
    );
    // With both credentials in one account it is one template, and the plan's own doing.
    let mut one = plan.clone();
    let access = elsewhere().access;
    one.accounts.insert(access, "111122223333".to_owned());
    now.templates = perform(&plan, &before, 2).templates;
    let minted = now.templates[&REGION.into()].clone();
    now.templates.insert(elsewhere(), minted);
    assert_eq!(moved_by_others(&one, &now), []);
}

#[test]
fn a_base_tells_the_accounts_apart() {
    let desired = fleet_of_two("m5.large");
    let observed = account(&desired, "222233334444");
    let base = Base::new(&Scope::of(&desired), &observed);
    let subjects: Vec<&String> = base.facts.keys().collect();
    assert_eq!(
        subjects,
        [
            "cluster eksworkshop",
            "cluster other",
            "launch template us-east-1/demo",
            "launch template us-east-1@profile:prod/demo",
            "node group eksworkshop/mng-1",
            "node group other/mng-2",
        ]
    );
}
