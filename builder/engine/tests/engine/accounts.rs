//! Two clusters of one region, each reached with credentials of its own: in two accounts, or in one.

use std::sync::{Arc, Mutex};

use nodemint_core::desired::Desired;
use nodemint_core::plan::Op;
use nodemint_core::site::Access;
use nodemint_engine::apply::{ApplyError, Options, Outcome};

use crate::support::fleet::{LAB, desired_on};
use crate::support::world::{World, cluster};
use crate::support::{Rig, block_on, options};

const ROLE: &str = "arn:aws:iam::222233334444:role/deploy";

fn role() -> Access {
    Access {
        profile: None,
        assume_role_arn: Some(ROLE.to_owned()),
    }
}

fn with_cluster(mut world: World, name: &str) -> World {
    world.clusters.insert(name.to_owned(), cluster(name));
    world
}

/// The lab with a second cluster behind the role, on the same launch template, in the same subnets.
fn two_clusters(instance_type: &str) -> Desired {
    let text = LAB.replace("m5.large", instance_type).replace(
        "launchTemplates:",
        &format!("  - {{name: other, region: us-east-1, assumeRoleArn: {ROLE}}}\nlaunchTemplates:"),
    );
    let (head, group) = text.split_once("nodeGroups:\n").expect("groups");
    let second = group
        .replace("mng-1", "mng-2")
        .replace("eksworkshop", "other");
    let rig = Rig {
        world: Arc::new(Mutex::new(with_cluster(World::lab(), "other"))),
        ..Rig::new()
    };
    desired_on(&rig, &format!("{head}nodeGroups:\n{group}{second}"))
}

/// The role leads into an account of its own.
fn two_accounts() -> Rig {
    let mut rig = Rig::new();
    let mut other = with_cluster(World::lab(), "other");
    other.account = "222233334444";
    rig.others.insert(role(), Arc::new(Mutex::new(other)));
    rig
}

/// The role leads into the account that the command's own credentials are for.
fn one_account() -> Rig {
    let mut rig = Rig {
        world: Arc::new(Mutex::new(with_cluster(World::lab(), "other"))),
        ..Rig::new()
    };
    rig.others.insert(role(), rig.world.clone());
    rig
}

impl Rig {
    fn other<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        with(&mut self.others[&role()].lock().expect("no panic"))
    }
}

#[test]
fn one_template_name_in_two_accounts() {
    block_on(async {
        let rig = two_accounts();
        for (instance_type, version) in [("m5.large", 1), ("m5.2xlarge", 2)] {
            let desired = two_clusters(instance_type);
            assert_eq!(rig.run(&desired).await.expect("to apply"), Outcome::Done);
            rig.settled(&desired).await;
            let shown = |world: &mut World| {
                let template = &world.templates["demo"];
                let groups: Vec<String> = world.groups.keys().cloned().collect();
                (template.latest_version, groups)
            };
            assert_eq!(rig.world(shown), (version, vec!["mng-1".to_owned()]));
            assert_eq!(rig.other(shown), (version, vec!["mng-2".to_owned()]));
        }
        let tokens = |world: &mut World| -> Vec<String> { world.tokens.keys().cloned().collect() };
        let (own, others) = (rig.world(tokens), rig.other(tokens));
        assert!(
            own.iter().all(|token| !others.contains(token)),
            "{own:?} {others:?}"
        );
    });
}

/// A saved plan that was begun in both accounts is finished by applying it again; what other hands do in the
/// second one is not taken for its own doing.
#[test]
fn a_saved_plan_over_two_accounts() {
    block_on(async {
        let rig = two_accounts();
        let plan = rig.plan(&two_clusters("m5.large")).await;
        let running = Options {
            wait: false,
            ..options()
        };
        rig.apply(&plan, running).await.expect("to begin");
        assert_eq!(
            rig.apply(&plan, options()).await.expect("to end"),
            Outcome::Done
        );
        rig.settled(&two_clusters("m5.large")).await;

        let plan = rig.plan(&two_clusters("m5.2xlarge")).await;
        rig.other(|world| {
            let template = world.templates.get_mut("demo").expect("the template");
            let mut version = template.versions[0].clone();
            version.number = 2;
            template.latest_version = 2;
            template.versions.insert(0, version);
        });
        match rig.apply(&plan, options()).await {
            Err(ApplyError::Stale { moved }) => assert_eq!(
                moved[0].subject,
                format!("launch template us-east-1@{ROLE}/demo")
            ),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn credentials_that_lead_elsewhere_or_that_one_side_does_not_know() {
    block_on(async {
        let rig = two_accounts();
        let plan = rig.plan(&two_clusters("m5.large")).await;

        let mut unknown = plan.clone();
        unknown.accounts.remove(&role());
        let mut unread = plan.clone();
        unread.base.scope.clusters.remove("other");
        let mut outside = unread.clone();
        outside.accounts.remove(&role());
        let elsewhere = plan.clone();
        let rows = [
            (unknown, "222233334444", "is for account none that is known"),
            (
                unread,
                "222233334444",
                &format!("of `{ROLE}` are for none that is known"),
            ),
            (outside, "222233334444", "is for account none that is known"),
            (
                elsewhere,
                "333344445555",
                &format!(
                    "is for account 222233334444, and the credentials of `{ROLE}` are for 333344445555"
                ),
            ),
        ];
        for (plan, account, words) in rows {
            rig.other(|world| world.account = account);
            match rig.apply(&plan, options()).await {
                Err(error @ ApplyError::OtherAccount { .. }) => {
                    let message = error.to_string();
                    assert!(message.contains(words), "{words}: {message}");
                }
                other => panic!("{words}: {other:?}"),
            }
        }
        assert_eq!(rig.world(|world| world.take_writes()), [""; 0]);
        assert_eq!(rig.other(|world| world.take_writes()), [""; 0]);
    });
}

/// A role for each cluster, all in one account: there is one launch template, and it is made once.
#[test]
fn one_template_behind_two_credentials() {
    block_on(async {
        let rig = one_account();
        for (instance_type, version) in [("m5.large", 2), ("m5.2xlarge", 4)] {
            let desired = two_clusters(instance_type);
            let plan = rig.plan(&desired).await;
            let creates = plan.steps.iter();
            let creates = creates.filter(|step| matches!(step.op, Op::CreateLaunchTemplate(_)));
            assert_eq!(creates.count(), usize::from(version == 2));
            let numbers: Vec<i64> = plan
                .launch_templates
                .iter()
                .map(|one| one.version)
                .collect();
            assert_eq!(numbers, [version - 1, version]);
            let begun = Options {
                wait: false,
                ..options()
            };
            rig.apply(&plan, begun).await.expect("to begin");
            assert_eq!(
                rig.apply(&plan, options()).await.expect("to end"),
                Outcome::Done
            );
            rig.settled(&desired).await;
            assert_eq!(
                rig.world(|world| world.templates["demo"].latest_version),
                version
            );
        }
    });
}
