//! Saved plans: refused when the world moved or the account is another, and what is refused at minting.

use nodemint_core::plan::Moved;
use nodemint_engine::apply::{ApplyError, Options, Outcome};
use nodemint_engine::ports::ErrorKind;

use crate::story::lab_and_label;
use crate::support::fleet::lab;
use crate::support::world::Fault;
use crate::support::{Rig, block_on, options};

#[test]
fn a_stale_plan_is_refused_with_what_moved() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        let plan = rig.plan(&lab("m5.2xlarge")).await;
        rig.run(&lab("m5.xlarge")).await.expect("somebody else");
        rig.world(|world| world.take_writes());
        let moved = match rig.apply(&plan, options()).await {
            Err(ApplyError::Stale { moved }) => moved,
            other => panic!("{other:?}"),
        };
        let version = Moved {
            subject: "node group eksworkshop/mng-1".to_owned(),
            fact: "launchTemplateVersion".to_owned(),
            planned: Some("1".to_owned()),
            now: Some("2".to_owned()),
        };
        assert!(moved.contains(&version), "{moved:?}");
        assert_eq!(rig.world(|world| world.take_writes()), [""; 0]);
    });
}

#[test]
fn a_plan_for_another_account_is_refused() {
    block_on(async {
        let rig = Rig::new();
        let plan = rig.plan(&lab("m5.large")).await;
        rig.world(|world| world.account = "999988887777");
        match rig.apply(&plan, options()).await {
            Err(error @ ApplyError::OtherAccount { .. }) => assert_eq!(
                error.to_string(),
                "the plan is for account 111122223333, and the credentials are for 999988887777"
            ),
            other => panic!("{other:?}"),
        }
        assert_eq!(rig.world(|world| world.take_writes()), [""; 0]);
    });
}

/// The base holds when it is checked, and the world moves before the step.
#[test]
fn what_moves_between_the_check_and_the_step() {
    block_on(async {
        let unchecked = Options {
            check_base: false,
            ..options()
        };
        let rig = Rig::new();
        let create = rig.plan(&lab("m5.large")).await;
        rig.run(&lab("m5.xlarge")).await.expect("somebody else");
        let appeared = rig.apply(&create, unchecked.clone()).await;
        assert!(
            matches!(&appeared, Err(ApplyError::Template { what, .. }) if what.contains("made by somebody else")),
            "{appeared:?}"
        );

        let change = rig.plan(&lab("m5.2xlarge")).await;
        rig.world(|world| {
            world
                .groups
                .get_mut("mng-1")
                .expect("it")
                .shown
                .launch_template
                .as_mut()
                .expect("it")
                .version = Some("7".to_owned())
        });
        let moved = rig.apply(&change, unchecked.clone()).await;
        assert!(
            matches!(&moved, Err(ApplyError::Conflict { what, .. }) if what.contains("version 7")),
            "{moved:?}"
        );

        let change = rig.plan(&lab_and_label()).await;
        rig.world(|world| world.groups.clear());
        let gone = rig.apply(&change, unchecked.clone()).await;
        assert!(
            matches!(&gone, Err(ApplyError::Conflict { what, .. }) if what.contains("deleted")),
            "{gone:?}"
        );

        let change = rig.plan(&lab("c5.large")).await;
        rig.world(|world| world.templates.clear());
        let gone = rig.apply(&change, unchecked.clone()).await;
        assert!(
            matches!(&gone, Err(ApplyError::Template { what, .. }) if what.contains("deleted")),
            "{gone:?}"
        );
        assert_eq!(
            rig.world(|world| world.templates.len()),
            0,
            "nothing is made that the plan did not show"
        );
    });
}

#[test]
fn a_blocked_plan_is_not_begun() {
    block_on(async {
        let rig = Rig::new();
        rig.world(|world| world.clusters.clear());
        let plan = rig.plan(&lab("m5.large")).await;
        rig.world(|world| world.calls.clear());
        assert!(matches!(
            rig.apply(&plan, options()).await,
            Err(ApplyError::Blocked)
        ));
        assert_eq!(rig.world(|world| world.calls.len()), 0);
    });
}

