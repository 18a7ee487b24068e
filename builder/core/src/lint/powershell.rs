//! The commands of a PowerShell script, as far as lints need them: words, strings, here-strings, comments and
//! the backtick that continues a line. Like the reader of shell scripts it never fails.

use super::command::{Command, Word};

/// The commands of `body`, in their order.
pub(super) fn commands(body: &[u8]) -> Vec<Command> {
    let mut reader = Reader {
        rest: body,
        line: 1,
        found: Vec::new(),
        next: 1,
        open: Vec::new(),
    };
    reader.script();
    reader.found
}

struct Reader<'a> {
    rest: &'a [u8],
    line: usize,
    found: Vec<Command>,
    next: usize,
    /// The commands that are interrupted by `(` or `{`.
    open: Vec<Command>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn at(&self, text: &[u8]) -> bool {
        self.rest.starts_with(text)
    }

    fn bump(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.line += usize::from(*first == b'\n');
        Some(*first)
    }

    fn begin(&mut self, inside: Option<usize>) -> Command {
        self.next += 1;
        Command {
            id: self.next,
            inside,
            line: self.line,
            ..Command::default()
        }
    }

    fn script(&mut self) {
        let mut command = self.begin(None);
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b',' => drop(self.bump()),
                b'`' if self.at(b"`\n") || self.at(b"`\r\n") => self.line_end(),
                b'#' => self.to(b"\n"),
                b'<' if self.at(b"<#") => {
                    self.to(b"#>");
                    self.rest = self.rest.get(2..).unwrap_or_default();
                }
                b'\n' | b';' | b'|' => {
                    self.bump();
                    let mut next = self.begin(command.inside);
                    next.piped = (byte == b'|').then_some(command.id);
                    let ended = std::mem::replace(&mut command, next);
                    self.end(ended);
                }
                b'(' | b'{' => {
                    self.bump();
                    let inner = self.begin(Some(command.id));
                    self.open.push(std::mem::replace(&mut command, inner));
                }
                b')' | b'}' => {
                    self.bump();
                    let outer = self.open.pop().unwrap_or_else(|| self.begin(None));
                    let mut ended = std::mem::replace(&mut command, outer);
                    self.end(std::mem::take(&mut ended));
                    command.words.push(Word::unknown());
                }
                _ => {
                    if command.words.is_empty() {
                        command.line = self.line;
                    }
                    let word = self.word();
                    command.words.push(word);
                }
            }
        }
        self.end(command);
        while let Some(command) = self.open.pop() {
            self.end(command);
        }
    }

    fn line_end(&mut self) {
        while self.bump().is_some_and(|byte| byte != b'\n') {}
    }

    /// Goes on to where `end` begins.
    fn to(&mut self, end: &[u8]) {
        while !self.rest.is_empty() && !self.at(end) {
            self.bump();
        }
    }

    fn word(&mut self) -> Word {
        let mut text = Vec::new();
        let mut expands = false;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'(' | b')' | b'{' | b'}' | b',' => {
                    // `$(…)` and `${…}` begin here; the rest is the script's.
                    break;
                }
                b'@' if self.at(b"@'\n") || self.at(b"@'\r\n") => {
                    self.here_string(&mut text, b"'@")
                }
                b'@' if self.at(b"@\"\n") || self.at(b"@\"\r\n") => {
                    expands = true;
                    self.here_string(&mut text, b"\"@");
                }
                b'\'' => self.single(&mut text),
                b'"' => expands |= self.double(&mut text),
                b'`' => {
                    self.bump();
                    text.extend(self.bump());
                }
                _ => {
                    expands |= byte == b'$';
                    text.extend(self.bump());
                }
            }
        }
        Word {
            text: String::from_utf8_lossy(&text).into_owned(),
            expands,
            adjoins: false,
        }
    }

    /// To a line that begins with `end`.
    fn here_string(&mut self, text: &mut Vec<u8>, end: &[u8]) {
        self.line_end();
        while !self.rest.is_empty() && !self.at(end) {
            while let Some(byte) = self.bump() {
                text.push(byte);
                if byte == b'\n' {
                    break;
                }
            }
        }
        self.rest = self.rest.get(end.len()..).unwrap_or_default();
    }

    fn single(&mut self, text: &mut Vec<u8>) {
        self.bump();
        while let Some(byte) = self.bump() {
            if byte == b'\'' && self.peek() != Some(b'\'') {
                return;
            }
            if byte == b'\'' {
                self.bump();
            }
            text.push(byte);
        }
    }

    /// Whether something in it is expanded.
    fn double(&mut self, text: &mut Vec<u8>) -> bool {
        self.bump();
        let mut expands = false;
        while let Some(byte) = self.bump() {
            match byte {
                b'"' if self.peek() != Some(b'"') => break,
                b'"' => text.extend(self.bump()),
                b'`' => text.extend(self.bump()),
                _ => {
                    expands |= byte == b'$';
                    text.push(byte);
                }
            }
        }
        expands
    }

    /// Takes `$name =` and the call operators off a command, and keeps it if something is left.
    fn end(&mut self, mut command: Command) {
        let assigned = match command.words.as_slice() {
            [name, is, ..] if is.text == "=" => variable(&name.text),
            _ => None,
        };
        if let Some(name) = assigned.map(str::to_owned) {
            let value = command.words.get(2).cloned().unwrap_or_default();
            // A value by itself is no call.
            let taken = if command.words.len() == 3 { 3 } else { 2 };
            command.words.drain(..taken);
            command.assignments.push(Word {
                text: format!("{name}={}", value.text),
                ..value
            });
        }
        let first = command.words.first().map_or("", |word| word.text.as_str());
        if first == "&" || first == "." {
            command.words.remove(0);
        }
        if !command.words.is_empty() || !command.assignments.is_empty() {
            self.found.push(command);
        }
    }
}

/// The name in `$name`, `[string]$name`, `$env:NAME`.
fn variable(text: &str) -> Option<&str> {
    let text = match text.strip_prefix('[') {
        Some(typed) => typed.split_once(']')?.1,
        None => text,
    };
    text.strip_prefix('$')
}
