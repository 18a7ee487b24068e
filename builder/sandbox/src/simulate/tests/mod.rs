//! Whole lives of node groups, in virtual time.

mod failures;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::eks::kit::*;
use crate::world::{Instance, World};

fn roll(world: &mut World, over: Value) -> Value {
    let answer = call(world, "UpdateNodegroupVersion", group_request(&over)).expect("an update");
    assert_eq!(answer["update"]["status"], "InProgress");
    assert_eq!(group(world)["status"], "UPDATING");
    answer["update"]["id"].clone()
}

fn to_version(version: &str) -> Value {
    json!({"launchTemplate": {"name": "demo", "version": version}})
}

fn alive(world: &World) -> Vec<Instance> {
    let instances = world
        .region(ACCOUNT, REGION)
        .expect("the region")
        .instances
        .values();
    instances
        .filter(|instance| matches!(instance.state.as_str(), "pending" | "running"))
        .cloned()
        .collect()
}

fn types(world: &World) -> Vec<String> {
    alive(world)
        .into_iter()
        .map(|instance| instance.instance_type)
        .collect()
}

/// Goes from event to event until the group has settled, and says what was seen on the way.
fn watch(world: &mut World, mut look: impl FnMut(&World)) {
    while group(world)["status"] == "UPDATING" {
        let next = world
            .next_event_at()
            .expect("something happens to a group that changes");
        world.advance_to(next);
        look(world);
    }
}

#[test]
fn a_group_is_created_rolled_and_rolled_back() {
    let mut world = lab();
    let users_template = world
        .region(ACCOUNT, REGION)
        .expect("the region")
        .launch_templates[TEMPLATE]
        .clone();
    let created = call(&mut world, "CreateNodegroup", create_request(&json!({}))).expect("a group");
    assert_eq!(created["nodegroup"]["status"], "CREATING");
    assert!(created["nodegroup"].get("resources").is_none());
    advance(&mut world, 25);
    assert!(
        alive(&world)
            .iter()
            .all(|instance| instance.state == "pending")
    );
    advance(&mut world, 150);
    let shown = group(&mut world);
    assert_eq!(shown["status"], "ACTIVE");
    assert_eq!(shown["amiType"], "CUSTOM");
    assert_eq!(
        shown["launchTemplate"],
        json!({"id": TEMPLATE, "name": "demo", "version": "1"})
    );
    assert_eq!(types(&world), ["m5.large", "m5.large"]);

    let id = roll(&mut world, to_version("2"));
    let mut peak = 0;
    let mut shown_early = BTreeSet::new();
    watch(&mut world, |world| {
        peak = peak.max(alive(world).len());
        let group = world
            .region(ACCOUNT, REGION)
            .and_then(|r| r.node_group("eksworkshop", "mng-1"));
        let group = group.expect("the group");
        if group.status == "UPDATING" {
            shown_early.extend(
                group
                    .launch_template
                    .as_ref()
                    .map(|(_, _, version)| *version),
            );
        }
    });
    assert_eq!(peak, 2 + 6, "two more nodes per zone");
    assert_eq!(
        shown_early,
        BTreeSet::from([1]),
        "the new version is shown only at the end"
    );
    let done = update(&mut world, &id);
    assert_eq!(done["status"], "Successful");
    assert_eq!(
        done["params"],
        json!([
            {"type": "LaunchTemplateName", "value": "demo"},
            {"type": "LaunchTemplateVersion", "value": "2"},
        ])
    );
    assert_eq!(group(&mut world)["launchTemplate"]["version"], "2");
    assert_eq!(types(&world), ["m5.2xlarge", "m5.2xlarge"]);

    let id = roll(&mut world, to_version("1"));
    settle(&mut world);
    assert_eq!(update(&mut world, &id)["status"], "Successful");
    assert_eq!(group(&mut world)["launchTemplate"]["version"], "1");
    assert_eq!(types(&world), ["m5.large", "m5.large"]);
    let region = world.region(ACCOUNT, REGION).expect("the region");
    assert_eq!(region.launch_templates[TEMPLATE], users_template);
    let sizes = region.auto_scaling_groups.values().next().expect("a group");
    assert_eq!((sizes.min, sizes.max, sizes.desired), (1, 3, 2));
}

