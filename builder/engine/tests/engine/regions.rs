//! Resolve over regions: one release for all, and no region's failure costs another's answer.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use nodemint_core::lock::Lock;
use nodemint_core::spec::FleetSpec;
use nodemint_engine::resolve::{Problem, Update};

use crate::support::Rig;
use crate::support::regions::{
    MIDDLE, NEWEST, OLDEST, REGIONS, all, days, deny, fleet, fleet_of, fresh, recommend, rig, run,
    run_beside, without,
};
use crate::support::shop::{Shop, release};

/// Everything at `day`, as a former run has locked it.
fn locked_at(day: &str) -> Lock {
    let rig = rig();
    recommend(&rig, day);
    let resolved = fresh(&rig, &fleet(&REGIONS));
    assert_eq!(days(&resolved.lock, "demo"), all(&REGIONS, day));
    resolved.lock
}

#[test]
fn which_release_all_regions_get() {
    type Change = fn(&Rig, &mut FleetSpec);
    // Name, what is changed, the release that is taken, words of the note.
    let rows: &[(&str, Change, &str, &str)] = &[
        ("all the same", |_, _| {}, NEWEST, ""),
        (
            "one region does not have it yet",
            |rig, _| without(rig, "eu-west-1", NEWEST, MIDDLE),
            MIDDLE,
            "20260918: it does not exist in eu-west-1",
        ),
        (
            "one region has it, and does not recommend it yet",
            |rig, _| {
                rig.world(|world| {
                    let shop = world.shops.get_mut("eu-west-1").expect("a region");
                    shop.recommend("eu-west-1", "1.34", MIDDLE);
                });
            },
            NEWEST,
            "what is recommended in eu-west-1 is behind it",
        ),
        (
            "EKS has taken its recommendation back",
            |rig, spec| {
                recommend(rig, MIDDLE);
                spec.launch_templates[0].deny = ["20260801".to_owned()].into();
            },
            MIDDLE,
            "",
        ),
        (
            "too young",
            |_, spec| spec.launch_templates[0].min_age = Some(SignedDuration::from_hours(72)),
            MIDDLE,
            "`ami.minAge` allows it from",
        ),
        (
            "denied by its release version",
            |_, spec| spec.launch_templates[0].deny = [release("1.34", NEWEST)].into(),
            MIDDLE,
            "20260918: `ami.deny` has it",
        ),
        (
            "denied, and the next too young",
            |_, spec| {
                spec.launch_templates[0].deny = [NEWEST.to_owned()].into();
                spec.launch_templates[0].min_age = Some(SignedDuration::from_hours(300));
            },
            OLDEST,
            "20260918: `ami.deny` has it; 20260910: it was made at",
        ),
    ];
    for (name, change, day, words) in rows {
        let (rig, mut spec) = (rig(), fleet(&REGIONS));
        change(&rig, &mut spec);
        let resolved = fresh(&rig, &spec);
        assert_eq!(resolved.problems, [], "{name}");
        assert_eq!(days(&resolved.lock, "demo"), all(&REGIONS, day), "{name}");
        for image in resolved.lock.launch_templates["demo"].values() {
            let full = release("1.34", day);
            assert_eq!(image.release_version, Some(full), "{name}");
        }
        match words.is_empty() {
            true => assert_eq!(resolved.warnings, [""; 0], "{name}"),
            false => {
                assert_eq!(
                    resolved.warnings.len(),
                    1,
                    "{name}: {:?}",
                    resolved.warnings
                );
                assert!(
                    resolved.warnings[0].contains(words),
                    "{}",
                    resolved.warnings[0]
                );
            }
        }
        rig.world(|world| world.calls.clear());
        let again = run(&rig, &spec, &resolved.lock, Update::Nothing);
        assert_eq!(
            (again.lock, again.changes),
            (resolved.lock, vec![]),
            "{name}"
        );
        assert_eq!(rig.world(|world| world.calls.clone()), [""; 0], "{name}");
    }
}

#[test]
fn nothing_is_old_enough() {
    let (rig, mut spec) = (rig(), fleet(&REGIONS));
    spec.launch_templates[0].min_age = Some(SignedDuration::from_hours(481));
    let resolved = fresh(&rig, &spec);
    let [problem] = resolved.problems.as_slice() else {
        panic!("{:?}", resolved.problems);
    };
    let first = rig.world(|world| world.now) + SignedDuration::from_hours(1);
    let hint = problem.hint.clone().unwrap_or_default();
    assert!(
        hint.contains(&format!("the first is old enough at {first}")),
        "{hint}"
    );
    // What is locked already is not too young to stay.
    let old = locked_at(MIDDLE);
    let updated = run(&rig, &spec, &old, Update::All);
    assert_eq!((updated.lock, updated.problems), (old, vec![]));
}

