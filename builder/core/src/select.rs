//! Which node groups of a spec a command is about: `cluster=prod-*,label:team=payments`.

use std::fmt;
use std::str::FromStr;

use crate::spec::NodeGroup;

/// What groups can be chosen by.
pub const KEYS: &str = "cluster, name, launchTemplate, region, label:KEY, tag:KEY";

/// Terms that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    terms: Vec<Term>,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    key: Key,
    /// `*` stands for any text, the empty one too.
    pattern: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Cluster,
    Name,
    LaunchTemplate,
    Region,
    Label(String),
    Tag(String),
}

/// Why a text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    #[error("`{0}` is not KEY=VALUE")]
    NoPair(String),
    #[error("`{0}` is no key to select by: there are {KEYS}")]
    UnknownKey(String),
    #[error("`{0}` names no key behind the colon")]
    NoName(String),
}

impl Selector {
    /// Whether a group is chosen, whose cluster is in `region`.
    pub fn matches(&self, group: &NodeGroup, region: &str) -> bool {
        self.terms.iter().all(|term| {
            let value = match &term.key {
                Key::Cluster => Some(group.cluster.as_str()),
                Key::Name => Some(group.name.as_str()),
                Key::LaunchTemplate => Some(group.launch_template.as_str()),
                Key::Region => Some(region),
                Key::Label(key) => group.labels.get(key).map(String::as_str),
                Key::Tag(key) => group.tags.get(key).map(String::as_str),
            };
            value.is_some_and(|value| glob(&term.pattern, value))
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let terms = text.split(',').map(term).collect::<Result<_, _>>()?;
        Ok(Self {
            terms,
            text: text.to_owned(),
        })
    }
}

fn term(text: &str) -> Result<Term, SelectorError> {
    let (key, pattern) = text
        .split_once('=')
        .ok_or_else(|| SelectorError::NoPair(text.to_owned()))?;
    let key = match key.split_once(':') {
        Some(("label" | "tag", "")) => return Err(SelectorError::NoName(key.to_owned())),
        Some(("label", name)) => Key::Label(name.to_owned()),
        Some(("tag", name)) => Key::Tag(name.to_owned()),
        _ => match key {
            "cluster" => Key::Cluster,
            "name" => Key::Name,
            "launchTemplate" => Key::LaunchTemplate,
            "region" => Key::Region,
            other => return Err(SelectorError::UnknownKey(other.to_owned())),
        },
    };
    Ok(Term {
        key,
        pattern: pattern.to_owned(),
    })
}

/// Whether `pattern` is `text`, where `*` is any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(start) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let end = pieces.pop().unwrap_or_default();
    // The first place of each piece leaves the most for what follows.
    for piece in pieces {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load;

    const SPEC: &str = "\
apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {name: lab}
clusters: [{name: blue, region: us-east-1}]
launchTemplates:
  - {name: demo, family: AL2023, ami: {eksOptimized: latest}, instanceType: m5.large}
nodeGroups:
  - {name: mng-1, cluster: blue, launchTemplate: demo, labels: {team: a.b, gpu: \"\"}, tags: {cost: x=1}}
";

    #[test]
    fn terms_hold_together_and_stars_stand_for_anything() {
        let loaded = load(SPEC, &mut |_| Err(String::new())).expect("a spec");
        let group = &loaded.spec.node_groups[0];
        for (text, wanted) in [
            ("cluster=blue", true),
            ("cluster=blu", false),
            ("name=mng-*", true),
            ("name=*", true),
            ("name=*-1,cluster=b*e", true),
            ("name=*-1,cluster=green", false),
            ("launchTemplate=demo,region=us-*-1", true),
            ("region=eu-*", false),
            ("label:team=a.*", true),
            ("label:team=*b*c", false),
            ("label:gpu=", true),
            ("label:none=*", false),
            ("tag:cost=x=1", true),
            ("name=", false),
            ("name=mng*mng-1", false),
        ] {
            let selector: Selector = text.parse().expect(text);
            assert_eq!(selector.matches(group, "us-east-1"), wanted, "{text}");
            assert_eq!(selector.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_selector() {
        for (text, error) in [
            ("", SelectorError::NoPair(String::new())),
            ("blue", SelectorError::NoPair("blue".to_owned())),
            ("name=a,", SelectorError::NoPair(String::new())),
            ("cluter=a", SelectorError::UnknownKey("cluter".to_owned())),
            ("label=a", SelectorError::UnknownKey("label".to_owned())),
            ("label:=a", SelectorError::NoName("label:".to_owned())),
        ] {
            assert_eq!(text.parse::<Selector>(), Err(error), "{text}");
        }
    }
}
