//! Launch templates in a plan: find a version with the wanted content, or mint one.

use std::collections::BTreeMap;

use super::{
    GroupOutlook, Home, NewTemplateVersion, OWNER_TAG, Op, Plan, Roll, Step, TemplateAction,
    TemplateOutlook, VersionRef,
};
use crate::desired::{Desired, DesiredTemplate};
use crate::launch_template::{
    ImageNote, changes, cluster_of, read_description, same_content, version_description,
};
use crate::observed::{Observed, ObservedTemplate, ObservedVersion};
use crate::site::Site;

/// For each launch template and cluster: the version that its groups are to run.
pub(super) type Versions = BTreeMap<(String, String), VersionRef>;

/// What came of planning the launch templates.
#[derive(Default)]
pub(super) struct Templates {
    pub outlooks: Vec<TemplateOutlook>,
    pub steps: Vec<Step>,
    pub versions: Versions,
}

pub(super) fn plan_templates(
    desired: &Desired,
    observed: &Observed,
    origin: Option<&str>,
) -> Templates {
    let mut planned = Templates::default();
    // place and name → how many versions are minted by this plan, for the number the next one should get
    let mut minted: BTreeMap<(Home, &str), i64> = BTreeMap::new();
    for want in &desired.templates {
        if planned.joined(want, observed) {
            continue;
        }
        let existing = observed.template(&want.site, &want.name);
        let home = Home::of(&observed.accounts, &want.site);
        let counter = minted.entry((home, want.name.as_str())).or_default();
        let found = existing.and_then(|template| Some((template, find(template, want)?)));
        let (action, version) = match found {
            Some((template, version)) => {
                (TemplateAction::Unchanged, known(template, version.number))
            }
            None => {
                let create = existing.is_none() && *counter == 0;
                *counter += 1;
                planned.minted(mint(desired, want, create, origin), want, create)
            }
        };
        let number = version
            .number()
            .unwrap_or(existing.map_or(0, |template| template.latest_version) + *counter);
        let baseline = existing.and_then(|template| baseline(template, want, desired, observed));
        planned
            .outlooks
            .push(outlook(want, action, number, baseline));
        planned
            .versions
            .insert((want.name.clone(), want.cluster.clone()), version);
    }
    planned
}

impl Templates {
    /// Takes the step in that mints a version, and tells how groups refer to what it mints.
    fn minted(
        &mut self,
        step: Step,
        want: &DesiredTemplate,
        create: bool,
    ) -> (TemplateAction, VersionRef) {
        let action = match create {
            true => TemplateAction::Create,
            false => TemplateAction::NewVersion,
        };
        let reference = VersionRef::From {
            step: step.id.clone(),
            template: want.name.clone(),
        };
        self.steps.push(step);
        (action, reference)
    }

    /// Joins `want` to a cluster before it whose content in this place is the same, if there is one.
    fn joined(&mut self, want: &DesiredTemplate, observed: &Observed) -> bool {
        let home = |site: &Site| Home::of(&observed.accounts, site);
        let same = |outlook: &&mut TemplateOutlook| {
            (&outlook.name, &outlook.hash) == (&want.name, &want.hash)
                && home(&outlook.site) == home(&want.site)
        };
        let Some(outlook) = self.outlooks.iter_mut().find(same) else {
            return false;
        };
        let first = outlook.clusters.first().cloned().unwrap_or_default();
        let Some(version) = self.versions.get(&(want.name.clone(), first)).cloned() else {
            return false;
        };
        outlook.clusters.push(want.cluster.clone());
        self.versions
            .insert((want.name.clone(), want.cluster.clone()), version);
        true
    }
}

/// The lowest-numbered version with the wanted content. The data itself is compared, not its label: a
/// version that somebody else made with the same content is used, and a wrong label misleads nobody.
pub(super) fn find<'a>(
    template: &'a ObservedTemplate,
    want: &DesiredTemplate,
) -> Option<&'a ObservedVersion> {
    let equal =
        |version: &&ObservedVersion| !version.unread && same_content(&version.data, &want.data);
    template
        .versions
        .iter()
        .filter(equal)
        .min_by_key(|version| version.number)
}

