//! Groups in a Capacity Block: what EKS documents of updating them.

use super::{Finding, FindingKind, GroupAction, Plan};
use crate::observed::Observed;

const BLOCK: &str = "CAPACITY_BLOCK";

/// EKS user guide, "Create a managed node group with Capacity Blocks for ML": the desired size is 0 when the group is
/// updated. The block's instances are all in use otherwise, and there is nothing to put new nodes on.
pub(super) fn check(observed: &Observed, plan: &mut Plan) {
    let rolled = plan
        .node_groups
        .iter()
        .filter(|outlook| outlook.action == GroupAction::Roll);
    let mut warnings = Vec::new();
    for outlook in rolled {
        let group = observed.group(&outlook.cluster, &outlook.name);
        let block = group.filter(|group| group.capacity_type.as_deref() == Some(BLOCK));
        let desired = block.and_then(|group| group.scaling).map(|it| it.desired);
        let Some(desired) = desired.filter(|desired| *desired > 0) else {
            continue;
        };
        warnings.push(
            Finding::new(
                FindingKind::Warning,
                format!("node group {}/{}", outlook.cluster, outlook.name),
                format!(
                    "it is in a Capacity Block with a desired size of {desired}: EKS documents that such a group is updated at 0"
                ),
            )
            .hint("scale it to 0 before, if its new nodes find no capacity beside the old ones"),
        );
    }
    plan.warnings.extend(warnings);
}
