//! The AWS accounts that own EKS's own images.

/// Regions whose EKS images belong to the account of the commercial partition.
/// Source: the region table in eksctl's `EKSResourceAccountID` (pkg/apis/eksctl.io/v1alpha5/types.go).
const STANDARD: &str = "602401143452";
const STANDARD_REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Regions with an account of their own. Same source.
const OTHERS: &[(&str, &str)] = &[
    ("af-south-1", "877085696533"),
    ("ap-east-1", "800184023465"),
    ("cn-north-1", "918309763551"),
    ("cn-northwest-1", "961992271922"),
    ("eu-south-1", "590381155156"),
    ("me-south-1", "558608220178"),
    ("us-gov-east-1", "151742754352"),
    ("us-gov-west-1", "013241004608"),
];

/// The account that EKS publishes its Amazon Linux images from in a region. `None` for a region that is
/// not in the table: then there is nothing to compare an image's owner with.
pub fn eks_image_owner(region: &str) -> Option<&'static str> {
    if STANDARD_REGIONS.contains(&region) {
        return Some(STANDARD);
    }
    OTHERS
        .iter()
        .find(|(name, _)| *name == region)
        .map(|(_, account)| *account)
}
