//! Whose things a plan changes, and how they are taken over.

use nodemint_core::desired::Desired;
use nodemint_core::observed::Observed;
use nodemint_core::plan::{
    Adopt, Back, Context, FindingKind, GroupAction, OWNER_TAG, Plan, RollbackTo, Scope,
    moved_by_others, plan, rollback,
};

use crate::support::*;

/// Whose the template and the group are: none is nobody's.
type Owners = (Option<&'static str>, Option<&'static str>);

struct Row {
    name: &'static str,
    owners: Owners,
    change: fn(&mut Desired),
    adopt: &'static [&'static str],
    steps: &'static str,
    /// `subject: words`
    blockers: &'static [&'static str],
    /// words of the warnings about ownership
    warnings: &'static [&'static str],
}

const OURS: Option<&str> = Some("lab");
const NOBODYS: Owners = (None, None);
const MINT_AND_ROLL: fn(&mut Desired) = |desired| {
    desired.templates[0] = template("demo", CLUSTER, REGION, content("m5.2xlarge"));
};
const LABEL: fn(&mut Desired) = |desired| {
    desired.groups[0]
        .spec
        .labels
        .insert("a".to_owned(), "b".to_owned());
};
const TAG: fn(&mut Desired) = |desired| {
    desired.groups[0]
        .spec
        .tags
        .insert("team".to_owned(), "a".to_owned());
};
const NOTHING: fn(&mut Desired) = |_| {};

const ROWS: &[Row] = &[
    Row {
        name: "ours",
        owners: (OURS, OURS),
        change: MINT_AND_ROLL,
        adopt: &[""],
        steps: "mint roll",
        blockers: &[],
        warnings: &[],
    },
    Row {
        name: "nobody's, and nothing to do",
        owners: NOBODYS,
        change: NOTHING,
        adopt: &[],
        steps: "",
        blockers: &[],
        warnings: &[
            "nobody's, by the tag nodemint:fleet: launch template us-east-1/demo, node group eksworkshop/mng-1",
        ],
    },
    Row {
        name: "nobody's, and a new version",
        owners: NOBODYS,
        change: MINT_AND_ROLL,
        adopt: &[],
        steps: "mint roll",
        blockers: &[
            "launch template us-east-1/demo: it is nobody's",
            "node group eksworkshop/mng-1: it is nobody's",
        ],
        warnings: &[],
    },
    Row {
        name: "a group that others made, on our template",
        owners: (OURS, None),
        change: LABEL,
        adopt: &[],
        steps: "configure",
        blockers: &["node group eksworkshop/mng-1: it is nobody's"],
        warnings: &[],
    },
    Row {
        name: "our group, on a template that others made",
        owners: (None, OURS),
        change: TAG,
        adopt: &[],
        steps: "tag",
        blockers: &[],
        warnings: &["nobody's, by the tag nodemint:fleet: launch template us-east-1/demo;"],
    },
    Row {
        name: "taken over, with something to do",
        owners: NOBODYS,
        change: MINT_AND_ROLL,
        adopt: &[""],
        steps: "adopt adopt mint roll",
        blockers: &[],
        warnings: &[],
    },
    Row {
        name: "taken over, with a tag to set",
        owners: (OURS, None),
        change: TAG,
        adopt: &[""],
        steps: "adopt tag",
        blockers: &[],
        warnings: &[],
    },
    Row {
        name: "taken over, and nothing else",
        owners: NOBODYS,
        change: NOTHING,
        adopt: &[""],
        steps: "adopt adopt",
        blockers: &[],
        warnings: &[],
    },
    Row {
        name: "another fleet's is not taken over by the way",
        owners: (Some("other"), None),
        change: MINT_AND_ROLL,
        adopt: &[""],
        steps: "adopt mint roll",
        blockers: &["launch template us-east-1/demo: it belongs to the fleet `other`"],
        warnings: &[],
    },
    Row {
        name: "another fleet's, by its name",
        owners: (Some("other"), Some("other")),
        change: MINT_AND_ROLL,
        adopt: &["fleet:other"],
        steps: "adopt adopt mint roll",
        blockers: &[],
        warnings: &[],
    },
    Row {
        name: "another fleet's, by the things' names",
        owners: (Some("other"), Some("third")),
        change: MINT_AND_ROLL,
        adopt: &["demo", "eksworkshop/mng-1"],
        steps: "adopt adopt mint roll",
        blockers: &[],
        warnings: &[],
    },
    Row {
        name: "one of two by its name",
        owners: NOBODYS,
        change: MINT_AND_ROLL,
        adopt: &["mng-1"],
        steps: "adopt mint roll",
        blockers: &["launch template us-east-1/demo: it is nobody's"],
        warnings: &[],
    },
    Row {
        name: "a name that nothing has",
        owners: (OURS, OURS),
        change: NOTHING,
        adopt: &["mng-7"],
        steps: "",
        blockers: &[],
        warnings: &["`--adopt=mng-7` takes nothing over"],
    },
];

