//! A shell script as the commands it is made of: enough of bash to find a call, its words and what stands
//! around it.
//!
//! shlex splits words and forgets how they were quoted; it knows neither where a command ends nor what a
//! variable holds, and parsers of all of bash bring fifty crates. What is not understood here is never
//! guessed: a value that only the node knows is [`UNKNOWN`] in the text of its word.

mod parts;
mod word;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Stands in a word for what is known on the node alone: a variable, the output of a command.
pub(super) const UNKNOWN: char = '\u{e000}';

/// One word after expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    /// The commands of each `$(…)` in it.
    pub inner: Vec<Vec<Command>>,
    /// From 1.
    pub line: usize,
}

impl Word {
    /// The text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        (!self.text.contains(UNKNOWN)).then_some(self.text.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    /// `>`, `>>`, `<`, `<<`…
    pub operator: &'static str,
    pub target: Word,
    /// What a here-document says.
    pub document: Option<String>,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// `NAME=value` before the command, or alone.
    pub assignments: Vec<(String, Word)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    /// Bytes of the script, without the bodies of here-documents.
    pub span: Range<usize>,
    /// Bytes of the bodies of its here-documents.
    pub documents: Option<Range<usize>>,
    /// From 1.
    pub line: usize,
    /// How many of `if`, `{`, `(`… it stands in.
    pub depth: usize,
    /// Commands that `&&`, `||` or `|` join have the same number.
    pub list: usize,
}

impl Command {
    /// The name of the command; empty for assignments alone.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }
}

/// A script, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    pub commands: Vec<Command>,
    /// Exported variables, where all of their value is known or part of it is.
    pub exported: BTreeMap<String, Word>,
}

/// What opens a compound command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Ended by a reserved word: `fi`, `done`, `}`.
    Word,
    /// `case`, and whether a pattern comes next.
    Case(bool),
    Parenthesis,
}

struct Pending {
    command: usize,
    redirect: usize,
    delimiter: String,
    strip_tabs: bool,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    command: Command,
    begun: bool,
    list: usize,
    /// The last operator joins: a line break does not end the list.
    joined: bool,
    open: Vec<Open>,
    heredocs: Vec<Pending>,
    variables: BTreeMap<String, Word>,
    exported: BTreeSet<String>,
    commands: Vec<Command>,
    /// How many `$(…)` this is in.
    level: usize,
}

/// Substitutions that are in more others than this are not looked into.
const DEEPEST: usize = 4;

/// Reads a script. A quote or bracket that is never closed ends at the end of the script.
pub(super) fn read(text: &str) -> Script {
    read_at(text, BTreeMap::new(), 0)
}

