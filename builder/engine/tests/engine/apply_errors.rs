//! Every call of a run is refused once, for every reason: an error, no harm, and the next run converges.

use nodemint_engine::apply::{ApplyError, Outcome};
use nodemint_engine::ports::ErrorKind;

use crate::story::lab_and_label;
use crate::support::fleet::lab;
use crate::support::world::Fault;
use crate::support::{Rig, block_on};

const KINDS: [ErrorKind; 6] = [
    ErrorKind::AccessDenied,
    ErrorKind::Invalid,
    ErrorKind::Limit,
    ErrorKind::NotFound,
    ErrorKind::Throttled,
    ErrorKind::Credentials,
];

#[test]
fn every_write_refused_for_every_reason() {
    block_on(async {
        let large = lab("m5.large");
        let rows = [
            (None, large.clone(), "create_launch_template"),
            (None, large.clone(), "create_node_group"),
            (
                Some(&large),
                lab_and_label(),
                "create_launch_template_version",
            ),
            (Some(&large), lab_and_label(), "update_node_group_config"),
            (Some(&large), lab_and_label(), "update_node_group_version"),
        ];
        for (before, desired, verb) in rows {
            for kind in KINDS {
                let rig = Rig::new();
                if let Some(before) = before {
                    rig.run(before).await.expect("to begin with");
                }
                rig.world(|world| world.fail(verb, 1, Fault::Refuse(kind)));
                match rig.run(&desired).await {
                    Err(ApplyError::Cloud(error)) => {
                        assert_eq!((error.kind, error.operation), (kind, verb));
                        assert!(!error.to_string().contains("not known"), "{error}");
                    }
                    other => panic!("{verb} {kind:?}: {other:?}"),
                }
                rig.world(|world| world.faults.clear());
                assert_eq!(
                    rig.run(&desired).await.expect("to converge"),
                    Outcome::Done,
                    "{verb} {kind:?}"
                );
                rig.settled(&desired).await;
            }
        }
    });
}

/// A plan is made without the subnets if they may not be read, and says so.
#[test]
fn a_plan_without_subnets() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        rig.world(|world| world.fail("subnets", 0, Fault::Refuse(ErrorKind::AccessDenied)));
        let plan = rig.plan(&lab("m5.2xlarge")).await;
        assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
        let forecast = plan.node_groups[0].forecast.as_ref().expect("a forecast");
        assert_eq!(
            (forecast.zones, forecast.surge, forecast.free_addresses),
            (2, 4, None)
        );
    });
}
