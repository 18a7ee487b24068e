//! A plan that is begun again: its own doing is no reason to refuse it, anybody else's is.

use nodemint_core::desired::Desired;
use nodemint_core::observed::{HealthIssue, Observed};
use nodemint_core::plan::{OWNER_TAG, Plan, carried_out, moved_by_others};
use nodemint_core::spec::MaxUnavailable;

use crate::support::*;

/// From version 1 with one label to version 2 with another.
fn change() -> Desired {
    let mut desired = fleet();
    desired.templates[0] = template("demo", CLUSTER, REGION, content("m5.2xlarge"));
    desired.groups[0]
        .spec
        .labels
        .insert("team".to_owned(), "a".to_owned());
    desired.groups[0]
        .spec
        .tags
        .insert("cost".to_owned(), "a".to_owned());
    desired
}

/// The plan's first `steps` steps, done.
fn part(plan: &Plan, steps: usize) -> Plan {
    Plan {
        steps: plan.steps[..steps].to_vec(),
        ..plan.clone()
    }
}

#[test]
fn a_plan_holds_after_each_of_its_own_steps() {
    for (desired, before) in [
        (fleet(), empty_account(&fleet())),
        (change(), settled(&fleet())),
    ] {
        let plan = planned(&desired, &before);
        assert!(plan.steps.len() >= 2);
        for steps in 0..=plan.steps.len() {
            let now = perform(&part(&plan, steps), &before, 5);
            assert_eq!(moved_by_others(&plan, &now), [], "after {steps} steps");
        }
    }
}

#[test]
fn a_plan_holds_while_its_own_updates_go_on() {
    let before = settled(&fleet());
    let plan = planned(&change(), &before);
    let configuring = |observed: &mut Observed| {
        the_group(observed).status = "UPDATING".to_owned();
        the_group(observed).last_update = Some(update("ConfigUpdate", &[("LabelsToAdd", "{}")]));
    };
    let rolling = |observed: &mut Observed| {
        the_group(observed).status = "UPDATING".to_owned();
        the_group(observed).last_update =
            Some(update("VersionUpdate", &[("LaunchTemplateVersion", "2")]));
    };
    let mut now = perform(&part(&plan, 2), &before, 5);
    configuring(&mut now);
    assert_eq!(moved_by_others(&plan, &now), []);
    let mut now = perform(&part(&plan, 3), &before, 5);
    rolling(&mut now);
    assert_eq!(moved_by_others(&plan, &now), []);

    let create = planned(&fleet(), &empty_account(&fleet()));
    let mut now = settled(&fleet());
    the_group(&mut now).status = "CREATING".to_owned();
    assert_eq!(moved_by_others(&create, &now), []);
}

#[test]
fn what_others_did_is_told() {
    type Others = fn(&mut Observed);
    let rows: &[(&str, Others, &str)] = &[
        (
            "a foreign version",
            |now| {
                let mut version = the_template(now).versions[0].clone();
                version.number = 2;
                version.data = content("c5.large");
                the_template(now).versions.insert(0, version);
                the_template(now).latest_version = 2;
            },
            "launch template us-east-1/demo latestVersion 1 → 2",
        ),
        (
            "the template is gone",
            |now| now.templates.clear(),
            "launch template us-east-1/demo exists yes → no",
        ),
        (
            "the template is another",
            |now| the_template(now).id = "lt-new".to_owned(),
            "launch template us-east-1/demo id lt-demo → lt-new",
        ),
        (
            "the group is gone",
            |now| now.groups.clear(),
            "node group eksworkshop/mng-1 exists yes → no",
        ),
        (
            "the group is another",
            |now| the_group(now).arn = "arn:new".to_owned(),
            "node group eksworkshop/mng-1 arn arn:aws:eks:us-east-1:111122223333:nodegroup/eksworkshop/mng-1/1 → arn:new",
        ),
        (
            "moved to a third version",
            |now| {
                the_group(now).launch_template.as_mut().expect("it").version = Some("3".to_owned());
            },
            "node group eksworkshop/mng-1 launchTemplateVersion 1 → 3",
        ),
        (
            "other settings",
            |now| {
                the_group(now).labels.insert("x".to_owned(), "y".to_owned());
            },
            "node group eksworkshop/mng-1 labels role=worker → role=worker x=y",
        ),
        (
            "other bounds",
            |now| the_group(now).scaling.as_mut().expect("it").max = 9,
            "node group eksworkshop/mng-1 bounds 1–3 → 1–9",
        ),
        (
            "how many go at a time",
            |now| {
                let settings = the_group(now).update_settings.as_mut().expect("it");
                settings.max_unavailable = MaxUnavailable::Count(50);
            },
            "node group eksworkshop/mng-1 updateSettings maxUnavailable 1, DEFAULT → maxUnavailable 50, DEFAULT",
        ),
        (
            "another fleet took the group",
            |now| {
                let tags = &mut the_group(now).tags;
                tags.insert(OWNER_TAG.to_owned(), "other".to_owned());
            },
            "node group eksworkshop/mng-1 owner lab → other",
        ),
        (
            "another fleet took the template",
            |now| {
                let tags = &mut the_template(now).tags;
                tags.insert(OWNER_TAG.to_owned(), "other".to_owned());
            },
            "launch template us-east-1/demo owner lab → other",
        ),
        (
            "another update",
            |now| {
                the_group(now).status = "UPDATING".to_owned();
                the_group(now).last_update =
                    Some(update("VersionUpdate", &[("LaunchTemplateVersion", "7")]));
            },
            "node group eksworkshop/mng-1 status ACTIVE → UPDATING",
        ),
        (
            "the cluster's version",
            |now| {
                now.clusters
                    .insert(CLUSTER.to_owned(), cluster(CLUSTER, "1.35"));
            },
            "cluster eksworkshop version 1.34 → 1.35",
        ),
    ];
    let before = settled(&fleet());
    let plan = planned(&change(), &before);
    for (name, others, wanted) in rows {
        let mut now = before.clone();
        others(&mut now);
        let moved = moved_by_others(&plan, &now);
        let shown: Vec<String> = moved
            .iter()
            .map(|fact| {
                let value = |value: &Option<String>| value.clone().unwrap_or_default();
                format!(
                    "{} {} {} → {}",
                    fact.subject,
                    fact.fact,
                    value(&fact.planned),
                    value(&fact.now)
                )
            })
            .collect();
        assert_eq!(shown, [*wanted], "{name}");
    }
}

