//! The dotted parameters of the query protocols (`Filter.1.Name=x`) as a tree.

use std::collections::BTreeMap;

/// More levels than any AWS input has, and few enough that recursion is safe.
const MAX_DEPTH: usize = 24;

#[derive(Debug, Default, PartialEq)]
pub struct Node {
    pub value: Option<String>,
    pub children: BTreeMap<String, Node>,
}

/// A parameter that is given twice, or nested deeper than anything that exists.
#[derive(Debug, PartialEq)]
pub struct Malformed(pub String);

impl Node {
    pub fn insert(&mut self, name: &str, value: String) -> Result<(), Malformed> {
        if name.split('.').count() > MAX_DEPTH {
            return Err(Malformed(name.to_owned()));
        }
        let mut node = self;
        for part in name.split('.') {
            node = node.children.entry(part.to_owned()).or_default();
        }
        if node.value.is_some() {
            return Err(Malformed(name.to_owned()));
        }
        node.value = Some(value);
        Ok(())
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        self.children.remove(name).and_then(|node| node.value)
    }

    /// The children of a list, by their number. A child whose name is no number is the error.
    pub fn numbered(&self) -> Result<Vec<(u32, &Node)>, &str> {
        let mut items = Vec::with_capacity(self.children.len());
        for (name, node) in &self.children {
            match name.parse::<u32>() {
                Ok(number) if number > 0 => items.push((number, node)),
                _ => return Err(name),
            }
        }
        items.sort_by_key(|(number, _)| *number);
        Ok(items)
    }
}
