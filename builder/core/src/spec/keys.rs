//! Keys of a YAML mapping: text alone, and `<<`, which brings in the entries of other mappings.

use super::SpecPath;
use super::problem::Problem;
use super::tree::{Entry, Kind, Node, Spot};

pub(super) fn key_of(node: Node, path: &SpecPath) -> Result<(String, Spot), Problem> {
    match node.kind {
        Kind::Scalar { value, .. } => Ok((value, node.spot)),
        _ => Err(problem_at(
            path,
            node.spot,
            "a key must be plain text",
            None,
        )),
    }
}

/// What `<<: *a` or `<<: [*a, *b]` brings in; the first mapping of a list wins, as in YAML 1.1's merge type.
pub(super) fn merge_entries(
    node: Node,
    key_spot: &Spot,
    path: &SpecPath,
) -> Result<Vec<Entry>, Problem> {
    let mappings = match node.kind {
        Kind::Map { entries, .. } => vec![entries],
        Kind::Seq { items }
            if items
                .iter()
                .all(|item| matches!(item.kind, Kind::Map { .. })) =>
        {
            items
                .into_iter()
                .filter_map(|item| match item.kind {
                    Kind::Map { entries, .. } => Some(entries),
                    _ => None,
                })
                .collect()
        }
        _ => {
            let hint = Some("write `<<: *anchor`");
            return Err(problem_at(
                &path.key("<<"),
                key_spot.clone(),
                "`<<` merges mappings only",
                hint,
            ));
        }
    };
    let mut merged: Vec<Entry> = Vec::new();
    for mut entry in mappings.into_iter().flatten() {
        if !merged.iter().any(|known| known.key == entry.key) {
            entry.value.shared = true;
            merged.push(entry);
        }
    }
    Ok(merged)
}

pub(super) fn problem_at(
    path: &SpecPath,
    spot: Spot,
    message: &str,
    hint: Option<&str>,
) -> Problem {
    Problem {
        path: path.to_string(),
        line: spot.line,
        column: spot.column,
        span: spot.span,
        message: message.to_owned(),
        hint: hint.map(str::to_owned),
    }
}
