//! Volumes of a launch template in the spec's words.

use serde_json::{Map as Fields, Value};

use crate::import::document::{Doc, Map};

/// EC2's names of a volume's fields, and the spec's.
const EBS: &[(&str, &str)] = &[
    ("VolumeSize", "size"),
    ("VolumeType", "type"),
    ("Iops", "iops"),
    ("Throughput", "throughput"),
    ("Encrypted", "encrypted"),
    ("KmsKeyId", "kmsKeyId"),
    ("SnapshotId", "snapshotId"),
    ("DeleteOnTermination", "deleteOnTermination"),
    ("VolumeInitializationRate", "volumeInitializationRate"),
    ("EbsCardIndex", "ebsCardIndex"),
];

/// The spec's `blockDevices`; none if one of the mappings has what these cannot say.
pub(super) fn block_devices(mappings: &Value, root: Option<&str>) -> Option<Doc> {
    let devices: Option<Vec<Doc>> = mappings
        .as_array()?
        .iter()
        .map(|mapping| device(mapping.as_object()?, root))
        .collect();
    devices.map(Doc::List)
}

fn device(mapping: &Fields<String, Value>, root: Option<&str>) -> Option<Doc> {
    let mut map = Map::default();
    let name = mapping.get("DeviceName")?.as_str()?;
    map.set("device", if Some(name) == root { "root" } else { name });
    for (key, value) in mapping {
        match key.as_str() {
            "DeviceName" => {}
            "Ebs" => volume(value.as_object()?, &mut map)?,
            "VirtualName" => map.set("virtualName", value.as_str()?),
            // EC2 takes an empty text for it.
            "NoDevice" if value.as_str()?.is_empty() => map.set("noDevice", Value::from(true)),
            _ => return None,
        }
    }
    Some(map.into())
}

fn volume(ebs: &Fields<String, Value>, map: &mut Map) -> Option<()> {
    let known = |key: &String| EBS.iter().any(|(theirs, _)| theirs == key);
    for (theirs, ours) in EBS {
        map.set_some(ours, ebs.get(*theirs).cloned());
    }
    ebs.keys().all(known).then_some(())
}
