//! Volumes, and the instance metadata service.

use super::super::raw::{
    List, Name, RawBlockDevice, RawHttpTokens, RawMetadataOptions, RawVolumeType,
};
use super::super::read::Report;
use super::super::rules::{self, Check, flaw, flaw_hint};
use super::super::{BlockDevice, Device, MetadataOptions, SpecPath};
use super::{items, optional, required, unique};

/// What EBS allows for a volume type (EC2 user guide, "Amazon EBS volume types"): GiB, I/O operations a
/// second, MiB/s. `None`: it cannot be chosen.
struct Limits {
    size: (i32, i32),
    iops: Option<(i32, i32)>,
    throughput: Option<(i32, i32)>,
}

fn limits(volume_type: &RawVolumeType) -> Option<Limits> {
    let of = |size, iops, throughput| {
        Some(Limits {
            size,
            iops,
            throughput,
        })
    };
    match volume_type {
        RawVolumeType::Gp2 => of((1, 16_384), None, None),
        RawVolumeType::Gp3 => of((1, 65_536), Some((3_000, 80_000)), Some((125, 2_000))),
        RawVolumeType::Io1 => of((4, 16_384), Some((100, 64_000)), None),
        RawVolumeType::Io2 => of((4, 65_536), Some((100, 256_000)), None),
        RawVolumeType::St1 | RawVolumeType::Sc1 => of((125, 16_384), None, None),
        RawVolumeType::Standard => of((1, 1_024), None, None),
        RawVolumeType::Later(_) => None,
    }
}

