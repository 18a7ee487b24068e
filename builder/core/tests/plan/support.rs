//! A fleet in values, and the account that it meets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nodemint_core::desired::{
    Desired, DesiredGroup, DesiredTemplate, ManagedAmi, RenderedUserData,
};
use nodemint_core::launch_template::{Data, UserDataBlob, with_hash_tag};
use nodemint_core::lock::{ImageRequest, LockedCluster, LockedImage};
use nodemint_core::observed::{
    Image, InstanceType, Observed, ObservedCluster, ObservedGroup, ObservedTemplate,
    ObservedUpdate, Subnet,
};
use nodemint_core::plan::{Adopt, Context, Plan, plan};
use nodemint_core::site::{Access, Site};

use nodemint_core::spec::{
    AmiSource, Arch, CapacityType, FamilyName, IpFamily, MaxUnavailable, NodeGroup, Release,
    Scaling, Taint, TaintEffect, UpdateSettings, UpdateStrategy, Variant,
};

pub use crate::model::perform;

pub const REGION: &str = "us-east-1";
pub const CLUSTER: &str = "eksworkshop";
pub const ROLE: &str = "arn:aws:iam::111122223333:role/node";

pub fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minute * 60).expect("a time")
}

pub fn context() -> Context {
    Context {
        now: at(1000),
        nodemint: "0.1.0".to_owned(),
        origin: Some("4f2c1d9".to_owned()),
        adopt: Adopt::default(),
    }
}

pub fn planned(desired: &Desired, observed: &Observed) -> Plan {
    plan(desired, observed, &context())
}

pub fn settings() -> UpdateSettings {
    UpdateSettings {
        max_unavailable: MaxUnavailable::Count(1),
        strategy: UpdateStrategy::Default,
        force: false,
    }
}

pub fn taint(key: &str, value: Option<&str>) -> Taint {
    Taint {
        key: key.to_owned(),
        value: value.map(str::to_owned),
        effect: TaintEffect::NoSchedule,
    }
}

/// Launch-template data with an image of its own.
pub fn content(instance_type: &str) -> Data {
    Data {
        image_id: Some("ami-0a1b2c3d4e5f60718".to_owned()),
        instance_type: Some(instance_type.to_owned()),
        user_data: Some(UserDataBlob("IyEvYmluL3NoCg==".to_owned())),
        security_group_ids: vec!["sg-0123456789abcdef0".to_owned()],
        ..Data::default()
    }
}

pub fn template(name: &str, cluster: &str, region: &str, data: Data) -> DesiredTemplate {
    let (data, hash) = with_hash_tag(data);
    DesiredTemplate {
        name: name.to_owned(),
        cluster: cluster.to_owned(),
        site: region.into(),
        image: LockedImage {
            request: ImageRequest {
                region: region.to_owned(),
                family: FamilyName::AL2023,
                arch: Arch::X86_64,
                variant: Variant::Standard,
                kubernetes_version: "1.34".to_owned(),
                source: AmiSource::EksOptimized(Release::Latest),
            },
            image_id: "ami-0a1b2c3d4e5f60718".to_owned(),
            name: "amazon-eks-node-al2023-x86_64-standard-1.34-v20260915".to_owned(),
            release_version: Some("1.34.2-20260915".to_owned()),
            architecture: Arch::X86_64,
            root_device: "/dev/xvda".to_owned(),
            root_volume_size: Some(20),
            owner: "602401143452".to_owned(),
            created: at(-1000),
            deprecated: None,
            found_in: "/aws/service/eks/…".to_owned(),
        },
        user_data: RenderedUserData {
            bytes: b"#!/bin/sh\n".to_vec(),
            compressed: false,
            parts: Vec::new(),
        },
        register_taints: Some(Vec::new()),
        allowed: Default::default(),
        data,
        hash,
    }
}

pub fn group(name: &str, cluster: &str, region: &str, index: usize) -> DesiredGroup {
    DesiredGroup {
        spec: NodeGroup {
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            launch_template: "demo".to_owned(),
            launch_template_version: None,
            release_version: None,
            node_role: Some(ROLE.to_owned()),
            subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
            instance_types: Vec::new(),
            capacity_type: CapacityType::OnDemand,
            scaling: Some(Scaling {
                min: 1,
                max: 3,
                desired: 2,
            }),
            labels: BTreeMap::from([("role".to_owned(), "worker".to_owned())]),
            taints: Vec::new(),
            tags: BTreeMap::new(),
            update: settings(),
            index,
        },
        site: region.into(),
        kubernetes_version: "1.34".to_owned(),
        managed_ami: None,
    }
}

/// The lab's fleet: one cluster, one template, one group.
pub fn fleet() -> Desired {
    Desired {
        warnings: Vec::new(),
        fleet: "lab".to_owned(),
        templates: vec![template("demo", CLUSTER, REGION, content("m5.large"))],
        groups: vec![group("mng-1", CLUSTER, REGION, 0)],
        clusters: BTreeMap::from([(CLUSTER.to_owned(), locked_cluster())]),
    }
}

/// What [`cluster`] was when it was locked.
fn locked_cluster() -> LockedCluster {
    LockedCluster {
        region: REGION.to_owned(),
        version: "1.34".to_owned(),
        endpoint: "https://example.eks.amazonaws.com".to_owned(),
        certificate_authority: "Y2E=".to_owned(),
        service_cidr: "10.100.0.0/16".to_owned(),
        ip_family: IpFamily::Ipv4,
        security_group_id: Some("sg-0123456789abcdef0".to_owned()),
    }
}

