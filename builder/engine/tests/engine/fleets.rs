//! Resolve over versions: pinned releases, nodes older than their cluster, and what a large fleet costs.

use nodemint_core::spec::{AmiSource, Release};

use crate::support::Rig;
use crate::support::regions::{NEWEST, fleet, fleet_of, fresh, rig};
use crate::support::shop::Shop;
use crate::support::world::cluster;

#[test]
fn a_pinned_release_that_does_not_exist() {
    let (rig, mut spec) = (rig(), fleet(&["us-east-1"]));
    rig.world(|world| {
        let now = world.now;
        let shop = world.shops.get_mut("us-east-1").expect("a region");
        shop.publish("us-east-1", "1.33", "20260912", now, 150);
        for day in ["20260601", "20260602", "20260603", "20260604"] {
            shop.publish("us-east-1", "1.34", day, now, 2600);
        }
    });
    let pinned = Release::Pinned("1.34.2-20260912".to_owned());
    spec.launch_templates[0].ami = AmiSource::EksOptimized(pinned);
    let resolved = fresh(&rig, &spec);
    let [problem] = resolved.problems.as_slice() else {
        panic!("{:?}", resolved.problems);
    };
    assert!(
        problem.message.contains("SSM has no parameter"),
        "{problem:?}"
    );
    assert_eq!(
        problem.hint.as_deref(),
        Some(
            "the nearest for Kubernetes 1.34: 1.34.2-20260918, 1.34.2-20260910, \
             1.34.2-20260901, 1.34.2-20260604, 1.34.2-20260603; that release exists for Kubernetes 1.33"
        )
    );
}

#[test]
fn nodes_of_another_kubernetes() {
    for (version, words) in [
        ((1, 35), "newer than the control plane"),
        ((1, 30), "more than 3 minors older"),
        ((1, 31), ""),
    ] {
        let (rig, mut spec) = (rig(), fleet(&["us-east-1"]));
        let (major, minor) = version;
        let own = nodemint_core::spec::KubernetesVersion { major, minor };
        spec.launch_templates[0].kubernetes_version = Some(own);
        rig.world(|world| {
            let (now, version) = (world.now, own.to_string());
            let shop = world.shops.get_mut("us-east-1").expect("a region");
            shop.publish("us-east-1", &version, NEWEST, now, 30);
            shop.recommend("us-east-1", &version, NEWEST);
        });
        let resolved = fresh(&rig, &spec);
        match resolved.problems.as_slice() {
            [] => {
                assert_eq!(words, "");
                let image = &resolved.lock.launch_templates["demo"]["us-east-1"];
                assert_eq!(image.request.kubernetes_version, own.to_string());
            }
            [problem] => {
                assert_eq!(problem.path, "launchTemplates[0].kubernetesVersion");
                let message = &problem.message;
                assert!(!words.is_empty() && message.contains(words), "{message}");
            }
            problems => panic!("{problems:?}"),
        }
    }
}

/// Twelve regions, four versions, six launch templates: three calls a region, each parameter asked once.
#[test]
fn calls_of_a_large_fleet() {
    let rig = Rig::new();
    let regions: Vec<String> = (1..=12).map(|number| format!("xx-test-{number}")).collect();
    let mut spec = fleet_of(&["us-east-1"], &["aaa", "bbb", "ccc", "ddd", "eee", "fff"]);
    let one = spec.clusters.remove(0);
    for template in &mut spec.launch_templates {
        template.clusters.clear();
    }
    rig.world(|world| {
        for region in &regions {
            let mut shop = Shop::default();
            for version in ["1.31", "1.32", "1.33", "1.34"] {
                shop.publish(region, version, NEWEST, world.now, 30);
                shop.recommend(region, version, NEWEST);
                let name = format!("{region}-{}", version.trim_start_matches("1."));
                let mut stated = one.clone();
                (stated.name, stated.region) = (name.clone(), region.clone());
                spec.clusters.push(stated);
                let mut shown = cluster(&name);
                shown.version = version.to_owned();
                world.clusters.insert(name.clone(), shown);
                for template in &mut spec.launch_templates {
                    template.clusters.push(name.clone());
                }
            }
            world.shops.insert(region.clone(), shop);
        }
    });
    let resolved = fresh(&rig, &spec);
    assert_eq!((resolved.problems, resolved.unreached), (vec![], vec![]));
    let locked = resolved.lock.launch_templates.values();
    assert_eq!(locked.map(|images| images.len()).sum::<usize>(), 12 * 4 * 6);
    rig.world(|world| {
        assert_eq!(world.count("cluster"), 48);
        for verb in ["parameters", "images", "instance_types"] {
            assert_eq!(world.count(verb), 12, "{verb}");
        }
        assert_eq!(world.calls.len(), 48 + 3 * 12);
        // One name for each version in each region, however many launch templates ask for it.
        assert_eq!(world.asked.len(), 12 * 4);
    });
}