pub(super) fn block_devices(
    list: &Option<List<RawBlockDevice>>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> Vec<BlockDevice> {
    let raws = items(list, at, report);
    let names = raws
        .iter()
        .filter_map(|(path, raw)| Some((path.key("device"), raw.device.as_deref()?)));
    unique(names, "device", report);
    raws.iter()
        .map(|(path, raw)| block_device(raw, path, report))
        .collect()
}

fn block_device(raw: &RawBlockDevice, at: &SpecPath, report: &mut Report<'_>) -> BlockDevice {
    let device = match required(&raw.device, at, "device", device_name, report) {
        name if name == "root" => Device::Root,
        name => Device::Named(name),
    };
    bounds(raw, at, report);
    no_volume(raw, at, report);
    if raw.kms_key_id.is_some() && raw.encrypted != Some(true) {
        report.error_hint(
            &at.key("kmsKeyId"),
            "a key for a volume that is not encrypted",
            "add `encrypted: true`",
        );
    }
    let snapshot = |text: &str| rules::resource_id("snap-", text);
    BlockDevice {
        device,
        size: raw.size,
        volume_type: raw.volume_type.as_ref().map(|t| t.as_str().to_owned()),
        iops: raw.iops,
        throughput: raw.throughput,
        encrypted: raw.encrypted,
        kms_key_id: optional(&raw.kms_key_id, at, "kmsKeyId", not_empty, report),
        snapshot_id: optional(&raw.snapshot_id, at, "snapshotId", snapshot, report),
        delete_on_termination: raw.delete_on_termination,
        volume_initialization_rate: raw.volume_initialization_rate,
        ebs_card_index: raw.ebs_card_index,
        virtual_name: optional(&raw.virtual_name, at, "virtualName", virtual_name, report),
        no_device: raw.no_device == Some(true),
    }
}

/// A disk of the instance store, and a device that is left out, have nothing of a volume.
fn no_volume(raw: &RawBlockDevice, at: &SpecPath, report: &mut Report<'_>) {
    let instead = match (raw.virtual_name.is_some(), raw.no_device) {
        (true, _) => "virtualName",
        (false, Some(true)) => "noDevice",
        _ => return,
    };
    let of_volumes = [
        ("size", raw.size.is_some()),
        ("type", raw.volume_type.is_some()),
        ("iops", raw.iops.is_some()),
        ("throughput", raw.throughput.is_some()),
        ("encrypted", raw.encrypted.is_some()),
        ("kmsKeyId", raw.kms_key_id.is_some()),
        ("snapshotId", raw.snapshot_id.is_some()),
        ("deleteOnTermination", raw.delete_on_termination.is_some()),
        (
            "volumeInitializationRate",
            raw.volume_initialization_rate.is_some(),
        ),
        ("ebsCardIndex", raw.ebs_card_index.is_some()),
        (
            "noDevice",
            instead == "virtualName" && raw.no_device == Some(true),
        ),
    ];
    for (key, _) in of_volumes.into_iter().filter(|(_, given)| *given) {
        report.error_hint(
            &at.key(key),
            format!("`{key}` beside `{instead}`, which makes it no volume"),
            "keep one of the two",
        );
    }
}

fn virtual_name(name: &str) -> Check {
    let number = name.strip_prefix("ephemeral").unwrap_or_default();
    let good = matches!(number.len(), 1 | 2) && number.bytes().all(|b| b.is_ascii_digit());
    match good {
        true => Ok(()),
        false => Err(flaw_hint(
            "not a disk of the instance store",
            "write it like `ephemeral0`",
        )),
    }
}

fn bounds(raw: &RawBlockDevice, at: &SpecPath, report: &mut Report<'_>) {
    // EC2 API reference, EbsBlockDevice.
    let rate = raw.volume_initialization_rate;
    if rate.is_some_and(|rate| !(100..=300).contains(&rate)) {
        report.error(
            &at.key("volumeInitializationRate"),
            "EC2 takes 100 to 300 MiB/s",
        );
    }
    if raw.ebs_card_index.is_some_and(|card| card < 0) {
        report.error(&at.key("ebsCardIndex"), "EBS cards count from 0");
    }
    let Some(volume_type) = &raw.volume_type else {
        if raw.size.is_some_and(|size| size < 1) {
            report.error(&at.key("size"), "a volume has at least 1 GiB");
        }
        for (key, value) in [("iops", raw.iops), ("throughput", raw.throughput)] {
            // Without a type EC2 takes the image's own, which may be gp2.
            if value.is_some() && !report.pruned.contains(&at.key("type")) {
                report.error_hint(
                    &at.key(key),
                    format!("`{key}` without a volume type"),
                    "add `type: gp3`",
                );
            }
        }
        return;
    };
    let Some(limits) = limits(volume_type) else {
        return;
    };
    let name = volume_type.as_str();
    let rows = [
        ("size", raw.size, Some(limits.size), "GiB"),
        ("iops", raw.iops, limits.iops, "I/O operations per second"),
        ("throughput", raw.throughput, limits.throughput, "MiB/s"),
    ];
    for (key, value, range, unit) in rows {
        let Some(value) = value else { continue };
        match range {
            None => report.error(&at.key(key), format!("`{key}` cannot be chosen for {name}")),
            Some((least, most)) if !(least..=most).contains(&value) => {
                report.error(
                    &at.key(key),
                    format!("{name} takes {least} to {most} {unit}"),
                );
            }
            Some(_) => {}
        }
    }
    if matches!(volume_type, RawVolumeType::Io1 | RawVolumeType::Io2) && raw.iops.is_none() {
        report.missing(at, "iops", Some(&format!("{name} needs it")));
    }
}

fn device_name(name: &str) -> Check {
    let rest = name.strip_prefix("/dev/").unwrap_or(name);
    let known = rest.starts_with("xvd") || rest.starts_with("sd") || rest.starts_with("nvme");
    let good = known
        && rest.len() > 2
        && rest
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if name == "root" || good {
        return Ok(());
    }
    Err(flaw_hint(
        "not a device",
        "write `root`, or a name such as `/dev/xvdb`",
    ))
}

fn not_empty(text: &str) -> Check {
    if text.is_empty() {
        Err(flaw("this is empty"))
    } else {
        Ok(())
    }
}

/// Tokens are required unless the spec says otherwise; the rest is left to EC2 unless given.
pub(super) fn metadata_options(
    raw: &Option<RawMetadataOptions>,
    at: &SpecPath,
    report: &mut Report<'_>,
) -> MetadataOptions {
    let raw = raw.clone().unwrap_or_default();
    if raw
        .http_put_response_hop_limit
        .is_some_and(|limit| !(1..=64).contains(&limit))
    {
        report.error(&at.key("httpPutResponseHopLimit"), "EC2 takes 1 to 64");
    }
    MetadataOptions {
        http_tokens: match &raw.http_tokens {
            Some(RawHttpTokens::NoPreference) => None,
            Some(said) => Some(said.as_str().to_owned()),
            None => Some("required".to_owned()),
        },
        http_put_response_hop_limit: raw.http_put_response_hop_limit,
        http_endpoint: raw.http_endpoint.as_ref().map(|s| s.as_str().to_owned()),
        http_protocol_ipv6: raw
            .http_protocol_ipv6
            .as_ref()
            .map(|s| s.as_str().to_owned()),
        instance_metadata_tags: raw
            .instance_metadata_tags
            .as_ref()
            .map(|s| s.as_str().to_owned()),
    }
}
