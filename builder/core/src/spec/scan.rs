//! From saphyr's marks (characters) to byte offsets, and the exact ends of what it marks loosely.

use std::ops::Range;

use saphyr_parser::{ScalarStyle, ScanError, Span};

use super::problem::Problem;
use super::tree::{Kind, Node, Spot, style};

const BOM: &str = "\u{feff}";

/// A text, with the byte offset of each of its characters.
pub(crate) struct Source<'a> {
    text: &'a str,
    /// Bytes before `text`: a byte order mark, which editors on Windows write.
    skipped: usize,
    /// The byte offset of each character; none if all are ASCII.
    offsets: Option<Vec<usize>>,
    /// Where each line begins in `text`.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(whole: &'a str) -> Self {
        let text = whole.strip_prefix(BOM).unwrap_or(whole);
        let offsets = (!text.is_ascii()).then(|| {
            let starts = text.char_indices().map(|(at, _)| at);
            starts.chain([text.len()]).collect()
        });
        Source {
            text,
            skipped: whole.len() - text.len(),
            offsets,
            lines: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
        }
    }

    /// A spot from its bytes in the whole text. Lines are ours and not saphyr's, which counts one too many at
    /// the end of a text.
    fn locate(&self, span: Range<usize>) -> Spot {
        let at = span.start.saturating_sub(self.skipped);
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self
            .text
            .get(start..at)
            .map_or(1, |before| before.chars().count() + 1);
        Spot { span, line, column }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The byte offset in the whole text of a character index.
    pub fn byte(&self, index: usize) -> usize {
        self.skipped + self.local(index)
    }

    fn local(&self, index: usize) -> usize {
        match &self.offsets {
            None => index.min(self.text.len()),
            Some(offsets) => offsets.get(index).copied().unwrap_or(self.text.len()),
        }
    }

    pub fn spot(&self, span: &Span) -> Spot {
        let start = self.byte(span.start.index());
        self.locate(start..self.byte(span.end.index()).max(start))
    }

    /// The start of a collection, without its anchor; whether it had one; whether it is in flow style.
    pub fn opening(&self, span: &Span) -> (Spot, bool, bool) {
        let mut spot = self.spot(span);
        let shared = self.skip_properties(&mut spot);
        let flow = self.after(spot.span.start).starts_with(['{', '[']);
        spot.span.end = spot.span.start;
        (spot, shared, flow)
    }

    pub fn scalar(
        &self,
        value: &str,
        scalar_style: ScalarStyle,
        shared: bool,
        forced_text: bool,
        span: &Span,
    ) -> Node {
        let mut spot = self.spot(span);
        self.skip_properties(&mut spot);
        // The place of `key:` with nothing after it is before the colon, for saphyr.
        if spot.span.is_empty() && self.after(spot.span.start).starts_with(':') {
            spot = self.locate(spot.span.start + 1..spot.span.end + 1);
        }
        let inside = self.between(&spot);
        match scalar_style {
            // saphyr's span of a quoted scalar runs on to the end of the line, comment included.
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                spot.span.end = spot.span.start + quoted_length(inside);
            }
            _ => spot.span.end = spot.span.start + inside.trim_end().len(),
        }
        Node {
            spot,
            kind: Kind::Scalar {
                value: value.to_owned(),
                style: style(scalar_style, forced_text),
            },
            shared,
        }
    }

    pub fn not_yaml(&self, error: &ScanError) -> Problem {
        let at = self.byte(error.marker().index());
        let spot = self.locate(at..at);
        let hint = error
            .info()
            .contains("tab")
            .then(|| "indent with spaces".to_owned());
        Problem {
            path: String::new(),
            line: spot.line,
            column: spot.column,
            span: spot.span,
            message: format!("not YAML: {}", error.info()),
            hint,
        }
    }

    /// Moves the start of a spot past `&anchor` and `!tag`. True if there were any.
    fn skip_properties(&self, spot: &mut Spot) -> bool {
        let mut found = false;
        while self.between(spot).starts_with(['&', '!']) {
            found = true;
            let inside = self.between(spot);
            let word = inside.find(char::is_whitespace).unwrap_or(inside.len());
            let rest = inside.get(word..).unwrap_or("");
            let skip = word + (rest.len() - rest.trim_start().len());
            *spot = self.locate(spot.span.start + skip..spot.span.end);
        }
        found
    }

    fn between(&self, spot: &Spot) -> &'a str {
        let range = spot.span.start - self.skipped..spot.span.end - self.skipped;
        self.text.get(range).unwrap_or("")
    }

    fn after(&self, start: usize) -> &'a str {
        self.text.get(start - self.skipped..).unwrap_or("")
    }
}

/// The length of the quoted scalar at the beginning of `text`, quotes included.
fn quoted_length(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, quote)) = chars.next() else {
        return 0;
    };
    let mut chars = chars.peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => {
                chars.next();
            }
            '\'' if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}
