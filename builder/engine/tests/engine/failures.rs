//! Updates and creations that fail, waits that are cut short, and reads that go wrong meanwhile.

use nodemint_core::desired::Desired;
use nodemint_engine::apply::{ApplyError, Options, Outcome};
use nodemint_engine::ports::ErrorKind;
use tokio::sync::watch;

use crate::support::fleet::{LAB, desired, lab};
use crate::support::world::{Ending, Fault};
use crate::support::{POLL, Rig, block_on, options};

async fn running() -> Rig {
    let rig = Rig::new();
    rig.run(&lab("m5.large")).await.expect("to begin with");
    rig.words();
    rig.world(|world| world.calls.clear());
    rig
}

fn wish() -> Desired {
    lab("m5.2xlarge")
}

/// After a failure the group is only called rolled back if everything shows it.
#[test]
fn how_a_failed_update_is_classified() {
    block_on(async {
        let rows: [(Ending, Option<ErrorKind>, bool); 7] = [
            (Ending::Clean, None, true),
            (Ending::PutBack, None, true),
            (Ending::Dirty, None, false),
            (Ending::Moved, None, false),
            (Ending::Clean, Some(ErrorKind::AccessDenied), false),
            (Ending::Clean, Some(ErrorKind::Network), false),
            (Ending::Dirty, Some(ErrorKind::AccessDenied), false),
        ];
        for (ending, instances, clean) in rows {
            let rig = running().await;
            rig.world(|world| {
                world.ending = ending;
                if let Some(kind) = instances {
                    world.fail("group_instances", 0, Fault::Refuse(kind));
                }
            });
            let error = rig.run(&wish()).await.expect_err("a failed update");
            let rolled_back =
                matches!(&error, ApplyError::RolledBack { version, .. } if version == "1");
            let not = matches!(&error, ApplyError::NotRolledBack { .. });
            assert_eq!(
                (rolled_back, not),
                (clean, !clean),
                "{ending:?} {instances:?}: {error}"
            );
            assert!(
                error
                    .to_string()
                    .contains("NodeCreationFailure: Instances failed to join"),
                "{error}"
            );
            let words = rig.words();
            assert!(words.contains(&"update failed".to_owned()), "{words:?}");
            if ending == Ending::Moved {
                continue;
            }
            // The same command tries again, with a token of its own.
            rig.world(|world| {
                world.ending = Ending::Well;
                world.faults.clear();
            });
            assert_eq!(
                rig.run(&wish()).await.expect("to roll"),
                Outcome::Done,
                "{ending:?}"
            );
            rig.settled(&wish()).await;
            assert_eq!(
                rig.world(|world| world.count("update_node_group_version")),
                2
            );
        }
    });
}

/// An update that fails again and again is each time a new one: EKS answers a token that it has seen with
/// the update that failed then.
#[test]
fn an_update_that_fails_is_tried_anew() {
    block_on(async {
        let rig = running().await;
        rig.world(|world| world.ending = Ending::Clean);
        for tries in 1..=3 {
            let end = rig.run(&wish()).await;
            assert!(
                matches!(&end, Err(ApplyError::RolledBack { .. })),
                "{end:?}"
            );
            assert_eq!(
                rig.world(|world| world.groups["mng-1"].updates.len()),
                tries
            );
        }
    });
}

/// What was seen of the nodes before says nothing of them at the end.
#[test]
fn nodes_that_were_seen_only_at_first() {
    block_on(async {
        let rig = running().await;
        rig.world(|world| {
            world.ending = Ending::Dirty;
            for nth in 3..100 {
                world.fail("group_instances", nth, Fault::Refuse(ErrorKind::Network));
            }
        });
        let end = rig.run(&wish()).await;
        assert!(
            matches!(&end, Err(ApplyError::NotRolledBack { .. })),
            "{end:?}"
        );
    });
}

#[test]
fn a_creation_that_fails() {
    block_on(async {
        let rig = Rig::new();
        rig.world(|world| world.ending = Ending::Clean);
        match rig.run(&lab("m5.large")).await {
            Err(ApplyError::GroupFailed { status, errors, .. }) => {
                assert_eq!((status.as_str(), errors.len()), ("CREATE_FAILED", 1));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            rig.run(&lab("m5.large")).await,
            Err(ApplyError::Blocked)
        ));
    });
}