/// A token that EC2 has seen with other parameters is salted, and not for ever.
#[test]
fn a_used_token() {
    block_on(async {
        let rig = Rig::new();
        rig.world(|world| {
            world.fail(
                "create_launch_template",
                1,
                Fault::Refuse(ErrorKind::TokenMismatch),
            )
        });
        rig.run(&lab("m5.large")).await.expect("to create");
        rig.settled(&lab("m5.large")).await;
        rig.world(|world| {
            world.fail(
                "create_launch_template_version",
                0,
                Fault::Refuse(ErrorKind::TokenMismatch),
            )
        });
        let end = rig.run(&lab("m5.xlarge")).await;
        assert!(
            matches!(&end, Err(ApplyError::Cloud(error)) if error.kind == ErrorKind::TokenMismatch),
            "{end:?}"
        );
        assert_eq!(
            rig.world(|world| world.count("create_launch_template_version")),
            4
        );
    });
}

/// EC2 answers with a version that holds something else: no group is touched.
#[test]
fn a_version_that_is_not_what_was_asked_for() {
    block_on(async {
        let rig = Rig::new();
        rig.world(|world| world.garbled = true);
        let end = rig.run(&lab("m5.large")).await;
        assert!(
            matches!(&end, Err(ApplyError::Template { what, .. }) if what.contains("not what was asked for")),
            "{end:?}"
        );
        assert_eq!(
            rig.world(|world| world.take_writes()),
            ["create_launch_template"]
        );
    });
}

/// EC2 answers with a version that the token made before and that is no longer there: another token.
#[test]
fn a_replayed_answer() {
    block_on(async {
        let rig = Rig::new();
        for size in ["m5.large", "m5.xlarge"] {
            rig.run(&lab(size)).await.expect("to begin with");
        }
        rig.world(|world| {
            world
                .templates
                .values_mut()
                .for_each(|template| template.versions.retain(|version| version.number != 2));
            world.replay = Some(2);
            world.calls.clear();
        });
        let desired = lab("m5.2xlarge");
        assert_eq!(rig.run(&desired).await.expect("to roll"), Outcome::Done);
        rig.settled(&desired).await;
        rig.world(|world| {
            assert_eq!(world.count("create_launch_template_version"), 2);
            assert_eq!(world.templates["demo"].latest_version, 3);
        });
    });
}

/// The content of a version that was deleted is wanted again: EC2 answers its token with the deleted one, which
/// nobody takes for a new one.
#[test]
fn a_version_that_was_deleted_is_minted_anew() {
    block_on(async {
        let rig = Rig::new();
        let (large, wish) = (lab("m5.large"), lab("m5.2xlarge"));
        for round in 1..=3 {
            for desired in [&large, &wish, &large] {
                rig.run(desired).await.expect("to begin with");
            }
            // As if EC2 showed the highest number that is left: the next request is the same again.
            rig.world(|world| {
                let template = world.templates.get_mut("demo").expect("it");
                template.versions.retain(|version| version.number == 1);
                template.latest_version = 1;
            });
            rig.run(&wish)
                .await
                .unwrap_or_else(|error| panic!("round {round}: {error}"));
            rig.settled(&wish).await;
        }
    });
}

/// The same of a launch template.
#[test]
fn a_launch_template_that_was_deleted_is_made_anew() {
    block_on(async {
        let rig = Rig::new();
        let large = lab("m5.large");
        rig.run(&large).await.expect("to begin with");
        rig.world(|world| {
            world.templates.clear();
            world.groups.clear();
        });
        rig.run(&large).await.expect("to begin again");
        rig.settled(&large).await;
    });
}

/// What was minted is deleted before a group is moved to it.
#[test]
fn a_version_that_is_deleted_as_soon_as_it_is_made() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        let wish = lab("m5.2xlarge");
        let plan = rig.plan(&wish).await;
        rig.world(|world| world.vanishing = 1);
        assert_eq!(
            rig.apply(&plan, options()).await.expect("to roll"),
            Outcome::Done
        );
        rig.settled(&wish).await;
        assert_eq!(rig.world(|world| world.templates["demo"].versions.len()), 2);
    });
}

#[test]
fn a_plan_that_was_carried_out_is_done_before() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        let plan = rig.plan(&lab_and_label()).await;
        assert_eq!(
            rig.apply(&plan, options()).await.expect("to roll"),
            Outcome::Done
        );
        rig.world(|world| world.take_writes());
        let again = rig.apply(&plan, options()).await;
        assert_eq!(again.expect("nothing to do"), Outcome::DoneBefore);
        assert_eq!(rig.world(|world| world.take_writes()), [""; 0]);
        // Somebody moved the group on: then it is not done, and the plan is no longer for this.
        rig.run(&lab("m5.xlarge")).await.expect("somebody else");
        let again = rig.apply(&plan, options()).await;
        assert!(matches!(again, Err(ApplyError::Stale { .. })), "{again:?}");
    });
}
