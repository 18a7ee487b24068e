//! How far a step is, judged right before it is done.

use nodemint_core::plan::{ConfigChange, Standing, configured};
use nodemint_core::spec::Scaling;

use crate::support::*;

/// The desired size follows the new bounds as the group is now, not as it was when the plan was made; and
/// no more nodes go than the plan showed.
#[test]
fn the_desired_size_follows_the_bounds() {
    type Row = (
        &'static str,
        (i32, i32),
        Option<i32>,
        i32,
        Option<Option<i32>>,
    );
    // what happened since, new bounds, the plan's desired size, the group's now, what is asked for
    let rows: [Row; 8] = [
        ("nothing, within", (1, 5), None, 2, Some(None)),
        ("nothing, raised", (3, 5), Some(3), 2, Some(Some(3))),
        ("nothing, lowered", (0, 1), Some(1), 2, Some(Some(1))),
        ("moved up into the bounds", (3, 5), Some(3), 4, Some(None)),
        (
            "moved down below the bounds",
            (2, 5),
            None,
            1,
            Some(Some(2)),
        ),
        ("moved down into the bounds", (0, 2), Some(2), 1, Some(None)),
        (
            "moved up, as far as planned",
            (0, 1),
            Some(1),
            3,
            Some(Some(1)),
        ),
        ("moved up past the bounds", (0, 2), None, 3, None),
    ];
    for (name, bounds, planned, now, wanted) in rows {
        let change = ConfigChange {
            cluster: CLUSTER.to_owned(),
            group: "mng-1".to_owned(),
            bounds: Some(bounds),
            desired: planned,
            ..ConfigChange::default()
        };
        let mut observed = settled(&fleet());
        let group = the_group(&mut observed);
        group.scaling = Some(Scaling {
            min: 1,
            max: 3,
            desired: now,
        });
        let found = match configured(&change, Some(group)) {
            Standing::Todo(rest) => {
                assert_eq!(rest.bounds, Some(bounds), "{name}");
                Some(rest.desired)
            }
            Standing::Conflict(why) => {
                assert!(why.contains("has grown since"), "{name}: {why}");
                None
            }
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(found, wanted, "{name}");
    }
}
