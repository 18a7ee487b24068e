use proptest::prelude::*;
use serde_json::json;

use super::*;

#[path = "../../core/tests/launch_template/model.rs"]
mod model;

fn data(value: serde_json::Value) -> Data {
    serde_json::from_value(value).expect("the types know every member")
}

/// Every field that [`Data`] has, each with a value.
fn full() -> Data {
    data(model::full())
}

fn answer(data: &Data) -> types::ResponseLaunchTemplateData {
    data.build()
}

proptest! {
    #[test]
    fn any_data_survives_the_way_through_ec2(value in model::any_data()) {
        let data = data(value);
        prop_assert_eq!(from_response(&answer(&data)), (data.clone(), false));
        // EC2's types for requests have no way back in EC2: ours goes through the same table.
        prop_assert_eq!(Data::read(&to_request(&data)), data);
    }
}

#[test]
fn every_field_survives_the_way_through_ec2() {
    let cases = [
        ("full", full()),
        ("empty", Data::default()),
        (
            "empty structures",
            data(json!({
                "MetadataOptions": {}, "Placement": {}, "Monitoring": {}, "BlockDeviceMappings": [{"Ebs": {}}],
                "NetworkInterfaces": [{"EnaSrdSpecification": {}}],
            })),
        ),
        (
            "values that the SDK does not know",
            data(json!({
                "InstanceType": "z99.colossal",
                "MetadataOptions": {"HttpTokens": "perhaps"},
                "Placement": {"Tenancy": "shared-with-friends"},
                "InstanceRequirements": {"AcceleratorNames": ["abacus"]},
            })),
        ),
        (
            "an instant before 1970 with a fraction",
            data(
                json!({"InstanceMarketOptions": {"SpotOptions": {"ValidUntil": "1969-12-31T23:59:58.25Z"}}}),
            ),
        ),
    ];
    for (name, data) in cases {
        assert_eq!(from_response(&answer(&data)), (data, false), "{name}");
    }
}

#[test]
fn user_data_is_not_in_debug_texts() {
    let secret = data(json!({"UserData": "aGVsbG8="}));
    assert!(!format!("{:?}", to_request(&secret)).contains("aGVsbG8"));
    assert!(!format!("{:?}", from_response(&answer(&secret))).contains("aGVsbG8"));
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
            let options = it.metadata_options.get_or_insert_with(|| {
                types::LaunchTemplateInstanceMetadataOptions::builder().build()
            });
            options.state = Some("pending".into());
        }),
        ("empty lists", false, |it| {
            it.license_specifications = Some(vec![]);
            it.security_groups = Some(vec![]);
            let mut interface =
                types::LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
                    .device_index(0)
                    .build();
            interface.groups = Some(vec![]);
            interface.ipv6_prefixes = Some(vec![]);
            it.network_interfaces = Some(vec![interface]);
            let mut requirements = types::InstanceRequirements::builder().build();
            requirements.accelerator_types = Some(vec![]);
            it.instance_requirements = Some(requirements);
        }),
        ("not managed", false, |it| {
            it.operator = Some(types::OperatorResponse::builder().managed(false).build());
        }),
        ("managed by a service", false, |it| {
            let operator = types::OperatorResponse::builder();
            let operator = operator
                .managed(true)
                .hidden_by_default(true)
                .principal("eks");
            it.operator = Some(operator.build());
        }),
        ("an address that became the primary one", true, |it| {
            let address = types::InstanceIpv6Address::builder();
            let address = address
                .ipv6_address("2001:db8::1")
                .is_primary_ipv6(true)
                .build();
            let interface = types::LaunchTemplateInstanceNetworkInterfaceSpecification::builder();
            it.network_interfaces = Some(vec![interface.ipv6_addresses(address).build()]);
        }),
        ("an instant that jiff has not", true, |it| {
            let options = types::LaunchTemplateSpotMarketOptions::builder();
            let options = options.valid_until(DateTime::from_secs(i64::MAX)).build();
            let market = types::LaunchTemplateInstanceMarketOptions::builder();
            it.instance_market_options = Some(market.spot_options(options).build());
        }),
    ];
    for (name, unread, change) in cases {
        let mut answer = answer(&Data::default());
        change(&mut answer);
        assert_eq!(from_response(&answer).1, *unread, "{name}");
    }
}

/// What a service manages is read, so that it is told from what nobody manages.
#[test]
fn a_service_that_manages_a_version_is_in_its_data() {
    let mut managed = answer(&Data::default());
    let operator = types::OperatorResponse::builder().managed(true);
    managed.operator = Some(operator.principal("eks").build());
    let read = from_response(&managed).0;
    assert_eq!(read, data(json!({"Operator": {"Principal": "eks"}})));
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
