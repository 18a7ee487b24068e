use serde_json::{Value, json};

use super::*;
use crate::Service;
use crate::caller::Caller;
use crate::seed::Seed;

const SEED: &str = "account: \"111122223333\"\nstart: 2026-11-20T09:00:00Z\nseed: 1\npublicImages: {base: builtin}\nregions:\n  us-east-1:\n    zones: [us-east-1a]\n    images:\n      - {id: ami-00000000000000001, name: own-1, architecture: arm64, tags: {Team: red, Stage: prod}}\n      - {id: ami-00000000000000002, name: own-2, architecture: x86_64, state: pending, tags: {Team: blue}}\n      - {id: ami-00000000000000003, name: own-old, architecture: x86_64, deprecationTime: 2026-01-01T00:00:00Z}\n      - {id: ami-00000000000000004, name: private-of-another, architecture: x86_64, owner: \"999988887777\"}\n      - {id: ami-00000000000000005, name: \"shop*1\", architecture: x86_64, owner: \"999988887777\", ownerAlias: aws-marketplace, public: true}\n      - {id: ami-00000000000000006, name: own-disabled, architecture: x86_64, state: disabled}\n";

fn ask(input: Value) -> Answer {
    let mut world = World::from_seed(&Seed::parse(SEED).expect("a valid seed"));
    let call = Call {
        service: Service::Ec2,
        operation: "DescribeImages",
        caller: &Caller::user("111122223333"),
        account: "111122223333",
        region: "us-east-1",
        input,
    };
    describe(&mut world, &call)
}

