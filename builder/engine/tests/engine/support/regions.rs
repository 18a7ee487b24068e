//! A fleet in several regions, and what is published there.

use nodemint_core::lock::Lock;
use nodemint_core::spec::FleetSpec;
use nodemint_engine::ports::ErrorKind;
use nodemint_engine::resolve::{Options, Resolved, Update, resolve};

use super::fleet::spec;
use super::shop::Shop;
use super::world::cluster;
use super::{Rig, block_on};

pub const REGIONS: [&str; 3] = ["ap-south-1", "eu-west-1", "us-east-1"];
/// Releases and their age in hours.
pub const DAYS: [(&str, i64); 3] = [("20260901", 480), ("20260910", 200), ("20260918", 30)];
pub const NEWEST: &str = "20260918";
pub const MIDDLE: &str = "20260910";
pub const OLDEST: &str = "20260901";

/// A launch template `demo` on one cluster in each region; clusters have their region's name.
pub fn fleet(regions: &[&str]) -> FleetSpec {
    fleet_of(regions, &["demo"])
}

pub fn fleet_of(regions: &[&str], templates: &[&str]) -> FleetSpec {
    let mut text = String::from(
        "apiVersion: nodemint.dev/v1alpha1\nkind: Fleet\nmetadata: {name: many}\nclusters:\n",
    );
    for region in regions {
        text.push_str(&format!("  - {{name: {region}, region: {region}}}\n"));
    }
    let clusters = regions.join(", ");
    text.push_str("launchTemplates:\n");
    for name in templates {
        text.push_str(&format!(
            "  - {{name: {name}, clusters: [{clusters}], family: AL2023, arch: x86_64, instanceType: m5.large, securityGroupIds: [sg-0123456789abcdef0], ami: {{eksOptimized: latest, pinnedBy: launchTemplate}}}}\n"
        ));
    }
    spec(&text)
}

/// A world where every region has every release, and recommends the newest.
pub fn rig() -> Rig {
    let rig = Rig::new();
    rig.world(|world| {
        for region in REGIONS {
            let mut shop = Shop::default();
            for (day, hours) in DAYS {
                shop.publish(region, "1.34", day, world.now, hours);
            }
            shop.recommend(region, "1.34", NEWEST);
            world.shops.insert(region.to_owned(), shop);
            world.clusters.insert(region.to_owned(), cluster(region));
        }
    });
    rig
}

/// Makes a region one where a release does not exist.
pub fn without(rig: &Rig, region: &str, day: &str, recommended: &str) {
    rig.world(|world| {
        let shop = world.shops.get_mut(region).expect("a region");
        shop.images.retain(|_, image| !image.name.ends_with(day));
        shop.parameters.retain(|name, _| !name.contains(day));
        shop.recommend(region, "1.34", recommended);
    });
}

pub fn recommend(rig: &Rig, day: &str) {
    rig.world(|world| {
        for (region, shop) in &mut world.shops {
            shop.recommend(region, "1.34", day);
        }
    });
}

pub fn deny(rig: &Rig, region: &str, verb: &'static str) {
    rig.world(|world| world.fail_in(region, verb, ErrorKind::AccessDenied));
}

pub fn run(rig: &Rig, spec: &FleetSpec, old: &Lock, update: Update) -> Resolved {
    run_beside(rig, spec, old, &Lock::default(), update)
}

/// A run that starts from nothing.
pub fn fresh(rig: &Rig, spec: &FleetSpec) -> Resolved {
    run(rig, spec, &Lock::default(), Update::Nothing)
}

pub fn run_beside(
    rig: &Rig,
    spec: &FleetSpec,
    old: &Lock,
    elsewhere: &Lock,
    update: Update,
) -> Resolved {
    let now = rig.world(|world| world.now);
    let options = Options {
        update,
        strict: false,
    };
    let clouds = rig.clouds();
    block_on(resolve(spec, old, elsewhere, &options, now, &clouds))
}

/// The release of a launch template in each region that has one.
pub fn days<'a>(lock: &'a Lock, template: &str) -> Vec<(&'a str, &'a str)> {
    let images = lock.launch_templates.get(template).into_iter().flatten();
    images
        .map(|(cluster, image)| {
            let day = image.name.rsplit("-v").next().unwrap_or_default();
            (cluster.as_str(), day)
        })
        .collect()
}

/// The same release in these regions.
pub fn all<'a>(regions: &[&'a str], day: &'a str) -> Vec<(&'a str, &'a str)> {
    regions.iter().map(|region| (*region, day)).collect()
}
