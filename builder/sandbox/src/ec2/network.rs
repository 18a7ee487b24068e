//! DescribeSubnets, DescribeSecurityGroups, DescribeVpcs, DescribeAvailabilityZones, DescribeRegions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::filters::Filters;
use super::{all_exist, invalid, refuse, region, tags};
use crate::input::{EC2_PAGING, page, texts};
use crate::world::{Region, SecurityGroup, Subnet, Vpc, World};
use crate::{Answer, AwsError, Call, partition};

pub fn subnets(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let known = [
        "availability-zone",
        "cidr-block",
        "owner-id",
        "state",
        "subnet-id",
        "vpc-id",
    ];
    let filters = Filters::read(input, &known, true)?;
    let ids = texts(input, "SubnetIds");
    all_exist(&ids, "subnet", "InvalidSubnetID", "subnet ID", |id| {
        region.subnets.contains_key(id)
    })?;
    let wanted = |subnet: &&Subnet| {
        let field = |name: &str| {
            vec![match name {
                "availability-zone" => subnet.zone.clone(),
                "cidr-block" => subnet.cidr.clone(),
                "owner-id" => call.account.to_owned(),
                "state" => "available".to_owned(),
                "subnet-id" => subnet.id.clone(),
                _ => subnet.vpc.clone(),
            }]
        };
        (ids.is_empty() || ids.contains(&subnet.id.as_str())) && filters.accept(&subnet.tags, field)
    };
    let show = |subnet: &Subnet| {
        let resource = format!("subnet/{}", subnet.id);
        let arn = partition::arn("ec2", call.region, call.account, &resource);
        let position = region.zones.iter().position(|zone| *zone == subnet.zone);
        json!({
            "SubnetId": subnet.id,
            "SubnetArn": arn,
            "VpcId": subnet.vpc,
            "OwnerId": call.account,
            "State": "available",
            "AvailabilityZone": subnet.zone,
            "AvailabilityZoneId": position.map(|it| partition::zone_id(call.region, it)),
            "CidrBlock": subnet.cidr,
            "AvailableIpAddressCount": subnet.available_ips,
            "DefaultForAz": false,
            "MapPublicIpOnLaunch": false,
            "Tags": tags::show(&subnet.tags),
        })
    };
    let found: Vec<Value> = region.subnets.values().filter(wanted).map(show).collect();
    let (shown, next) = page(found, input, &EC2_PAGING)?;
    Ok(json!({"Subnets": shown, "NextToken": next}))
}

pub fn security_groups(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    // names only work in a default VPC, and the sandbox has none
    refuse(input, &["GroupNames"])?;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let filters = Filters::read(
        input,
        &["group-id", "group-name", "owner-id", "vpc-id"],
        false,
    )?;
    let ids = texts(input, "GroupIds");
    all_exist(&ids, "sg", "InvalidGroup", "security group", |id| {
        region.security_groups.contains_key(id)
    })?;
    let wanted = |group: &&SecurityGroup| {
        let field = |name: &str| {
            vec![match name {
                "group-id" => group.id.clone(),
                "group-name" => group.name.clone(),
                "owner-id" => call.account.to_owned(),
                _ => group.vpc.clone(),
            }]
        };
        (ids.is_empty() || ids.contains(&group.id.as_str()))
            && filters.accept(&BTreeMap::new(), field)
    };
    let show = |group: &SecurityGroup| {
        json!({
            "GroupId": group.id,
            "GroupName": group.name,
            "Description": group.name,
            "OwnerId": call.account,
            "VpcId": group.vpc,
        })
    };
    let found: Vec<Value> = region
        .security_groups
        .values()
        .filter(wanted)
        .map(show)
        .collect();
    let (shown, next) = page(found, input, &EC2_PAGING)?;
    Ok(json!({"SecurityGroups": shown, "NextToken": next}))
}

