//! What an instance is made of: volumes, processor, options, accelerators, requirements.

use nodemint_core::launch_template::{
    BaselinePerformanceFactors, Between, BetweenWhole, BlockDeviceMapping, CpuOptions,
    CpuPerformanceFactor, CreditSpecification, Ebs, ElasticGpuSpecification,
    ElasticInferenceAccelerator, EnclaveOptions, HibernationOptions, IamInstanceProfile,
    InstanceRequirements, LeastWhole, MaintenanceOptions, MetadataOptions, Monitoring, Operator,
    PerformanceFactorReference,
};

mirror!(BlockDeviceMapping: LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateBlockDeviceMapping => {
    same: device_name, virtual_name, no_device;
    one: ebs;
});
mirror!(Ebs: LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateEbsBlockDevice => {
    same: encrypted, delete_on_termination, iops, kms_key_id, snapshot_id, volume_size, throughput,
        volume_initialization_rate, ebs_card_index;
    text: volume_type;
});

mirror!(MetadataOptions: LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateInstanceMetadataOptions => {
    same: http_put_response_hop_limit;
    text: http_tokens, http_endpoint, http_protocol_ipv6, instance_metadata_tags;
});
mirror!(Monitoring: LaunchTemplatesMonitoringRequest, LaunchTemplatesMonitoring => { same: enabled; });
mirror!(CreditSpecification: CreditSpecificationRequest, CreditSpecification => { same: cpu_credits; });
mirror!(CpuOptions: LaunchTemplateCpuOptionsRequest, LaunchTemplateCpuOptions => {
    same: core_count, threads_per_core;
    text: amd_sev_snp, nested_virtualization;
});
mirror!(EnclaveOptions: LaunchTemplateEnclaveOptionsRequest, LaunchTemplateEnclaveOptions => { same: enabled; });
mirror!(HibernationOptions: LaunchTemplateHibernationOptionsRequest, LaunchTemplateHibernationOptions => {
    same: configured;
});
mirror!(MaintenanceOptions: LaunchTemplateInstanceMaintenanceOptionsRequest, LaunchTemplateInstanceMaintenanceOptions => {
    text: auto_recovery;
});
mirror!(IamInstanceProfile:
    LaunchTemplateIamInstanceProfileSpecificationRequest, LaunchTemplateIamInstanceProfileSpecification => {
    same: arn, name;
});
mirror!(Operator: OperatorRequest, OperatorResponse => { same: principal; });
mirror!(ElasticGpuSpecification: ElasticGpuSpecification, ElasticGpuSpecificationResponse => { same: r#type; });
mirror!(ElasticInferenceAccelerator:
    LaunchTemplateElasticInferenceAccelerator, LaunchTemplateElasticInferenceAcceleratorResponse => {
    same: r#type, count;
});

mirror!(InstanceRequirements: InstanceRequirementsRequest, InstanceRequirements => {
    one: v_cpu_count, memory_mib, memory_gib_per_v_cpu, total_local_storage_gb, network_interface_count,
        network_bandwidth_gbps, baseline_ebs_bandwidth_mbps, accelerator_count, accelerator_total_memory_mib,
        baseline_performance_factors;
    text: bare_metal, burstable_performance, local_storage;
    same: require_encryption_in_transit, require_hibernate_support, spot_max_price_percentage_over_lowest_price,
        on_demand_max_price_percentage_over_lowest_price, max_spot_price_as_percentage_of_optimal_on_demand_price;
    list: allowed_instance_types, excluded_instance_types;
    texts: cpu_manufacturers, instance_generations, local_storage_types, accelerator_types,
        accelerator_manufacturers, accelerator_names;
});
mirror!(LeastWhole: VCpuCountRangeRequest, VCpuCountRange, MemoryMiBRequest, MemoryMiB => { same: min, max; });
mirror!(BetweenWhole:
    NetworkInterfaceCountRequest, NetworkInterfaceCount, BaselineEbsBandwidthMbpsRequest, BaselineEbsBandwidthMbps,
    AcceleratorCountRequest, AcceleratorCount, AcceleratorTotalMemoryMiBRequest, AcceleratorTotalMemoryMiB => {
    same: min, max;
});
mirror!(Between:
    MemoryGiBPerVCpuRequest, MemoryGiBPerVCpu, TotalLocalStorageGbRequest, TotalLocalStorageGb,
    NetworkBandwidthGbpsRequest, NetworkBandwidthGbps => {
    same: min, max;
});
mirror!(BaselinePerformanceFactors: BaselinePerformanceFactorsRequest, BaselinePerformanceFactors => { one: cpu; });
mirror!(CpuPerformanceFactor: CpuPerformanceFactorRequest, CpuPerformanceFactor => { many: references; });
mirror!(PerformanceFactorReference: PerformanceFactorReferenceRequest, PerformanceFactorReference => {
    same: instance_family;
});
