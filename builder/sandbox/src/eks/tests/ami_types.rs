//! AMI types: what a group of each runs, and which user data EKS merges with its own.

use serde_json::json;

use super::*;
use crate::world::Cluster;

/// A request without a launch template.
fn bare(ami_type: &str, instance_type: &str, release: Option<&str>) -> Value {
    let request = create_request(&json!({
        "amiType": ami_type,
        "instanceTypes": [instance_type],
        "launchTemplate": null,
    }));
    match release {
        Some(release) => {
            let mut request = request;
            request["releaseVersion"] = json!(release);
            request
        }
        None => request,
    }
}

#[test]
fn every_ami_type_has_releases() {
    let al = ["1.34.3-20261012", "1.34.2-20260915"];
    let rocket = ["1.65.0-2b91f4e8", "1.64.0-5e0d3c7a"];
    let windows = ["1.34-2026.10.14", "1.34-2026.08.12"];
    let rows = [
        ("AL2023_x86_64_STANDARD", al),
        ("AL2023_ARM_64_STANDARD", al),
        ("AL2023_x86_64_NVIDIA", al),
        ("AL2023_ARM_64_NVIDIA", al),
        ("AL2023_x86_64_NEURON", al),
        ("BOTTLEROCKET_x86_64", rocket),
        ("BOTTLEROCKET_ARM_64", rocket),
        ("BOTTLEROCKET_x86_64_NVIDIA", rocket),
        ("BOTTLEROCKET_ARM_64_NVIDIA", rocket),
        ("BOTTLEROCKET_x86_64_FIPS", rocket),
        ("BOTTLEROCKET_ARM_64_FIPS", rocket),
        ("BOTTLEROCKET_x86_64_NVIDIA_FIPS", rocket),
        ("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", rocket),
        ("WINDOWS_CORE_2019_x86_64", windows),
        ("WINDOWS_FULL_2019_x86_64", windows),
        ("WINDOWS_CORE_2022_x86_64", windows),
        ("WINDOWS_FULL_2022_x86_64", windows),
    ];
    for (ami_type, [latest, earlier]) in rows {
        let fitting = if ami_type.contains("ARM") {
            "m6g.large"
        } else {
            "m5.large"
        };
        for (asked, expected) in [
            (None, latest),
            (Some(latest), latest),
            (Some(earlier), earlier),
        ] {
            let request = bare(ami_type, fitting, asked);
            let answer = call(&mut lab(), "CreateNodegroup", request).expect(ami_type);
            assert_eq!(
                answer["nodegroup"]["releaseVersion"], expected,
                "{ami_type}"
            );
            let size = if ami_type.starts_with("WINDOWS") {
                50
            } else {
                20
            };
            assert_eq!(answer["nodegroup"]["diskSize"], size, "{ami_type}");
        }
    }
}

#[test]
fn a_release_that_is_not_there_is_refused() {
    let rows = [
        (
            "AL2_x86_64",
            None,
            "AMI Type AL2_x86_64 is not available for kubernetes version 1.34",
        ),
        (
            "WINDOWS_CORE_2025_x86_64",
            None,
            "is not available for kubernetes version 1.34",
        ),
        (
            "AL2023_x86_64_STANDARD",
            Some("1.34.9-20261012"),
            "Requested Nodegroup release version 1.34.9-20261012 is invalid. Allowed release version is 1.34.3-20261012",
        ),
        // the parameter without the build is there, and EKS does not take it
        (
            "BOTTLEROCKET_x86_64",
            Some("1.65.0"),
            "Requested release version 1.65.0 is not valid for kubernetes version 1.34.",
        ),
        (
            "WINDOWS_FULL_2022_x86_64",
            Some("1.33-2026.10.14"),
            "Requested Nodegroup release version 1.33-2026.10.14 is invalid. Allowed release version is 1.34-2026.10.14",
        ),
        (
            "BOTTLEROCKET_ARM_64",
            None,
            "[m5.large] is not a valid instance type for requested amiType BOTTLEROCKET_ARM_64",
        ),
    ];
    for (ami_type, release, text) in rows {
        let request = bare(ami_type, "m5.large", release);
        assert_error(
            call(&mut lab(), "CreateNodegroup", request),
            PARAMETER,
            text,
            ami_type,
        );
    }
}

