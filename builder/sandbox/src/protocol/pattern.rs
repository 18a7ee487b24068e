//! The patterns that the models give for inputs.
//!
//! They are few and simple, so each is a predicate here instead of a regular expression engine in the
//! binary; a test holds that no pattern of an input is missing.

/// Whether a text is of a pattern; `None` for a pattern that is not known here.
pub fn matches(pattern: &str, text: &str) -> Option<bool> {
    let check: fn(&str) -> bool = match pattern {
        r"[a-zA-Z0-9\(\)\.\-/_]+" => {
            |text| some(text, |c| c.is_ascii_alphanumeric() || "().-/_".contains(c))
        }
        r"[a-zA-Z0-9\.\*\-]+" => {
            |text| some(text, |c| c.is_ascii_alphanumeric() || ".*-".contains(c))
        }
        r"^([a-zA-Z0-9:/_-]+)$" => {
            |text| some(text, |c| c.is_ascii_alphanumeric() || ":/_-".contains(c))
        }
        r"tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType" => |text| {
            ["Name", "Type", "KeyId", "Path", "Label", "Tier", "DataType"].contains(&text)
                || text.strip_prefix("tag:").is_some_and(|key| !key.is_empty())
        },
        // letters, separators, numbers and some marks
        r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$" => |text| {
            text.chars()
                .all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
        },
        r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*" => |text| {
            all(text, |c| {
                c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c)
            })
        },
        r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+" => |text| {
            some(text, |c| {
                c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c)
            })
        },
        // those of STS
        r"[\w+=,.@-]*" => |text| all(text, |c| word(c) || "+=,.@-".contains(c)),
        r"[\w+=,.@:\/-]*" | r"[\w+=/:,.@-]*" => {
            |text| all(text, |c| word(c) || "+=,.@:/-".contains(c))
        }
        r"[\d]*" => |text| all(text, |c| c.is_ascii_digit()),
        r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+" => {
            |text| {
                some(text, |c| {
                    printable(c) && !matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}')
                })
            }
        }
        r"[\u0009\u000A\u000D\u0020-\u00FF]+" => {
            |text| some(text, |c| printable(c) && c <= '\u{ff}')
        }
        // what XML can carry, and tabs and line ends
        r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*" => {
            |text| text.chars().all(printable)
        }
        _ => return None,
    };
    Some(check(text))
}

/// What XML 1.0 can carry.
pub fn printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn all(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    text.chars().all(allowed)
}

fn some(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Service;
    use crate::model::Model;

    #[test]
    fn every_pattern_of_an_input_is_known() {
        for service in Service::ALL {
            let model = Model::of(service);
            let mut todo: Vec<&str> = model
                .operations
                .values()
                .filter_map(|op| op.input.as_deref())
                .collect();
            let mut seen = std::collections::BTreeSet::new();
            while let Some(name) = todo.pop() {
                if !seen.insert(name) {
                    continue;
                }
                let shape = model.shape(name);
                if let Some(pattern) = &shape.pattern {
                    assert!(
                        matches(pattern, "x").is_some(),
                        "{}: {name}: {pattern}",
                        service.name()
                    );
                }
                let members = shape
                    .members
                    .values()
                    .chain(&shape.member)
                    .chain(&shape.value);
                todo.extend(members.map(|member| member.shape.as_str()));
            }
        }
    }

    #[test]
    fn patterns_tell_texts_apart() {
        let names = r"[a-zA-Z0-9\(\)\.\-/_]+";
        assert_eq!(matches(names, "eks/demo_(1).x-y"), Some(true));
        assert_eq!(matches(names, "two words"), Some(false));
        assert_eq!(matches(names, ""), Some(false));
        assert_eq!(matches("no such pattern", "x"), None);
        let sessions = r"[\w+=,.@-]*";
        assert_eq!(matches(sessions, "i-0abc@ci.example,+=_-"), Some(true));
        assert_eq!(matches(sessions, "two words"), Some(false));
        assert_eq!(matches(sessions, "a/b"), Some(false));
    }
}
