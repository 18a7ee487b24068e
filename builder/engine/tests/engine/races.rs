//! Two runs at once, in many interleavings.

use nodemint_engine::apply::{ApplyError, Outcome};

use crate::story::lab_and_label;
use crate::support::fleet::lab;
use crate::support::{Rig, block_on};

/// One mints, the other finds; one creates or rolls, the other follows. Nobody sees an error.
#[test]
fn two_runs_of_the_same_spec() {
    block_on(async {
        let (large, desired) = (lab("m5.large"), lab_and_label());
        for seed in 1..=200_u64 {
            let rig = Rig::new();
            rig.world(|world| world.seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            for (desired, versions, updates) in [(&large, 1, 0), (&desired, 2, 2)] {
                let (one, other) = tokio::join!(rig.run(desired), rig.run(desired));
                for end in [one, other] {
                    assert!(matches!(end, Ok(Outcome::Done)), "seed {seed}: {end:?}");
                }
                rig.settled(desired).await;
                rig.world(|world| {
                    assert_eq!(
                        world.templates["demo"].latest_version, versions,
                        "seed {seed}"
                    );
                    assert_eq!(world.groups["mng-1"].updates.len(), updates, "seed {seed}");
                });
            }
        }
    });
}

/// Two specs that want different things: one of them wins, the other is told, and nothing is done twice.
#[test]
fn two_runs_of_different_specs() {
    block_on(async {
        let (large, wishes) = (lab("m5.large"), [lab("m5.xlarge"), lab("m5.2xlarge")]);
        let mut told = 0;
        for seed in 1..=200_u64 {
            let rig = Rig::new();
            rig.run(&large).await.expect("to begin with");
            rig.world(|world| world.seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let (one, other) = tokio::join!(rig.run(&wishes[0]), rig.run(&wishes[1]));
            let ends = [one, other];
            assert!(
                ends.iter().any(|end| matches!(end, Ok(Outcome::Done))),
                "seed {seed}: {ends:?}"
            );
            for end in &ends {
                match end {
                    Ok(Outcome::Done) => {}
                    Err(ApplyError::Conflict { .. } | ApplyError::Blocked) => told += 1,
                    other => panic!("seed {seed}: {other:?}"),
                }
            }
            rig.world(|world| assert_eq!(world.templates["demo"].versions.len(), 3, "seed {seed}"));
        }
        assert!(told > 0, "the runs never met");
    });
}
