//! Taking over what others made: tags go first, and wherever the run is killed, the same plan ends it.

use nodemint_core::desired::Desired;
use nodemint_core::plan::{Adopt, Context, OWNER_TAG, Plan, plan};
use nodemint_engine::apply::Outcome;

use crate::kills::killed;
use crate::story::lab_and_label;
use crate::support::fleet::lab;
use crate::support::world::Fault;
use crate::support::{Rig, block_on, options};

/// The lab at rest, as if somebody else had made it.
async fn nobodys() -> Rig {
    let rig = Rig::new();
    rig.run(&lab("m5.large")).await.expect("to begin with");
    rig.words();
    rig.world(|world| {
        world.take_writes();
        world
            .templates
            .get_mut("demo")
            .expect("the template")
            .tags
            .remove(OWNER_TAG);
        world
            .groups
            .get_mut("mng-1")
            .expect("the group")
            .shown
            .tags
            .remove(OWNER_TAG);
    });
    rig
}

async fn adopting(rig: &Rig, desired: &Desired) -> Plan {
    let observed = rig.observed(desired).await;
    let context = Context {
        now: rig.world(|world| world.now),
        nodemint: "0.1.0".to_owned(),
        origin: None,
        adopt: Adopt::of([""]),
    };
    plan(desired, &observed, &context)
}

fn owners(rig: &Rig) -> [Option<String>; 2] {
    rig.world(|world| {
        let template = world.templates["demo"].tags.get(OWNER_TAG).cloned();
        [
            template,
            world.groups["mng-1"].shown.tags.get(OWNER_TAG).cloned(),
        ]
    })
}

#[test]
fn tags_go_before_everything_else() {
    block_on(async {
        let (rig, desired) = (nobodys().await, lab_and_label());
        let refused = rig.plan(&desired).await;
        assert_eq!(refused.blockers.len(), 2, "{:?}", refused.blockers);
        let plan = adopting(&rig, &desired).await;
        assert_eq!(
            rig.apply(&plan, options()).await.expect("applied"),
            Outcome::Done
        );
        let writes = rig.world(|world| world.take_writes());
        assert_eq!(
            writes.first_chunk(),
            Some(&["tag_launch_template", "tag"]),
            "{writes:?}"
        );
        assert_eq!(
            owners(&rig),
            [Some("lab".to_owned()), Some("lab".to_owned())]
        );
        rig.settled(&desired).await;
    });
}

#[test]
fn wherever_it_is_killed_the_same_plan_ends_it() {
    block_on(async {
        let desired = lab_and_label();
        let calm = nobodys().await;
        let plan = adopting(&calm, &desired).await;
        let before = calm.world(|world| world.calls.len());
        calm.apply(&plan, options()).await.expect("a calm run");
        let calls = calm.world(|world| world.calls.len()) - before;
        for call in 1..=calls {
            let rig = nobodys().await;
            let plan = adopting(&rig, &desired).await;
            let made = rig.world(|world| world.calls.len());
            rig.world(|world| world.hang_at = Some((made + call, Fault::HangAfter)));
            let end = killed(&rig, rig.apply(&plan, options())).await;
            let what = format!("killed at call {call} of {calls}: {end:?}");
            let end = rig.apply(&plan, options()).await;
            // The last calls only look: then it is all done already.
            let ended = matches!(end, Ok(Outcome::Done | Outcome::DoneBefore));
            assert!(ended, "{what}, then {end:?}");
            rig.settled(&desired).await;
            assert_eq!(
                rig.world(|world| world.templates["demo"].latest_version),
                2,
                "{what}"
            );
        }
    });
}
