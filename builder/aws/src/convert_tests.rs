use nodemint_core::launch_template as lt;

use super::*;

/// Every field that [`Data`] has, each with a value of its own.
fn full() -> Data {
    let text = |value: &str| Some(value.to_owned());
    Data {
        image_id: text("ami-1"),
        instance_type: text("m5.large"),
        key_name: text("key"),
        user_data: Some(UserDataBlob("aGVsbG8=".into())),
        security_group_ids: vec!["sg-2".into(), "sg-1".into()],
        block_device_mappings: vec![
            BlockDeviceMapping {
                device_name: text("/dev/xvda"),
                virtual_name: None,
                no_device: None,
                ebs: Some(Ebs {
                    encrypted: Some(true),
                    delete_on_termination: Some(false),
                    iops: Some(3000),
                    kms_key_id: text("kms-1"),
                    snapshot_id: text("snap-1"),
                    volume_size: Some(80),
                    volume_type: text("gp3"),
                    throughput: Some(125),
                }),
            },
            BlockDeviceMapping {
                virtual_name: text("ephemeral0"),
                no_device: text(""),
                ..Default::default()
            },
        ],
        metadata_options: Some(MetadataOptions {
            http_tokens: text("required"),
            http_put_response_hop_limit: Some(2),
            http_endpoint: text("enabled"),
            http_protocol_ipv6: text("disabled"),
            instance_metadata_tags: text("enabled"),
        }),
        tag_specifications: vec![lt::TagSpecification {
            resource_type: "instance".into(),
            tags: vec![
                Tag {
                    key: "b".into(),
                    value: "2".into(),
                },
                Tag {
                    key: "a".into(),
                    value: String::new(),
                },
            ],
        }],
        ebs_optimized: Some(false),
        monitoring: Some(Monitoring {
            enabled: Some(true),
        }),
        placement: Some(Placement {
            availability_zone: text("us-east-1a"),
            affinity: text("host"),
            group_name: text("group"),
            host_id: text("h-1"),
            tenancy: text("dedicated"),
            host_resource_group_arn: text("arn:1"),
            partition_number: Some(3),
            group_id: text("pg-1"),
        }),
        credit_specification: Some(CreditSpecification {
            cpu_credits: text("unlimited"),
        }),
        cpu_options: Some(CpuOptions {
            core_count: Some(4),
            threads_per_core: Some(1),
            amd_sev_snp: text("enabled"),
        }),
        enclave_options: Some(EnclaveOptions {
            enabled: Some(true),
        }),
    }
}

#[test]
fn every_field_survives_the_way_through_ec2() {
    let cases = [
        ("full", full()),
        ("empty", Data::default()),
        (
            "empty structures",
            Data {
                metadata_options: Some(MetadataOptions::default()),
                placement: Some(Placement::default()),
                monitoring: Some(Monitoring::default()),
                block_device_mappings: vec![BlockDeviceMapping {
                    ebs: Some(Ebs::default()),
                    ..Default::default()
                }],
                ..Data::default()
            },
        ),
        (
            "values that the SDK does not know",
            Data {
                instance_type: Some("z99.colossal".into()),
                metadata_options: Some(MetadataOptions {
                    http_tokens: Some("perhaps".into()),
                    ..Default::default()
                }),
                placement: Some(Placement {
                    tenancy: Some("shared-with-friends".into()),
                    ..Default::default()
                }),
                ..Data::default()
            },
        ),
    ];
    for (name, data) in cases {
        assert_eq!(
            from_response(&response::build(&data)),
            (data, false),
            "{name}"
        );
    }
}

/// If [`Data`] gains a field that this crate forgets, `full` does not compile; if `full` leaves a field at
/// its default, this fails.
#[test]
fn the_full_case_is_full() {
    let value = serde_json::to_value(full()).expect("data is JSON");
    assert_eq!(value.as_object().map(|fields| fields.len()), Some(14));
}

#[test]
fn the_request_has_the_same_fields_as_the_answer() {
    // Requests cannot be read back by EC2's types, so the two sides are compared by their Debug text, whose
    // type and field names are the same but for the endings.
    let tidy = |text: String| {
        text.replace("RequestLaunchTemplateData", "Data")
            .replace("ResponseLaunchTemplateData", "Data")
            .replace("Request {", " {")
            .replace("state: None, ", "")
            .replace(" {", "{")
    };
    assert_eq!(
        tidy(format!("{:?}", to_request(&full()))),
        tidy(format!("{:?}", response::build(&full()))),
    );
}

