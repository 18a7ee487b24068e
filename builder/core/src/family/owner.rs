//! Who publishes a family's images: EKS's accounts, and what is expected of an image's owner.

use super::family;
use crate::lock::ImageRequest;
use crate::spec::AmiSource;

/// Regions whose EKS images belong to one account of the commercial partition.
/// Sources: eksctl's `EKSResourceAccountID` (pkg/apis/eksctl.io/v1alpha5), which takes one table for images and
/// registries, and the registries of amazon-eks-ami (get-ecr-uri.sh), whose list of regions is longer.
const STANDARD: &str = "602401143452";
const STANDARD_REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
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

/// Regions with an account of their own. Same sources; that the isolated ones publish images from the
/// account of their registry is inferred.
const OTHERS: &[(&str, &str)] = &[
    ("af-south-1", "877085696533"),
    ("ap-east-1", "800184023465"),
    ("ap-east-2", "533267051163"),
    ("ap-south-2", "900889452093"),
    ("ap-southeast-3", "296578399912"),
    ("ap-southeast-4", "491585149902"),
    ("ap-southeast-5", "151610086707"),
    ("ap-southeast-6", "333609536671"),
    ("ap-southeast-7", "121268973566"),
    ("ca-west-1", "761377655185"),
    ("cn-north-1", "918309763551"),
    ("cn-northwest-1", "961992271922"),
    ("eu-central-2", "900612956339"),
    ("eu-isoe-west-1", "249663109785"),
    ("eu-south-1", "590381155156"),
    ("eu-south-2", "455263428931"),
    ("il-central-1", "066635153087"),
    ("me-central-1", "759879836304"),
    ("me-south-1", "558608220178"),
    ("mx-central-1", "730335286997"),
    ("us-gov-east-1", "151742754352"),
    ("us-gov-west-1", "013241004608"),
    ("us-iso-east-1", "725322719131"),
    ("us-iso-west-1", "608367168043"),
    ("us-isob-east-1", "187977181151"),
    ("us-isof-south-1", "676585237158"),
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

/// Whose image may answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedOwner {
    /// the account, where nodemint knows it
    pub account: Option<&'static str>,
    /// AWS publishes the family: EC2 shows its accounts as `amazon`
    pub amazon: bool,
}

/// None: the image comes from nobody who publishes releases, and may be anybody's.
pub fn expected_owner(request: &ImageRequest) -> Option<ExpectedOwner> {
    let AmiSource::EksOptimized(_) = &request.source else {
        return None;
    };
    let strategy = family(request.family);
    Some(ExpectedOwner {
        account: strategy.owner(&request.region),
        amazon: strategy.by_amazon(),
    })
}
