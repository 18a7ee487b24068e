//! Tables: aligned columns for people, Markdown where asked for.

use comfy_table::{ContentArrangement, Table, presets};

use crate::args::Output;

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
            column.set_padding((0, 2));
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