pub(super) fn known(template: &ObservedTemplate, version: i64) -> VersionRef {
    VersionRef::Known {
        template_id: template.id.clone(),
        template: template.name.clone(),
        version,
    }
}

/// Who made a version, if not the fleet: another one, or whoever EC2 names.
pub(super) fn made_by(version: &ObservedVersion, fleet: &str) -> Option<String> {
    match version.description.as_deref().and_then(read_description) {
        Some(label) if label.fleet == fleet => None,
        Some(label) => Some(format!("the fleet `{}`", label.fleet)),
        None => Some(
            version
                .created_by
                .clone()
                .unwrap_or_else(|| "others".to_owned()),
        ),
    }
}

/// Why a version is none for groups of `cluster`; none: it is for it, or for any.
pub(super) fn other_cluster(version: &ObservedVersion, cluster: &str) -> Option<String> {
    let other = cluster_of(&version.data).filter(|other| other != cluster)?;
    let number = version.number;
    Some(format!("version {number} boots nodes into cluster {other}"))
}

/// A roll away from a version that was deleted cannot be taken back.
pub(super) fn no_way_back(template: &ObservedTemplate, from: Option<i64>) -> Option<String> {
    let gone = from.filter(|from| template.version(*from).is_none())?;
    Some(deleted(gone))
}

fn deleted(version: i64) -> String {
    format!("version {version} no longer exists, so there is no way back to it")
}

/// The version that takes a roll of the plan back: the one before it, if it is another and exists.
pub fn way_back(plan: &Plan, roll: &Roll) -> Option<i64> {
    let of_roll =
        |group: &&GroupOutlook| (&group.cluster, &group.name) == (&roll.cluster, &roll.group);
    let shown = plan.node_groups.iter().find(of_roll)?;
    let from = roll.from_version?;
    let gone = shown.notes.contains(&deleted(from));
    (!gone && roll.version.number().or(shown.to_version) != Some(from)).then_some(from)
}

fn mint(desired: &Desired, want: &DesiredTemplate, create: bool, origin: Option<&str>) -> Step {
    let content = NewTemplateVersion {
        name: want.name.clone(),
        data: want.data.clone(),
        hash: want.hash.clone(),
        description: version_description(&want.hash, &desired.fleet, origin),
        tags: BTreeMap::from([(OWNER_TAG.to_owned(), desired.fleet.clone())]),
    };
    Step {
        id: format!("mint {}/{} {}", want.site, want.name, want.hash.short()),
        site: want.site.clone(),
        op: if create {
            Op::CreateLaunchTemplate(content)
        } else {
            Op::CreateLaunchTemplateVersion(content)
        },
    }
}

/// What to compare new content with: the version that the template's groups in this cluster run, if
/// they all run the same, else the newest.
fn baseline<'a>(
    template: &'a ObservedTemplate,
    want: &DesiredTemplate,
    desired: &Desired,
    observed: &Observed,
) -> Option<&'a ObservedVersion> {
    let mut numbers: Vec<i64> = desired
        .groups
        .iter()
        .filter(|group| {
            group.spec.launch_template == want.name && group.spec.cluster == want.cluster
        })
        .filter_map(|group| {
            observed
                .group(&group.spec.cluster, &group.spec.name)?
                .launch_template
                .as_ref()?
                .number()
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    match numbers[..] {
        [one] => template.version(one),
        _ => template.version(template.latest_version),
    }
}

fn outlook(
    want: &DesiredTemplate,
    action: TemplateAction,
    version: i64,
    baseline: Option<&ObservedVersion>,
) -> TemplateOutlook {
    let compared = baseline.filter(|_| action != TemplateAction::Unchanged);
    TemplateOutlook {
        name: want.name.clone(),
        site: want.site.clone(),
        clusters: vec![want.cluster.clone()],
        action,
        version,
        hash: want.hash.clone(),
        image: ImageNote {
            id: want.image.image_id.clone(),
            name: want.image.name.clone(),
            release_version: want.image.release_version.clone(),
        },
        instance_type: want.data.instance_type.clone(),
        user_data_bytes: want.user_data.bytes.len(),
        compared_with: compared.map(|version| version.number),
        changes: compared
            .map(|version| changes(&version.data, &want.data))
            .unwrap_or_default(),
        adopted: None,
    }
}
