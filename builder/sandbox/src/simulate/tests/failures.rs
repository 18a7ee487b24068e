//! What goes wrong, and what a node group is like afterwards.

use serde_json::json;

use super::{alive, roll, to_version, types};
use crate::eks::kit::*;
use crate::seed::Seed;
use crate::world::World;

/// The built-in account with a failure of `mng-1`.
fn unlucky(failure: &str) -> World {
    let failures = format!(
        "    failures: [{{cluster: eksworkshop, nodeGroup: mng-1, {failure}}}]\n  eu-west-1:"
    );
    let text = Seed::builtin_text().replace("  eu-west-1:", &failures);
    world_from(&Seed::parse(&text).expect("a valid seed"), lab_versions)
}

#[test]
fn a_failed_update_goes_back_and_the_next_one_may_succeed() {
    let rows = [
        (
            "on: drain, code: PodEvictionFailure, afterNodes: 1",
            "PodEvictionFailure",
            "Reached max retries while trying to evict pods from nodes in node group mng-1",
            "ip-192-168-",
        ),
        (
            "on: join, code: NodeCreationFailure",
            "NodeCreationFailure",
            "Instances failed to join the kubernetes cluster",
            "i-",
        ),
        (
            "on: join, code: IpNotAvailable, message: none left",
            "IpNotAvailable",
            "none left",
            "i-",
        ),
    ];
    for (failure, code, message, resource) in rows {
        let mut world = unlucky(failure);
        create(&mut world, &json!({}));
        let id = roll(&mut world, to_version("2"));
        settle(&mut world);
        let failed = update(&mut world, &id);
        assert_eq!(failed["status"], "Failed", "{failure}");
        let error = &failed["errors"][0];
        assert_eq!(
            (error["errorCode"].as_str(), error["errorMessage"].as_str()),
            (Some(code), Some(message))
        );
        assert!(
            error["resourceIds"][0]
                .as_str()
                .is_some_and(|id| id.starts_with(resource)),
            "{failed}"
        );
        assert_eq!(
            group(&mut world)["launchTemplate"]["version"],
            "1",
            "{failure}"
        );
        assert_eq!(types(&world), ["m5.large", "m5.large"], "{failure}");

        let id = roll(&mut world, to_version("2"));
        settle(&mut world);
        assert_eq!(update(&mut world, &id)["status"], "Successful", "{failure}");
    }
}

#[test]
fn force_evicts_past_a_budget() {
    let mut world = unlucky("on: drain, code: PodEvictionFailure");
    create(&mut world, &json!({}));
    let mut request = to_version("2");
    request["force"] = json!(true);
    let id = roll(&mut world, request);
    settle(&mut world);
    assert_eq!(update(&mut world, &id)["status"], "Successful");
}

#[test]
fn what_eks_finds_only_afterwards() {
    let plain = json!({"InstanceType": "m5.large", "UserData": encoded("#!/bin/bash\n")});
    let no_user_data = |world: &World| {
        let mut data = lab_versions(world).remove(0);
        data.as_object_mut().expect("an object").remove("UserData");
        data
    };
    let no_bootstrap = |world: &World| {
        let mut data = lab_versions(world).remove(0);
        data["UserData"] = json!(encoded(MULTIPART));
        data
    };
    let mut world =
        world_with(|world| vec![plain.clone(), no_user_data(world), no_bootstrap(world)]);
    let rows = [
        (
            "1",
            "Ec2LaunchTemplateInvalidConfiguration",
            "User data was not in the MIME multipart format.",
        ),
        (
            "2",
            "NodeCreationFailure",
            "Instances failed to join the kubernetes cluster",
        ),
        (
            "3",
            "NodeCreationFailure",
            "Instances failed to join the kubernetes cluster",
        ),
    ];
    for (version, code, message) in rows {
        call(
            &mut world,
            "CreateNodegroup",
            create_request(&to_version(version)),
        )
        .expect("taken at first");
        settle(&mut world);
        let failed = group(&mut world);
        assert_eq!(failed["status"], "CREATE_FAILED");
        assert_eq!(failed["health"]["issues"][0]["code"], code);
        assert_eq!(failed["health"]["issues"][0]["message"], message);
        call(&mut world, "DeleteNodegroup", group_request(&json!({}))).expect("it can be deleted");
        advance(&mut world, 120);
    }

    let mut world = world_with(|_| vec![json!({"InstanceType": "m5.large"}), plain]);
    create(&mut world, &json!({}));
    let id = roll(&mut world, to_version("2"));
    settle(&mut world);
    let failed = update(&mut world, &id);
    assert_eq!(
        (&failed["status"], &failed["errors"][0]["errorCode"]),
        (&json!("Failed"), &json!("Unknown"))
    );
    assert_eq!(group(&mut world)["launchTemplate"]["version"], "1");
}

