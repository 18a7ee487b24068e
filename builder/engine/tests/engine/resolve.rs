//! Resolve: what is found is locked, what is not is told, and what is locked costs no call.

use nodemint_core::lock::Lock;
use nodemint_core::observed::Image;
use nodemint_engine::ports::ErrorKind;
use nodemint_engine::resolve::{Options, Problem, Resolved, Update, resolve};

use crate::support::fleet::{LAB, spec};
use crate::support::world::{AMI, Fault, World, cluster};
use crate::support::{Rig, block_on};

const PREFIX: &str = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard";
const RELEASE: &str = "1.34.2-20260915";

fn run(rig: &Rig, text: &str, old: &Lock, update: &Update) -> Resolved {
    run_strictly(rig, text, old, update, false)
}

fn run_strictly(rig: &Rig, text: &str, old: &Lock, update: &Update, strict: bool) -> Resolved {
    let now = rig.world(|world| world.now);
    let options = Options {
        update: update.clone(),
        strict,
    };
    let (spec, nothing, clouds) = (spec(text), Lock::default(), rig.clouds());
    block_on(resolve(&spec, old, &nothing, &options, now, &clouds))
}

/// A run that is to find everything.
fn complete(rig: &Rig, text: &str, old: &Lock, update: &Update) -> Resolved {
    let resolved = run(rig, text, old, update);
    assert_eq!(
        (&resolved.problems, &resolved.unreached),
        (&vec![], &vec![])
    );
    resolved
}

/// The one problem of a run that finds no image.
fn problem(name: &str, resolved: Resolved) -> Problem {
    assert_eq!(resolved.unreached, [], "{name}");
    assert!(resolved.lock.launch_templates.is_empty(), "{name}");
    match <[Problem; 1]>::try_from(resolved.problems) {
        Ok([problem]) => problem,
        Err(problems) => panic!("{name}: {problems:?}"),
    }
}

fn image(world: &mut World) -> &mut Image {
    world.shop.images.get_mut(AMI).expect("the image")
}

/// The lab with another source of its image.
fn from(source: &str) -> String {
    LAB.replace("eksOptimized: latest", source)
}

#[test]
fn what_is_wrong_with_an_answer_is_told_with_its_place() {
    type Wrong = fn(&mut World);
    let rows: &[(&str, &str, Wrong, &str)] = &[
        (
            "no parameter",
            "eksOptimized: latest",
            |world| world.shop.parameters.clear(),
            "SSM has no parameter",
        ),
        (
            "not JSON",
            "eksOptimized: latest",
            |world| {
                world
                    .shop
                    .parameters
                    .insert(format!("{PREFIX}/recommended"), "ami-1".to_owned());
            },
            "is not the JSON that EKS publishes",
        ),
        (
            "not an image",
            "ssmParameter: /golden",
            |world| {
                world
                    .shop
                    .parameters
                    .insert("/golden".to_owned(), "hunter2".to_owned());
            },
            "does not hold an image",
        ),
        (
            "a parameter of one's own is missing",
            "ssmParameter: /golden",
            |_| {},
            "SSM has no parameter /golden",
        ),
        (
            "image gone",
            "eksOptimized: latest",
            |world| world.shop.images.clear(),
            "does not exist in us-east-1 for this account",
        ),
        (
            "image by id gone",
            "id: ami-0123456789abcdef0",
            |_| {},
            "ami-0123456789abcdef0, named by the spec, does not exist",
        ),
        (
            "not available",
            "eksOptimized: latest",
            |world| image(world).state = "pending".to_owned(),
            "is pending, not available",
        ),
        (
            "wrong architecture",
            "eksOptimized: latest",
            |world| image(world).architecture = "arm64".to_owned(),
            "is for arm64, and the launch template says x86_64",
        ),
        (
            "wrong owner",
            "eksOptimized: latest",
            |world| {
                image(world).owner = "999988887777".to_owned();
                image(world).owner_alias = None;
            },
            "belongs to account 999988887777",
        ),
        (
            "no root device",
            "eksOptimized: latest",
            |world| image(world).root_device = None,
            "has no root device",
        ),
        (
            "an instance type of another architecture",
            "eksOptimized: latest",
            |world| {
                let graviton = world.instance_types["m7g.large"].clone();
                world.instance_types.insert("m5.large".to_owned(), graviton);
            },
            "is arm64, and image",
        ),
        (
            "an instance type that the region does not have",
            "eksOptimized: latest",
            |world| world.instance_types.clear(),
            "m5.large",
        ),
    ];
    for (name, source, wrong, words) in rows {
        let rig = Rig::new();
        rig.world(wrong);
        let found = run(&rig, &from(source), &Lock::default(), &Update::Nothing);
        let problem = problem(name, found);
        let field = if name.starts_with("an instance type") {
            "instanceType"
        } else {
            "ami"
        };
        assert_eq!(
            problem.path,
            format!("launchTemplates[0].{field}"),
            "{name}"
        );
        let message = &problem.message;
        assert!(message.contains(words), "{name}: {message}");
        assert!(
            !message.contains("hunter2"),
            "{name}: a parameter's value can be a secret"
        );
    }
}

