//! The commands of a shell script, as far as lints need them.
//!
//! No grammar of bash: a reader that knows words, quotes, comments, here-documents, line continuation, pipes,
//! substitutions and loops, never fails, and looks at each byte once. A parser of the whole language refuses
//! a file for one construct that it does not know, and a lint must then say nothing of the rest; what this
//! reader takes wrongly, it takes for one odd command.

use super::command::{Command, Word};

/// Substitutions inside of substitutions; deeper ones are text.
const DEEPEST: usize = 24;

/// Words that stand before a command without being one.
const KEYWORDS: &[&str] = &[
    "if", "then", "elif", "else", "do", "while", "until", "{", "!", "time",
];

/// The commands of `body`, in the order in which they end.
pub(super) fn commands(body: &[u8]) -> Vec<Command> {
    let mut reader = Reader {
        rest: body,
        line: 1,
        heredocs: Vec::new(),
        loops: Vec::new(),
        found: Vec::new(),
        next: 0,
    };
    reader.list(None, None, 0);
    reader.found
}

/// A here-document whose body begins after the line.
struct Heredoc {
    end: Vec<u8>,
    /// `<<-`: tabs before the end do not count.
    tabs: bool,
}

/// A loop that is open.
struct Loop {
    line: usize,
    /// `while` and `until`: how often it runs is not known.
    waits: bool,
}

