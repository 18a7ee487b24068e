//! Pruning on an AWS whose every call can fail, and where groups move between the question and the answer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use nodemint_core::observed::{GroupTemplate, Instance, ObservedTemplate};
use nodemint_core::prune::{Policy, Reason, Wishes, judge};
use nodemint_core::uses::{AutoScalingGroup, User, Uses};
use nodemint_engine::ports::{Cloud, Clouds, Effect, ErrorKind};
use nodemint_engine::prune::{Order, Pruned, Stop, Terms, prune};
use nodemint_engine::survey::{Surveyed, Wanted, survey};

use crate::support::fleet::lab;
use crate::support::world::Fault;
use crate::support::{Rig, block_on};

const ALL: Policy = Policy {
    keep: 0,
    older_than: SignedDuration::ZERO,
};

/// The lab on version 1 of `versions`, which is the default.
async fn rig(versions: i64) -> Rig {
    let rig = Rig::new();
    rig.run(&lab("m5.large")).await.expect("to begin with");
    rig.world(|world| {
        let template = world.templates.get_mut("demo").expect("the template");
        for number in 2..=versions {
            let mut version = template.versions[0].clone();
            version.number = number;
            version.data.instance_type = Some(format!("m{number}.large"));
            template.versions.insert(0, version);
        }
        template.latest_version = versions;
        world.calls.clear();
    });
    rig
}

fn template(rig: &Rig) -> ObservedTemplate {
    rig.world(|world| world.templates["demo"].clone())
}

fn numbers(rig: &Rig) -> BTreeSet<i64> {
    template(rig)
        .versions
        .iter()
        .map(|one| one.number)
        .collect()
}

async fn look(cloud: &dyn Cloud, template: &ObservedTemplate) -> Surveyed {
    let wanted = Wanted {
        templates: &BTreeSet::from([template.id.clone()]),
        updates: true,
        clusters: &BTreeSet::from(["eksworkshop".to_owned()]),
    };
    survey(cloud, &wanted).await.expect("to look")
}

/// What may go, and then goes; `between` happens after the question was answered.
async fn run(rig: &Rig, between: impl FnOnce(&Rig)) -> (Pruned, Option<Stop>) {
    let clouds = rig.clouds();
    let cloud = clouds.at(&"us-east-1".into()).await.expect("a cloud");
    let template = template(rig);
    let surveyed = look(cloud.as_ref(), &template).await;
    assert_eq!(surveyed.denied, []);
    let uses = Uses::of(&template, &surveyed.survey);
    let wishes = Wishes::default();
    let now = rig.world(|world| world.now);
    let verdicts = judge(&template, &uses, &wishes, &ALL, now);
    let agreed = verdicts.iter().filter(|one| one.may_go());
    let agreed: BTreeSet<i64> = agreed.map(|one| one.version).collect();
    between(rig);
    let order = Order {
        template: &template,
        agreed: &agreed,
        wishes: &wishes,
    };
    let terms = Terms {
        policy: &ALL,
        clusters: &BTreeSet::new(),
        now,
    };
    let (mut pruned, stopped) = prune(cloud.as_ref(), &[order], &terms).await;
    (pruned.remove(0), stopped)
}

fn set(numbers: impl IntoIterator<Item = i64>) -> BTreeSet<i64> {
    numbers.into_iter().collect()
}

#[test]
fn what_is_left_is_what_is_used() {
    block_on(async {
        let rig = rig(7).await;
        let id = template(&rig).id;
        rig.world(|world| {
            world.auto_scaling_groups = vec![AutoScalingGroup {
                name: "batch".to_owned(),
                templates: vec![GroupTemplate {
                    id: None,
                    name: Some("demo".to_owned()),
                    version: Some("3".to_owned()),
                }],
            }];
            let instance = Instance {
                id: "i-1".to_owned(),
                instance_type: "m5.large".to_owned(),
                image_id: "ami-1".to_owned(),
                zone: "us-east-1a".to_owned(),
                state: "running".to_owned(),
                launched_at: None,
                template_version: Some("5".to_owned()),
            };
            world.template_instances = BTreeMap::from([(id, vec![instance])]);
        });
        let (pruned, stopped) = run(&rig, |_| ()).await;
        assert_eq!(pruned.deleted, set([2, 4, 6]));
        assert_eq!((stopped, pruned.refused), (None, BTreeMap::new()));
        assert_eq!(numbers(&rig), set([1, 3, 5, 7]));
        let again = run(&rig, |_| ()).await;
        assert_eq!(again.0, Pruned::default(), "nothing is left to prune");
        assert_eq!(
            rig.world(|world| world.count("delete_launch_template_versions")),
            1
        );
    });
}

#[test]
fn a_group_that_moves_in_between_keeps_its_version() {
    block_on(async {
        let rig = rig(5).await;
        let moved = |rig: &Rig| {
            rig.world(|world| {
                let group = world.groups.get_mut("mng-1").expect("the group");
                let on = group.shown.launch_template.as_mut().expect("a template");
                on.version = Some("3".to_owned());
                world.templates.get_mut("demo").expect("it").default_version = 4;
            });
        };
        let (pruned, _) = run(&rig, moved).await;
        // 2 is where the group would go back to now, 4 has become the default.
        let user = User::NodeGroup {
            cluster: "eksworkshop".to_owned(),
            name: "mng-1".to_owned(),
        };
        assert!(
            pruned.kept[&3].contains(&Reason::Used { by: user }),
            "{pruned:?}"
        );
        assert_eq!(
            pruned.kept.keys().copied().collect::<BTreeSet<_>>(),
            set([2, 3, 4])
        );
        assert_eq!(
            (pruned.deleted, numbers(&rig)),
            (set([]), set([1, 2, 3, 4, 5]))
        );
    });
}

