//! What an instance must have, in place of an instance type.

use super::structure;

structure! {
    /// What an instance must have, in place of an instance type.
    InstanceRequirements {
        /// How many vCPUs.
        #[schemars(required)]
        v_cpu_count: LeastWhole,
        /// How much memory, in MiB.
        #[serde(rename = "MemoryMiB")]
        #[schemars(required)]
        memory_mib: LeastWhole,
        /// GiB of memory for each vCPU.
        #[serde(rename = "MemoryGiBPerVCpu")]
        memory_gib_per_v_cpu: Between,
        /// Bare-metal types: `excluded` unless this says otherwise.
        #[schemars(extend("enum" = ["included", "required", "excluded"]))]
        bare_metal: String,
        /// Burstable types: `excluded` unless this says otherwise.
        #[schemars(extend("enum" = ["included", "required", "excluded"]))]
        burstable_performance: String,
        /// Types with an instance store.
        #[schemars(extend("enum" = ["included", "required", "excluded"]))]
        local_storage: String,
        /// GB of the instance store.
        #[serde(rename = "TotalLocalStorageGB")]
        total_local_storage_gb: Between,
        /// How many network interfaces the type takes.
        network_interface_count: BetweenWhole,
        /// Gbit/s of the network.
        network_bandwidth_gbps: Between,
        /// Mbit/s to EBS.
        baseline_ebs_bandwidth_mbps: BetweenWhole,
        /// How many accelerators; a most of 0 takes none.
        accelerator_count: BetweenWhole,
        /// MiB of the accelerators' memory together.
        #[serde(rename = "AcceleratorTotalMemoryMiB")]
        accelerator_total_memory_mib: BetweenWhole,
        /// How fast the processor is, measured against a family.
        baseline_performance_factors: BaselinePerformanceFactors,
        /// Whether traffic between instances is encrypted by the hardware.
        require_encryption_in_transit: bool,
        /// Whether the type can hibernate on demand.
        require_hibernate_support: bool,
        /// Percent above the cheapest current type that spot may cost.
        spot_max_price_percentage_over_lowest_price: i32,
        /// Percent above the cheapest current type that on-demand may cost.
        on_demand_max_price_percentage_over_lowest_price: i32,
        /// Percent of an on-demand price that spot may cost.
        max_spot_price_as_percentage_of_optimal_on_demand_price: i32,
    } lists {
        /// Makers of the processor.
        #[schemars(extend("items" = {"type": "string", "enum": ["intel", "amd", "amazon-web-services", "apple"]}))]
        cpu_manufacturers: String,
        /// Only these types; `*` stands for any characters.
        #[schemars(length(max = 400), extend("items" = {"type": "string", "minLength": 1, "maxLength": 30, "pattern": "^[a-zA-Z0-9.*-]+$"}))]
        allowed_instance_types: String,
        /// Never these types; `*` stands for any characters.
        #[schemars(length(max = 400), extend("items" = {"type": "string", "minLength": 1, "maxLength": 30, "pattern": "^[a-zA-Z0-9.*-]+$"}))]
        excluded_instance_types: String,
        /// Current types, previous ones, or both.
        #[schemars(extend("items" = {"type": "string", "enum": ["current", "previous"]}))]
        instance_generations: String,
        /// Disks of the instance store.
        #[schemars(extend("items" = {"type": "string", "enum": ["hdd", "ssd"]}))]
        local_storage_types: String,
        /// Kinds of accelerators.
        #[schemars(extend("items" = {"type": "string", "enum": ["gpu", "fpga", "inference", "media"]}))]
        accelerator_types: String,
        /// Makers of accelerators.
        #[schemars(extend("items" = {"type": "string", "enum": ["amazon-web-services", "amd", "nvidia", "xilinx", "habana"]}))]
        accelerator_manufacturers: String,
        /// Names of accelerators.
        #[schemars(extend("items" = {"type": "string", "enum": [
            "a100", "inferentia", "k520", "k80", "m60", "radeon-pro-v520", "t4", "vu9p", "v100", "a10g", "h100",
            "t4g", "l40s", "l4", "gaudi-hl-205", "inferentia2", "trainium", "trainium2", "u30",
        ]}))]
        accelerator_names: String,
    }
}

structure! {
    /// At least so many.
    LeastWhole {
        /// The least.
        #[schemars(required, range(min = 0))]
        min: i32,
        /// The most.
        #[schemars(range(min = 0))]
        max: i32,
    }
}

structure! {
    /// From least to most; one of the two may be left out.
    BetweenWhole {
        /// The least.
        #[schemars(range(min = 0))]
        min: i32,
        /// The most.
        #[schemars(range(min = 0))]
        max: i32,
    }
}

structure! {
    /// From least to most; one of the two may be left out.
    Between {
        /// The least.
        #[schemars(range(min = 0))]
        min: f64,
        /// The most.
        #[schemars(range(min = 0))]
        max: f64,
    }
}

structure! {
    /// How fast the processor is, measured against a family.
    BaselinePerformanceFactors {
        /// The processor.
        cpu: CpuPerformanceFactor,
    }
}

structure! {
    /// The processor's reference.
    CpuPerformanceFactor {} lists {
        /// One family.
        #[schemars(length(max = 1))]
        references: PerformanceFactorReference,
    }
}

structure! {
    /// An instance family to measure against.
    PerformanceFactorReference {
        /// The family, such as `m6i`.
        instance_family: String,
    }
}
