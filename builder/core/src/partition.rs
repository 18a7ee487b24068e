//! AWS's partitions: which one a region belongs to, and what does not exist in some of them.

use std::fmt;

/// A part of AWS with its own accounts, endpoints and ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Partition {
    Aws,
    China,
    GovCloud,
    Iso,
    IsoB,
    IsoE,
    IsoF,
    /// The European Sovereign Cloud.
    Eusc,
}

impl Partition {
    /// The name in ARNs: `aws` of `arn:aws:iam::…`.
    pub fn as_str(self) -> &'static str {
        match self {
            Partition::Aws => "aws",
            Partition::China => "aws-cn",
            Partition::GovCloud => "aws-us-gov",
            Partition::Iso => "aws-iso",
            Partition::IsoB => "aws-iso-b",
            Partition::IsoE => "aws-iso-e",
            Partition::IsoF => "aws-iso-f",
            Partition::Eusc => "aws-eusc",
        }
    }

    /// Whether EC2 takes `HttpProtocolIpv6`. Source: Karpenter leaves it out in us-iso*, us-isob* and us-isof*
    /// (pkg/providers/amifamily/resolver.go); of eu-isoe nothing is known.
    pub fn has_metadata_over_ipv6(self) -> bool {
        !matches!(self, Partition::Iso | Partition::IsoB | Partition::IsoF)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// First parts of the regions of the commercial partition (botocore, data/partitions.json, `regionRegex`).
const COMMERCIAL: &[&str] = &["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"];

/// The partition of a region, by the region's name; none if no region can have this name. Regions that are
/// not built yet have one too, as in the SDKs.
pub fn partition(region: &str) -> Option<Partition> {
    let parts: Vec<&str> = region.split('-').collect();
    let (found, place, number) = match parts.as_slice() {
        ["us", "gov", place, number] => (Partition::GovCloud, place, number),
        ["us", "iso", place, number] => (Partition::Iso, place, number),
        ["us", "isob", place, number] => (Partition::IsoB, place, number),
        ["us", "isof", place, number] => (Partition::IsoF, place, number),
        ["eu", "isoe", place, number] => (Partition::IsoE, place, number),
        ["eusc", "de", place, number] => (Partition::Eusc, place, number),
        ["cn", place, number] => (Partition::China, place, number),
        [first, place, number] if COMMERCIAL.contains(first) => (Partition::Aws, place, number),
        _ => return None,
    };
    let place = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_lowercase());
    let number = matches!(number.len(), 1 | 2) && number.bytes().all(|byte| byte.is_ascii_digit());
    (place && number).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn regions_and_what_is_none() {
        let cases = [
            ("us-east-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("il-central-1", Some("aws")),
            ("cn-northwest-1", Some("aws-cn")),
            ("us-gov-east-1", Some("aws-us-gov")),
            ("us-iso-west-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("eusc-fr-east-1", None),
            ("us-east-1a", None),
            ("us-east1", None),
            ("us-east-", None),
            ("us--1", None),
            ("uk-east-1", None),
            ("us-goverment-east-1", None),
            ("US-EAST-1", None),
            ("us-east-100", None),
            ("", None),
        ];
        for (region, name) in cases {
            assert_eq!(
                partition(region).map(|found| found.as_str()),
                name,
                "{region}"
            );
        }
    }
}
