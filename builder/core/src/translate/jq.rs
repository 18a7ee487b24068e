//! The few forms of jq programs that scripts edit the kubelet's configuration with: `.a.b = value`,
//! `. += {…}`, `. * {…}`, joined by `|`. Anything else is somebody's own program, and not understood.

use serde_json::{Map, Value};

use super::shell::UNKNOWN;

/// The fields that a program sets, as dotted paths; `None` if it does anything else.
pub(super) fn assignments(program: &str) -> Option<Vec<(String, Value)>> {
    if program.contains(UNKNOWN) {
        return None;
    }
    let mut found = Vec::new();
    for step in split(program) {
        found.extend(one(step.trim())?);
    }
    (!found.is_empty()).then_some(found)
}

fn one(step: &str) -> Option<Vec<(String, Value)>> {
    let step = match step.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?.trim(),
        None => step,
    };
    for merges in [". +=", ".+=", ". *=", ".*=", ". +", ". *"] {
        if let Some(object) = step.strip_prefix(merges) {
            let object = value(object.trim())?;
            let Value::Object(fields) = object else {
                return None;
            };
            return Some(fields.into_iter().collect());
        }
    }
    let (path, text) = step.split_once('=')?;
    let path = path.trim().strip_prefix('.')?;
    // `+=`, `|=`, `==` compute something.
    if path.ends_with(['+', '|', '-', '*', '/', '!', '<', '>']) || text.starts_with('=') {
        return None;
    }
    let keys: Option<Vec<&str>> = path.split('.').map(key).collect();
    Some(vec![(keys?.join("."), value(text.trim())?)])
}

/// A key of a path: bare, or in quotes. One with a dot in it would be two of ours.
fn key(text: &str) -> Option<&str> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let key = inner.unwrap_or(text);
    let plain = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
    (!key.is_empty() && key.chars().all(plain)).then_some(key)
}

/// JSON, where keys of objects may go without quotes.
fn value(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let fields = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut object = Map::new();
    for field in split_at(fields, ',') {
        let (name, inner) = field.split_once(':')?;
        object.insert(key(name.trim())?.to_owned(), value(inner.trim())?);
    }
    Some(Value::Object(object))
}

fn split(program: &str) -> Vec<&str> {
    split_at(program, '|')
}

/// The pieces between separators that stand in no quotes and no brackets.
fn split_at(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                pieces.push(text.get(start..at).unwrap_or(""));
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(text.get(start..).unwrap_or(""));
    pieces
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::assignments;

    #[test]
    fn what_a_program_sets() {
        let set = |path: &str, value| Some(vec![(path.to_owned(), value)]);
        let rows = [
            (".maxPods=58", set("maxPods", json!(58))),
            (".maxPods = 58 ", set("maxPods", json!(58))),
            ("(.registryPullQPS) = 5", None),
            (
                ". += {\"podPidsLimit\": 100}",
                set("podPidsLimit", json!(100)),
            ),
            (
                ". += {kubeReserved: {cpu: \"100m\"}}",
                set("kubeReserved", json!({"cpu": "100m"})),
            ),
            (
                ".evictionHard.\"memory\"=\"1Gi\"",
                set("evictionHard.memory", json!("1Gi")),
            ),
            (".a=\"x|y\"", set("a", json!("x|y"))),
            ("del(.a)", None),
            (".a += 1", None),
            (".a |= 2", None),
            (".a == 2", None),
            (".", None),
            (".a=$x", None),
        ];
        for (program, expected) in rows {
            assert_eq!(assignments(program), expected, "{program}");
        }
        let two = assignments(".a=1 | .b=[\"c\"]").expect("two");
        assert_eq!(
            two,
            [("a".to_owned(), json!(1)), ("b".to_owned(), json!(["c"]))]
        );
    }
}
