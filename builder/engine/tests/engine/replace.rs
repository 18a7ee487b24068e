//! A new group beside the old one, then the old one's deletion: in good order, killed at every call, and failing.

use nodemint_core::desired::Desired;
use nodemint_core::plan::{Context, Names, Plan, removal, replacement};
use nodemint_engine::apply::{ApplyError, Options, Outcome};
use nodemint_engine::observe::observe;
use nodemint_engine::ports::ErrorKind;

use crate::kills::killed;
use crate::support::fleet::lab;
use crate::support::world::{Ending, Fault};
use crate::support::{Rig, block_on, options};

const NAMES: Names<'static> = Names {
    cluster: "eksworkshop",
    old: "mng-1",
    new: "mng-2",
};

/// The lab with its group under the new name, in another subnet.
fn wanted() -> Desired {
    let mut desired = lab("m5.large");
    desired.groups[0].spec.name = NAMES.new.to_owned();
    desired.groups[0].spec.subnets.truncate(1);
    desired
}

/// Which of the two commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    First,
    Second,
}

async fn plan(rig: &Rig, step: Step) -> Plan {
    let desired = wanted();
    let observed = observe(&NAMES.scope(&desired), &rig.clouds())
        .await
        .expect("to observe");
    let context = Context {
        now: rig.world(|world| world.now),
        nodemint: "0.1.0".to_owned(),
        origin: None,
        adopt: Default::default(),
    };
    match step {
        Step::First => replacement(&desired, &NAMES, &observed, &context),
        Step::Second => removal(&desired, &NAMES, Some(2), &observed, &context),
    }
}

/// The command, as it is run with `--yes`.
async fn run(rig: &Rig, step: Step) -> Result<Outcome, ApplyError> {
    let plan = plan(rig, step).await;
    let options = Options {
        check_base: false,
        ..options()
    };
    rig.apply(&plan, options).await
}

/// The old group, and the new one where the first step is done.
async fn before(step: Step) -> Rig {
    let rig = Rig::new();
    rig.run(&lab("m5.large")).await.expect("to begin with");
    if step == Step::Second {
        run(&rig, Step::First).await.expect("the first step");
    }
    rig.words();
    rig.world(|world| world.take_writes());
    rig
}

#[track_caller]
fn done(end: Result<Outcome, ApplyError>, what: &str) {
    assert!(matches!(end, Ok(Outcome::Done)), "{what}: {end:?}");
}

fn groups(rig: &Rig) -> Vec<String> {
    rig.world(|world| world.groups.keys().cloned().collect())
}

#[test]
fn the_two_steps() {
    block_on(async {
        let rig = before(Step::First).await;
        done(run(&rig, Step::First).await, "");
        assert_eq!(groups(&rig), ["mng-1", "mng-2"]);
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["create_node_group"],
            "the version is there already"
        );
        rig.words();
        done(run(&rig, Step::Second).await, "");
        assert_eq!(groups(&rig), ["mng-2"]);
        assert_eq!(
            rig.words(),
            ["step delete", "deleting 2", "waiting 5", "deleted"]
        );
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["delete_node_group"]
        );
        rig.settled(&wanted()).await;
        done(run(&rig, Step::Second).await, "");
        assert_eq!(rig.world(|world| world.take_writes()), [] as [&str; 0]);
    });
}

#[test]
fn killed_at_every_call_the_same_command_converges() {
    block_on(async {
        for (step, write) in [
            (Step::First, "create_node_group"),
            (Step::Second, "delete_node_group"),
        ] {
            let calm = before(step).await;
            run(&calm, step).await.expect("a calm run");
            let calls = calm.world(|world| world.calls.len());
            for call in 1..=calls {
                for fault in [Fault::HangBefore, Fault::HangAfter] {
                    let rig = before(step).await;
                    rig.world(|world| world.hang_at = Some((call, fault)));
                    let what = format!("{step:?}: {fault:?} at call {call} of {calls}");
                    assert!(killed(&rig, run(&rig, step)).await.is_none(), "{what}");
                    done(run(&rig, step).await, "{what}");
                    assert_eq!(groups(&rig), groups(&calm), "{what}");
                    let writes = rig.world(|world| world.take_writes());
                    assert!(
                        writes.iter().filter(|one| **one == write).count() <= 2
                            && writes.iter().all(|one| *one == write),
                        "{what}: {writes:?}"
                    );
                }
            }
        }
    });
}

