//! Where a name stands in a template's text. handlebars tells the place of each `{{…}}` alone, and of the
//! branches of an `{{else if …}}` not even that.

/// A place to look from, and what for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// from 1
    pub line: usize,
    /// from 1, in characters
    pub column: usize,
    /// Look in `{{else …}}` alone.
    pub chained: bool,
}

impl Place {
    /// The line and column of a name, the first of its kind in a tag at or behind this place; this place if
    /// there is none.
    pub fn of(self, text: &str, name: &str) -> (usize, usize) {
        let here = (self.line, self.column);
        let mut rest = offset(text, here).unwrap_or(0);
        while let Some((start, end)) = next_tag(text, rest) {
            let tag = text.get(start..end).unwrap_or_default();
            let inner = tag.trim_start_matches(['{', '~']).trim_start();
            let is_else = inner.starts_with("else") || inner.starts_with('^');
            let found = if self.chained && !is_else {
                None
            } else {
                word(tag, name)
            };
            if let Some(at) = found {
                return line_and_column(text, start + at);
            }
            rest = end.max(start + 2);
        }
        here
    }
}

fn next_tag(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + text.get(from..)?.find("{{")?;
    let end = text
        .get(start..)?
        .find("}}")
        .map_or(text.len(), |at| start + at + 2);
    Some((start, end))
}

/// Where `name` stands by itself, and not as a part of a longer one.
fn word(tag: &str, name: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || "._-/@".contains(c);
    let mut matches = tag.match_indices(name);
    let found = matches.find(|(at, _)| {
        let before = tag.get(..*at).and_then(|text| text.chars().next_back());
        let after = tag
            .get(at + name.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    });
    found.map(|(at, _)| at)
}

fn offset(text: &str, (line, column): (usize, usize)) -> Option<usize> {
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(line.checked_sub(1)?)?;
    let mut characters = text.get(start..)?.char_indices();
    let (at, _) = characters.nth(column.checked_sub(1)?)?;
    Some(start + at)
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}
