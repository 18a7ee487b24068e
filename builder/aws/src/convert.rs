//! Launch-template data: core's [`Data`] to EC2's request, and EC2's answer to [`Data`], field by field.
//!
//! An answer is read into [`Data`], built again from it, and compared with what came: whatever differs is a
//! field that [`Data`] cannot hold. So a field that EC2 gains, or that this file forgets, shows up as
//! `unread` instead of vanishing. (A field that this version of the SDK does not know is out of reach.)

use aws_sdk_ec2::types;
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use nodemint_core::launch_template::{
    BlockDeviceMapping, CpuOptions, CreditSpecification, Data, Ebs, EnclaveOptions,
    MetadataOptions, Monitoring, Placement, Tag, TagSpecification, UserDataBlob,
};

/// EC2 has each of these types twice, for requests and for answers, with the same fields.
macro_rules! side {
    (
        $side:ident: $data:ident { $mapping:ident, $ebs:ident, $metadata:ident, $tags:ident, $monitoring:ident,
        $placement:ident, $credit:ident, $cpu:ident, $enclave:ident }
    ) => {
        mod $side {
            use super::*;

            pub(super) fn build(data: &Data) -> types::$data {
                types::$data::builder()
                    .set_image_id(data.image_id.clone())
                    .set_instance_type(data.instance_type.as_deref().map(Into::into))
                    .set_key_name(data.key_name.clone())
                    .set_user_data(data.user_data.as_ref().map(|blob| blob.0.clone()))
                    .set_security_group_ids(filled(data.security_group_ids.clone()))
                    .set_block_device_mappings(filled(
                        data.block_device_mappings.iter().map(mapping).collect(),
                    ))
                    .set_metadata_options(data.metadata_options.as_ref().map(metadata))
                    .set_tag_specifications(filled(
                        data.tag_specifications.iter().map(tags).collect(),
                    ))
                    .set_ebs_optimized(data.ebs_optimized)
                    .set_monitoring(data.monitoring.as_ref().map(|it| {
                        types::$monitoring::builder()
                            .set_enabled(it.enabled)
                            .build()
                    }))
                    .set_placement(data.placement.as_ref().map(placement))
                    .set_credit_specification(data.credit_specification.as_ref().map(credit))
                    .set_cpu_options(data.cpu_options.as_ref().map(cpu))
                    .set_enclave_options(
                        data.enclave_options
                            .as_ref()
                            .map(|it| types::$enclave::builder().set_enabled(it.enabled).build()),
                    )
                    .build()
            }

            fn mapping(it: &BlockDeviceMapping) -> types::$mapping {
                types::$mapping::builder()
                    .set_device_name(it.device_name.clone())
                    .set_virtual_name(it.virtual_name.clone())
                    .set_no_device(it.no_device.clone())
                    .set_ebs(it.ebs.as_ref().map(ebs))
                    .build()
            }

            fn ebs(it: &Ebs) -> types::$ebs {
                types::$ebs::builder()
                    .set_encrypted(it.encrypted)
                    .set_delete_on_termination(it.delete_on_termination)
                    .set_iops(it.iops)
                    .set_kms_key_id(it.kms_key_id.clone())
                    .set_snapshot_id(it.snapshot_id.clone())
                    .set_volume_size(it.volume_size)
                    .set_volume_type(it.volume_type.as_deref().map(Into::into))
                    .set_throughput(it.throughput)
                    .build()
            }

            fn metadata(it: &MetadataOptions) -> types::$metadata {
                types::$metadata::builder()
                    .set_http_tokens(it.http_tokens.as_deref().map(Into::into))
                    .set_http_put_response_hop_limit(it.http_put_response_hop_limit)
                    .set_http_endpoint(it.http_endpoint.as_deref().map(Into::into))
                    .set_http_protocol_ipv6(it.http_protocol_ipv6.as_deref().map(Into::into))
                    .set_instance_metadata_tags(
                        it.instance_metadata_tags.as_deref().map(Into::into),
                    )
                    .build()
            }

            fn tags(it: &TagSpecification) -> types::$tags {
                types::$tags::builder()
                    .resource_type(it.resource_type.as_str().into())
                    .set_tags(Some(
                        it.tags
                            .iter()
                            .map(|tag| sdk_tag(&tag.key, &tag.value))
                            .collect(),
                    ))
                    .build()
            }

            fn placement(it: &Placement) -> types::$placement {
                types::$placement::builder()
                    .set_availability_zone(it.availability_zone.clone())
                    .set_affinity(it.affinity.clone())
                    .set_group_name(it.group_name.clone())
                    .set_host_id(it.host_id.clone())
                    .set_tenancy(it.tenancy.as_deref().map(Into::into))
                    .set_host_resource_group_arn(it.host_resource_group_arn.clone())
                    .set_partition_number(it.partition_number)
                    .set_group_id(it.group_id.clone())
                    .build()
            }

            fn credit(it: &CreditSpecification) -> types::$credit {
                types::$credit::builder()
                    .set_cpu_credits(it.cpu_credits.clone())
                    .build()
            }

            fn cpu(it: &CpuOptions) -> types::$cpu {
                types::$cpu::builder()
                    .set_core_count(it.core_count)
                    .set_threads_per_core(it.threads_per_core)
                    .set_amd_sev_snp(it.amd_sev_snp.as_deref().map(Into::into))
                    .build()
            }
        }
    };
}

side!(request: RequestLaunchTemplateData {
    LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDeviceRequest,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateTagSpecificationRequest,
    LaunchTemplatesMonitoringRequest, LaunchTemplatePlacementRequest, CreditSpecificationRequest,
    LaunchTemplateCpuOptionsRequest, LaunchTemplateEnclaveOptionsRequest
});

