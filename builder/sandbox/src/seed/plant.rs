//! From a checked seed to a world.

use std::collections::BTreeMap;

use super::{ClusterSeed, ImageSeed, IpFamily, RegionSeed, SeedDocument, Virtualization, VpcSeed};
use crate::partition;
use crate::public::Public;
use crate::world::{
    Cluster, Image, Parameter, ParameterVersion, Region, ScriptedFailure, SecurityGroup, Subnet,
    Vpc, World,
};

/// The size of a root volume that nobody gave one: the EKS AMIs' own.
const ROOT_SIZE_GIB: i64 = 20;

pub(super) fn plant(document: &SeedDocument) -> World {
    let mut world = World::empty(document.seed, document.start);
    world.main_account = Some(document.account.clone());
    for it in document.instance_types.iter().flat_map(|it| it.types()) {
        world.instance_types.insert(it.name.clone(), it);
    }
    for (account, roles) in document.roles().filter(|(_, roles)| !roles.is_empty()) {
        let roles = roles.iter().map(|role| (role.name.clone(), role.role()));
        world.roles.insert(account.to_owned(), roles.collect());
    }
    for (account, regions) in document.accounts() {
        for (name, seed) in regions {
            self::account(&mut world, document, account, name, seed);
        }
    }
    share(&mut world, document);
    let catalogue = document.public_images.clone().resolved();
    let regions = world.accounts.values().flat_map(BTreeMap::keys);
    world.public = Public::new(catalogue, regions);
    world
}

/// What an account has in a region.
fn account(
    world: &mut World,
    document: &SeedDocument,
    account: &str,
    name: &str,
    seed: &RegionSeed,
) {
    let region = world.region_mut(account, name);
    region.zones.clone_from(&seed.zones);
    self::region(region, document, account, name, seed);
    for key_pair in &seed.key_pairs {
        let details = BTreeMap::from([("id".to_owned(), world.id("key"))]);
        world
            .region_mut(account, name)
            .key_pairs
            .insert(key_pair.clone(), details);
    }
}

/// Private images that were shared are found in the accounts that they were shared with.
fn share(world: &mut World, document: &SeedDocument) {
    for (_, regions) in document.accounts() {
        for (name, seed) in regions {
            for image in seed.images.iter().filter(|it| !it.shared_with.is_empty()) {
                let found = world.accounts.values().filter_map(|it| it.get(name));
                let Some(shared) = found
                    .filter_map(|it| it.images.get(&image.id))
                    .next()
                    .cloned()
                else {
                    continue;
                };
                for account in &image.shared_with {
                    let images = &mut world.region_mut(account, name).images;
                    images.insert(shared.id.clone(), shared.clone());
                }
            }
        }
    }
}

fn region(
    region: &mut Region,
    document: &SeedDocument,
    account: &str,
    name: &str,
    seed: &RegionSeed,
) {
    for vpc in &seed.vpcs {
        self::vpc(region, vpc);
    }
    for image in &seed.images {
        let planted = self::image(document, account, image);
        region.images.insert(image.id.clone(), planted);
    }
    for (name, value) in &seed.parameters {
        let parameter = parameter(name, value, document);
        region.parameters.insert(name.clone(), parameter);
    }
    for cluster in &seed.clusters {
        let resource = format!("cluster/{}", cluster.name);
        let arn = partition::arn("eks", name, account, &resource);
        region
            .clusters
            .insert(cluster.name.clone(), self::cluster(arn, cluster));
    }
    region.quotas = seed.quotas;
    region.failures = seed
        .failures
        .iter()
        .map(|failure| ScriptedFailure {
            cluster: failure.cluster.clone(),
            node_group: failure.node_group.clone(),
            on: failure.on,
            code: failure.code.clone(),
            message: failure.message.clone(),
            after_nodes: failure.after_nodes,
            times: failure.times,
        })
        .collect();
}

fn parameter(name: &str, value: &str, document: &SeedDocument) -> Parameter {
    Parameter {
        name: name.to_owned(),
        kind: "String".to_owned(),
        versions: vec![ParameterVersion {
            value: value.to_owned(),
            modified_at: document.start,
            labels: Vec::new(),
        }],
    }
}

fn vpc(region: &mut Region, seed: &VpcSeed) {
    region.vpcs.insert(
        seed.id.clone(),
        Vpc {
            id: seed.id.clone(),
            cidr: seed.cidr.clone(),
        },
    );
    for subnet in &seed.subnets {
        let planted = Subnet {
            id: subnet.id.clone(),
            vpc: seed.id.clone(),
            zone: subnet.zone.clone(),
            cidr: subnet.cidr.clone(),
            available_ips: subnet.available_ips,
            tags: subnet.tags.clone(),
        };
        region.subnets.insert(planted.id.clone(), planted);
    }
    for group in &seed.security_groups {
        let planted = SecurityGroup {
            id: group.id.clone(),
            name: group.name.clone(),
            vpc: seed.id.clone(),
        };
        region.security_groups.insert(planted.id.clone(), planted);
    }
}

fn image(document: &SeedDocument, account: &str, seed: &ImageSeed) -> Image {
    let root = seed
        .root_device
        .clone()
        .unwrap_or_else(|| "/dev/xvda".to_owned());
    Image {
        id: seed.id.clone(),
        name: seed.name.clone(),
        owner: seed.owner.clone().unwrap_or_else(|| account.to_owned()),
        owner_alias: seed.owner_alias.clone(),
        description: seed.description.clone(),
        architecture: seed.architecture.name().to_owned(),
        state: seed.state.clone().unwrap_or_else(|| "available".to_owned()),
        block_devices: vec![(root.clone(), seed.root_size_gib.unwrap_or(ROOT_SIZE_GIB))],
        root_device_name: root,
        boot_mode: seed.boot_mode.map(|mode| mode.name().to_owned()),
        platform: seed.platform.clone(),
        virtualization: seed
            .virtualization
            .map_or("hvm", Virtualization::name)
            .to_owned(),
        public: seed.public,
        shared_with: seed.shared_with.clone(),
        created_at: seed.created_at.unwrap_or(document.start),
        deprecation_time: seed.deprecation_time,
        tags: seed.tags.clone(),
    }
}

fn cluster(arn: String, seed: &ClusterSeed) -> Cluster {
    Cluster {
        name: seed.name.clone(),
        arn,
        version: seed.version.clone(),
        platform_version: seed.platform_version.clone(),
        status: "ACTIVE".to_owned(),
        endpoint: seed.endpoint.clone(),
        certificate_authority: seed.certificate_authority.clone(),
        role_arn: seed.role.clone(),
        vpc: seed.vpc.clone(),
        subnets: seed.subnets.clone(),
        cluster_security_group: seed.cluster_security_group.clone(),
        security_groups: seed.security_groups.clone(),
        ip_family: match seed.ip_family {
            IpFamily::Ipv4 => "ipv4".to_owned(),
            IpFamily::Ipv6 => "ipv6".to_owned(),
        },
        service_cidr: seed.service_cidr.clone(),
        endpoint_private: true,
        endpoint_public: true,
        created_at: seed.created_at,
        tags: seed.tags.clone(),
    }
}
