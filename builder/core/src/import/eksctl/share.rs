//! Launch templates: groups with equal ones share one, and each gets a name.

use super::draft::{Comments, InstanceName, NodeGroup, Template};
use super::mapping::{Draft, Mapped};

/// EC2 takes names of up to 128 characters.
const LONGEST_NAME: usize = 128;

/// A launch template with its name, and the `Name` of its instances.
pub(super) struct Named {
    pub name: String,
    pub instance_name: Option<String>,
    pub template: Template,
    pub comments: Comments,
    /// The first group that it comes from.
    pub of: usize,
}

/// A node group, and which launch template is its.
pub(super) struct Placed {
    pub group: NodeGroup,
    pub template: usize,
    pub comments: Comments,
    pub entries: Vec<(String, usize, Draft)>,
    pub at: String,
    pub line: usize,
}

pub(super) fn share(mapped: Vec<Mapped>, cluster: &str) -> (Vec<Named>, Vec<Placed>) {
    let mut templates: Vec<Named> = Vec::new();
    let mut placed: Vec<Placed> = Vec::new();
    for (index, one) in mapped.into_iter().enumerate() {
        // What somebody has to look at in one is not to be put upon another.
        let same = templates.iter().position(|other| {
            other.template == one.template && other.comments == one.template_comments
        });
        let template = same.unwrap_or(templates.len());
        if same.is_none() {
            templates.push(Named {
                name: String::new(),
                instance_name: None,
                template: one.template,
                comments: one.template_comments,
                of: index,
            });
        }
        placed.push(Placed {
            group: one.node_group,
            template,
            comments: one.group_comments,
            entries: one.entries,
            at: one.at.to_string(),
            line: one.line,
        });
    }
    for index in 0..templates.len() {
        let users = placed.iter().filter(|placed| placed.template == index);
        let users: Vec<&str> = users.map(|placed| placed.group.name.as_str()).collect();
        let label = label(&users);
        let taken: Vec<&str> = templates.iter().map(|one| one.name.as_str()).collect();
        let name = unique(&format!("{cluster}-{label}"), &taken);
        let named = &mut templates[index];
        named.instance_name = instance_name(&named.template, cluster, label);
        named.name = name;
    }
    (templates, placed)
}

/// eksctl's own name has the cluster's and the group's in it.
fn instance_name(template: &Template, cluster: &str, label: &str) -> Option<String> {
    if template.existing.is_some() {
        return None;
    }
    Some(match &template.instance_name {
        InstanceName::Given(name) => name.clone(),
        InstanceName::Own { prefix: None } => format!("{cluster}-{label}-Node"),
        InstanceName::Own {
            prefix: Some(prefix),
        } => format!("{prefix}-{cluster}-{label}-Node"),
    })
}

/// What the names of the groups have in common, to a whole word: `workers` of `workers-a` and `workers-b`.
fn label<'n>(groups: &[&'n str]) -> &'n str {
    let [first, rest @ ..] = groups else {
        return "nodes";
    };
    let ends = |c: char| c == '-' || c == '_';
    let common = |end: usize| {
        let part = first.get(..end).unwrap_or_default();
        let word = |name: &&str| {
            let after = name.strip_prefix(part);
            after.is_some_and(|after| after.is_empty() || after.starts_with(ends))
        };
        rest.iter().all(word)
    };
    let cuts = first
        .match_indices(ends)
        .map(|(at, _)| at)
        .chain([first.len()]);
    let longest = cuts.filter(|end| *end > 0 && common(*end)).max();
    match longest.and_then(|end| first.get(..end)) {
        Some(part) => part,
        None => "nodes",
    }
}

fn unique(wanted: &str, taken: &[&str]) -> String {
    let wanted: String = wanted.chars().take(LONGEST_NAME - 4).collect();
    let mut name = wanted.clone();
    let mut number = 2;
    while taken.contains(&name.as_str()) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_shared_template_has_the_name_that_its_groups_share() {
        let rows: &[(&[&str], &str)] = &[
            (&["mng-1"], "mng-1"),
            (&["workers-a", "workers-b"], "workers"),
            (&["workers-a", "workers"], "workers"),
            (&["a-b-1", "a-b-2", "a-c"], "a"),
            (&["alpha", "alphabet"], "nodes"),
            (&[], "nodes"),
        ];
        for (groups, expected) in rows {
            assert_eq!(label(groups), *expected, "{groups:?}");
        }
    }
}
