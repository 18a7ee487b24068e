//! DescribeInstanceTypes and DescribeInstanceTypeOfferings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filters::Filters;
use super::{invalid, refuse, region};
use crate::input::{Paging, page, text, texts};
use crate::world::{InstanceType, Region, World};
use crate::{Answer, AwsError, Call};

pub fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    refuse(input, &["IncludeUnsupportedInRegion"])?;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let filters = Filters::read(
        input,
        &["instance-type", "processor-info.supported-architecture"],
        false,
    )?;
    let names = texts(input, "InstanceTypes");
    let unknown: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !region.instance_types.contains_key(*name))
        .collect();
    if !unknown.is_empty() {
        let text = format!(
            "The following supplied instance types do not exist: [{}]",
            unknown.join(", ")
        );
        return Err(AwsError::new(400, "InvalidInstanceType", text));
    }
    let wanted = |it: &&InstanceType| {
        let field = |name: &str| match name {
            "instance-type" => vec![it.name.clone()],
            _ => it.architectures.clone(),
        };
        (names.is_empty() || names.contains(&it.name.as_str()))
            && filters.accept(&BTreeMap::new(), field)
    };
    let found: Vec<Value> = region
        .instance_types
        .values()
        .filter(wanted)
        .map(show)
        .collect();
    let paging = Paging {
        size: "MaxResults",
        min: 5,
        max: 100,
        default: 100,
    };
    let (shown, next) = page(found, input, &paging)?;
    Ok(json!({"InstanceTypes": shown, "NextToken": next}))
}

pub fn offerings(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let location_type = text(input, "LocationType").unwrap_or("region");
    let empty = Region::default();
    let region = region(world, call, &empty);
    let filters = Filters::read(input, &["instance-type", "location"], false)?;
    let mut found = Vec::new();
    for it in region.instance_types.values() {
        let locations = match location_type {
            "region" => vec![call.region],
            "availability-zone" => it.zones.iter().map(String::as_str).collect(),
            other => {
                return Err(invalid(format!(
                    "the location type {other} is not supported by the nodemint sandbox"
                )));
            }
        };
        for location in locations {
            let field = |name: &str| match name {
                "instance-type" => vec![it.name.clone()],
                _ => vec![location.to_owned()],
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

fn show(it: &InstanceType) -> Value {
    let gpus = (it.gpus > 0).then(|| json!({"Gpus": [{"Count": it.gpus}]}));
    json!({
        "InstanceType": it.name,
        "CurrentGeneration": true,
        "BareMetal": it.name.contains(".metal"),
        "ProcessorInfo": {"SupportedArchitectures": it.architectures},
        "VCpuInfo": {"DefaultVCpus": it.vcpus},
        "MemoryInfo": {"SizeInMiB": it.memory_mib},
        "GpuInfo": gpus,
        "SupportedRootDeviceTypes": ["ebs"],
        "SupportedVirtualizationTypes": ["hvm"],
        "SupportedUsageClasses": ["on-demand", "spot"],
    })
}
