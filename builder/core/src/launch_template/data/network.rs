//! Network interfaces, and names in DNS.

use super::structure;

structure! {
    /// A network interface of every instance.
    NetworkInterface {
        /// Its place on its network card; the primary interface is 0.
        #[schemars(range(min = 0))]
        device_index: i32,
        /// The network card, from 0, on types with more than one.
        #[schemars(range(min = 0))]
        network_card_index: i32,
        /// `efa` is EFA and ENA in one, `efa-only` is EFA alone.
        #[schemars(extend("enum" = ["interface", "efa", "efa-only"]))]
        interface_type: String,
        /// What it is called.
        description: String,
        /// Whether it goes when the instance does.
        delete_on_termination: bool,
        /// Whether it gets a public IPv4 address.
        associate_public_ip_address: bool,
        /// Whether it gets a carrier address, in a Wavelength zone.
        associate_carrier_ip_address: bool,
        /// An interface that exists already.
        network_interface_id: String,
        /// Its primary IPv4 address.
        private_ip_address: String,
        /// How many IPv4 addresses it has beside the primary one.
        #[schemars(range(min = 0))]
        secondary_private_ip_address_count: i32,
        /// How many IPv4 prefixes it gets.
        #[schemars(range(min = 0))]
        ipv4_prefix_count: i32,
        /// How many IPv6 addresses it gets.
        #[schemars(range(min = 0))]
        ipv6_address_count: i32,
        /// How many IPv6 prefixes it gets.
        #[schemars(range(min = 0))]
        ipv6_prefix_count: i32,
        /// Whether the first IPv6 address becomes the primary one.
        primary_ipv6: bool,
        /// ENA Express.
        ena_srd_specification: EnaSrdSpecification,
        /// How long idle connections are tracked.
        connection_tracking_specification: ConnectionTrackingSpecification,
        /// How many ENA queues it has.
        #[schemars(range(min = 1))]
        ena_queue_count: i32,
        #[schemars(skip)]
        subnet_id: String,
    } lists {
        /// Ids of its security groups.
        groups: String,
        /// Its IPv4 addresses.
        private_ip_addresses: PrivateIpAddress,
        /// Its IPv4 prefixes.
        ipv4_prefixes: Ipv4Prefix,
        /// Its IPv6 addresses.
        ipv6_addresses: Ipv6Address,
        /// Its IPv6 prefixes.
        ipv6_prefixes: Ipv6Prefix,
    }
}

structure! {
    /// A private IPv4 address.
    PrivateIpAddress {
        /// Whether it is the primary one.
        primary: bool,
        /// The address.
        private_ip_address: String,
    }
}

structure! {
    /// An IPv4 prefix.
    Ipv4Prefix {
        /// The CIDR.
        ipv4_prefix: String,
    }
}

structure! {
    /// An IPv6 address.
    Ipv6Address {
        /// The address.
        ipv6_address: String,
    }
}

structure! {
    /// An IPv6 prefix.
    Ipv6Prefix {
        /// The CIDR.
        ipv6_prefix: String,
    }
}

structure! {
    /// ENA Express.
    EnaSrdSpecification {
        /// Whether it is on, for TCP.
        ena_srd_enabled: bool,
        /// And for UDP.
        ena_srd_udp_specification: EnaSrdUdpSpecification,
    }
}

structure! {
    /// ENA Express for UDP.
    EnaSrdUdpSpecification {
        /// Whether it is on.
        ena_srd_udp_enabled: bool,
    }
}

structure! {
    /// Seconds after which idle connections are forgotten.
    ConnectionTrackingSpecification {
        /// Established TCP connections.
        #[schemars(range(min = 60, max = 432000))]
        tcp_established_timeout: i32,
        /// UDP flows with more than one request.
        #[schemars(range(min = 60, max = 180))]
        udp_stream_timeout: i32,
        /// UDP flows with one request.
        #[schemars(range(min = 30, max = 60))]
        udp_timeout: i32,
    }
}

structure! {
    /// An interface in a secondary network.
    SecondaryInterface {
        /// Its place on its network card.
        #[schemars(range(min = 0))]
        device_index: i32,
        /// The network card, from 0.
        #[schemars(range(min = 0))]
        network_card_index: i32,
        /// Always `secondary`.
        #[schemars(extend("enum" = ["secondary"]))]
        interface_type: String,
        /// Whether it goes when the instance does.
        delete_on_termination: bool,
        /// How many private IPv4 addresses it gets.
        #[schemars(range(min = 0))]
        private_ip_address_count: i32,
        /// The secondary subnet that it is in.
        secondary_subnet_id: String,
    } lists {
        /// Its private IPv4 addresses.
        private_ip_addresses: SecondaryPrivateIpAddress,
    }
}

structure! {
    /// A private IPv4 address in a secondary network.
    SecondaryPrivateIpAddress {
        /// The address.
        private_ip_address: String,
    }
}

structure! {
    /// Names of the instances in DNS.
    PrivateDnsNameOptions {
        /// What the host name is made of.
        #[schemars(extend("enum" = ["ip-name", "resource-name"]))]
        hostname_type: String,
        /// Whether the name from the instance id has an A record.
        enable_resource_name_dns_a_record: bool,
        /// Whether the name from the instance id has an AAAA record.
        #[serde(rename = "EnableResourceNameDnsAAAARecord")]
        enable_resource_name_dns_aaaa_record: bool,
    }
}

structure! {
    /// How bandwidth is shared between network and EBS.
    NetworkPerformanceOptions {
        /// Which of the two gets more.
        #[schemars(extend("enum" = ["default", "vpc-1", "ebs-1"]))]
        bandwidth_weighting: String,
    }
}
