//! DescribeInstanceTypes and DescribeInstanceTypeOfferings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filters::Filters;
use super::{invalid, refuse, unsupported};
use crate::input::{Paging, items, page, text, texts};
use crate::world::{Accelerator, AcceleratorKind, InstanceType, Network, World};
use crate::{Answer, AwsError, Call, partition};

/// The filters of DescribeInstanceTypes that there is something behind.
const FILTERS: [&str; 14] = [
    "bare-metal",
    "burstable-performance-supported",
    "current-generation",
    "hypervisor",
    "instance-storage-supported",
    "instance-type",
    "memory-info.size-in-mib",
    "network-info.maximum-network-interfaces",
    "processor-info.supported-architecture",
    "supported-boot-mode",
    "supported-root-device-type",
    "supported-usage-class",
    "supported-virtualization-type",
    "vcpu-info.default-vcpus",
];

/// What EC2's other filters begin with (EC2 API reference, DescribeInstanceTypes).
const NOT_SIMULATED: [&str; 14] = [
    "auto-recovery-supported",
    "dedicated-hosts-supported",
    "ebs-info.",
    "free-tier-eligible",
    "hibernation-supported",
    "instance-storage-info.",
    "network-info.",
    "nitro-enclaves-support",
    "nitro-tpm-info.",
    "nitro-tpm-support",
    "processor-info.supported-features",
    "processor-info.sustained-clock-speed-in-ghz",
    "reboot-migration-support",
    "vcpu-info.",
];

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["IncludeUnsupportedInRegion"])?;
    let filters = filters(input)?;
    let names = texts(input, "InstanceTypes");
    if !names.is_empty() && input.get("MaxResults").is_some() {
        // in the words that EC2 has for instances (getmoto/moto#6282); not attested for instance types
        let text = "The parameter instanceTypes cannot be used with the parameter maxResults";
        return Err(AwsError::new(400, "InvalidParameterCombination", text));
    }
    let offered = world.offered(call.account, call.region);
    let missing = |name: &&&str| offered.get(name).is_none();
    let unknown: Vec<&str> = names.iter().filter(missing).copied().collect();
    if !unknown.is_empty() {
        let text = format!(
            "The following supplied instance types do not exist: [{}]",
            unknown.join(", ")
        );
        return Err(AwsError::new(400, "InvalidInstanceType", text));
    }
    let wanted = |it: &&InstanceType| {
        (names.is_empty() || names.contains(&it.name.as_str()))
            && filters.accept(&BTreeMap::new(), |name| field(it, name))
    };
    let found: Vec<Value> = offered.all().filter(wanted).map(show).collect();
    let paging = Paging {
        size: "MaxResults",
        min: 5,
        max: 100,
        default: 100,
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"InstanceTypes": shown, "NextToken": next}))
}

fn filters(input: &Value) -> Result<Filters<'_>, AwsError> {
    for filter in items(input, "Filters") {
        let name = text(filter, "Name").unwrap_or_default();
        let of_ec2 = NOT_SIMULATED.iter().any(|it| name.starts_with(it));
        if of_ec2 && !FILTERS.contains(&name) {
            return Err(unsupported(&format!("the filter {name}")));
        }
    }
    Filters::read(input, &FILTERS, false)
}

fn field(it: &InstanceType, name: &str) -> Vec<String> {
    match name {
        "bare-metal" => vec![it.is_metal().to_string()],
        "burstable-performance-supported" => vec![it.burstable.to_string()],
        "current-generation" => vec![it.current_generation.to_string()],
        "hypervisor" => it.hypervisor.iter().cloned().collect(),
        "instance-storage-supported" => vec![(it.storage_gb > 0).to_string()],
        "memory-info.size-in-mib" => vec![it.memory_mib.to_string()],
        "network-info.maximum-network-interfaces" => {
            it.network.interfaces.iter().map(i64::to_string).collect()
        }
        "processor-info.supported-architecture" => it.architectures.clone(),
        "supported-boot-mode" => it.boot_modes.clone(),
        "supported-root-device-type" => it.root_device_types.clone(),
        "supported-usage-class" => USAGE_CLASSES.map(str::to_owned).to_vec(),
        "supported-virtualization-type" => it.virtualization_types.clone(),
        "vcpu-info.default-vcpus" => vec![it.vcpus.to_string()],
        _ => vec![it.name.clone()],
    }
}