/// Stopped before the first step, and at each sleep: what was begun goes on, and the next run attaches.
#[test]
fn an_interrupt_at_every_wait() {
    block_on(async {
        for (before, desired) in [(None, lab("m5.large")), (Some(lab("m5.large")), wish())] {
            let calm = prepared(before.as_ref()).await;
            calm.run(&desired).await.expect("a calm run");
            let sleeps = calm.world(|world| world.slept);
            assert!(sleeps > 10);
            for at in 0..sleeps {
                let rig = prepared(before.as_ref()).await;
                let plan = rig.plan(&desired).await;
                let (stop, stopped) = watch::channel(at == 0);
                let unchecked = Options {
                    check_base: false,
                    ..options()
                };
                let mut run = std::pin::pin!(rig.apply_until(&plan, unchecked, stopped));
                let end = loop {
                    tokio::select! {
                        biased;
                        end = &mut run => break end,
                        () = tokio::task::yield_now() => {
                            if rig.world(|world| world.slept) >= at {
                                stop.send_replace(true);
                            }
                        }
                    }
                };
                match end.expect("no error") {
                    Outcome::StillRunning {
                        waiting_for,
                        interrupted,
                    } => {
                        assert!(interrupted);
                        assert_eq!(waiting_for.len(), usize::from(at > 0), "{waiting_for:?}");
                    }
                    // The last sleep may end with the update.
                    Outcome::Done => assert!(at + 1 >= sleeps, "{at} of {sleeps}"),
                    Outcome::DoneBefore => panic!("{at}: it was not done before"),
                }
                assert_eq!(rig.run(&desired).await.expect("to go on"), Outcome::Done);
                rig.settled(&desired).await;
            }
        }
    });
}

async fn prepared(before: Option<&Desired>) -> Rig {
    let rig = Rig::new();
    if let Some(before) = before {
        rig.run(before).await.expect("to begin with");
    }
    rig.world(|world| world.slept = 0);
    rig
}

/// The wait ends, the update does not: still running, and nothing after it is begun.
#[test]
fn an_update_that_never_ends() {
    block_on(async {
        let rig = running().await;
        rig.world(|world| world.ending = Ending::Never);
        let plan = rig.plan(&wish()).await;
        let high = plan.node_groups[0]
            .forecast
            .as_ref()
            .expect("a forecast")
            .minutes_high;
        let began = rig.world(|world| world.now);
        match rig.apply(&plan, options()).await.expect("no error") {
            Outcome::StillRunning {
                waiting_for,
                interrupted: false,
            } => {
                assert!(
                    waiting_for[0].starts_with("update update-"),
                    "{waiting_for:?}"
                );
            }
            other => panic!("{other:?}"),
        }
        let minutes = rig.world(|world| world.now.duration_since(began).as_mins());
        assert_eq!(minutes, i64::from(high) * 2);
        let words = rig.words();
        let waits: Vec<&String> = words
            .iter()
            .filter(|word| word.starts_with("waiting"))
            .collect();
        assert!(
            waits.len() > 10 && waits.len() < 40,
            "one word in five minutes: {waits:?}"
        );
    });
}

/// With waiting, a group that hangs keeps the next one from being touched; without, all are begun.
#[test]
fn two_groups_of_which_the_first_hangs() {
    block_on(async {
        for (wait, begun) in [(true, 1), (false, 2)] {
            let rig = Rig::new();
            rig.run(&two_groups("m5.large"))
                .await
                .expect("to begin with");
            rig.world(|world| world.ending = Ending::Never);
            let plan = rig.plan(&two_groups("m5.2xlarge")).await;
            let end = rig
                .apply(&plan, Options { wait, ..options() })
                .await
                .expect("no error");
            assert!(
                matches!(&end, Outcome::StillRunning { waiting_for, .. } if waiting_for.len() == begun),
                "{end:?}"
            );
            assert_eq!(
                rig.world(|world| world.count("update_node_group_version")),
                begun
            );
        }
    });
}