/// The images and instance types of every site, as read.
pub fn machines(observed: &mut Observed) {
    let image = Image {
        id: "ami-0a1b2c3d4e5f60718".to_owned(),
        name: "amazon-eks-node-al2023-x86_64-standard-1.34-v20260915".to_owned(),
        owner: "602401143452".to_owned(),
        state: "available".to_owned(),
        architecture: "x86_64".to_owned(),
        virtualization: "hvm".to_owned(),
        boot_mode: Some("uefi-preferred".to_owned()),
        root_device_type: Some("ebs".to_owned()),
        ..Image::default()
    };
    let types = [
        ("m5.large", "x86_64", false),
        ("m5.xlarge", "x86_64", false),
        ("m5.2xlarge", "x86_64", false),
        ("m6g.large", "arm64", false),
        ("g5.xlarge", "x86_64", true),
    ];
    let types = types.map(|(name, arch, gpu)| InstanceType {
        name: name.to_owned(),
        architectures: vec![arch.to_owned()],
        virtualizations: vec!["hvm".to_owned()],
        boot_modes: vec!["uefi".to_owned()],
        gpu_manufacturers: gpu.then(|| "NVIDIA".to_owned()).into_iter().collect(),
        neuron: false,
    });
    let zones = || ["us-east-1a", "us-east-1b"].map(str::to_owned).into();
    let sites: Vec<Site> = observed.subnets.keys().cloned().collect();
    for site in sites {
        let offered = types.clone().map(|one| (one.name, zones()));
        let known = types.clone().map(|one| (one.name.clone(), one));
        let images = BTreeMap::from([(image.id.clone(), image.clone())]);
        observed.offerings.insert(site.clone(), offered.into());
        observed.instance_types.insert(site.clone(), known.into());
        observed.images.insert(site, images);
    }
}

/// Makes the fleet's group one whose release EKS chooses, and its template one without an image.
pub fn managed(desired: &mut Desired, release: &str) {
    let mut data = content("m5.large");
    data.image_id = None;
    desired.templates[0] = template("demo", CLUSTER, REGION, data);
    desired.groups[0].managed_ami = Some(ManagedAmi {
        ami_type: "AL2023_x86_64_STANDARD".to_owned(),
        release_version: release.to_owned(),
    });
}

pub fn cluster(name: &str, version: &str) -> ObservedCluster {
    ObservedCluster {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:us-east-1:111122223333:cluster/{name}"),
        status: "ACTIVE".to_owned(),
        version: version.to_owned(),
        endpoint: Some("https://example.eks.amazonaws.com".to_owned()),
        certificate_authority: Some("Y2E=".to_owned()),
        service_cidr_v4: Some("10.100.0.0/16".to_owned()),
        service_cidr_v6: None,
        ip_family: "ipv4".to_owned(),
        security_group_id: Some("sg-0123456789abcdef0".to_owned()),
    }
}

/// An account with nothing but the fleet's clusters.
pub fn empty_account(desired: &Desired) -> Observed {
    let names = desired
        .groups
        .iter()
        .map(|group| group.spec.cluster.clone());
    let subnet = |(id, zone): (&str, &str)| Subnet {
        id: id.to_owned(),
        zone: zone.to_owned(),
        free_addresses: 50,
    };
    let subnets = || {
        let known = [("subnet-a", "us-east-1a"), ("subnet-b", "us-east-1b")].map(subnet);
        known.map(|one| (one.id.clone(), one)).into()
    };
    Observed {
        accounts: BTreeMap::from([(Access::default(), "111122223333".to_owned())]),
        clusters: names
            .map(|name| (name.clone(), cluster(&name, "1.34")))
            .collect(),
        subnets: desired
            .groups
            .iter()
            .map(|group| (group.site.clone(), subnets()))
            .collect(),
        ..Observed::default()
    }
}

/// The account once `desired` was applied to it.
pub fn settled(desired: &Desired) -> Observed {
    let observed = empty_account(desired);
    perform(&planned(desired, &observed), &observed, 1)
}

/// The subnets of the fleet's region.
pub fn subnets(observed: &mut Observed) -> &mut BTreeMap<String, Subnet> {
    observed.subnets.get_mut(&REGION.into()).expect("subnets")
}

pub fn the_group(observed: &mut Observed) -> &mut ObservedGroup {
    observed
        .groups
        .get_mut(CLUSTER)
        .and_then(|groups| groups.get_mut("mng-1"))
        .expect("the group")
}

pub fn the_template(observed: &mut Observed) -> &mut ObservedTemplate {
    observed
        .templates
        .get_mut(&REGION.into())
        .and_then(|templates| templates.get_mut("demo"))
        .expect("the template")
}

pub fn update(kind: &str, params: &[(&str, &str)]) -> ObservedUpdate {
    ObservedUpdate {
        id: "u-1".to_owned(),
        kind: kind.to_owned(),
        status: "InProgress".to_owned(),
        params: params
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        created_at: Some(at(5)),
        errors: Vec::new(),
    }
}

/// User data that joins a node to `cluster`.
pub fn joining(cluster: &str) -> UserDataBlob {
    use base64::Engine as _;
    let script = format!("#!/bin/bash\n/etc/eks/bootstrap.sh '{cluster}' --use-max-pods false\n");
    UserDataBlob(base64::engine::general_purpose::STANDARD.encode(script))
}