#[test]
fn user_data_that_cannot_be_merged_fails_the_group() {
    const MIME: &str = "User data was not in the MIME multipart format.";
    const TOML: &str = "User data was not a TOML format that could be processed.";
    const SHELL: &str = "User data was not a valid PowerShell format and could not be processed.";
    let toml = "[settings.kubernetes]\nmax-pods = 58\n";
    let powershell = "<powershell>\nWrite-Host hello\n</powershell>\n";
    let rows = [
        ("AL2023_x86_64_STANDARD", MULTIPART, None),
        ("AL2023_x86_64_STANDARD", toml, Some(MIME)),
        ("AL2023_x86_64_STANDARD", "", None),
        ("BOTTLEROCKET_x86_64", toml, None),
        ("BOTTLEROCKET_x86_64", MULTIPART, Some(TOML)),
        ("BOTTLEROCKET_x86_64", "", None),
        ("WINDOWS_CORE_2022_x86_64", powershell, None),
        ("WINDOWS_CORE_2022_x86_64", MULTIPART, Some(SHELL)),
    ];
    for (ami_type, user_data, expected) in rows {
        let data = json!({"InstanceType": "m5.large", "UserData": encoded(user_data)});
        let mut world = world_with(|_| vec![data]);
        let request = create_request(&json!({"amiType": ami_type}));
        call(&mut world, "CreateNodegroup", request).expect("a valid request");
        settle(&mut world);
        let group = group(&mut world);
        let issue = &group["health"]["issues"][0];
        match expected {
            None => assert_eq!(group["status"], "ACTIVE", "{ami_type} {user_data}"),
            Some(text) => {
                assert_eq!(group["status"], "CREATE_FAILED", "{ami_type} {user_data}");
                assert_eq!(issue["code"], "Ec2LaunchTemplateInvalidConfiguration");
                assert_eq!(issue["message"], text);
            }
        }
    }
}

#[test]
fn nodes_of_an_own_image_join_if_their_user_data_says_how() {
    let Cluster {
        endpoint,
        certificate_authority,
        ..
    } = cluster();
    let toml = format!(
        "[settings.kubernetes]\ncluster-name = \"eksworkshop\"\napi-server = \"{endpoint}\"\ncluster-certificate = \"{certificate_authority}\"\n"
    );
    let toml = toml.as_str();
    let powershell =
        "<powershell>\n& Start-EKSBootstrap.ps1 -EKSClusterName eksworkshop\n</powershell>\n";
    let shell = "#!/bin/bash\n/etc/eks/bootstrap.sh eksworkshop\n";
    let rocket = "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/image_id";
    let windows = "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.34/image_id";
    let ubuntu =
        "/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id";
    let other = toml.replace("eksworkshop", "other");
    let rows = [
        (rocket, toml, "ACTIVE"),
        (rocket, &other, "CREATE_FAILED"),
        (rocket, shell, "CREATE_FAILED"),
        (
            rocket,
            "[settings.kubernetes]\nmax-pods = 58\n",
            "CREATE_FAILED",
        ),
        (windows, powershell, "ACTIVE"),
        (windows, shell, "CREATE_FAILED"),
        (
            windows,
            "<powershell>\nWrite-Host hello\n</powershell>\n",
            "CREATE_FAILED",
        ),
        (ubuntu, shell, "ACTIVE"),
        (ubuntu, toml, "CREATE_FAILED"),
        (ubuntu, powershell, "CREATE_FAILED"),
        (ubuntu, "#!/bin/bash\necho hello\n", "CREATE_FAILED"),
    ];
    for (parameter, user_data, status) in rows {
        let mut world = world_with(|world| {
            let view = world.view(ACCOUNT, REGION);
            let image = &view.parameter(parameter).expect("a parameter").versions;
            let image = &image.last().expect("a version").value;
            vec![
                json!({"ImageId": image, "InstanceType": "m5.large", "UserData": encoded(user_data)}),
            ]
        });
        call(&mut world, "CreateNodegroup", create_request(&json!({}))).expect("a valid request");
        settle(&mut world);
        assert_eq!(
            group(&mut world)["status"],
            status,
            "{parameter} {user_data}"
        );
    }
}

#[test]
fn a_group_moves_from_release_to_release() {
    let rows = [
        ("BOTTLEROCKET_x86_64", "1.64.0-5e0d3c7a", "1.65.0-2b91f4e8"),
        (
            "WINDOWS_CORE_2022_x86_64",
            "1.34-2026.08.12",
            "1.34-2026.10.14",
        ),
    ];
    for (ami_type, from, to) in rows {
        let mut world = lab();
        let request = bare(ami_type, "m5.large", Some(from));
        call(&mut world, "CreateNodegroup", request).expect("a valid request");
        settle(&mut world);
        let request = group_request(&json!({}));
        call(&mut world, "UpdateNodegroupVersion", request).expect("a valid request");
        settle(&mut world);
        assert_eq!(group(&mut world)["releaseVersion"], to, "{ami_type}");
    }
}
