//! Launch-template data: core's [`Data`] to EC2's request, and EC2's answer to [`Data`], field by field.
//!
//! An answer is read into [`Data`], built again from it, and compared with what came: whatever differs is a
//! field that [`Data`] cannot hold. So a field that EC2 gains, or that this module forgets, shows up as
//! `unread` instead of vanishing. (A field that this version of the SDK does not know is out of reach.)

#[macro_use]
mod mirror;
mod machine;
mod network;

use aws_sdk_ec2::types;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use nodemint_core::launch_template::{Data, Tag, TagSpecification, UserDataBlob};

use mirror::Mirror;

mirror!(Data: RequestLaunchTemplateData, ResponseLaunchTemplateData => {
    same: image_id, key_name, ebs_optimized, disable_api_stop, disable_api_termination, kernel_id, ram_disk_id;
    text: instance_type, instance_initiated_shutdown_behavior;
    blob: user_data;
    list: security_group_ids, security_groups;
    one: metadata_options, monitoring, placement, credit_specification, cpu_options, enclave_options,
        capacity_reservation_specification, instance_market_options, instance_requirements, maintenance_options,
        private_dns_name_options, network_performance_options, operator, iam_instance_profile, hibernation_options;
    many: block_device_mappings, tag_specifications, network_interfaces, secondary_interfaces,
        license_specifications, elastic_gpu_specifications, elastic_inference_accelerators;
});

/// A tag has a key and a value, always: EC2 leaves out a value that is empty.
macro_rules! tags {
    ($($sdk:ident),+) => {
        $(impl Mirror<types::$sdk> for TagSpecification {
            fn build(&self) -> types::$sdk {
                let tags = self.tags.iter().map(|tag| sdk_tag(&tag.key, &tag.value));
                types::$sdk::builder()
                    .resource_type(self.resource_type.as_str().into())
                    .set_tags(Some(tags.collect()))
                    .build()
            }

            fn read(it: &types::$sdk) -> Self {
                TagSpecification {
                    resource_type: mirror::text(&it.resource_type).unwrap_or_default(),
                    tags: it.tags().iter().map(tag).collect(),
                }
            }
        })+
    };
}

tags!(
    LaunchTemplateTagSpecificationRequest,
    LaunchTemplateTagSpecification
);

fn tag(it: &types::Tag) -> Tag {
    Tag {
        key: it.key.clone().unwrap_or_default(),
        value: it.value.clone().unwrap_or_default(),
    }
}

/// What EC2 is sent.
pub(crate) fn to_request(data: &Data) -> types::RequestLaunchTemplateData {
    data.build()
}

/// What EC2 answered, and whether it has fields that [`Data`] cannot hold.
pub(crate) fn from_response(answer: &types::ResponseLaunchTemplateData) -> (Data, bool) {
    let answer = settings(answer);
    let data = Data::read(&answer);
    let again: types::ResponseLaunchTemplateData = data.build();
    (data, again != answer)
}

/// The answer without what nobody can set, and with one spelling of "nothing".
fn settings(answer: &types::ResponseLaunchTemplateData) -> types::ResponseLaunchTemplateData {
    let mut answer = answer.clone();
    // `pending` or `applied`: how far EC2 is with the options, not an option.
    if let Some(options) = &mut answer.metadata_options {
        options.state = None;
    }
    operator(&mut answer.operator);
    for specification in answer.tag_specifications.iter_mut().flatten() {
        for tag in specification.tags.get_or_insert_default() {
            tag.value.get_or_insert_default();
        }
    }
    emptied(&mut answer.security_group_ids);
    emptied(&mut answer.security_groups);
    emptied(&mut answer.block_device_mappings);
    emptied(&mut answer.tag_specifications);
    emptied(&mut answer.network_interfaces);
    emptied(&mut answer.license_specifications);
    emptied(&mut answer.elastic_gpu_specifications);
    emptied(&mut answer.elastic_inference_accelerators);
    emptied(&mut answer.secondary_interfaces);
    answer
        .network_interfaces
        .iter_mut()
        .flatten()
        .for_each(interface);
    for one in answer.secondary_interfaces.iter_mut().flatten() {
        emptied(&mut one.private_ip_addresses);
    }
    answer.instance_requirements.iter_mut().for_each(sets);
    answer
}

/// "Not managed by a service provider" is what every template of one's own says; of one that is managed, the
/// provider is what can be set.
fn operator(operator: &mut Option<types::OperatorResponse>) {
    operator.take_if(|operator| operator.managed == Some(false) && operator.principal.is_none());
    if let Some(operator) = operator {
        operator.managed = None;
        operator.hidden_by_default = None;
    }
}

fn interface(it: &mut types::LaunchTemplateInstanceNetworkInterfaceSpecification) {
    emptied(&mut it.groups);
    emptied(&mut it.private_ip_addresses);
    emptied(&mut it.ipv4_prefixes);
    emptied(&mut it.ipv6_addresses);
    emptied(&mut it.ipv6_prefixes);
    for address in it.ipv6_addresses.iter_mut().flatten() {
        address.is_primary_ipv6.take_if(|primary| !*primary);
    }
}

fn sets(it: &mut types::InstanceRequirements) {
    emptied(&mut it.cpu_manufacturers);
    emptied(&mut it.allowed_instance_types);
    emptied(&mut it.excluded_instance_types);
    emptied(&mut it.instance_generations);
    emptied(&mut it.local_storage_types);
    emptied(&mut it.accelerator_types);
    emptied(&mut it.accelerator_manufacturers);
    emptied(&mut it.accelerator_names);
    let cpu = it
        .baseline_performance_factors
        .as_mut()
        .and_then(|it| it.cpu.as_mut());
    if let Some(cpu) = cpu {
        emptied(&mut cpu.references);
    }
}

fn emptied<T>(list: &mut Option<Vec<T>>) {
    list.take_if(|list| list.is_empty());
}

/// A tag as EC2's API has it.
pub(crate) fn sdk_tag(key: &str, value: &str) -> types::Tag {
    types::Tag::builder().key(key).value(value).build()
}

/// The SDK's instant as jiff's; none if it is out of jiff's range, which no date of AWS is.
pub(crate) fn timestamp(at: Option<&DateTime>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok())
}

/// jiff's instant as the SDK's; before 1970 jiff counts fractions down from the second, and the SDK up.
fn sdk_instant(at: Timestamp) -> DateTime {
    DateTime::from_nanos(at.as_nanosecond()).unwrap_or_else(|_| DateTime::from_secs(at.as_second()))
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
