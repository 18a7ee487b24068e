//! EC2's limits that a plan can see before EC2 refuses.

use std::collections::BTreeMap;

use super::resume::template_subject;
use super::{Finding, FindingKind, Home, Op, Plan};
use crate::observed::Observed;
use crate::site::Site;

/// Versions of one launch template (EC2 user guide, launch template restrictions). An account may have another
/// quota, which only EC2 knows: then its refusal is told.
const MOST_VERSIONS: usize = 10_000;
/// From here on, the limit is told in good time.
const MANY_VERSIONS: usize = 9_000;

/// Checks the launch templates that the plan mints versions of.
pub(super) fn check(observed: &Observed, plan: &mut Plan) {
    // place and name → where it was met first, and how many versions are minted
    let mut minted: BTreeMap<(Home, &str), (&Site, usize)> = BTreeMap::new();
    for step in &plan.steps {
        if let Op::CreateLaunchTemplateVersion(content) = &step.op {
            let home = Home::of(&observed.accounts, &step.site);
            let entry = minted.entry((home, content.name.as_str()));
            entry.or_insert((&step.site, 0)).1 += 1;
        }
    }
    let (mut blockers, mut warnings) = (Vec::new(), Vec::new());
    for ((_, name), (site, more)) in minted {
        let versions = observed
            .template(site, name)
            .map_or(0, |template| template.versions.len());
        let subject = template_subject(site, name);
        let hint = "`nodemint prune` deletes old versions that nothing uses";
        if versions + more > MOST_VERSIONS {
            let what = format!(
                "it has {versions} versions, and EC2 takes {MOST_VERSIONS}: no more can be minted"
            );
            blockers.push(Finding::new(FindingKind::Preflight, subject, what).hint(hint));
        } else if versions + more > MANY_VERSIONS {
            let what = format!("it has {versions} versions, of {MOST_VERSIONS} that EC2 takes");
            warnings.push(Finding::new(FindingKind::Warning, subject, what).hint(hint));
        }
    }
    plan.blockers.extend(blockers);
    plan.warnings.extend(warnings);
}
