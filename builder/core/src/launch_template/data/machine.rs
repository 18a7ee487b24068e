//! What an instance is, and may do: processor, metadata, monitoring, accelerators, lifecycle.

use super::structure;

structure! {
    /// The instance metadata service.
    MetadataOptions {
        /// Whether a session token is needed (IMDSv2).
        http_tokens: String,
        /// How many hops an answer may take.
        http_put_response_hop_limit: i32,
        /// Whether there is a metadata service at all.
        http_endpoint: String,
        /// Whether it has an IPv6 address.
        http_protocol_ipv6: String,
        /// Whether it shows the instance's tags.
        instance_metadata_tags: String,
    }
}

structure! {
    /// CloudWatch metrics.
    Monitoring {
        /// Whether they come every minute and not every five.
        enabled: bool,
    }
}

structure! {
    /// CPU credits of burstable instances.
    CreditSpecification {
        /// `unlimited` costs more than `standard` when a node is busy for long.
        #[schemars(required, extend("enum" = ["standard", "unlimited"]))]
        cpu_credits: String,
    }
}

structure! {
    /// Cores, threads and features of the processor.
    CpuOptions {
        /// How many cores are on; only with `ThreadsPerCore`.
        #[schemars(range(min = 1))]
        core_count: i32,
        /// 1 switches hyperthreading off.
        #[schemars(range(min = 1, max = 2))]
        threads_per_core: i32,
        /// Encrypted memory on AMD processors.
        #[schemars(extend("enum" = ["enabled", "disabled"]))]
        amd_sev_snp: String,
        /// Virtual machines inside of the instance.
        #[schemars(extend("enum" = ["enabled", "disabled"]))]
        nested_virtualization: String,
    }
}

structure! {
    /// Nitro enclaves.
    EnclaveOptions {
        /// Whether the instance can run enclaves.
        enabled: bool,
    }
}

structure! {
    /// Hibernation.
    HibernationOptions {
        /// Whether the instance can hibernate.
        configured: bool,
    }
}

structure! {
    /// What happens when the host fails.
    MaintenanceOptions {
        /// Whether EC2 moves the instance by itself.
        #[schemars(extend("enum" = ["default", "disabled"]))]
        auto_recovery: String,
    }
}

structure! {
    /// The role that an instance has.
    IamInstanceProfile {
        /// The profile's ARN.
        arn: String,
        /// The profile's name.
        name: String,
    }
}

structure! {
    /// A service provider that manages instances.
    Operator {
        /// The provider's principal.
        principal: String,
    }
}

structure! {
    /// An Elastic Graphics accelerator.
    ElasticGpuSpecification {
        /// Its type.
        #[schemars(required)]
        r#type: String,
    }
}

structure! {
    /// Elastic Inference accelerators.
    ElasticInferenceAccelerator {
        /// Their type.
        #[schemars(required)]
        r#type: String,
        /// How many there are.
        #[schemars(range(min = 1))]
        count: i32,
    }
}