#[test]
fn not_waited_for_and_followed_later() {
    block_on(async {
        let rig = before(Step::Second).await;
        let plan = plan(&rig, Step::Second).await;
        let hurried = Options {
            wait: false,
            ..options()
        };
        let end = rig.apply(&plan, hurried).await;
        let Ok(Outcome::StillRunning { waiting_for, .. }) = end else {
            panic!("{end:?}")
        };
        assert_eq!(waiting_for, ["deletion of node group eksworkshop/mng-1"]);
        // What the plan itself began makes it no stale one.
        done(rig.apply(&plan, options()).await, "");
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["delete_node_group"]
        );
        let again = rig.apply(&plan, options()).await;
        assert!(matches!(again, Ok(Outcome::DoneBefore)), "{again:?}");
    });
}

#[test]
fn a_deletion_that_fails_is_told_and_can_be_tried_again() {
    block_on(async {
        let rig = before(Step::Second).await;
        rig.world(|world| world.ending = Ending::Clean);
        match run(&rig, Step::Second).await {
            Err(ApplyError::GroupFailed { status, errors, .. }) => {
                assert_eq!((status.as_str(), errors.len()), ("DELETE_FAILED", 1));
            }
            other => panic!("{other:?}"),
        }
        rig.world(|world| world.ending = Ending::Well);
        done(run(&rig, Step::Second).await, "");
        assert_eq!(groups(&rig), ["mng-2"]);
    });
}

/// What the call is answered with, and what then is written.
#[test]
fn answers_that_are_lost_or_overtaken() {
    block_on(async {
        let rig = before(Step::Second).await;
        rig.world(|world| world.fail("delete_node_group", 1, Fault::Lose(ErrorKind::Network)));
        done(run(&rig, Step::Second).await, "lost");

        let rig = before(Step::Second).await;
        rig.world(|world| world.fail("delete_node_group", 1, Fault::Lose(ErrorKind::NotFound)));
        done(run(&rig, Step::Second).await, "gone");

        let rig = before(Step::Second).await;
        rig.world(|world| world.fail("delete_node_group", 1, Fault::Refuse(ErrorKind::InUse)));
        let end = run(&rig, Step::Second).await;
        assert!(matches!(end, Err(ApplyError::Conflict { .. })), "{end:?}");

        // Another group of the name, made between plan and apply.
        let rig = before(Step::Second).await;
        let plan = plan(&rig, Step::Second).await;
        rig.world(|world| {
            let group = world.groups.get_mut("mng-1").expect("it");
            group.shown.arn.push_str("-another");
        });
        let end = rig.apply(&plan, options()).await;
        assert!(matches!(end, Err(ApplyError::Stale { .. })), "{end:?}");
        let unchecked = Options {
            check_base: false,
            ..options()
        };
        let end = rig.apply(&plan, unchecked).await;
        assert!(matches!(end, Err(ApplyError::Conflict { .. })), "{end:?}");
        assert_eq!(rig.world(|world| world.take_writes()), [] as [&str; 0]);
    });
}

/// Groups that the spec does not name are read, and nothing of it is asked of a plan's base.
#[test]
fn strays_are_seen() {
    block_on(async {
        let rig = before(Step::Second).await;
        let plan = rig.plan(&wanted()).await;
        let told: Vec<&str> = plan
            .warnings
            .iter()
            .map(|one| one.subject.as_str())
            .collect();
        assert_eq!(told, ["node group eksworkshop/mng-1"]);
        assert_eq!((plan.steps.len(), plan.base.scope.strays), (0, false));
        rig.world(|world| {
            world.fail(
                "node_group_names",
                0,
                Fault::Refuse(ErrorKind::AccessDenied),
            );
        });
        let plan = rig.plan(&wanted()).await;
        assert!(
            plan.warnings[0].message.contains("are unknown"),
            "{:?}",
            plan.warnings
        );
    });
}