fn read_at(text: &str, variables: BTreeMap<String, Word>, level: usize) -> Script {
    let mut scanner = Scanner {
        text,
        at: 0,
        command: Command::default(),
        begun: false,
        list: 0,
        joined: false,
        open: Vec::new(),
        heredocs: Vec::new(),
        variables,
        exported: BTreeSet::new(),
        commands: Vec::new(),
        level,
    };
    while scanner.step() {}
    scanner.finish();
    let exported = scanner.exported.iter().filter_map(|name| {
        let value = scanner.variables.get(name)?;
        Some((name.clone(), value.clone()))
    });
    Script {
        exported: exported.collect(),
        commands: scanner.commands,
    }
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// One blank, operator, comment or word. False at the end.
    fn step(&mut self) -> bool {
        let Some(next) = self.peek() else {
            return false;
        };
        let test = self.in_test();
        match next {
            ' ' | '\t' | '\r' => self.at += 1,
            '\\' if self.skip("\\\n") || self.skip("\\\r\n") => {}
            '#' => self.comment(),
            '\n' => {
                self.at += 1;
                self.end_list(self.joined && !self.begun);
                self.documents();
            }
            '<' | '>' if !test && !self.substitution() => self.redirect(),
            '&' if self.rest().starts_with("&>") => self.redirect(),
            ';' | '&' | '|' | '(' | ')' if !test => self.operator(),
            _ => self.word(),
        }
        true
    }

    /// Inside of `[[ … ]]`, where operators are words.
    fn in_test(&self) -> bool {
        let closed = self
            .command
            .words
            .last()
            .is_some_and(|word| word.text == "]]");
        self.command.name() == "[[" && !closed
    }

    fn substitution(&self) -> bool {
        self.rest().starts_with("<(") || self.rest().starts_with(">(")
    }

    fn comment(&mut self) {
        let end = self.rest().find('\n').unwrap_or(self.rest().len());
        self.at += end;
    }

    fn operator(&mut self) {
        if self.skip("&&") || self.skip("||") || self.skip("|&") {
            self.join();
        } else if self.skip(";;&") || self.skip(";;") || self.skip(";&") {
            self.end_list(false);
            if let Some(Open::Case(pattern)) = self.open.last_mut() {
                *pattern = true;
            }
        } else if self.skip(";") {
            self.end_list(false);
        } else if self.skip("|") {
            match self.open.last() {
                Some(Open::Case(true)) => self.forget(),
                _ => self.join(),
            }
        } else if self.skip("&") {
            self.end_list(false);
        } else if self.skip("((") && !self.begun {
            self.arithmetic();
        } else if self.skip("(") {
            self.parenthesis();
        } else {
            self.at += 1;
            match self.open.last_mut() {
                Some(Open::Case(pattern)) => {
                    *pattern = false;
                    self.forget();
                }
                Some(Open::Parenthesis) => {
                    self.end_list(false);
                    self.open.pop();
                }
                _ => self.end_list(false),
            }
        }
    }

    /// `((…))`
    fn arithmetic(&mut self) {
        let end = self
            .rest()
            .find("))")
            .map_or(self.rest().len(), |at| at + 2);
        self.at += end;
    }

    fn parenthesis(&mut self) {
        let definition = self.command.words.len() == 1 && self.rest().trim_start().starts_with(')');
        if definition {
            let end = self.rest().find(')').map_or(0, |at| at + 1);
            self.at += end;
            self.forget();
        } else {
            self.end_list(false);
            self.open.push(Open::Parenthesis);
        }
    }

    fn join(&mut self) {
        self.finish();
        self.joined = true;
    }

    fn end_list(&mut self, goes_on: bool) {
        self.finish();
        if !goes_on {
            self.joined = false;
            self.list += 1;
        }
    }

    /// Drops the words so far: they were no command.
    fn forget(&mut self) {
        self.command = Command::default();
        self.begun = false;
        self.joined = false;
        self.list += 1;
    }

    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            self.command.line = self.line();
            self.command.span = self.at..self.at;
            self.command.depth = self.open.len();
            self.command.list = self.list;
        }
    }

    fn line(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or("");
        before.matches('\n').count() + 1
    }

    /// What a `$(…)` runs.
    fn inside(&self, text: &str) -> Vec<Command> {
        match self.level < DEEPEST {
            true => read_at(text, self.variables.clone(), self.level + 1).commands,
            false => Vec::new(),
        }
    }

    fn word(&mut self) {
        self.begin();
        let (start, line) = (self.at, self.line());
        let mut word = self.read_word();
        word.line = line;
        if self.at == start {
            // Nothing that a word can begin with: passed over, so that there is always progress.
            self.at += self.peek().map_or(1, char::len_utf8);
        }
        let raw = self.text.get(start..self.at).unwrap_or("");
        let numbered = raw.bytes().all(|byte| byte.is_ascii_digit());
        if numbered && self.rest().starts_with(['<', '>']) {
            // `2>&1`: the number belongs to the operator.
            return;
        }
        let first = self.command.words.is_empty() && self.command.assignments.is_empty();
        if first && self.command.redirects.is_empty() && self.reserved(raw) {
            self.command = Command::default();
            self.begun = false;
            return;
        }
        self.command.span.end = self.at;
        let exporting = matches!(
            self.command.name(),
            "export" | "declare" | "readonly" | "local"
        );
        if (self.command.words.is_empty() || exporting)
            && let Some(assignment) = self.assignment(raw, &word)
        {
            self.command.assignments.push(assignment);
            return;
        }
        self.command.words.push(word);
    }

    fn finish(&mut self) {
        if !self.begun {
            return;
        }
        let command = std::mem::take(&mut self.command);
        self.begun = false;
        self.joined = false;
        let name = command.name();
        if name == "read" || name == "unset" {
            for word in command.words.iter().skip(1) {
                self.variables.insert(word.text.clone(), unknown());
            }
        }
        if command.words.is_empty() || name == "export" || name == "declare" || name == "readonly" {
            for (name, value) in &command.assignments {
                let certain = command.depth == 0;
                let value = if certain { value.clone() } else { unknown() };
                self.variables.insert(name.clone(), value);
            }
            if name == "export" {
                let named = command.assignments.iter().map(|(name, _)| name.clone());
                let bare = command.words.iter().skip(1).map(|word| word.text.clone());
                self.exported.extend(named.chain(bare));
            }
        }
        self.commands.push(command);
    }
}

fn unknown() -> Word {
    Word {
        text: UNKNOWN.to_string(),
        ..Word::default()
    }
}

#[cfg(test)]
mod tests;
