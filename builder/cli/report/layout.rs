//! Lines of text answers: indented, broken where a terminal is narrow, and with nothing in them that a terminal obeys.

use std::fmt::Write as _;

/// Columns that prose is broken at on a wide terminal: longer lines are hard to read.
const WIDEST: usize = 100;
/// A narrower terminal breaks the lines itself.
const NARROWEST: usize = 40;

/// How wide a text answer may be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout {
    /// None in a pipe or a file: no line is broken, so that they can be searched.
    width: Option<usize>,
}

impl Layout {
    /// `columns`: of the terminal; none: there is none.
    pub fn new(columns: Option<usize>) -> Self {
        let width = columns.map(|columns| columns.clamp(NARROWEST, WIDEST));
        Self { width }
    }

    /// Adds a line, indented by `indent` steps of two columns. Where it is broken, what follows stands two columns
    /// further right.
    pub fn line(self, text: &mut String, indent: usize, what: &str) {
        self.hanging(text, indent, 2, what);
    }

    /// The same, and what follows a break stands `hang` columns further right.
    pub fn hanging(self, text: &mut String, indent: usize, hang: usize, what: &str) {
        let start = indent * 2;
        // Writing to a String cannot fail.
        let _ = write!(text, "{:start$}", "");
        let Some(width) = self.width.filter(|width| start + visible(what) > *width) else {
            let _ = writeln!(text, "{what}");
            return;
        };
        // A name column that leaves no room for what it names is given up.
        let hang = if start + hang > width / 2 { 2 } else { hang };
        let mut column = start;
        let mut fresh = true;
        for word in words(what) {
            let long = visible(word.trim_end_matches(' '));
            if column + long > width && !fresh {
                text.truncate(text.trim_end_matches(' ').len());
                let _ = write!(text, "\n{:1$}", "", start + hang);
                column = start + hang;
            }
            text.push_str(word);
            column += visible(word);
            fresh = false;
        }
        text.push('\n');
    }

    /// The longest line of code that is shown whole.
    pub fn code(self) -> usize {
        const IN_A_FILE: usize = 160;
        self.width.unwrap_or(IN_A_FILE).max(60)
    }
}

/// Pieces that end with their blanks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // Blanks before the first word belong to it.
        let begins = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[begins..]
            .find(' ')
            .map_or(rest.len(), |at| begins + at);
        let blanks = rest[end..].len() - rest[end..].trim_start_matches(' ').len();
        let (word, after) = rest.split_at(end + blanks);
        rest = after;
        Some(word)
    })
}

/// Columns that a text takes, its colours left out.
fn visible(text: &str) -> usize {
    let mut columns = 0;
    let mut escape = false;
    for character in text.chars() {
        match (escape, character) {
            (false, '\u{1b}') => escape = true,
            (true, 'm') => escape = false,
            (true, _) => {}
            (false, _) => columns += 1,
        }
    }
    columns
}

/// A line of somebody's file, without what a terminal would obey, and without its middle if it is as long as a
/// certificate.
pub fn harmless(line: &str, longest: usize) -> String {
    let plain: Vec<char> = line
        .chars()
        .flat_map(|character| match character {
            '\t' => vec![' '; 4],
            _ if character.is_control() => character.escape_default().collect(),
            _ => vec![character],
        })
        .collect();
    if plain.len() <= longest {
        return String::from_iter(plain);
    }
    let side = longest.saturating_sub(22) / 2;
    let (head, tail) = (&plain[..side], &plain[plain.len() - side..]);
    format!(
        "{} …{} characters… {}",
        String::from_iter(head),
        plain.len() - 2 * side,
        String::from_iter(tail)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(columns: Option<usize>, hang: usize, what: &str) -> String {
        let mut text = String::new();
        Layout::new(columns).hanging(&mut text, 1, hang, what);
        text
    }

    #[test]
    fn lines_are_broken_at_blanks_on_a_terminal_alone() {
        let words = "one two three four five six seven eight nine ten";
        assert_eq!(broken(None, 2, words), format!("  {words}\n"));
        assert_eq!(broken(Some(100), 2, words), format!("  {words}\n"));
        assert_eq!(
            broken(Some(40), 4, words),
            "  one two three four five six seven\n      eight nine ten\n"
        );
        let long = "x".repeat(60);
        assert_eq!(broken(Some(40), 2, &long), format!("  {long}\n"));
        assert_eq!(
            broken(Some(40), 2, &format!("a {long} b")),
            format!("  a\n    {long}\n    b\n")
        );
    }

    #[test]
    fn colours_take_no_columns() {
        let words = "\u{1b}[31mone two three\u{1b}[0m four five six seven";
        assert_eq!(broken(Some(40), 2, words), format!("  {words}\n"));
    }

    #[test]
    fn what_a_terminal_obeys_is_shown_and_not_sent() {
        assert_eq!(harmless("a\u{1b}[31mb\tc", 80), "a\\u{1b}[31mb    c");
        let long = harmless(&"x".repeat(500), 60);
        assert!(long.chars().count() <= 60, "{long}");
        assert!(long.contains("…462 characters…"), "{long}");
    }
}
