//! The laws of pruning, for any template and any users; and a row for each reason to keep a version.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::*;
use crate::uses::Ways;

const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn days_ago(days: i64) -> Option<Timestamp> {
    Timestamp::from_second(now().as_second() - days * DAY).ok()
}

fn data(instance_type: &str) -> Data {
    Data {
        instance_type: Some(instance_type.to_owned()),
        ..Data::default()
    }
}

/// Versions by number and age in days, newest first, each of other content.
fn template(versions: &[(i64, Option<i64>)], default_version: i64) -> ObservedTemplate {
    let mut versions: Vec<ObservedVersion> = versions
        .iter()
        .map(|(number, age)| ObservedVersion {
            number: *number,
            description: None,
            created_at: age.and_then(days_ago),
            created_by: None,
            data: data(&format!("m{number}.large")),
            unread: false,
        })
        .collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    ObservedTemplate {
        id: "lt-1".to_owned(),
        name: "demo".to_owned(),
        default_version,
        latest_version: versions.first().map_or(0, |version| version.number),
        tags: BTreeMap::new(),
        versions,
    }
}

fn policy(keep: usize, days: i64) -> Policy {
    Policy {
        keep,
        older_than: SignedDuration::from_secs(days * DAY),
    }
}

fn lab() -> (String, String) {
    ("lab".to_owned(), "mng-1".to_owned())
}

fn instance(id: &str) -> User {
    User::Instance { id: id.to_owned() }
}

/// version → why it stays
fn reasons(
    template: &ObservedTemplate,
    uses: &Uses,
    wishes: &Wishes,
    policy: &Policy,
) -> BTreeMap<i64, Vec<String>> {
    let verdicts = judge(template, uses, wishes, policy, now());
    let told = verdicts.into_iter().map(|verdict| {
        let reasons = verdict.reasons.iter().map(ToString::to_string);
        (verdict.version, reasons.collect())
    });
    told.collect()
}

#[test]
fn each_reason_keeps_its_version() {
    let template = template(
        &[
            (1, Some(90)),
            (2, Some(80)),
            (3, Some(70)),
            (4, Some(60)),
            (5, Some(50)),
        ],
        1,
    );
    let nobody = (Uses::default(), Wishes::default());
    let with_groups = |ways: Ways| Uses {
        groups: BTreeMap::from([(lab(), ways)]),
        ..Uses::default()
    };
    let used = Uses {
        by_version: BTreeMap::from([(3, BTreeSet::from([instance("i-1")]))]),
        ..Uses::default()
    };
    let pinned = Wishes {
        pins: BTreeMap::from([(lab(), 2)]),
        ..Wishes::default()
    };
    let rendered = Wishes {
        rendered: BTreeMap::from([("lab".to_owned(), data("m4.large"))]),
        ..Wishes::default()
    };
    let back = with_groups(Ways {
        current: Some(4),
        last_good: Some(2),
    });
    let floating = with_groups(Ways {
        current: None,
        last_good: None,
    });
    let rows = [
        (nobody.clone(), policy(0, 0), vec![]),
        (
            nobody.clone(),
            policy(3, 0),
            vec![(3, "among the newest 3"), (4, "among the newest 3")],
        ),
        (
            nobody.clone(),
            policy(0, 75),
            vec![
                (3, "made on 2026-07-13: too young"),
                (4, "made on 2026-07-23: too young"),
            ],
        ),
        (
            (used, Wishes::default()),
            policy(0, 0),
            vec![(3, "used by instance i-1")],
        ),
        (
            (Uses::default(), pinned),
            policy(0, 0),
            vec![(2, "the spec pins node group lab/mng-1 to it")],
        ),
        (
            (Uses::default(), rendered),
            policy(0, 0),
            vec![(4, "the spec asks for it for cluster lab")],
        ),
        (
            (back, Wishes::default()),
            policy(0, 0),
            vec![
                (2, "node group lab/mng-1 ran it with success before"),
                (3, "node group lab/mng-1 would roll back to it"),
            ],
        ),
        ((floating, Wishes::default()), policy(0, 0), vec![]),
    ];
    for ((uses, wishes), policy, expected) in rows {
        let told = reasons(&template, &uses, &wishes, &policy);
        assert!(
            told[&1].contains(&"the default version".to_owned()),
            "{told:?}"
        );
        assert!(
            told[&5].contains(&"the latest version".to_owned()),
            "{told:?}"
        );
        for number in 2..=4 {
            let found: Vec<&str> = told[&number].iter().map(String::as_str).collect();
            let of_row = expected.iter().filter(|(at, _)| *at == number);
            let wanted: Vec<&str> = of_row.map(|(_, reason)| *reason).collect();
            assert_eq!(found, wanted, "version {number} of {expected:?}");
        }
    }
}

#[test]
fn what_is_not_known_is_not_deleted() {
    let ages = template(&[(1, None), (2, Some(80)), (3, Some(70))], 3);
    let told = reasons(&ages, &Uses::default(), &Wishes::default(), &policy(0, 1));
    assert_eq!(told[&1], ["EC2 does not tell its age"]);
    assert_eq!(told[&2], [""; 0]);
    let told = reasons(&ages, &Uses::default(), &Wishes::default(), &policy(0, 0));
    assert_eq!(told[&1], [""; 0], "no age was asked for");

    let unplaced = Uses {
        unplaced: BTreeSet::from([instance("i-1")]),
        ..Uses::default()
    };
    let verdicts = judge(&ages, &unplaced, &Wishes::default(), &policy(0, 0), now());
    assert!(verdicts.iter().all(|verdict| !verdict.may_go()));

    // An unread version equals nothing: what is rendered does not keep it, and something else may.
    let mut unread = ages.clone();
    unread.versions[1].unread = true;
    let rendered = Wishes {
        rendered: BTreeMap::from([("lab".to_owned(), data("m2.large"))]),
        ..Wishes::default()
    };
    let kept = |template| reasons(template, &Uses::default(), &rendered, &policy(0, 0))[&2].len();
    assert_eq!((kept(&ages), kept(&unread)), (1, 0));
}