#[test]
fn clusters_that_cannot_be_read() {
    let rig = Rig::new();
    rig.world(|world| world.clusters.clear());
    let gone = problem("gone", run(&rig, LAB, &Lock::default(), &Update::Nothing));
    assert_eq!(gone.path, "clusters[0].name");
    let words = "EKS has no cluster `eksworkshop` in us-east-1";
    assert!(gone.message.contains(words), "{gone:?}");
    rig.world(|world| {
        let creating = nodemint_core::observed::ObservedCluster {
            endpoint: None,
            status: "CREATING".to_owned(),
            ..cluster("eksworkshop")
        };
        world.clusters.insert("eksworkshop".to_owned(), creating);
    });
    let early = problem("early", run(&rig, LAB, &Lock::default(), &Update::Nothing));
    let words = "no endpoint (its status is CREATING)";
    assert!(early.message.contains(words), "{early:?}");
}

#[test]
fn an_error_of_aws_is_no_problem_of_the_spec() {
    let image = "launch template demo on eksworkshop";
    let all = vec!["cluster eksworkshop", image];
    for (verb, kind, what) in [
        ("cluster", ErrorKind::AccessDenied, all),
        ("parameters", ErrorKind::Throttled, vec![image]),
        ("images", ErrorKind::Network, vec![image]),
        ("instance_types", ErrorKind::Throttled, vec![image]),
    ] {
        let rig = Rig::new();
        rig.world(|world| world.fail(verb, 1, Fault::Refuse(kind)));
        let end = run(&rig, LAB, &Lock::default(), &Update::Nothing);
        assert_eq!(end.problems, [], "{verb}");
        assert!(end.lock.launch_templates.is_empty(), "{verb}");
        let [unreached] = end.unreached.as_slice() else {
            panic!("{verb}: {:?}", end.unreached);
        };
        assert_eq!(
            (unreached.error.operation, unreached.error.kind),
            (verb, kind)
        );
        assert_eq!(unreached.what, what, "{verb}");
        assert_eq!(unreached.site, "us-east-1".into());
    }
}

/// What is locked needs the types for a check alone: without that permission a warning says what is not known.
#[test]
fn without_the_permission_for_instance_types_the_image_is_locked() {
    let rig = Rig::new();
    let refused = Fault::Refuse(ErrorKind::AccessDenied);
    rig.world(|world| world.fail("instance_types", 1, refused));
    let end = run(&rig, LAB, &Lock::default(), &Update::Nothing);
    assert_eq!((end.problems.len(), end.unreached.len()), (0, 0));
    assert_eq!(end.lock.launch_templates["demo"].len(), 1);
    let [warning] = end.warnings.as_slice() else {
        panic!("{:?}", end.warnings);
    };
    assert!(
        warning.contains("whether its instance types can run the image is unknown"),
        "{warning}"
    );
}

#[test]
fn a_pinned_release_is_found_and_checked() {
    let text = from(&format!("eksOptimized: \"{RELEASE}\""));
    let rig = Rig::new();
    let none = problem("none", run(&rig, &text, &Lock::default(), &Update::Nothing));
    assert!(none.message.contains("SSM has no parameter"), "{none:?}");
    let versioned = |rig: &Rig, found: &str| {
        rig.world(|world| {
            let dir = format!("{PREFIX}/amazon-eks-node-al2023-x86_64-standard-1.34-v20260915");
            world
                .shop
                .parameters
                .insert(format!("{dir}/image_id"), AMI.to_owned());
            world
                .shop
                .parameters
                .insert(format!("{dir}/release_version"), found.to_owned());
        });
    };
    versioned(&rig, "1.34.3-20260915");
    let other = problem(
        "other",
        run(&rig, &text, &Lock::default(), &Update::Nothing),
    );
    let words = "holds release 1.34.3-20260915, and 1.34.2-20260915 was asked for";
    assert!(other.message.contains(words), "{other:?}");
    versioned(&rig, RELEASE);
    let resolved = complete(&rig, &text, &Lock::default(), &Update::Nothing);
    assert_eq!(
        resolved.lock.launch_templates["demo"]["eksworkshop"]
            .release_version
            .as_deref(),
        Some(RELEASE)
    );
}

/// A parameter of one's own, its name filled in for the cluster that asks.
#[test]
fn a_parameter_of_ones_own() {
    let rig = Rig::new();
    rig.world(|world| {
        world.shop.parameters.insert(
            "/golden/1.34/x86_64/us-east-1".to_owned(),
            format!("{AMI}\n"),
        );
        // Any account may own it.
        image(world).owner = "999988887777".to_owned();
    });
    let text = from("ssmParameter: \"/golden/{{kubernetesVersion}}/{{arch}}/{{region}}\"");
    let resolved = complete(&rig, &text, &Lock::default(), &Update::Nothing);
    let locked = &resolved.lock.launch_templates["demo"]["eksworkshop"];
    assert_eq!(
        (locked.image_id.as_str(), &locked.release_version),
        (AMI, &None)
    );
    assert_eq!(locked.found_in, "/golden/1.34/x86_64/us-east-1");
}

