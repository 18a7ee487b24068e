//! Volumes: eksctl's fields and defaults as block devices.

use super::mapping::{Mapping, template};
use crate::family::family;
use crate::lint::Reader;
use crate::spec::{BlockDevice, Device};

/// eksctl's defaults (defaults.go): 80 GiB of gp3, 3000 I/O operations a second, 125 MiB/s; io1 has 100.
const SIZE: i32 = 80;
const TYPE: &str = "gp3";
const GP3_IOPS: i32 = 3000;
const GP3_THROUGHPUT: i32 = 125;
const IO1_IOPS: i32 = 100;

/// Bottlerocket keeps images and pods on a second volume; eksctl sizes that one.
const BOTTLEROCKET_DATA: &str = "/dev/xvdb";

/// eksctl's field, and the spec's.
const FIELDS: [(&str, &str); 7] = [
    ("volumeSize", "size"),
    ("volumeType", "type"),
    ("volumeIOPS", "iops"),
    ("volumeThroughput", "throughput"),
    ("volumeEncrypted", "encrypted"),
    ("volumeKmsKeyID", "kmsKeyId"),
    ("snapshotID", "snapshotId"),
];

impl Mapping<'_> {
    pub fn volumes(&mut self) {
        let listed = self
            .group
            .fields
            .keys()
            .any(|path| path.starts_with("volume"));
        if self.template.existing.is_none() || listed {
            self.main_volume();
        }
        let count = self.group.count("additionalVolumes");
        for index in 0..count {
            self.additional_volume(index);
        }
    }

    fn main_volume(&mut self) {
        let own = family(self.template.family);
        let data_disk = own.reader() == Reader::Bottlerocket;
        let named = self.group.text("volumeName").map(str::to_owned);
        let device = match named.as_deref() {
            Some(name) if name == own.default_root_device() => Device::Root,
            Some(name) => Device::Named(name.to_owned()),
            None if data_disk => Device::Named(BOTTLEROCKET_DATA.to_owned()),
            None => Device::Root,
        };
        let mut volume = self.volume("", device);
        let unused_key = take_unused_key(&mut volume);
        volume.size = volume.size.or(Some(SIZE));
        if volume.volume_type.is_none() {
            volume.volume_type = Some(TYPE.to_owned());
        }
        match volume.volume_type.as_deref() {
            Some(TYPE) => {
                volume.iops = volume.iops.or(Some(GP3_IOPS));
                volume.throughput = volume.throughput.or(Some(GP3_THROUGHPUT));
            }
            Some("io1") => volume.iops = volume.iops.or(Some(IO1_IOPS)),
            _ => {}
        }
        // The volume of the system is encrypted with the one of the data.
        if data_disk && named.is_none() && volume.encrypted == Some(true) {
            self.template.block_devices.push(BlockDevice {
                encrypted: Some(true),
                kms_key_id: volume.kms_key_id.clone(),
                ..empty(Device::Root)
            });
        }
        let index = self.template.block_devices.len();
        self.template.block_devices.push(volume);
        self.told("", index, named.is_some(), unused_key);
    }

    fn additional_volume(&mut self, index: usize) {
        let prefix = format!("additionalVolumes[{index}].");
        let Some(name) = self.group.text(&format!("{prefix}volumeName")) else {
            let what = "eksctl needs a `volumeName`, and so does EC2: this volume is left out";
            self.left_volume(&prefix, what);
            return;
        };
        let root = name == family(self.template.family).default_root_device();
        let device = match root {
            true => Device::Root,
            false => Device::Named(name.to_owned()),
        };
        if self
            .template
            .block_devices
            .iter()
            .any(|other| other.device == device)
        {
            let what = "another volume has this device already: this one is left out";
            self.left_volume(&prefix, what);
            return;
        }
        let mut volume = self.volume(&prefix, device);
        let unused_key = take_unused_key(&mut volume);
        if volume.size.is_none() && volume.snapshot_id.is_none() {
            volume.size = Some(SIZE);
        }
        if volume.volume_type.is_none() {
            volume.volume_type = Some(TYPE.to_owned());
        }
        let at = self.template.block_devices.len();
        self.template.block_devices.push(volume);
        self.told(&prefix, at, true, unused_key);
    }

    /// The fields of one volume under `prefix`.
    fn volume(&self, prefix: &str, device: Device) -> BlockDevice {
        let whole = |field: &str| {
            let number = self.group.whole(&format!("{prefix}{field}"))?;
            // No volume is as large as that: what is wrong with it is told when the spec is checked.
            let nearest = number.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
            i32::try_from(nearest).ok()
        };
        let text = |field: &str| {
            let text = self.group.text(&format!("{prefix}{field}"));
            text.map(str::to_owned)
        };
        let kms_key_id = text("volumeKmsKeyID");
        let encrypted = self.group.flag(&format!("{prefix}volumeEncrypted"));
        BlockDevice {
            size: whole("volumeSize"),
            volume_type: text("volumeType"),
            iops: whole("volumeIOPS"),
            throughput: whole("volumeThroughput"),
            // A key says that it is to be encrypted.
            encrypted: encrypted.or(kms_key_id.is_some().then_some(true)),
            kms_key_id,
            snapshot_id: text("snapshotID"),
            ..empty(device)
        }
    }

    fn told(&mut self, prefix: &str, index: usize, named: bool, unused_key: bool) {
        for (field, key) in FIELDS {
            let to = template(&format!("blockDevices[{index}].{key}"));
            self.mapped(&format!("{prefix}{field}"), [to]);
        }
        if unused_key {
            let reason = "`volumeEncrypted: false` says that the volume is not encrypted";
            self.left_out(&format!("{prefix}volumeKmsKeyID"), reason);
        }
        if named {
            let to = template(&format!("blockDevices[{index}].device"));
            self.mapped(&format!("{prefix}volumeName"), [to]);
        }
    }

    fn left_volume(&mut self, prefix: &str, what: &str) {
        let names = FIELDS.iter().map(|(field, _)| *field).chain(["volumeName"]);
        for field in names {
            let path = format!("{prefix}{field}");
            if self.group.has(&path) {
                self.by_hand_template(&path, "blockDevices", what);
            }
        }
    }
}

/// EC2 takes no key for a volume that is said not to be encrypted.
fn take_unused_key(volume: &mut BlockDevice) -> bool {
    volume.encrypted == Some(false) && volume.kms_key_id.take().is_some()
}

fn empty(device: Device) -> BlockDevice {
    BlockDevice {
        device,
        size: None,
        volume_type: None,
        iops: None,
        throughput: None,
        encrypted: None,
        kms_key_id: None,
        snapshot_id: None,
        delete_on_termination: None,
        volume_initialization_rate: None,
        ebs_card_index: None,
        virtual_name: None,
        no_device: false,
    }
}