fn names(input: Value) -> Vec<String> {
    let answer = ask(input.clone()).unwrap_or_else(|error| panic!("{input}: {}", error.message));
    let images = answer["Images"].as_array().expect("images").iter();
    let mut names: Vec<String> = images
        .map(|image| image["Name"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}

fn filter(name: &str, value: &str) -> Value {
    json!({"Name": name, "Values": [value]})
}

#[test]
fn owners_and_filters_narrow_the_images() {
    let own = ["own-1", "own-2", "own-old"].as_slice();
    let name = |pattern: &str| json!({"Filters": [filter("name", pattern)]});
    let own_with =
        |name: &str, value: &str| json!({"Owners": ["self"], "Filters": [filter(name, value)]});
    let rows: Vec<(Value, &[&str])> = vec![
        (json!({"Owners": ["self"]}), own),
        (json!({"Owners": ["111122223333"]}), own),
        (
            json!({"Owners": ["self"], "IncludeDisabled": true}),
            &["own-1", "own-2", "own-disabled", "own-old"],
        ),
        (json!({"Owners": ["aws-marketplace"]}), &["shop*1"]),
        (json!({"Owners": ["999988887777"]}), &["shop*1"]),
        (own_with("tag:Team", "r?d"), &["own-1"]),
        (own_with("tag-key", "Team"), &["own-1", "own-2"]),
        (own_with("tag-key", "Stage"), &["own-1"]),
        (own_with("state", "pending"), &["own-2"]),
        (own_with("is-public", "true"), &[]),
        (own_with("creation-date", "2026-11-20T*"), own),
        (own_with("virtualization-type", "hvm"), own),
        (own_with("root-device-type", "ebs"), own),
        (own_with("root-device-type", "instance-store"), &[]),
        (own_with("block-device-mapping.volume-size", "20"), own),
        (name("own-*"), own),
        (name("private-*"), &[]),
        // a star of the name itself
        (name(r"shop\*1"), &["shop*1"]),
        (name(r"own\*"), &[]),
        // deprecated on 9 November, and so not shown
        (
            name("amazon-eks-node-al2023-x86_64-standard-1.31-v2024*"),
            &[],
        ),
        (
            json!({"IncludeDeprecated": true, "Filters": [filter("name", "amazon-eks-node-al2023-x86_64-standard-1.31-v2024*")]}),
            &["amazon-eks-node-al2023-x86_64-standard-1.31-v20241109"],
        ),
        (
            json!({"Owners": ["amazon"], "Filters": [filter("platform", "windows"), filter("boot-mode", "uefi"), filter("creation-date", "2026-10-14*")]}),
            &[
                "Windows_Server-2025-English-Core-EKS_Optimized-1.35-2026.10.14",
                "Windows_Server-2025-English-Full-EKS_Optimized-1.35-2026.10.14",
            ],
        ),
        (
            json!({"Owners": ["092701018921"], "Filters": [filter("name", "bottlerocket-aws-k8s-1.3?-aarch64-v1.65.*")]}),
            &[
                "bottlerocket-aws-k8s-1.31-aarch64-v1.65.0-2b91f4e8",
                "bottlerocket-aws-k8s-1.32-aarch64-v1.65.0-2b91f4e8",
                "bottlerocket-aws-k8s-1.33-aarch64-v1.65.0-2b91f4e8",
                "bottlerocket-aws-k8s-1.34-aarch64-v1.65.0-2b91f4e8",
                "bottlerocket-aws-k8s-1.35-aarch64-v1.65.0-2b91f4e8",
            ],
        ),
    ];
    for (input, expected) in rows {
        assert_eq!(names(input.clone()), expected, "{input}");
    }
}

#[test]
fn what_ec2_does_not_take_is_refused() {
    let own = json!(["ami-00000000000000001"]);
    let rows = [
        (
            json!({"Filters": [filter("colour", "red")]}),
            "InvalidParameterValue",
            "The filter 'colour' is invalid",
        ),
        (
            json!({"Filters": [filter("tag:", "red")]}),
            "InvalidParameterValue",
            "The filter 'tag:' is invalid",
        ),
        (
            json!({"Filters": [filter("deprecation-time", "2026*")]}),
            "InvalidParameterValue",
            "is invalid",
        ),
        (
            json!({"Filters": [filter("product-code", "x")]}),
            "UnsupportedOperation",
            "the filter product-code",
        ),
        (
            json!({"ImageIds": own, "MaxResults": 5}),
            "InvalidParameterCombination",
            "imageIdsSet cannot be used with the parameter maxResults",
        ),
        (json!({"MaxResults": 1001}), "InvalidParameterValue", "1001"),
        (
            json!({"Owners": ["canonical"]}),
            "InvalidUserID.Malformed",
            "Invalid user id: \"canonical\"",
        ),
        (
            json!({"ImageIds": ["ami-1"]}),
            "InvalidAMIID.Malformed",
            "Invalid id: \"ami-1\"",
        ),
        (
            json!({"ImageIds": ["ami-0ffffffffffffffff"]}),
            "InvalidAMIID.NotFound",
            "The image id '[ami-0ffffffffffffffff]' does not exist",
        ),
        // of another account, and not public
        (
            json!({"ImageIds": ["ami-00000000000000004"]}),
            "InvalidAMIID.NotFound",
            "does not exist",
        ),
    ];
    for (input, code, text) in rows {
        let error = ask(input.clone()).expect_err(text);
        assert_eq!(error.code, code, "{input}");
        assert!(error.message.contains(text), "{input}: {}", error.message);
    }
}

#[test]
fn pages_cover_every_image_once() {
    let all = names(json!({"Owners": ["amazon"]}));
    let (mut seen, mut input) = (Vec::new(), json!({"Owners": ["amazon"], "MaxResults": 100}));
    loop {
        let answer = ask(input.clone()).expect("a page");
        let page = answer["Images"].as_array().expect("images").clone();
        assert!(page.len() <= 100);
        seen.extend(
            page.iter()
                .map(|image| image["Name"].as_str().expect("a name").to_owned()),
        );
        match answer["NextToken"].as_str() {
            Some(token) => input["NextToken"] = json!(token),
            None => break,
        }
    }
    seen.sort();
    assert!(all.len() > 300);
    assert_eq!(seen, all);
}

#[test]
fn an_image_is_shown_with_what_a_launch_needs_to_know() {
    let ask = |pattern: &str| {
        let answer = ask(json!({"Filters": [filter("name", pattern)]})).expect("images");
        answer["Images"][0].clone()
    };
    let windows = ask("Windows_Server-2022-English-Core-EKS_Optimized-1.34-2026.10.14");
    let rocket = ask("bottlerocket-aws-k8s-1.34-x86_64-v1.65.0-*");
    let own = ask("own-1");
    for (image, member, expected) in [
        (&windows, "Platform", json!("windows")),
        (&windows, "PlatformDetails", json!("Windows")),
        (&windows, "UsageOperation", json!("RunInstances:0002")),
        (&windows, "OwnerId", json!("957547624766")),
        (&windows, "ImageOwnerAlias", json!("amazon")),
        (&windows, "RootDeviceName", json!("/dev/sda1")),
        (&windows, "BootMode", Value::Null),
        (&rocket, "BootMode", json!("uefi-preferred")),
        (&rocket, "Platform", Value::Null),
        (&rocket, "PlatformDetails", json!("Linux/UNIX")),
        (&rocket, "VirtualizationType", json!("hvm")),
        (&rocket, "RootDeviceType", json!("ebs")),
        (
            &rocket,
            "DeprecationTime",
            json!("2028-10-15T18:30:00.000Z"),
        ),
        (
            &rocket,
            "ImageLocation",
            json!("amazon/bottlerocket-aws-k8s-1.34-x86_64-v1.65.0-2b91f4e8"),
        ),
        (&own, "DeprecationTime", Value::Null),
        (&own, "ImageOwnerAlias", Value::Null),
        (&own, "Public", json!(false)),
    ] {
        assert_eq!(image[member], expected, "{} {member}", image["Name"]);
    }
    let devices: Vec<&Value> = rocket["BlockDeviceMappings"]
        .as_array()
        .expect("devices")
        .iter()
        .map(|d| &d["DeviceName"])
        .collect();
    assert_eq!(devices, ["/dev/xvda", "/dev/xvdb"]);
}
