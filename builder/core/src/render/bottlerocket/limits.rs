//! What EKS's own reader of TOML takes, where it merges its settings in: less than TOML.
//!
//! EKS user guide, "Customize managed nodes with launch templates": no quotes inside of quoted keys, no escaped
//! quotes in values, no arrays of mixed types (integers and floats among them), no quoted keys in table headers. A
//! document is written anew here, so that only what it says can break these rules, not how it was written.

use toml::{Table, Value};

use super::super::{Boot, Problems};
use super::owned::place;

/// Everything in a document that EKS could not read.
pub(super) fn check(boot: &Boot<'_>, origin: &str, document: &Table, problems: &mut Problems) {
    let mut found = Vec::new();
    table(document, &mut Vec::new(), &mut found);
    for (path, what) in found {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        problems.spec(
            place(boot, origin, &path),
            format!("Bottlerocket's `{}` {}", path.join("."), what.message()),
            what.hint(),
        );
    }
}

#[derive(Clone, Copy)]
enum Limit {
    Key,
    Header,
    Text,
    Mixed,
}

impl Limit {
    fn message(self) -> &'static str {
        match self {
            Limit::Key => "has quotes, backslashes or control characters in its name",
            Limit::Header => "is a table whose name needs quotes",
            Limit::Text => "has quotes, backslashes or control characters",
            Limit::Mixed => "is a list of values of different types",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Limit::Key | Limit::Text => "take them out: EKS's reader of TOML knows no escapes",
            Limit::Header => {
                "use letters, digits, `-` and `_`: EKS's reader of TOML takes no quoted names of tables"
            }
            Limit::Mixed => "write all as one type: EKS's reader of TOML takes no mixed lists",
        }
    }
}

type Found = Vec<(Vec<String>, Limit)>;

fn table(document: &Table, at: &mut Vec<String>, found: &mut Found) {
    for (key, one) in document {
        at.push(key.clone());
        if !plain(key) {
            found.push((at.clone(), Limit::Key));
        } else if one.is_table() && !bare(key) {
            found.push((at.clone(), Limit::Header));
        }
        value(one, at, found);
        at.pop();
    }
}

fn value(one: &Value, at: &mut Vec<String>, found: &mut Found) {
    match one {
        Value::String(text) if !plain(text) => found.push((at.clone(), Limit::Text)),
        Value::Array(items) => {
            if items.windows(2).any(|pair| !pair[0].same_type(&pair[1])) {
                found.push((at.clone(), Limit::Mixed));
            }
            for item in items {
                value(item, at, found);
            }
        }
        Value::Table(inner) => table(inner, at, found),
        _ => {}
    }
}

fn plain(text: &str) -> bool {
    !text.contains(|one: char| one.is_control() || "'\"\\".contains(one))
}

fn bare(key: &str) -> bool {
    let letter = |one: u8| one.is_ascii_alphanumeric() || one == b'-' || one == b'_';
    !key.is_empty() && key.bytes().all(letter)
}