fn two_groups(instance_type: &str) -> Desired {
    let (head, group) = LAB.split_once("  - name: mng-1").expect("a group");
    let second = group.replace("mng-1", "mng-2");
    let text = format!("{head}  - name: mng-1{group}  - name: mng-2{second}");
    desired(&text.replace("m5.large", instance_type))
}

#[test]
fn nodes_that_may_not_be_listed_are_told_once() {
    block_on(async {
        let rig = running().await;
        rig.world(|world| world.fail("group_instances", 0, Fault::Refuse(ErrorKind::AccessDenied)));
        assert_eq!(rig.run(&wish()).await.expect("to roll"), Outcome::Done);
        let words = rig.words();
        assert_eq!(
            words.iter().filter(|word| *word == "nodes unseen").count(),
            1
        );
        assert!(
            !words.iter().any(|word| word.starts_with("replaced")),
            "{words:?}"
        );
        assert_eq!(rig.world(|world| world.count("group_instances")), 1);
    });
}

/// Eight failed reads in a row are borne, nine are not; a reason that does not pass ends the wait at once.
#[test]
fn reads_that_fail_while_waiting() {
    block_on(async {
        let rows = [
            (ErrorKind::Throttled, 8, None),
            (ErrorKind::Network, 8, None),
            (ErrorKind::Server, 9, Some(9)),
            (ErrorKind::AccessDenied, 1, Some(1)),
            (ErrorKind::Credentials, 1, Some(1)),
        ];
        for (kind, failures, calls) in rows {
            let rig = running().await;
            rig.world(|world| {
                for nth in 1..=failures {
                    world.fail("update", nth, Fault::Refuse(kind));
                }
            });
            let end = rig.run(&wish()).await;
            match calls {
                None => assert!(matches!(end, Ok(Outcome::Done)), "{kind:?}: {end:?}"),
                Some(calls) => {
                    let error = end.expect_err("too many").to_string();
                    assert!(
                        error.contains("goes on in AWS; the same command follows it again"),
                        "{error}"
                    );
                    assert_eq!(rig.world(|world| world.count("update")), calls, "{kind:?}");
                    rig.world(|world| world.faults.clear());
                    rig.words();
                    assert_eq!(rig.run(&wish()).await.expect("to attach"), Outcome::Done);
                    assert!(rig.words()[1].starts_with("attached update-"));
                }
            }
            rig.settled(&wish()).await;
            assert_eq!(
                rig.world(|world| world.count("update_node_group_version")),
                1
            );
        }
    });
}

/// Somebody else's update: blocked while planning, a conflict while applying.
#[test]
fn an_update_of_others() {
    block_on(async {
        let rig = running().await;
        let late = rig.plan(&wish()).await;
        let others = rig.plan(&lab("m5.xlarge")).await;
        let no_wait = Options {
            wait: false,
            check_base: false,
            poll: POLL,
        };
        rig.apply(&others, no_wait).await.expect("to begin");
        assert!(matches!(rig.run(&wish()).await, Err(ApplyError::Blocked)));
        let end = rig
            .apply(
                &late,
                Options {
                    check_base: false,
                    ..options()
                },
            )
            .await;
        assert!(
            matches!(&end, Err(ApplyError::Conflict { what, .. }) if what.contains("another update")),
            "{end:?}"
        );
        // EKS refuses although nothing is to be seen: once, as it shows an update a little late, or for good.
        for (nth, sent) in [(1, 2), (0, 3)] {
            let rig = running().await;
            rig.world(|world| {
                let refused = Fault::Refuse(ErrorKind::InUse);
                world.fail("update_node_group_version", nth, refused);
            });
            let end = rig.run(&wish()).await;
            match nth {
                0 => assert!(
                    matches!(&end, Err(ApplyError::Conflict { what, .. }) if what.contains("in use")),
                    "{end:?}"
                ),
                _ => assert!(matches!(&end, Ok(Outcome::Done)), "{end:?}"),
            }
            let asked = rig.world(|world| world.count("update_node_group_version"));
            assert_eq!(asked, sent);
        }
    });
}