/// A new region gets what the others have, unless it is not there.
#[test]
fn a_region_that_joins() {
    let (here, there) = (["eu-west-1", "us-east-1"], "ap-south-1");
    for aside in [false, true] {
        let rig = rig();
        recommend(&rig, MIDDLE);
        let old = fresh(&rig, &fleet(&here)).lock;
        recommend(&rig, NEWEST);
        let (spec, beside, old) = match aside {
            false => (fleet(&REGIONS), Lock::default(), old),
            // As with --region: the others are not in the spec of the run.
            true => (fleet(&[there]), old, Lock::default()),
        };
        let joined = run_beside(&rig, &spec, &old, &beside, Update::Nothing);
        assert_eq!(joined.problems, []);
        for (_, day) in days(&joined.lock, "demo") {
            assert_eq!(day, MIDDLE);
        }
        without(&rig, there, MIDDLE, NEWEST);
        let refused = run_beside(&rig, &spec, &old, &beside, Update::Nothing);
        assert_eq!(refused.lock.launch_templates, old.launch_templates);
        let [problem] = refused.problems.as_slice() else {
            panic!("{:?}", refused.problems);
        };
        assert!(
            problem.message.contains("does not exist in ap-south-1"),
            "{problem:?}"
        );
        let hint = problem.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("nodemint resolve --update demo"), "{hint}");
    }
}

/// A denied release is given to nobody who joins, whichever side the entry names it by.
#[test]
fn a_region_does_not_join_a_denied_release() {
    let (here, there) = (["eu-west-1", "us-east-1"], "ap-south-1");
    let ids = |rig: &Rig, region: &str| {
        rig.world(|world| {
            let images = world.shops[region].images.values();
            let middle = images.filter(|image| image.name.ends_with(MIDDLE));
            middle.map(|image| image.id.clone()).collect::<Vec<_>>()
        })
    };
    let rig = rig();
    recommend(&rig, MIDDLE);
    let old = fresh(&rig, &fleet(&here)).lock;
    // The day, the release version, and the image's id in the region that joins and in one that has it.
    let mut entries = vec![MIDDLE.to_owned(), release("1.34", MIDDLE)];
    entries.extend(ids(&rig, there).into_iter().chain(ids(&rig, "us-east-1")));
    assert_eq!(entries.len(), 4);
    for (entry, recommended) in entries
        .iter()
        .flat_map(|one| [(one, MIDDLE), (one, NEWEST)])
    {
        recommend(&rig, recommended);
        let mut spec = fleet(&REGIONS);
        spec.launch_templates[0].deny = [entry.clone()].into();
        let refused = run(&rig, &spec, &old, Update::Nothing);
        assert_eq!(refused.lock.launch_templates, old.launch_templates);
        let [problem] = refused.problems.as_slice() else {
            panic!("{entry}: {:?}", refused.problems);
        };
        let words = "release 20260910, which launch template demo on us-east-1 in us-east-1 has and ap-south-1 would get, is under `ami.deny`";
        assert_eq!(problem.message, words, "{entry}");
        // The cure works.
        let moved = run(&rig, &spec, &old, Update::All);
        let wanted = if recommended == MIDDLE {
            OLDEST
        } else {
            NEWEST
        };
        assert_eq!(moved.problems, [], "{entry}");
        assert_eq!(days(&moved.lock, "demo"), all(&REGIONS, wanted), "{entry}");
    }
}

#[test]
fn an_update_of_one_region_leaves_the_others_behind_and_says_so() {
    let (rig, mut elsewhere) = (rig(), locked_at(MIDDLE));
    let (mut here, there) = (elsewhere.clone(), "us-east-1");
    here.clusters.retain(|name, _| name == there);
    elsewhere.clusters.remove(there);
    for images in here.launch_templates.values_mut() {
        images.retain(|name, _| name == there);
    }
    for images in elsewhere.launch_templates.values_mut() {
        images.remove(there);
    }
    let moved = run_beside(&rig, &fleet(&[there]), &here, &elsewhere, Update::All);
    assert_eq!(days(&moved.lock, "demo"), all(&[there], NEWEST));
    assert_eq!(moved.warnings.len(), 2, "{:?}", moved.warnings);
    assert!(moved.warnings[0].contains("the regions differ now"));
}

