//! Changes that EKS takes only one by one, in one plan: tags, settings, bounds, a roll, a new group.

use nodemint_core::desired::Desired;
use nodemint_engine::apply::{Options, Outcome};

use crate::support::fleet::{LAB, desired, lab};
use crate::support::{Rig, block_on, options};

/// Another version, and every kind of setting.
pub fn everything() -> Desired {
    let text = LAB
        .replace("m5.large", "m5.2xlarge")
        .replace(
            "{min: 1, max: 3, desired: 2}",
            "{min: 1, max: 5, desired: 2}",
        )
        .replace("{role: worker}", "{role: worker, team: a}");
    desired(&format!(
        "{text}    tags: {{cost: a}}\n    update: {{maxUnavailable: 2}}\n"
    ))
}

/// The same, and a group beside it on the same launch template.
fn and_another_group() -> Desired {
    let mut desired = everything();
    let mut more = desired.groups[0].clone();
    more.spec.name = "mng-2".to_owned();
    more.spec.index = 1;
    desired.groups.push(more);
    desired
}

#[test]
fn what_eks_takes_one_by_one_is_split_and_ordered() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        rig.words();
        rig.world(|world| world.take_writes());
        let desired = and_another_group();
        assert_eq!(rig.run(&desired).await.expect("all of it"), Outcome::Done);
        // Minted first, so that nothing that can still fail stands between two changes of a group; max
        // unavailable before the roll that it governs.
        assert_eq!(
            rig.world(|world| world.take_writes()),
            [
                "create_launch_template_version",
                "tag",
                "update_node_group_config",
                "update_node_group_version",
                "create_node_group",
            ]
        );
        rig.settled(&desired).await;
    });
}

/// `--no-wait` begins what can be begun, and the same command attaches, until all is done.
#[test]
fn not_waited_for_and_begun_again() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        rig.world(|world| world.take_writes());
        let desired = and_another_group();
        let impatient = Options {
            wait: false,
            check_base: false,
            ..options()
        };
        let mut runs = 0;
        loop {
            let plan = rig.plan(&desired).await;
            assert_eq!(plan.blockers, [], "run {runs}");
            match rig.apply(&plan, impatient.clone()).await {
                Ok(Outcome::Done) => break,
                Ok(Outcome::StillRunning { waiting_for, .. }) => {
                    assert!(!waiting_for.is_empty(), "run {runs}");
                }
                other => panic!("run {runs}: {other:?}"),
            }
            runs += 1;
            rig.world(|world| {
                let later = world.now + jiff::SignedDuration::from_mins(1);
                world.pass(later);
            });
            assert!(runs < 60, "it never ends");
        }
        let mut writes = rig.world(|world| world.take_writes());
        writes.sort_unstable();
        assert_eq!(
            writes,
            [
                "create_launch_template_version",
                "create_node_group",
                "tag",
                "update_node_group_config",
                "update_node_group_version",
            ],
            "each once, in {runs} runs"
        );
        rig.settled(&desired).await;
    });
}

/// A failure between two changes leaves the others undone, and the next run does what is left.
#[test]
fn a_failure_at_each_write() {
    use crate::support::world::Fault;
    use nodemint_engine::ports::ErrorKind;
    block_on(async {
        let writes = [
            "create_launch_template_version",
            "tag",
            "update_node_group_config",
            "update_node_group_version",
            "create_node_group",
        ];
        for (index, write) in writes.into_iter().enumerate() {
            let rig = Rig::new();
            rig.run(&lab("m5.large")).await.expect("to begin with");
            rig.world(|world| {
                world.take_writes();
                world.fail(write, 1, Fault::Refuse(ErrorKind::Invalid));
            });
            let desired = and_another_group();
            rig.run(&desired).await.expect_err(write);
            let done = rig.world(|world| {
                world.faults.clear();
                world.take_writes()
            });
            assert_eq!(done, writes[..=index], "nothing is begun after a failure");
            rig.run(&desired).await.expect(write);
            let done = rig.world(|world| world.take_writes());
            assert_eq!(done, writes[index..], "what was done is not done again");
            rig.settled(&desired).await;
        }
    });
}