#[derive(Debug, Clone)]
struct Case {
    template: ObservedTemplate,
    uses: Uses,
    wishes: Wishes,
    policy: Policy,
}

fn case() -> impl Strategy<Value = Case> {
    let versions = btree_map(1_i64..40, 0_i64..120, 1..30);
    let users = btree_map(
        1_i64..40,
        btree_set((0_u8..4).prop_map(|n| instance(&format!("i-{n}"))), 1..3),
        0..6,
    );
    let ways = (
        proptest::option::of(1_i64..40),
        proptest::option::of(1_i64..40),
    );
    let groups = btree_map(("[ab]", "[a-d]"), ways, 0..4);
    let pins = btree_map(("[ab]", "[a-d]"), 1_i64..40, 0..3);
    let rendered = vec(1_i64..40, 0..3);
    let rest = (0_usize..12, 0_i64..100, any::<prop::sample::Index>());
    (versions, users, groups, pins, rendered, rest).prop_map(
        |(versions, by_version, groups, pins, rendered, (keep, days, default))| {
            let versions: Vec<(i64, Option<i64>)> = versions
                .into_iter()
                .map(|(number, age)| (number, Some(age)))
                .collect();
            let default_version = default.get(&versions).0;
            let groups = groups
                .into_iter()
                .map(|(group, (current, last_good))| (group, Ways { current, last_good }));
            let rendered = rendered
                .iter()
                .enumerate()
                .map(|(at, number)| (format!("c{at}"), data(&format!("m{number}.large"))));
            Case {
                template: template(&versions, default_version),
                uses: Uses {
                    by_version,
                    unplaced: BTreeSet::new(),
                    groups: groups.collect(),
                },
                wishes: Wishes {
                    pins,
                    rendered: rendered.collect(),
                },
                policy: policy(keep, days),
            }
        },
    )
}

proptest! {
    /// Whatever the template and its users, nothing goes that somebody has a claim to. Each claim is told
    /// here by itself, not by the reasons that `judge` gives.
    #[test]
    fn nothing_goes_that_is_needed(case in case()) {
        let Case { template, uses, wishes, policy } = &case;
        let verdicts = judge(template, uses, wishes, policy, now());
        let gone: BTreeSet<i64> =
            verdicts.iter().filter(|one| one.may_go()).map(|one| one.version).collect();
        let numbers: Vec<i64> = template.versions.iter().map(|one| one.number).collect();
        let judged: Vec<i64> = verdicts.iter().map(|one| one.version).collect();
        prop_assert_eq!(&judged, &numbers, "every version is judged once, newest first");
        prop_assert!(!gone.contains(&template.default_version));
        prop_assert!(!gone.contains(&template.latest_version));
        prop_assert!(uses.by_version.keys().all(|used| !gone.contains(used)));
        prop_assert!(wishes.pins.values().all(|pinned| !gone.contains(pinned)));
        prop_assert!(numbers.iter().take(policy.keep).all(|recent| !gone.contains(recent)));
        for version in template.versions.iter().filter(|one| gone.contains(&one.number)) {
            let made = version.created_at.expect("a time");
            prop_assert!(now().duration_since(made) >= policy.older_than);
            prop_assert!(wishes.rendered.values().all(|data| *data != version.data));
        }
        for ways in uses.groups.values() {
            prop_assert!(ways.last_good.is_none_or(|good| !gone.contains(&good)));
            let below = numbers.iter().filter(|number| ways.current.is_some_and(|at| **number < at));
            prop_assert!(below.max().is_none_or(|previous| !gone.contains(previous)));
        }
    }

    /// What is deleted now is no reason to delete more: a second run finds nothing.
    #[test]
    fn pruning_twice_is_pruning_once(case in case()) {
        let Case { mut template, uses, wishes, policy } = case;
        let verdicts = judge(&template, &uses, &wishes, &policy, now());
        let gone: BTreeSet<i64> =
            verdicts.iter().filter(|one| one.may_go()).map(|one| one.version).collect();
        template.versions.retain(|version| !gone.contains(&version.number));
        let again = judge(&template, &uses, &wishes, &policy, now());
        prop_assert!(again.iter().all(|verdict| !verdict.may_go()));
    }

    /// More is kept by a larger policy, never less.
    #[test]
    fn a_larger_policy_keeps_no_less(case in case(), keep in 0_usize..5, days in 0_i64..30) {
        let Case { template, uses, wishes, policy } = &case;
        let larger = Policy {
            keep: policy.keep + keep,
            older_than: policy.older_than + SignedDuration::from_secs(days * DAY),
        };
        let kept = |policy: &Policy| -> BTreeSet<i64> {
            let verdicts = judge(template, uses, wishes, policy, now());
            verdicts.into_iter().filter(|one| !one.may_go()).map(|one| one.version).collect()
        };
        prop_assert!(kept(&larger).is_superset(&kept(policy)));
    }
}
