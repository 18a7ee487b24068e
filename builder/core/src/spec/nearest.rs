//! The nearest known name to one that is unknown, for hints.

/// The known name that `given` most likely means, if any is near enough.
///
/// Case, `-` and `_` do not count, so that `instance_type` finds `instanceType`.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = simple(given);
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&wanted, &simple(name)),
                strsim::damerau_levenshtein(given, name),
                name,
            )
        })
        // A third of the letters wrong is a typo; more is another word.
        .filter(|(distance, _, _)| *distance * 3 <= wanted.chars().count().max(3))
        .min()
        .map(|(_, _, name)| name)
}

/// "did you mean `x`?", or the known names when none is near and they are few.
pub fn hint(given: &str, known: &[&str]) -> Option<String> {
    /// More names than this are no help on one line.
    const MOST_LISTED: usize = 12;
    if let Some(name) = nearest(given, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    match known {
        [] => None,
        names if names.len() > MOST_LISTED => None,
        [only] => Some(format!("known here: `{only}`")),
        names => {
            let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known here: {}", list.join(", ")))
        }
    }
}

fn simple(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_finds_its_name_and_another_word_does_not() {
        let known = ["instanceType", "keyName", "ami"];
        assert_eq!(nearest("instance_type", known), Some("instanceType"));
        assert_eq!(nearest("instnaceTyp", known), Some("instanceType"));
        assert_eq!(nearest("amy", known), Some("ami"));
        assert_eq!(nearest("volumes", known), None);
    }
}
