//! What CreateNodegroup refuses, a row each: request → error.

use serde_json::{Value, json};

use super::{IN_USE, NOT_FOUND, PARAMETER, REQUEST};
use crate::eks::kit::*;
use crate::world::World;

/// A world whose template has one version, with these data.
fn world_of(data: Value) -> World {
    world_with(|_| vec![data])
}

#[test]
fn create_refuses_by_member() {
    let at = |over: Value| (over.to_string(), over);
    let no_image = json!({"InstanceType": "m5.large"});
    let rows = [
        (
            at(json!({"clusterName": "other"})),
            NOT_FOUND,
            "No cluster found for name: other.",
        ),
        (
            at(json!({"nodegroupName": "-x"})),
            PARAMETER,
            "nodegroup name -x is not valid",
        ),
        (
            at(json!({"nodegroupName": "x".repeat(64)})),
            PARAMETER,
            "is not valid",
        ),
        (
            at(json!({"launchTemplate": {"version": "1"}})),
            PARAMETER,
            "Either provide launch template ID or launch template name in the request.",
        ),
        (
            at(json!({"launchTemplate": {"id": TEMPLATE, "name": "demo"}})),
            PARAMETER,
            "Either provide launch template ID or launch template name",
        ),
        (
            at(json!({"launchTemplate": {"name": "nope"}})),
            PARAMETER,
            "template name nope, does not exist",
        ),
        (
            at(json!({"launchTemplate": {"id": "lt-0dead"}})),
            PARAMETER,
            "template ID lt-0dead, does not exist",
        ),
        (
            at(json!({"launchTemplate": {"name": "demo", "version": "99"}})),
            PARAMETER,
            "Could not find the specified version 99 for the launch template with ID lt-00000000000000001.",
        ),
        (
            at(json!({"launchTemplate": {"name": "demo", "version": "one"}})),
            PARAMETER,
            "version one is not valid",
        ),
        (
            at(json!({"launchTemplate": {"name": "demo", "version": "0"}})),
            PARAMETER,
            "version 0 is not valid",
        ),
        (
            at(json!({"version": "1.33"})),
            PARAMETER,
            "should be equal to Cluster kubernetes version 1.34",
        ),
        (
            at(json!({"releaseVersion": "1.34.9-20260915"})),
            PARAMETER,
            "Requested Nodegroup release version 1.34.9-20260915 is invalid. Allowed release version is 1.34.3-20261012",
        ),
        (
            at(json!({"amiType": "AL2_x86_64"})),
            PARAMETER,
            "AMI Type AL2_x86_64 is not available for kubernetes version 1.34",
        ),
        (
            at(json!({"amiType": "AL2023_ARM_64_STANDARD"})),
            PARAMETER,
            "[m5.large] is not a valid instance type for requested amiType AL2023_ARM_64_STANDARD",
        ),
        (
            at(json!({"amiType": "CUSTOM"})),
            PARAMETER,
            "The request must contain the parameter ImageId",
        ),
        (
            at(json!({"amiType": "AL1_x86_64"})),
            PARAMETER,
            "AL1_x86_64 is not supported by the nodemint sandbox",
        ),
        (
            at(json!({"launchTemplate": null, "amiType": "CUSTOM"})),
            PARAMETER,
            "Launch template details can't be null for Custom ami type node group",
        ),
        (
            at(json!({"instanceTypes": ["m5.xlarge"]})),
            REQUEST,
            "Cannot specify instance types in launch template and API Request",
        ),
        (
            at(json!({"launchTemplate": null, "instanceTypes": ["m5.huge"]})),
            PARAMETER,
            "instance types do not exist: [m5.huge]",
        ),
        (
            at(json!({"launchTemplate": null, "instanceTypes": ["m6g.large"]})),
            PARAMETER,
            "[m6g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD",
        ),
        (
            at(json!({"diskSize": 50})),
            PARAMETER,
            "Disk size must be specified within the launch template.",
        ),
        (
            at(json!({"remoteAccess": {"ec2SshKey": "eksworkshop"}})),
            PARAMETER,
            "Remote access configuration cannot be specified with a launch template.",
        ),
        (
            at(json!({"launchTemplate": null, "remoteAccess": {}})),
            PARAMETER,
            "remoteAccess is not supported by the nodemint sandbox",
        ),
        (
            at(json!({"warmPoolConfig": {}})),
            PARAMETER,
            "warmPoolConfig is not supported by the nodemint sandbox",
        ),
        (
            at(json!({"scalingConfig": {"minSize": 3, "maxSize": 2, "desiredSize": 2}})),
            PARAMETER,
            "minSize can't be greater than maxSize",
        ),
        (
            at(json!({"scalingConfig": {"minSize": 2, "maxSize": 3, "desiredSize": 1}})),
            PARAMETER,
            "minSize can't be greater than desiredSize",
        ),
        (
            at(json!({"scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 4}})),
            PARAMETER,
            "desiredSize can't be greater than maxSize",
        ),
        (
            at(json!({"scalingConfig": {"minSize": -1, "maxSize": 3, "desiredSize": 2}})),
            PARAMETER,
            "minSize is not valid",
        ),
        (
            at(json!({"scalingConfig": {"minSize": 0, "maxSize": 0, "desiredSize": 0}})),
            PARAMETER,
            "maxSize is not valid",
        ),
        (
            at(json!({"updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 50}})),
            PARAMETER,
            "Only one of maxUnavailable",
        ),
        (
            at(json!({"updateConfig": {"maxUnavailable": 0}})),
            PARAMETER,
            "maxUnavailable must be between 1 and 100",
        ),
        (
            at(json!({"updateConfig": {"maxUnavailablePercentage": 101}})),
            PARAMETER,
            "maxUnavailablePercentage must be between 1 and 100",
        ),
        (
            at(json!({"labels": {"node-role.kubernetes.io/worker": ""}})),
            PARAMETER,
            "Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]",
        ),
        (
            at(json!({"labels": {"eks.amazonaws.com/x": "y"}})),
            PARAMETER,
            "reserved prefixes",
        ),
        (
            at(json!({"labels": {"a b": "y"}})),
            PARAMETER,
            "Invalid value: a b",
        ),
        (
            at(json!({"labels": {"a": "y z"}})),
            PARAMETER,
            "Invalid value: y z",
        ),
        (
            at(json!({"taints": [{"key": "gpu"}]})),
            PARAMETER,
            "key and effect must be specified",
        ),
        (
            at(json!({"tags": {"aws:x": "y"}})),
            PARAMETER,
            "the prefix aws: is reserved",
        ),
        (
            at(json!({"subnets": []})),
            PARAMETER,
            "Subnets must be specified",
        ),
        (
            at(json!({"subnets": ["subnet-0dead"]})),
            PARAMETER,
            "The subnet ID 'subnet-0dead' does not exist",
        ),
        (
            at(json!({"nodeRole": "eksworkshop-node"})),
            PARAMETER,
            "is not the ARN of an IAM role",
        ),
        (
            at(json!({"nodeRole": "arn:aws-cn:iam::111122223333:role/eksworkshop-node"})),
            PARAMETER,
            "is not the ARN of an IAM role",
        ),
        (
            at(json!({"nodeRole": "arn:aws:iam::444455556666:role/eksworkshop-node"})),
            "AccessDeniedException",
            "Cross-account pass role is not allowed.",
        ),
        (
            at(json!({"labels": {"node.kubernetes.io/x": "y"}})),
            PARAMETER,
            "reserved prefixes",
        ),
        (
            at(json!({"surprise": 1})),
            PARAMETER,
            "unknown field `surprise`",
        ),
    ];
    for ((row, over), code, text) in rows {
        let mut world = world_of(no_image.clone());
        let before = world.clone();
        assert_error(
            call(&mut world, "CreateNodegroup", create_request(&over)),
            code,
            text,
            &row,
        );
        assert_eq!(world, before, "{row}: a refused request changes nothing");
    }
}

#[test]
fn create_refuses_zones_that_do_not_offer_the_type() {
    let (a, b) = ("subnet-0aa10000000000001", "subnet-0bb20000000000002");
    let text = "Your requested instance type (inf1.xlarge) is not supported in your requested Availability Zone \
                (us-east-1b). Please retry your request by not specifying an Availability Zone or choosing \
                us-east-1a, us-east-1c.";
    for (data, subnets, types, refused) in [
        (json!({"InstanceType": "inf1.xlarge"}), [a, b], None, true),
        (json!({"InstanceType": "inf1.xlarge"}), [a, a], None, false),
        (json!({}), [a, b], Some(["m5.large", "inf1.xlarge"]), true),
        (json!({}), [a, b], Some(["m5.large", "m5.2xlarge"]), false),
    ] {
        let row = format!("{data} {subnets:?} {types:?}");
        let mut over = json!({"subnets": subnets});
        if let Some(types) = types {
            over["instanceTypes"] = json!(types);
        }
        let mut world = world_of(data);
        let answer = call(&mut world, "CreateNodegroup", create_request(&over));
        match refused {
            true => assert_error(answer, REQUEST, text, &row),
            false => assert!(answer.is_ok(), "{row}"),
        }
    }
}

#[test]
fn a_capacity_block_needs_its_launch_template() {
    let whole = json!({
        "InstanceType": "m5.large",
        "InstanceMarketOptions": {"MarketType": "capacity-block"},
        "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}},
    });
    let over = json!({"capacityType": "CAPACITY_BLOCK"});
    let mut world = world_of(whole.clone());
    let made = call(&mut world, "CreateNodegroup", create_request(&over)).expect("it is made");
    assert_eq!(made["nodegroup"]["capacityType"], "CAPACITY_BLOCK");
    for (member, text) in [
        ("InstanceType", "must specify InstanceType"),
        ("InstanceMarketOptions", "the market type capacity-block"),
        (
            "CapacityReservationSpecification",
            "must specify a CapacityReservationId",
        ),
    ] {
        let mut less = whole.clone();
        less.as_object_mut().expect("data").remove(member);
        let mut world = world_of(less);
        let answer = call(&mut world, "CreateNodegroup", create_request(&over));
        assert_error(answer, PARAMETER, text, member);
    }
    let mut none = create_request(&over);
    none.as_object_mut()
        .expect("a request")
        .remove("launchTemplate");
    let answer = call(&mut world_of(whole), "CreateNodegroup", none);
    assert_error(answer, PARAMETER, "needs a launch template", "no template");
}

#[test]
fn create_refuses_by_launch_template() {
    let ready = |over: Value| {
        world_with(move |world| {
            let mut data = lab_versions(world).remove(0);
            for (member, value) in over.as_object().into_iter().flatten() {
                data[member] = value.clone();
            }
            vec![data]
        })
    };
    let rows = [
        (
            json!({"IamInstanceProfile": {"Name": "x"}}),
            REQUEST,
            "should not specify an instance profile",
        ),
        (
            json!({"NetworkInterfaces": [{"SubnetId": "subnet-0aa10000000000001"}]}),
            REQUEST,
            "should not specify a subnet",
        ),
        (
            json!({"NetworkInterfaces": [{"Groups": ["sg-0123456789abcdef0"]}]}),
            REQUEST,
            "may not be specified on the same request",
        ),
        (
            json!({"InstanceInitiatedShutdownBehavior": "terminate"}),
            REQUEST,
            "shutdown behavior",
        ),
        (
            json!({"HibernationOptions": {"Configured": true}}),
            REQUEST,
            "hibernation",
        ),
        (
            json!({"InstanceMarketOptions": {"MarketType": "spot"}}),
            REQUEST,
            "spot instance market options",
        ),
        (
            json!({"InstanceMarketOptions": {"MarketType": "capacity-block"}}),
            REQUEST,
            "unless the capacity type is CAPACITY_BLOCK",
        ),
        (
            json!({"InstanceMarketOptions": {"MarketType": "interruptible-capacity-reservation"}}),
            REQUEST,
            "other than capacity-block is not supported by the nodemint sandbox",
        ),
        (
            json!({"ImageId": "ami-0dead"}),
            REQUEST,
            "You must use a valid fully-formed launch template. The image id '[ami-0dead]' does not exist",
        ),
        (
            json!({"ImageId": "resolve:ssm:/x"}),
            PARAMETER,
            "resolve:ssm: is not supported by the nodemint sandbox",
        ),
        (
            json!({"InstanceType": "m6g.large"}),
            REQUEST,
            "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64'",
        ),
        (
            json!({"InstanceType": "m5.huge"}),
            PARAMETER,
            "instance types do not exist: [m5.huge]",
        ),
        (
            json!({"MetadataOptions": {"InstanceMetadataTags": "enabled"}}),
            REQUEST,
            "'k8s.io/cluster-autoscaler/enabled' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z",
        ),
        (
            json!({"KeyName": "nope"}),
            REQUEST,
            "The key pair 'nope' does not exist",
        ),
        (
            json!({"SecurityGroupIds": ["sg-0dead"]}),
            REQUEST,
            "The security group 'sg-0dead' does not exist",
        ),
    ];
    for (over, code, text) in rows {
        let row = over.to_string();
        let answer = call(
            &mut ready(over),
            "CreateNodegroup",
            create_request(&json!({})),
        );
        assert_error(answer, code, text, &row);
    }
    // with an image in the template, the request may not choose one too
    let rows = [
        (
            json!({"amiType": "AL2023_x86_64_STANDARD"}),
            "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template",
        ),
        (
            json!({"version": "1.34"}),
            "You cannot specify a kubernetes version to use when specifying an image id to use within the launch template.",
        ),
        (
            json!({"releaseVersion": "1.34.2-20260915"}),
            "You cannot specify a kubernetes version",
        ),
    ];
    for (over, text) in rows {
        let answer = call(
            &mut ready(json!({})),
            "CreateNodegroup",
            create_request(&over),
        );
        assert_error(answer, PARAMETER, text, &over.to_string());
    }
}

#[test]
fn a_name_is_taken_once() {
    let mut world = lab();
    create(&mut world, &json!({}));
    let again = call(&mut world, "CreateNodegroup", create_request(&json!({})));
    assert_error(
        again,
        IN_USE,
        "NodeGroup already exists with name mng-1 and cluster name eksworkshop",
        "",
    );
}
