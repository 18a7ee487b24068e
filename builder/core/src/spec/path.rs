//! Paths into a spec: `nodeGroups[0].launchTemplate`, `launchTemplates[0].tags["team.name"]`.

use std::fmt;

/// One step of a [`SpecPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Where a value stands in a spec; the empty path is the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpecPath(Vec<Step>);

impl SpecPath {
    /// The path of a value under this one, by key.
    pub fn key(&self, key: &str) -> SpecPath {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        SpecPath(steps)
    }

    /// The path of a value under this one, by its index in a list.
    pub fn index(&self, index: usize) -> SpecPath {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        SpecPath(steps)
    }

    /// The path without its last step; `None` for the whole file.
    pub fn parent(&self) -> Option<SpecPath> {
        let (_, rest) = self.0.split_last()?;
        Some(SpecPath(rest.to_vec()))
    }

    pub fn last(&self) -> Option<&Step> {
        self.0.last()
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The last key; empty when the path ends in an index or is empty.
    pub fn last_key(&self) -> &str {
        match self.0.last() {
            Some(Step::Key(key)) => key,
            _ => "",
        }
    }

    /// Reads what [`fmt::Display`] writes. `None` if it is no path.
    pub fn parse(text: &str) -> Option<SpecPath> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
                bracket(inner)?
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) if !steps.is_empty() => name,
                    None if steps.is_empty() => rest,
                    _ => return None,
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (key, after) = name.split_at(end);
                if key.is_empty() {
                    return None;
                }
                (Step::Key(key.to_owned()), after)
            };
            steps.push(step);
            rest = after;
        }
        Some(SpecPath(steps))
    }
}

/// `3]…` or `"a.b"]…`, after the opening bracket.
fn bracket(inner: &str) -> Option<(Step, &str)> {
    if inner.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let key = stream.next()?.ok()?;
        let after = inner.get(stream.byte_offset()..)?.strip_prefix(']')?;
        return Some((Step::Key(key), after));
    }
    let (digits, after) = inner.split_once(']')?;
    Some((Step::Index(digits.parse().ok()?), after))
}

/// A key that needs no quotes in a path.
fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | ':'))
}

impl fmt::Display for SpecPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if is_bare(key) && position == 0 => f.write_str(key)?,
                Step::Key(key) if is_bare(key) => write!(f, ".{key}")?,
                // JSON's quoting: what `parse` reads back.
                Step::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let path = SpecPath::default()
            .key("a")
            .index(3)
            .key("b.c/\"d\"")
            .key("e");
        assert_eq!(path.to_string(), r#"a[3]["b.c/\"d\""].e"#);
        assert_eq!(SpecPath::parse(&path.to_string()), Some(path));
        assert_eq!(SpecPath::parse(""), Some(SpecPath::default()));
        for bad in [".", "a.", "a[", "a[x]", "a..b", ".a", "a[\"b]"] {
            assert_eq!(SpecPath::parse(bad), None, "{bad}");
        }
    }
}