#[test]
fn user_data_is_not_in_debug_texts() {
    assert!(!format!("{:?}", to_request(&full())).contains("aGVsbG8"));
    assert!(!format!("{:?}", from_response(&response::build(&full()))).contains("aGVsbG8"));
}

/// A change of an answer, and whether the version becomes unreadable by it.
type Case = (
    &'static str,
    bool,
    fn(&mut types::ResponseLaunchTemplateData),
);

#[test]
fn what_data_cannot_hold_is_told() {
    let cases: &[Case] = &[
        ("nothing else", false, |_| {}),
        ("a state", false, |it| {
            let options = types::LaunchTemplateInstanceMetadataOptions::builder()
                .http_tokens("required".into())
                .http_put_response_hop_limit(2)
                .http_endpoint("enabled".into())
                .http_protocol_ipv6("disabled".into())
                .instance_metadata_tags("enabled".into())
                .state("pending".into())
                .build();
            it.metadata_options = Some(options);
        }),
        ("empty lists", false, |it| {
            it.license_specifications = Some(vec![]);
            it.network_interfaces = Some(vec![]);
            it.security_groups = Some(vec![]);
        }),
        ("not managed", false, |it| {
            it.operator = Some(types::OperatorResponse::builder().managed(false).build());
        }),
        ("managed by a service", true, |it| {
            it.operator = Some(
                types::OperatorResponse::builder()
                    .managed(true)
                    .principal("eks")
                    .build(),
            );
        }),
        ("a network interface", true, |it| {
            let interface = types::LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
                .device_index(0)
                .build();
            it.network_interfaces = Some(vec![interface]);
        }),
        ("a licence", true, |it| {
            let licence = types::LaunchTemplateLicenseConfiguration::builder()
                .license_configuration_arn("arn:1")
                .build();
            it.license_specifications = Some(vec![licence]);
        }),
        ("an inference accelerator", true, |it| {
            let accelerator = types::LaunchTemplateElasticInferenceAcceleratorResponse::builder()
                .r#type("eia2.medium")
                .build();
            it.elastic_inference_accelerators = Some(vec![accelerator]);
        }),
        ("a capacity reservation", true, |it| {
            let reservation =
                types::LaunchTemplateCapacityReservationSpecificationResponse::builder()
                    .capacity_reservation_preference("open".into())
                    .build();
            it.capacity_reservation_specification = Some(reservation);
        }),
        ("an instance profile", true, |it| {
            let profile = types::LaunchTemplateIamInstanceProfileSpecification::builder()
                .name("node")
                .build();
            it.iam_instance_profile = Some(profile);
        }),
        ("a spot market", true, |it| {
            let market = types::LaunchTemplateInstanceMarketOptions::builder()
                .market_type("spot".into())
                .build();
            it.instance_market_options = Some(market);
        }),
        ("instance requirements", true, |it| {
            it.instance_requirements = Some(types::InstanceRequirements::builder().build());
        }),
        ("protection", true, |it| it.disable_api_stop = Some(false)),
        ("a field inside of a mapping", true, |it| {
            let ebs = types::LaunchTemplateEbsBlockDevice::builder()
                .volume_initialization_rate(100)
                .build();
            it.block_device_mappings = Some(vec![
                types::LaunchTemplateBlockDeviceMapping::builder()
                    .ebs(ebs)
                    .build(),
            ]);
        }),
        ("a field inside of the placement", true, |it| {
            it.placement = Some(
                types::LaunchTemplatePlacement::builder()
                    .spread_domain("rack")
                    .build(),
            );
        }),
        ("a field inside of the CPU options", true, |it| {
            it.cpu_options = Some(
                types::LaunchTemplateCpuOptions::builder()
                    .nested_virtualization("enabled".into())
                    .build(),
            );
        }),
    ];
    for (name, unread, change) in cases {
        let mut answer = response::build(&full());
        change(&mut answer);
        assert_eq!(from_response(&answer).1, *unread, "{name}");
    }
}

#[test]
fn instants() {
    let cases = [
        (0, 0, "1970-01-01T00:00:00Z"),
        (1_760_000_000, 500_000_000, "2025-10-09T08:53:20.5Z"),
    ];
    for (seconds, nanos, expected) in cases {
        let at = timestamp(Some(&DateTime::from_secs_and_nanos(seconds, nanos)));
        assert_eq!(at.map(|at| at.to_string()).as_deref(), Some(expected));
    }
    assert_eq!(timestamp(None), None);
    assert_eq!(timestamp(Some(&DateTime::from_secs(i64::MAX))), None);
}
