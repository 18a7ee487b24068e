//! The story: created, rolled, left alone, rolled back.

use nodemint_core::plan::{Back, Context, RollbackTo, Scope, rollback};
use nodemint_engine::apply::{Options, Outcome};
use nodemint_engine::observe::observe;

use crate::support::fleet::{lab, lab_with};
use crate::support::{Rig, block_on, options};

#[test]
fn created_rolled_left_alone_and_rolled_back() {
    block_on(async {
        let rig = Rig::new();
        assert_eq!(
            rig.run(&lab("m5.large")).await.expect("to create"),
            Outcome::Done
        );
        let words = rig.words();
        assert_eq!(
            words,
            [
                "step mint",
                "minted 1",
                "step create",
                "creating on 1",
                "started i-1",
                "started i-2",
                "running i-1",
                "running i-2",
                "active 1"
            ]
        );
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["create_launch_template", "create_node_group"]
        );
        rig.settled(&lab("m5.large")).await;

        assert_eq!(
            rig.run(&lab("m5.2xlarge")).await.expect("to roll"),
            Outcome::Done
        );
        let words = rig.words();
        assert_eq!(
            words[..4],
            ["step mint", "minted 2", "step roll", "update Version"]
        );
        assert_eq!(
            words
                .iter()
                .filter(|word| word.starts_with("replaced"))
                .collect::<Vec<_>>(),
            ["replaced 1/2", "replaced 2/2"]
        );
        assert_eq!(words.last().map(String::as_str), Some("active 2"));
        assert_eq!(
            rig.world(|world| world.take_writes()),
            [
                "create_launch_template_version",
                "update_node_group_version"
            ]
        );
        rig.settled(&lab("m5.2xlarge")).await;

        assert_eq!(
            rig.run(&lab("m5.2xlarge")).await.expect("nothing to do"),
            Outcome::Done
        );
        assert_eq!(
            (rig.words(), rig.world(|world| world.take_writes())),
            (Vec::new(), Vec::new())
        );

        let desired = lab("m5.2xlarge");
        let scope = Scope {
            every_version: true,
            ..Scope::of(&desired)
        };
        let observed = observe(&scope, &rig.clouds()).await.expect("to observe");
        let group = &desired.groups[0].spec;
        let context = Context {
            now: rig.world(|world| world.now),
            nodemint: "0.1.0".to_owned(),
            origin: None,
            adopt: Default::default(),
        };
        let groups = [Back {
            cluster: group.cluster.clone(),
            group: group.name.clone(),
            settings: group.update.clone(),
        }];
        let back = rollback(
            "lab",
            &groups,
            RollbackTo::Previous,
            &scope,
            &observed,
            &context,
        );
        assert_eq!(
            rig.apply(&back, options()).await.expect("to roll back"),
            Outcome::Done
        );
        assert_eq!(rig.words().last().map(String::as_str), Some("active 1"));
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["update_node_group_version"]
        );
        rig.settled(&lab("m5.large")).await;

        // A → B → A → B: the second B is a roll like the first.
        assert_eq!(
            rig.run(&lab("m5.2xlarge")).await.expect("to roll again"),
            Outcome::Done
        );
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["update_node_group_version"]
        );
        rig.settled(&lab("m5.2xlarge")).await;
    });
}

#[test]
fn a_group_that_was_deleted_is_created_again() {
    block_on(async {
        let (rig, desired) = (Rig::new(), lab("m5.large"));
        for _ in 0..3 {
            assert_eq!(rig.run(&desired).await.expect("to create"), Outcome::Done);
            rig.settled(&desired).await;
            rig.world(|world| world.groups.clear());
        }
        assert_eq!(rig.world(|world| world.count("create_node_group")), 3);
    });
}

#[test]
fn a_version_that_was_deleted_is_minted_again() {
    block_on(async {
        let rig = Rig::new();
        for size in ["m5.large", "m5.xlarge", "m5.2xlarge"] {
            rig.run(&lab(size)).await.expect("to apply");
        }
        rig.world(|world| {
            world
                .templates
                .values_mut()
                .for_each(|template| template.versions.retain(|version| version.number != 2))
        });
        assert_eq!(
            rig.run(&lab("m5.xlarge")).await.expect("to apply"),
            Outcome::Done
        );
        rig.settled(&lab("m5.xlarge")).await;
        assert_eq!(rig.world(|world| world.templates["demo"].latest_version), 4);
    });
}

#[test]
fn settings_alone_replace_no_node() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to create");
        rig.words();
        rig.world(|world| world.take_writes());
        let desired = lab_with(
            "taints: [{key: dedicated, value: gpu, effect: NoSchedule}]\n    tags: {cost: a}\n    update: {maxUnavailable: 2}",
        );
        assert_eq!(
            rig.run(&desired).await.expect("to configure"),
            Outcome::Done
        );
        assert_eq!(
            rig.words(),
            [
                "step tag",
                "tagged",
                "step configure",
                "update Config",
                "active 1"
            ]
        );
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["tag", "update_node_group_config"]
        );
        rig.settled(&desired).await;
    });
}

#[test]
fn no_wait_begins_and_the_same_command_attaches() {
    block_on(async {
        let rig = Rig::new();
        let no_wait = Options {
            wait: false,
            check_base: false,
            ..options()
        };
        let desired = lab("m5.large");
        let plan = rig.plan(&desired).await;
        let end = rig.apply(&plan, no_wait.clone()).await.expect("to begin");
        let waiting = |what: &str| Outcome::StillRunning {
            waiting_for: vec![what.to_owned()],
            interrupted: false,
        };
        assert_eq!(end, waiting("creation of node group eksworkshop/mng-1"));
        rig.world(|world| assert_eq!(world.slept, 0));
        rig.words();
        assert_eq!(rig.run(&desired).await.expect("to attach"), Outcome::Done);
        assert_eq!(rig.words()[..2], ["step await", "attached creation"]);
        rig.settled(&desired).await;

        // Settings and a roll: EKS takes one at a time, so the roll is for the next run.
        let desired = lab_and_label();
        let plan = rig.plan(&desired).await;
        let end = rig.apply(&plan, no_wait.clone()).await.expect("to begin");
        assert!(
            matches!(&end, Outcome::StillRunning { waiting_for, .. } if waiting_for.len() == 1),
            "{end:?}"
        );
        assert_eq!(
            rig.world(|world| world.count("update_node_group_version")),
            0
        );
        assert_eq!(
            rig.run(&desired).await.expect("to attach and go on"),
            Outcome::Done
        );
        rig.settled(&desired).await;
        rig.world(|world| {
            assert_eq!(
                (
                    world.count("update_node_group_config"),
                    world.count("update_node_group_version")
                ),
                (1, 1)
            );
        });
    });
}

pub fn lab_and_label() -> nodemint_core::desired::Desired {
    let mut desired = lab("m5.2xlarge");
    desired.groups[0]
        .spec
        .labels
        .insert("team".to_owned(), "a".to_owned());
    desired
}
