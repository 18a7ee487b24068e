//! Regions and the partition that each is in: the second word of every ARN, and where its endpoints are.

/// A part of AWS with accounts, credentials and endpoints of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// as in an ARN
    pub name: &'static str,
    /// what the names of its endpoints end with
    pub dns_suffix: &'static str,
}

const COMMERCIAL: Partition = Partition {
    name: "aws",
    dns_suffix: "amazonaws.com",
};

/// Prefix of a region's name → partition (botocore's `partitions.json`, `regionRegex`). Everything else is
/// in the commercial one.
const OTHERS: [(&str, Partition); 7] = [
    (
        "cn-",
        Partition {
            name: "aws-cn",
            dns_suffix: "amazonaws.com.cn",
        },
    ),
    (
        "us-gov-",
        Partition {
            name: "aws-us-gov",
            dns_suffix: "amazonaws.com",
        },
    ),
    (
        "us-iso-",
        Partition {
            name: "aws-iso",
            dns_suffix: "c2s.ic.gov",
        },
    ),
    (
        "us-isob-",
        Partition {
            name: "aws-iso-b",
            dns_suffix: "sc2s.sgov.gov",
        },
    ),
    (
        "eu-isoe-",
        Partition {
            name: "aws-iso-e",
            dns_suffix: "cloud.adc-e.uk",
        },
    ),
    (
        "us-isof-",
        Partition {
            name: "aws-iso-f",
            dns_suffix: "csp.hci.ic.gov",
        },
    ),
    (
        "eusc-",
        Partition {
            name: "aws-eusc",
            dns_suffix: "amazonaws.eu",
        },
    ),
];

/// The partition of a region.
pub fn of(region: &str) -> &'static Partition {
    OTHERS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(&COMMERCIAL, |(_, partition)| partition)
}

/// An ARN of a region's partition. `region` stays out of the ARN for global services such as IAM.
pub fn arn(service: &str, region: &str, account: &str, resource: &str) -> String {
    let place = match service {
        "iam" | "sts" => "",
        _ => region,
    };
    format!(
        "arn:{}:{service}:{place}:{account}:{resource}",
        of(region).name
    )
}

/// The id of a zone, which is the same in every account: `use1-az1` for `us-east-1a`. `position` counts the
/// region's zones from 0.
pub fn zone_id(region: &str, position: usize) -> String {
    let words: Vec<&str> = region.split('-').collect();
    let short: String = words
        .iter()
        .enumerate()
        .map(|(i, word)| match *word {
            // the first word stays whole as far as it names a continent or country
            _ if i == 0 => word.chars().take(2).collect(),
            word => direction(word),
        })
        .collect();
    format!("{short}-az{}", position + 1)
}

/// `southeast` → `se`, `north` → `n`, `gov` → `g`, `1` → `1`.
fn direction(word: &str) -> String {
    for half in ["north", "south"] {
        if let Some(rest) = word.strip_prefix(half) {
            return half.chars().take(1).chain(rest.chars().take(1)).collect();
        }
    }
    word.chars().take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_partition_endpoint_and_zone_ids() {
        for (region, partition, suffix, zone) in [
            ("us-east-1", "aws", "amazonaws.com", "use1-az1"),
            ("ap-southeast-2", "aws", "amazonaws.com", "apse2-az1"),
            ("eu-central-1", "aws", "amazonaws.com", "euc1-az1"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn", "cnn1-az1"),
            ("cn-northwest-1", "aws-cn", "amazonaws.com.cn", "cnnw1-az1"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "usgw1-az1"),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov", "usie1-az1"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", "usie1-az1"),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk", "euiw1-az1"),
            (
                "us-isof-south-1",
                "aws-iso-f",
                "csp.hci.ic.gov",
                "usis1-az1",
            ),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", "eude1-az1"),
        ] {
            assert_eq!(of(region).name, partition, "{region}");
            assert_eq!(of(region).dns_suffix, suffix, "{region}");
            assert_eq!(zone_id(region, 0), zone, "{region}");
        }
    }

    #[test]
    fn arns_of_global_services_name_no_region() {
        for (service, region, expected) in [
            ("eks", "eu-west-1", "arn:aws:eks:eu-west-1:1:x"),
            ("eks", "cn-north-1", "arn:aws-cn:eks:cn-north-1:1:x"),
            ("iam", "us-gov-west-1", "arn:aws-us-gov:iam::1:x"),
            ("sts", "us-east-1", "arn:aws:sts::1:x"),
        ] {
            assert_eq!(arn(service, region, "1", "x"), expected);
        }
    }
}
