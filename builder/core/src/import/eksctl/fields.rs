//! The fields of eksctl's two kinds of node groups, and how each is handled.
//!
//! Source: eksctl's published schema of `eksctl.io/v1alpha5` (pkg/apis/eksctl.io/v1alpha5/assets/schema.json,
//! `NodeGroup` and `ManagedNodeGroup`), and for `nodeRepairConfig` and `instanceMarketOptions` its newer user
//! guide and code. A field of one kind that stands in the other is handled all the same.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Flag,
    Whole,
    Number,
    Texts,
    /// Text by name.
    TextMap,
    /// Any YAML.
    Document,
    /// More fields of this table.
    Fields,
    /// A list of those.
    ListOfFields,
    /// A list of `{key, value, effect}`, or `key: value:Effect`.
    Taints,
    /// A list of anything.
    List,
}

/// Which of the two kinds of groups eksctl has it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Both,
    Managed,
    Unmanaged,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It goes into the spec, or the report says why not here.
    Mapped,
    LeftOut(&'static str),
    ByHand(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Relative to the group: `ssh.allow`, `additionalVolumes[].volumeSize`.
    pub path: &'static str,
    pub kind: Kind,
    pub on: On,
    pub how: How,
}

use How::{ByHand, LeftOut, Mapped};
use Kind::{
    Document, Fields, Flag, List, ListOfFields, Number, Taints, Text, TextMap, Texts, Whole,
};
use On::{Both, Managed, Unmanaged};

const fn row(path: &'static str, kind: Kind, on: On, how: How) -> Field {
    Field {
        path,
        kind,
        on,
        how,
    }
}

const ROLE: How = ByHand(
    "roles are not nodemint's: see that the role in `nodeRole` has what eksctl gave its own for this",
);
const ASG: How = ByHand(
    "the Auto Scaling group belongs to EKS: set this on it once the group is there, and again when EKS makes another",
);
const NO_REPAIR: How = ByHand(
    "the spec has no field for node repair: `aws eks update-nodegroup-config --node-repair-config …` sets it and it stays",
);
const SELECTOR: How = ByHand(
    "list the types: `eksctl create nodegroup --dry-run -f FILE` prints those that it selects; they go into `instanceTypes` of the node group",
);
const BY_EKS: How =
    LeftOut("EKS attaches the cluster security group, which lets nodes and control plane talk");
const SPOT_BY_EKS: How = LeftOut("EKS sets this itself for groups with `capacityType: SPOT`");
const NO_LOCAL_ZONE: How = ByHand(
    "EKS has no managed node groups there: leave this group with eksctl, and take it out of the spec",
);

/// Every field, sorted by path.
pub const FIELDS: &[Field] = &[
    row("additionalVolumes", ListOfFields, Both, Mapped),
    row("additionalVolumes[].snapshotID", Text, Both, Mapped),
    row("additionalVolumes[].volumeEncrypted", Flag, Both, Mapped),
    row("additionalVolumes[].volumeIOPS", Whole, Both, Mapped),
    row("additionalVolumes[].volumeKmsKeyID", Text, Both, Mapped),
    row("additionalVolumes[].volumeName", Text, Both, Mapped),
    row("additionalVolumes[].volumeSize", Whole, Both, Mapped),
    row("additionalVolumes[].volumeThroughput", Whole, Both, Mapped),
    row("additionalVolumes[].volumeType", Text, Both, Mapped),
    row("ami", Text, Both, Mapped),
    row("amiFamily", Text, Both, Mapped),
    row("asgMetricsCollection", List, Unmanaged, ASG),
    row("asgSuspendProcesses", Texts, Both, ASG),
    row("availabilityZones", Texts, Both, Mapped),
    row("bottlerocket", Fields, Both, Mapped),
    row("bottlerocket.enableAdminContainer", Flag, Both, Mapped),
    row("bottlerocket.settings", Document, Both, Mapped),
    row("capacityReservation", Fields, Both, Mapped),
    row(
        "capacityReservation.capacityReservationPreference",
        Text,
        Both,
        Mapped,
    ),
    row(
        "capacityReservation.capacityReservationTarget",
        Fields,
        Both,
        Mapped,
    ),
    row(
        "capacityReservation.capacityReservationTarget.capacityReservationID",
        Text,
        Both,
        Mapped,
    ),
    row(
        "capacityReservation.capacityReservationTarget.capacityReservationResourceGroupARN",
        Text,
        Both,
        Mapped,
    ),
    row(
        "classicLoadBalancerNames",
        Texts,
        Unmanaged,
        ByHand(
            "attach the load balancer to the Auto Scaling group that EKS makes, or let a controller register the nodes",
        ),
    ),
    row("clusterDNS", Text, Unmanaged, Mapped),
    row("containerRuntime", Text, Unmanaged, Mapped),
    row("cpuCredits", Text, Unmanaged, Mapped),
    row("desiredCapacity", Whole, Both, Mapped),
    row("disableIMDSv1", Flag, Both, Mapped),
    row("disablePodIMDS", Flag, Both, Mapped),
    row("ebsOptimized", Flag, Both, Mapped),
    row("efaEnabled", Flag, Both, Mapped),
    row("enableDetailedMonitoring", Flag, Both, Mapped),
    row("iam", Fields, Both, Mapped),
    row("iam.attachPolicy", Document, Both, ROLE),
    row("iam.attachPolicyARNs", Texts, Both, ROLE),
    row(
        "iam.instanceProfileARN",
        Text,
        Unmanaged,
        ByHand("EKS makes the instance profile itself: put the role in it under `nodeRole`"),
    ),
    row("iam.instanceRoleARN", Text, Both, Mapped),
    row(
        "iam.instanceRoleName",
        Text,
        Both,
        ByHand(
            "eksctl made a role of this name in its stack: put the ARN of one that stays under `nodeRole`",
        ),
    ),
    row("iam.instanceRolePermissionsBoundary", Text, Both, ROLE),
    row("iam.withAddonPolicies", Fields, Both, Mapped),
    row("iam.withAddonPolicies.albIngress", Flag, Both, ROLE),
    row("iam.withAddonPolicies.appMesh", Flag, Both, ROLE),
    row("iam.withAddonPolicies.appMeshPreview", Flag, Both, ROLE),
    row("iam.withAddonPolicies.autoScaler", Flag, Both, ROLE),
    row(
        "iam.withAddonPolicies.awsLoadBalancerController",
        Flag,
        Both,
        ROLE,
    ),
    row("iam.withAddonPolicies.certManager", Flag, Both, ROLE),
    row("iam.withAddonPolicies.cloudWatch", Flag, Both, ROLE),
    row("iam.withAddonPolicies.ebs", Flag, Both, ROLE),
    row("iam.withAddonPolicies.efs", Flag, Both, ROLE),
    row("iam.withAddonPolicies.externalDNS", Flag, Both, ROLE),
    row("iam.withAddonPolicies.fsx", Flag, Both, ROLE),
    row("iam.withAddonPolicies.imageBuilder", Flag, Both, ROLE),
    row("iam.withAddonPolicies.xRay", Flag, Both, ROLE),
    row("instanceMarketOptions", Fields, Unmanaged, Mapped),
    row("instanceMarketOptions.marketType", Text, Unmanaged, Mapped),
    row("instanceName", Text, Both, Mapped),
    row("instancePrefix", Text, Both, Mapped),
    row("instanceSelector", Fields, Both, Mapped),
    row("instanceSelector.cpuArchitecture", Text, Both, SELECTOR),
    row("instanceSelector.gpus", Whole, Both, SELECTOR),
    row("instanceSelector.memory", Text, Both, SELECTOR),
    row("instanceSelector.vCPUs", Whole, Both, SELECTOR),
    row("instanceType", Text, Both, Mapped),
    row("instanceTypes", Texts, Managed, Mapped),
    row("instancesDistribution", Fields, Unmanaged, Mapped),
    row(
        "instancesDistribution.capacityRebalance",
        Flag,
        Unmanaged,
        SPOT_BY_EKS,
    ),
    row(
        "instancesDistribution.instanceTypes",
        Texts,
        Unmanaged,
        Mapped,
    ),
    row(
        "instancesDistribution.maxPrice",
        Number,
        Unmanaged,
        LeftOut("managed node groups bid up to the on-demand price, and know no other"),
    ),
    row(
        "instancesDistribution.onDemandBaseCapacity",
        Whole,
        Unmanaged,
        Mapped,
    ),
    row(
        "instancesDistribution.onDemandPercentageAboveBaseCapacity",
        Whole,
        Unmanaged,
        Mapped,
    ),
    row(
        "instancesDistribution.spotAllocationStrategy",
        Text,
        Unmanaged,
        SPOT_BY_EKS,
    ),
    row(
        "instancesDistribution.spotInstancePools",
        Whole,
        Unmanaged,
        SPOT_BY_EKS,
    ),
    row("kubeletExtraConfig", Document, Unmanaged, Mapped),
    row("labels", TextMap, Both, Mapped),
    row("launchTemplate", Fields, Managed, Mapped),
    row("launchTemplate.id", Text, Managed, Mapped),
    row("launchTemplate.version", Text, Managed, Mapped),
    row("localZones", Texts, Unmanaged, NO_LOCAL_ZONE),
    row(
        "maxInstanceLifetime",
        Whole,
        Unmanaged,
        LeftOut(
            "EKS replaces the nodes of managed groups when their version changes: `resolve --update` and `apply` at that interval do the same",
        ),
    ),
    row("maxPodsPerNode", Whole, Both, Mapped),
    row("maxSize", Whole, Both, Mapped),
    row("minSize", Whole, Both, Mapped),
    row("name", Text, Both, Mapped),
    row("nodeRepairConfig", Fields, Managed, Mapped),
    row("nodeRepairConfig.enabled", Flag, Managed, NO_REPAIR),
    row(
        "nodeRepairConfig.maxParallelNodesRepairedCount",
        Whole,
        Managed,
        NO_REPAIR,
    ),
    row(
        "nodeRepairConfig.maxParallelNodesRepairedPercentage",
        Whole,
        Managed,
        NO_REPAIR,
    ),
    row(
        "nodeRepairConfig.maxUnhealthyNodeThresholdCount",
        Whole,
        Managed,
        NO_REPAIR,
    ),
    row(
        "nodeRepairConfig.maxUnhealthyNodeThresholdPercentage",
        Whole,
        Managed,
        NO_REPAIR,
    ),
    row(
        "nodeRepairConfig.nodeRepairConfigOverrides",
        List,
        Managed,
        NO_REPAIR,
    ),
    row("outpostARN", Text, Both, NO_LOCAL_ZONE),
    row("overrideBootstrapCommand", Text, Both, Mapped),
    row("placement", Fields, Both, Mapped),
    row("placement.groupName", Text, Both, Mapped),
    row("preBootstrapCommands", Texts, Both, Mapped),
    row("privateNetworking", Flag, Both, Mapped),
    row(
        "propagateASGTags",
        Flag,
        Both,
        LeftOut(
            "the cluster autoscaler reads labels and taints of managed groups from EKS, and needs no tags for them",
        ),
    ),
    row("releaseVersion", Text, Managed, Mapped),
    row("securityGroups", Fields, Both, Mapped),
    row("securityGroups.attachIDs", Texts, Both, Mapped),
    row("securityGroups.withLocal", Flag, Unmanaged, BY_EKS),
    row("securityGroups.withShared", Flag, Unmanaged, BY_EKS),
    row("spot", Flag, Managed, Mapped),
    row("ssh", Fields, Both, Mapped),
    row("ssh.allow", Flag, Both, Mapped),
    row("ssh.enableSsm", Flag, Both, Mapped),
    row("ssh.publicKey", Text, Both, Mapped),
    row("ssh.publicKeyName", Text, Both, Mapped),
    row("ssh.publicKeyPath", Text, Both, Mapped),
    row("ssh.sourceSecurityGroupIds", Texts, Both, Mapped),
    row("subnets", Texts, Both, Mapped),
    row("tags", TextMap, Both, Mapped),
    row("taints", Taints, Both, Mapped),
    row(
        "targetGroupARNs",
        Texts,
        Unmanaged,
        ByHand(
            "attach the target groups to the Auto Scaling group that EKS makes, or use a TargetGroupBinding",
        ),
    ),
    row("updateConfig", Fields, Both, Mapped),
    row("updateConfig.maxUnavailable", Whole, Both, Mapped),
    row("updateConfig.maxUnavailablePercentage", Whole, Both, Mapped),
    row("volumeEncrypted", Flag, Both, Mapped),
    row("volumeIOPS", Whole, Both, Mapped),
    row("volumeKmsKeyID", Text, Both, Mapped),
    row("volumeName", Text, Both, Mapped),
    row("volumeSize", Whole, Both, Mapped),
    row("volumeThroughput", Whole, Both, Mapped),
    row("volumeType", Text, Both, Mapped),
];

/// The row of a path, its indices left out.
pub(super) fn field(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// The names that are known under a prefix such as `ssh.`.
pub(super) fn names_under(prefix: &str) -> Vec<&'static str> {
    let rest = FIELDS
        .iter()
        .filter_map(|field| field.path.strip_prefix(prefix));
    rest.filter(|rest| !rest.contains(['.', '['])).collect()
}