/// One region of three is closed: the others are locked, and the next run asks only for the rest.
#[test]
fn access_denied_in_one_region() {
    let (rig, spec) = (rig(), fleet(&REGIONS));
    deny(&rig, "eu-west-1", "parameters");
    let first = fresh(&rig, &spec);
    assert_eq!(
        days(&first.lock, "demo"),
        all(&["ap-south-1", "us-east-1"], NEWEST)
    );
    assert_eq!(first.problems, []);
    let [unreached] = first.unreached.as_slice() else {
        panic!("{:?}", first.unreached);
    };
    assert_eq!(unreached.what, ["launch template demo on eu-west-1"]);
    rig.world(|world| {
        world.faults.clear();
        world.calls.clear();
        world.regions.clear();
    });
    let second = run(&rig, &spec, &first.lock, Update::Nothing);
    assert_eq!(days(&second.lock, "demo"), all(&REGIONS, NEWEST));
    rig.world(|world| {
        assert_eq!(world.calls, ["parameters", "images", "instance_types"]);
        assert!(world.regions.iter().all(|region| region == "eu-west-1"));
    });
}

/// An update moves all regions or none: what is wrong in one keeps the others, too.
#[test]
fn an_update_that_one_region_cannot_follow() {
    type Wrong = fn(&mut Shop);
    let rows: &[(&str, Wrong, &str)] = &[
        (
            "the image is gone",
            |shop| shop.images.retain(|_, image| !image.name.ends_with(NEWEST)),
            "does not exist in eu-west-1 for this account",
        ),
        (
            "the parameter is gone",
            |shop| shop.parameters.clear(),
            "SSM has no parameter",
        ),
        (
            "another owner",
            |shop| {
                for image in shop.images.values_mut() {
                    image.owner = "999988887777".to_owned();
                    image.owner_alias = None;
                }
            },
            "belongs to account 999988887777",
        ),
    ];
    for (name, wrong, words) in rows {
        let (rig, spec, old) = (rig(), fleet(&REGIONS), locked_at(MIDDLE));
        rig.world(|world| wrong(world.shops.get_mut("eu-west-1").expect("a region")));
        let updated = run(&rig, &spec, &old, Update::All);
        assert_eq!((&updated.lock, updated.changes.len()), (&old, 0), "{name}");
        let [problem] = updated.problems.as_slice() else {
            panic!("{name}: {:?}", updated.problems);
        };
        assert!(
            problem.message.contains(words),
            "{name}: {}",
            problem.message
        );
        let kept = |warning: &String| warning.contains("all regions move to one release together");
        assert!(
            updated.warnings.iter().any(kept),
            "{name}: {:?}",
            updated.warnings
        );
    }
}

/// Whatever fails wherever: nothing that was locked is lost, no launch template has two releases, and once
/// all is well again one more run completes it.
#[test]
fn failures_lose_nothing_and_mix_nothing() {
    let verbs = [
        "cluster",
        "parameters",
        "images",
        "find_images",
        "instance_types",
    ];
    for (verb, subset) in verbs
        .iter()
        .flat_map(|verb| (0..8).map(move |set| (*verb, set)))
    {
        for (update, missing, complete) in [
            (Update::Nothing, false, false),
            (Update::All, false, true),
            (Update::All, true, true),
            (Update::All, true, false),
        ] {
            let name = format!("{verb} {subset:03b} {update:?} {missing} {complete}");
            let (rig, spec) = (rig(), fleet_of(&REGIONS, &["demo", "web"]));
            if missing {
                without(&rig, "us-east-1", NEWEST, MIDDLE);
            }
            let mut old = locked_at(OLDEST);
            if !complete {
                old.clusters.remove("ap-south-1");
                for images in old.launch_templates.values_mut() {
                    images.remove("ap-south-1");
                }
            }
            for (index, region) in REGIONS.iter().enumerate() {
                if subset & (1 << index) != 0 {
                    deny(&rig, region, verb);
                }
            }
            let first = run(&rig, &spec, &old, update.clone());
            holds(&name, &old, &first.lock);
            rig.world(|world| world.faults.clear());
            let second = run(&rig, &spec, &first.lock, Update::Nothing);
            holds(&name, &first.lock, &second.lock);
            for template in ["demo", "web"] {
                // What went to the others while one was closed may not be there: that is told.
                let told =
                    |problem: &Problem| problem.message.contains("does not exist in us-east-1");
                let complete = days(&second.lock, template).len() == 3;
                assert!(
                    complete || missing && second.problems.iter().any(told),
                    "{name} {:?}",
                    second.problems
                );
            }
            let third = run(&rig, &spec, &first.lock, Update::Nothing);
            assert_eq!(third, second, "{name}");
        }
    }
}

fn holds(name: &str, old: &Lock, new: &Lock) {
    for cluster in old.clusters.keys() {
        assert!(new.clusters.contains_key(cluster), "{name}");
    }
    for (template, images) in &old.launch_templates {
        for cluster in images.keys() {
            assert!(
                new.launch_templates[template].contains_key(cluster),
                "{name}"
            );
        }
    }
    for template in new.launch_templates.keys() {
        let days: BTreeSet<&str> = days(new, template)
            .into_iter()
            .map(|(_, day)| day)
            .collect();
        assert_eq!(days.len(), 1, "{name}: {template} {days:?}");
    }
}
