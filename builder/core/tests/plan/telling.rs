//! One plan with something of everything, as a file: `golden/plan/plan.json`. The command line's tests show it as text,
//! Markdown and JSON, and the schema's test reads it.
#![allow(
    clippy::disallowed_methods,
    reason = "the plan is a file, and UPDATE_GOLDEN rewrites it"
)]

use std::fs;
use std::path::Path;

use nodemint_core::desired::{Desired, DesiredGroup};
use nodemint_core::launch_template::{Data, UserDataBlob};
use nodemint_core::observed::{GroupTemplate, HealthIssue, Observed};
use nodemint_core::plan::{Back, Inputs, Plan, RollbackTo, SavedPlan, Scope, rollback};
use nodemint_core::spec::{MaxUnavailable, Scaling};

use crate::support::*;

const OLD_IMAGE: &str = "ami-0123456789abcdef0";
const JOIN: &str = "Content-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster: {name: eksworkshop}\n  kubelet:\n    config: {maxPods: 58}\n    flags: [--node-labels=role=worker]\n";
const SYSCTL: &str = "Content-Type: text/x-shellscript\n\n#!/bin/bash\nset -euo pipefail\nsysctl -w fs.inotify.max_user_watches=524288\n# before the kubelet starts\nmkdir -p /data\n";
const HELLO: &str = "Content-Type: text/x-shellscript\n\n#!/bin/bash\nlogger hello\n";

fn user_data(parts: &[String]) -> Option<UserDataBlob> {
    let parts = parts.iter().map(|part| format!("--B\n{part}\n"));
    let document = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"B\"\n\n{}--B--\n",
        parts.collect::<String>()
    );
    Some(UserDataBlob::of(document.as_bytes()))
}

/// What the groups run.
fn before() -> Data {
    Data {
        image_id: Some(OLD_IMAGE.to_owned()),
        user_data: user_data(&[SYSCTL.to_owned(), HELLO.to_owned(), JOIN.to_owned()]),
        ..content("m5.large")
    }
}

/// What the spec describes: another image, a script moved and one changed, kubelet settings.
fn after() -> Data {
    let sysctl = SYSCTL.replace("524288", "1048576");
    let join = JOIN
        .replace("maxPods: 58", "maxPods: 110, shutdownGracePeriod: 30s")
        .replace("role=worker", "role=worker,team=a");
    Data {
        user_data: user_data(&[HELLO.to_owned(), sysctl, join]),
        ..content("m5.2xlarge")
    }
}

fn named(name: &str, index: usize, template: &str) -> DesiredGroup {
    let mut group = group(name, CLUSTER, REGION, index);
    group.spec.launch_template = template.to_owned();
    group
}

fn wanted(data: Data) -> Desired {
    let mut desired = fleet();
    desired.templates = vec![
        template("demo", CLUSTER, REGION, data),
        template("steady", CLUSTER, REGION, content("m5.xlarge")),
    ];
    desired.groups = vec![
        named("rolls", 0, "demo"),
        named("held", 1, "demo"),
        named("configured", 2, "steady"),
        named("drifted", 3, "steady"),
        named("at-rest", 4, "steady"),
    ];
    desired
}

fn there_is_the_old_image(observed: &mut Observed) {
    let images = observed.images.entry(REGION.into()).or_default();
    let mut old = images["ami-0a1b2c3d4e5f60718"].clone();
    old.id = OLD_IMAGE.to_owned();
    old.name = old.name.replace("v20260915", "v20260801");
    images.insert(OLD_IMAGE.to_owned(), old);
}

fn there(observed: &mut Observed) {
    there_is_the_old_image(observed);
    let groups = observed.groups.get_mut(CLUSTER).expect("groups");
    let drifted = groups.get_mut("drifted").expect("it");
    drifted.launch_template = Some(GroupTemplate {
        version: Some("$Latest".to_owned()),
        ..drifted.launch_template.clone().expect("it")
    });
    drifted.status = "DEGRADED".to_owned();
    drifted.health = vec![HealthIssue {
        code: "AsgInstanceLaunchFailures".to_owned(),
        message: "no capacity".to_owned(),
        resource_ids: vec!["eks-drifted-asg".to_owned()],
    }];
    groups.get_mut("rolls").expect("it").scaling = Some(Scaling {
        min: 1,
        max: 5,
        desired: 4,
    });
    let templates = observed.templates.get_mut(&REGION.into()).expect("it");
    let steady = templates.get_mut("steady").expect("it");
    let mut version = steady.versions[0].clone();
    version.number = 2;
    version.description = None;
    version.created_by = Some("arn:aws:iam::111122223333:user/somebody".to_owned());
    version.data.instance_type = Some("m5.large".to_owned());
    steady.versions.insert(0, version);
    steady.latest_version = 2;
    subnets(observed)
        .get_mut("subnet-b")
        .expect("it")
        .free_addresses = 1;
}

fn telling() -> Plan {
    let mut observed = empty_account(&wanted(before()));
    machines(&mut observed);
    observed = perform(&planned(&wanted(before()), &observed), &observed, 1);
    there(&mut observed);
    let mut desired = wanted(after());
    let rolls = &mut desired.groups[0].spec;
    rolls.labels.insert("team".to_owned(), "a".to_owned());
    rolls.taints.push(taint("dedicated", Some("batch")));
    rolls.update.max_unavailable = MaxUnavailable::Percentage(50);
    rolls.scaling = Some(Scaling {
        min: 2,
        max: 6,
        desired: 2,
    });
    desired.groups[1].spec.launch_template_version = Some(1);
    desired.groups[2].spec.labels.clear();
    desired.groups.push(named("created", 5, "demo"));
    planned(&desired, &observed)
}

#[test]
fn the_telling_plan_is_the_published_one() {
    let plan = telling();
    assert!(plan.blockers.is_empty(), "{:#?}", plan.blockers);
    publish(&plan, "plan.json");
}

/// The way back of a group that runs the newer version.
#[test]
fn the_rollback_is_the_published_one() {
    let mut observed = empty_account(&wanted(before()));
    machines(&mut observed);
    for data in [before(), after()] {
        observed = perform(&planned(&wanted(data), &observed), &observed, 1);
        there_is_the_old_image(&mut observed);
    }
    let scope = Scope {
        every_version: true,
        ..Scope::of(&wanted(after()))
    };
    let back = Back {
        cluster: CLUSTER.to_owned(),
        group: "rolls".to_owned(),
        settings: settings(),
    };
    let to = RollbackTo::Previous;
    let plan = rollback("lab", &[back], to, &scope, &observed, &context());
    assert!(plan.blockers.is_empty(), "{:#?}", plan.blockers);
    publish(&plan, "rollback.json");
}

fn publish(plan: &Plan, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/plan");
    let path = folder.join(name);
    let saved = SavedPlan {
        expires: at(2000),
        endpoint: None,
        inputs: Inputs::default(),
        plan: plan.clone(),
    };
    let current = saved.to_json();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &current).expect("the plan can be written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "golden/plan/{name} is stale: UPDATE_GOLDEN=1 cargo test -p nodemint-core --test plan, then cargo test -p nodemint"
    );
    let read = SavedPlan::from_json(&published, &plan.nodemint);
    assert_eq!(read.expect("its own file"), saved);
}