/// What an autoscaler, a health check's text or a tag does is no reason to refuse a plan.
#[test]
fn what_changes_no_plan_moves_nothing() {
    let before = settled(&fleet());
    let plan = planned(&change(), &before);
    let mut now = before.clone();
    let group = the_group(&mut now);
    group.scaling.as_mut().expect("it").desired = 3;
    group.tags.insert("seen".to_owned(), "yes".to_owned());
    group.status = "DEGRADED".to_owned();
    group.modified_at = Some(at(7));
    group.health.push(HealthIssue {
        code: "Unknown".to_owned(),
        message: String::new(),
        resource_ids: Vec::new(),
    });
    now.subnets.clear();
    assert_ne!(now.groups, before.groups);
    assert_eq!(moved_by_others(&plan, &now), []);
    // A state that came back is another one to client tokens.
    let now = planned(&change(), &now);
    assert_ne!(now.base.digest(), plan.base.digest());
}

/// A group that somebody deleted and made again is another group, even where the plan wanted it.
#[test]
fn a_group_made_anew_by_others() {
    let before = settled(&fleet());
    let plan = planned(&change(), &before);
    let mut now = perform(&plan, &before, 5);
    assert_eq!(moved_by_others(&plan, &now), []);
    the_group(&mut now).arn = "arn:new".to_owned();
    assert!(
        moved_by_others(&plan, &now)
            .iter()
            .any(|moved| moved.fact == "arn")
    );

    let create = planned(&fleet(), &empty_account(&fleet()));
    let mut now = settled(&fleet());
    the_group(&mut now).tags.clear();
    assert!(
        !moved_by_others(&create, &now).is_empty(),
        "it is not the fleet's"
    );
}

/// What others did to a group is told although the plan has done something to it, too.
#[test]
fn what_others_did_between_two_steps_is_told() {
    let before = settled(&fleet());
    let plan = planned(&change(), &before);
    for steps in 0..=plan.steps.len() {
        let mut now = perform(&part(&plan, steps), &before, 5);
        the_group(&mut now).scaling.as_mut().expect("it").max = 9;
        let moved = moved_by_others(&plan, &now);
        assert!(
            moved.iter().any(|moved| moved.fact == "bounds"),
            "after {steps} steps: {moved:?}"
        );
    }
}

/// A version that the plan moves a group to, and that exists when it is made, is one of its facts.
#[test]
fn a_version_that_the_plan_needs_was_deleted() {
    let mut desired = change();
    let before = perform(
        &planned(&desired, &settled(&fleet())),
        &settled(&fleet()),
        5,
    );
    desired.groups[0].spec.launch_template_version = Some(1);
    let plan = planned(&desired, &before);
    assert_eq!(moved_by_others(&plan, &before), []);
    let mut now = before.clone();
    the_template(&mut now)
        .versions
        .retain(|version| version.number != 1);
    let moved = moved_by_others(&plan, &now);
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(
        (moved[0].subject.as_str(), moved[0].fact.as_str()),
        ("launch template us-east-1/demo", "version 1")
    );
    // One that it does not need is nobody's business.
    let mut now = before.clone();
    the_template(&mut now)
        .versions
        .retain(|version| version.number != 2);
    assert_eq!(moved_by_others(&plan, &now), []);
}

#[test]
fn a_plan_was_carried_out_when_all_its_ends_hold() {
    for (desired, before) in [
        (fleet(), empty_account(&fleet())),
        (change(), settled(&fleet())),
    ] {
        let plan = planned(&desired, &before);
        for steps in 0..=plan.steps.len() {
            let now = perform(&part(&plan, steps), &before, 5);
            assert_eq!(
                carried_out(&plan, &now),
                steps == plan.steps.len(),
                "{steps}"
            );
        }
        let mut now = perform(&plan, &before, 5);
        the_group(&mut now).status = "UPDATING".to_owned();
        assert!(!carried_out(&plan, &now), "something goes on");
    }
}
