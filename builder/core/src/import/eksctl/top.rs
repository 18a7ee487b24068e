//! The fields of a ClusterConfig outside of its node groups: what they are, and whose.

/// A field of the top level, and why it is not here.
pub(super) const TOP: &[(&str, &str)] = &[
    ("accessConfig", CLUSTER),
    ("addons", CLUSTER),
    ("addonsConfig", CLUSTER),
    ("autoModeConfig", CLUSTER),
    ("availabilityZones", NETWORK),
    ("capabilities", CLUSTER),
    ("cloudWatch", CLUSTER),
    ("deletionProtection", CLUSTER),
    (
        "fargateProfiles",
        "pods on Fargate run on no node groups: keep them with eksctl",
    ),
    ("gitops", CLUSTER),
    ("iam", CLUSTER),
    (
        "iamIdentityMappings",
        "access to the cluster is not node groups' business: keep it with eksctl; EKS lets in the roles of managed groups by itself",
    ),
    ("identityProviders", CLUSTER),
    ("karpenter", CLUSTER),
    (
        "kubernetesNetworkConfig",
        "`nodemint resolve` reads the service CIDR and the IP family from EKS",
    ),
    ("localZones", NETWORK),
    ("outpost", CLUSTER),
    ("privateCluster", CLUSTER),
    ("remoteNetworkConfig", CLUSTER),
    ("secretsEncryption", CLUSTER),
    ("upgradePolicy", CLUSTER),
    ("vpc", NETWORK),
    ("zonalShiftConfig", CLUSTER),
];

const CLUSTER: &str = "it is the cluster's, and not node groups' business: keep it with eksctl";
const NETWORK: &str = "the network is not node groups' business: keep it with eksctl";

/// The fields that the import itself reads.
pub(super) const READ: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "nodeGroups",
    "managedNodeGroups",
];

pub(super) const API_VERSION: &str = "eksctl.io/v1alpha5";
pub(super) const KIND: &str = "ClusterConfig";

/// The fields of `metadata`.
pub(super) const METADATA: &[&str] = &["name", "region", "version", "tags", "annotations"];
