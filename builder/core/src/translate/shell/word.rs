//! Words: quotes, escapes, variables, substitutions.

use super::{Scanner, UNKNOWN, Word};

impl Scanner<'_> {
    /// One word from here on; empty if none begins here.
    pub(super) fn read_word(&mut self) -> Word {
        let mut word = Word::default();
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => {
                    if !self.inside_word(next, &mut word) {
                        break;
                    }
                }
                '\'' => self.single_quoted(&mut word),
                '"' => self.double_quoted(&mut word),
                '\\' => self.escaped(&mut word),
                '$' => self.dollar(&mut word),
                '`' => self.backquoted(&mut word),
                other => {
                    self.at += other.len_utf8();
                    word.text.push(other);
                }
            }
        }
        word
    }

    /// What ends a word nearly everywhere, where it does not: `A=(…)`, `<(…)`, and operators in `[[ … ]]`.
    fn inside_word(&mut self, next: char, word: &mut Word) -> bool {
        let test = self.in_test();
        if next == '(' && word.text.ends_with('=') {
            self.at += 1;
            self.balanced('(', ')');
            word.text.push(UNKNOWN);
            true
        } else if self.rest().starts_with("<(") || self.rest().starts_with(">(") {
            self.at += 2;
            self.balanced('(', ')');
            word.text.push(UNKNOWN);
            true
        } else if test && !next.is_whitespace() {
            self.at += next.len_utf8();
            word.text.push(next);
            true
        } else {
            false
        }
    }

    fn single_quoted(&mut self, word: &mut Word) {
        self.at += 1;
        let rest = self.rest();
        let end = rest.find('\'').unwrap_or(rest.len());
        word.text.push_str(rest.get(..end).unwrap_or(""));
        self.at += (end + 1).min(rest.len());
    }

    fn double_quoted(&mut self, word: &mut Word) {
        self.at += 1;
        while let Some(next) = self.peek() {
            match next {
                '"' => {
                    self.at += 1;
                    return;
                }
                '$' => self.dollar(word),
                '`' => self.backquoted(word),
                '\\' => {
                    self.at += 1;
                    let Some(after) = self.peek() else { return };
                    self.at += after.len_utf8();
                    match after {
                        '\n' => {}
                        '"' | '\\' | '$' | '`' => word.text.push(after),
                        other => word.text.extend(['\\', other]),
                    }
                }
                other => {
                    self.at += other.len_utf8();
                    word.text.push(other);
                }
            }
        }
    }

    fn escaped(&mut self, word: &mut Word) {
        self.at += 1;
        if let Some(after) = self.peek() {
            self.at += after.len_utf8();
            if after != '\n' {
                word.text.push(after);
            }
        }
    }

    fn dollar(&mut self, word: &mut Word) {
        self.at += 1;
        if self.rest().starts_with("((") {
            self.at += 1;
            self.balanced('(', ')');
            word.text.push(UNKNOWN);
        } else if self.skip("(") {
            let inner = self.balanced('(', ')');
            word.inner.push(self.inside(&inner));
            word.text.push(UNKNOWN);
        } else if self.skip("{") {
            let inner = self.balanced('{', '}');
            self.variable(&inner, word);
        } else if self.rest().starts_with('\'') {
            // `$'…'`: its escapes are rare, and not worth a wrong guess.
            let mut quoted = Word::default();
            self.single_quoted(&mut quoted);
            match quoted.text.contains('\\') {
                true => word.text.push(UNKNOWN),
                false => word.text.push_str(&quoted.text),
            }
        } else {
            let name = |c: char| c == '_' || c.is_ascii_alphanumeric();
            let rest = self.rest();
            let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
            let one = rest.chars().next().filter(|c| "?@*#$!-".contains(*c));
            match one {
                Some(special) => {
                    self.at += special.len_utf8();
                    word.text.push(UNKNOWN);
                }
                None if end == 0 => word.text.push('$'),
                None => {
                    let name = rest.get(..end).unwrap_or("").to_owned();
                    self.at += end;
                    self.variable(&name, word);
                }
            }
        }
    }

    /// The value of a variable, if the script itself set it.
    fn variable(&mut self, name: &str, word: &mut Word) {
        let plain = name.split(":-").next().unwrap_or(name);
        match self.variables.get(plain) {
            Some(value) if !value.text.is_empty() => {
                word.text.push_str(&value.text);
                word.inner.extend(value.inner.iter().cloned());
            }
            Some(_) if plain == name => {}
            _ => word.text.push(UNKNOWN),
        }
    }

    fn backquoted(&mut self, word: &mut Word) {
        self.at += 1;
        let rest = self.rest();
        let end = rest.find('`').unwrap_or(rest.len());
        word.inner.push(self.inside(rest.get(..end).unwrap_or("")));
        word.text.push(UNKNOWN);
        self.at += (end + 1).min(rest.len());
    }

    /// The text up to the bracket that closes one already passed; quotes are passed over whole.
    fn balanced(&mut self, opens: char, closes: char) -> String {
        let start = self.at;
        let mut depth = 1;
        let mut ignored = Word::default();
        while let Some(next) = self.peek() {
            match next {
                '\'' if opens == '(' => self.single_quoted(&mut ignored),
                '"' => self.double_quoted(&mut ignored),
                '\\' => self.escaped(&mut ignored),
                other => {
                    self.at += other.len_utf8();
                    if other == opens {
                        depth += 1;
                    } else if other == closes {
                        depth -= 1;
                        if depth == 0 {
                            break;
                        }
                    }
                }
            }
        }
        let end = self.at - usize::from(depth == 0);
        self.text
            .get(start..end.max(start))
            .unwrap_or("")
            .to_owned()
    }
}