#[test]
fn an_image_without_bootstrap_fails_an_update_and_the_group_goes_back() {
    for strategy in ["DEFAULT", "MINIMAL"] {
        let mut world = world_with(|world| {
            let mut versions = lab_versions(world);
            versions[1]
                .as_object_mut()
                .expect("an object")
                .remove("UserData");
            versions
        });
        create(
            &mut world,
            &json!({"updateConfig": {"updateStrategy": strategy}}),
        );
        let id = roll(&mut world, to_version("2"));
        settle(&mut world);
        let failed = update(&mut world, &id);
        assert_eq!(
            failed["errors"][0]["errorCode"], "NodeCreationFailure",
            "{strategy}"
        );
        assert_eq!(types(&world), ["m5.large", "m5.large"], "{strategy}");
    }
}

#[test]
fn full_subnets_fail_an_update() {
    let text = Seed::builtin_text().replace("availableIps: 8187", "availableIps: 1");
    let mut world = world_from(&Seed::parse(&text).expect("a valid seed"), lab_versions);
    create(&mut world, &json!({}));
    let id = roll(&mut world, to_version("2"));
    settle(&mut world);
    assert_eq!(
        update(&mut world, &id)["errors"][0]["errorCode"],
        "InsufficientFreeAddresses"
    );
    assert_eq!(types(&world), ["m5.large", "m5.large"]);
}

#[test]
fn a_deleted_template_of_eks_fails_an_update() {
    // before the update's setup, and between setup and surge
    for seconds in [0, 31] {
        let mut world = lab();
        create(&mut world, &json!({}));
        let id = roll(&mut world, to_version("2"));
        advance(&mut world, seconds);
        let templates = &mut world.region_mut(ACCOUNT, REGION).launch_templates;
        templates.retain(|id, _| id == TEMPLATE);
        settle(&mut world);
        let failed = update(&mut world, &id);
        assert_eq!(failed["status"], "Failed");
        assert_eq!(failed["errors"][0]["errorCode"], "Unknown");
        assert_eq!(alive(&world).len(), 2, "its nodes run on");
    }
}

/// A deletion that fails leaves a group without nodes, which takes nothing but another deletion.
#[test]
fn a_deletion_that_fails_can_be_tried_again() {
    let mut world = unlucky("on: delete, code: Ec2SecurityGroupDeletionFailure");
    create(&mut world, &json!({}));
    call(&mut world, "DeleteNodegroup", group_request(&json!({}))).expect("a deletion");
    advance(&mut world, 300);
    let failed = group(&mut world);
    assert_eq!(failed["status"], "DELETE_FAILED");
    assert_eq!(
        failed["health"]["issues"][0]["code"],
        "Ec2SecurityGroupDeletionFailure"
    );
    let other = call(
        &mut world,
        "UpdateNodegroupConfig",
        group_request(&json!({"scalingConfig": {"desiredSize": 1}})),
    );
    assert_eq!(other.expect_err("no update").status, 409);
    call(&mut world, "DeleteNodegroup", group_request(&json!({}))).expect("another deletion");
    advance(&mut world, 300);
    let gone = call(&mut world, "DescribeNodegroup", group_request(&json!({})));
    assert_eq!(gone.expect_err("no group").status, 404);
}
