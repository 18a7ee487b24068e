//! Pieces of Markdown that no value can break out of, and a page that stays below GitHub's limit.

/// GitHub refuses a comment of more than 65,536 characters. Bytes are counted, which are never fewer.
const LIMIT: usize = 65_000;

/// A comment that takes pieces as long as there is room.
pub struct Page {
    text: String,
    /// bytes that its end takes
    reserved: usize,
}

impl Page {
    /// `reserved`: bytes for what is added by [`Page::end`].
    pub fn new(reserved: usize) -> Self {
        let text = String::new();
        Self { text, reserved }
    }

    /// Adds a piece, unless the page would be longer than `most` bytes, or than GitHub takes.
    pub fn add(&mut self, piece: &str, most: usize) -> bool {
        let room = most.min(LIMIT - self.reserved);
        let fits = self.text.len() + piece.len() <= room;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds a piece whatever room there is: one that is short by itself.
    pub fn must(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    pub fn end(mut self, piece: &str) -> String {
        self.text.push_str(piece);
        self.text
    }
}

/// A table cell with code in it.
pub fn cell(value: Option<&str>) -> String {
    value.map(code).unwrap_or_default()
}

/// Code in a line or in a table cell.
pub fn code(value: &str) -> String {
    const LONGEST: usize = 400;
    let escaped = super::layout::harmless(value, LONGEST)
        .replace('`', "'")
        .replace('|', "\\|");
    match escaped.is_empty() {
        true => "`\"\"`".to_owned(),
        false => format!("`{escaped}`"),
    }
}

/// Words of ours or of AWS in a line: no HTML, no table, no mention of anybody.
pub fn prose(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ");
    // Code stays code.
    escaped.replace('@', "&#64;")
}

/// A block of code in a fence that is longer than any in it.
pub fn block(language: &str, text: &str) -> String {
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// A part that opens at a click.
pub fn details(summary: &str, body: &str) -> String {
    format!(
        "\n<details><summary>{summary}</summary>\n\n{}\n\n</details>\n",
        body.trim()
    )
}

/// Text in HTML, for a summary.
pub fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "&#64;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out() {
        assert_eq!(cell(Some("a|b`c\nd")), "`a\\|b'c\\nd`");
        assert_eq!(cell(Some("")), "`\"\"`");
        assert_eq!(cell(None), "");
        assert_eq!(prose("a <b> | @c\nd & e"), "a &lt;b> \\| &#64;c d &amp; e");
        assert_eq!(block("diff", "x ```` y"), "`````diff\nx ```` y\n`````\n");
        assert_eq!(block("", "plain\n"), "```\nplain\n```\n");
        assert_eq!(html("<a & b>"), "&lt;a &amp; b&gt;");
    }

    #[test]
    fn a_page_takes_what_fits() {
        let mut page = Page::new(1000);
        assert!(page.add("a", LIMIT));
        assert!(!page.add("bb", 2));
        assert!(!page.add(&"x".repeat(LIMIT - 1000), LIMIT));
        assert!(page.add(&"x".repeat(LIMIT - 1001), LIMIT));
        assert_eq!(page.end(&"y".repeat(1000)).len(), LIMIT);
    }
}
