//! What the name of an instance type tells: its architecture, and whether it wants an image with drivers.
//!
//! Source: EC2 user guide, "Amazon EC2 instance type naming conventions": letters of the family, a generation,
//! then attributes, of which `g` is a Graviton processor. eksctl decides by the same names.

use crate::spec::{Arch, Variant};

/// `m6gd` → (`m`, `gd`): the family's letters, and what stands behind the generation.
fn parts(instance_type: &str) -> (&str, &str) {
    let class = instance_type.split('.').next().unwrap_or_default();
    let letters = class
        .find(|c: char| !c.is_ascii_lowercase())
        .unwrap_or(class.len());
    let (family, rest) = class.split_at(letters);
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    (family, rest.get(digits..).unwrap_or_default())
}

pub(super) fn architecture(instance_type: &str) -> Arch {
    let (family, attributes) = parts(instance_type);
    // The first Graviton was named before the rule.
    let first = family == "a" && attributes.is_empty();
    match first || attributes.contains('g') {
        true => Arch::Arm64,
        false => Arch::X86_64,
    }
}

/// The variant of image that has drivers for the accelerators, if there are any that need them.
pub(super) fn variant(instance_type: &str) -> Option<Variant> {
    let (family, attributes) = parts(instance_type);
    match family {
        "inf" | "trn" => Some(Variant::Neuron),
        // g4ad has Radeon GPUs.
        "g" if attributes.starts_with("ad") => None,
        "g" | "gr" | "p" => Some(Variant::Nvidia),
        _ => None,
    }
}

/// How many network cards the types have that have more than one, and are known for EFA (EC2 user guide, "Network
/// cards"). None: not known here.
pub(super) fn network_cards(instance_type: &str) -> Option<u32> {
    Some(match instance_type {
        "dl1.24xlarge" | "p4d.24xlarge" | "p4de.24xlarge" => 4,
        "trn1.32xlarge" => 8,
        "p5en.48xlarge" | "trn1n.32xlarge" | "trn2.48xlarge" => 16,
        "p5.48xlarge" | "p5e.48xlarge" => 32,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_architecture_and_accelerators() {
        let rows = [
            ("m5.large", Arch::X86_64, None),
            ("m6g.large", Arch::Arm64, None),
            ("c7gn.medium", Arch::Arm64, None),
            ("a1.large", Arch::Arm64, None),
            ("t4g.small", Arch::Arm64, None),
            ("im4gn.large", Arch::Arm64, None),
            ("is4gen.large", Arch::Arm64, None),
            ("x2gd.large", Arch::Arm64, None),
            ("x2iedn.xlarge", Arch::X86_64, None),
            ("m7i-flex.large", Arch::X86_64, None),
            ("u-6tb1.112xlarge", Arch::X86_64, None),
            ("g4dn.xlarge", Arch::X86_64, Some(Variant::Nvidia)),
            ("g4ad.xlarge", Arch::X86_64, None),
            ("g5g.xlarge", Arch::Arm64, Some(Variant::Nvidia)),
            ("gr6.4xlarge", Arch::X86_64, Some(Variant::Nvidia)),
            ("p5.48xlarge", Arch::X86_64, Some(Variant::Nvidia)),
            ("p4de.24xlarge", Arch::X86_64, Some(Variant::Nvidia)),
            ("p6-b200.48xlarge", Arch::X86_64, Some(Variant::Nvidia)),
            ("p6e-gb200.36xlarge", Arch::Arm64, Some(Variant::Nvidia)),
            ("inf2.xlarge", Arch::X86_64, Some(Variant::Neuron)),
            ("trn1n.32xlarge", Arch::X86_64, Some(Variant::Neuron)),
            ("hpc7g.4xlarge", Arch::Arm64, None),
            ("hpc7a.12xlarge", Arch::X86_64, None),
            ("", Arch::X86_64, None),
        ];
        for (name, arch, wanted) in rows {
            assert_eq!(
                (architecture(name), variant(name)),
                (arch, wanted),
                "{name}"
            );
        }
    }
}
