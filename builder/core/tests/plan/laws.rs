//! Laws of planning, over fleets that proptest makes up.

use std::collections::BTreeMap;

use nodemint_core::desired::Desired;
use nodemint_core::plan::{FindingKind, SavedPlan};
use nodemint_core::site::Site;
use nodemint_core::spec::{MaxUnavailable, Scaling, UpdateStrategy};
use proptest::prelude::*;

use crate::support::*;

#[derive(Clone, Debug)]
struct Wish {
    instance_type: usize,
    other_type: usize,
    labels: BTreeMap<String, String>,
    taints: BTreeMap<String, Option<String>>,
    bounds: (i32, i32),
    unavailable: i32,
    percentage: bool,
    minimal: bool,
    tags: BTreeMap<String, String>,
}

fn wish() -> impl Strategy<Value = Wish> {
    let words = || proptest::collection::btree_map("[abc]", "[xy]", 0..3);
    let taints = proptest::collection::btree_map("[abc]", proptest::option::of("[xy]"), 0..3);
    let bounds = (0..4i32, 1..4i32).prop_map(|(min, more)| (min, min + more));
    (
        0..3usize,
        0..3usize,
        words(),
        taints,
        bounds,
        1..4i32,
        any::<bool>(),
        any::<bool>(),
        words(),
    )
        .prop_map(
            |(
                instance_type,
                other_type,
                labels,
                taints,
                bounds,
                unavailable,
                percentage,
                minimal,
                tags,
            )| Wish {
                instance_type,
                other_type,
                labels,
                taints,
                bounds,
                unavailable,
                percentage,
                minimal,
                tags,
            },
        )
}

/// Two clusters share a template in one region; a third has it in another region, a fourth in another account.
fn desired(wish: &Wish) -> Desired {
    const TYPES: [&str; 3] = ["m5.large", "m5.xlarge", "m5.2xlarge"];
    let places = [
        ("one", REGION, wish.instance_type),
        ("two", REGION, wish.other_type),
        ("three", "eu-west-1", 0),
        ("four", REGION, wish.other_type),
    ];
    let mut desired = Desired {
        warnings: Vec::new(),
        fleet: "lab".to_owned(),
        templates: Vec::new(),
        groups: Vec::new(),
        clusters: BTreeMap::new(),
    };
    for (index, (cluster, region, size)) in places.into_iter().enumerate() {
        desired
            .templates
            .push(template("demo", cluster, region, content(TYPES[size])));
        let mut group = group("mng", cluster, region, index);
        let spec = &mut group.spec;
        spec.labels = wish.labels.clone();
        spec.taints = wish
            .taints
            .iter()
            .map(|(key, value)| taint(key, value.as_deref()))
            .collect();
        spec.scaling = Some(Scaling {
            min: wish.bounds.0,
            max: wish.bounds.1,
            desired: wish.bounds.0,
        });
        spec.update.max_unavailable = match wish.percentage {
            true => MaxUnavailable::Percentage(wish.unavailable),
            false => MaxUnavailable::Count(wish.unavailable),
        };
        spec.update.strategy = if wish.minimal {
            UpdateStrategy::Minimal
        } else {
            UpdateStrategy::Default
        };
        spec.tags = wish.tags.clone();
        desired.groups.push(group);
    }
    let elsewhere: Site = "us-east-1@profile:prod".parse().expect("a site");
    desired.templates[3].site = elsewhere.clone();
    desired.groups[3].site = elsewhere;
    desired
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn apply_then_plan_again_shows_nothing(first in wish(), second in wish()) {
        let mut observed = empty_account(&desired(&first));
        machines(&mut observed);
        for (minute, wish) in [&first, &second, &first].into_iter().enumerate() {
            let desired = desired(wish);
            let plan = planned(&desired, &observed);
            prop_assert_eq!(&plan.blockers, &[]);
            prop_assert_eq!(&plan, &planned(&desired, &observed));
            let text = crate::files::saved(plan.clone()).to_json();
            prop_assert_eq!(&SavedPlan::from_json(&text, "0.1.0").expect("its own file").plan, &plan);
            observed = perform(&plan, &observed, minute as i64 + 1);
            let again = planned(&desired, &observed);
            prop_assert_eq!(&again.steps, &[]);
            // What the first plan expected of numbers is what came.
            let numbers = |plan: &nodemint_core::plan::Plan| -> Vec<_> {
                plan.node_groups.iter().map(|group| (group.cluster.clone(), group.to_version)).collect()
            };
            prop_assert_eq!(numbers(&plan), numbers(&again));
        }
    }

    #[test]
    fn the_order_of_a_spec_changes_no_step_of_a_group(first in wish(), second in wish()) {
        let observed = settled(&desired(&first));
        let forwards = desired(&second);
        let mut backwards = forwards.clone();
        backwards.templates.reverse();
        backwards.groups.reverse();
        let steps = |desired: &Desired| {
            let plan = planned(desired, &observed);
            let mut ids: Vec<String> = plan.steps.into_iter().map(|step| step.id).collect();
            ids.sort();
            ids
        };
        prop_assert_eq!(steps(&forwards), steps(&backwards));
    }

    #[test]
    fn no_status_of_a_group_is_planned_over(status in "[A-Z_]{0,12}") {
        let mut observed = settled(&fleet());
        the_group(&mut observed).status = status.clone();
        let mut desired = fleet();
        desired.templates[0] = template("demo", CLUSTER, REGION, content("m5.2xlarge"));
        let plan = planned(&desired, &observed);
        let free = ["ACTIVE", "DEGRADED", "CREATING"].contains(&status.as_str());
        prop_assert_eq!(plan.blockers.is_empty(), free);
        prop_assert!(plan.blockers.iter().all(|finding| finding.kind != FindingKind::Warning));
    }
}

/// Two clusters that share a template in a region: one version for equal content, numbers in order for
/// different content.
#[test]
fn a_template_that_two_clusters_share() {
    let base = Wish {
        instance_type: 0,
        other_type: 0,
        labels: BTreeMap::new(),
        taints: BTreeMap::new(),
        bounds: (1, 3),
        unavailable: 1,
        percentage: false,
        minimal: false,
        tags: BTreeMap::new(),
    };
    let versions = |wish: &Wish| -> Vec<(String, i64)> {
        let desired = desired(wish);
        let plan = planned(&desired, &empty_account(&desired));
        plan.launch_templates
            .iter()
            .map(|one| {
                (
                    format!("{} {}", one.site, one.clusters.join("+")),
                    one.version,
                )
            })
            .collect()
    };
    let row = |place: &str, version: i64| (place.to_owned(), version);
    assert_eq!(
        versions(&base),
        [
            row("us-east-1 one+two", 1),
            row("eu-west-1 three", 1),
            row("us-east-1@profile:prod four", 1)
        ]
    );
    let apart = Wish {
        other_type: 1,
        ..base
    };
    assert_eq!(
        versions(&apart),
        [
            row("us-east-1 one", 1),
            row("us-east-1 two", 2),
            row("eu-west-1 three", 1),
            row("us-east-1@profile:prod four", 1)
        ]
    );
}
