//! Two runs at once: one is held at each of its calls while the other goes to its end, or to a call of its own
//! near that one; then each goes on.

use std::pin::Pin;

use nodemint_core::desired::Desired;
use nodemint_engine::apply::{ApplyError, Outcome};

use crate::combined::everything;
use crate::support::fleet::lab;
use crate::support::{Rig, block_on};

type End = Result<Outcome, ApplyError>;
type Going<'a> = Pin<Box<dyn Future<Output = End> + 'a>>;

/// Goes on until the end, or until the call of this number, which waits.
async fn until(rig: &Rig, run: &mut Going<'_>, gate: usize) -> Option<End> {
    rig.world(|world| world.gates.insert(gate));
    let held = async {
        while !rig.world(|world| world.waiting.contains_key(&gate)) {
            tokio::task::yield_now().await;
        }
    };
    let end = tokio::select! {
        biased;
        end = run => Some(end),
        () = held => None,
    };
    rig.world(|world| world.gates.clear());
    end
}

/// Two runs of the same: the first waits at its call `one`, the second at its call `other`. Gives both ends, and
/// the calls that were held.
async fn meet(
    rig: &Rig,
    desired: &Desired,
    one: usize,
    other: usize,
) -> ([End; 2], Vec<&'static str>) {
    let before = rig.world(|world| world.calls.len());
    let mut first: Going<'_> = Box::pin(rig.run(desired));
    let mut second: Going<'_> = Box::pin(rig.run(desired));
    let first_end = until(rig, &mut first, before + one).await;
    let now = rig.world(|world| world.calls.len());
    let second_end = until(rig, &mut second, now + other).await;
    let held = rig.world(|world| world.waiting.values().copied().collect());
    let mut ends = Vec::new();
    for (end, run) in [(first_end, first), (second_end, second)] {
        rig.world(|world| world.waiting.pop_first());
        ends.push(match end {
            Some(end) => end,
            None => run.await,
        });
    }
    (ends.try_into().expect("two of them"), held)
}

/// Whoever mints, the other finds; whoever starts an update, the other follows it. Nobody sees an error.
#[test]
fn wherever_two_runs_meet() {
    block_on(async {
        let large = lab("m5.large");
        let rows = [(None, large.clone(), 1), (Some(&large), everything(), 2)];
        for (before, desired, versions) in rows {
            let calm = Rig::new();
            if let Some(before) = before {
                calm.run(before).await.expect("to begin with");
            }
            let made = calm.world(|world| world.calls.len());
            calm.run(&desired).await.expect("a calm run");
            let calls = calm.world(|world| world.calls.len()) - made;
            let mut met = 0;
            for one in 1..=calls {
                // All of the other run, and close to the heels.
                for other in [usize::MAX / 2, one + 2] {
                    let rig = Rig::new();
                    if let Some(before) = before {
                        rig.run(before).await.expect("to begin with");
                    }
                    let (ends, held) = meet(&rig, &desired, one, other).await;
                    for end in ends {
                        assert!(
                            matches!(end, Ok(Outcome::Done)),
                            "held at {one} and {other} of {calls}, {held:?}: {end:?}"
                        );
                    }
                    rig.settled(&desired).await;
                    rig.world(|world| {
                        assert_eq!(
                            world.templates["demo"].latest_version, versions,
                            "held at {one} and {other}: one version"
                        );
                        let updates = &world.groups["mng-1"].updates;
                        let rolls = updates
                            .iter()
                            .filter(|update| update.kind == "VersionUpdate");
                        // EKS has no conditional write. An update that is sent after the look before it was
                        // overtaken by a whole roll is one too many; it replaces nothing.
                        let sent_late = held.contains(&"update_node_group_version");
                        let once = usize::try_from(versions - 1).expect("small");
                        let most = once + usize::from(sent_late);
                        assert!(
                            (once..=most).contains(&rolls.count()),
                            "held at {one} and {other}, {held:?}: one roll"
                        );
                    });
                    met += usize::from(held.len() == 2);
                }
            }
            assert!(met > calls / 2, "both were held {met} times");
        }
    });
}
