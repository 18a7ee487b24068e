//! Killed at every call, before and after its effect; then the same command again.

use nodemint_core::desired::Desired;
use nodemint_core::plan::Plan;
use nodemint_engine::apply::{ApplyError, Options, Outcome};
use nodemint_engine::ports::ErrorKind;

use crate::combined::everything;
use crate::story::lab_and_label;
use crate::support::fleet::lab;
use crate::support::world::Fault;
use crate::support::{Rig, block_on, options};

/// Polls `run` until it ends, or hangs for good: then it is dropped, as a killed process is.
pub async fn killed<T>(rig: &Rig, run: impl Future<Output = T>) -> Option<T> {
    let hung = async {
        while !rig.world(|world| world.hung) {
            tokio::task::yield_now().await;
        }
    };
    let end = tokio::select! {
        biased;
        end = run => Some(end),
        () = hung => None,
    };
    rig.world(|world| (world.hang_at, world.hung) = (None, false));
    end
}

async fn at_rest(before: Option<&Desired>) -> Rig {
    let rig = Rig::new();
    if let Some(before) = before {
        rig.run(before).await.expect("to begin with");
    }
    rig.words();
    rig.world(|world| world.take_writes());
    rig
}

fn writes_once(rig: &Rig, versions: i64, what: &str) {
    rig.world(|world| {
        assert_eq!(
            world.templates["demo"].latest_version, versions,
            "{what}: one version for one content"
        );
        let group = &world.groups["mng-1"];
        let of_kind = |kind: &str| {
            group
                .updates
                .iter()
                .filter(|update| update.kind == kind)
                .count()
        };
        let rolls = usize::try_from(versions - 1).expect("small");
        assert_eq!(
            of_kind("VersionUpdate"),
            rolls,
            "{what}: one update for one roll"
        );
        assert!(
            of_kind("ConfigUpdate") <= 1,
            "{what}: one update for one change of settings"
        );
    });
}

#[test]
fn wherever_it_is_killed_the_same_command_converges() {
    block_on(async {
        let large = lab("m5.large");
        for (before, desired, versions) in [
            (None, large.clone(), 1),
            (Some(&large), lab_and_label(), 2),
            (Some(&large), everything(), 2),
        ] {
            let calm = at_rest(before).await;
            calm.run(&desired).await.expect("a calm run");
            let calls = calm.world(|world| world.calls.len());
            assert!(calls > 20, "{calls}");
            for call in 1..=calls {
                for fault in [Fault::HangBefore, Fault::HangAfter] {
                    let what = format!("{fault:?} at call {call} of {calls}");
                    let rig = at_rest(before).await;
                    rig.world(|world| world.hang_at = Some((call, fault)));
                    assert_eq!(
                        killed(&rig, rig.run(&desired)).await.map(|_| ()),
                        None,
                        "{what}: it hangs"
                    );
                    let end = rig.run(&desired).await;
                    assert!(matches!(end, Ok(Outcome::Done)), "{what}: {end:?}");
                    rig.settled(&desired).await;
                    writes_once(&rig, versions, &what);
                }
            }
        }
    });
}

#[test]
fn wherever_a_saved_plan_is_killed_it_can_be_applied_again() {
    block_on(async {
        let large = lab("m5.large");
        for (before, desired, versions) in [
            (None, large.clone(), 1),
            (Some(&large), lab_and_label(), 2),
            (Some(&large), everything(), 2),
        ] {
            let calm = at_rest(before).await;
            let plan: Plan = calm.plan(&desired).await;
            calm.apply(&plan, options()).await.expect("a calm run");
            let calls = calm.world(|world| world.calls.len());
            for call in 1..=calls {
                let rig = at_rest(before).await;
                let plan = rig.plan(&desired).await;
                let made = rig.world(|world| world.calls.len());
                rig.world(|world| world.hang_at = Some((made + call, Fault::HangAfter)));
                let end = killed(&rig, rig.apply(&plan, options())).await;
                let what = format!("killed at call {call}: {end:?}");
                let end = rig.apply(&plan, options()).await;
                assert!(
                    matches!(end, Ok(Outcome::Done | Outcome::DoneBefore)),
                    "{what}, then {end:?}"
                );
                rig.settled(&desired).await;
                writes_once(&rig, versions, &what);
                rig.world(|world| world.take_writes());
                let end = rig.apply(&plan, options()).await;
                assert!(
                    matches!(end, Ok(Outcome::DoneBefore)),
                    "{what}, then once more {end:?}"
                );
                assert_eq!(
                    rig.world(|world| world.take_writes()),
                    [""; 0],
                    "{what}: nothing is left to write"
                );
            }
        }
    });
}

