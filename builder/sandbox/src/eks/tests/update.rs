//! What the updates of a node group refuse, a row each: request → error.

use serde_json::{Value, json};

use super::{NOT_FOUND, PARAMETER, REQUEST};
use crate::eks::kit::*;
use crate::world::World;

/// Every row is refused, and leaves the world as it was.
fn refused(world: &mut World, operation: &str, rows: &[(Value, &str, &str)]) {
    let before = world.clone();
    for (over, code, text) in rows {
        let answer = call(world, operation, group_request(over));
        assert_error(answer, code, text, &over.to_string());
        assert_eq!(*world, before, "{over}: a refused request changes nothing");
    }
}

#[test]
fn update_refuses_on_a_group_with_an_image_of_its_own() {
    let mut world = world_with(|world| {
        let mut versions = lab_versions(world);
        versions.push(json!({"InstanceType": "m5.large", "UserData": encoded(MULTIPART)}));
        let mut tags = versions[0].clone();
        tags["MetadataOptions"] = json!({"InstanceMetadataTags": "enabled"});
        versions.push(tags);
        versions
    });
    put_template(
        &mut world,
        "lt-00000000000000002",
        "other",
        vec![json!({"InstanceType": "m5.large"})],
    );
    create(&mut world, &json!({}));
    let demo = |version: &str| json!({"name": "demo", "version": version});
    let rows = [
        (
            json!({"version": "1.34", "launchTemplate": demo("2")}),
            PARAMETER,
            "You cannot specify the field kubernetesVersion when using custom AMIs.",
        ),
        (
            json!({"releaseVersion": "1.34.2-20260915", "launchTemplate": demo("2")}),
            PARAMETER,
            "You cannot specify the field releaseVersion when using custom AMIs.",
        ),
        (
            json!({}),
            PARAMETER,
            "Launch template details can't be null for Custom ami type node group",
        ),
        (
            json!({"launchTemplate": demo("99")}),
            PARAMETER,
            "Could not find the specified version 99",
        ),
        (
            json!({"launchTemplate": demo("3")}),
            PARAMETER,
            "The request must contain the parameter ImageId",
        ),
        (
            json!({"launchTemplate": demo("4")}),
            REQUEST,
            "'k8s.io/cluster-autoscaler/enabled' is not a valid tag key",
        ),
        (
            json!({"launchTemplate": {"name": "other", "version": "1"}}),
            PARAMETER,
            "You cannot change the launch template of a node group",
        ),
        (
            json!({"launchTemplate": {"name": "demo", "id": TEMPLATE}}),
            PARAMETER,
            "Either provide launch template ID",
        ),
        (
            json!({"nodegroupName": "nope"}),
            NOT_FOUND,
            "No node group found for name: nope.",
        ),
        (
            json!({"clusterName": "nope"}),
            NOT_FOUND,
            "No cluster found for name: nope.",
        ),
    ];
    refused(&mut world, "UpdateNodegroupVersion", &rows);
}

#[test]
fn update_refuses_on_a_group_on_an_optimized_ami() {
    let mut world = world_with(|world| {
        let plain = |instance_type: &str| json!({"InstanceType": instance_type});
        vec![
            plain("m5.large"),
            lab_versions(world).remove(0),
            plain("m6g.large"),
            json!({}),
        ]
    });
    create(&mut world, &json!({}));
    let demo = |version: &str| json!({"name": "demo", "version": version});
    let rows = [
        (
            json!({"launchTemplate": demo("2")}),
            PARAMETER,
            "You cannot specify an image id within the launch template, since your nodegroup is configured to use an Amazon EKS optimized AMI.",
        ),
        (
            json!({"launchTemplate": demo("3")}),
            PARAMETER,
            "[m6g.large] is not a valid instance type",
        ),
        (
            json!({"launchTemplate": demo("4")}),
            PARAMETER,
            "must contain the parameter InstanceType",
        ),
        (
            json!({"version": "1.33"}),
            PARAMETER,
            "should be equal to Cluster kubernetes version 1.34 or NodeGroup kubernetes version 1.34",
        ),
        (
            json!({"releaseVersion": "1.33.8-20260915"}),
            PARAMETER,
            "Requested Nodegroup release version 1.33.8-20260915 is invalid.",
        ),
    ];
    refused(&mut world, "UpdateNodegroupVersion", &rows);
}

#[test]
fn update_refuses_a_template_for_a_group_without_one() {
    let mut world = lab();
    create(&mut world, &json!({"launchTemplate": null}));
    let group = group(&mut world);
    assert_eq!(group["instanceTypes"], json!(["t3.medium"]));
    assert_eq!(group["diskSize"], 20);
    assert_eq!(group["amiType"], "AL2023_x86_64_STANDARD");
    let rows = [(
        json!({"launchTemplate": {"name": "demo"}}),
        PARAMETER,
        "created without one",
    )];
    refused(&mut world, "UpdateNodegroupVersion", &rows);
}

#[test]
fn config_refuses() {
    let mut world = lab();
    create(&mut world, &json!({}));
    let rows = [
        (json!({}), PARAMETER, "no changes"),
        (
            json!({"scalingConfig": {"minSize": 3}}),
            PARAMETER,
            "Minimum capacity 3 can't be greater than desired size 2",
        ),
        (
            json!({"scalingConfig": {"desiredSize": 4}}),
            PARAMETER,
            "desiredSize can't be greater than maxSize",
        ),
        (
            json!({"scalingConfig": {"maxSize": 1, "desiredSize": 1, "minSize": 2}}),
            PARAMETER,
            "minSize can't be greater than maxSize",
        ),
        (
            json!({"labels": {"addOrUpdateLabels": {"k8s.io/x": "y"}}}),
            PARAMETER,
            "reserved prefixes",
        ),
        (
            json!({"labels": {"addOrUpdateLabels": {"a": "b"}, "removeLabels": ["a"]}}),
            PARAMETER,
            "both updated and removed",
        ),
        (
            json!({"labels": {"addOrUpdateLabels": {"node.kubernetes.io/x": "y"}}}),
            PARAMETER,
            "reserved prefixes",
        ),
        (
            json!({"taints": {
                "addOrUpdateTaints": [{"key": "gpu", "value": "a", "effect": "NO_SCHEDULE"}],
                "removeTaints": [{"key": "gpu", "effect": "NO_SCHEDULE"}],
            }}),
            PARAMETER,
            "Taint with key gpu and effect NO_SCHEDULE cannot be both updated and removed",
        ),
        (
            json!({"updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 1}}),
            PARAMETER,
            "Only one of",
        ),
        (
            json!({"nodeRepairConfig": {"enabled": true}}),
            PARAMETER,
            "nodeRepairConfig is not supported",
        ),
    ];
    refused(&mut world, "UpdateNodegroupConfig", &rows);
}
