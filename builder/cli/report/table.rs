//! Tables: aligned columns for people, Markdown where asked for.

use comfy_table::{ContentArrangement, Table, presets};

use crate::args::Output;
use crate::console::{DIM, paint};

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower than this: what is left of a name must still say which one it is.
const NARROWEST: usize = 12;

/// A table that ends with a line break.
pub fn table(
    output: Output,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Disabled);
    match output {
        Output::Markdown => table.load_style(presets::ASCII_MARKDOWN),
        Output::Text | Output::Json => table.load_style(presets::NOTHING),
    };
    table.set_header(header.iter().map(|name| name.to_string()));
    for row in rows {
        table.add_row(row);
    }
    if output != Output::Markdown {
        // Columns begin at the left edge and are two spaces apart.
        for column in table.column_iter_mut() {
            column.set_padding((0, GAP as u16));
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// How a table is made to fit a terminal. In a pipe (no width) and in Markdown everything is told whole.
pub struct Fit<'a> {
    pub output: Output,
    /// of the terminal
    pub width: Option<usize>,
    /// Columns whose longest values lose their middle.
    pub names: &'a [usize],
    /// Columns that are left out if that is not enough, one after the other.
    pub spare: &'a [usize],
}

impl Fit<'_> {
    pub fn table(&self, header: &[&str], mut rows: Vec<Vec<String>>) -> String {
        let limit = match (self.output, self.width) {
            (Output::Text, Some(limit)) => limit,
            _ => return table(self.output, header, rows),
        };
        let most = self.spare.len();
        let shown = (0..=most).map(|out| self.without(out, header.len()));
        let widths = |columns: &Vec<usize>| self.widths(limit, header, &rows, columns);
        let mut layouts = shown.map(|columns| (widths(&columns), columns));
        let fits = |widths: &[usize]| total(widths) <= limit;
        let mut last = (Vec::new(), Vec::new());
        for layout in layouts.by_ref() {
            last = layout;
            if fits(&last.0) {
                break;
            }
        }
        let (widths, columns) = last;
        for row in &mut rows {
            let cells = columns.iter().zip(&widths).filter_map(|(at, width)| {
                let cell = row.get(*at)?;
                match self.names.contains(at) {
                    true => Some(without_middle(cell, *width)),
                    false => Some(cell.clone()),
                }
            });
            *row = cells.collect();
        }
        let names: Vec<&str> = columns
            .iter()
            .filter_map(|at| header.get(*at).copied())
            .collect();
        let mut text = table(self.output, &names, rows);
        let hidden = header.iter().filter(|name| !names.contains(name));
        let hidden: Vec<&str> = hidden.copied().collect();
        if !hidden.is_empty() {
            let line = format!("not shown at this width: {}", hidden.join(", "));
            text.push_str(&format!("{}\n", paint(DIM, line)));
        }
        text
    }

    /// The columns that stay when the first so many of `spare` are left out.
    fn without(&self, out: usize, columns: usize) -> Vec<usize> {
        let out = self.spare.get(..out).unwrap_or(self.spare);
        (0..columns).filter(|at| !out.contains(at)).collect()
    }

    /// The width of each column, the names no wider than they must be.
    fn widths(
        &self,
        limit: usize,
        header: &[&str],
        rows: &[Vec<String>],
        columns: &[usize],
    ) -> Vec<usize> {
        let characters = |text: &str| text.chars().count();
        let widest = |at: &usize| {
            let cells = rows.iter().filter_map(|row| row.get(*at));
            let name = header.get(*at).map_or(0, |name| characters(name));
            cells.map(|cell| characters(cell)).fold(name, usize::max)
        };
        let mut widths: Vec<usize> = columns.iter().map(widest).collect();
        while total(&widths) > limit {
            let named = (0..columns.len()).filter(|at| self.names.contains(&columns[*at]));
            match named.max_by_key(|at| widths[*at]) {
                Some(at) if widths[at] > NARROWEST => widths[at] -= 1,
                _ => break,
            }
        }
        widths
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// `amazon-eks-n…-v20261012`: the end of a name says more than its middle.
fn without_middle(text: &str, width: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let head = kept / 2;
    let tail = characters.len() - (kept - head);
    let (head, tail) = (&characters[..head], &characters[tail..]);
    format!("{}…{}", String::from_iter(head), String::from_iter(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 4] = ["NODE GROUP", "STATUS", "TYPE", "IMAGE"];
    const ROW: [&str; 4] = [
        "eksworkshop-production/mng-1",
        "ACTIVE",
        "m5.large",
        "golden-eks-node-1.34-v20261012",
    ];

    fn fit(output: Output, width: Option<usize>) -> String {
        let fit = Fit {
            output,
            width,
            names: &[0, 3],
            spare: &[2],
        };
        fit.table(&HEADER, vec![ROW.map(str::to_owned).to_vec()])
    }

    #[test]
    fn everything_is_told_whole_where_there_is_room() {
        for width in [None, Some(78)] {
            let text = fit(Output::Text, width);
            assert!(text.contains(&ROW.join("  ")), "{width:?}: {text}");
        }
        assert!(fit(Output::Markdown, Some(40)).contains(ROW[3]));
    }

    #[test]
    fn names_lose_their_middle_and_then_columns_go() {
        // (width, the longest line, whether TYPE is shown)
        for (width, longest, shown) in [
            (77, 77, true),
            (44, 44, true),
            (43, 43, false),
            (34, 34, false),
            (9, 34, false),
        ] {
            let text = fit(Output::Text, Some(width));
            let table = text.lines().take(2);
            let widest = table.map(|line| line.chars().count()).max();
            assert_eq!(widest, Some(longest), "{width}: {text}");
            assert_eq!(text.contains("m5.large"), shown, "{width}: {text}");
            assert_eq!(
                text.contains("not shown at this width: TYPE"),
                !shown,
                "{text}"
            );
            assert!(text.contains("ACTIVE") && text.contains("261012"), "{text}");
        }
    }
}
