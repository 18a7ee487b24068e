//! Network interfaces, names in DNS, placement and capacity.

use nodemint_core::launch_template::{
    CapacityReservationSpecification, CapacityReservationTarget, ConnectionTrackingSpecification,
    EnaSrdSpecification, EnaSrdUdpSpecification, InstanceMarketOptions, Ipv4Prefix, Ipv6Address,
    Ipv6Prefix, LicenseSpecification, NetworkInterface, NetworkPerformanceOptions, Placement,
    PrivateDnsNameOptions, PrivateIpAddress, SecondaryInterface, SecondaryPrivateIpAddress,
    SpotOptions,
};

mirror!(NetworkInterface:
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest, LaunchTemplateInstanceNetworkInterfaceSpecification => {
    same: device_index, network_card_index, interface_type, description, delete_on_termination,
        associate_public_ip_address, associate_carrier_ip_address, network_interface_id, private_ip_address,
        secondary_private_ip_address_count, ipv4_prefix_count, ipv6_address_count, ipv6_prefix_count, primary_ipv6,
        ena_queue_count, subnet_id;
    one: ena_srd_specification, connection_tracking_specification;
    list: groups;
    many: private_ip_addresses, ipv4_prefixes, ipv6_addresses, ipv6_prefixes;
});

mirror!(PrivateIpAddress: PrivateIpAddressSpecification => { same: primary, private_ip_address; });
mirror!(Ipv4Prefix: Ipv4PrefixSpecificationRequest, Ipv4PrefixSpecificationResponse => { same: ipv4_prefix; });
mirror!(Ipv6Address: InstanceIpv6AddressRequest, InstanceIpv6Address => { same: ipv6_address; });
mirror!(Ipv6Prefix: Ipv6PrefixSpecificationRequest, Ipv6PrefixSpecificationResponse => { same: ipv6_prefix; });

mirror!(EnaSrdSpecification: EnaSrdSpecificationRequest, LaunchTemplateEnaSrdSpecification => {
    same: ena_srd_enabled;
    one: ena_srd_udp_specification;
});
mirror!(EnaSrdUdpSpecification: EnaSrdUdpSpecificationRequest, LaunchTemplateEnaSrdUdpSpecification => {
    same: ena_srd_udp_enabled;
});
mirror!(ConnectionTrackingSpecification: ConnectionTrackingSpecificationRequest, ConnectionTrackingSpecification => {
    same: tcp_established_timeout, udp_stream_timeout, udp_timeout;
});

mirror!(SecondaryInterface:
    LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest,
    LaunchTemplateInstanceSecondaryInterfaceSpecification => {
    same: device_index, network_card_index, delete_on_termination, private_ip_address_count, secondary_subnet_id;
    text: interface_type;
    many: private_ip_addresses;
});
mirror!(SecondaryPrivateIpAddress:
    SecondaryInterfacePrivateIpAddressSpecificationRequest, SecondaryInterfacePrivateIpAddressSpecification => {
    same: private_ip_address;
});

mirror!(PrivateDnsNameOptions: LaunchTemplatePrivateDnsNameOptionsRequest, LaunchTemplatePrivateDnsNameOptions => {
    same: enable_resource_name_dns_a_record, enable_resource_name_dns_aaaa_record;
    text: hostname_type;
});
mirror!(NetworkPerformanceOptions:
    LaunchTemplateNetworkPerformanceOptionsRequest, LaunchTemplateNetworkPerformanceOptions => {
    text: bandwidth_weighting;
});

mirror!(Placement: LaunchTemplatePlacementRequest, LaunchTemplatePlacement => {
    same: availability_zone, availability_zone_id, affinity, group_name, group_id, host_id, host_resource_group_arn,
        partition_number, spread_domain;
    text: tenancy;
});

mirror!(CapacityReservationSpecification:
    LaunchTemplateCapacityReservationSpecificationRequest, LaunchTemplateCapacityReservationSpecificationResponse => {
    text: capacity_reservation_preference;
    one: capacity_reservation_target;
});
mirror!(CapacityReservationTarget: CapacityReservationTarget, CapacityReservationTargetResponse => {
    same: capacity_reservation_id, capacity_reservation_resource_group_arn;
});

mirror!(InstanceMarketOptions: LaunchTemplateInstanceMarketOptionsRequest, LaunchTemplateInstanceMarketOptions => {
    text: market_type;
    one: spot_options;
});
mirror!(SpotOptions: LaunchTemplateSpotMarketOptionsRequest, LaunchTemplateSpotMarketOptions => {
    same: block_duration_minutes, max_price;
    text: instance_interruption_behavior, spot_instance_type;
    instant: valid_until;
});

mirror!(LicenseSpecification: LaunchTemplateLicenseConfigurationRequest, LaunchTemplateLicenseConfiguration => {
    same: license_configuration_arn;
});
