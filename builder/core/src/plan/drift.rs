//! What changed outside of nodemint: told, and left alone.

use std::collections::BTreeSet;

use super::resume::{group_subject, template_subject};
use super::template::made_by;
use super::{Finding, FindingKind, Home, OWNER_TAG, Plan, TemplateAction, TemplateOutlook};
use crate::desired::{Desired, DesiredGroup};
use crate::observed::{Observed, ObservedTemplate};
use crate::site::Site;

pub(super) fn check(desired: &Desired, observed: &Observed, plan: &mut Plan) {
    let mut seen = BTreeSet::new();
    for want in &desired.templates {
        let home = Home::of(&observed.accounts, &want.site);
        let template = observed.template(&want.site, &want.name);
        let ours = template.filter(|template| owned(template, &desired.fleet));
        if let Some(template) = ours.filter(|_| seen.insert((home, want.name.as_str()))) {
            let subject = template_subject(&want.site, &want.name);
            let used = used(template, &want.site, desired, plan);
            plan.warnings
                .extend(newer(template, &desired.fleet, &used, &subject));
            plan.warnings
                .extend(default_moved(template, &desired.fleet, &subject));
        }
    }
    for group in &desired.groups {
        plan.warnings.extend(strange_version(
            group,
            desired,
            observed,
            &plan.launch_templates,
        ));
    }
}

fn owned(template: &ObservedTemplate, fleet: &str) -> bool {
    template
        .tags
        .get(OWNER_TAG)
        .is_some_and(|owner| owner == fleet)
}

/// Versions that others made after the fleet's last one, and that nothing here uses.
fn newer(
    template: &ObservedTemplate,
    fleet: &str,
    used: &BTreeSet<i64>,
    subject: &str,
) -> Option<Finding> {
    let mut versions: Vec<_> = template.versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let others: Vec<_> = versions
        .iter()
        .map_while(|version| Some((version.number, made_by(version, fleet)?)))
        .filter(|(number, _)| !used.contains(number))
        .collect();
    let (first, who) = others.last()?;
    let (last, _) = others.first()?;
    let makers: BTreeSet<&String> = others.iter().map(|(_, who)| who).collect();
    let who = match makers.len() {
        1 => who.as_str(),
        _ => "others",
    };
    let (which, them) = match others.len() {
        1 => (format!("version {first} was"), "it"),
        _ => (format!("versions {first} to {last} were"), "them"),
    };
    let name = &template.name;
    let message = format!(
        "{which} made by {who}, after the last one of this fleet, and nothing here uses {them}"
    );
    Some(
        Finding::new(FindingKind::Warning, subject, message).hint(format!(
            "`nodemint history {name}` shows them; take what is wanted into the spec, or the next version is minted without it"
        )),
    )
}

/// The versions that the spec names, or that have what it describes.
fn used(template: &ObservedTemplate, site: &Site, desired: &Desired, plan: &Plan) -> BTreeSet<i64> {
    let home = |site: &Site| Home::of(&plan.accounts, site);
    let groups = desired.groups.iter().map(|group| &group.spec);
    let pins = groups
        .filter(|spec| spec.launch_template == template.name)
        .filter_map(|spec| spec.launch_template_version);
    let outlooks = plan.launch_templates.iter();
    let found = outlooks
        .filter(|outlook| outlook.name == template.name && home(&outlook.site) == home(site))
        .filter(|outlook| outlook.action == TemplateAction::Unchanged)
        .map(|outlook| outlook.version);
    pins.chain(found).collect()
}

/// nodemint never moves the default version of a template that it made.
fn default_moved(template: &ObservedTemplate, fleet: &str, subject: &str) -> Option<Finding> {
    let first = template
        .versions
        .iter()
        .min_by_key(|version| version.number);
    // A template that was taken over had its default version before.
    let made_here = first.is_some_and(|first| made_by(first, fleet).is_none());
    let default = template.default_version;
    if default == 1 || !made_here {
        return None;
    }
    let message = format!(
        "its default version is {default}, and nodemint left it at 1: somebody moved it. Node groups of this spec go by number; what starts without one gets version {default}"
    );
    Some(Finding::new(FindingKind::Warning, subject, message))
}

/// A group that runs what nobody of this fleet made, or what is gone.
fn strange_version(
    want: &DesiredGroup,
    desired: &Desired,
    observed: &Observed,
    outlooks: &[TemplateOutlook],
) -> Option<Finding> {
    let spec = &want.spec;
    let have = observed.group(&spec.cluster, &spec.name)?;
    let on = have.launch_template.as_ref()?;
    let number = on.number()?;
    let template = observed.template(&want.site, &spec.launch_template)?;
    let same = on.id.as_ref().is_none_or(|id| *id == template.id);
    if !same || spec.launch_template_version == Some(number) {
        return None;
    }
    let subject = group_subject(&spec.cluster, &spec.name);
    let warning = |message| Finding::new(FindingKind::Warning, subject, message);
    let Some(version) = template.version(number) else {
        let message = format!(
            "it runs version {number} of {}, which somebody deleted: there is no way back to it",
            template.name
        );
        return Some(warning(message));
    };
    let who = made_by(version, &desired.fleet).filter(|_| owned(template, &desired.fleet))?;
    // A version that somebody else made with what the spec describes is as good as one of ours.
    let described = outlooks.iter().any(|outlook| {
        outlook.name == template.name
            && outlook.clusters.contains(&spec.cluster)
            && (outlook.action, outlook.version) == (TemplateAction::Unchanged, number)
    });
    let message = format!(
        "it runs version {number} of {}, made by {who}",
        template.name
    );
    (!described).then(|| {
        warning(message).hint("somebody moved the group, or a spec of another time did; it goes back to what this spec describes")
    })
}