pub fn vpcs(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let filters = Filters::read(input, &["cidr", "owner-id", "state", "vpc-id"], false)?;
    let ids = texts(input, "VpcIds");
    all_exist(&ids, "vpc", "InvalidVpcID", "vpc ID", |id| {
        region.vpcs.contains_key(id)
    })?;
    let wanted = |vpc: &&Vpc| {
        let field = |name: &str| {
            vec![match name {
                "cidr" => vpc.cidr.clone(),
                "owner-id" => call.account.to_owned(),
                "state" => "available".to_owned(),
                _ => vpc.id.clone(),
            }]
        };
        (ids.is_empty() || ids.contains(&vpc.id.as_str()))
            && filters.accept(&BTreeMap::new(), field)
    };
    let show = |vpc: &Vpc| {
        json!({
            "VpcId": vpc.id,
            "CidrBlock": vpc.cidr,
            "OwnerId": call.account,
            "State": "available",
            "IsDefault": false,
            "InstanceTenancy": "default",
        })
    };
    let found: Vec<Value> = region.vpcs.values().filter(wanted).map(show).collect();
    let (shown, next) = page(found, input, &EC2_PAGING)?;
    Ok(json!({"Vpcs": shown, "NextToken": next}))
}

/// The zones of the region.
pub fn zones(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let empty = Region::default();
    let region = region(world, call, &empty);
    let known = ["region-name", "state", "zone-id", "zone-name", "zone-type"];
    let filters = Filters::read(input, &known, false)?;
    let id = |position: usize| partition::zone_id(call.region, position);
    let all: Vec<(String, &String)> = region
        .zones
        .iter()
        .enumerate()
        .map(|(i, zone)| (id(i), zone))
        .collect();
    let (ids, names) = (texts(input, "ZoneIds"), texts(input, "ZoneNames"));
    let no_name = |given: &&&str| !all.iter().any(|(_, zone)| zone == *given);
    let no_id = |given: &&&str| !all.iter().any(|(id, _)| id == **given);
    let unknown = || names.iter().find(no_name).or(ids.iter().find(no_id));
    if let Some(unknown) = unknown() {
        return Err(invalid(format!("Invalid availability zone: [{unknown}]")));
    }
    let wanted = |(id, zone): &&(String, &String)| {
        let field = |name: &str| {
            vec![match name {
                "region-name" => call.region.to_owned(),
                "state" => "available".to_owned(),
                "zone-id" => id.clone(),
                "zone-type" => "availability-zone".to_owned(),
                _ => (*zone).clone(),
            }]
        };
        (names.is_empty() || names.contains(&zone.as_str()))
            && (ids.is_empty() || ids.contains(&id.as_str()))
            && filters.accept(&BTreeMap::new(), field)
    };
    let show = |(id, zone): &(String, &String)| {
        json!({
            "ZoneName": zone,
            "ZoneId": id,
            "RegionName": call.region,
            "State": "available",
            "ZoneType": "availability-zone",
            "OptInStatus": "opt-in-not-required",
        })
    };
    let found: Vec<Value> = all.iter().filter(wanted).map(show).collect();
    Ok(json!({"AvailabilityZones": found}))
}

/// The regions that anybody has anything in, of the same partition.
pub fn regions(world: &mut World, call: &Call<'_>) -> Answer {
    let input = &call.input;
    let filters = Filters::read(input, &["region-name", "endpoint", "opt-in-status"], false)?;
    let here = partition::of(call.region);
    let all: BTreeSet<&String> = world
        .accounts
        .values()
        .flat_map(BTreeMap::keys)
        .filter(|region| partition::of(region) == here)
        .collect();
    let names = texts(input, "RegionNames");
    if let Some(unknown) = names
        .iter()
        .find(|name| !all.iter().any(|region| region == *name))
    {
        return Err(AwsError::new(
            400,
            "InvalidParameterValue",
            format!("Invalid region provided: {unknown}"),
        ));
    }
    let endpoint = |region: &str| format!("ec2.{region}.{}", here.dns_suffix);
    let wanted = |region: &&String| {
        let field = |name: &str| {
            vec![match name {
                "region-name" => (*region).clone(),
                "endpoint" => endpoint(region),
                _ => "opt-in-not-required".to_owned(),
            }]
        };
        (names.is_empty() || names.contains(&region.as_str()))
            && filters.accept(&BTreeMap::new(), field)
    };
    let show = |region: &String| json!({"RegionName": region, "Endpoint": endpoint(region), "OptInStatus": "opt-in-not-required"});
    let found: Vec<Value> = all.into_iter().filter(wanted).map(show).collect();
    Ok(json!({"Regions": found}))
}
