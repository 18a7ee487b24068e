//! The filters of the Describe calls: values of one filter are alternatives, filters must all hold, and
//! values may hold the wildcards `*` and `?`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::invalid;
use crate::AwsError;
use crate::input::{items, text, texts};

/// The most values of all the filters of a call together (EC2's own words are below, as in gjbae1212/gossm#47).
const MOST_VALUES: usize = 200;
/// The longest value of a filter, in characters (EC2 user guide, "Filtering considerations").
const LONGEST_VALUE: usize = 255;

type Tags = BTreeMap<String, String>;

/// Filters whose names are known to their operation.
#[derive(Debug)]
pub struct Filters<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Filters<'a> {
    /// Filters on tags are taken where `tagged` is.
    pub fn read(input: &'a Value, known: &[&str], tagged: bool) -> Result<Self, AwsError> {
        let mut filters = Vec::new();
        for filter in items(input, "Filters") {
            // EC2 prints its missing name so
            let name = text(filter, "Name").unwrap_or("null");
            let of_tags = tagged
                && (name == "tag-key"
                    || name.strip_prefix("tag:").is_some_and(|key| !key.is_empty()));
            if !of_tags && !known.contains(&name) {
                return Err(invalid(format!("The filter '{name}' is invalid")));
            }
            let values = texts(filter, "Values");
            if values.is_empty() {
                return Err(invalid(format!("The filter '{name}' has no values")));
            }
            filters.push((name, values));
        }
        check_limits(&filters)?;
        Ok(Self(filters))
    }

    /// Whether a thing passes. `field` gives its values for a known filter.
    pub fn accept(&self, tags: &Tags, field: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|(name, wanted)| {
            let given = match name.strip_prefix("tag:") {
                Some(key) => tags.get(key).cloned().into_iter().collect(),
                None if *name == "tag-key" => tags.keys().cloned().collect(),
                None => field(name),
            };
            given
                .iter()
                .any(|value| wanted.iter().any(|pattern| glob(pattern, value)))
        })
    }
}

fn check_limits(filters: &[(&str, Vec<&str>)]) -> Result<(), AwsError> {
    let values = || filters.iter().flat_map(|(_, values)| values);
    if values().count() > MOST_VALUES {
        let text = format!(
            "The maximum number of filter values specified on a single call is {MOST_VALUES}"
        );
        return Err(AwsError::new(400, "FilterLimitExceeded", text));
    }
    match values().find(|value| value.chars().count() > LONGEST_VALUE) {
        // code and text are not attested
        Some(value) => Err(invalid(format!(
            "The filter value '{value}' is longer than {LONGEST_VALUE} characters"
        ))),
        None => Ok(()),
    }
}

/// Whether a text is of a pattern with `*` and `?`; a backslash takes their meaning from them.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // where to go on when what follows the last star does not fit
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let (literal, width) = match pattern.get(p) {
            Some('\\') => (pattern.get(p + 1), 2),
            Some('*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            other => (other, 1),
        };
        let any = width == 1 && literal == Some(&'?');
        if literal.is_some() && (any || literal == text.get(t)) {
            p += width;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            star = Some((star_p, star_t + 1));
            p = star_p + 1;
            t = star_t + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            (
                "amazon-eks-node-*-v2026*",
                "amazon-eks-node-al2023-1.34-v20260915",
                true,
            ),
            (
                "amazon-eks-node-*-v2025*",
                "amazon-eks-node-al2023-1.34-v20260915",
                false,
            ),
            ("m5.?large", "m5.xlarge", true),
            ("m5.?large", "m5.large", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("*a*b", "xxaxxab", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn values_are_limited_over_all_filters_of_a_call() {
        let code = |counts: &[usize], length: usize| {
            let filters: Vec<Value> = counts
                .iter()
                .map(|count| {
                    let values = vec!["x".repeat(length); *count];
                    serde_json::json!({"Name": "image-id", "Values": values})
                })
                .collect();
            let input = serde_json::json!({"Filters": filters});
            let read = Filters::read(&input, &["image-id"], true);
            read.err().map(|error| (error.code, error.message))
        };
        let exceeded = "The maximum number of filter values specified on a single call is 200";
        let limit = Some(("FilterLimitExceeded", exceeded));
        for (counts, length, expected) in [
            (vec![200], 1, None),
            (vec![201], 1, limit),
            (vec![199, 1], 1, None),
            (vec![150, 51], 1, limit),
            (vec![1], 255, None),
        ] {
            let found = code(&counts, length);
            let found = found.as_ref().map(|(code, text)| (&**code, &**text));
            assert_eq!(found, expected, "{counts:?}");
        }
        let (_, text) = code(&[1], 256).expect("too long");
        assert!(text.ends_with("is longer than 255 characters"), "{text}");
    }

    #[test]
    fn an_unknown_filter_is_refused() {
        let input = serde_json::json!({"Filters": [{"Name": "colour", "Values": ["red"]}]});
        let error = Filters::read(&input, &["image-id"], true).expect_err("unknown");
        assert_eq!(error.message, "The filter 'colour' is invalid");
    }
}
