//! A command of a script, of a shell or of PowerShell, as lints see it.

/// One word, without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    /// Something in it is filled in when the script runs: its text is not its value.
    pub expands: bool,
    /// A redirection follows without a blank.
    pub adjoins: bool,
}

impl Word {
    /// What only the running script knows.
    pub fn unknown() -> Self {
        Word {
            expands: true,
            ..Word::default()
        }
    }

    pub fn is_number(&self) -> bool {
        !self.text.is_empty() && self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// `name=value`, as it stands before a command.
    pub fn is_assignment(&self) -> bool {
        self.text.split_once('=').is_some_and(|(name, _)| {
            let name = name.strip_suffix('+').unwrap_or(name);
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub id: usize,
    /// The command that this one is a substitution in.
    pub inside: Option<usize>,
    /// The command whose output this one reads.
    pub piped: Option<usize>,
    /// Nothing waits for it: `&`.
    pub background: bool,
    /// from 1
    pub line: usize,
    /// The line of the outermost `while` or `until` that it is in.
    pub waiting_loop: Option<usize>,
    /// `name=value` before the command.
    pub assignments: Vec<Word>,
    /// The command and its arguments.
    pub words: Vec<Word>,
    /// Files that its output is redirected into.
    pub writes: Vec<Word>,
}

/// What runs another command.
const WRAPPERS: &[&str] = &[
    "sudo", "env", "exec", "nohup", "command", "nice", "ionice", "setsid", "stdbuf", "timeout",
    "time",
];

/// Options of these that take the next word.
const WITH_VALUE: &[&str] = &[
    "-u", "-g", "-n", "-c", "-k", "-s", "-C", "--user", "--group", "--signal",
];

pub(super) const SHELLS: &[&str] = &["bash", "sh", "dash", "ksh", "zsh"];

impl Command {
    /// The command itself and its arguments, without what only runs it (`sudo -E env A=b …`).
    pub fn program(&self) -> &[Word] {
        let mut words = self.words.as_slice();
        while let Some((first, rest)) = words.split_first() {
            let name = base_name(&first.text);
            if !WRAPPERS.contains(&name) {
                break;
            }
            words = after_options(rest);
            while words.first().is_some_and(Word::is_assignment) {
                words = words.get(1..).unwrap_or_default();
            }
            if name == "timeout" {
                words = words.get(1..).unwrap_or_default();
            }
        }
        words
    }

    /// The same, without the shell that a script is given to either: `bash -x script arguments`.
    pub fn script(&self) -> &[Word] {
        let words = self.program();
        match words.split_first() {
            Some((first, rest))
                if SHELLS.contains(&base_name(&first.text))
                    || ["source", ".", "&"].contains(&first.text.as_str()) =>
            {
                let options = rest.iter().take_while(|word| word.text.starts_with('-'));
                let options = options.count();
                rest.get(options..).unwrap_or_default()
            }
            _ => words,
        }
    }

    /// The name of the program, without its folder.
    pub fn name(&self) -> &str {
        self.program()
            .first()
            .map_or("", |word| base_name(&word.text))
    }

    /// The arguments of the program.
    pub fn arguments(&self) -> &[Word] {
        self.program().get(1..).unwrap_or_default()
    }

    /// Its arguments that are no options.
    pub fn operands(&self) -> impl Iterator<Item = &Word> {
        let arguments = self.arguments().iter();
        arguments.filter(|word| !word.text.starts_with('-'))
    }
}

/// A path's last segment, of either kind of path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn after_options(words: &[Word]) -> &[Word] {
    let mut words = words;
    while let Some((first, rest)) = words.split_first() {
        if !first.text.starts_with('-') {
            break;
        }
        words = match WITH_VALUE.contains(&first.text.as_str()) {
            true => rest.get(1..).unwrap_or_default(),
            false => rest,
        };
    }
    words
}
