//! Who publishes a family's images: the accounts of AWS's own families, region by region, and what is expected of
//! an image's owner.

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

/// Bottlerocket has an account of its own in each region, and publishes no list of them.
/// Source: guessi/eks-ami-finder, which has them from DescribeImages; a region that it lacks is not here.
const BOTTLEROCKET: &[(&str, &str)] = &[
    ("af-south-1", "291523557710"),
    ("ap-east-1", "040063162771"),
    ("ap-northeast-1", "593245189075"),
    ("ap-northeast-2", "630172235254"),
    ("ap-northeast-3", "429266927828"),
    ("ap-south-1", "449901457613"),
    ("ap-southeast-1", "406264879685"),
    ("ap-southeast-2", "823100568288"),
    ("ca-central-1", "229026816814"),
    ("cn-north-1", "183365920950"),
    ("cn-northwest-1", "183890449532"),
    ("eu-central-1", "149721548608"),
    ("eu-north-1", "432623269467"),
    ("eu-south-1", "754205708698"),
    ("eu-west-1", "503807174151"),
    ("eu-west-2", "941016683700"),
    ("eu-west-3", "296779064547"),
    ("me-south-1", "340903185543"),
    ("sa-east-1", "044060155884"),
    ("us-east-1", "092701018921"),
    ("us-east-2", "419346874475"),
    ("us-gov-east-1", "372293620468"),
    ("us-gov-west-1", "372333677703"),
    ("us-west-1", "724952271658"),
    ("us-west-2", "651937483462"),
];

/// Windows images for EKS have an account of their own in each region, too.
/// Source: guessi/eks-ami-finder; that of us-east-1 also in eks-cluster-upgrade#92, whose author found none of these
/// images under 801119661308, the account that Karpenter's documentation names.
const WINDOWS: &[(&str, &str)] = &[
    ("af-south-1", "597400817333"),
    ("ap-east-1", "907716943349"),
    ("ap-northeast-1", "517802777641"),
    ("ap-northeast-2", "918716859121"),
    ("ap-northeast-3", "834741791908"),
    ("ap-south-1", "750252652416"),
    ("ap-southeast-1", "954049747103"),
    ("ap-southeast-2", "687402702948"),
    ("ca-central-1", "151453898909"),
    ("cn-north-1", "436023608783"),
    ("cn-northwest-1", "438848857437"),
    ("eu-central-1", "999352223265"),
    ("eu-north-1", "142676981321"),
    ("eu-south-1", "340946277815"),
    ("eu-west-1", "402743460324"),
    ("eu-west-2", "111789216327"),
    ("eu-west-3", "225872793654"),
    ("me-south-1", "517341481761"),
    ("sa-east-1", "980913465755"),
    ("us-east-1", "957547624766"),
    ("us-east-2", "205223424851"),
    ("us-gov-east-1", "055183720277"),
    ("us-gov-west-1", "055189784373"),
    ("us-west-1", "247341962726"),
    ("us-west-2", "137057727718"),
];

/// The account that EKS publishes its Amazon Linux images from in a region. `None` for a region that is
/// not in the table: then there is nothing to compare an image's owner with.
pub fn eks_image_owner(region: &str) -> Option<&'static str> {
    if STANDARD_REGIONS.contains(&region) {
        return Some(STANDARD);
    }
    account_in(OTHERS, region)
}

/// The account that Bottlerocket's images are published from in a region, where it is known.
pub(super) fn bottlerocket_image_owner(region: &str) -> Option<&'static str> {
    account_in(BOTTLEROCKET, region)
}

/// The account that EKS's Windows images are published from in a region, where it is known.
pub(super) fn windows_image_owner(region: &str) -> Option<&'static str> {
    account_in(WINDOWS, region)
}

fn account_in(
    table: &'static [(&'static str, &'static str)],
    region: &str,
) -> Option<&'static str> {
    let found = table.iter().find(|(name, _)| *name == region);
    found.map(|(_, account)| *account)
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
