//! How far behind the lock is: names of images tell it, in one call a site.

use jiff::SignedDuration;
use nodemint_core::lock::Lock;
use nodemint_core::spec::{AmiSource, FleetSpec, Release};
use nodemint_engine::outdated::{Entry, Outdated, outdated};
use nodemint_engine::resolve::Update;

use crate::support::regions::{
    MIDDLE, NEWEST, OLDEST, REGIONS, deny, fleet, fleet_of, recommend, rig, run, without,
};
use crate::support::{Rig, block_on};

fn look(rig: &Rig, lock: &Lock, spec: &FleetSpec) -> Outdated {
    let (now, clouds) = (rig.world(|world| world.now), rig.clouds());
    block_on(outdated(lock, spec, now, &clouds))
}

fn locked_at(day: &str, spec: &FleetSpec) -> Lock {
    let rig = rig();
    recommend(&rig, day);
    run(&rig, spec, &Lock::default(), Update::Nothing).lock
}

fn day(release: &Option<nodemint_engine::outdated::Release>) -> Option<&str> {
    release.as_ref()?.release.as_deref()
}

#[test]
fn what_is_newer_and_what_an_update_takes() {
    type Change = fn(&Rig, &mut FleetSpec);
    // Name, what is locked, what is changed, how far behind, what an update takes, why not the newest.
    type Row = (
        &'static str,
        &'static str,
        Change,
        usize,
        Option<&'static str>,
        &'static str,
    );
    let rows: &[Row] = &[
        ("the newest", NEWEST, |_, _| {}, 0, None, ""),
        ("two behind", OLDEST, |_, _| {}, 2, Some(NEWEST), ""),
        (
            "the newest is too young",
            OLDEST,
            |_, spec| spec.launch_templates[0].min_age = Some(SignedDuration::from_hours(72)),
            2,
            Some(MIDDLE),
            "20260918: it was made at",
        ),
        (
            "the newest is denied",
            MIDDLE,
            |_, spec| spec.launch_templates[0].deny = [NEWEST.to_owned()].into(),
            1,
            None,
            "20260918: `ami.deny` has it",
        ),
        (
            "another region does not have it",
            OLDEST,
            |rig, _| without(rig, "eu-west-1", NEWEST, MIDDLE),
            2,
            Some(MIDDLE),
            "20260918: it does not exist in eu-west-1",
        ),
        (
            "another region cannot be asked",
            OLDEST,
            |rig, _| deny(rig, "eu-west-1", "find_images"),
            2,
            None,
            "eu-west-1 cannot be reached",
        ),
    ];
    for (name, at, change, behind, update_to, words) in rows {
        let (rig, mut spec) = (rig(), fleet(&REGIONS));
        let lock = locked_at(at, &spec);
        change(&rig, &mut spec);
        let known = look(&rig, &lock, &spec);
        assert_eq!(known.entries.len(), 3, "{name}");
        let entry = known.entries.last().expect("three");
        assert_eq!(
            (entry.cluster.as_str(), entry.behind),
            ("us-east-1", Some(*behind)),
            "{name}"
        );
        assert_eq!(day(&entry.newest), Some(NEWEST), "{name}");
        assert_eq!(entry.releases.len(), 3, "{name}");
        assert_eq!(day(&entry.update_to), *update_to, "{name}");
        let held_back = entry.held_back.clone().unwrap_or_default();
        assert_eq!(
            held_back.is_empty(),
            words.is_empty(),
            "{name}: {held_back}"
        );
        assert!(held_back.contains(words), "{name}: {held_back}");
        // The update does what was told.
        if known.unreached.is_empty() {
            let updated = run(&rig, &spec, &lock, Update::All).lock;
            let moved = &updated.launch_templates["demo"]["us-east-1"].image_id;
            let told = entry
                .update_to
                .as_ref()
                .and_then(|one| one.image_id.as_ref());
            assert_eq!(moved, told.unwrap_or(&entry.locked.image_id), "{name}");
        }
    }
}

#[test]
fn one_call_a_site() {
    let (rig, spec) = (rig(), fleet_of(&REGIONS, &["demo", "web"]));
    let lock = locked_at(MIDDLE, &spec);
    let known = look(&rig, &lock, &spec);
    assert_eq!(known.entries.len(), 6);
    assert_eq!(rig.world(|world| world.calls.clone()), ["find_images"; 3]);
}

#[test]
fn a_site_that_cannot_be_asked() {
    let (rig, spec) = (rig(), fleet(&REGIONS));
    let lock = locked_at(MIDDLE, &spec);
    deny(&rig, "eu-west-1", "find_images");
    let known = look(&rig, &lock, &spec);
    let [unreached] = known.unreached.as_slice() else {
        panic!("{:?}", known.unreached);
    };
    assert_eq!(unreached.what, ["launch template demo on eu-west-1"]);
    let newest: Vec<Option<&str>> = known
        .entries
        .iter()
        .map(|entry| day(&entry.newest))
        .collect();
    assert_eq!(newest, [Some(NEWEST), None, Some(NEWEST)]);
}

/// What has no releases: the answer of a parameter is compared with what is locked, an id never changes.
#[test]
fn other_sources() {
    type Fits = fn(&Entry) -> bool;
    let rows: &[(&str, AmiSource, Fits)] = &[
        (
            "an id",
            AmiSource::Id("ami-0123456789abcdef0".to_owned()),
            |entry| entry.newest.is_none() && entry.behind.is_none() && entry.update_to.is_none(),
        ),
        (
            "a parameter with another image",
            AmiSource::SsmParameter("/golden".to_owned()),
            |entry| entry.update_to.is_some() && entry.update_to == entry.newest,
        ),
        (
            "a parameter that is gone",
            AmiSource::SsmParameter("/gone".to_owned()),
            |entry| entry.newest.is_none() && entry.update_to.is_none(),
        ),
        (
            "a pinned release",
            AmiSource::EksOptimized(Release::Pinned("1.34.2-20260910".to_owned())),
            |entry| {
                let why = entry.held_back.as_deref().unwrap_or_default();
                entry.behind == Some(1) && entry.update_to.is_none() && why.contains("pins")
            },
        ),
    ];
    for (name, source, fits) in rows {
        let (rig, mut spec) = (rig(), fleet(&["us-east-1"]));
        let mut lock = locked_at(MIDDLE, &spec);
        let images = lock.launch_templates.get_mut("demo").expect("it is locked");
        let image = images.get_mut("us-east-1").expect("it is locked");
        image.request.source = source.clone();
        spec.launch_templates[0].ami = source.clone();
        rig.world(|world| {
            let shop = world.shops.get_mut("us-east-1").expect("a region");
            let newest = shop
                .images
                .values()
                .find(|image| image.name.ends_with(NEWEST));
            let id = newest.expect("it is published").id.clone();
            shop.parameters.insert("/golden".to_owned(), id);
        });
        let known = look(&rig, &lock, &spec);
        assert!(fits(&known.entries[0]), "{name}: {:?}", known.entries[0]);
    }
}
