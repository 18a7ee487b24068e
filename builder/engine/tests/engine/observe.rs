//! What a plan reads: each thing once a site, and no more than it may.

use std::collections::BTreeMap;

use nodemint_core::plan::{FindingKind, Scope};
use nodemint_engine::observe::observe;
use nodemint_engine::ports::ErrorKind;

use crate::support::fleet::{LAB, desired, lab};
use crate::support::world::{AMI, Fault};
use crate::support::{Rig, block_on};

#[test]
fn each_thing_is_read_once_a_site() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        rig.world(|world| world.calls.clear());
        let observed = rig.observed(&lab("m5.2xlarge")).await;
        let mut calls = rig.world(|world| std::mem::take(&mut world.calls));
        calls.sort_unstable();
        assert_eq!(
            calls,
            [
                "cluster",
                "identity",
                "images",
                "instance_types",
                "launch_templates",
                "node_group",
                "node_group_names",
                "offered_zones",
                "subnets"
            ]
        );
        let site = "us-east-1".into();
        let types: Vec<&String> = observed.instance_types[&site].keys().collect();
        assert_eq!(
            types,
            ["m5.2xlarge", "m5.large"],
            "the wanted and the running"
        );
        assert!(observed.images[&site].contains_key(AMI));
        assert_eq!(observed.gaps, [""; 0]);
    });
}

/// Launch templates are read beside groups. A group that another run moved meanwhile is on a version that was
/// not there yet.
#[test]
fn a_template_that_grew_meanwhile_is_read_again() {
    block_on(async {
        let rig = Rig::new();
        rig.run(&lab("m5.large")).await.expect("to begin with");
        let before = rig.world(|world| world.templates.clone());
        rig.run(&lab("m5.2xlarge")).await.expect("the other run");
        for (earlier, reads) in [(Some(before), 2), (Some(BTreeMap::new()), 2), (None, 1)] {
            rig.world(|world| {
                world.calls.clear();
                world.earlier = earlier;
            });
            let observed = rig.observed(&lab("m5.2xlarge")).await;
            let template = observed.template(&"us-east-1".into(), "demo");
            let versions = template.map(|template| template.versions.len());
            assert_eq!(versions, Some(2));
            assert_eq!(rig.world(|world| world.count("launch_templates")), reads);
        }
    });
}

/// Each is a gap in the plan, and none keeps it from being made.
#[test]
fn what_may_not_be_read() {
    let rows = [
        (
            "images",
            "whether the images in us-east-1 still exist is unknown",
        ),
        (
            "instance_types",
            "whether the instance types fit in us-east-1 is unknown",
        ),
        (
            "offered_zones",
            "which zones of us-east-1 offer the instance types is unknown",
        ),
        (
            "subnets",
            "zones and free addresses in us-east-1 are unknown",
        ),
    ];
    for (verb, words) in rows {
        block_on(async {
            let rig = Rig::new();
            let refused = Fault::Refuse(ErrorKind::AccessDenied);
            rig.world(|world| world.fail(verb, 0, refused));
            let plan = rig.plan(&lab("m5.large")).await;
            assert_eq!(plan.blockers, [], "{verb}");
            let [warning] = plan.warnings.as_slice() else {
                panic!("{verb}: {:?}", plan.warnings);
            };
            assert_eq!(warning.kind, FindingKind::Warning);
            assert!(
                warning.message.contains(words),
                "{verb}: {}",
                warning.message
            );

            let broken = Fault::Refuse(ErrorKind::Server);
            rig.world(|world| {
                world.faults.clear();
                world.fail(verb, 0, broken);
            });
            let read = observe(&Scope::of(&lab("m5.large")), &rig.clouds()).await;
            assert_eq!(read.expect_err("to fail").kind, ErrorKind::Server, "{verb}");
        });
    }
}

/// A version that a group is pinned to is read, whether it runs it or not.
#[test]
fn what_a_pin_names_is_read() {
    block_on(async {
        let rig = Rig::new();
        for instance_type in ["m5.large", "m5.2xlarge"] {
            rig.run(&lab(instance_type)).await.expect("to apply");
        }
        let pinned = LAB.replace("m5.large", "m5.2xlarge");
        let pinned = desired(&format!("{pinned}    launchTemplateVersion: 1\n"));
        let observed = rig.observed(&pinned).await;
        let types = &observed.instance_types[&"us-east-1".into()];
        assert!(types.contains_key("m5.large"), "{types:?}");
        rig.world(|world| world.instance_types.remove("m5.large"));
        let plan = rig.plan(&pinned).await;
        let [blocker] = plan.blockers.as_slice() else {
            panic!("{:?}", plan.blockers);
        };
        assert!(
            blocker
                .message
                .contains("EC2 has no instance type m5.large"),
            "{blocker:?}"
        );
        assert_eq!(blocker.path.as_deref(), Some("nodeGroups[0]"));
    });
}
