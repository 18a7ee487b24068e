//! How answers look: for people, for programs, for a pull request.

pub mod changes;
pub mod diff;
pub mod errors;
pub mod events;
pub mod explain;
pub mod history;
pub mod import;
pub mod json;
pub mod layout;
pub mod ledger;
pub mod markdown;
pub mod outdated;
pub mod plan_group;
pub mod plan_markdown;
#[cfg(test)]
mod plan_tests;
pub mod plan_text;
pub mod progress;
pub mod prune;
pub mod resolve;
pub mod set;
pub mod status;
pub mod table;
pub mod time;

/// A list that stays readable: the first few, and how many more. JSON has all of them.
pub fn few<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