/// The answer of a write is lost. Where a look shows what became of it, the run goes on; the write is
/// never sent twice.
#[test]
fn a_lost_answer_of_each_write() {
    block_on(async {
        let large = lab("m5.large");
        let rows = [
            (None, large.clone(), "create_launch_template", 1),
            (None, large.clone(), "create_node_group", 1),
            (
                Some(&large),
                lab_and_label(),
                "create_launch_template_version",
                2,
            ),
            (Some(&large), lab_and_label(), "update_node_group_config", 2),
            (
                Some(&large),
                lab_and_label(),
                "update_node_group_version",
                2,
            ),
        ];
        for (before, desired, verb, versions) in rows {
            for kind in [ErrorKind::Network, ErrorKind::Server, ErrorKind::Unexpected] {
                let rig = at_rest(before).await;
                rig.world(|world| world.fail(verb, 1, Fault::Lose(kind)));
                let end = rig.run(&desired).await;
                assert!(matches!(end, Ok(Outcome::Done)), "{verb} {kind:?}: {end:?}");
                rig.settled(&desired).await;
                writes_once(&rig, versions, verb);
                assert_eq!(rig.world(|world| world.count(verb)), 1, "{verb} {kind:?}");
            }
        }
    });
}

/// A write's answer is lost, and no look tells what became of it: the error says so, and the next run
/// finds out.
#[test]
fn a_write_whose_fate_nobody_can_see() {
    block_on(async {
        let large = lab("m5.large");
        let rows = [
            (None, large.clone(), "create_node_group"),
            (Some(&large), lab("m5.2xlarge"), "update_node_group_version"),
        ];
        for (before, desired, verb) in rows {
            let rig = at_rest(before).await;
            rig.world(|world| world.fail(verb, 1, Fault::Lose(ErrorKind::Network)));
            let plan = rig.plan(&desired).await;
            rig.world(|world| world.fail("node_group", 0, Fault::Refuse(ErrorKind::Network)));
            let options = Options {
                check_base: false,
                ..options()
            };
            let first = rig
                .apply(&plan, options.clone())
                .await
                .expect_err("no look, no write");
            assert!(!first.to_string().contains("not known"), "{first}");
            rig.world(|world| {
                assert_eq!(world.count(verb), 0);
                // The look before the write works; the one after it does not.
                world.faults.retain(|planned| planned.verb != "node_group");
                let next = world.count("node_group");
                for nth in 2..20 {
                    world.fail("node_group", next + nth, Fault::Refuse(ErrorKind::Network));
                }
            });
            let error = match rig.apply(&plan, options).await {
                Err(ApplyError::Cloud(error)) => error,
                other => panic!("{verb}: {other:?}"),
            };
            assert!(
                error
                    .to_string()
                    .contains("whether AWS has carried it out is not known"),
                "{error}"
            );
            rig.world(|world| world.faults.clear());
            assert!(
                matches!(rig.run(&desired).await, Ok(Outcome::Done)),
                "{verb}"
            );
            rig.settled(&desired).await;
            assert_eq!(rig.world(|world| world.count(verb)), 1, "{verb}");
        }
    });
}