fn owned(observed: &mut Observed, (template, group): Owners) {
    let set = |tags: &mut nodemint_core::desired::Tags, owner: Option<&str>| {
        tags.remove(OWNER_TAG);
        tags.extend(owner.map(|owner| (OWNER_TAG.to_owned(), owner.to_owned())));
    };
    set(&mut the_template(observed).tags, template);
    set(&mut the_group(observed).tags, group);
}

fn adopting(words: &[&str]) -> Context {
    Context {
        adopt: Adopt::of(words.iter().copied()),
        ..context()
    }
}

fn verbs(plan: &Plan) -> String {
    let verbs = plan
        .steps
        .iter()
        .filter_map(|step| step.id.split(' ').next());
    verbs.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_not_the_fleets_is_changed_only_once_it_is_taken_over() {
    for row in ROWS {
        let (mut desired, mut observed) = (fleet(), settled(&fleet()));
        owned(&mut observed, row.owners);
        (row.change)(&mut desired);
        let made = plan(&desired, &observed, &adopting(row.adopt));
        assert_eq!(verbs(&made), row.steps, "{}", row.name);
        let blockers: Vec<String> = made
            .blockers
            .iter()
            .map(|finding| {
                assert_eq!(finding.kind, FindingKind::Preflight, "{}", row.name);
                assert!(
                    finding
                        .hint
                        .as_ref()
                        .is_some_and(|hint| hint.contains("--adopt"))
                );
                format!("{}: {}", finding.subject, finding.message)
            })
            .collect();
        let about = |finding: &&nodemint_core::plan::Finding| finding.subject == "ownership";
        let warnings: Vec<String> = made
            .warnings
            .iter()
            .filter(about)
            .map(|one| one.message.clone())
            .collect();
        for (found, words) in [(&blockers, row.blockers), (&warnings, row.warnings)] {
            assert_eq!(found.len(), words.len(), "{}: {found:?}", row.name);
            let fits = found
                .iter()
                .zip(words)
                .all(|(found, words)| found.contains(words));
            assert!(fits, "{}: {found:?}", row.name);
        }
        if blockers.is_empty() {
            let after = perform(&made, &observed, 9);
            assert_eq!(planned(&desired, &after).steps, [], "{}", row.name);
            // Whoever takes over once more takes nothing.
            assert_eq!(
                plan(&desired, &after, &adopting(row.adopt)).steps,
                [],
                "{}",
                row.name
            );
        }
    }
}

#[test]
fn what_is_taken_over_is_shown() {
    let (desired, mut observed) = (fleet(), settled(&fleet()));
    owned(&mut observed, (None, Some("other")));
    let made = plan(&desired, &observed, &adopting(&["", "fleet:other"]));
    let shown = [
        &made.launch_templates[0].adopted,
        &made.node_groups[0].adopted,
    ];
    let change = |from: Option<&str>| (from.map(str::to_owned), Some("lab".to_owned()));
    let told = shown.map(|one| one.as_ref().map(|one| (one.from.clone(), one.to.clone())));
    assert_eq!(told, [Some(change(None)), Some(change(Some("other")))]);
    assert_eq!(made.node_groups[0].action, GroupAction::Configure);
    assert!(made.has_changes());
}

/// A plan that was killed after it had taken things over is no stale one; one whose things somebody else took
/// meanwhile is.
#[test]
fn taking_over_makes_no_plan_stale_by_itself() {
    let (mut desired, mut observed) = (fleet(), settled(&fleet()));
    MINT_AND_ROLL(&mut desired);
    owned(&mut observed, NOBODYS);
    let made = plan(&desired, &observed, &adopting(&[""]));
    let mut begun = observed.clone();
    owned(&mut begun, (OURS, None));
    assert_eq!(moved_by_others(&made, &begun), []);
    owned(&mut begun, (OURS, OURS));
    assert_eq!(moved_by_others(&made, &begun), []);
    owned(&mut begun, (Some("other"), None));
    let moved = moved_by_others(&made, &begun);
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(
        (moved[0].fact.as_str(), moved[0].now.as_deref()),
        ("owner", Some("other"))
    );
}

#[test]
fn a_rollback_asks_whose_the_group_is() {
    let mut observed = settled(&fleet());
    let mut desired = fleet();
    MINT_AND_ROLL(&mut desired);
    observed = perform(&planned(&desired, &observed), &observed, 2);
    let back = |observed: &Observed, words: &[&str]| {
        let groups = [Back {
            cluster: CLUSTER.to_owned(),
            group: "mng-1".to_owned(),
            settings: settings(),
        }];
        let scope = Scope::of(&desired);
        let context = adopting(words);
        rollback(
            "lab",
            &groups,
            RollbackTo::Previous,
            &scope,
            observed,
            &context,
        )
    };
    assert_eq!(verbs(&back(&observed, &[])), "roll");
    // The template is only read: whose it is does not matter.
    owned(&mut observed, NOBODYS);
    let refused = back(&observed, &[]);
    assert_eq!(refused.blockers.len(), 1);
    assert!(refused.blockers[0].message.contains("nobody's"));
    let taken = back(&observed, &[""]);
    assert_eq!(
        (verbs(&taken), taken.blockers.len()),
        ("adopt roll".to_owned(), 0)
    );
}
