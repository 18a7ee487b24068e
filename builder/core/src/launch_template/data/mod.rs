//! RequestLaunchTemplateData as types, in EC2's own names; a file a subject.
//!
//! The types are read from the spec's `launchTemplateData` and from EC2's answers, so an enum of EC2's is text
//! here: a value that EC2 gains later is kept. What EC2 takes stands as `enum` and ranges in the schema, and the
//! spec is held to it (`spec/validate/extra`). What is skipped there has a name of the spec's own, or is refused by
//! EKS. `tests/model.rs` holds the fields against the model that botocore ships.

mod machine;
mod network;
mod placement;
mod requirements;
mod storage;
mod tags;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub use machine::*;
pub use network::*;
pub use placement::*;
pub use requirements::*;
pub use storage::*;
pub use tags::*;

/// A structure of EC2's: every field optional, every list empty when it is not set, keys as EC2 writes them.
macro_rules! structure {
    ($(#[$meta:meta])* $name:ident $({
        $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
    } $(lists {
        $($(#[$list_meta:meta])* $list:ident: $item:ty,)*
    })?)+) => {
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        $(#[$meta])*
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        pub struct $name {$(
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            $($(
                $(#[$list_meta])*
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                #[serde(deserialize_with = "crate::launch_template::data::present")]
                pub $list: Vec<$item>,
            )*)?
        )+}
    };
}
use structure;

/// A list without its nulls: items of the spec that were wrong, and have been told.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items: Vec<Option<T>> = Vec::deserialize(deserializer)?;
    Ok(items.into_iter().flatten().collect())
}

structure! {
    /// RequestLaunchTemplateData. `None` and an empty list both mean "not set".
    #[schemars(rename = "LaunchTemplateData")]
    Data {
        #[schemars(skip)]
        image_id: String,
        #[schemars(skip)]
        instance_type: String,
        #[schemars(skip)]
        key_name: String,
        /// base64, as EC2 takes it
        #[schemars(skip)]
        user_data: UserDataBlob,
    } lists {
        #[schemars(skip)]
        security_group_ids: String,
        #[schemars(skip)]
        block_device_mappings: BlockDeviceMapping,
    } {
        #[schemars(skip)]
        metadata_options: MetadataOptions,
    } lists {
        /// Tags by the type of what a launch makes, beside the spec's `tags`.
        tag_specifications: TagSpecification,
    } {
        /// Whether the instance has bandwidth of its own for EBS.
        ebs_optimized: bool,
        /// CloudWatch metrics of the instances.
        monitoring: Monitoring,
        /// Where instances are put: placement group, tenancy, host, partition.
        placement: Placement,
        /// CPU credits of burstable instances.
        credit_specification: CreditSpecification,
        /// Cores, threads and features of the processor.
        cpu_options: CpuOptions,
        /// Nitro enclaves.
        enclave_options: EnclaveOptions,
        /// Which Capacity Reservations instances start in.
        capacity_reservation_specification: CapacityReservationSpecification,
        /// How instances are bought; for `capacityType: CAPACITY_BLOCK`.
        instance_market_options: InstanceMarketOptions,
        /// What an instance must have, in place of an instance type.
        instance_requirements: InstanceRequirements,
        /// What happens when the host fails.
        maintenance_options: MaintenanceOptions,
        /// Names of the instances in DNS.
        private_dns_name_options: PrivateDnsNameOptions,
        /// How bandwidth is shared between network and EBS.
        network_performance_options: NetworkPerformanceOptions,
        /// Whether the API refuses to stop the instances.
        disable_api_stop: bool,
        /// Whether the API refuses to terminate the instances.
        disable_api_termination: bool,
        /// The kernel (`aki-…`) of a paravirtual image.
        kernel_id: String,
        /// The RAM disk (`ari-…`) of a paravirtual image.
        ram_disk_id: String,
        /// The service provider that manages the instances.
        operator: Operator,
        #[schemars(skip)]
        iam_instance_profile: IamInstanceProfile,
        #[schemars(skip)]
        instance_initiated_shutdown_behavior: String,
        #[schemars(skip)]
        hibernation_options: HibernationOptions,
    } lists {
        /// The network interfaces, EFA among them. With any here, security groups belong into their `Groups`.
        network_interfaces: NetworkInterface,
        /// Interfaces in secondary networks.
        secondary_interfaces: SecondaryInterface,
        /// Names of security groups, which work in a default VPC alone.
        security_groups: String,
        /// Licence configurations of License Manager.
        license_specifications: LicenseSpecification,
        /// Elastic Graphics accelerators.
        elastic_gpu_specifications: ElasticGpuSpecification,
        /// Elastic Inference accelerators.
        elastic_inference_accelerators: ElasticInferenceAccelerator,
    }
}

impl Data {
    /// The ids of all security groups that nodes get, on whichever level they stand.
    pub fn all_security_group_ids(&self) -> impl Iterator<Item = &str> {
        let interfaces = self.network_interfaces.iter().flat_map(|one| &one.groups);
        let all = self.security_group_ids.iter().chain(interfaces);
        all.map(String::as_str)
    }
}

/// base64 user data. It can hold secrets, so Debug shows its size alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UserDataBlob(pub String);

impl UserDataBlob {
    /// Raw bytes as a launch template holds them.
    pub fn of(bytes: &[u8]) -> Self {
        Self(STANDARD.encode(bytes))
    }
}

impl std::fmt::Debug for UserDataBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserDataBlob({} base64 characters)", self.0.len())
    }
}
