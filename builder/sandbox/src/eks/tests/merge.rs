//! What EKS's own launch template of a group holds for user data, and what comes of it.

use serde_json::json;

use super::*;
use crate::eks::user_data;
use crate::seed::Seed;

/// The user data of EKS's own launch template, and the status that the group came to.
fn booted(ami_type: &str, user_data: Option<&str>, more: Value) -> (String, Value) {
    let kubernetes = if ami_type.starts_with("AL2_") {
        "1.32"
    } else {
        "1.34"
    };
    let text =
        Seed::builtin_text().replace("version: \"1.34\"", &format!("version: \"{kubernetes}\""));
    let mut data = json!({"InstanceType": "m5.large"});
    if let Some(user_data) = user_data {
        data["UserData"] = json!(encoded(user_data));
    }
    let seed = Seed::parse(&text).expect("a valid seed");
    let mut world = world_from(&seed, |_| vec![data]);
    let mut request = create_request(&more);
    request["amiType"] = json!(ami_type);
    call(&mut world, "CreateNodegroup", request).expect("a valid request");
    settle(&mut world);
    let region = world.region(ACCOUNT, REGION).expect("the region");
    let own = region
        .launch_templates
        .values()
        .find(|it| it.name.starts_with("eks-"));
    let data = own.map(|own| own.versions[&1].data["UserData"].clone());
    let text = data.and_then(|data| user_data::text(data.as_str()?));
    (text.unwrap_or_default(), group(&mut world))
}

#[test]
fn eks_merges_the_users_data_with_its_own() {
    let user = MULTIPART;
    let settings = "[settings.kubernetes]\nmax-pods = 58\ncluster-dns-ip = \"10.0.0.10\"\n[settings.motd]\ntext = \"hello\"\n";
    let powershell = "<powershell>\nWrite-Host hello\n</powershell>\n<persist>true</persist>\n";
    let cluster = cluster();
    let (name, endpoint) = (&cluster.name, &cluster.endpoint);
    let labels = "eks.amazonaws.com/nodegroup=mng-1";
    // what stands in the merged text, in this order
    let rows: [(&str, Option<&str>, Vec<&str>); 8] = [
        (
            "AL2_x86_64",
            Some(user),
            vec![
                "boundary=\"//\"\n\n--//\n",
                "echo hello",
                "us-ascii\"\n#!/bin/bash",
                endpoint,
                "bootstrap.sh eksworkshop",
                labels,
                "dedicated=:NoSchedule",
                "--//--\n",
            ],
        ),
        (
            "AL2_x86_64",
            None,
            vec!["--//\n", "bootstrap.sh eksworkshop", "--//--\n"],
        ),
        (
            "AL2023_x86_64_STANDARD",
            Some(user),
            vec![
                "boundary=\"//\"\n\n--//\n",
                "NodeConfig",
                name,
                "10.100.0.10",
                labels,
                "--//\n",
                "echo hello",
                "--//--\n",
            ],
        ),
        (
            "AL2023_x86_64_STANDARD",
            None,
            vec!["NodeConfig", endpoint, labels, "--//--\n"],
        ),
        (
            "BOTTLEROCKET_x86_64",
            Some(settings),
            vec![
                "api-server",
                endpoint,
                "cluster-dns-ip = \"10.0.0.10\"",
                "max-pods = 58",
                "dedicated = [\":NoSchedule\"]",
                "[settings.motd]",
            ],
        ),
        (
            "BOTTLEROCKET_x86_64",
            None,
            vec!["cluster-dns-ip = \"10.100.0.10\"", "mng-1"],
        ),
        (
            "WINDOWS_CORE_2022_x86_64",
            Some(powershell),
            vec![
                "<powershell>\nWrite-Host hello\n",
                "-EKSClusterName \"eksworkshop\"",
                labels,
                "</powershell>\n<persist>",
            ],
        ),
        (
            "WINDOWS_CORE_2022_x86_64",
            None,
            vec![
                "<powershell>\n[string]",
                "-EKSClusterName \"eksworkshop\"",
                "</powershell>",
            ],
        ),
    ];
    let taints = json!({"taints": [{"key": "dedicated", "effect": "NO_SCHEDULE"}]});
    for (ami_type, user_data, expected) in rows {
        let (text, group) = booted(ami_type, user_data, taints.clone());
        assert_eq!(group["status"], "ACTIVE", "{ami_type} {group}");
        let mut rest = text.as_str();
        for part in expected {
            let at = rest.find(part);
            let at = at.unwrap_or_else(|| panic!("{ami_type}: no {part:?} in {rest}"));
            rest = &rest[at + part.len()..];
        }
    }
}

#[test]
fn merged_user_data_can_keep_nodes_from_joining() {
    let node_config = |spec: &str| {
        let head = "Content-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n";
        MULTIPART.replace(
            "Content-Type: text/x-shellscript\n\n#!/bin/bash\necho hello\n",
            &format!("{head}{spec}\n"),
        )
    };
    let al2023 = "AL2023_x86_64_STANDARD";
    let rocket = "BOTTLEROCKET_x86_64";
    let rows = [
        (
            al2023,
            node_config("  kubelet: {config: {maxPods: 8}}"),
            None,
        ),
        (
            al2023,
            node_config("  cluster: {name: other}"),
            Some("NodeCreationFailure"),
        ),
        (
            al2023,
            node_config("  kubelet: {flags: --v=2}"),
            Some("NodeCreationFailure"),
        ),
        (
            rocket,
            "[settings.kubernetes]\ncluster-name = \"other\"\n".to_owned(),
            Some("NodeCreationFailure"),
        ),
        (
            al2023,
            MULTIPART.replace("hello", &"x".repeat(15_500)),
            Some("Ec2LaunchTemplateInvalidConfiguration"),
        ),
        // there is nothing that a script of AL2 could break for the parts after it
        ("AL2_x86_64", MULTIPART.replace("#!/bin/bash\n", ""), None),
    ];
    for (ami_type, user_data, code) in rows {
        let (_, group) = booted(ami_type, Some(&user_data), json!({}));
        let issue = group["health"]["issues"][0]["code"].as_str();
        assert_eq!(issue, code, "{ami_type} {user_data}");
    }
}