pub fn offerings(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let location_type = text(input, "LocationType").unwrap_or("region");
    let filters = Filters::read(input, &["instance-type", "location"], false)?;
    let mut found = Vec::new();
    for it in world.offered(call.account, call.region).all() {
        for location in locations(world, call, it, location_type)? {
            let field = |name: &str| match name {
                "instance-type" => vec![it.name.clone()],
                _ => vec![location.clone()],
            };
            if filters.accept(&BTreeMap::new(), field) {
                found.push(json!({"InstanceType": it.name, "LocationType": location_type, "Location": location}));
            }
        }
    }
    let paging = Paging {
        size: "MaxResults",
        min: 5,
        max: 1000,
        default: 1000,
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"InstanceTypeOfferings": shown, "NextToken": next}))
}

/// Where a type is offered, in the form that was asked for.
fn locations(
    world: &World,
    call: &Call<'_>,
    it: &InstanceType,
    location_type: &str,
) -> Result<Vec<String>, AwsError> {
    let zones = world.offered(call.account, call.region).zones(it);
    let region = world.region(call.account, call.region);
    let id = |zone: &str| {
        let place = region?.zones.iter().position(|known| known == zone)?;
        Some(partition::zone_id(call.region, place))
    };
    match location_type {
        "region" => Ok(vec![call.region.to_owned()]),
        "availability-zone" => Ok(zones.into_iter().map(str::to_owned).collect()),
        "availability-zone-id" => Ok(zones.into_iter().filter_map(id).collect()),
        other => Err(invalid(format!(
            "the location type {other} is not supported by the nodemint sandbox"
        ))),
    }
}

const USAGE_CLASSES: [&str; 2] = ["on-demand", "spot"];

fn show(it: &InstanceType) -> Value {
    let of_kind = |kinds: &[AcceleratorKind]| {
        it.accelerator
            .as_ref()
            .filter(|found| kinds.contains(&found.kind))
    };
    let neuron = [AcceleratorKind::Neuron, AcceleratorKind::Inference];
    json!({
        "InstanceType": it.name,
        "CurrentGeneration": it.current_generation,
        "BareMetal": it.is_metal(),
        "Hypervisor": it.hypervisor,
        "BurstablePerformanceSupported": it.burstable,
        "ProcessorInfo": {"SupportedArchitectures": it.architectures},
        "VCpuInfo": {"DefaultVCpus": it.vcpus},
        "MemoryInfo": {"SizeInMiB": it.memory_mib},
        "InstanceStorageSupported": it.storage_gb > 0,
        "InstanceStorageInfo": (it.storage_gb > 0).then(|| json!({"TotalSizeInGB": it.storage_gb})),
        "NetworkInfo": network(&it.network),
        "GpuInfo": of_kind(&[AcceleratorKind::Gpu]).map(gpus),
        "NeuronInfo": of_kind(&neuron).map(neuron_devices),
        "InferenceAcceleratorInfo": of_kind(&[AcceleratorKind::Inference]).map(inference),
        "SupportedBootModes": it.boot_modes,
        "SupportedRootDeviceTypes": it.root_device_types,
        "SupportedVirtualizationTypes": it.virtualization_types,
        "SupportedUsageClasses": USAGE_CLASSES,
    })
}

fn network(it: &Network) -> Value {
    json!({
        "NetworkPerformance": it.performance,
        "MaximumNetworkInterfaces": it.interfaces,
        "Ipv4AddressesPerInterface": it.addresses,
        "Ipv6Supported": true,
    })
}

/// One device, and the memory of all of them.
fn device(it: &Accelerator) -> (Value, Option<i64>) {
    let memory = it.memory_mib.map(|size| json!({"SizeInMiB": size}));
    let device = json!({"Name": it.name, "Count": it.count, "MemoryInfo": memory});
    (device, it.memory_mib.map(|size| size * it.count))
}

fn gpus(it: &Accelerator) -> Value {
    let (mut device, total) = device(it);
    device["Manufacturer"] = json!(it.manufacturer);
    json!({"Gpus": [device], "TotalGpuMemoryInMiB": total})
}

fn neuron_devices(it: &Accelerator) -> Value {
    let (mut device, total) = device(it);
    let cores = it.cores;
    device["CoreInfo"] =
        json!(cores.map(|(count, version)| json!({"Count": count, "Version": version})));
    json!({"NeuronDevices": [device], "TotalNeuronDeviceMemoryInMiB": total})
}

fn inference(it: &Accelerator) -> Value {
    let (mut device, total) = device(it);
    device["Manufacturer"] = json!(it.manufacturer);
    json!({"Accelerators": [device], "TotalInferenceMemoryInMiB": total})
}
