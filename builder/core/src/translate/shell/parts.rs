//! What a command has besides its words: redirections, here-documents, assignments, and the reserved words
//! around it.

use super::{Open, Pending, Redirect, Scanner, UNKNOWN, Word, unknown};

impl Scanner<'_> {
    /// Whether a word at the place of a command is a reserved one; it opens or closes what it does.
    pub(super) fn reserved(&mut self, raw: &str) -> bool {
        match raw {
            "if" | "while" | "until" | "{" => self.open.push(Open::Word),
            "case" => {
                self.open.push(Open::Case(true));
                self.until(" in");
            }
            "for" | "select" => {
                self.open.push(Open::Word);
                let name = self.rest().split_whitespace().next().unwrap_or_default();
                self.variables.insert(name.to_owned(), unknown());
                self.until_end();
            }
            "function" => {
                let end = self.rest().find(['{', '(', '\n']).unwrap_or(0);
                self.at += end;
            }
            "fi" | "done" | "esac" | "}" => {
                self.open.pop();
                // What follows (`done < file`, `} | tee`) belongs to it.
                self.joined = true;
            }
            "then" | "do" | "else" | "elif" | "!" | "time" => {}
            _ => return false,
        }
        true
    }

    fn until(&mut self, end: &str) {
        let rest = self.rest();
        self.at += rest.find(end).map_or(rest.len(), |at| at + end.len());
    }

    fn until_end(&mut self) {
        let rest = self.rest();
        self.at += rest.find([';', '\n']).unwrap_or(rest.len());
    }

    /// `NAME=value` and `NAME+=value`, told by the raw text: a quoted `=` assigns nothing.
    pub(super) fn assignment(&self, raw: &str, word: &Word) -> Option<(String, Word)> {
        let (name, _) = raw.split_once('=')?;
        let (name, appends) = match name.strip_suffix('+') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let identifier = name
            .chars()
            .enumerate()
            .all(|(at, c)| c == '_' || c.is_ascii_alphabetic() || at > 0 && c.is_ascii_digit());
        if name.is_empty() || !identifier {
            return None;
        }
        let (_, value) = word.text.split_once('=')?;
        let mut text = value.to_owned();
        if appends {
            let before = self.variables.get(name);
            text.insert_str(
                0,
                &before.map_or(UNKNOWN.to_string(), |word| word.text.clone()),
            );
        }
        let (inner, line) = (word.inner.clone(), word.line);
        Some((name.to_owned(), Word { text, inner, line }))
    }

    pub(super) fn redirect(&mut self) {
        const OPERATORS: &[&str] = &[
            "&>>", "&>", "<<<", "<<-", "<<", "<>", "<&", ">>", ">&", ">|", "<", ">",
        ];
        self.begin();
        let operator = OPERATORS.iter().find(|operator| self.skip(operator));
        let operator = operator.copied().unwrap_or(">");
        while self.skip(" ") || self.skip("\t") {}
        let start = self.at;
        let target = self.read_word();
        let raw = self.text.get(start..self.at).unwrap_or("");
        self.command.span.end = self.at;
        if operator == "<<" || operator == "<<-" {
            self.heredocs.push(Pending {
                command: self.commands.len(),
                redirect: self.command.redirects.len(),
                delimiter: raw.replace(['\'', '"', '\\'], ""),
                strip_tabs: operator == "<<-",
            });
        }
        let document = None;
        self.command.redirects.push(Redirect {
            operator,
            target,
            document,
        });
    }

    /// The bodies of the here-documents that began on the line that has just ended.
    pub(super) fn documents(&mut self) {
        for pending in std::mem::take(&mut self.heredocs) {
            let start = self.at;
            let mut body = String::new();
            while let Some(line) = self.rest().split_inclusive('\n').next() {
                self.at += line.len();
                let mut content = line.trim_end_matches(['\n', '\r']);
                if pending.strip_tabs {
                    content = content.trim_start_matches('\t');
                }
                if content == pending.delimiter {
                    break;
                }
                body.push_str(content);
                body.push('\n');
            }
            let end = self.at;
            // A command that is joined to the next one is complete by now, too.
            let Some(command) = self.commands.get_mut(pending.command) else {
                continue;
            };
            let begun = command
                .documents
                .as_ref()
                .map_or(start, |range| range.start);
            command.documents = Some(begun..end);
            if let Some(redirect) = command.redirects.get_mut(pending.redirect) {
                redirect.document = Some(body);
            }
        }
    }
}