struct Reader<'a> {
    rest: &'a [u8],
    line: usize,
    heredocs: Vec<Heredoc>,
    loops: Vec<Loop>,
    found: Vec<Command>,
    next: usize,
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
        if *first == b'\n' {
            self.line += 1;
        }
        Some(*first)
    }

    fn skip(&mut self, bytes: usize) {
        for _ in 0..bytes {
            self.bump();
        }
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

    /// Reads commands to the end, or to `until`.
    fn list(&mut self, until: Option<u8>, inside: Option<usize>, depth: usize) {
        let mut command = self.begin(inside);
        while let Some(byte) = self.peek() {
            if Some(byte) == until {
                self.bump();
                break;
            }
            match byte {
                b' ' | b'\t' | b'\r' => self.skip(1),
                b'\\' if self.at(b"\\\n") => self.skip(2),
                b'#' => self.comment(),
                b'\n' | b';' | b'|' | b'&' | b')' if !self.at(b"&>") => {
                    self.separator(&mut command, inside);
                }
                b'(' => self.paren(&mut command, inside, depth),
                b'<' | b'>' | b'&' => self.redirection(&mut command, depth),
                _ => {
                    if command.words.is_empty() {
                        command.line = self.line;
                    }
                    let word = self.word(&command, depth);
                    command.words.push(word);
                }
            }
        }
        self.end(command);
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.bump();
        }
    }

    /// Ends a command at what stands here.
    fn separator(&mut self, command: &mut Command, inside: Option<usize>) {
        let piped = self.at(b"|") && !self.at(b"||");
        command.background = self.at(b"&") && !self.at(b"&&");
        let newline = self.at(b"\n");
        let double = self.at(b"||") || self.at(b"&&") || self.at(b"|&") || self.at(b";;");
        self.skip(if double { 2 } else { 1 });
        if newline {
            self.heredoc_bodies();
        }
        let mut next = self.begin(inside);
        next.piped = piped.then_some(command.id);
        // `a |` and the rest on the next line.
        if command.words.is_empty() && command.piped.is_some() {
            next.piped = command.piped;
        }
        let ended = std::mem::replace(command, next);
        self.end(ended);
    }

    /// Behind `name=` a list of values, else commands: a subshell, or nothing for a function.
    fn paren(&mut self, command: &mut Command, inside: Option<usize>, depth: usize) {
        self.skip(1);
        if depth >= DEEPEST {
            return;
        }
        let values = command
            .words
            .last()
            .is_some_and(|word| word.text.ends_with('='));
        let before = self.found.len();
        self.list(Some(b')'), inside, depth + 1);
        if values {
            self.found.truncate(before);
        } else if !command.words.is_empty() {
            // The name of a function, whose body follows.
            *command = self.begin(inside);
        }
    }

    fn redirection(&mut self, command: &mut Command, depth: usize) {
        if (self.at(b"<(") || self.at(b">(")) && depth < DEEPEST {
            self.skip(2);
            self.list(Some(b')'), Some(command.id), depth + 1);
            command.words.push(Word::unknown());
            return;
        }
        // The number of a descriptor belongs to the redirection.
        if command
            .words
            .last()
            .is_some_and(|word| word.adjoins && word.is_number())
        {
            command.words.pop();
        }
        let (heredoc, text) = (self.at(b"<<") && !self.at(b"<<<"), self.at(b"<<<"));
        let tabs = self.at(b"<<-");
        let writes = self.at(b">") || self.at(b"&>");
        while self.peek().is_some_and(|byte| b"<>&|-".contains(&byte)) {
            self.bump();
        }
        while self
            .peek()
            .is_some_and(|byte| byte == b' ' || byte == b'\t')
        {
            self.bump();
        }
        if self.peek().is_none_or(|byte| b"\n;|&()".contains(&byte)) {
            return;
        }
        let word = self.word(command, depth);
        if heredoc {
            let end = word.text.into_bytes();
            self.heredocs.push(Heredoc { end, tabs });
        } else if writes {
            command.writes.push(word);
        } else if text {
            command.words.push(word);
        }
    }

    fn heredoc_bodies(&mut self) {
        for heredoc in std::mem::take(&mut self.heredocs) {
            while !self.rest.is_empty() {
                let end = self.rest.iter().position(|byte| *byte == b'\n');
                let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest.get(1..).unwrap_or_default();
                self.line += usize::from(end.is_some());
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let tabs = line
                    .iter()
                    .take_while(|byte| heredoc.tabs && **byte == b'\t');
                let tabs = tabs.count();
                if line.get(tabs..) == Some(heredoc.end.as_slice()) {
                    break;
                }
            }
        }
    }

    fn word(&mut self, command: &Command, depth: usize) -> Word {
        let mut text = Vec::new();
        let mut expands = false;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'<' | b'>' | b'(' | b')' => {
                    break;
                }
                b'\\' => self.escaped(&mut text),
                b'\'' => self.single(&mut text),
                b'"' => expands |= self.double(&mut text, command, depth),
                b'$' | b'`' => {
                    expands = true;
                    self.expansion(&mut text, command, depth);
                }
                _ => text.extend(self.bump()),
            }
        }
        Word {
            text: String::from_utf8_lossy(&text).into_owned(),
            expands,
            adjoins: self.at(b"<") || self.at(b">"),
        }
    }

    fn escaped(&mut self, text: &mut Vec<u8>) {
        self.bump();
        match self.bump() {
            Some(b'\n') | None => {}
            Some(byte) => text.push(byte),
        }
    }

    fn single(&mut self, text: &mut Vec<u8>) {
        self.bump();
        while let Some(byte) = self.bump() {
            if byte == b'\'' {
                return;
            }
            text.push(byte);
        }
    }

    /// Whether something in it is expanded.
    fn double(&mut self, text: &mut Vec<u8>, command: &Command, depth: usize) -> bool {
        self.bump();
        let mut expands = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.bump();
                    return expands;
                }
                b'\\'
                    if self
                        .rest
                        .get(1)
                        .is_some_and(|next| b"\"\\$`\n".contains(next)) =>
                {
                    self.escaped(text);
                }
                b'$' | b'`' => {
                    expands = true;
                    self.expansion(text, command, depth);
                }
                _ => text.extend(self.bump()),
            }
        }
        expands
    }

    /// `$x`, `${x}`, `$(x)`, `` `x` ``, `$((x))`, `$'x'`: `$` stands for what a command prints.
    fn expansion(&mut self, text: &mut Vec<u8>, command: &Command, depth: usize) {
        if self.at(b"$'") {
            self.skip(1);
            self.single(text);
        } else if self.at(b"${") {
            while let Some(byte) = self.bump() {
                text.push(byte);
                if byte == b'}' {
                    break;
                }
            }
        } else if self.at(b"$((") || depth >= DEEPEST {
            text.extend(self.bump());
            self.arithmetic();
        } else if self.at(b"$(") {
            self.skip(2);
            text.push(b'$');
            self.list(Some(b')'), Some(command.id), depth + 1);
        } else if self.at(b"`") {
            self.skip(1);
            text.push(b'$');
            self.backticks(command.id);
        } else {
            text.extend(self.bump());
        }
    }

    fn arithmetic(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => open += 1,
                b')' => open = open.saturating_sub(1),
                _ => {}
            }
            if byte == b'\n' {
                return;
            }
            self.bump();
            if open == 0 {
                return;
            }
        }
    }

    /// Backticks do not nest without backslashes: the text to the next one is a script.
    fn backticks(&mut self, inside: usize) {
        let end = self.rest.iter().position(|byte| *byte == b'`');
        let script = self
            .rest
            .get(..end.unwrap_or(self.rest.len()))
            .unwrap_or_default();
        let (line, ids) = (self.line, self.next);
        for mut command in commands(script) {
            self.next = self.next.max(ids + command.id);
            command.id += ids;
            command.inside = Some(command.inside.map_or(inside, |id| id + ids));
            command.piped = command.piped.map(|id| id + ids);
            command.line += line - 1;
            self.found.push(command);
        }
        self.skip(script.len() + 1);
    }

    /// Takes the keywords off a command, and keeps it if something is left.
    fn end(&mut self, mut command: Command) {
        while let Some(first) = command.words.first() {
            let name = first.text.as_str();
            match name {
                "while" | "until" | "for" | "select" => {
                    let reads = command.words.get(1).is_some_and(|word| word.text == "read");
                    let waits = matches!(name, "while" | "until") && !reads;
                    self.loops.push(Loop {
                        line: command.line,
                        waits,
                    });
                }
                "done" => drop(self.loops.pop()),
                _ => {}
            }
            let taken = match name {
                "function" => 2,
                _ if KEYWORDS.contains(&name) => 1,
                _ => break,
            };
            command.words.drain(..taken.min(command.words.len()));
        }
        let of_command = command.words.iter().take_while(|word| word.is_assignment());
        let assignments = of_command.count();
        command.assignments = command.words.drain(..assignments).collect();
        let waiting = self.loops.iter().find(|one| one.waits);
        command.waiting_loop = waiting.map(|one| one.line);
        if !command.words.is_empty()
            || !command.assignments.is_empty()
            || !command.writes.is_empty()
        {
            self.found.push(command);
        }
    }
}
