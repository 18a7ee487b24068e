//! Launch templates with all of their versions, while EKS is still being asked for the groups that use them.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::observed::{GroupTemplate, Observed, ObservedGroup, ObservedTemplate};
use nodemint_core::plan::Scope;
use nodemint_core::site::Site;

use super::{Wanted, collect};
use crate::ports::{CloudError, Clouds};

type Templates = BTreeMap<Site, BTreeMap<String, ObservedTemplate>>;

/// Reads the launch templates of each site, by their names.
pub(super) async fn read(wanted: &Wanted, clouds: &dyn Clouds) -> Result<Templates, CloudError> {
    let reads = wanted.iter().map(|(site, names)| {
        let read = async move {
            let names: Vec<String> = names.iter().cloned().collect();
            let found = clouds.at(site).await?.launch_templates(&names).await?;
            Ok((site.clone(), found))
        };
        (site, read)
    });
    let mut templates: Templates = collect(reads).await?.into_iter().collect();
    templates.retain(|_, found| !found.is_empty());
    Ok(templates)
}

/// Reads once more those that grew meanwhile. A run mints before it moves a group, so what a group is on, or on
/// its way to, was there when the group was read; the template may have been read before that.
pub(super) async fn catch_up(
    scope: &Scope,
    clouds: &dyn Clouds,
    observed: &mut Observed,
) -> Result<(), CloudError> {
    let mut behind = Wanted::new();
    for group in observed.groups.values().flat_map(BTreeMap::values) {
        let Some(site) = scope.clusters.get(&group.cluster) else {
            continue;
        };
        let (Some(name), Some(newest)) = (template_of(group), newest_of(group)) else {
            continue;
        };
        let known = observed.template(site, name).map(|it| it.latest_version);
        let named = scope.templates.get(site);
        if named.is_some_and(|names| names.contains(name)) && known.is_none_or(|it| it < newest) {
            let names: &mut BTreeSet<String> = behind.entry(site.clone()).or_default();
            names.insert(name.to_owned());
        }
    }
    for (site, found) in read(&behind, clouds).await? {
        observed.templates.entry(site).or_default().extend(found);
    }
    Ok(())
}

fn template_of(group: &ObservedGroup) -> Option<&str> {
    group.launch_template.as_ref()?.name.as_deref()
}

/// The highest version that a group runs or is moved to.
fn newest_of(group: &ObservedGroup) -> Option<i64> {
    let runs = group
        .launch_template
        .as_ref()
        .and_then(GroupTemplate::number);
    let update = group.last_update.as_ref();
    let to = update.and_then(|update| update.params.get("LaunchTemplateVersion")?.parse().ok());
    runs.max(to)
}
