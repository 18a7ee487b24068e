//! Whether instance types can run an image, and are offered where a group's subnets are.

use std::collections::BTreeSet;

use super::Misfit;
use crate::family::{Accelerators, family, variant_name};
use crate::observed::{Image, InstanceType};
use crate::spec::{Arch, FamilyName, Variant};

/// What keeps nodes of an instance type from running an image. `found`: none if the region has no such type.
pub fn instance_type(
    family: FamilyName,
    variant: Variant,
    image: &Image,
    name: &str,
    found: Option<&InstanceType>,
) -> Vec<Misfit> {
    let mut misfits = machine(image, name, found);
    misfits.extend(found.and_then(|found| accelerator(family, variant, image, name, found)));
    misfits
}

/// The same without a variant, for images of which only EC2's own facts are known.
pub fn machine(image: &Image, name: &str, found: Option<&InstanceType>) -> Vec<Misfit> {
    let Some(found) = found else {
        return vec![Misfit::error(
            format!("EC2 has no instance type {name}"),
            "check its name; `aws ec2 describe-instance-types` lists them",
        )];
    };
    // Of a type for another architecture, the rest is of no interest.
    if let Some(misfit) = architecture(image, name, found) {
        return vec![misfit];
    }
    let misfits = [
        virtualization(image, name, found),
        boot_mode(image, name, found),
    ];
    misfits.into_iter().flatten().collect()
}

fn architecture(image: &Image, name: &str, found: &InstanceType) -> Option<Misfit> {
    (!found.architectures.contains(&image.architecture)).then(|| {
        Misfit::error(
            format!(
                "instance type {name} is {}, and image {} ({}) is {}",
                found.architectures.join(" and "),
                image.id,
                image.name,
                image.architecture
            ),
            "change `instanceType`, or `arch` and with it the image",
        )
    })
}

fn virtualization(image: &Image, name: &str, found: &InstanceType) -> Option<Misfit> {
    let kinds = &found.virtualizations;
    let known = !kinds.is_empty() && !image.virtualization.is_empty();
    (known && !kinds.contains(&image.virtualization)).then(|| {
        Misfit::error(
            format!(
                "instance type {name} runs {} images, and image {} ({}) is {}",
                kinds.join(" and "),
                image.id,
                image.name,
                image.virtualization
            ),
            "change `instanceType`, or the image",
        )
    })
}

/// EC2 user guide, "Instance launch behavior with Amazon EC2 boot modes": an image without a mode starts in
/// whatever the type starts in by itself, and one that prefers UEFI in either. That EC2 refuses a launch where
/// the modes do not meet is inferred from there.
fn boot_mode(image: &Image, name: &str, found: &InstanceType) -> Option<Misfit> {
    let mode = image.boot_mode.as_deref();
    let wanted = mode.filter(|mode| *mode != "uefi-preferred")?;
    let modes = &found.boot_modes;
    (!modes.is_empty() && !modes.iter().any(|mode| mode == wanted)).then(|| {
        Misfit::error(
            format!(
                "instance type {name} starts in {}, and image {} ({}) needs {wanted}",
                modes.join(" or "),
                image.id,
                image.name
            ),
            "change `instanceType`, or take an image whose boot mode is uefi-preferred",
        )
    })
}

/// What an instance type has, and what the variant's image has drivers for: the one without the other.
fn accelerator(
    family_name: FamilyName,
    variant: Variant,
    image: &Image,
    name: &str,
    found: &InstanceType,
) -> Option<Misfit> {
    let mut makers = found.gpu_manufacturers.iter();
    let has = Accelerators {
        nvidia: makers.any(|maker| maker.eq_ignore_ascii_case("nvidia")),
        neuron: found.neuron,
    };
    let drives = family(family_name).drives(variant);
    if drive(drives, has) {
        return None;
    }
    let lacking = match (drives.nvidia, drives.neuron) {
        (true, true) => "NVIDIA GPU, and no AWS Inferentia or Trainium accelerator",
        (true, false) => "NVIDIA GPU",
        (false, true) => "AWS Inferentia or Trainium accelerator",
        (false, false) => return undriven(family_name, variant, image, name, has),
    };
    Some(Misfit::error(
        format!(
            "instance type {name} has no {lacking}, and the launch template's variant is made for one"
        ),
        "change `instanceType`, or `variant`",
    ))
}

const ARCHES: [Arch; 2] = [Arch::X86_64, Arch::Arm64];
const ACCELERATED: [Variant; 3] = [Variant::Nvidia, Variant::NvidiaFips, Variant::Neuron];

fn fips(variant: Variant) -> bool {
    matches!(variant, Variant::Fips | Variant::NvidiaFips)
}

fn drive(drives: Accelerators, has: Accelerators) -> bool {
    drives.nvidia && has.nvidia || drives.neuron && has.neuron
}

/// Nodes start, but pods may find nothing of what is paid for. Of a family without a variant that has the
/// drivers there is nothing to say: there, they are installed in the cluster.
fn undriven(
    family_name: FamilyName,
    variant: Variant,
    image: &Image,
    name: &str,
    has: Accelerators,
) -> Option<Misfit> {
    let strategy = family(family_name);
    let mut arches = ARCHES.into_iter();
    let arch = arches.find(|arch| arch.as_str() == image.architecture)?;
    let mut others = ACCELERATED.into_iter();
    let better = others.find(|other| {
        strategy.combination(arch, *other).is_ok()
            && drive(strategy.drives(*other), has)
            && fips(*other) == fips(variant)
    })?;
    let what = match has.nvidia {
        true => "an NVIDIA GPU",
        false => "an AWS Inferentia or Trainium accelerator",
    };
    let better = variant_name(better);
    Some(Misfit::warning(
        format!(
            "instance type {name} has {what}, and the launch template's variant has no drivers for it"
        ),
        format!("use `variant: {better}`, unless the drivers are installed in the cluster"),
    ))
}

/// Whether a group's instance types are offered in the zones of its subnets. After a failed launch in one
/// zone Auto Scaling tries another (its user guide, "Availability Zone distribution": balanced best effort,
/// which is the default), so some missing zones leave a group lopsided and all of them leave it empty. That a
/// type which is not offered counts as such a failed launch, and that EKS keeps to the default, is inferred.
/// `offered`: each type with its zones; of several types, one that is offered is enough for nodes to start.
pub fn zones(offered: &[(&str, BTreeSet<String>)], zones: &BTreeSet<String>) -> Vec<Misfit> {
    let anywhere = offered.iter().any(|(_, there)| !there.is_disjoint(zones));
    let mut misfits = Vec::new();
    for (name, there) in offered {
        let missing: Vec<&str> = zones.difference(there).map(String::as_str).collect();
        if missing.is_empty() {
            continue;
        }
        let missing_in = missing.join(", ");
        let message = format!("instance type {name} is not offered in {missing_in}");
        misfits.push(match anywhere {
            true => Misfit::warning(
                format!("{message}: no nodes of this type start there"),
                "take the subnets of these zones out, or add a type that is offered there",
            ),
            false => Misfit::error(
                format!("{message}, and the group has subnets in no other zone"),
                "choose subnets in zones that offer it, or another instance type",
            ),
        });
    }
    misfits
}
