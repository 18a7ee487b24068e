//! Where instances run, and how their capacity is had.

use super::structure;

structure! {
    /// Where instances are put.
    Placement {
        /// The availability zone; a node group's subnets say it, too.
        availability_zone: String,
        /// Whether an instance comes back to its Dedicated Host.
        affinity: String,
        /// The placement group's name.
        group_name: String,
        /// The Dedicated Host.
        host_id: String,
        /// Whether the hardware is shared.
        #[schemars(extend("enum" = ["default", "dedicated", "host"]))]
        tenancy: String,
        /// The host resource group of License Manager.
        host_resource_group_arn: String,
        /// The partition of a partition placement group.
        #[schemars(range(min = 1))]
        partition_number: i32,
        /// The placement group's id.
        group_id: String,
        /// The availability zone by its id, such as `use1-az1`.
        availability_zone_id: String,
        /// Reserved by EC2.
        spread_domain: String,
    }
}

structure! {
    /// Which Capacity Reservations instances start in.
    CapacityReservationSpecification {
        /// Whether they may, must or must not start in a reservation.
        #[schemars(extend("enum" = ["capacity-reservations-only", "open", "none"]))]
        capacity_reservation_preference: String,
        /// One reservation, or a group of them.
        capacity_reservation_target: CapacityReservationTarget,
    }
}

structure! {
    /// One reservation, or a group of them.
    CapacityReservationTarget {
        /// The reservation's id, such as `cr-0123456789abcdef0`.
        capacity_reservation_id: String,
        /// The resource group's ARN.
        capacity_reservation_resource_group_arn: String,
    }
}

structure! {
    /// How instances are bought.
    InstanceMarketOptions {
        /// `capacity-block`, for node groups with `capacityType: CAPACITY_BLOCK`.
        #[schemars(extend("enum" = ["capacity-block"]))]
        market_type: String,
        #[schemars(skip)]
        spot_options: SpotOptions,
    }
}

structure! {
    /// How spot instances are asked for.
    SpotOptions {
        /// Minutes that a spot instance of a fixed duration runs.
        block_duration_minutes: i32,
        /// What becomes of an interrupted instance.
        instance_interruption_behavior: String,
        /// The most that an hour may cost.
        max_price: String,
        /// Whether the request stays open.
        spot_instance_type: String,
        /// When the request ends.
        #[schemars(with = "String")]
        valid_until: jiff::Timestamp,
    }
}

structure! {
    /// A licence configuration.
    LicenseSpecification {
        /// Its ARN.
        #[schemars(required)]
        license_configuration_arn: String,
    }
}
