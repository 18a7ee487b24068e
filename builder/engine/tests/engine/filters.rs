//! Images of one's own, found by a filter: `minAge` and `deny` hold for them as for published releases.

use jiff::SignedDuration;
use nodemint_core::spec::{AmiSource, FleetSpec, ImageFilter, LaunchTemplate};
use nodemint_engine::outdated::outdated;
use nodemint_engine::resolve::Update;

use crate::support::regions::{MIDDLE, NEWEST, OLDEST, all, days, fleet, fresh, rig, run};
use crate::support::{Rig, block_on};

const HERE: [&str; 1] = ["us-east-1"];

fn spec() -> FleetSpec {
    let mut spec = fleet(&HERE);
    spec.launch_templates[0].ami = AmiSource::Filter(ImageFilter {
        owners: vec!["amazon".to_owned()],
        name: Some("amazon-eks-node-al2023-x86_64-standard-{{kubernetesVersion}}-*".to_owned()),
        tags: Default::default(),
    });
    spec
}

/// A field of the image of a day.
fn image(rig: &Rig, day: &str, field: fn(&nodemint_core::observed::Image) -> &String) -> String {
    rig.world(|world| {
        let mut images = world.shops[HERE[0]].images.values();
        let found = images.find(|image| image.name.ends_with(day));
        found.map(field).cloned().unwrap_or_default()
    })
}

#[test]
fn the_rules_hold_for_a_filter() {
    type Change = fn(&Rig, &mut LaunchTemplate);
    // Name, what is changed, what is taken.
    let rows: &[(&str, Change, &str)] = &[
        ("the newest", |_, _| {}, NEWEST),
        (
            "too young",
            |_, template| template.min_age = Some(SignedDuration::from_hours(72)),
            MIDDLE,
        ),
        (
            "denied by name",
            |rig, template| template.deny = [image(rig, NEWEST, |one| &one.name)].into(),
            MIDDLE,
        ),
        (
            "denied by id, and the next too young",
            |rig, template| {
                template.deny = [image(rig, NEWEST, |one| &one.id)].into();
                template.min_age = Some(SignedDuration::from_hours(300));
            },
            OLDEST,
        ),
    ];
    for (name, change, wanted) in rows {
        let (rig, mut spec) = (rig(), spec());
        let first = fresh(&rig, &spec);
        assert_eq!(first.problems, [], "{name}");
        change(&rig, &mut spec.launch_templates[0]);
        let taken = fresh(&rig, &spec);
        assert_eq!(taken.problems, [], "{name}");
        assert_eq!(days(&taken.lock, "demo"), all(&HERE, wanted), "{name}");

        // What is locked is never too young to stay; what is denied goes at an update.
        let denied = !spec.launch_templates[0].deny.is_empty();
        let updated = run(&rig, &spec, &first.lock, Update::All);
        let stays = if denied { *wanted } else { NEWEST };
        assert_eq!(days(&updated.lock, "demo"), all(&HERE, stays), "{name}");

        // `outdated` says what an update would do, and why it is not the newest.
        let (now, clouds) = (rig.world(|world| world.now), rig.clouds());
        let [entry] = &block_on(outdated(&first.lock, &spec, now, &clouds)).entries[..] else {
            panic!("{name}");
        };
        let to = entry.update_to.as_ref().map(|release| release.name.clone());
        let moves = denied.then(|| image(&rig, wanted, |one| &one.name));
        assert_eq!(to, moves, "{name}");
        let [entry] = &block_on(outdated(&taken.lock, &spec, now, &clouds)).entries[..] else {
            panic!("{name}");
        };
        assert_eq!(entry.held_back.is_some(), *wanted != NEWEST, "{name}");
        assert_eq!(entry.update_to, None, "{name}");
    }
}

#[test]
fn a_filter_whose_images_are_all_refused() {
    let (rig, mut spec) = (rig(), spec());
    spec.launch_templates[0].min_age = Some(SignedDuration::from_hours(9000));
    let resolved = fresh(&rig, &spec);
    let [problem] = resolved.problems.as_slice() else {
        panic!("{:?}", resolved.problems);
    };
    let words = "no image that fits `ami.filter` may be used: ";
    assert!(problem.message.starts_with(words), "{problem:?}");
    assert!(
        problem.message.contains("`ami.minAge` allows it from"),
        "{problem:?}"
    );
    assert!(
        resolved
            .lock
            .launch_templates
            .values()
            .all(|images| images.is_empty())
    );
}

/// A source that names one image cannot pass over it.
#[test]
fn a_denied_image_that_the_source_names() {
    let (rig, mut spec) = (rig(), spec());
    let id = image(&rig, NEWEST, |one| &one.id);
    spec.launch_templates[0].ami = AmiSource::Id(id.clone());
    spec.launch_templates[0].deny = [id.clone()].into();
    let resolved = fresh(&rig, &spec);
    let told: Vec<&str> = resolved
        .problems
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    let [told] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(
        told.starts_with(&format!("`ami.deny` has image {id} (")),
        "{told}"
    );
    assert_eq!(days(&resolved.lock, "demo"), []);
}
