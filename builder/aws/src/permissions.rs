//! Every permission that nodemint needs, by the operation that needs it: the one place for IAM.
//!
//! `nodemint policy` and `ci/iam` are made from it. A test below reads this crate's sources, so that no operation
//! is called and not listed here, and none is listed that nobody calls; `ci/tests/test_permissions.py` compares it
//! with the embedded AWS's call log.

use nodemint_core::policy::Access::{self, All, Read, Write};
use nodemint_core::policy::{Asked, Grant, On};

const fn call(
    service: &'static str,
    operation: &'static str,
    action: &'static str,
    access: Access,
    on: On,
) -> Grant {
    Grant {
        action,
        access,
        on,
        asked: Asked::By(service, operation),
    }
}

const fn on_the_way(action: &'static str, access: Access, on: On, why: &'static str) -> Grant {
    Grant {
        action,
        access,
        on,
        asked: Asked::OnTheWay(why),
    }
}

/// Sorted by action.
#[rustfmt::skip]
pub const GRANTS: &[Grant] = &[
    call("AutoScaling", "DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingGroups", Read, On::Everything),
    call("EC2", "CreateLaunchTemplate", "ec2:CreateLaunchTemplate", Write, On::NewLaunchTemplates),
    call("EC2", "CreateLaunchTemplateVersion", "ec2:CreateLaunchTemplateVersion", Write, On::OwnLaunchTemplates),
    call("EC2", "CreateTags", "ec2:CreateTags", All, On::AdoptedLaunchTemplates),
    on_the_way("ec2:CreateTags", Write, On::TagsOfNewLaunchTemplates,
        "CreateLaunchTemplate is sent tags (Service Authorization Reference, its dependent actions)"),
    on_the_way("ec2:CreateTags", Write, On::TagsOfNewInstances,
        "EKS asks it of the caller for the tags in a launch template (EKS user guide, \"Customize managed nodes with \
         launch templates\"); that it does so only while instances are launched is inferred"),
    call("EC2", "DeleteLaunchTemplateVersions", "ec2:DeleteLaunchTemplateVersions", All, On::OwnLaunchTemplates),
    call("EC2", "DescribeImages", "ec2:DescribeImages", Read, On::Everything),
    call("EC2", "DescribeInstanceTypeOfferings", "ec2:DescribeInstanceTypeOfferings", Read, On::Everything),
    call("EC2", "DescribeInstanceTypes", "ec2:DescribeInstanceTypes", Read, On::Everything),
    call("EC2", "DescribeInstances", "ec2:DescribeInstances", Read, On::Everything),
    call("EC2", "DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplateVersions", Read, On::Everything),
    call("EC2", "DescribeLaunchTemplates", "ec2:DescribeLaunchTemplates", Read, On::Everything),
    call("EC2", "DescribeSubnets", "ec2:DescribeSubnets", Read, On::Everything),
    on_the_way("ec2:RunInstances", Write, On::InstancesOfLaunchTemplates,
        "EKS asks it of the caller for a group on a launch template (EKS user guide, as above); that it names the \
         launch template when it asks is inferred"),
    call("EKS", "CreateNodegroup", "eks:CreateNodegroup", Write, On::Clusters),
    call("EKS", "DeleteNodegroup", "eks:DeleteNodegroup", All, On::NodeGroups),
    call("EKS", "DescribeCluster", "eks:DescribeCluster", Read, On::Clusters),
    call("EKS", "DescribeNodegroup", "eks:DescribeNodegroup", Read, On::AnyNodeGroups),
    call("EKS", "DescribeUpdate", "eks:DescribeUpdate", Read, On::AnyUpdates),
    call("EKS", "ListClusters", "eks:ListClusters", Read, On::Everything),
    call("EKS", "ListNodegroups", "eks:ListNodegroups", Read, On::AnyClusters),
    call("EKS", "ListUpdates", "eks:ListUpdates", Read, On::AnyUpdates),
    call("EKS", "TagResource", "eks:TagResource", Write, On::NodeGroups),
    call("EKS", "UpdateNodegroupConfig", "eks:UpdateNodegroupConfig", Write, On::NodeGroups),
    call("EKS", "UpdateNodegroupVersion", "eks:UpdateNodegroupVersion", Write, On::NodeGroups),
    on_the_way("iam:CreateServiceLinkedRole", Write, On::ServiceLinkedRoleOfEks,
        "EKS makes its role with an account's first managed node group (EKS user guide, \"Using roles for Amazon EKS \
         node groups\")"),
    on_the_way("iam:GetRole", Write, On::NodeRoles,
        "CreateNodegroup looks at the node role (terraform-aws-modules/terraform-aws-eks#2018)"),
    on_the_way("iam:GetRole", Write, On::ServiceLinkedRole,
        "CreateNodegroup looks for EKS's role (terraform-aws-modules/terraform-aws-eks#823)"),
    on_the_way("iam:ListAttachedRolePolicies", Write, On::NodeRoles,
        "CreateNodegroup looks at the node role (aws-controllers-k8s/community#2164)"),
    on_the_way("iam:PassRole", Write, On::NodeRolesForEks,
        "CreateNodegroup hands the node role to EKS (IAM user guide, \"Grant a user permissions to pass a role\")"),
    call("SSM", "GetParameters", "ssm:GetParameters", Read, On::Parameters),
    call("STS", "AssumeRole", "sts:AssumeRole", Read, On::AssumedRoles),
    call("STS", "GetCallerIdentity", "sts:GetCallerIdentity", Read, On::Nothing),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every file of the crate, those of its folders among them.
    fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("a file").path();
            match path.is_dir() {
                true => found.extend(sources(&path)),
                false => found.push(path),
            }
        }
        found
    }

    /// (service, operation, whether it writes) of every call in this crate's sources: `cloud.read("EC2", "…")`.
    fn called() -> BTreeSet<(String, String, bool)> {
        let mut found = BTreeSet::new();
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.ends_with("_tests.rs") || name == "permissions.rs" {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            for (marker, writes) in [(".read(", false), (".write(", true)] {
                for (at, _) in text.match_indices(marker) {
                    let words: Vec<&str> = text[at + marker.len()..].splitn(5, '"').collect();
                    // Anything else that is called `read` has no string first.
                    if let [space, service, comma, operation, _] = words.as_slice()
                        && space.trim().is_empty()
                        && comma.trim() == ","
                    {
                        let call = ((*service).to_owned(), (*operation).to_owned(), writes);
                        found.insert(call);
                    }
                }
            }
        }
        // The SDK's own provider makes this one.
        found.insert(("STS".to_owned(), "AssumeRole".to_owned(), false));
        found
    }

    #[test]
    fn every_call_has_its_permission_and_every_permission_its_call() {
        let listed: BTreeSet<_> = GRANTS
            .iter()
            .filter_map(|grant| match grant.asked {
                Asked::By(service, operation) => Some((
                    service.to_owned(),
                    operation.to_owned(),
                    grant.access != Read,
                )),
                Asked::OnTheWay(_) => None,
            })
            .collect();
        let called = called();
        let missing: Vec<_> = called.difference(&listed).collect();
        assert!(
            missing.is_empty(),
            "called, and not in GRANTS (builder/aws/src/permissions.rs): {missing:?}; add a line for each, with what \
             IAM lets it be narrowed to, then make ci/iam anew as its README says"
        );
        let unused: Vec<_> = listed.difference(&called).collect();
        assert!(
            unused.is_empty(),
            "in GRANTS, and called by nobody: {unused:?}"
        );
    }

    /// Whoever adds a request knows of this file: every `send` is under a call that has a name.
    #[test]
    fn every_module_that_sends_names_its_calls() {
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let text = text.split("mod tests").next().unwrap_or_default();
            let named = text.contains("cloud.read(") || text.contains("cloud.write(");
            let tests = path.to_string_lossy().ends_with("_tests.rs");
            assert!(
                tests || named || !text.contains(".send()"),
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn actions_are_named_after_their_operations_and_sorted() {
        for grant in GRANTS {
            if let Asked::By(service, operation) = grant.asked {
                assert_eq!(
                    grant.action,
                    format!("{}:{operation}", service.to_lowercase())
                );
            }
        }
        let actions: Vec<_> = GRANTS.iter().map(|grant| grant.action).collect();
        assert!(actions.is_sorted(), "{actions:?}");
    }
}
