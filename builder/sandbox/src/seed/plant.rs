//! From a checked seed to a world.

use std::collections::BTreeMap;

use super::{
    ClusterSeed, ImageSeed, InstanceFamily, IpFamily, RegionSeed, SeedDocument, VpcSeed, releases,
};
use crate::world::{
    Cluster, Image, InstanceType, Region, ScriptedFailure, SecurityGroup, Subnet, Vpc, World,
};

/// The size of a root volume that nobody gave one: the EKS AMIs' own.
const ROOT_SIZE_GIB: i64 = 20;

pub(super) fn plant(document: &SeedDocument) -> World {
    let mut world = World::empty(document.seed, document.start);
    for (name, seed) in &document.regions {
        let region = world.region_mut(&document.account, name);
        if let Some(eks) = &document.eks_releases {
            releases::publish(region, name, eks);
        }
        for family in &document.instance_types {
            instance_types(region, family, &seed.zones);
        }
        self::region(region, document, name, seed);
        for key_pair in &seed.key_pairs {
            let details = BTreeMap::from([("id".to_owned(), world.id("key"))]);
            world
                .region_mut(&document.account, name)
                .key_pairs
                .insert(key_pair.clone(), details);
        }
    }
    world
}

fn instance_types(region: &mut Region, family: &InstanceFamily, zones: &[String]) {
    for (size, details) in &family.sizes {
        let instance_type = InstanceType {
            name: format!("{}.{size}", family.family),
            architectures: vec![family.architecture.name().to_owned()],
            vcpus: details.vcpus,
            memory_mib: details.memory_gib * 1024,
            gpus: family.gpus,
            zones: zones.to_vec(),
        };
        region
            .instance_types
            .insert(instance_type.name.clone(), instance_type);
    }
}

fn region(region: &mut Region, document: &SeedDocument, name: &str, seed: &RegionSeed) {
    for vpc in &seed.vpcs {
        self::vpc(region, vpc);
    }
    for image in &seed.images {
        region
            .images
            .insert(image.id.clone(), self::image(document, image));
    }
    for (name, value) in &seed.parameters {
        releases::put(region, name.clone(), value.clone(), document.start);
    }
    for cluster in &seed.clusters {
        let arn = format!(
            "arn:aws:eks:{name}:{}:cluster/{}",
            document.account, cluster.name
        );
        region
            .clusters
            .insert(cluster.name.clone(), self::cluster(arn, cluster));
    }
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

fn image(document: &SeedDocument, seed: &ImageSeed) -> Image {
    let root = seed
        .root_device
        .clone()
        .unwrap_or_else(|| "/dev/xvda".to_owned());
    Image {
        id: seed.id.clone(),
        name: seed.name.clone(),
        owner: seed
            .owner
            .clone()
            .unwrap_or_else(|| document.account.clone()),
        owner_alias: None,
        description: seed.description.clone(),
        architecture: seed.architecture.name().to_owned(),
        state: seed.state.clone().unwrap_or_else(|| "available".to_owned()),
        block_devices: vec![(root.clone(), seed.root_size_gib.unwrap_or(ROOT_SIZE_GIB))],
        root_device_name: root,
        boot_mode: None,
        platform: None,
        public: false,
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
