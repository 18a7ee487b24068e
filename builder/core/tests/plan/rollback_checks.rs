//! Rollbacks of several groups, and what is looked at before one of them moves.

use nodemint_core::plan::RollbackTo;

use crate::rollback::{account, back, several, told};
use crate::support::*;

/// Of every group, everything that stands in the way: nothing has moved when one is told.
#[test]
fn all_that_stands_in_the_way_of_all_groups() {
    let mut observed = account();
    machines(&mut observed);
    let mut second = the_group(&mut observed).clone();
    second.name = "mng-2".to_owned();
    second.status = "UPDATING".to_owned();
    let groups = observed.groups.get_mut(CLUSTER).expect("the cluster");
    groups.insert(second.name.clone(), second);
    subnets(&mut observed).remove("subnet-b");
    observed.images = [(REGION.into(), [].into())].into();
    let all = [(CLUSTER, "mng-3"), (CLUSTER, "mng-2"), (CLUSTER, "mng-1")];
    let plan = several(&observed, RollbackTo::Version(1), &all);
    let names: Vec<&str> = plan
        .node_groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["mng-3", "mng-2", "mng-1"], "as they were asked for");
    let told = told(&plan);
    for words in [
        "mng-3: node group eksworkshop/mng-3 does not exist",
        "mng-2: the group is UPDATING",
        "mng-1: its subnet subnet-b does not exist any more",
        "mng-1: image ami-0a1b2c3d4e5f60718 does not exist any more",
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
    assert_eq!(plan.blockers.len(), 4, "{told}");
}

#[test]
fn one_number_is_no_version_of_two_templates() {
    let mut observed = account();
    let mut other = the_template(&mut observed).clone();
    (other.id, other.name) = ("lt-other".to_owned(), "other".to_owned());
    let site = REGION.into();
    observed
        .templates
        .get_mut(&site)
        .expect("the region")
        .insert("other".to_owned(), other);
    let mut second = the_group(&mut observed).clone();
    second.name = "mng-2".to_owned();
    if let Some(template) = &mut second.launch_template {
        (template.id, template.name) = (Some("lt-other".to_owned()), Some("other".to_owned()));
    }
    let groups = observed.groups.get_mut(CLUSTER).expect("the cluster");
    groups.insert(second.name.clone(), second);
    let both = [(CLUSTER, "mng-1"), (CLUSTER, "mng-2")];
    let plan = several(&observed, RollbackTo::Version(1), &both);
    assert_eq!(
        told(&plan),
        "--to: version 1 is not one version: these groups are on the launch templates us-east-1/demo, us-east-1/other"
    );
    // Of each its own one before is a clear word.
    let plan = several(&observed, RollbackTo::Previous, &both);
    assert_eq!((plan.steps.len(), told(&plan)), (2, String::new()));
}

/// What the image's name says is all there is to go by.
#[test]
fn an_image_of_another_kubernetes() {
    let rows = [
        ("1.34", "amazon", "", ""),
        ("1.38", "amazon", "more than 3 minors older", ""),
        ("1.33", "amazon", "newer than the control plane", ""),
        ("1.33", "", "", "newer than the control plane"),
    ];
    for (cluster_version, owner, blocker, warning) in rows {
        let mut observed = account();
        machines(&mut observed);
        let images = observed
            .images
            .values_mut()
            .flat_map(|images| images.values_mut());
        for image in images {
            image.owner_alias = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
            image.deprecated = Some(at(10));
        }
        let cluster = observed.clusters.get_mut(CLUSTER).expect("the cluster");
        cluster.version = cluster_version.to_owned();
        let plan = back(&observed, RollbackTo::Version(1));
        let warned: Vec<&str> = plan
            .warnings
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        assert_eq!(
            told(&plan).is_empty(),
            blocker.is_empty(),
            "{}",
            told(&plan)
        );
        assert!(told(&plan).contains(blocker), "{}", told(&plan));
        assert!(warned.join(" ").contains(warning), "{warned:?}");
        assert!(
            warned.join(" ").contains("is deprecated since"),
            "{warned:?}"
        );
    }
}

#[test]
fn no_address_for_the_first_node() {
    let mut observed = account();
    subnets(&mut observed)
        .values_mut()
        .for_each(|subnet| subnet.free_addresses = 0);
    let plan = back(&observed, RollbackTo::Version(1));
    assert!(told(&plan).contains("no free address"), "{}", told(&plan));
}