#[test]
fn instances_are_spread_and_tagged() {
    let mut world = lab();
    create(
        &mut world,
        &json!({"scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 3}}),
    );
    let zones: BTreeSet<String> = alive(&world)
        .into_iter()
        .map(|instance| instance.zone)
        .collect();
    assert_eq!(zones.len(), 3);
    let instance = alive(&world).remove(0);
    let (template, version) = instance.launch_template.expect("EKS's own template");
    assert_ne!(template, TEMPLATE);
    assert_eq!(version, 1);
    let tags = [
        ("Name", "eksworkshop-mng-1"),
        ("eks:cluster-name", "eksworkshop"),
        ("eks:nodegroup-name", "mng-1"),
        ("kubernetes.io/cluster/eksworkshop", "owned"),
        ("aws:ec2launchtemplate:id", template.as_str()),
        ("aws:ec2launchtemplate:version", "1"),
        (
            "aws:autoscaling:groupName",
            instance.auto_scaling_group.as_deref().expect("a group"),
        ),
    ];
    for (key, value) in tags {
        assert_eq!(
            instance.tags.get(key).map(String::as_str),
            Some(value),
            "{key}"
        );
    }
    let addresses: BTreeSet<String> = alive(&world).into_iter().map(|i| i.private_ip).collect();
    assert_eq!(addresses.len(), 3);
}

#[test]
fn minimal_never_has_more_than_the_wanted_nodes() {
    let mut world = lab();
    let config = json!({"updateConfig": {"updateStrategy": "MINIMAL", "maxUnavailable": 2}, "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 5}});
    create(&mut world, &config);
    let id = roll(&mut world, to_version("2"));
    let (mut least, mut most) = (usize::MAX, 0);
    watch(&mut world, |world| {
        let instances = &world.region(ACCOUNT, REGION).expect("the region").instances;
        most = most.max(
            instances
                .values()
                .filter(|instance| instance.state != "terminated")
                .count(),
        );
        least = least.min(alive(world).len());
    });
    assert_eq!((least, most), (3, 5));
    assert_eq!(update(&mut world, &id)["status"], "Successful");
    assert_eq!(types(&world), ["m5.2xlarge"; 5]);
}

#[test]
fn an_empty_group_is_rolled_without_an_instance() {
    let mut world = lab();
    create(
        &mut world,
        &json!({"scalingConfig": {"minSize": 0, "maxSize": 1, "desiredSize": 0}}),
    );
    let id = roll(&mut world, to_version("2"));
    watch(&mut world, |world| assert_eq!(alive(world).len(), 0));
    assert_eq!(update(&mut world, &id)["status"], "Successful");
    assert_eq!(group(&mut world)["launchTemplate"]["version"], "2");
}

#[test]
fn a_release_can_go_up_and_back() {
    let mut world = world_with(|_| vec![json!({"InstanceType": "m5.large"})]);
    create(&mut world, &json!({"releaseVersion": "1.34.1-20260820"}));
    assert_eq!(group(&mut world)["releaseVersion"], "1.34.1-20260820");
    let id = roll(&mut world, json!({}));
    settle(&mut world);
    assert_eq!(
        group(&mut world)["releaseVersion"],
        "1.34.3-20261012",
        "nothing said: the recommended one"
    );
    let params = json!([
        {"type": "Version", "value": "1.34"},
        {"type": "ReleaseVersion", "value": "1.34.3-20261012"},
    ]);
    assert_eq!(update(&mut world, &id)["params"], params);
    roll(&mut world, json!({"releaseVersion": "1.34.2-20260915"}));
    settle(&mut world);
    assert_eq!(group(&mut world)["releaseVersion"], "1.34.2-20260915");
    let name = "1.34/amazon-linux-2023/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.34-v20260915";
    assert!(
        alive(&world)
            .iter()
            .all(|instance| instance.image == image(&world, name))
    );
}

#[test]
fn settings_change_without_a_roll() {
    let mut world = lab();
    create(
        &mut world,
        &json!({"taints": [{"key": "a", "value": "1", "effect": "NO_SCHEDULE"}]}),
    );
    let before: BTreeSet<String> = alive(&world)
        .into_iter()
        .map(|instance| instance.id)
        .collect();
    let request = group_request(&json!({
        "scalingConfig": {"desiredSize": 3},
        "labels": {"addOrUpdateLabels": {"team": "a"}, "removeLabels": ["role"]},
        "taints": {"removeTaints": [{"key": "a", "value": "1", "effect": "NO_SCHEDULE"}]},
        "updateConfig": {"maxUnavailablePercentage": 50},
    }));
    let answer = call(&mut world, "UpdateNodegroupConfig", request).expect("an update");
    assert_eq!(answer["update"]["type"], "ConfigUpdate");
    assert_eq!(
        group(&mut world)["labels"],
        json!({"role": "managed-ng-worker"})
    );
    settle(&mut world);
    assert_eq!(
        update(&mut world, &answer["update"]["id"])["status"],
        "Successful"
    );
    let shown = group(&mut world);
    assert_eq!(shown["labels"], json!({"team": "a"}));
    assert_eq!(
        shown["scalingConfig"],
        json!({"minSize": 1, "maxSize": 3, "desiredSize": 3})
    );
    assert_eq!(
        shown["updateConfig"],
        json!({"maxUnavailablePercentage": 50, "updateStrategy": "DEFAULT"})
    );
    assert!(shown.get("taints").is_none());
    let after: BTreeSet<String> = alive(&world)
        .into_iter()
        .map(|instance| instance.id)
        .collect();
    assert!(after.is_superset(&before));
    assert_eq!(after.len(), 3);
}

#[test]
fn a_deleted_group_leaves_nothing_behind() {
    let mut world = lab();
    let before = world.clone();
    create(&mut world, &json!({}));
    call(&mut world, "DeleteNodegroup", group_request(&json!({}))).expect("a deletion");
    assert_eq!(group(&mut world)["status"], "DELETING");
    advance(&mut world, 2 * 60 * 60);
    let gone = call(&mut world, "DescribeNodegroup", group_request(&json!({})));
    assert_eq!(gone.expect_err("no group").status, 404);
    let (now, then) = (
        world.region(ACCOUNT, REGION),
        before.region(ACCOUNT, REGION),
    );
    let (now, then) = (now.expect("the region"), then.expect("the region"));
    assert_eq!(now.launch_templates, then.launch_templates);
    assert_eq!(now.auto_scaling_groups, then.auto_scaling_groups);
    assert_eq!(now.subnets, then.subnets);
    assert!(now.instances.is_empty());
    assert!(world.agenda.is_empty());
}

/// The story, with the world saved and read again after every step if `saved`, and with time passing in
/// steps of so many seconds.
fn story(saved: bool, step: i64) -> String {
    let mut world = lab();
    let mut call_and_wait = |operation: &str, request: Value| {
        call(&mut world, operation, request).expect("a valid request");
        for _ in 0..(3600 / step) {
            advance(&mut world, step);
        }
        if saved {
            let text = world.to_json().expect("a world can be written");
            world = World::from_json(&text).expect("what was written can be read");
        }
    };
    call_and_wait("CreateNodegroup", create_request(&json!({})));
    call_and_wait("UpdateNodegroupVersion", group_request(&to_version("2")));
    call_and_wait("UpdateNodegroupVersion", group_request(&to_version("1")));
    world.to_json().expect("a world can be written")
}

#[test]
fn the_same_seed_and_calls_give_the_same_bytes() {
    let once = story(false, 3600);
    assert_eq!(story(false, 3600), once);
    assert_eq!(story(true, 3600), once, "saved in between");
    assert_eq!(story(false, 60), once, "however finely time passes");
}
