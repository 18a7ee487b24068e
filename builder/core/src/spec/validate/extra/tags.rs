//! `TagSpecifications`: tags by the type of what a launch makes, beside the spec's `tags`.

use std::collections::BTreeMap;

use super::super::super::read::Report;
use super::super::super::rules;
use super::super::super::{LaunchTemplate, SpecPath};
use super::super::templates::MOST_TAGS as MOST_OF_INSTANCES;
use crate::launch_template::TAGGED;

/// The most tags of a resource.
const MOST: usize = 50;

pub(super) fn check(template: &LaunchTemplate, at: &SpecPath, report: &mut Report<'_>) {
    let at = at.key("TagSpecifications");
    // Type → key → where it stands.
    let mut seen: BTreeMap<&str, BTreeMap<&str, Option<SpecPath>>> = BTreeMap::new();
    for kind in TAGGED {
        let own = template.tags.keys().map(|key| (key.as_str(), None));
        seen.entry(kind).or_default().extend(own);
    }
    for (index, specification) in template.extra.tag_specifications.iter().enumerate() {
        let kind = specification.resource_type.as_str();
        let of_kind = seen.entry(kind).or_default();
        let at = at.index(index);
        for (place, tag) in specification.tags.iter().enumerate() {
            let at = at.key("Tags").index(place);
            if tag.key.is_empty() {
                // A missing one is told by its schema.
                continue;
            }
            report.check(&at.key("Key"), rules::tag(&tag.key, &tag.value));
            match of_kind.get(tag.key.as_str()) {
                None => {
                    of_kind.insert(&tag.key, Some(at));
                }
                Some(first) => {
                    let first = match first {
                        Some(path) => path.to_string(),
                        None => "`tags` of the launch template".to_owned(),
                    };
                    report.error_hint(
                        &at.key("Key"),
                        format!("the tag `{}` of type {kind} is in {first}, too", tag.key),
                        "keep one of the two",
                    );
                }
            }
        }
        let most = if kind == "instance" {
            MOST_OF_INSTANCES
        } else {
            MOST
        };
        if of_kind.len() > most {
            let message = format!(
                "{} tags of type {kind}, `tags` among them; AWS takes {most} of yours",
                of_kind.len()
            );
            report.error(&at, message);
        }
    }
}