side!(response: ResponseLaunchTemplateData {
    LaunchTemplateBlockDeviceMapping, LaunchTemplateEbsBlockDevice, LaunchTemplateInstanceMetadataOptions,
    LaunchTemplateTagSpecification, LaunchTemplatesMonitoring, LaunchTemplatePlacement, CreditSpecification,
    LaunchTemplateCpuOptions, LaunchTemplateEnclaveOptions
});

/// What EC2 is sent.
pub(crate) fn to_request(data: &Data) -> types::RequestLaunchTemplateData {
    request::build(data)
}

/// What EC2 answered, and whether it has fields that [`Data`] cannot hold.
pub(crate) fn from_response(answer: &types::ResponseLaunchTemplateData) -> (Data, bool) {
    let data = read(answer);
    let unread = response::build(&data) != settings(answer);
    (data, unread)
}

/// The answer without what nobody can set, and with one spelling of "nothing".
fn settings(answer: &types::ResponseLaunchTemplateData) -> types::ResponseLaunchTemplateData {
    let mut answer = answer.clone();
    // `pending` or `applied`: how far EC2 is with the options, not an option.
    if let Some(options) = &mut answer.metadata_options {
        options.state = None;
    }
    // "Not managed by a service provider" is what every template of one's own says.
    if answer
        .operator
        .as_ref()
        .is_some_and(|operator| operator.managed != Some(true))
    {
        answer.operator = None;
    }
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
}

fn emptied<T>(list: &mut Option<Vec<T>>) {
    list.take_if(|list| list.is_empty());
}

fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

/// A tag as EC2's API has it.
pub(crate) fn sdk_tag(key: &str, value: &str) -> types::Tag {
    types::Tag::builder().key(key).value(value).build()
}

/// An SDK enum's text, which unknown values keep.
fn text<T: AsRef<str>>(value: &Option<T>) -> Option<String> {
    value.as_ref().map(|value| value.as_ref().to_owned())
}

fn read(it: &types::ResponseLaunchTemplateData) -> Data {
    Data {
        image_id: it.image_id.clone(),
        instance_type: text(&it.instance_type),
        key_name: it.key_name.clone(),
        user_data: it.user_data.clone().map(UserDataBlob),
        security_group_ids: it.security_group_ids().to_vec(),
        block_device_mappings: it
            .block_device_mappings()
            .iter()
            .map(read_mapping)
            .collect(),
        metadata_options: it.metadata_options.as_ref().map(read_metadata),
        tag_specifications: it.tag_specifications().iter().map(read_tags).collect(),
        ebs_optimized: it.ebs_optimized,
        monitoring: it.monitoring.as_ref().map(|it| Monitoring {
            enabled: it.enabled,
        }),
        placement: it.placement.as_ref().map(read_placement),
        credit_specification: it
            .credit_specification
            .as_ref()
            .map(|it| CreditSpecification {
                cpu_credits: it.cpu_credits.clone(),
            }),
        cpu_options: it.cpu_options.as_ref().map(|it| CpuOptions {
            core_count: it.core_count,
            threads_per_core: it.threads_per_core,
            amd_sev_snp: text(&it.amd_sev_snp),
        }),
        enclave_options: it.enclave_options.as_ref().map(|it| EnclaveOptions {
            enabled: it.enabled,
        }),
    }
}

fn read_mapping(it: &types::LaunchTemplateBlockDeviceMapping) -> BlockDeviceMapping {
    BlockDeviceMapping {
        device_name: it.device_name.clone(),
        virtual_name: it.virtual_name.clone(),
        no_device: it.no_device.clone(),
        ebs: it.ebs.as_ref().map(|it| Ebs {
            encrypted: it.encrypted,
            delete_on_termination: it.delete_on_termination,
            iops: it.iops,
            kms_key_id: it.kms_key_id.clone(),
            snapshot_id: it.snapshot_id.clone(),
            volume_size: it.volume_size,
            volume_type: text(&it.volume_type),
            throughput: it.throughput,
        }),
    }
}

fn read_metadata(it: &types::LaunchTemplateInstanceMetadataOptions) -> MetadataOptions {
    MetadataOptions {
        http_tokens: text(&it.http_tokens),
        http_put_response_hop_limit: it.http_put_response_hop_limit,
        http_endpoint: text(&it.http_endpoint),
        http_protocol_ipv6: text(&it.http_protocol_ipv6),
        instance_metadata_tags: text(&it.instance_metadata_tags),
    }
}

fn read_tags(it: &types::LaunchTemplateTagSpecification) -> TagSpecification {
    let tag = |tag: &types::Tag| Tag {
        key: tag.key.clone().unwrap_or_default(),
        value: tag.value.clone().unwrap_or_default(),
    };
    TagSpecification {
        resource_type: text(&it.resource_type).unwrap_or_default(),
        tags: it.tags().iter().map(tag).collect(),
    }
}

fn read_placement(it: &types::LaunchTemplatePlacement) -> Placement {
    Placement {
        availability_zone: it.availability_zone.clone(),
        affinity: it.affinity.clone(),
        group_name: it.group_name.clone(),
        host_id: it.host_id.clone(),
        tenancy: text(&it.tenancy),
        host_resource_group_arn: it.host_resource_group_arn.clone(),
        partition_number: it.partition_number,
        group_id: it.group_id.clone(),
    }
}

/// The SDK's instant as jiff's; none if it is out of jiff's range, which no date of AWS is.
pub(crate) fn timestamp(at: Option<&DateTime>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok())
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
