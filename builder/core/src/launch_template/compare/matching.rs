//! Which part of one document is which part of another.
//!
//! The same content first, in order and then wherever it went; of what is left, parts of one type: of one file name,
//! of similar content, and at last the only ones of their type.

use similar::{Algorithm, TextDiff, capture_diff_slices};

use super::super::user_data::DecodedPart;
use super::text;

/// A part before and after; one of the two is missing where it was added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub old: Option<usize>,
    pub new: Option<usize>,
    /// The content is the same. How it is packed is no content.
    pub same: bool,
    /// Others that both documents have are on its other side now.
    pub moved: bool,
}

/// Two texts that have less of their lines in common are two things.
const ALIKE: f32 = 0.4;
/// Up to so many parts, each that is left is compared with each.
const MOST_COMPARED: usize = 24;
/// More parts than anybody writes: what gzip makes of 16 KiB can be a million bytes. They go by their places.
const MOST_MATCHED: usize = 400;

pub(super) fn pairs(old: &[DecodedPart], new: &[DecodedPart]) -> Vec<Pair> {
    let mut matched = Matched::new(old, new);
    if old.len().max(new.len()) > MOST_MATCHED {
        let both = old.iter().zip(new).enumerate();
        matched.found = both
            .map(|(at, (old, new))| (at, at, content(old) == content(new)))
            .collect();
        return matched.finish();
    }
    matched.in_order();
    matched.anywhere(|old, new| content(old) == content(new), true);
    matched.anywhere(
        |old, new| of_one_type(old, new) && same_file(old, new),
        false,
    );
    matched.alike();
    matched.left_over();
    matched.finish()
}

fn content(part: &DecodedPart) -> (&str, &[u8]) {
    (part.effective_type(), &part.body)
}

fn of_one_type(old: &DecodedPart, new: &DecodedPart) -> bool {
    old.effective_type() == new.effective_type()
}

fn same_file(old: &DecodedPart, new: &DecodedPart) -> bool {
    let name = &old.wrapping.file_name;
    name.is_some() && *name == new.wrapping.file_name
}

struct Matched<'a> {
    old: &'a [DecodedPart],
    new: &'a [DecodedPart],
    /// (old, new, same)
    found: Vec<(usize, usize, bool)>,
}

impl<'a> Matched<'a> {
    fn new(old: &'a [DecodedPart], new: &'a [DecodedPart]) -> Self {
        let found = Vec::new();
        Self { old, new, found }
    }

    fn free_old(&self) -> Vec<(usize, &'a DecodedPart)> {
        let taken = |at: &usize| self.found.iter().any(|(old, ..)| old == at);
        let parts = self.old.iter().enumerate();
        parts.filter(|(at, _)| !taken(at)).collect()
    }

    fn free_new(&self) -> Vec<(usize, &'a DecodedPart)> {
        let taken = |at: &usize| self.found.iter().any(|(_, new, _)| new == at);
        let parts = self.new.iter().enumerate();
        parts.filter(|(at, _)| !taken(at)).collect()
    }

    /// The longest run of equal parts in both, so that one in the middle can go without moving the rest.
    fn in_order(&mut self) {
        let old: Vec<_> = self.old.iter().map(content).collect();
        let new: Vec<_> = self.new.iter().map(content).collect();
        for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
            let (tag, old, new) = op.as_tag_tuple();
            if tag == similar::DiffTag::Equal {
                let both = old.zip(new);
                self.found.extend(both.map(|(old, new)| (old, new, true)));
            }
        }
    }

    fn anywhere(&mut self, fits: impl Fn(&DecodedPart, &DecodedPart) -> bool, same: bool) {
        for (at, part) in self.free_new() {
            let mut candidates = self.free_old().into_iter();
            if let Some((from, _)) = candidates.find(|(_, old)| fits(old, part)) {
                self.found.push((from, at, same));
            }
        }
    }

    /// The most similar first, so that a script that was left alone is not taken for another's successor.
    fn alike(&mut self) {
        let (old, new) = (self.free_old(), self.free_new());
        if old.len() > MOST_COMPARED || new.len() > MOST_COMPARED {
            return;
        }
        let mut ranked = Vec::new();
        for (from, before) in &old {
            for (to, after) in new.iter().filter(|(_, part)| of_one_type(before, part)) {
                ranked.push((likeness(before, after), *from, *to));
            }
        }
        ranked.retain(|(likeness, ..)| *likeness >= ALIKE);
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, from, to) in ranked {
            let taken = |(old, new, _): &(usize, usize, bool)| *old == from || *new == to;
            if !self.found.iter().any(taken) {
                self.found.push((from, to, false));
            }
        }
    }

    /// As many of a type on both sides: each was written anew.
    fn left_over(&mut self) {
        let (old, new) = (self.free_old(), self.free_new());
        for (at, part) in &new {
            let like = |one: &&(usize, &DecodedPart)| of_one_type(one.1, part);
            let before: Vec<usize> = old.iter().filter(like).map(|(at, _)| *at).collect();
            let after: Vec<usize> = new.iter().filter(like).map(|(at, _)| *at).collect();
            let place = after.iter().position(|one| one == at);
            if let (true, Some(place)) = (before.len() == after.len(), place)
                && let Some(from) = before.get(place)
            {
                self.found.push((*from, *at, false));
            }
        }
    }

    fn finish(mut self) -> Vec<Pair> {
        self.found.sort_by_key(|(_, new, _)| *new);
        let steady = longest_increasing(self.found.iter().map(|(old, ..)| *old).collect());
        let removed = self.free_old().into_iter();
        let removed = removed.map(|(at, _)| alone(Some(at), None));
        let added = self.free_new().into_iter();
        let added = added.map(|(at, _)| alone(None, Some(at)));
        let both = self.found.iter().map(|(old, new, same)| Pair {
            old: Some(*old),
            new: Some(*new),
            same: *same,
            moved: !steady.contains(old),
        });
        both.chain(removed).chain(added).collect()
    }
}

fn alone(old: Option<usize>, new: Option<usize>) -> Pair {
    Pair {
        old,
        new,
        same: false,
        moved: false,
    }
}

fn likeness(old: &DecodedPart, new: &DecodedPart) -> f32 {
    match (text(old), text(new)) {
        (Some(old), Some(new)) => TextDiff::from_lines(old, new).ratio(),
        _ => 0.0,
    }
}

/// The longest increasing subsequence: what did not move.
fn longest_increasing(numbers: Vec<usize>) -> Vec<usize> {
    // For each place, the longest run that ends there.
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for number in numbers {
        let before = runs.iter().filter(|run| run.last() < Some(&number));
        let longest = before.max_by_key(|run| run.len());
        let mut run = longest.cloned().unwrap_or_default();
        run.push(number);
        runs.push(run);
    }
    let longest = runs.into_iter().rev().max_by_key(Vec::len);
    longest.unwrap_or_default()
}
