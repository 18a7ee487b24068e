//! Instance types in a seed: families with what their sizes have in common.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Architecture;
use crate::world::{Accelerator, AcceleratorKind, InstanceType, Network};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InstanceFamily {
    /// `m5`
    pub family: String,
    architecture: Architecture,
    /// takes 32-bit images too
    #[serde(default)]
    i386: bool,
    #[serde(default)]
    hypervisor: Hypervisor,
    /// left out: uefi on arm64, legacy-bios on Xen and on bare metal, both on everything else
    boot_modes: Option<Vec<BootMode>>,
    /// takes paravirtual images too
    #[serde(default)]
    paravirtual: bool,
    /// takes images whose root is on a local disk too
    #[serde(default)]
    instance_store_root: bool,
    #[serde(default)]
    previous_generation: bool,
    /// earns CPU credits
    #[serde(default)]
    burstable: bool,
    /// GPUs of every size that does not say otherwise
    #[serde(default)]
    gpus: i64,
    /// what its GPUs or other accelerators are
    accelerator: Option<AcceleratorSeed>,
    /// regions and zones that do not offer it: `us-east-1c`
    #[serde(default)]
    pub not_in: Vec<String>,
    /// by size: `large`
    sizes: BTreeMap<String, InstanceSize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Hypervisor {
    #[default]
    Nitro,
    Xen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum BootMode {
    LegacyBios,
    Uefi,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AcceleratorSeed {
    #[serde(default)]
    kind: AcceleratorKind,
    manufacturer: String,
    /// `A10G`
    name: String,
    /// of one
    #[serde(rename = "memoryMiB")]
    memory_mib: i64,
    /// NeuronCores of one
    cores: Option<NeuronCores>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NeuronCores {
    count: i64,
    version: i64,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InstanceSize {
    vcpus: i64,
    #[serde(rename = "memoryGiB")]
    memory_gib: i64,
    /// instead of the family's `gpus`
    accelerators: Option<i64>,
    /// of all local disks
    #[serde(rename = "storageGB", default)]
    storage_gb: i64,
    /// `Up to 10 Gigabit`
    network: Option<String>,
    /// network interfaces
    interfaces: Option<i64>,
    /// IPv4 addresses of an interface
    addresses: Option<i64>,
}

impl InstanceFamily {
    pub fn types(&self) -> impl Iterator<Item = InstanceType> {
        self.sizes
            .iter()
            .map(|(size, details)| self.one(size, details))
    }

    fn one(&self, size: &str, details: &InstanceSize) -> InstanceType {
        let metal = size.starts_with("metal");
        let and = |more: bool, name: &str| more.then(|| name.to_owned());
        let with = |always: &str, more: Option<String>| {
            [always.to_owned()].into_iter().chain(more).collect()
        };
        let architecture = self.architecture.name();
        InstanceType {
            name: format!("{}.{size}", self.family),
            // in EC2's own order
            architectures: and(self.i386, "i386")
                .into_iter()
                .chain([architecture.to_owned()])
                .collect(),
            vcpus: details.vcpus,
            memory_mib: details.memory_gib * 1024,
            boot_modes: self.boot_modes(metal),
            virtualization_types: with("hvm", and(self.paravirtual, "paravirtual")),
            hypervisor: (!metal).then(|| self.hypervisor.name().to_owned()),
            root_device_types: with("ebs", and(self.instance_store_root, "instance-store")),
            current_generation: !self.previous_generation,
            burstable: self.burstable,
            storage_gb: details.storage_gb,
            network: Network {
                performance: details.network.clone(),
                interfaces: details.interfaces,
                addresses: details.addresses,
            },
            accelerator: self.accelerator(details.accelerators.unwrap_or(self.gpus)),
            not_in: self.not_in.clone(),
        }
    }

    /// What a family supports of which nothing is said (EC2 user guide, "Requirements for UEFI boot mode").
    fn boot_modes(&self, metal: bool) -> Vec<String> {
        let modes = match &self.boot_modes {
            Some(modes) => modes.as_slice(),
            None if self.architecture == Architecture::Arm => &[BootMode::Uefi],
            None if metal || self.hypervisor == Hypervisor::Xen => &[BootMode::LegacyBios],
            None => &[BootMode::LegacyBios, BootMode::Uefi],
        };
        modes.iter().map(|mode| mode.name().to_owned()).collect()
    }

    fn accelerator(&self, count: i64) -> Option<Accelerator> {
        let seed = self.accelerator.as_ref();
        (count > 0).then(|| Accelerator {
            kind: seed.map_or_else(AcceleratorKind::default, |it| it.kind),
            manufacturer: seed.map(|it| it.manufacturer.clone()),
            name: seed.map(|it| it.name.clone()),
            count,
            memory_mib: seed.map(|it| it.memory_mib),
            cores: seed
                .and_then(|it| it.cores)
                .map(|cores| (cores.count, cores.version)),
        })
    }
}

impl Hypervisor {
    fn name(self) -> &'static str {
        match self {
            Self::Nitro => "nitro",
            Self::Xen => "xen",
        }
    }
}

impl BootMode {
    fn name(self) -> &'static str {
        match self {
            Self::LegacyBios => "legacy-bios",
            Self::Uefi => "uefi",
        }
    }
}
