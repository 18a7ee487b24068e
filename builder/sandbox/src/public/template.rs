//! Templates with words in braces.

/// Puts words in. An unknown word is the error; a brace that never closes is one, too.
pub(super) fn fill<'w>(
    template: &str,
    word: impl Fn(&str) -> Option<&'w str>,
) -> Result<String, String> {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, behind) = after.split_once('}').ok_or_else(|| after.to_owned())?;
        filled.push_str(word(name).ok_or_else(|| name.to_owned())?);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}