#[test]
fn a_deprecated_image_is_locked_with_a_warning() {
    let rig = Rig::new();
    rig.world(|world| {
        let now = world.now;
        image(world).deprecated = Some(now);
    });
    let resolved = complete(&rig, LAB, &Lock::default(), &Update::Nothing);
    assert_eq!(resolved.warnings.len(), 1);
    assert!(
        resolved.warnings[0].contains("is deprecated since"),
        "{:?}",
        resolved.warnings
    );
    let strictly = run_strictly(&rig, LAB, &Lock::default(), &Update::Nothing, true);
    assert_eq!(strictly.warnings, [""; 0]);
    let refused = problem("strictly", strictly);
    assert!(
        refused.message.contains("is deprecated since"),
        "{refused:?}"
    );
}

#[test]
fn a_complete_lock_costs_not_one_call() {
    let rig = Rig::new();
    let first = complete(&rig, LAB, &Lock::default(), &Update::Nothing);
    assert!(!first.changes.is_empty());
    rig.world(|world| world.calls.clear());
    let again = complete(&rig, LAB, &first.lock, &Update::Nothing);
    assert_eq!((again.lock, again.changes.len()), (first.lock.clone(), 0));
    assert_eq!(rig.world(|world| world.calls.clone()), [""; 0]);
    let all = complete(&rig, LAB, &first.lock, &Update::All);
    assert_eq!(
        (all.lock, all.changes.len()),
        (first.lock, 0),
        "nothing newer is there"
    );
    assert_eq!(
        rig.world(|world| world.calls.clone()),
        ["cluster", "parameters", "images", "instance_types"]
    );
}

#[test]
fn only_an_update_moves_what_is_locked() {
    let rig = Rig::new();
    let first = complete(&rig, LAB, &Lock::default(), &Update::Nothing);
    rig.world(|world| {
        let mut newer = image(world).clone();
        newer.name = newer.name.replace("20260915", "20261001");
        newer.id = "ami-0fffffffffffffff1".to_owned();
        world.shop.images.insert(newer.id.clone(), newer);
        let value = r#"{"image_id":"ami-0fffffffffffffff1","image_name":"n","release_version":"1.34.3-20261001"}"#;
        world.shop.parameters.insert(format!("{PREFIX}/recommended"), value.to_owned());
    });
    let held = complete(&rig, LAB, &first.lock, &Update::Nothing);
    assert_eq!(held.lock, first.lock);
    let other = Update::Templates(["other".to_owned()].into());
    assert_eq!(complete(&rig, LAB, &first.lock, &other).lock, first.lock);
    let named = Update::Templates(["demo".to_owned()].into());
    let moved = complete(&rig, LAB, &first.lock, &named);
    let facts: Vec<&str> = moved
        .changes
        .iter()
        .map(|change| change.fact.as_str())
        .collect();
    assert_eq!(facts, ["image", "release"]);
}

/// Many templates on many clusters: one GetParameters and one DescribeImages a region.
#[test]
fn calls_are_counted_by_region() {
    let mut text = String::from(
        "apiVersion: nodemint.dev/v1alpha1\nkind: Fleet\nmetadata: {name: many}\nclusters:\n",
    );
    for (name, region) in [
        ("one", "us-east-1"),
        ("two", "us-east-1"),
        ("three", "eu-west-1"),
    ] {
        text.push_str(&format!("  - {{name: {name}, region: {region}}}\n"));
    }
    text.push_str("launchTemplates:\n");
    for name in ["aaa", "bbb", "ccc"] {
        text.push_str(&format!(
            "  - {{name: {name}, clusters: [one, two, three], family: AL2023, arch: x86_64, instanceType: m5.large, securityGroupIds: [sg-0123456789abcdef0], ami: {{eksOptimized: latest, pinnedBy: launchTemplate}}}}\n"
        ));
    }
    let rig = Rig::new();
    rig.world(|world| {
        world.clusters = ["one", "two", "three"]
            .map(|name| (name.to_owned(), cluster(name)))
            .into()
    });
    let resolved = complete(&rig, &text, &Lock::default(), &Update::Nothing);
    assert_eq!(
        resolved
            .lock
            .launch_templates
            .values()
            .map(|by_cluster| by_cluster.len())
            .sum::<usize>(),
        9
    );
    rig.world(|world| {
        assert_eq!(
            (
                world.count("cluster"),
                world.count("parameters"),
                world.count("images")
            ),
            (3, 2, 2)
        )
    });
}
