//! Volumes.

use super::structure;

structure! {
    /// A volume, or what a device of the image is instead.
    BlockDeviceMapping {
        /// The name that the image knows it by, such as `/dev/xvda`.
        device_name: String,
        /// An instance store volume: `ephemeral0` and so on.
        virtual_name: String,
        /// An empty text leaves a device of the image out.
        no_device: String,
        /// The EBS volume.
        ebs: Ebs,
    }
}

structure! {
    /// An EBS volume.
    Ebs {
        /// Whether it is encrypted.
        encrypted: bool,
        /// Whether it goes when the instance does.
        delete_on_termination: bool,
        /// I/O operations per second.
        iops: i32,
        /// The KMS key that encrypts it.
        kms_key_id: String,
        /// The snapshot that it begins as.
        snapshot_id: String,
        /// GiB
        volume_size: i32,
        /// The EBS volume type.
        volume_type: String,
        /// MiB/s
        throughput: i32,
        /// MiB/s at which blocks of the snapshot are fetched.
        volume_initialization_rate: i32,
        /// The EBS card that it is attached to, on types with more than one.
        ebs_card_index: i32,
    }
}
