//! Instance types: what each is, once for the whole world, and where it is offered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::World;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceType {
    pub name: String,
    pub architectures: Vec<String>,
    pub vcpus: i64,
    pub memory_mib: i64,
    /// legacy-bios, uefi
    pub boot_modes: Vec<String>,
    /// hvm, paravirtual
    pub virtualization_types: Vec<String>,
    /// nitro or xen; none on bare metal
    pub hypervisor: Option<String>,
    /// ebs, instance-store
    pub root_device_types: Vec<String>,
    pub current_generation: bool,
    pub burstable: bool,
    /// of all local disks; 0 without any
    pub storage_gb: i64,
    pub network: Network,
    pub accelerator: Option<Accelerator>,
    /// regions and zones in which it is not offered; everywhere else it is
    pub not_in: Vec<String>,
}

/// Where the seed says nothing, nothing is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// `Up to 10 Gigabit`
    pub performance: Option<String>,
    pub interfaces: Option<i64>,
    /// IPv4 addresses of an interface
    pub addresses: Option<i64>,
}

/// GPUs or AWS's own accelerators, all alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accelerator {
    pub kind: AcceleratorKind,
    pub manufacturer: Option<String>,
    pub name: Option<String>,
    pub count: i64,
    /// of one
    pub memory_mib: Option<i64>,
    /// (NeuronCores of one, their version)
    pub cores: Option<(i64, i64)>,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum AcceleratorKind {
    #[default]
    Gpu,
    /// Trainium
    Neuron,
    /// Inferentia: a Neuron device that EC2 also lists as an inference accelerator
    Inference,
}

impl InstanceType {
    pub fn is_metal(&self) -> bool {
        self.name.contains(".metal")
    }
}

/// The instance types that one region offers.
#[derive(Clone, Copy)]
pub struct Offered<'w> {
    types: &'w BTreeMap<String, InstanceType>,
    region: &'w str,
    zones: &'w [String],
}

impl World {
    /// The instance types of a region, as the account sees it: none where it has no zones.
    pub fn offered<'w>(&'w self, account: &str, region: &'w str) -> Offered<'w> {
        Offered {
            types: &self.instance_types,
            region,
            zones: self.region(account, region).map_or(&[], |it| &it.zones),
        }
    }
}

impl<'w> Offered<'w> {
    /// The zones that offer a type.
    pub fn zones(&self, it: &InstanceType) -> Vec<&'w str> {
        if it.not_in.iter().any(|place| place == self.region) {
            return Vec::new();
        }
        let zones = self.zones.iter().filter(|zone| !it.not_in.contains(zone));
        zones.map(String::as_str).collect()
    }

    /// The types that at least one zone offers, by name.
    pub fn all(self) -> impl Iterator<Item = &'w InstanceType> {
        self.types
            .values()
            .filter(move |it| !self.zones(it).is_empty())
    }

    pub fn get(&self, name: &str) -> Option<&'w InstanceType> {
        self.types.get(name).filter(|it| !self.zones(it).is_empty())
    }
}