#[test]
fn what_others_deleted_is_gone_and_no_failure() {
    block_on(async {
        let rig = rig(5).await;
        let (pruned, stopped) = run(&rig, |rig| {
            rig.world(|world| {
                let template = world.templates.get_mut("demo").expect("the template");
                template.versions.retain(|version| version.number != 3);
            });
        })
        .await;
        assert_eq!((pruned.deleted, pruned.gone), (set([2, 4]), set([3])));
        assert_eq!(stopped, None);

        let rig = rig_and_no_template().await;
        assert_eq!((rig.gone, rig.deleted), (set([2, 3]), set([])));
    });
}

async fn rig_and_no_template() -> Pruned {
    let rig = rig(4).await;
    run(&rig, |rig| rig.world(|world| world.templates.clear()))
        .await
        .0
}

#[test]
fn batches_are_of_two_hundred_and_each_is_looked_at_again() {
    block_on(async {
        let rig = rig(452).await;
        let (pruned, _) = run(&rig, |_| ()).await;
        assert_eq!(pruned.deleted.len(), 450);
        let count = |verb| rig.world(|world| world.count(verb));
        assert_eq!(count("delete_launch_template_versions"), 3);
        assert_eq!(
            count("node_group_names"),
            1 + 3,
            "before the question, and before each batch"
        );
        assert_eq!(numbers(&rig), set([1, 452]));
    });
}

#[test]
fn templates_of_a_site_share_a_look() {
    block_on(async {
        let rig = rig(252).await;
        let (first, wishes) = (template(&rig), Wishes::default());
        let second = rig.world(|world| {
            let id = world.id("lt");
            let mut second = world.templates["demo"].clone();
            (second.id, second.name) = (id, "other".to_owned());
            world.templates.insert("other".to_owned(), second.clone());
            second
        });
        let (of_first, of_second) = (set(2..=251), set(2..=11));
        let order = |template, agreed| Order {
            template,
            agreed,
            wishes: &wishes,
        };
        let orders = [order(&first, &of_first), order(&second, &of_second)];
        let terms = Terms {
            policy: &ALL,
            clusters: &BTreeSet::new(),
            now: rig.world(|world| world.now),
        };
        let clouds = rig.clouds();
        let cloud = clouds.at(&"us-east-1".into()).await.expect("a cloud");
        let (pruned, stopped) = prune(cloud.as_ref(), &orders, &terms).await;
        let deleted: Vec<&BTreeSet<i64>> = pruned.iter().map(|one| &one.deleted).collect();
        assert_eq!((deleted, stopped), (vec![&of_first, &of_second], None));
        let count = |verb| rig.world(|world| world.count(verb));
        assert_eq!(count("delete_launch_template_versions"), 3);
        assert_eq!(count("node_group_names"), 2, "once a round");
    });
}

/// Not knowing is not the same as unused: each read that is refused later stops it before a deletion.
#[test]
fn a_read_that_is_refused_stops_it() {
    block_on(async {
        for verb in [
            "cluster_names",
            "node_group_names",
            "node_group",
            "update_ids",
            "auto_scaling_groups",
            "template_instances",
        ] {
            let rig = rig(4).await;
            let (_, stopped) = run(&rig, |rig| {
                rig.world(|world| world.fail(verb, 0, Fault::Refuse(ErrorKind::AccessDenied)));
            })
            .await;
            match &stopped {
                Some(Stop::Unknown(error)) => assert_eq!(error.operation, verb),
                other => panic!("{verb}: {other:?}"),
            }
            assert_eq!(numbers(&rig), set([1, 2, 3, 4]), "{verb}");
        }
    });
}

/// What was deleted until then is told, and the next run goes on.
#[test]
fn a_failure_in_between_loses_nothing_that_is_known() {
    block_on(async {
        let rig = rig(302).await;
        let lost = Fault::Lose(ErrorKind::Network);
        rig.world(|world| world.fail("delete_launch_template_versions", 2, lost));
        let (pruned, stopped) = run(&rig, |_| ()).await;
        assert_eq!(pruned.deleted.len(), 200);
        match stopped {
            Some(Stop::Cloud(error)) => assert_eq!(error.effect, Effect::Maybe),
            other => panic!("{other:?}"),
        }
        rig.world(|world| world.faults.clear());
        let again = run(&rig, |_| ()).await;
        assert_eq!(again.1, None);
        assert_eq!(numbers(&rig), set([1, 302]));
    });
}

#[test]
fn who_may_not_list_clusters_asks_those_that_are_known() {
    block_on(async {
        let rig = rig(2).await;
        rig.world(|world| world.fail("cluster_names", 0, Fault::Refuse(ErrorKind::AccessDenied)));
        let clouds = rig.clouds();
        let cloud = clouds.at(&"us-east-1".into()).await.expect("a cloud");
        let surveyed = look(cloud.as_ref(), &template(&rig)).await;
        let denied: Vec<&str> = surveyed
            .denied
            .iter()
            .map(|error| error.operation)
            .collect();
        assert_eq!(denied, ["cluster_names"]);
        let groups = surveyed.survey.node_groups.iter();
        assert_eq!(
            groups.map(|group| group.name.as_str()).collect::<Vec<_>>(),
            ["mng-1"]
        );
    });
}
